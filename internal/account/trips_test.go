// SPDX-License-Identifier: Apache-2.0

package account_test

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/pg"
)

// wire counts how often it is waited for an answer after something was said.
type wire struct {
	net.Conn
	said  atomic.Bool
	trips *atomic.Int64
}

func (w *wire) Write(b []byte) (int, error) {
	w.said.Store(true)
	return w.Conn.Write(b)
}

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if w.said.Swap(false) {
		w.trips.Add(1)
	}
	return n, err
}

func TestWhoAsksIsFoundInOneRoundTrip(t *testing.T) {
	t.Parallel()
	w := start(t)
	in := w.enrol(ann, "editor")
	key := ok2(w.CreateKey(t.Context(), in.Who, account.NewKey{Name: "script", Scope: access.View}))(t)
	var trips atomic.Int64
	db, err := pg.Open(t.Context(), w.owner, func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		return &wire{Conn: c, trips: &trips}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	counted := service(t, db, w.clock, config())
	for _, ask := range []func() (access.Actor, error){
		func() (access.Actor, error) { return counted.ActorBySession(t.Context(), in.Token) },
		func() (access.Actor, error) { return counted.ActorByKey(t.Context(), key, netip.Addr{}) },
	} {
		first := ok(ask())(t) // the connection is made and the statements are prepared
		before := trips.Load()
		if again := ok(ask())(t); again.ID != first.ID || again.Tenant != w.tenant || len(again.Own.Principals) == 0 {
			t.Error(again)
		}
		if n := trips.Load() - before; n != 1 {
			t.Errorf("%d round trips", n)
		}
	}
	// What was bound for one actor is not bound for whoever has the connection next.
	if err := db.Pool().QueryRow(t.Context(), "select count(*) from session").Scan(new(int)); err == nil {
		t.Error("the connection still looks across tenants, or at one")
	}
}
