// SPDX-License-Identifier: Apache-2.0

package asset_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// listed is what a list under SQLSeen shows, as search builds it.
func (w *world) listed(who access.Actor, now time.Time) map[id.Asset]bool {
	out := map[id.Asset]bool{}
	w.in(func(tx pg.Tx) error {
		acls, err := access.Visible(w.t.Context(), tx, who, access.View)
		if err != nil {
			return err
		}
		args := pgx.StrictNamedArgs{"acls": acls}
		if err := asset.BindSeen(w.t.Context(), tx, who, now, args); err != nil {
			return err
		}
		rows, err := tx.Query(w.t.Context(), "select a.id from asset a where a.acl_id = any(@acls) and "+asset.SQLSeen, args)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowTo[id.Asset])
		for _, a := range list {
			out[a] = true
		}
		return err
	})
	return out
}

func TestListsShowExactlyWhatMayBeSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := rand.New(rand.NewPCG(3, 14))
	folders := []id.Folder{w.root, w.home}
	for i := range 10 {
		folders = append(folders, w.create(folders[r.IntN(len(folders))], fmt.Sprint(i)))
	}
	actors := []access.Actor{w.person(0), w.person(0), w.person(0)}
	for _, f := range folders {
		for _, who := range actors {
			if r.IntN(2) == 0 {
				w.grant(f, who, []access.Set{access.View, access.Edit, access.View | access.Edit, access.View | access.Delete, access.View | access.Upload, access.View | access.Approve}[r.IntN(6)])
			}
		}
		if r.IntN(4) == 0 && f != w.root {
			if _, err := w.folders.SetGrants(t.Context(), w.house, f, 0, false, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	borrowed := actors[0]
	borrowed.Kind, borrowed.Cap = access.Key, &actors[1].Own
	everywhere := actors[1]
	everywhere.Own.Everywhere = access.View
	scoped := actors[2]
	scoped.Kind, scoped.Scope = access.Key, access.View
	actors = append(actors, borrowed, everywhere, scoped, w.house)

	var all []asset.Asset
	for i := range 120 {
		by := w.house
		if f := folders[r.IntN(len(folders))]; r.IntN(3) == 0 {
			by = actors[r.IntN(3)]
			by.Own.Everywhere = access.View | access.Upload // who stored it may see less later
			a := w.must(w.storeAs(by, arrival(f, fmt.Sprint(i), fmt.Sprint(i))))
			all = append(all, a)
		} else {
			all = append(all, w.store(f, fmt.Sprint(i)))
		}
		a := all[i]
		w.outcome(a, asset.Outcome{Revision: a.Revision, State: []asset.State{asset.Ready, asset.Failed, asset.Quarantined, asset.Preparing}[r.IntN(4)]})
		at := func() *asset.When {
			if r.IntN(2) == 0 {
				return nil
			}
			return &asset.When{At: new(noon.Add(time.Duration(r.IntN(7)-3) * time.Hour))}
		}
		p := asset.Patch{EmbargoUntil: at()}
		if p.EmbargoUntil == nil {
			p.ExpiresAt = at()
		}
		w.must(w.edit(w.house, a, p))
		if r.IntN(3) == 0 {
			w.exec("update asset set approval = $1 where id = $2", asset.Approvals()[r.IntN(4)], a.ID)
		}
		if r.IntN(5) == 0 {
			if err := w.assets.Delete(t.Context(), w.house, a.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	seen := 0
	for _, now := range []time.Duration{0, 2 * time.Hour} {
		w.later.Store(int64(now / time.Second))
		for i, who := range actors {
			list := w.listed(who, noon.Add(now))
			seen += len(list)
			for _, a := range all {
				got, err := w.assets.Get(t.Context(), who, a.ID)
				may := err == nil && got.DeletedAt == nil
				if may != list[a.ID] {
					t.Errorf("actor %d at +%v: listed %v, may see it %v (%v)", i, now, list[a.ID], may, err)
				}
			}
			w.in(func(tx pg.Tx) error {
				ids := make([]id.Asset, len(all))
				for i, a := range all {
					ids[i] = a.ID
				}
				some, err := w.assets.ByIDsTx(t.Context(), tx, who, ids)
				if len(some) != len(list) {
					t.Errorf("actor %d: %d by their ids, %d listed", i, len(some), len(list))
				}
				return err
			})
		}
	}
	if seen < 100 || seen > 2*len(actors)*len(all)*3/4 {
		t.Errorf("%d seen in all: the material shows too little", seen)
	}
}

func TestAssetsAlwaysCarryTheirFoldersRightsWhileEverythingMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	folders := []id.Folder{w.home}
	for i := range 3 {
		folders = append(folders, w.create(folders[i], fmt.Sprint(i)))
	}
	role := id.New[id.Role]()
	w.exec("insert into role (id, tenant_id, name, built_in, perm, created_at) values ($1, $2, 'r', false, 1, $3)", role, w.tenant, noon)
	people := make([]uuid.UUID, 4)
	for i := range people {
		people[i] = w.person(0).Account.UUID()
	}
	start := w.store(w.home, "start")
	var wg sync.WaitGroup
	errs := make(chan error, 1000)
	for worker := range 4 {
		r := rand.New(rand.NewPCG(uint64(worker), 1))
		wg.Go(func() {
			for i := range 12 {
				f := folders[r.IntN(len(folders))]
				var err error
				switch worker {
				case 0:
					err = pg.In(t.Context(), w.db, w.tenant, func(tx pg.Tx) error {
						_, err := w.assets.StoreTx(t.Context(), tx, w.house, arrival(f, "x", fmt.Sprint(i)))
						return err
					})
				case 1:
					_, err = w.assets.Edit(t.Context(), w.house, start.ID, 0, asset.Patch{Folder: &f})
				default:
					_, err = w.folders.SetGrants(t.Context(), w.house, f, 0, r.IntN(3) > 0, []folder.Give{{Principal: people[r.IntN(4)], Role: role}})
				}
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if n := w.count("select count(*)::int from asset a join folder f on f.id = a.folder_id where a.acl_id <> f.acl_id"); n != 0 {
		t.Errorf("%d assets carry other rights than their folder", n)
	}
	if n := w.count("select count(*)::int from asset"); n != 13 {
		t.Errorf("%d assets", n)
	}
}
