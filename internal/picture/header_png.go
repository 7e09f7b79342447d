// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bytes"
	"compress/zlib"
	"io"
)

// readPNG walks the chunks (PNG third edition, clause 5 and 11): IHDR, then
// iCCP, tRNS, acTL before the data and eXIf anywhere.
func (h *Header) readPNG(f *file) error {
	b, err := f.at(8, 8+13)
	if err != nil {
		return err
	}
	if be32(b) != 13 || string(b[4:8]) != "IHDR" {
		return damaged("no IHDR")
	}
	width, height := be32(b[8:]), be32(b[12:])
	if width > 1<<31-1 || height > 1<<31-1 {
		return damaged("%d × %d", width, height)
	}
	h.Width, h.Height, h.BitDepth, h.Progressive = int(width), int(height), int(b[16]), b[20] != 0
	switch b[17] {
	case 0:
		h.Channels = 1
	case 4:
		h.Channels, h.Alpha = 1, true
	case 3:
		h.BitDepth = 8
	case 6:
		h.Alpha = true
	case 2:
	default:
		return damaged("colour type %d", b[17])
	}
	if int64(h.Width)*int64(h.Height) > 1<<40 {
		return nil // no limit lets it pass; its chunks are of no interest
	}
	off := int64(8 + 25)
	for range maxSteps {
		b := f.peek(off, 8)
		if len(b) < 8 {
			h.short = true // the decoder judges
			return nil
		}
		n, kind := be32(b), string(b[4:8])
		body := off + 8
		off = body + n + 4
		switch kind {
		case "IEND":
			return nil
		case "tRNS":
			h.Alpha = true
		case "acTL":
			if b := f.peek(body, 4); len(b) == 4 {
				h.Frames = int(max(1, min(be32(b), countFrames)))
			}
		case "iCCP":
			if b, err := f.keep(body, n, maxProfile); err == nil && b != nil {
				h.icc = inflateProfile(b)
			}
		case "eXIf":
			if b, err := f.keep(body, n, maxExif); err == nil && b != nil {
				h.Orientation = exifOrientation(b)
			}
		}
	}
	return nil
}

// inflateProfile reads the body of an iCCP chunk (11.3.3.3): name, method, zlib data.
func inflateProfile(b []byte) []byte {
	_, rest, ok := bytes.Cut(b[:min(len(b), 1<<20)], []byte{0})
	if !ok || len(rest) < 1 || rest[0] != 0 {
		return nil
	}
	z, err := zlib.NewReader(bytes.NewReader(rest[1:]))
	if err != nil {
		return nil
	}
	defer func() { _ = z.Close() }()
	icc, err := io.ReadAll(io.LimitReader(z, maxProfile+1))
	if err != nil || len(icc) > maxProfile {
		return nil
	}
	return icc
}
