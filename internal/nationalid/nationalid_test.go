// SPDX-License-Identifier: Apache-2.0

package nationalid_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/nationalid"
)

type counts = map[nationalid.Kind]int

// The numbers are made up or published as examples by the authorities that
// give them out.
func TestPI2_NumbersAreFoundAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]counts{
		"Personnummer: 19811228-9874.":             {nationalid.Personnummer: 1},
		"811228-9874, 8112289874 och 198112289874": {nationalid.Personnummer: 1},
		"811228+9874":                                 {nationalid.Personnummer: 1},
		"811228–9874 med tankstreck":                  {nationalid.Personnummer: 1},
		"19811228 9874":                               {nationalid.Personnummer: 1},
		"namn;811228-9874;ort":                        {nationalid.Personnummer: 1},
		"811228-9874,670919-9530":                     {nationalid.Personnummer: 2},
		"samordningsnummer 701063-2391":               {nationalid.Samordningsnummer: 1},
		"fødselsnummer 13097248022":                   {nationalid.Fodselsnummer: 1},
		"130972 48022":                                {nationalid.Fodselsnummer: 1},
		"D-nummer 53097248016":                        {nationalid.DNummer: 1},
		"CPR 070761-4285":                             {nationalid.CPR: 1},
		"0707614285":                                  {nationalid.CPR: 1},
		"CPR-nr. 0707614286":                          {nationalid.CPR: 1},
		"henkilötunnus 131052-308T":                   {nationalid.Henkilotunnus: 1},
		"131052-308t, 010101A123N":                    {nationalid.Henkilotunnus: 1 + 1},
		"131052-308T ja 811228-9874":                  {nationalid.Henkilotunnus: 1, nationalid.Personnummer: 1},
		"nothing here: 12 345 678, 08-123 456 78":     nil,
		"ring 070-123 45 67 eller +46 8 508 00 000":   nil,
		"198112289874198112289874":                    nil,
		"org.nr 556036-0793":                          nil,
		"x811228-9874 811228-9874x 811228-98741":      nil,
		"811228-9875 19811328-9874 19810230-1237":     nil,
		"0707614286":                                  nil,
		"13097248023 14097248022 130972480221":        nil,
		"131052-308U 131352-308T":                     nil,
		"3.8112289874 och 8112289874.5":               nil,
		"2026-11-21 20:15:00, 20261121T201500, 1e123": nil,
		"":                   nil,
		"811228-":            nil,
		"811228":             nil,
		"131052-3":           nil,
		"\xff8112289874\xff": {nationalid.Personnummer: 1},
	} {
		if d := cmp.Diff(want, nationalid.Count(text)); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	}
}

// A number in every kind's series for each month of several years, right and
// with its last sign wrong: every right one is found and no wrong one.
func TestPI2_ACorpusOfRightAndWrongNumbers(t *testing.T) {
	t.Parallel()
	tried := 0
	try := func(kind nationalid.Kind, stem string, signs string) {
		found := 0
		for _, last := range signs {
			if c := nationalid.Count("a " + stem + string(last) + " b"); c[kind] == 1 {
				found++
			}
			tried++
		}
		if found > 1 {
			t.Errorf("%s: %d of the numbers beginning with %s pass, and one at most may", kind, found, stem)
		}
	}
	const digits = "0123456789"
	found := counts{}
	for year := 1950; year < 2020; year += 7 {
		for month := 1; month <= 12; month += 3 {
			ymd, dmy := fmt.Sprintf("%04d%02d15", year, month), fmt.Sprintf("15%02d%02d", month, year%100)
			try(nationalid.Personnummer, ymd+"-238", digits)
			try(nationalid.Samordningsnummer, ymd[:6]+"75-238", digits)
			sep := "-"
			if year >= 2000 {
				sep = "A"
			}
			try(nationalid.Henkilotunnus, dmy+sep+"308", "0123456789ABCDEFHJKLMNPRSTUVWXY")
			var text, fi strings.Builder
			for _, c := range digits {
				fmt.Fprintf(&text, "%s-238%c %s-238%c\n", ymd, c, ymd[:6]+"75", c)
			}
			for _, c := range "0123456789ABCDEFHJKLMNPRSTUVWXY" {
				fmt.Fprintf(&fi, "%s%s308%c\n", dmy, sep, c)
			}
			individual := "238"
			if year >= 2000 {
				individual = "738"
			}
			for k := range 100 {
				fmt.Fprintf(&text, "%s%s%02d 55%s%s%02d\n", dmy, individual, k, dmy[2:], individual, k)
				tried += 2
			}
			for kind, n := range nationalid.Count(text.String()) {
				found[kind] += n
			}
			// Apart: a wrong Finnish number may be a right Swedish one.
			found[nationalid.Henkilotunnus] += nationalid.Count(fi.String())[nationalid.Henkilotunnus]
		}
	}
	// Ten years of four months: one of ten or of thirty-one is right; of
	// Norwegian ones about one series in six has none that is.
	for kind, want := range map[nationalid.Kind][2]int{
		nationalid.Personnummer: {40, 40}, nationalid.Samordningsnummer: {40, 40}, nationalid.Henkilotunnus: {40, 40},
		nationalid.Fodselsnummer: {25, 40}, nationalid.DNummer: {25, 40},
	} {
		if n := found[kind]; n < want[0] || n > want[1] {
			t.Errorf("%s: found %d, want %v", kind, n, want)
		}
	}
	if tried < 200 {
		t.Errorf("only %d numbers", tried)
	}
}

func TestPI2_ANumberInSeveralTextsCountsOnce(t *testing.T) {
	t.Parallel()
	var f nationalid.Finder
	f.Add("811228-9874")
	f.Add("19811228-9874 670919-9530")
	if d := cmp.Diff(counts{nationalid.Personnummer: 2}, f.Counts()); d != "" {
		t.Error(d)
	}
}

func FuzzCount(f *testing.F) {
	for _, s := range []string{"811228-9874", "131052-308T", "130972 48022", "070761-4285", "1\u201112", "\xff1", "+-.1234567890"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for kind, n := range nationalid.Count(s) {
			if n < 1 || n*10 > len(s) {
				t.Errorf("%d of %s in %d bytes", n, kind, len(s))
			}
		}
	})
}
