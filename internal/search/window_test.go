// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/search"
)

func TestWindowsKeepTheirPlacesAndHistogramsCountThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open, closed := w.acl(0, access.View), w.acl(1, access.View)
	w.exec("update folder set acl_id = $1", open)
	who := w.Person(w.Groups[0])
	var made []id.Asset
	for i, name := range []string{"ål.jpg", "alm.jpg", "Äng.jpg", "7.jpg", "örn.jpg", "Asp.jpg"} {
		made = append(made, w.put(name, func(a *asset.Asset) {
			a.ACL = open
			if i > 1 {
				d := time.Date(2023+i/3, time.Month(1+i), 2, 0, 0, 0, 0, time.UTC)
				a.CapturedOn = &d
			}
		}))
	}
	w.put("dold.jpg", func(a *asset.Asset) { a.ACL = closed })
	for by, want := range map[search.By][]search.Bar{
		search.ByYear:   {{Key: "2024", Count: 3}, {Key: "2023", Count: 1}, {Key: "", Count: 2}},
		search.ByMonth:  {{Key: "2024-06", Count: 1}, {Key: "2024-05", Count: 1}, {Key: "2024-04", Count: 1}, {Key: "2023-03", Count: 1}, {Key: "", Count: 2}},
		search.ByDay:    {{Key: "2024-06-02", Count: 1}, {Key: "2024-05-02", Count: 1}, {Key: "2024-04-02", Count: 1}, {Key: "2023-03-02", Count: 1}, {Key: "", Count: 2}},
		search.ByLetter: {{Key: "#", Count: 1}, {Key: "A", Count: 2}, {Key: "Å", Count: 1}, {Key: "Ä", Count: 1}, {Key: "Ö", Count: 1}},
	} {
		got, whole, err := w.search.Histogram(t.Context(), who, search.Query{}, by)
		if d := cmp.Diff(want, got); d != "" || !whole || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", by, err, d)
		}
	}
	if got, _, err := w.search.Histogram(t.Context(), who, search.Query{Q: "alm taken:2024"}, search.ByYear); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
	if _, _, err := w.search.Histogram(t.Context(), who, search.Query{}, "x"); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}

	first, err := w.search.Window(t.Context(), who, search.Query{}, search.Begin{}, 0, 4)
	if err != nil || first.Total != 6 || !first.Whole || len(first.Items) != 4 || first.Items[0].ID != made[5] {
		t.Fatal(first, err)
	}
	w.put("ny.jpg", func(a *asset.Asset) { a.ACL = open })
	w.exec("update asset set deleted_at = now() where id = $1", made[1])
	hidden, _ := w.folder(w.Root, []id.Folder{w.Root}, closed)
	w.exec("update asset set folder_id = $1, acl_id = $2 where id = $3", hidden, closed, made[0])
	rest, err := w.search.Window(t.Context(), who, search.Query{}, search.Begin{Window: first.Window}, 3, 10)
	if err != nil || rest.Total != 6 || len(rest.Items) != 3 || rest.Items[0] == nil || rest.Items[0].ID != made[2] || rest.Items[1] != nil || rest.Items[2] != nil {
		t.Fatal(rest, err)
	}
	for _, other := range []access.Actor{w.Person(w.Groups[0]), w.house()} {
		if _, err := w.search.Window(t.Context(), other, search.Query{}, search.Begin{Window: first.Window}, 0, 1); fault.KindOf(err) != fault.NotFound {
			t.Error("a window is its actor's own", err)
		}
	}
	if got, err := w.search.Window(t.Context(), who, search.Query{}, search.Begin{Window: first.Window}, 50, 1); err != nil || len(got.Items) != 0 {
		t.Error(got, err)
	}
	for _, bad := range [][2]int{{-1, 1}, {0, 0}, {0, 501}, {100_001, 1}} {
		if _, err := w.search.Window(t.Context(), who, search.Query{}, search.Begin{}, bad[0], bad[1]); fault.KindOf(err) != fault.Invalid {
			t.Error(bad, err)
		}
	}
	if _, err := w.search.Window(t.Context(), who, search.Query{}, search.Begin{Window: "x"}, 0, 1); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
}

func TestSynonymsAreLookedForToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"bil", "fordon", "motor fordon", "cykel"} {
		w.put(name+".jpg", func(a *asset.Asset) { a.Fields = title(name) })
	}
	if _, err := w.search.SetSynonym(t.Context(), w.Person(), "a", []string{"b"}, true); fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
	for _, bad := range [][2]string{{"", "b"}, {"a", ""}, {"a", "a"}, {"!", "b"}} {
		if _, err := w.search.SetSynonym(t.Context(), w.house(), bad[0], []string{bad[1]}, true); fault.KindOf(err) != fault.Invalid {
			t.Error(bad, err)
		}
	}
	one, err := w.search.SetSynonym(t.Context(), w.house(), "Bil", []string{"motor fordon", "BIL"}, false)
	if err != nil || one.Word != "bil" || !slices.Equal(one.Means, []string{"motor fordon"}) {
		t.Fatal(one, err)
	}
	found := func(q string) int { t.Helper(); return len(w.names(w.house(), search.Query{Q: q})) }
	if found("bil") != 2 || found(`"bil"`) != 1 || found("fordon") != 2 || found("bil -cykel") != 2 || found("title:bil") != 2 {
		t.Error("one way:", found("bil"), found(`"bil"`), found("fordon"), found("title:bil"))
	}
	if _, err := w.search.SetSynonym(t.Context(), w.house(), "bil", []string{"fordon"}, true); err != nil {
		t.Fatal(err)
	}
	if found("bil") != 3 || found("fordon") != 3 {
		t.Error("both ways:", found("bil"), found("fordon"))
	}
	list, err := w.search.Synonyms(t.Context(), w.house())
	if err != nil || len(list) != 1 || !list[0].TwoWay {
		t.Fatal(list, err)
	}
	if err := w.search.DropSynonym(t.Context(), w.house(), list[0].ID); err != nil || found("bil") != 1 {
		t.Error(err)
	}
	if err := w.search.DropSynonym(t.Context(), w.house(), list[0].ID); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	e, err := w.search.Explain(t.Context(), w.house(), `"en bil" -nyckelord:a|b|-x nix:y`)
	want := []search.ExplainedClause{
		{Any: []search.ExplainedAtom{{At: 1, Value: "en bil", Phrase: true}}},
		{Not: true, Any: []search.ExplainedAtom{{At: 11, Key: "tag", Value: "a"}, {At: 23, Key: "tag", Value: "b"}, {At: 25, Key: "tag", Value: "-x"}}},
		{Any: []search.ExplainedAtom{{At: 28, Value: "nix:y"}}},
	}
	if d := cmp.Diff(want, e.Clauses); d != "" || len(e.Hints) != 1 || err != nil {
		t.Errorf("%v %v (-want +got):\n%s", e.Hints, err, d)
	}
}
