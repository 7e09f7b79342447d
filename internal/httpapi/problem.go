// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"tillgang/internal/fault"
	"tillgang/internal/id"
)

// status is the whole of the mapping from kinds of faults to HTTP.
var status = map[fault.Kind]int{
	fault.Internal:    http.StatusInternalServerError,
	fault.Invalid:     http.StatusUnprocessableEntity,
	fault.Unauthentic: http.StatusUnauthorized,
	fault.Forbidden:   http.StatusForbidden,
	fault.NotFound:    http.StatusNotFound,
	fault.Conflict:    http.StatusConflict,
	fault.Gone:        http.StatusGone,
	fault.TooLarge:    http.StatusRequestEntityTooLarge,
	fault.TooMany:     http.StatusTooManyRequests,
	fault.Unavailable: http.StatusServiceUnavailable,
	fault.Stale:       http.StatusPreconditionFailed,
	fault.Full:        http.StatusInsufficientStorage,
}

// statusGone stands in the metrics for requests whose asker has gone; it is
// never sent to anybody.
const statusGone = 499

// fail answers with the problem that err is (RFC 9457) and ends the request.
// The cause of an internal failure goes to the log under an incident number
// that the answer shows; the cause itself is never shown.
func (s *server) fail(c *gin.Context, err error) {
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		err = fault.New(fault.TooLarge, "request.too_large", "The request is larger than the "+strconv.FormatInt(tooLong.Limit, 10)+" bytes that are taken here.")
	}
	e := fault.As(err)
	p := Problem{Type: "about:blank", Title: e.Text, Status: status[e.Kind], Code: e.Code}
	if own, ok := tusStatus[e.Code]; ok && tusOps[operationOf(c).id] {
		p.Status = own
	}
	if e.Field != nil {
		p.Errors = &e.Field
	}
	if v, ok := e.Extra["id"]; ok {
		p.Id = &v
	}
	if v, err := strconv.ParseInt(e.Extra["version"], 10, 64); err == nil {
		p.Version = &v
	}
	if v, ok := e.Extra["needs"]; ok {
		_ = json.Unmarshal([]byte(v), &p.Needs) // written by the room
	}
	if v, ok := e.Extra["weakens"]; ok {
		p.Weakens = &v
	}
	ctx := c.Request.Context()
	switch {
	case errors.Is(ctx.Err(), context.Canceled) && e.Kind == fault.Internal:
		c.AbortWithStatus(statusGone) // the asker has gone; nobody reads an answer
		return
	case ctx.Err() != nil && e.Kind == fault.Internal:
		e = &fault.Error{
			Kind: fault.Unavailable, Code: "request.too_slow", RetryAfter: 10, Err: err,
			Text: "The answer took too long. Try again in a moment, or ask for less at once.",
		}
		p.Title, p.Status, p.Code = e.Text, status[e.Kind], e.Code
		fallthrough
	case e.Kind.Ours():
		incident := newIncident()
		p.Incident = &incident
		s.Log.LogAttrs(ctx, levelOf(e.Kind), "request failed",
			slog.String("incident", incident), slog.String("operation", operationOf(c).id), slog.String("code", e.Code), slog.Any("error", err))
	}
	h := c.Writer.Header()
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	if e.Kind == fault.Unauthentic {
		h.Set("WWW-Authenticate", `Bearer realm="tillgang"`)
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	c.Status(p.Status)
	_ = json.NewEncoder(c.Writer).Encode(p)
	c.Abort()
}

// newIncident names one failure, for the answer and for the log.
func newIncident() string {
	return "inc" + id.New[id.Ticket]().String()[3:]
}

func levelOf(k fault.Kind) slog.Level {
	if k == fault.Internal {
		return slog.LevelError
	}
	return slog.LevelWarn
}

// malformed is the fault for a request that is not what the contract says.
func malformed(err error) error {
	return &fault.Error{Kind: fault.Invalid, Code: "request.malformed", Text: "The request is not as the API describes it. See /api/docs.", Err: err}
}
