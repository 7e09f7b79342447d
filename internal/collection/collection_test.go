// SPDX-License-Identifier: Apache-2.0

package collection_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/collection"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg/pgtest"
)

func TestACollectionIsItsOwners(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	tenant, elsewhere := pgtest.Tenant(t, db), pgtest.Tenant(t, db)
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	s := collection.New(db, func() time.Time { return now })
	person := func(tenant id.Tenant) access.Actor {
		a := id.New[id.Account]()
		return access.Actor{Kind: access.Person, ID: a.String(), Tenant: tenant, Account: a, Scope: access.All}
	}
	eva, ola, far := person(tenant), person(tenant), person(elsewhere)
	want := collection.Search{Q: `tag:sommar "Eva Ek"`, Subtree: true, Sort: "name"}
	mine, err := s.Save(t.Context(), eva, "  Sommar ", false, want)
	if err != nil || mine.Name != "Sommar" {
		t.Fatal(mine, err)
	}
	shared, err := s.Save(t.Context(), eva, "alla", true, collection.Search{Kind: "image"})
	if err != nil {
		t.Fatal(err)
	}
	count := func(who access.Actor, cursor string, n int) string {
		t.Helper()
		p, err := s.List(t.Context(), who, cursor, n)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range p.Items {
			names = append(names, c.Name)
		}
		if p.Next != "" {
			p2, err := s.List(t.Context(), who, p.Next, n)
			if err != nil || len(p2.Items) != 1 {
				t.Fatal(p2, err)
			}
			names = append(names, p2.Items[0].Name)
		}
		return strings.Join(names, " ")
	}
	if count(eva, "", 1) != "alla Sommar" || count(ola, "", 10) != "alla" || count(far, "", 10) != "" {
		t.Error(count(eva, "", 1), count(ola, "", 10), count(far, "", 10))
	}
	if got, err := s.Get(t.Context(), eva, mine.ID); err != nil || cmp.Diff(want, got.Search) != "" {
		t.Error(got, err)
	}
	for name, err := range map[string]error{
		"another's": func() error { _, err := s.Get(t.Context(), ola, mine.ID); return err }(),
		"far":       func() error { _, err := s.Get(t.Context(), far, shared.ID); return err }(),
		"delete":    s.Delete(t.Context(), ola, mine.ID),
	} {
		if fault.KindOf(err) != fault.NotFound {
			t.Error(name, err)
		}
	}
	name := "Vinter"
	if _, err := s.Edit(t.Context(), ola, shared.ID, 0, collection.Patch{Name: &name}); fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
	if err := s.Delete(t.Context(), ola, shared.ID); fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
	if got, err := s.Edit(t.Context(), eva, mine.ID, mine.Version, collection.Patch{Name: &name}); err != nil || got.Name != name || got.Version != 2 || got.Search != want {
		t.Error(got, err)
	}
	if _, err := s.Edit(t.Context(), eva, mine.ID, 1, collection.Patch{}); fault.KindOf(err) != fault.Conflict {
		t.Error(err)
	}
	for _, bad := range []string{"", "  ", strings.Repeat("a", 201), "\xff"} {
		if _, err := s.Save(t.Context(), eva, bad, false, want); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := s.Save(t.Context(), access.HouseActor(tenant, "test"), "x", false, want); fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
	if _, err := s.List(t.Context(), access.Actor{}, "", 1); fault.KindOf(err) != fault.Unauthentic {
		t.Error(err)
	}
	if err := s.Delete(t.Context(), eva, mine.ID); err != nil || count(eva, "", 10) != "alla" {
		t.Error(err)
	}
}
