// SPDX-License-Identifier: Apache-2.0

package search

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/fault"
)

func TestParse(t *testing.T) {
	t.Parallel()
	text := func(t term) atom { return atom{term: t, quoted: t.exact} }
	plain := func(t term) clause { return clause{any: []atom{text(t)}} }
	no := func(t term) clause { return clause{not: true, any: []atom{text(t)}} }
	word := func(w ...string) term { return term{words: w} }
	for q, want := range map[string][]clause{
		"":                     nil,
		"En  två":              {plain(word("en")), plain(word("två"))},
		`"en två" -tre`:        {plain(term{words: []string{"en", "två"}, exact: true}), no(word("tre"))},
		`-"en två" fyr*`:       {no(term{words: []string{"en", "två"}, exact: true}), plain(term{words: []string{"fyr"}, prefix: true})},
		`”en” «två» "tre`:      {plain(term{words: []string{"en"}, exact: true}), plain(term{words: []string{"två"}, exact: true}), plain(term{words: []string{"tre"}, exact: true})},
		`en"två"tre`:           {plain(word("en")), plain(term{words: []string{"två"}, exact: true}), plain(word("tre"))},
		"e-post a - b":         {plain(word("e", "post")), plain(word("a")), plain(word("b"))},
		"a* å* sk* *x x**":     {plain(word("a")), plain(word("å")), plain(term{words: []string{"sk"}, prefix: true}), plain(word("x")), plain(word("x"))},
		"DSC_1.jpg*":           {plain(term{words: []string{"dsc", "1", "jpg"}, prefix: true})},
		"a\x00b":               {plain(word("a")), plain(word("b"))},
		"-- - \"\" :* ( ) ! &": nil,
		"katt | hund|räv":      {{any: []atom{text(word("katt")), text(word("hund")), text(word("räv"))}}},
		"| a ||| b |":          {{any: []atom{text(word("a")), text(word("b"))}}},
		"-a|b":                 {{not: true, any: []atom{text(word("a")), text(word("b"))}}},
		"10:30 kl: :x":         {plain(word("10", "30")), plain(word("kl")), plain(word("x"))},
		`Tag:Sommar|"en vinter" -Status:expired`: {
			{any: []atom{{key: "tag", value: "Sommar", term: word("tag", "sommar")}, {key: "tag", value: "en vinter", quoted: true, term: term{words: []string{"tag", "en", "vinter"}, exact: true}}}},
			{not: true, any: []atom{{key: "status", value: "expired", term: word("status", "expired")}}},
		},
		`person:"Eva Ek"|tag:b`: {{any: []atom{
			{key: "person", value: "Eva Ek", quoted: true, term: term{words: []string{"person", "eva", "ek"}, exact: true}}, {key: "tag", value: "b", term: word("tag", "b")},
		}}},
		"http://x|y": {{any: []atom{{key: "http", value: "//x", term: word("http", "x")}, {key: "http", value: "y", term: word("http", "y")}}}},
	} {
		got, err := parse(q)
		if d := cmp.Diff(want, got, cmp.AllowUnexported(term{}, atom{}, clause{}), cmpopts.IgnoreFields(atom{}, "at")); err != nil || d != "" {
			t.Errorf("%q: %v (-want +got):\n%s", q, err, d)
		}
	}
	for _, q := range []string{strings.Repeat("a", 2001), strings.Repeat("a ", 25), strings.Repeat("a-", 65), strings.Repeat("a|", 25), "tag:a" + strings.Repeat("|b", 24)} {
		if _, err := parse(q); fault.KindOf(err) != fault.Invalid || fault.As(err).Field["q"] == "" {
			t.Errorf("%.20q: %v", q, err)
		}
	}
}

func TestSpansOfNumbersAndDates(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"2024": "2024-01-01 2025-01-01", "2024..2025": "2024-01-01 2026-01-01", "2024-02": "2024-02-01 2024-03-01", "2024-12-31": "2024-12-31 2025-01-01",
		"..2023": "0001-01-01 2024-01-01", "2024-06..": "2024-06-01 0001-01-01", ">2023": "2024-01-01 0001-01-01", "<2024-05-02": "0001-01-01 2024-05-02", "<=2024": "0001-01-01 2025-01-01",
		"..": "", "": "", "x": "", "2024-13": "", "2024-02-30": "", "20240": "", "0000": "", "9999": "", "2024..x": "",
	} {
		from, before, ok := period(s)
		got := ""
		if ok {
			got = from.Format(time.DateOnly) + " " + before.Format(time.DateOnly)
		}
		if got != want {
			t.Errorf("%q: %q, not %q", s, got, want)
		}
	}
	for s, want := range map[string]string{
		">5mb": "5000001-", ">=5 MB": "5000000-", "1kb..2kb": "1000-2000", "<1.5mb": "-1499999", "1,5kib": "1536-1536", "..10": "-10", "10..": "10-", "x": "?", "5x": "?", "1e9": "?", "-5": "?", "..": "?", "99999999999999999999": "?", ">": "?",
	} {
		from, to, ok := amounts(s, sizeUnits)
		got := "?"
		if ok {
			got = "-"
			if from != nil {
				got = strconv.FormatInt(*from, 10) + got
			}
			if to != nil {
				got += strconv.FormatInt(*to, 10)
			}
		}
		if got != want {
			t.Errorf("%q: %q, not %q", s, got, want)
		}
	}
}

func TestPieces(t *testing.T) {
	t.Parallel()
	for w, want := range map[string][]string{
		"x": {"x"}, "sommarFest2024": {"sommar", "fest", "2024"}, "IMG0042": {"img", "0042"}, "HTMLFile": {"html", "file"}, "ABC": {"abc"}, "aB": {"a", "b"},
		"A4": {"a", "4"}, "ÅrsMöte": {"års", "möte"}, "2024": {"2024"},
	} {
		if got := pieces(w); !slices.Equal(got, want) {
			t.Errorf("%q: %q", w, got)
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for w, want := range map[string][]string{
		"har": nil, "här": {"har", "haer"}, "århus": {"arhus", "aarhus"}, "blåbær": {"blabar", "blaabaer"}, "sjø": {"sjo", "sjoe"}, "café": {"cafe"}, "straße": {"strasse"}, "🏔": nil, "中": nil,
	} {
		if got := fold(w); !slices.Equal(got, want) {
			t.Errorf("%q: %q", w, got)
		}
	}
}

func TestNameKeySortsAsPeopleDo(t *testing.T) {
	t.Parallel()
	want := []string{"1.jpg", "Bild 2.jpg", "bild 9.jpg", "Bild 010.jpg", "bild 11.jpg", "Zebra", "ål", "ære", "Ärm", "öga", "øre"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, func(a, b string) int { return strings.Compare(nameKey(a), nameKey(b)) })
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What a query becomes can always be read by the database: values stand between
// quotes that no text breaks, or are arguments.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{
		"", "en två", `"a b" -c d*`, "'", `\`, "a'b", "e-post", "\x00", "🏔", "İ", "ﬁ", `person:"Eva Ek" tag:sommar|vinter -status:expired taken:2024..2025 has:alt no:consent`,
		"size:>5mb|width:..10", "-tag:a* | x", "foo:1..2", "sha256:" + strings.Repeat("ab", 32), "folder:'\\", "by:me|acc_x text:'", "has:'\\\x00", "type:\"'\"", "x:y\\'z",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		clauses, err := parse(s)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatal(err)
			}
			return
		}
		for _, c := range clauses {
			for _, a := range c.any {
				for _, w := range a.term.words {
					if w == "" || utf8.RuneCountInString(w) > maxWord || strings.ContainsAny(w, " '\"*:&|!()<>#~^\\") || !slices.Equal(words(w), []string{w}) {
						t.Fatalf("%q has the word %q, which is cut as %q", s, w, words(w))
					}
				}
			}
		}
		m := &maker{args: pgx.StrictNamedArgs{}, stems: map[string][]string{"en": {"e"}}, syn: map[string][]term{"två": {{words: []string{"par"}}}}}
		got, err := m.query(clauses)
		if err != nil {
			if e := fault.As(err); e.Kind != fault.Invalid || !strings.Contains(e.Text, "at character ") {
				t.Fatal(err)
			}
			return
		}
		asks := []string{got.first, got.wide}
		for _, v := range m.args {
			if v, ok := v.(string); ok {
				asks = append(asks, v)
			}
		}
		for _, q := range asks {
			if !utf8.ValidString(q) || strings.ContainsRune(q, 0) {
				t.Fatalf("%q becomes %q", s, q)
			}
		}
		for _, q := range []string{got.first, got.wide} {
			bare := between.ReplaceAllString(q, "w")
			if strings.ContainsAny(bare, "'\\") || strings.Count(bare, "(") != strings.Count(bare, ")") || other.MatchString(bare) {
				t.Fatalf("%q becomes %q", s, q)
			}
		}
		if strings.ContainsAny(strings.NewReplacer("'", "", "[", "", "]", "", "^", "", "{", "", "}", "", "$", "").Replace(got.sql), "\\;\"#") && !strings.Contains(got.sql, `collate "C"`) {
			t.Fatalf("%q becomes %q", s, got.sql)
		}
	})
}

// between is a quoted lexeme; other is what cannot stand outside of one.
var (
	between = regexp.MustCompile(`'(?:[^'\\]|''|\\\\)*'`)
	other   = regexp.MustCompile(`[^w()|&!<>\-:*A-D ]`)
)
