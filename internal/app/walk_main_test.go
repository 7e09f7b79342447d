// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/id"
)

// found is a page of a search.
type found struct {
	Items []wireAsset
	Next  string
	Total int
}

func (w *world) find(who asker, query string) (f found) {
	w.t.Helper()
	w.do(who, "GET", "/api/v1/assets?"+query, nil).into(w.t, &f)
	return f
}

// words searches for words and returns the captions' file names, best first.
func (w *world) words(who asker, q string) (names []string) {
	w.t.Helper()
	for _, a := range w.find(who, "q="+url.QueryEscape(q)).Items {
		names = append(names, a.Name)
	}
	return names
}

// ticket is the answer to a wish to download.
type ticket struct{ ID, URL string }

func (w *world) ticket(who asker, asset, variant string) (k ticket) {
	w.t.Helper()
	a := w.do(who, "POST", "/api/v1/assets/"+asset+"/downloads", object{"variant": variant})
	if a.status != http.StatusCreated {
		w.t.Fatalf("ticket: %d %s", a.status, a.body)
	}
	a.into(w.t, &k)
	return k
}

// The first day of an archive: twenty photographs, a document, a recording and
// a film go in; everything is prepared, found, fetched and destroyed again.
func TestWalk_TheFirstDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m, err := material()
	if err != nil {
		t.Fatal(err)
	}
	admin := w.adminKey()
	ids := map[string]string{}
	for _, f := range append(slices.Clone(m.photos), m.pdf, m.sound, m.film) {
		a := w.upload(admin, f.name, f.content)
		var stored wireAsset
		if a.into(t, &stored); a.status != http.StatusCreated || stored.SHA256 != f.sum() || a.header.Get("Location") != "/api/v1/assets/"+stored.ID {
			t.Fatalf("%s: %d %s", f.name, a.status, a.body)
		}
		ids[f.name] = stored.ID
	}
	again := w.upload(admin, "annat namn.jpg", m.photos[3].content)
	if again.code() != "asset.duplicate" || !bytes.Contains(again.body, []byte(ids[m.photos[3].name])) {
		t.Errorf("a duplicate: %d %s", again.status, again.body)
	}
	for i, f := range m.photos {
		a := w.settled(admin, ids[f.name])
		w.isPrepared(a, f, i == 0)
	}
	for _, f := range []file{m.pdf, m.sound, m.film} {
		a := w.settled(admin, ids[f.name])
		if a.State != "ready" {
			t.Errorf("%s is %s: %s", f.name, a.State, a.StateReason)
		}
		switch {
		case f.name == m.film.name && (a.Kind != "video" || a.Duration < 1.5 || a.Width != 640 || len(a.Renditions) == 0):
			t.Errorf("the film: %+v", a)
		case f.name == m.sound.name && (a.Kind != "audio" || a.Duration < 1.5):
			t.Errorf("the recording: %+v", a)
		case f.name == m.pdf.name && a.Kind != "document":
			t.Errorf("the document: %+v", a)
		}
	}
	w.isFound(admin, m.photos)
	w.isFetched(admin, ids[m.photos[0].name], m.photos[0])
	w.isChanged(admin, ids[m.photos[1].name])
	w.isBinned(admin, ids[m.photos[2].name])
	var whole struct{ Whole bool }
	w.do(admin, "GET", "/api/v1/audit/verification", nil).into(t, &whole)
	if !whole.Whole {
		t.Error("the log of deeds is broken after the first day")
	}
}

// isPrepared holds a photograph against what preparing must have made of it.
func (w *world) isPrepared(a wireAsset, f file, large bool) {
	t := w.t
	t.Helper()
	if a.State != "ready" || a.Kind != "image" || a.MediaType != "image/jpeg" {
		t.Fatalf("%s is %s %s %s: %s", f.name, a.State, a.Kind, a.MediaType, a.StateReason)
	}
	if d := a.Fields["description"]; !strings.Contains(fmt.Sprint(d), f.caption) || d.Source != "file" {
		t.Errorf("%s: fields %v want %q", f.name, a.Fields, f.caption)
	}
	if alt := a.Alt["sv"]; !strings.HasPrefix(alt.Text, "Alternativtext") {
		t.Errorf("%s: alt decisions %v", f.name, a.Alt)
	}
	sides := map[string]int{}
	for _, r := range a.Renditions {
		sides[r.Preset] = max(r.Width, r.Height)
	}
	want := map[string]int{"small": 320}
	if large {
		want = map[string]int{"small": 320, "medium": 1024, "large": 2048}
	}
	for preset, side := range want {
		if sides[preset] != side {
			t.Errorf("%s: renditions %v, want %v", f.name, sides, want)
		}
	}
	if !large {
		return
	}
	for _, r := range a.Renditions {
		got := w.do(asker{}, "GET", r.URL, nil) // neither key nor cookie
		if got.status != http.StatusOK || got.header.Get("Content-Type") != r.MediaType {
			t.Fatalf("rendition %s: %d %s", r.Preset, got.status, got.body)
		}
		inside := insideOf(t, got.body)
		for _, secret := range []string{"GPS", photographer, depicted, "ThumbnailImage", "Thumbnail Image", "57 deg", "båtar"} {
			if strings.Contains(inside, secret) {
				t.Errorf("rendition %s tells %q:\n%s", r.Preset, secret, inside)
			}
		}
		changed := r.URL[:len(r.URL)-1] + map[bool]string{true: "x", false: "y"}[r.URL[len(r.URL)-1] != 'x']
		if bad := w.do(asker{}, "GET", changed, nil); bad.status < 400 {
			t.Errorf("a rendition under a changed address: %d", bad.status)
		}
	}
}

// isFound searches by words, word forms and letters, and counts.
func (w *world) isFound(who asker, photos []file) {
	t := w.t
	t.Helper()
	name := func(i int) string { return photos[i].name }
	for q, want := range map[string]string{
		"båt": name(0), "tjänsteman": name(3), "hamn båt": name(0), // sv
		"fisker": name(4), "skiløper": name(5), // nb
		"barn på legeplads -torget": "", "cyklist": name(9), // da
		"järvi": name(13), "hylly": name(15), // fi
		"volunteer plant tree": name(16), "musician": name(19), // en
		`"bicycle bridge"`: name(17), `"bridge bicycle"`: "", "mayo*": name(17),
	} {
		got := w.words(who, q)
		if want == "" && len(got) > 0 || want != "" && !slices.Equal(got, []string{want}) {
			t.Errorf("%s finds %v, want %q", q, got, want)
		}
	}
	// å, ä and ö are letters; who cannot type them finds what is exact first.
	if got := w.words(who, "räv"); len(got) == 0 || got[0] != name(1) {
		t.Error("räv finds", got)
	}
	if got := w.words(who, "rav"); !slices.Equal(got, []string{name(2), name(1)}) {
		t.Error("rav finds", got)
	}
	if got := w.words(who, "bornene"); !slices.Contains(got, name(8)) {
		t.Error("bornene finds", got)
	}
	var f struct {
		Total              int
		Kinds, Tags, Years []struct {
			Value string
			Count int
		}
	}
	w.do(who, "GET", "/api/v1/assets/facets", nil).into(t, &f)
	counts := map[string]int{}
	for _, one := range append(append(f.Kinds, f.Tags...), f.Years...) {
		counts[one.Value] = one.Count
	}
	for value, want := range map[string]int{"image": 20, "audio": 1, "video": 1, "document": 1, "walk": 20, "serie 2": 5, "2010": 7} {
		if counts[value] != want {
			t.Errorf("facet %s: %d, want %d", value, counts[value], want)
		}
	}
	seen := map[string]bool{}
	for cursor := ""; ; {
		p := w.find(who, "limit=5&sort=name&cursor="+url.QueryEscape(cursor))
		for _, a := range p.Items {
			if seen[a.ID] {
				t.Fatal("twice in the pages:", a.Name)
			}
			seen[a.ID] = true
		}
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	if len(seen) != 23 {
		t.Error("pages hold", len(seen))
	}
	if got := w.find(who, "kind=image&tag="+url.QueryEscape("serie 1")+"&limit=1"); got.Total != 5 || len(got.Items) != 1 || got.Next == "" {
		t.Error("filtered:", got.Total, len(got.Items))
	}
}

// isFetched downloads an original in all the ways it may and may not be.
func (w *world) isFetched(who asker, asset string, f file) {
	t := w.t
	t.Helper()
	k := w.ticket(who, asset, "original")
	got := w.do(asker{}, "GET", k.URL, nil)
	if got.status != http.StatusOK || hexSum(got.body) != f.sum() {
		t.Fatalf("original: %d, %d bytes, want %d", got.status, len(got.body), len(f.content))
	}
	if d := got.header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") || !strings.Contains(d, f.name) {
		t.Error("Content-Disposition:", d)
	}
	if again := w.do(asker{}, "GET", k.URL, nil); again.status != http.StatusGone {
		t.Errorf("a second use: %d %s", again.status, again.body)
	}
	stranger := w.person(w.tenant, "stranger")
	if no := w.do(stranger, "POST", "/api/v1/assets/"+asset+"/downloads", object{"variant": "original"}); no.status != http.StatusNotFound {
		t.Errorf("a stranger: %d %s", no.status, no.body)
	}
	if no := w.do(asker{}, "GET", "/d/"+strings.Repeat("x", 43), nil); no.status != http.StatusNotFound {
		t.Errorf("a made-up ticket: %d %s", no.status, no.body)
	}

	k = w.ticket(who, asset, "original")
	part := w.do(asker{}, "GET", k.URL, nil, "Range", "bytes=0-999")
	etag := part.header.Get("ETag")
	if part.status != http.StatusPartialContent || !bytes.Equal(part.body, f.content[:1000]) || etag == "" {
		t.Fatalf("the first part: %d %d bytes", part.status, len(part.body))
	}
	rest := w.do(asker{}, "GET", k.URL, nil, "Range", "bytes=1000-", "If-Range", etag)
	if rest.status != http.StatusPartialContent || hexSum(append(part.body, rest.body...)) != f.sum() {
		t.Errorf("resumed: %d %d bytes %s", rest.status, len(rest.body), rest.header.Get("Content-Range"))
	}

	k = w.ticket(who, asset, "original")
	if a := w.do(who, "DELETE", "/api/v1/downloads/"+k.ID, nil); a.status != http.StatusNoContent {
		t.Errorf("revoke: %d %s", a.status, a.body)
	}
	if a := w.do(asker{}, "GET", k.URL, nil); a.status != http.StatusGone && a.status != http.StatusNotFound {
		t.Errorf("a revoked ticket: %d", a.status)
	}
	k = w.ticket(who, asset, "medium")
	if a := w.do(asker{}, "GET", k.URL, nil); a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), "image/") {
		t.Errorf("a rendition by ticket: %d %s", a.status, a.body)
	}
}

// isChanged edits a photograph and reads what is kept of it.
func (w *world) isChanged(who asker, asset string) {
	t := w.t
	t.Helper()
	path := "/api/v1/assets/" + asset
	old := w.do(who, "GET", path, nil).header.Get("ETag")
	edit := w.do(who, "PATCH", path, object{"fields": object{"title": object{"value": "Räven"}}, "alt": object{"sv": object{"decision": "text", "text": "En röd räv"}}}, "If-Match", old)
	if edit.status != http.StatusOK || edit.header.Get("ETag") == old {
		t.Fatalf("edit: %d %s", edit.status, edit.body)
	}
	if late := w.do(who, "PATCH", path, object{"fields": object{"title": object{"value": "Något annat"}}}, "If-Match", old); late.status != http.StatusPreconditionFailed {
		t.Errorf("an edit of what has changed: %d %s", late.status, late.body)
	}
	if got := w.words(who, "räven röd"); len(got) != 0 && len(got) != 1 {
		t.Error(got)
	}
	var h struct {
		Items []struct{ Field, Lang, Source string }
	}
	w.do(who, "GET", path+"/history", nil).into(t, &h)
	if !slices.ContainsFunc(h.Items, func(c struct{ Field, Lang, Source string }) bool { return c.Field == "title" && c.Source == "person" }) {
		t.Errorf("history: %+v", h.Items)
	}
	var v struct{ Items []struct{ SHA256 string } }
	if w.do(who, "GET", path+"/revisions", nil).into(t, &v); len(v.Items) != 1 {
		t.Error("revisions:", v.Items)
	}
}

// isBinned takes an asset through the bin and destroys it.
func (w *world) isBinned(who asker, asset string) {
	t := w.t
	t.Helper()
	path := "/api/v1/assets/" + asset
	keys := w.blobsOf(asset)
	if len(keys) < 2 {
		t.Fatal("what is stored of it:", keys)
	}
	status := func(a answer, want int) {
		t.Helper()
		if a.status != want {
			t.Errorf("%d %s, want %d", a.status, a.body, want)
		}
	}
	k := w.ticket(who, asset, "original")
	status(w.do(who, "DELETE", path, nil), 204)
	if a := w.do(asker{}, "GET", k.URL, nil); a.status < 400 {
		t.Error("a ticket for what is in the bin:", a.status)
	}
	if len(w.words(who, "bärnsten")) != 0 {
		t.Error("what is in the bin is found")
	}
	var bin found
	if w.do(who, "GET", "/api/v1/bin", nil).into(t, &bin); len(bin.Items) != 1 || bin.Items[0].ID != asset {
		t.Errorf("bin: %+v", bin)
	}
	status(w.do(who, "POST", path+"/restoration", nil), 200)
	if len(w.words(who, "bärnsten")) != 1 {
		t.Error("what was taken out of the bin is not found")
	}
	status(w.do(who, "DELETE", path, nil), 204)
	status(w.do(who, "DELETE", "/api/v1/bin/"+asset, nil), 204)
	status(w.do(who, "GET", path, nil), 404)
	status(w.do(who, "POST", path+"/restoration", nil), 404)
	w.areGone(keys)
}

// blobsOf lists what the storage holds of an asset.
func (w *world) blobsOf(asset string) []blob.Key {
	w.t.Helper()
	a, err := id.Parse[id.Asset](asset)
	if err != nil {
		w.t.Fatal(err)
	}
	rows, err := w.ownerConn().Query(w.t.Context(), `
		select blob_key from revision where asset_id = $1 union all select blob_key from rendition where asset_id = $1`, a)
	if err != nil {
		w.t.Fatal(err)
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[blob.Key])
	if err != nil {
		w.t.Fatal(err)
	}
	return keys
}

// areGone sweeps and holds the storage against having none of the keys.
func (w *world) areGone(keys []blob.Key) {
	w.t.Helper()
	if err := w.ingest.Sweep(w.t.Context(), access.HouseActor(id.Tenant{}, "test")); err != nil {
		w.t.Fatal(err)
	}
	for _, k := range keys {
		if _, err := w.store.Stat(w.t.Context(), k); fault.KindOf(err) != fault.NotFound {
			w.t.Errorf("%s is still stored: %v", k, err)
		}
	}
}
