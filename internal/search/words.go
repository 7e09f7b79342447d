// SPDX-License-Identifier: Apache-2.0

package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxWord is how many characters of a word count; what follows is ignored, in
// texts and in queries alike.
const maxWord = 48

// words cuts a text into its words, in lower case (NFKC): runs of letters,
// digits and their marks; each pictograph is a word of its own.
func words(s string) []string {
	var out []string
	cut(s, func(w string) { out = append(out, clean(w)) })
	return out
}

// cut yields the words of s as they stand there.
func cut(s string, yield func(string)) {
	s = norm.NFKC.String(strings.ToValidUTF8(s, " "))
	start := -1
	for i, r := range s {
		switch {
		case unicode.IsLetter(r) || unicode.IsNumber(r) || start >= 0 && unicode.IsMark(r):
			if start < 0 {
				start = i
			}
			continue
		case start >= 0:
			yield(s[start:i])
			start = -1
		}
		if unicode.Is(unicode.So, r) {
			yield(string(r))
		}
	}
	if start >= 0 {
		yield(s[start:])
	}
}

// clean brings a word into the form that it is stored in.
func clean(w string) string {
	w = norm.NFC.String(strings.ToLower(w)) // lower case can fall apart: İ
	n := 0
	for i := range w {
		if n == maxWord {
			return w[:i]
		}
		n++
	}
	return w
}

// pieces cuts a file name's word at the borders of letters and digits and of
// camel case: "sommarFest2024" gives sommar, fest, 2024.
func pieces(w string) []string {
	var out []string
	all := []rune(w)
	start := 0
	for i := 1; i < len(all); i++ {
		before, r := all[i-1], all[i]
		next := i+1 < len(all) && unicode.IsLower(all[i+1])
		if !unicode.IsMark(r) && !unicode.IsMark(before) && unicode.IsNumber(r) != unicode.IsNumber(before) ||
			unicode.IsUpper(r) && (unicode.IsLower(before) || unicode.IsUpper(before) && next) {
			out = append(out, clean(string(all[start:i])))
			start = i
		}
	}
	return append(out, clean(string(all[start:])))
}

// fold returns a word's forms in plain letters: with one letter for one (å→a,
// æ→a, ø→o, é→e) and, where it differs, with two (å→aa, ä and æ→ae, ö and
// ø→oe). It returns nothing for a word of plain letters.
func fold(w string) []string {
	plain := true
	for i := range len(w) {
		if w[i] >= 0x80 {
			plain = false
			break
		}
	}
	if plain {
		return nil
	}
	var one, two strings.Builder
	for _, r := range norm.NFC.String(w) {
		if p, ok := twoLetters[r]; ok {
			one.WriteString(p[:1])
			two.WriteString(p)
			continue
		}
		s := plainLetter(r)
		one.WriteString(s)
		two.WriteString(s)
	}
	var out []string
	for _, f := range []string{one.String(), two.String()} {
		if f != "" && f != w && (len(out) == 0 || out[0] != f) {
			out = append(out, f)
		}
	}
	return out
}

// twoLetters are the letters that people without them write with two others.
var twoLetters = map[rune]string{'å': "aa", 'ä': "ae", 'æ': "ae", 'ö': "oe", 'ø': "oe"}

// letters are those that Unicode does not take apart.
var letters = map[rune]string{
	'ß': "ss", 'þ': "th", 'ð': "d", 'đ': "d", 'ł': "l", 'œ': "oe", 'ı': "i", 'ŋ': "n", 'ŧ': "t", 'ħ': "h", 'ƶ': "z",
}

func plainLetter(r rune) string {
	if r < 0x80 {
		return string(r)
	}
	if s, ok := letters[r]; ok {
		return s
	}
	var b strings.Builder
	for _, d := range norm.NFKD.String(string(r)) {
		if !unicode.IsMark(d) {
			b.WriteRune(d)
		}
	}
	return b.String()
}

// nameKey returns a file name as it sorts: capitals like small letters, numbers
// by their size, å ä ö last and in this order (æ as ä, ø as ö).
func nameKey(name string) string {
	var b strings.Builder
	s := strings.ToLower(norm.NFC.String(name))
	for i := 0; i < len(s); {
		if '0' <= s[i] && s[i] <= '9' {
			j := i
			for j < len(s) && '0' <= s[j] && s[j] <= '9' {
				j++
			}
			digits := strings.TrimLeft(s[i:j], "0")
			if digits == "" {
				digits = "0"
			}
			// The count of digits first, so that 9 < 10; up to 255 fit in two characters.
			const hex = "0123456789abcdef"
			b.WriteByte('0')
			b.WriteByte(hex[min(len(digits), 255)>>4])
			b.WriteByte(hex[min(len(digits), 255)&15])
			b.WriteString(digits)
			i = j
			continue
		}
		r, width := utf8.DecodeRuneInString(s[i:])
		switch r {
		case 'å':
			b.WriteString("{a")
		case 'ä', 'æ':
			b.WriteString("{b")
		case 'ö', 'ø':
			b.WriteString("{c")
		case 0:
		default:
			if f := plainLetter(r); f != "" {
				b.WriteString(f)
			}
		}
		i += width
	}
	return b.String()
}
