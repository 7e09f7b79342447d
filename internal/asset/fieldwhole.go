// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"

	"tillgang/internal/fault"
	"tillgang/internal/plain"
)

// mostOf bounds a type's values in length and in number; zero is fixed or none.
var mostOf = map[Type]struct{ length, items int }{
	Line: {2000, 0}, Text: {20_000, 0}, List: {500, 500}, Date: {10, 0}, URL: {2000, 0}, Number: {30, 0}, YesNo: {5, 0},
	Choice: {100, 0}, Choices: {100, 500}, Terms: {40, 200},
}

// usual is what is taken when nobody says how long a value may be, or how many.
var usual = map[Type]struct{ length, items int }{Line: {500, 0}, Text: {10_000, 0}, List: {200, 500}, Choices: {100, 200}}

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,49}$`)

// reservedNames are names that stand for something else beside fields.
var reservedNames = []string{
	fieldAlt, fieldEmbargo, fieldExpiry, fieldFolder, "id", "name", "file", "kind", "type", "state", "status", "tag", "tags", "person", "text", "title",
	"size", "width", "height", "duration", "sha256", "missing", "has", "no", "is", "not", "or", "and", "in", "sort", "created", "updated", "taken", "uploaded",
	"by", "revision", "version", "line",
}

// whole brings a definition into order and says what is wrong with it.
func (d *Def) whole() error {
	wrong := map[string]string{}
	most, known := mostOf[d.Type]
	switch {
	case !known:
		wrong["type"] = "there is no such type"
	case !fieldName.MatchString(d.Name):
		wrong["name"] = "a name has small letters, digits and _, begins with a letter and has at most 50 characters"
	case slices.Contains(reservedNames, d.Name):
		wrong["name"] = "this name stands for something else"
	}
	if _, builtIn := defOf(d.Name); builtIn {
		wrong["name"] = "there is a built-in field of this name"
	}
	if d.PerLanguage && d.Type != Line && d.Type != Text {
		wrong["per_language"] = "only texts have languages"
	}
	if d.Type != Terms == !d.Taxonomy.IsZero() {
		wrong["taxonomy"] = "a field of terms, and no other, has a taxonomy"
	}
	if d.Max == 0 {
		if d.Max = usual[d.Type].length; d.Max == 0 {
			d.Max = most.length
		}
	}
	if d.MaxItems == 0 {
		if d.MaxItems = usual[d.Type].items; d.MaxItems == 0 {
			d.MaxItems = most.items
		}
	}
	if d.Max < 1 || d.Max > most.length {
		wrong["max"] = "from 1 to " + strconv.Itoa(most.length)
	}
	if d.MaxItems < 0 || d.MaxItems > most.items || d.Type.Several() && d.MaxItems < 1 {
		wrong["max_items"] = "from 1 to " + strconv.Itoa(most.items) + " for fields of several values, else none"
	}
	var w string
	if d.Labels, w = texts(d.Labels, maxLabel); w != "" {
		wrong["label"] = w
	}
	if d.Helps, w = texts(d.Helps, maxHelp); w != "" {
		wrong["help"] = w
	}
	section, ok := plain.Line(d.Section)
	if d.Section = section; !ok || utf8.RuneCountInString(section) > maxLabel {
		wrong["group"] = "at most 200 characters"
	}
	if w := d.cleanOptions(); w != "" {
		wrong["options"] = w
	}
	if len(wrong) > 0 {
		return fault.Fields("field.definition", "The field cannot be defined like this. Correct what is named and try again.", wrong)
	}
	return nil
}

// texts makes texts by language fit to keep; empty ones are left out.
func texts(in map[string]string, most int) (out map[string]string, wrong string) {
	out = map[string]string{}
	for tag, text := range in {
		lang, ok := plain.Language(tag)
		if !ok {
			return in, "not a language tag such as sv or nb-NO: " + strconv.Quote(plain.Cut(tag, 20))
		}
		text, ok = plain.Line(text)
		switch {
		case !ok:
			return in, "the text is not valid UTF-8"
		case utf8.RuneCountInString(text) > most:
			return in, "at most " + strconv.Itoa(most) + " characters"
		case text != "":
			out[lang] = text
		}
	}
	if len(out) > maxLanguages {
		return in, "at most 50 languages"
	}
	return out, ""
}

func (d *Def) cleanOptions() (wrong string) {
	if choice := d.Type == Choice || d.Type == Choices; !choice {
		if len(d.Options) > 0 {
			return "only fields of choice have options"
		}
		d.Options = []Option{}
		return ""
	}
	if len(d.Options) == 0 || len(d.Options) > maxOptions {
		return "a field of choice has 1 to 1000 options"
	}
	seen := map[string]bool{}
	for i, o := range d.Options {
		value, ok := plain.Line(o.Value)
		if !ok || value == "" || utf8.RuneCountInString(value) > mostOf[Choice].length {
			return "an option's value has 1 to 100 characters"
		}
		if seen[plain.Fold(value)] {
			return "each option stands once, whatever its case"
		}
		seen[plain.Fold(value)] = true
		if o.Labels, wrong = texts(o.Labels, maxLabel); wrong != "" {
			return wrong
		}
		o.Value = value
		d.Options[i] = o
	}
	return ""
}
