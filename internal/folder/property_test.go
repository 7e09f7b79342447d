// SPDX-License-Identifier: Apache-2.0

package folder_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/uuid"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// model is what rights mean, in the plainest way that can be written.
type model struct {
	parent map[id.Folder]id.Folder
	cut    map[id.Folder]bool
	given  map[id.Folder][]folder.Give
	gone   map[id.Folder]id.Folder // with which deletion
	perm   map[id.Role]access.Set
}

func (m model) of(f id.Folder, principals []uuid.UUID) (s access.Set) {
	for !f.IsZero() {
		for _, g := range m.given[f] {
			if slices.Contains(principals, g.Principal) {
				s |= m.perm[g.Role] & access.Content
			}
		}
		if m.cut[f] {
			break
		}
		f = m.parent[f]
	}
	return s
}

func (m model) can(who access.Actor, f id.Folder) access.Set {
	s := (m.of(f, who.Own.Principals) | who.Own.Everywhere) & who.Scope
	if who.Cap != nil {
		s &= m.of(f, who.Cap.Principals) | who.Cap.Everywhere
	}
	return s
}

func (m model) under(f, top id.Folder) bool {
	for ; !f.IsZero(); f = m.parent[f] {
		if f == top {
			return true
		}
	}
	return false
}

// seen is who may view, and what lies on the way to it.
func (m model) seen(who access.Actor) map[id.Folder]bool {
	out := map[id.Folder]bool{}
	for f := range m.parent {
		if _, gone := m.gone[f]; gone || !m.can(who, f).Has(access.View) {
			continue
		}
		for ; !f.IsZero(); f = m.parent[f] {
			out[f] = true
		}
	}
	return out
}

func TestNU2_RightsInTheDatabaseAreThoseOfThePlainModel(t *testing.T) {
	t.Parallel()
	first := newWorld(t)
	for seed := range uint64(6) {
		w := first
		if seed > 0 {
			w = tenantIn(t, first.db, first.folders)
		}
		randomLife(t, w, seed)
	}
}

func randomLife(t *testing.T, w *world, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	group, other := w.group(), w.group()
	ann, bo, cia := w.person(group), w.person(other), w.person(group, other)
	key := cia
	key.Kind, key.Cap, key.Own = access.Key, &ann.Own, cia.Own
	scoped := ann
	scoped.Kind, scoped.Scope = access.Key, access.View|access.Edit
	boss := bo
	boss.Own.Everywhere = access.Edit | access.ManageRights
	actors := []access.Actor{ann, bo, cia, key, scoped, boss, w.house}
	principals := []uuid.UUID{ann.Account.UUID(), bo.Account.UUID(), cia.Account.UUID(), group, other}
	m := model{
		parent: map[id.Folder]id.Folder{w.root: {}, w.inbox: w.root}, cut: map[id.Folder]bool{},
		given: map[id.Folder][]folder.Give{}, gone: map[id.Folder]id.Folder{}, perm: map[id.Role]access.Set{},
	}
	all := []id.Folder{w.root, w.inbox}
	var roles []id.Role
	for _, p := range []access.Set{access.View, access.View | access.Edit, access.Edit, access.Purge | access.Delete} {
		role := w.role(p)
		m.perm[role], roles = p, append(roles, role)
	}
	pick := func() id.Folder { return all[r.IntN(len(all))] }
	fits := func(err error, want bool, what string) bool {
		t.Helper()
		if (err == nil) != want {
			t.Fatalf("seed %d: %s: %v, expected success: %v", seed, what, err, want)
		}
		return want
	}
	for step := range 90 {
		f := pick()
		_, gone := m.gone[f]
		switch r.IntN(10) {
		case 0, 1, 2:
			made, err := w.folders.Create(t.Context(), w.house, f, fmt.Sprint("f", step))
			if fits(err, !gone, "create") {
				m.parent[made.ID], all = f, append(all, made.ID)
			}
		case 3, 4, 5:
			var give []folder.Give
			for range r.IntN(4) {
				give = append(give, folder.Give{Principal: principals[r.IntN(len(principals))], Role: roles[r.IntN(len(roles))]})
			}
			cut := r.IntN(4) == 0
			_, err := w.folders.SetGrants(t.Context(), w.house, f, 0, !cut, give)
			if fits(err, !gone, "grant") {
				m.given[f], m.cut[f] = give, cut && f != w.root
			}
		case 6, 7:
			to := pick()
			_, toGone := m.gone[to]
			_, err := w.folders.Change(t.Context(), w.house, f, 0, folder.Patch{Parent: &to})
			if m.parent[f] == to && !gone {
				fits(err, true, "move to where it is")
			} else if fits(err, !gone && !toGone && !m.under(to, f) && f != w.root && f != w.inbox, "move") {
				m.parent[f] = to
			}
		case 8:
			if gone {
				up := m.parent[f]
				_, upGone := m.gone[up]
				_, err := w.folders.Restore(t.Context(), w.house, f)
				if !upGone && m.gone[f] != f {
					t.Fatalf("seed %d: a folder is gone with another that is there", seed)
				}
				if fits(err, !upGone, "restore") {
					maps.DeleteFunc(m.gone, func(_, with id.Folder) bool { return with == f })
				}
			} else if fits(w.folders.Delete(t.Context(), w.house, f, 0), f != w.root && f != w.inbox, "delete") {
				for x := range m.parent {
					if _, already := m.gone[x]; !already && m.under(x, f) {
						m.gone[x] = f
					}
				}
			}
		case 9:
			role := roles[r.IntN(len(roles))]
			m.perm[role] = access.Set(r.Int64()) & (access.View | access.Edit | access.Delete | access.ManageAccounts)
			w.in(func(tx pg.Tx) error {
				if _, err := tx.Exec(t.Context(), "update role set perm = $2 where id = $1", role, int64(m.perm[role])); err != nil {
					return err
				}
				return w.folders.ReinternRoleTx(t.Context(), tx, w.house, role)
			})
			for _, x := range roles { // a role that gives nothing in folders cannot be granted: give it something
				if m.perm[x]&access.Content == 0 {
					m.perm[x] = access.View
					w.exec("update role set perm = $2 where id = $1", x, int64(access.View))
					w.in(func(tx pg.Tx) error { return w.folders.ReinternRoleTx(t.Context(), tx, w.house, x) })
				}
			}
		}
		if step%30 == 29 {
			compare(t, w, m, actors, seed)
		}
	}
}

// compare holds every actor's list against single looks and against the model.
func compare(t *testing.T, w *world, m model, actors []access.Actor, seed uint64) {
	t.Helper()
	for i, who := range actors {
		listed := map[id.Folder]access.Set{}
		cursor := ""
		for {
			p, err := w.folders.Tree(t.Context(), who, cursor, 17)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range p.Items {
				listed[f.ID] = f.Can
				if up := m.parent[f.ID]; !up.IsZero() {
					if _, ok := listed[up]; !ok {
						t.Errorf("seed %d, actor %d: a folder came before the one it lies in", seed, i)
					}
				}
			}
			if cursor = p.Next; cursor == "" {
				break
			}
		}
		seen := m.seen(who)
		for f := range m.parent {
			want := m.can(who, f)
			if _, gone := m.gone[f]; gone || !want.Has(access.View) {
				want = 0
			}
			got, err := w.folders.Get(t.Context(), who, f)
			if (err == nil) != seen[f] || err != nil && fault.KindOf(err) != fault.NotFound {
				t.Errorf("seed %d, actor %d: got %v, seen in the model: %v", seed, i, err, seen[f])
			}
			if got.Can != want {
				t.Errorf("seed %d, actor %d: may %v, in the model %v", seed, i, got.Can.Names(), want.Names())
			}
			if can, ok := listed[f]; ok != seen[f] || can != want {
				t.Errorf("seed %d, actor %d: listed %v with %v, in the model %v with %v", seed, i, ok, can.Names(), seen[f], want.Names())
			}
		}
	}
}
