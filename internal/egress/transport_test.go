// SPDX-License-Identifier: Apache-2.0

package egress_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tillgang/internal/egress"
)

func TestTLSIsCheckedAgainstTheDestination(t *testing.T) {
	t.Parallel()
	s := serve(t, false, hello)
	g := gate(t, egress.Policy{})
	d := egress.Destination{ID: "local", Host: "127.0.0.1", Port: s.port(), Purpose: egress.Storage, Reviewer: "test"}
	if err := g.Declare(d); err != nil {
		t.Fatal(err)
	}
	if _, err := get(t, g, egress.Storage, s.URL); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Error("without its authority:", err)
	}
	d.CA = s.ca()
	if err := g.Declare(d); err != nil {
		t.Fatal(err)
	}
	if _, err := get(t, g, egress.Storage, s.URL); err != nil {
		t.Error(err)
	}
	c, err := g.TLS(egress.Storage, "127.0.0.1", s.port())
	if err != nil || c.ServerName != "127.0.0.1" || c.MinVersion != tls.VersionTLS12 || c.InsecureSkipVerify {
		t.Error(c, err)
	}
	if _, err := g.TLS(egress.Mail, "127.0.0.1", s.port()); !refused(err) {
		t.Error(err)
	}
	// The same server without TLS.
	if _, err := get(t, g, egress.Storage, fmt.Sprintf("http://127.0.0.1:%d/", s.port())); !refused(err) {
		t.Error("in the clear:", err)
	}
}

func TestAServerWithOldTLSIsNotTalkedTo(t *testing.T) {
	t.Parallel()
	s := &server{Server: httptest.NewUnstartedServer(http.HandlerFunc(hello))}
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	s.StartTLS()
	t.Cleanup(s.Close)
	g := gate(t, egress.Policy{})
	local(t, g, s)
	if _, err := get(t, g, egress.Storage, s.URL); err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Error(err)
	}
}

func TestAProxyFromTheEnvironmentIsNotUsed(t *testing.T) {
	proxy := serve(t, true, hello)
	s := serve(t, false, hello)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	t.Setenv("https_proxy", proxy.URL)
	g := gate(t, egress.Policy{})
	local(t, g, s)
	if _, err := get(t, g, egress.Storage, s.URL); err != nil || proxy.hits.Load() != 0 {
		t.Error(err, proxy.hits.Load())
	}
}

func TestARequestForAnotherHostOnAnAllowedConnectionIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, false, hello)
	g := gate(t, egress.Policy{})
	local(t, g, s)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "elsewhere.example.com"
	resp, err := g.Client(egress.Storage, 0).Do(r)
	if err == nil {
		_ = resp.Body.Close()
	}
	if !refused(err) {
		t.Error(err)
	}
}

func TestUnixSocketsAreForTheDatabaseAndTheScanner(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	g := gate(t, egress.Policy{})
	for _, p := range []egress.Purpose{egress.Database, egress.Scan} {
		c, err := g.Dial(p)(t.Context(), "unix", path)
		if err != nil {
			t.Fatal(p, err)
		}
		_ = c.Close()
	}
	for _, p := range []egress.Purpose{egress.Storage, egress.Mail, egress.Webhook} {
		if _, err := g.Dial(p)(t.Context(), "unix", path); !refused(err) {
			t.Error(p, err)
		}
	}
	for _, network := range []string{"udp", "ip", "unixgram", ""} {
		if _, err := g.Dial(egress.Database)(t.Context(), network, "127.0.0.1:53"); !refused(err) {
			t.Error(network, err)
		}
	}
	if ips, err := g.Lookup()(t.Context(), "db.example.se"); err != nil || len(ips) != 1 || ips[0] != "db.example.se" {
		t.Error(ips, err)
	}
}

func TestAnOutageIsNotARefusal(t *testing.T) {
	t.Parallel()
	s := serve(t, false, hello)
	g := gate(t, egress.Policy{})
	local(t, g, s)
	s.Close()
	if _, err := get(t, g, egress.Storage, s.URL); err == nil || refused(err) {
		t.Error(err)
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	s := serve(t, true, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = w.Write(make([]byte, 50_000))
	})
	var mu sync.Mutex
	at := time.Date(2026, 11, 21, 20, 59, 59, 0, time.UTC)
	now := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return at
	}
	var out bytes.Buffer
	g, err := egress.New(egress.Policy{}, slog.New(slog.NewJSONHandler(&out, nil)), now)
	if err != nil {
		t.Fatal(err)
	}
	local(t, g, s)
	send := func(n int) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.URL, bytes.NewReader(make([]byte, n)))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := g.Client(egress.Storage, 0).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	send(100_000)
	send(100_000) // on the same connection
	if _, err := get(t, g, egress.Storage, "https://user:hush@elsewhere.example.com/path?token=hush"); !refused(err) {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "hush") || !strings.Contains(out.String(), "elsewhere.example.com") {
		t.Error(out.String())
	}
	mu.Lock()
	at = at.Add(time.Second)
	mu.Unlock()
	send(10)
	got := g.Counts()
	if len(got) != 3 {
		t.Fatalf("%+v", got)
	}
	first := at.Add(-time.Hour)
	if c := got[0]; !c.Hour.Equal(first) || c.Destination != "" || c.Purpose != egress.Storage || c.Refused != 1 || c.Connections != 0 {
		t.Errorf("%+v", c)
	}
	if c := got[1]; !c.Hour.Equal(first) || c.Destination != "local" || c.Connections != 1 || c.Refused != 0 ||
		c.BytesOut < 200_000 || c.BytesOut > 210_000 || c.BytesIn < 100_000 || c.BytesIn > 110_000 {
		t.Errorf("%+v", c)
	}
	if c := got[2]; !c.Hour.Equal(at) || c.Destination != "local" || c.Connections != 0 || c.BytesIn < 50_000 {
		t.Errorf("%+v", c)
	}

	broken := errors.New("the database is away")
	if err := g.Drain(func([]egress.Count) error { send(10); return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if again := g.Counts(); len(again) != 3 || again[2].BytesIn < 100_000 {
		t.Errorf("counts were lost: %+v", again)
	}
	var kept []egress.Count
	if err := g.Drain(func(c []egress.Count) error { kept = c; return nil }); err != nil || len(kept) != 3 {
		t.Error(kept, err)
	}
	if left := g.Counts(); len(left) != 0 {
		t.Errorf("%+v", left)
	}
	if err := g.Drain(func([]egress.Count) error { return broken }); err != nil {
		t.Error("nothing to keep:", err)
	}
}
