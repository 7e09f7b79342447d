// SPDX-License-Identifier: Apache-2.0

package asset_test

import (
	"context"
	"testing"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// ask makes a folder ask for approval.
func (w *world) ask(f id.Folder, d asset.Demand) {
	w.t.Helper()
	if _, err := w.assets.SetFolderRule(w.t.Context(), w.house, f, asset.RuleChange{Approval: d}); err != nil {
		w.t.Fatal(err)
	}
}

func TestOnlyTheTableOfStepsLeadsFromOneApprovalStateToAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	told := 0
	w.assets.OnTransition = func(_ context.Context, _ pg.Tx, _ access.Actor, a asset.Asset, s asset.StepTaken) error {
		if told++; a.Approval != s.To || s.From == s.To {
			t.Errorf("told of %+v with the asset in %s", s, a.Approval)
		}
		return nil
	}
	taken := 0
	for _, from := range asset.Approvals() {
		for _, to := range asset.Approvals() {
			if from == asset.Expired || to == asset.Expired {
				continue
			}
			a := w.store(w.home, string(from)+string(to))
			w.exec("update asset set approval = $1 where id = $2", from, a.ID)
			var step *asset.Transition
			for _, x := range asset.Transitions() {
				if x.From == from && x.To == to {
					step = &x
				}
			}
			remark := "so"
			switch _, err := w.assets.Transit(t.Context(), w.house, a.ID, 0, to, remark); {
			case step == nil && err == nil, step != nil && err != nil && !step.Was:
				t.Errorf("%s → %s: %v", from, to, err)
			case step != nil && step.Was:
				code(t, "approval.never_approved", err)
			case step != nil:
				taken++
				for _, few := range []access.Set{access.View, access.All &^ step.Needs} {
					b := w.store(w.home, string(from)+string(to)+few.Names()[0])
					w.exec("update asset set approval = $1 where id = $2", from, b.ID)
					who := w.house
					who.Kind, who.ID, who.Own.Everywhere = access.Person, "acc_x", few
					if _, err := w.assets.Transit(t.Context(), who, b.ID, 0, to, remark); err == nil {
						t.Errorf("%s → %s was taken with %v", from, to, few.Names())
					}
				}
			}
		}
	}
	if told != taken || taken < 10 {
		t.Errorf("%d steps taken, told of %d", taken, told)
	}
	_, err := w.assets.Transit(t.Context(), w.house, w.store(w.home, "e").ID, 0, asset.Expired, "")
	code(t, "approval.step", err)
}

func TestWhatComesIntoAFolderThatAsksIsADraftThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asks := w.create(w.home, "asks")
	below, free := w.create(asks, "below"), w.create(asks, "free")
	before := w.store(below, "before")
	w.ask(asks, asset.Asked)
	w.ask(free, asset.Freely)
	state := func(what string, a asset.Asset, want asset.Approval) asset.Asset {
		t.Helper()
		now := w.must(w.assets.Get(t.Context(), w.house, a.ID))
		if now.Approval != want {
			t.Errorf("%s: %s, expected %s", what, now.Approval, want)
		}
		return now
	}
	state("what was there", before, asset.Approved)
	state("stored below", w.store(below, "new"), asset.Draft)
	state("stored where a rule of its own says no", w.store(free, "free"), asset.Approved)
	a := w.store(w.home, "moved")
	w.must(w.edit(w.house, a, asset.Patch{Folder: &below}))
	state("moved in", a, asset.Draft)
	w.must(w.edit(w.house, a, asset.Patch{Folder: &w.home}))
	state("moved out again", a, asset.Draft)

	// In numbers, and back: as it was, but not past whoever approves.
	b, c := w.store(w.home, "b"), w.store(below, "c")
	many := func(who access.Actor, tasks ...asset.Task) []asset.Done {
		t.Helper()
		var out []asset.Done
		w.in(func(tx pg.Tx) (err error) {
			out, err = w.assets.ManyTx(t.Context(), tx, who, tasks, false)
			return err
		})
		return out
	}
	done := many(w.house, asset.Task{Asset: b.ID, Edits: &asset.Edits{Folder: &below}}, asset.Task{Asset: c.ID, Edits: &asset.Edits{Approval: asset.InReview}})
	state("moved in among many", b, asset.Draft)
	state("sent to review among many", c, asset.InReview)
	if steps := many(w.house, asset.Task{Asset: c.ID, Edits: &asset.Edits{Approval: asset.Approved}}); steps[0].Skipped != nil {
		t.Errorf("%+v", steps)
	} else {
		editor := w.person(access.View | access.Edit)
		if left := many(editor, asset.Task{Asset: c.ID, Undo: steps[0].Steps}); len(left[0].Left) != 1 {
			t.Errorf("somebody who may not approve took an approval back: %+v", left)
		}
	}
	if undone := many(w.house, asset.Task{Asset: b.ID, Undo: done[0].Steps}); !undone[0].Changed || len(undone[0].Left) > 0 {
		t.Errorf("%+v", undone)
	}
	if b = state("moved back", b, asset.Approved); b.Folder != w.home {
		t.Error("it lies elsewhere")
	}
	if err := asset.CheckEdits(nil, asset.Edits{Approval: "gone"}); err == nil {
		t.Error("a state that there is not was taken")
	}
}

func TestNobodyApprovesByAKeyWhatTheySentToReviewThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ask(w.home, asset.ByFourEyes)
	a := w.store(w.home, "a")
	ann := w.person(access.View | access.Edit | access.Approve)
	bo := w.person(access.View | access.Approve)
	w.must(w.assets.Transit(t.Context(), ann, a.ID, 0, asset.InReview, ""))
	key := ann
	key.Kind, key.ID = access.Key, id.New[id.Key]().String()
	for _, who := range []access.Actor{ann, key} {
		_, err := w.assets.Transit(t.Context(), who, a.ID, 0, asset.Approved, "")
		code(t, "approval.four_eyes", err)
	}
	w.must(w.assets.Transit(t.Context(), bo, a.ID, 0, asset.Approved, ""))
	steps, err := w.assets.Steps(t.Context(), bo, a.ID, "", 10)
	if err != nil || len(steps.Items) != 2 || steps.Items[0].To != asset.Approved || steps.Items[1].By != ann.ID {
		t.Errorf("%+v %v", steps, err)
	}
}
