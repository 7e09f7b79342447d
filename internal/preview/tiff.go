// SPDX-License-Identifier: Apache-2.0

package preview

import "encoding/binary"

// Tags of TIFF 6.0, TIFF/EP, DNG 1.7 and Exif 3.0 that lead to pictures, and
// those of makers.
const (
	tagJpgFromRaw  = 0x002e // Panasonic, in the first directory
	tagWidth       = 0x0100
	tagHeight      = 0x0101
	tagCompression = 0x0103
	tagStrips      = 0x0111
	tagOrientation = 0x0112
	tagStripBytes  = 0x0117
	tagTiles       = 0x0144
	tagSubIFDs     = 0x014a
	tagJPEG        = 0x0201
	tagJPEGBytes   = 0x0202
	tagExif        = 0x8769
	tagMakerNote   = 0x927c
	tagCropSize    = 0xc620 // DNG's DefaultCropSize

	olympusSettings = 0x2020
	olympusStart    = 0x0101
	olympusLength   = 0x0102
)

const (
	maxDirs    = 200
	maxDepth   = 4
	maxEntries = 4000
)

// tiff is a TIFF structure being walked. Its offsets count from base.
type tiff struct {
	f    *file
	s    *search
	base int64
	o    binary.ByteOrder
	big  bool
	flat bool // only the first directory's own entries
	seen map[int64]bool
	crop bool // the size of the original is known for certain
}

// structure begins to read the file as a TIFF structure, and returns where its
// first directory is; nil when it is none.
func (f *file) structure(s *search) (*tiff, int64) {
	b := f.bytes(0, 8)
	if b == nil {
		return nil, 0
	}
	t := &tiff{f: f, s: s, seen: map[int64]bool{}}
	switch string(b[:2]) {
	case "II":
		t.o = binary.LittleEndian
	case "MM":
		t.o = binary.BigEndian
	default:
		return nil, 0
	}
	if t.o.Uint16(b[2:]) == 43 { // BigTIFF
		if b = f.bytes(8, 8); b == nil {
			return nil, 0
		}
		t.big = true
		return t, number(t.o.Uint64(b))
	}
	return t, int64(t.o.Uint32(b[4:])) // whatever makers write for 42
}

// raw walks a camera's file, whatever variant of TIFF it is.
func (f *file) raw(s *search) {
	t, at := f.structure(s)
	if t == nil {
		return
	}
	for range maxDirs {
		if at = t.dir(at, 0); at == 0 {
			return
		}
	}
}

// entry is one entry of a directory.
type entry struct {
	tag, typ int
	count    int64
	at       int64 // of its value, from base
}

var sizes = [...]int64{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8}

func (e entry) bytes() int64 { return e.count * sizes[e.typ] }

func number(v uint64) int64 {
	if v < 1<<62 {
		return int64(v)
	}
	return 0
}

// entries reads the directory at a place from base, and returns where the next is.
func (t *tiff) entries(at int64) (list []entry, next int64) {
	head, length, word := int64(2), int64(12), int64(4)
	if t.big {
		head, length, word = 8, 20, 8
	}
	b := t.f.bytes(t.base+at, head)
	if b == nil {
		return nil, 0
	}
	n := int64(t.o.Uint16(b))
	if t.big {
		n = number(t.o.Uint64(b))
	}
	n = min(n, maxEntries)
	b = t.f.upTo(t.base+at+head, n*length+word)
	for i := int64(0); i < n && int64(len(b)) >= length; i++ {
		e := entry{tag: int(t.o.Uint16(b)), typ: int(t.o.Uint16(b[2:]))}
		value := at + head + i*length + length - word
		if t.big {
			e.count, e.at = number(t.o.Uint64(b[4:])), number(t.o.Uint64(b[12:]))
		} else {
			e.count, e.at = int64(t.o.Uint32(b[4:])), int64(t.o.Uint32(b[8:]))
		}
		b = b[length:]
		if e.typ >= len(sizes) || sizes[e.typ] == 0 || e.count <= 0 || e.count > 1<<40 {
			continue
		}
		if e.bytes() <= word {
			e.at = value
		}
		list = append(list, e)
	}
	if int64(len(b)) < word {
		return list, 0
	}
	if t.big {
		return list, number(t.o.Uint64(b))
	}
	return list, int64(t.o.Uint32(b))
}

// values reads up to most whole numbers of an entry.
func (t *tiff) values(e entry, most int64) []int64 {
	size := sizes[e.typ]
	b := t.f.bytes(t.base+e.at, min(e.count, most)*size)
	var out []int64
	for ; int64(len(b)) >= size; b = b[size:] {
		switch e.typ {
		case 1, 2, 6, 7:
			out = append(out, int64(b[0]))
		case 3, 8:
			out = append(out, int64(t.o.Uint16(b)))
		case 4, 9, 13:
			out = append(out, int64(t.o.Uint32(b)))
		case 5:
			if d := t.o.Uint32(b[4:]); d > 0 {
				out = append(out, int64(t.o.Uint32(b)/d))
			}
		case 16, 17, 18:
			out = append(out, number(t.o.Uint64(b)))
		}
	}
	return out
}

func (t *tiff) value(e entry) int64 {
	if v := t.values(e, 1); len(v) > 0 {
		return v[0]
	}
	return 0
}

// dir walks one directory and those below it. It returns where the next one
// is, 0 at the end. Each is walked once, so loops in a file do no harm.
func (t *tiff) dir(at int64, depth int) int64 {
	if at <= 0 || depth > maxDepth || t.seen[at] || len(t.seen) >= maxDirs {
		return 0
	}
	t.seen[at] = true
	list, next := t.entries(at)
	has := map[int]entry{}
	for _, e := range list {
		if _, twice := has[e.tag]; !twice {
			has[e.tag] = e
		}
	}
	get := func(tag int) int64 {
		if e, ok := has[tag]; ok {
			return t.value(e)
		}
		return 0
	}
	if o := get(tagOrientation); o >= 1 && o <= 8 && t.s.orientation == 0 {
		t.s.orientation = int(o)
	}
	if t.flat {
		return 0
	}
	t.size(has)
	t.f.jpeg(t.s, t.base+get(tagJPEG), get(tagJPEGBytes))
	_, tiled := has[tagTiles]
	if e, ok := has[tagStrips]; ok && e.count == 1 && !tiled && (get(tagCompression) == 6 || get(tagCompression) == 7) {
		t.f.jpeg(t.s, t.base+get(tagStrips), get(tagStripBytes))
	}
	if e, ok := has[tagJpgFromRaw]; ok && e.bytes() > 1024 {
		t.f.jpeg(t.s, t.base+e.at, e.bytes())
	}
	if e, ok := has[tagSubIFDs]; ok {
		for _, sub := range t.values(e, 16) {
			t.dir(sub, depth+1)
		}
	}
	if e, ok := has[tagExif]; ok && depth < maxDepth {
		t.exif(t.value(e))
	}
	return next
}

// size takes over the size of the picture that a directory describes, of
// which a DNG says how much is to be shown.
func (t *tiff) size(has map[int]entry) {
	if e, ok := has[tagCropSize]; ok {
		if v := t.values(e, 2); len(v) == 2 && v[0] > 0 && v[1] > 0 && v[0] <= 1<<20 && v[1] <= 1<<20 {
			t.crop = true
			t.s.width, t.s.height = int(v[0]), int(v[1])
			return
		}
	}
	w, okW := has[tagWidth]
	h, okH := has[tagHeight]
	if okW && okH && !t.crop {
		t.s.measured(int(t.value(w)), int(t.value(h)))
	}
}

// exif looks for the preview of which only the maker's note knows: that of
// Olympus and OM System. Its offsets count from the note, in the older form
// from the file.
func (t *tiff) exif(at int64) {
	list, _ := t.entries(at)
	for _, e := range list {
		if e.tag != tagMakerNote || e.bytes() < 32 {
			continue
		}
		b := t.f.bytes(t.base+e.at, 18)
		if b == nil {
			return
		}
		note := tiff{f: t.f, s: t.s, base: t.base + e.at, o: t.o}
		switch {
		case string(b[:10]) == "OLYMPUS\x00II":
			note.o = binary.LittleEndian
			note.olympus(12)
		case string(b[:10]) == "OLYMPUS\x00MM":
			note.o = binary.BigEndian
			note.olympus(12)
		case string(b[:14]) == "OM SYSTEM\x00\x00\x00II":
			note.o = binary.LittleEndian
			note.olympus(16)
		case string(b[:6]) == "OLYMP\x00":
			note.base = t.base
			note.olympus(e.at + 8)
		}
		return
	}
}

func (t *tiff) olympus(at int64) {
	list, _ := t.entries(at)
	for _, e := range list {
		if e.tag != olympusSettings {
			continue
		}
		where := e.at // as a block of bytes, or as a pointer
		if e.typ == 13 || e.typ == 4 {
			where = t.value(e)
		}
		var start, length int64
		settings, _ := t.entries(where)
		for _, s := range settings {
			switch s.tag {
			case olympusStart:
				start = t.value(s)
			case olympusLength:
				length = t.value(s)
			}
		}
		t.f.jpeg(t.s, t.base+start, length)
	}
}
