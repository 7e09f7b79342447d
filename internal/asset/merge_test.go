// SPDX-License-Identifier: Apache-2.0

package asset_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

func TestAMergeIsAUnionAndCanBeUndone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(access.View | access.Edit | access.Delete | access.ReadHistory)
	var merged, parted []id.Asset
	w.assets.OnMerged = func(_ context.Context, _ pg.Tx, _ access.Actor, _ id.Merge, _ id.Asset, others []id.Asset) error {
		merged = others
		return nil
	}
	w.assets.OnParted = func(_ context.Context, _ pg.Tx, _ access.Actor, _ id.Merge, _ id.Asset, others []id.Asset) error {
		parted = others
		return nil
	}
	keep, one, two := w.store(w.home, "a.jpg"), w.store(w.home, "b.jpg"), w.store(w.home, "c.jpg")
	text := func(s string) *asset.FieldChange { return &asset.FieldChange{Value: &s} }
	list := func(s ...string) *asset.FieldChange { return &asset.FieldChange{Values: s} }
	lang := func(l, s string) *asset.FieldChange { return &asset.FieldChange{Lang: map[string]string{l: s}} }
	keep = w.must(w.edit(who, keep, asset.Patch{Fields: map[string]*asset.FieldChange{
		"title": lang("sv", "Behållen"), "keywords": list("Räv", "Skog"), "city": text("Umeå"), "country": text("Sverige"),
	}}))
	keep = w.must(w.edit(who, keep, asset.Patch{Fields: map[string]*asset.FieldChange{"country": nil}})) // taken away by a person
	one = w.must(w.edit(who, one, asset.Patch{
		Fields: map[string]*asset.FieldChange{"title": {Lang: map[string]string{"sv": "En annan", "en": "Another"}}, "keywords": list("skog", "Vinter"), "city": text("Luleå"), "country": text("Norge"), "credit": text("Foto: Ett")},
		Alt:    map[string]*asset.AltChange{"sv": {Decision: asset.AltText, Text: "En räv"}},
	}))
	one = w.told(one, asset.Told{Fields: map[string]asset.Field{"source": {Value: "Filens ord"}}})
	two = w.must(w.edit(who, two, asset.Patch{Fields: map[string]*asset.FieldChange{"keywords": list("Natur"), "credit": text("Foto: Två"), "city": text("Kiruna")}}))
	before, err := w.assets.Get(t.Context(), who, keep.ID)
	if err != nil {
		t.Fatal(err)
	}

	m, got, err := w.assets.Merge(t.Context(), who, keep.ID, []id.Asset{one.ID, two.ID}, map[string]id.Asset{"city": two.ID})
	if err != nil {
		t.Fatal(err)
	}
	if title := got.Fields["title"]; title.Lang["sv"] != "Behållen" || title.Lang["en"] != "Another" {
		t.Errorf("%+v", title)
	}
	for name, want := range map[string]string{"city": "Kiruna", "credit": "Foto: Ett", "country": "", "source": "Filens ord"} {
		if f := got.Fields[name]; f.Value != want {
			t.Errorf("%s: %q", name, f.Value)
		}
	}
	if got.Fields["source"].Source != asset.FromFile {
		t.Errorf("who said it is lost: %+v", got.Fields["source"])
	}
	if k := got.Fields["keywords"].Values; !slices.Equal(k, []string{"Räv", "Skog", "Vinter", "Natur"}) {
		t.Error(k)
	}
	if got.Alt["sv"].Text != "En räv" || !slices.Equal(merged, []id.Asset{one.ID, two.ID}) {
		t.Error(got.Alt, merged)
	}
	gone, err := w.assets.Get(t.Context(), who, one.ID)
	if err != nil || gone.DeletedAt == nil || gone.MergedInto != keep.ID {
		t.Errorf("%+v %v", gone, err)
	}
	h, err := w.assets.History(t.Context(), who, keep.ID, "", 50)
	if err != nil || !slices.ContainsFunc(h.Items, func(c asset.Change) bool { return c.Field == "merged" && c.By == who.ID }) {
		t.Error(h, err)
	}
	if list, err := w.assets.Merges(t.Context(), who, keep.ID); err != nil || len(list) != 1 || list[0].ID != m.ID {
		t.Error(list, err)
	}

	// Somebody writes on; the undo leaves that and takes back the rest.
	w.must(w.edit(who, got, asset.Patch{Fields: map[string]*asset.FieldChange{"credit": text("Foto: Senare")}}))
	back, left, err := w.assets.Part(t.Context(), who, m.ID)
	if err != nil || !slices.Equal(left, []string{"credit"}) || !slices.Equal(parted, []id.Asset{one.ID, two.ID}) {
		t.Fatal(left, parted, err)
	}
	before.Fields["credit"] = back.Fields["credit"]
	if d := cmp.Diff(before.Fields, back.Fields); d != "" || len(back.Alt) != 0 {
		t.Error(d, back.Alt)
	}
	if gone, err = w.assets.Get(t.Context(), who, one.ID); err != nil || gone.DeletedAt != nil || !gone.MergedInto.IsZero() {
		t.Errorf("%+v %v", gone, err)
	}
	_, _, err = w.assets.Part(t.Context(), who, m.ID)
	code(t, "asset.merge_undone", err)

	// When one of the merged has left the bin, it is too late.
	if m, _, err = w.assets.Merge(t.Context(), who, keep.ID, []id.Asset{two.ID}, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.assets.Purge(t.Context(), w.house, two.ID); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.assets.Part(t.Context(), who, m.ID)
	code(t, "asset.merge_past", err)
}

func TestWhoMayNotDeleteOrSeeDoesNotMerge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	editor := w.person(access.View | access.Edit)
	a, b, hidden := w.store(w.home, "a.jpg"), w.store(w.home, "b.jpg"), w.store(w.root, "c.jpg")
	_, _, err := w.assets.Merge(t.Context(), editor, a.ID, []id.Asset{b.ID}, nil)
	code(t, "access.forbidden", err)
	full := w.person(access.View | access.Edit | access.Delete)
	_, _, err = w.assets.Merge(t.Context(), full, a.ID, []id.Asset{hidden.ID}, nil)
	code(t, "asset.not_found", err)
	_, _, err = w.assets.Merge(t.Context(), full, hidden.ID, []id.Asset{a.ID}, nil)
	code(t, "asset.not_found", err)
	for _, others := range [][]id.Asset{nil, {a.ID}, slices.Repeat([]id.Asset{b.ID}, asset.MaxMerged+1)} {
		if _, _, err := w.assets.Merge(t.Context(), full, a.ID, others, nil); fault.CodeOf(err) != "asset.merge" {
			t.Error(err)
		}
	}
	if _, _, err := w.assets.Merge(t.Context(), full, a.ID, []id.Asset{b.ID}, map[string]id.Asset{"title": hidden.ID}); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
	m, _, err := w.assets.Merge(t.Context(), full, a.ID, []id.Asset{b.ID}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = w.assets.Part(t.Context(), editor, m.ID)
	code(t, "asset.not_found", err)
	_, _, err = w.assets.Part(t.Context(), w.person(0), m.ID)
	code(t, "asset.not_found", err)
}

func TestTheBinIsEmptiedAfterFourteenDaysAndFoldersWithIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.folders.Weigh = w.assets.WeighTx
	inner := w.create(w.home, "inre")
	a, b, c := w.store(w.home, "a.jpg"), w.store(inner, "b.jpg"), w.store(w.root, "c.jpg")
	if err := w.assets.Delete(t.Context(), w.house, a.ID); err != nil {
		t.Fatal(err)
	}
	w.later.Add(3600)
	if err := w.folders.Delete(t.Context(), w.house, w.home, 0); err != nil {
		t.Fatal(err)
	}
	left := func() [2]int {
		t.Helper()
		if err := w.assets.Sweep(t.Context(), w.house); err != nil {
			t.Fatal(err)
		}
		return [2]int{w.count("select count(*) from asset"), w.count("select count(*) from folder where purpose is null")}
	}
	w.later.Add(int64((14*24*time.Hour-time.Hour)/time.Second) - 1)
	if got := left(); got != [2]int{3, 2} {
		t.Fatal("too early:", got)
	}
	w.later.Add(1)
	if got := left(); got != [2]int{2, 2} {
		t.Fatal("the one that was deleted first:", got)
	}
	// A folder comes back whole, and under a name that is free.
	w.create(w.root, folderName)
	back, err := w.folders.Restore(t.Context(), w.house, w.home)
	if err != nil || back.Name != folderName+" (2)" {
		t.Fatal(back, err)
	}
	if got, err := w.assets.Get(t.Context(), w.house, b.ID); err != nil || got.DeletedAt != nil {
		t.Error(got, err)
	}
	who := w.person(access.View | access.ManageFolder)
	if err := w.folders.Delete(t.Context(), w.house, w.home, 0); err != nil {
		t.Fatal(err)
	}
	if err := w.folders.Purge(t.Context(), who, w.home); fault.KindOf(err) != fault.Forbidden {
		t.Error("purge without the right:", err)
	}
	if err := w.folders.Purge(t.Context(), w.house, w.home); err != nil {
		t.Fatal(err)
	}
	_, err = w.folders.Restore(t.Context(), w.house, w.home)
	code(t, "folder.purging", err)
	if got := left(); got != [2]int{1, 1} {
		t.Error("all that lay in it goes:", got)
	}
	if _, err := w.assets.Get(t.Context(), w.house, c.ID); err != nil {
		t.Error("what lay elsewhere stays:", err)
	}
}

// folderName is what the world's folder is called.
const folderName = "home"
