// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
)

func TestVisibleAclsAreThoseTheRightsReach(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	tenant := pgtest.Tenant(t, db)
	ann, group, key := uuid.New(), uuid.New(), uuid.New()
	var open, closed, empty int64
	err := pg.In(t.Context(), db, tenant, func(tx pg.Tx) (err error) {
		if open, err = access.Intern(t.Context(), tx, tenant, []access.Entry{{ann, access.View}, {group, access.View | access.Edit}}); err != nil {
			return err
		}
		if closed, err = access.Intern(t.Context(), tx, tenant, []access.Entry{{group, access.View}}); err != nil {
			return err
		}
		empty, err = access.Intern(t.Context(), tx, tenant, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	borrowed := &access.Grant{Principals: []uuid.UUID{ann}}
	for _, tt := range []struct {
		name string
		who  access.Actor
		need access.Set
		want []int64
	}{
		{"nobody sees nothing", access.Actor{}, access.View, nil},
		{"a person sees what is open to her", access.Actor{Kind: access.Person, Own: access.Grant{Principals: []uuid.UUID{ann}}, Scope: access.All}, access.View, []int64{open}},
		{"a member sees what is open to the group", access.Actor{Kind: access.Person, Own: access.Grant{Principals: []uuid.UUID{ann, group}}, Scope: access.All}, access.View, []int64{open, closed}},
		{"both permissions are needed", access.Actor{Kind: access.Person, Own: access.Grant{Principals: []uuid.UUID{group}}, Scope: access.All}, access.View | access.Edit, []int64{open}},
		{"scope narrows", access.Actor{Kind: access.Key, Own: access.Grant{Principals: []uuid.UUID{group}}, Scope: access.View}, access.Edit, nil},
		{"the house sees all", access.HouseActor(tenant, "test"), access.View, []int64{open, closed, empty}},
		{"a cap narrows even the almighty", access.Actor{Kind: access.Key, Own: access.Grant{Principals: []uuid.UUID{key}, Everywhere: access.All}, Cap: borrowed, Scope: access.All}, access.View, []int64{open}},
		{"a cap gives nothing by itself", access.Actor{Kind: access.Key, Own: access.Grant{Principals: []uuid.UUID{key}}, Cap: borrowed, Scope: access.All}, access.View, nil},
	} {
		var got []int64
		if err := pg.In(t.Context(), db, tenant, func(tx pg.Tx) (err error) {
			got, err = access.Visible(t.Context(), tx, tt.who, tt.need)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(tt.want)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestInternGivesEqualRightsOneAcl(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	tenant := pgtest.Tenant(t, db)
	a, b := uuid.New(), uuid.New()
	if err := pg.In(t.Context(), db, tenant, func(tx pg.Tx) error {
		one, err := access.Intern(t.Context(), tx, tenant, []access.Entry{{a, access.View}, {b, access.Edit}, {a, access.Edit}})
		if err != nil {
			return err
		}
		two, err := access.Intern(t.Context(), tx, tenant, []access.Entry{{b, access.Edit}, {a, access.Edit | access.View}, {uuid.New(), 0}, {b, access.ManageAccounts}})
		if err != nil {
			return err
		}
		if one != two {
			t.Errorf("%d and %d", one, two)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestTheSecondWallStandsWithoutTheFirst(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ours, theirs := pgtest.Tenant(t, db), pgtest.Tenant(t, db)
	if err := pg.In(t.Context(), db, theirs, func(tx pg.Tx) error {
		_, err := access.Intern(t.Context(), tx, theirs, []access.Entry{{uuid.New(), access.View}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := pg.In(t.Context(), db, ours, func(tx pg.Tx) error {
		for _, table := range []string{"acl", "acl_entry"} {
			var n int
			if err := tx.QueryRow(t.Context(), "select count(*) from "+table).Scan(&n); err != nil {
				return err
			}
			if n != 0 {
				t.Errorf("%d rows of another tenant in %s", n, table)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := pg.In(t.Context(), db, ours, func(tx pg.Tx) error {
		_, err := access.Intern(t.Context(), tx, theirs, nil)
		return err
	}); err == nil {
		t.Error("a row was written into another tenant")
	}
	for _, escape := range []string{"reset role", "alter table acl disable row level security", "drop policy tenant on acl", "select * from asset_search_row", "create table x (y int)", "update audit_entry set verb = ''", "delete from audit_entry"} {
		err := pg.In(t.Context(), db, ours, func(tx pg.Tx) error {
			if _, err := tx.Exec(t.Context(), escape); err != nil {
				return err
			}
			var role string
			if err := tx.QueryRow(t.Context(), "select current_user").Scan(&role); err != nil {
				return err
			}
			if role == pg.AppRole && escape == "reset role" {
				return pgx.ErrNoRows
			}
			return nil
		})
		if err == nil {
			t.Errorf("%q was allowed", escape)
		}
	}
	// A transaction bound to no tenant fails closed.
	if err := pg.Across(t.Context(), db, func(tx pg.Tx) error {
		_, err := tx.Exec(t.Context(), "select * from acl")
		return err
	}); err == nil {
		t.Error("rows of no tenant could be read")
	}
}

func TestRequireTellsStrangersNothing(t *testing.T) {
	t.Parallel()
	if k := fault.KindOf(access.Require(0, access.Edit, "asset")); k != fault.NotFound {
		t.Error(k)
	}
	if k := fault.KindOf(access.Require(access.View, access.Edit, "asset")); k != fault.Forbidden {
		t.Error(k)
	}
	if err := access.Require(access.View|access.Edit, access.Edit, "asset"); err != nil {
		t.Error(err)
	}
}

func TestPermissionNamesGoRound(t *testing.T) {
	t.Parallel()
	s, _, ok := access.Parse(access.Permissions())
	if !ok || s != access.All {
		t.Fatal(s, ok)
	}
	if _, unknown, ok := access.Parse([]string{"asset.view", "asset.fly"}); ok || unknown != "asset.fly" {
		t.Fatal(unknown, ok)
	}
}
