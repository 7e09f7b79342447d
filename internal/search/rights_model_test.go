// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/search"
)

// grove is an archive with the real rooms of folders and assets, and beside it
// what rights mean in the plainest way that can be written.
type grove struct {
	*world
	r       *rand.Rand
	folders *folder.Service
	room    *asset.Service
	actors  []access.Actor
	given   []uuid.UUID // whom rights are given to
	roles   []id.Role

	perm   map[id.Role]access.Set
	tree   []id.Folder
	parent map[id.Folder]id.Folder
	cut    map[id.Folder]bool
	grants map[id.Folder][]folder.Give
	assets map[id.Asset]*asset.Asset
	order  []id.Asset
}

func newGrove(t *testing.T, seed uint64) *grove {
	t.Helper()
	w := newWorld(t)
	g := &grove{
		world: w, r: rand.New(rand.NewPCG(seed, 19)), perm: map[id.Role]access.Set{}, tree: []id.Folder{w.Root},
		parent: map[id.Folder]id.Folder{}, cut: map[id.Folder]bool{}, grants: map[id.Folder][]folder.Give{}, assets: map[id.Asset]*asset.Asset{},
	}
	g.folders = folder.New(w.db, clock)
	g.room = asset.New(w.db, g.folders, clock)
	g.search = search.New(w.db, g.room, clock)
	g.folders.OnACLChanged = func(ctx context.Context, tx pg.Tx, who access.Actor, acls map[id.Folder]int64) error {
		if err := g.room.ACLChangedTx(ctx, tx, who, acls); err != nil {
			return err
		}
		return g.search.RightsTx(ctx, tx, acls)
	}
	g.folders.Weigh, g.folders.AtOnce = g.room.WeighTx, 4
	g.folders.Follow = func(ctx context.Context, tx pg.Tx, who access.Actor, acls map[id.Folder]int64, most int) (bool, error) {
		done, more, err := g.room.FollowACLTx(ctx, tx, who, acls, most)
		if err != nil || len(done) == 0 {
			return more, err
		}
		return more, g.search.FollowRightsTx(ctx, tx, done)
	}
	g.room.OnChanged = func(ctx context.Context, tx pg.Tx, _ access.Actor, list ...asset.Asset) error {
		return g.search.IndexTx(ctx, tx, list...)
	}
	for i, group := range w.Groups {
		w.exec("insert into principal_group (id, tenant_id, name, created_at) values ($1, $2, $3, $4)", group, w.Tenant, fmt.Sprint(i), now)
	}
	for i := range 4 {
		who := w.Person(w.Groups[:i%3]...)
		w.exec("insert into account (id, tenant_id, email, name, state, created_at) values ($1, $2, $3, 'Somebody', 'active', $4)", who.Account, w.Tenant, who.ID+"@example.se", now)
		g.actors, g.given = append(g.actors, who), append(g.given, who.Account.UUID())
	}
	g.given = append(g.given, w.Groups...)
	borrowed, everywhere := g.actors[1], g.actors[2]
	borrowed.Kind, borrowed.Cap = access.Key, &g.actors[0].Own
	everywhere.Own.Everywhere = access.Edit
	g.actors = append(g.actors, borrowed, everywhere)
	for _, p := range []access.Set{access.View, access.View | access.Edit, access.Edit, access.View | access.Delete} {
		role := id.New[id.Role]()
		w.exec("insert into role (id, tenant_id, name, built_in, perm, created_at) values ($1, $2, $3, false, $4, $5)", role, w.Tenant, role.String(), int64(p), now)
		g.perm[role], g.roles = p, append(g.roles, role)
	}
	g.grant(w.Root)
	for range 11 {
		g.grow()
	}
	for range 90 {
		g.plant()
	}
	return g
}

func one[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

// can is what an actor may do in a folder, in the model.
func (g *grove) can(who access.Actor, f id.Folder) access.Set {
	all := map[uuid.UUID]access.Set{}
	for {
		for _, give := range g.grants[f] {
			all[give.Principal] |= g.perm[give.Role]
		}
		if g.cut[f] || f == g.Root {
			break
		}
		f = g.parent[f]
	}
	of := func(x *access.Grant) (s access.Set) {
		for _, p := range x.Principals {
			s |= all[p]
		}
		return s | x.Everywhere
	}
	s := of(&who.Own) & who.Scope
	if who.Cap != nil {
		s &= of(who.Cap)
	}
	return s
}

// sees is whether an actor may see an asset now, in the model.
func (g *grove) sees(who access.Actor, a *asset.Asset) bool {
	can := g.can(who, a.Folder)
	if !can.Has(access.View) || can.Has(access.Edit) {
		return can.Has(access.View)
	}
	return (a.State != asset.Quarantined || a.CreatedBy == who.ID) && (a.EmbargoUntil == nil || !a.EmbargoUntil.After(now)) && (a.ExpiresAt == nil || a.ExpiresAt.After(now))
}

func (g *grove) visible(who access.Actor) map[id.Asset]bool {
	out := map[id.Asset]bool{}
	for i, a := range g.assets {
		if g.sees(who, a) {
			out[i] = true
		}
	}
	return out
}

func (g *grove) grow() {
	g.t.Helper()
	up := one(g.r, g.tree)
	f, err := g.folders.Create(g.t.Context(), g.house(), up, fmt.Sprint("mapp", len(g.tree)))
	if err != nil {
		g.t.Fatal(err)
	}
	g.tree, g.parent[f.ID] = append(g.tree, f.ID), up
	if g.r.IntN(3) == 0 {
		g.grant(f.ID)
	}
}

// grant gives something random in a folder, all of it anew.
func (g *grove) grant(f id.Folder) {
	g.t.Helper()
	var give []folder.Give
	for range g.r.IntN(4) {
		give = append(give, folder.Give{Principal: one(g.r, g.given), Role: one(g.r, g.roles)})
	}
	cut := g.r.IntN(5) == 0
	if _, err := g.folders.SetGrants(g.t.Context(), g.house(), f, 0, !cut, give); err != nil {
		g.t.Fatal(err)
	}
	g.grants[f], g.cut[f] = give, cut
}

var planted = struct{ words, tags, cities []string }{
	[]string{"skog", "sjö", "barn", "skola", "väg", "hamn", "båtar", "vinter"}, []string{"sommar", "press", "Torg", "snö"}, []string{"Umeå", "Åre", "Lund"},
}

// plant puts an asset somewhere.
func (g *grove) plant() {
	g.t.Helper()
	f, err := g.folders.Get(g.t.Context(), g.house(), one(g.r, g.tree))
	if err != nil {
		g.t.Fatal(err)
	}
	var kept asset.Asset
	made := g.put(fmt.Sprintf("%s%03d.jpg", one(g.r, planted.words), g.n), func(a *asset.Asset) {
		a.Folder, a.ACL = f.ID, f.ACL
		a.Kind = one(g.r, []asset.Kind{asset.Image, asset.Image, asset.Video, asset.Document})
		a.State = one(g.r, []asset.State{asset.Ready, asset.Ready, asset.Ready, asset.Failed, asset.Quarantined})
		a.CreatedBy = one(g.r, []string{"acc_other", g.actors[0].ID, g.actors[1].ID})
		a.Size = int64(g.r.IntN(5_000_000))
		a.Fields = title(one(g.r, planted.words) + " " + one(g.r, planted.words))
		if g.r.IntN(2) == 0 {
			a.Fields["description"] = asset.Field{Lang: map[string]string{"sv": one(g.r, planted.words) + " vid " + one(g.r, planted.words)}}
		}
		if g.r.IntN(2) == 0 {
			a.Fields["keywords"] = asset.Field{Values: []string{one(g.r, planted.tags), one(g.r, planted.tags)}}
		}
		if g.r.IntN(2) == 0 {
			a.Fields["city"] = asset.Field{Value: one(g.r, planted.cities)}
		}
		if g.r.IntN(2) == 0 {
			d := time.Date(2020+g.r.IntN(4), time.Month(1+g.r.IntN(12)), 3, 0, 0, 0, 0, time.UTC)
			a.CapturedOn = &d
		}
		at := now.Add(time.Duration(g.r.IntN(5)-2) * time.Hour)
		switch g.r.IntN(6) {
		case 0:
			a.EmbargoUntil = &at
		case 1:
			a.ExpiresAt = &at
		}
		kept = *a
	})
	g.assets[made], g.order = &kept, append(g.order, made)
}

// change does something to rights.
func (g *grove) change() {
	g.t.Helper()
	ctx := g.t.Context()
	switch g.r.IntN(8) {
	case 0, 1:
		g.grant(g.Root)
	case 2, 3:
		g.grant(one(g.r, g.tree))
	case 4:
		f, to := one(g.r, g.tree), one(g.r, g.tree)
		if _, err := g.folders.Change(ctx, g.house(), f, 0, folder.Patch{Parent: &to}); err == nil {
			if f != to && f != g.Root {
				g.parent[f] = to
			}
		}
	case 5:
		a, to := one(g.r, g.order), one(g.r, g.tree)
		if _, err := g.room.Edit(ctx, g.house(), a, 0, asset.Patch{Folder: &to}); err != nil {
			g.t.Fatal(err)
		}
		g.assets[a].Folder, g.assets[a].CapturedOn = to, nil // which no field says
	case 6:
		role := one(g.r, g.roles)
		g.perm[role] = one(g.r, []access.Set{access.View, access.Edit, access.View | access.Edit, access.View | access.Delete})
		if err := pg.In(ctx, g.db, g.Tenant, func(tx pg.Tx) error {
			if _, err := tx.Exec(ctx, "update role set perm = $2 where id = $1", role, int64(g.perm[role])); err != nil {
				return err
			}
			return g.folders.ReinternRoleTx(ctx, tx, g.house(), role)
		}); err != nil {
			g.t.Fatal(err)
		}
	case 7:
		a, city := one(g.r, g.order), one(g.r, planted.cities) // an edit writes what it read
		if _, err := g.room.Edit(ctx, g.house(), a, 0, asset.Patch{Fields: map[string]*asset.FieldChange{"city": {Value: &city}}}); err != nil {
			g.t.Fatal(err)
		}
		g.assets[a].Fields["city"], g.assets[a].CapturedOn = asset.Field{Value: city}, nil
	}
}

// follow does a piece of the job's work.
func (g *grove) follow(most int) (more bool) {
	g.t.Helper()
	more, err := g.folders.FollowOnce(g.t.Context(), g.house(), most, func(pg.Tx) error { return nil })
	if err != nil {
		g.t.Fatal(err)
	}
	return more
}

func (g *grove) lagging() (lagging bool) {
	g.t.Helper()
	if err := pg.In(g.t.Context(), g.db, g.Tenant, func(tx pg.Tx) error {
		return tx.QueryRow(g.t.Context(), "select exists (select from folder where lagging)").Scan(&lagging)
	}); err != nil {
		g.t.Fatal(err)
	}
	return lagging
}
