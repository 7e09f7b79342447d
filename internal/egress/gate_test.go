// SPDX-License-Identifier: Apache-2.0

package egress_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"tillgang/internal/egress"
	"tillgang/internal/fault"
)

// names is a name server that a test writes: it returns a resolver which
// answers every question for an IPv4 address with what answer gives.
func names(t *testing.T, answer func(name string) []string) *net.Resolver {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.Close() })
	go func() {
		b := make([]byte, 1500)
		for {
			n, from, err := pc.ReadFrom(b)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(b[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Authoritative, m.Additionals = true, true, nil
			q := m.Questions[0]
			if q.Type == dnsmessage.TypeA {
				for _, a := range answer(strings.TrimSuffix(q.Name.String(), ".")) {
					m.Answers = append(m.Answers, dnsmessage.Resource{
						Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
						Body:   &dnsmessage.AResource{A: netip.MustParseAddr(a).As4()},
					})
				}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = pc.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}

// server is an HTTPS server on the loopback address that counts its visitors.
type server struct {
	*httptest.Server
	hits atomic.Int32
}

func (s *server) port() int {
	return s.Listener.Addr().(*net.TCPAddr).Port
}

func (s *server) ca() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

func serve(t *testing.T, plain bool, h http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.hits.Add(1)
		h(w, r)
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	if plain {
		s.Start()
	} else {
		s.StartTLS()
	}
	t.Cleanup(s.Close)
	return s
}

func hello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

// local declares the server, for storage.
func local(t *testing.T, g *egress.Gate, s *server) {
	t.Helper()
	d := egress.Destination{ID: "local", Host: "127.0.0.1", Port: s.port(), Purpose: egress.Storage, Reviewer: "test"}
	if s.TLS != nil {
		d.CA = s.ca()
	} else {
		d.Plain = true
	}
	if err := g.Declare(d); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, g *egress.Gate, p egress.Purpose, url string) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := g.Client(p, time.Minute).Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

func refused(err error) bool {
	return fault.CodeOf(err) == egress.CodeRefused && fault.KindOf(err) == fault.Forbidden
}

func TestOnlyWhatIsDeclaredIsReachedAndOnlyForItsPurpose(t *testing.T) {
	t.Parallel()
	s := serve(t, false, hello)
	g := gate(t, egress.Policy{})
	if _, err := get(t, g, egress.Storage, s.URL); !refused(err) {
		t.Error("before it was declared:", err)
	}
	local(t, g, s)
	if b, err := get(t, g, egress.Storage, s.URL); b != "hello" || err != nil {
		t.Error(b, err)
	}
	hits := s.hits.Load()
	if _, err := get(t, g, egress.Backup, s.URL); !refused(err) {
		t.Error("for another purpose:", err)
	}
	if _, err := get(t, g, egress.Storage, fmt.Sprintf("https://localhost:%d", s.port())); !refused(err) {
		t.Error("by another name:", err)
	}
	other := serve(t, false, hello)
	if _, err := get(t, g, egress.Storage, other.URL); !refused(err) {
		t.Error("another port:", err)
	}
	if _, err := g.Dial(egress.Mail)(t.Context(), "tcp", s.Listener.Addr().String()); !refused(err) {
		t.Error("dialled for another purpose:", err)
	}
	if s.hits.Load() != hits || other.hits.Load() != 0 {
		t.Error("a refused request arrived")
	}
}

// TestEverySpellingOfThisMachineIsRefused goes through declared public names
// and through addresses in the URL.
func TestEverySpellingOfThisMachineIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, true, hello)
	g := gate(t, egress.Policy{Countries: []string{"SE"}})
	for _, host := range []string{
		"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "[::]", "2130706433", "0x7f000001",
		"017700000001", "127.1", "127.0.0.1.", "localhost.", "LOCALHOST", "169.254.169.254", "[fe80::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
		"[fd00::1]", "100.100.100.200", "metadata.google.internal", "[::127.0.0.1]", "10.0.0.1", "192.168.1.1", "172.16.0.1",
	} {
		if _, err := get(t, g, egress.Webhook, "http://"+host+":"+strconv.Itoa(s.port())+"/"); !refused(err) {
			t.Errorf("%s: %v", host, err)
		}
		host = strings.Trim(host, "[]")
		d := egress.Destination{ID: "hook", Host: strings.ToLower(host), Port: s.port(), Purpose: egress.Webhook, Country: "SE", Reviewer: "a careless one"}
		if err := g.Declare(d); err != nil {
			continue
		}
		if c, err := g.Dial(egress.Webhook)(t.Context(), "tcp", net.JoinHostPort(host, strconv.Itoa(s.port()))); err == nil {
			t.Errorf("%s was declared and reached %v", host, c.RemoteAddr())
		}
	}
	if s.hits.Load() != 0 {
		t.Error("the internal server was reached")
	}
}

func TestANameThatLeadsIntoTheNetworkIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, true, hello)
	var answer atomic.Pointer[[]string]
	g := gate(t, egress.Policy{Resolver: names(t, func(string) []string { return *answer.Load() })})
	d := egress.Destination{ID: "hook", Host: "hook.example.se", Port: s.port(), Purpose: egress.Webhook, Country: "SE", Reviewer: "test"}
	if err := g.Declare(d); err != nil {
		t.Fatal(err)
	}
	// Today a good address, tomorrow one of ours: each connection asks once
	// and looks at what it dials.
	for _, a := range []string{
		"127.0.0.1", "127.8.8.8", "10.0.0.1", "100.64.0.1", "169.254.169.254", "172.31.255.255", "192.168.0.1", "0.0.0.0", "192.0.0.8",
		"198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1",
	} {
		answer.Store(&[]string{a})
		if _, err := get(t, g, egress.Webhook, fmt.Sprintf("https://hook.example.se:%d/", s.port())); !refused(err) {
			t.Errorf("%s: %v", a, err)
		}
		if _, err := g.Dial(egress.Webhook)(t.Context(), "tcp", fmt.Sprintf("hook.example.se:%d", s.port())); !refused(err) {
			t.Errorf("%s: %v", a, err)
		}
	}
	if s.hits.Load() != 0 {
		t.Error("the internal server was reached")
	}
}

func TestADestinationOfTheOwnNetworkStaysInIt(t *testing.T) {
	t.Parallel()
	s := serve(t, true, hello)
	var answer atomic.Pointer[[]string]
	g := gate(t, egress.Policy{Resolver: names(t, func(string) []string { return *answer.Load() })})
	d := egress.Destination{
		ID: "ceph", Host: "s3.intern.example.se", Port: s.port(), Purpose: egress.Storage, Reviewer: "test", Plain: true,
		Country: "SE", Site: "Umeå", Jurisdiction: "SE", CIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/30")},
	}
	if err := g.Declare(d); err != nil {
		t.Fatal(err)
	}
	url := fmt.Sprintf("http://s3.intern.example.se:%d/", s.port())
	answer.Store(&[]string{"127.0.0.1"})
	if b, err := get(t, g, egress.Storage, url); b != "hello" || err != nil {
		t.Error("inside its network:", b, err)
	}
	g.Transport(egress.Storage).CloseIdleConnections()
	for _, a := range []string{"127.0.0.9", "10.0.0.1", "8.8.8.8", "169.254.169.254"} {
		answer.Store(&[]string{a})
		if _, err := get(t, g, egress.Storage, url); !refused(err) {
			t.Errorf("outside, at %s: %v", a, err)
		}
	}
}

func TestARedirectIsNotFollowedAndItsTargetIsRefused(t *testing.T) {
	t.Parallel()
	target := serve(t, false, hello)
	s := serve(t, false, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target.URL, http.StatusFound) })
	g := gate(t, egress.Policy{})
	local(t, g, s)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := g.Client(egress.Storage, 0).Do(r)
	if err != nil || resp.StatusCode != http.StatusFound {
		t.Fatal(resp, err)
	}
	_ = resp.Body.Close()
	// A library that insists on following.
	resp, err = (&http.Client{Transport: g.Transport(egress.Storage)}).Do(r)
	if err == nil {
		_ = resp.Body.Close()
	}
	if !refused(err) || target.hits.Load() != 0 {
		t.Error(err)
	}
}

func TestADisabledDestinationIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{})
	s := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/long" {
			_, _ = io.WriteString(w, "some")
			_ = http.NewResponseController(w).Flush()
			close(begun)
			<-r.Context().Done()
			return
		}
		hello(w, r)
	})
	g := gate(t, egress.Policy{})
	local(t, g, s)
	if _, err := get(t, g, egress.Storage, s.URL); err != nil { // leaves a connection that is open
		t.Fatal(err)
	}
	c, err := g.Dial(egress.Storage)(t.Context(), "tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	long := make(chan error)
	go func() {
		_, err := get(t, g, egress.Storage, s.URL+"/long")
		long <- err
	}()
	<-begun
	hits := s.hits.Load()
	if !g.Disable("local") || g.Disable("unknown") {
		t.Error("Disable does not know its destinations")
	}
	if err := <-long; err == nil {
		t.Error("a download went on")
	}
	if _, err := c.Write([]byte("x")); err == nil {
		t.Error("a connection stayed open")
	}
	if _, err := get(t, g, egress.Storage, s.URL); !refused(err) || s.hits.Load() != hits {
		t.Error("the open connection was used again:", err)
	}
	if len(g.Destinations()) != 0 {
		t.Error(g.Destinations())
	}
	local(t, g, s)
	if b, err := get(t, g, egress.Storage, s.URL); b != "hello" || err != nil {
		t.Error("declared again:", b, err)
	}
}
