// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"slices"
	"strconv"
	"time"

	"tillgang/internal/fault"
	"tillgang/internal/id"
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

	Number  Type = "number"  // a decimal number: 12.5
	YesNo   Type = "yesno"   // yes or no
	Choice  Type = "choice"  // one of the field's options
	Choices Type = "choices" // several of the field's options
	Terms   Type = "terms"   // several terms of a taxonomy
)

// Several reports whether a field of the type holds several values.
func (t Type) Several() bool { return t == List || t == Choices || t == Terms }

// listed reports whether values come from a list that the tenant keeps.
func (t Type) listed() bool { return t == Choice || t == Choices || t == Terms }

// Def defines a field.
type Def struct {
	Name        string
	Label       string // key of the translated label
	Type        Type
	PerLanguage bool
	Max         int  // code points in a value, or in each of a list's
	MaxItems    int  // values in a list
	Personal    bool // names people: not searched while only the file says it

	// Of a tenant's own fields.
	Own        bool              // it is the tenant's, not built in
	Labels     map[string]string // by language
	Helps      map[string]string // by language
	Searchable bool              // its texts are found by search
	Facet      bool              // its values are counted beside lists
	Section    string            // the group that it is shown in
	Position   int               // its place among the tenant's fields
	Options    []Option          // of Choice and Choices
	Taxonomy   id.Taxonomy       // of Terms
	RetiredAt  *time.Time        // hidden with its values since

	terms map[string]*Term // all of the tenant's, by outer identifier
}

// Option is one value of a field of choice.
type Option struct {
	Value   string            `json:"value"`
	Labels  map[string]string `json:"labels,omitempty"`  // by language
	Retired bool              `json:"retired,omitempty"` // no longer to be chosen; stays where it was
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
	{Name: "licensor_url", Type: URL, Max: 2000},        // where to get a licence
	{Name: "digital_source_type", Type: URL, Max: 2000}, // how it came about: a URI of the IPTC vocabulary
	{Name: "usage_terms", Type: Text, PerLanguage: true, Max: 10_000},
	{Name: FieldCapturedOn, Type: Date, Max: 10},
	{Name: "city", Type: Line, Max: 200},
	{Name: "country", Type: Line, Max: 200},
}

// Defs lists the fields that are built in, in the order in which they are
// shown. A tenant's own stand in its Registry.
func Defs() []Def {
	out := slices.Clone(defs)
	for i := range out {
		out[i].Label = "field." + out[i].Name
	}
	return out
}

// defOf finds a field that is built in by name.
func defOf(name string) (Def, bool) {
	i := slices.IndexFunc(defs, func(d Def) bool { return d.Name == name })
	if i < 0 {
		return Def{}, false
	}
	return defs[i], true
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
