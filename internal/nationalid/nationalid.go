// SPDX-License-Identifier: Apache-2.0

// Package nationalid finds national identity numbers in text: Swedish
// personnummer and samordningsnummer, Norwegian fødselsnummer and D-nummer,
// Danish CPR numbers and Finnish henkilötunnus.
//
// Promises: it says how many different ones of which kind there are and never
// which; its work is proportional to the text; what has a check digit is only
// found when that is right.
package nationalid

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is a kind of number.
type Kind string

// The kinds.
const (
	Personnummer      Kind = "se.personnummer"
	Samordningsnummer Kind = "se.samordningsnummer"
	Fodselsnummer     Kind = "no.fodselsnummer"
	DNummer           Kind = "no.d_nummer"
	CPR               Kind = "dk.cpr"
	Henkilotunnus     Kind = "fi.henkilotunnus"
	maxDistinct            = 100_000 // numbers told apart; beyond, all are new
	contextBefore          = 40      // bytes in which a word may say what a number is
	separators             = "-+ "
	finnishSeparators      = "-+ABCDEFUVWXYabcdefuvwxy"
)

// Kinds lists the kinds.
func Kinds() []Kind {
	return []Kind{Personnummer, Samordningsnummer, Fodselsnummer, DNummer, CPR, Henkilotunnus}
}

// Finder collects what is found in texts that belong together, so that a
// number that stands in several of them counts once. The zero value is ready.
type Finder struct {
	counts map[Kind]int
	seen   map[string]bool
}

// Counts returns how many different numbers of each kind were found.
func (f *Finder) Counts() map[Kind]int { return f.counts }

// Count returns how many different numbers of each kind the texts hold.
func Count(texts ...string) map[Kind]int {
	var f Finder
	for _, t := range texts {
		f.Add(t)
	}
	return f.Counts()
}

// Add looks through a text.
func (f *Finder) Add(text string) {
	for at := 0; at < len(text); {
		if !digit(text[at]) {
			at++
			continue
		}
		end := run(text, at)
		if n := end - at; n >= 6 && n <= 12 && begins(text, at) {
			if after := f.try(text, at, end); after > end {
				end = after
			}
		}
		at = end
	}
}

// try looks at the digits text[at:end] and what follows them, and returns
// where what it took ends.
func (f *Finder) try(text string, at, end int) int {
	first := text[at:end]
	switch len(first) {
	case 10:
		if ends(text, end) {
			f.ten(first, 0, text, at, false)
		}
	case 11:
		if ends(text, end) {
			f.norwegian(first)
		}
	case 12:
		if ends(text, end) && century(first) {
			f.twelve(first)
		}
	case 6, 8:
		return f.parted(text, at, end)
	}
	return end
}

// parted looks at two groups of digits with a separator between them.
func (f *Finder) parted(text string, at, end int) int {
	first := text[at:end]
	sep, size := separator(text[end:])
	if size == 0 {
		return end
	}
	from := end + size
	to := run(text, from)
	second := text[from:to]
	swedish := strings.ContainsRune(separators, sep)
	switch {
	case len(first) == 8:
		if len(second) == 4 && swedish && century(first) && ends(text, to) {
			f.twelve(first + second)
			return to
		}
		return end
	case len(second) == 5 && (sep == ' ' || sep == '-') && ends(text, to):
		f.norwegian(first + second)
		return to
	case len(second) == 3 && to < len(text): // a Finnish number may end in a letter
		to++
	case len(second) != 4:
		return end
	}
	if !ends(text, to) {
		return end
	}
	finnish := sep != ' ' && f.finnish(first, sep, text[from:from+3], text[to-1])
	if len(second) == 4 && swedish {
		f.ten(first+second, sep, text, at, finnish)
	}
	return to
}

// twelve looks at the digits of a Swedish number with its century.
func (f *Finder) twelve(d string) {
	if kind := swedish(d[2:], d); kind != "" {
		f.found(kind, d[2:])
	}
}

// ten looks at ten digits that are Swedish or Danish: six, and four after sep,
// which is 0 when there is none. Those that could be several kinds are taken
// for the one of which there are more.
func (f *Finder) ten(d string, sep rune, text string, at int, finnish bool) {
	kind := swedish(d, "")
	if kind != Personnummer && !finnish && sep != '+' && danishDate(d) {
		// Since 2007 numbers without a right check digit are given out. They
		// are believed where they are written as numbers are, or named.
		if elevens(d, "4327654321") || named(text, at) || kind == "" && sep == '-' {
			f.found(CPR, d)
			return
		}
	}
	if kind == Personnummer || kind != "" && !finnish {
		f.found(kind, d)
	}
}

// named reports whether the words before say that a CPR number follows.
func named(text string, at int) bool {
	before := strings.ToLower(text[max(0, at-contextBefore):at])
	return strings.Contains(before, "cpr") || strings.Contains(before, "personnummer")
}

// swedish looks at ten digits, YYMMDDNNNC; whole has twelve when the century is
// known. It returns "" when they are no Swedish number.
func swedish(d, whole string) Kind {
	year := 2000 + number(d[:2]) // 2000 was a leap year, 1900 was none
	if whole != "" {
		year = number(whole[:4])
	}
	month, day := number(d[2:4]), number(d[4:6])
	kind := Personnummer
	if day > 60 {
		kind, day = Samordningsnummer, day-60
	}
	if !luhn(d) || !date(year, month, day) || d[6:9] == "000" {
		return ""
	}
	return kind
}

// norwegian looks at eleven digits, DDMMYYIIIKK. Months above 40 are those of
// other registers and of made-up people.
func (f *Finder) norwegian(d string) {
	day, month, yy, individual := number(d[:2]), number(d[2:4]), number(d[4:6]), number(d[6:9])
	kind := Fodselsnummer
	if day > 40 {
		kind, day = DNummer, day-40
	}
	year := 1900 + yy
	switch {
	case individual >= 500 && yy < 40:
		year = 2000 + yy
	case individual >= 500 && individual < 750 && yy >= 54:
		year = 1800 + yy
	}
	if date(year, month, day) && elevens(d[:10], "3761894521") && elevens(d, "54327654321") {
		f.found(kind, d)
	}
}

// danishDate looks at the date and the century in DDMMYYNNNN.
func danishDate(d string) bool {
	yy := number(d[4:6])
	year := 1900 + yy
	switch c := d[6]; {
	case (c == '4' || c == '9') && yy < 37, c >= '5' && c <= '8' && yy < 58:
		year = 2000 + yy
	case c >= '5' && c <= '8':
		year = 1800 + yy
	}
	return date(year, number(d[2:4]), number(d[:2])) && d[6:] != "0000"
}

const finnishChecks = "0123456789ABCDEFHJKLMNPRSTUVWXY"

// finnish looks at DDMMYY, a separator, NNN and a check character.
func (f *Finder) finnish(d string, sep rune, individual string, check byte) bool {
	if number(individual) < 2 {
		return false
	}
	year := number(d[4:6])
	switch sep = unicode.ToUpper(sep); {
	case sep == '+':
		year += 1800
	case sep >= 'A' && sep <= 'F':
		year += 2000
	default:
		year += 1900
	}
	right := finnishChecks[number(d+individual)%31]
	if !date(year, number(d[2:4]), number(d[:2])) || unicode.ToUpper(rune(check)) != rune(right) {
		return false
	}
	f.found(Henkilotunnus, d+individual)
	return true
}

func (f *Finder) found(kind Kind, digits string) {
	if f.counts == nil {
		f.counts, f.seen = map[Kind]int{}, map[string]bool{}
	}
	key := string(kind) + digits
	if f.seen[key] {
		return
	}
	if len(f.seen) < maxDistinct {
		f.seen[key] = true
	}
	f.counts[kind]++
}

// begins reports whether a number may begin at the place: not inside a word, a
// longer number or an amount.
func begins(text string, at int) bool {
	if at == 0 {
		return true
	}
	r, size := utf8.DecodeLastRuneInString(text[:at])
	switch {
	case unicode.IsLetter(r), unicode.IsDigit(r):
		return false
	case r != '.' && r != '-' && r != '+':
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(text[:at-size])
	return r != '+' && !unicode.IsDigit(before)
}

// ends reports whether a number may end at the place.
func ends(text string, at int) bool {
	if at >= len(text) {
		return true
	}
	r, size := utf8.DecodeRuneInString(text[at:])
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
		return false
	}
	next, _ := utf8.DecodeRuneInString(text[at+size:])
	return r != '.' && r != '-' || !unicode.IsDigit(next)
}

// separator returns the sign at the beginning of s that stands between two
// groups, as ASCII, and its length in bytes; 0 when there is none.
func separator(s string) (rune, int) {
	r, size := utf8.DecodeRuneInString(s)
	switch r {
	case '\u2010', '\u2011', '\u2012', '\u2013', '\u2212':
		r = '-'
	case '\u00a0', '\u202f', '\u2009':
		r = ' '
	}
	if r == ' ' || strings.ContainsRune(finnishSeparators, r) {
		return r, size
	}
	return 0, 0
}

func century(d string) bool { return d[:2] == "18" || d[:2] == "19" || d[:2] == "20" }

// run returns where the digits that begin at a place end.
func run(s string, at int) int {
	for at < len(s) && digit(s[at]) {
		at++
	}
	return at
}

func digit(b byte) bool { return b >= '0' && b <= '9' }

// number reads digits.
func number(s string) int {
	n := 0
	for _, b := range []byte(s) {
		n = n*10 + int(b-'0')
	}
	return n
}

// date reports whether there is such a day.
func date(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		days = 29
	}
	return day <= days
}

// luhn checks digits by ISO/IEC 7812-1 annex B.
func luhn(d string) bool {
	sum := 0
	for i, b := range []byte(d) {
		n := int(b - '0')
		if (len(d)-i)%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

// elevens checks that the digits weighed by the weights are a multiple of 11.
func elevens(d, weights string) bool {
	sum := 0
	for i := range len(weights) {
		sum += int(d[i]-'0') * int(weights[i]-'0')
	}
	return sum%11 == 0
}
