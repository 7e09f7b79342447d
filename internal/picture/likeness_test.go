// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"fmt"
	"image"
	"image/color"
	"math/bits"
	"os"
	"path/filepath"
	"testing"

	"github.com/disintegration/imaging"
)

// likenessOf has an engine say what a file looks like.
func likenessOf(t *testing.T, e Engine, data []byte) *uint64 {
	t.Helper()
	dir := t.TempDir()
	input := filepath.Join(dir, "original")
	if err := os.WriteFile(input, data, 0o644); err != nil {
		t.Fatal(err)
	}
	reply, err := e.Render(t.Context(), dir, Job{Input: input, Likeness: true, Outputs: []Output{
		{Path: "large", Recipe: Box(1024)}, {Path: "part", Recipe: Recipe{Width: 50, Height: 50, Fit: Cover}}, {Path: "small", Recipe: Box(320)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return reply.Likeness
}

func TestPicturesThatLookTheSameHaveALikeness(t *testing.T) {
	t.Parallel()
	m := photo(900, 600, 31)
	changed := map[string][]byte{
		"recompressed":   jpegOf(t, m, 40),
		"smaller":        jpegOf(t, imaging.Resize(m, 300, 200, imaging.Lanczos), 80),
		"larger":         pngOf(t, imaging.Resize(m, 1500, 1000, imaging.Linear)),
		"brighter":       jpegOf(t, imaging.AdjustBrightness(m, 8), 85),
		"more contrast":  jpegOf(t, imaging.AdjustContrast(m, 12), 85),
		"cropped":        jpegOf(t, imaging.Crop(m, image.Rect(9, 6, 891, 594)), 85),
		"blurred":        jpegOf(t, imaging.Blur(m, 1.5), 85),
		"without colour": jpegOf(t, greyOf(m), 85),
	}
	for _, e := range []Engine{builtin(t), vips(t)} {
		of := likenessOf(t, e, pngOf(t, m))
		if of == nil {
			t.Fatalf("%s: the picture has no likeness", e.Name())
		}
		for name, data := range changed {
			got := likenessOf(t, e, data)
			if got == nil || bits.OnesCount64(*got^*of) > 8 {
				t.Errorf("%s, %s: %v and %v", e.Name(), name, got, of)
			}
		}
		seen := map[string]uint64{"it": *of}
		for seed := range uint64(6) {
			seen[fmt.Sprint(seed)] = *likenessOf(t, e, jpegOf(t, imaging.Rotate(photo(900, 600, 100+seed), float64(60*seed), color.Black), 85))
		}
		for a, x := range seen {
			for b, y := range seen {
				if d := bits.OnesCount64(x ^ y); a < b && d <= 8 {
					t.Errorf("%s: %s and %s differ in %d bits only", e.Name(), a, b, d)
				}
			}
		}
	}
}

func TestTheEnginesAgreeOnALikeness(t *testing.T) {
	t.Parallel()
	data := jpegOf(t, photo(900, 600, 32), 90)
	a, b := likenessOf(t, builtin(t), data), likenessOf(t, vips(t), data)
	if a == nil || b == nil || bits.OnesCount64(*a^*b) > 2 {
		t.Errorf("%v and %v", a, b)
	}
}

func TestAPictureWithoutFeaturesHasNoLikeness(t *testing.T) {
	t.Parallel()
	blank := imaging.New(400, 300, color.NRGBA{240, 240, 235, 255})
	if got := likenessOf(t, builtin(t), pngOf(t, blank)); got != nil {
		t.Errorf("%x", *got)
	}
	if got := likenessOf(t, builtin(t), pngOf(t, imaging.New(400, 300, color.Transparent))); got != nil {
		t.Errorf("%x", *got)
	}
}
