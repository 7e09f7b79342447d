// SPDX-License-Identifier: Apache-2.0

package asset_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/uuid"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/folder"
	"tillgang/internal/id"
)

// TestWhySomebodySeesAnAssetIsWhatDecidesIt makes up trees, grants to people and
// nested groups, and states, and holds every explanation against what the same
// people are allowed, one permission at a time.
func TestWhySomebodySeesAnAssetIsWhatDecidesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := rand.New(rand.NewPCG(25, 4))
	folders := []id.Folder{w.root, w.home}
	for i := range 6 {
		folders = append(folders, w.create(folders[r.IntN(len(folders))], fmt.Sprint(i)))
	}
	people := make([]access.Actor, 4)
	given := []uuid.UUID{}
	inner, outer := uuid.New(), uuid.New()
	for i, g := range []uuid.UUID{inner, outer} {
		w.exec("insert into principal_group (id, tenant_id, name, created_at) values ($1, $2, $3, $4)", g, w.tenant, fmt.Sprint("group ", i), noon)
		given = append(given, g)
	}
	w.exec("insert into membership (tenant_id, group_id, member_id) values ($1, $2, $3)", w.tenant, outer, inner)
	for i := range people {
		people[i] = w.person(0)
		given = append(given, people[i].Account.UUID())
		of := []uuid.UUID{people[i].Account.UUID()}
		if i%2 == 0 {
			w.exec("insert into membership (tenant_id, group_id, member_id) values ($1, $2, $3)", w.tenant, inner, people[i].Account)
			of = append(of, inner, outer)
		}
		people[i].Own.Principals = of
		for _, p := range of {
			w.exec("insert into principal_closure (tenant_id, account_id, principal_id) values ($1, $2, $3)", w.tenant, people[i].Account, p)
		}
	}
	var roles []id.Role
	for _, p := range []access.Set{access.View, access.View | access.Edit, access.Approve | access.View, access.Delete, access.View | access.DownloadOriginal} {
		role := id.New[id.Role]()
		w.exec("insert into role (id, tenant_id, name, built_in, perm, created_at) values ($1, $2, $3, false, $4, $5)", role, w.tenant, role.String(), int64(p), noon)
		roles = append(roles, role)
	}
	w.exec("insert into tenant_grant (tenant_id, principal_id, role_id, granted_at) values ($1, $2, $3, $4)", w.tenant, people[3].Account, roles[0], noon)
	people[3].Own.Everywhere = access.View
	for _, f := range folders {
		var give []folder.Give
		for range r.IntN(4) {
			give = append(give, folder.Give{Principal: given[r.IntN(len(given))], Role: roles[r.IntN(len(roles))]})
		}
		if _, err := w.folders.SetGrants(t.Context(), w.house, f, 0, r.IntN(4) > 0, give); err != nil {
			t.Fatal(err)
		}
	}
	sees, hidden := 0, 0
	for i := range 40 {
		a := w.store(folders[r.IntN(len(folders))], fmt.Sprint("asset ", i))
		w.outcome(a, asset.Outcome{Revision: a.Revision, State: []asset.State{asset.Ready, asset.Quarantined, asset.Preparing}[r.IntN(3)]})
		if r.IntN(2) == 0 {
			w.exec("update asset set approval = $1 where id = $2", asset.Approvals()[r.IntN(4)], a.ID)
		}
		if r.IntN(4) == 0 {
			w.must(w.edit(w.house, a, asset.Patch{EmbargoUntil: &asset.When{At: new(noon.AddDate(0, 0, 1))}}))
		}
		if r.IntN(6) == 0 {
			if err := w.assets.Delete(t.Context(), w.house, a.ID); err != nil {
				t.Fatal(err)
			}
		}
		seers, err := w.assets.Seers(t.Context(), w.house, a.ID, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for n, who := range people {
			why, err := w.assets.Explain(t.Context(), w.house, a.ID, who.Account.UUID())
			if err != nil {
				t.Fatal(err)
			}
			var reached access.Set
			for _, g := range why.Through {
				if reached |= g.Perm; (g.To == who.Account.UUID()) != (len(g.Via) == 0) || len(g.Via) > 0 && g.Via[len(g.Via)-1].Group != g.To {
					t.Errorf("person %d: a grant to %s came by %+v", n, g.To, g.Via)
				}
			}
			if reached&access.Content != why.Given&access.Content {
				t.Errorf("asset %d, person %d: the grants give %v, what counts is %v", i, n, reached.Names(), why.Given.Names())
			}
			got, err := w.assets.Get(t.Context(), who, a.ID)
			if may := err == nil; may != why.May.Has(access.View) {
				t.Errorf("asset %d, person %d: sees it %v, explained %v", i, n, may, why.May.Names())
			}
			if listed := slices.ContainsFunc(seers.Items, func(s asset.Insight) bool { return s.Principal == who.Account.UUID() }); listed != (err == nil) {
				t.Errorf("asset %d, person %d: sees it %v, listed %v", i, n, err == nil, listed)
			}
			if err != nil {
				hidden++
				continue
			}
			sees++
			got.Can = why.Given
			for _, p := range []access.Set{access.Edit, access.DownloadOriginal, access.Approve, access.Delete, access.Share} {
				if allowed := asset.Allowed(got, who, p, noon) == nil; allowed != why.May.Has(p) {
					t.Errorf("asset %d, person %d: may %v %v, explained %v", i, n, p.Names(), allowed, why.May.Names())
				}
			}
		}
	}
	if sees < 20 || hidden < 20 {
		t.Errorf("%d seen, %d not: the material shows too little", sees, hidden)
	}
	_, err := w.assets.Explain(t.Context(), people[0], w.store(w.create(w.root, "closed"), "x").ID, people[1].Account.UUID())
	if err == nil {
		t.Error("somebody without a right was told")
	}
}
