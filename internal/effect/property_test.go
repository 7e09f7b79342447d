// SPDX-License-Identifier: Apache-2.0

package effect_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/effect"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
)

// difference sums up what two standings differ in, in the plainest way.
func (w *world) difference(before, after standing) map[string][2]effect.Amount {
	programs := map[uuid.UUID]bool{}
	for _, p := range w.people {
		programs[p.id] = p.key
	}
	out := map[string][2]effect.Amount{}
	for _, name := range access.Permissions() {
		perm, _, _ := access.Parse([]string{name})
		var both [2]effect.Amount
		for side, pair := range [2][2]standing{{before, after}, {after, before}} {
			folders, who := map[id.Folder]bool{}, map[uuid.UUID]bool{}
			for p, may := range pair[1] {
				for f, can := range may {
					if can.Has(perm) && !pair[0][p][f].Has(perm) {
						folders[f], who[p] = true, true
					}
				}
			}
			for f := range folders {
				if !f.IsZero() {
					both[side].Folders++
					both[side].Files += w.files[f]
				}
			}
			for p := range who {
				if programs[p] {
					both[side].Programs++
				} else {
					both[side].People++
				}
			}
		}
		if both != [2]effect.Amount{} {
			out[name] = both
		}
	}
	return out
}

func said(e effect.Effects) map[string][2]effect.Amount {
	out := map[string][2]effect.Amount{}
	for _, p := range e.Parts {
		out[p.Permission.Names()[0]] = [2]effect.Amount{p.Opens, p.Closes}
	}
	return out
}

// change is one change of rights: to be foreseen, and to be made.
type change struct {
	what    string
	foresee func(who access.Actor, p effect.Pages) (effect.Effects, error)
	save    func(who access.Actor) error
}

func TestWhatIsForeseenIsWhatSavingDoes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			randomChanges(t, seed)
		})
	}
}

func randomChanges(t *testing.T, seed uint64) {
	t.Helper()
	w, r := newWorld(t), rand.New(rand.NewPCG(seed, 3))
	w.people = nil
	var groups []id.Group
	for i := range 5 {
		groups = append(groups, w.group(fmt.Sprint("grupp ", i)))
	}
	var principals []uuid.UUID
	for i := range 7 {
		p := w.person(fmt.Sprint("p", i))
		principals = append(principals, p.id)
	}
	principals = append(principals, w.program("program").id)
	for _, g := range groups {
		principals = append(principals, g.UUID())
	}
	boss := w.person("boss")
	w.ok(w.accounts.Give(t.Context(), w.house, boss.id, w.builtIn("admin")))
	var roles []id.Role
	perms := []access.Set{
		access.View, access.View | access.DownloadOriginal, access.Edit, access.View | access.ManageRights, access.View | access.ManageAccounts | access.Export,
	}
	for _, p := range perms {
		roles = append(roles, w.role(p))
	}
	folders := []id.Folder{w.root}
	for range 14 {
		folders = append(folders, w.folder(folders[r.IntN(len(folders))], r.IntN(5)))
	}
	w.ok(w.folders.Delete(t.Context(), w.house, folders[len(folders)-1], 0))
	w.exec("update asset set deleted_at = now() where folder_id = $1", folders[len(folders)-1])
	gone := w.person("borta")
	w.ok(w.accounts.Deactivate(t.Context(), w.house, account.Member{Account: id.FromUUID[id.Account](gone.id)}.Account))

	for i, f := range folders[:10] {
		w.join(groups[i%4], account.Member{Account: id.FromUUID[id.Account](w.people[i%7].id)})
		w.ok2(w.folders.SetGrants(t.Context(), w.house, f, 0, i%5 > 0, []folder.Give{
			{Principal: groups[i%4].UUID(), Role: roles[i%len(roles)]}, {Principal: principals[i%len(principals)], Role: roles[1]},
		}))
	}
	refused, made, opened, closed := 0, 0, 0, 0
	before := w.standing()
	for step := range 40 {
		c := w.change(r, folders, principals, groups, roles)
		who := w.house
		if r.IntN(3) == 0 {
			who, _ = w.actor(w.people[r.IntN(len(w.people))])
			if who.Kind == access.Nobody {
				who = w.house
			}
		}
		e, failed := c.foresee(who, effect.Pages{Limit: 200})
		if step%8 == 0 {
			if diff := cmp.Diff(before, w.standing()); diff != "" {
				t.Fatalf("step %d: looking ahead at %s changed something: %s", step, c.what, diff)
			}
		}
		saved := c.save(who)
		if fault.CodeOf(failed) != fault.CodeOf(saved) || (failed == nil) != (saved == nil) {
			t.Fatalf("step %d: %s foreseen: %v, saved: %v", step, c.what, failed, saved)
		}
		if saved != nil {
			refused++
			continue
		}
		made++
		after := w.standing()
		want := w.difference(before, after)
		if diff := cmp.Diff(want, said(e)); diff != "" {
			t.Fatalf("seed %d, step %d: %s is foreseen (+) other than it is done (-): %s", seed, step, c.what, diff)
		}
		view := want[access.View.Names()[0]]
		if e.Opens != view[0] || e.Closes != view[1] || e.AtLeast {
			t.Errorf("step %d: %+v", step, e)
		}
		if e.Opens.Files > 0 {
			opened++
		}
		if e.Closes.Files > 0 {
			closed++
		}
		w.linesFit(t, before, after, e)
		before = after
	}
	if refused < 1 || made < 12 || opened < 1 || closed < 1 {
		t.Errorf("only %d changes were made and %d refused; %d opened and %d closed files", made, refused, opened, closed)
	}
}

// linesFit holds what lines say of people and programs against what they may do.
func (w *world) linesFit(t *testing.T, before, after standing, e effect.Effects) {
	t.Helper()
	for _, l := range e.Lines.Items {
		was, there := before[l.Principal]
		if !there {
			continue // a group
		}
		var gains, loses access.Set
		var opens, closes int64
		for f, can := range after[l.Principal] {
			gains |= can &^ was[f]
			if (can &^ was[f]).Has(access.View) {
				opens += w.files[f]
			}
		}
		for f, could := range was {
			loses |= could &^ after[l.Principal][f]
			if (could &^ after[l.Principal][f]).Has(access.View) {
				closes += w.files[f]
			}
		}
		if l.Gains != gains || l.Loses != loses || l.Opens != opens || l.Closes != closes || l.Name.Text == "" {
			t.Errorf("%+v; want gains %v, loses %v, opens %d, closes %d", l, gains.Names(), loses.Names(), opens, closes)
		}
	}
}

func (w *world) builtIn(name string) id.Role {
	w.t.Helper()
	for _, r := range must(w.accounts.Roles(w.t.Context(), w.house))(w.t) {
		if r.Name == name {
			return r.ID
		}
	}
	w.t.Fatal("no role " + name)
	return id.Role{}
}

// change thinks up a change.
func (w *world) change(r *rand.Rand, folders []id.Folder, principals []uuid.UUID, groups []id.Group, roles []id.Role) change {
	ctx := w.t.Context()
	anybody := func() uuid.UUID { return principals[r.IntN(len(principals))] }
	group := groups[r.IntN(len(groups))]
	member := account.Member{Account: id.FromUUID[id.Account](w.people[r.IntN(7)].id)}
	if r.IntN(3) == 0 {
		member = account.Member{Group: groups[r.IntN(len(groups))]}
	}
	at := r.IntN(len(roles))
	role, principal := roles[at], anybody()
	switch r.IntN(10) {
	case 0, 1, 2, 3:
		g := folder.Grants{Folder: folders[r.IntN(len(folders))], Inherit: r.IntN(3) > 0}
		for range r.IntN(4) {
			g.Give = append(g.Give, folder.Give{Principal: anybody(), Role: roles[r.IntN(len(roles))]})
		}
		return change{
			"grants",
			func(who access.Actor, p effect.Pages) (effect.Effects, error) {
				return w.effects.Grants(ctx, who, g, p)
			},
			func(who access.Actor) error {
				_, err := w.folders.SetGrants(ctx, who, g.Folder, 0, g.Inherit, g.Give)
				return err
			},
		}
	case 4:
		perm := access.View | access.Set(r.Int64())&access.All
		list := must(w.accounts.Roles(ctx, w.house))(w.t)
		name := ""
		for _, x := range list {
			if x.ID == role {
				name = x.Name
			}
		}
		return change{
			"a role",
			func(who access.Actor, p effect.Pages) (effect.Effects, error) {
				return w.effects.Role(ctx, who, role, perm, p)
			},
			func(who access.Actor) error {
				_, err := w.accounts.EditRole(ctx, who, role, name, perm)
				return err
			},
		}
	case 5, 6:
		give := r.IntN(3) > 0
		if has := must(w.accounts.Grants(ctx, w.house, nil))(w.t); !give && len(has) > 1 && r.IntN(4) > 0 {
			if one := has[r.IntN(len(has))]; one.RoleName != "admin" { // the first administrator has never signed in: what they may do is not looked at here
				principal, role = one.Principal, one.Role
			}
		}
		return change{
			"a role at the tenant",
			func(who access.Actor, p effect.Pages) (effect.Effects, error) {
				return w.effects.Grant(ctx, who, principal, role, give, p)
			},
			func(who access.Actor) error {
				if give {
					return w.accounts.Give(ctx, who, principal, role)
				}
				return w.accounts.Take(ctx, who, principal, role)
			},
		}
	case 7, 8:
		g := effect.Group{ID: group, Add: []account.Member{member}}
		if is, err := w.accounts.Members(ctx, w.house, group); err == nil && len(is) > 0 && r.IntN(2) == 0 {
			member = is[r.IntN(len(is))]
			g = effect.Group{ID: group, Remove: []account.Member{member}}
		}
		return change{
			"a membership",
			func(who access.Actor, p effect.Pages) (effect.Effects, error) { return w.effects.Group(ctx, who, g, p) },
			func(who access.Actor) error {
				if len(g.Remove) > 0 {
					return w.accounts.RemoveMember(ctx, who, group, member)
				}
				return w.accounts.AddMember(ctx, who, group, member)
			},
		}
	}
	if r.IntN(3) > 0 {
		return w.change(r, folders, principals, groups, roles) // groups end rarely
	}
	return change{
		"the end of a group",
		func(who access.Actor, p effect.Pages) (effect.Effects, error) {
			return w.effects.Group(ctx, who, effect.Group{ID: group, Delete: true}, p)
		},
		func(who access.Actor) error { return w.accounts.DeleteGroup(ctx, who, group) },
	}
}
