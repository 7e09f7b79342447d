// SPDX-License-Identifier: Apache-2.0

package account_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
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

// clock is a time that only moves when it is told to.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// world is a freshly started installation.
type world struct {
	*account.Service
	t      testing.TB
	db     *pg.DB
	owner  string // URL of the database's owner
	clock  *clock
	tenant id.Tenant
	house  access.Actor
}

var serverKey = bytes.Repeat([]byte("key "), 8)

func config() account.Config {
	return account.Config{Key: serverKey, Hash: account.MinimumHashCost, Log: slog.New(slog.DiscardHandler)}
}

func service(tb testing.TB, db *pg.DB, c *clock, cfg account.Config) *account.Service {
	tb.Helper()
	s, err := account.New(db, c.now, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func start(tb testing.TB) *world {
	tb.Helper()
	w := &world{t: tb, clock: &clock{t: time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC)}}
	w.db, w.owner = pgtest.Both(tb)
	w.Service = service(tb, w.db, w.clock, config())
	var err error
	if w.tenant, err = w.Prepare(tb.Context(), account.First{}); err != nil {
		tb.Fatal(err)
	}
	w.house = access.HouseActor(w.tenant, "test")
	return w
}

var anywhere = netip.MustParsePrefix("192.0.2.0/24")

const goodPassword = "sju gröna elefanter dansar"

// ok returns v, or ends the test.
func ok[T any](v T, err error) func(tb testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

// wants ends the test unless err is a fault of this kind.
func wants(tb testing.TB, err error, kind fault.Kind) {
	tb.Helper()
	if fault.KindOf(err) != kind || err == nil {
		tb.Fatalf("got %v, want a fault of kind %s", err, kind)
	}
}

func nilErr(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// enrol makes an account with roles at the tenant, redeems its link and sets
// goodPassword.
func (w *world) enrol(email string, roles ...string) account.SignedIn {
	w.t.Helper()
	ctx := context.Background()
	a := ok(w.Create(ctx, w.house, account.NewAccount{Email: email, Name: email}))(w.t)
	for _, r := range roles {
		nilErr(w.t, w.Give(ctx, w.house, a.ID.UUID(), w.role(r).ID))
	}
	return w.redeem(email)
}

func (w *world) redeem(email string) account.SignedIn {
	w.t.Helper()
	ctx := context.Background()
	link := ok(w.NewLink(ctx, w.house, email))(w.t)
	in := ok(w.RedeemLink(ctx, link.Reveal(), "test", anywhere))(w.t)
	nilErr(w.t, w.SetPassword(ctx, in.Who, secret.Text{}, secret.Exactly(goodPassword)))
	in.Who = ok(w.ActorBySession(ctx, in.Token))(w.t)
	return in
}

func (w *world) role(name string) account.Role {
	w.t.Helper()
	for _, r := range ok(w.Roles(context.Background(), w.house))(w.t) {
		if r.Name == name {
			return r
		}
	}
	w.t.Fatalf("no role %q", name)
	return account.Role{}
}

func (w *world) signIn(email, password, device string) (account.SignedIn, error) {
	return w.SignIn(context.Background(), account.Attempt{Email: email, Password: secret.Exactly(password), Device: device, Browser: "Test"})
}

// ok2 is ok for what returns a key beside its text.
func ok2(_ account.Key, text secret.Text, err error) func(tb testing.TB) string {
	return func(tb testing.TB) string {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return text.Reveal()
	}
}
