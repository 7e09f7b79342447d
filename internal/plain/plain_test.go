// SPDX-License-Identifier: Apache-2.0

package plain_test

import (
	"testing"
	"unicode/utf8"

	"tillgang/internal/plain"
)

func TestLineKeepsWhatPeopleWriteAndDropsWhatDeceives(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"Swedish letters", "Årsmöte på ön €", "Årsmöte på ön €"},
		{"composed", "e\u0301te\u0301", "été"},
		{"emoji with joiners", "👩‍👩‍👧 🏔️ 🇸🇪", "👩‍👩‍👧 🏔️ 🇸🇪"},
		{"one line", "  a\r\nSet-Cookie:\tx=1  ", "a Set-Cookie: x=1"},
		{"direction override", "a\u202egpj.exe", "agpj.exe"},
		{"isolates", "\u2066a\u2069b", "ab"},
		{"nul and escape", "a\x00b\x1b[31m", "ab[31m"},
		{"byte order mark", "\ufeffx", "x"},
		{"nothing left", "\u200b\x00 \n", ""},
	} {
		if got, ok := plain.Line(tt.in); !ok || got != tt.want {
			t.Errorf("%s: %q, %v", tt.name, got, ok)
		}
	}
	if _, ok := plain.Line("a\xff"); ok {
		t.Error("broken UTF-8 was taken")
	}
}

func TestTextKeepsLines(t *testing.T) {
	t.Parallel()
	got, ok := plain.Text("\n\nRad ett  \r\n\r\n  rad\ttre\u2028fyra\x07\n\n")
	if want := "Rad ett\n\n  rad    tre\nfyra"; !ok || got != want {
		t.Errorf("%q", got)
	}
}

func TestFoldMakesCaseAndCompositionEqual(t *testing.T) {
	t.Parallel()
	if plain.Fold("ÅRSMÖTE") != plain.Fold("a\u030arsmo\u0308te") {
		t.Error("not equal")
	}
	if plain.Fold("Ås") == plain.Fold("As") {
		t.Error("å is a letter of its own")
	}
}

func TestLanguageTagsAreCanonical(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"sv": "sv", "SV-se": "sv-SE", "nb": "nb", "zh-hant": "zh-Hant", "sv_SE": "sv-SE"} {
		if got, ok := plain.Language(in); !ok || got != want {
			t.Errorf("%s: %q", in, got)
		}
	}
	for _, bad := range []string{"", "und", "svenska!", "x", "zz-zz-zz", "sv;q=1", "sv\x00", "../sv"} {
		if got, ok := plain.Language(bad); ok {
			t.Errorf("%q was taken as %q", bad, got)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add("a\u202e\u0301\x00 b")
	f.Fuzz(func(t *testing.T, s string) {
		once, ok := plain.Line(s)
		if ok != utf8.ValidString(s) {
			t.Fatal(ok)
		}
		if twice, ok := plain.Line(once); ok && twice != once {
			t.Fatalf("%q becomes %q becomes %q", s, once, twice)
		}
	})
}
