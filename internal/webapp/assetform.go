// SPDX-License-Identifier: Apache-2.0

package webapp

import (
	"slices"
	"strconv"
	"strings"

	"tillgang/internal/asset"
	"tillgang/internal/fault"
)

// row is one field of the form.
type row struct {
	Name, Label     string
	Value           string // what the input holds
	Was             string // what the asset holds, sent along: only what differs from it was changed here
	Lang, LangName  string // of the text that is edited; empty when unknown
	Input           string // type of the input element
	Lines           int
	Long, List      bool
	Source          string // provenance, as a sentence; empty when not set
	Problem, Theirs string // what is wrong with it; what somebody else wrote meanwhile
}

// Described lists the identifiers of what is said about the input.
func (r row) Described() string {
	var out []string
	for _, d := range []struct {
		there bool
		id    string
	}{{r.Problem != "", "w-"}, {r.List, "h-"}, {r.Theirs != "", "t-"}, {r.Source != "", "s-"}} {
		if d.there {
			out = append(out, d.id+r.Name)
		}
	}
	return strings.Join(out, " ")
}

// altRow is the alt decision of one language.
type altRow struct {
	Lang, Label, Decision, Text, Was, WasText string
	Source, Problem, Theirs                   string
	Open                                      bool
}

// group holds the fields that not everybody needs.
type group struct {
	Label string
	Rows  []row
	Open  bool
}

// fieldGroups says where the form has each field; those not named here stand
// in the last group.
var fieldGroups = map[string]string{
	"title": "", "description": "", "keywords": "",
	"creator": "rights", "credit": "rights", "copyright": "rights", "licence": "rights", "licence_url": "rights", "usage_terms": "rights",
}

// form fills in the form's fields from the asset.
func (v *visit) form(view *assetView, a asset.Asset) {
	rights, more := group{Label: v.say("group_rights")}, group{Label: v.say("group_more")}
	for _, def := range asset.Defs() {
		r := v.row(def, a.Fields[def.Name])
		place, named := fieldGroups[def.Name]
		switch {
		case !named:
			more.Rows = append(more.Rows, r)
		case place == "rights":
			rights.Rows = append(rights.Rows, r)
		default:
			view.Rows = append(view.Rows, r)
		}
	}
	view.Groups = []group{rights, more}
	for i, g := range view.Groups {
		view.Groups[i].Open = slices.ContainsFunc(g.Rows, func(r row) bool { return r.Value != "" })
	}
	if a.Kind == asset.Audio || a.Kind == asset.Archive || a.Kind == asset.Font {
		return // nothing to describe in place of
	}
	for _, l := range languages {
		alt := a.Alt[l.Tag]
		r := altRow{Lang: l.Tag, Label: l.Name, Decision: string(alt.Decision), Text: alt.Text, Was: string(alt.Decision), WasText: alt.Text, Open: l.Tag == v.lang}
		if alt.Decision != "" {
			r.Source = v.provenance(alt.Source)
		}
		if view.Alts = append(view.Alts, r); r.Open {
			view.Alts = slices.Concat(view.Alts[len(view.Alts)-1:], view.Alts[:len(view.Alts)-1])
		}
	}
}

func (v *visit) row(def asset.Def, f asset.Field) row {
	r := row{Name: def.Name, Label: v.say("field_" + def.Name), Long: def.Type == asset.Text, List: def.Type == asset.List, Input: "text", Lines: 4}
	r.Lang, r.Value = v.shown(f)
	source := f.Source
	if m, ok := f.Marks[r.Lang]; ok {
		source = m.Source
	}
	switch def.Type {
	case asset.List:
		r.Value = strings.Join(f.Values, "\n")
		r.Lines = min(max(2, len(f.Values)+1), 8)
	case asset.URL:
		r.Input = "url"
	case asset.Date:
		r.Input = "date"
	default: // one text, as it is
	}
	if def.PerLanguage && r.Lang != v.lang {
		r.LangName = languageName(r.Lang)
	}
	if r.Value != "" {
		r.Source = v.provenance(source)
	}
	r.Was = r.Value
	return r
}

func (d *door) editAsset(v *visit) error {
	i, err := v.assetID()
	if err != nil {
		return err
	}
	a, err := d.Assets.Get(v.ctx, v.who, i)
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(v.r.PostFormValue("version"), 10, 64)
	if err != nil || version < 1 {
		return fault.New(fault.Invalid, "request.malformed", v.say("fault_request_malformed"))
	}
	if _, err = d.Assets.Edit(v.ctx, v.who, i, version, v.patch()); err == nil {
		return v.redirect("/assets/" + i.String() + "?done=saved")
	}
	view, e := v.assetView(a)
	if e != nil {
		return e
	}
	f := fault.As(err)
	v.merge(&view, f)
	return v.again(err, "asset", view.Title, func(problem string) any {
		view.Problem = problem
		if len(f.Field) > 0 {
			view.Problem = v.sentence(f) // each field says itself what is wrong with it
		}
		return view
	})
}

// merge puts what was typed into the form of the asset as it is now. A field
// that only somebody else changed shows their text; one that both changed
// shows what was typed here, and theirs beside it. Saving again then keeps
// what the form shows.
func (v *visit) merge(view *assetView, f *fault.Error) {
	rows := func(list []row) (open bool) {
		for i := range list {
			r := &list[i]
			if r.Problem = v.wrong(f.Field[r.Name]); r.Problem != "" {
				open = true
			}
			typed, was, there := v.typed(r.Name)
			if !there || typed == was {
				continue
			}
			if r.Was != was && r.Was != typed {
				r.Theirs = r.Was
			}
			r.Value, open = typed, true
		}
		return open
	}
	rows(view.Rows)
	for i := range view.Groups {
		if rows(view.Groups[i].Rows) {
			view.Groups[i].Open = true
		}
	}
	for i := range view.Alts {
		r := &view.Alts[i]
		if r.Problem = v.wrong(f.Field["alt."+r.Lang]); r.Problem != "" {
			r.Open = true
		}
		t, there := v.typedAlt(r.Lang)
		if !there || t.decision == t.wasDecision && t.text == t.wasText {
			continue
		}
		if r.WasText != t.wasText && r.WasText != t.text {
			r.Theirs = r.WasText
		}
		r.Decision, r.Text, r.Open = t.decision, t.text, true
	}
}

// typed is what the form sent of a field, and what the field held when the
// form was written.
func (v *visit) typed(name string) (text, was string, there bool) {
	sent, there := v.r.PostForm["field."+name]
	if !there {
		return "", "", false
	}
	return unix(sent[0]), unix(v.r.PostForm.Get("was." + name)), true
}

type sentAlt struct{ decision, text, wasDecision, wasText string }

func (v *visit) typedAlt(lang string) (sentAlt, bool) {
	form := v.r.PostForm
	if _, there := form["alt."+lang]; !there {
		return sentAlt{}, false
	}
	s := sentAlt{form.Get("alt." + lang), strings.TrimSpace(unix(form.Get("alttext." + lang))), form.Get("wasalt." + lang), unix(form.Get("wasalttext." + lang))}
	if d := asset.Decision(s.decision); d != asset.AltText && d != asset.AltComplex {
		s.text = "" // the other decisions have none
	}
	return s, true
}

// unix undoes the line ends that forms are sent with (HTML, "constructing the
// entry list").
func unix(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// patch is what was changed in the form.
func (v *visit) patch() asset.Patch {
	p := asset.Patch{Fields: map[string]*asset.FieldChange{}, Alt: map[string]*asset.AltChange{}}
	for _, def := range asset.Defs() {
		text, was, there := v.typed(def.Name)
		if !there || text == was {
			continue
		}
		lang := v.r.PostForm.Get("lang." + def.Name)
		switch {
		case def.Type == asset.List:
			values := []string{}
			for line := range strings.Lines(text) {
				if line = strings.TrimSpace(line); line != "" {
					values = append(values, line)
				}
			}
			p.Fields[def.Name] = &asset.FieldChange{Values: values}
		case def.PerLanguage && lang != "":
			p.Fields[def.Name] = &asset.FieldChange{Lang: map[string]string{lang: text}}
		default:
			p.Fields[def.Name] = &asset.FieldChange{Value: &text}
		}
	}
	for _, l := range languages {
		t, there := v.typedAlt(l.Tag)
		switch {
		case !there || t.decision == t.wasDecision && t.text == t.wasText:
		case t.decision == "":
			p.Alt[l.Tag] = nil
		default:
			p.Alt[l.Tag] = &asset.AltChange{Decision: asset.Decision(t.decision), Text: t.text}
		}
	}
	return p
}
