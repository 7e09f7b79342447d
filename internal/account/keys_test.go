// SPDX-License-Identifier: Apache-2.0

package account_test

import (
	"net/netip"
	"testing"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

var remote = netip.MustParseAddr("203.0.113.9")

func TestAKeyBorrowsWhatItsOwnerMayDoNow(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	in := w.enrol(ann, "editor")
	key := ok2(w.CreateKey(ctx, in.Who, account.NewKey{Name: "script", Scope: access.View | access.Upload | access.ManageAccounts}))(t)
	who := ok(w.ActorByKey(ctx, key, remote))(t)
	if who.Kind != access.Key || who.Account != in.Who.Account || who.ID != who.KeyID.String() || who.Everywhere() != access.View|access.Upload {
		t.Fatalf("%+v", who)
	}
	nilErr(t, w.Take(ctx, w.house, in.Who.Account.UUID(), w.role("editor").ID))
	if who = ok(w.ActorByKey(ctx, key, remote))(t); who.Everywhere() != 0 {
		t.Fatalf("%+v", who)
	}
	note := ok(who.Remember())(t)
	recall := func() error {
		return pg.In(ctx, w.db, w.tenant, func(tx pg.Tx) error {
			_, err := w.RecallTx(ctx, tx, w.tenant, note)
			return err
		})
	}
	nilErr(t, recall())
	nilErr(t, w.Deactivate(ctx, w.house, in.Who.Account))
	_, err := w.ActorByKey(ctx, key, remote)
	wants(t, err, fault.Unauthentic)
	wants(t, recall(), fault.Unauthentic)
	// A reactivated owner does not bring the key back.
	nilErr(t, w.Reactivate(ctx, w.house, in.Who.Account))
	w.redeem(ann)
	_, err = w.ActorByKey(ctx, key, remote)
	wants(t, err, fault.Unauthentic)
}

func TestAKeyOfItsOwnRightHasWhatItIsGiven(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	k, text, err := w.CreateKey(ctx, w.house, account.NewKey{Name: "ci", Own: true, Role: "admin"})
	nilErr(t, err)
	who := ok(w.ActorByKey(ctx, text.Reveal(), remote))(t)
	if who.Everywhere() != access.All || !who.Account.IsZero() || who.KeyID != k.ID || k.ExpiresAt != nil {
		t.Fatalf("%+v", who)
	}
	bare := ok2(w.CreateKey(ctx, w.house, account.NewKey{Name: "nothing", Own: true}))(t)
	if who := ok(w.ActorByKey(ctx, bare, remote))(t); who.Everywhere() != 0 || len(who.Own.Principals) != 1 {
		t.Fatalf("NU-2: a new key has rights: %+v", who)
	}
	narrow := ok2(w.CreateKey(ctx, w.house, account.NewKey{Name: "narrow", Own: true, Role: "admin", Scope: access.View}))(t)
	if who := ok(w.ActorByKey(ctx, narrow, remote))(t); who.Everywhere() != access.View {
		t.Fatalf("%+v", who)
	}
	gone := 0
	w.OnPrincipalGone = func(_ ctxT, _ pg.Tx, _ access.Actor, p uuidT) error {
		if p == k.ID.UUID() {
			gone++
		}
		return nil
	}
	nilErr(t, w.RevokeKey(ctx, w.house, k.ID))
	_, err = w.ActorByKey(ctx, text.Reveal(), remote)
	wants(t, err, fault.Unauthentic)
	if grants := ok(w.Grants(ctx, w.house, nil))(t); gone != 1 || len(grants) != 2 { // the administrator's and the narrow key's
		t.Fatal(gone, grants)
	}
	wants(t, w.RevokeKey(ctx, w.house, k.ID), fault.NotFound)
}

func TestAKeyWorksOnlyFromItsNetworksAndUntilItExpires(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	key := ok2(w.CreateKey(ctx, w.house, account.NewKey{
		Name: "ci", Own: true, ExpiresAt: w.clock.now().Add(time.Hour),
		Networks: []netip.Prefix{netip.MustParsePrefix("203.0.113.77/24"), netip.MustParsePrefix("2001:db8::/32")},
	}))(t)
	for addr, good := range map[string]bool{"203.0.113.9": true, "::ffff:203.0.113.9": true, "203.0.114.9": false, "2001:db8:9::1": true, "2001:db9::1": false} {
		if _, err := w.ActorByKey(ctx, key, netip.MustParseAddr(addr)); (err == nil) != good {
			t.Errorf("%s: %v", addr, err)
		}
	}
	if _, err := w.ActorByKey(ctx, key, netip.Addr{}); err == nil {
		t.Error("let in from nowhere")
	}
	w.clock.add(time.Hour)
	_, err := w.ActorByKey(ctx, key, remote)
	wants(t, err, fault.Unauthentic)
}

func TestWrongKeysAreRefused(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	a := ok2(w.CreateKey(ctx, w.house, account.NewKey{Name: "a", Own: true}))(t)
	b := ok2(w.CreateKey(ctx, w.house, account.NewKey{Name: "b", Own: true}))(t)
	for _, wrong := range []string{"", "tg_", a + " ", a[:len(a)-1], a[:12] + b[12:], "tg_12345678_" + a[12:]} {
		_, err := w.ActorByKey(ctx, wrong, netip.Addr{})
		wants(t, err, fault.Unauthentic)
	}
	nilErr(t, w.SetTenantOpen(ctx, w.house, false))
	_, err := w.ActorByKey(ctx, a, remote)
	wants(t, err, fault.Unauthentic)
}

func TestAKeyIsNotedAtMostOnceAMinute(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	key := ok2(w.CreateKey(ctx, w.house, account.NewKey{Name: "ci", Own: true}))(t)
	used := func() *time.Time {
		t.Helper()
		return ok(w.Keys(ctx, w.house, false))(t)[0].UsedAt
	}
	if used() != nil {
		t.Fatal("used before its use")
	}
	first := w.clock.now()
	for range 3 {
		ok(w.ActorByKey(ctx, key, remote))(t)
		w.clock.add(20 * time.Second)
	}
	if !used().Equal(first) {
		t.Error("noted within the minute")
	}
	ok(w.ActorByKey(ctx, key, remote))(t)
	if !used().Equal(first.Add(time.Minute)) {
		t.Error("not noted after a minute")
	}
}

func TestAKeyNeverMakesOrWidensKeys(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	admin := w.enrol("root@example.se", "admin")
	k, text, err := w.CreateKey(ctx, w.house, account.NewKey{Name: "ci", Own: true, Role: "admin"})
	nilErr(t, err)
	own := ok(w.ActorByKey(ctx, text.Reveal(), remote))(t)
	borrowed := ok(w.ActorByKey(ctx, ok2(w.CreateKey(ctx, admin.Who, account.NewKey{Name: "b", Scope: access.All}))(t), remote))(t)
	custom, viewer := ok(w.CreateRole(ctx, w.house, "custom", access.View))(t), w.role("viewer").ID
	for _, who := range []access.Actor{own, borrowed} {
		for name, try := range map[string]func() error{
			"make a key":          func() error { _, _, err := w.CreateKey(ctx, who, account.NewKey{Name: "x", Own: true}); return err },
			"make a borrowed key": func() error { _, _, err := w.CreateKey(ctx, who, account.NewKey{Name: "x", Scope: 1}); return err },
			"give a role":         func() error { return w.Give(ctx, who, k.ID.UUID(), viewer) },
			"widen a role":        func() error { _, err := w.EditRole(ctx, who, custom.ID, "custom", access.All); return err },
			"make a role":         func() error { _, err := w.CreateRole(ctx, who, "mine", access.View); return err },
			"make a link":         func() error { _, err := w.NewLink(ctx, who, "root@example.se"); return err },
			"reactivate":          func() error { return w.Reactivate(ctx, who, admin.Who.Account) },
			"move an address": func() error {
				mail := "mine@example.se"
				_, err := w.Edit(ctx, who, admin.Who.Account, account.Patch{Email: &mail})
				return err
			},
		} {
			if err := try(); fault.KindOf(err) != fault.Forbidden {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	wants(t, w.RevokeKey(ctx, borrowed, k.ID), fault.Forbidden)
	nilErr(t, w.RevokeKey(ctx, own, k.ID)) // giving oneself up is allowed
}

func TestKeysAreCheckedAndTheirOwnersOnly(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	in, other, keeper := w.enrol(ann), w.enrol("bo@example.se"), w.enrol("keys@example.se")
	role := ok(w.CreateRole(ctx, w.house, "key-keeper", access.ManageKeys|access.View))(t)
	nilErr(t, w.Give(ctx, w.house, keeper.Who.Account.UUID(), role.ID))
	keeper.Who = ok(w.ActorBySession(ctx, keeper.Token))(t)
	now := w.clock.now()
	for name, n := range map[string]account.NewKey{
		"no name":       {Scope: access.View},
		"no scope":      {Name: "x"},
		"a role":        {Name: "x", Scope: access.View, Role: "viewer"},
		"too long":      {Name: "x", Scope: access.View, ExpiresAt: now.Add(account.LongestKey + time.Second)},
		"in the past":   {Name: "x", Scope: access.View, ExpiresAt: now},
		"a bad network": {Name: "x", Scope: access.View, Networks: []netip.Prefix{{}}},
	} {
		if _, _, err := w.CreateKey(ctx, in.Who, n); fault.KindOf(err) != fault.Invalid || len(fault.As(err).Field) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, _, err := w.CreateKey(ctx, in.Who, account.NewKey{Name: "x", Own: true})
	wants(t, err, fault.Forbidden)
	_, _, err = w.CreateKey(ctx, keeper.Who, account.NewKey{Name: "x", Own: true, Role: "editor"})
	wants(t, err, fault.Forbidden)
	_, _, err = w.CreateKey(ctx, keeper.Who, account.NewKey{Name: "x", Own: true, Role: "no-such-role"})
	wants(t, err, fault.NotFound)
	ok2(w.CreateKey(ctx, keeper.Who, account.NewKey{Name: "own", Own: true, Role: "viewer"}))(t)
	_, _, err = w.CreateKey(ctx, w.house, account.NewKey{Name: "x", Scope: access.View})
	wants(t, err, fault.Invalid)

	k, _, err := w.CreateKey(ctx, in.Who, account.NewKey{Name: "mine", Scope: access.View})
	nilErr(t, err)
	if !k.ExpiresAt.Equal(now.Add(account.LongestKey)) {
		t.Error("a borrowed key does not expire in a year")
	}
	for who, want := range map[*access.Actor]int{&in.Who: 1, &other.Who: 0, &keeper.Who: 2} {
		if got := ok(w.Keys(ctx, *who, false))(t); len(got) != want {
			t.Errorf("%+v", got)
		}
	}
	wants(t, w.RevokeKey(ctx, other.Who, k.ID), fault.NotFound)
	wants(t, w.RevokeKey(ctx, other.Who, id.New[id.Key]()), fault.NotFound)
	nilErr(t, w.RevokeKey(ctx, keeper.Who, k.ID))
	if alive, all := ok(w.Keys(ctx, in.Who, false))(t), ok(w.Keys(ctx, in.Who, true))(t); len(alive) != 0 || len(all) != 1 || all[0].RevokedAt == nil {
		t.Error(alive, all)
	}
}
