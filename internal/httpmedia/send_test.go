// SPDX-License-Identifier: Apache-2.0

package httpmedia

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// slow takes a few bytes each time until its deadline, and then nothing.
type slow struct {
	got  bytes.Buffer
	some int
}

func (s *slow) ReadFrom(r io.Reader) (int64, error) {
	if s.some == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	s.some--
	n, err := io.CopyN(&s.got, r, 1000)
	if err != nil { // the last bytes
		return n, nil //nolint:nilerr // what is short of a thousand is no error here
	}
	return n, os.ErrDeadlineExceeded
}

func TestASlowClientIsWaitedForAndADeadOneIsNot(t *testing.T) {
	t.Parallel()
	want := bytes.Repeat([]byte("0123456789"), 2_050)
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, want, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		some int
		gone bool
	}{{100, false}, {5, true}, {0, true}} {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		var told int64
		to := &slow{some: tt.some}
		p := &post{rc: http.NewResponseController(httptest.NewRecorder()), now: time.Now, told: func(n int64) error { told += n; return nil }}
		err = p.file(to, f, int64(len(want)))
		_ = f.Close()
		if errors.Is(err, errGone) != tt.gone || told != int64(to.got.Len()) || !tt.gone && !bytes.Equal(to.got.Bytes(), want) {
			t.Errorf("%+v: %d bytes, %d told of, %v", tt, to.got.Len(), told, err)
		}
	}
}

func TestPiecesFollowTheClientsSpeed(t *testing.T) {
	t.Parallel()
	piece := int64(first)
	for range 20 {
		piece = next(piece, 2*time.Second)
	}
	if piece != smallest {
		t.Error(piece)
	}
	for range 20 {
		piece = next(piece, time.Millisecond)
	}
	if piece != largest || next(piece, 500*time.Millisecond) != piece {
		t.Error(piece)
	}
}

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
