// SPDX-License-Identifier: Apache-2.0

// Package httpapi is the door for people's browsers and for plugins: JSON over
// HTTP as api/openapi.yaml says it. It translates and decides nothing. The
// bytes of files leave through another door; they come in here, streamed.
package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/bulk"
	"tillgang/internal/collection"
	"tillgang/internal/delivery"
	"tillgang/internal/discussion"
	"tillgang/internal/effect"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/ingest"
	"tillgang/internal/link"
	"tillgang/internal/notice"
	"tillgang/internal/relation"
	"tillgang/internal/rendition"
	"tillgang/internal/request"
	"tillgang/internal/search"
	"tillgang/internal/statistics"
	"tillgang/internal/work"
)

// Config is what the house gives this door.
type Config struct {
	Accounts    *account.Service
	Audit       *audit.Service
	Folders     *folder.Service
	Assets      *asset.Service
	Ingest      *ingest.Service
	Renditions  *rendition.Service
	Search      *search.Service
	Collections *collection.Service
	Discussion  *discussion.Service
	Relations   *relation.Service
	Links       *link.Service
	Bulk        *bulk.Service
	Requests    *request.Service
	Delivery    *delivery.Service
	Work        *work.Service
	Statistics  *statistics.Service
	Notices     *notice.Service
	Effects     *effect.Service

	Log *slog.Logger
	Now func() time.Time

	BaseURL        string         // where people reach the server, without a slash at the end
	MediaURL       string         // where bytes are fetched; empty: the same host, as relative URLs
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed
	Destinations   func() DestinationList
	Observe        func(operation string, status int, took time.Duration) // for metrics; nil: nobody looks
}

// DestinationList is the reviewed list of where data may go, as the house knows it.
type DestinationList struct {
	Countries []string
	Items     []Destination
}

type server struct {
	Config
	contract *contract
}

var _ StrictServerInterface = (*server)(nil)

// Limits of requests. An upload has no time limit as a whole, but it must go on.
const (
	maxBody     = 1 << 20 // bytes of a JSON body
	answerTime  = 30 * time.Second
	stalledTime = 60 * time.Second
)

// New returns the door: /api/v1 and its documentation.
func New(cfg Config) (http.Handler, error) {
	contract, err := theContract()
	if err != nil {
		return nil, err
	}
	s := &server{Config: cfg, contract: contract}
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.ContextWithFallback = true // else handlers get a context that never ends
	r.HandleMethodNotAllowed = false
	r.RedirectTrailingSlash = false // an address is right or there is nothing
	proxies := make([]string, len(cfg.TrustedProxies))
	for i, p := range cfg.TrustedProxies {
		proxies[i] = p.String()
	}
	if err := r.SetTrustedProxies(proxies); err != nil {
		return nil, err
	}
	r.Use(s.observe, s.recover, s.headers, s.find, s.tus, s.limit, s.authenticate, s.validate)
	r.NoRoute(func(c *gin.Context) {
		s.fail(c, fault.New(fault.NotFound, "request.not_found", "There is nothing at this address. See /api/docs."))
	})
	strict := NewStrictHandlerWithOptions(s, nil, StrictGinServerOptions{
		RequestErrorHandlerFunc:  func(c *gin.Context, err error) { s.fail(c, malformed(err)) },
		HandlerErrorFunc:         s.fail,
		ResponseErrorHandlerFunc: s.fail,
	})
	RegisterHandlersWithOptions(r, strict, GinServerOptions{
		ErrorHandler: func(c *gin.Context, err error, _ int) { s.fail(c, malformed(err)) },
	})
	s.tusRoutes(r)
	s.documentation(r)
	return overridden(r), nil
}

// observe measures each request; neither paths nor addresses are kept.
func (s *server) observe(c *gin.Context) {
	begin := s.Now()
	c.Next()
	if s.Observe != nil {
		s.Observe(operationOf(c).id, c.Writer.Status(), s.Now().Sub(begin))
	}
}

// recover turns a panic into an incident; the process goes on.
func (s *server) recover(c *gin.Context) {
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler { //nolint:errorlint // the value net/http documents for this
				panic(v)
			}
			err := fmt.Errorf("handler panicked: %s\n%s", fault.Panicked(v), debug.Stack())
			if c.Writer.Written() {
				s.Log.LogAttrs(c.Request.Context(), slog.LevelError, "answer broken off", slog.Any("error", err))
				panic(http.ErrAbortHandler) // its receiver must see that it is not whole
			}
			s.fail(c, err)
		}
	}()
	c.Next()
}

// headers that every answer of this door carries.
func (s *server) headers(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
}

// limit bounds the body and the time of a request. An upload is bounded by
// its room in size, and in time by having to go on.
func (s *server) limit(c *gin.Context) {
	if unhurried[operationOf(c).id] {
		return // its body is bounded by the room, and looks after its deadline itself
	}
	if takesFile(operationOf(c).id) {
		c.Request.Body = &patient{ReadCloser: c.Request.Body, control: http.NewResponseController(c.Writer), now: s.Now}
		return
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	if operationOf(c).id == "exportMetadata" || operationOf(c).id == "exportAudit" {
		return // a table takes as long as its reader does
	}
	whole := c.Request
	ctx, cancel := context.WithTimeout(whole.Context(), answerTime)
	defer func() {
		cancel()
		c.Request = whole // a panic is answered after this: its asker has not gone
	}()
	c.Request = whole.WithContext(ctx)
	c.Next()
}

const actorKey = "tillgang.actor"

// authenticate finds out who asks. Only operations that the contract calls
// public go on without an answer.
func (s *server) authenticate(c *gin.Context) {
	op := operationOf(c)
	if op.id == "" { // no route, or documentation: nothing that needs to know
		return
	}
	who, err := s.whoAsks(c)
	if err != nil && op.permission != "public" {
		s.fail(c, err)
		return
	}
	c.Set(actorKey, who)
}

func (s *server) whoAsks(c *gin.Context) (access.Actor, error) {
	if header := c.GetHeader("Authorization"); header != "" {
		scheme, key, _ := strings.Cut(header, " ")
		if strings.EqualFold(scheme, "Delivery") && tusOps[operationOf(c).id] { // a sender from outside: files in pieces, and nothing else
			return s.Requests.Outside().ActorByReceipt(c.Request.Context(), strings.TrimSpace(key))
		}
		if !strings.EqualFold(scheme, "Bearer") || key == "" {
			return access.Actor{}, fault.New(fault.Unauthentic, "access.unauthenticated", "Send the key as `Authorization: Bearer tg_…`.")
		}
		return s.Accounts.ActorByKey(c.Request.Context(), strings.TrimSpace(key), clientIP(c))
	}
	if token := s.sessionCookie(c.Request); token != "" {
		return s.Accounts.ActorBySession(c.Request.Context(), token)
	}
	return access.Actor{}, fault.New(fault.Unauthentic, "access.unauthenticated", "Sign in first, or send an API key as `Authorization: Bearer tg_…`.")
}

// actor returns who asks, as authenticate found it.
func actor(ctx context.Context) access.Actor {
	a, _ := ctx.Value(actorKey).(access.Actor)
	return a
}

// ginOf returns the request behind a strict handler's context.
func ginOf(ctx context.Context) *gin.Context {
	c, _ := ctx.(*gin.Context)
	return c
}

func clientIP(c *gin.Context) netip.Addr {
	ip, _ := netip.ParseAddr(c.ClientIP())
	return ip.Unmap()
}
