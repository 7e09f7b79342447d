// SPDX-License-Identifier: Apache-2.0

package bulk_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/bulk"
	"tillgang/internal/id"
	"tillgang/internal/search"
)

func (w *world) export(ids []id.Asset) string {
	w.t.Helper()
	e, err := w.bulk.Export(w.t.Context(), w.who, search.Selection{IDs: ids}, true)
	if err != nil {
		w.t.Fatal(err)
	}
	var b bytes.Buffer
	if err := e.WriteTo(w.t.Context(), &b); err != nil {
		w.t.Fatal(err)
	}
	return b.String()
}

func (w *world) check(table string) bulk.Import {
	w.t.Helper()
	i, err := w.bulk.Check(w.t.Context(), w.who, strings.NewReader(table), true)
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

func TestWhatCameOutComesInUnchanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x, err := w.assets.CreateTaxonomy(t.Context(), w.house, "Ämnen", false)
	if err != nil {
		t.Fatal(err)
	}
	sport, err := w.assets.CreateTerm(t.Context(), w.house, x.ID, asset.TermPatch{Labels: map[string]string{"sv": "Sport"}})
	if err != nil {
		t.Fatal(err)
	}
	ball, err := w.assets.CreateTerm(t.Context(), w.house, x.ID, asset.TermPatch{Labels: map[string]string{"sv": "Boll | spel"}, Parent: &sport.ID})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []asset.Def{
		{Name: "subject", Type: asset.Terms, Taxonomy: x.ID},
		{Name: "diary", Type: asset.Number},
		{Name: "use", Type: asset.Choice, Options: []asset.Option{{Value: "w", Labels: map[string]string{"sv": "Webb"}}}},
	} {
		if _, err := w.assets.CreateField(t.Context(), w.house, d); err != nil {
			t.Fatal(err)
		}
	}
	ids, theirs := w.store(w.home, 5), w.store(w.other, 1)
	for i, a := range ids[1:] {
		if _, err := w.assets.Edit(t.Context(), w.who, a, 0, asset.Patch{
			Fields: map[string]*asset.FieldChange{
				"title": {Lang: map[string]string{"sv": "=HYPERLINK(1)", "en": "a, \"b\""}}, "keywords": {Values: []string{"a|b", `c\d`, "-x"}},
				"description": {Value: new("Rad ett\nRad två")}, "diary": {Value: new("-5.5")}, "use": {Value: new("w")},
				"subject": {Values: []string{ball.ID.String(), sport.ID.String()}}, "credit": {Value: new(fmt.Sprint("'=", i))},
			},
			Alt: map[string]*asset.AltChange{"sv": {Decision: asset.AltText, Text: "@alt"}, "en": {Decision: asset.AltDecorative}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	table := w.export(append(append([]id.Asset{}, ids...), theirs...))
	if strings.Contains(table, theirs[0].String()) || strings.Contains(table, ",=") || strings.Contains(table, ",-") || !strings.HasPrefix(table, "\ufeffid,name") {
		t.Error(table)
	}
	if i := w.check(table); i.Lines != 5 || i.Same != 5 {
		lines, err := w.bulk.Lines(t.Context(), w.who, i.ID, "", "", 0)
		t.Errorf("%+v %+v %v\n%s", i, lines.Items, err, table)
	}
}

func TestATableIsLookedThroughThenAppliedAndUndone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids, theirs := w.store(w.home, 300), w.store(w.other, 1)
	var b strings.Builder
	b.WriteString("name;title[sv];keywords;captured_on;id\n")
	for i := range 250 {
		fmt.Fprintf(&b, "bild-%d.jpg;<img src=x onerror=alert(%d)>;a|b;2024-01-02;\n", i, i)
	}
	fmt.Fprintf(&b, ";x;;igår;%s\n;x;;;%s\nnothing.jpg;x;;;\n;;;;\n;dubbel;;;%s\n", ids[260], theirs[0], ids[0])
	i := w.check(b.String())
	if i.Lines != 255 || i.Changes != 250 || i.Errors != 5 {
		t.Errorf("%+v", i)
	}
	lines, err := w.bulk.Lines(t.Context(), w.who, i.ID, "error", "", 0)
	if err != nil || len(lines.Items) != 5 || lines.Items[0].Line != 252 || lines.Items[0].Problems["captured_on"] == "" || lines.Items[4].Problems["id"] == "" {
		t.Errorf("%+v %v", lines, err)
	}
	if w.get(ids[0]).Version != 1 {
		t.Fatal("looking through a table changed something")
	}
	stranger := w.who
	stranger.ID = "acc_stranger"
	_, err = w.bulk.Import(t.Context(), stranger, i.ID)
	code(t, "import.not_found", err)
	j, err := w.bulk.Apply(t.Context(), w.who, i.ID)
	if err != nil {
		t.Fatal(err)
	}
	if j = w.run(j.ID); j.Changed != 250 || j.Skipped != 0 {
		t.Errorf("%+v", j)
	}
	if got := w.get(ids[7]).Fields["title"].Lang["sv"]; got != "<img src=x onerror=alert(7)>" {
		t.Error(got)
	}
	_, err = w.bulk.Apply(t.Context(), w.who, i.ID)
	code(t, "import.applied", err)
	if u := w.undo(j.ID); u.Changed != 250 || len(w.get(ids[7]).Fields) != 0 {
		t.Errorf("%+v", u)
	}
}

func TestTablesThatCannotBeReadAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, table := range map[string]string{
		"empty": "", "no asset": "credit\nx\n", "no field": "id,colour\n", "twice": "id,credit,credit\n", "languages": "id,credit[sv]\n",
		"quotes": "id,credit\n\"a\n", "not UTF-8": "id,credit\nx,\xff\n", "many": "id,credit\n" + strings.Repeat("x,y\n", 100_001),
	} {
		_, err := w.bulk.Check(t.Context(), w.who, strings.NewReader(table), false)
		if code(t, "import.table", err); err == nil {
			t.Error(name)
		}
	}
	nobody := w.who
	nobody.Own = access.Grant{}
	_, err := w.bulk.Export(t.Context(), nobody, search.Selection{IDs: w.store(w.home, 1)}, false)
	code(t, "access.forbidden", err)
}
