// SPDX-License-Identifier: Apache-2.0

package account_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/secret"
)

// Every verb that changes something writes exactly one row into the log; when
// the log cannot be written, the verb fails and nothing has changed.
func TestNU11_EveryDeedIsLoggedOnceOrDoesNotHappen(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, w.owner)
	nilErr(t, err)
	defer func() { _ = conn.Close(ctx) }()
	sql := func(q string) (out string) {
		t.Helper()
		nilErr(t, conn.QueryRow(ctx, q).Scan(&out))
		return out
	}
	exec := func(q string) {
		t.Helper()
		_, err := conn.Exec(ctx, q)
		nilErr(t, err)
	}
	var tables []string
	for table := range strings.FieldsSeq(sql(`select string_agg(tablename, ' ' order by tablename) from pg_tables
		where schemaname = 'public' and tablename not like 'river%' and tablename <> 'attempt'`)) {
		tables = append(tables, fmt.Sprintf("(select coalesce(string_agg(t::text, ' ' order by t::text), '') from %s t)", table))
	}
	world := func() string { return sql("select concat_ws('|', " + strings.Join(tables, ", ") + ")") }
	deeds := func() string {
		return sql("select count(*)::text || ' ' || coalesce((array_agg(verb order by tenant_id, seq desc))[1], '') from audit_entry")
	}
	count := func() (n int) {
		_, err := fmt.Sscan(deeds(), &n)
		nilErr(t, err)
		return n
	}

	in, root := w.enrol(ann), w.enrol("root@example.se", "admin")
	group := ok(w.CreateGroup(ctx, w.house, "group"))(t).ID
	inner := ok(w.CreateGroup(ctx, w.house, "inner"))(t).ID
	role := ok(w.CreateRole(ctx, w.house, "custom", access.View))(t).ID
	key, _, err := w.CreateKey(ctx, w.house, account.NewKey{Name: "ci", Own: true, Role: "viewer"})
	nilErr(t, err)
	link := ok(w.NewLink(ctx, w.house, ann))(t)
	second := ok(w.signIn(ann, goodPassword, in.Device))(t)
	me := in.Who.Account
	name := "Another Name"
	strong := secret.Exactly("en helt annan lång mening")

	for _, verb := range []struct {
		name string
		do   func() error
	}{
		{"account.create", func() error {
			_, err := w.Create(ctx, root.Who, account.NewAccount{Email: "new@x.se", Name: "New"})
			return err
		}},
		{"account.edit", func() error { _, err := w.Edit(ctx, root.Who, me, account.Patch{Name: &name}); return err }},
		{"account.make_link", func() error { _, err := w.NewLink(ctx, root.Who, "new@x.se"); return err }},
		{"account.unblock", func() error { return w.Unblock(ctx, root.Who, me) }},
		{"account.redeem_link", func() error { _, err := w.RedeemLink(ctx, link.Reveal(), "", anywhere); return err }},
		{"account.sign_in", func() error { _, err := w.signIn(ann, goodPassword, in.Device); return err }},
		{"account.prove", func() error { _, err := w.Prove(ctx, second.Who, secret.Exactly(goodPassword)); return err }},
		{"account.set_password", func() error { return w.SetPassword(ctx, second.Who, secret.Exactly(goodPassword), strong) }},
		{"account.end_session", func() error { return w.SignOut(ctx, second.Who) }},
		{"group.create", func() error { _, err := w.CreateGroup(ctx, root.Who, "x"); return err }},
		{"group.rename", func() error { return w.RenameGroup(ctx, root.Who, group, "y") }},
		{"group.add_member", func() error { return w.AddMember(ctx, root.Who, group, account.Member{Group: inner}) }},
		{"group.add_member", func() error { return w.AddMember(ctx, root.Who, inner, account.Member{Account: me}) }},
		{"group.remove_member", func() error { return w.RemoveMember(ctx, root.Who, group, account.Member{Group: inner}) }},
		{"role.create", func() error { _, err := w.CreateRole(ctx, root.Who, "x", access.View); return err }},
		{"role.edit", func() error { _, err := w.EditRole(ctx, root.Who, role, "custom", access.Edit); return err }},
		{"role.give", func() error { return w.Give(ctx, root.Who, me.UUID(), role) }},
		{"role.take", func() error { return w.Take(ctx, root.Who, me.UUID(), role) }},
		{"role.delete", func() error { return w.DeleteRole(ctx, root.Who, role) }},
		{"key.create", func() error {
			_, _, err := w.CreateKey(ctx, root.Who, account.NewKey{Name: "x", Own: true, Role: "viewer"})
			return err
		}},
		{"key.rename", func() error { _, err := w.RenameKey(ctx, root.Who, key.ID, "other"); return err }},
		{"key.revoke", func() error { return w.RevokeKey(ctx, root.Who, key.ID) }},
		{"group.delete", func() error { return w.DeleteGroup(ctx, root.Who, inner) }},
		{"account.end_sessions", func() error { return w.EndSessions(ctx, root.Who, me) }},
		{"account.deactivate", func() error { return w.Deactivate(ctx, root.Who, me) }},
		{"account.reactivate", func() error { return w.Reactivate(ctx, root.Who, me) }},
		{"tenant.close", func() error { return w.SetTenantOpen(ctx, w.house, false) }},
		{"tenant.reopen", func() error { return w.SetTenantOpen(ctx, w.house, true) }},
		{"tenant.create", func() error { _, err := w.CreateTenant(ctx, "cli", "new", "New", account.First{}); return err }},
	} {
		before := world()
		exec("revoke insert on audit_entry from tillgang_app")
		if err := verb.do(); err == nil {
			t.Errorf("%s happened without being logged", verb.name)
		}
		exec("grant insert on audit_entry to tillgang_app")
		if world() != before {
			t.Fatalf("%s changed something although it failed", verb.name)
		}
		n := count()
		if err := verb.do(); err != nil {
			t.Fatalf("%s: %v", verb.name, err)
		}
		if count() != n+1 {
			t.Errorf("%s wrote %d rows", verb.name, count()-n)
		}
		if last := sql("select verb from audit_entry order by at desc, ctid desc limit 1"); last != verb.name {
			t.Errorf("%s is logged as %s", verb.name, last)
		}
	}
}

// The first wall holds alone: with row level security switched off, nothing of
// another tenant can be seen or changed by its identifier.
func TestTheFirstWallStandsWithoutTheSecond(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, w.owner)
	nilErr(t, err)
	defer func() { _ = conn.Close(ctx) }()
	for _, table := range []string{"account", "principal_group", "membership", "principal_closure", "role", "tenant_grant", "api_key", "session", "sign_in_link"} {
		_, err := conn.Exec(ctx, "alter table "+table+" disable row level security")
		nilErr(t, err)
	}
	in := w.enrol(ann, "admin")
	group := ok(w.CreateGroup(ctx, w.house, "group"))(t).ID
	inner := ok(w.CreateGroup(ctx, w.house, "inner"))(t).ID
	nilErr(t, w.AddMember(ctx, w.house, group, account.Member{Group: inner}))
	role := ok(w.CreateRole(ctx, w.house, "custom", access.View))(t).ID
	nilErr(t, w.Give(ctx, w.house, in.Who.Account.UUID(), role))
	key, _, err := w.CreateKey(ctx, in.Who, account.NewKey{Name: "k", Scope: access.View})
	nilErr(t, err)

	theirs := ok(w.CreateTenant(ctx, "test", "theirs", "Theirs", account.First{Email: "root@x.se"}))(t)
	them := access.HouseActor(theirs, "test")
	me := in.Who.Account
	own := ok(w.CreateGroup(ctx, them, "own"))(t).ID
	ownRole := ok(w.CreateRole(ctx, them, "own", access.View))(t).ID
	name := "Taken"
	for what, try := range map[string]func() error{
		"account":       func() error { _, err := w.Get(ctx, them, me); return err },
		"edit":          func() error { _, err := w.Edit(ctx, them, me, account.Patch{Name: &name}); return err },
		"deactivate":    func() error { return w.Deactivate(ctx, them, me) },
		"reactivate":    func() error { return w.Reactivate(ctx, them, me) },
		"unblock":       func() error { return w.Unblock(ctx, them, me) },
		"link":          func() error { _, err := w.NewLink(ctx, them, ann); return err },
		"end session":   func() error { return w.EndSession(ctx, them, in.Who.Session) },
		"members":       func() error { _, err := w.Members(ctx, them, group); return err },
		"rename":        func() error { return w.RenameGroup(ctx, them, group, "x") },
		"delete":        func() error { return w.DeleteGroup(ctx, them, group) },
		"add to theirs": func() error { return w.AddMember(ctx, them, own, account.Member{Account: me}) },
		"add group":     func() error { return w.AddMember(ctx, them, own, account.Member{Group: group}) },
		"add to ours":   func() error { return w.AddMember(ctx, them, group, account.Member{Group: own}) },
		"remove":        func() error { return w.RemoveMember(ctx, them, group, account.Member{Group: inner}) },
		"edit role":     func() error { _, err := w.EditRole(ctx, them, role, "x", 0); return err },
		"delete role":   func() error { return w.DeleteRole(ctx, them, role) },
		"give our role": func() error { return w.Give(ctx, them, own.UUID(), role) },
		"give to us":    func() error { return w.Give(ctx, them, me.UUID(), ownRole) },
		"take":          func() error { return w.Take(ctx, them, me.UUID(), role) },
		"revoke key":    func() error { return w.RevokeKey(ctx, them, key.ID) },
		"role of a key": func() error {
			_, _, err := w.CreateKey(ctx, them, account.NewKey{Name: "x", Own: true, Role: "custom"})
			return err
		},
	} {
		if err := try(); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", what, err)
		}
	}
	if p := ok(w.List(ctx, them, account.Filter{}))(t); len(p.Items) != 1 {
		t.Error(p.Items)
	}
	if g := ok(w.Groups(ctx, them))(t); len(g) != 1 {
		t.Error(g)
	}
	if r := ok(w.Roles(ctx, them))(t); len(r) != len(access.BuiltInRoles())+1 {
		t.Error(r)
	}
	if g := ok(w.Grants(ctx, them, nil))(t); len(g) != 1 {
		t.Error(g)
	}
	if k := ok(w.Keys(ctx, them, true))(t); len(k) != 0 {
		t.Error(k)
	}
	if s := ok(w.Sessions(ctx, them, me))(t); len(s) != 0 {
		t.Error(s)
	}
	if n := ok(w.Names(ctx, them, []string{me.String(), group.String(), key.ID.String()}))(t); len(n) != 0 {
		t.Error(n)
	}
	ok(w.ActorBySession(ctx, in.Token))(t) // nothing of this has touched us
}

func TestNamesAreToldAndFormerUsersAreNot(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	in, gone := w.enrol(ann), w.enrol("bo@example.se")
	group := ok(w.CreateGroup(ctx, w.house, "Bildbanken"))(t).ID
	key, _, err := w.CreateKey(ctx, w.house, account.NewKey{Name: "ci", Own: true})
	nilErr(t, err)
	nilErr(t, w.Deactivate(ctx, w.house, gone.Who.Account))
	ids := []string{in.Who.ID, gone.Who.ID, group.String(), key.ID.String(), "cli", "", id.New[id.Account]().String()}
	names := ok(w.Names(ctx, in.Who, ids))(t)
	for i, want := range []account.Name{
		{Kind: "account", ID: ids[0], Text: ann},
		{Kind: "account", ID: ids[1], Text: account.FormerUser, Former: true},
		{Kind: "group", ID: ids[2], Text: "Bildbanken"},
		{Kind: "key", ID: ids[3], Text: "ci"},
	} {
		if names[ids[i]] != want {
			t.Errorf("%+v, want %+v", names[ids[i]], want)
		}
	}
	if len(names) != 4 {
		t.Error(names)
	}
	_, err = w.Names(ctx, access.Actor{}, ids)
	wants(t, err, fault.Unauthentic)
}

func TestAccountsAreListedEditedAndKept(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	for i := range 25 {
		ok(w.Create(ctx, w.house, account.NewAccount{Email: fmt.Sprintf("P%02d@Example.se", i), Name: fmt.Sprintf("Pär %d", i)}))(t)
	}
	list := func(f account.Filter) (emails []string) {
		t.Helper()
		f.Limit = 7
		for {
			p := ok(w.List(ctx, w.house, f))(t)
			for _, a := range p.Items {
				emails = append(emails, a.Email)
			}
			if f.Cursor = p.Next; f.Cursor == "" {
				return emails
			}
		}
	}
	if got := list(account.Filter{}); len(got) != 26 || got[0] != "admin@localhost" || got[25] != "p24@example.se" {
		t.Error(got)
	}
	if got := list(account.Filter{Q: "PÄR 1"}); len(got) != 11 {
		t.Error(got)
	}
	if got := list(account.Filter{Q: "%"}); len(got) != 0 {
		t.Error(got)
	}
	if got := list(account.Filter{State: account.Active}); len(got) != 0 {
		t.Error(got)
	}
	for email, kind := range map[string]fault.Kind{"p01@EXAMPLE.se": fault.Conflict, "": fault.Invalid, "no address": fault.Invalid} {
		_, err := w.Create(ctx, w.house, account.NewAccount{Email: email, Name: "x"})
		wants(t, err, kind)
	}
	for _, name := range []string{"", " \u202e ", strings.Repeat("å", 201)} {
		_, err := w.Create(ctx, w.house, account.NewAccount{Email: "x@x.se", Name: name})
		wants(t, err, fault.Invalid)
	}
	in := w.enrol(ann)
	stranger := w.enrol("bo@example.se")
	name, mail := "Ann\u202e\n A\u030angstro\u0308m ", "other@example.se"
	if a := ok(w.Edit(ctx, in.Who, in.Who.Account, account.Patch{Name: &name}))(t); a.Name != "Ann Ångström" {
		t.Errorf("%+q", a.Name)
	}
	_, err := w.Edit(ctx, in.Who, in.Who.Account, account.Patch{Email: &mail})
	wants(t, err, fault.Forbidden)
	_, err = w.Edit(ctx, stranger.Who, in.Who.Account, account.Patch{Name: &name})
	wants(t, err, fault.NotFound)
	_, err = w.Get(ctx, stranger.Who, in.Who.Account)
	wants(t, err, fault.NotFound)
	taken := "bo@example.se"
	_, err = w.Edit(ctx, w.house, in.Who.Account, account.Patch{Email: &taken})
	wants(t, err, fault.Conflict)
	wants(t, w.Reactivate(ctx, w.house, in.Who.Account), fault.Conflict)
	nilErr(t, w.Deactivate(ctx, w.house, in.Who.Account))
	_, err = w.NewLink(ctx, w.house, ann)
	wants(t, err, fault.Conflict)
	_, err = w.NewLink(ctx, w.house, "nobody@example.se")
	wants(t, err, fault.NotFound)
	nilErr(t, w.Reactivate(ctx, w.house, in.Who.Account))
	_, err = w.signIn(ann, goodPassword, in.Device)
	wants(t, err, fault.Unauthentic) // the old password is gone
	w.redeem(ann)
	ok(w.signIn(ann, goodPassword, ""))(t)
}
