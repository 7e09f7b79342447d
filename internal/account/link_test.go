// SPDX-License-Identifier: Apache-2.0

package account_test

import (
	"testing"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/fault"
	"tillgang/internal/secret"
)

func TestMU3_AFreshInstallHasNoWayInButOneLinkUsedOnce(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	// Nothing signs in: not the administrator with any password, nor without one.
	for _, p := range []string{"", "admin", "password"} {
		_, err := w.signIn("admin@localhost", p, "")
		wants(t, err, fault.Unauthentic)
		w.clock.add(time.Hour)
	}
	first := ok(w.Bootstrap(ctx, account.First{}))(t)
	second := ok(w.Bootstrap(ctx, account.First{}))(t)
	if first.IsZero() || second.IsZero() || first == second {
		t.Fatal("each start before the first use prints a link of its own")
	}
	_, err := w.RedeemLink(ctx, first.Reveal(), "", anywhere)
	wants(t, err, fault.Unauthentic)

	in := ok(w.RedeemLink(ctx, second.Reveal(), "Firefox", anywhere))(t)
	if !in.NeedPassword || !in.Who.Everywhere().Has(access.All) {
		t.Fatalf("%+v", in)
	}
	_, err = w.RedeemLink(ctx, second.Reveal(), "", anywhere)
	wants(t, err, fault.Unauthentic)

	// While its session lives nobody gets another link; when it ended without
	// a password, the next start prints one.
	if again := ok(w.Bootstrap(ctx, account.First{}))(t); !again.IsZero() {
		t.Fatal("a link although somebody is signed in")
	}
	w.clock.add(13 * time.Hour)
	third := ok(w.Bootstrap(ctx, account.First{}))(t)
	in = ok(w.RedeemLink(ctx, third.Reveal(), "", anywhere))(t)
	nilErr(t, w.SetPassword(ctx, in.Who, secret.Text{}, secret.Exactly(goodPassword)))
	w.clock.add(24 * 365 * time.Hour)
	if again := ok(w.Bootstrap(ctx, account.First{}))(t); !again.IsZero() {
		t.Fatal("a link although somebody can sign in")
	}
	if _, err := w.signIn("Admin@LOCALHOST ", goodPassword, ""); err != nil {
		t.Fatal(err)
	}
}

func TestALinkDiesAfterADay(t *testing.T) {
	t.Parallel()
	w := start(t)
	link := ok(w.Bootstrap(t.Context(), account.First{Email: "Ann@Example.se", Name: "Ann"}))(t)
	w.clock.add(account.LinkLife)
	_, err := w.RedeemLink(t.Context(), link.Reveal(), "", anywhere)
	wants(t, err, fault.Unauthentic)
	link = ok(w.Bootstrap(t.Context(), account.First{Email: "Ann@Example.se", Name: "Ann"}))(t)
	in := ok(w.RedeemLink(t.Context(), link.Reveal(), "", anywhere))(t)
	if me := ok(w.Get(t.Context(), in.Who, in.Who.Account))(t); me.Email != "ann@example.se" || me.Name != "Ann" || me.State != account.Active {
		t.Fatalf("%+v", me)
	}
}
