// SPDX-License-Identifier: Apache-2.0

package egress

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Transport makes HTTP requests for one purpose. Every request is checked, also
// one that would go out on a connection that is open already. It follows no
// redirects, uses no proxy and decompresses nothing. It speaks HTTP/1.1: one
// stream per connection is what large files want.
type Transport struct {
	g     *Gate
	p     Purpose
	inner *http.Transport
}

// Transport returns the transport for a purpose; there is one for each.
func (g *Gate) Transport(p Purpose) *Transport {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t, ok := g.transports[p]; ok {
		return t
	}
	t := &Transport{g: g, p: p}
	t.inner = &http.Transport{
		Proxy:                 nil, // not from the environment
		DialContext:           g.Dial(p),
		DialTLSContext:        t.dialTLS,
		DisableCompression:    true,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       90 * time.Second,
		ResponseHeaderTimeout: time.Minute,
		ExpectContinueTimeout: time.Second,
		ReadBufferSize:        64 << 10,
		WriteBufferSize:       64 << 10,
	}
	g.transports[p] = t
	return t
}

// Client returns an HTTP client for a purpose that gives up after timeout (0:
// never) and hands redirects to its caller.
func (g *Gate) Client(p Purpose, timeout time.Duration) *http.Client {
	return &http.Client{
		Transport: g.Transport(p), Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// RoundTrip makes one request; a refusal is a fault (egress.refused).
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.check(r); err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	return t.inner.RoundTrip(r)
}

func (t *Transport) check(r *http.Request) error {
	at := address{purpose: t.p, host: strings.ToLower(r.URL.Hostname())}
	switch r.URL.Scheme {
	case "https":
		at.port = 443
	case "http":
		at.port = 80
	default:
		return t.g.refuse(at, nil, "only HTTP is spoken here", nil)
	}
	if p := r.URL.Port(); p != "" {
		at.port, _ = strconv.Atoi(p) // 0 is declared by nobody
	}
	e, err := t.g.find(at)
	if err != nil {
		return err
	}
	if r.URL.Scheme == "http" && !e.Plain {
		return t.g.refuse(at, e, "it must be used with TLS", nil)
	}
	if r.Host != "" && !strings.EqualFold(hostOf(r.Host), at.host) {
		return t.g.refuse(at, e, "the request names another host than the connection", nil)
	}
	return nil
}

// hostOf cuts a port and an IPv6 address's brackets off.
func hostOf(s string) string {
	if h, _, err := net.SplitHostPort(s); err == nil {
		return h
	}
	return strings.Trim(s, "[]")
}

// CloseIdleConnections closes connections that wait for a next request.
func (t *Transport) CloseIdleConnections() { t.inner.CloseIdleConnections() }

func (t *Transport) dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := t.g.Dial(t.p)(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	k := c.(*conn)
	s := tls.Client(c, k.e.tls())
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	if err := s.HandshakeContext(ctx); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("begin TLS with the %s destination %q: %w", k.e.Purpose, k.e.ID, err)
	}
	return s, nil
}
