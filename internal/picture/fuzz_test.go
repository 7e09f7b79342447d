// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"testing"
)

func FuzzReadHeader(f *testing.F) {
	m := photo(30, 20, 1)
	icc := p3(4, newName("P3"), para(0, 2.2))
	for _, b := range [][]byte{
		withSegments(jpegOf(f, m, 80), exifSegment(6), iccSegments(icc)),
		withChunk(withChunk(pngOf(f, m), chunk("eXIf", exifBlock(3, binary.LittleEndian))), chunk("iCCP", deflated(f, "P3", icc))),
		pngHead(60000, 60000, 8, 2), tiffOf(f, m), bmpOf(6, 4), manyFrames(3), psdOf(m), pdfOf(1),
		webpWithExif([]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x05\xc0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), exifBlock(5, binary.BigEndian)),
		[]byte("II+\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\x7f"),
		[]byte("\x00\x00\x00\x10ftypheic\x00\x00\x00\x00\x00\x00\x00\x30meta\x00\x00\x00\x00\x00\x00\x00\x24iprp\x00\x00\x00\x1cipco\x00\x00\x00\x14ispe\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\xf0"),
	} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := readHeader(b)
		if err != nil {
			return
		}
		if h.Orientation < 1 || h.Orientation > 8 || h.Frames < 1 || h.Frames > countFrames+1 || h.Width < 0 || h.Height < 0 {
			t.Errorf("%+v", h)
		}
		if (h.Width == 0 || h.Height == 0) && h.MediaType != TypeJXL && h.MediaType != TypePDF {
			t.Errorf("no size: %+v", h)
		}
		if len(h.icc) > maxProfile {
			t.Errorf("%d bytes of profile", len(h.icc))
		}
		Describe(h)
		_ = Limits{}.or(BuiltinPixels, BuiltinMemory).Check(h, builtinMemory(h))
	})
}

func FuzzOrientation(f *testing.F) {
	f.Add(exifBlock(6, binary.BigEndian))
	f.Add(exifBlock(1, binary.LittleEndian))
	f.Add([]byte("II*\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if o := exifOrientation(b); o < 1 || o > 8 {
			t.Error(o)
		}
	})
}

func FuzzProfile(f *testing.F) {
	for _, b := range [][]byte{
		p3(4, newName("P3"), para(4, 2.4, 0.9, 0.1, 0.1, 0.04, 0.01, 0)), p3(2, oldName("P3"), points(clamp01, 5)), p3(2, oldName("P3"), gamma(2.2)),
		makeProfile(2, "RGB ", "Lab ", oldName("lut"), tag{"A2B0", mft(3, 3, true)}), makeProfile(2, "CMYK", "Lab ", oldName("lut"), tag{"A2B0", mft(4, 2, false)}),
		makeProfile(4, "RGB ", "Lab ", newName("lut"), tag{"A2B1", mAB(3)}), makeProfile(4, "GRAY", "Lab ", newName("g"), tag{"kTRC", gamma(1)}),
	} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parseProfile(b)
		if err != nil {
			return
		}
		colours := newToSRGB(p)
		if colours == nil {
			return
		}
		m := image.NewNRGBA(image.Rect(0, 0, 2, 2))
		copy(m.Pix, bytes.Repeat([]byte{0, 255, 17, 200, 90, 3}, 3))
		if p.channels == 4 {
			colours.convertCMYK(m, image.NewNRGBA(m.Rect))
		} else {
			colours.convert(m)
		}
	})
}
