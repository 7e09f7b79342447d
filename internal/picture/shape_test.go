// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bytes"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"testing"

	"github.com/disintegration/imaging"

	"tillgang/internal/fault"
)

// mark draws a text as a watermark beside the original of a job, and names it.
func renderMarked(t *testing.T, e Engine, data []byte, text string, r Recipe) image.Image {
	t.Helper()
	dir := t.TempDir()
	input := filepath.Join(dir, "original")
	var b bytes.Buffer
	if err := DrawText(&b, text); err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string][]byte{input: data, filepath.Join(dir, "mark"): b.Bytes()} {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r.Mark.Path = "mark"
	reply, err := e.Render(t.Context(), dir, Job{Input: input, Outputs: []Output{{Path: "out", Recipe: r}}})
	if err != nil {
		t.Fatal(err)
	}
	return decodeFile(t, reply.Outputs[0].Path)
}

func decodeFile(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	m, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCropsTurnsAndPadsAreTheSameInBothEngines(t *testing.T) {
	t.Parallel()
	original := photo(720, 480, 8)
	crop := Area{X: 2500, Y: 1000, Width: 5000, Height: 7500} // 180, 48 to 540, 408
	for name, c := range map[string]struct {
		r    Recipe
		want *image.NRGBA
	}{
		"crop":           {Recipe{Width: 180, Height: 180, Crop: crop}, imaging.Resize(imaging.Crop(original, image.Rect(180, 48, 540, 408)), 180, 180, imaging.Lanczos)},
		"crop and cover": {Recipe{Width: 180, Height: 90, Fit: Cover, Crop: crop}, imaging.Resize(imaging.Crop(original, image.Rect(180, 138, 540, 318)), 180, 90, imaging.Lanczos)},
		"focal point":    {Recipe{Width: 120, Height: 240, Fit: Cover, Focal: Point{9500, 5000}}, imaging.Resize(imaging.Crop(original, image.Rect(480, 0, 720, 480)), 120, 240, imaging.Lanczos)},
		"turned":         {Recipe{Width: 240, Height: 240, Turn: 90}, imaging.Resize(imaging.Rotate270(original), 160, 240, imaging.Lanczos)},
		"mirrored":       {Recipe{Width: 240, Height: 240, Flip: true}, imaging.Resize(imaging.FlipH(original), 240, 160, imaging.Lanczos)},
		"mirrored, then turned and cropped": {
			Recipe{Width: 240, Height: 240, Flip: true, Turn: 270, Crop: Area{Width: 10_000, Height: 5000}},
			imaging.Resize(imaging.Crop(imaging.Rotate90(imaging.FlipH(original)), image.Rect(0, 0, 480, 360)), 240, 180, imaging.Lanczos),
		},
		"pad": {
			Recipe{Width: 240, Height: 240, Fit: Pad, Background: "3366cc"},
			imaging.Paste(imaging.New(240, 240, color.NRGBA{0x33, 0x66, 0xcc, 255}), imaging.Resize(original, 240, 160, imaging.Lanczos), image.Pt(0, 40)),
		},
		"pad a small picture": {
			Recipe{Width: 800, Height: 600, Fit: Pad},
			imaging.Paste(imaging.New(800, 600, color.White), original, image.Pt(40, 60)),
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.r.Format = PNG
			for _, e := range []Engine{builtin(t), vips(t)} {
				for stored, data := range map[string][]byte{"upright": jpegOf(t, original, 95), "stored turned": withSegments(jpegOf(t, stored(original, 6), 95), exifSegment(6)), "png": pngOf(t, original)} {
					_, made, err := render(t, e, data, c.r)
					if err != nil {
						t.Fatalf("%s, %s: %v", e.Name(), stored, err)
					}
					if got, want := made[0].Bounds().Size(), c.want.Rect.Size(); got != want {
						t.Fatalf("%s, %s: %v, want %v", e.Name(), stored, got, want)
					}
					if db := psnr(made[0], c.want); db < 28 {
						t.Errorf("%s, %s: %.1f dB from what it should be", e.Name(), stored, db)
					}
				}
			}
		})
	}
}

func TestAWatermarkIsSeenWhereItBelongs(t *testing.T) {
	t.Parallel()
	plain := image.NewNRGBA(image.Rect(0, 0, 800, 400))
	for i := range plain.Pix {
		plain.Pix[i] = 128
		if i%4 == 3 {
			plain.Pix[i] = 255
		}
	}
	id := "00112233445566778899aabbccddeeff"
	for _, e := range []Engine{builtin(t), vips(t)} {
		for place, at := range map[Place]image.Rectangle{
			BottomRight: image.Rect(560, 260, 800, 400), TopLeft: image.Rect(0, 0, 240, 140), Centre: image.Rect(280, 140, 520, 260), Tiled: image.Rect(0, 0, 800, 400),
		} {
			m := renderMarked(t, e, jpegOf(t, plain, 95), "UTKAST", Recipe{Width: 800, Height: 400, Format: JPEG, Quality: 95, Mark: Mark{ID: id, Place: place, Size: 25, Opacity: 60, Margin: 5}})
			light, dark, outside := 0, 0, 0
			for y := range 400 {
				for x := range 800 {
					v := color.GrayModel.Convert(m.At(x, y)).(color.Gray).Y
					switch in := image.Pt(x, y).In(at); {
					case in && v > 175:
						light++
					case in && v < 80:
						dark++
					case !in && (v > 145 || v < 110):
						outside++
					}
				}
			}
			// Letters are light with a dark edge: both are there, and nothing lies elsewhere.
			if light < 400 || dark < 400 || outside > 0 {
				t.Errorf("%s, %s: %d light, %d dark pixels in place, %d outside", e.Name(), place, light, dark, outside)
			}
		}
	}
}

func TestColoursAreKeptWithTheirProfileWhenAskedFor(t *testing.T) {
	t.Parallel()
	profile := p3(4, newName("Display P3"), para(3, 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045))
	data := withSegments(jpegOf(t, photo(400, 300, 9), 92), iccSegments(profile))
	for _, e := range []Engine{builtin(t), vips(t)} {
		for _, format := range []Format{JPEG, PNG} {
			reply, made, err := render(t, e, data, Recipe{Width: 400, Height: 400, Format: format, Quality: 95, KeepColour: true})
			if err != nil {
				t.Fatal(e.Name(), err)
			}
			if db := colourPSNR(made[0], photo(400, 300, 9)); db < 28 {
				t.Errorf("%s: %s: the pixels were changed: %.1f dB", e.Name(), format, db)
			}
			f, err := os.Open(reply.Outputs[0].Path)
			if err != nil {
				t.Fatal(err)
			}
			info, _ := f.Stat()
			h, err := ReadHeader(f, info.Size())
			_ = f.Close()
			if err != nil || !bytes.Equal(h.icc, profile) {
				t.Errorf("%s: %s: the profile is lost (%d bytes): %v", e.Name(), format, len(h.icc), err)
			}
		}
	}
}

func TestVipsWritesAVIFAndShowsLaterPages(t *testing.T) {
	t.Parallel()
	v := vips(t)
	if !v.Writes(AVIF) {
		t.Fatal("libvips does not write AVIF; run make setup")
	}
	reply, err := renderWithRecipe(t, v, jpegOf(t, photo(400, 300, 9), 92), Recipe{Width: 200, Height: 200, Format: AVIF})
	if err != nil || reply.Outputs[0].MediaType != TypeAVIF || reply.Outputs[0].Width != 200 || reply.Outputs[0].Height != 150 {
		t.Errorf("%+v %v", reply.Outputs, err)
	}
	if _, err := renderWithRecipe(t, v, pdfOf(3), Recipe{Width: 200, Page: 3}); err != nil {
		t.Errorf("the third page: %v", err)
	}
	if _, err := renderWithRecipe(t, v, pdfOf(3), Recipe{Width: 200, Page: 4}); err == nil {
		t.Error("a fourth page of three")
	}
}

func renderWithRecipe(t *testing.T, e Engine, data []byte, r Recipe) (Reply, error) {
	t.Helper()
	dir := t.TempDir()
	input := filepath.Join(dir, "original")
	if err := os.WriteFile(input, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return e.Render(t.Context(), dir, Job{Input: input, Outputs: []Output{{Path: "out", Recipe: r}}})
}

func TestRecipesTextsCarryEveryPart(t *testing.T) {
	t.Parallel()
	for text, r := range map[string]Recipe{
		"v1 cover 300x200 webp q70 ffffff flip turn=90 crop=0,0,5000,10000 focal=1,10000": {
			Width: 300, Height: 200, Fit: Cover, Format: WebP, Quality: 70, Flip: true, Turn: 90, Crop: Area{Width: 5000, Height: 10_000}, Focal: Point{1, 10_000},
		},
		"v1 pad 300x200 png q82 000000 page=7 keep-colour mark=00112233445566778899aabbccddeeff,tiled,10,30,0": {
			Width: 300, Height: 200, Fit: Pad, Format: PNG, Background: "000000", Page: 7, KeepColour: true,
			Mark: Mark{ID: "00112233445566778899aabbccddeeff", Place: Tiled, Size: 10, Opacity: 30, Path: "a file"},
		},
		"v1 inside 300x0 auto q82 ffffff": {Width: 300, Page: 1, Crop: Area{Width: Unit, Height: Unit}, Focal: Point{5000, 5000}},
	} {
		if got := r.String(); got != text {
			t.Errorf("%q, want %q", got, text)
		}
		if back, err := ParseRecipe(text); err != nil || back.String() != text {
			t.Errorf("%q read as %q: %v", text, back, err)
		}
	}
	for field, r := range map[string]Recipe{
		"turn": {Width: 1, Turn: 45}, "crop": {Width: 1, Crop: Area{X: 6000, Width: 5000, Height: 1}}, "focal": {Width: 1, Height: 1, Fit: Cover, Focal: Point{-1, 4}},
		"page": {Width: 1, Page: -1}, "keep_colour": {Width: 1, KeepColour: true, Format: AVIF}, "mark.id": {Width: 1, Mark: Mark{ID: "x"}},
		"mark.place": {Width: 1, Mark: Mark{ID: "00112233445566778899aabbccddeeff", Place: "north"}}, "fit": {Width: 1, Fit: Pad},
	} {
		if got := faultFields(r.Validate()); got[field] == "" {
			t.Errorf("%s: %v", field, got)
		}
	}
}

func faultFields(err error) map[string]string { return fault.As(err).Field }
