// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"strings"
	"testing"
)

func TestWalk_OutsidersAnswerAndChoose(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.newFolder(w.tenant, "Urval")
	eva := w.grantee("eva", "publisher", in.ID)
	a := w.stored(eva, "Ett.jpg", quarters(300, 200), "folder", in.ID.String(), "title", "Ett")
	b := w.stored(eva, "Två.jpg", quarters(200, 300), "folder", in.ID.String(), "title", "Två")
	target := object{"assets": []string{a.ID, b.ID}}
	review := w.share(eva, object{"title": "Granska", "mode": "review", "target": target})
	o := w.outsider()
	o.sees(review.URL, 200)
	o.sends(review.URL+"/assets/"+a.ID+"/answers", 422, []string{`role="alert"`, "behåll detta"}, "name", "", "verdict", "rejected", "remark", "behåll detta")
	if got := o.ask("POST", review.URL+"/assets/"+a.ID+"/answers", "name", "Bo "+linkSentinel, "verdict", "rejected", "remark", "För mörk "+linkSentinel); got.status != 303 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	o.sees(review.URL+"/assets/"+a.ID, 200, "För mörk &#34;&gt;", "Bo &#34;&gt;")
	if got := w.do(eva, "GET", "/api/v1/links/"+review.ID+"/answers", nil); !bytes.Contains(got.body, []byte(`"rejected"`)) || !bytes.Contains(got.body, []byte("För mörk")) {
		t.Errorf("%s", got.body)
	}
	o.sends(review.URL+"/choice", 403, nil, "want", a.ID)

	choose := w.share(eva, object{"title": "Välj", "mode": "selection", "target": target})
	o.sees(choose.URL, 200)
	o.sends(choose.URL+"/choice/delivery", 422, nil, "name", "Bo")
	if got := o.ask("POST", choose.URL+"/choice", "of", a.ID, "of", b.ID, "want", b.ID, "to", "send"); got.status != 303 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	o.sees(choose.URL, 200, " checked")
	o.sees(choose.URL+"/choice", 200, "Två")
	o.sends(choose.URL+"/choice/delivery", 200, nil, "name", "Bo", "message", "Den här, tack")
	if got := w.do(eva, "GET", "/api/v1/links/"+choose.ID+"/choices", nil); !bytes.Contains(got.body, []byte(b.ID)) || bytes.Contains(got.body, []byte(a.ID)) || !bytes.Contains(got.body, []byte("Den här")) {
		t.Errorf("%s", got.body)
	}
	if now := w.linkNow(eva, choose); now.Choices != 1 || now.Views != 1 {
		t.Errorf("%+v", now)
	}
}

func TestWalk_DownloadsSayWhatFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.newFolder(w.tenant, "Museet")
	eva := w.grantee("eva", "folder-admin", in.ID)
	a := w.stored(eva, "Karta.jpg", quarters(300, 200), "folder", in.ID.String(), "title", "=Karta")
	at := "/api/v1/assets/" + a.ID
	if got := w.do(eva, "PUT", "/api/v1/folders/"+in.ID.String()+"/rule", object{"required": []string{}, "report": true}); got.status != 200 || !bytes.Contains(got.body, []byte(`"reported":true`)) {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := w.do(eva, "PATCH", at, object{"fields": object{"usage_terms": object{"lang": object{"sv": "Endast redaktionellt."}}}}); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	w.preset(w.adminKey(), object{"name": "tryck", "width": 200, "terms": object{"sv": "Ange alltid museet."}})
	var problem struct {
		Code  string
		Needs struct {
			Report bool
			Terms  []struct{ ID string }
		}
	}
	w.do(eva, "POST", at+"/downloads", object{"variant": "tryck"}).into(t, &problem)
	if problem.Code != "download.report_required" || !problem.Needs.Report || len(problem.Needs.Terms) != 2 {
		t.Fatalf("%+v", problem)
	}
	if got := w.do(eva, "GET", at+"/renditions/tryck", nil); got.code() != "download.report_required" {
		t.Errorf("by another way: %d %s", got.status, got.body)
	}
	report := object{"purpose": "Utställning", "channels": []string{"print"}, "place": "Entrén", "until": "2099-12-31"}
	if got := w.do(eva, "POST", at+"/downloads", object{"variant": "original", "report": report}); got.code() != "download.report_required" {
		t.Errorf("without the terms: %d %s", got.status, got.body)
	}
	report["accepted"] = []string{problem.Needs.Terms[0].ID, problem.Needs.Terms[1].ID}
	if got := w.do(eva, "POST", at+"/downloads", object{"variant": "original", "report": object{"purpose": "x", "accepted": report["accepted"]}}); got.status != 422 {
		t.Errorf("without channels: %d %s", got.status, got.body)
	}
	var k ticket
	w.do(eva, "POST", at+"/downloads", object{"variant": "tryck", "report": report}).into(t, &k)
	if got := w.do(asker{}, "GET", k.URL, nil); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	archive := object{"selection": object{"ids": []string{a.ID}}, "variant": "original"}
	if got := w.do(eva, "POST", "/api/v1/archives", archive); got.code() != "download.report_required" {
		t.Errorf("%d %s", got.status, got.body)
	}
	archive["report"] = report
	if got := w.do(eva, "POST", "/api/v1/archives", archive); got.status != 201 {
		t.Errorf("%d %s", got.status, got.body)
	}

	// Somebody outside says it on the page.
	l := w.share(eva, object{"title": "Karta", "target": object{"assets": []string{a.ID}}, "formats": []string{"original"}})
	o := w.outsider()
	page := o.sees(l.URL+"/download?all=1", 200, "Endast redaktionellt.", `name="purpose"`)
	_, rest, _ := strings.Cut(page, `name="terms" value="`)
	terms, _, _ := strings.Cut(rest, `"`)
	o.sends(l.URL+"/download", 409, []string{"Boken"}, "all", "1", "variant", "original", "purpose", "Boken", "terms", terms)
	if got := o.takes(l, "all", "1", "variant", "original", "name", "Bo", "purpose", "Boken", "channel", "print", "channel", "web", "place", "Förlaget", "terms", terms, "accept", "1"); got.status != 200 {
		t.Errorf("%d", got.status)
	}
	got := w.do(eva, "GET", "/api/v1/usage-reports?asset="+a.ID, nil)
	for _, want := range []string{"Utställning", "Boken", `"Bo"`, "Endast redaktionellt.", "fetched_at"} {
		if !bytes.Contains(got.body, []byte(want)) {
			t.Errorf("no %s in %s", want, got.body)
		}
	}
	table := w.do(eva, "GET", "/api/v1/usage-reports/export", nil)
	if lines := strings.Count(string(table.body), "\nrep_"); lines != 3 || !strings.Contains(string(table.body), "Förlaget") {
		t.Errorf("%d lines: %s", lines, table.body)
	}
	// What is looked for: a text in any of what was said, a channel; the table is narrowed alike.
	for query, want := range map[string]int{"": 3, "?q=bOKen": 1, "?q=karta": 3, "?q=ENTRÉN": 2, "?q=%25": 0, "?q=Bo&channel=web": 1, "?channel=web": 1, "?channel=print": 3, "?channel=press": 0, "?channel=print&limit=1": 1} {
		if got := w.do(eva, "GET", "/api/v1/usage-reports"+query, nil); got.status != 200 || bytes.Count(got.body, []byte(`"id":"rep_`)) != want {
			t.Errorf("%s: want %d: %d %s", query, want, got.status, got.body)
		}
		if got := w.do(eva, "GET", "/api/v1/usage-reports/export"+strings.TrimSuffix(query, "&limit=1"), nil); !strings.Contains(query, "limit") && bytes.Count(got.body, []byte("\nrep_")) != want {
			t.Errorf("%s: want %d: %d %s", query, want, got.status, got.body)
		}
	}
	ola := w.person(w.tenant, "ola")
	if got := w.do(ola, "GET", "/api/v1/usage-reports?asset="+a.ID, nil); got.status != 404 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := w.do(ola, "GET", "/api/v1/usage-reports", nil); bytes.Contains(got.body, []byte("rep_")) {
		t.Errorf("%d %s", got.status, got.body)
	}
}
