// SPDX-License-Identifier: Apache-2.0

package picture

import "bytes"

// readJPEG walks the marker segments up to the first scan (ITU-T T.81, B.1
// and B.2). EXIF lies in APP1, a profile in one or more APP2 (ICC.1:2022,
// B.4).
func (h *Header) readJPEG(f *file) error {
	var profile iccParts
	seen := false
	off := int64(2)
	for step := 0; ; step++ {
		if step > maxSteps {
			return damaged("more than %d segments", maxSteps)
		}
		b, err := f.at(off, 2)
		if err != nil {
			return err
		}
		if b[0] != 0xff {
			return damaged("no marker at %d", off)
		}
		marker := b[1]
		switch {
		case marker == 0xff: // fill byte, B.1.1.2
			off++
			continue
		case marker == 0x01, marker >= 0xd0 && marker <= 0xd8:
			off += 2
			continue
		case marker == 0xd9:
			return damaged("ends without a picture")
		case marker == 0x00:
			return damaged("no marker at %d", off)
		}
		b, err = f.at(off+2, 2)
		if err != nil {
			return err
		}
		length := int64(be16(b))
		if length < 2 {
			return damaged("segment of %d bytes", length)
		}
		body, n := off+4, length-2
		off += 2 + length
		switch {
		case marker == 0xda: // SOS
			if !seen {
				return damaged("scan before frame")
			}
			h.icc = profile.join()
			return nil
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			if err := h.readSOF(f, marker, body, n); err != nil {
				return err
			}
			seen = true
		case marker == 0xe1:
			if b := f.peek(body, int(n)); h.Orientation == 1 && bytes.HasPrefix(b, []byte("Exif\x00\x00")) {
				h.Orientation = exifOrientation(b[6:])
			}
		case marker == 0xe2:
			if b := f.peek(body, int(n)); len(b) > 14 && bytes.HasPrefix(b, []byte("ICC_PROFILE\x00")) {
				profile.add(b[12], b[13], b[14:])
			}
		}
	}
}

// readSOF reads a frame header (T.81, B.2.2).
func (h *Header) readSOF(f *file, marker byte, off, n int64) error {
	if n < 6 {
		return damaged("frame header of %d bytes", n)
	}
	b, err := f.at(off, 6)
	if err != nil {
		return err
	}
	h.BitDepth, h.Height, h.Width = int(b[0]), be16(b[1:]), be16(b[3:])
	components := int(b[5])
	h.Progressive = marker == 0xc2 || marker == 0xc6 || marker == 0xca || marker == 0xce
	if components < 1 || components > 4 || n < 6+3*int64(components) {
		return damaged("%d components", components)
	}
	h.Channels = components
	if components == 2 {
		h.Channels = 1
	}
	if b, err = f.at(off+6, 3*components); err != nil {
		return err
	}
	most, sum := int64(1), int64(0)
	for i := range components {
		area := int64(b[3*i+1]>>4) * int64(b[3*i+1]&15)
		most, sum = max(most, area), sum+area
	}
	h.planes = max(2, (2*sum+most-1)/most)
	return nil
}

// iccParts collects the numbered pieces of a profile.
type iccParts struct {
	total byte
	parts [256][]byte
	size  int
}

func (p *iccParts) add(number, total byte, b []byte) {
	if number == 0 || number > total || p.parts[number] != nil || p.size+len(b) > maxProfile {
		return
	}
	p.total = total
	p.parts[number] = bytes.Clone(b)
	p.size += len(b)
}

func (p *iccParts) join() []byte {
	if p.total == 0 {
		return nil
	}
	var all []byte
	for i := 1; i <= int(p.total); i++ {
		if p.parts[i] == nil {
			return nil
		}
		all = append(all, p.parts[i]...)
	}
	return all
}
