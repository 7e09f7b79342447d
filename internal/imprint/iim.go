// SPDX-License-Identifier: Apache-2.0

package imprint

import (
	"crypto/md5" //nolint:gosec // the digest that Photoshop defines, no protection
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// iim writes datasets (IPTC-IIM 4.2 §6) for readers that know no XMP, each cut
// to the length that the standard gives it; nil when there is nothing to say.
func (s Statement) iim() []byte {
	var b []byte
	set := func(record, number byte, value string) {
		b = append(b, 0x1C, record, number)
		b = binary.BigEndian.AppendUint16(b, uint16(len(value))) //nolint:gosec // G115: cut below
		b = append(b, value...)
	}
	set(1, 90, "\x1b%G") // the texts are UTF-8
	set(2, 0, "\x00\x04")
	empty := len(b)
	put := func(number byte, limit int, values ...string) {
		for _, v := range values {
			if v = cut(v, limit); v != "" {
				set(2, number, v)
			}
		}
	}
	put(5, 64, s.Title.one())
	put(25, 64, s.Keywords...)
	put(55, 8, strings.ReplaceAll(s.Captured, "-", ""))
	put(80, 32, s.Creator...)
	put(90, 32, s.City)
	put(101, 64, s.Country)
	put(105, 256, s.Headline.one())
	put(110, 32, s.Credit)
	put(115, 32, s.Source)
	put(116, 128, s.Copyright.one())
	put(120, 2000, s.Description.one())
	if len(b) == empty {
		return nil
	}
	return b
}

// cut returns at most n bytes of s, in whole letters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// maxIIM keeps the block inside one segment.
const maxIIM = 60_000

// resources wraps datasets into Photoshop's image resource blocks: the IIM
// (0x0404) and its digest (0x0425), by which readers know that it agrees with
// the XMP beside it.
func resources(iim []byte) []byte {
	if len(iim) == 0 || len(iim) > maxIIM {
		return nil
	}
	block := func(b []byte, number uint16, data []byte) []byte {
		b = append(b, "8BIM"...)
		b = binary.BigEndian.AppendUint16(b, number)
		b = append(b, 0, 0)
		b = binary.BigEndian.AppendUint32(b, uint32(len(data))) //nolint:gosec // G115: bounded above
		b = append(b, data...)
		if len(data)%2 == 1 {
			b = append(b, 0)
		}
		return b
	}
	sum := md5.Sum(iim) //nolint:gosec // as above
	return block(block(nil, 0x0404, iim), 0x0425, sum[:])
}
