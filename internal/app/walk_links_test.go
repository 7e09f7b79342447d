// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"tillgang/internal/folder"
	"tillgang/internal/id"
)

// outsider is a browser of somebody without an account.
type outsider struct {
	*http.Client
	w *world
}

func (w *world) outsider() *outsider {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &outsider{&http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, w}
}

func (o *outsider) ask(method, at string, form ...string) answer {
	o.w.t.Helper()
	body := url.Values{}
	for i := 0; i+1 < len(form); i += 2 {
		body.Add(form[i], form[i+1])
	}
	r, err := http.NewRequestWithContext(o.w.t.Context(), method, o.w.url+strings.TrimPrefix(at, "http://localhost"), strings.NewReader(body.Encode()))
	if err != nil {
		o.w.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	a, err := o.Do(r)
	if err != nil {
		o.w.t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		o.w.t.Fatal(err)
	}
	return answer{a.StatusCode, a.Header, b}
}

// sees asks for a page and holds it against its status and what it says.
func (o *outsider) sees(at string, status int, says ...string) string {
	o.w.t.Helper()
	a := o.ask("GET", at)
	return o.said("GET "+at, a, status, says...)
}

func (o *outsider) sends(at string, status int, says []string, form ...string) string {
	o.w.t.Helper()
	return o.said("POST "+at, o.ask("POST", at, form...), status, says...)
}

func (o *outsider) said(what string, a answer, status int, says ...string) string {
	o.w.t.Helper()
	text := string(a.body)
	if a.status != status {
		o.w.t.Fatalf("%s: %d, want %d\n%s", what, a.status, status, text)
	}
	for _, s := range says {
		if !strings.Contains(text, s) {
			o.w.t.Errorf("%s does not say %q\n%s", what, s, text)
		}
	}
	if robots := a.header.Get("X-Robots-Tag"); !strings.Contains(robots, "noindex") || strings.Contains(text, "<html") && !strings.Contains(text, `name="robots" content="noindex`) {
		o.w.t.Errorf("%s may be put into an index", what)
	}
	if csp := a.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src") || strings.Contains(text, "<script") {
		o.w.t.Errorf("%s has scripts: %s", what, csp)
	}
	return text
}

// takes posts the form of a download and fetches what it leads to.
func (o *outsider) takes(l wireLink, form ...string) answer {
	o.w.t.Helper()
	return o.ask("GET", o.ticket(l, form...))
}

func (o *outsider) ticket(l wireLink, form ...string) string {
	o.w.t.Helper()
	a := o.ask("POST", l.URL+"/download", form...)
	to := a.header.Get("Location")
	if a.status != http.StatusSeeOther || !strings.HasPrefix(to, "/d/") {
		o.w.t.Fatalf("download: %d %s\n%s", a.status, to, a.body)
	}
	return to
}

type wireLink struct {
	ID, URL, State                     string
	Version                            int64
	Views, Downloads, Answers, Choices int
}

// share makes a link.
func (w *world) share(who asker, body object) (l wireLink) {
	w.t.Helper()
	a := w.do(who, "POST", "/api/v1/links", body)
	if a.status != http.StatusCreated {
		w.t.Fatalf("link: %d %s", a.status, a.body)
	}
	a.into(w.t, &l)
	if !strings.HasPrefix(l.URL, "http://localhost/s/") || len(l.URL) != len("http://localhost/s/")+43 {
		w.t.Fatalf("link: %s", a.body)
	}
	return l
}

func (w *world) linkNow(who asker, l wireLink) (now wireLink) {
	w.t.Helper()
	w.do(who, "GET", "/api/v1/links/"+l.ID, nil).into(w.t, &now)
	return now
}

// grantee is a person with a built-in role in a folder.
func (w *world) grantee(name, role string, in id.Folder) asker {
	w.t.Helper()
	p := w.person(w.tenant, name)
	if _, err := w.folders.SetGrants(w.t.Context(), w.self(w.tenant), in, 0, true, []folder.Give{{Principal: p.account.ID.UUID(), Role: w.role(w.tenant, role).ID}}); err != nil {
		w.t.Fatal(err)
	}
	return p
}

const linkSentinel = `"><script>alert(1)</script>`

func TestWalk_ALinkIsItsMakerWithinItsTerms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.newFolder(w.tenant, "Kampanj")
	eva := w.grantee("eva", "publisher", in.ID)
	raw := quarters(640, 400)
	a := w.stored(eva, "Hamn.jpg", raw, "folder", in.ID.String(), "title", "Hamn "+linkSentinel)
	b := w.stored(eva, "Torg.jpg", quarters(400, 640), "folder", in.ID.String(), "title", "Torget")
	if got := w.do(eva, "PATCH", "/api/v1/assets/"+a.ID, object{"fields": object{
		"description": object{"value": "Text " + linkSentinel}, "persons": object{"values": []string{"Hemlig Person"}}, "credit": object{"value": "Foto: Eva"},
	}, "alt": object{"sv": object{"decision": "text", "text": "En hamn " + linkSentinel}}}); got.status != 200 && got.code() != "asset.fields" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	l := w.share(eva, object{"title": "Bilder " + linkSentinel, "message": "Hej " + linkSentinel, "target": object{"assets": []string{b.ID, a.ID}}, "formats": []string{"original", "small"}, "max_downloads": 2})

	// What only fetches the page, without a cookie, counts nothing.
	for range 3 {
		scanner := w.outsider()
		page := scanner.sees(l.URL, 200, "Bilder &#34;&gt;&lt;script&gt;", "En hamn &#34;&gt;", "Torget")
		scanner.Jar = nil
		if strings.Contains(page, "<script") || strings.Index(page, b.ID) > strings.Index(page, a.ID) {
			t.Errorf("the page: %s", page)
		}
		if got := scanner.ask("GET", l.URL+"/assets/"+a.ID+"/pictures/small"); got.status != http.StatusFound {
			t.Errorf("picture: %d", got.status)
		}
		scanner.ask("HEAD", l.URL)
		scanner.sees(l.URL+"/download?all=1", 200)
	}
	if now := w.linkNow(eva, l); now.Views != 0 || now.Downloads != 0 {
		t.Fatalf("scanners were counted: %+v", now)
	}

	// A browser that shows a picture is a visit, once.
	o := w.outsider()
	o.sees(l.URL, 200)
	for range 2 {
		o.sees(l.URL+"/assets/"+a.ID, 200, "Foto: Eva", "Text &#34;&gt;")
		got := o.ask("GET", l.URL+"/assets/"+a.ID+"/pictures/medium")
		to := got.header.Get("Location")
		if got.status != http.StatusFound || !strings.HasPrefix(to, "/r/") || o.ask("GET", to).picture(t).Bounds().Dx() == 0 {
			t.Fatalf("picture: %d %s", got.status, to)
		}
	}
	if page := o.sees(l.URL+"/assets/"+a.ID, 200); strings.Contains(page, "Hemlig") || strings.Contains(page, a.Name) {
		t.Error("the page tells more than it should")
	}
	if now := w.linkNow(eva, l); now.Views != 1 || now.Downloads != 0 {
		t.Errorf("%+v", now)
	}
	if seen := w.do(eva, "GET", "/api/v1/assets/"+a.ID+"/sightings", nil); !bytes.Contains(seen.body, []byte(l.ID)) || !bytes.Contains(seen.body, []byte(`Bilder \"`)) {
		t.Errorf("seen by: %s", seen.body)
	}

	// A download counts when its bytes leave, and no sooner.
	spare := o.ticket(l, "asset", a.ID, "variant", "original")
	if got := o.takes(l, "asset", a.ID, "variant", "original"); got.status != 200 || !bytes.Equal(got.body, raw) || strings.Contains(got.header.Get("Content-Disposition"), "<") || got.header.Get("Set-Cookie") != "" {
		t.Fatalf("download: %d %v", got.status, got.header)
	}
	if now := w.linkNow(eva, l); now.Downloads != 1 {
		t.Errorf("%+v", now)
	}
	spare2 := o.ticket(l, "all", "1", "variant", "small")
	if got := o.ask("GET", spare2); got.status != 200 || len(got.body) < 1000 {
		t.Fatalf("archive: %d", got.status)
	} else if files, m := w.opened(got.body); len(m.Items) != 2 || len(files) < 3 {
		t.Errorf("archive: %v", m)
	}
	if got := o.ask("GET", spare); got.status != http.StatusGone || got.code() != "share.used_up" {
		t.Errorf("a third download: %d %s", got.status, got.body)
	}
	o.sees(l.URL+"/download?all=1", 403)
	if got := o.ask("POST", l.URL+"/download", "asset", a.ID, "variant", "original"); got.status != 403 {
		t.Errorf("a third download: %d", got.status)
	}
	w.do(eva, "PATCH", "/api/v1/links/"+l.ID, object{"max_downloads": 0})

	// Nothing but what the link shows, in the formats that it names.
	c := w.stored(eva, "Annan.jpg", quarters(300, 200), "folder", in.ID.String())
	o.sees(l.URL+"/assets/"+c.ID, 404)
	if got := o.ask("GET", l.URL+"/assets/"+c.ID+"/pictures/small"); got.status != 404 {
		t.Errorf("another's picture: %d", got.status)
	}
	if got := o.ask("POST", l.URL+"/download", "asset", c.ID, "variant", "original"); got.status != 404 {
		t.Errorf("another's original: %d", got.status)
	}
	o.sends(l.URL+"/download", 422, nil, "asset", a.ID, "variant", "large")
	if w.do(asker{cookie: eva.cookie}, "DELETE", "/api/v1/assets/"+b.ID, nil).status != http.StatusNoContent {
		t.Fatal("bin")
	}
	o.sees(l.URL+"/assets/"+b.ID, 404)
	if page := o.sees(l.URL, 200); strings.Contains(page, b.ID) {
		t.Error("what is in the bin is shown")
	}

	// The bin of links, and the same address again.
	if got := w.do(eva, "DELETE", "/api/v1/links/"+l.ID, nil); got.status != http.StatusNoContent {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if page := o.sees(l.URL, 410); strings.Contains(page, "Bilder") || strings.Contains(page, "Hej") {
		t.Error("the error tells what was there")
	}
	if got := w.do(eva, "POST", "/api/v1/links/"+l.ID+"/restoration", nil); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	o.sees(l.URL, 200)

	// Its maker's rights are those of now, also in the middle of a download.
	for role, want := range map[string]int{"editor": 404, "publisher": 200} { // an editor may not share
		if _, err := w.folders.SetGrants(t.Context(), w.self(w.tenant), in.ID, 0, true, []folder.Give{{Principal: eva.account.ID.UUID(), Role: w.role(w.tenant, role).ID}}); err != nil {
			t.Fatal(err)
		}
		o.sees(l.URL, want)
	}
	if _, err := w.folders.SetGrants(t.Context(), w.self(w.tenant), in.ID, 0, true, []folder.Give{{Principal: eva.account.ID.UUID(), Role: w.role(w.tenant, "publisher").ID}}); err != nil {
		t.Fatal(err)
	}
	begun := o.ticket(l, "asset", a.ID, "variant", "original")
	if err := w.accounts.Deactivate(t.Context(), w.self(w.tenant), eva.account.ID); err != nil {
		t.Fatal(err)
	}
	o.sees(l.URL, 410)
	if got := o.ask("GET", l.URL+"/assets/"+a.ID+"/pictures/small"); got.status != 410 {
		t.Errorf("picture: %d", got.status)
	}
	if got := o.ask("GET", begun); got.status != 410 {
		t.Errorf("ticket: %d", got.status)
	}
	w.unharmed(w.chief())
}

func TestWalk_LinksHavePasswordsAndEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.newFolder(w.tenant, "Press")
	sub, err := w.folders.Create(t.Context(), w.self(w.tenant), in.ID, "Under")
	if err != nil {
		t.Fatal(err)
	}
	eva, ola := w.grantee("eva", "publisher", in.ID), w.person(w.tenant, "ola")
	chief := w.chief()
	top := w.stored(eva, "Topp.jpg", quarters(300, 200), "folder", in.ID.String(), "title", "Toppbild")
	low := w.stored(eva, "Djup.jpg", quarters(200, 300), "folder", sub.ID.String(), "title", "Djupbild")
	l := w.share(eva, object{
		"title": "Hemlig titel", "target": object{"folder": in.ID, "subtree": true}, "formats": []string{"original"},
		"view_password": "visa mig det", "download_password": "hämta det då", "watermark": "Prov Åsa", "language": "sv",
	})
	o := w.outsider()
	for _, at := range []string{"", "/assets/" + top.ID, "/download?all=1"} {
		if page := o.sees(l.URL+at, 200, "Länken har ett lösenord"); strings.Contains(page, "Hemlig") || strings.Contains(page, "Toppbild") {
			t.Error("the page tells what is behind the password")
		}
	}
	if got := o.ask("GET", l.URL+"/assets/"+top.ID+"/pictures/small"); got.status != 403 {
		t.Errorf("picture: %d", got.status)
	}
	o.sends(l.URL+"/password", 403, []string{"fel"}, "password", "visa mig")
	if got := o.ask("POST", l.URL+"/password", "password", "visa mig det"); got.status != 303 || strings.Contains(got.header.Get("Location"), "visa") {
		t.Fatalf("%d %s", got.status, got.body)
	}
	o.sees(l.URL, 200, "Hemlig titel", "Toppbild", "Djupbild")
	w.outsider().sees(l.URL, 200, "Länken har ett lösenord") // what one browser knows, another does not

	// The watermark is in the picture.
	plain := w.do(eva, "GET", "/api/v1/assets/"+top.ID, nil)
	var whole wireAsset
	plain.into(t, &whole)
	marked := o.ask("GET", o.ask("GET", l.URL+"/assets/"+top.ID+"/pictures/medium").header.Get("Location")).picture(t)
	for _, r := range whole.Renditions {
		if r.Preset == "medium" {
			same, all := 0, 0
			clean := w.do(asker{}, "GET", r.URL, nil).picture(t)
			for y := range marked.Bounds().Dy() {
				for x := range marked.Bounds().Dx() {
					all++
					if shade(marked, x, y) == shade(clean, x, y) {
						same++
					}
				}
			}
			if marked.Bounds() != clean.Bounds() || same == all || same*2 < all {
				t.Errorf("%d of %d are as without the watermark", same, all)
			}
		}
	}

	// The second password is for downloads.
	o.sends(l.URL+"/download", 403, []string{"fel"}, "asset", top.ID, "variant", "original", "password", "visa mig det")
	if got := o.takes(l, "asset", top.ID, "variant", "original", "password", "hämta det då"); got.status != 200 {
		t.Errorf("%d", got.status)
	}
	if got := o.takes(l, "all", "1", "variant", "original"); got.status != 200 { // it is known now
		t.Errorf("%d", got.status)
	}
	// A new password is asked of everybody.
	if got := w.do(eva, "PATCH", "/api/v1/links/"+l.ID, object{"view_password": "ett helt annat"}); got.status != 200 || bytes.Contains(got.body, []byte("annat")) {
		t.Fatalf("%d %s", got.status, got.body)
	}
	o.sees(l.URL, 200, "Länken har ett lösenord")
	for i := range 6 {
		want := 403
		if i == 5 {
			want = 429
		}
		o.sends(l.URL+"/password", want, nil, "password", "gissning ett två")
	}
	w.do(eva, "PATCH", "/api/v1/links/"+l.ID, object{"view_password": ""})
	o.sees(l.URL, 200, "Hemlig titel")

	// What is moved out of the folder is gone, and so is what the folder is closed to.
	if got := w.do(eva, "PATCH", "/api/v1/assets/"+low.ID, object{"embargo_until": "2099-01-01T00:00:00Z"}); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	o.sees(l.URL+"/assets/"+low.ID, 404)

	// Who it belongs to, and who else may close it.
	if got := w.do(ola, "GET", "/api/v1/links/"+l.ID, nil); got.status != 404 {
		t.Errorf("a stranger's: %d", got.status)
	}
	if got := w.do(ola, "POST", "/api/v1/links/"+l.ID+"/revocation", nil); got.status != 404 {
		t.Errorf("a stranger's: %d", got.status)
	}
	if got := w.do(ola, "GET", "/api/v1/links?of=all", nil); got.status != 403 {
		t.Errorf("all: %d", got.status)
	}
	if got := w.do(chief, "GET", "/api/v1/links?of=all", nil); got.status != 200 || !bytes.Contains(got.body, []byte(l.ID)) || bytes.Contains(got.body, []byte("/s/")) {
		t.Errorf("all: %d %s", got.status, got.body)
	}
	if got := w.do(chief, "POST", "/api/v1/links/revocations", object{"of": "all"}); got.status != 200 || !bytes.Contains(got.body, []byte(`"links":1`)) {
		t.Errorf("all: %d %s", got.status, got.body)
	}
	o.sees(l.URL, 410, "dragits tillbaka")
	o.sees("/s/"+strings.Repeat("x", 43), 404)
	w.do(eva, "GET", "/api/v1/links/"+l.ID+"/visits", nil)
	ended := w.share(eva, object{"title": "Snart slut", "target": object{"assets": []string{top.ID}}})
	if _, err := w.ownerConn().Exec(t.Context(), "update link set expires_at = now() - interval '1 second' where title = 'Snart slut'"); err != nil {
		t.Fatal(err)
	}
	if page := o.sees(ended.URL, 410); strings.Contains(page, "Snart slut") {
		t.Error("the error tells what was there")
	}
}
