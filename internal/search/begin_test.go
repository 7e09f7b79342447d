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
	"tillgang/internal/search"
)

func placed(s search.Span) (ids []string) {
	for _, a := range s.Items {
		if a != nil {
			ids = append(ids, a.ID.String())
		}
	}
	return ids
}

func texts(list ...id.Asset) (out []string) {
	for _, a := range list {
		out = append(out, a.String())
	}
	return out
}

func TestAWindowBeginsAtAMonthOrALetterOrBehindAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var made []id.Asset
	for i, name := range []string{"7.jpg", "alm.jpg", "björk.jpg", "ek.jpg", "ål.jpg", "örn.jpg"} { // by name, and one month after the other
		made = append(made, w.put(name, func(a *asset.Asset) {
			d := time.Date(2019, time.Month(1+3*i), 31, 0, 0, 0, 0, time.UTC) // 31 Jan, 1 May, 31 Jul, 31 Oct 2019, 31 Jan, 1 May 2020
			a.CapturedOn = &d
			a.Fields = title(fmt.Sprintf("träd nummer %d", i))
		}))
	}
	for _, c := range []struct {
		sort search.Sort
		at   string
		want []int
	}{
		{search.Captured, "2019-07", []int{2, 1, 0}},
		{search.Captured, "2019-06", []int{1, 0}},
		{search.Captured, "2019", []int{3, 2, 1, 0}},
		{search.Captured, "2018", nil},
		{search.Captured, "2030-01", []int{5, 4, 3, 2, 1, 0}},
		{search.Name, "#", []int{0, 1, 2, 3, 4, 5}},
		{search.Name, "B", []int{2, 3, 4, 5}},
		{search.Name, "c", []int{3, 4, 5}},
		{search.Name, "Å", []int{4, 5}},
		{search.Name, "ö", []int{5}},
		{search.Newest, "1999-12", nil},
	} {
		got, err := w.search.Window(t.Context(), w.house(), search.Query{Sort: c.sort}, search.Begin{At: c.at}, 0, 10)
		var want []string
		for _, i := range c.want {
			want = append(want, made[i].String())
		}
		if d := cmp.Diff(want, placed(got)); d != "" || err != nil || !got.Whole {
			t.Errorf("%s at %s: %v (-want +got):\n%s", c.sort, c.at, err, d)
		}
	}
	for _, bad := range []struct {
		q  search.Query
		at string
	}{{search.Query{Sort: search.Captured}, "juli"}, {search.Query{Sort: search.Name}, "ab"}, {search.Query{Sort: search.Name}, "\x00"}, {search.Query{Q: "träd"}, "2019"}} {
		if _, err := w.search.Window(t.Context(), w.house(), bad.q, search.Begin{At: bad.at}, 0, 1); fault.KindOf(err) != fault.Invalid {
			t.Error(bad, err)
		}
	}

	// A page's cursor stands between the same assets as a window's Next.
	for _, q := range []search.Query{{}, {Sort: search.Captured}, {Sort: search.Name}, {Q: "trad"}, {Q: "träd | nummer"}, {Q: "nummer", Sort: search.Captured}} {
		q.Limit = 4
		page, err := w.search.List(t.Context(), w.house(), q)
		if err != nil || len(page.Items) != 4 {
			t.Fatal(q, err)
		}
		rest, err := w.search.Window(t.Context(), w.house(), q, search.Begin{After: page.Next}, 0, 10)
		if err != nil || rest.Total != 2 {
			t.Fatal(q, rest.Total, err)
		}
		all, err := w.search.Window(t.Context(), w.house(), q, search.Begin{}, 0, 10)
		if d := cmp.Diff(placed(all)[4:], placed(rest)); d != "" || err != nil {
			t.Errorf("%+v: %v\n%s", q, err, d)
		}
	}
	if _, err := w.search.Window(t.Context(), w.house(), search.Query{}, search.Begin{After: "x"}, 0, 1); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
}

func TestASelectionIsOpenedAsAWindowAndItsPlacesAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open, closed := w.acl(0, access.View), w.acl(1, access.View)
	w.exec("update folder set acl_id = $1", open)
	who := w.Person(w.Groups[0])
	was := map[id.Asset]asset.Asset{}
	put := func(name string, acl int64) id.Asset {
		return w.put(name, func(a *asset.Asset) { a.ACL, was[a.ID] = acl, *a })
	}
	var made []id.Asset
	for _, name := range []string{"alm.jpg", "ask.jpg", "ek.jpg", "7.jpg", "örn.jpg"} {
		made = append(made, put(name, open))
	}
	secret := put("dold.jpg", closed)

	got, err := w.search.OpenWindow(t.Context(), who, search.Selection{IDs: []id.Asset{made[3], secret, made[1]}}, 200)
	if d := cmp.Diff(texts(made[3], made[1]), placed(got)); d != "" || err != nil || !got.Whole || got.Total != 2 {
		t.Fatal(err, d, got.Total)
	}
	byName := search.Query{Sort: search.Name}
	got, err = w.search.OpenWindow(t.Context(), who, search.Selection{Query: &byName, Except: made[2:3]}, 200)
	if d := cmp.Diff(texts(made[3], made[0], made[1], made[4]), placed(got)); d != "" || err != nil {
		t.Fatal(err, d)
	}
	bars, err := w.search.WindowHistogram(t.Context(), who, got.Window, search.ByLetter)
	if d := cmp.Diff([]search.Bar{{Key: "#", Count: 1}, {Key: "A", Count: 2, Place: 1}, {Key: "Ö", Count: 1, Place: 3}}, bars); d != "" || err != nil {
		t.Error(err, d)
	}
	bars, err = w.search.WindowHistogram(t.Context(), who, got.Window, search.ByAdded)
	if err != nil || len(bars) != 1 || bars[0].Count != 4 || len(bars[0].Key) != 7 {
		t.Error(bars, err)
	}
	hidden := was[made[0]]
	hidden.ACL = closed
	w.index(hidden)
	ids, err := w.search.WindowIDs(t.Context(), who, got.Window, 1, 2)
	if !slices.Equal(ids, made[1:2]) || err != nil {
		t.Error(ids, err)
	}
	bars, err = w.search.WindowHistogram(t.Context(), who, got.Window, search.ByLetter)
	if err != nil || len(bars) != 3 || bars[1].Count != 1 || bars[1].Place != 2 {
		t.Error("places stay", bars, err)
	}

	other := w.Person(w.Groups[0])
	if _, err := w.search.WindowIDs(t.Context(), other, got.Window, 0, 1); fault.KindOf(err) != fault.NotFound {
		t.Error("a window is its actor's own", err)
	}
	if _, err := w.search.WindowHistogram(t.Context(), other, got.Window, search.ByLetter); fault.KindOf(err) != fault.NotFound {
		t.Error("a window is its actor's own", err)
	}
	for _, bad := range [][2]int{{-1, 1}, {0, 0}, {0, search.MaxIDs + 1}, {search.MaxWindow + 1, 1}} {
		if _, err := w.search.WindowIDs(t.Context(), who, got.Window, bad[0], bad[1]); fault.KindOf(err) != fault.Invalid {
			t.Error(bad, err)
		}
	}
	if _, err := w.search.WindowHistogram(t.Context(), who, got.Window, "x"); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
	if _, err := w.search.OpenWindow(t.Context(), who, search.Selection{}, 200); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
	for _, err := range []error{
		func() error {
			_, err := w.search.OpenWindow(t.Context(), access.Actor{}, search.Selection{IDs: made}, 1)
			return err
		}(),
		func() error { _, err := w.search.WindowIDs(t.Context(), access.Actor{}, got.Window, 0, 1); return err }(),
		func() error {
			_, err := w.search.WindowHistogram(t.Context(), access.Actor{}, got.Window, search.ByYear)
			return err
		}(),
	} {
		if fault.KindOf(err) != fault.Unauthentic {
			t.Error(err)
		}
	}
}
