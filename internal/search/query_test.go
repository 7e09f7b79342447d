// SPDX-License-Identifier: Apache-2.0

package search

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/fault"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for q, want := range map[string][]term{
		"":                     nil,
		"En  två":              {{words: []string{"en"}}, {words: []string{"två"}}},
		`"en två" -tre`:        {{words: []string{"en", "två"}, exact: true}, {words: []string{"tre"}, not: true}},
		`-"en två" fyr*`:       {{words: []string{"en", "två"}, exact: true, not: true}, {words: []string{"fyr"}, prefix: true}},
		`”en” «två» "tre`:      {{words: []string{"en"}, exact: true}, {words: []string{"två"}, exact: true}, {words: []string{"tre"}, exact: true}},
		`en"två"tre`:           {{words: []string{"en"}}, {words: []string{"två"}, exact: true}, {words: []string{"tre"}}},
		"e-post a - b":         {{words: []string{"e", "post"}}, {words: []string{"a"}}, {words: []string{"b"}}},
		"a* å* sk* *x x**":     {{words: []string{"a"}}, {words: []string{"å"}}, {words: []string{"sk"}, prefix: true}, {words: []string{"x"}}, {words: []string{"x"}}},
		"DSC_1.jpg*":           {{words: []string{"dsc", "1", "jpg"}, prefix: true}},
		"a\x00b":               {{words: []string{"a"}}, {words: []string{"b"}}},
		"-- - \"\" :* ( ) ! &": nil,
	} {
		got, err := parse(q)
		if d := cmp.Diff(want, got, cmp.AllowUnexported(term{})); err != nil || d != "" {
			t.Errorf("%q: %v (-want +got):\n%s", q, err, d)
		}
	}
	for _, q := range []string{strings.Repeat("a", 2001), strings.Repeat("a ", 25), strings.Repeat("a-", 65)} {
		if _, err := parse(q); fault.KindOf(err) != fault.Invalid || fault.As(err).Field["q"] == "" {
			t.Errorf("%.20q: %v", q, err)
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

// What a query becomes can always be read by the database: only words stand
// between the quotes, however the text was written.
func FuzzAsk(f *testing.F) {
	for _, s := range []string{"", "en två", `"a b" -c d*`, "'", `\`, "a'b", "e-post", "\x00", "🏔", "İ", "ﬁ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		terms, err := parse(s)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatal(err)
			}
			return
		}
		first, wide := ask(terms, map[string][]string{"en": {"e"}})
		for _, q := range []string{first, wide} {
			if len(terms) > 0 && q == "" || !utf8.ValidString(q) || strings.ContainsAny(q, "\x00\\") || strings.Contains(q, "''") || strings.Count(q, "'")%2 != 0 || strings.Count(q, "(") != strings.Count(q, ")") {
				t.Fatalf("%q becomes %q", s, q)
			}
		}
		for _, term := range terms {
			for _, w := range term.words {
				if w == "" || utf8.RuneCountInString(w) > maxWord || strings.ContainsAny(w, " '\"*:&|!()<>#~^\\") || !slices.Equal(words(w), []string{w}) {
					t.Fatalf("%q has the word %q, which is cut as %q", s, w, words(w))
				}
			}
		}
	})
}
