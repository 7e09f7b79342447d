// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tillgang/internal/id"
)

// A tenant's own field from its definition to a table and back, through the
// real program: every text that went in is text when it comes out.
func TestAnOwnFieldThroughTheWholeHouse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	chief := w.chief()
	wants := func(status int, method, path string, body any) answer {
		t.Helper()
		a := w.do(chief, method, "/api/v1"+path, body)
		if a.status != status {
			t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
		}
		return a
	}
	var tax, term struct{ ID string }
	wants(201, "POST", "/taxonomies", object{"name": "Ämnen"}).into(t, &tax)
	wants(201, "POST", "/taxonomies/"+tax.ID+"/terms", object{"label": object{"sv": "Fotboll"}, "synonyms": []string{"sparkspel"}}).into(t, &term)
	wants(201, "POST", "/fields", object{"name": "subject", "type": "terms", "taxonomy": tax.ID, "facet": true})
	wants(201, "POST", "/fields", object{"name": "diary", "type": "number"})
	folder := w.newFolder(w.tenant, "Egen").ID
	var rule struct{ Reaching []string }
	wants(200, "PUT", "/folders/"+folder.String()+"/rule", object{"required": []string{"diary"}}).into(t, &rule)
	var ids []id.Asset
	for _, name := range []string{"a.txt", "b.txt", "c.txt"} {
		ids = append(ids, w.storeBare(w.tenant, folder, name))
	}
	const sentinel = `<script>alert("x")</script>`
	order := object{"selection": object{"ids": ids}, "change": object{"fields": object{
		"subject": object{"do": "add", "values": []string{term.ID}}, "credit": object{"do": "set", "value": sentinel},
	}}, "dry_run": true}
	var preview struct{ Total, Changed int }
	if wants(200, "POST", "/bulk", order).into(t, &preview); preview.Changed != 3 {
		t.Error(preview)
	}
	finish := func(a answer) {
		t.Helper()
		var j struct {
			ID, State string
			Changed   int
		}
		for a.into(t, &j); j.State == "waiting" || j.State == "running"; time.Sleep(50 * time.Millisecond) {
			wants(200, "GET", "/bulk/"+j.ID, nil).into(t, &j)
		}
		if j.State != "done" || j.Changed != 3 {
			t.Fatalf("%+v", j)
		}
		order["job"] = j.ID
	}
	order["dry_run"] = false
	finish(wants(202, "POST", "/bulk", order))
	var found struct {
		Items []struct {
			ID      string
			Missing []string
			Fields  map[string]struct{ Value string }
		}
	}
	if wants(200, "GET", "/assets?q=sparkspel", nil).into(t, &found); len(found.Items) != 3 || found.Items[0].Missing[0] != "diary" || found.Items[0].Fields["credit"].Value != sentinel {
		t.Errorf("%+v", found)
	}
	a := wants(200, "POST", "/metadata-exports", object{"selection": object{"query": object{"q": "sparkspel"}}})
	table := string(a.body)
	if a.header.Get("Content-Type") != "text/csv; charset=utf-8" || a.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(table, "Fotboll") {
		t.Error(a.header, table)
	}
	var in struct {
		ID                     string
		Lines, Changes, Errors int
	}
	b := w.sendTable(chief, "/metadata-imports", strings.ReplaceAll(table, `"<script>alert(""x"")</script>"`, "=1+1"))
	if b.into(t, &in); b.status != http.StatusCreated || in.Changes != 3 || in.Errors != 0 {
		t.Fatalf("%d %s", b.status, b.body)
	}
	wants(200, "GET", "/metadata-imports/"+in.ID+"/lines?state=change", nil)
	finish(wants(202, "POST", "/metadata-imports/"+in.ID+"/application", nil))
	job, _ := order["job"].(string)
	finish(wants(202, "POST", "/bulk/"+job+"/undo", nil))
	if wants(200, "GET", "/assets?q=sparkspel", nil).into(t, &found); found.Items[0].Fields["credit"].Value != sentinel {
		t.Errorf("%+v", found)
	}
}
