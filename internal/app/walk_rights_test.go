// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"testing"

	"tillgang/internal/folder"
	"tillgang/internal/id"
)

// What takes rights away holds at every door when the request has been answered,
// also when the assets' own copies of the rights are still to be written; what
// gives rights back holds for each asset at once, and in lists after the job.
func TestNU2_RightsTakenAwayAreGoneAtEveryDoorAtOnce(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	w.folders.AtOnce = 1
	chief, p := w.chief(), w.person(w.tenant, "p")
	all := w.newFolder(w.tenant, "Alla")
	part, err := w.folders.Create(t.Context(), w.self(w.tenant), all.ID, "Del")
	if err != nil {
		t.Fatal(err)
	}
	path := "/api/v1/folders/" + part.ID.String() + "/grants"
	if _, err := w.folders.SetGrants(t.Context(), w.self(w.tenant), all.ID, 0, true, []folder.Give{{Principal: p.account.ID.UUID(), Role: w.role(w.tenant, "editor").ID}}); err != nil {
		t.Fatal(err)
	}
	w.storeBare(w.tenant, all.ID, "kvar.txt")
	var ids []string
	for _, name := range []string{"en.txt", "två.txt", "tre.txt"} {
		ids = append(ids, w.storeBare(w.tenant, part.ID, name).String())
	}
	tagged := w.do(chief, "PATCH", "/api/v1/assets/"+ids[0], object{"fields": object{"keywords": object{"values": []string{"hemligord"}}}}, "If-Match", "*")
	if tagged.status != http.StatusOK {
		t.Fatalf("%d %s", tagged.status, tagged.body)
	}
	type counts struct {
		Total int
		Items []struct {
			ID    string
			Asset struct{ ID string }
		}
		Kinds []struct{ Count int }
		Bars  []struct{ Count int }
	}
	get := func(path string) (c counts) {
		t.Helper()
		a := w.do(p, "GET", "/api/v1/assets"+path, nil)
		if a.into(t, &c); a.status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, a.status, a.body)
		}
		return c
	}
	seen := func(c counts) (n int) {
		for _, i := range c.Items {
			if i.ID != "" || i.Asset.ID != "" {
				n++
			}
		}
		return n
	}
	sum := func(c counts) (n int) {
		for _, x := range append(c.Kinds, c.Bars...) {
			n += x.Count
		}
		return n
	}
	var window struct{ Anchor string }
	w.do(p, "GET", "/api/v1/assets/window?from=0&n=10", nil).into(t, &window)
	// doors are the answers that count, with how many assets each shows.
	doors := map[string]func() int{
		"list":       func() int { c := get("?limit=50"); return max(c.Total, seen(c)) },
		"search":     func() int { return seen(get("?q=txt")) },
		"conditions": func() int { return seen(get("?q=size:%3E0")) },
		"by name":    func() int { return seen(get("?sort=name")) },
		"facets":     func() int { c := get("/facets"); return max(c.Total, sum(c)) },
		"histogram":  func() int { return sum(get("/histogram?by=letter")) },
		"window":     func() int { return seen(get("/window?from=0&n=10&anchor=" + window.Anchor)) },
		"selection": func() int {
			var b struct{ Total int }
			w.do(p, "POST", "/api/v1/bulk", object{"selection": object{"query": object{}}, "dry_run": true, "change": object{"fields": object{"credit": object{"do": "set", "value": "x"}}}}).into(t, &b)
			return b.Total
		},
		"duplicates": func() int {
			n := 0
			for _, i := range ids {
				if a := w.do(p, "GET", "/api/v1/assets/"+i+"/duplicates", nil); a.status == http.StatusOK {
					n++
				}
			}
			return n + 1
		},
		"each": func() int {
			n := 0
			for _, i := range ids {
				if a := w.do(p, "GET", "/api/v1/assets/"+i, nil); a.status == http.StatusOK {
					n++
				}
			}
			return n + 1
		},
		"tickets": func() int {
			n := 0
			for _, i := range ids {
				if a := w.do(p, "POST", "/api/v1/assets/"+i+"/downloads", object{"variant": "original"}); a.status == http.StatusCreated {
					n++
				}
			}
			return n + 1
		},
	}
	stand := func(when string, want int, but ...string) {
		t.Helper()
		for name, ask := range doors {
			n := want
			for _, b := range but {
				if b == name {
					n = 4
				}
			}
			if got := ask(); got != n {
				t.Errorf("%s: %s shows %d, want %d", when, name, got, n)
			}
		}
	}
	stand("before", 4)
	early, archive := w.ticket(p, ids[1], "original"), w.archive(p, object{"selection": object{"query": object{}}, "variant": "original"})
	order := w.do(p, "POST", "/api/v1/bulk", object{"selection": object{"query": object{}}, "change": object{"fields": object{"credit": object{"do": "set", "value": "x"}}}})
	var bulk struct{ ID string }
	if order.into(t, &bulk); order.status != http.StatusAccepted {
		t.Fatalf("%d %s", order.status, order.body)
	}

	if a := w.do(chief, "PUT", path, object{"inherit": false, "grants": []any{}}); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	stand("the moment they were taken away", 1)
	if jobs := w.jobs(w.adminKey(), "?kind=folder.follow&state=waiting"); len(jobs.Items) != 1 {
		t.Errorf("%+v", jobs)
	}
	if a := w.do(asker{}, "GET", early.URL, nil); a.status == http.StatusOK {
		t.Error("a ticket of before lets bytes out")
	}
	if files, m := w.unzip(archive.URL); len(m.Items) != 1 || len(m.LeftOut) != 3 {
		t.Errorf("an archive of before holds %d files: %+v", len(files), m)
	}
	var words struct{ Items []struct{ Value string } }
	if w.do(p, "GET", "/api/v1/search/completions?prefix=hemlig", nil).into(t, &words); len(words.Items) != 0 {
		t.Errorf("completed: %+v", words)
	}
	job, err := id.Parse[id.Bulk](bulk.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.bulk.Run(t.Context(), w.self(w.tenant), job, 0); err != nil {
		t.Fatal(err)
	}
	var done struct{ Changed, Skipped int }
	if w.do(p, "GET", "/api/v1/bulk/"+bulk.ID, nil).into(t, &done); done.Changed != 1 || done.Skipped != 3 {
		t.Errorf("a job of before: %+v", done)
	}

	if a := w.do(chief, "PUT", path, object{"inherit": true, "grants": []any{}}); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	// The copies never left, so giving back what had been taken is seen at once.
	stand("given back", 4)
	if a := w.do(chief, "PUT", path, object{"inherit": false, "grants": []any{}}); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if err := w.folders.FollowAll(t.Context(), w.self(w.tenant), 0); err != nil {
		t.Fatal(err)
	}
	stand("when the job has ended", 1)
	if a := w.do(chief, "PUT", path, object{"inherit": true, "grants": []any{}}); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	stand("given back, before the job", 1, "each", "tickets", "window")
	if err := w.folders.FollowAll(t.Context(), w.self(w.tenant), 0); err != nil {
		t.Fatal(err)
	}
	stand("given back", 4)
}
