// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"maps"
	"slices"

	"tillgang/internal/id"
	"tillgang/internal/plain"
)

// takeIn brings what another asset has into the sheet: values of lists beside
// those that are there, other things where nothing is said, and what take names
// in place of it. What a person took away stays away. Who said something stays
// known.
func (s *sheet) takeIn(o Asset, take map[string]id.Asset) {
	chosen := func(name string) bool { return take[name] == o.ID }
	for _, d := range s.reg.Defs() {
		theirs := o.Fields[d.Name]
		if _, some := theirs.shown(); !some {
			continue
		}
		if from, fixed := take[d.Name]; fixed && from != o.ID {
			continue
		}
		switch mine := s.fields[d.Name]; {
		case d.Type.Several():
			s.takeList(d, mine, theirs, chosen(d.Name))
		case d.PerLanguage:
			for _, lang := range slices.Sorted(maps.Keys(theirs.Lang)) {
				was := mine.mark(lang)
				if theirs.Lang[lang] == "" {
					continue
				}
				if chosen(d.Name) || mine.Lang[lang] == "" && was.Source != FromPerson {
					s.takeText(d, lang, theirs.Lang[lang], theirs.mark(lang))
				}
			}
		default:
			if chosen(d.Name) || mine.Value == "" && mine.Source != FromPerson {
				s.takeText(d, "", theirs.Value, theirs.mark(""))
			}
		}
	}
	if from, fixed := take[fieldAlt]; fixed && from != o.ID {
		return
	}
	for _, lang := range slices.Sorted(maps.Keys(o.Alt)) {
		theirs, was := o.Alt[lang], s.alt[lang]
		if theirs.Decision == "" || !chosen(fieldAlt) && (was.Decision != "" || was.Source == FromPerson) || was.Decision == theirs.Decision && was.Text == theirs.Text {
			continue
		}
		s.alt[lang] = theirs
		s.taken(fieldAlt, lang, decided(was), decided(theirs), Mark{was.Source, was.By, was.At}, Mark{theirs.Source, theirs.By, theirs.At})
	}
}

// taken notes something that was said of another asset.
func (s *sheet) taken(field, lang string, before, after any, was, is Mark) {
	s.touched = true
	s.changes = append(s.changes, change{field, lang, before, after, was, is, false})
}

func (s *sheet) takeText(d Def, lang, value string, is Mark) {
	f := s.fields[d.Name]
	was, before := f.mark(lang), f.Value
	if d.PerLanguage {
		before = f.Lang[lang]
	}
	if value == before {
		return
	}
	if d.PerLanguage {
		f.Lang, f.Marks = cloned(f.Lang), marked(f)
		f.Lang[lang], f.Marks[lang] = value, is
		m := strongest(f.Marks)
		f.Source, f.By, f.At, f.Value = m.Source, m.By, m.At, ""
	} else {
		f = Field{Value: value, Source: is.Source, By: is.By, At: is.At}
	}
	s.fields[d.Name] = f
	s.taken(d.Name, lang, some(before), some(value), was, is)
}

func (s *sheet) takeList(d Def, mine, theirs Field, chosen bool) {
	was, is := mine.mark(""), theirs.mark("")
	list := theirs.Values
	if !chosen {
		if len(mine.Values) == 0 && was.Source == FromPerson {
			return
		}
		list = slices.Clone(mine.Values)
		for _, v := range theirs.Values {
			if !slices.ContainsFunc(list, func(have string) bool { return plain.Fold(have) == plain.Fold(v) }) {
				list = append(list, v)
			}
		}
		if was.rank() > is.rank() {
			is = was
		}
	}
	list, wrong := d.cleanList(list, append(slices.Clone(mine.Values), theirs.Values...)...)
	if wrong != "" || slices.Equal(list, mine.Values) { // more than the field holds: the kept one's stay
		return
	}
	s.taken(d.Name, "", someList(mine.Values), someList(list), was, is)
	s.fields[d.Name] = Field{Values: list, Source: is.Source, By: is.By, At: is.At}
}
