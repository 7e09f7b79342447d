// SPDX-License-Identifier: Apache-2.0

// Package webapp is the door for people's browsers. The browser app (source in
// ui/app, built into ui/dist) talks to the API; the pages for signing in are
// written by the server and work without scripts. It translates between forms
// and the rooms' verbs and decides nothing.
package webapp

import (
	"context"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/delivery"
	"tillgang/internal/fault"
	"tillgang/internal/link"
	"tillgang/internal/rendition"
	"tillgang/internal/request"
)

//go:embed ui/pages ui/static ui/words all:ui/dist
var files embed.FS

// Config is what the house gives this door.
type Config struct {
	Accounts   *account.Service
	Links      *link.Service
	Renditions *rendition.Service
	Delivery   *delivery.Service
	Requests   *request.Service

	Log *slog.Logger
	Now func() time.Time

	BaseURL        string         // where people reach the server, without a slash at the end
	MediaURL       string         // where bytes are fetched; empty: the same host
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed
	Version        string         // of the program, for the addresses of its own files
}

type door struct {
	Config
	pages  map[string]*template.Template
	words  catalogue
	csp    string // of the pages that the server writes
	appCSP string // of the browser app

	shareCSP string // of the pages for people outside, which have no scripts
}

// New returns the door.
func New(cfg Config) (http.Handler, error) {
	words, err := readWords(files)
	if err != nil {
		return nil, err
	}
	d := &door{Config: cfg, words: words}
	if d.pages, err = d.readPages(); err != nil {
		return nil, err
	}
	images, media := "'self'", ""
	if cfg.MediaURL != "" {
		media = " " + cfg.MediaURL
		images += media
	}
	d.appCSP = appPolicy(media)
	d.csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src " + images + "; connect-src 'self'; form-action 'self' " + cfg.MediaURL +
		"; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
	d.shareCSP = "default-src 'none'; style-src 'self'; img-src " + images + "; form-action 'self'" + media + "; frame-ancestors 'none'; base-uri 'none'"
	share, err := readSharePages()
	if err != nil {
		return nil, err
	}
	maps.Copy(d.pages, share)
	static, err := fs.Sub(files, "ui/static")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /static/", http.StripPrefix("/static/", cached(http.FileServerFS(static))))
	mux.Handle("GET /app/", appFiles())
	for _, place := range []string{
		"/{$}", "/assets/{id}", "/collections", "/collections/{id}", "/links", "/requests", "/inbox", "/duplicates", "/bin", "/exchange", "/jobs",
		"/admin", "/admin/{part}", "/admin/{part}/{id}", "/preferences", "/notices", "/notices/{id}", "/help", "/help/{topic}",
	} {
		mux.Handle("GET "+place, d.signedIn(d.app))
	}
	for pattern, h := range map[string]handler{
		"GET /password":  d.passwordPage,
		"POST /password": d.setPassword,
		"POST /sign-out": d.signOut,
	} {
		mux.Handle(pattern, d.signedIn(h))
	}
	for pattern, h := range d.requestRoutes() {
		mux.Handle(pattern, d.open(h))
	}
	for pattern, h := range map[string]handler{
		"GET /accessibility":   d.statement,
		"GET /app.webmanifest": d.manifest,
		"GET /app-icon/{name}": d.icon,
		"GET /sw.js":           d.worker,
		"GET /offline":         d.offline,
		"POST /share":          d.taken,

		"GET /sign-in":       d.signInPage,
		"POST /sign-in":      d.signIn,
		"GET /sign-in/link":  d.linkPage,
		"POST /sign-in/link": d.redeemLink,
		"POST /language":     d.chooseLanguage,
		"/":                  d.nothing,
	} {
		mux.Handle(pattern, d.open(h))
	}
	d.shares(mux)
	return mux, nil
}

// handler answers one request, or says what went wrong.
type handler func(v *visit) error

// visit is one request.
type visit struct {
	*door
	w    http.ResponseWriter
	r    *http.Request
	ctx  context.Context //nolint:containedctx // the request's own; a visit does not outlive it
	who  access.Actor
	me   account.Me
	lang string
	here string // where to come back to, if not the page's own address
}

// maxForm bounds a form without files, in bytes.
const maxForm = 1 << 20

// open serves pages that need no session; who is signed in is known all the same.
func (d *door) open(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{door: d, w: w, r: r, ctx: r.Context(), lang: d.words.choose(r)}
		defer v.recover()
		head := w.Header()
		head.Set("Content-Security-Policy", d.csp)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "same-origin")
		head.Set("Cache-Control", "no-store")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		if r.Method == http.MethodPost && !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
			if err := r.ParseForm(); err != nil {
				v.fail(fault.New(fault.TooLarge, "request.too_large", "The form is too large."))
				return
			}
		}
		if token := v.cookie(cookieTLS, cookiePlain); token != "" {
			who, err := d.Accounts.ActorBySession(r.Context(), token)
			switch {
			case err == nil:
				v.who = who
				if v.me, err = d.Accounts.Me(r.Context(), who); err != nil {
					v.fail(err)
					return
				}
				if d.words[v.me.Language] != nil { // what a person has chosen holds wherever they sign in
					v.lang = v.me.Language
				}
			case fault.KindOf(err) != fault.Unauthentic:
				v.fail(err)
				return
			}
		}
		if err := h(v); err != nil {
			v.fail(err)
		}
	})
}

// signedIn sends whoever is not signed in to the sign-in page, and back afterwards.
func (d *door) signedIn(h handler) http.Handler {
	return d.open(func(v *visit) error {
		if v.who.Kind == access.Nobody {
			to := "/sign-in"
			if back := v.back(); back != "/" {
				to += "?to=" + url.QueryEscape(back)
			}
			return v.redirect(to)
		}
		return h(v)
	})
}

// back is where somebody who has to sign in first goes on: the page they asked
// for.
func (v *visit) back() string {
	if v.r.Method == http.MethodGet {
		return v.r.URL.RequestURI()
	}
	return "/"
}

func (v *visit) recover() {
	if p := recover(); p != nil {
		if p == http.ErrAbortHandler { //nolint:errorlint // the value net/http documents for this
			panic(p)
		}
		v.Log.LogAttrs(v.ctx, slog.LevelError, "page panicked", slog.String("panic", fault.Panicked(p)), slog.String("stack", string(debug.Stack())))
		v.fail(errors.New("panic"))
	}
}

func (v *visit) redirect(to string) error {
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// inside returns to if it is a path of this site, else "/".
func inside(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}

func (d *door) nothing(v *visit) error {
	if v.who.Kind == access.Nobody {
		return fault.New(fault.NotFound, "request.not_found", "")
	}
	return access.NotFound("page")
}

// cached lets browsers keep our own files: their addresses carry the version.
func cached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if strings.HasSuffix(r.URL.Path, "/") || r.URL.Path == "" {
			http.NotFound(w, r) // no lists of files
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		next.ServeHTTP(w, r)
	})
}
