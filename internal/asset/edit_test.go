// SPDX-License-Identifier: Apache-2.0

package asset_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const (
	editor = access.View | access.Edit | access.ReadHistory
	mover  = access.View | access.Edit | access.Delete | access.Upload
)

// sparse compares fields by content and source, not by when and whom.
var sparse = cmp.Options{
	cmpopts.IgnoreFields(asset.Field{}, "By", "At", "Marks"), cmpopts.IgnoreFields(asset.Alt{}, "By", "At"), cmpopts.EquateEmpty(),
}

func TestWhatAPersonWritesIsKeptClean(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(editor)
	a := w.store(w.home, "x.jpg")
	got := w.must(w.edit(who, a, asset.Patch{Fields: map[string]*asset.FieldChange{
		"title":       {Value: new("  Cafe\u0301 på\tön \u202e🏔️\x00 ")},
		"description": {Lang: map[string]string{"sv": "Rad ett\r\nRad två  \n\n", "NB-no": "På norsk"}},
		"keywords":    {Values: []string{" Älg ", "älg", "ÄLG", "", "Skog", "ÄLg\u0301", "'; drop table asset; --", "<b>"}},
		"captured_on": {Value: new("2024-02-29")},
		"licence_url": {Value: new("https://creativecommons.org/licenses/by/4.0/")},
		"credit":      {Value: new("Foto: Åsa Öberg")},
	}}))
	want := asset.Fields{
		"title":       {Value: "Café på ön 🏔️", Lang: map[string]string{"": "Café på ön 🏔️"}, Source: asset.FromPerson},
		"description": {Lang: map[string]string{"sv": "Rad ett\nRad två", "nb-NO": "På norsk"}, Source: asset.FromPerson},
		"keywords":    {Values: []string{"Älg", "Skog", "ÄLǵ", "'; drop table asset; --", "<b>"}, Source: asset.FromPerson},
		"captured_on": {Value: "2024-02-29", Source: asset.FromPerson},
		"licence_url": {Value: "https://creativecommons.org/licenses/by/4.0/", Source: asset.FromPerson},
		"credit":      {Value: "Foto: Åsa Öberg", Source: asset.FromPerson},
	}
	if d := cmp.Diff(want, got.Fields, sparse); d != "" {
		t.Error(d)
	}
	if got.CapturedOn == nil || !got.CapturedOn.Equal(time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)) || got.Version != 2 {
		t.Error(got.CapturedOn, got.Version)
	}
	if f := got.Fields["title"]; f.By != who.ID || !f.At.Equal(noon) || f.Text("sv") != "Café på ön 🏔️" || got.Fields["description"].Text("fi", "nb-NO") != "På norsk" {
		t.Error(f)
	}
}

func TestWhatCannotBeKeptIsRefusedByName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(editor)
	a := w.store(w.home, "x.jpg")
	many := make([]string, 501)
	for i := range many {
		many[i] = strconv.Itoa(i)
	}
	langs := map[string]string{}
	for l := range strings.FieldsSeq("aa ab af ak am ar as ay az ba be bg bi bn bo br bs ca co cs cy da de dz el en eo es et eu fa fi fj fo fr fy ga gd gl gn gu ha he hi hr hu hy ia id is it ja") {
		langs[l] = l
	}
	for _, tt := range []struct {
		name, field, says string
		p                 asset.Patch
	}{
		{"a 5,000 character title", "title", "at most 500 characters, and this is 5000", fields("title", strings.Repeat("å", 5000))},
		{"an unknown field", "colour", "no such field", fields("colour", "x")},
		{"a field's name that is SQL", "title'; --", "no such field", fields("title'; --", "x")},
		{"broken UTF-8", "title", "UTF-8", fields("title", "a\xff")},
		{"no date", "captured_on", "2026-05-31", fields("captured_on", "2023-02-29")},
		{"a script address", "licence_url", "https://", fields("licence_url", "javascript:alert(1)")},
		{"an address with a password", "licence_url", "https://", fields("licence_url", "https://a:b@example.se")},
		{"a text for a list", "keywords", "list", fields("keywords", "a, b")},
		{"a list for a text", "title", "not a list", asset.Patch{Fields: map[string]*asset.FieldChange{"title": {Values: []string{"a"}}}}},
		{"languages for a city", "city", "no languages", asset.Patch{Fields: map[string]*asset.FieldChange{"city": {Lang: map[string]string{"sv": "Lund"}}}}},
		{"nothing", "title", "value is needed", asset.Patch{Fields: map[string]*asset.FieldChange{"title": {}}}},
		{"too many keywords", "keywords", "at most 500 values, and these are 501", asset.Patch{Fields: map[string]*asset.FieldChange{"keywords": {Values: many}}}},
		{"a long keyword", "keywords", "at most 100", asset.Patch{Fields: map[string]*asset.FieldChange{"keywords": {Values: []string{strings.Repeat("k", 101)}}}}},
		{"a language that is none", "title.svenska!", "language tag", asset.Patch{Fields: map[string]*asset.FieldChange{"title": {Lang: map[string]string{"svenska!": "x"}}}}},
		{"too many languages", "title", "at most 50", asset.Patch{Fields: map[string]*asset.FieldChange{"title": {Lang: langs}}}},
		{"an alt text without text", "alt.sv", "needs a text", asset.Patch{Alt: map[string]*asset.AltChange{"sv": {Decision: asset.AltText, Text: " "}}}},
		{"a decorative picture with text", "alt.sv", "takes no text", asset.Patch{Alt: map[string]*asset.AltChange{"sv": {Decision: asset.AltDecorative, Text: "x"}}}},
		{"no decision", "alt.sv", "text, decorative", asset.Patch{Alt: map[string]*asset.AltChange{"sv": {Decision: "pretty"}}}},
		{"a long alt text", "alt.sv", "at most 1000", asset.Patch{Alt: map[string]*asset.AltChange{"sv": {Decision: asset.AltText, Text: strings.Repeat("x", 1001)}}}},
		{"alt in no language", "alt.x", "language tag", asset.Patch{Alt: map[string]*asset.AltChange{"x": {Decision: asset.AltDecorative}}}},
		{"an expiry before the embargo's end", "expires_at", "after", asset.Patch{EmbargoUntil: &asset.When{At: new(noon)}, ExpiresAt: &asset.When{At: new(noon)}}},
	} {
		_, err := w.edit(who, a, tt.p)
		if f := fault.As(err); f.Kind != fault.Invalid || f.Code != "asset.fields" || !strings.Contains(f.Field[tt.field], tt.says) {
			t.Errorf("%s: %v %v", tt.name, err, f.Field)
		}
	}
	if got, err := w.assets.Get(t.Context(), who, a.ID); err != nil || len(got.Fields) != 0 || got.Version != 1 {
		t.Error("something was kept", got, err)
	}
	if n := w.count("select count(*)::int from field_change"); n != 0 {
		t.Error(n, "lines of history")
	}
}

func TestAMachineOrFileNeverOverwritesAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(editor)
	a := w.store(w.home, "IMG_1234.JPG")
	day := time.Date(2020, 3, 4, 0, 0, 0, 0, time.UTC)
	file := asset.Told{
		Fields: map[string]asset.Field{
			"title":       {Lang: map[string]string{"": "Filens titel", "sv-SE": "Svensk titel", "not a tag": "x"}},
			"description": {Value: "Filens beskrivning"},
			"keywords":    {Values: []string{"Hav", "hav", strings.Repeat("k", 300), "båt"}},
			"creator":     {Value: "Åsa Öberg"},
			"credit":      {Values: []string{"TT", "Scanpix"}},
			"city":        {Lang: map[string]string{"": "Umeå"}},
			"headline":    {Value: strings.Repeat("ö", 5000)},
			"licence_url": {Value: "see the back of the picture"},
			"persons":     {Values: []string{"Eva Ek"}},
			"unknown":     {Value: "x"},
			"usage_terms": {Value: "a\xffb"},
		},
		Alt:        map[string]asset.Alt{"": {Text: "En båt på havet"}, "en": {Decision: asset.AltComplex, Text: "A boat\nat sea"}, "fi": {Decision: asset.AltDecorative}},
		CapturedOn: &day,
	}
	got := w.told(a, file)
	want := asset.Fields{
		"title":       {Value: "Filens titel", Lang: map[string]string{"": "Filens titel", "sv-SE": "Svensk titel"}, Source: asset.FromFile},
		"description": {Value: "Filens beskrivning", Lang: map[string]string{"": "Filens beskrivning"}, Source: asset.FromFile},
		"keywords":    {Values: []string{"Hav", strings.Repeat("k", 100), "båt"}, Source: asset.FromFile},
		"creator":     {Values: []string{"Åsa Öberg"}, Source: asset.FromFile},
		"credit":      {Value: "TT, Scanpix", Source: asset.FromFile},
		"city":        {Value: "Umeå", Source: asset.FromFile},
		"headline":    {Value: strings.Repeat("ö", 500), Lang: map[string]string{"": strings.Repeat("ö", 500)}, Source: asset.FromFile},
		"captured_on": {Value: "2020-03-04", Source: asset.FromFile},
		"usage_terms": {Value: "a\uFFFDb", Lang: map[string]string{"": "a\uFFFDb"}, Source: asset.FromFile},
	}
	if d := cmp.Diff(want, got.Fields, sparse); d != "" {
		t.Error(d)
	}
	wantAlt := map[string]asset.Alt{"": {Decision: asset.AltText, Text: "En båt på havet", Source: asset.FromFile}, "en": {Decision: asset.AltComplex, Text: "A boat\nat sea", Source: asset.FromFile}}
	if d := cmp.Diff(wantAlt, got.Alt, sparse); d != "" {
		t.Error(d)
	}
	if got.Version != 1 || got.CapturedOn == nil || !got.CapturedOn.Equal(day) {
		t.Error(got.Version, got.CapturedOn)
	}

	// The person changes one language, takes a field away and confirms another.
	w.must(w.assets.Edit(t.Context(), who, a.ID, 1, asset.Patch{
		Fields: map[string]*asset.FieldChange{
			"title": {Lang: map[string]string{"sv-SE": "Båten"}}, "keywords": nil, "description": {Value: new("")}, "city": {Value: new("Umeå")}, "captured_on": nil,
		},
		Alt: map[string]*asset.AltChange{"": nil, "sv": {Decision: asset.AltDecorative}},
	}))
	file.Fields["title"] = asset.Field{Lang: map[string]string{"": "Ny titel", "sv-SE": "Ny svensk titel"}}
	file.Fields["city"] = asset.Field{Value: "Luleå"}
	got = w.told(a, file)
	if f := got.Fields["title"]; f.Lang[""] != "Ny titel" || f.Lang["sv-SE"] != "Båten" || f.Source != asset.FromPerson || f.Marks[""].Source != asset.FromFile || f.Marks["sv-SE"].By != who.ID {
		t.Errorf("%+v", f)
	}
	for _, name := range []string{"keywords", "description", "captured_on"} {
		if f, ok := got.Fields[name]; ok {
			t.Errorf("%s came back: %+v", name, f)
		}
	}
	if got.CapturedOn != nil || got.Fields["city"].Value != "Umeå" {
		t.Error(got.CapturedOn, got.Fields["city"])
	}
	if _, ok := got.Alt[""]; ok || got.Alt["sv"].Decision != asset.AltDecorative || got.Alt["sv"].Source != asset.FromPerson {
		t.Error(got.Alt)
	}
	// What a person took away, a person can set again.
	if got := w.must(w.edit(who, a, fields("description", "Åter"))); got.Fields["description"].Value != "Åter" {
		t.Error(got.Fields["description"])
	}
}

func TestAFileNameNeverBecomesATitleOrAnAltText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.told(w.store(w.home, "Sommarfest.jpg"), asset.Told{})
	if len(a.Fields) != 0 || len(a.Alt) != 0 || a.Name != "Sommarfest.jpg" {
		t.Error(a.Fields, a.Alt, a.Name)
	}
}

func TestHistoryTellsEveryChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, viewer := w.person(editor), w.person(access.View)
	a := w.store(w.home, "x.jpg")
	w.told(a, asset.Told{Fields: map[string]asset.Field{"title": {Value: "Från filen"}}})
	w.must(w.edit(who, a, fields("title", "Från Eva")))
	w.must(w.edit(who, a, fields("title", "Från Eva"))) // changes nothing
	w.must(w.edit(who, a, asset.Patch{
		Fields:       map[string]*asset.FieldChange{"title": {Lang: map[string]string{"": ""}}, "keywords": {Values: []string{"a", "b"}}},
		Alt:          map[string]*asset.AltChange{"sv": {Decision: asset.AltText, Text: "Båt"}},
		EmbargoUntil: &asset.When{At: new(noon.Add(-time.Hour))},
	}))
	var got []string
	cursor := ""
	for {
		p, err := w.assets.History(t.Context(), who, a.ID, cursor, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Items {
			got = append(got, strings.Join([]string{c.Field, c.Lang, string(c.Before), string(c.After), string(c.Source)}, "|"))
		}
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	want := []string{
		`embargo_until|||"2026-05-01T11:00:00Z"|person`,
		`alt|sv||{"text": "Båt", "decision": "text"}|person`,
		`title||"Från Eva"||person`,
		`keywords|||["a", "b"]|person`,
		`title||"Från filen"|"Från Eva"|person`,
		`title|||"Från filen"|file`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	_, err := w.assets.History(t.Context(), viewer, a.ID, "", 0)
	code(t, "access.forbidden", err)
	_, err = w.assets.History(t.Context(), w.person(0), a.ID, "", 0)
	code(t, "asset.not_found", err)
}

func TestOfTwoEditsOfOneVersionOneWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.store(w.home, "x.jpg")
	errs := make([]error, 5)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = w.assets.Edit(t.Context(), w.house, a.ID, 1, fields("title", strconv.Itoa(i)))
		})
	}
	wg.Wait()
	won := -1
	for i, err := range errs {
		if err == nil {
			if won >= 0 {
				t.Error("two won")
			}
			won = i
		} else if code(t, "asset.changed", err); fault.As(err).Extra["version"] != "2" {
			t.Error(fault.As(err).Extra)
		}
	}
	got := w.must(w.assets.Get(t.Context(), w.house, a.ID))
	if won < 0 || got.Fields["title"].Value != strconv.Itoa(won) || got.Version != 2 {
		t.Error(won, got.Fields["title"], got.Version)
	}
	if n := w.count("select count(*)::int from audit_entry where verb = 'asset.edit'"); n != 1 {
		t.Error(n, "deeds")
	}
}

func TestAPreviewThatGetsReadyRefusesNobodysEdit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, err := w.storeAs(w.house, arrival(w.home, "x.jpg", "x"))
	if err != nil || a.State != asset.Preparing || a.Version != 1 {
		t.Fatal(a, err)
	}
	b := w.outcome(a, asset.Outcome{Revision: a.Revision, State: asset.Ready, Measure: asset.Measure{Width: new(640), Height: new(480)}})
	if b.State != asset.Ready || *b.Width != 640 || b.Version != 1 || b.MediaType != "image/jpeg" {
		t.Errorf("%+v", b)
	}
	w.told(a, asset.Told{Fields: map[string]asset.Field{"city": {Value: "Lund"}}})
	if got := w.must(w.assets.Edit(t.Context(), w.house, a.ID, 1, fields("title", "x"))); got.Fields["city"].Value != "Lund" || got.Fields["title"].Value != "x" {
		t.Error(got.Fields)
	}
	// An outcome of another revision says nothing about this one.
	if got := w.outcome(a, asset.Outcome{Revision: id.New[id.Revision](), State: asset.Failed, Code: "x"}); got.State != asset.Ready {
		t.Error(got.State)
	}
}

func TestMovingAnAsset(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	there, open := w.create(w.root, "there"), w.create(w.root, "open")
	who, viewer := w.person(mover), w.person(access.View)
	w.grant(there, who, access.View)
	a := w.store(w.home, "x.jpg")
	move := func(who access.Actor, to id.Folder) error {
		_, err := w.edit(who, a, asset.Patch{Folder: &to})
		return err
	}
	code(t, "access.forbidden", move(who, there))
	code(t, "access.forbidden", move(viewer, there))
	code(t, "folder.not_found", move(who, open))
	code(t, "folder.not_found", move(who, id.New[id.Folder]()))
	w.grant(there, who, mover)
	if err := move(who, there); err != nil {
		t.Fatal(err)
	}
	got := w.must(w.assets.Get(t.Context(), who, a.ID))
	if got.Folder != there || got.Can != mover || got.Version != 2 {
		t.Error(got.Folder, got.Can.Names(), got.Version)
	}
	_, err := w.assets.Get(t.Context(), viewer, a.ID)
	code(t, "asset.not_found", err)
	w.grant(w.home, who, access.DownloadOriginal)
	code(t, "asset.move_widens", move(who, w.home))
}

func TestNU11_EveryChangeOfAnAssetIsOneDeedWithoutContents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.store(w.home, "hemligt.jpg")
	before := w.count("select count(*)::int from audit_entry")
	steps := []struct {
		verb string
		do   func() error
	}{
		{"asset.edit", func() error { _, err := w.edit(w.house, a, fields("title", "hemligt")); return err }},
		{"asset.delete", func() error { return w.assets.Delete(t.Context(), w.house, a.ID) }},
		{"asset.restore", func() error { _, err := w.assets.Restore(t.Context(), w.house, a.ID); return err }},
		{"asset.delete", func() error { return w.assets.Delete(t.Context(), w.house, a.ID) }},
		{"asset.purge", func() error { return w.assets.Purge(t.Context(), w.house, a.ID) }},
	}
	for i, s := range steps {
		if err := s.do(); err != nil {
			t.Fatal(s.verb, err)
		}
		if n := w.count("select count(*)::int from audit_entry"); n != before+i+1 {
			t.Errorf("%s: %d rows", s.verb, n-before)
		}
		if n := w.count("select count(*)::int from audit_entry where seq = $1 and verb = $2 and subject = $3", before+i+1, s.verb, a.ID.String()); n != 1 {
			t.Errorf("%s is not the last deed", s.verb)
		}
	}
	if w.count("select count(*)::int from audit_entry where detail::text like '%hemligt%'") != 0 {
		t.Error("contents are in the log")
	}
	// What cannot be logged does not happen.
	b := w.store(w.home, "b.jpg")
	nobody := w.house
	nobody.ID = "\xff"
	if _, err := w.edit(nobody, b, fields("title", "x")); err == nil {
		t.Error("a deed that cannot be logged was done")
	}
	if got := w.must(w.assets.Get(t.Context(), w.house, b.ID)); len(got.Fields) != 0 {
		t.Error("it was done")
	}
}

func TestOnlyTheHouseReadsFilesAndSetsStates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(editor)
	a := w.store(w.home, "x.jpg")
	tx := func(fn func(tx pg.Tx) error) error { return pg.In(t.Context(), w.db, w.tenant, fn) }
	code(t, "asset.not_found", tx(func(tx pg.Tx) error {
		_, err := w.assets.FileFieldsTx(t.Context(), tx, who, a.ID, asset.Told{Fields: map[string]asset.Field{"title": {Value: "x"}}})
		return err
	}))
	code(t, "revision.not_found", tx(func(tx pg.Tx) error { return w.assets.MetaTx(t.Context(), tx, who, a.Revision, []byte(`{}`)) }))
	set := func(who access.Actor, s asset.State) error {
		return tx(func(tx pg.Tx) error {
			_, err := w.assets.SetStateTx(t.Context(), tx, who, a.ID, asset.Outcome{Revision: a.Revision, State: s})
			return err
		})
	}
	code(t, "asset.state", set(who, asset.Ready))
	code(t, "access.forbidden", set(w.person(access.View), asset.Preparing))
	if err := set(who, asset.Preparing); err != nil {
		t.Error(err)
	}
	w.outcome(a, asset.Outcome{Revision: a.Revision, State: asset.Quarantined, Code: "x", Reason: "It lies."})
	code(t, "asset.state", set(who, asset.Preparing))
	w.in(func(tx pg.Tx) error {
		return w.assets.MetaTx(t.Context(), tx, w.house, a.Revision, []byte(`{"person_in_image": ["Eva"]}`))
	})
	if w.count("select count(*)::int from revision where meta->'person_in_image'->>0 = 'Eva'") != 1 {
		t.Error("meta is not kept")
	}
}
