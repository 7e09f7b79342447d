// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"fmt"
	"os"
)

// Flags of a VP8X chunk (RFC 9649, 2.7.1).
const (
	webpICC  = 0x20
	webpEXIF = 0x08
	webpXMP  = 0x04
)

// bareWebP rewrites a file without its EXIF, XMP and ICCP chunks: libvips 8.14
// writes an EXIF block of its own, whatever it is told.
func bareWebP(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("tillgang-vips: strip a rendition: %w", err)
	}
	bare, err := withoutMetadata(b)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, bare, 0o644); err != nil { //nolint:gosec // G306: the server, another user, reads it
		return fmt.Errorf("tillgang-vips: strip a rendition: %w", err)
	}
	return nil
}

func withoutMetadata(b []byte) ([]byte, error) {
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WEBP" {
		return nil, fmt.Errorf("tillgang-vips: strip a rendition: not a WebP file")
	}
	out := append([]byte(nil), b[:12]...)
	for at := 12; at < len(b); {
		if len(b)-at < 8 {
			return nil, fmt.Errorf("tillgang-vips: strip a rendition: short chunk")
		}
		n := int64(binary.LittleEndian.Uint32(b[at+4:]))
		end := int64(at) + 8 + n + n&1
		if end > int64(len(b)) {
			return nil, fmt.Errorf("tillgang-vips: strip a rendition: short chunk")
		}
		chunk := b[at:end]
		at = int(end)
		switch string(chunk[:4]) {
		case "EXIF", "XMP ", "ICCP":
			continue
		case "VP8X":
			if n >= 10 {
				chunk[8] &^= webpICC | webpEXIF | webpXMP
			}
		}
		out = append(out, chunk...)
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out, nil
}
