// SPDX-License-Identifier: Apache-2.0

package filemeta

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// mp4 walks the boxes of ISO/IEC 14496-12 and the QuickTime File Format. The
// film itself is stepped over.
func (f *file) mp4() {
	f.boxes(f.span, 0, func(name string, data span) {
		switch name {
		case "moov":
			f.moov(data)
		case "uuid": // XMP Part 3 §1.2.7
			if string(data.bytes(0, 16)) == "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac" {
				f.xmp(data.sub(16, data.size).all())
			}
			f.credentialBox(data)
		}
	})
}

// boxes calls use for each box in s from off.
func (f *file) boxes(s span, off int64, use func(name string, data span)) {
	for range maxParts {
		b := s.bytes(off, 8)
		if b == nil {
			return
		}
		head, n := int64(8), int64(binary.BigEndian.Uint32(b))
		switch n {
		case 0:
			n = s.size - off
		case 1:
			l := s.bytes(off+8, 8)
			if l == nil {
				return
			}
			head, n = 16, int64(binary.BigEndian.Uint64(l)&(1<<62-1))
		}
		if n < head {
			return
		}
		use(string(b[4:]), s.sub(off+head, n-head))
		off += n
	}
}

func (f *file) moov(s span) {
	f.boxes(s, 0, func(name string, data span) {
		switch name {
		case "mvhd":
			f.mvhd(data)
		case "udta":
			f.udta(data)
		case "meta":
			f.metaList(data)
		}
	})
}

// mvhd says when the film was made, in seconds since 1904 (§8.2.2). It is
// often zero and sometimes local time, so everything else goes first.
func (f *file) mvhd(s span) {
	b := s.bytes(0, 12)
	if b == nil {
		return
	}
	seconds := int64(binary.BigEndian.Uint32(b[4:]))
	if b[0] == 1 {
		seconds = int64(binary.BigEndian.Uint64(b[4:]) & (1<<40 - 1))
	}
	t := time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(seconds) * time.Second)
	if t.Year() >= 1980 && t.Year() < 2200 && f.fromFile.Captured.IsZero() {
		f.fromFile.Captured = Moment{Time: t, HasZone: true, Precision: Second}
	}
}

func (f *file) udta(s span) {
	f.boxes(s, 0, func(name string, data span) {
		switch {
		case name == "XMP_":
			f.xmp(data.all())
		case name == "meta":
			f.metaList(data)
		case name[0] == 0xA9: // QuickTime text: length, language, text
			f.filmValue(name, data, 4)
		}
	})
}

// metaList reads Apple's list of items. Where there is a table of names ("keys";
// QuickTime File Format, "Metadata"), items are numbers in it; else they are
// four characters that mean something by themselves.
func (f *file) metaList(s span) {
	var names []string
	off := int64(0)
	if s.text4(4) != "hdlr" { // in MP4 it is a full box
		off = 4
	}
	f.boxes(s, off, func(name string, data span) {
		switch name {
		case "keys":
			f.boxes(data, 8, func(_ string, key span) { names = append(names, string(key.sub(0, 200).all())) })
		case "ilst":
			f.boxes(data, 0, func(key string, item span) {
				if i := int(binary.BigEndian.Uint32([]byte(key))); i >= 1 && i <= len(names) {
					key = names[i-1]
				}
				f.boxes(item, 0, func(_ string, v span) { f.filmValue(key, v, 8) })
			})
		}
	})
}

var iso6709 = regexp.MustCompile(`^([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?`)

// filmValue takes one value, skipping what stands before its text.
func (f *file) filmValue(key string, v span, skip int64) {
	if v.size > maxExifValue {
		return
	}
	value := decode(bytes.TrimRight(v.sub(skip, v.size).all(), "\x00"))
	if value == "" {
		return
	}
	m, o := &f.fromFile, &f.out
	switch key = strings.TrimPrefix(key, "com.apple.quicktime."); key {
	case "\xa9nam", "title":
		fill(&m.Title, o.plain(value))
	case "\xa9ART", "\xa9aut", "\xa9dir", "artist", "author":
		m.Creator = o.list(append(m.Creator, value))
	case "\xa9cmt", "\xa9des", "desc", "ldes", "description", "comment":
		fill(&m.Description, o.plain(value))
	case "cprt", "\xa9cpy", "copyright":
		fill(&m.Copyright, o.plain(value))
	case "\xa9day", "creationdate":
		if when := isoMoment(value); !when.IsZero() {
			m.Captured = when
		}
	case "\xa9too", "\xa9swr", "software":
		m.Software = o.line(value)
	case "\xa9mak", "make":
		m.CameraMake = o.line(value)
	case "\xa9mod", "model":
		m.CameraModel = o.line(value)
	case "keywords":
		m.Keywords = o.list(strings.Split(value, ","))
	case "\xa9xyz", "location.ISO6709":
		if p := iso6709.FindStringSubmatch(value); p != nil {
			lat, _ := strconv.ParseFloat(p[1], 64)
			long, _ := strconv.ParseFloat(p[2], 64)
			m.GPS = place(lat, long)
		}
		return // a place is not kept raw
	default:
		return
	}
	o.raw("Film:"+strings.ReplaceAll(key, "\xa9", "©"), o.text(value))
}

// id3 reads ID3v2.2 to 2.4 at the beginning (id3.org) and ID3v1 at the end.
func (f *file) id3() {
	defer f.id3v1()
	b := f.bytes(0, 10)
	if b == nil || string(b[:3]) != "ID3" {
		return
	}
	version, flags, size := b[3], b[5], synchsafe(b[6:])
	tag := f.sub(10, min(size, maxBlock)).all()
	if flags&0x80 != 0 && version < 4 {
		tag = bytes.ReplaceAll(tag, []byte{0xFF, 0}, []byte{0xFF})
	}
	if flags&0x40 != 0 && len(tag) >= 4 { // extended header
		n := int64(binary.BigEndian.Uint32(tag)) + 4
		if version == 4 {
			n = synchsafe(tag)
		}
		tag = tag[min(n, int64(len(tag))):]
	}
	for range maxParts {
		var name string
		var n int64
		head := 10
		if version == 2 {
			head = 6
		}
		if len(tag) <= head || tag[0] == 0 {
			return
		}
		switch version {
		case 2:
			name, n = string(tag[:3]), int64(tag[3])<<16|int64(tag[4])<<8|int64(tag[5])
		case 3:
			name, n = string(tag[:4]), int64(binary.BigEndian.Uint32(tag[4:]))
		default:
			name, n = string(tag[:4]), synchsafe(tag[4:])
		}
		tag = tag[head:]
		if n > int64(len(tag)) {
			return
		}
		f.id3Frame(name, tag[:n])
		tag = tag[n:]
	}
}

func synchsafe(b []byte) int64 {
	return int64(b[0]&0x7F)<<21 | int64(b[1]&0x7F)<<14 | int64(b[2]&0x7F)<<7 | int64(b[3]&0x7F)
}

func (f *file) id3Frame(name string, b []byte) {
	if len(b) < 2 || len(b) > maxExifValue {
		return
	}
	if name == "PRIV" { // XMP Part 3 §1.2.4
		if rest, ok := bytes.CutPrefix(b, []byte("XMP\x00")); ok {
			f.xmp(rest)
		}
		return
	}
	m, o := &f.fromFile, &f.out
	value := id3Text(b[0], b[1:])
	switch name {
	case "TIT2", "TT2":
		fill(&m.Title, o.plain(value))
	case "TPE1", "TP1", "TCOM", "TCM":
		m.Creator = o.list(append(m.Creator, strings.Split(value, "\n")...))
	case "TCOP", "TCR":
		fill(&m.Copyright, o.plain(value))
	case "TDRC", "TDRL", "TYER", "TYE":
		if m.Captured.IsZero() {
			m.Captured = isoMoment(value)
		}
	case "TPUB":
		m.Source = o.line(value)
	case "TLAN":
		m.Languages = languages([]string{value})
	case "TSSE":
		m.Software = o.line(value)
	case "COMM", "COM":
		if len(b) > 5 { // encoding, language, short description, text
			fill(&m.Description, o.plain(comment(b[0], b[4:])))
		}
		return
	default:
		return
	}
	o.raw("ID3:"+name, o.text(value))
}

func comment(encoding byte, b []byte) string {
	end, step := []byte{0}, 1
	if encoding == 1 || encoding == 2 {
		end, step = []byte{0, 0}, 2
	}
	for i := 0; i+step <= len(b); i += step {
		if bytes.Equal(b[i:i+step], end) {
			return id3Text(encoding, b[i+step:])
		}
	}
	return ""
}

// id3Text decodes by ID3's encoding byte; several values are parted by zeros.
func id3Text(encoding byte, b []byte) string {
	switch encoding {
	case 1, 2:
		big := encoding == 2
		if len(b) >= 2 && b[0] == 0xFE && b[1] == 0xFF {
			big, b = true, b[2:]
		} else if len(b) >= 2 && b[0] == 0xFF && b[1] == 0xFE {
			big, b = false, b[2:]
		}
		return decode16(b, big)
	}
	return strings.ReplaceAll(decode(bytes.TrimRight(b, "\x00")), "\x00", "\n")
}

func (f *file) id3v1() {
	b := f.bytes(f.size-128, 128)
	if b == nil || string(b[:3]) != "TAG" {
		return
	}
	part := func(i, n int) string {
		v, _, _ := bytes.Cut(b[i:i+n], []byte{0})
		return decode(v)
	}
	m, o := &f.fromFile, &f.out
	fill(&m.Title, o.plain(part(3, 30)))
	if len(m.Creator) == 0 {
		m.Creator = o.list([]string{part(33, 30)})
	}
	fill(&m.Description, o.plain(part(97, 28)))
	if m.Captured.IsZero() {
		m.Captured = isoMoment(part(93, 4))
	}
}

// wav reads INFO lists (Multimedia Programming Interface 1.0, chapter 2), XMP
// and nothing else.
func (f *file) wav() {
	m, o := &f.fromFile, &f.out
	f.riff(func(name string, data span) {
		if name == "_PMX" {
			f.xmp(data.all())
		}
		if name != "LIST" || data.text4(0) != "INFO" {
			return
		}
		pos := int64(4)
		for range 200 {
			b := data.bytes(pos, 8)
			if b == nil {
				return
			}
			n := int64(binary.LittleEndian.Uint32(b[4:]))
			if n <= maxExifValue {
				v, _, _ := bytes.Cut(data.bytes(pos+8, n), []byte{0})
				value := decode(v)
				o.raw("INFO:"+o.line(string(b[:4])), o.text(value))
				switch string(b[:4]) {
				case "INAM":
					fill(&m.Title, o.plain(value))
				case "IART":
					m.Creator = o.list(append(m.Creator, value))
				case "ICOP":
					fill(&m.Copyright, o.plain(value))
				case "ICMT", "ISBJ":
					fill(&m.Description, o.plain(value))
				case "IKEY":
					m.Keywords = o.list(strings.Split(value, ";"))
				case "ICRD":
					m.Captured = isoMoment(value)
				case "ISFT":
					m.Software = o.line(value)
				}
			}
			pos += 8 + (n+1)&^1
		}
	})
}
