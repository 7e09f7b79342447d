// SPDX-License-Identifier: Apache-2.0

package asset_test

import (
	"context"
	"crypto/sha256"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// world is a tenant with folders, and the two rooms wired as the house does it.
type world struct {
	t       *testing.T
	db      *pg.DB
	folders *folder.Service
	assets  *asset.Service
	later   *atomic.Int64 // seconds after noon
	tenant  id.Tenant
	house   access.Actor
	root    id.Folder
	home    id.Folder // a folder under the root
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := pgtest.New(t)
	later := new(atomic.Int64)
	now := func() time.Time { return noon.Add(time.Duration(later.Load()) * time.Second) }
	folders := folder.New(db, now)
	assets := asset.New(db, folders, now)
	folders.OnACLChanged = assets.ACLChangedTx
	folders.OnDeleted = assets.FolderDeletedTx
	folders.OnRestored = assets.FolderRestoredTx
	return (&world{db: db, folders: folders, assets: assets, later: later}).tenantIn(t)
}

// tenantIn makes another tenant in the same database.
func (w *world) tenantIn(t *testing.T) *world {
	t.Helper()
	n := *w
	n.t, n.tenant = t, pgtest.Tenant(t, w.db)
	n.house = access.HouseActor(n.tenant, "test")
	n.in(func(tx pg.Tx) error { return n.folders.MakeTenantFoldersTx(t.Context(), tx, n.house) })
	top, err := n.folders.Children(t.Context(), n.house, id.Folder{}, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	n.root = top.Items[0].ID
	n.home = n.create(n.root, "home")
	return &n
}

func (w *world) in(fn func(tx pg.Tx) error) {
	w.t.Helper()
	if err := pg.In(w.t.Context(), w.db, w.tenant, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	w.in(func(tx pg.Tx) error {
		_, err := tx.Exec(w.t.Context(), sql, args...)
		return err
	})
}

func (w *world) count(sql string, args ...any) (n int) {
	w.t.Helper()
	w.in(func(tx pg.Tx) error { return tx.QueryRow(w.t.Context(), sql, args...).Scan(&n) })
	return n
}

func (w *world) create(parent id.Folder, name string) id.Folder {
	w.t.Helper()
	f, err := w.folders.Create(w.t.Context(), w.house, parent, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return f.ID
}

// person makes somebody with an account and, in the home folder, perm.
func (w *world) person(perm access.Set) access.Actor {
	w.t.Helper()
	a := id.New[id.Account]()
	w.exec("insert into account (id, tenant_id, email, name, state, created_at) values ($1, $2, $3, 'Somebody', 'active', $4)", a, w.tenant, a.String()+"@example.se", noon)
	who := access.Actor{
		Kind: access.Person, ID: a.String(), Tenant: w.tenant, Account: a, Scope: access.All,
		Own: access.Grant{Principals: []uuid.UUID{a.UUID()}},
	}
	if perm != 0 {
		w.grant(w.home, who, perm)
	}
	return who
}

// grant adds perm for who to what is given in a folder; nothing takes all of theirs away.
func (w *world) grant(f id.Folder, who access.Actor, perm access.Set) {
	w.t.Helper()
	grants, err := w.folders.Grants(w.t.Context(), w.house, f)
	if err != nil {
		w.t.Fatal(err)
	}
	var give []folder.Give
	for _, g := range grants {
		if perm != 0 || g.Principal != who.Account.UUID() {
			give = append(give, folder.Give{Principal: g.Principal, Role: g.Role})
		}
	}
	if perm != 0 {
		r := id.New[id.Role]()
		w.exec("insert into role (id, tenant_id, name, built_in, perm, created_at) values ($1, $2, $3, false, $4, $5)", r, w.tenant, r.String(), int64(perm), noon)
		give = append(give, folder.Give{Principal: who.Account.UUID(), Role: r})
	}
	if _, err := w.folders.SetGrants(w.t.Context(), w.house, f, 0, true, give); err != nil {
		w.t.Fatal(err)
	}
}

// arrival describes a picture whose bytes are content.
func arrival(f id.Folder, name, content string) asset.Arrival {
	sum := sha256.Sum256([]byte(content))
	rev := id.New[id.Revision]()
	return asset.Arrival{
		Folder: folder.Folder{ID: f}, Name: name, MediaType: "image/jpeg", Kind: asset.Image, Size: int64(len(content)),
		SHA256: sum[:], BlobKey: blob.Key("originals/" + rev.String()), Revision: rev,
	}
}

func (w *world) storeAs(who access.Actor, n asset.Arrival) (a asset.Asset, err error) {
	w.t.Helper()
	err = pg.In(w.t.Context(), w.db, w.tenant, func(tx pg.Tx) error {
		a, err = w.assets.StoreTx(w.t.Context(), tx, who, n)
		return err
	})
	return a, err
}

// store puts a ready picture into a folder, as the house.
func (w *world) store(f id.Folder, name string) asset.Asset {
	w.t.Helper()
	n := arrival(f, name, name)
	n.State = asset.Ready
	a, err := w.storeAs(w.house, n)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *world) edit(who access.Actor, a asset.Asset, p asset.Patch) (asset.Asset, error) {
	w.t.Helper()
	return w.assets.Edit(w.t.Context(), who, a.ID, 0, p)
}

func (w *world) must(a asset.Asset, err error) asset.Asset {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// told lets the house read what a file says.
func (w *world) told(a asset.Asset, t asset.Told) (out asset.Asset) {
	w.t.Helper()
	w.in(func(tx pg.Tx) (err error) {
		out, err = w.assets.FileFieldsTx(w.t.Context(), tx, w.house, a.ID, t)
		return err
	})
	return out
}

func (w *world) outcome(a asset.Asset, o asset.Outcome) (out asset.Asset) {
	w.t.Helper()
	w.in(func(tx pg.Tx) (err error) {
		out, err = w.assets.SetStateTx(w.t.Context(), tx, w.house, a.ID, o)
		return err
	})
	return out
}

// fields is a patch that gives each field a value.
func fields(pairs ...string) asset.Patch {
	p := asset.Patch{Fields: map[string]*asset.FieldChange{}}
	for i := 0; i < len(pairs); i += 2 {
		p.Fields[pairs[i]] = &asset.FieldChange{Value: &pairs[i+1]}
	}
	return p
}

// code fails unless err is the fault of that code.
func code(t *testing.T, want string, err error) {
	t.Helper()
	if err == nil || fault.CodeOf(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// noAsset is a hook that fails the test.
func noAsset(t *testing.T) func(context.Context, pg.Tx, access.Actor, ...asset.Asset) error {
	t.Helper()
	return func(context.Context, pg.Tx, access.Actor, ...asset.Asset) error {
		t.Error("a hook was called")
		return nil
	}
}
