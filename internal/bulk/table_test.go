// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"tillgang/internal/fault"
)

func TestNoCellIsAFormulaAndEachComesBack(t *testing.T) {
	t.Parallel()
	for _, cell := range []string{"", "a", "=1+1", "+46", "-5", "@SUM", "\tx", "\rx", "'=1", "''=1", "'quoted'", "å", "<b>"} {
		g := guard(cell)
		if strings.ContainsAny(g[:min(1, len(g))], "=+-@\t\r") || unguard(g) != cell {
			t.Errorf("%q → %q → %q", cell, g, unguard(g))
		}
	}
	for _, list := range [][]string{{"a"}, {"a|b", `c\`, "d"}, {`\|`, "|"}} {
		if got := split(join(list)); !slices.Equal(got, list) {
			t.Errorf("%q → %q → %q", list, join(list), got)
		}
	}
}

func FuzzTable(f *testing.F) {
	for _, s := range []string{
		"id,title[sv]\nx,=1", "\ufeffname;credit\na;b", "id\tcredit\n\"a\nb\"\t'=x", "id,id\n", "", "\"", "id\n\"", "id,title[xx-!]\n", "id\n\xff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tab, err := readTable(strings.NewReader(s))
		for err == nil {
			var line int
			var cells []string
			if line, cells, err = tab.next(); err != nil {
				break
			}
			if len(cells) != len(tab.columns) || line < 1 {
				t.Fatal(line, cells)
			}
			for _, c := range cells {
				if !utf8.ValidString(c) || unguard(guard(c)) != c {
					t.Fatalf("%q", c)
				}
				var b strings.Builder
				w := csv.NewWriter(&b)
				_ = w.Write([]string{guard(c), "x"})
				w.Flush()
				back, err := csv.NewReader(strings.NewReader(b.String())).Read()
				// CSV has one line end (RFC 4180 §2); how a reader of it writes it is the reader's.
				if err != nil || strings.ReplaceAll(unguard(back[0]), "\r", "") != strings.ReplaceAll(c, "\r", "") {
					t.Fatalf("%q came back as %q, %v", c, back, err)
				}
			}
		}
		if !errors.Is(err, io.EOF) && fault.KindOf(err) != fault.Invalid {
			t.Fatal(err)
		}
	})
}
