// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/ingest"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
)

// line is the way to the database, which can be cut.
type line struct {
	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

func (l *line) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		_ = c.Close()
		return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("cut")}
	}
	l.conns = append(l.conns, c)
	return c, nil
}

func (l *line) set(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut = cut; cut {
		for _, c := range l.conns {
			_ = c.Close()
		}
		l.conns = nil
	}
}

// cutter gives its bytes and then cuts the line.
type cutter struct {
	io.Reader
	l *line
}

func (c cutter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if err != nil {
		c.l.set(true)
	}
	return n, err
}

func TestADatabaseThatGoesAwayIsSaidSoAndNothingIsLeft(t *testing.T) {
	t.Parallel()
	l := &line{}
	db, err := pg.Open(t.Context(), pgtest.URL(t), l.dial)
	must(t, err)
	t.Cleanup(db.Close)
	w := &world{db: db, clock: &clock{}, tenant: pgtest.Tenant(t, db)}
	must(t, w.build(t.Context(), t.TempDir()))
	t.Cleanup(func() { must(t, w.close()) })
	w.in(t, func(tx tx) error {
		return w.folders.MakeTenantFoldersTx(t.Context(), tx, access.HouseActor(w.tenant, "test"))
	})

	plan := ingest.Plan{Name: "a.txt", Size: -1}
	_, err = w.Receive(t.Context(), w.who, plan, cutter{strings.NewReader("Hej allihopa"), l})
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the database went away in the middle: %v", err)
	}
	if _, err = w.Receive(t.Context(), w.who, plan, strings.NewReader("Hej allihopa")); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the database was away from the start: %v", err)
	}
	l.set(false)
	if l := w.leftovers(t); l != (leftovers{Blobs: 1, Uploads: 1}) {
		t.Errorf("left to the sweeper: %+v", l)
	}
	a := w.receive(t, "a.txt", []byte("Hej allihopa"))
	w.clock.add(25 * time.Hour)
	must(t, w.Sweep(t.Context(), house))
	if l := w.leftovers(t); l != (leftovers{Blobs: 1}) {
		t.Errorf("left over: %+v", l)
	}
	if got := w.original(t, a.ID); string(got) != "Hej allihopa" {
		t.Errorf("the original holds %q", got)
	}
}
