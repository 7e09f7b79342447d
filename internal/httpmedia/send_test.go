// SPDX-License-Identifier: Apache-2.0

package httpmedia

import (
	"net/netip"
	"testing"
	"time"
)

func TestGuessesAreCountedPerNetworkAndMinute(t *testing.T) {
	t.Parallel()
	g := newGuesses()
	now := time.Unix(1_800_000_000, 0)
	a, b := parse(t, "192.0.2.1"), parse(t, "2001:db8::1")
	for range maxGuesses {
		if g.more(a, now) {
			t.Fatal("too soon")
		}
	}
	if !g.more(a, now) || g.more(b, now) || g.more(parse(t, "192.0.2.2"), now) {
		t.Error("wrong network")
	}
	for range maxGuesses {
		g.more(b, now)
	}
	if !g.more(parse(t, "2001:db8:0:00ff::2"), now) || g.more(a, now.Add(time.Minute)) {
		t.Error("wrong network or minute")
	}
}

func parse(t *testing.T, s string) netip.Addr {
	t.Helper()
	a, err := netip.ParseAddr(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
