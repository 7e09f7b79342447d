// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"tillgang/internal/id"
)

// chief is a person who may do everything in the tenant; keys may not all.
func (w *world) chief() asker {
	w.t.Helper()
	p := w.person(w.tenant, "chief")
	if err := w.accounts.Give(w.t.Context(), w.self(w.tenant), p.account.ID.UUID(), w.role(w.tenant, "admin").ID); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// unharmed asks for something ordinary: whatever was sent before, it works.
func (w *world) unharmed(who asker) {
	w.t.Helper()
	if a := w.do(asker{}, "GET", "/healthz", nil); a.status != http.StatusOK {
		w.t.Fatalf("not alive: %d", a.status)
	}
	if a := w.do(who, "GET", "/api/v1/assets?limit=1", nil); a.status != http.StatusOK {
		w.t.Fatalf("an ordinary request: %d %s", a.status, a.body)
	}
}

// refused holds an answer against being a refusal that says what is wrong.
func (w *world) refused(what string, a answer, want ...int) {
	w.t.Helper()
	var p struct{ Title, Code string }
	if a.into(w.t, &p); !slices.Contains(want, a.status) || p.Title == "" || p.Code == "" {
		w.t.Errorf("%s: %d %s, want %v", what, a.status, a.body, want)
	}
}

func TestWrongIdentifiersAreRefused(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	admin := w.chief()
	operations(t, func(method, path string, o *openapi3.Operation) {
		if !strings.Contains(path, "{") || method == http.MethodHead {
			return // an answer to HEAD has no words
		}
		body, _ := bodyOf(o.OperationID)
		path = strings.NewReplacer("{number}", "1", "{preset}", "medium", "{of}", "3:2", "{name}", "saknas", "{term}", id.New[id.Term]().String(), "{comment}", id.New[id.Comment]().String(), "{other}", id.New[id.Asset]().String(), "{revision}", id.New[id.Revision]().String()).Replace(path)
		if !strings.Contains(path, "{") {
			w.refused(method+" "+path, w.do(admin, method, path, body), 404, 422)
			return
		}
		for kind, bad := range map[string]string{
			"of another kind": id.New[id.Revision]().String(), "short": "ast_123", "no identifier": "1", "with a quote": "ast_'%20or%201=1--",
			"upper case": strings.ToUpper(id.New[id.Asset]().String()), "with NUL": "ast_%00", "long": strings.Repeat("a", 5000), "up": "..%2f..%2fetc",
			"beyond 128 bits": "ast_" + strings.Repeat("z", 26), "letters": "åäö",
		} {
			at := strings.NewReplacer("{id}", bad, "{member}", bad, "{principal}", bad, "{role}", bad).Replace(path)
			w.refused(method+" "+path+" "+kind, w.do(admin, method, at, body), 404, 422)
		}
		unknown := strings.NewReplacer("{member}", id.New[id.Account]().String(), "{principal}", id.New[id.Account]().String(), "{role}", id.New[id.Role]().String()).Replace(path)
		for part, fresh := range map[string]string{
			"/assets/": id.New[id.Asset]().String(), "/bin/": id.New[id.Asset]().String(), "/folders/": id.New[id.Folder]().String(), "/accounts/": id.New[id.Account]().String(),
			"/groups/": id.New[id.Group]().String(), "/roles/": id.New[id.Role]().String(), "/keys/": id.New[id.Key]().String(),
			"/sessions/": id.New[id.Session]().String(), "/downloads/": id.New[id.Ticket]().String(),
		} {
			if strings.Contains(unknown, part) {
				unknown = strings.Replace(unknown, "{id}", fresh, 1)
			}
		}
		w.refused(method+" "+path+" unknown", w.do(admin, method, unknown, body), 404, 422)
	})
	w.unharmed(admin)
}

// bodyOf is a body that the operation takes, if it takes one.
func bodyOf(operation string) (any, bool) {
	b, ok := map[string]any{
		"updateAsset": object{"fields": object{"title": object{"value": "x"}}}, "createDownload": object{"variant": "original"},
		"updateFolder": object{"name": "x"}, "setFolderGrants": object{"inherit": true, "grants": []any{}}, "updateAccount": object{"name": "x"},
		"updateGroup": object{"name": "x"}, "updateRole": object{"name": "x", "permissions": []string{}},
	}[operation]
	return b, ok
}

func TestWrongParametersAreRefused(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	admin := w.chief()
	asset := w.storeBare(w.tenant, w.root(w.tenant).ID, "en.txt").String()
	w.storeBare(w.tenant, w.root(w.tenant).ID, "två.txt")
	folders := w.do(admin, "GET", "/api/v1/folders?limit=1&parent="+w.root(w.tenant).ID.String(), nil)
	var of, foreign struct{ Next string }
	folders.into(t, &of)
	w.do(admin, "GET", "/api/v1/assets?limit=1&sort=name", nil).into(t, &foreign)
	if foreign.Next == "" {
		t.Fatal("no cursor to misuse")
	}
	for _, query := range []string{
		"/assets?cursor=x", "/assets?cursor=" + strings.Repeat("A", 400), "/assets?cursor=" + strings.Repeat("A", 2000), "/assets?cursor=%00", "/assets?cursor=%ff%fe",
		"/assets?sort=newest&cursor=" + foreign.Next, "/bin?cursor=" + foreign.Next, "/audit?cursor=" + foreign.Next, "/accounts?cursor=" + foreign.Next,
		"/folders?cursor=" + foreign.Next + "&parent=" + w.root(w.tenant).ID.String(), "/assets/" + asset + "/history?cursor=" + foreign.Next,
		"/assets/" + asset + "/sightings?cursor=" + foreign.Next,
		"/assets?limit=0", "/assets?limit=-1", "/assets?limit=201", "/assets?limit=99999999999999999999", "/assets?limit=1.5", "/assets?limit=ett", "/assets?limit=0x10",
		"/assets?kind=film", "/assets?state=all", "/assets?sort=size", "/assets?subtree=kanske", "/assets?folder=root", "/assets?q=" + strings.Repeat("a", 2001),
		"/assets?tag=" + strings.Repeat("a", 101), "/keywords", "/keywords?prefix=", "/keywords?prefix=" + strings.Repeat("a", 101),
		"/audit?from=igår", "/audit?to=2026-13-45", "/audit?from=2026-01-01", "/audit?limit=0",
	} {
		w.refused(query, w.do(admin, "GET", "/api/v1"+query, nil), 422)
	}
	for _, odd := range []string{"/assets?q=%00", "/assets?q=%ff", "/assets?tag=%00", "/keywords?prefix=%00", "/audit?verb=%00", "/audit?subject=%ff"} {
		if a := w.do(admin, "GET", "/api/v1"+odd, nil); a.status != 200 && a.status != 422 {
			t.Errorf("%s: %d %s", odd, a.status, a.body)
		}
	}
	for _, match := range []string{"x", `"x"`, `W/"1"`, `"99999999999999999999"`, strings.Repeat("1", 101)} {
		a := w.do(admin, "PATCH", "/api/v1/assets/"+asset, object{"fields": object{"title": object{"value": "x"}}}, "If-Match", match)
		w.refused("If-Match "+match, a, 409, 422)
	}
	w.refused("no such route", w.do(admin, "GET", "/api/v1/nothing", nil), 404)
	w.refused("no such method", w.do(admin, "PUT", "/api/v1/assets", object{}), 404, 405)
	w.unharmed(admin)
}

func TestWrongRangesAreRefused(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	admin := w.chief()
	asset := w.storeBare(w.tenant, w.root(w.tenant).ID, "bytes.txt").String()
	size := len("text bytes.txt")
	for value, want := range map[string][]int{
		"bytes=5-2": {200, 416}, fmt.Sprintf("bytes=%d-", size): {416}, "bytes=99999999999999999999-": {200, 416}, "bytes=-0": {416, 200},
		"bytes=0-1,3-4": {200, 416}, "bytes=0-" + strings.Repeat("9", 40): {200, 206, 416}, "bytes=a-b": {200, 416}, "items=0-1": {200}, "bytes=": {200, 416},
		"bytes=-99999999999999999999": {200, 206, 416}, "bytes=--1": {200, 416}, "bytes=0-0" + strings.Repeat(",0-0", 2000): {200, 416},
		"bytes=-9223372036854775808": {200, 206, 416}, "bytes=9223372036854775807-9223372036854775807": {200, 416}, "bytes=2-4": {206},
	} {
		a := w.do(asker{}, "GET", w.ticket(admin, asset, "original").URL, nil, "Range", value)
		if !slices.Contains(want, a.status) || a.status < 300 && len(a.body) > size {
			t.Errorf("Range %.40s: %d %q, want %v", value, a.status, a.body, want)
		}
	}
	w.unharmed(admin)
}

func TestWrongBodiesAreRefused(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	admin := w.chief()
	asset := "/api/v1/assets/" + w.storeBare(w.tenant, w.root(w.tenant).ID, "body.txt").String()
	deep := strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000)
	for name, body := range map[string]string{
		"truncated": `{"fields":{"title":{"value":"x"`, "empty": ``, "null": `null`, "a list": `[]`, "a number": `7`, "no JSON": `<xml/>`, "two values": `{"fields":{}} {}`,
		"a wrong type": `{"fields":"x"}`, "a wrong type inside": `{"fields":{"title":{"value":7}}}`, "an unknown member": `{"farge":1}`, "nothing in it": `{}`,
		"deep": deep, "deep lists": strings.Repeat("[", 100000), "deep in a field": `{"fields":{"title":` + deep + `}}`,
		"not UTF-8": "{\"fields\":{\"title\":{\"value\":\"\xff\xfe\"}}}x", "an unknown field": `{"fields":{"no such field!":{"value":"x"}}}`,
		"a wrong language": `{"fields":{"title":{"lang":{"not a language":"x"}}}}`, "a wrong decision": `{"alt":{"sv":{"decision":"maybe"}}}`,
		"a wrong moment": `{"embargo_until":"igår"}`, "a year beyond": `{"embargo_until":"99999-01-01T00:00:00Z"}`, "a folder of another kind": `{"folder":"ast_01k9zq0r6d3v7m8w2x4y5z6a7b"}`,
		"an unknown folder": `{"folder":"` + id.New[id.Folder]().String() + `"}`,
	} {
		w.refused(name, w.do(admin, "PATCH", asset, body), 404, 422)
	}
	w.refused("2 MB", w.do(admin, "PATCH", asset, `{"fields":{"title":{"value":"`+strings.Repeat("x", 2<<20)+`"}}}`), 413)
	w.refused("another type", w.do(admin, "PATCH", asset, strings.NewReader(`{"fields":{}}`), "Content-Type", "text/plain"), 422)
	w.refused("no type", w.do(admin, "PATCH", asset, strings.NewReader(`{"fields":{}}`)), 422)
	w.refused("XML by entity", w.do(admin, "PATCH", asset, strings.NewReader(`<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`), "Content-Type", "application/xml"), 422)

	// Odd letters are refused or kept in a form that can be shown; never a failure.
	for name, text := range map[string]string{
		"NUL": `a\u0000b`, "direction": `a\u202egpj.exe`, "half a pair": `\ud800`, "the other half": `\udc00x`, "no character": `\uffff`, "BOM": `\ufeffx`,
		"apart": `e\u0301`, "emoji": `🏔️`, "lines": `a\r\nb\tc\u001b[31m`, "tags": `<script>alert(1)</script>`, "formula": `=1+1|cmd`, "zero width": `a\u200bb`,
		"only space": `   `, "stacked": strings.Repeat(`a\u0300\u0301\u0302`, 200),
	} {
		a := w.do(admin, "PATCH", asset, `{"fields":{"description":{"value":"`+text+`"}}}`)
		if a.status != 200 && a.status != 422 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if a.status == 200 && (bytes.Contains(a.body, []byte(`\u0000`)) || bytes.Contains(a.body, []byte(`\u202e`))) {
			t.Errorf("%s was kept: %s", name, a.body)
		}
	}
	long := w.do(admin, "PATCH", asset, object{"fields": object{"title": object{"value": strings.Repeat("t", 5000)}}})
	w.refused("a title of 5000", long, 422)
	if !bytes.Contains(long.body, []byte("title")) || !bytes.Contains(long.body, []byte("500")) {
		t.Errorf("field and limit are not named: %s", long.body)
	}
	w.unharmed(admin)
}

// A body that nobody read to its end is never taken for the next request on
// the same connection.
func TestBodiesLeftUnreadEndTheirConnection(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	admin := w.chief()
	asset := "/api/v1/assets/" + w.storeBare(w.tenant, w.root(w.tenant).ID, "unread.txt").String()
	for n := range 12 {
		size := 1 << (14 + n%9) // 16 KiB … 4 MiB, around all that servers read on their own
		body := `{"fields":{"title":{"value":"` + strings.Repeat("DELETE /healthz HTTP/1.1\r\n\r\n", size/27) + `"}}}`
		for name, who := range map[string]asker{"known": admin, "unknown": {}} {
			a, err := w.try(who, "PATCH", asset, body)
			if err != nil {
				continue // the server hung up while the body was still on its way
			}
			w.refused(fmt.Sprint(name, " with ", size), a, 401, 413, 422)
			w.unharmed(admin)
		}
	}
}

// part is one part of a form that a test writes by hand.
type part struct {
	head textproto.MIMEHeader
	body []byte
}

func fieldPart(name, value string) part {
	return part{textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + name + `"`}}, []byte(value)}
}

func filePart(name string, body []byte) part {
	return part{textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}}, body}
}

// form sends parts just as they are.
func (w *world) form(who asker, parts ...part) answer {
	w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for _, p := range parts {
		to, err := m.CreatePart(p.head)
		if err != nil {
			w.t.Fatal(err)
		}
		_, _ = to.Write(p.body)
	}
	_ = m.Close()
	return w.do(who, "POST", "/api/v1/assets", &b, "Content-Type", m.FormDataContentType())
}

func TestWrongFormsAreRefusedAndStoreNothing(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	admin := w.chief()
	text, title := []byte("some text"), strings.Repeat("å", 5000)
	for name, c := range map[string]struct {
		parts []part
		names string // what the answer must name
	}{
		"no file":                 {[]part{fieldPart("title", "x")}, "file"},
		"nothing":                 {nil, ""},
		"two files":               {[]part{filePart("a.txt", text), filePart("b.txt", text)}, "file"},
		"an unknown field":        {[]part{fieldPart("colour", "red"), filePart("a.txt", text)}, "colour"},
		"an unknown field after":  {[]part{filePart("a.txt", text), fieldPart("colour", "red")}, "colour"},
		"a long title":            {[]part{fieldPart("title", title), filePart("a.txt", text)}, "500"},
		"a long title after":      {[]part{filePart("a.txt", text), fieldPart("title", title)}, "500"},
		"a wrong folder":          {[]part{fieldPart("folder", "root"), filePart("a.txt", text)}, "folder"},
		"an unknown folder":       {[]part{fieldPart("folder", id.New[id.Folder]().String()), filePart("a.txt", text)}, ""},
		"an unknown folder after": {[]part{filePart("a.txt", text), fieldPart("folder", id.New[id.Folder]().String())}, ""},
		"a wrong choice":          {[]part{fieldPart("on_duplicate", "replace"), filePart("a.txt", text)}, "on_duplicate"},
		"a field of 1 MB":         {[]part{fieldPart("title", strings.Repeat("x", 1<<20)), filePart("a.txt", text)}, "title"},
		"an empty file":           {[]part{filePart("a.jpg", nil)}, ""},
	} {
		a := w.form(admin, c.parts...)
		w.refused(name, a, 404, 422)
		if !bytes.Contains(a.body, []byte(c.names)) {
			t.Errorf("%s: %s does not name %q", name, a.body, c.names)
		}
	}
	for name, c := range map[string][2]string{
		"JSON": {"application/json", `{}`}, "no boundary": {"multipart/form-data", "x"}, "broken off": {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhalf"},
		"urlencoded": {"application/x-www-form-urlencoded", "file=x"}, "another multipart": {"multipart/mixed; boundary=b", "--b--"}, "no type": {"", "x"},
		"many heads": {"multipart/form-data; boundary=b", "--b\r\n" + strings.Repeat("X-A: b\r\n", 20000) + "\r\nx\r\n--b--"},
	} {
		w.refused(name, w.do(admin, "POST", "/api/v1/assets", strings.NewReader(c[1]), "Content-Type", c[0]), 413, 415, 422)
	}
	if f := w.find(admin, ""); f.Total != 0 {
		t.Errorf("%d assets were made of what was refused", f.Total)
	}
	if n := len(w.originals()); n != 0 {
		t.Errorf("%d originals were left of what was refused", n)
	}
	w.unharmed(admin)
}

// originals lists the originals that the storage holds.
func (w *world) originals() (keys []string) {
	w.t.Helper()
	for item, err := range w.store.List(w.t.Context(), "originals/") {
		if err != nil {
			w.t.Fatal(err)
		}
		keys = append(keys, string(item.Key))
	}
	return keys
}

// What looks like SQL is text to look for, in every parameter of the contract.
func TestPI11_SQLInParametersIsText(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	admin := w.chief()
	asset := w.storeBare(w.tenant, w.root(w.tenant).ID, "sql.txt").String()
	before := (&matrix{world: w}).state()
	operations(t, func(method, path string, o *openapi3.Operation) {
		if method != http.MethodGet {
			return
		}
		at := strings.NewReplacer("/assets/{id}", "/assets/"+asset, "/folders/{id}", "/folders/"+w.root(w.tenant).ID.String()).Replace(path)
		if strings.Contains(at, "{") {
			return // identifiers are refused by their form: see TestWrongIdentifiersAreRefused
		}
		c, err := contract()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range append(slices.Clone(o.Parameters), c.doc.Paths.Value(path).Parameters...) {
			if p.Value.In != "query" {
				continue
			}
			ask := func(value string) int {
				q := url.Values{p.Value.Name: {value}}
				if o.OperationID == "completeKeywords" && p.Value.Name != "prefix" {
					q.Set("prefix", "a")
				}
				a := w.do(admin, method, at+"?"+q.Encode(), nil)
				if a.status >= 500 || bytes.Contains(bytes.ToLower(a.body), []byte("sqlstate")) || bytes.Contains(a.body, []byte("syntax error")) {
					t.Errorf("%s %s=%s: %d %s", path, p.Value.Name, value, a.status, a.body)
				}
				return a.status
			}
			plain := ask("harmless")
			for _, attack := range []string{
				"'", "''", `"`, "';--", "' or '1'='1", "1 or 1=1", "1; drop table asset", "') or true--", "'; select pg_sleep(9)--", "x' union select null--",
				`\'; --`, "$$; select 1; $$", "/**/", "asc, (select 1)", "id desc; delete from asset", "%' or 1=1 --", "a & b | !(", "a:*<->b", "((((", ":*", "x'||pg_sleep(9)||'",
			} {
				if got := ask(attack); got != plain {
					t.Errorf("%s %s=%s: %d, for something harmless %d", path, p.Value.Name, attack, got, plain)
				}
			}
		}
	})
	if (&matrix{world: w}).state() != before {
		t.Error("something changed")
	}
	w.unharmed(admin)
}
