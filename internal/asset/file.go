// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
)

// Told is what a file says about itself.
type Told struct {
	Fields     map[string]Field // by field name; their provenance is not looked at
	Alt        map[string]Alt   // by language, "" for unknown; a decision of "" with a text is AltText
	CapturedOn *time.Time       // a date

	// Another says that the file is not the one that spoke before: what only a
	// file said and this one does not is taken away.
	Another bool
}

// FileFieldsTx takes over what a file says about itself, where neither a
// person nor a machine has said something. Values are cut to what a field
// holds rather than refused; fields that are not known, and names of people,
// are left out. Only the house reads files. The caller writes the log of deeds.
func (s *Service) FileFieldsTx(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset, t Told) (Asset, error) {
	if who.Kind != access.House {
		return Asset{}, access.NotFound("asset")
	}
	a, err := s.hold(ctx, tx, who, asset, access.View)
	if err != nil {
		return Asset{}, err
	}
	sh := newSheet(a, Mark{FromFile, who.ID, s.now()})
	if t.Another {
		sh.forget(t)
	}
	sh.told(t)
	if !sh.touched {
		return a.shown(), nil
	}
	if err := s.write(ctx, tx, who, 0, edited{a, sh}); err != nil {
		return Asset{}, err
	}
	return s.changed(ctx, tx, who, asset)
}

// forget takes away what a file said before and t does not say.
func (s *sheet) forget(t Told) {
	for _, d := range defs {
		was, said := s.fields[d.Name], t.Fields[d.Name]
		switch {
		case d.Name == FieldCapturedOn && t.CapturedOn != nil:
		case d.Type == List:
			if was.mark("").Source == FromFile && len(said.Values) == 0 && said.Text() == "" {
				s.setList(d, nil)
			}
		case !d.PerLanguage:
			if was.Source == FromFile && said.Text() == "" {
				s.setText(d, "", "")
			}
		default:
			kept := map[string]bool{}
			for _, l := range languages(said.texts()) {
				kept[l.tag] = true
			}
			for _, lang := range slices.Sorted(maps.Keys(was.Lang)) {
				if was.mark(lang).Source == FromFile && !kept[lang] {
					s.setText(d, lang, "")
				}
			}
		}
	}
	kept := map[string]bool{}
	for _, l := range languages(t.Alt) {
		kept[l.tag] = true
	}
	for _, lang := range slices.Sorted(maps.Keys(s.alt)) {
		if s.alt[lang].Source == FromFile && !kept[lang] {
			s.setAlt(lang, Alt{})
		}
	}
}

func (s *sheet) told(t Told) {
	for _, d := range defs {
		f, ok := t.Fields[d.Name]
		if !ok || d.Personal {
			continue
		}
		switch {
		case d.Type == List:
			list := f.Values
			if list == nil {
				list = []string{f.Text()}
			}
			if list = d.trimList(list); len(list) > 0 {
				s.setList(d, list)
			}
		case !d.PerLanguage:
			if v := d.trim(f.Text()); v != "" {
				s.setText(d, "", v)
			}
		default:
			s.toldTexts(d, f)
		}
	}
	if d, ok := defOf(FieldCapturedOn); ok && t.CapturedOn != nil {
		if v := d.trim(t.CapturedOn.Format(time.DateOnly)); v != "" {
			s.setText(d, "", v)
		}
	}
	for _, lang := range languages(t.Alt) {
		a := t.Alt[lang.as]
		text, _ := plain.Text(a.Text)
		if a.Decision == "" || a.Decision == AltText {
			a.Decision = AltText
			text, _ = plain.Line(a.Text)
			text = plain.Cut(text, maxAlt)
		}
		if text = plain.Cut(text, maxComplex); text != "" && (a.Decision == AltText || a.Decision == AltComplex) {
			s.setAlt(lang.tag, Alt{Decision: a.Decision, Text: text})
		}
	}
}

// texts are the field's texts by language.
func (f Field) texts() map[string]string {
	texts := cloned(f.Lang)
	if texts[""] == "" {
		if texts[""] = f.Value; f.Value == "" && len(f.Values) > 0 {
			texts[""] = strings.Join(f.Values, ", ")
		}
		if texts[""] == "" {
			delete(texts, "")
		}
	}
	return texts
}

func (s *sheet) toldTexts(d Def, f Field) {
	texts := f.texts()
	for _, lang := range languages(texts) {
		if v := d.trim(texts[lang.as]); v != "" {
			s.setText(d, lang.tag, v)
		}
	}
}

// said is a language as a file names it and as it is kept.
type said struct{ as, tag string }

// languages returns the languages of m, in a fixed order and at most
// maxLanguages. What is not a language tag counts as unknown, if nothing else does.
func languages[V any](m map[string]V) []said {
	var out []said
	_, known := m[""]
	for _, as := range slices.Sorted(maps.Keys(m)) {
		tag, ok := plain.Language(as)
		if !ok {
			if as != "" && known {
				continue
			}
			tag, known = "", true
		}
		if len(out) < maxLanguages && !slices.ContainsFunc(out, func(s said) bool { return s.tag == tag }) {
			out = append(out, said{as, tag})
		}
	}
	return out
}
