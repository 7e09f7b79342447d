// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// parityCase is one original both engines read. floor is the least PSNR of
// luma, in dB, between their renditions; the measured figures are a good deal
// higher (run with -v to see them).
type parityCase struct {
	name    string
	data    []byte
	want    *image.NRGBA // what it shows, upright and in sRGB; nil when only the engines are compared
	floor   float64
	colour  float64 // the same for all channels; floor - 3 when not given
	recipes []Recipe
}

const usualFloor = 40

// lossless is compared without what two JPEG encoders do differently.
func lossless(side int) Recipe { return Recipe{Width: side, Height: side, Format: PNG} }

func parityCases(t *testing.T) []parityCase {
	t.Helper()
	small := photo(720, 480, 2)
	cases := []parityCase{
		{name: "photograph, as JPEG", data: jpegOf(t, photo(2100, 1400, 3), 92), recipes: Standard(), floor: 31, colour: 26},
		{name: "photograph", data: jpegOf(t, photo(2100, 1400, 3), 92), recipes: []Recipe{lossless(2048), lossless(1024), lossless(320)}},
		{name: "portrait", data: jpegOf(t, photo(733, 1100, 4), 92)},
		{name: "smaller than the box", data: jpegOf(t, photo(200, 150, 5), 92), want: photo(200, 150, 5), colour: 28},
		{name: "cover", data: jpegOf(t, small, 92), recipes: []Recipe{{Width: 300, Height: 300, Fit: Cover, Format: PNG}, {Width: 160, Height: 500, Fit: Cover, Format: PNG}, {Width: 640, Height: 480, Format: PNG}}},
		{name: "1 × 1", data: pngOf(t, photo(1, 1, 1)), want: photo(1, 1, 1)},
		{name: "5000 × 3", data: pngOf(t, photo(5000, 3, 1)), floor: 30},
		{name: "png 16 bit", data: pngOf(t, deep(small)), want: small},
		{name: "tiff 16 bit", data: tiffOf(t, deep(small)), want: small},
		{name: "tiff turned", data: tiffTurned(t, stored(small, 6), 6), want: small},
		{name: "grey jpeg", data: jpegOf(t, greyOf(small), 92), want: nrgba(greyOf(small))},
		{name: "grey png 16 bit", data: pngOf(t, grey16Of(small)), want: nrgba(greyOf(small))},
		{name: "transparent png", data: pngOf(t, holes(small)), want: holes(small)},
		{name: "transparent png as jpeg", data: pngOf(t, holes(small)), recipes: []Recipe{{Width: 400, Height: 400, Format: JPEG, Background: "3366cc"}}, floor: 31, colour: 26},
		{name: "transparent png 16 bit", data: pngOf(t, deep(holes(small))), want: holes(small)},
		{name: "png with unused alpha", data: pngOf(t, opaqueAlpha{small}), want: small},
		{name: "gif", data: gifOf(t, small), floor: 34},
		{name: "png turned", data: withChunk(pngOf(t, stored(small, 5)), chunk("eXIf", exifBlock(5, binary.LittleEndian))), want: small},
	}
	for o := 1; o <= 8; o++ {
		cases = append(cases, parityCase{name: fmt.Sprintf("orientation %d", o), data: withSegments(jpegOf(t, stored(small, o), 92), exifSegment(o)), want: small})
	}
	for _, webp := range []struct {
		name string
		args string
		m    *image.NRGBA
	}{{"webp", "[Q=90]", small}, {"webp lossless, transparent", "[lossless]", holes(small)}, {"webp, transparent", "[Q=90]", holes(small)}} {
		cases = append(cases, parityCase{name: webp.name, data: convert(t, pngOf(t, webp.m), "out.webp"+webp.args), want: webp.m, floor: 36})
	}
	cases = append(cases, parityCase{name: "progressive jpeg", data: convert(t, pngOf(t, small), "out.jpg[Q=92,interlace,subsample_mode=off]"), want: small})
	for i := range cases {
		if cases[i].floor == 0 {
			cases[i].floor = usualFloor
		}
		if cases[i].colour == 0 {
			cases[i].colour = cases[i].floor - 3
		}
		if cases[i].recipes == nil {
			cases[i].recipes = []Recipe{lossless(320)}
		}
	}
	return cases
}

func TestBothEnginesMakeTheSamePicture(t *testing.T) {
	t.Parallel()
	b, v := builtin(t), vips(t)
	for _, c := range parityCases(t) {
		t.Run(c.name, func(t *testing.T) {
			r1, m1, err := render(t, b, c.data, c.recipes...)
			if err != nil {
				t.Fatalf("builtin: %v", err)
			}
			r2, m2, err := render(t, v, c.data, c.recipes...)
			if err != nil {
				t.Fatalf("libvips: %v", err)
			}
			if r1.Width != r2.Width || r1.Height != r2.Height || r1.Alpha != r2.Alpha || r1.BitDepth != r2.BitDepth || r1.Orientation != r2.Orientation {
				t.Errorf("described as\n%+v and\n%+v", r1, r2)
			}
			for i := range m1 {
				if m1[i].Bounds().Size() != m2[i].Bounds().Size() {
					t.Fatalf("rendition %d: %v and %v", i, m1[i].Bounds().Size(), m2[i].Bounds().Size())
				}
				between, colour := psnr(m1[i], m2[i]), colourPSNR(flatten(nrgba(m1[i]), Recipe{}), flatten(nrgba(m2[i]), Recipe{}))
				t.Logf("%v: %.1f dB between the engines (%.1f dB in colour)", m1[i].Bounds().Size(), between, colour)
				if between < c.floor || colour < c.colour {
					t.Errorf("rendition %d: %.1f dB between the engines (%.1f dB in colour), at least %.0f wanted", i, between, colour, c.floor)
				}
				if c.want == nil {
					continue
				}
				want := resize(c.want, m1[i].Bounds().Size())
				for name, m := range map[string]image.Image{"builtin": m1[i], "libvips": m2[i]} {
					if db := psnr(m, want); db < 29 {
						t.Errorf("%s: rendition %d: %.1f dB from the original", name, i, db)
					}
				}
			}
		})
	}
}

// deep makes 16 bits a channel of 8, not all of them the same twice.
func deep(m *image.NRGBA) *image.NRGBA64 {
	out := image.NewNRGBA64(m.Rect)
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			c := m.NRGBAAt(x, y)
			wide := func(v uint8) uint16 { return uint16(v)<<8 | uint16(x*7+y)&0x7f }
			a := uint16(c.A) * 257
			out.SetNRGBA64(x, y, color.NRGBA64{R: wide(c.R), G: wide(c.G), B: wide(c.B), A: a})
		}
	}
	return out
}

func greyOf(m image.Image) *image.Gray {
	g := image.NewGray(m.Bounds())
	draw.Draw(g, g.Rect, m, m.Bounds().Min, draw.Src)
	return g
}

func grey16Of(m image.Image) *image.Gray16 {
	g := image.NewGray16(m.Bounds())
	draw.Draw(g, g.Rect, m, m.Bounds().Min, draw.Src)
	return g
}

// holes makes a picture fully, half and not transparent in places.
func holes(m *image.NRGBA) *image.NRGBA {
	out := nrgba(m)
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			switch {
			case (x-300)*(x-300)+(y-200)*(y-200) < 120*120:
				out.Pix[y*out.Stride+4*x+3] = 0
			case y > 400:
				out.Pix[y*out.Stride+4*x+3] = uint8(128 + x*100/out.Rect.Dx())
			}
		}
	}
	return out
}

// opaqueAlpha hides that a picture is opaque, so that PNG writes its alpha.
type opaqueAlpha struct{ *image.NRGBA }

func (opaqueAlpha) Opaque() bool { return false }

func gifOf(t *testing.T, m image.Image) []byte {
	t.Helper()
	p := image.NewPaletted(m.Bounds(), palette.Plan9)
	draw.Draw(p, p.Rect, m, image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := gif.Encode(&b, p, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gifSmallFrame(t *testing.T) []byte {
	t.Helper()
	part := image.NewPaletted(image.Rect(40, 30, 200, 140), palette.Plan9)
	draw.Draw(part, part.Rect, photo(240, 180, 6), image.Pt(40, 30), draw.Src)
	second := image.NewPaletted(image.Rect(0, 0, 240, 180), palette.Plan9)
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{part, second}, Delay: []int{1, 1}, Config: image.Config{ColorModel: color.Palette(palette.Plan9), Width: 240, Height: 180}})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tiffTurned adds an orientation to the first directory of a TIFF, which the
// encoder puts at the end of the file.
func tiffTurned(t *testing.T, m image.Image, orientation int) []byte {
	t.Helper()
	b := tiffOf(t, m)
	order := binary.LittleEndian
	at := int(order.Uint32(b[4:]))
	n := int(order.Uint16(b[at:]))
	entry := order.AppendUint32(order.AppendUint16(order.AppendUint16(nil, tagOrientation), 3), 1)
	entry = order.AppendUint16(order.AppendUint16(entry, uint16(orientation)), 0)
	var dir []byte
	dir = order.AppendUint16(dir, uint16(n+1))
	done := false
	for i := range n {
		e := b[at+2+12*i : at+14+12*i]
		if !done && order.Uint16(e) > tagOrientation {
			dir, done = append(dir, entry...), true
		}
		dir = append(dir, e...)
	}
	dir = order.AppendUint32(dir, 0)
	order.PutUint32(b[4:], uint32(len(b)))
	return append(b, dir...)
}

// convert makes other formats with the vips command.
func convert(t *testing.T, data []byte, to string) []byte {
	t.Helper()
	dir := t.TempDir()
	in := filepath.Join(dir, "in")
	if err := os.WriteFile(in, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("vips", "copy", in, filepath.Join(dir, to)).CombinedOutput(); err != nil {
		t.Fatalf("run make setup: %v: %s", err, out)
	}
	made, err := filepath.Glob(filepath.Join(dir, "out*"))
	if err != nil || len(made) != 1 {
		t.Fatal(made, err)
	}
	b, err := os.ReadFile(made[0])
	if err != nil {
		t.Fatal(err)
	}
	return b
}
