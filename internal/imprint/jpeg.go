// SPDX-License-Identifier: Apache-2.0

package imprint

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// Headers of the segments that are known here.
const (
	exifHead    = "Exif\x00\x00"
	xmpHead     = "http://ns.adobe.com/xap/1.0/\x00"
	xmpMoreHead = "http://ns.adobe.com/xmp/extension/\x00"
	iimHead     = "Photoshop 3.0\x00"
	iccHead     = "ICC_PROFILE\x00"
)

const (
	maxSegment   = 65533                              // bytes after the length field
	maxXMP       = maxSegment - len(xmpHead)          // of a packet
	extendedStep = maxSegment - len(xmpMoreHead) - 40 // of a piece of an extended packet
	maxSegments  = 20_000                             // of a file
	maxMoreXMP   = 4 << 20                            // bytes of an extended packet
)

// writeJPEG copies the segments that make the picture (ITU-T T.81 Annex B) and
// puts the statement behind the JFIF header: Exif (CIPA DC-008 §4.7.2), XMP
// (XMP Part 3 §1.1.3), IIM. Of application segments only JFIF, Adobe's colour
// transform and the ICC profile stay. What follows the end of the picture, such
// as previews and films of telephones, is left out.
func writeJPEG(to *bufio.Writer, from *bufio.Reader, s Statement, p Policy) error {
	var head [2]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return err
	}
	if head != [2]byte{0xFF, 0xD8} {
		return damaged("no JPEG")
	}
	_, _ = to.Write(head[:]) // a bufio.Writer keeps its first error
	var exif []byte
	var kept [][]byte // application segments that stay
	stated, begun := false, false
	for range maxSegments {
		m, err := marker(from, begun)
		if err != nil {
			return err
		}
		begun = false
		switch {
		case m == 0xD9:
			_, _ = to.Write([]byte{0xFF, m})
			return nil
		case m == 0x01 || m >= 0xD0 && m <= 0xD7: // markers without a segment
			_, _ = to.Write([]byte{0xFF, m})
			continue
		}
		body, err := segment(from)
		if err != nil {
			return err
		}
		if m >= 0xE0 && m <= 0xEF || m == 0xFE {
			if stated {
				continue // nothing of ours, and nothing that the picture needs
			}
			switch {
			case m == 0xE1 && exif == nil && bytes.HasPrefix(body, []byte(exifHead)):
				exif = body[len(exifHead):]
			case m == 0xE0 && bytes.HasPrefix(body, []byte("JFIF\x00")):
				kept = append([][]byte{appended(m, withoutThumbnail(body))}, kept...)
			case m == 0xEE && bytes.HasPrefix(body, []byte("Adobe")), m == 0xE2 && bytes.HasPrefix(body, []byte(iccHead)):
				kept = append(kept, appended(m, body))
			}
			continue
		}
		if !stated { // the picture itself begins
			stated = true
			state(to, s, p, exif, kept)
		}
		_, _ = to.Write(appended(m, body))
		if m == 0xDA {
			if err := scan(to, from); err != nil {
				return err
			}
			begun = true
		}
	}
	return damaged("too many segments")
}

// state writes all application segments.
func state(to *bufio.Writer, s Statement, p Policy, exif []byte, kept [][]byte) {
	if len(kept) > 0 && kept[0][1] == 0xE0 {
		_, _ = to.Write(kept[0]) // JFIF wants to be first
		kept = kept[1:]
	}
	if block := camera(exif, p); block != nil && len(block)+len(exifHead) <= maxSegment {
		_, _ = to.Write(appended(0xE1, append([]byte(exifHead), block...)))
	}
	main, extended, guid := packets(s.properties(), maxXMP)
	if main != nil {
		_, _ = to.Write(appended(0xE1, append([]byte(xmpHead), main...)))
	}
	if len(extended) <= maxMoreXMP {
		for at := 0; at < len(extended); at += extendedStep {
			piece := append([]byte(xmpMoreHead), guid...)
			piece = binary.BigEndian.AppendUint32(piece, uint32(len(extended))) //nolint:gosec // G115: bounded above
			piece = binary.BigEndian.AppendUint32(piece, uint32(at))
			_, _ = to.Write(appended(0xE1, append(piece, extended[at:min(len(extended), at+extendedStep)]...)))
		}
	}
	if block := resources(s.iim()); block != nil {
		_, _ = to.Write(appended(0xED, append([]byte(iimHead), block...)))
	}
	for _, k := range kept {
		_, _ = to.Write(k)
	}
}

// withoutThumbnail shortens a JFIF header to its fixed part.
func withoutThumbnail(body []byte) []byte {
	if len(body) < 14 {
		return body
	}
	return append(bytes.Clone(body[:12]), 0, 0)
}

// appended is a whole segment: marker, length, body.
func appended(m byte, body []byte) []byte {
	b := make([]byte, 0, len(body)+4)
	b = append(b, 0xFF, m)
	b = binary.BigEndian.AppendUint16(b, uint16(len(body)+2)) //nolint:gosec // G115: callers keep to maxSegment
	return append(b, body...)
}

// marker reads on to the next marker, over fill bytes; begun says that its
// first byte was read already.
func marker(from *bufio.Reader, begun bool) (byte, error) {
	b, err := byte(0xFF), error(nil)
	if !begun {
		b, err = from.ReadByte()
	}
	if err != nil {
		return 0, err
	}
	if b != 0xFF {
		return 0, damaged("no marker where one must be")
	}
	for b == 0xFF {
		if b, err = from.ReadByte(); err != nil {
			return 0, err
		}
	}
	return b, nil
}

// segment reads a segment's body.
func segment(from *bufio.Reader) ([]byte, error) {
	var n [2]byte
	if _, err := io.ReadFull(from, n[:]); err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint16(n[:])) - 2
	if size < 0 {
		return nil, damaged("a segment without a length")
	}
	body := make([]byte, size)
	_, err := io.ReadFull(from, body)
	return body, err
}

// scan copies entropy-coded data up to the next marker that is none of its own,
// whose first byte it takes.
func scan(to *bufio.Writer, from *bufio.Reader) error {
	for {
		run, err := from.ReadSlice(0xFF)
		if err != nil {
			if errors.Is(err, bufio.ErrBufferFull) {
				_, _ = to.Write(run)
				continue
			}
			return err // the picture has no end
		}
		next, err := from.Peek(1)
		if err != nil {
			return err
		}
		switch c := next[0]; {
		case c == 0x00, c >= 0xD0 && c <= 0xD7: // stuffed, or a restart
			_, _ = to.Write(run)
			_, _ = to.Write(next)
			if _, err := from.Discard(1); err != nil {
				return err
			}
		default:
			_, _ = to.Write(run[:len(run)-1])
			return nil
		}
	}
}
