// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"image"
	"image/png"
	"strconv"
	"strings"
)

// searched is how much of a file is searched for text: XMP lies near one of
// its ends.
const searched = 24 << 20

// eps looks into an EPS document: a TIFF beside the program in its binary form
// (EPSF 3.0 §5.2), or what Photoshop, Illustrator and others write into
// comments. Nothing of the program is run.
func (f *file) eps(s *search) {
	from, to := int64(0), f.size
	if b := f.bytes(0, 30); b != nil && string(b[:4]) == "\xc5\xd0\xd3\xc6" {
		from, to = int64(binary.LittleEndian.Uint32(b[4:])), int64(binary.LittleEndian.Uint32(b[8:]))
		to = min(f.size, from+to)
		at, size := int64(binary.LittleEndian.Uint32(b[20:])), int64(binary.LittleEndian.Uint32(b[24:]))
		if size > 8 && at > 0 && at <= f.size-size {
			f.tiffPreview(s, at, size)
		}
	}
	head := f.upTo(from, min(to-from, 8<<20))
	if b, ok := between(head, "%BeginPhotoshop:", "%EndPhotoshop"); ok {
		inside := f.memory(unhex(b))
		inside.resources(0, inside.size, func(at, size int64) {
			if b := inside.bytes(at+28, size-28); b != nil {
				f.jpegData(s, b)
			}
		})
	}
	f.packets(s, from, to)
	if len(s.found) == 0 {
		epsi(s, head)
	}
}

// tiffPreview takes a TIFF that is part of the file, with its first page's size.
func (f *file) tiffPreview(s *search, at, size int64) {
	var own search
	t, first := f.part(at, size).structure(&own)
	if t == nil {
		return
	}
	t.dir(first, 0)
	s.found = append(s.found, Picture{MediaType: TIFF, Width: own.width, Height: own.height, Orientation: 1, at: at, size: size})
}

// between returns what stands between a line that begins with one mark, and
// another mark.
func between(b []byte, begin, end string) ([]byte, bool) {
	_, b, ok := bytes.Cut(b, []byte(begin))
	if !ok {
		return nil, false
	}
	if _, b, ok = bytes.Cut(b, []byte("\n")); !ok {
		return nil, false
	}
	b, _, ok = bytes.Cut(b, []byte(end))
	return b, ok
}

// unhex reads the hexadecimal digits in b, whatever stands between them.
func unhex(b []byte) []byte {
	digits := bytes.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F' {
			return r
		}
		return -1
	}, b)
	out := make([]byte, len(digits)/2)
	n, _ := hex.Decode(out, digits[:len(digits)&^1])
	return out[:n]
}

// epsi reads the preview of EPSI (EPSF 3.0 §6): hexadecimal samples of grey,
// the lowest row first, in which 0 is white.
func epsi(s *search, head []byte) {
	_, line, ok := bytes.Cut(head, []byte("%%BeginPreview:"))
	if !ok {
		return
	}
	line, _, _ = bytes.Cut(line[:min(len(line), 200)], []byte("\n"))
	fields := strings.Fields(string(line))
	if len(fields) < 3 {
		return
	}
	var v [3]int
	for i := range v {
		n, err := strconv.Atoi(fields[i])
		if err != nil || n <= 0 || n > 4096 {
			return
		}
		v[i] = n
	}
	width, height, depth := v[0], v[1], v[2]
	if depth != 1 && depth != 2 && depth != 4 && depth != 8 {
		return
	}
	body, ok := between(head, "%%BeginPreview:", "%%EndPreview")
	if !ok {
		return
	}
	data, row := unhex(body), (width*depth+7)/8
	if len(data) < row*height {
		return
	}
	m := image.NewGray(image.Rect(0, 0, width, height))
	most := 1<<depth - 1
	for y := range height {
		for x := range width {
			bit := x * depth
			sample := int(data[y*row+bit/8]) >> (8 - depth - bit%8) & most
			m.Pix[y*m.Stride+x] = uint8(255 - sample*255/most) //nolint:gosec // G115: at most 255
		}
	}
	var out bytes.Buffer
	if png.Encode(&out, m) == nil {
		s.found = append(s.found, Picture{MediaType: PNG, Width: width, Height: height, Orientation: 1, data: out.Bytes()})
	}
}

// Identifiers of InDesign's database (XMP Specification Part 3 §1.2.3).
const (
	masterPage = "\x06\x06\xed\xf5\xd8\x1d\x46\xe5\xbd\x31\xef\xe7\xfe\x74\xb7\x1d"
	contiguous = "\xde\x39\x39\x79\x51\x88\x4b\x6c\x8e\x63\xee\xf8\xae\xe0\xdd\x38"
	pageSize   = 4096
)

// indd walks the objects behind an InDesign document's pages, of which one is
// its XMP. Of the two master pages the one written last counts.
func (f *file) indd(s *search) {
	var pages int64
	var last uint64
	for i := range int64(2) {
		b := f.bytes(i*pageSize, 284)
		if b == nil || string(b[:16]) != masterPage {
			continue
		}
		if n := binary.LittleEndian.Uint64(b[264:]); n >= last {
			last, pages = n, int64(binary.LittleEndian.Uint32(b[280:]))
		}
	}
	at := pages * pageSize
	for range 5000 {
		b := f.bytes(at, 32)
		if b == nil || string(b[:16]) != contiguous {
			break
		}
		n := int64(binary.LittleEndian.Uint32(b[24:]))
		f.packets(s, at+32, min(at+32+n, f.size))
		at += 32 + n + 32 // each ends with a copy of its header
	}
	if len(s.found) == 0 {
		f.packets(s, 0, f.size)
	}
}

// packets takes the thumbnails of all XMP packets in a stretch of the file: of
// a long one, its beginning and its end.
func (f *file) packets(s *search, from, to int64) {
	if to-from <= searched {
		f.thumbnails(s, from, to)
		return
	}
	f.thumbnails(s, from, from+searched/2)
	f.thumbnails(s, to-searched/2, to)
}

// thumbnails takes the pictures in XMP's thumbnail and page structures (XMP
// Part 2 §1.2.2.4): base64 in an element or an attribute that Adobe's programs
// have always called xmpGImg:image.
func (f *file) thumbnails(s *search, from, to int64) {
	const name, overlap = "xmpGImg:image", 4 << 20
	for at := from; at < to && f.work.left > 0; {
		n := min(to-at, maxBlock)
		b := f.bytes(at, n)
		if b == nil {
			return
		}
		for {
			_, after, ok := bytes.Cut(b, []byte(name))
			if !ok || len(after) < 2 {
				break
			}
			b = after
			end := []byte("<")
			if after[0] == '=' {
				end = after[1:2]
				after = after[1:]
			} else if after[0] != '>' {
				continue
			}
			value, _, ok := bytes.Cut(after[1:], end)
			if f.work.left -= int64(len(value)) + 4096; f.work.left < 0 {
				return // searching costs something too
			}
			if ok {
				if data := unbase64(value); len(data) > 0 {
					f.jpegData(s, data)
				}
				b = after[1+len(value):]
			}
		}
		if n < maxBlock {
			return
		}
		at += n - overlap // a picture may lie across two pieces
	}
}

// unbase64 decodes text in which lines are broken by characters or by their
// XML references.
func unbase64(b []byte) []byte {
	for _, ref := range []string{"&#xA;", "&#xa;", "&#10;", "&#xD;", "&#xd;", "&#13;"} {
		b = bytes.ReplaceAll(b, []byte(ref), nil)
	}
	b = bytes.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\r' || r == '\n' {
			return -1
		}
		return r
	}, b)
	out := make([]byte, base64.StdEncoding.DecodedLen(len(b)))
	n, err := base64.StdEncoding.Decode(out, b)
	if err != nil {
		return nil
	}
	return out[:n]
}
