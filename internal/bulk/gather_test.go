// SPDX-License-Identifier: Apache-2.0

package bulk_test

import (
	"fmt"
	"strings"
	"testing"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/bulk"
	"tillgang/internal/collection"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/search"
)

// list makes a list of who's with assets in it.
func (w *world) list(who access.Actor, assets ...id.Asset) id.Collection {
	w.t.Helper()
	c, err := w.collections.Create(w.t.Context(), who, collection.Draft{Name: "Lista"})
	if err == nil && len(assets) > 0 {
		_, err = w.collections.Add(w.t.Context(), who, c.ID, assets, collection.At{})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return c.ID
}

// found are the assets that a query finds, by their number in all, over pages
// of two.
func (w *world) found(q search.Query, all []id.Asset) string {
	w.t.Helper()
	at := map[id.Asset]int{}
	for i, a := range all {
		at[a] = i
	}
	var out []string
	for q.Limit = 2; ; {
		res, err := w.search.List(w.t.Context(), w.who, q)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, a := range res.Items {
			out = append(out, fmt.Sprint(at[a.ID]))
		}
		if q.Cursor = res.Next; q.Cursor == "" {
			return fmt.Sprintf("%s of %d", strings.Join(out, " "), res.Total)
		}
	}
}

func (w *world) startOrder(o bulk.Order) bulk.Job {
	w.t.Helper()
	j, err := w.bulk.Start(w.t.Context(), w.who, o)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.run(j.ID)
}

func TestACollectionIsAListOfAssetsLikeAnyOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, theirs := w.store(w.home, 8), w.store(w.other, 1)
	house := w.who // sees it all for a moment, to put there what who does not see
	house.Own.Everywhere = access.View
	c := w.list(house, mine[4], theirs[0], mine[1], mine[7], mine[2], mine[5])
	w.run(w.start([]id.Asset{mine[1], mine[2], mine[6]}, asset.Edits{Fields: map[string]asset.FieldAct{"keywords": values(asset.Add, "Sommar"), "title": set("En räv")}}).ID)
	for _, one := range []struct {
		q    search.Query
		want string
	}{
		{search.Query{Collection: c}, "4 1 7 2 5 of 5"},
		{search.Query{Collection: c, Sort: search.Manual, Q: "räv"}, "1 2 of 2"},
		{search.Query{Collection: c, Q: "rav"}, "2 1 of 2"},
		{search.Query{Collection: c, Sort: search.Newest}, "7 5 4 2 1 of 5"},
		{search.Query{Collection: c, Sort: search.Name, Tag: "sommar"}, "1 2 of 2"},
		{search.Query{Collection: c, Q: "-tag:sommar"}, "4 7 5 of 3"},
		{search.Query{Collection: c, Folder: w.home, Kind: asset.Image, Sort: search.Captured}, "7 5 4 2 1 of 5"},
		{search.Query{Collection: c, Folder: w.home, Kind: asset.Video}, " of 0"},
	} {
		if got := w.found(one.q, mine); got != one.want {
			t.Errorf("%+v: %s, want %s", one.q, got, one.want)
		}
	}
	f, err := w.search.Facets(t.Context(), w.who, search.Query{Collection: c})
	if err != nil || f.Total != 5 || len(f.Tags) != 1 || f.Tags[0].Count != 2 {
		t.Errorf("%+v %v", f, err)
	}
	bars, whole, err := w.search.Histogram(t.Context(), w.who, search.Query{Collection: c, Q: "räv"}, search.ByLetter)
	if err != nil || !whole || len(bars) != 1 || bars[0].Count != 2 {
		t.Error(bars, err)
	}
	span, err := w.search.Window(t.Context(), w.who, search.Query{Collection: c}, search.Begin{}, 1, 2)
	if err != nil || span.Total != 5 || span.Items[0].ID != mine[1] || span.Items[1].ID != mine[7] {
		t.Errorf("%+v %v", span, err)
	}
	sel, err := w.search.Resolve(t.Context(), w.who, search.Selection{Query: &search.Query{Collection: c}, Except: []id.Asset{mine[7]}}, 10)
	if err != nil || len(sel) != 4 || sel[0] != mine[4] || sel[3] != mine[5] {
		t.Error(sel, err)
	}

	saved, err := w.collections.Create(t.Context(), w.who, collection.Draft{
		Kind: collection.Saved, Name: "Rävar", Search: collection.Search{Q: "räv", Folder: w.home.String(), Subtree: true, Sort: "name"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for want, q := range map[string]search.Query{
		"1 2 6 of 3": {Collection: saved.ID},
		"6 2 1 of 3": {Collection: saved.ID, Sort: search.Newest, Folder: w.home},
		" of 0":      {Collection: saved.ID, Kind: asset.Video},
		"6 of 1":     {Collection: saved.ID, Q: "name:bild-6"},
	} {
		if got := w.found(q, mine); got != want {
			t.Errorf("%+v: %s, want %s", q, got, want)
		}
	}
	for _, q := range []search.Query{{Sort: search.Manual}, {Sort: search.Manual, Collection: saved.ID}} {
		if _, err := w.search.List(t.Context(), w.who, q); fault.KindOf(err) != fault.Invalid {
			t.Error("an order that there is not:", err)
		}
	}
	stranger := w.who
	stranger.Account, stranger.Own.Principals = id.New[id.Account](), nil
	if _, err := w.search.List(t.Context(), stranger, search.Query{Collection: c}); fault.KindOf(err) != fault.NotFound {
		t.Error("another's collection:", err)
	}
}

func TestManyAssetsGoIntoACollectionAndOutOfIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, theirs := w.store(w.home, 250), w.store(w.other, 3)
	c := w.list(w.who, mine[3])
	order := bulk.Order{Selection: search.Selection{IDs: append(append([]id.Asset{}, mine...), theirs...)}, AddTo: c}
	if p, err := w.bulk.Preview(t.Context(), w.who, order); err != nil || p.Changed != 249 || p.Skipped != 3 {
		t.Error(p, err)
	}
	into := w.startOrder(order)
	if into.State != bulk.Finished || into.Changed != 249 || into.Skipped != 3 || w.count("select count(*) from collection_asset") != 250 {
		t.Errorf("%+v", into)
	}
	if got := w.found(search.Query{Collection: c, Q: "name:bild-0|bild-1|bild-2|bild-3"}, mine); got != "3 0 1 2 of 4" {
		t.Error(got)
	}
	out := w.startOrder(bulk.Order{Selection: search.Selection{Query: &search.Query{Collection: c, Q: "name:bild-3|bild-7"}}, RemoveFrom: c})
	if out.Changed != 2 || w.count("select count(*) from collection_asset") != 248 {
		t.Errorf("%+v", out)
	}
	if u := w.undo(out.ID); u.Changed != 2 || u.Kept != 0 {
		t.Errorf("%+v", u)
	}
	if got := w.found(search.Query{Collection: c, Sort: search.Manual, Q: "name:bild-3|bild-7|bild-8"}, mine); got != "3 7 8 of 3" {
		t.Error("where they stood:", got)
	}
	if _, err := w.collections.Remove(t.Context(), w.who, c, mine[:2]); err != nil {
		t.Fatal(err)
	}
	if u := w.undo(into.ID); u.Changed != 247 || u.Kept != 2 || w.count("select count(*) from collection_asset") != 1 {
		t.Errorf("%+v", u)
	}
	// What was done to a collection that is gone meanwhile stops.
	again, err := w.bulk.Start(t.Context(), w.who, order)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.collections.Delete(t.Context(), w.who, c); err != nil {
		t.Fatal(err)
	}
	if j := w.run(again.ID); j.State != bulk.Stopped || j.Code != "collection.deleted" || j.Reason == "" {
		t.Errorf("%+v", j)
	}
	for _, o := range []bulk.Order{
		{Selection: order.Selection, AddTo: c, RemoveFrom: c}, {Selection: order.Selection, AddTo: w.list(w.who), Edits: asset.Edits{Bin: asset.IntoBin}},
	} {
		if _, err := w.bulk.Start(t.Context(), w.who, o); fault.CodeOf(err) != "bulk.alone" {
			t.Error(err)
		}
	}
	if _, err := w.bulk.Start(t.Context(), w.who, bulk.Order{Selection: order.Selection, AddTo: id.New[id.Collection]()}); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
}

func TestTheOwnersOfManyAssetsAreChangedAndChangedBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := w.store(w.home, 3)
	job := w.startOrder(bulk.Order{Selection: search.Selection{IDs: mine}, Edits: asset.Edits{Owner: &w.who.Account}})
	if job.Changed != 3 || w.get(mine[0]).Owner != w.who.Account {
		t.Errorf("%+v", job)
	}
	for q, want := range map[string]string{"owner:me": "2 1 0 of 3", "is:mine": "2 1 0 of 3", "ägare:ingen": " of 0", "-owner:" + w.who.Account.String(): " of 0"} {
		if got := w.found(search.Query{Q: q, Sort: search.Newest}, mine); got != want {
			t.Error(q, got)
		}
	}
	if u := w.undo(job.ID); u.Changed != 3 || !w.get(mine[0]).Owner.IsZero() {
		t.Errorf("%+v", u)
	}
	if got := w.found(search.Query{Q: "owner:nobody"}, mine); got != "2 1 0 of 3" {
		t.Error(got)
	}
	_, err := w.bulk.Start(t.Context(), w.who, bulk.Order{Selection: search.Selection{IDs: mine}, Edits: asset.Edits{Owner: new(id.New[id.Account]())}})
	if fault.KindOf(err) != fault.Invalid {
		t.Error("a stranger:", err)
	}
}

func TestASummarySaysWhatManyAssetsHave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, theirs := w.store(w.home, 4), w.store(w.other, 1)
	long := strings.Repeat("lång ", 90) + "text"
	w.run(w.start(mine, asset.Edits{Fields: map[string]asset.FieldAct{"credit": set(long), "keywords": values(asset.Add, "A")}}).ID)
	w.run(w.start(mine[:1], asset.Edits{
		Fields: map[string]asset.FieldAct{"keywords": values(asset.Add, "B"), "title": {Do: asset.Set, FieldChange: asset.FieldChange{Lang: map[string]string{"sv": "Ett"}}}},
		Alt:    map[string]*asset.AltChange{"sv": {Decision: asset.AltDecorative}},
	}).ID)
	s, err := w.bulk.Summary(t.Context(), w.who, search.Selection{IDs: append(append([]id.Asset{}, mine...), theirs...)})
	if err != nil || s.Looked != 4 || s.Editable != 4 {
		t.Fatal(s, err)
	}
	got := map[string]string{}
	for _, f := range s.Fields {
		text := fmt.Sprintf("%t %d", f.Same, f.Empty)
		for _, v := range f.Values {
			text += fmt.Sprintf(" %d×%s", v.Count, v.Value)
		}
		got[strings.TrimSuffix(f.Field+"."+f.Lang, ".")] = text
	}
	for name, want := range map[string]string{
		"credit": "true 0 4×" + long, "keywords": "false 0 4×A 1×B", "title.sv": "false 3 1×Ett", "alt.sv": "false 3 1×decorative\n", "city": "true 4",
		"folder": "true 0 4×" + w.home.String(), "expires_at": "true 4", "kind": "true 0 4×image",
	} {
		if got[name] != want {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
	}
	if _, err := w.bulk.Summary(t.Context(), w.who, search.Selection{IDs: theirs}); fault.CodeOf(err) != "bulk.empty" {
		t.Error(err)
	}
}
