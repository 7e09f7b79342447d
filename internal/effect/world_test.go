// SPDX-License-Identifier: Apache-2.0

package effect_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/google/uuid"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/effect"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

// someone is a person or a program in a world, with its way in.
type someone struct {
	id   uuid.UUID
	name string
	in   string // the session's token or the key's text
	key  bool
}

// world is a tenant with the rooms that rights come from.
type world struct {
	t        *testing.T
	db       *pg.DB
	accounts *account.Service
	folders  *folder.Service
	effects  *effect.Service
	tenant   id.Tenant
	house    access.Actor
	root     id.Folder
	people   []someone
	files    map[id.Folder]int64
	n        int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: pgtest.New(t), files: map[id.Folder]int64{}}
	var err error
	if w.accounts, err = account.New(w.db, clock, account.Config{Key: bytes.Repeat([]byte("key "), 8), Hash: account.MinimumHashCost, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	w.folders = folder.New(w.db, clock)
	w.accounts.OnTenantMade = w.folders.MakeTenantFoldersTx
	w.accounts.OnRoleChanged = w.folders.ReinternRoleTx
	w.accounts.OnPrincipalGone = w.folders.PrincipalGoneTx
	w.effects = effect.New(w.db, w.accounts, w.folders)
	if w.tenant, err = w.accounts.Prepare(t.Context(), account.First{}); err != nil {
		t.Fatal(err)
	}
	w.house = access.HouseActor(w.tenant, "test")
	w.root = must(w.folders.Children(t.Context(), w.house, id.Folder{}, "", 1))(t).Items[0].ID
	return w
}

// must returns v, or ends the test.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// person makes somebody who has signed in.
func (w *world) person(name string) someone {
	w.t.Helper()
	email := fmt.Sprintf("%s@example.se", name)
	link := must(w.accounts.Invite(w.t.Context(), w.house, account.NewAccount{Email: email, Name: name}, false))(w.t)
	in := must(w.accounts.RedeemLink(w.t.Context(), link.Token.Reveal(), "test", netip.MustParsePrefix("192.0.2.0/24")))(w.t)
	p := someone{id: link.Account.ID.UUID(), name: name, in: in.Token}
	w.people = append(w.people, p)
	return p
}

// program makes a key of its own right.
func (w *world) program(name string) someone {
	w.t.Helper()
	k, text, err := w.accounts.CreateKey(w.t.Context(), w.house, account.NewKey{Name: name, Own: true})
	w.ok(err)
	p := someone{id: k.ID.UUID(), name: name, in: text.Reveal(), key: true}
	w.people = append(w.people, p)
	return p
}

// actor is who somebody is at this moment; false when they are nobody.
func (w *world) actor(p someone) (access.Actor, bool) {
	w.t.Helper()
	var who access.Actor
	var err error
	if p.key {
		who, err = w.accounts.ActorByKey(w.t.Context(), p.in, netip.MustParseAddr("192.0.2.1"))
	} else {
		who, err = w.accounts.ActorBySession(w.t.Context(), p.in)
	}
	if fault.KindOf(err) == fault.Unauthentic && err != nil {
		return who, false
	}
	w.ok(err)
	return who, true
}

func (w *world) group(name string) id.Group {
	w.t.Helper()
	return must(w.accounts.CreateGroup(w.t.Context(), w.house, name))(w.t).ID
}

func (w *world) join(g id.Group, m account.Member) {
	w.t.Helper()
	w.ok(w.accounts.AddMember(w.t.Context(), w.house, g, m))
}

func (w *world) role(perm access.Set) id.Role {
	w.t.Helper()
	w.n++
	return must(w.accounts.CreateRole(w.t.Context(), w.house, fmt.Sprintf("role-%d", w.n), perm))(w.t).ID
}

// folder makes a folder with so many files in it.
func (w *world) folder(in id.Folder, files int) id.Folder {
	w.t.Helper()
	w.n++
	f := must(w.folders.Create(w.t.Context(), w.house, in, fmt.Sprintf("f%d", w.n)))(w.t).ID
	w.fill(f, files)
	return f
}

const fillAssets = `
	with made as (select gen_random_uuid() as a, gen_random_uuid() as r, n from generate_series(1, $3::int) n),
	assets as (
		insert into asset (id, tenant_id, folder_id, acl_id, kind, state, revision_id, name, media_type, size, sha256, created_at, created_by, updated_at)
		select a, $1, $2, (select acl_id from folder where id = $2), 'other', 'ready', r, 'fil ' || n, 'text/plain', 1, '', now(), 'test', now() from made
	)
	insert into revision (id, tenant_id, asset_id, number, blob_key, name, media_type, size, sha256, created_at, created_by)
	select r, $1, a, 1, r::text, 'fil', 'text/plain', 1, '', now(), 'test' from made`

func (w *world) fill(f id.Folder, files int) {
	w.t.Helper()
	w.files[f] = int64(files)
	w.exec(fillAssets, w.tenant, f, files)
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	w.ok(pg.In(w.t.Context(), w.db, w.tenant, func(tx pg.Tx) error {
		_, err := tx.Exec(w.t.Context(), sql, args...)
		return err
	}))
}

// standing is what everybody may do in every folder, as the rooms say it.
type standing map[uuid.UUID]map[id.Folder]access.Set

func (w *world) standing() standing {
	w.t.Helper()
	out := standing{}
	for _, p := range w.people {
		who, there := w.actor(p)
		if !there {
			continue
		}
		may := map[id.Folder]access.Set{{}: who.Everywhere() & access.Tenancy}
		for cursor := ""; ; {
			tree := must(w.folders.Tree(w.t.Context(), who, cursor, 200))(w.t)
			for _, f := range tree.Items {
				may[f.ID] = f.Can & access.Content
			}
			if cursor = tree.Next; cursor == "" {
				break
			}
		}
		out[p.id] = may
	}
	return out
}
