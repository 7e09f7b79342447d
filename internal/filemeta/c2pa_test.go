// SPDX-License-Identifier: Apache-2.0

package filemeta_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/filemeta"
)

func be(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

// box is a box of ISO/IEC 14496-12, which JUMBF's are, too.
func box(kind string, data ...[]byte) []byte {
	b := slices.Concat(data...)
	return slices.Concat(be(8+len(b)), []byte(kind), b)
}

// superbox is a JUMBF box of a type, with a label and boxes in it.
func superbox(kind, label string, in ...[]byte) []byte {
	about := slices.Concat([]byte(kind), []byte("\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71\x03"), []byte(label), []byte{0})
	return box("jumb", slices.Concat([][]byte{box("jumd", about)}, in)...)
}

// cborText, cborMap and cborList are data items of RFC 8949.
func cborHead(major byte, n int) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 256:
		return []byte{major<<5 | 24, byte(n)}
	default:
		return []byte{major<<5 | 25, byte(n >> 8), byte(n)}
	}
}

func cborText(s string) []byte { return append(cborHead(3, len(s)), s...) }

func cborList(items ...[]byte) []byte {
	return append(cborHead(4, len(items)), slices.Concat(items...)...)
}

func cborMap(pairs ...[]byte) []byte {
	return append(cborHead(5, len(pairs)/2), slices.Concat(pairs...)...)
}

// manifests is a store with one manifest: who claims it, and how the picture was made.
func manifests(generator, sourceType string) []byte {
	action := cborMap(cborText("action"), cborText("c2pa.created"), cborText("digitalSourceType"), cborText(filemeta.SourceTypes+sourceType))
	return superbox("c2pa", "c2pa", superbox("c2ma", "urn:c2pa:1",
		superbox("c2as", "c2pa.assertions", superbox("cbor", "c2pa.actions.v2", box("cbor", cborMap(cborText("actions"), cborList(action))))),
		superbox("c2cl", "c2pa.claim.v2", box("cbor", cborMap(
			cborText("instanceID"), cborText("xmp:iid:1"), cborText("alg"), cborText("sha256"), cborText("size"), []byte{0x19, 1, 2}, cborText("signed"), []byte{0xf5},
			cborText("hash"), []byte{0x42, 1, 2}, cborText("tagged"), append([]byte{0xc0}, cborText("2026")...),
			cborText("claim_generator_info"), cborMap(cborText("name"), cborText(generator)),
		))),
	))
}

// wrapped puts a store into files of every format that has a place for it.
func wrapped(t testing.TB, store []byte) map[string][]byte {
	t.Helper()
	read := func(ext string) []byte {
		b, err := os.ReadFile(sample(t, ext))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	// In a JPEG a box goes on in the next segment, with its header again.
	piece := func(sequence int, b []byte) []byte {
		return segment(nil, 0xEB, "JP\x00\x07"+string(be(sequence))+string(b))
	}
	half := len(store) / 2
	jpg, png, webp, pdf := read("jpg"), read("png"), read("webp"), read("pdf")
	chunk := append([]byte("caBX"), store...)
	png = slices.Concat(png[:33], be(len(store)), chunk, be(int(crc32.ChecksumIEEE(chunk))), png[33:])
	webp = slices.Concat(webp, []byte("C2PA"), binary.LittleEndian.AppendUint32(nil, uint32(len(store))), store)
	binary.LittleEndian.PutUint32(webp[4:], uint32(len(webp)-8))
	tiff := slices.Concat([]byte("MM\x00\x2a"), be(8), []byte{0, 1, 0xCD, 0x41, 0, 7}, be(len(store)), be(26), be(0), store)
	uuid := box("uuid", []byte("\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81"), be(0), []byte("manifest\x00"), make([]byte, 8), store)
	embedded := fmt.Appendf(nil, "\n900 0 obj<</AFRelationship/C2PA_Manifest/EF<</F 901 0 R>>>>endobj\n901 0 obj<</Length %d>>stream\n%s\nendstream endobj\n", len(store), store)
	return map[string][]byte{
		"image/jpeg":      slices.Concat(jpg[:2], piece(1, store[:half]), piece(2, append(slices.Clone(store[:8]), store[half:]...)), jpg[2:]),
		"image/png":       png,
		"image/webp":      webp,
		"image/tiff":      tiff,
		"image/avif":      append(read("avif"), uuid...),
		"video/mp4":       append(read("mp4"), uuid...),
		"application/pdf": append(pdf, embedded...),
	}
}

func TestContentCredentialsAreSeenInEveryFormat(t *testing.T) {
	t.Parallel()
	for sourceType, ai := range map[string]bool{"trainedAlgorithmicMedia": true, "compositeWithTrainedAlgorithmicMedia": true, "digitalCapture": false} {
		want := &filemeta.Credentials{Generator: "Målaren 3", SourceType: filemeta.SourceTypes + sourceType, AI: ai}
		for media, b := range wrapped(t, manifests("Målaren 3", sourceType)) {
			m := parse(t, b, media)
			if d := cmp.Diff(want, m.Credentials); d != "" {
				t.Errorf("%s: %s", media, d)
			}
			if m.DigitalSourceType != filemeta.SourceTypes+sourceType {
				t.Errorf("%s: the field is %q", media, m.DigitalSourceType)
			}
		}
	}
	for media, b := range wrapped(t, superbox("json", "x")) {
		if m := parse(t, b, media); media == "application/pdf" && m.Credentials != nil {
			t.Errorf("%s: credentials of nothing: %v", media, m.Credentials)
		}
	}
}

func TestWhatIsWrongWithCredentialsDoesNoHarm(t *testing.T) {
	t.Parallel()
	claim := func(b []byte) []byte {
		return superbox("c2pa", "c2pa", superbox("c2ma", "m", superbox("c2cl", "c2pa.claim", box("cbor", b))))
	}
	deep := bytes.Repeat([]byte{0x81}, 4000) // a list in a list in a list …
	nested := claim(cborText("x"))
	for range 200 {
		nested = box("jumb", nested)
	}
	for name, c := range map[string]struct {
		store []byte
		want  string // the generator
		noted bool
	}{
		"in the older form":             {claim(cborMap(cborText("claim_generator"), cborText("Old/1.0"))), "Old/1.0", false},
		"as a list":                     {claim(cborMap(cborText("claim_generator_info"), cborList(cborMap(cborText("name"), cborText("Listed"))))), "Listed", false},
		"of indefinite length":          {claim(slices.Concat([]byte{0xbf}, cborText("claim_generator"), cborText("Open"), []byte{0xff})), "Open", false},
		"a map that never ends":         {claim(append([]byte{0xbf}, bytes.Repeat(cborText("a"), 3)...)), "", true},
		"deeper than anybody goes":      {claim(deep), "", true},
		"four billion items":            {claim([]byte{0x9a, 0xff, 0xff, 0xff, 0xff}), "", true},
		"a text of 2^63 bytes":          {claim([]byte{0x7b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), "", true},
		"a reserved length":             {claim([]byte{0x7c}), "", true},
		"nothing":                       {claim(nil), "", true},
		"keys that are no texts":        {claim(cborMap([]byte{1}, cborText("x"), cborList(), cborText("y"))), "", false},
		"a generator that is no text":   {claim(cborMap(cborText("claim_generator"), []byte{1})), "", false},
		"marks of direction in a name":  {claim(cborMap(cborText("claim_generator"), cborText("a\u202eb\x00\x1b[31mc"))), "ab[31mc", false},
		"boxes in boxes in boxes":       {nested, "", false},
		"a box longer than the store":   {append(be(1<<31-1), "jumb"...), "", false},
		"a box of seven bytes":          {append(be(7), "jumb"...), "", false},
		"a long box that is not there":  {append(be(1), "jumb\x00\x00\x00\x00"...), "", false},
		"a label without an end":        {box("jumb", box("jumd", bytes.Repeat([]byte{0xff}, 500))), "", false},
		"twenty thousand boxes of zero": {bytes.Repeat(box("free"), 20_000), "", false},
	} {
		data := append([]byte("caBX"), c.store...)
		png := slices.Concat([]byte("\x89PNG\r\n\x1a\n"), be(len(c.store)), data, be(int(crc32.ChecksumIEEE(data))))
		m := parse(t, png, "image/png")
		switch {
		case m.Credentials == nil:
			t.Errorf("%s: no credentials", name)
		case m.Credentials.Generator != c.want:
			t.Errorf("%s: by %q, want %q", name, m.Credentials.Generator, c.want)
		case slices.ContainsFunc(m.Notes, func(s string) bool { return strings.Contains(s, "content credentials") }) != c.noted:
			t.Errorf("%s: notes %q", name, m.Notes)
		}
	}
}

func FuzzCredentials(f *testing.F) {
	f.Add(manifests("Målaren 3", "trainedAlgorithmicMedia"))
	f.Add(superbox("c2pa", "c2pa", superbox("c2cl", "c2pa.claim", box("cbor", []byte{0x9a, 0xff, 0xff, 0xff, 0xff}))))
	f.Fuzz(func(t *testing.T, store []byte) {
		if len(store) == 0 {
			return
		}
		data := append([]byte("caBX"), store...)
		m := parse(t, slices.Concat([]byte("\x89PNG\r\n\x1a\n"), be(len(store)), data, be(0)), "image/png")
		if m.Credentials == nil {
			t.Fatal("no credentials")
		}
		if c := m.Credentials; c.AI != filemeta.MadeByAI(c.SourceType) || strings.ContainsAny(c.Generator+c.SourceType, "\x00\x1b\u202e") {
			t.Errorf("%+v", c)
		}
	})
}
