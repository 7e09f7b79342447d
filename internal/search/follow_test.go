// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
	"tillgang/internal/search"
)

func TestFacetsCountWhatTheAskerSees(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open, closed := w.acl(0, access.View), w.acl(1, access.View)
	w.exec("update folder set acl_id = $1 where id = $2", open, w.Root)
	sub, line := w.folder(w.Root, []id.Folder{w.Root}, open)
	deep, _ := w.folder(sub, line, open)
	hidden, _ := w.folder(w.Root, []id.Folder{w.Root}, closed)
	who := w.Person(w.Groups[0])
	put := func(f id.Folder, acl int64, year int, tags ...string) {
		w.put("räv.jpg", func(a *asset.Asset) {
			a.Folder, a.ACL = f, acl
			a.Fields["keywords"] = asset.Field{Values: tags}
			if year > 0 {
				d := time.Date(year, 5, 1, 0, 0, 0, 0, time.UTC)
				a.CapturedOn = &d
			}
		})
	}
	put(w.Root, open, 2024, "Blå", "grön")
	put(sub, open, 2024, "blå", "Grönsak")
	put(deep, open, 2020, "BLÅ")
	put(deep, open, 0)
	put(hidden, closed, 2019, "blå", "grönhemlig")
	w.put("x.pdf", func(a *asset.Asset) { a.ACL, a.Kind = open, asset.Document })

	got, err := w.search.Facets(t.Context(), who, search.Query{})
	if err != nil {
		t.Fatal(err)
	}
	want := search.Facets{
		Total: 5, TotalIsExact: true, Of: 5, TagsOf: 5,
		Kinds:   []search.Count{{Value: "document", Count: 1}, {Value: "image", Count: 4}},
		Tags:    []search.Count{{Value: "BLÅ", Count: 3}, {Value: "Grönsak", Count: 1}, {Value: "grön", Count: 1}},
		Years:   []search.Count{{Value: "2024", Count: 2}, {Value: "2020", Count: 1}},
		Folders: []search.Count{{Value: sub.String(), Name: sub.String(), Count: 3}},
	}
	slices.SortFunc(got.Kinds, func(a, b search.Count) int { return a.Count - b.Count })
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got, err := w.search.Facets(t.Context(), who, search.Query{Q: "rav", Folder: sub, Subtree: true, Tag: "blå"}); err != nil || got.Total != 2 || len(got.Folders) != 1 || got.Folders[0].Value != deep.String() {
		t.Error(got, err)
	}
	if got, err := w.search.Facets(t.Context(), w.Person(), search.Query{}); err != nil || got.Total != 0 || len(got.Tags) != 0 {
		t.Error(got, err)
	}
	for prefix, want := range map[string][]string{
		"gr": {"Grönsak", "grön"}, "GRÖN": {"Grönsak", "grön"}, "grons": {"Grönsak"}, "bla": {"Blå"}, "lå": {}, "'; drop": {}, "grön h": {}, "%": {},
	} {
		got, err := w.search.Complete(t.Context(), who, prefix)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v %v", prefix, got, err)
		}
	}
	for _, prefix := range []string{"", " ", "\x00", string(make([]byte, 3)), "a" + fmt.Sprintf("%0101d", 0)} {
		if _, err := w.search.Complete(t.Context(), who, prefix); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", prefix, err)
		}
	}
}

func TestTheIndexFollowsTheAsset(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := asset.Asset{}
	w.put("räv.jpg", func(made *asset.Asset) { made.Fields = title("räv"); a = *made })
	index := func() {
		t.Helper()
		if err := pg.In(t.Context(), w.db, w.Tenant, func(tx pg.Tx) error { return w.search.IndexTx(t.Context(), tx, a) }); err != nil {
			t.Fatal(err)
		}
	}
	found := func(q string) int { t.Helper(); return len(w.names(w.house(), search.Query{Q: q})) }
	a.Fields, a.Name = title("varg"), "varg.jpg"
	index()
	if found("räv") != 0 || found("varg") != 1 {
		t.Error("a changed title is not followed")
	}
	closed := w.acl(1, access.View)
	if err := pg.In(t.Context(), w.db, w.Tenant, func(tx pg.Tx) error {
		return w.search.RightsTx(t.Context(), tx, map[id.Folder]int64{w.Root: closed, id.New[id.Folder](): closed})
	}); err != nil {
		t.Fatal(err)
	}
	if got, err := w.search.List(t.Context(), w.Person(w.Groups[1]), search.Query{Q: "varg"}); err != nil || got.Total != 1 {
		t.Error("new rights are not followed", got, err)
	}
	a.DeletedAt = &now
	index()
	if found("varg") != 0 {
		t.Error("the bin is searched")
	}
	if err := w.search.Rebuild(t.Context(), w.Person(), nil); fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
	done := 0
	if err := w.search.Rebuild(t.Context(), w.house(), func(n int) { done = n }); err != nil || done != 1 || found("räv") != 1 {
		t.Error(done, err)
	}
}

func TestAnyTextsCanBeIndexedAndAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, s := range hostile {
		w.put(fmt.Sprintf("%d", i), func(a *asset.Asset) {
			a.Fields = title(s)
			a.Fields["keywords"] = asset.Field{Values: []string{s, "  ", s}}
			a.Alt["sv"] = asset.Alt{Text: s}
		})
	}
	for _, s := range hostile {
		for _, q := range []search.Query{{Q: s}, {Q: "\"" + s + "\""}, {Q: "-" + s}, {Q: s + "*"}, {Tag: s}, {Sort: search.Sort(s)}, {Kind: asset.Kind(s)}, {State: asset.State(s)}, {Cursor: s}} {
			if _, err := w.search.List(t.Context(), w.house(), q); fault.KindOf(err) == fault.Internal && err != nil {
				t.Errorf("%.60q: %v", s, err)
			}
			if _, err := w.search.Facets(t.Context(), w.house(), q); fault.KindOf(err) == fault.Internal && err != nil {
				t.Errorf("%.60q: %v", s, err)
			}
		}
		if _, err := w.search.Complete(t.Context(), w.house(), s); fault.KindOf(err) == fault.Internal && err != nil {
			t.Errorf("%.60q: %v", s, err)
		}
	}
	// What is a cursor of the list, but not one that it gave out.
	for _, values := range [][]any{{1, "x", id.New[id.Asset](), 0, true}, {1, "0000-13-99", id.New[id.Asset](), 0, true}, {3, now, id.New[id.Asset](), 0, true}, {1, now, "", 0, true}, {1, now, id.New[id.Asset](), -1, true}, {1, "99999-01-01T00:00:00Z", id.New[id.Asset](), 0, true}} {
		for _, sort := range []search.Sort{search.Newest, search.Captured, search.Name} {
			list := fmt.Sprintf("search %q %s %t %s %q %s %s", "", "", false, "", "", "", sort)
			_, err := w.search.List(t.Context(), w.house(), search.Query{Sort: sort, Cursor: page.Cursor(list, values...)})
			if sort != search.Name && fault.KindOf(err) != fault.Invalid || fault.KindOf(err) == fault.Internal && err != nil {
				t.Errorf("%s %v: %v", sort, values, err)
			}
		}
	}
}
