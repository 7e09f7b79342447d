// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// isoBox is a box of ISO/IEC 14496-12.
func isoBox(kind string, data ...[]byte) []byte {
	b := slicesOf(data...)
	return slicesOf(be32(8+len(b)), []byte(kind), b)
}

// ifdLE is a TIFF directory of one value each: tag, type, count, value; next is
// where the next one lies.
func ifdLE(next uint32, entries ...[4]uint32) []byte {
	b := binary.LittleEndian.AppendUint16(nil, uint16(len(entries)))
	for _, e := range entries {
		b = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, uint16(e[0])), uint16(e[1]))
		b = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, e[2]), e[3])
	}
	return binary.LittleEndian.AppendUint32(b, next)
}

// heifGrid is a HEIC or AVIF whose main picture says that it is a grid of 256 ×
// 256 tiles, two thousand million pixels wide, none of which is there.
func heifGrid(brand string) []byte {
	full := be32(0)
	entry := func(id byte, kind string) []byte {
		return isoBox("infe", be32(0x02000000), []byte{0, id, 0, 0}, []byte(kind), []byte{0})
	}
	const wide = 0x7fffffff
	return slicesOf(
		isoBox("ftyp", []byte(brand), be32(0), []byte("mif1"+brand)),
		isoBox("meta", full,
			isoBox("hdlr", full, be32(0), []byte("pict"), make([]byte, 13)),
			isoBox("pitm", full, []byte{0, 1}),
			isoBox("iinf", full, []byte{0, 2}, entry(1, "grid"), entry(2, "hvc1")),
			isoBox("iprp",
				isoBox("ipco", isoBox("ispe", full, be32(wide), be32(wide))),
				isoBox("ipma", full, be32(1), []byte{0, 1, 1, 0x81})),
			isoBox("iref", full, isoBox("dimg", []byte{0, 1, 0xff, 0xff}, bytes.Repeat([]byte{0, 2}, 0xffff))),
			isoBox("idat", []byte{0, 1, 255, 255}, be32(wide), be32(wide)),
			isoBox("iloc", full, []byte{0x44, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 1}, be32(0), be32(12)),
		))
}

// hostilePictures are files that lie about what is inside them, one for each
// sort of reader.
func hostilePictures(t *testing.T) (out []hostileFile) {
	t.Helper()
	add := func(name, class string, content []byte, states ...string) {
		out = append(out, hostileFile{name, content, class, states})
	}
	add("grid.heic", "flood", heifGrid("heic"), "failed")
	add("grid.avif", "flood", heifGrid("avif"), "failed")

	// Each directory is its own next one, its own Exif and its own further picture.
	add("loop.tif", "loop", slicesOf([]byte("II*\x00\x08\x00\x00\x00"), ifdLE(8,
		[4]uint32{0x100, 4, 1, 64}, [4]uint32{0x101, 4, 1, 64}, [4]uint32{0x14a, 4, 1, 8}, [4]uint32{0x8769, 4, 1, 8}, [4]uint32{0x8825, 4, 1, 8})), "failed")
	add("wild.nef", "offsets", slicesOf([]byte("II*\x00\x08\x00\x00\x00"), ifdLE(0xfffffff0,
		[4]uint32{0x100, 4, 1, 6000}, [4]uint32{0x101, 4, 1, 4000}, [4]uint32{0x14a, 4, 1 << 30, 8}, [4]uint32{0x201, 4, 1, 0xffffff00}, [4]uint32{0x202, 4, 1, 0xffffffff})), "ready", "failed")
	add("wild.raf", "offsets", slicesOf([]byte("FUJIFILMCCD-RAW 0201FF389501X-T3"), make([]byte, 52), bytes.Repeat([]byte{0xff}, 80)), "ready", "failed")

	var icc bytes.Buffer
	z, err := zlib.NewWriterLevel(&icc, zlib.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	for range 256 {
		if _, err := z.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	add("profile.png", "bomb", smallPNG(chunk("iCCP", slicesOf([]byte("p\x00\x00"), icc.Bytes()))), "ready", "failed")
	tags := slicesOf(make([]byte, 36), []byte("acsp"), make([]byte, 88), be32(0xffffffff), bytes.Repeat([]byte("A2B0\x7f\xff\xff\x00\x7f\xff\xff\xff"), 300))
	add("tags.jpg", "bomb", slicesOf(smallJPEG[:2], []byte{0xff, 0xe2}, binary.BigEndian.AppendUint16(nil, uint16(2+14+len(tags))), []byte("ICC_PROFILE\x00\x01\x01"), tags, smallJPEG[2:]))
	add("segments.jpg", "flood", slicesOf(smallJPEG[:2], bytes.Repeat([]byte("\xff\xe1\x00\x0aExif\x00\x00II"), 10_000), smallJPEG[2:]))

	table := func(kind string) []byte { return isoBox(kind, be32(0), be32(0), be32(0x7fffffff)) }
	add("samples.mp4", "flood", slicesOf(isoBox("ftyp", []byte("isom"), be32(0)), isoBox("moov", isoBox("mvhd", make([]byte, 100)), isoBox("trak", isoBox("mdia",
		isoBox("hdlr", be32(0), be32(0), []byte("vide"), make([]byte, 13)), isoBox("minf", isoBox("stbl",
			isoBox("stts", be32(0), be32(0x7fffffff)), table("stsz"), isoBox("stco", be32(0), be32(0x7fffffff)), isoBox("stsc", be32(0), be32(0x7fffffff)))))))), "failed")
	add("partition.mxf", "flood", slicesOf([]byte("\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02\x04\x00\x88\x7f\xff\xff\xff\xff\xff\xff\xff"), make([]byte, 200)), "failed")

	add("huge.psd", "flood", slicesOf([]byte("8BPS\x00\x01"), make([]byte, 6), []byte{0, 56}, be32(30_000), be32(30_000), []byte{0, 16, 0, 3}, be32(0), be32(0), be32(0), []byte{0, 1}), "failed")
	add("resources.psd", "offsets", slicesOf([]byte("8BPS\x00\x01"), make([]byte, 6), []byte{0, 3}, be32(8), be32(8), []byte{0, 8, 0, 3}, be32(0), be32(0xffffff00), []byte("8BIM\x04\x0c\x00\x00"), be32(0xffffffff)), "failed")

	font := slicesOf([]byte{0, 1, 0, 0, 0, 200, 0, 0, 0, 0, 0, 0})
	for range 200 {
		font = slicesOf(font, []byte("glyf"), be32(0), be32(0x7fffff00), be32(0x7fffffff))
	}
	add("tables.ttf", "offsets", font, "ready", "failed")
	add("collection.ttc", "flood", slicesOf([]byte("ttcf\x00\x01\x00\x00"), be32(0x7fffffff), bytes.Repeat(be32(0), 100)), "ready", "failed")
	return out
}

// Through the real program, with libvips and all other readers that this
// machine has.
func TestPicturesThatLieEndInAStateThatSaysWhy(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	s := m.serve()
	who := m.key()
	files := hostilePictures(t)
	ids := make([]string, len(files))
	for i, f := range files {
		a := s.upload(who, f.name, f.content)
		if a.status != http.StatusCreated {
			t.Fatalf("%s: %d %s", f.name, a.status, a.body)
		}
		var made wireAsset
		a.into(t, &made)
		ids[i] = made.ID
	}
	for i, f := range files {
		a := s.settledWithin(who, ids[i], 3*time.Minute)
		if want := f.states; !slices.Contains(want, a.State) && len(want) > 0 {
			t.Errorf("%s is %s (%s): %q, want %v", f.name, a.State, a.StateCode, a.StateReason, want)
		}
		if a.State != "ready" && (a.StateCode == "" || a.StateCode == "ingest.given_up" || len(strings.Fields(a.StateReason)) < 4) {
			t.Errorf("%s is %s and does not say why: %q %q", f.name, a.State, a.StateCode, a.StateReason)
		}
	}
	if good := s.upload(who, "good.jpg", scene(3, 320, 200)); good.status != http.StatusCreated {
		t.Errorf("afterwards a good one: %d %s", good.status, good.body)
	}
}
