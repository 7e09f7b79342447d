// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"io"
	"net/http"
	"strings"
	"time"
)

// patient is a request body that may take as long as it likes as a whole, but
// not stand still: a client that sends nothing for stalledTime is cut off.
type patient struct {
	io.ReadCloser
	control *http.ResponseController
	now     func() time.Time
	until   time.Time
}

// Read reads on, moving the deadline when half of it has passed.
func (p *patient) Read(b []byte) (int, error) {
	p.extend()
	return p.ReadCloser.Read(b)
}

func (p *patient) extend() {
	if now := p.now(); p.until.Sub(now) < stalledTime/2 {
		p.until = now.Add(stalledTime)
		_ = p.control.SetReadDeadline(p.until) // a writer that has no deadline is one of a test
	}
}

// The session cookie's names: the first can only be set over TLS, for the
// whole host and no other (RFC 6265bis §4.1.3.2); the second is for plain http
// on the machine itself.
const (
	cookieTLS    = "__Host-s"
	cookiePlain  = "tg_s"
	deviceTLS    = "__Host-dev"
	devicePlain  = "tg_dev"
	deviceMaxAge = 365 * 24 * 60 * 60
)

func (s *server) overTLS() bool { return strings.HasPrefix(s.BaseURL, "https://") }

func (s *server) cookieName(tls, plain string) string {
	if s.overTLS() {
		return tls
	}
	return plain
}

func (s *server) sessionCookie(r *http.Request) string { return s.cookie(r, cookieTLS, cookiePlain) }

func (s *server) deviceCookie(r *http.Request) string { return s.cookie(r, deviceTLS, devicePlain) }

func (s *server) cookie(r *http.Request, tls, plain string) string {
	c, err := r.Cookie(s.cookieName(tls, plain))
	if err != nil {
		return ""
	}
	return c.Value
}

func (s *server) setCookie(w http.ResponseWriter, tls, plain, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // G124: Secure whenever the site is reached over TLS
		Name: s.cookieName(tls, plain), Value: value, Path: "/", MaxAge: maxAge,
		Secure: s.overTLS(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
