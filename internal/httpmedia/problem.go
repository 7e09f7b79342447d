// SPDX-License-Identifier: Apache-2.0

package httpmedia

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"tillgang/internal/delivery"
	"tillgang/internal/fault"
	"tillgang/internal/id"
)

// status is the whole of the mapping from kinds of faults to HTTP; the same
// numbers as the API's.
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
	fault.Stale:       http.StatusPreconditionFailed,
	fault.Full:        http.StatusInsufficientStorage,
	fault.Unavailable: http.StatusServiceUnavailable,
}

// problem is an answer of RFC 9457, as the API gives it.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Code     string `json:"code"`
	Incident string `json:"incident,omitempty"`
}

// fail answers with the problem that err is. The cause of a failure of ours
// goes to the log under an incident number; the address, which is a secret,
// never does.
func (d *door) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := fault.As(err)
	code := status[e.Kind]
	ctx := r.Context()
	incident := ""
	switch {
	case ctx.Err() != nil && e.Kind == fault.Internal:
		return // the asker has gone; nobody reads an answer
	case e.Code == delivery.CodeRange:
		code = http.StatusRequestedRangeNotSatisfiable
		w.Header().Set("Content-Range", "bytes */"+e.Extra["size"])
	case e.Kind.Ours():
		incident = "inc" + id.New[id.Ticket]().String()[3:]
		level := slog.LevelError
		if e.Kind != fault.Internal {
			level = slog.LevelWarn
		}
		d.Log.LogAttrs(ctx, level, "request failed",
			slog.String("incident", incident), slog.String("route", route(r)), slog.String("code", e.Code), slog.Any("error", err))
	}
	d.problem(w, r, code, e, incident)
}

// route is as much of an address as may be in the log: the rest is a secret.
func route(r *http.Request) string {
	for _, p := range []string{ticketPath, renditionPath} {
		if strings.HasPrefix(r.URL.Path, p) {
			return p
		}
	}
	return ""
}

func (d *door) problem(w http.ResponseWriter, r *http.Request, code int, e *fault.Error, incident string) {
	h := w.Header()
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	body, err := json.Marshal(problem{"about:blank", e.Text, code, e.Code, incident})
	if err != nil {
		body = nil // strings and a number always marshal
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
