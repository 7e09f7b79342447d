// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/search"
)

// hold fails unless got is within want, and, if whole, all of it.
func (g *grove) hold(what string, got []id.Asset, want map[id.Asset]bool, whole bool) {
	g.t.Helper()
	seen := map[id.Asset]bool{}
	for _, a := range got {
		if seen[a] = true; !want[a] {
			g.t.Fatalf("%s: an asset is shown that may not be seen", what)
		}
	}
	if whole && len(seen) != len(want) {
		g.t.Fatalf("%s: %d of %d are shown", what, len(seen), len(want))
	}
}

func ids(list []asset.Asset) []id.Asset {
	out := make([]id.Asset, len(list))
	for i, a := range list {
		out[i] = a.ID
	}
	return out
}

// ask holds every answer to a query against what may be found: whole says that
// it has to be found, too.
func (g *grove) ask(who access.Actor, what string, q search.Query, want map[id.Asset]bool, whole bool) {
	g.t.Helper()
	ctx := g.t.Context()
	check := func(err error) {
		g.t.Helper()
		if err != nil {
			g.t.Fatalf("%s: %v", what, err)
		}
	}
	q.Limit = 100
	list, err := g.search.List(ctx, who, q)
	check(err)
	g.hold(what+": list", ids(list.Items), want, whole)
	if list.Total > len(want) || whole && (list.Total != len(want) || !list.TotalIsExact) {
		g.t.Fatalf("%s: counts %d of %d", what, list.Total, len(want))
	}
	chosen, err := g.search.Resolve(ctx, who, search.Selection{Query: &q}, 1000)
	check(err)
	g.hold(what+": selection", chosen, want, whole)
	f, err := g.search.Facets(ctx, who, q)
	check(err)
	kinds, tags, years := map[string]int{}, map[string]int{}, map[string]int{}
	for a := range want {
		x := g.assets[a]
		kinds[string(x.Kind)]++
		if x.CapturedOn != nil {
			years[x.CapturedOn.Format("2006")]++
		}
		for _, k := range slices.Compact(slices.Sorted(slices.Values(x.Fields["keywords"].Values))) {
			tags[k]++
		}
	}
	for _, x := range []struct {
		what string
		got  []search.Count
		want map[string]int
	}{{"kinds", f.Kinds, kinds}, {"years", f.Years, years}, {"keywords", f.Tags, tags}} {
		sum, all := 0, 0
		for _, c := range x.got {
			if sum += c.Count; c.Count > x.want[c.Value] {
				g.t.Fatalf("%s: %d %s are %q, of %d", what, c.Count, x.what, c.Value, x.want[c.Value])
			}
		}
		for _, n := range x.want {
			all += n
		}
		if whole && sum != all {
			g.t.Fatalf("%s: %s: %d of %d", what, x.what, sum, all)
		}
	}
	for _, c := range f.Folders {
		folder, err := id.Parse[id.Folder](c.Value)
		check(err)
		if !g.can(who, folder).Has(access.View) {
			g.t.Fatalf("%s: a folder is named that may not be seen", what)
		}
	}
	bars, _, err := g.search.Histogram(ctx, who, q, one(g.r, []search.By{search.ByYear, search.ByMonth, search.ByDay, search.ByLetter}))
	check(err)
	sum := 0
	for _, b := range bars {
		sum += b.Count
	}
	if sum > len(want) || whole && sum != len(want) {
		g.t.Fatalf("%s: the histogram has %d of %d", what, sum, len(want))
	}
}

// window fails unless it shows those of its places that may be seen now.
func (g *grove) window(who access.Actor, name string, visible map[id.Asset]bool) {
	g.t.Helper()
	span, err := g.search.Window(g.t.Context(), who, search.Query{}, search.Begin{Window: name}, 0, 500)
	if err != nil {
		g.t.Fatal(err)
	}
	for _, a := range span.Items {
		if a != nil && !visible[a.ID] {
			g.t.Fatal("a window shows what may not be seen")
		}
	}
}

// complete fails unless somebody sees an asset that has what is completed.
func (g *grove) complete(who access.Actor, visible map[id.Asset]bool, whole bool) {
	g.t.Helper()
	begin := one(g.r, []string{"s", "p", "t", "å", "u", "l", "a"})
	held := map[string]bool{}
	for a := range visible {
		for _, v := range append(slices.Clone(g.assets[a].Fields["keywords"].Values), g.assets[a].Fields["city"].Value) {
			held[strings.ToLower(v)] = true
		}
	}
	got, err := g.search.CompleteAll(g.t.Context(), who, begin)
	if err != nil {
		g.t.Fatal(err)
	}
	found := map[string]bool{}
	for _, c := range got {
		if c.Field == "" {
			continue
		}
		if found[strings.ToLower(c.Value)] = true; !held[strings.ToLower(c.Value)] {
			g.t.Fatalf("%q is completed, and nobody shows it", c.Value)
		}
	}
	for v := range held {
		if whole && strings.HasPrefix(v, begin) && !found[v] {
			g.t.Fatalf("%q is not completed", v)
		}
	}
}

func TestNU2_NobodySeesMoreAtAnyMomentWhileAssetsFollowNewRights(t *testing.T) {
	t.Parallel()
	lagged, redefined := 0, 0
	for seed := range uint64(2) {
		g := newGrove(t, seed)
		windows := map[string]string{}
		for step := range 48 {
			if g.r.IntN(3) > 0 {
				g.change()
			} else {
				g.follow(1 + g.r.IntN(12))
			}
			if step%12 == 11 { // the job comes to its end
				for g.follow(20) {
					continue
				}
			}
			lagging := g.lagging()
			if lagging {
				lagged++
			} else {
				redefined++
			}
			for i, who := range g.actors {
				visible := g.visible(who)
				what := fmt.Sprintf("seed %d, step %d, actor %d", seed, step, i)
				got, err := g.room.ByIDs(t.Context(), who, g.order)
				if err != nil {
					t.Fatal(err)
				}
				g.hold(what+": by name", ids(got), visible, true) // whoever knows them need not wait
				if g.r.IntN(3) > 0 && step%12 != 11 {
					continue
				}
				g.ask(who, what, search.Query{Sort: one(g.r, []search.Sort{search.Newest, search.Name, search.Captured})}, visible, !lagging)
				g.complete(who, visible, !lagging)
				if name := windows[who.ID]; name != "" && who.Kind == access.Person {
					g.window(who, name, visible)
				} else if span, err := g.search.Window(t.Context(), who, search.Query{}, search.Begin{}, 0, 1); err == nil {
					windows[who.ID] = span.Window
				}
			}
			if t.Failed() {
				return
			}
		}
	}
	if lagged < 12 || redefined < 12 {
		t.Errorf("%d moments with assets behind, %d without: too few to say anything", lagged, redefined)
	}
}

// queries writes a random query of one, two or three clauses; private ones mean
// something else to each asker.
func (g *grove) query() (q string, private bool) {
	word := func() string { return one(g.r, planted.words) }
	atoms := []func() string{
		word, word,
		func() string { return word()[:2] + "*" },
		func() string { return `"` + word() + " " + word() + `"` },
		func() string { return word() + "|" + word() },
		func() string { return "title:" + word() },
		func() string { return "description:" + word() + "|" + word() },
		func() string { return "name:" + word() },
		func() string { return "text:" + word() },
		func() string { return "tag:" + one(g.r, planted.tags) },
		func() string { return "tag:" + one(g.r, planted.tags)[:2] + "*" },
		func() string { return "city:" + one(g.r, planted.cities) },
		func() string { return fmt.Sprintf("taken:%d..%d", 2019+g.r.IntN(3), 2021+g.r.IntN(3)) },
		func() string { return fmt.Sprintf("taken:>%d-0%d", 2020+g.r.IntN(3), 1+g.r.IntN(9)) },
		func() string { return "uploaded:2026" },
		func() string {
			return fmt.Sprintf("size:%s%dmb", one(g.r, []string{">", "<", ">=", "<="}), 1+g.r.IntN(4))
		},
		func() string { return "width:..4000" },
		func() string { return "duration:>1" },
		func() string { return "kind:" + one(g.r, []string{"image", "video", "document"}) },
		func() string { return "type:jpg" },
		func() string {
			return "state:" + one(g.r, []string{"ready", "failed", "quarantined", "expired", "embargoed"})
		},
		func() string { return "has:" + one(g.r, []string{"title", "description", "city", "expiry"}) },
		func() string { return "no:" + one(g.r, []string{"alt", "description", "city", "expiry"}) },
		func() string { return "sensitive:no" },
		func() string { return "sha256:" + strings.Repeat("0", 64) },
		func() string { return "person:" + word() },
	}
	for range 1 + g.r.IntN(3) {
		a := one(g.r, atoms)()
		switch g.r.IntN(12) {
		case 0:
			a, private = fmt.Sprint("folder:mapp", g.r.IntN(12)), true
		case 1:
			a, private = "by:me", true
		case 2:
			a = word() + "|" + a
		}
		if g.r.IntN(4) == 0 {
			a = "-" + a
		}
		q += " " + a
	}
	return q[1:], private
}

func TestNU2_WhateverIsAskedNobodyFindsMoreThanTheyMaySee(t *testing.T) {
	t.Parallel()
	g := newGrove(t, 7)
	found := 0
	for round := range 90 {
		if round%10 == 9 {
			g.change()
		}
		if g.r.IntN(2) == 0 {
			for g.follow(30) {
				continue
			}
		}
		lagging := g.lagging()
		text, private := g.query()
		q := search.Query{Q: text, Sort: one(g.r, []search.Sort{search.Newest, search.Relevance, search.Name, search.Captured})}
		switch g.r.IntN(5) {
		case 0:
			q.Kind = asset.Image
		case 1:
			q.Tag = "press"
		}
		all, err := g.search.Resolve(t.Context(), g.house(), search.Selection{Query: &q}, 1000)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		who := one(g.r, g.actors)
		visible := g.visible(who)
		want := map[id.Asset]bool{}
		for _, a := range all {
			if visible[a] {
				want[a] = true
			}
		}
		if private {
			want = visible
		}
		found += len(want)
		g.ask(who, text, q, want, !lagging && !private)
		if f := one(g.r, g.tree); g.can(who, f).Has(access.View) {
			below := map[id.Asset]bool{}
			for a := range want {
				if g.assets[a].Folder == f {
					below[a] = true
				}
			}
			q.Folder = f
			g.ask(who, text+" in a folder", q, below, !lagging && !private)
		}
	}
	if found < 200 {
		t.Errorf("only %d assets were to be found: too few to say anything", found)
	}
}
