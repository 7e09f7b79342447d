// SPDX-License-Identifier: Apache-2.0

package filemeta_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"tillgang/internal/filemeta"
)

// bigTIFF makes a BigTIFF without a picture: texts by tag, and a directory of
// Exif below it.
func bigTIFF(texts map[uint16]string, exif map[uint16]string) []byte {
	o := binary.LittleEndian
	b := []byte("II\x2b\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00")
	dir := func(texts map[uint16]string, below bool) (pointer int) {
		n := len(texts)
		if below {
			n++
		}
		b = o.AppendUint64(b, uint64(n))
		values := len(b) + 20*n + 8
		var block []byte
		for tag, text := range texts {
			b = o.AppendUint64(o.AppendUint16(o.AppendUint16(b, tag), 2), uint64(len(text)))
			if len(text) <= 8 {
				b = append(b, (text + "\x00\x00\x00\x00\x00\x00\x00\x00")[:8]...)
				continue
			}
			b = o.AppendUint64(b, uint64(values+len(block)))
			block = append(block, text...)
		}
		if below {
			b = o.AppendUint64(o.AppendUint16(o.AppendUint16(b, 0x8769), 18), 1)
			pointer = len(b)
			b = o.AppendUint64(b, 0)
		}
		b = append(o.AppendUint64(b, 0), block...)
		return pointer
	}
	pointer := dir(texts, true)
	o.PutUint64(b[pointer:], uint64(len(b)))
	dir(exif, false)
	return b
}

func TestExifIsReadFromBigTIFF(t *testing.T) {
	t.Parallel()
	b := bigTIFF(map[uint16]string{0x010e: "Skannad karta över Älvsjö\x00", 0x010f: "Cruse\x00", 0x0110: "CS 285 ST\x00", 0x013b: "Åsa Öberg\x00"},
		map[uint16]string{0x9003: "2023:12:24 15:00:01\x00", 0x9011: "+01:00\x00"})
	got, err := filemeta.Read(bytes.NewReader(b), int64(len(b)), "image/tiff")
	if err != nil || len(got.Notes) > 0 {
		t.Fatalf("%v, %v", got.Notes, err)
	}
	if got.Description[""] != "Skannad karta över Älvsjö" || got.CameraMake != "Cruse" || got.CameraModel != "CS 285 ST" || len(got.Creator) != 1 ||
		got.Captured.Time.UTC().Format("2006-01-02 15:04") != "2023-12-24 14:00" {
		t.Errorf("%+v", got)
	}
	for n := range len(b) {
		if _, err := filemeta.Read(bytes.NewReader(b[:n]), int64(n), "image/tiff"); err != nil {
			t.Fatalf("cut after %d bytes: %v", n, err)
		}
	}
}
