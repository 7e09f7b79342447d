// SPDX-License-Identifier: Apache-2.0

package folder_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"tillgang/internal/access"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

func TestNU2_NewFoldersGiveNobodyAnything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(w.group())
	a := w.create(w.root, "a")
	for _, f := range []id.Folder{w.root, w.inbox, a} {
		if can := w.can(who, f); can != 0 {
			t.Errorf("%v", can.Names())
		}
	}
	if tree, err := w.folders.Tree(t.Context(), who, "", 0); err != nil || len(tree.Items) != 0 {
		t.Error(tree, err)
	}
}

func TestRightsReachDownToTheNextCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.create(w.root, "a")
	b := w.create(a, "b")
	c := w.create(b, "c")
	who := w.person()
	told := map[id.Folder]int64{}
	w.folders.OnACLChanged = func(_ context.Context, _ pg.Tx, _ access.Actor, acls map[id.Folder]int64) error {
		told = acls
		return nil
	}
	w.grant(a, w.give(who, access.View))
	if w.can(who, c) != access.View || len(told) != 3 {
		t.Fatal(w.can(who, c), told)
	}
	if got, err := w.folders.Get(t.Context(), w.house, c); err != nil || got.ACL != told[c] {
		t.Error(got, err)
	}
	if _, err := w.folders.SetGrants(t.Context(), w.house, b, 0, false, []folder.Give{w.give(who, access.Edit)}); err != nil {
		t.Fatal(err)
	}
	if w.can(who, a) != access.View || w.can(who, b) != 0 || w.can(who, c) != 0 { // Edit without View shows nothing
		t.Error(w.can(who, a), w.can(who, b), w.can(who, c))
	}
	w.grant(b, w.give(who, access.Edit))
	if w.can(who, c) != access.View|access.Edit {
		t.Error(w.can(who, c))
	}
	// The root has nothing to inherit: there a cut is none.
	if f, err := w.folders.SetGrants(t.Context(), w.house, w.root, 0, false, nil); err != nil || !f.Inherit {
		t.Error(f, err)
	}
}

func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.create(w.root, "a")
	b := w.create(a, "b")
	giver, friend := w.person(), w.person()
	w.grant(w.root, w.give(friend, access.View|access.Purge))
	if _, err := w.folders.SetGrants(t.Context(), w.house, a, 0, false, []folder.Give{w.give(giver, access.View|access.ManageRights)}); err != nil {
		t.Fatal(err)
	}
	set := func(who access.Actor, f id.Folder, inherit bool, give ...folder.Give) error {
		_, err := w.folders.SetGrants(t.Context(), who, f, 0, inherit, give)
		return err
	}
	const exceeds = "folder.grant_exceeds"
	code(t, exceeds, set(giver, a, false, w.give(friend, access.Purge)))
	code(t, exceeds, set(giver, b, true, w.give(giver, access.Edit)))
	// To inherit again would give a friend what the giver has not got.
	code(t, exceeds, set(giver, a, true))
	// A role that adds nothing today would add something when another grant goes.
	w.grant(b, w.give(friend, access.Edit))
	code(t, exceeds, set(giver, b, true, w.give(friend, access.View), w.give(friend, access.Edit)))
	// A key that may do less than its owner gives less.
	key := giver
	key.Kind, key.Scope = access.Key, access.View
	code(t, "access.forbidden", set(key, a, false))

	// Nor does a key make another key mightier.
	own := id.New[id.Key]()
	w.exec("insert into api_key (id, tenant_id, name, lookup, hash, scope, created_at) values ($1, $2, 'k', 'k', 'k', -1, $3)", own, w.tenant, noon)
	key.Scope = access.All
	code(t, "folder.grant_key", set(key, b, true, folder.Give{Principal: own.UUID(), Role: w.role(access.View)}))

	if err := set(giver, b, true, w.give(friend, access.View)); err != nil {
		t.Error(err)
	}
	if got := w.can(friend, b); got != access.View {
		t.Error(got)
	}
	if err := set(giver, b, false); err != nil { // one may give up one's own rights
		t.Error(err)
	}
	if w.can(giver, b) != 0 || w.can(friend, b) != 0 {
		t.Error("rights are left")
	}
}

func TestAMoveGivesNobodyWhatTheMoverCouldNotGive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	closed, open := w.create(w.root, "closed"), w.create(w.root, "open")
	f := w.create(closed, "f")
	mover, other := w.person(), w.person()
	w.grant(closed, w.give(mover, manager))
	w.grant(open, w.give(mover, manager|access.DownloadOriginal|access.ManageRights))
	_, err := w.folders.Change(t.Context(), mover, f, 0, folder.Patch{Parent: &open})
	code(t, "folder.move_widens", err)
	w.grant(open, w.give(mover, manager), w.give(other, access.View))
	_, err = w.folders.Change(t.Context(), mover, f, 0, folder.Patch{Parent: &open})
	code(t, "folder.move_widens", err)
	if got := w.can(other, f); got != 0 {
		t.Error("the move happened")
	}
	w.grant(closed, w.give(mover, manager|access.ManageRights))
	if _, err = w.folders.Change(t.Context(), mover, f, 0, folder.Patch{Parent: &open}); err != nil {
		t.Error(err)
	}
	if got := w.can(other, f); got != access.View {
		t.Error(got)
	}
	// Narrowing needs no right to give.
	w.grant(closed, w.give(mover, manager))
	if _, err = w.folders.Change(t.Context(), mover, f, 0, folder.Patch{Parent: &closed}); err != nil {
		t.Error(err)
	}
	if got := w.can(other, f); got != 0 {
		t.Error(got)
	}
}

func TestAChangedRoleHoldsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.create(w.root, "a")
	b := w.create(a, "b")
	group := w.group()
	who := w.person(group)
	role := w.role(access.View | access.Edit)
	w.grant(a, folder.Give{Principal: group, Role: role})
	deleted := w.create(a, "deleted")
	if err := w.folders.Delete(t.Context(), w.house, deleted, 0); err != nil {
		t.Fatal(err)
	}
	w.in(func(tx pg.Tx) error {
		if _, err := tx.Exec(t.Context(), "update role set perm = $2 where id = $1", role, int64(access.View)); err != nil {
			return err
		}
		return w.folders.ReinternRoleTx(t.Context(), tx, w.house, role)
	})
	if got := w.can(who, b); got != access.View {
		t.Error(got.Names())
	}
	// What lies in the bin comes back with the rights of now.
	if _, err := w.folders.Restore(t.Context(), w.house, deleted); err != nil {
		t.Fatal(err)
	}
	if got := w.can(who, deleted); got != access.View {
		t.Error(got.Names())
	}
	w.in(func(tx pg.Tx) error { return w.folders.PrincipalGoneTx(t.Context(), tx, w.house, group) })
	if got := w.can(who, a); got != 0 {
		t.Error(got.Names())
	}
	code(t, "access.forbidden", pg.In(t.Context(), w.db, w.tenant, func(tx pg.Tx) error { return w.folders.MakeTenantFoldersTx(t.Context(), tx, who) }))
}

func TestEffectiveRightsSayThroughWhichFolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.create(w.root, "a")
	b := w.create(a, "b")
	c := w.create(b, "c")
	person, group := w.person(), w.group()
	above := w.role(access.Purge)
	w.grant(w.root, folder.Give{Principal: group, Role: above})
	viewer, editor := w.role(access.View), w.role(access.View|access.Edit)
	if _, err := w.folders.SetGrants(t.Context(), w.house, a, 0, false, []folder.Give{{group, viewer}}); err != nil {
		t.Fatal(err)
	}
	w.grant(b, folder.Give{Principal: group, Role: editor}, folder.Give{Principal: person.Account.UUID(), Role: viewer})
	everywhere := w.role(access.Export | access.ManageAccounts)
	w.exec("insert into tenant_grant (tenant_id, principal_id, role_id, granted_at) values ($1, $2, $3, $4)", w.tenant, person.Account, everywhere, noon)
	got, err := w.folders.EffectiveRights(t.Context(), w.house, c)
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	by := map[uuid.UUID]folder.Right{}
	for _, r := range got {
		by[r.Principal] = r
	}
	if r := by[group]; r.Kind != "group" || r.Perm != access.View|access.Edit || len(r.Through) != 2 || r.Through[0].Folder != a || r.Through[1].Folder != b {
		t.Errorf("%+v", r)
	}
	if r := by[person.Account.UUID()]; r.Kind != "account" || r.Perm != access.View|access.Export || len(r.Through) != 2 || !r.Through[0].Folder.IsZero() || r.Through[1].Role != viewer {
		t.Errorf("%+v", r)
	}
	own, err := w.folders.Grants(t.Context(), w.house, b)
	if err != nil || len(own) != 2 || own[0].Kind != "account" || own[1].Role != editor || !own[1].GrantedAt.Equal(noon) {
		t.Error(own, err)
	}
}

func TestAFailedReactionUndoesTheNewRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person()
	broken := errors.New("broken")
	w.folders.OnACLChanged = func(context.Context, pg.Tx, access.Actor, map[id.Folder]int64) error { return broken }
	if _, err := w.folders.SetGrants(t.Context(), w.house, w.inbox, 0, true, []folder.Give{w.give(who, access.View)}); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if w.can(who, w.inbox) != 0 || w.count("select count(*)::int from folder_grant") != 0 || w.count("select count(*)::int from audit_entry") != 0 {
		t.Error("something is left")
	}
}
