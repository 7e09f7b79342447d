// SPDX-License-Identifier: Apache-2.0

package httpmedia

import (
	"net/netip"
	"sync"
	"time"
)

// Wrong addresses of downloads that one network may try in a minute, and how
// many networks are remembered.
const (
	maxGuesses  = 30
	maxNetworks = 10_000
)

// guesses counts wrong tickets per network and minute. Nobody guesses 256
// bits; it is for whoever tries to see it early, and to say that it was seen.
// Right tickets work whatever else comes from their network.
type guesses struct {
	mu     sync.Mutex
	minute int64
	counts map[netip.Prefix]int
}

func newGuesses() *guesses { return &guesses{counts: map[netip.Prefix]int{}} }

// more counts one wrong ticket from addr and reports whether there were too many.
func (g *guesses) more(addr netip.Addr, now time.Time) bool {
	bits := 32
	if addr.Is6() {
		bits = 56
	}
	net, err := addr.Prefix(bits)
	if err != nil { // the zero Addr: all unknown askers share one count
		net = netip.Prefix{}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if m := now.Unix() / 60; m != g.minute || len(g.counts) >= maxNetworks {
		g.minute = m
		clear(g.counts)
	}
	g.counts[net]++
	return g.counts[net] > maxGuesses
}
