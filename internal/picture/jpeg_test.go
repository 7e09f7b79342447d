// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"testing"
)

// What stays in its planes must be upright, cut and coloured as what does not.
func TestJPEGsMadeOfJPEGsAreUpright(t *testing.T) {
	t.Parallel()
	m := photo(611, 407, 2)
	want := map[string]image.Image{}
	for o := 1; o <= 8; o++ {
		data := withSegments(jpegOf(t, stored(m, o), 95), exifSegment(o))
		recipes := []Recipe{Box(1024), Box(500), Box(301), Box(90), {Width: 151, Height: 260, Fit: Cover}, {Width: 200, Height: 100, Fit: Cover, Crop: Area{1000, 2000, 5000, 5000}}}
		_, made, err := render(t, inProcess{}, data, recipes...)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range recipes {
			whole, keep := r.Plan(611, 407, false)
			key := r.String()
			if want[key] == nil {
				want[key] = resize(m, whole).SubImage(keep)
			}
			if made[i].Bounds().Size() != keep.Size() {
				t.Fatalf("orientation %d, %s: %v", o, key, made[i].Bounds())
			}
			luma, colour := psnr(made[i], want[key]), colourPSNR(made[i], want[key])
			// A JPEG of 90 px keeps a quarter of its colours, whoever makes it: there
			// the floor is what the original made small and encoded alike has.
			floor := min(25, colourPSNR(encoded(t, want[key]), want[key])-0.5)
			if luma < 29 || colour < floor {
				t.Errorf("orientation %d, %s: %.1f dB (%.1f dB in colour) from the original", o, key, luma, colour)
			}
		}
	}
}

// encoded is a picture as the JPEG that a rendition of it would be.
func encoded(t *testing.T, m image.Image) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := encodeJPEG(&b, nrgba(m), false, DefaultQuality); err != nil {
		t.Fatal(err)
	}
	out, err := jpeg.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestJPEGsMadeOfJPEGsHaveTheirColoursConverted(t *testing.T) {
	t.Parallel()
	m := photo(480, 320, 7)
	for name, data := range map[string][]byte{
		"Adobe RGB": withSegments(jpegOf(t, m, 97), iccSegments(systemProfile(t, "compatibleWithAdobeRGB1998.icc"))),
		"P3":        withSegments(jpegOf(t, m, 97), iccSegments(p3(2, oldName("P3"), gamma(1.8)))),
		"grey":      withSegments(jpegOf(t, greyOf(m), 97), iccSegments(makeProfile(2, "GRAY", "XYZ ", oldName("g"), tag{"kTRC", gamma(1.4)}))),
		"CMYK":      cmykTagged(t, m),
	} {
		for _, side := range []int{480, 200} {
			reply, made, err := render(t, inProcess{}, data, Recipe{Width: side, Height: side, Quality: 98}, lossless(side), Box(100))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			_, alone, err := render(t, inProcess{}, data, Recipe{Width: side, Height: side, Quality: 98}, Box(100))
			if err != nil || reply.Outputs[0].MediaType != TypeJPEG {
				t.Fatalf("%s: %v", name, err)
			}
			for i, pair := range [][2]image.Image{{alone[0], made[1]}, {alone[1], made[2]}} {
				if luma, colour := psnr(pair[0], pair[1]), colourPSNR(pair[0], pair[1]); luma < 34 || colour < 27 {
					t.Errorf("%s, %d px, %d: %.1f dB (%.1f dB in colour) from the one that is not in planes", name, side, i, luma, colour)
				}
			}
		}
	}
}

func TestTheSmallestJPEGsBecomeJPEGs(t *testing.T) {
	t.Parallel()
	for w := 1; w <= 17; w++ {
		for _, h := range []int{1, 2, 7, 8, 9, 15, 16, 17} {
			m := photo(w, h, 3)
			_, made, err := render(t, inProcess{}, jpegOf(t, m, 95), Box(320), Box(5), Recipe{Width: 1, Height: 1, Fit: Cover})
			if err != nil {
				t.Fatalf("%d × %d: %v", w, h, err)
			}
			if made[0].Bounds().Size() != image.Pt(w, h) || made[2].Bounds().Size() != image.Pt(1, 1) {
				t.Errorf("%d × %d became %v and %v", w, h, made[0].Bounds(), made[2].Bounds())
			}
			if db := psnr(made[0], m); db < 24 {
				t.Errorf("%d × %d: %.1f dB from the original", w, h, db)
			}
		}
	}
}

func TestScansWithoutEndAreNotReadBySlowerDecoders(t *testing.T) {
	t.Parallel()
	flood := bytes.Repeat([]byte("\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00"), mostScans+1)
	_, err := io.Copy(io.Discard, &scanCounter{r: bytes.NewReader(flood), left: mostScans})
	if err == nil || errors.Is(err, io.EOF) {
		t.Errorf("%d scans: %v", mostScans+1, err)
	}
	if _, err := io.Copy(io.Discard, &scanCounter{r: bytes.NewReader(flood[:100]), left: mostScans}); err != nil {
		t.Errorf("ten scans: %v", err)
	}
}

func TestJPEGsMadeOfJPEGsAreTheBuiltInEnginesFirst(t *testing.T) {
	t.Parallel()
	both := Both{Log: slog.New(slog.DiscardHandler)}
	jpg := Header{MediaType: TypeJPEG, Width: 6000, Height: 4000, Channels: 3, planes: 3}
	change := func(f func(h *Header)) Header { h := jpg; f(&h); return h }
	plain := []Recipe{Box(320), {Width: 200, Height: 100, Fit: Cover, Format: JPEG}}
	for i, c := range []struct {
		h       Header
		recipes []Recipe
		want    bool
	}{
		{jpg, plain, true},
		{change(func(h *Header) { h.Progressive = true }), plain, true},
		{change(func(h *Header) { h.Channels = 4 }), plain, false},
		{change(func(h *Header) { h.Width, h.Height = 20_000, 10_000 }), plain, false},
		{change(func(h *Header) { h.MediaType = TypePNG }), plain, false},
		{jpg, []Recipe{Box(320), {Width: 100, Format: WebP}}, false},
		{jpg, []Recipe{{Width: 100, Format: PNG}}, false},
	} {
		var outputs []Output
		for j, r := range c.recipes {
			outputs = append(outputs, Output{Path: fmt.Sprint(j), Recipe: r})
		}
		if got := both.builtinFirst(c.h, Job{Outputs: outputs}); got != c.want {
			t.Errorf("case %d: %v", i, got)
		}
	}
}
