// SPDX-License-Identifier: Apache-2.0

// Package plain makes text from outside fit to keep: composed (Unicode NFC),
// without control characters and without the marks that turn the direction of
// what follows. It knows no room. It keeps golang.org/x/text's normalisation,
// folding and language tags.
//
// What is taken away is never meant to be seen, so it goes without a word;
// letters, emoji and the joiners that both need stay as they are.
package plain

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// Line returns s as one line of text: every run of white space is one space,
// none at the ends. It reports false if s is not valid UTF-8.
func Line(s string) (string, bool) {
	if !utf8.ValidString(s) {
		return "", false
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		return visible(r)
	}, s)
	return norm.NFC.String(strings.Join(strings.Fields(s), " ")), true
}

// Text returns s as text of several lines: line ends are "\n", no white space
// at the end of a line, no empty lines at the ends. It reports false if s is not
// valid UTF-8.
func Text(s string) (string, bool) {
	if !utf8.ValidString(s) {
		return "", false
	}
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n\n").Replace(s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRightFunc(strings.Map(visible, strings.ReplaceAll(l, "\t", "    ")), unicode.IsSpace)
	}
	return norm.NFC.String(strings.Trim(strings.Join(lines, "\n"), "\n")), true
}

// Fold returns a form of s in which texts that differ only in case or in how
// they are composed are equal. It is for comparing, not for showing.
func Fold(s string) string {
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(s)))
}

// Language returns the canonical form of a language tag (BCP 47, RFC 5646):
// "sv", "nb-NO". It reports false if the tag is not well formed or names no
// language that is registered.
func Language(tag string) (string, bool) {
	if len(tag) > 35 { // the longest tag without extensions, RFC 5646 §4.4.1
		return "", false
	}
	t, err := language.Parse(tag)
	if err != nil || t == language.Und {
		return "", false
	}
	return t.String(), true
}

// Cut returns the first n code points of s.
func Cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return strings.TrimSpace(s[:i])
		}
		n--
	}
	return s
}

// visible maps what must not be kept to -1, for strings.Map.
func visible(r rune) rune {
	switch {
	case unicode.IsControl(r),
		r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, // direction embeddings, overrides and isolates
		r == 0x061C, r == 0x200E, r == 0x200F, // direction marks
		r == 0x200B, r == 0x2060, r == 0xFEFF, r == 0x00AD, // invisible: zero width spaces, byte order mark, soft hyphen
		r >= 0xFFF9 && r <= 0xFFFB, r >= 0xFDD0 && r <= 0xFDEF, r&0xFFFE == 0xFFFE: // annotation marks and noncharacters
		return -1
	}
	return r
}

// formula is how a cell begins that a spreadsheet takes for a formula.
var formula = regexp.MustCompile(`^'*[=+\-@\t\r]`)

// Guard makes a cell of a table safe to open in a spreadsheet: one that would be
// taken for a formula, or has apostrophes in front of one already, gets an
// apostrophe in front.
func Guard(cell string) string {
	if formula.MatchString(cell) {
		return "'" + cell
	}
	return cell
}
