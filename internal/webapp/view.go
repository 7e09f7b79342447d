// SPDX-License-Identifier: Apache-2.0

package webapp

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tillgang/internal/fault"
	"tillgang/internal/id"
)

// readPages parses the layout with each page.
func (d *door) readPages() (map[string]*template.Template, error) {
	names, err := fs.Glob(files, "ui/pages/*.html")
	if err != nil {
		return nil, err
	}
	pages := map[string]*template.Template{}
	for _, n := range names {
		name := strings.TrimSuffix(path.Base(n), ".html")
		if name == "layout" {
			continue
		}
		t, err := template.New("layout.html").ParseFS(files, "ui/pages/layout.html", n)
		if err != nil {
			return nil, err
		}
		pages[name] = t
	}
	return pages, nil
}

// page is what the layout is written from.
type page struct {
	*visit
	Title string
	Data  any
}

// T says a text in the visitor's language.
func (p page) T(key string, args ...any) string { return p.say(key, args...) }

// Lang is the visitor's language.
func (p page) Lang() string { return p.lang }

// Languages are those of the switcher.
func (page) Languages() any { return languages }

// Here is the address of the page, for coming back to it.
func (p page) Here() string {
	if p.here != "" {
		return p.here
	}
	if p.r.Method != http.MethodGet {
		return "/"
	}
	return p.r.URL.RequestURI()
}

// Email is the address of who is signed in.
func (p page) Email() string { return p.me.Email }

// In reports whether somebody is signed in.
func (p page) In() bool { return !p.who.Account.IsZero() }

// Name is who is signed in.
func (p page) Name() string { return p.me.Name }

// Tenant is the organisation's name.
func (p page) Tenant() string { return p.me.Tenant.Name }

// File is the address of one of our own files.
func (p page) File(name string) string {
	return "/static/" + name + "?v=" + template.URLQueryEscaper(p.Version)
}

// Bytes writes a size for people.
func (p page) Bytes(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	f, i := float64(n), 0
	for f >= 999.5 && i < len(units)-1 {
		f, i = f/1000, i+1
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if i > 0 {
		s = strconv.FormatFloat(f, 'f', 1, 64)
	}
	if p.lang != "en" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s + "\u00a0" + units[i]
}

// Number writes a count for people, in groups of three.
func (p page) Number(n int) string {
	s := strconv.Itoa(n)
	group := "\u00a0"
	switch p.lang {
	case "en":
		group = ","
	case "da":
		group = "."
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + group + s[i:]
	}
	return s
}

// Time is a point in time, to the minute, in UTC. The script shows it in the
// visitor's own time zone.
func (page) Time(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }

// ISO is t for machines (the datetime attribute).
func (page) ISO(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Duration writes milliseconds as minutes and seconds.
func (page) Duration(ms int64) string {
	s := (ms + 500) / 1000
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

func (v *visit) say(key string, args ...any) string { return v.words.say(v.lang, key, args...) }

// show writes a page.
func (v *visit) show(status int, name, title string, data any) error {
	var b bytes.Buffer
	if err := v.pages[name].Execute(&b, page{visit: v, Title: title, Data: data}); err != nil {
		return fmt.Errorf("write page %s: %w", name, err)
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("Content-Language", v.lang)
	v.w.WriteHeader(status)
	_, err := b.WriteTo(v.w)
	if err != nil {
		return nil //nolint:nilerr // the reader has gone; there is nobody to tell
	}
	return nil
}

var statuses = map[fault.Kind]int{
	fault.Internal: http.StatusInternalServerError, fault.Invalid: http.StatusUnprocessableEntity, fault.Unauthentic: http.StatusUnauthorized,
	fault.Forbidden: http.StatusForbidden, fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict, fault.Gone: http.StatusGone,
	fault.TooLarge: http.StatusRequestEntityTooLarge, fault.TooMany: http.StatusTooManyRequests, fault.Unavailable: http.StatusServiceUnavailable, fault.Stale: http.StatusPreconditionFailed, fault.Full: http.StatusInsufficientStorage,
}

// again shows the page of a form once more with what was wrong, losing nothing
// that was typed. What a form cannot mend goes to the error page.
func (v *visit) again(err error, name, title string, data func(problem string) any) error {
	f := fault.As(err)
	mendable := []fault.Kind{fault.Invalid, fault.Unauthentic, fault.Conflict, fault.Stale, fault.TooMany, fault.Gone, fault.Forbidden}
	if slices.Contains(mendable, f.Kind) {
		if f.RetryAfter > 0 {
			v.w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		}
		return v.show(statuses[f.Kind], name, v.say("error_in_title", title), data(v.problem(f)))
	}
	return err
}

// sentence is a fault in the visitor's language where the catalogue has its
// code, else as the room says it.
func (v *visit) sentence(f *fault.Error) string {
	key := "fault_" + strings.ReplaceAll(f.Code, ".", "_")
	if text := v.say(key, (f.RetryAfter+59)/60); text != key {
		return text
	}
	return f.Text
}

// problem is a fault's sentence and what is wrong with each field.
func (v *visit) problem(f *fault.Error) string {
	text := v.sentence(f)
	for _, name := range slices.Sorted(maps.Keys(f.Field)) {
		if what := v.wrong(f.Field[name]); what != text {
			text += " " + what
		}
	}
	return text
}

var numbers = regexp.MustCompile(`[0-9]+`)

// wrong is what a room says of one field, in the visitor's language where the
// catalogue has the text. Its keys are the English texts, with {0}, {1} … for
// numbers.
func (v *visit) wrong(text string) string {
	var args []any
	key := numbers.ReplaceAllStringFunc(text, func(n string) string {
		args = append(args, n)
		return "{" + strconv.Itoa(len(args)-1) + "}"
	})
	if said := v.say(key, args...); said != v.words.say("", key, args...) {
		return said
	}
	return text
}

type errorView struct{ Text, Incident string }

// fail shows what went wrong. Causes go to the log under the incident that
// the page shows.
func (v *visit) fail(err error) {
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		err = fault.New(fault.TooLarge, "request.too_large", "The form is larger than "+strconv.FormatInt(tooLong.Limit, 10)+" bytes.")
	}
	f := fault.As(err)
	if v.ctx.Err() != nil && f.Kind == fault.Internal {
		return // the visitor has gone
	}
	view := errorView{Text: v.problem(f)}
	if f.Kind.Ours() {
		view.Incident = "inc" + id.New[id.Ticket]().String()[3:]
		v.Log.LogAttrs(v.ctx, slog.LevelError, "page failed", slog.String("incident", view.Incident), slog.String("code", f.Code), slog.Any("error", err))
	}
	if f.RetryAfter > 0 {
		v.w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	if e := v.show(statuses[f.Kind], "error", v.say("error_"+f.Kind.String()), view); e != nil {
		v.Log.LogAttrs(v.ctx, slog.LevelError, "error page failed", slog.Any("error", e))
		http.Error(v.w, view.Text, statuses[f.Kind])
	}
}
