// SPDX-License-Identifier: Apache-2.0

package search

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"tillgang/internal/fault"
)

// Limits of a query's text.
const (
	MaxText  = 2000 // characters
	MaxTerms = 24   // words, phrases and conditions
	maxWords = 64   // words in all phrases together
)

// clause is one thing that a query wants: any of its atoms.
type clause struct {
	not bool // none of them
	any []atom
}

// atom is a word, a phrase, or a key with a value.
type atom struct {
	at     int    // where it stands: the character, from 1
	not    bool   // negated by itself: a|-b
	key    string // as written, in lower case; "" for text
	value  string // of a key, as written, without quotes
	quoted bool
	term   term // of text, and of a key that turns out to be none
}

// term is a word, or words in a row.
type term struct {
	words  []string
	exact  bool // quoted: no other forms of the words
	prefix bool // the last word may go on
}

// reader cuts a query's text into clauses.
type reader struct {
	all   []rune
	at    int
	terms int
	words int
	out   []clause
}

// parse reads a query's text by the grammar in doc.go. It never fails on
// signs, only on length: what is no condition is text.
func parse(s string) ([]clause, error) {
	if utf8.RuneCountInString(s) > MaxText {
		return nil, fault.Fields("search.text_too_long", "The search text is too long. Use at most 2,000 characters.", map[string]string{"q": "at most 2,000 characters"})
	}
	r := &reader{all: []rune(strings.ToValidUTF8(s, " "))}
	or := false // a | stands before
	for {
		r.skip()
		if r.at == len(r.all) {
			break
		}
		if r.all[r.at] == '|' {
			or = len(r.out) > 0
			r.at++
			continue
		}
		not := dash(r.all[r.at]) && r.at+1 < len(r.all) && !blank(r.all[r.at+1])
		if not {
			r.at++
		}
		atoms := r.atoms()
		if len(atoms) == 0 {
			continue
		}
		if or {
			last := &r.out[len(r.out)-1]
			for i := range atoms {
				atoms[i].not = not && !last.not // the first dash is for all of them
			}
			last.any = append(last.any, atoms...)
		} else {
			r.out = append(r.out, clause{not, atoms})
		}
		or = false
	}
	if r.terms > MaxTerms || r.words > maxWords {
		return nil, fault.Fields("search.too_many_words", "The search text has too many words. Use at most 24.", map[string]string{"q": "at most 24 words"})
	}
	return r.out, nil
}

func (r *reader) skip() {
	for r.at < len(r.all) && blank(r.all[r.at]) {
		r.at++
	}
}

// atoms reads one word, one phrase, or a key with its values.
func (r *reader) atoms() []atom {
	start := r.at
	raw, quoted := r.piece()
	if quoted {
		return r.keep(atom{at: start + 1, term: term{words: words(raw), exact: true}, quoted: true})
	}
	key, value, ok := strings.Cut(raw, ":")
	if !ok || !isKey(key) || value == "" && (r.at >= len(r.all) || !quote(r.all[r.at])) {
		return r.keep(atom{at: start + 1, term: plainTerm(raw)})
	}
	var out []atom
	a := atom{at: start + 1, key: strings.ToLower(key), value: value}
	if value == "" {
		a.value, a.quoted = r.piece()
	}
	for {
		a.term = plainTerm(key + " " + a.value)
		a.term.exact = a.quoted
		a.term.prefix = a.term.prefix && !a.quoted
		out = append(out, r.keep(a)...)
		// What follows a | without a space is another value of the key.
		if r.at+1 >= len(r.all) || r.all[r.at] != '|' || blank(r.all[r.at+1]) || r.all[r.at+1] == '|' {
			return out
		}
		was := r.at
		r.at++
		begun := r.at
		value, quoted := r.piece()
		if k, _, keyed := strings.Cut(value, ":"); !quoted && keyed && isKey(k) && keyNames[strings.ToLower(k)] != "" {
			r.at = was
			return out
		}
		a = atom{at: begun + 1, key: a.key, value: value, quoted: quoted}
	}
}

// piece reads a phrase without its quotes, or up to a blank, a quote or a |.
func (r *reader) piece() (s string, quoted bool) {
	if r.at < len(r.all) && quote(r.all[r.at]) {
		r.at++
		start := r.at
		for r.at < len(r.all) && !quote(r.all[r.at]) {
			r.at++
		}
		s = string(r.all[start:r.at])
		r.at = min(r.at+1, len(r.all))
		return s, true
	}
	start := r.at
	for r.at < len(r.all) && !blank(r.all[r.at]) && !quote(r.all[r.at]) && r.all[r.at] != '|' {
		r.at++
	}
	return string(r.all[start:r.at]), false
}

// keep counts an atom; one of signs alone is none.
func (r *reader) keep(a atom) []atom {
	if a.key == "" && len(a.term.words) == 0 || a.key != "" && strings.TrimSpace(a.value) == "" {
		return nil
	}
	r.terms++
	r.words += len(a.term.words)
	return []atom{a}
}

// plainTerm reads words that are not quoted. One letter and a star would match
// nearly everything, so there the star is nothing.
func plainTerm(raw string) term {
	t := term{words: words(raw), prefix: len(raw) > 1 && raw[len(raw)-1] == '*'}
	t.prefix = t.prefix && len(t.words) > 0 && utf8.RuneCountInString(t.words[len(t.words)-1]) > 1
	return t
}

// isKey reports whether s can be the name of a field: a letter, then letters,
// digits and _.
func isKey(s string) bool {
	for i, r := range s {
		if !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r) && r != '_' && r != '-') {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

func blank(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u200b' || r == '\ufeff'
}

func dash(r rune) bool { return r == '-' || r == '−' || r == '–' }

func quote(r rune) bool { return strings.ContainsRune(`"“”„‟«»`, r) }

// wrong says what the matter is with the value of a key, and where.
func (a atom) wrong(what string) error {
	text := fmt.Sprintf("The search cannot be understood at character %d: %s: %s.", a.at, a.key, what)
	return fault.Fields("search.query", text, map[string]string{"q": fmt.Sprintf("character %d: %s", a.at, what)})
}
