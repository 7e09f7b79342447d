// SPDX-License-Identifier: Apache-2.0

package filemeta

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the digest that Photoshop defines, no protection
	"encoding/binary"
	"fmt"
	"strings"
)

// photoshop reads image resource blocks (Photoshop File Formats, "Image
// Resource Blocks"): "8BIM", number, padded Pascal name, padded data.
// 0x0404 is IIM; 0x0425 the digest of the IIM that XMP was last matched with.
func (f *file) photoshop(b []byte, inTIFF bool) {
	for len(b) >= 12 {
		if string(b[:4]) != "8BIM" {
			return
		}
		id := binary.BigEndian.Uint16(b[4:])
		name := (int(b[6]) + 2) &^ 1 // with its length byte, even
		if len(b) < 6+name+4 {
			return
		}
		n := int64(binary.BigEndian.Uint32(b[6+name:]))
		b = b[6+name+4:]
		if n > int64(len(b)) {
			f.out.note("A Photoshop block is longer than the file.")
			return
		}
		switch data := b[:n]; {
		case id == 0x0404 && !inTIFF: // in TIFF the tag of its own goes first
			f.iim(data)
		case id == 0x0404 && len(f.iimIs) == 0:
			f.iim(data)
		case id == 0x0425 && n == 16:
			f.iimDigest = bytes.Clone(data)
		}
		b = b[min(int64(len(b)), (n+1)&^1):]
	}
}

// maxSets bounds the datasets that are looked at.
const maxSets = 5_000

// iim reads datasets (IPTC-IIM 4.2 §1.5): 0x1C, record, number, length, value.
func (f *file) iim(b []byte) {
	if len(b) == 0 {
		return
	}
	for _, v := range [][]byte{b, bytes.TrimRight(b, "\x00")} { // TIFF pads it
		sum := md5.Sum(v) //nolint:gosec // as above
		f.iimIs = append(f.iimIs, sum[:])
	}
	sets := map[int][][]byte{}
	utf8Said := false
	for range maxSets {
		if len(b) < 5 || b[0] != 0x1C {
			break
		}
		record, number := int(b[1]), int(b[2])
		n := int64(binary.BigEndian.Uint16(b[3:]))
		b = b[5:]
		if n&0x8000 != 0 { // extended: the low bits count the bytes of the length
			k := int(n & 0x7FFF)
			if k > 4 || k > len(b) {
				break
			}
			n = 0
			for _, c := range b[:k] {
				n = n<<8 | int64(c)
			}
			b = b[k:]
		}
		if n > int64(len(b)) {
			f.out.note("The IPTC block ends too early.")
			break
		}
		if record == 1 && number == 90 { // 1:90 Coded Character Set, ISO 2022: ESC % G is UTF-8
			utf8Said = bytes.Equal(b[:n], []byte("\x1b%G"))
		}
		if record == 2 {
			sets[number] = append(sets[number], b[:n])
		}
		b = b[n:]
	}
	if len(sets) > 0 {
		f.useIIM(sets, utf8Said)
	}
}

// useIIM maps record 2 (IIM 4.2 §6) to properties.
func (f *file) useIIM(sets map[int][][]byte, utf8Said bool) {
	var every []byte // one decision for all: a block has one encoding
	for _, values := range sets {
		for _, v := range values {
			if len(every) < 64<<10 {
				every = append(append(every, v...), ' ')
			}
		}
	}
	table := tableFor(every, utf8Said)
	get := func(number int) (out []string) {
		for _, v := range sets[number] {
			out = append(out, table(v))
		}
		return out
	}
	one := func(number int) string {
		for _, s := range get(number) {
			if s = f.out.line(s); s != "" {
				return s
			}
		}
		return ""
	}
	for number := range sets {
		f.out.raw(fmt.Sprintf("IIM:2:%03d", number), f.out.text(strings.Join(get(number), "; ")))
	}
	m := &f.fromIIM
	m.Title = f.out.plain(one(5))
	m.Keywords = f.out.list(get(25))
	m.Instructions = one(40)
	m.Captured = iimMoment(one(55), one(60))
	m.Software = one(65)
	m.Creator = f.out.list(get(80))
	m.CreatorTitle = one(85)
	m.City, m.Sublocation, m.Region = one(90), one(92), one(95)
	m.CountryCode, m.Country = one(100), one(101)
	m.JobID, m.Headline, m.Credit, m.Source = one(103), one(105), one(110), one(115)
	m.Copyright = f.out.plain(one(116))
	m.Description = f.out.plain(strings.Join(get(120), "\n"))
	m.Languages = languages(get(135))
}

func languages(tags []string) (out []string) {
	for _, t := range tags {
		if t = languageTag(t); t != "" && len(out) < 50 {
			out = append(out, t)
		}
	}
	return out
}
