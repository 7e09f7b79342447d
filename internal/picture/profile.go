// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
)

// keeps reports whether a picture's own colours are kept as a recipe asks: only
// those of RGB and grey pictures, with a profile that says what they are.
func (h Header) keeps(r Recipe) bool {
	return r.KeepColour && h.icc != nil && (h.Channels == 3 || h.Channels == 1)
}

// Keeps is keeps for the other engine, with the profile.
func (h Header) Keeps(r Recipe) ([]byte, bool) { return h.icc, h.keeps(r) }

// TagProfile writes a colour profile into a JPEG or PNG file that has none.
func TagProfile(path string, icc []byte) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("picture: tag a rendition: %w", err)
	}
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xd8}):
		b = tagJPEG(b, icc)
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")) && len(b) > 33:
		b = tagPNG(b, icc)
	default:
		return fmt.Errorf("picture: tag a rendition: neither JPEG nor PNG")
	}
	if err := os.WriteFile(path, b, 0o644); err != nil { //nolint:gosec // G306: the server, another user, reads it
		return fmt.Errorf("picture: tag a rendition: %w", err)
	}
	return nil
}

// tagJPEG puts the profile into APP2 segments after a JFIF header, if there is
// one (ICC.1:2022, B.4).
func tagJPEG(b, icc []byte) []byte {
	at := 2
	if len(b) > 6 && b[2] == 0xff && b[3] == 0xe0 {
		at = 4 + int(binary.BigEndian.Uint16(b[4:]))
	}
	const most = 65519
	n := (len(icc) + most - 1) / most
	out := append([]byte(nil), b[:at]...)
	for i := range n {
		part := icc[i*most : min(len(icc), (i+1)*most)]
		out = binary.BigEndian.AppendUint16(append(out, 0xff, 0xe2), uint16(len(part)+16)) //nolint:gosec // G115: at most 65535
		out = append(append(out, "ICC_PROFILE\x00"...), byte(i+1), byte(n))                //nolint:gosec // G115: at most 4 MiB
		out = append(out, part...)
	}
	return append(out, b[at:]...)
}

// tagPNG puts the profile into an iCCP chunk after the header's.
func tagPNG(b, icc []byte) []byte {
	var body bytes.Buffer
	body.WriteString("iCCPicc\x00\x00")
	z := zlib.NewWriter(&body)
	_, _ = z.Write(icc)
	_ = z.Close()
	const at = 8 + 25 // behind the signature and IHDR
	out := append([]byte(nil), b[:at]...)
	out = binary.BigEndian.AppendUint32(out, uint32(body.Len()-4)) //nolint:gosec // G115: a profile is at most 4 MiB
	out = append(out, body.Bytes()...)
	out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(body.Bytes()))
	return append(out, b[at:]...)
}
