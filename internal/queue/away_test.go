// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"testing"

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
	l.cut = cut
	if cut {
		for _, c := range l.conns {
			_ = c.Close()
		}
		l.conns = nil
	}
}

func TestTheQueueOutlivesADatabaseThatGoesAway(t *testing.T) {
	t.Parallel()
	l := &line{}
	db, err := pg.Open(t.Context(), pgtest.URL(t), l.dial)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	q := New(db.Pool(), quiet(), quick)
	began, finish, did := make(chan string, 99), make(chan struct{}), make(chan string, 99)
	Add(q, Rule{On: CPU, Once: true}, func(_ context.Context, a stepArgs) error {
		began <- a.Name
		<-finish
		did <- a.Name
		return nil
	}, nil)
	start(t, q)
	const n = 6
	for i := range n {
		enqueue(t, db, q, stepArgs{strconv.Itoa(i)})
	}
	wait(t, began)
	l.set(true)
	close(finish) // jobs in hand end while nobody can be told
	wait(t, did)
	l.set(false)
	done := map[string]bool{}
	for len(done) < n-1 {
		done[wait(t, did)] = true
	}
	enqueue(t, db, q, stepArgs{"after"})
	for got := ""; got != "after"; got = wait(t, did) {
	}
}
