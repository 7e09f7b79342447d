// SPDX-License-Identifier: Apache-2.0

package bulk_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/blob"
	"tillgang/internal/bulk"
	"tillgang/internal/collection"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
	"tillgang/internal/queue"
	"tillgang/internal/search"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// world is a tenant with the rooms wired as the house does it; jobs are worked
// by the tests themselves.
type world struct {
	t      *testing.T
	db     *pg.DB
	assets *asset.Service
	search *search.Service

	collections *collection.Service

	bulk   *bulk.Service
	later  *atomic.Int64 // seconds after noon
	tenant id.Tenant
	house  access.Actor
	home   id.Folder
	other  id.Folder
	who    access.Actor // may do everything in home and nothing in other
	gone   atomic.Bool  // who has signed out
}

const everything = access.View | access.Edit | access.Delete | access.Upload | access.ReadHistory | access.Export

func newWorld(t *testing.T) *world {
	t.Helper()
	db := pgtest.New(t)
	w := &world{t: t, db: db, later: new(atomic.Int64), tenant: pgtest.Tenant(t, db)}
	now := func() time.Time { return noon.Add(time.Duration(w.later.Load()) * time.Second) }
	folders := folder.New(db, now)
	w.assets = asset.New(db, folders, now)
	w.search = search.New(db, w.assets, now)
	w.collections = collection.New(db, now)
	w.search.Open = w.collections.OpenTx
	w.bulk = bulk.New(db, w.assets, w.collections, w.search, now)
	index := func(ctx context.Context, tx pg.Tx, _ access.Actor, list ...asset.Asset) error {
		return w.search.IndexTx(ctx, tx, list...)
	}
	folders.OnACLChanged = w.assets.ACLChangedTx
	w.assets.OnStored, w.assets.OnChanged, w.assets.OnIndex = index, index, index
	w.assets.OnDeleted = func(ctx context.Context, tx pg.Tx, _ access.Actor, ids []id.Asset) error {
		return w.search.RemoveTx(ctx, tx, ids...)
	}
	w.assets.OnRestored = func(ctx context.Context, tx pg.Tx, who access.Actor, list []asset.Asset) error {
		return index(ctx, tx, who, list...)
	}
	q := queue.New(db.Pool(), slog.New(slog.DiscardHandler), queue.Config{Name: "test", InsertOnly: true})
	w.bulk.Register(q)
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.house = access.HouseActor(w.tenant, "test")
	w.in(func(tx pg.Tx) error { return folders.MakeTenantFoldersTx(t.Context(), tx, w.house) })
	top, err := folders.Children(t.Context(), w.house, id.Folder{}, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]*id.Folder{"home": &w.home, "other": &w.other} {
		made, err := folders.Create(t.Context(), w.house, top.Items[0].ID, name)
		if err != nil {
			t.Fatal(err)
		}
		*f = made.ID
	}
	account, role := id.New[id.Account](), id.New[id.Role]()
	w.in(func(tx pg.Tx) error {
		if _, err := tx.Exec(t.Context(), "insert into account (id, tenant_id, email, name, state, created_at) values ($1, $2, 'a@example.se', 'Somebody', 'active', $3)", account, w.tenant, noon); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), "insert into role (id, tenant_id, name, built_in, perm, created_at) values ($1, $2, 'r', false, $3, $4)", role, w.tenant, int64(everything), noon)
		return err
	})
	if _, err := folders.SetGrants(t.Context(), w.house, w.home, 0, true, []folder.Give{{Principal: account.UUID(), Role: role}}); err != nil {
		t.Fatal(err)
	}
	w.who = access.Actor{Kind: access.Person, ID: account.String(), Tenant: w.tenant, Account: account, Scope: access.All, Own: access.Grant{Principals: []uuid.UUID{account.UUID()}}}
	w.bulk.Recall = func(_ context.Context, _ pg.Tx, _ id.Tenant, remembered []byte) (access.Actor, error) {
		who, err := access.Recall(remembered)
		switch {
		case err != nil || w.gone.Load():
			return access.Actor{}, errors.Join(err, fault.New(fault.Unauthentic, "session.ended", "Sign in again."))
		case who.Kind == access.House:
			return w.house, nil
		}
		return w.who, nil
	}
	return w
}

func (w *world) in(fn func(tx pg.Tx) error) {
	w.t.Helper()
	if err := pg.In(w.t.Context(), w.db, w.tenant, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) count(sql string, args ...any) (n int) {
	w.t.Helper()
	w.in(func(tx pg.Tx) error { return tx.QueryRow(w.t.Context(), sql, args...).Scan(&n) })
	return n
}

func (w *world) store(f id.Folder, n int) []id.Asset {
	w.t.Helper()
	var out []id.Asset
	w.in(func(tx pg.Tx) error {
		for i := range n {
			sum := sha256.Sum256(fmt.Append(nil, i))
			rev := id.New[id.Revision]()
			a, err := w.assets.StoreTx(w.t.Context(), tx, w.house, asset.Arrival{
				Folder: folder.Folder{ID: f}, Name: fmt.Sprintf("bild-%d.jpg", i), MediaType: "image/jpeg", Kind: asset.Image, Size: 1,
				SHA256: sum[:], BlobKey: blob.Key("originals/" + rev.String()), Revision: rev, State: asset.Ready,
			})
			if err != nil {
				return err
			}
			out = append(out, a.ID)
		}
		return nil
	})
	return out
}

func (w *world) get(a id.Asset) asset.Asset {
	w.t.Helper()
	got, err := w.assets.Get(w.t.Context(), w.house, a)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func (w *world) start(ids []id.Asset, e asset.Edits) bulk.Job {
	w.t.Helper()
	j, err := w.bulk.Start(w.t.Context(), w.who, bulk.Order{Selection: search.Selection{IDs: ids}, Edits: e})
	if err != nil {
		w.t.Fatal(err)
	}
	return j
}

// run works a job off as the queue does, turn by turn.
func (w *world) run(job id.Bulk) bulk.Job {
	w.t.Helper()
	for round := 0; ; round++ {
		if err := w.bulk.Run(w.t.Context(), w.house, job, round); err != nil {
			w.t.Fatal(err)
		}
		j, err := w.bulk.Get(w.t.Context(), w.who, job)
		if err != nil {
			w.t.Fatal(err)
		}
		if j.EndedAt != nil {
			return j
		}
	}
}

func (w *world) undo(job id.Bulk) bulk.Job {
	w.t.Helper()
	j, err := w.bulk.Undo(w.t.Context(), w.who, job)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.run(j.ID)
}

func set(value string) asset.FieldAct {
	return asset.FieldAct{Do: asset.Set, FieldChange: asset.FieldChange{Value: &value}}
}

func values(do asset.Do, v ...string) asset.FieldAct {
	return asset.FieldAct{Do: do, FieldChange: asset.FieldChange{Values: v}}
}

func code(t *testing.T, want string, err error) {
	t.Helper()
	if err == nil || fault.CodeOf(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
