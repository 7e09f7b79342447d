// SPDX-License-Identifier: Apache-2.0

package search

import (
	"math"
	"strings"
	"testing"
)

func TestHowOftenWordsAreExpected(t *testing.T) {
	t.Parallel()
	f := &frequencies{lexemes: []string{"^skol", `o'c\h`, "skol", "skola", "skolgård", "vinter"}, often: []float64{0.04, 0.25, 0.01, 0.02, 0.01, 0.16}, rest: 0.001}
	for _, tt := range []struct {
		ask  string
		want float64
	}{
		{"'vinter'", 0.16},
		{"('skola' | '^skol' | 'skol')", 0.04 + 0.03/4},
		{"'unknown'", 0.00025},
		{"'skol':*", 0.042},
		{"'skol':*A | 'vinter':B", 0.16 + 0.042/4},
		{"(('skola')) & (('vinter'))", 0.02 * 0.4},
		{"'vinter' & 'skola' & " + quoted(`o'c\h`), 0.02 * 0.4 * math.Sqrt(math.Sqrt(0.25))},
		{"('skola' <-> 'vinter')", 0.02 * 0.4},
		{"'skola' & !('vinter')", 0.02 * math.Sqrt(0.84)},
		{"'v", 1},
		{"vinter", 1},
	} {
		if got := f.rows(tt.ask); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s is expected in %v of the rows, want %v", tt.ask, got, tt.want)
		}
	}
}

func TestWordsThatOnlyBeginAreLeftToTheRows(t *testing.T) {
	t.Parallel()
	for _, tt := range [][2]string{
		{"('a' | 'b') & (('c':* | '~c':*)) & !('d')", "('a' | 'b')"},
		{"('a') & (('b':*A)) & ('it''s & (that')", "('a') & ('it''s & (that')"},
		{"('a') & ('b')", ""}, // all of them
		{"('a':*)", ""},
		{"('a') & ('b':*) | ('c')", ""},
		{`('a\\\\') & ('b':*)`, `('a\\\\')`},
	} {
		if got := narrow(strings.ReplaceAll(tt[0], `\\`, `\`)); got != strings.ReplaceAll(tt[1], `\\`, `\`) {
			t.Errorf("of %s the index is asked for %q, want %q", tt[0], got, tt[1])
		}
	}
	f := &frequencies{lexemes: []string{"skol", "skola", "vinter"}, often: []float64{0.1, 0.2, 0.16}, rest: 0.001}
	if got := f.beginnings("('vinter') & ('skol':*)"); math.Abs(got-0.302) > 1e-9 {
		t.Errorf("the commonest beginning is expected in %v of the rows", got)
	}
}
