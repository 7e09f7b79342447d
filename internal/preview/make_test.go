// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"strings"
	"testing"
)

// jpegOf makes a JPEG; a red one is easily told from a grey one.
func jpegOf(tb testing.TB, width, height int, c color.Color) []byte {
	tb.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// withExif puts an orientation into a JPEG.
func withExif(jpg []byte, orientation int) []byte {
	return bytes.Join([][]byte{jpg[:2], turned(orientation), jpg[2:]}, nil)
}

// lossless makes a JPEG into one that claims to hold raw data.
func lossless(jpg []byte) []byte {
	return bytes.Replace(jpg, []byte{0xff, 0xc0, 0, 17}, []byte{0xff, 0xc3, 0, 17}, 1)
}

// field is one entry of a directory being built. A block's place becomes the
// value; so do those of directories below.
type field struct {
	tag, typ int
	num      int
	raw      []byte
	block    []byte
	below    [][]field
}

func short(tag, v int) field               { return field{tag: tag, typ: 3, num: v} }
func long(tag, v int) field                { return field{tag: tag, typ: 4, num: v} }
func raw(tag int, b []byte) field          { return field{tag: tag, typ: 7, raw: b} }
func place(tag int, b []byte) field        { return field{tag: tag, typ: 4, block: b} }
func below(tag int, dirs ...[]field) field { return field{tag: tag, typ: 4, below: dirs} }
func dir(parts ...[]field) []field         { return slices.Concat(parts...) }
func one(f field) []field                  { return []field{f} }
func preview(jpg []byte) []field           { return []field{place(tagJPEG, jpg), long(tagJPEGBytes, len(jpg))} }

func measures(width, height int) []field {
	return []field{long(tagWidth, width), long(tagHeight, height)}
}

func strip(compression int, b []byte) []field {
	return []field{short(tagCompression, compression), place(tagStrips, b), long(tagStripBytes, len(b))}
}

// structureOf makes a TIFF of directories in a chain, or what a camera maker
// makes of it: magic is its first four bytes. Offsets count from base.
func structureOf(magic string, base int, dirs ...[]field) []byte {
	t := &builder{b: []byte(magic), o: binary.LittleEndian, base: base}
	if magic[0] == 'M' {
		t.o = binary.BigEndian
	}
	if t.big = magic == "II+\x00"; t.big {
		t.b = t.o.AppendUint32(t.b, 8)
	}
	link := len(t.b)
	t.word(0)
	for _, d := range dirs {
		var at int
		at, link, _ = t.dir(d, link)
		_ = at
	}
	return t.b
}

// builder puts a structure together.
type builder struct {
	b    []byte
	o    binary.AppendByteOrder
	base int
	big  bool
}

func (t *builder) word(v int) {
	if t.big {
		t.b = t.o.AppendUint64(t.b, uint64(v))
	} else {
		t.b = t.o.AppendUint32(t.b, uint32(v))
	}
}

// put writes a place where a word was left free.
func (t *builder) put(at, v int) {
	keep := t.b
	t.b = t.b[:at:at]
	t.word(v)
	copy(keep[at:], t.b[at:])
	t.b = keep
}

// dir appends a directory, links it at a place, and returns its own place and
// where the next one's goes.
func (t *builder) dir(fields []field, link int) (at, next int, err error) {
	at = len(t.b)
	t.put(link, at+t.base)
	if t.big {
		t.b = t.o.AppendUint64(t.b, uint64(len(fields)))
	} else {
		t.b = t.o.AppendUint16(t.b, uint16(len(fields)))
	}
	word := 4
	if t.big {
		word = 8
	}
	values := make([]int, len(fields))
	for i, f := range fields {
		count := max(1, len(f.raw), len(f.below))
		if f.typ == 4 && f.raw != nil {
			count /= 4
		}
		t.b = t.o.AppendUint16(t.o.AppendUint16(t.b, uint16(f.tag)), uint16(f.typ))
		t.word(count)
		values[i] = len(t.b)
		switch {
		case f.typ == 3:
			t.b = t.o.AppendUint16(t.b, uint16(f.num))
			t.b = append(t.b, make([]byte, word-2)...)
		case f.typ == 4 && t.big && f.raw == nil:
			t.b = t.o.AppendUint32(t.o.AppendUint32(t.b, uint32(f.num)), 0)
		default:
			t.word(f.num)
		}
	}
	next = len(t.b)
	t.word(0)
	for i, f := range fields {
		switch {
		case f.raw != nil:
			t.put(values[i], len(t.b)+t.base)
			t.b = append(t.b, f.raw...)
		case f.block != nil:
			t.put(values[i], len(t.b)+t.base)
			t.b = append(t.b, f.block...)
		case len(f.below) == 1:
			_, _, err = t.dir(f.below[0], values[i])
		case len(f.below) > 1:
			t.put(values[i], len(t.b)+t.base)
			table := len(t.b)
			t.b = append(t.b, make([]byte, 4*len(f.below))...)
			for k, d := range f.below {
				_, _, err = t.dir(d, table+4*k)
			}
		}
	}
	return at, next, err
}

func be(v ...int) []byte {
	var b []byte
	for _, n := range v {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return b
}

func box(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return slices.Concat(be(len(body)+8), []byte(kind), body)
}

// cr3Of makes a file such as Canon's: Exif, a thumbnail, a middle picture and a
// large one in a track of its own.
func cr3Of(thumb, middle, large []byte) []byte {
	exif := structureOf("II*\x00", 0, dir(measures(6000, 4000), one(short(tagOrientation, 8))))
	track := func(at int) []byte {
		return box("trak", box("mdia", box("minf", box("stbl",
			box("stsz", be(0, len(large), 1)), box("co64", be(0, 1, 0, at))))))
	}
	build := func(at int) []byte {
		return slices.Concat(
			box("ftyp", []byte("crx \x00\x00\x00\x01crx isom")),
			box("moov", box("uuid", []byte(canonMeta), box("CMT1", exif), box("THMB", be(0, 160<<16|120, len(thumb), 0), thumb)), track(at)),
			box("uuid", []byte(canonPreview), be(0, 1), box("PRVW", be(0, 1<<16|1620, 1080<<16|1, len(middle)), middle)),
		)
	}
	at := len(build(0)) + 8
	return slices.Concat(build(at), box("mdat", large))
}

// rafOf makes a file such as Fujifilm's.
func rafOf(jpg []byte) []byte {
	b := make([]byte, 160)
	copy(b, "FUJIFILMCCD-RAW 0201FF389501X-T3")
	facts := slices.Concat(be(2), []byte{1, 0, 0, 4, 0x10, 0x10, 0x18, 0x18}, []byte{1, 0x11, 0, 4}, binary.BigEndian.AppendUint16(nil, 4160), binary.BigEndian.AppendUint16(nil, 6240))
	copy(b[84:], be(len(b), len(jpg), len(b)+len(jpg), len(facts)))
	return slices.Concat(b, jpg, facts)
}

// resource is an image resource of Photoshop.
func resource(kind int, body []byte) []byte {
	b := slices.Concat([]byte("8BIM"), binary.BigEndian.AppendUint16(nil, uint16(kind)), []byte{0, 0}, be(len(body)), body)
	return append(b, make([]byte, len(body)%2)...)
}

func thumbOf(jpg []byte, width, height int) []byte {
	return resource(thumbnail, slices.Concat(be(1, width, height, width*3, width*height*3, len(jpg)), []byte{0, 24, 0, 1}, jpg))
}

// psdOf makes a Photoshop document with a thumbnail and no pixels.
func psdOf(width, height int, jpg []byte) []byte {
	all := slices.Concat(resource(1005, make([]byte, 17)), thumbOf(jpg, 160, 120))
	return slices.Concat([]byte("8BPS\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03"), be(height, width), []byte{0, 8, 0, 3}, be(0), be(len(all)), all, be(0))
}

// packetOf makes an XMP packet with thumbnails, its lines broken as Adobe does.
func packetOf(jpgs ...[]byte) []byte {
	var b strings.Builder
	b.WriteString(`<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description><xmp:Thumbnails><rdf:Alt>`)
	for _, jpg := range jpgs {
		text := base64.StdEncoding.EncodeToString(jpg)
		b.WriteString("<rdf:li rdf:parseType=\"Resource\"><xmpGImg:format>JPEG</xmpGImg:format><xmpGImg:image>")
		for len(text) > 76 {
			b.WriteString(text[:76] + "&#xA;\n")
			text = text[76:]
		}
		b.WriteString(text + "</xmpGImg:image></rdf:li>")
	}
	b.WriteString(`</rdf:Alt></xmp:Thumbnails></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`)
	return []byte(b.String())
}

// inddOf makes a database such as InDesign's with one object.
func inddOf(packet []byte) []byte {
	master := func(sequence uint64, pages uint32) []byte {
		b := make([]byte, pageSize)
		copy(b, masterPage+"DOCUMENT\x01")
		binary.LittleEndian.PutUint64(b[264:], sequence)
		binary.LittleEndian.PutUint32(b[280:], pages)
		return b
	}
	head := make([]byte, 32)
	copy(head, contiguous)
	binary.LittleEndian.PutUint32(head[24:], uint32(len(packet)+4))
	return slices.Concat(master(5, 3), master(4, 1), make([]byte, pageSize), head, binary.LittleEndian.AppendUint32(nil, uint32(len(packet))), packet, head)
}

// epsOf makes a PostScript document with the given comments.
func epsOf(comments string) []byte {
	return []byte("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 200 100\n" + comments + "\n%%EndComments\n0 0 moveto 100 100 lineto stroke\nshowpage\n%%EOF\n")
}

// photoshopEPS is what Photoshop writes: its resources in hexadecimal.
func photoshopEPS(jpg []byte) []byte {
	text := hex.EncodeToString(thumbOf(jpg, 160, 120))
	var b strings.Builder
	fmt.Fprintf(&b, "%%BeginPhotoshop: %d\n", len(text)/2)
	for len(text) > 0 {
		n := min(64, len(text))
		b.WriteString("% " + text[:n] + "\n")
		text = text[n:]
	}
	return epsOf(b.String() + "%EndPhotoshop")
}

// dosEPS is an EPS in its binary form, with a TIFF beside the program.
func dosEPS(tiff []byte) []byte {
	ps := epsOf("")
	b := []byte("\xc5\xd0\xd3\xc6")
	for _, n := range []int{30, len(ps), 0, 0, 30 + len(ps), len(tiff)} {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return slices.Concat(b, []byte{0xff, 0xff}, ps, tiff)
}
