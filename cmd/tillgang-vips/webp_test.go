// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func webpChunk(kind, body string) string {
	b := string(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body)))) + body
	if len(body)%2 == 1 {
		b += "\x00"
	}
	return b
}

func webpFile(chunks ...string) []byte {
	all := "WEBP"
	for _, c := range chunks {
		all += c
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(all))), all...)
}

func TestWebPLosesItsMetadataAndNothingElse(t *testing.T) {
	t.Parallel()
	size := "\x00\x00\x00\x3f\x01\x00\xef\x00\x00"
	full := webpFile(webpChunk("VP8X", "\x3c"+size), webpChunk("ICCP", "profile"), webpChunk("ALPH", "odd"), webpChunk("VP8 ", "pixels"), webpChunk("EXIF", "secret!"), webpChunk("XMP ", "secret"))
	want := webpFile(webpChunk("VP8X", "\x10"+size), webpChunk("ALPH", "odd"), webpChunk("VP8 ", "pixels"))
	got, err := withoutMetadata(full)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for n := range len(want) - 1 {
		if _, err := withoutMetadata(want[:n]); err == nil && n != 12 && n != 30 && n != 42 {
			t.Errorf("%d of %d bytes are taken for a whole file", n, len(want))
		}
	}
}
