// SPDX-License-Identifier: Apache-2.0

package bulk_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/bulk"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/search"
)

func TestManyAreChangedAndWhatIsForbiddenIsSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, theirs := w.store(w.home, 450), w.store(w.other, 3)
	order := bulk.Order{Selection: search.Selection{IDs: append(append([]id.Asset{}, mine...), theirs...)}, Edits: asset.Edits{
		Fields: map[string]asset.FieldAct{"credit": set("<script>alert(1)</script>"), "keywords": values(asset.Add, "Sommar", "sommar")},
		Alt:    map[string]*asset.AltChange{"sv": {Decision: asset.AltDecorative}},
	}}
	p, err := w.bulk.Preview(t.Context(), w.who, order)
	if err != nil || p.Total != 453 || p.Changed != 450 || p.Skipped != 3 || p.Values["credit"].Empty != 450 || p.Reasons[0].Code != "asset.not_found" {
		t.Fatalf("%+v %v", p, err)
	}
	if w.get(mine[0]).Version != 1 {
		t.Fatal("a preview changed something")
	}
	j, err := w.bulk.Start(t.Context(), w.who, order)
	if err != nil {
		t.Fatal(err)
	}
	late := w.store(w.home, 1)[0]
	if j = w.run(j.ID); j.State != bulk.Finished || j.Changed != 450 || j.Skipped != 3 || j.Done != 453 || j.Reasons[0].Count != 3 {
		t.Errorf("%+v", j)
	}
	got := w.get(mine[449])
	if got.Fields["credit"].Value != "<script>alert(1)</script>" || got.Fields["credit"].By != w.who.ID || len(got.Fields["keywords"].Values) != 1 ||
		got.Alt["sv"].Decision != asset.AltDecorative || got.Version != 2 {
		t.Errorf("%+v", got)
	}
	if w.get(theirs[0]).Version != 1 || w.get(late).Version != 1 {
		t.Error("what was not the actor's, or not chosen, was changed")
	}
	found, err := w.search.List(t.Context(), w.who, search.Query{Q: "sommar"})
	if err != nil || found.Total != 450 {
		t.Errorf("%d are found, %v", found.Total, err)
	}
	left, err := w.bulk.Left(t.Context(), w.who, j.ID, "", 2)
	if err != nil || len(left.Items) != 2 || left.Next == "" || left.Items[0].Asset != theirs[0] {
		t.Errorf("%+v %v", left, err)
	}
	if n := w.count("select count(*)::int from audit_entry where verb = 'bulk.apply' and subject = $1", j.ID.String()); n != 3 {
		t.Errorf("%d entries in the log for 3 batches", n)
	}
	if u := w.undo(j.ID); u.Changed != 450 || u.Kept != 0 {
		t.Errorf("%+v", u)
	}
	if got := w.get(mine[0]); len(got.Fields) != 0 || len(got.Alt) != 0 {
		t.Errorf("%+v", got)
	}
	_, err = w.bulk.Undo(t.Context(), w.who, j.ID)
	code(t, "bulk.undone", err)
	stranger := w.who
	stranger.ID = "acc_stranger"
	_, err = w.bulk.Get(t.Context(), stranger, j.ID)
	code(t, "bulk.not_found", err)
}

// random gives an asset some content by different sources.
func (w *world) random(r *rand.Rand, a id.Asset) {
	w.t.Helper()
	if r.IntN(2) == 0 {
		w.in(func(tx pg.Tx) error {
			_, err := w.assets.FileFieldsTx(w.t.Context(), tx, w.house, a, asset.Told{Fields: map[string]asset.Field{
				"title": {Lang: map[string]string{"sv": "från filen"}}, "keywords": {Values: []string{"fil", "x"}}, "city": {Value: "Umeå"},
			}})
			return err
		})
	}
	if r.IntN(2) == 0 {
		p := asset.Patch{Fields: map[string]*asset.FieldChange{"credit": {Value: new(fmt.Sprint("foto ", r.IntN(3)))}, "title": {Lang: map[string]string{"en": "by hand"}}}}
		if r.IntN(2) == 0 {
			p.Alt = map[string]*asset.AltChange{"sv": {Decision: asset.AltText, Text: "en bild"}}
		}
		if _, err := w.assets.Edit(w.t.Context(), w.house, a, 0, p); err != nil {
			w.t.Fatal(err)
		}
	}
}

func anything(r *rand.Rand) asset.Edits {
	e := asset.Edits{Fields: map[string]asset.FieldAct{}}
	if r.IntN(2) == 0 {
		e.Fields["credit"] = []asset.FieldAct{set("ny"), {Do: asset.Clear}, {Do: asset.Replace, From: "foto", To: "bild"}}[r.IntN(3)]
	}
	if r.IntN(2) == 0 {
		e.Fields["keywords"] = []asset.FieldAct{values(asset.Add, "a", "b"), values(asset.Remove, "FIL"), values(asset.Set, "c"), {Do: asset.Replace, From: "x", To: "y"}}[r.IntN(4)]
	}
	if r.IntN(2) == 0 {
		e.Fields["title"] = []asset.FieldAct{{Do: asset.Set, FieldChange: asset.FieldChange{Lang: map[string]string{"sv": "Ny", "fi": "Uusi"}}}, {Do: asset.Clear}, set("okänt språk")}[r.IntN(3)]
	}
	if r.IntN(3) == 0 {
		e.Alt = map[string]*asset.AltChange{"sv": []*asset.AltChange{nil, {Decision: asset.AltDecorative}}[r.IntN(2)]}
	}
	if r.IntN(3) == 0 {
		e.ExpiresAt = &asset.When{At: new(noon.AddDate(1, 0, 0))}
	}
	if len(e.Fields)+len(e.Alt) == 0 && e.ExpiresAt == nil {
		e.Bin = asset.IntoBin
	}
	return e
}

// content compares all that an undo restores: contents and who said them.
var content = cmp.Options{
	cmpopts.IgnoreFields(asset.Asset{}, "Version", "UpdatedAt", "Registry", "Fresh"), cmpopts.EquateEmpty(),
	cmp.Comparer(func(a, b id.Asset) bool { return a == b }), cmp.Comparer(func(a, b id.Tenant) bool { return a == b }),
	cmp.Comparer(func(a, b id.Folder) bool { return a == b }), cmp.Comparer(func(a, b id.Revision) bool { return a == b }),
	cmp.Comparer(func(a, b id.Account) bool { return a == b }),
}

func TestAnUndoRestoresExactlyWhatWasThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := w.store(w.home, 12)
	for seed := range 25 {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		for _, a := range ids {
			w.random(r, a)
		}
		w.later.Add(10)
		before := map[id.Asset]asset.Asset{}
		for _, a := range ids {
			before[a] = w.get(a)
		}
		e := anything(r)
		j := w.run(w.start(ids, e).ID)
		if j.Skipped > 0 {
			t.Fatalf("%+v", j)
		}
		w.later.Add(10)
		if j.Changed > 0 {
			if u := w.undo(j.ID); u.Kept != 0 || u.Skipped != 0 || u.Changed != j.Changed {
				t.Errorf("seed %d: %+v", seed, u)
			}
		}
		for _, a := range ids {
			if d := cmp.Diff(before[a], w.get(a), content); d != "" {
				t.Fatalf("seed %d, %+v: %s", seed, e, d)
			}
		}
	}
}

func TestAnUndoLeavesWhatSomebodyHasChangedSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := w.store(w.home, 3)
	j := w.run(w.start(ids, asset.Edits{Fields: map[string]asset.FieldAct{
		"credit": set("alla"), "title": {Do: asset.Set, FieldChange: asset.FieldChange{Lang: map[string]string{"sv": "Alla", "en": "All"}}},
	}}).ID)
	w.later.Add(5)
	if _, err := w.assets.Edit(t.Context(), w.who, ids[1], 0, asset.Patch{Fields: map[string]*asset.FieldChange{"title": {Lang: map[string]string{"sv": "Min egen", "fi": "Oma"}}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.assets.Delete(t.Context(), w.who, ids[2]); err != nil {
		t.Fatal(err)
	}
	u := w.undo(j.ID)
	if u.Changed != 2 || u.Kept != 1 || u.Skipped != 1 {
		t.Errorf("%+v", u)
	}
	got := w.get(ids[1])
	if d := cmp.Diff(map[string]string{"sv": "Min egen", "fi": "Oma"}, got.Fields["title"].Lang); d != "" || got.Fields["credit"].Value != "" {
		t.Error(d, got.Fields)
	}
	left, err := w.bulk.Left(t.Context(), w.who, u.ID, "", 0)
	if err != nil || len(left.Items) != 2 || left.Items[0].Kept[0] != "title.sv" || left.Items[1].Code != "asset.deleted" {
		t.Errorf("%+v %v", left, err)
	}
}

func TestMovesAndTheBinAreUndoneToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := w.store(w.home, 4)
	j := w.run(w.start(ids, asset.Edits{Folder: &w.other}).ID)
	if j.Changed != 0 || j.Skipped != 4 || j.Reasons[0].Code != "folder.not_found" {
		t.Errorf("%+v", j)
	}
	w.who.Own.Everywhere = everything
	j = w.run(w.start(ids, asset.Edits{Folder: &w.other, Fields: map[string]asset.FieldAct{"city": set("Umeå")}}).ID)
	if got := w.get(ids[3]); j.Changed != 4 || got.Folder != w.other {
		t.Errorf("%+v %+v", j, got)
	}
	if u := w.undo(j.ID); u.Changed != 4 || w.get(ids[0]).Folder != w.home {
		t.Errorf("%+v", u)
	}
	j = w.run(w.start(ids, asset.Edits{Bin: asset.IntoBin}).ID)
	if w.get(ids[0]).DeletedAt == nil || j.Changed != 4 {
		t.Error("not in the bin")
	}
	back := w.run(w.start(ids[:1], asset.Edits{Bin: asset.OutOfBin}).ID)
	if u := w.undo(j.ID); back.Changed != 1 || u.Changed != 3 || u.Kept != 1 || w.get(ids[3]).DeletedAt != nil {
		t.Errorf("%+v %+v", back, u)
	}
}

func TestAJobEndsWithTheRightsOfWhoeverStartedIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := w.store(w.home, 250)
	j := w.start(ids, asset.Edits{Fields: map[string]asset.FieldAct{"credit": set("x")}})
	// Half-way the actor signs out.
	batches := 0
	w.assets.OnChanged = func(context.Context, pg.Tx, access.Actor, ...asset.Asset) error {
		batches++
		w.gone.Store(true)
		return nil
	}
	if j = w.run(j.ID); j.State != bulk.Stopped || j.Code != "bulk.actor" || j.Changed != 200 || batches != 1 {
		t.Errorf("%+v", j)
	}
	w.gone.Store(false)
	j = w.start(ids, asset.Edits{Fields: map[string]asset.FieldAct{"credit": set("y")}})
	if j, err := w.bulk.Cancel(t.Context(), w.who, j.ID); err != nil || j.State != bulk.Cancelled {
		t.Error(j, err)
	}
	if j = w.run(j.ID); j.Changed != 0 {
		t.Errorf("%+v", j)
	}
	_, err := w.bulk.Undo(t.Context(), w.who, j.ID)
	code(t, "bulk.empty", err)
}

// A process that dies leaves what it has committed; the next one goes on.
func TestWhoeverGoesOnDoesNothingTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := w.store(w.home, 700)
	j := w.start(ids, asset.Edits{Fields: map[string]asset.FieldAct{"keywords": values(asset.Add, "en")}})
	n := 0
	index := w.assets.OnChanged
	w.assets.OnChanged = func(ctx context.Context, tx pg.Tx, who access.Actor, list ...asset.Asset) error {
		if n++; n%2 == 0 {
			return errors.New("the machine went away")
		}
		return index(ctx, tx, who, list...)
	}
	for range 10 {
		_ = w.bulk.Run(t.Context(), w.house, j.ID, 0)
	}
	// Two at once, as when a dead one comes back.
	w.assets.OnChanged = index
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if err := w.bulk.Run(t.Context(), w.house, j.ID, 0); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if j = w.run(j.ID); j.Changed != 700 || j.Done != 700 {
		t.Errorf("%+v", j)
	}
	if n := w.count("select count(*)::int from field_change") + w.count("select count(*)::int from asset where version <> 2"); n != 700 {
		t.Errorf("%d lines of history for 700 changes", n)
	}
}

func TestPeopleEditWhileAJobRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := w.store(w.home, 400)
	j := w.start(ids, asset.Edits{Fields: map[string]asset.FieldAct{"keywords": values(asset.Add, "jobb")}})
	var wg sync.WaitGroup
	wg.Go(func() { w.run(j.ID) })
	for i := range 40 {
		if _, err := w.assets.Edit(t.Context(), w.who, ids[i*10], 0, asset.Patch{Fields: map[string]*asset.FieldChange{"credit": {Value: new("hand")}}}); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	for i, a := range ids {
		got := w.get(a)
		if len(got.Fields["keywords"].Values) != 1 || (got.Fields["credit"].Value == "hand") != (i%10 == 0) {
			t.Fatalf("%d: %+v", i, got.Fields)
		}
	}
}

func TestOrdersThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := w.store(w.home, 1)
	for want, o := range map[string]bulk.Order{
		"asset.fields":     {Selection: search.Selection{IDs: ids}, Edits: asset.Edits{Fields: map[string]asset.FieldAct{"colour": set("x")}}},
		"search.selection": {Edits: asset.Edits{Bin: asset.IntoBin}},
	} {
		_, err := w.bulk.Start(t.Context(), w.who, o)
		code(t, want, err)
		_, err = w.bulk.Preview(t.Context(), w.who, o)
		code(t, want, err)
	}
	_, err := w.bulk.Start(t.Context(), w.who, bulk.Order{Selection: search.Selection{IDs: ids}, Edits: asset.Edits{Bin: asset.IntoBin, ExpiresAt: &asset.When{}}})
	code(t, "asset.fields", err)
}
