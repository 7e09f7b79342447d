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

type door struct {
	Config
	guesses *guesses
}

// New returns the door as a handler of GET and HEAD under /d/ and /r/.
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
		r.Handle(method, "/d/:token", d.ticket)
		r.Handle(method, "/r/*path", d.rendition)
	}
	r.NoRoute(func(c *gin.Context) {
		d.fail(c, fault.New(fault.NotFound, "not_found", "There is nothing here by that address."))
	})
	r.NoMethod(func(c *gin.Context) {
		c.Header("Allow", "GET, HEAD")
		d.problem(c, http.StatusMethodNotAllowed, fault.New(fault.Invalid, "request.method", "Only GET and HEAD work here."), "")
	})
	return r, nil
}

// guard sets what every answer carries and turns a defect into an answer.
func (d *door) guard(c *gin.Context) {
	h := c.Writer.Header()
	h["X-Content-Type-Options"] = []string{"nosniff"}
	h["Content-Security-Policy"] = []string{"sandbox; default-src 'none'"}
	h["Referrer-Policy"] = []string{"no-referrer"}
	h["Cross-Origin-Resource-Policy"] = []string{"same-site"}
	defer func() {
		switch p := recover(); {
		case p == nil:
		case p == http.ErrAbortHandler: //nolint:errorlint // a panic's value, compared as net/http does
			panic(p)
		case c.Writer.Written():
			d.Log.ErrorContext(c.Request.Context(), "request panicked", slog.String("panic", fault.Panicked(p)), slog.String("stack", string(debug.Stack())))
			panic(http.ErrAbortHandler)
		default:
			d.fail(c, fmt.Errorf("panic: %s\n%s", fault.Panicked(p), debug.Stack()))
		}
	}()
	c.Next()
}

// from is the asker's address; the zero Addr if it has none.
func from(c *gin.Context) netip.Addr {
	a, _ := netip.ParseAddr(c.ClientIP())
	return a.Unmap()
}

func rangeOf(c *gin.Context) delivery.Range {
	h := c.Request.Header
	r := delivery.Range{IfRange: h.Get("If-Range")}
	switch all := h["Range"]; len(all) {
	case 0:
	case 1:
		r.Range = all[0]
	default: // several fields are several ranges
		r.Range = strings.Join(all, ",")
	}
	return r
}

// ticket answers /d/: the bytes that a ticket gives a right to.
func (d *door) ticket(c *gin.Context) {
	token := c.Param("token")
	if strings.HasPrefix(token, delivery.ArchivePrefix) {
		d.archive(c, token)
		return
	}
	ctx := c.Request.Context()
	head := c.Request.Method == http.MethodHead
	c.Header("Cache-Control", "private, no-store")
	st, err := d.Delivery.Redeem(ctx, token, delivery.Fetch{Range: rangeOf(c), Head: head, From: from(c)})
	if err != nil {
		if fault.CodeOf(err) == "ticket.not_found" && d.guesses.more(from(c), d.Now()) {
			err = tooManyGuesses()
		}
		d.fail(c, err)
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
	d.head(c, st.ETag, st.Span, st.Size)
	if head {
		c.Writer.WriteHeaderNow()
		return
	}
	if err := d.send(c, st.Body, func(n int64) error { return st.Sent(ctx, n) }); err != nil {
		d.cut(c, err, st.Ticket())
	}
}

// rendition answers /r/: a rendition under its signed address.
func (d *door) rendition(c *gin.Context) {
	ctx := c.Request.Context()
	now := d.Now()
	l, err := d.Delivery.VerifyRendition(c.Request.URL.Path, now)
	if err != nil {
		d.fail(c, err)
		return
	}
	h := c.Writer.Header()
	h["Cache-Control"] = []string{"private, max-age=" + strconv.Itoa(int(l.Ends.Sub(now)/time.Second)) + ", immutable"}
	if matches(c.Request.Header.Get("If-None-Match"), l.ETag) {
		h["Etag"] = []string{l.ETag}
		c.Status(http.StatusNotModified)
		c.Writer.WriteHeaderNow()
		return
	}
	body, span, err := l.Open(ctx, rangeOf(c))
	if err != nil {
		h.Del("Cache-Control")
		d.fail(c, err)
		return
	}
	defer func() { _ = body.Close() }()
	h["Content-Type"] = []string{l.MediaType}
	d.head(c, l.ETag, span, body.Info().Size)
	if c.Request.Method == http.MethodHead {
		c.Writer.WriteHeaderNow()
		return
	}
	if err := d.send(c, body, nil); err != nil {
		d.cut(c, err, "")
	}
}

// head sets the status and header fields of an answer of bytes.
func (d *door) head(c *gin.Context, etag string, span delivery.Span, size int64) {
	h := c.Writer.Header()
	h["Etag"] = []string{etag}
	h["Accept-Ranges"] = []string{"bytes"}
	h["Content-Length"] = []string{strconv.FormatInt(span.Length, 10)}
	c.Status(http.StatusOK)
	if span.Partial {
		h["Content-Range"] = []string{fmt.Sprintf("bytes %d-%d/%d", span.First, span.First+span.Length-1, size)}
		c.Status(http.StatusPartialContent)
	}
}

// matches reports whether an If-None-Match names the ETag (RFC 9110 §13.1.2:
// the weak comparison).
func matches(field, etag string) bool {
	if field == "" {
		return false
	}
	for part := range strings.SplitSeq(field, ",") {
		part = strings.TrimSpace(part)
		if part == "*" || strings.TrimPrefix(part, "W/") == etag {
			return true
		}
	}
	return false
}

// cut ends an answer that cannot be finished so that its receiver sees that it
// is not whole.
func (d *door) cut(c *gin.Context, err error, ticket string) {
	ctx := c.Request.Context()
	switch k := fault.KindOf(err); {
	case errors.Is(err, errGone), ctx.Err() != nil:
	case k.Ours():
		d.Log.ErrorContext(ctx, "download broke", slog.String("ticket", ticket), slog.Any("error", err))
	default:
		d.Log.InfoContext(ctx, "download was cut", slog.String("ticket", ticket), slog.String("code", fault.CodeOf(err)))
	}
	panic(http.ErrAbortHandler)
}
