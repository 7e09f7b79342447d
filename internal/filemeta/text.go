// SPDX-License-Identifier: Apache-2.0

package filemeta

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Longest values that are kept, in characters; longer ones are cut with a note.
const (
	maxLine = 2_000
	maxText = 50_000
	maxList = 1_000
)

// clean makes a value safe to show and to search: valid, composed (NFC),
// without control characters and without those that reverse the direction of
// what follows, which can make a name look like another.
func clean(s string, lines bool) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case r == '\n', r == '\t', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r), r == '\uFEFF', r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069,
			r&0xFFFE == 0xFFFE, r >= 0xFDD0 && r <= 0xFDEF:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(norm.NFC.String(s))
}

// cut returns at most n characters of s.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// line cleans a value of one line.
func (m *Meta) line(s string) string { return m.limited(clean(s, false), maxLine) }

// text cleans a value of many lines.
func (m *Meta) text(s string) string { return m.limited(clean(s, true), maxText) }

func (m *Meta) limited(s string, n int) string {
	c := cut(s, n)
	if len(c) < len(s) {
		m.note("A text was cut at %d characters.", n)
	}
	return c
}

// list cleans values, and drops empty ones and repetitions.
func (m *Meta) list(values []string) (out []string) {
	seen := map[string]bool{}
	for _, v := range values {
		v = m.line(v)
		if v == "" || seen[v] {
			continue
		}
		if len(out) == maxList {
			m.note("A list was cut at %d entries.", maxList)
			break
		}
		seen[v] = true
		out = append(out, v)
	}
	return out
}

// plain makes a Text of a value without a language, nil when it is empty.
func (m *Meta) plain(s string) Text {
	if s = m.text(s); s == "" {
		return nil
	}
	return Text{"": s}
}

// decode turns bytes of unsaid encoding into text.
func decode(b []byte) string { return tableFor(b, false)(b) }

// tableFor chooses the encoding of the bytes: UTF-8 when they look like it,
// allowing for a few letters cut in half at the end of a short field, and more
// of them when the file says that it is UTF-8; else the Macintosh or Windows table, whichever makes letters of those
// bytes that stand beside letters. The two put å, ä, ö, æ and ø in places that
// are signs in the other.
func tableFor(b []byte, said bool) func([]byte) string {
	good, bad := 0, 0
	for rest := b; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		rest = rest[n:]
	}
	if bad == 0 || bad*4 <= good || (said && bad <= good) {
		return func(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }
	}
	const macLetters = "\x80\x81\x85\x8a\x8c\x9a\x8e\xae\xaf\xbe\xbf" // ÄÅÖäåöéÆØæø in Mac Roman
	mac, windows := 0, 0
	for i, c := range b {
		if c < utf8.RuneSelf || (!beside(b, i-1) && !beside(b, i+1)) {
			continue
		}
		switch {
		case c >= 0xC0:
			windows++
		case strings.IndexByte(macLetters, c) >= 0:
			mac++
		}
	}
	table := charmap.Windows1252
	if mac > 0 && windows == 0 {
		table = charmap.Macintosh
	}
	return func(b []byte) string {
		out, err := table.NewDecoder().Bytes(b)
		if err != nil {
			return strings.ToValidUTF8(string(b), "\uFFFD")
		}
		return string(out)
	}
}

// beside reports whether b[i] is an ASCII letter.
func beside(b []byte, i int) bool {
	return i >= 0 && i < len(b) && (b[i]|0x20 >= 'a' && b[i]|0x20 <= 'z')
}

// decode16 turns UTF-16 into text.
func decode16(b []byte, bigEndian bool) string {
	u := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		lo, hi := b[i], b[i+1]
		if bigEndian {
			lo, hi = hi, lo
		}
		u = append(u, uint16(hi)<<8|uint16(lo))
	}
	if i := slices.Index(u, 0); i >= 0 {
		u = u[:i]
	}
	return string(utf16.Decode(u))
}

// languageTag returns a BCP 47 tag in its usual capitals, or "" for x-default
// and what is no tag.
func languageTag(s string) string {
	parts := strings.Split(strings.TrimSpace(strings.ReplaceAll(s, "_", "-")), "-")
	if len(s) > 35 || len(parts[0]) < 2 || len(parts[0]) > 8 {
		return ""
	}
	for i, p := range parts {
		for _, r := range p {
			if (r|0x20 < 'a' || r|0x20 > 'z') && (i == 0 || r < '0' || r > '9') {
				return ""
			}
		}
		switch {
		case p == "" || len(p) > 8:
			return ""
		case i > 0 && len(p) == 2:
			parts[i] = strings.ToUpper(p)
		case i > 0 && len(p) == 4:
			parts[i] = strings.ToUpper(p[:1]) + strings.ToLower(p[1:])
		default:
			parts[i] = strings.ToLower(p)
		}
	}
	return strings.Join(parts, "-")
}
