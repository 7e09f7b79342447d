// SPDX-License-Identifier: Apache-2.0

package imprint

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// Flags of the VP8X chunk (RFC 9649 §2.7.1.2).
const (
	webpAnimation = 0x02
	webpXMP       = 0x04
	webpExif      = 0x08
	webpAlpha     = 0x10
	webpICC       = 0x20
)

// part is a chunk of a WebP file that stays.
type part struct {
	name     string
	at, size int64 // of its data
}

// writeWebP copies the chunks that make the picture into an extended file
// (RFC 9649 §2.7), which is the form that can carry metadata.
func writeWebP(to *bufio.Writer, from io.ReadSeeker, s Statement, p Policy) error {
	in, err := readWebP(from)
	if err != nil {
		return err
	}
	flags := in.flags &^ (webpXMP | webpExif)
	about, taken := packet(s.properties()), camera(in.exif, p)
	total := int64(4 + 8 + 10)
	for _, c := range in.parts {
		total += 8 + (c.size+1)&^1
	}
	for _, m := range []struct {
		flag byte
		data []byte
	}{{webpExif, taken}, {webpXMP, about}} {
		if m.data != nil {
			flags |= m.flag
			total += 8 + (int64(len(m.data))+1)&^1
		}
	}
	if total > math.MaxUint32-8 {
		return damaged("too long")
	}
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(total))
	b = append(append(b, "WEBPVP8X\x0a\x00\x00\x00"...), flags, 0, 0, 0)
	_, _ = to.Write(append(b, in.canvas[:]...))
	for _, c := range in.parts {
		_, _ = to.Write(binary.LittleEndian.AppendUint32([]byte(c.name), uint32(c.size))) //nolint:gosec // G115: the file was counted and is shorter
		if _, err := from.Seek(c.at, io.SeekStart); err != nil {
			return fmt.Errorf("imprint: %w", err)
		}
		if _, err := io.CopyN(to, from, c.size); err != nil {
			return err
		}
		if c.size%2 == 1 {
			_ = to.WriteByte(0)
		}
	}
	if taken != nil {
		webpChunk(to, "EXIF", taken)
	}
	if about != nil {
		webpChunk(to, "XMP ", about)
	}
	return nil
}

func webpChunk(to *bufio.Writer, name string, data []byte) {
	_, _ = to.Write(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(data)))) //nolint:gosec // G115: counted before
	_, _ = to.Write(data)
	if len(data)%2 == 1 {
		_ = to.WriteByte(0)
	}
}

// webP is what of a WebP file goes into its copy.
type webP struct {
	parts  []part // the chunks that stay
	exif   []byte
	flags  byte
	canvas [6]byte
}

func readWebP(from io.ReadSeeker) (in webP, err error) {
	fail := func(e error) (webP, error) { return webP{}, e }
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return fail(fmt.Errorf("imprint: %w", err))
	}
	var head [12]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return fail(err)
	}
	if string(head[:4]) != "RIFF" || string(head[8:]) != "WEBP" {
		return fail(damaged("no WebP"))
	}
	end := int64(binary.LittleEndian.Uint32(head[4:])) + 8
	extended := false
	for at := int64(12); at+8 <= end; {
		if len(in.parts) > maxSegments {
			return fail(damaged("too many chunks"))
		}
		if _, err := from.Seek(at, io.SeekStart); err != nil {
			return fail(fmt.Errorf("imprint: %w", err))
		}
		var h [8]byte
		if _, err := io.ReadFull(from, h[:]); err != nil {
			return fail(err)
		}
		c := part{string(h[:4]), at + 8, int64(binary.LittleEndian.Uint32(h[4:]))}
		if c.at+c.size > end {
			return fail(damaged("a chunk beyond the end"))
		}
		switch c.name {
		case "VP8X":
			var x [10]byte
			if _, err := io.ReadFull(from, x[:]); err != nil {
				return fail(err)
			}
			extended, in.flags = true, x[0]&(webpAnimation|webpAlpha|webpICC)
			copy(in.canvas[:], x[4:])
		case "EXIF":
			if c.size <= maxPNGExif {
				in.exif = make([]byte, c.size)
				if _, err := io.ReadFull(from, in.exif); err != nil {
					return fail(err)
				}
				if len(in.exif) > 6 && string(in.exif[:6]) == exifHead { // some writers keep JPEG's prefix
					in.exif = in.exif[6:]
				}
			}
		case "VP8 ", "VP8L":
			if !extended {
				if in.flags, in.canvas, err = simple(from, c.name); err != nil {
					return fail(err)
				}
			}
			in.parts = append(in.parts, c)
		case "ICCP", "ANIM", "ANMF", "ALPH":
			in.parts = append(in.parts, c)
		}
		at += 8 + (c.size+1)&^1
	}
	if len(in.parts) == 0 {
		return fail(damaged("no picture"))
	}
	return in, nil
}

// simple reads the size of a picture that stands alone (RFC 6386 §9.1; RFC 9649
// §3.4), and whether it is transparent.
func simple(from io.Reader, name string) (flags byte, canvas [6]byte, err error) {
	var b [10]byte
	if _, err := io.ReadFull(from, b[:]); err != nil {
		return 0, canvas, err
	}
	var w, h uint32
	switch {
	case name == "VP8 " && b[3] == 0x9D && b[4] == 0x01 && b[5] == 0x2A:
		w, h = uint32(binary.LittleEndian.Uint16(b[6:])&0x3FFF), uint32(binary.LittleEndian.Uint16(b[8:])&0x3FFF)
	case name == "VP8L" && b[0] == 0x2F:
		bits := binary.LittleEndian.Uint32(b[1:])
		w, h = bits&0x3FFF+1, bits>>14&0x3FFF+1
		if bits>>28&1 == 1 {
			flags = webpAlpha
		}
	default:
		return 0, canvas, damaged("no picture header")
	}
	if w == 0 || h == 0 {
		return 0, canvas, damaged("no size")
	}
	w, h = w-1, h-1
	return flags, [6]byte{byte(w), byte(w >> 8), byte(w >> 16), byte(h), byte(h >> 8), byte(h >> 16)}, nil
}
