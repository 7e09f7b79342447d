// SPDX-License-Identifier: Apache-2.0

package collection_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/blob"
	"tillgang/internal/collection"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
)

// world is a tenant with two folders: everybody that grant names sees open, and
// nobody closed.
type world struct {
	t            *testing.T
	db           *pg.DB
	at           time.Time
	tenant       id.Tenant
	house        access.Actor
	folders      *folder.Service
	assets       *asset.Service
	open, closed id.Folder
	seers        uuid.UUID // a group that sees what lies in open
	*collection.Service
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := pgtest.New(t)
	w := &world{t: t, db: db, at: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), tenant: pgtest.Tenant(t, db), seers: uuid.New()}
	now := func() time.Time { return w.at }
	w.house = access.HouseActor(w.tenant, "test")
	w.folders = folder.New(db, now)
	w.assets = asset.New(db, w.folders, now)
	w.Service = collection.New(db, now)
	role := id.New[id.Role]()
	w.in(func(tx pg.Tx) error {
		if err := w.folders.MakeTenantFoldersTx(t.Context(), tx, w.house); err != nil {
			return err
		}
		if _, err := tx.Exec(t.Context(), "insert into principal_group (id, tenant_id, name, created_at) values ($1, $2, 'Alla', $3)", w.seers, w.tenant, w.at); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), "insert into role (id, tenant_id, name, built_in, perm, created_at) values ($1, $2, 'r', false, $3, $4)", role, w.tenant, int64(access.View), w.at)
		return err
	})
	top, err := w.folders.Children(t.Context(), w.house, id.Folder{}, "", 1)
	w.fine(err)
	for name, f := range map[string]*id.Folder{"open": &w.open, "closed": &w.closed} {
		made, err := w.folders.Create(t.Context(), w.house, top.Items[0].ID, name)
		w.fine(err)
		*f = made.ID
	}
	_, err = w.folders.SetGrants(t.Context(), w.house, w.open, 0, true, []folder.Give{{Principal: w.seers, Role: role}})
	w.fine(err)
	return w
}

func (w *world) fine(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) in(fn func(tx pg.Tx) error) {
	w.t.Helper()
	w.fine(pg.In(w.t.Context(), w.db, w.tenant, fn))
}

// person has an account and is in groups.
func (w *world) person(groups ...uuid.UUID) access.Actor {
	w.t.Helper()
	a := id.New[id.Account]()
	w.in(func(tx pg.Tx) error {
		_, err := tx.Exec(w.t.Context(), "insert into account (id, tenant_id, email, name, state, created_at) values ($1, $2, $3, 'Somebody', 'active', $4)", a, w.tenant, a.String()+"@example.se", w.at)
		return err
	})
	return access.Actor{
		Kind: access.Person, ID: a.String(), Tenant: w.tenant, Account: a, Scope: access.All, Own: access.Grant{Principals: append([]uuid.UUID{a.UUID()}, groups...)},
	}
}

func (w *world) store(in id.Folder, n int) (out []id.Asset) {
	w.t.Helper()
	w.in(func(tx pg.Tx) error {
		for i := range n {
			rev := id.New[id.Revision]()
			sum := sha256.Sum256([]byte(rev.String()))
			a, err := w.assets.StoreTx(w.t.Context(), tx, w.house, asset.Arrival{
				Folder: folder.Folder{ID: in}, Name: fmt.Sprintf("%d.jpg", i), MediaType: "image/jpeg", Kind: asset.Image, Size: 1, SHA256: sum[:],
				BlobKey: blob.Key("originals/" + rev.String()), Revision: rev, State: asset.Ready,
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

func (w *world) list(who access.Actor, name string, parent id.Collection) collection.Collection {
	w.t.Helper()
	c, err := w.Create(w.t.Context(), who, collection.Draft{Name: name, Parent: parent})
	w.fine(err)
	return c
}

// names are those of the collections that somebody sees.
func (w *world) names(who access.Actor, f collection.Filter) string {
	w.t.Helper()
	var names []string
	f.Limit = 2
	for {
		p, err := w.List(w.t.Context(), who, f)
		w.fine(err)
		for _, c := range p.Items {
			names = append(names, c.Name)
		}
		if f.Cursor = p.Next; f.Cursor == "" {
			return strings.Join(names, " ")
		}
	}
}

// order are the assets of a list, by the number that each has in all.
func (w *world) order(c id.Collection, all []id.Asset) string {
	w.t.Helper()
	var out []string
	w.in(func(tx pg.Tx) error {
		rows, err := tx.Query(w.t.Context(), "select asset_id from collection_asset where collection_id = $1 order by place, asset_id", c)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var a id.Asset
			if err := rows.Scan(&a); err != nil {
				return err
			}
			for i := range all {
				if all[i] == a {
					out = append(out, fmt.Sprint(i))
				}
			}
		}
		return rows.Err()
	})
	return strings.Join(out, " ")
}

func is(t *testing.T, what string, kind fault.Kind, code string, err error) {
	t.Helper()
	if fault.KindOf(err) != kind || code != "" && fault.CodeOf(err) != code {
		t.Errorf("%s: got %v, want %s", what, err, code)
	}
}

func TestASavedSearchIsItsOwners(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	eva, ola := w.person(), w.person()
	far := ola
	far.Tenant = pgtest.Tenant(t, w.db)
	want := collection.Search{Q: `tag:sommar "Eva Ek"`, Subtree: true, Sort: "name"}
	mine, err := w.Create(t.Context(), eva, collection.Draft{Kind: collection.Saved, Name: "  Sommar ", Search: want})
	w.fine(err)
	shared, err := w.Create(t.Context(), eva, collection.Draft{Kind: collection.Saved, Name: "alla", Everybody: "view", Search: collection.Search{Kind: "image"}})
	w.fine(err)
	if got := w.names(eva, collection.Filter{}) + "/" + w.names(ola, collection.Filter{}) + "/" + w.names(far, collection.Filter{}); got != "alla Sommar/alla/" {
		t.Error(got)
	}
	if got, err := w.Get(t.Context(), eva, mine.ID); err != nil || got.Name != "Sommar" || cmp.Diff(want, got.Search) != "" {
		t.Error(got, err)
	}
	_, err = w.Get(t.Context(), ola, mine.ID)
	is(t, "another's", fault.NotFound, "", err)
	_, err = w.Get(t.Context(), far, shared.ID)
	is(t, "from afar", fault.NotFound, "", err)
	is(t, "delete another's", fault.NotFound, "", w.Delete(t.Context(), ola, mine.ID))
	name := "Vinter"
	_, err = w.Edit(t.Context(), ola, shared.ID, 0, collection.Patch{Name: &name})
	is(t, "edit a shared one", fault.Forbidden, "collection.not_own", err)
	is(t, "delete a shared one", fault.Forbidden, "collection.not_own", w.Delete(t.Context(), ola, shared.ID))
	if got, err := w.Edit(t.Context(), eva, mine.ID, mine.Version, collection.Patch{Name: &name}); err != nil || got.Name != name || got.Version != 2 || got.Search != want {
		t.Error(got, err)
	}
	if _, err = w.Edit(t.Context(), eva, mine.ID, mine.Version, collection.Patch{Name: &name}); err == nil {
		t.Error("an old version was taken")
	}
	_, err = w.Add(t.Context(), eva, mine.ID, []id.Asset{id.New[id.Asset]()}, collection.At{})
	is(t, "add to a search", fault.Conflict, "collection.not_chosen", err)
	_, err = w.Create(t.Context(), access.Actor{}, collection.Draft{Name: "x"})
	is(t, "nobody", fault.Unauthentic, "", err)
	_, err = w.Create(t.Context(), w.house, collection.Draft{Name: "x"})
	is(t, "the house", fault.Forbidden, "collection.no_account", err)
}

func TestAListKeepsItsOrderAndShowsWhatTheAskerSees(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	eva, ola := w.person(w.seers), w.person()
	seen, hidden := w.store(w.open, 6), w.store(w.closed, 1)
	c := w.list(eva, "Lista", id.Collection{})
	put, err := w.Add(t.Context(), eva, c.ID, append([]id.Asset{seen[2], seen[0], seen[2]}, hidden...), collection.At{})
	if err != nil || len(put.Changed) != 2 || len(put.Unseen) != 1 {
		t.Fatal(put, err)
	}
	if put, err = w.Add(t.Context(), eva, c.ID, []id.Asset{seen[0], seen[1]}, collection.At{Start: true}); err != nil || put.Same != 1 || len(put.Changed) != 1 {
		t.Fatal(put, err)
	}
	for _, step := range []struct {
		move []int
		at   collection.At
		want string
	}{
		{[]int{0}, collection.At{Start: true}, "0 1 2"},
		{[]int{0}, collection.At{}, "1 2 0"},
		{[]int{0}, collection.At{Before: seen[2]}, "1 0 2"},
		{[]int{1}, collection.At{After: seen[0]}, "0 1 2"},
		{[]int{2, 0}, collection.At{After: seen[1]}, "1 2 0"},
		{[]int{2, 0}, collection.At{Before: seen[1]}, "2 0 1"},
	} {
		var moved []id.Asset
		for _, i := range step.move {
			moved = append(moved, seen[i])
		}
		w.fine(w.Move(t.Context(), eva, c.ID, moved, step.at))
		if got := w.order(c.ID, seen); got != step.want {
			t.Errorf("%+v: %s", step, got)
		}
	}
	// The same two places again and again: the room between them runs out.
	want := "2 0 1"
	for range 60 {
		w.fine(w.Move(t.Context(), eva, c.ID, []id.Asset{seen[1]}, collection.At{After: seen[2]}))
		w.fine(w.Move(t.Context(), eva, c.ID, []id.Asset{seen[0]}, collection.At{After: seen[2]}))
		if got := w.order(c.ID, seen); got != want {
			t.Fatal(got)
		}
	}
	is(t, "beside itself", fault.Invalid, "collection.place", w.Move(t.Context(), eva, c.ID, []id.Asset{seen[1]}, collection.At{After: seen[1]}))
	is(t, "beside one that is not there", fault.Invalid, "collection.place", w.Move(t.Context(), eva, c.ID, []id.Asset{seen[1]}, collection.At{After: seen[5]}))

	everybody := "contribute"
	_, err = w.Edit(t.Context(), eva, c.ID, 0, collection.Patch{Everybody: &everybody})
	w.fine(err)
	got, err := w.Get(t.Context(), ola, c.ID)
	if err != nil || got.Count != 0 || !got.Cover.IsZero() || got.Level != collection.Contribute {
		t.Errorf("who sees nothing: %+v %v", got, err)
	}
	if got, err = w.Get(t.Context(), eva, c.ID); err != nil || got.Count != 3 || !got.CountIsExact || got.Cover != seen[2] {
		t.Errorf("%+v %v", got, err)
	}
	if got, err = w.Edit(t.Context(), eva, c.ID, 0, collection.Patch{Cover: &seen[1]}); err != nil || got.Cover != seen[1] {
		t.Errorf("%+v %v", got, err)
	}
	_, err = w.Edit(t.Context(), eva, c.ID, 0, collection.Patch{Cover: &hidden[0]})
	is(t, "a cover that one does not see", fault.NotFound, "", err)
	if n := w.names(eva, collection.Filter{Asset: seen[0]}) + w.names(ola, collection.Filter{Asset: seen[0]}); n != "Lista" {
		t.Error("the lists that an asset is in:", n)
	}
	if put, err = w.Remove(t.Context(), ola, c.ID, []id.Asset{seen[0], seen[4]}); err != nil || len(put.Changed) != 1 || put.Same != 1 {
		t.Error(put, err)
	}
	// In the bin an asset keeps its place; destroyed, it loses it.
	w.fine(w.assets.Delete(t.Context(), w.house, seen[2]))
	if got, err = w.Get(t.Context(), eva, c.ID); err != nil || got.Count != 1 {
		t.Error(got, err)
	}
	_, err = w.assets.Restore(t.Context(), w.house, seen[2])
	w.fine(err)
	if got := w.order(c.ID, seen); got != "2 1" {
		t.Error(got)
	}
	w.in(func(tx pg.Tx) error { return w.ForgetTx(t.Context(), tx, w.house, []id.Asset{seen[1]}) })
	if got, err = w.Get(t.Context(), eva, c.ID); err != nil || got.Count != 1 || got.Cover != seen[2] {
		t.Error(got, err)
	}
}

func TestCollectionsLieInEachOtherAndAreSharedWithWhatIsInThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	crew := uuid.New()
	w.in(func(tx pg.Tx) error {
		_, err := tx.Exec(t.Context(), "insert into principal_group (id, tenant_id, name, created_at) values ($1, $2, 'Redaktion', $3)", crew, w.tenant, w.at)
		return err
	})
	eva, ola, pia := w.person(), w.person(crew), w.person()
	chain := []collection.Collection{w.list(eva, "a1", id.Collection{})}
	for i := 2; i <= collection.MaxDepth; i++ {
		chain = append(chain, w.list(eva, fmt.Sprintf("a%d", i), chain[i-2].ID))
	}
	_, err := w.Create(t.Context(), eva, collection.Draft{Name: "a6", Parent: chain[4].ID})
	is(t, "a sixth level", fault.Invalid, "collection.too_deep", err)
	_, err = w.Edit(t.Context(), eva, chain[0].ID, 0, collection.Patch{Parent: &chain[2].ID})
	is(t, "a circle", fault.Invalid, "collection.parent", err)
	two := w.list(eva, "b1", id.Collection{})
	w.list(eva, "b2", two.ID)
	_, err = w.Edit(t.Context(), eva, two.ID, 0, collection.Patch{Parent: &chain[3].ID})
	is(t, "too deep with what is in it", fault.Invalid, "collection.too_deep", err)
	_, err = w.Edit(t.Context(), eva, two.ID, 0, collection.Patch{Parent: &chain[0].ID})
	w.fine(err)

	w.fine(w.SetShares(t.Context(), eva, chain[2].ID, []collection.Share{{Principal: crew, Contribute: true}, {Principal: pia.Account.UUID()}}))
	if got := w.names(ola, collection.Filter{}) + "/" + w.names(ola, collection.Filter{Top: true}) + "/" + w.names(pia, collection.Filter{Least: collection.Contribute}); got != "a3 a4 a5/a3/" {
		t.Error(got)
	}
	got, err := w.Get(t.Context(), ola, chain[4].ID)
	if err != nil || got.Level != collection.Contribute || got.Parent == nil || *got.Parent != chain[3].ID {
		t.Errorf("%+v %v", got, err)
	}
	if got, err = w.Get(t.Context(), ola, chain[2].ID); err != nil || got.Parent != nil {
		t.Errorf("where it lies is not theirs to know: %+v %v", got, err)
	}
	steps, err := w.Path(t.Context(), ola, chain[3].ID)
	if err != nil || len(steps) != 2 || steps[0].Name != "a3" {
		t.Error(steps, err)
	}
	olas := w.list(ola, "olas", chain[2].ID)
	_, err = w.Create(t.Context(), pia, collection.Draft{Name: "pias", Parent: chain[2].ID})
	is(t, "make one where one may only look", fault.Forbidden, "collection.view_only", err)
	_, err = w.Shares(t.Context(), ola, chain[2].ID)
	is(t, "with whom another's is shared", fault.Forbidden, "", err)
	is(t, "share with a stranger", fault.Invalid, "collection.shares", w.SetShares(t.Context(), eva, chain[2].ID, []collection.Share{{Principal: uuid.New()}}))

	// What lies in one's own is one's own to look after; its deletion takes all along.
	w.fine(w.Delete(t.Context(), eva, chain[2].ID))
	if got := w.names(ola, collection.Filter{}) + "/" + w.names(eva, collection.Filter{}); got != "/a1 a2 b1 b2" {
		t.Error(got)
	}
	_, err = w.Restore(t.Context(), ola, olas.ID)
	is(t, "restore one whose place is in the bin", fault.Conflict, "collection.parent_deleted", err)
	_, err = w.Get(t.Context(), pia, chain[2].ID)
	is(t, "see one in the bin", fault.NotFound, "", err)
	bin, err := w.Bin(t.Context(), eva, "", 10)
	if err != nil || len(bin.Items) != 1 || bin.Items[0].Name != "a3" {
		t.Error(bin, err)
	}
	back, err := w.Restore(t.Context(), eva, chain[2].ID)
	if err != nil || back.Parent == nil || *back.Parent != chain[1].ID || back.Shares != 2 {
		t.Errorf("%+v %v", back, err)
	}
	if got := w.names(ola, collection.Filter{}); got != "a3 a4 a5 olas" {
		t.Error(got)
	}
	w.in(func(tx pg.Tx) error { return w.PrincipalGoneTx(t.Context(), tx, w.house, crew) })
	if got := w.names(ola, collection.Filter{}); got != "olas" {
		t.Error(got)
	}
	// Somebody looks after what others left behind.
	admin := w.person()
	admin.Own.Everywhere = access.ManageAccounts
	everybody := "view"
	_, err = w.Edit(t.Context(), eva, two.ID, 0, collection.Patch{Everybody: &everybody})
	w.fine(err)
	if got, err = w.Edit(t.Context(), admin, two.ID, 0, collection.Patch{Owner: &ola.Account}); err != nil || got.Owner != ola.Account {
		t.Errorf("%+v %v", got, err)
	}
	_, err = w.Edit(t.Context(), admin, two.ID, 0, collection.Patch{Owner: new(id.New[id.Account]())})
	is(t, "give it to a stranger", fault.Invalid, "collection.owner", err)
}
