// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// orders gets certificates by ACME (RFC 8555): by tls-alpn-01 (RFC 8737) at
// the TLS listener, and by http-01 where plain HTTP is answered.
type orders struct {
	domains []string
	manager *autocert.Manager
	log     *slog.Logger

	mu      sync.Mutex
	leaves  map[string]*x509.Certificate // by domain, the last one seen
	trouble string
}

// askAgain is how often the certificates are looked after. A visitor's
// handshake for a name without one asks sooner.
const askAgain = 15 * time.Minute

func newOrders(cfg Config, transport http.RoundTripper, log *slog.Logger) *certificates {
	o := &orders{domains: cfg.ACMEDomains, log: log, leaves: map[string]*x509.Certificate{}}
	o.manager = &autocert.Manager{
		Prompt: autocert.AcceptTOS, Email: cfg.ACMEEmail,
		HostPolicy: autocert.HostWhitelist(cfg.ACMEDomains...),
		Cache:      autocert.DirCache(filepath.Join(cfg.Data, "acme")),
		Client: &acme.Client{
			DirectoryURL: cfg.ACMEDirectory, UserAgent: "tillgang",
			HTTPClient: &http.Client{Transport: transport, Timeout: time.Minute},
		},
	}
	o.remember(context.Background())
	c := baseTLS(o.get)
	c.NextProtos = append(c.NextProtos, acme.ALPNProto)
	return &certificates{config: c, http01: o.http01, leaf: o.leaf, problem: o.problem, maintain: o.maintain}
}

// remember reads what was got before the last stop.
func (o *orders) remember(ctx context.Context) {
	for _, domain := range o.domains {
		b, err := o.manager.Cache.Get(ctx, domain)
		if err != nil {
			continue
		}
		for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
			if l, err := x509.ParseCertificate(block.Bytes); err == nil { // the key comes first, then the leaf
				o.leaves[domain] = l
				break
			}
		}
	}
}

func (o *orders) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	cert, err := o.manager.GetCertificate(hello)
	if err == nil && cert.Leaf != nil && !slices.Equal(hello.SupportedProtos, []string{acme.ALPNProto}) {
		o.mu.Lock()
		o.leaves[hello.ServerName] = cert.Leaf
		o.mu.Unlock()
	}
	return cert, err
}

// maintain asks for every domain's certificate at once and now and then, so
// that the first visitor need not wait for it and a failure is known before
// one comes. What is there and young is not asked for again.
func (o *orders) maintain(ctx context.Context) {
	tick := time.NewTicker(askAgain)
	defer tick.Stop()
	for {
		trouble := ""
		for _, domain := range o.domains {
			// What today's browsers say: without it they would be taken for old
			// ones that want RSA.
			hello := &tls.ClientHelloInfo{ServerName: domain, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}
			if _, err := o.get(hello); err != nil {
				trouble = "no TLS certificate could be got for " + domain + "; see the log"
				o.log.LogAttrs(ctx, slog.LevelError, "certificate not got", slog.String("domain", domain), slog.Any("error", err))
			}
		}
		o.mu.Lock()
		o.trouble = trouble
		o.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// http01 answers challenges whatever port the request came by: the authority
// asks at port 80, and something in between may say another.
func (o *orders) http01(fallback http.Handler) http.Handler {
	h := o.manager.HTTPHandler(fallback)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host, _, err := net.SplitHostPort(r.Host); err == nil {
			r.Host = host
		}
		h.ServeHTTP(w, r)
	})
}

// leaf returns the certificate that ends first.
func (o *orders) leaf() (first *x509.Certificate) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, l := range o.leaves {
		if first == nil || l.NotAfter.Before(first.NotAfter) {
			first = l
		}
	}
	return first
}

func (o *orders) problem() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.trouble
}
