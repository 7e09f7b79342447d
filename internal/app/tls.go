// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// certificates gives the listener its certificate, mounted or got by ACME, and
// tells how long it still holds.
type certificates struct {
	config *tls.Config
	http01 func(fallback http.Handler) http.Handler // answers ACME challenges on port 80; nil without ACME
	leaf   func() *x509.Certificate                 // the certificate in use; nil before the first
}

// newCertificates returns nil when the server does not end TLS itself.
func newCertificates(cfg Config, transport http.RoundTripper, log *slog.Logger) (*certificates, error) {
	switch {
	case cfg.TLSCert != "":
		m := &mounted{cert: cfg.TLSCert, key: cfg.TLSKey, log: log}
		if err := m.load(); err != nil {
			return nil, err
		}
		return &certificates{config: baseTLS(m.get), leaf: m.leaf}, nil
	case len(cfg.ACMEDomains) > 0:
		manager := &autocert.Manager{
			Prompt: autocert.AcceptTOS, Email: cfg.ACMEEmail,
			HostPolicy: autocert.HostWhitelist(cfg.ACMEDomains...),
			Cache:      autocert.DirCache(filepath.Join(cfg.Data, "acme")),
			Client:     &acme.Client{DirectoryURL: cfg.ACMEDirectory, HTTPClient: &http.Client{Transport: transport, Timeout: time.Minute}, UserAgent: "tillgang"},
		}
		seen := &latest{}
		c := baseTLS(func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			cert, err := manager.GetCertificate(hello)
			if err == nil && cert.Leaf != nil {
				seen.set(cert.Leaf)
			}
			return cert, err
		})
		c.NextProtos = append(c.NextProtos, acme.ALPNProto)
		return &certificates{config: c, http01: manager.HTTPHandler, leaf: seen.get}, nil
	}
	return nil, nil
}

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

type latest struct {
	mu   sync.Mutex
	cert *x509.Certificate
}

func (l *latest) set(c *x509.Certificate) { l.mu.Lock(); l.cert = c; l.mu.Unlock() }
func (l *latest) get() *x509.Certificate  { l.mu.Lock(); defer l.mu.Unlock(); return l.cert }

// mounted is a certificate in files, read again when they change, so that a
// renewal needs no restart. Files that cannot be read leave the old one in use.
type mounted struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	stamp   time.Time
	checked time.Time
}

func (m *mounted) load() error {
	info, err := os.Stat(m.cert)
	if err != nil {
		return fmt.Errorf("%sTLS_CERT cannot be read: %w", prefix, err)
	}
	pair, err := tls.LoadX509KeyPair(m.cert, m.key)
	if err != nil {
		return fmt.Errorf("%sTLS_CERT and %sTLS_KEY do not make a certificate: %w", prefix, prefix, err)
	}
	if pair.Leaf == nil {
		return errors.New("the certificate has no leaf")
	}
	m.current, m.stamp = &pair, info.ModTime()
	return nil
}

func (m *mounted) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := clock(); now.Sub(m.checked) > 10*time.Second {
		m.checked = now
		if info, err := os.Stat(m.cert); err == nil && !info.ModTime().Equal(m.stamp) {
			if err := m.load(); err != nil {
				m.log.LogAttrs(context.Background(), slog.LevelError, "certificate not renewed", slog.Any("error", err))
			} else {
				m.log.LogAttrs(context.Background(), slog.LevelInfo, "certificate renewed", slog.Time("until", m.current.Leaf.NotAfter))
			}
		}
	}
	return m.current, nil
}

func (m *mounted) leaf() *x509.Certificate {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.current.Leaf
}

// warning says that the certificate ends soon: from 21 days before, and with
// more weight at 7 and at 1.
func (c *certificates) warning(now time.Time) (text string, days int) {
	if c == nil {
		return "", 0
	}
	leaf := c.leaf()
	if leaf == nil {
		return "", 0
	}
	left := leaf.NotAfter.Sub(now)
	days = int(left / (24 * time.Hour))
	switch {
	case left <= 0:
		return "the TLS certificate has expired", days
	case days < 21:
		return fmt.Sprintf("the TLS certificate expires in %d days", days), days
	}
	return "", days
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

// plainDoor is what answers on port 80 beside a TLS listener: ACME challenges
// and a redirect for people, but never for the API, whose key would already
// have been sent in the clear (ASVS 5.0 §4.1.2).
func plainDoor(base string, c *certificates) http.Handler {
	h := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.URL.Path) >= 5 && r.URL.Path[:5] == "/api/" || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"type":"about:blank","title":"Use https. What you sent came in the clear: if it had a key in it, revoke the key.","status":403,"code":"request.not_tls"}`))
			return
		}
		http.Redirect(w, r, base+r.URL.RequestURI(), http.StatusPermanentRedirect)
	}))
	if c.http01 != nil {
		return c.http01(h)
	}
	return h
}
