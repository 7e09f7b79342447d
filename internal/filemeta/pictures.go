// SPDX-License-Identifier: Apache-2.0

package filemeta

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"io"
	"strconv"
	"strings"
)

// maxParts bounds the segments, chunks and boxes that are looked at.
const maxParts = 20_000

// jpeg walks the segments before the picture (ITU-T T.81 Annex B): Exif in
// APP1 (DC-008 §4.7.2), XMP in APP1 (XMP Part 3 §1.1.3), IIM in APP13.
func (f *file) jpeg() {
	var photoshop []byte
	extended := map[string][]byte{} // GUID → text so far
	pos := int64(2)
	for range maxParts {
		b := f.bytes(pos, 4)
		if b == nil || b[0] != 0xFF {
			break
		}
		if b[1] == 0xFF { // fill byte
			pos++
			continue
		}
		if b[1] == 0x01 || (b[1] >= 0xD0 && b[1] <= 0xD7) { // markers without a segment
			pos += 2
			continue
		}
		n := int64(binary.BigEndian.Uint16(b[2:]))
		if b[1] == 0xDA || b[1] == 0xD9 || n < 2 { // the picture begins, or nothing more
			break
		}
		data := f.sub(pos+4, n-2)
		switch b[1] {
		case 0xE1:
			f.app1(data, extended)
		case 0xEB:
			f.app11(data.all())
		case 0xED:
			if rest, ok := bytes.CutPrefix(data.all(), []byte("Photoshop 3.0\x00")); ok && len(photoshop) < maxBlock {
				photoshop = append(photoshop, rest...) // long blocks go on in the next segment
			}
		}
		pos += 2 + n
	}
	f.photoshop(photoshop, false)
	if text := extended[f.xmpExtended]; f.xmpExtended != "" && len(text) > 0 {
		f.xmp(text)
	}
}

func (f *file) app1(s span, extended map[string][]byte) {
	const (
		xmpHead = "http://ns.adobe.com/xap/1.0/\x00"
		extHead = "http://ns.adobe.com/xmp/extension/\x00" // + GUID (32), length (4), offset (4)
	)
	switch head := string(s.bytes(0, min(s.size, int64(len(extHead))))); {
	case strings.HasPrefix(head, "Exif\x00"):
		f.exif(s.sub(6, s.size))
	case strings.HasPrefix(head, xmpHead):
		f.xmp(s.sub(int64(len(xmpHead)), s.size).all())
	case head == extHead && s.size > int64(len(extHead))+40:
		b := s.sub(int64(len(extHead)), s.size).all()
		if len(b) <= 40 {
			return
		}
		id, at, b := string(b[:32]), int(binary.BigEndian.Uint32(b[36:])), b[40:]
		if at != len(extended[id]) || at+len(b) > maxPacket || len(extended) > 10 { // pieces in order, as all writers do
			f.out.note("A piece of extended XMP was left out.")
			return
		}
		extended[id] = append(extended[id], b...)
	}
}

// png walks the chunks (PNG 3rd edition §5): eXIf, XMP in iTXt, the texts that
// PNG itself defines, and the "Raw profiles" of ImageMagick.
func (f *file) png() {
	pos := int64(8)
	for range maxParts {
		b := f.bytes(pos, 8)
		if b == nil {
			return
		}
		n := int64(binary.BigEndian.Uint32(b))
		data := f.sub(pos+8, n)
		switch string(b[4:]) {
		case "eXIf":
			f.exif(data)
		case "caBX":
			f.manifest(data.all())
		case "iTXt", "tEXt", "zTXt":
			f.pngText(string(b[4:]), data.all())
		case "IEND":
			return
		}
		pos += 12 + n
	}
}

func (f *file) pngText(chunk string, b []byte) {
	word, rest, ok := strings.Cut(string(b), "\x00")
	if !ok || len(word) > 79 {
		return
	}
	var value []byte
	switch {
	case chunk == "tEXt":
		value = []byte(rest)
	case chunk == "zTXt" && len(rest) > 1:
		value = f.inflate(rest[1:])
	case chunk == "iTXt" && len(rest) > 2:
		compressed := rest[0] == 1
		parts := strings.SplitN(rest[2:], "\x00", 3) // language, translated keyword, text
		if len(parts) < 3 {
			return
		}
		if value = []byte(parts[2]); compressed {
			value = f.inflate(parts[2])
		}
	}
	if len(value) == 0 {
		return
	}
	m := &f.fromFile
	switch word {
	case "XML:com.adobe.xmp":
		f.xmp(value)
	case "Raw profile type xmp":
		f.xmp(rawProfile(value))
	case "Raw profile type exif", "Raw profile type APP1":
		raw := rawProfile(value)
		if rest, ok := bytes.CutPrefix(raw, []byte("http://ns.adobe.com/xap/1.0/\x00")); ok {
			f.xmp(rest)
			return
		}
		raw = bytes.TrimPrefix(raw, []byte("Exif\x00\x00"))
		f.exif(span{r: bytes.NewReader(raw), size: int64(len(raw)), work: f.work})
	case "Raw profile type iptc", "Raw profile type 8bim":
		f.photoshop(rawProfile(value), false)
	case "Title":
		fill(&m.Title, f.out.plain(decode(value)))
	case "Description", "Comment":
		fill(&m.Description, f.out.plain(decode(value)))
	case "Copyright":
		fill(&m.Copyright, f.out.plain(decode(value)))
	case "Author":
		m.Creator = f.out.list(append(m.Creator, decode(value)))
	case "Source":
		m.Source = f.out.line(decode(value))
	case "Software":
		m.Software = f.out.line(decode(value))
	}
}

// inflate unpacks at most maxPacket bytes, and no more than the budget.
func (f *file) inflate(s string) []byte {
	z, err := zlib.NewReader(strings.NewReader(s))
	if err != nil {
		return nil
	}
	defer func() { _ = z.Close() }()
	b, err := io.ReadAll(io.LimitReader(z, min(maxPacket, f.work.left)+1))
	f.work.left -= int64(len(b)) // small files unpack to large ones
	if err != nil || len(b) > maxPacket {
		f.out.note("A compressed text is damaged or too long and was left out.")
		return nil
	}
	return b
}

// rawProfile reads "\nname\n length\nhex…", as ImageMagick writes it.
func rawProfile(b []byte) []byte {
	parts := strings.SplitN(strings.TrimLeft(string(b), "\n"), "\n", 3)
	if len(parts) < 3 {
		return nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(parts[1]))
	out, _ := hex.DecodeString(strings.NewReplacer("\n", "", " ", "", "\r", "").Replace(parts[2]))
	if err != nil || n < 0 || n > len(out) {
		return nil
	}
	return out[:n]
}

// webp walks the RIFF chunks (RFC 9649 §2.7).
func (f *file) webp() {
	f.riff(func(name string, data span) {
		switch name {
		case "EXIF":
			if string(data.bytes(0, 6)) == "Exif\x00\x00" { // some writers keep JPEG's prefix
				data = data.sub(6, data.size)
			}
			f.exif(data)
		case "XMP ":
			f.xmp(data.all())
		case "C2PA":
			f.manifest(data.all())
		}
	})
}

// riff calls use for each chunk of a RIFF file.
func (f *file) riff(use func(name string, data span)) {
	pos := int64(12)
	for range maxParts {
		b := f.bytes(pos, 8)
		if b == nil {
			return
		}
		n := int64(binary.LittleEndian.Uint32(b[4:]))
		use(string(b[:4]), f.sub(pos+8, n))
		pos += 8 + (n+1)&^1
	}
}

// gif walks the blocks (GIF89a §15–26) to the application extension of XMP,
// whose text lies bare in the file, ended by a trailer that makes it look like
// sub-blocks (XMP Part 3 §1.1.2).
func (f *file) gif() {
	b := f.bytes(0, 13)
	if b == nil {
		return
	}
	pos := int64(13) + table(b[10])
	ahead := &window{s: f.span}
	for range maxFrames {
		b := ahead.bytes(pos, 14)
		switch {
		case b == nil:
			return
		case b[0] == 0x2C: // a picture: descriptor, table, code size, data
			pos = ahead.skipBlocks(pos + 11 + table(b[9]))
		case b[0] == 0x21 && b[1] == 0xFF && string(b[2:]) == "\x0bXMP DataXMP":
			if text, _, ended := bytes.Cut(f.sub(pos+14, maxPacket).all(), []byte("\x01\xff\xfe\xfd\xfc")); ended {
				f.xmp(text)
			}
			return
		case b[0] == 0x21:
			pos = ahead.skipBlocks(pos + 2)
		default:
			return
		}
	}
}

// table is the size of a colour table by its flags.
func table(flags byte) int64 {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// maxFrames bounds the blocks of an animation that are looked at.
const maxFrames = 1_000_000

// window reads ahead in pieces, since a long animation has millions of blocks.
type window struct {
	s     span
	begin int64
	b     []byte
}

// bytes returns n bytes at pos, or nil.
func (w *window) bytes(pos, n int64) []byte {
	if pos < w.begin || pos+n > w.begin+int64(len(w.b)) {
		w.begin, w.b = pos, w.s.sub(pos, 256<<10).all()
	}
	if off := pos - w.begin; off >= 0 && off+n <= int64(len(w.b)) {
		return w.b[off : off+n]
	}
	return nil
}

// skipBlocks returns the position after a chain of sub-blocks.
func (w *window) skipBlocks(pos int64) int64 {
	for {
		b := w.bytes(pos, 1)
		if b == nil {
			return w.s.size
		}
		pos += 1 + int64(b[0])
		if b[0] == 0 {
			return pos
		}
	}
}
