// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tillgang/internal/fault"
	"tillgang/internal/plain"
)

// Type says what a field holds.
type Type string

// The types.
const (
	Line Type = "line" // one line of text
	Text Type = "text" // text of several lines
	List Type = "list" // several lines of text, each once
	Date Type = "date" // YYYY-MM-DD
	URL  Type = "url"  // http or https
)

// Def defines a field.
type Def struct {
	Name        string
	Label       string // key of the translated label
	Type        Type
	PerLanguage bool
	Max         int  // code points in a value, or in each of a list's
	MaxItems    int  // values in a list
	Personal    bool // names people: not searched while only the file says it
}

// FieldCapturedOn is the field that CapturedOn follows.
const FieldCapturedOn = "captured_on"

// maxLanguages is how many languages a field or the alt decisions can have.
const maxLanguages = 50

// defs is the registry, in the order in which fields are shown.
var defs = []Def{
	{Name: "title", Type: Line, PerLanguage: true, Max: 500},
	{Name: "headline", Type: Line, PerLanguage: true, Max: 500},
	{Name: "description", Type: Text, PerLanguage: true, Max: 10_000},
	{Name: "extended_description", Type: Text, PerLanguage: true, Max: 20_000},
	{Name: "keywords", Type: List, Max: 100, MaxItems: 500},
	{Name: "persons", Type: List, Max: 200, MaxItems: 200, Personal: true},
	{Name: "creator", Type: List, Max: 200, MaxItems: 50},
	{Name: "credit", Type: Line, Max: 500},
	{Name: "source", Type: Line, Max: 500},
	{Name: "copyright", Type: Line, PerLanguage: true, Max: 1000},
	{Name: "licence", Type: Line, Max: 500},
	{Name: "licence_url", Type: URL, Max: 2000},
	{Name: "usage_terms", Type: Text, PerLanguage: true, Max: 10_000},
	{Name: FieldCapturedOn, Type: Date, Max: 10},
	{Name: "city", Type: Line, Max: 200},
	{Name: "country", Type: Line, Max: 200},
}

// Defs lists the fields that there are, in the order in which they are shown.
func Defs() []Def {
	out := slices.Clone(defs)
	for i := range out {
		out[i].Label = "field." + out[i].Name
	}
	return out
}

// defOf finds a field by name.
func defOf(name string) (Def, bool) {
	i := slices.IndexFunc(defs, func(d Def) bool { return d.Name == name })
	if i < 0 {
		return Def{}, false
	}
	return defs[i], true
}

// clean makes one value fit to keep; wrong says what is the matter with it.
// The empty value is fit.
func (d Def) clean(s string) (value, wrong string) {
	var ok bool
	if d.Type == Text {
		value, ok = plain.Text(s)
	} else {
		value, ok = plain.Line(s)
	}
	switch {
	case !ok:
		return "", "the text is not valid UTF-8"
	case value == "":
		return "", ""
	case utf8.RuneCountInString(value) > d.Max:
		return "", d.tooLong(value)
	case d.Type == Date:
		return value, notDate(value)
	case d.Type == URL:
		return value, notURL(value)
	}
	return value, ""
}

func (d Def) tooLong(value string) string {
	return fmt.Sprintf("at most %d characters, and this is %d", d.Max, utf8.RuneCountInString(value))
}

// cleanList makes a list fit to keep: each value once, whatever its case, in
// the order given, empty ones left out.
func (d Def) cleanList(in []string) (list []string, wrong string) {
	seen := map[string]bool{}
	for _, s := range in {
		v, wrong := d.clean(s)
		if wrong != "" {
			return nil, wrong
		}
		if k := plain.Fold(v); v != "" && !seen[k] {
			seen[k] = true
			list = append(list, v)
		}
	}
	if len(list) > d.MaxItems {
		return nil, fmt.Sprintf("at most %d values, and these are %d", d.MaxItems, len(list))
	}
	return list, ""
}

// trim shortens what a file says until it is fit to keep; what cannot be made
// fit is empty. A file is never refused for what it says about itself.
func (d Def) trim(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	value, wrong := d.clean(s)
	if wrong == "" {
		return value
	}
	if d.Type == Date || d.Type == URL {
		return ""
	}
	if d.Type == Text {
		value, _ = plain.Text(s)
	} else {
		value, _ = plain.Line(s)
	}
	return plain.Cut(value, d.Max)
}

func (d Def) trimList(in []string) []string {
	fit := make([]string, 0, min(len(in), d.MaxItems))
	for _, s := range in {
		if len(fit) == 4*d.MaxItems { // many may be the same; more than this is no list of keywords
			break
		}
		fit = append(fit, d.trim(s))
	}
	list, _ := Def{Type: d.Type, Max: d.Max, MaxItems: len(fit)}.cleanList(fit)
	return list[:min(len(list), d.MaxItems)]
}

func notDate(s string) string {
	if _, err := time.Parse(time.DateOnly, s); err != nil || s < "0001-01-01" {
		return "a date is written like 2026-05-31"
	}
	return ""
}

func notURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return "a web address starts with https:// or http://"
	}
	return ""
}

// CheckTitle says, as a fault, what is wrong with a title before anything else
// is done. The empty title is none, and right.
func CheckTitle(title string) error {
	d, _ := defOf("title")
	if _, wrong := d.clean(title); wrong != "" {
		return invalid(map[string]string{"title": wrong})
	}
	return nil
}

// invalid names what is wrong with which fields.
func invalid(wrong map[string]string) error {
	text := "Some of the fields cannot be kept like this. Correct them and try again."
	if len(wrong) == 1 {
		for name, w := range wrong {
			text = "The field " + strconv.Quote(name) + " cannot be kept like this: " + w + "."
		}
	}
	return fault.Fields("asset.fields", text, wrong)
}
