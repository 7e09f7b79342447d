// SPDX-License-Identifier: Apache-2.0

package picture

import "bytes"

// readJP2 reads the size out of the codestream, since that is what a decoder
// goes by, whatever the boxes around it say (ISO/IEC 15444-1, A.5.1 and I.4).
func (h *Header) readJP2(f *file) error {
	at, err := jp2Codestream(f)
	if err != nil {
		return err
	}
	b, err := f.at(at, 43)
	if err != nil {
		return err
	}
	if be16(b) != 0xff4f || be16(b[2:]) != 0xff51 {
		return damaged("no size at the beginning of the codestream")
	}
	right, bottom, left, top := be32(b[8:]), be32(b[12:]), be32(b[16:]), be32(b[20:])
	if right <= left || bottom <= top {
		return damaged("a picture of no size")
	}
	h.Width, h.Height = int(right-left), int(bottom-top)
	components := be16(b[40:])
	if components == 0 || components > 16384 {
		return damaged("%d components", components)
	}
	h.BitDepth = int(b[42]&0x7f) + 1
	switch components {
	case 1, 2:
		h.Channels = 1
	case 3, 4:
		h.Channels = 3
	}
	h.Alpha = components == 2 || components == 4
	return nil
}

// jp2Codestream finds the first codestream: the file itself, or a box in it.
func jp2Codestream(f *file) (int64, error) {
	if b, err := f.at(0, 2); err != nil || be16(b) == 0xff4f {
		return 0, err
	}
	for off, step := int64(0), 0; step < maxSteps; step++ {
		b, err := f.at(off, 8)
		if err != nil {
			return 0, err
		}
		n, head := be32(b), int64(8)
		if string(b[4:8]) == "jp2c" {
			if n == 1 {
				head = 16
			}
			return off + head, nil
		}
		if n == 1 {
			if b, err = f.at(off+8, 8); err != nil {
				return 0, err
			}
			if be32(b) > 1<<20 {
				return 0, damaged("box of %d TiB", be32(b)>>8)
			}
			n, head = be32(b)<<32|be32(b[4:]), 16
		}
		if n < head {
			return 0, damaged("box of %d bytes", n)
		}
		off += n
	}
	return 0, damaged("more than %d boxes", maxSteps)
}

// svgHead is how far into a file its first element may begin.
const svgHead = 64 << 10

// isSVG reports whether the first element of a text is an SVG drawing, behind
// what XML allows before it: declarations, comments and a document type.
func isSVG(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	for range 200 {
		b = bytes.TrimLeft(b, " \t\r\n")
		end := []byte(">")
		switch {
		case bytes.HasPrefix(b, []byte("<!--")):
			end = []byte("-->")
		case bytes.HasPrefix(b, []byte("<?")):
			end = []byte("?>")
		case bytes.HasPrefix(b, []byte("<!DOCTYPE")), bytes.HasPrefix(b, []byte("<!doctype")):
			open, closed := bytes.IndexByte(b, '['), bytes.IndexByte(b, '>')
			if open >= 0 && open < closed {
				end = []byte("]>")
				if i := bytes.Index(b, []byte("]>")); i < 0 {
					end = []byte("]") // white space may stand before the bracket
				}
			}
		default:
			rest, ok := bytes.CutPrefix(b, []byte("<svg"))
			if !ok {
				rest, ok = bytes.CutPrefix(b, []byte("<svg:svg"))
			}
			return ok && len(rest) > 0 && bytes.IndexByte([]byte(" \t\r\n/>:"), rest[0]) >= 0
		}
		_, after, ok := bytes.Cut(b, end)
		if !ok {
			return false
		}
		if end[0] == ']' && len(end) == 1 {
			_, after, _ = bytes.Cut(after, []byte(">"))
		}
		b = after
	}
	return false
}
