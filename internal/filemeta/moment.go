// SPDX-License-Identifier: Apache-2.0

package filemeta

import (
	"strings"
	"time"
)

// exifMoment reads Exif's "2006:01:02 15:04:05" with an offset such as
// "+01:00" (DC-008 §4.6.6, OffsetTimeOriginal) and fractions of a second, both
// often missing. Cameras without a set clock write zeros or blanks.
func exifMoment(date, offset, fraction string) Moment {
	date = strings.TrimRight(strings.TrimSpace(date), "\x00")
	if len(date) < 19 || strings.HasPrefix(date, "0000") {
		return Moment{}
	}
	s := strings.ReplaceAll(date[:10], ":", "-") + "T" + date[11:19]
	if fraction = strings.TrimSpace(fraction); fraction != "" && len(fraction) < 10 && strings.Trim(fraction, "0123456789") == "" {
		s += "." + fraction
	}
	return isoMoment(s + strings.TrimSpace(offset))
}

// isoMoment reads the forms of dates that XMP allows (ISO 16684-1 §8.2.1.1),
// from "2006" to "2006-01-02T15:04:05.99+01:00", and "2006:01:02 …", which
// some programs write. Years outside 1000–2999 are mistakes.
func isoMoment(s string) Moment {
	s = strings.TrimSpace(s)
	if len(s) > 40 {
		return Moment{}
	}
	if len(s) >= 10 && s[4] == ':' && s[7] == ':' {
		s = s[:4] + "-" + s[5:7] + "-" + s[8:]
	}
	if len(s) > 10 && s[10] == ' ' {
		s = s[:10] + "T" + strings.TrimSpace(s[11:])
	}
	for _, l := range []struct {
		layout string
		p      Precision
		zone   bool
	}{
		{"2006-01-02T15:04:05Z07:00", Second, true},
		{"2006-01-02T15:04:05Z0700", Second, true},
		{"2006-01-02T15:04:05", Second, false},
		{"2006-01-02T15:04Z07:00", Minute, true},
		{"2006-01-02T15:04", Minute, false},
		{"2006-01-02", Day, false},
		{"2006-01", Month, false},
		{"2006", Year, false},
	} {
		if t, err := time.Parse(l.layout, s); err == nil && t.Year() >= 1000 && t.Year() < 3000 {
			return Moment{Time: t, HasZone: l.zone, Precision: l.p}
		}
	}
	return Moment{}
}

// iimMoment reads IIM's date "CCYYMMDD" and time "HHMMSS±HHMM" (§2:55, 2:60).
// Unknown months and days are zero.
func iimMoment(date, clock string) Moment {
	date, clock = strings.TrimSpace(date), strings.TrimSpace(clock)
	if len(date) != 8 {
		return Moment{}
	}
	switch {
	case date[4:6] == "00":
		return isoMoment(date[:4])
	case date[6:] == "00":
		return isoMoment(date[:4] + "-" + date[4:6])
	}
	day := date[:4] + "-" + date[4:6] + "-" + date[6:]
	if len(clock) < 6 {
		return isoMoment(day)
	}
	if m := isoMoment(day + "T" + clock[:2] + ":" + clock[2:4] + ":" + clock[4:6] + clock[6:]); !m.IsZero() {
		return m
	}
	return isoMoment(day)
}
