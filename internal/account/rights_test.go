// SPDX-License-Identifier: Apache-2.0

package account_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

type (
	ctxT  = context.Context
	uuidT = uuid.UUID
	txT   = pg.Tx
)

func TestGroupsStandInOneAnotherFiveDeepAndNeverInACircle(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	in := w.enrol(ann)
	var g []id.Group
	for i := range 7 {
		g = append(g, ok(w.CreateGroup(ctx, w.house, fmt.Sprintf("g%d", i)))(t).ID)
	}
	put := func(inner, outer int) error {
		return w.AddMember(ctx, w.house, g[outer], account.Member{Group: g[inner]})
	}
	// Two chains of 2 and 3 are joined to one of 5.
	for _, p := range [][2]int{{0, 1}, {2, 3}, {3, 4}, {1, 2}} {
		nilErr(t, put(p[0], p[1]))
	}
	wants(t, put(4, 5), fault.Conflict)
	wants(t, put(6, 0), fault.Conflict)
	for _, p := range [][2]int{{4, 0}, {0, 0}, {2, 1}} {
		if err := put(p[0], p[1]); fault.CodeOf(err) != "group.cycle" {
			t.Errorf("%v: %v", p, err)
		}
	}
	nilErr(t, w.AddMember(ctx, w.house, g[0], account.Member{Account: in.Who.Account}))
	nilErr(t, w.AddMember(ctx, w.house, g[0], account.Member{Account: in.Who.Account})) // twice is once
	nilErr(t, w.Give(ctx, w.house, g[4].UUID(), w.role("auditor").ID))
	if who := ok(w.ActorBySession(ctx, in.Token))(t); len(who.Own.Principals) != 6 || who.Everywhere() != access.ReadAudit {
		t.Errorf("%+v", who)
	}
	if m := ok(w.Members(ctx, w.house, g[1]))(t); len(m) != 1 || m[0].Group != g[0] || m[0].Name != "g0" {
		t.Errorf("%+v", m)
	}
	nilErr(t, w.DeleteGroup(ctx, w.house, g[2]))
	if who := ok(w.ActorBySession(ctx, in.Token))(t); len(who.Own.Principals) != 3 || who.Everywhere() != 0 {
		t.Errorf("%+v", who)
	}
	wants(t, w.DeleteGroup(ctx, w.house, g[2]), fault.NotFound)
	wants(t, w.RemoveMember(ctx, w.house, g[4], account.Member{Account: in.Who.Account}), fault.NotFound)
	wants(t, w.AddMember(ctx, w.house, g[4], account.Member{}), fault.NotFound)
	wants(t, w.AddMember(ctx, w.house, g[4], account.Member{Account: id.New[id.Account]()}), fault.NotFound)
	_, err := w.CreateGroup(ctx, w.house, " g1 ")
	wants(t, err, fault.Conflict)
	_, err = w.CreateGroup(ctx, w.house, "\t")
	wants(t, err, fault.Invalid)
	nilErr(t, w.RenameGroup(ctx, w.house, g[1], "other"))
	wants(t, w.RenameGroup(ctx, w.house, g[1], "g3"), fault.Conflict)
	wants(t, w.RenameGroup(ctx, w.house, g[2], "x"), fault.NotFound)
}

// The closure kept in the table is compared with one computed naively from
// the memberships, after each of many random changes.
func TestTheClosureIsAlwaysWhatMembershipSays(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	rnd := rand.New(rand.NewPCG(1, 2))
	var accounts []id.Account
	var groups []id.Group
	for i := range 6 {
		accounts = append(accounts, ok(w.Create(ctx, w.house, account.NewAccount{Email: fmt.Sprintf("u%d@x.se", i), Name: "u"}))(t).ID)
		groups = append(groups, ok(w.CreateGroup(ctx, w.house, fmt.Sprint(i)))(t).ID)
	}
	type pair struct{ Member, Group uuid.UUID }
	member := map[pair]bool{}
	for range 150 {
		outer := rnd.IntN(len(groups))
		m := account.Member{Account: accounts[rnd.IntN(len(accounts))]}
		p := pair{m.Account.UUID(), groups[outer].UUID()}
		if rnd.IntN(2) == 0 {
			m = account.Member{Group: groups[rnd.IntN(len(groups))]}
			p.Member = m.Group.UUID()
		}
		if member[p] {
			nilErr(t, w.RemoveMember(ctx, w.house, groups[outer], m))
			delete(member, p)
		} else if err := w.AddMember(ctx, w.house, groups[outer], m); err == nil {
			member[p] = true
		} else {
			wants(t, err, fault.Conflict)
		}
		if rnd.IntN(30) == 0 {
			nilErr(t, w.DeleteGroup(ctx, w.house, groups[outer]))
			for p := range member {
				if p.Group == groups[outer].UUID() || p.Member == groups[outer].UUID() {
					delete(member, p)
				}
			}
			groups[outer] = ok(w.CreateGroup(ctx, w.house, uuid.NewString()))(t).ID
		}
		var want []string
		for _, a := range accounts {
			is := map[uuid.UUID]bool{a.UUID(): true}
			for grown := true; grown; {
				grown = false
				for p := range member {
					if is[p.Member] && !is[p.Group] {
						is[p.Group], grown = true, true
					}
				}
			}
			for p := range is {
				want = append(want, a.UUID().String()+" "+p.String())
			}
		}
		var got []string
		nilErr(t, pg.In(ctx, w.db, w.tenant, func(tx pg.Tx) error {
			rows, err := tx.Query(ctx, "select account_id || ' ' || principal_id from principal_closure where account_id = any($1)", uuids(accounts))
			if err != nil {
				return err
			}
			got, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		}))
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func uuids(accounts []id.Account) (out []uuid.UUID) {
	for _, a := range accounts {
		out = append(out, a.UUID())
	}
	return out
}

func TestNU2_NobodyGivesAwayWhatTheyDoNotHold(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	clerk, boss := w.enrol("clerk@example.se", "tenant-admin"), w.enrol("boss@example.se", "admin")
	friend := w.enrol(ann)
	me := clerk.Who.Account
	strong := ok(w.CreateGroup(ctx, w.house, "strong"))(t).ID
	nilErr(t, w.Give(ctx, w.house, strong.UUID(), w.role("admin").ID))
	inFolders := ok(w.CreateGroup(ctx, w.house, "in folders"))(t).ID
	nilErr(t, pg.In(ctx, w.db, w.tenant, func(tx pg.Tx) error {
		_, err := access.Intern(ctx, tx, w.tenant, []access.Entry{{Principal: inFolders.UUID(), Perm: access.Edit}})
		return err
	}))
	middle := ok(w.CreateGroup(ctx, w.house, "middle"))(t).ID
	nilErr(t, w.AddMember(ctx, clerk.Who, middle, account.Member{Account: me}))
	custom := ok(w.CreateRole(ctx, w.house, "custom", access.View|access.ManageKeys))(t)
	mail, admin, viewer := "taken@example.se", w.role("admin").ID, w.role("viewer").ID
	for name, try := range map[string]func() error{
		"give oneself more":     func() error { return w.Give(ctx, clerk.Who, me.UUID(), admin) },
		"give another more":     func() error { return w.Give(ctx, clerk.Who, friend.Who.Account.UUID(), viewer) },
		"make a role with more": func() error { _, err := w.CreateRole(ctx, clerk.Who, "x", access.View); return err },
		"add to a role": func() error {
			_, err := w.EditRole(ctx, clerk.Who, custom.ID, "custom", custom.Perm|access.Edit)
			return err
		},
		"join a stronger group":           func() error { return w.AddMember(ctx, clerk.Who, strong, account.Member{Account: me}) },
		"put a friend into it":            func() error { return w.AddMember(ctx, clerk.Who, strong, account.Member{Account: friend.Who.Account}) },
		"put one's group into it":         func() error { return w.AddMember(ctx, clerk.Who, strong, account.Member{Group: middle}) },
		"join a group with folder rights": func() error { return w.AddMember(ctx, clerk.Who, inFolders, account.Member{Account: me}) },
		"bring one's group there":         func() error { return w.AddMember(ctx, clerk.Who, inFolders, account.Member{Group: middle}) },
		"make a key with more": func() error {
			_, _, err := w.CreateKey(ctx, clerk.Who, account.NewKey{Name: "x", Own: true, Role: "admin"})
			return err
		},
		"become the boss by a link": func() error { _, err := w.NewLink(ctx, clerk.Who, "boss@example.se"); return err },
		"move the boss's address": func() error {
			_, err := w.Edit(ctx, clerk.Who, boss.Who.Account, account.Patch{Email: &mail})
			return err
		},
	} {
		if err := try(); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What a clerk is for still works.
	nilErr(t, w.AddMember(ctx, clerk.Who, inFolders, account.Member{Account: friend.Who.Account}))
	_, err := w.NewLink(ctx, clerk.Who, ann)
	wants(t, err, fault.Forbidden) // she can edit pictures in folders, the clerk cannot
	ok(w.Create(ctx, clerk.Who, account.NewAccount{Email: "new@example.se", Name: "New"}))(t)
	ok(w.NewLink(ctx, clerk.Who, "new@example.se"))(t)
	ok(w.EditRole(ctx, clerk.Who, custom.ID, "smaller", access.ManageKeys))(t)
	// And whoever lacks the permission altogether does nothing of the kind.
	for name, try := range map[string]func() error{
		"make an account": func() error {
			_, err := w.Create(ctx, friend.Who, account.NewAccount{Email: mail, Name: "x"})
			return err
		},
		"list accounts": func() error { _, err := w.List(ctx, friend.Who, account.Filter{}); return err },
		"make a group":  func() error { _, err := w.CreateGroup(ctx, friend.Who, "x"); return err },
		"list groups":   func() error { _, err := w.Groups(ctx, friend.Who); return err },
		"make a role":   func() error { _, err := w.CreateRole(ctx, friend.Who, "x", 0); return err },
		"give a role":   func() error { return w.Give(ctx, friend.Who, friend.Who.Account.UUID(), custom.ID) },
		"list grants":   func() error { _, err := w.Grants(ctx, friend.Who, nil); return err },
		"deactivate":    func() error { return w.Deactivate(ctx, friend.Who, boss.Who.Account) },
		"unblock":       func() error { return w.Unblock(ctx, friend.Who, boss.Who.Account) },
		"close tenants": func() error { return w.SetTenantOpen(ctx, boss.Who, false) },
		"tidy":          func() error { return w.Tidy(ctx, boss.Who) },
		"list tenants":  func() error { _, err := w.Tenants(ctx, boss.Who); return err },
	} {
		if err := try(); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	admin := w.role("admin").ID
	group := ok(w.CreateGroup(ctx, w.house, "admins"))(t).ID
	nilErr(t, w.Give(ctx, w.house, group.UUID(), admin))
	in := w.enrol(ann)
	nilErr(t, w.AddMember(ctx, w.house, group, account.Member{Account: in.Who.Account}))
	// The administrator of the first start never came, so he does not count.
	for name, try := range map[string]func() error{
		"deactivate":       func() error { return w.Deactivate(ctx, w.house, in.Who.Account) },
		"take the role":    func() error { return w.Take(ctx, w.house, group.UUID(), admin) },
		"take out":         func() error { return w.RemoveMember(ctx, w.house, group, account.Member{Account: in.Who.Account}) },
		"delete the group": func() error { return w.DeleteGroup(ctx, w.house, group) },
	} {
		if err := try(); fault.CodeOf(err) != "account.last_administrator" {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Two who deactivate each other at the same moment do not both succeed.
	bo := w.enrol("bo@example.se", "admin")
	var done sync.WaitGroup
	errs := make([]error, 2)
	done.Go(func() { errs[0] = w.Deactivate(context.Background(), in.Who, bo.Who.Account) })
	done.Go(func() { errs[1] = w.Deactivate(context.Background(), bo.Who, in.Who.Account) })
	done.Wait()
	slices.SortFunc(errs, func(a, b error) int { return cmp.Compare(fault.CodeOf(a), fault.CodeOf(b)) })
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Error(errs)
	}
}

func TestRolesAreTheTenantsOwnButForTheBuiltInOnes(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	var changed []id.Role
	w.OnRoleChanged = func(_ ctxT, _ pg.Tx, _ access.Actor, r id.Role) error {
		changed = append(changed, r)
		return nil
	}
	for i, b := range access.BuiltInRoles() {
		if r := ok(w.Roles(ctx, w.house))(t)[i]; r.Name != b.Name || r.Perm != b.Perm || !r.BuiltIn {
			t.Errorf("%+v, want %+v", r, b)
		}
	}
	_, err := w.EditRole(ctx, w.house, w.role("viewer").ID, "viewer", access.All)
	wants(t, err, fault.Conflict)
	wants(t, w.DeleteRole(ctx, w.house, w.role("viewer").ID), fault.Conflict)
	for name, kind := range map[string]fault.Kind{"admin": fault.Conflict, "": fault.Invalid, "Å": fault.Invalid, "a b": fault.Invalid} {
		_, err := w.CreateRole(ctx, w.house, name, access.View)
		wants(t, err, kind)
	}
	r := ok(w.CreateRole(ctx, w.house, "Press", access.View))(t)
	_, err = w.CreateRole(ctx, w.house, "press", access.View)
	wants(t, err, fault.Conflict)
	in := w.enrol(ann, "press")
	wants(t, w.DeleteRole(ctx, w.house, r.ID), fault.Conflict)
	ok(w.EditRole(ctx, w.house, r.ID, "press-two", access.View))(t)
	if changed != nil {
		t.Error("a new name is not a change of permissions")
	}
	ok(w.EditRole(ctx, w.house, r.ID, "press-two", access.Upload))(t)
	if who := ok(w.ActorBySession(ctx, in.Token))(t); who.Everywhere() != access.Upload || len(changed) != 1 || changed[0] != r.ID {
		t.Errorf("%+v %v", who, changed)
	}
	nilErr(t, w.Take(ctx, w.house, in.Who.Account.UUID(), r.ID))
	wants(t, w.Take(ctx, w.house, in.Who.Account.UUID(), r.ID), fault.NotFound)
	nilErr(t, w.DeleteRole(ctx, w.house, r.ID))
	wants(t, w.DeleteRole(ctx, w.house, r.ID), fault.NotFound)
}

func TestStartingANewProgramBringsTheBuiltInRolesUpToDate(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	owner, err := pgx.Connect(ctx, w.owner)
	nilErr(t, err)
	defer func() { _ = owner.Close(ctx) }()
	// As an older program left it: one role smaller, one missing, and one of
	// the tenant's own with the name that the missing one will have.
	for _, sql := range []string{
		"update role set perm = 1 where name = 'editor'",
		"update role set built_in = false, perm = 2 where name = 'auditor'",
	} {
		_, err := owner.Exec(ctx, sql)
		nilErr(t, err)
	}
	var changed []id.Role
	w.OnRoleChanged = func(_ ctxT, _ pg.Tx, _ access.Actor, r id.Role) error {
		changed = append(changed, r)
		return nil
	}
	for range 2 {
		nilErr(t, w.EnsureRoles(ctx))
	}
	if len(changed) != 1 || changed[0] != w.role("editor").ID {
		t.Error(changed)
	}
	for _, b := range access.BuiltInRoles() {
		if r := w.role(b.Name); r.Perm != b.Perm || !r.BuiltIn {
			t.Errorf("%+v", r)
		}
	}
	if r := w.role("auditor-own"); r.BuiltIn || r.Perm != 2 {
		t.Errorf("%+v", r)
	}
}
