// SPDX-License-Identifier: Apache-2.0

package webapp_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
	"tillgang/internal/secret"
	"tillgang/internal/webapp"
)

// world is the door before a real account room, on a database of its own.
type world struct {
	t        *testing.T
	db       *pg.DB
	accounts *account.Service
	url      string
	admin    access.Actor
	log      *lines
}

// lines collects what is logged.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const password = "kaffekopp-vinterdäck-lupiner-tub"

func newWorld(t *testing.T) (*world, *browser) {
	t.Helper()
	w := &world{t: t, db: pgtest.New(t), log: &lines{}}
	now := func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
	log := slog.New(slog.NewTextHandler(w.log, nil))
	var err error
	w.accounts, err = account.New(w.db, now, account.Config{Key: bytes.Repeat([]byte("k"), 32), Hash: account.MinimumHashCost, Log: log})
	must(t, err)
	token, err := w.accounts.Bootstrap(t.Context(), account.First{})
	must(t, err)
	pages, err := webapp.New(webapp.Config{
		Accounts: w.accounts, Log: log, Now: now, BaseURL: "http://localhost", Version: "test",
	})
	must(t, err)
	s := httptest.NewServer(pages)
	t.Cleanup(s.Close)
	w.url = s.URL
	b := w.browser()
	b.signInByLink(token.Reveal())
	b.post("/password", "password", password, "twice", password).is(http.StatusSeeOther)
	in, err := w.accounts.SignIn(t.Context(), account.Attempt{Email: "admin@localhost", Password: secret.Exactly(password)})
	must(t, err)
	w.admin = in.Who
	return w, b
}

// browser keeps cookies and follows nothing by itself.
type browser struct {
	*http.Client
	w        *world
	language string
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	must(w.t, err)
	return &browser{w: w, language: "en", Client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// person signs somebody new in, who has no right at all.
func (w *world) person(email string) (*browser, id.Account) {
	w.t.Helper()
	link, err := w.accounts.Invite(w.t.Context(), w.admin, account.NewAccount{Email: email, Name: "Eva Ek"}, false)
	must(w.t, err)
	b := w.browser()
	b.signInByLink(link.Token.Reveal())
	return b, link.Account.ID
}

func (b *browser) signInByLink(token string) {
	b.w.t.Helper()
	b.post("/sign-in/link", "token", "http://localhost/sign-in/link#"+token).is(http.StatusSeeOther)
}

// shown is an answer, read to its end.
type shown struct {
	*http.Response
	t    *testing.T
	text string
}

func (b *browser) do(method, path, contentType string, body io.Reader) shown {
	b.w.t.Helper()
	r, err := http.NewRequestWithContext(b.w.t.Context(), method, b.w.url+path, body)
	must(b.w.t, err)
	r.Header.Set("Accept-Language", b.language)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	answer, err := b.Do(r)
	must(b.w.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(b.w.t, err)
	return shown{answer, b.w.t, string(text)}
}

func (b *browser) get(path string) shown {
	b.w.t.Helper()
	return b.do(http.MethodGet, path, "", nil)
}

func (b *browser) post(path string, pairs ...string) shown {
	b.w.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.do(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (s shown) is(status int) shown {
	s.t.Helper()
	if s.StatusCode != status {
		s.t.Fatalf("%s %s: %d, want %d\n%s", s.Request.Method, s.Request.URL.Path, s.StatusCode, status, s.text)
	}
	return s
}

func (s shown) has(texts ...string) shown {
	s.t.Helper()
	for _, text := range texts {
		if !strings.Contains(s.text, text) {
			s.t.Errorf("%s %s does not say %q:\n%s", s.Request.Method, s.Request.URL.Path, text, s.text)
		}
	}
	return s
}

func (s shown) lacks(texts ...string) shown {
	s.t.Helper()
	for _, text := range texts {
		if strings.Contains(s.text, text) {
			s.t.Errorf("%s %s says %q:\n%s", s.Request.Method, s.Request.URL.Path, text, s.text)
		}
	}
	return s
}

func (s shown) to() string { return s.Header.Get("Location") }
