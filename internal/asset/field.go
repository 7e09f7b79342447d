// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// rank orders marks by strength. A default is the machine's word, said by a
// template: it gives way to all others, the file too.
func (m Mark) rank() int {
	switch {
	case m.Source == FromMachine && strings.HasPrefix(m.By, templatePrefix):
		return 1
	case m.Source == FromFile:
		return 2
	case m.Source == FromMachine:
		return 3
	case m.Source == FromPerson:
		return 4
	}
	return 0
}

const templatePrefix = "tpl_"

// shown is the field as askers get it, and whether there is anything in it:
// one that a person took away stays as a mark, so that no machine and no file
// brings it back.
func (f Field) shown() (Field, bool) {
	if len(f.Lang) > 0 {
		f.Value = f.Lang[""]
	}
	marks := map[string]Mark{}
	for lang, m := range f.Marks {
		if _, ok := f.Lang[lang]; ok {
			marks[lang] = m
		}
	}
	f.Marks = marks
	return f, f.Value != "" || len(f.Values) > 0 || len(f.Lang) > 0
}

// Text returns the field's text in the first of the languages that it has, else
// in the unknown language, else in any; a list's values joined by commas.
func (f Field) Text(langs ...string) string {
	for _, l := range append(slices.Clone(langs), "") {
		if t := f.Lang[l]; t != "" {
			return t
		}
	}
	for _, l := range slices.Sorted(maps.Keys(f.Lang)) {
		if f.Lang[l] != "" {
			return f.Lang[l]
		}
	}
	if len(f.Values) > 0 {
		return strings.Join(f.Values, ", ")
	}
	return f.Value
}

// mark is the provenance of the field in a language; the zero Mark of what was
// never set.
func (f Field) mark(lang string) Mark {
	if m, ok := f.Marks[lang]; ok {
		return m
	}
	if _, ok := f.Lang[lang]; ok || f.Marks == nil && f.Lang == nil {
		return Mark{f.Source, f.By, f.At}
	}
	return Mark{}
}

// change is one thing that a sheet changed: a line of the asset's history if
// the content is another, and what it takes to undo it.
type change struct {
	Field, Lang   string
	Before, After any  // string, []string, a decision, a time as text; nil: nothing
	Was, Is       Mark // who said what was there before, and who says what is there now
	same          bool // only the mark is new
}

// sheet collects what one actor changes about an asset's fields, keeping the
// order of sources: what a stronger one set stays.
type sheet struct {
	reg     *Registry
	mark    Mark
	fields  map[string]Field
	alt     map[string]Alt
	changes []change
	touched bool     // something changed, if only its provenance
	passage *passage // to another approval state
	undoing bool     // the marks are those of before; the history names who undoes
}

func newSheet(a Asset, m Mark) *sheet {
	return &sheet{reg: a.Registry, mark: m, fields: cloned(a.Fields), alt: cloned(a.Alt)}
}

func cloned[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return maps.Clone(m)
}

// may reports whether what was set as was gives way to the sheet's actor.
func (s *sheet) may(was Mark) bool { return s.mark.rank() >= was.rank() }

// note keeps what was changed.
func (s *sheet) note(field, lang string, before, after any, was Mark, same bool) {
	s.touched = true
	s.changes = append(s.changes, change{field, lang, before, after, was, s.mark, same})
}

// setText sets a text, in a language if the field has them; the empty text
// takes it away.
func (s *sheet) setText(d Def, lang, value string) {
	f := s.fields[d.Name]
	was, before := f.mark(lang), f.Value
	if d.PerLanguage {
		before = f.Lang[lang]
	}
	if !s.may(was) || value == "" && was.Source == "" || value == before && was.rank() == s.mark.rank() {
		return
	}
	if d.PerLanguage {
		f.Lang, f.Marks = cloned(f.Lang), marked(f)
		if f.Lang[lang] = value; value == "" {
			delete(f.Lang, lang)
		}
		f.Marks[lang] = s.mark
		m := strongest(f.Marks)
		f.Source, f.By, f.At, f.Value = m.Source, m.By, m.At, ""
	} else {
		f.Value, f.Source, f.By, f.At = value, s.mark.Source, s.mark.By, s.mark.At
	}
	s.fields[d.Name] = f
	s.note(d.Name, lang, some(before), some(value), was, value == before)
}

// marked returns a copy of the field's marks with those filled in that only
// the field itself carries.
func marked(f Field) map[string]Mark {
	marks := cloned(f.Marks)
	for lang := range f.Lang {
		if _, ok := marks[lang]; !ok {
			marks[lang] = f.mark(lang)
		}
	}
	return marks
}

func strongest(marks map[string]Mark) (m Mark) {
	for _, lang := range slices.Sorted(maps.Keys(marks)) {
		if x := marks[lang]; x.rank() > m.rank() || x.rank() == m.rank() && x.At.After(m.At) {
			m = x
		}
	}
	return m
}

// setList sets a list; the empty list takes it away.
func (s *sheet) setList(d Def, values []string) {
	f := s.fields[d.Name]
	was := f.mark("")
	same := slices.Equal(f.Values, values)
	if !s.may(was) || len(values) == 0 && was.Source == "" || same && was.rank() == s.mark.rank() {
		return
	}
	s.note(d.Name, "", someList(f.Values), someList(values), was, same)
	s.fields[d.Name] = Field{Values: values, Source: s.mark.Source, By: s.mark.By, At: s.mark.At}
}

// setAlt sets the alt decision in a language; the zero decision takes it away.
func (s *sheet) setAlt(lang string, to Alt) {
	was := s.alt[lang]
	mark := Mark{was.Source, was.By, was.At}
	same := was.Decision == to.Decision && was.Text == to.Text
	if !s.may(mark) || to.Decision == "" && was.Source == "" || same && mark.rank() == s.mark.rank() {
		return
	}
	to.Source, to.By, to.At = s.mark.Source, s.mark.By, s.mark.At
	s.alt[lang] = to
	s.note(fieldAlt, lang, decided(was), decided(to), mark, same)
}

// capturedOn is the date that the field of that name says.
func (s *sheet) capturedOn() *time.Time {
	t, err := time.Parse(time.DateOnly, s.fields[FieldCapturedOn].Value)
	if err != nil {
		return nil
	}
	return &t
}

func some(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func someList(l []string) any {
	if len(l) == 0 {
		return nil
	}
	return l
}

// decided is a decision as history keeps it.
func decided(a Alt) any {
	if a.Decision == "" {
		return nil
	}
	m := map[string]any{"decision": a.Decision}
	if a.Text != "" {
		m["text"] = a.Text
	}
	return m
}
