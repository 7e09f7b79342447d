// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"tillgang/internal/id"
	"tillgang/internal/plain"
)

// Edits is what is done to each of many assets.
type Edits struct {
	Fields       map[string]FieldAct   `json:"fields,omitempty"`
	Alt          map[string]*AltChange `json:"alt,omitempty"` // by language; nil takes the decision away
	Folder       *id.Folder            `json:"folder,omitempty"`
	EmbargoUntil *When                 `json:"embargo_until,omitempty"`
	ExpiresAt    *When                 `json:"expires_at,omitempty"`
	Owner        *id.Account           `json:"owner,omitempty"`
	Template     id.Template           `json:"template,omitzero"`  // its defaults, where nothing is said
	Bin          Bin                   `json:"bin,omitempty"`      // stands alone
	Approval     Approval              `json:"approval,omitempty"` // a step to this state; stands alone
	Remark       string                `json:"remark,omitempty"`   // on that step
}

// Bin says which way through the bin.
type Bin string

// The ways.
const (
	IntoBin  Bin = "delete"
	OutOfBin Bin = "restore"
)

// Do says what is done to a field.
type Do string

// What can be done to fields.
const (
	Set     Do = "set"     // this is its content; languages that are not named stay
	Clear   Do = "clear"   // nothing is its content
	Add     Do = "add"     // these values too
	Remove  Do = "remove"  // not these values
	Replace Do = "replace" // From becomes To: a value of a list, or part of a text
)

// FieldAct is what is done to one field.
type FieldAct struct {
	Do Do `json:"do"`
	FieldChange
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// names lists the fields that the change is about.
func (c Edits) names() []string { return slices.Sorted(maps.Keys(c.Fields)) }

// CheckEdits says, as a fault, what is wrong with a change whatever the assets
// are like.
func CheckEdits(r *Registry, c Edits) error {
	some := len(c.Fields) > 0 || len(c.Alt) > 0 || c.Folder != nil || c.EmbargoUntil != nil || c.ExpiresAt != nil || c.Owner != nil || !c.Template.IsZero()
	switch {
	case c.Bin != "" && (some || c.Bin != IntoBin && c.Bin != OutOfBin):
		return invalid(map[string]string{"bin": "it is delete or restore, and stands alone"})
	case c.Approval != "" && (some || c.Bin != ""):
		return invalid(map[string]string{"approval": "it stands alone"})
	case c.Approval != "":
		return checkStep(c.Approval, c.Remark)
	case c.Bin == "" && !some:
		return invalid(map[string]string{"change": "it says nothing"})
	}
	return newSheet(Asset{Registry: r}, Mark{Source: FromPerson}).act(c)
}

// act does to the sheet's fields and alt decisions what a change says, or says
// everything that is wrong with it.
func (s *sheet) act(c Edits) error {
	wrong := map[string]string{}
	for _, name := range c.names() {
		d, ok := s.reg.Def(name)
		if !ok {
			wrong[name] = "there is no such field"
			continue
		}
		if at, w := s.actOn(d, c.Fields[name]); w != "" {
			wrong[at] = w
		}
	}
	for _, lang := range slices.Sorted(maps.Keys(c.Alt)) {
		if w := s.applyAlt(lang, c.Alt[lang]); w != "" {
			wrong[fieldAlt+"."+lang] = w
		}
	}
	if len(s.alt) > 2*maxLanguages {
		wrong[fieldAlt] = "too many languages"
	}
	if len(wrong) > 0 {
		return invalid(wrong)
	}
	return nil
}

func (s *sheet) actOn(d Def, act FieldAct) (at, wrong string) {
	switch act.Do {
	case Clear:
		s.clear(d)
		return "", ""
	case Set:
		return s.applyField(d, &act.FieldChange)
	case Add, Remove:
		if !d.Type.Several() || len(act.Values) == 0 {
			return d.Name, "values are added to and removed from lists"
		}
		there := s.fields[d.Name].Values
		if act.Do == Remove {
			list := slices.DeleteFunc(slices.Clone(there), func(v string) bool {
				return slices.ContainsFunc(act.Values, func(gone string) bool { return plain.Fold(v) == plain.Fold(gone) })
			})
			if len(list) < len(there) {
				s.setList(d, list)
			}
			return "", ""
		}
		list, wrong := d.cleanList(append(slices.Clone(there), act.Values...), there...)
		if wrong == "" && !slices.Equal(list, there) {
			s.setList(d, list)
		}
		return d.Name, wrong
	case Replace:
		return s.replace(d, act.From, act.To)
	}
	return d.Name, "what is done to a field is set, clear, add, remove or replace"
}

// replace puts one text for another, wherever it stands in the field.
func (s *sheet) replace(d Def, from, to string) (at, wrong string) {
	if from == "" {
		return d.Name, "what is replaced is needed"
	}
	f := s.fields[d.Name]
	if d.Type.Several() {
		list := slices.Clone(f.Values)
		for i, v := range list {
			if plain.Fold(v) == plain.Fold(from) {
				list[i] = to
			}
		}
		if slices.Equal(list, f.Values) {
			return "", ""
		}
		list, wrong = d.cleanList(list, f.Values...)
		if wrong == "" {
			s.setList(d, list)
		}
		return d.Name, wrong
	}
	put := func(lang, was string) string {
		now := strings.ReplaceAll(was, from, to)
		if d.Type != Line && d.Type != Text {
			if now = was; was == from {
				now = to
			}
		}
		if now == was {
			return ""
		}
		value, wrong := d.clean(now)
		if wrong == "" {
			s.setText(d, lang, value)
		}
		return wrong
	}
	if !d.PerLanguage {
		return d.Name, put("", f.Value)
	}
	for _, lang := range slices.Sorted(maps.Keys(f.Lang)) {
		if wrong := put(lang, f.Lang[lang]); wrong != "" {
			return strings.TrimSuffix(d.Name+"."+lang, "."), wrong
		}
	}
	return "", ""
}

// ValueOf finds the value that a person means by a text: of a field of choice
// an option's value or label, of one of terms an identifier, a label or labels
// from the top with " / " between; of others the text itself.
func (r *Registry) ValueOf(d Def, text string) (value, wrong string) {
	if _, w := d.clean(text); w == "" || !d.Type.listed() || text == "" {
		return text, ""
	}
	key := plain.Fold(strings.TrimSpace(text))
	var found []string
	if d.Type == Terms {
		for name, t := range r.orBuiltIn().terms {
			if t.Taxonomy == d.Taxonomy && t.MergedInto.IsZero() && slices.ContainsFunc(r.paths(name), func(p string) bool { return plain.Fold(p) == key }) {
				found = append(found, name)
			}
		}
	} else {
		for _, o := range d.Options {
			if plain.Fold(o.Value) == key || slices.ContainsFunc(sortedValues(o.Labels), func(l string) bool { return plain.Fold(l) == key }) {
				found = append(found, o.Value)
			}
		}
	}
	switch len(found) {
	case 1:
		return found[0], ""
	case 0:
		return text, "there is no such value in the field's list"
	}
	return text, "this text stands for " + strconv.Itoa(len(found)) + " values; name the one that is meant in full"
}

// paths are the texts that a term is called by, alone and with those above it.
func (r *Registry) paths(term string) (list []string) {
	way := r.way(term)
	if len(way) == 0 {
		return nil
	}
	langs := map[string]bool{}
	for _, t := range way {
		for l := range t.Labels {
			langs[l] = true
		}
	}
	list = sortedValues(way[0].Labels)
	for _, l := range slices.Sorted(maps.Keys(langs)) {
		path := ""
		for _, t := range way {
			label := Field{Lang: t.Labels}.Text(l)
			if path != "" {
				label += " / "
			}
			path = label + path
		}
		list = append(list, path)
	}
	return list
}
