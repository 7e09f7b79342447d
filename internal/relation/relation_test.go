// SPDX-License-Identifier: Apache-2.0

package relation_test

import (
	"testing"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
	"tillgang/internal/relation"
)

type world struct {
	t         *testing.T
	db        *pg.DB
	folders   *folder.Service
	assets    *asset.Service
	relations *relation.Service
	house     access.Actor
	home      id.Folder
}

func newWorld(t *testing.T) *world {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }
	w := &world{t: t, db: pgtest.New(t)}
	w.house = access.HouseActor(pgtest.Tenant(t, w.db), "test")
	w.folders = folder.New(w.db, now)
	w.assets = asset.New(w.db, w.folders, now)
	w.relations = relation.New(w.db, w.assets, now)
	if err := pg.In(t.Context(), w.db, w.house.Tenant, func(tx pg.Tx) error { return w.folders.MakeTenantFoldersTx(t.Context(), tx, w.house) }); err != nil {
		t.Fatal(err)
	}
	top, err := w.folders.Children(t.Context(), w.house, id.Folder{}, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	w.home = top.Items[0].ID
	return w
}

func (w *world) folder(name string) id.Folder {
	w.t.Helper()
	f, err := w.folders.Create(w.t.Context(), w.house, w.home, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return f.ID
}

func (w *world) asset(in id.Folder, name string) (made id.Asset) {
	w.t.Helper()
	if err := pg.In(w.t.Context(), w.db, w.house.Tenant, func(tx pg.Tx) error {
		a, err := w.assets.StoreTx(w.t.Context(), tx, w.house, asset.Arrival{
			Folder: folder.Folder{ID: in}, Name: name, MediaType: "image/png", Kind: asset.Image, Size: 1, SHA256: make([]byte, 32), BlobKey: blob.Key("originals/" + name), State: asset.Ready,
		})
		made = a.ID
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return made
}

// only is somebody who may do so much everywhere.
func (w *world) only(perm access.Set) access.Actor {
	return access.Actor{Kind: access.Person, ID: "acc_x", Tenant: w.house.Tenant, Scope: access.All, Own: access.Grant{Everywhere: perm}}
}

func (w *world) of(who access.Actor, a id.Asset) []relation.Relation {
	w.t.Helper()
	list, err := w.relations.Of(w.t.Context(), who, a)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

func code(t *testing.T, want string, err error) {
	t.Helper()
	if fault.CodeOf(err) != want || err == nil {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestARelationHasANameFromBothEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.asset(w.home, "a.png"), w.asset(w.home, "b.png")
	for _, n := range relation.Names() {
		for range 2 { // once more does nothing more
			if list, err := w.relations.Relate(t.Context(), w.house, a, n, b); err != nil || len(list) != 1 || list[0].Name != n || list[0].Other.ID != b {
				t.Fatalf("%s: %+v %v", n, list, err)
			}
		}
		if list := w.of(w.house, b); len(list) != 1 || list[0].Name != n.Inverse() || list[0].Other.ID != a || n.Inverse().Inverse() != n {
			t.Errorf("%s from the other end: %+v", n, list)
		}
		// Said from the other end it is the same relation.
		if list, err := w.relations.Relate(t.Context(), w.house, b, n.Inverse(), a); err != nil || len(list) != 1 {
			t.Errorf("%s said again from the other end: %+v %v", n, list, err)
		}
		if err := w.relations.Unrelate(t.Context(), w.house, b, n.Inverse(), a); err != nil {
			t.Error(err)
		}
		if list := w.of(w.house, a); len(list) != 0 {
			t.Errorf("%s was ended: %+v", n, list)
		}
		code(t, "relation.not_found", w.relations.Unrelate(t.Context(), w.house, a, n, b))
	}
	_, err := w.relations.Relate(t.Context(), w.house, a, relation.PartOf, a)
	code(t, "relation.self", err)
	_, err = w.relations.Relate(t.Context(), w.house, a, "cousin_of", b)
	code(t, "relation.not_found", err)
}

func TestRelationsShowOnlyWhatMayBeSeenAndOutliveTheBin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b, c := w.asset(w.home, "a.png"), w.asset(w.home, "b.png"), w.asset(w.folder("closed"), "c.png")
	for _, other := range []id.Asset{b, c} {
		if _, err := w.relations.Relate(t.Context(), w.house, a, relation.SameShoot, other); err != nil {
			t.Fatal(err)
		}
	}
	viewer, stranger := w.only(access.View), w.only(0)
	if list := w.of(viewer, a); len(list) != 2 {
		t.Errorf("%+v", list)
	}
	if err := pg.In(t.Context(), w.db, w.house.Tenant, func(tx pg.Tx) error {
		_, err := w.assets.SetStateTx(t.Context(), tx, w.house, c, asset.Outcome{Revision: w.revision(c), State: asset.Quarantined})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if list := w.of(viewer, a); len(list) != 1 || list[0].Other.ID != b {
		t.Errorf("one end is held back: %+v", list)
	}
	if list := w.of(w.house, a); len(list) != 2 {
		t.Errorf("editors see it: %+v", list)
	}
	_, err := w.relations.Of(t.Context(), stranger, a)
	code(t, "asset.not_found", err)
	_, err = w.relations.Relate(t.Context(), viewer, a, relation.PartOf, b)
	code(t, "access.forbidden", err)
	_, err = w.relations.Relate(t.Context(), viewer, b, relation.PartOf, c)
	code(t, "access.forbidden", err)

	if err := w.assets.Delete(t.Context(), w.house, b); err != nil {
		t.Fatal(err)
	}
	if list := w.of(w.house, a); len(list) != 1 {
		t.Errorf("one end is in the bin: %+v", list)
	}
	_, err = w.relations.Relate(t.Context(), w.house, a, relation.PartOf, b)
	code(t, "asset.deleted", err)
	if _, err := w.assets.Restore(t.Context(), w.house, b); err != nil {
		t.Fatal(err)
	}
	if list := w.of(w.house, a); len(list) != 2 {
		t.Errorf("restored: %+v", list)
	}
	for _, step := range []func() error{
		func() error { return w.assets.Delete(t.Context(), w.house, b) },
		func() error { return w.assets.Purge(t.Context(), w.house, b) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := pg.In(t.Context(), w.db, w.house.Tenant, func(tx pg.Tx) error {
		return tx.QueryRow(t.Context(), "select count(*) from relation where from_id = $1 or to_id = $1", b).Scan(&n)
	}); err != nil || n != 0 {
		t.Error(n, err)
	}
}

func (w *world) revision(a id.Asset) id.Revision {
	w.t.Helper()
	list, err := w.assets.Revisions(w.t.Context(), w.house, a)
	if err != nil {
		w.t.Fatal(err)
	}
	return list[0].ID
}
