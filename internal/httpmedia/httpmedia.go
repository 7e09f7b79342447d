// SPDX-License-Identifier: Apache-2.0

// Package httpmedia is the door that bytes leave by: originals and sizes with a
// ticket, under /d/, and renditions with a signature, under /r/. It reads and
// sets no cookies, so it can stand under a host name of its own.
//
// What people uploaded is only ever handed out as an attachment that a browser
// does not open as a page: nosniff, and a policy that permits nothing.
package httpmedia

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"tillgang/internal/delivery"
	"tillgang/internal/fault"
)

// Config is what the door needs.
type Config struct {
	Delivery       *delivery.Service
	Log            *slog.Logger
	Now            func() time.Time // the real time: connections' deadlines follow it
	TrustedProxies []netip.Prefix   // whose X-Forwarded-For is believed
	Stall          time.Duration    // how long a client may take no bytes before it is cut; zero: a minute
}

// Beginnings of the paths that lead to bytes.
const (
	ticketPath    = "/d/"
	renditionPath = "/r/"
)

type door struct {
	Config
	guesses *guesses
	rest    *gin.Engine // all but renditions
}

// ServeHTTP implements http.Handler. A page shows many renditions: they take the
// shortest way.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, renditionPath) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		d.rendition(w, r)
		return
	}
	d.rest.ServeHTTP(w, r)
}

// New returns the door as a handler of GET and HEAD under /d/ and /r/. Files
// leave fastest on connections of Listener.
func New(cfg Config) (http.Handler, error) {
	d := &door{Config: cfg, guesses: newGuesses()}
	if d.Stall <= 0 {
		d.Stall = time.Minute
	}
	gin.SetMode(gin.ReleaseMode) // else it writes to standard output
	r := gin.New()
	r.RedirectTrailingSlash = false
	r.HandleMethodNotAllowed = true
	proxies := make([]string, len(cfg.TrustedProxies))
	for i, p := range cfg.TrustedProxies {
		proxies[i] = p.String()
	}
	if err := r.SetTrustedProxies(proxies); err != nil {
		return nil, fmt.Errorf("trusted proxies: %w", err)
	}
	r.Use(d.guard)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		r.Handle(method, ticketPath+":token", d.ticket)
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions} {
		r.Handle(method, renditionPath+"*path", d.readOnly)
	}
	r.NoRoute(func(c *gin.Context) {
		d.fail(c.Writer, c.Request, fault.New(fault.NotFound, "not_found", "There is nothing here by that address."))
	})
	r.NoMethod(d.readOnly)
	d.rest = r
	return d, nil
}

func (d *door) readOnly(c *gin.Context) {
	c.Header("Allow", "GET, HEAD")
	d.problem(c.Writer, c.Request, http.StatusMethodNotAllowed, fault.New(fault.Invalid, "request.method", "Only GET and HEAD work here."), "")
}

// What every answer carries. The values are shared and never changed.
var (
	nosniff    = []string{"nosniff"}
	policy     = []string{"sandbox; default-src 'none'"}
	noReferrer = []string{"no-referrer"}
	sameSite   = []string{"same-site"}
	ranges     = []string{"bytes"}
)

func guarded(h http.Header) {
	h["X-Content-Type-Options"] = nosniff
	h["Content-Security-Policy"] = policy
	h["Referrer-Policy"] = noReferrer
	h["Cross-Origin-Resource-Policy"] = sameSite
}

// guard sets what every answer carries and turns a defect into an answer.
func (d *door) guard(c *gin.Context) {
	guarded(c.Writer.Header())
	defer func() { d.panicked(c.Writer, c.Request, recover(), c.Writer.Written()) }()
	c.Next()
}

// panicked turns a defect into an answer, or cuts one that has begun.
func (d *door) panicked(w http.ResponseWriter, r *http.Request, p any, begun bool) {
	switch {
	case p == nil:
	case p == http.ErrAbortHandler: //nolint:errorlint // a panic's value, compared as net/http does
		panic(p)
	case begun:
		d.Log.ErrorContext(r.Context(), "request panicked", slog.String("panic", fault.Panicked(p)), slog.String("stack", string(debug.Stack())))
		panic(http.ErrAbortHandler)
	default:
		d.fail(w, r, fmt.Errorf("panic: %s\n%s", fault.Panicked(p), debug.Stack()))
	}
}

// from is the asker's address; the zero Addr if it has none.
func from(c *gin.Context) netip.Addr {
	a, _ := netip.ParseAddr(c.ClientIP())
	return a.Unmap()
}

func rangeOf(r *http.Request) delivery.Range {
	h := r.Header
	out := delivery.Range{IfRange: h.Get("If-Range")}
	switch all := h["Range"]; len(all) {
	case 0:
	case 1:
		out.Range = all[0]
	default: // several fields are several ranges
		out.Range = strings.Join(all, ",")
	}
	return out
}

// ticket answers /d/: the bytes that a ticket gives a right to.
func (d *door) ticket(c *gin.Context) {
	token := c.Param("token")
	if strings.HasPrefix(token, delivery.ArchivePrefix) {
		d.archive(c, token)
		return
	}
	r := c.Request
	ctx := r.Context()
	head := r.Method == http.MethodHead
	c.Header("Cache-Control", "private, no-store")
	st, err := d.Delivery.Redeem(ctx, token, delivery.Fetch{Range: rangeOf(r), Head: head, From: from(c)})
	if err != nil {
		if fault.CodeOf(err) == "ticket.not_found" && d.guesses.more(from(c), d.Now()) {
			err = tooManyGuesses()
		}
		d.fail(c.Writer, r, err)
		return
	}
	defer func() {
		if err := st.Close(ctx); err != nil {
			d.Log.WarnContext(ctx, "download not settled", slog.String("ticket", st.Ticket()), slog.Any("error", err))
		}
	}()
	h := c.Writer.Header()
	h.Set("Content-Type", st.MediaType)
	h.Set("Content-Disposition", delivery.Disposition(st.Name, st.MediaType))
	c.Status(described(h, st.ETag, st.Span, st.Size))
	c.Writer.WriteHeaderNow()
	if head {
		return
	}
	// Gin's writer hides the connection's ReadFrom, and with it sendfile.
	w := c.Writer.(interface{ Unwrap() http.ResponseWriter }).Unwrap()
	if err := d.send(w, r, st.Body, func(n int64) error { return st.Sent(ctx, n) }); err != nil {
		d.cut(r, err, st.Ticket())
	}
}

// described sets the header fields of an answer of bytes and returns its status.
func described(h http.Header, etag string, span delivery.Span, size int64) int {
	h["Etag"], h["Accept-Ranges"] = []string{etag}, ranges
	return spanned(h, span, size)
}

// spanned sets those that say which bytes of the file the answer has.
func spanned(h http.Header, span delivery.Span, size int64) int {
	h["Content-Length"] = []string{strconv.FormatInt(span.Length, 10)}
	if span.Partial {
		h["Content-Range"] = []string{fmt.Sprintf("bytes %d-%d/%d", span.First, span.First+span.Length-1, size)}
		return http.StatusPartialContent
	}
	return http.StatusOK
}

// cut ends an answer that cannot be finished so that its receiver sees that it
// is not whole.
func (d *door) cut(r *http.Request, err error, ticket string) {
	ctx := r.Context()
	switch k := fault.KindOf(err); {
	case errors.Is(err, errGone), ctx.Err() != nil:
	case k.Ours():
		d.Log.ErrorContext(ctx, "download broke", slog.String("ticket", ticket), slog.Any("error", err))
	default:
		d.Log.InfoContext(ctx, "download was cut", slog.String("ticket", ticket), slog.String("code", fault.CodeOf(err)))
	}
	panic(http.ErrAbortHandler)
}
