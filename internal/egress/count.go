// SPDX-License-Identifier: Apache-2.0

package egress

import (
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// Count says what went to one destination in one hour.
type Count struct {
	Hour        time.Time // its beginning, UTC
	Destination string    // its ID; empty for refusals of what is on no list, "socket" for the database's socket
	Purpose     Purpose
	Connections int64 // that were made
	BytesOut    int64 // on the wire, TLS included
	BytesIn     int64
	Refused     int64 // connections and requests
}

type countKey struct {
	hour        time.Time
	destination string
	purpose     Purpose
}

// keepHours is how long counts are kept that nobody drains.
const keepHours = 7 * 24

func (g *Gate) count(id string, p Purpose, add func(*Count)) {
	hour := g.now().UTC().Truncate(time.Hour)
	g.mu.Lock()
	defer g.mu.Unlock()
	k := countKey{hour, id, p}
	c := g.counts[k]
	if c == nil {
		for old := range g.counts { // once an hour and destination
			if old.hour.Before(hour.Add(-keepHours * time.Hour)) {
				delete(g.counts, old)
			}
		}
		c = &Count{Hour: hour, Destination: id, Purpose: p}
		g.counts[k] = c
	}
	add(c)
}

// Counts returns the counts since the last Drain, oldest first.
func (g *Gate) Counts() []Count {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.countsLocked()
}

func (g *Gate) countsLocked() []Count {
	list := make([]Count, 0, len(g.counts))
	for _, c := range g.counts {
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b Count) int {
		if n := a.Hour.Compare(b.Hour); n != 0 {
			return n
		}
		if n := strings.Compare(a.Destination, b.Destination); n != 0 {
			return n
		}
		return strings.Compare(string(a.Purpose), string(b.Purpose))
	})
	return list
}

// Drain hands the counts since the last Drain to keep, which adds them to what
// it has of the same hour. If keep fails they are counted on and come again.
func (g *Gate) Drain(keep func([]Count) error) error {
	g.mu.Lock()
	list, taken := g.countsLocked(), g.counts
	g.counts = map[countKey]*Count{}
	g.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	err := keep(list)
	if err == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for k, c := range taken {
		if n := g.counts[k]; n != nil {
			c.Connections += n.Connections
			c.BytesOut += n.BytesOut
			c.BytesIn += n.BytesIn
			c.Refused += n.Refused
		}
		g.counts[k] = c
	}
	return err
}

// conn counts what passes.
type conn struct {
	net.Conn
	g    *Gate
	e    *entry
	once sync.Once
	err  error
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.g.count(c.e.ID, c.e.Purpose, func(k *Count) { k.BytesIn += int64(n) })
	}
	return n, err
}

func (c *conn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if n > 0 {
		c.g.count(c.e.ID, c.e.Purpose, func(k *Count) { k.BytesOut += int64(n) })
	}
	return n, err
}

// Close closes the connection; a second time does nothing.
func (c *conn) Close() error {
	c.once.Do(func() {
		c.g.mu.Lock()
		delete(c.e.conns, c)
		c.g.mu.Unlock()
		c.err = c.Conn.Close()
	})
	return c.err
}
