// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"fmt"
	"html"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tillgang/internal/folder"
)

const xss = `"><script>alert(1)</script>`

type wireSent struct {
	Asset    wireAsset
	Delivery struct {
		ID, State, Message string
		SenderName         string `json:"sender_name"`
		SenderEmail        string `json:"sender_email"`
		Said               map[string]string
		Terms              string
		Waiting            int
		PurgedAt           *time.Time `json:"purged_at"`
	}
}

// inbox lists what waits for somebody.
func (w *world) inbox(who asker) (list []wireSent) {
	w.t.Helper()
	var p struct{ Items []wireSent }
	w.do(who, "GET", "/api/v1/moderation", nil).into(w.t, &p)
	return p.Items
}

// posts sends a plain form, as a browser without scripts.
func (w *world) posts(path string, form url.Values) answer {
	w.t.Helper()
	return w.do(asker{}, "POST", path, strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded")
}

// sends sends files in a plain form.
func (w *world) sends(path string, files ...file) answer {
	w.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for _, f := range files {
		part, err := form.CreateFormFile("file", f.name)
		if err != nil {
			w.t.Fatal(err)
		}
		_, _ = part.Write(f.content)
	}
	_ = form.Close()
	return w.do(asker{}, "POST", path, &b, "Content-Type", form.FormDataContentType())
}

// asks makes an upload request and returns the path of its address.
func (w *world) asks(who asker, body object) (request, path string) {
	w.t.Helper()
	a := w.do(who, "POST", "/api/v1/upload-requests", body)
	var made struct {
		Request struct{ ID string }
		URL     string
	}
	a.into(w.t, &made)
	if a.status != http.StatusCreated || !strings.HasPrefix(made.URL, "http://localhost/u/") {
		w.t.Fatalf("%d %s", a.status, a.body)
	}
	return made.Request.ID, strings.TrimPrefix(made.URL, "http://localhost")
}

func TestFilesComeInThroughAnUploadRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.adminKey()
	to := w.newFolder(w.tenant, "Festen")
	known := scene(1, 640, 400)
	there := w.stored(admin, "fest.jpg", known, "folder", to.ID.String())
	reader := w.person(w.tenant, "läsare")
	if _, err := w.folders.SetGrants(t.Context(), w.self(w.tenant), to.ID, 0, true, []folder.Give{{Principal: reader.account.ID.UUID(), Role: w.role(w.tenant, "editor").ID}}); err != nil {
		t.Fatal(err)
	}
	request, at := w.asks(admin, object{
		"folder": to.ID, "title": "Bilder " + xss, "message": "Välkommen " + xss, "terms": "Bilderna får visas. " + xss, "password": "hemlig fest",
		"fields": []object{{"name": "creator", "required": true}, {"name": "description"}}, "kinds": []string{"image", "document"}, "language": "sv", "max_files": 4,
	})

	// To look consumes nothing, and tells nothing before the password.
	for range 3 {
		a := w.do(asker{}, "GET", at, nil)
		if a.status != 200 || bytes.Contains(a.body, []byte("Välkommen")) || bytes.Contains(a.body, []byte("Bilder")) || a.header.Get("X-Robots-Tag") == "index" {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	if a := w.posts(at, url.Values{"password": {"gissar"}}); a.status != 422 || !bytes.Contains(a.body, []byte(`aria-invalid="true"`)) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	a := w.posts(at, url.Values{"password": {"hemlig fest"}})
	receipt := a.header.Get("Location")
	if a.status != 303 || !strings.HasPrefix(receipt, "/u/receipt/") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	form := w.do(asker{}, "GET", receipt, nil)
	for _, text := range []string{"Bilder " + xss, "Välkommen " + xss, "Bilderna får visas. " + xss} {
		if !bytes.Contains(form.body, []byte(html.EscapeString(text))) && !bytes.Contains(form.body, []byte(strings.NewReplacer(`"`, "&#34;", "<", "&lt;", ">", "&gt;").Replace(text))) {
			t.Errorf("%q is not shown as text: %s", text, form.body)
		}
	}
	if bytes.Contains(form.body, []byte("<script>alert")) {
		t.Error("somebody's text is a script")
	}
	// Nothing can be sent before it is said what was asked for.
	if a := w.sends(receipt+"/files", file{"a.jpg", "", scene(2, 640, 400)}); a.status != 422 {
		t.Errorf("%d %s", a.status, a.body)
	}
	// What is missing is said beside each field; what was typed stays.
	said := url.Values{"sender_name": {"Anna " + xss}, "sender_email": {"anna"}, "field.description": {"Tårtan " + xss}}
	a = w.posts(receipt, said)
	for _, at := range []string{`href="#sender_email"`, `href="#field_creator"`, `href="#terms"`, `aria-describedby="sender_email_wrong"`, `value="Anna &#34;&gt;`, `Tårtan &#34;&gt;`} {
		if !bytes.Contains(a.body, []byte(at)) {
			t.Errorf("%s is missing: %s", at, a.body)
		}
	}
	if a.status != 422 || bytes.Contains(a.body, []byte(`href="#sender_name"`)) {
		t.Errorf("%d %s", a.status, a.body)
	}
	said.Set("sender_email", "anna@example.se")
	said.Set("field.creator", "Anna Ek, Bo Ek")
	said.Set("terms", "1")
	if a = w.posts(receipt, said); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}

	// Files: the one that is there already is taken like any other; what was not
	// asked for is named; the fifth is one too many.
	fresh := scene(3, 800, 500)
	a = w.sends(receipt+"/files", file{"känd.jpg", "", known}, file{"ny <b>.jpg", "", fresh}, file{"ljud.wav", "", append([]byte("RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x44\xac\x00\x00\x88\x58\x01\x00\x02\x00\x10\x00data\x00\x00\x00\x00"), make([]byte, 64)...)}, file{"tom.jpg", "", nil})
	if a.status != 422 || !bytes.Contains(a.body, []byte("ljud.wav</strong>: Den sortens filer efterfrågas inte.")) || !bytes.Contains(a.body, []byte("tom.jpg")) || bytes.Contains(a.body, []byte(there.ID)) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if n := bytes.Count(a.body, []byte("Väntar på granskning")); n != 2 {
		t.Errorf("%d files are said to have come: %s", n, a.body)
	}

	// In pieces, as the script does it; and nothing else with that key.
	sender := asker{header: "Delivery " + strings.TrimPrefix(receipt, "/u/receipt/")}
	third := scene(4, 320, 200)
	a = w.do(sender, "POST", uploadsAt, nil, "Upload-Length", fmt.Sprint(len(third)), "Upload-Metadata", "filename "+b64("trea.jpg")+",folder "+b64(w.root(w.tenant).ID.String()))
	if a.status != 201 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	piece := a.header.Get("Location")
	if a = w.do(sender, "PATCH", piece, bytes.NewReader(third)); a.status != 204 || a.header.Get("Tillgang-Upload-State") != "done" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a = w.do(sender, "POST", uploadsAt, nil, "Upload-Length", fmt.Sprint(int64(11e9)), "Upload-Metadata", "filename "+b64("stor.jpg")); a.status != 413 || a.code() != "upload.too_large" && a.code() != "request.too_many_bytes" {
		t.Errorf("%d %s", a.status, a.body)
	}
	for _, p := range []string{"/api/v1/assets", "/api/v1/assets/" + there.ID, "/api/v1/folders", "/api/v1/session", "/api/v1/moderation", "/api/v1/fields", "/api/v1/uploads"} {
		if a := w.do(sender, "GET", p, nil); a.status != 401 {
			t.Errorf("%s: %d %s", p, a.status, a.body)
		}
	}
	if a := w.do(admin, "GET", uploadsAt+strings.TrimPrefix(piece, uploadsAt), nil); a.status != 404 {
		t.Errorf("somebody else's upload: %d", a.status)
	}
	if a = w.posts(receipt+"/delivery", nil); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a = w.sends(receipt+"/files", file{"sen.jpg", "", fresh}); a.status != 422 {
		t.Errorf("%d %s", a.status, a.body)
	}

	w.nobodySees(admin, reader, there.ID)
	waiting := w.inbox(admin)
	if len(waiting) != 3 || len(w.inbox(reader)) != 0 {
		t.Fatalf("%d wait: %+v", len(waiting), waiting)
	}
	one := waiting[slices.IndexFunc(waiting, func(s wireSent) bool { return strings.HasPrefix(s.Asset.Name, "ny") })]
	if one.Delivery.SenderName != "Anna "+xss || one.Delivery.SenderEmail != "anna@example.se" || one.Delivery.State != "delivered" || !strings.HasPrefix(one.Delivery.Terms, "Bilderna") {
		t.Errorf("%+v", one.Delivery)
	}
	ready := w.settled(admin, one.Asset.ID)
	if ready.State != "ready" || len(ready.Renditions) == 0 || !slices.Equal(ready.Fields["creator"].Values, []string{"Anna Ek", "Bo Ek"}) ||
		ready.Fields["creator"].Source != "person" || ready.Fields["description"].Lang["sv"] != "Tårtan "+xss {
		t.Errorf("%+v", ready)
	}
	for _, p := range []string{"asset.publish", "asset.share", "asset.export", "asset.replace"} {
		if slices.Contains(ready.Permissions, p) {
			t.Errorf("what waits may be given out: %v", ready.Permissions)
		}
	}
	if a := w.do(reader, "POST", "/api/v1/moderation/"+one.Asset.ID+"/acceptance", nil); a.status != 404 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.do(admin, "PATCH", "/api/v1/assets/"+one.Asset.ID, object{"folder": w.root(w.tenant).ID}); a.code() != "asset.waiting" {
		t.Errorf("%d %s", a.status, a.body)
	}

	// Accepted, it is there for all; rejected, in the bin, and waits again from there.
	if a := w.do(admin, "POST", "/api/v1/moderation/"+one.Asset.ID+"/acceptance", nil); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if f := w.find(reader, "q=Tårtan"); f.Total != 1 || f.Items[0].ID != one.Asset.ID {
		t.Errorf("%+v", f)
	}
	other := waiting[slices.IndexFunc(waiting, func(s wireSent) bool { return s.Asset.Name == "trea.jpg" })].Asset.ID
	if a := w.do(admin, "POST", "/api/v1/moderation/"+other+"/rejection", object{"reason": "Suddig " + xss}); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	page := w.do(asker{}, "GET", receipt, nil)
	if !bytes.Contains(page.body, []byte("Inte godtagen")) || !bytes.Contains(page.body, []byte("Suddig &#34;&gt;&lt;script")) || !bytes.Contains(page.body, []byte("Godtagen")) {
		t.Errorf("the receipt says %s", page.body)
	}
	w.notInBin(reader, other)
	if a := w.do(admin, "POST", "/api/v1/assets/"+other+"/restoration", nil); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if len(w.inbox(admin)) != 2 {
		t.Errorf("%+v", w.inbox(admin))
	}
	var out struct{ Done, Left int }
	w.do(admin, "POST", "/api/v1/deliveries/"+one.Delivery.ID+"/acceptance", nil).into(t, &out)
	if out.Done != 2 || out.Left != 0 || len(w.inbox(admin)) != 0 {
		t.Errorf("%+v", out)
	}
	if f := w.find(reader, ""); f.Total != 4 {
		t.Errorf("%d assets", f.Total)
	}

	// Ended, it takes nothing and says so; the receipt stays.
	if a := w.do(admin, "DELETE", "/api/v1/upload-requests/"+request, nil); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := w.do(asker{}, "GET", at, nil); a.status != http.StatusGone || bytes.Contains(a.body, []byte("Bilder")) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.do(asker{}, "GET", receipt, nil); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.do(admin, "POST", "/api/v1/upload-requests/"+request+"/restoration", nil); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.do(asker{}, "GET", at, nil); a.status != 200 {
		t.Errorf("%d", a.status)
	}
	if text := w.said.String(); strings.Contains(text, "Anna") || strings.Contains(text, "anna@") || strings.Contains(text, "trea.jpg") {
		t.Error("the log names who sent what")
	}
}

// nobodySees holds that what waits is in no list, no count and no search.
func (w *world) nobodySees(admin, reader asker, there string) {
	w.t.Helper()
	for _, who := range []asker{admin, reader} {
		if f := w.find(who, ""); f.Total != 1 || f.Items[0].ID != there {
			w.t.Errorf("%s: %+v", who.name, f)
		}
		if f := w.find(who, "q=Tårtan"); f.Total != 0 {
			w.t.Errorf("%s finds %+v", who.name, f)
		}
		var facets struct{ Total int }
		w.do(who, "GET", "/api/v1/assets/facets", nil).into(w.t, &facets)
		if facets.Total != 1 {
			w.t.Errorf("%s counts %d", who.name, facets.Total)
		}
		var groups struct{ Items []any }
		w.do(who, "GET", "/api/v1/duplicates", nil).into(w.t, &groups)
		if len(groups.Items) != 0 {
			w.t.Errorf("%s is shown duplicates: %v", who.name, groups)
		}
		a := w.do(who, "GET", "/api/v1/keywords?q=Ann", nil)
		if bytes.Contains(a.body, []byte("Anna")) {
			w.t.Errorf("%s is offered %s", who.name, a.body)
		}
	}
	for _, s := range w.inbox(admin) {
		for _, p := range []string{"", "/sidecar", "/revisions", "/history", "/contents"} {
			if a := w.do(reader, "GET", "/api/v1/assets/"+s.Asset.ID+p, nil); a.status != 404 {
				w.t.Errorf("an editor sees %s: %d %s", p, a.status, a.body)
			}
		}
		if a := w.do(reader, "POST", "/api/v1/assets/"+s.Asset.ID+"/downloads", object{"variant": "original"}); a.status != 404 {
			w.t.Errorf("an editor fetches it: %d %s", a.status, a.body)
		}
	}
}

func (w *world) notInBin(who asker, asset string) {
	w.t.Helper()
	if a := w.do(who, "GET", "/api/v1/bin", nil); a.status != 200 || bytes.Contains(a.body, []byte(asset)) {
		w.t.Errorf("%d %s", a.status, a.body)
	}
}

var hidden = regexp.MustCompile(`/u/receipt/[A-Za-z0-9_-]{43}`)
