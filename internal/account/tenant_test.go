// SPDX-License-Identifier: Apache-2.0

package account_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
	"tillgang/internal/secret"
)

func TestSeveralProcessesStartingAtOnceMakeOneTenantAndOneLinkThatWorks(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	c := &clock{t: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	var mu sync.Mutex
	var tokens []secret.Text
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			s := service(t, db, c, config())
			token, err := s.Bootstrap(t.Context(), account.First{})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			tokens = append(tokens, token)
		})
	}
	all.Wait()
	s := service(t, db, c, config())
	if tenants := ok(s.Tenants(t.Context(), access.HouseActor(id.Tenant{}, "test")))(t); len(tenants) != 1 || tenants[0].Slug != account.DefaultTenant {
		t.Fatal(tenants)
	}
	good := 0
	for _, token := range tokens {
		if _, err := s.RedeemLink(t.Context(), token.Reveal(), "", anywhere); err == nil {
			good++
		}
	}
	if good != 1 {
		t.Errorf("%d links work", good)
	}
}

func TestALinkUsedTwiceAtTheSameMomentOpensOneSession(t *testing.T) {
	t.Parallel()
	w := start(t)
	link := ok(w.Bootstrap(t.Context(), account.First{}))(t)
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { _, errs[i] = w.RedeemLink(t.Context(), link.Reveal(), "", anywhere) })
	}
	all.Wait()
	good := 0
	for _, err := range errs {
		if err == nil {
			good++
		} else if fault.KindOf(err) != fault.Unauthentic {
			t.Error(err)
		}
	}
	if good != 1 {
		t.Errorf("%d sessions", good)
	}
}

func TestTheConfiguredAdministratorMayChangeUntilTheyCome(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	ok(w.Bootstrap(ctx, account.First{Email: "typo@exmaple.se", Name: "A"}))(t)
	link := ok(w.Bootstrap(ctx, account.First{Email: "boss@example.se", Name: "Boss"}))(t)
	in := ok(w.RedeemLink(ctx, link.Reveal(), "", anywhere))(t)
	if a := ok(w.Get(ctx, in.Who, in.Who.Account))(t); a.Email != "boss@example.se" || a.Name != "Boss" {
		t.Errorf("%+v", a)
	}
	if p := ok(w.List(ctx, w.house, account.Filter{}))(t); len(p.Items) != 1 {
		t.Errorf("%+v", p.Items)
	}
	_, err := service(t, pgtest.New(t), w.clock, config()).Bootstrap(ctx, account.First{Email: "no address"})
	wants(t, err, fault.Invalid)
}

func TestATenantIsMadeWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	var made []id.Tenant
	w.OnTenantMade = func(_ ctxT, _ pg.Tx, who access.Actor) error {
		made = append(made, who.Tenant)
		return nil
	}
	other := ok(w.CreateTenant(ctx, "cli", "malmo", "Malmö stad", account.First{Email: ann, Name: "Ann"}))(t)
	if len(made) != 1 || made[0] != other {
		t.Error(made)
	}
	if found := ok(w.TenantBySlug(ctx, " Malmo"))(t); found != other {
		t.Error(found)
	}
	_, err := w.TenantBySlug(ctx, "lund")
	wants(t, err, fault.NotFound)
	_, err = w.CreateTenant(ctx, "cli", "malmo", "x", account.First{})
	wants(t, err, fault.Conflict)
	_, err = w.CreateTenant(ctx, "cli", "Å", "", account.First{})
	wants(t, err, fault.Invalid)
	broken := errors.New("broken")
	w.OnTenantMade = func(ctxT, pg.Tx, access.Actor) error { return broken }
	if _, err = w.CreateTenant(ctx, "cli", "lund", "Lund", account.First{}); !errors.Is(err, broken) {
		t.Error(err)
	}
	_, err = w.TenantBySlug(ctx, "lund")
	wants(t, err, fault.NotFound)

	// The same address is another account in another tenant.
	link := ok(w.NewLink(ctx, access.HouseActor(other, "cli"), ann))(t)
	in := ok(w.RedeemLink(ctx, link.Reveal(), "", anywhere))(t)
	nilErr(t, w.SetPassword(ctx, in.Who, secret.Text{}, secret.Exactly(goodPassword)))
	w.enrol(ann)
	signed := ok(w.SignIn(ctx, account.Attempt{Tenant: "MALMO", Email: ann, Password: secret.Exactly(goodPassword)}))(t)
	if signed.Who.Tenant != other || !signed.Who.Everywhere().Has(access.All) {
		t.Errorf("%+v", signed.Who)
	}
	if signed = ok(w.signIn(ann, goodPassword, ""))(t); signed.Who.Tenant != w.tenant || signed.Who.Everywhere() != 0 {
		t.Errorf("%+v", signed.Who)
	}
}
