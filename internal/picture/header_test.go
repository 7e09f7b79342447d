// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tillgang/internal/fault"
)

func readHeader(b []byte) (Header, error) { return ReadHeader(bytes.NewReader(b), int64(len(b))) }

// pngHead is a PNG that is only a header.
func pngHead(width, height uint32, bits, kind byte) []byte {
	return append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(be(width, height), bits, kind, 0, 0, 0))...)
}

func TestHeaderReadsWhatAPictureIs(t *testing.T) {
	t.Parallel()
	m := photo(60, 40, 1)
	tiffBig := bytes.Join([][]byte{
		[]byte("II+\x00\x08\x00\x00\x00"), le(8, 16), le(8, 3),
		le(2, 256), le(2, 3), le(8, 1), le(8, 70), le(2, 257), le(2, 3), le(8, 1), le(8, 50), le(2, 258), le(2, 3), le(8, 1), le(8, 16), le(8, 0),
	}, nil)
	for _, c := range []struct {
		name string
		data []byte
		want Header
	}{
		{"jpeg", jpegOf(t, m, 80), Header{MediaType: TypeJPEG, Channels: 3}},
		{"grey jpeg", jpegOf(t, greyOf(m), 80), Header{MediaType: TypeJPEG, Channels: 1}},
		{"progressive jpeg", convert(t, pngOf(t, m), "out.jpg[interlace]"), Header{MediaType: TypeJPEG, Channels: 3, Progressive: true}},
		{"turned jpeg", withSegments(jpegOf(t, m, 80), exifSegment(6)), Header{MediaType: TypeJPEG, Channels: 3, Orientation: 6}},
		{"turned, with padding", withSegments(jpegOf(t, m, 80), []byte{0xff}, exifSegment(6)), Header{MediaType: TypeJPEG, Channels: 3, Orientation: 6}},
		{"cmyk jpeg", cmykOf(t, m), Header{MediaType: TypeJPEG, Channels: 4}},
		{"png", pngOf(t, m), Header{MediaType: TypePNG, Channels: 3}},
		{"png with alpha, 16 bit", pngOf(t, deep(holes(photo(60, 420, 1)))), Header{MediaType: TypePNG, Channels: 3, Alpha: true, BitDepth: 16, Height: 420}},
		{"grey png", pngOf(t, greyOf(m)), Header{MediaType: TypePNG, Channels: 1}},
		{"animated png", withChunk(pngOf(t, m), chunk("acTL", be(7, 0))), Header{MediaType: TypePNG, Channels: 3, Frames: 7}},
		{"gif", gifOf(t, m), Header{MediaType: TypeGIF, Channels: 3}},
		{"webp", convert(t, pngOf(t, m), "out.webp"), Header{MediaType: TypeWebP, Channels: 3}},
		{"webp lossless with alpha", convert(t, pngOf(t, holes(photo(60, 420, 1))), "out.webp[lossless]"), Header{MediaType: TypeWebP, Channels: 3, Alpha: true, Height: 420}},
		{"tiff", tiffOf(t, m), Header{MediaType: TypeTIFF, Channels: 3, Alpha: true}},
		{"turned tiff", tiffTurned(t, m, 8), Header{MediaType: TypeTIFF, Channels: 3, Alpha: true, Orientation: 8}},
		{"big tiff", tiffBig, Header{MediaType: TypeTIFF, Channels: 1, Width: 70, Height: 50, BitDepth: 16}},
		{"bmp", bmpOf(60, 40), Header{MediaType: TypeBMP, Channels: 3}},
		{"psd", bytes.Join([][]byte{[]byte("8BPS\x00\x01\x00\x00\x00\x00\x00\x00"), {0, 4}, be(40, 60), {0, 16, 0, 3}}, nil), Header{MediaType: TypePSD, Channels: 3, BitDepth: 16, Alpha: true}},
		{"avif", convert(t, pngOf(t, m), "out.avif"), Header{MediaType: TypeAVIF, Channels: 3}},
		{"heic", convert(t, pngOf(t, photo(64, 64, 1)), "out.heic"), Header{MediaType: TypeHEIC, Channels: 3, Width: 64, Height: 64}},
	} {
		t.Run(c.name, func(t *testing.T) {
			def := func(n *int, v int) {
				if *n == 0 {
					*n = v
				}
			}
			def(&c.want.Width, 60)
			def(&c.want.Height, 40)
			def(&c.want.Orientation, 1)
			def(&c.want.Frames, 1)
			def(&c.want.BitDepth, 8)
			got, err := readHeader(c.data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreUnexported(Header{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHeaderSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	m := photo(60, 40, 1)
	jpg := jpegOf(t, m, 80)
	for _, c := range []struct {
		name, code string
		data       []byte
	}{
		{"nothing", CodeUnknown, nil},
		{"text", CodeUnknown, []byte("This is a letter, called picture.jpg.")},
		{"jpeg cut in its header", CodeTruncated, jpg[:100]},
		{"jpeg of one marker", CodeTruncated, jpg[:3]},
		{"jpeg of fill bytes", CodeUnreadable, append(jpg[:2:2], bytes.Repeat([]byte{0xff}, 1<<20)...)},
		{"jpeg with rubbish between segments", CodeUnreadable, append(jpg[:2:2], "\xff\xe0\x00\x02rubbish"...)},
		{"png without size", CodeUnreadable, pngHead(0, 40, 8, 2)},
		{"png cut in its header", CodeTruncated, pngHead(60, 40, 8, 2)[:20]},
		{"tiff pointing nowhere", CodeTruncated, []byte("II*\x00\xff\xff\xff\x7f")},
		{"webp without a picture", CodeTruncated, []byte("RIFF\x04\x00\x00\x00WEBP")},
		{"heic without a picture", CodeUnreadable, []byte("\x00\x00\x00\x10ftypheic\x00\x00\x00\x00")},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readHeader(c.data)
			if got := fault.CodeOf(err); got != c.code {
				t.Errorf("%q, want %q: %v", got, c.code, err)
			}
		})
	}
}

func TestHeaderTakesOrientationFromEveryPlaceAndBothByteOrders(t *testing.T) {
	t.Parallel()
	m := photo(6, 4, 1)
	webp := convert(t, pngOf(t, m), "out.webp[lossless,strip]")
	for o := 1; o <= 8; o++ {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			exif := exifBlock(o, order)
			for name, data := range map[string][]byte{
				"jpeg": withSegments(jpegOf(t, m, 80), segment(0xe1, []byte("Exif\x00\x00"), exif)),
				"png":  withChunk(pngOf(t, m), chunk("eXIf", exif)),
				"webp": webpWithExif(webp, exif),
			} {
				h, err := readHeader(data)
				if err != nil || h.Orientation != o {
					t.Errorf("%s %d %v: %d, %v", name, o, order, h.Orientation, err)
				}
			}
		}
	}
}

func TestLimitsRefuseByHeaderAlone(t *testing.T) {
	t.Parallel()
	never := func(name string) Run {
		return func(_ context.Context, dir string, inputs []string, argv ...string) ([]byte, error) {
			t.Errorf("%s: a decoder was started", name)
			return nil, fmt.Errorf("not here")
		}
	}
	for _, c := range []struct {
		name, code, says string
		data             []byte
		limits           Limits
	}{
		{"bomb", CodeTooLarge, "60,000 × 60,000", pngHead(60000, 60000, 8, 2), Limits{}},
		{"larger bomb", CodeTooLarge, "2,147,483,647 × 2,147,483,647", pngHead(1<<31-1, 1<<31-1, 8, 2), Limits{}},
		{"own limit", CodeTooLarge, "limit here is 1 million", pngHead(2000, 1000, 8, 2), Limits{MaxPixels: 1_000_000}},
		{"memory", CodeTooLarge, "MiB", pngHead(10000, 10000, 16, 6), Limits{Memory: 100 << 20}},
		{"frames", CodeFrames, "10,000 frames", manyFrames(20_001), Limits{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, e := range []Engine{
				Builtin{Run: never(c.name)},
				Vips{Run: never(c.name), Abilities: Abilities{Reads: builtinReads}},
				Both{Vips: Vips{Run: never(c.name), Abilities: Abilities{Reads: builtinReads}}, Builtin: Builtin{Run: never(c.name)}},
			} {
				if _, isVips := e.(Vips); c.name == "memory" && isVips {
					continue // libvips streams it
				}
				if c.name == "memory" && len(e.Name()) > 8 {
					continue
				}
				_, err := renderWith(t, e, c.data, c.limits)
				f := fault.As(err)
				if f.Kind != fault.TooLarge || f.Code != c.code || !strings.Contains(f.Text, c.says) {
					t.Errorf("%s: %v %q: %q", e.Name(), f.Kind, f.Code, f.Text)
				}
			}
		})
	}
}

func TestProgressiveMemoryIsCounted(t *testing.T) {
	t.Parallel()
	h := Header{MediaType: TypeJPEG, Width: 10000, Height: 10000, planes: 3}
	plain := builtinMemory(h)
	h.Progressive = true
	if progressive := builtinMemory(h); progressive < 450_000_000 || progressive > 700_000_000 || plain > 250_000_000 {
		t.Errorf("%d and %d bytes", plain, progressive)
	}
}

func le(size int, v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v)[:size] }

func bmpOf(w, h uint32) []byte {
	b := bytes.Join([][]byte{[]byte("BM"), le(4, uint64(54+w*h*3)), le(4, 0), le(4, 54), le(4, 40), le(4, uint64(w)), le(4, uint64(h)), le(2, 1), le(2, 24), make([]byte, 24)}, nil)
	return append(b, bytes.Repeat([]byte{10, 200, 90}, int(w*h))...)
}

func manyFrames(n int) []byte {
	return bytes.Join([][]byte{
		[]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"),
		bytes.Repeat([]byte("\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00"), n), []byte(";"),
	}, nil)
}

// webpWithExif wraps the only chunk of a simple WebP as an extended one.
func webpWithExif(b, exif []byte) []byte {
	w, h := uint32(6), uint32(4)
	vp8x := bytes.Join([][]byte{[]byte("VP8X\x0a\x00\x00\x00\x08\x00\x00\x00"), le(3, uint64(w-1)), le(3, uint64(h-1))}, nil)
	tail := append([]byte("EXIF"), le(4, uint64(len(exif)))...)
	tail = append(tail, exif...)
	body := bytes.Join([][]byte{[]byte("WEBP"), vp8x, b[12:], tail}, nil)
	return bytes.Join([][]byte{[]byte("RIFF"), le(4, uint64(len(body))), body}, nil)
}
