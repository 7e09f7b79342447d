// SPDX-License-Identifier: Apache-2.0

package asset_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Who puts an asset under an acl, and who changes rights, must not wait for
// each other in a ring: the one holds the asset and wants the acl, the other
// has found the acl and wants the asset.
func TestAGrantDoesNotHoldAnACLAgainstWhoMovesAssets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // whoever is held waits for ever
	t.Cleanup(cancel)
	who := w.person(0)
	entries := []access.Entry{{Principal: who.Account.UUID(), Perm: access.View}}
	far := w.create(w.root, "far")
	w.grant(far, who, access.View)
	a := w.store(w.home, "a")
	f, err := w.folders.Get(t.Context(), w.house, far)
	if err != nil {
		t.Fatal(err)
	}
	// Somebody has interned the acl that far carries, and its transaction is open:
	// what makes it, and what finds it again, must hold nothing.
	w.in(func(tx pg.Tx) error {
		acl, err := access.Intern(t.Context(), tx, w.tenant, entries)
		if err != nil {
			return err
		}
		if acl != f.ACL {
			t.Errorf("interned as %d and %d", acl, f.ACL)
		}
		// Anybody else's move into far, meanwhile, in another transaction.
		if _, err := w.assets.Edit(ctx, w.house, a.ID, 0, asset.Patch{Folder: &far}); err != nil {
			return err
		}
		_, err = tx.Exec(t.Context(), "update asset set version = version where id = $1", a.ID)
		return err
	})
	// And the other way round: the acl is being redefined.
	w.in(func(tx pg.Tx) error {
		if err := access.Redefine(t.Context(), tx, w.tenant, []int64{f.ACL}, []access.Entry{{Principal: uuid.New(), Perm: access.View}}); err != nil {
			return err
		}
		if _, err := w.assets.Edit(ctx, w.house, a.ID, 0, asset.Patch{Folder: &w.home}); err != nil {
			return err
		}
		_, err := w.assets.Edit(ctx, w.house, a.ID, 0, asset.Patch{Folder: &far})
		return err
	})
}

func TestMovesAndGrantsAtOnceNeverDeadlock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var places []id.Folder
	for i := range 4 {
		places = append(places, w.create(w.root, fmt.Sprint(i)))
	}
	who := w.person(0)
	role := id.New[id.Role]()
	w.exec("insert into role (id, tenant_id, name, built_in, perm, created_at) values ($1, $2, 'r', false, $3, $4)", role, w.tenant, int64(access.View), noon)
	var all []asset.Asset
	for i := range 12 {
		all = append(all, w.store(places[i%4], fmt.Sprint(i)))
	}
	var wg sync.WaitGroup
	fail := func(err error) {
		if e, is := errors.AsType[*pgconn.PgError](err); is {
			t.Errorf("%s: %s", e.Code, e.Message)
		} else if err != nil {
			t.Error(err)
		}
	}
	for n := range 3 {
		wg.Go(func() {
			for i := range 12 {
				_, err := w.assets.Edit(t.Context(), w.house, all[(4*n+i)%12].ID, 0, asset.Patch{Folder: &places[(n+i)%4]})
				fail(err)
			}
		})
	}
	for n := range 2 {
		wg.Go(func() {
			for i := range 10 {
				var give []folder.Give
				if i%2 == 0 {
					give = []folder.Give{{Principal: who.Account.UUID(), Role: role}}
				}
				_, err := w.folders.SetGrants(t.Context(), w.house, places[(2*n+i)%4], 0, i%3 > 0, give)
				fail(err)
			}
		})
	}
	wg.Wait()
	if n := w.count("select count(*)::int from asset a join folder f on f.id = a.folder_id where a.acl_id <> f.acl_id and not f.lagging"); n != 0 {
		t.Errorf("%d assets carry another acl than their folder", n)
	}
}
