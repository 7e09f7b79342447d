// SPDX-License-Identifier: Apache-2.0

package folder_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// world is a tenant with its first folders.
type world struct {
	t       *testing.T
	db      *pg.DB
	folders *folder.Service
	tenant  id.Tenant
	house   access.Actor
	root    id.Folder
	inbox   id.Folder
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := pgtest.New(t)
	return tenantIn(t, db, folder.New(db, func() time.Time { return noon }))
}

// tenantIn makes another tenant in the same database.
func tenantIn(t *testing.T, db *pg.DB, folders *folder.Service) *world {
	t.Helper()
	w := &world{t: t, db: db, folders: folders, tenant: pgtest.Tenant(t, db)}
	w.house = access.HouseActor(w.tenant, "test")
	w.in(func(tx pg.Tx) error { return folders.MakeTenantFoldersTx(t.Context(), tx, w.house) })
	top, err := folders.Children(t.Context(), w.house, id.Folder{}, "", 10)
	if err != nil || len(top.Items) != 1 || top.Items[0].Purpose != folder.PurposeRoot {
		t.Fatal(top, err)
	}
	w.root = top.Items[0].ID
	w.in(func(tx pg.Tx) error {
		f, err := folders.InboxTx(t.Context(), tx, w.house)
		w.inbox = f.ID
		return err
	})
	return w
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

// person makes somebody with an account, who is also the given groups.
func (w *world) person(groups ...uuid.UUID) access.Actor {
	w.t.Helper()
	a := id.New[id.Account]()
	w.exec("insert into account (id, tenant_id, email, name, state, created_at) values ($1, $2, $3, 'Somebody', 'active', $4)", a, w.tenant, a.String()+"@example.se", noon)
	return access.Actor{
		Kind: access.Person, ID: a.String(), Tenant: w.tenant, Account: a, Scope: access.All,
		Own: access.Grant{Principals: append([]uuid.UUID{a.UUID()}, groups...)},
	}
}

func (w *world) group() uuid.UUID {
	w.t.Helper()
	g := id.New[id.Group]()
	w.exec("insert into principal_group (id, tenant_id, name, created_at) values ($1, $2, $3, $4)", g, w.tenant, g.String(), noon)
	return g.UUID()
}

func (w *world) role(perm access.Set) id.Role {
	w.t.Helper()
	r := id.New[id.Role]()
	w.exec("insert into role (id, tenant_id, name, built_in, perm, created_at) values ($1, $2, $3, false, $4, $5)", r, w.tenant, r.String(), int64(perm), noon)
	return r
}

func (w *world) create(parent id.Folder, name string) id.Folder {
	w.t.Helper()
	f, err := w.folders.Create(w.t.Context(), w.house, parent, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return f.ID
}

// grant replaces the folder's own grants as the house; it inherits.
func (w *world) grant(f id.Folder, give ...folder.Give) {
	w.t.Helper()
	if _, err := w.folders.SetGrants(w.t.Context(), w.house, f, 0, true, give); err != nil {
		w.t.Fatal(err)
	}
}

// give makes a grant of perm to an actor's account.
func (w *world) give(to access.Actor, perm access.Set) folder.Give {
	w.t.Helper()
	return folder.Give{Principal: to.Account.UUID(), Role: w.role(perm)}
}

func (w *world) can(who access.Actor, f id.Folder) access.Set {
	w.t.Helper()
	got, err := w.folders.Get(w.t.Context(), who, f)
	if fault.KindOf(err) == fault.NotFound {
		return 0
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return got.Can
}

// code runs fn and fails unless it ends in the fault of that code.
func code(t *testing.T, want string, err error) {
	t.Helper()
	if err == nil || fault.CodeOf(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
