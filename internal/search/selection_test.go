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

func TestASelectionIsWhatTheAskerSeesOfIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open, closed := w.acl(0, access.View), w.acl(1, access.View)
	who := w.Person(w.Groups[0])
	put := func(name string, acl int64) id.Asset { return w.put(name, func(a *asset.Asset) { a.ACL = acl }) }
	a, b, c := put("räv 1.jpg", open), put("räv 2.jpg", open), put("rav 3.jpg", open)
	hidden := put("räv 4.jpg", closed)
	w.put("räv 5.jpg", func(a *asset.Asset) {
		gone := now.Add(-time.Hour)
		a.ACL, a.ExpiresAt = open, &gone
	})
	same := func(got []id.Asset, want ...id.Asset) {
		t.Helper()
		if d := cmp.Diff(want, got, cmp.Comparer(func(a, b id.Asset) bool { return a == b })); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
	resolve := func(sel search.Selection) []id.Asset {
		t.Helper()
		got, err := w.search.Resolve(t.Context(), who, sel, 10)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	same(resolve(search.Selection{IDs: []id.Asset{c, hidden, a, c, id.New[id.Asset]()}}), c, a)
	same(resolve(search.Selection{Query: &search.Query{Q: "räv", Limit: 1}}), b, a, c)
	same(resolve(search.Selection{Query: &search.Query{Q: "rav"}}), c, b, a)
	same(resolve(search.Selection{Query: &search.Query{}, Except: []id.Asset{b, hidden}}), c, a)
	same(resolve(search.Selection{Query: &search.Query{Sort: search.Name}}), c, a, b)
	if got, err := w.search.Resolve(t.Context(), w.Person(), search.Selection{Query: &search.Query{}}, 10); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
	if _, err := w.search.Resolve(t.Context(), access.Actor{}, search.Selection{IDs: []id.Asset{a}}, 10); fault.KindOf(err) != fault.Unauthentic {
		t.Error(err)
	}
	for _, sel := range []search.Selection{
		{}, {IDs: []id.Asset{a}, Query: &search.Query{}}, {IDs: []id.Asset{a}, Except: []id.Asset{a}}, {IDs: slices.Repeat([]id.Asset{a}, 3)}, {Query: &search.Query{}}, {Query: &search.Query{Sort: "no"}},
	} {
		if _, err := w.search.Resolve(t.Context(), who, sel, 2); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", sel, err)
		}
	}
}
