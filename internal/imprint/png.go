// SPDX-License-Identifier: Apache-2.0

package imprint

import (
	"bufio"
	"encoding/binary"
	"hash/crc32"
	"io"
	"strings"
)

// pngStays are the ancillary chunks that the picture is made of (PNG 3rd
// edition §11.3); texts, times, thumbnails and what is unknown go.
const pngStays = " tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV mDCv cLLI cLLi bKGD hIST pHYs sPLT acTL fcTL fdAT "

const (
	maxPNGExif = 1 << 20
	maxChunk   = 1<<31 - 1
)

// writePNG copies the chunks that make the picture and puts the statement
// before the first of its data, with the orientation if there is one.
func writePNG(to *bufio.Writer, from *bufio.Reader, s Statement, p Policy) error {
	const signature = "\x89PNG\r\n\x1a\n"
	var head [8]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return err
	}
	if string(head[:]) != signature {
		return damaged("no PNG")
	}
	_, _ = to.Write(head[:])
	var exif []byte
	stated := false
	for {
		if _, err := io.ReadFull(from, head[:]); err != nil {
			return err
		}
		n, name := int64(binary.BigEndian.Uint32(head[:])), string(head[4:])
		if n > maxChunk {
			return damaged("a chunk that is too long")
		}
		critical := name[0]&0x20 == 0
		if (name == "IDAT" || name == "IEND") && !stated {
			stated = true
			if b := camera(exif, p); b != nil {
				pngChunk(to, "eXIf", b)
			}
			if b := packet(s.properties()); b != nil {
				pngChunk(to, "iTXt", append([]byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"), b...))
			}
		}
		switch {
		case name == "eXIf" && n <= maxPNGExif && !stated:
			exif = make([]byte, n)
			if _, err := io.ReadFull(from, exif); err != nil {
				return err
			}
			n = 0
			fallthrough
		case !critical && !strings.Contains(pngStays, " "+name+" "):
			if _, err := io.CopyN(io.Discard, from, n+4); err != nil {
				return err
			}
		default:
			_, _ = to.Write(head[:])
			if _, err := io.CopyN(to, from, n+4); err != nil {
				return err
			}
			if name == "IEND" {
				return nil // what follows is no part of the picture
			}
		}
	}
}

func pngChunk(to *bufio.Writer, name string, data []byte) {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data))) //nolint:gosec // G115: a packet or an Exif block
	b = append(append(b, name...), data...)
	_, _ = to.Write(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:])))
}
