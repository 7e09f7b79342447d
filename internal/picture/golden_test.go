// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"slices"
	"testing"

	"github.com/disintegration/imaging"
)

// patch is a picture of one colour.
func patch(r, g, b uint8) *image.NRGBA { return imaging.New(240, 160, color.NRGBA{r, g, b, 255}) }

// TestKnownColoursComeOut holds both engines against numbers that the
// definitions of the colour spaces give.
func TestKnownColoursComeOut(t *testing.T) {
	t.Parallel()
	blue, brown, grey := patch(100, 150, 200), patch(150, 120, 90), imaging.New(240, 160, color.Gray{120})
	adobe := systemProfile(t, "compatibleWithAdobeRGB1998.icc")
	inPNG := func(m image.Image, icc []byte) []byte {
		return withChunk(pngOf(t, m), chunk("iCCP", deflated(t, "p", icc)))
	}
	inJPEG := func(m image.Image, icc []byte) []byte { return withSegments(jpegOf(t, m, 100), iccSegments(icc)) }
	cut := slices.Clone(adobe[:len(adobe)*2/3])
	many := slices.Clone(adobe)
	binary.BigEndian.PutUint32(many[128:], 0xffffffff)
	huge := slices.Clone(adobe)
	for i := 132; i+12 <= 132+12*4; i += 12 {
		binary.BigEndian.PutUint32(huge[i+8:], 0x7fffffff) // tags that claim two gigabytes
	}
	for _, c := range []struct {
		name  string
		data  []byte
		want  color.NRGBA
		loose bool
	}{
		{"sRGB", pngOf(t, blue), color.NRGBA{100, 150, 200, 255}, false},
		{"Adobe RGB as PNG", inPNG(blue, adobe), color.NRGBA{66, 151, 203, 255}, false},
		{"Adobe RGB as JPEG", inJPEG(brown, adobe), color.NRGBA{162, 121, 88, 255}, false},
		{"Adobe RGB of 16 bits", inPNG(deep(blue), adobe), color.NRGBA{66, 151, 203, 255}, false},
		{"16 bits as PNG", pngOf(t, deep(brown)), color.NRGBA{150, 120, 90, 255}, false},
		{"16 bits as TIFF", tiffOf(t, deep(brown)), color.NRGBA{150, 120, 90, 255}, false},
		{"profile for colour on grey", inJPEG(greyOf(grey), adobe), color.NRGBA{120, 120, 120, 255}, false},
		{"profile that is cut off", inJPEG(blue, cut), color.NRGBA{100, 150, 200, 255}, false},
		{"profile of four billion tags", inJPEG(blue, many), color.NRGBA{100, 150, 200, 255}, true},
		{"profile of gigantic tags", inJPEG(blue, huge), color.NRGBA{100, 150, 200, 255}, true},
	} {
		for _, e := range []Engine{builtin(t), vips(t)} {
			_, made, err := render(t, e, c.data, lossless(120))
			if err != nil {
				t.Errorf("%s, %s: %v", c.name, e.Name(), err)
				continue
			}
			got := color.NRGBAModel.Convert(made[0].At(60, 40)).(color.NRGBA)
			if c.loose && !far(got.R, 66) && !far(got.G, 151) && !far(got.B, 203) {
				continue // what of the profile makes sense was used
			}
			if far(got.R, c.want.R) || far(got.G, c.want.G) || far(got.B, c.want.B) {
				t.Errorf("%s, %s: %v, want %v", c.name, e.Name(), got, c.want)
			}
		}
	}
}

func far(a, b uint8) bool { return max(a, b)-min(a, b) > 3 }

// TestInksThatAreStoredAsLuminanceAreTheSameInBothEngines turns a CMYK file
// into one that says that it is YCCK, as most programs write it.
func TestInksThatAreStoredAsLuminanceAreTheSameInBothEngines(t *testing.T) {
	t.Parallel()
	data := cmykTagged(t, photo(480, 320, 7))
	at := bytes.Index(data, []byte("Adobe\x00\x64"))
	if at < 0 {
		t.Fatal("no Adobe segment")
	}
	data[at+11] = 2
	_, m1, err := render(t, builtin(t), data, lossless(240))
	if err != nil {
		t.Fatal(err)
	}
	_, m2, err := render(t, vips(t), data, lossless(240))
	if err != nil {
		t.Fatal(err)
	}
	if db := colourPSNR(m1[0], m2[0]); db < 32 {
		t.Errorf("%.1f dB in colour between the engines", db)
	}
}
