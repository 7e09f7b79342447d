// SPDX-License-Identifier: Apache-2.0

package webapp

import (
	"bytes"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/link"
	"tillgang/internal/rendition"
	"tillgang/internal/secret"
)

// The pages for people outside, who come by a share link. They work without
// scripts, and looking at one counts and changes nothing.

// guest is one request for a share page.
type guest struct {
	*visit
	link.Guest
	token, cookie string
}

const (
	shareCookie = "tg_v"
	shareTime   = 12 * 60 * 60 // seconds; what a visit lasts in the link room
	perPage     = 48
)

type shareHandler func(g *guest) error

// shares hangs the share pages on the door.
func (d *door) shares(mux *http.ServeMux) {
	for pattern, h := range map[string]shareHandler{
		"GET /s/{token}":                             d.shareList,
		"GET /s/{token}/assets/{id}":                 d.shareAsset,
		"GET /s/{token}/assets/{id}/pictures/{size}": d.sharePicture,
		"POST /s/{token}/assets/{id}/answers":        d.shareAnswer,
		"GET /s/{token}/download":                    d.shareDownload,
		"POST /s/{token}/download":                   d.shareFetch,
		"GET /s/{token}/choice":                      d.shareChoice,
		"POST /s/{token}/choice":                     d.shareChoose,
		"POST /s/{token}/choice/delivery":            d.shareSend,
	} {
		mux.Handle(pattern, d.shared(h, false))
	}
	mux.Handle("POST /s/{token}/password", d.shared(d.shareUnlock, true))
}

// shared finds out who comes by the link and what they may do now. Until the
// password is given there is only the page that asks for it.
func (d *door) shared(h shareHandler, locked bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{door: d, w: w, r: r, ctx: r.Context(), lang: d.words.choose(r)}
		g := &guest{visit: v, token: r.PathValue("token")}
		defer v.recover()
		head := w.Header()
		head.Set("Content-Security-Policy", d.shareCSP)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("X-Robots-Tag", "noindex, nofollow, noarchive, noimageindex")
		head.Set("Referrer-Policy", "same-origin")
		head.Set("Cache-Control", "no-store")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			g.fail(fault.New(fault.TooLarge, "request.too_large", "The form is too large."))
			return
		}
		if c, err := r.Cookie(shareCookie); err == nil && len(c.Value) == len(g.token) {
			g.cookie = c.Value
		}
		var err error
		g.Guest, err = d.Links.Visit(r.Context(), g.token, g.cookie)
		if _, chosen := r.Cookie(languageCookie); chosen != nil && d.words[g.Language] != nil {
			v.lang = g.Language
		}
		if err != nil {
			g.fail(err)
			return
		}
		v.who = g.Who
		if g.cookie == "" && !strings.Contains(r.URL.Path, "/pictures/") {
			g.cookie = secret.Token()
			http.SetCookie(w, &http.Cookie{ //nolint:gosec // G124: Secure whenever the site is reached over TLS
				Name: shareCookie, Value: g.cookie, Path: "/s/" + g.token, MaxAge: shareTime, Secure: d.overTLS(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
			})
		}
		switch {
		case g.Locked && !locked && r.Method == http.MethodGet && !strings.Contains(r.URL.Path, "/pictures/"):
			err = g.askPassword(http.StatusOK, "")
		case g.Locked && !locked:
			err = fault.New(fault.Forbidden, "share.locked", "This link has a password. Load the page again and give it first.")
		default:
			err = h(g)
		}
		if err != nil {
			g.fail(err)
		}
	})
}

// sharePages parses the share pages with their layout.
func readSharePages() (map[string]*template.Template, error) {
	pages := map[string]*template.Template{}
	for _, name := range []string{"list", "asset", "download", "choice", "done", "password", "error"} {
		t, err := template.New("share.html").ParseFS(files, "ui/pages/share/share.html", "ui/pages/share/"+name+".html")
		if err != nil {
			return nil, err
		}
		pages["share/"+name] = t
	}
	return pages, nil
}

// sharePage is what a share page is written from.
type sharePage struct {
	page
	*guest
	At string // the link's address
}

// page writes a share page.
func (g *guest) page(status int, name, title string, data any) error {
	var b bytes.Buffer
	p := sharePage{page: page{visit: g.visit, Title: title, Data: data}, guest: g, At: "/s/" + g.token}
	if err := g.pages["share/"+name].Execute(&b, p); err != nil {
		return fmt.Errorf("write share page %s: %w", name, err)
	}
	g.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	g.w.Header().Set("Content-Language", g.lang)
	g.w.WriteHeader(status)
	_, _ = b.WriteTo(g.w) // whoever has gone need not be told
	return nil
}

// Here is where the switch of languages comes back to.
func (p sharePage) Here() string {
	if p.visit().r.Method != http.MethodGet {
		return p.At
	}
	return p.visit().r.URL.RequestURI()
}

func (p sharePage) visit() *visit { return p.guest.visit }

// Shows reports whether the link shows something, so that the page may say what.
func (p sharePage) Shows() bool { return !p.Locked && p.Who.Kind == access.Link }

// Mode is what the guest is asked to do.
func (p sharePage) Mode() string { return string(p.Link.Mode) }

// Until is the day on which the link ends.
func (p sharePage) Until() string { return p.guest.Link.ExpiresAt.UTC().Format("2006-01-02") }

// fail says what went wrong, and nothing of what is or was behind the link.
func (g *guest) fail(err error) {
	f := fault.As(err)
	if g.ctx.Err() != nil && f.Kind == fault.Internal {
		return
	}
	view := shareError{errorView: errorView{Text: g.problem(f)}, Back: g.Who.Kind == access.Link}
	if f.Kind.Ours() && f.Code != rendition.CodeMaking && f.Code != rendition.CodeBusy {
		view.Incident = "inc" + id.New[id.Ticket]().String()[3:]
		g.Log.LogAttrs(g.ctx, slog.LevelError, "share page failed", slog.String("incident", view.Incident), slog.String("code", f.Code), slog.Any("error", err))
	}
	if f.RetryAfter > 0 {
		g.w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	if e := g.page(statuses[f.Kind], "error", g.say("error_"+f.Kind.String()), view); e != nil {
		g.Log.LogAttrs(g.ctx, slog.LevelError, "share error page failed", slog.Any("error", e))
		http.Error(g.w, view.Text, statuses[f.Kind])
	}
}

type shareError struct {
	errorView
	Back bool // the link itself still shows something
}

type sharePassword struct{ Problem string }

func (g *guest) askPassword(status int, problem string) error {
	return g.page(status, "password", g.say("share_locked"), sharePassword{problem})
}

// mended shows a form again with what was wrong; what a form cannot mend is an error.
func (g *guest) mended(err error, show func(status int, problem string) error) error {
	f := fault.As(err)
	switch f.Kind { //nolint:exhaustive // all else is no matter of the form
	case fault.Invalid, fault.Forbidden, fault.Conflict, fault.TooMany, fault.Unavailable:
		if f.RetryAfter > 0 {
			g.w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		}
		return show(statuses[f.Kind], g.problem(f))
	}
	return err
}

func (d *door) shareUnlock(g *guest) error {
	err := d.Links.Unlock(g.ctx, g.token, g.cookie, false, secret.Exactly(g.r.PostFormValue("password")), g.remote())
	if err != nil {
		return g.mended(err, g.askPassword)
	}
	return g.redirect("/s/" + g.token)
}

func (g *guest) asset() (id.Asset, error) {
	a, err := id.Parse[id.Asset](g.r.PathValue("id"))
	if err != nil {
		return a, access.NotFound("asset")
	}
	return a, nil
}

// sharePicture sends to a picture's own address for the moment. It is what tells
// a browser that shows the page from a program that only fetches it, so it is
// what counts a visit; one that has no cookie is not counted.
func (d *door) sharePicture(g *guest) error {
	i, err := g.asset()
	if err != nil {
		return err
	}
	item, err := d.Links.Item(g.ctx, g.who, i)
	if err != nil {
		return err
	}
	size := g.r.PathValue("size")
	n, _ := strconv.Atoi(g.r.URL.Query().Get("page"))
	if g.cookie != "" {
		seen := i
		if size == rendition.Small {
			seen = id.Asset{}
		}
		if err := d.Links.Opened(g.ctx, g.who, g.cookie, seen); err != nil {
			return err
		}
	}
	r, err := d.Renditions.Preview(g.ctx, g.who, i, rendition.Sight{Size: size, Page: n, Mark: g.Link.Watermark})
	if err != nil {
		f := fault.As(err)
		if f.Kind.Ours() && f.Code != rendition.CodeMaking && f.Code != rendition.CodeBusy {
			return err
		}
		g.w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = g.w.Write([]byte(placeholder(item.Asset.Kind)))
		return nil
	}
	path, err := d.Delivery.SignRendition(r.Key, r.MediaType, d.Now())
	if err != nil {
		return err
	}
	http.Redirect(g.w, g.r, d.MediaURL+path, http.StatusFound)
	return nil
}

// placeholder is a drawing that stands for what has no picture.
func placeholder(kind asset.Kind) string {
	shape := `<path d="M6 3h8l4 4v14H6z"/><path d="M14 3v4h4"/>`
	switch kind { //nolint:exhaustive // all else is a file
	case asset.Image:
		shape = `<rect x="3" y="5" width="18" height="14" rx="2"/><circle cx="8.5" cy="10" r="1.5"/><path d="m4 17 5-4 4 3 3-2.5 4 3.5"/>`
	case asset.Video:
		shape = `<rect x="3" y="5" width="18" height="14" rx="2"/><path d="m10 9 5 3-5 3z"/>`
	case asset.Audio:
		shape = `<path d="M9 18V6l10-2v12"/><circle cx="6.5" cy="18" r="2.5"/><circle cx="16.5" cy="16" r="2.5"/>`
	}
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-24 -15 72 54" width="320" height="240"><g fill="none" stroke="#71827f" stroke-width="1.25" stroke-linecap="round" stroke-linejoin="round">` + shape + `</g></svg>`
}

// card is one asset in a list.
type card struct {
	ID     id.Asset
	Title  string
	Alt    string
	What   string
	Chosen bool
}

// called is what an asset is called in the guest's language.
func (g *guest) called(a asset.Asset) string {
	if t := a.Fields["title"].Text(g.lang); t != "" {
		return t
	}
	return a.Name
}

// tongues are the languages in which a text is looked for: the guest's, none, and
// the others.
func (g *guest) tongues() []string {
	tags := []string{g.lang, ""}
	for _, l := range languages {
		tags = append(tags, l.Tag)
	}
	return tags
}

// described is the alt text in the guest's language, else in any. decided is
// false when nobody has said what the picture says.
func (g *guest) described(a asset.Asset) (text string, decided bool) {
	for _, tag := range g.tongues() {
		if one, ok := a.Alt[tag]; ok && one.Decision != "" {
			decided = true
			if one.Text != "" {
				return one.Text, true
			}
		}
	}
	return "", decided
}

func (g *guest) card(a asset.Asset) card {
	c := card{ID: a.ID, Title: g.called(a), What: g.say("share_kind_" + string(a.Kind))}
	c.Alt, _ = g.described(a) // its title stands beside it
	if a.Width != nil && a.Height != nil {
		c.What += " · " + strconv.Itoa(*a.Width) + "\u00a0×\u00a0" + strconv.Itoa(*a.Height)
	}
	return c
}

type shareListView struct {
	Cards        []card
	Total        int
	Page, Pages  int
	Previous     string // addresses, and numbers, of the pages beside this one
	Next         string
	PreviousPage int
	NextPage     int
	Chosen       int
	Done         string
	Download     bool
}

func (g *guest) pageNumber() int {
	n, err := strconv.Atoi(g.r.FormValue("page"))
	if err != nil || n < 1 || n > link.MaxShown {
		return 1
	}
	return n
}

func (d *door) shareList(g *guest) error {
	n := g.pageNumber()
	list, total, err := d.Links.Items(g.ctx, g.who, (n-1)*perPage, perPage)
	if err != nil {
		return err
	}
	if total == 0 {
		return fault.New(fault.NotFound, "share.nothing", "There is nothing here any more. Ask whoever sent you the link.")
	}
	view := shareListView{Total: total, Page: n, Pages: (total + perPage - 1) / perPage, Download: g.CanDownload}
	chosen := map[id.Asset]bool{}
	if g.Link.Mode == link.Selection {
		all, err := d.Links.Chosen(g.ctx, g.who, g.cookie)
		if err != nil {
			return err
		}
		view.Chosen = len(all)
		for _, a := range all {
			chosen[a] = true
		}
	}
	for _, a := range list {
		c := g.card(a)
		c.Chosen = chosen[a.ID]
		view.Cards = append(view.Cards, c)
	}
	at := func(n int) string { return "/s/" + g.token + "?" + url.Values{"page": {strconv.Itoa(n)}}.Encode() }
	if n > 1 {
		view.Previous, view.PreviousPage = at(n-1), n-1
	}
	if n < view.Pages {
		view.Next, view.NextPage = at(n+1), n+1
	}
	if g.r.URL.Query().Get("done") == "saved" {
		view.Done = g.say("share_choice_saved")
	}
	return g.page(http.StatusOK, "list", g.Link.Title, view)
}
