// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// certificates gives the listener its certificate, mounted or got by ACME, and
// tells how long it still holds.
type certificates struct {
	config   *tls.Config
	http01   func(fallback http.Handler) http.Handler // answers ACME challenges on port 80; nil without ACME
	leaf     func() *x509.Certificate                 // the one in use that ends first; nil before the first
	problem  func() string                            // what keeps a certificate from being got or renewed; empty when nothing does
	maintain func(ctx context.Context)                // gets and renews certificates until ctx ends; nil when others do
}

// newCertificates returns nil when the server does not end TLS itself.
// transport reaches the certificate authority; it is not used without ACME.
func newCertificates(cfg Config, transport http.RoundTripper, log *slog.Logger) (*certificates, error) {
	switch {
	case cfg.TLSCert != "":
		m := &mounted{cert: cfg.TLSCert, key: cfg.TLSKey, log: log}
		if err := m.load(); err != nil {
			return nil, err
		}
		return &certificates{config: baseTLS(m.get), leaf: m.leaf, problem: m.problem}, nil
	case len(cfg.ACMEDomains) > 0:
		return newOrders(cfg, transport, log), nil
	}
	return nil, nil
}

// endsTLS reports whether the server ends TLS itself.
func (c Config) endsTLS() bool { return c.TLSCert != "" || len(c.ACMEDomains) > 0 }

// baseTLS takes TLS 1.2 with authenticated encryption and forward secrecy, and
// TLS 1.3, and nothing older (RFC 9325 §3.1 and §4.2).
func baseTLS(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		},
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: get,
	}
}

// mounted is a certificate in files, read again when they change, so that a
// renewal needs no restart. Files that make no certificate leave the old one in
// use, and are tried again until they do.
type mounted struct {
	cert, key string // paths
	log       *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	stamps  [2]stamp // of the files that current was read from
	failed  [2]stamp // of files that made no certificate; said once
	trouble string
}

// stamp tells one state of a file from the next.
type stamp struct {
	at   time.Time
	size int64
	mode fs.FileMode
}

func (m *mounted) look() (s [2]stamp, err error) {
	for i, path := range []string{m.cert, m.key} {
		info, err := os.Stat(path)
		if err != nil {
			return s, err
		}
		s[i] = stamp{info.ModTime(), info.Size(), info.Mode()}
	}
	return s, nil
}

func (m *mounted) load() error {
	stamps, err := m.look()
	if err != nil {
		return fmt.Errorf("%sTLS_CERT or %sTLS_KEY cannot be read: %w", prefix, prefix, err)
	}
	pair, err := tls.LoadX509KeyPair(m.cert, m.key)
	if err != nil {
		return fmt.Errorf("%sTLS_CERT and %sTLS_KEY do not make a certificate: %w", prefix, prefix, err)
	}
	m.current, m.stamps, m.failed, m.trouble = &pair, stamps, [2]stamp{}, ""
	return nil
}

// refresh reads the files again if they have changed: two calls of stat, which
// is little beside a handshake.
func (m *mounted) refresh() {
	now, err := m.look()
	if err == nil && now == m.stamps {
		m.failed, m.trouble = [2]stamp{}, ""
		return
	}
	if err == nil {
		if err = m.load(); err == nil {
			m.log.LogAttrs(context.Background(), slog.LevelInfo, "certificate renewed", slog.Time("until", m.current.Leaf.NotAfter))
			return
		}
	}
	if m.trouble == "" || now != m.failed {
		m.log.LogAttrs(context.Background(), slog.LevelError, "certificate not renewed", slog.Any("error", err))
	}
	m.failed, m.trouble = now, "the TLS certificate's files were changed and make no certificate; the old one is still in use"
}

func (m *mounted) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refresh()
	return m.current, nil
}

func (m *mounted) leaf() *x509.Certificate {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refresh()
	return m.current.Leaf
}

func (m *mounted) problem() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.trouble
}

// warnFrom is how long before its end a certificate is warned of: every way of
// renewing has been at it for a while by then.
const warnFrom = 21 * 24 * time.Hour

// warnings say what an operator should see to: a certificate that ends soon or
// has ended, and what keeps it from being renewed.
func (c *certificates) warnings(now time.Time) (list []string) {
	if c == nil {
		return nil
	}
	if leaf := c.leaf(); leaf != nil {
		switch left := leaf.NotAfter.Sub(now); {
		case left <= 0:
			list = append(list, fmt.Sprintf("the TLS certificate expired %s", leaf.NotAfter.UTC().Format(time.DateOnly)))
		case left < warnFrom:
			list = append(list, fmt.Sprintf("the TLS certificate expires in %d days", int(left/(24*time.Hour))))
		}
	}
	if p := c.problem(); p != "" {
		list = append(list, p)
	}
	return list
}

// days until the certificate ends, less than zero after that; 0 without one.
func (c *certificates) days(now time.Time) float64 {
	if c == nil {
		return 0
	}
	leaf := c.leaf()
	if leaf == nil {
		return 0
	}
	return leaf.NotAfter.Sub(now).Hours() / 24
}

// strict adds HSTS for a year (RFC 6797) to every answer over TLS.
func strict(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// plainDoor is what answers without TLS beside a TLS listener: ACME challenges
// and a redirect for people, but never for what carries a right in it, which
// has already been sent in the clear: calls of the API, tickets, keys
// (ASVS 5.0 §4.1.2). A redirect would hide the mistake for ever.
func plainDoor(base string, c *certificates) http.Handler {
	h := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reading := r.Method == http.MethodGet || r.Method == http.MethodHead
		page := strings.HasPrefix(r.URL.Path, "/") && r.URL.Path != "/api" && !strings.HasPrefix(r.URL.Path, "/api/") && !strings.HasPrefix(r.URL.Path, "/d/")
		if !reading || !page || r.Header.Get("Authorization") != "" {
			w.Header().Set("Content-Type", "application/problem+json")
			w.Header().Set("Connection", "close")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"type":"about:blank","title":"Use https. What you sent came in the clear: if it had a key or a ticket in it, revoke that.","status":403,"code":"request.not_tls"}`))
			return
		}
		to := base + r.URL.EscapedPath()
		if r.URL.RawQuery != "" {
			to += "?" + r.URL.RawQuery
		}
		http.Redirect(w, r, to, http.StatusPermanentRedirect) //nolint:gosec // G710: the host is the configuration's
	}))
	if c.http01 != nil {
		return c.http01(h)
	}
	return h
}
