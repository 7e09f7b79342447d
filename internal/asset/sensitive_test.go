// SPDX-License-Identifier: Apache-2.0

package asset_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/nationalid"
	"tillgang/internal/pg"
)

// The numbers are examples that the authorities publish.
func TestPI2_NumbersInFieldsAndTextLabelAnAssetUntilAPersonJudges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	editor := w.person(access.View | access.Edit)
	a := w.store(w.home, "a.jpg")
	label := func(want ...string) {
		t.Helper()
		got, err := w.assets.Get(t.Context(), w.house, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = []string{}
		}
		if d := cmp.Diff(want, got.Sensitive); d != "" {
			t.Errorf("labelled otherwise: %s", d)
		}
	}
	title := func(s string) {
		t.Helper()
		w.later.Add(1)
		if _, err := w.assets.Edit(t.Context(), editor, a.ID, 0, asset.Patch{Fields: map[string]*asset.FieldChange{"title": {Value: &s}}}); err != nil {
			t.Fatal(err)
		}
	}
	text := func(c asset.Counts) {
		t.Helper()
		w.in(func(tx pg.Tx) error { return w.assets.SensitiveTextTx(t.Context(), tx, w.house, a.ID, a.Revision, c) })
	}
	judge := func(who access.Actor, reason string) error {
		w.later.Add(1)
		_, err := w.assets.Judge(t.Context(), who, a.ID, reason)
		return err
	}

	label()
	if err := judge(editor, "Inget att säga"); fault.CodeOf(err) != "sensitive.none" {
		t.Errorf("judged nothing: %v", err)
	}
	title("Intyg för 811228-9874")
	label("se.personnummer")
	text(asset.Counts{nationalid.CPR: 3})
	label("dk.cpr", "se.personnummer")
	if err := judge(w.person(access.View), "Jag vill"); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a viewer judged: %v", err)
	}
	if err := judge(editor, " \n"); fault.CodeOf(err) != "sensitive.reason" {
		t.Errorf("judged without a reason: %v", err)
	}
	if err := judge(editor, "Exempel ur Skatteverkets broschyr"); err != nil {
		t.Fatal(err)
	}
	label()
	// The same, or fewer, raise nothing; more do.
	text(asset.Counts{nationalid.CPR: 2})
	title("Intyg nummer två för 19811228-9874")
	label()
	text(asset.Counts{nationalid.CPR: 4})
	label("dk.cpr")
	title("Intyg för 811228-9874 och 670919-9530")
	label("dk.cpr", "se.personnummer")
	title("Intyg")
	text(nil)
	label()

	found, err := w.assets.Sensitivity(t.Context(), editor, a.ID)
	if err != nil || found.Reason != "Exempel ur Skatteverkets broschyr" || found.JudgedBy != editor.ID {
		t.Errorf("%+v, %v", found, err)
	}
	stranger := w.person(0)
	if _, err := w.assets.Sensitivity(t.Context(), stranger, a.ID); fault.CodeOf(err) != "asset.not_found" {
		t.Errorf("a stranger sees it: %v", err)
	}
	// The log of deeds says that there were some, and never which.
	var log string
	var times int
	w.in(func(tx pg.Tx) error {
		return tx.QueryRow(t.Context(), `select coalesce(string_agg(detail::text, ' '), ''), count(*) filter (where verb = 'asset.sensitive') from audit_entry`).Scan(&log, &times)
	})
	if times != 4 || strings.Contains(log, "9874") {
		t.Errorf("%d entries: %s", times, log)
	}
}
