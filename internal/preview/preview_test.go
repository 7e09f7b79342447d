// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// what Find said, and the picture that Write then gave.
type what struct {
	MediaType                     string
	Width, Height, Orientation    int
	OriginalWidth, OriginalHeight int
	Data                          []byte
}

func find(t *testing.T, data []byte, mediaType string) (what, bool) {
	t.Helper()
	if !Reads(mediaType) {
		t.Fatalf("%s is not read", mediaType)
	}
	p, ok, err := Find(bytes.NewReader(data), int64(len(data)), mediaType)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if ok {
		if err := p.Write(&b, bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	}
	return what{p.MediaType, p.Width, p.Height, p.Orientation, p.OriginalWidth, p.OriginalHeight, b.Bytes()}, ok
}

var (
	red  = color.RGBA{200, 30, 30, 255}
	grey = color.Gray{90}
)

func TestTheLargestPictureInAFileIsFound(t *testing.T) {
	t.Parallel()
	small, large := jpegOf(t, 160, 120, grey), jpegOf(t, 600, 400, red)
	portrait := jpegOf(t, 400, 600, red)
	data := lossless(jpegOf(t, 3000, 2000, grey))
	turn := one(short(tagOrientation, 6))
	olympus := func(head string, at int) []byte {
		settings := dir(one(field{tag: olympusStart, typ: 4, block: large}), one(long(olympusLength, len(large))))
		note := structureOf("II*\x00", at-8, dir(one(below(olympusSettings, settings))))
		return slices.Concat([]byte(head), note[8:])
	}
	tiff := structureOf("II*\x00", 0, measures(64, 48))
	for _, c := range []struct {
		name, mediaType string
		data            []byte
		want            what
	}{
		{
			"dng", "image/x-adobe-dng", structureOf("II*\x00", 0, dir(measures(160, 120), turn, preview(small), one(below(tagSubIFDs,
				dir(measures(6048, 4024), strip(7, data), one(field{tag: tagCropSize, typ: 4, raw: []byte{0x70, 0x17, 0, 0, 0xa0, 0x0f, 0, 0}})), dir(measures(600, 400), strip(7, large)))))),
			what{JPEG, 600, 400, 6, 4000, 6000, withExif(large, 6)},
		},
		{
			"dng as bigtiff", "image/x-adobe-dng", structureOf("II+\x00", 0, dir(measures(6000, 4000), one(below(tagSubIFDs, dir(measures(600, 400), strip(7, large)))))),
			what{JPEG, 600, 400, 1, 6000, 4000, large},
		},
		{
			"cr2", "image/x-canon-cr2", structureOf("II*\x00", 0, dir(measures(600, 400), turn, strip(6, large)), preview(small), nil, strip(6, data)),
			what{JPEG, 600, 400, 6, 400, 600, withExif(large, 6)},
		},
		{
			"nef", "image/x-nikon-nef", structureOf("MM\x00*", 0, dir(measures(160, 120), turn, one(below(tagSubIFDs, preview(large), dir(measures(6016, 4016), strip(34713, make([]byte, 500))))))),
			what{JPEG, 600, 400, 6, 4016, 6016, withExif(large, 6)},
		},
		{
			"nef, stored upright", "image/x-nikon-nef", structureOf("MM\x00*", 0, dir(measures(6016, 4016), turn, preview(portrait))),
			what{JPEG, 400, 600, 1, 4016, 6016, portrait},
		},
		{
			"arw", "image/x-sony-arw", structureOf("II*\x00", 0, dir(turn, preview(large)), preview(small)),
			what{JPEG, 600, 400, 6, 400, 600, withExif(large, 6)},
		},
		{
			"a picture that says itself how it stands", "image/x-sony-arw", structureOf("II*\x00", 0, dir(turn, measures(6000, 4000), preview(withExif(large, 8)))),
			what{JPEG, 600, 400, 1, 4000, 6000, withExif(large, 8)},
		},
		{
			"rw2", "image/x-panasonic-rw2", structureOf("IIU\x00", 0, dir(one(raw(tagJpgFromRaw, large)), turn)),
			what{JPEG, 600, 400, 6, 400, 600, withExif(large, 6)},
		},
		{
			"orf", "image/x-olympus-orf", structureOf("IIRO", 0, dir(measures(4640, 3472), one(below(tagExif, one(raw(tagMakerNote, olympus("OLYMPUS\x00II\x03\x00", 12)))))), preview(small)),
			what{JPEG, 600, 400, 1, 4640, 3472, large},
		},
		{
			"orf of OM System", "image/x-olympus-orf", structureOf("IIRO", 0, dir(one(below(tagExif, one(raw(tagMakerNote, olympus("OM SYSTEM\x00\x00\x00II\x04\x00", 16))))))),
			what{JPEG, 600, 400, 1, 600, 400, large},
		},
		{"cr3", "image/x-canon-cr3", cr3Of(small, jpegOf(t, 300, 200, grey), large), what{JPEG, 600, 400, 8, 4000, 6000, withExif(large, 8)}},
		{"cr3 without the large one", "image/x-canon-cr3", cr3Of(small, large, []byte("none")), what{JPEG, 600, 400, 8, 4000, 6000, withExif(large, 8)}},
		{"raf", "image/x-fuji-raf", rafOf(withExif(large, 6)), what{JPEG, 600, 400, 1, 4160, 6240, withExif(large, 6)}},
		{"psd", "image/vnd.adobe.photoshop", psdOf(5000, 3000, large), what{JPEG, 600, 400, 1, 5000, 3000, large}},
		{"indesign", "application/x-indesign", inddOf(packetOf(small, large)), what{JPEG, 600, 400, 1, 0, 0, large}},
		{"indesign, its table damaged", "application/x-indesign", append([]byte(masterPage), packetOf(large, small)...), what{JPEG, 600, 400, 1, 0, 0, large}},
		{"illustrator", "application/vnd.adobe.illustrator", append([]byte("%PDF-1.5\n"), packetOf(large)...), what{JPEG, 600, 400, 1, 0, 0, large}},
		{"eps by photoshop", "application/postscript", photoshopEPS(large), what{JPEG, 600, 400, 1, 0, 0, large}},
		{"eps by illustrator", "application/postscript", epsOf("%" + string(packetOf(large))), what{JPEG, 600, 400, 1, 0, 0, large}},
		{"eps with a tiff", "application/postscript", dosEPS(tiff), what{TIFF, 64, 48, 1, 0, 0, tiff}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok := find(t, c.data, c.mediaType)
			if !ok {
				t.Fatal("nothing was found")
			}
			if !bytes.Equal(got.Data, c.want.Data) {
				t.Error("another picture was found")
			}
			got.Data, c.want.Data = nil, nil
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAFoundPictureCanBeDecodedAndSaysHowItStands(t *testing.T) {
	t.Parallel()
	data := structureOf("MM\x00*", 0, dir(measures(6016, 4016), one(short(tagOrientation, 6)), preview(jpegOf(t, 600, 400, red))))
	got, _ := find(t, data, "image/x-nikon-nef")
	m, err := jpeg.Decode(bytes.NewReader(got.Data))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bounds() != image.Rect(0, 0, 600, 400) {
		t.Errorf("%v", m.Bounds())
	}
	if p, ok := open(bytes.NewReader(got.Data), int64(len(got.Data))).measure(); !ok || p.Orientation != 6 {
		t.Errorf("%+v", p)
	}
}

func TestAnEPSIsShownByItsPreviewOfGrey(t *testing.T) {
	t.Parallel()
	got, ok := find(t, epsOf("%%BeginPreview: 4 2 1 2\r\n% 90\r\n% F0\r\n%%EndPreview"), "application/postscript")
	if !ok || got.MediaType != PNG || got.Width != 4 || got.Height != 2 {
		t.Fatalf("%+v", got)
	}
	m, _, err := image.Decode(bytes.NewReader(got.Data))
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[image.Point]color.Gray{{0, 0}: {0}, {1, 0}: {255}, {3, 0}: {0}, {2, 1}: {0}} {
		if g := m.At(at.X, at.Y); g != want {
			t.Errorf("%v at %v, want %v", g, at, want)
		}
	}
}

func TestAFileWithoutAPictureIsNoError(t *testing.T) {
	t.Parallel()
	for mediaType, data := range map[string][]byte{
		"image/x-nikon-nef":         structureOf("MM\x00*", 0, dir(measures(6016, 4016), strip(1, make([]byte, 600)))),
		"image/x-canon-cr2":         structureOf("II*\x00", 0, strip(6, lossless(jpegOf(t, 60, 40, red)))),
		"image/x-canon-cr3":         cr3Of([]byte("x"), []byte("y"), []byte("z")),
		"image/x-fuji-raf":          rafOf([]byte("no picture")),
		"image/vnd.adobe.photoshop": psdOf(50, 30, []byte("no picture")),
		"application/postscript":    epsOf(""),
		"application/x-indesign":    inddOf(packetOf([]byte("no picture"))),
		"image/x-sony-arw":          {},
	} {
		if got, ok := find(t, data, mediaType); ok {
			t.Errorf("%s: found %+v", mediaType, got)
		}
	}
}

func TestADamagedFileIsWalkedInBoundedWork(t *testing.T) {
	t.Parallel()
	jpg := jpegOf(t, 60, 40, red)
	loop := structureOf("II*\x00", 0, dir(measures(60, 40), preview(jpg), one(long(tagSubIFDs, 8))))
	loop[4] = 8
	wide := bytes.Repeat([]byte("\xff\xff\x4a\x01\x04\x00\xff\xff\xff\xff\x08\x00\x00\x00"), 30_000)
	flood := bytes.Repeat([]byte("xmpGImg:image>AAAA"), 500_000)
	segments := slices.Concat(jpg[:2], bytes.Repeat([]byte("\xff\xe1\x00\x04ab"), 10_000), jpg[2:])
	for name, c := range map[string]struct {
		mediaType string
		data      []byte
		found     bool
	}{
		"directories in a loop":         {"image/x-sony-arw", loop, true},
		"a place outside of the file":   {"image/x-sony-arw", structureOf("II*\x00", 0, []field{long(tagJPEG, 1<<31), long(tagJPEGBytes, 1<<31)}), false},
		"a length outside of the file":  {"image/x-sony-arw", structureOf("II*\x00", 0, []field{place(tagJPEG, jpg), long(tagJPEGBytes, 1<<31)}), true},
		"directories without end":       {"image/x-sony-arw", append([]byte("II*\x00\x08\x00\x00\x00"), wide...), false},
		"boxes without end":             {"image/x-canon-cr3", bytes.Repeat([]byte("\x00\x00\x00\x08trak"), 100_000), false},
		"a flood of thumbnails":         {"application/x-indesign", flood, false},
		"a flood of thumbnails unended": {"application/postscript", flood, false},
		"a flood of resources":          {"image/vnd.adobe.photoshop", slices.Concat(psdOf(9, 9, jpg)[:34], bytes.Repeat(resource(1, nil), 100_000)), false},
		"10,000 segments":               {"image/x-fuji-raf", rafOf(segments), false},
		"a preview of no size":          {"application/postscript", epsOf("%%BeginPreview: 0 -1 8 2\n% 00\n%%EndPreview"), false},
		"a preview too short":           {"application/postscript", epsOf("%%BeginPreview: 4000 4000 8 2\n% 00\n%%EndPreview"), false},
	} {
		r := &counting{ReaderAt: bytes.NewReader(c.data)}
		_, ok, err := Find(r, int64(len(c.data)), c.mediaType)
		if ok != c.found || err != nil {
			t.Errorf("%s: found %v, %v", name, ok, err)
		}
		if r.n > budget {
			t.Errorf("%s: %d bytes were read", name, r.n)
		}
	}
}

// counting counts what is read.
type counting struct {
	io.ReaderAt
	n int64
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.n += int64(n)
	return n, err
}

type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, os.ErrDeadlineExceeded }

func TestADiskThatFailsIsNotTheFilesFault(t *testing.T) {
	t.Parallel()
	if _, _, err := Find(failing{}, 1000, "image/x-sony-arw"); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func FuzzFind(f *testing.F) {
	jpg := jpegOf(f, 16, 8, red)
	kinds := []string{
		"image/x-adobe-dng", "image/x-canon-cr3", "image/x-fuji-raf", "image/vnd.adobe.photoshop", "application/postscript", "application/x-indesign",
	}
	for i, data := range [][]byte{
		structureOf("II*\x00", 0, dir(measures(60, 40), preview(jpg))), cr3Of(jpg, jpg, jpg), rafOf(jpg), psdOf(9, 9, jpg), photoshopEPS(jpg), inddOf(packetOf(jpg)),
	} {
		f.Add(data, uint8(i))
	}
	f.Add(structureOf("II+\x00", 0, dir(measures(60, 40), preview(jpg))), uint8(0))
	f.Add(dosEPS(structureOf("MM\x00*", 0, measures(6, 4))), uint8(4))
	f.Add(epsOf("%%BeginPreview: 4 2 1 2\n% 90\n% F0\n%%EndPreview"), uint8(4))
	f.Fuzz(func(t *testing.T, data []byte, kind uint8) {
		p, ok, err := Find(bytes.NewReader(data), int64(len(data)), kinds[int(kind)%len(kinds)])
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return
		}
		if p.Orientation < 1 || p.Orientation > 8 || p.Width < 0 || p.Height < 0 || p.OriginalWidth < 0 || p.Size() <= 0 || p.Size() > 1<<30 {
			t.Errorf("%+v", p)
		}
		if err := p.Write(io.Discard, bytes.NewReader(data)); err != nil {
			t.Error(err)
		}
	})
}
