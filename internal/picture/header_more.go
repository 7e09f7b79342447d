// SPDX-License-Identifier: Apache-2.0

package picture

import "bytes"

// readGIF reads the logical screen and counts frames (GIF89a, 18 and 20).
func (h *Header) readGIF(f *file) error {
	b, err := f.at(0, 13)
	if err != nil {
		return err
	}
	h.Width, h.Height = le16(b[6:]), le16(b[8:])
	off := int64(13)
	if b[10]&0x80 != 0 {
		off += 3 << (b[10]&7 + 1)
	}
	frames := 0
	for step := 0; step < maxSteps && frames <= countFrames; step++ {
		b := f.peek(off, 10)
		if len(b) == 0 || b[0] == 0x3b {
			break
		}
		switch {
		case b[0] == 0x21 && len(b) > 3: // extension; graphic control says if a colour is transparent
			if b[1] == 0xf9 && b[3]&1 != 0 {
				h.Alpha = true
			}
			off += 2
		case b[0] == 0x2c && len(b) == 10:
			if frames == 0 && (le16(b[5:]) < h.Width || le16(b[7:]) < h.Height) {
				h.Alpha = true
			}
			frames++
			off += 11 // with the LZW code size
			if b[9]&0x80 != 0 {
				off += 3 << (b[9]&7 + 1)
			}
		default:
			h.Frames = max(1, frames)
			return nil // the decoder judges
		}
		for ; step < maxSteps; step++ { // data sub-blocks, clause 15
			b := f.peek(off, 1)
			if len(b) == 0 {
				break
			}
			off += 1 + int64(b[0])
			if b[0] == 0 {
				break
			}
		}
	}
	h.Frames = max(1, frames)
	return nil
}

// readWebP walks the RIFF chunks (RFC 9649, 2.3–2.7).
func (h *Header) readWebP(f *file) error {
	if b, err := f.at(4, 4); err == nil {
		h.short = le32(b)+8 > f.size
	}
	off := int64(12)
	frames := 0
	for step := 0; step < maxSteps && frames <= countFrames; step++ {
		b := f.peek(off, 8)
		if len(b) < 8 {
			if h.Width == 0 {
				return damagedOrShort(f, off)
			}
			break
		}
		kind, n := string(b[:4]), le32(b[4:])
		body := off + 8
		off = body + n + n&1
		switch kind {
		case "VP8X":
			b, err := f.at(body, 10)
			if err != nil {
				return err
			}
			h.Alpha = b[0]&0x10 != 0
			h.Width, h.Height = le24(b[4:])+1, le24(b[7:])+1
		case "VP8 ":
			b, err := f.at(body, 10)
			if err != nil {
				return err
			}
			if h.Width == 0 {
				h.Width, h.Height = le16(b[6:])&0x3fff, le16(b[8:])&0x3fff
			}
		case "VP8L":
			b, err := f.at(body, 5)
			if err != nil {
				return err
			}
			if h.Width == 0 {
				bits := le32(b[1:])
				h.Width, h.Height = int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1
			}
			h.Alpha = h.Alpha || b[4]&0x10 != 0
		case "ANMF":
			frames++
		case "ICCP":
			h.icc, _ = f.keep(body, n, maxProfile)
		case "EXIF":
			if b, err := f.keep(body, n, maxExif); err == nil && b != nil {
				h.Orientation = exifOrientation(bytes.TrimPrefix(b, []byte("Exif\x00\x00")))
			}
		}
	}
	h.Frames = max(1, frames)
	return nil
}

func damagedOrShort(f *file, off int64) error {
	if _, err := f.at(off, 8); err != nil {
		return err
	}
	return damaged("no picture chunk")
}

// readBMP reads a bitmap info header (BITMAPCOREHEADER to BITMAPV5HEADER).
func (h *Header) readBMP(f *file) error {
	b, err := f.at(0, 30)
	if err != nil {
		return err
	}
	if size := le32(b[14:]); size == 12 {
		h.Width, h.Height = le16(b[18:]), le16(b[20:])
		return nil
	} else if size < 40 || size > 1<<10 {
		return damaged("info header of %d bytes", size)
	}
	width, height := int64(int32(le32(b[18:]))), int64(int32(le32(b[22:]))) //nolint:gosec // G115: the field is signed
	h.Width, h.Height = int(width), int(max(height, -height))
	h.Alpha = le16(b[28:]) == 32
	return nil
}

// readPSD reads the file header section (Adobe Photoshop file formats, "File
// header").
func (h *Header) readPSD(f *file) error {
	b, err := f.at(0, 26)
	if err != nil {
		return err
	}
	h.Height, h.Width, h.BitDepth = int(be32(b[14:])), int(be32(b[18:])), be16(b[22:])
	channels := be16(b[12:])
	switch be16(b[24:]) {
	case 1, 8, 0:
		h.Channels = 1
	case 4:
		h.Channels = 4
	}
	h.Alpha = channels > h.Channels
	return nil
}

// readHEIF finds the largest picture size in the properties of a HEIF or AVIF
// file (ISO/IEC 23008-12, 6.5.3: ispe in meta/iprp/ipco): tiles are smaller
// than the whole, so the largest is what a decoder may have to hold.
func (h *Header) readHEIF(f *file) error {
	found := false
	var walk func(from, to int64, depth int) error
	steps := 0
	walk = func(from, to int64, depth int) error {
		for off := from; off+8 <= to; {
			if steps++; steps > maxSteps {
				return damaged("more than %d boxes", maxSteps)
			}
			b, err := f.at(off, 8)
			if err != nil {
				return err
			}
			n, kind, head := be32(b), string(b[4:8]), int64(8)
			switch n {
			case 0:
				n = to - off
			case 1:
				if b, err = f.at(off+8, 8); err != nil {
					return err
				}
				if be32(b) > 1<<20 {
					return damaged("box of %d TiB", be32(b)>>8)
				}
				n, head = be32(b)<<32|be32(b[4:]), 16
			}
			if n < head || n > to-off {
				if kind == "mdat" || kind == "idat" {
					return nil
				}
				return damagedBox(f, off, n, to)
			}
			switch {
			case depth == 0 && kind == "meta":
				err = walk(off+head+4, off+n, 1)
			case depth == 1 && kind == "iprp", depth == 2 && kind == "ipco":
				err = walk(off+head, off+n, depth+1)
			case depth == 3 && kind == "ispe" && n >= head+12:
				if b, err = f.at(off+head+4, 8); err == nil {
					w, ht := be32(b), be32(b[4:])
					if float64(w)*float64(ht) > float64(h.Width)*float64(h.Height) {
						h.Width, h.Height = int(w), int(ht)
					}
					found = true
				}
			case depth == 3 && kind == "pixi" && n >= head+6:
				if b, err = f.at(off+head+4, 2); err == nil && b[0] > 0 {
					h.BitDepth = max(h.BitDepth, int(b[1]))
				}
			case depth == 3 && kind == "auxC":
				h.Alpha = true
			}
			if err != nil {
				return err
			}
			off += n
		}
		return nil
	}
	if err := walk(0, f.size, 0); err != nil && !found {
		return err
	}
	if !found {
		return damaged("no picture size")
	}
	return nil
}

func damagedBox(f *file, off, n, to int64) error {
	if _, err := f.at(off+n-1, 1); n > 0 && to == f.size && err != nil {
		return err
	}
	return damaged("box of %d bytes", n)
}
