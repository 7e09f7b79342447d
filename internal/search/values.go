// SPDX-License-Identifier: Apache-2.0

package search

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// ends are the two ends of a value, of which one may be empty.
type ends struct {
	from, to    string
	over, under bool // the end itself is outside
	single      bool // one value, which is both ends
}

// span cuts a value into its ends: 1..2, ..2, 1.., >1, >=1, <2, <=2 or one
// value.
func span(s string) ends {
	s = strings.TrimSpace(s)
	if a, b, ok := strings.Cut(s, ".."); ok {
		return ends{from: strings.TrimSpace(a), to: strings.TrimSpace(strings.TrimLeft(b, "."))}
	}
	for _, sign := range []string{">=", "<=", "≥", "≤", ">", "<"} {
		rest, ok := strings.CutPrefix(s, sign)
		if !ok {
			continue
		}
		rest = strings.TrimSpace(rest)
		switch sign {
		case ">=", "≥":
			return ends{from: rest}
		case "<=", "≤":
			return ends{to: rest}
		case ">":
			return ends{from: rest, over: true}
		}
		return ends{to: rest, under: true}
	}
	return ends{from: s, to: s, single: true}
}

// days reads a date, a month or a year and returns the first day of it and the
// first day after it.
func days(s string) (first, after time.Time, ok bool) {
	for _, f := range []struct {
		layout       string
		years, month int
		days         int
	}{{"2006", 1, 0, 0}, {"2006-01", 0, 1, 0}, {time.DateOnly, 0, 0, 1}} {
		if len(s) != len(f.layout) {
			continue
		}
		t, err := time.Parse(f.layout, s)
		if err != nil || t.Year() < 1 || t.Year() > 9998 {
			return first, after, false
		}
		return t, t.AddDate(f.years, f.month, f.days), true
	}
	return first, after, false
}

// period reads a span of dates: from its first day, up to before the day
// after. A zero end is open.
func period(s string) (from, before time.Time, ok bool) {
	e := span(s)
	a, b, over, under := e.from, e.to, e.over, e.under
	if a == "" && b == "" {
		return from, before, false
	}
	if a != "" {
		first, after, fine := days(a)
		if !fine {
			return from, before, false
		}
		if from = first; over {
			from = after
		}
	}
	if b != "" {
		first, after, fine := days(b)
		if !fine {
			return from, before, false
		}
		if before = after; under {
			before = first
		}
	}
	return from, before, true
}

// units are what numbers can be counted in.
var (
	sizeUnits = map[string]float64{
		"": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12,
		"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
	}
	pixelUnits = map[string]float64{"": 1, "px": 1}
	timeUnits  = map[string]float64{"": 1000, "ms": 1, "s": 1000, "sec": 1000, "sek": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000, "t": 3_600_000}
)

// amount reads a number and its unit.
func amount(s string, units map[string]float64) (int64, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	end := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsDigit(r) && r != '.' && r != ',' })
	if end < 0 {
		end = len(s)
	}
	n, err := strconv.ParseFloat(strings.Replace(s[:end], ",", ".", 1), 64)
	unit, known := units[strings.TrimSpace(s[end:])]
	if err != nil || !known || n < 0 || n*unit > 1e15 {
		return 0, false
	}
	return int64(n * unit), true
}

// amounts reads a span of numbers; an open end is nil.
func amounts(s string, units map[string]float64) (from, to *int64, ok bool) {
	e := span(s)
	a, b, over, under := e.from, e.to, e.over, e.under
	if a == "" && b == "" {
		return nil, nil, false
	}
	if a != "" {
		n, fine := amount(a, units)
		if !fine {
			return nil, nil, false
		}
		if over {
			n++
		}
		from = &n
	}
	if b != "" {
		n, fine := amount(b, units)
		if !fine {
			return nil, nil, false
		}
		if under {
			n--
		}
		to = &n
	}
	return from, to, true
}
