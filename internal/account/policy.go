// SPDX-License-Identifier: Apache-2.0

package account

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Lengths of passwords, in characters (code points after NFC).
const (
	MinPassword     = 15  // for everybody
	MinPasswordHigh = 16  // for whoever may change the tenant itself
	MaxPassword     = 128 // longer adds nothing and costs time
	leastEffective  = 8   // characters that are left when everything guessable counts as one
)

// weakness says what is wrong with a password, or nothing. There are no rules
// of composition: any characters do, if a guesser's list does not cover them.
// own are words that stand near the account: its address, names, the tenant.
func weakness(password string, high bool, own ...string) string {
	password = norm.NFC.String(password)
	least := MinPassword
	if high {
		least = MinPasswordHigh
	}
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return "The password holds bytes that are not text. Type it with a keyboard."
	case n < least:
		return fmt.Sprintf("Use at least %d characters. Four or five words that do not belong together are easy to remember and hard to guess.", least)
	case n > MaxPassword:
		return fmt.Sprintf("Use at most %d characters.", MaxPassword)
	}
	if effective(password, ownWords(own)) < leastEffective {
		return "This password is made of words, rows of keys or repetitions that guessers try first. Take words that do not belong together."
	}
	return ""
}

// ownWords cuts what stands near the account into words of three letters and more.
func ownWords(own []string) []string {
	var words []string
	for _, o := range own {
		for _, w := range strings.FieldsFunc(folded(o), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if utf8.RuneCountInString(w) >= 3 {
				words = append(words, w)
			}
		}
	}
	return words
}

// folded is s in compatibility form without case and accents, one rune for
// one letter: å becomes a, ﬁ becomes fi.
func folded(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == 'ø':
			return 'o'
		case r == 'æ':
			return 'a'
		}
		return r
	}, norm.NFKD.String(cases.Fold().String(s)))
}

// swapped undoes the digits and signs that people write for letters.
var swapped = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "8", "b", "@", "a", "$", "s", "!", "i", "€", "e", "+", "t")

// effective counts the characters of a password, where a common word, a row of
// keys, a run, a year or anything else guessable counts as one, and a
// repetition of the whole not at all.
func effective(password string, own []string) int {
	raw := []rune(folded(password))
	raw = raw[:period(raw)]
	letters := []rune(swapped.Replace(string(raw))) // as long as raw: one rune for one rune
	covered := make([]bool, len(raw))
	pieces := 0
	cover := func(from, to int) {
		fresh := false
		for i := from; i < to; i++ {
			fresh = fresh || !covered[i]
			covered[i] = true
		}
		if fresh {
			pieces++
		}
	}
	for _, words := range [][]string{own, commonWords()} {
		for _, w := range words {
			for _, text := range [][]rune{raw, letters} {
				eachIndex(text, []rune(w), func(at int) { cover(at, at+len([]rune(w))) })
			}
		}
	}
	for at := 0; at < len(raw); {
		n := max(row(raw[at:]), run(raw[at:]), year(raw[at:]))
		if n >= 3 {
			cover(at, at+n)
			at += n
			continue
		}
		at++
	}
	left := map[rune]bool{}
	open := 0
	for i, c := range covered {
		if c {
			continue
		}
		open++
		left[raw[i]] = true
	}
	return pieces + min(open, 3*len(left)) // the same few characters over and over add little
}

func eachIndex(text, word []rune, fn func(at int)) {
	for at := 0; at+len(word) <= len(text); at++ {
		if string(text[at:at+len(word)]) == string(word) {
			fn(at)
		}
	}
}

// period is the length of the shortest beginning that, repeated at least
// twice, makes the whole.
func period(s []rune) int {
	for p := 1; p <= len(s)/2; p++ {
		same := true
		for i := p; same && i < len(s); i++ {
			same = s[i] == s[i-p]
		}
		if same {
			return p
		}
	}
	return len(s)
}

// run is how many characters at the beginning are equal, or rise or fall by one.
func run(s []rune) int {
	longest := 1
	for _, step := range []rune{-1, 0, 1} {
		n := 1
		for n < len(s) && s[n]-s[n-1] == step {
			n++
		}
		longest = max(longest, n)
	}
	return longest
}

// keyRows are what fingers find without thinking; each also backwards.
var keyRows = []string{"1234567890", "qwertyuiopa", "asdfghjkloa", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik", "qazwsxedcrfvtgbyhnujm", "azertyuiop", "qwertzuiop", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "147258369", "159753"}

// row is how many characters at the beginning are neighbours in a row of keys.
func row(s []rune) int {
	longest := 1
	for _, k := range keyRows {
		for _, r := range [][]rune{[]rune(k), reversed(k)} {
			for at := range r {
				n := 0
				for n < len(s) && at+n < len(r) && s[n] == r[at+n] {
					n++
				}
				longest = max(longest, n)
			}
		}
	}
	if longest < 4 {
		return 1
	}
	return longest
}

func reversed(s string) []rune {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return r
}

// year is 4 if s begins with a year between 1900 and 2099.
func year(s []rune) int {
	if len(s) >= 4 && (s[0] == '1' && s[1] == '9' || s[0] == '2' && s[1] == '0') && unicode.IsDigit(s[2]) && unicode.IsDigit(s[3]) {
		return 4
	}
	return 1
}
