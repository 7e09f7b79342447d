// SPDX-License-Identifier: Apache-2.0

package httpmedia

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
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

// source gives size bytes that tell their place, at most most at a time, and
// takes pause for each time.
type source struct {
	left, most int
	pause      time.Duration
	at         time.Time
	asked      []int // for how many
}

func (s *source) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	s.asked = append(s.asked, len(p))
	s.at = s.at.Add(s.pause)
	n := min(s.left, s.most, len(p))
	for i := range p[:n] {
		p[i] = byte((s.left - i) * 7 >> 3)
	}
	s.left -= n
	return n, nil
}

// sink keeps what comes, and how much at once.
type sink struct {
	bytes.Buffer
	sizes []int
}

func (s *sink) Write(p []byte) (int, error) {
	s.sizes = append(s.sizes, len(p))
	return s.Buffer.Write(p)
}

func TestOnlyFastStreamsGetALargeBuffer(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for name, tt := range map[string]struct {
		most         int
		pause, later time.Duration // for each read of the first and the second 20 MiB
		large        bool          // whether in the end
		writes       int           // the largest
	}{
		"a fast stream":               {most: mib, large: true, writes: mib},
		"a fast one of small records": {most: 16 << 10, large: true, writes: mib},
		"a slow one":                  {most: mib, pause: 10 * time.Millisecond, later: 10 * time.Millisecond, writes: 256 << 10},
		"one that becomes slow":       {most: mib, later: 100 * time.Millisecond, writes: mib},
		"one that becomes fast":       {most: mib, pause: 10 * time.Millisecond, large: true, writes: mib},
	} {
		from := &source{left: 40 * mib, most: tt.most, pause: tt.pause, at: time.Unix(1_800_000_000, 0)}
		var to sink
		told := int64(0)
		p := &post{w: &to, rc: http.NewResponseController(httptest.NewRecorder()), stall: time.Minute, now: func() time.Time { return from.at }}
		p.told = func(n int64) error {
			if told += n; told >= 20*mib {
				from.pause = tt.later
			}
			return nil
		}
		if err := p.stream(from); err != nil {
			t.Fatal(name, err)
		}
		want := make([]byte, 40*mib)
		if _, err := io.ReadFull(&source{left: len(want), most: len(want)}, want); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(to.Bytes(), want) || told != int64(len(want)) {
			t.Errorf("%s: %d other bytes came, %d were told of", name, to.Len(), told)
		}
		if from.asked[0] > 256<<10 || slices.Max(to.sizes) != tt.writes || slices.Max(from.asked) > mib {
			t.Errorf("%s: first asked for %d, at most %d; wrote up to %d", name, from.asked[0], slices.Max(from.asked), slices.Max(to.sizes))
		}
		if last := slices.Max(to.sizes[len(to.sizes)-10:]); last > 256<<10 != tt.large {
			t.Errorf("%s: wrote %d at a time in the end", name, last)
		}
	}
}

func TestWhatAStreamGaveBeforeItBrokeIsSent(t *testing.T) {
	t.Parallel()
	var to sink
	p := &post{w: &to, rc: http.NewResponseController(httptest.NewRecorder()), stall: time.Minute, now: time.Now}
	err := p.stream(io.MultiReader(&source{left: 40<<20 + 5, most: 1 << 20}, broken{}))
	if err != io.ErrClosedPipe || to.Len() != 40<<20+5 { //nolint:errorlint // it is passed on as it is
		t.Error(err, to.Len())
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }
