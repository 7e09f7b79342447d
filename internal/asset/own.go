// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"maps"
	"slices"
	"strings"

	"tillgang/internal/access"
)

// OwnTexts are the texts of the tenant's own fields that the asset is found by:
// what its options and terms are called in every language and otherwise, and
// what the terms above them are called.
func (a Asset) OwnTexts() (list []string) {
	for _, d := range a.Registry.Defs() {
		if !d.Own || !d.Searchable {
			continue
		}
		f, some := a.Fields[d.Name].shown()
		if !some || d.Personal && f.Source != FromPerson {
			continue
		}
		for _, v := range append(slices.Clone(f.Values), append(sortedValues(f.Lang), f.Value)...) {
			list = append(list, a.Registry.called(d, v)...)
		}
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// called lists the texts that a value is known by.
func (r *Registry) called(d Def, value string) (list []string) {
	switch d.Type {
	case YesNo:
		return nil
	case Choice, Choices:
		list = append(list, value)
		for _, o := range d.Options {
			if o.Value == value {
				list = append(list, sortedValues(o.Labels)...)
			}
		}
	case Terms:
		for _, t := range r.way(value) {
			list = append(append(list, sortedValues(t.Labels)...), t.Synonyms...)
		}
	default:
		list = append(list, value)
	}
	return list
}

// OwnTokens are "field=value" of the tenant's own fields whose values come from
// a list, are numbers, dates, or yes or no: for filters and counts. A term
// stands for those above it too.
func (a Asset) OwnTokens() (list []string) {
	for _, d := range a.Registry.Defs() {
		if !d.Own || d.Type == Text || d.Type == Line && !d.Facet || d.Type == URL && !d.Facet {
			continue
		}
		f, some := a.Fields[d.Name].shown()
		if !some {
			continue
		}
		for _, v := range append(slices.Clone(f.Values), append(sortedValues(f.Lang), f.Value)...) {
			if d.Type != Terms && v != "" {
				list = append(list, d.Name+"="+v)
			}
			if d.Type == Terms {
				for _, t := range a.Registry.way(v) {
					list = append(list, d.Name+"="+t.ID.String())
				}
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// sortedValues are a map's values in the order of its keys.
func sortedValues(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[k])
	}
	return out
}

// Called is the text of a value in the first of the languages that it has one
// in, else in any; of a term with those above it, from the top: "Sport / Football".
func (r *Registry) Called(d Def, value string, langs ...string) string {
	switch d.Type { //nolint:exhaustive // the others are their own text
	case Choice, Choices:
		for _, o := range d.Options {
			if o.Value == value && len(o.Labels) > 0 {
				return Field{Lang: o.Labels}.Text(langs...)
			}
		}
	case Terms:
		text := ""
		for _, t := range r.way(value) {
			if text != "" {
				text = " / " + text
			}
			text = Field{Lang: t.Labels}.Text(langs...) + text
		}
		if text != "" {
			return text
		}
	}
	return value
}

// Show is an asset's field as one text, for people; empty if there is nothing
// in it that may be shown.
func (r *Registry) Show(a Asset, name string) string {
	d, known := r.Def(name)
	f, some := a.Fields[name].shown()
	if !known || !some || !a.Can.Has(access.View) {
		return ""
	}
	var list []string
	for _, v := range f.Values {
		list = append(list, r.Called(d, v))
	}
	if len(list) > 0 {
		return strings.Join(list, " | ")
	}
	if f.Lang != nil {
		return strings.Join(sortedValues(f.Lang), " | ")
	}
	return r.Called(d, f.Value)
}
