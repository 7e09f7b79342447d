// SPDX-License-Identifier: Apache-2.0

package asset_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

func (w *world) define(d asset.Def) asset.Def {
	w.t.Helper()
	d, err := w.assets.CreateField(w.t.Context(), w.house, d)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func (w *world) taxonomy(name string, open bool) id.Taxonomy {
	w.t.Helper()
	x, err := w.assets.CreateTaxonomy(w.t.Context(), w.house, name, open)
	if err != nil {
		w.t.Fatal(err)
	}
	return x.ID
}

func (w *world) term(x id.Taxonomy, label string, parent id.Term) id.Term {
	w.t.Helper()
	t, err := w.assets.CreateTerm(w.t.Context(), w.house, x, asset.TermPatch{Labels: map[string]string{"sv": label}, Parent: &parent})
	if err != nil {
		w.t.Fatal(err)
	}
	return t.ID
}

// follow does at once what a job does later.
func (w *world) follow(a asset.FollowArgs) {
	w.t.Helper()
	a.Tenant = w.tenant
	if err := w.assets.Follow(w.t.Context(), w.house, a); err != nil {
		w.t.Fatal(err)
	}
}

func TestOwnFieldsAreKeptCleanByTheirType(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(editor)
	x := w.taxonomy("Ämnen", false)
	sport := w.term(x, "Sport", id.Term{})
	football := w.term(x, "Fotboll", sport)
	other := w.term(w.taxonomy("Platser", false), "Torget", id.Term{})
	options := []asset.Option{{Value: "a", Labels: map[string]string{"sv": "Ett"}}, {Value: "b"}, {Value: "old", Retired: true}}
	w.define(asset.Def{Name: "project", Type: asset.Line, PerLanguage: true})
	w.define(asset.Def{Name: "diary", Type: asset.Number})
	w.define(asset.Def{Name: "printed", Type: asset.YesNo})
	w.define(asset.Def{Name: "sort_of", Type: asset.Choice, Options: options})
	w.define(asset.Def{Name: "uses", Type: asset.Choices, Options: options})
	w.define(asset.Def{Name: "subject", Type: asset.Terms, Taxonomy: x, Searchable: true})
	a := w.store(w.home, "x.jpg")
	got := w.must(w.edit(who, a, asset.Patch{Fields: map[string]*asset.FieldChange{
		"project": {Lang: map[string]string{"sv": " Nya  torget ", "en": "<script>alert(1)</script>"}},
		"diary":   {Value: new("007,50")},
		"printed": {Value: new("TRUE")},
		"sort_of": {Value: new("a")},
		"uses":    {Values: []string{"b", "a", "b"}},
		"subject": {Values: []string{football.String()}},
		"credit":  {Value: new("Foto")},
	}}))
	want := asset.Fields{
		"project": {Lang: map[string]string{"sv": "Nya torget", "en": "<script>alert(1)</script>"}, Source: asset.FromPerson},
		"diary":   {Value: "7.5", Source: asset.FromPerson},
		"printed": {Value: "yes", Source: asset.FromPerson},
		"sort_of": {Value: "a", Source: asset.FromPerson},
		"uses":    {Values: []string{"b", "a"}, Source: asset.FromPerson},
		"subject": {Values: []string{football.String()}, Source: asset.FromPerson},
		"credit":  {Value: "Foto", Source: asset.FromPerson},
	}
	if d := cmp.Diff(want, got.Fields, sparse); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"Fotboll", "Sport"}, got.OwnTexts()); d != "" {
		t.Error(d)
	}
	for _, token := range []string{"subject=" + sport.String(), "subject=" + football.String(), "diary=7.5", "uses=a"} {
		if !slices.Contains(got.OwnTokens(), token) {
			t.Errorf("no %s in %v", token, got.OwnTokens())
		}
	}
	for name, bad := range map[string]asset.FieldChange{
		"diary": {Value: new("sju")}, "printed": {Value: new("kanske")}, "sort_of": {Value: new("old")},
		"uses": {Values: []string{"a", "c"}}, "subject": {Values: []string{other.String()}}, "nothing": {Value: new("x")},
	} {
		_, err := w.edit(who, a, asset.Patch{Fields: map[string]*asset.FieldChange{name: &bad}})
		if code(t, "asset.fields", err); fault.As(err).Field[name] == "" {
			t.Errorf("%s: %v", name, fault.As(err).Field)
		}
	}
	h, err := w.assets.History(t.Context(), who, a.ID, "", 50)
	if err != nil || len(h.Items) != 8 {
		t.Errorf("%d lines of history, %v", len(h.Items), err)
	}
}

func TestNoChangeOfADefinitionLosesAValue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(editor)
	w.define(asset.Def{Name: "place", Type: asset.Choice, Options: []asset.Option{{Value: "a"}, {Value: "b"}, {Value: "c"}}})
	w.define(asset.Def{Name: "note", Type: asset.Line})
	a := w.store(w.home, "x.jpg")
	w.must(w.edit(who, a, fields("place", "b", "note", "en lång anteckning")))

	edit := func(name string, p asset.FieldPatch) error {
		_, err := w.assets.EditField(t.Context(), w.house, name, p)
		return err
	}
	err := edit("place", asset.FieldPatch{Options: []asset.Option{{Value: "a"}}})
	if code(t, "field.used", err); fault.As(err).Extra["b"] != "1" || fault.As(err).Extra["c"] != "" {
		t.Error(fault.As(err).Extra)
	}
	if err := edit("place", asset.FieldPatch{Options: []asset.Option{{Value: "a"}, {Value: "b", Retired: true}}}); err != nil {
		t.Fatal(err)
	}
	if err := edit("note", asset.FieldPatch{Max: new(3)}); err != nil {
		t.Fatal(err)
	}
	// What is there stays, also when it is sent again; another asset cannot have it.
	got := w.must(w.edit(who, a, fields("place", "b", "credit", "x")))
	if got.Fields["place"].Value != "b" || got.Fields["note"].Value != "en lång anteckning" {
		t.Error(got.Fields)
	}
	_, err = w.edit(who, w.store(w.home, "y.jpg"), fields("place", "b"))
	code(t, "asset.fields", err)

	if err := w.assets.RetireField(t.Context(), w.house, "note"); err != nil {
		t.Fatal(err)
	}
	code(t, "field.retired", w.assets.RetireField(t.Context(), w.house, "note"))
	if got, err := w.assets.Get(t.Context(), who, a.ID); err != nil || got.Fields["note"].Value != "" {
		t.Error("a retired field is shown", err)
	}
	w.must(w.edit(who, a, fields("credit", "y")))
	_, err = w.edit(who, a, fields("note", "ny"))
	code(t, "asset.fields", err)
	_, err = w.assets.CreateField(t.Context(), w.house, asset.Def{Name: "note", Type: asset.Text})
	code(t, "field.name", err)
	if err := edit("note", asset.FieldPatch{Retired: new(false)}); err != nil {
		t.Fatal(err)
	}
	if got, err := w.assets.Get(t.Context(), who, a.ID); err != nil || got.Fields["note"].Value != "en lång anteckning" {
		t.Error("what a retired field held is gone", err)
	}
	code(t, "field.not_retired", w.assets.PurgeField(t.Context(), w.house, "note"))
	if err := w.assets.RetireField(t.Context(), w.house, "note"); err != nil {
		t.Fatal(err)
	}
	if err := w.assets.PurgeField(t.Context(), w.house, "note"); err != nil {
		t.Fatal(err)
	}
	w.follow(asset.FollowArgs{Field: "note", Purge: true})
	if n := w.count("select count(*)::int from asset where fields ? 'note'") + w.count("select count(*)::int from field_change where field = 'note'"); n != 0 {
		t.Error("what was purged is still there")
	}
	code(t, "field.built_in", w.assets.RetireField(t.Context(), w.house, "title"))
	code(t, "field.not_found", w.assets.RetireField(t.Context(), w.house, "note"))
}

func TestDefinitionsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x := w.taxonomy("Ämnen", false)
	for field, d := range map[string]asset.Def{
		"name":         {Name: "keywords", Type: asset.Line},
		"type":         {Name: "x", Type: "colour"},
		"per_language": {Name: "x", Type: asset.Number, PerLanguage: true},
		"taxonomy":     {Name: "x", Type: asset.Terms},
		"options":      {Name: "x", Type: asset.Choice},
		"max":          {Name: "x", Type: asset.Line, Max: 5000},
		"max_items":    {Name: "x", Type: asset.Line, MaxItems: 3},
		"label":        {Name: "x", Type: asset.Line, Labels: map[string]string{"svenska!": "x"}},
	} {
		_, err := w.assets.CreateField(t.Context(), w.house, d)
		if code(t, "field.definition", err); fault.As(err).Field[field] == "" {
			t.Errorf("%s: %v", field, fault.As(err).Field)
		}
	}
	_, err := w.assets.CreateField(t.Context(), w.person(editor), asset.Def{Name: "x", Type: asset.Line})
	code(t, "access.forbidden", err)
	w.define(asset.Def{Name: "subject", Type: asset.Terms, Taxonomy: x})
	code(t, "taxonomy.used", w.assets.DeleteTaxonomy(t.Context(), w.house, x))
}

func TestATermThatIsRenamedOrMergedIsSoOnAllAssets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(editor)
	x := w.taxonomy("Ämnen", true)
	w.define(asset.Def{Name: "subject", Type: asset.Terms, Taxonomy: x, Searchable: true})
	sport := w.term(x, "Sport", id.Term{})
	ball := w.term(x, "Boll", sport)
	football, soccer := w.term(x, "Fotboll", ball), w.term(x, "Soccer", ball)
	give := func(terms ...string) asset.Asset {
		a := w.store(w.home, "x.jpg")
		return w.must(w.edit(who, a, asset.Patch{Fields: map[string]*asset.FieldChange{"subject": {Values: terms}}}))
	}
	one, both := give(soccer.String()), give(soccer.String(), football.String())

	if _, err := w.assets.EditTerm(t.Context(), w.house, x, sport, asset.TermPatch{Labels: map[string]string{"sv": "Idrott"}}); err != nil {
		t.Fatal(err)
	}
	got, err := w.assets.Get(t.Context(), who, one.ID)
	if err != nil || !slices.Contains(got.OwnTexts(), "Idrott") || slices.Contains(got.OwnTexts(), "Sport") {
		t.Error(got.OwnTexts(), err)
	}
	_, err = w.assets.EditTerm(t.Context(), w.house, x, sport, asset.TermPatch{Parent: &football})
	code(t, "term.invalid", err)
	code(t, "term.used", w.assets.DeleteTerm(t.Context(), w.house, x, soccer))
	_, err = w.assets.MergeTerm(t.Context(), w.house, x, sport, football)
	code(t, "term.below", err)

	if _, err := w.assets.MergeTerm(t.Context(), w.house, x, soccer, football); err != nil {
		t.Fatal(err)
	}
	indexed := 0
	w.assets.OnIndex = func(_ context.Context, _ pg.Tx, _ access.Actor, list ...asset.Asset) error {
		indexed += len(list)
		return nil
	}
	for range 2 {
		w.follow(asset.FollowArgs{Field: "subject", Term: football})
	}
	for _, a := range []asset.Asset{one, both} {
		got, err := w.assets.Get(t.Context(), who, a.ID)
		if d := cmp.Diff([]string{football.String()}, got.Fields["subject"].Values); d != "" || err != nil || got.Fields["subject"].By != who.ID {
			t.Error(d, err)
		}
		if !slices.Contains(got.OwnTexts(), "Soccer") {
			t.Error("the old label is no synonym: ", got.OwnTexts())
		}
	}
	if indexed != 4 {
		t.Errorf("%d were indexed", indexed)
	}
	// Whoever still names the old term gets the new one.
	if got := give(soccer.String()); got.Fields["subject"].Values[0] != football.String() {
		t.Error(got.Fields)
	}
	_, err = w.assets.EditTerm(t.Context(), w.house, x, soccer, asset.TermPatch{Deprecated: new(true)})
	code(t, "term.merged", err)

	// In an open taxonomy editors add and cannot change; others do neither.
	if _, err := w.assets.CreateTerm(t.Context(), who, x, asset.TermPatch{Labels: map[string]string{"sv": "Padel"}}); err != nil {
		t.Error(err)
	}
	_, err = w.assets.CreateTerm(t.Context(), w.person(access.View), x, asset.TermPatch{Labels: map[string]string{"sv": "Golf"}})
	code(t, "access.forbidden", err)
	_, err = w.assets.EditTerm(t.Context(), who, x, ball, asset.TermPatch{Deprecated: new(true)})
	code(t, "access.forbidden", err)
}

func TestDefaultsFillWhatIsEmptyAndGiveWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(editor | access.Upload | access.ManageFolder)
	template := func(name string, f map[string]*asset.FieldChange) id.Template {
		tpl, err := w.assets.SaveTemplate(t.Context(), w.house, asset.Template{Name: name, Fields: f})
		if err != nil {
			t.Fatal(err)
		}
		return tpl.ID
	}
	of := template("Mapp", map[string]*asset.FieldChange{
		"credit": {Value: new("Kommunen")}, "copyright": {Lang: map[string]string{"sv": "Kommunen"}}, "city": {Value: new("Umeå")},
		"title": {Value: new("Utan namn")}, "keywords": {Values: []string{"kommun"}},
	})
	own := template("Egen", map[string]*asset.FieldChange{"creator": {Values: []string{"Åsa"}}, "credit": {Value: new("Åsa/Kommunen")}})
	if _, err := w.assets.SetFolderRule(t.Context(), who, w.home, asset.RuleChange{Template: of}); err != nil {
		t.Fatal(err)
	}
	if err := w.assets.UseTemplate(t.Context(), who, own); err != nil {
		t.Fatal(err)
	}
	below := w.create(w.home, "below")
	n := arrival(below, "x.jpg", "x")
	n.Title = "Skördefest"
	a := w.must(w.storeAs(who, n))
	w.told(a, asset.Told{Fields: map[string]asset.Field{"city": {Value: "Skellefteå"}, "keywords": {Values: []string{"skörd"}}}})
	got, err := w.assets.Get(t.Context(), who, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][2]string{
		"credit": {"Åsa/Kommunen", own.String()}, "creator": {"Åsa", own.String()}, "copyright": {"Kommunen", of.String()},
		"city": {"Skellefteå", "test"}, "keywords": {"skörd", "test"}, "title": {"Skördefest", who.ID},
	}
	for name, f := range want {
		if g := got.Fields[name]; g.Text("sv") != f[0] || g.By != f[1] {
			t.Errorf("%s: %q by %s", name, g.Text("sv"), g.By)
		}
	}
	code(t, "template.used", w.assets.DeleteTemplate(t.Context(), w.house, of))
}

func TestWhatAFolderRequiresIsNamedUntilItIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(mover | access.ManageFolder)
	w.define(asset.Def{Name: "diary", Type: asset.Number})
	below := w.create(w.home, "below")
	early := w.store(below, "early.jpg")
	if _, err := w.assets.SetFolderRule(t.Context(), who, w.home, asset.RuleChange{Required: []string{"diary", "alt", "credit"}}); err != nil {
		t.Fatal(err)
	}
	w.follow(asset.FollowArgs{Folder: w.home})
	missing := func(a asset.Asset, want ...string) {
		t.Helper()
		got, err := w.assets.Get(t.Context(), who, a.ID)
		if d := cmp.Diff(append([]string{}, want...), got.Missing); d != "" || err != nil {
			t.Error(d, err)
		}
		if (asset.Complete(got) == nil) != (len(want) == 0) {
			t.Error(asset.Complete(got))
		}
	}
	missing(early, "alt", "credit", "diary")
	late := w.store(below, "late.jpg")
	missing(late, "alt", "credit", "diary")
	w.must(w.edit(who, late, asset.Patch{
		Fields: map[string]*asset.FieldChange{"diary": {Value: new("12")}, "credit": {Value: new("Foto")}},
		Alt:    map[string]*asset.AltChange{"sv": {Decision: asset.AltDecorative}},
	}))
	missing(late)
	w.must(w.edit(who, late, fields("credit", "")))
	missing(late, "credit")
	_, err := w.assets.SetFolderRule(t.Context(), who, w.home, asset.RuleChange{Required: []string{"colour"}})
	code(t, "folder.required", err)
	if err := w.assets.RetireField(t.Context(), w.house, "diary"); err != nil {
		t.Fatal(err)
	}
	w.must(w.edit(who, early, fields("city", "x")))
	missing(early, "alt", "credit")
	if _, err := w.assets.SetFolderRule(t.Context(), who, w.home, asset.RuleChange{}); err != nil {
		t.Fatal(err)
	}
	w.follow(asset.FollowArgs{Folder: w.home})
	missing(early)
}
