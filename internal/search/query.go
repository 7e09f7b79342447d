// SPDX-License-Identifier: Apache-2.0

package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tillgang/internal/fault"
)

// Limits of a query's text.
const (
	MaxText  = 2000 // characters
	MaxTerms = 24   // words and phrases
	maxWords = 64   // words in all phrases together
)

// term is one thing that a query wants: a word, or words in a row.
type term struct {
	words  []string
	exact  bool // quoted: no other forms of the words
	not    bool // must not occur
	prefix bool // the last word may go on
}

// parse reads a query's text: words (all wanted), "phrases", -unwanted, begin*.
// Words joined by other signs, as in e-post or DSC_0012.jpg, are wanted in a
// row. It never fails on signs, only on length.
func parse(text string) ([]term, error) {
	if utf8.RuneCountInString(text) > MaxText {
		return nil, fault.Fields("search.text_too_long", "The search text is too long. Use at most 2,000 characters.", map[string]string{"q": "at most 2,000 characters"})
	}
	var out []term
	total := 0
	rest := []rune(strings.ToValidUTF8(text, " "))
	for len(rest) > 0 {
		if blank(rest[0]) {
			rest = rest[1:]
			continue
		}
		var t term
		if dash(rest[0]) && len(rest) > 1 && !blank(rest[1]) {
			t.not = true
			rest = rest[1:]
		}
		var raw []rune
		if quote(rest[0]) {
			t.exact = true
			raw, rest = until(rest[1:], quote)
			if len(rest) > 0 {
				rest = rest[1:]
			}
		} else {
			raw, rest = until(rest, func(r rune) bool { return blank(r) || quote(r) })
			t.prefix = len(raw) > 1 && raw[len(raw)-1] == '*'
		}
		t.words = words(string(raw))
		if len(t.words) == 0 {
			continue
		}
		// One letter and a star would match nearly everything.
		t.prefix = t.prefix && utf8.RuneCountInString(t.words[len(t.words)-1]) > 1
		total += len(t.words)
		out = append(out, t)
	}
	if len(out) > MaxTerms || total > maxWords {
		return nil, fault.Fields("search.too_many_words", "The search text has too many words. Use at most 24.", map[string]string{"q": "at most 24 words"})
	}
	return out, nil
}

func blank(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u200b' || r == '\ufeff'
}

func dash(r rune) bool { return r == '-' || r == '−' || r == '–' }

func quote(r rune) bool { return strings.ContainsRune(`"“”„‟«»`, r) }

func until(s []rune, end func(rune) bool) (before, rest []rune) {
	if i := slices.IndexFunc(s, end); i >= 0 {
		return s[:i], s[i:]
	}
	return s, nil
}

// wordsOf lists the words whose stems are needed to ask for the terms, the
// folded forms of the words among them.
func wordsOf(terms []term) []string {
	var out []string
	for _, t := range terms {
		for _, w := range t.words {
			out = append(out, w)
			out = append(out, fold(w)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ask writes the terms as a tsquery: first what is written and its stems, then
// the same with the folded forms, which includes the first. Words hold only
// letters, numbers, marks and pictographs, so that quotes cannot be broken.
func ask(terms []term, stems map[string][]string) (first, wide string) {
	var a, b []string
	for _, t := range terms {
		if t.not {
			no := "!(" + ask1(t, stems, false) + ")"
			a, b = append(a, no), append(b, no)
			continue
		}
		a, b = append(a, ask1(t, stems, false)), append(b, ask1(t, stems, true))
	}
	return strings.Join(a, " & "), strings.Join(b, " & ")
}

func ask1(t term, stems map[string][]string, wide bool) string {
	parts := make([]string, len(t.words))
	for i, w := range t.words {
		prefix := t.prefix && i == len(t.words)-1
		var of []string
		add := func(lexeme string) { of = append(of, lexeme) }
		add(w)
		if !t.exact && !prefix {
			add("^" + w)
			for _, s := range stems[w] {
				add(s)
				add("^" + s)
			}
		}
		if wide {
			for _, f := range slices.Clone(of) {
				bare, isStem := strings.CutPrefix(f, "^")
				if isStem {
					continue
				}
				add("~" + bare)
				for _, p := range fold(bare) {
					add(p)
					add("~" + p)
					if !t.exact && !prefix {
						add("^" + p)
						for _, s := range stems[p] {
							add(s)
							add("^" + s)
							add("~" + s)
						}
					}
				}
			}
		}
		slices.Sort(of)
		of = slices.Compact(of)
		for j, f := range of {
			of[j] = quoted(f)
			if prefix {
				of[j] += ":*"
			}
		}
		parts[i] = "(" + strings.Join(of, " | ") + ")"
	}
	return "(" + strings.Join(parts, " <-> ") + ")"
}

// quoted writes a lexeme so that tsquery and tsvector read it as it is.
func quoted(lexeme string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(lexeme, `\`, `\\`), "'", "''") + "'"
}
