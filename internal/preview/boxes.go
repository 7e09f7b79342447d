// SPDX-License-Identifier: Apache-2.0

package preview

import "encoding/binary"

// Identifiers of Canon's own boxes in CR3.
const (
	canonMeta    = "\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48"
	canonPreview = "\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16"
)

const maxBoxes = 5000

// boxes calls use for each box of an ISO base media file (ISO/IEC 14496-12
// §4.2) between two places. steps bounds them over the whole file.
func (f *file) boxes(from, to int64, steps *int, use func(kind string, at, size int64)) {
	for at := from; at+8 <= to; {
		if *steps++; *steps > maxBoxes {
			return
		}
		b := f.upTo(at, 16)
		if len(b) < 8 {
			return
		}
		n, head := int64(binary.BigEndian.Uint32(b)), int64(8)
		switch {
		case n == 0:
			n = to - at
		case n == 1 && len(b) == 16:
			n, head = number(binary.BigEndian.Uint64(b[8:])), 16
		}
		if n < head || n > to-at {
			return
		}
		use(string(b[4:8]), at+head, n-head)
		at += n
	}
}

// cr3 walks Canon's third raw format: Exif blocks and a small picture in the
// film's header, a middle one in a box of its own, and the large one as the
// only sample of a track.
func (f *file) cr3(s *search) {
	steps := 0
	var walk func(from, to int64, depth int)
	walk = func(from, to int64, depth int) {
		f.boxes(from, to, &steps, func(kind string, at, size int64) {
			switch kind {
			case "moov", "trak", "mdia", "minf", "stbl":
				if depth < 8 {
					walk(at, at+size, depth+1)
				}
				if kind == "stbl" {
					f.sample(s, at, at+size, &steps)
				}
			case "uuid":
				switch string(f.bytes(at, 16)) {
				case canonMeta:
					if depth < 8 {
						walk(at+16, at+size, depth+1)
					}
				case canonPreview:
					if depth < 8 {
						walk(at+16+8, at+size, depth+1) // behind two numbers
					}
				}
			case "CMT1":
				f.cmt(s, at, size)
			case "THMB", "PRVW":
				if head := f.upTo(at, 64); len(head) > 2 {
					for i := range len(head) - 2 { // behind a few numbers
						if head[i] == 0xff && head[i+1] == 0xd8 && head[i+2] == 0xff {
							f.jpeg(s, at+int64(i), size-int64(i))
							break
						}
					}
				}
			}
		})
	}
	walk(0, f.size, 0)
}

// cmt reads the first Exif block: size and orientation of the original.
func (f *file) cmt(s *search, at, size int64) {
	if size <= 0 || at > f.size-size {
		return
	}
	var own search
	t, first := f.part(at, size).structure(&own)
	if t == nil {
		return
	}
	t.dir(first, 0)
	if s.orientation == 0 {
		s.orientation = own.orientation
	}
	s.measured(own.width, own.height)
}

// sample takes the first sample of a track, which in the track of the large
// preview is a JPEG (ISO/IEC 14496-12 §8.7).
func (f *file) sample(s *search, from, to int64, steps *int) {
	var at, size int64
	f.boxes(from, to, steps, func(kind string, box, n int64) {
		b := f.upTo(box, min(n, 24))
		switch {
		case kind == "stsz" && len(b) >= 12:
			if size = int64(binary.BigEndian.Uint32(b[4:])); size == 0 && len(b) >= 16 {
				size = int64(binary.BigEndian.Uint32(b[12:]))
			}
		case kind == "stco" && len(b) >= 12:
			at = int64(binary.BigEndian.Uint32(b[8:]))
		case kind == "co64" && len(b) >= 16:
			at = number(binary.BigEndian.Uint64(b[8:]))
		}
	})
	f.jpeg(s, at, size)
}

// raf reads Fujifilm's header, which says where the JPEG is, and the list of
// facts behind it for the size.
func (f *file) raf(s *search) {
	b := f.bytes(0, 100)
	if b == nil || string(b[:15]) != "FUJIFILMCCD-RAW" {
		return
	}
	f.jpeg(s, int64(binary.BigEndian.Uint32(b[84:])), int64(binary.BigEndian.Uint32(b[88:])))
	at := int64(binary.BigEndian.Uint32(b[92:]))
	if b = f.bytes(at, 4); b == nil {
		return
	}
	n := binary.BigEndian.Uint32(b)
	at += 4
	for range min(n, 500) {
		if b = f.bytes(at, 4); b == nil {
			return
		}
		tag, size := binary.BigEndian.Uint16(b), int64(binary.BigEndian.Uint16(b[2:]))
		if v := f.bytes(at+4, 4); tag == 0x0111 && size == 4 && v != nil { // height and width that are shown
			s.measured(int(binary.BigEndian.Uint16(v[2:])), int(binary.BigEndian.Uint16(v)))
		}
		at += 4 + size
	}
}

// psd reads Photoshop's header and its image resources, of which one is a
// thumbnail (Adobe Photoshop File Formats, "Image Resources Section").
func (f *file) psd(s *search) {
	b := f.bytes(0, 30)
	if b == nil || string(b[:4]) != "8BPS" {
		return
	}
	s.measured(int(binary.BigEndian.Uint32(b[18:])), int(binary.BigEndian.Uint32(b[14:])))
	at := 30 + int64(binary.BigEndian.Uint32(b[26:]))
	if b = f.bytes(at, 4); b == nil {
		return
	}
	f.resources(at+4, int64(binary.BigEndian.Uint32(b)), func(at, size int64) {
		if b := f.bytes(at, 4); b != nil && binary.BigEndian.Uint32(b) == 1 {
			f.jpeg(s, at+28, size-28)
		}
	})
}

// thumbnail numbers Photoshop's resource with a JPEG behind 28 bytes.
const thumbnail = 1036

// resources walks image resource blocks and calls use with each thumbnail.
func (f *file) resources(at, size int64, use func(at, size int64)) {
	end := min(f.size, at+size)
	for range 5000 {
		b := f.bytes(at, 7)
		if b == nil || at >= end || string(b[:4]) != "8BIM" && string(b[:4]) != "MeSa" && string(b[:4]) != "AgHg" && string(b[:4]) != "PHUT" && string(b[:4]) != "DCSR" {
			return
		}
		kind := binary.BigEndian.Uint16(b[4:])
		at += 6 + (int64(b[6])+2)&^1 // a name, padded to even with its length
		if b = f.bytes(at, 4); b == nil {
			return
		}
		n := int64(binary.BigEndian.Uint32(b))
		at += 4
		if kind == thumbnail && n > 28 {
			use(at, n)
		}
		at += (n + 1) &^ 1
	}
}
