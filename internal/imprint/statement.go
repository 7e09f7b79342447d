// SPDX-License-Identifier: Apache-2.0

package imprint

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Text is one text in one or more languages: BCP 47 tag → text; the empty tag
// is the unknown language.
type Text map[string]string

// preferred are the languages whose text stands where there is room for one,
// the interface's in its order.
var preferred = []string{"", "sv", "nb", "da", "fi", "en"}

// one returns the text for readers that know no languages.
func (t Text) one() string {
	for _, want := range preferred {
		for _, tag := range slices.Sorted(maps.Keys(t)) {
			if t[tag] != "" && (tag == want || want != "" && strings.HasPrefix(tag, want+"-")) {
				return t[tag]
			}
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(t)) {
		if t[tag] != "" {
			return t[tag]
		}
	}
	return ""
}

// Statement is what the archive says of an asset. The names are those of the
// IPTC Photo Metadata Standard. Empty members are not written.
type Statement struct {
	ID string // the asset's stable identifier: dc:identifier, Digital Image GUID

	Title               Text
	Headline            Text // XMP has room for one language
	Description         Text
	AltText             Text     // Alt Text (Accessibility)
	ExtendedDescription Text     // Extended Description (Accessibility)
	Keywords            []string //
	Persons             []string // Person Shown in the Image. Leave empty unless it was decided that the copy names people.

	Creator    []string
	Credit     string // Credit Line
	Source     string
	Copyright  Text // Copyright Notice
	UsageTerms Text // Rights Usage Terms

	WebStatement      string // Web Statement of Rights: the licence's address
	LicensorURL       string // where to get a licence
	DigitalSourceType string // a URI of the IPTC vocabulary

	Captured string // YYYY-MM-DD
	City     string
	Country  string
}

// Policy says how much of a statement a copy carries.
type Policy string

// The policies.
const (
	Embed  Policy = "embed"  // all of it
	Rights Policy = "rights" // who made it, on what terms, how it came about, and its alt text
	Strip  Policy = "strip"  // nothing but the colour profile and the orientation
)

// Valid reports whether p is a policy.
func (p Policy) Valid() bool { return p == Embed || p == Rights || p == Strip }

// under returns what of the statement a policy lets through.
func (s Statement) under(p Policy) Statement {
	switch p {
	case Embed:
		return s
	case Rights:
		return Statement{
			AltText: s.AltText, Creator: s.Creator, Credit: s.Credit, Copyright: s.Copyright, UsageTerms: s.UsageTerms,
			WebStatement: s.WebStatement, LicensorURL: s.LicensorURL, DigitalSourceType: s.DigitalSourceType,
		}
	case Strip:
	}
	return Statement{}
}

// edition changes when the same statement is written in another way.
const edition = 1

// Digest names what a policy makes of a statement: two copies of the same file
// with the same digest are the same.
func (s Statement) Digest(p Policy) string {
	b, err := json.Marshal(s.under(p)) //nolint:musttag // it is only summed: nobody reads the names
	if err != nil {
		panic("imprint: a statement always marshals: " + err.Error())
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "imprint %d %s %s", edition, p, b))
	return hex.EncodeToString(sum[:16])
}
