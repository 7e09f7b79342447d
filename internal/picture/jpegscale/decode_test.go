// SPDX-License-Identifier: Apache-2.0

package jpegscale

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// made is a JPEG that the vips command makes of a picture.
func made(tb testing.TB, m image.Image, options string) []byte {
	tb.Helper()
	dir := tb.TempDir()
	in, out := filepath.Join(dir, "in.jpg"), filepath.Join(dir, "out.jpg")
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 98}); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(in, b.Bytes(), 0o600); err != nil {
		tb.Fatal(err)
	}
	if text, err := exec.Command("vips", "copy", in, out+options).CombinedOutput(); err != nil {
		tb.Fatalf("run make setup: %v: %s", err, text)
	}
	made, err := os.ReadFile(out)
	if err != nil {
		tb.Fatal(err)
	}
	return made
}

// texture is a picture with detail of all sizes.
func texture(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	seed := uint32(w*7919 + h)
	for y := range h {
		for x := range w {
			seed = seed*1664525 + 1013904223
			noise := int(seed>>24) / 8
			r, g, b := 200*x/w+noise, 200*y/h+noise, (x*x+y*y)/64%200+noise
			if (x/9+y/13)%5 == 0 {
				r, g, b = g, b, r/2
			}
			copy(m.Pix[y*m.Stride+4*x:], []byte{byte(r), byte(g), byte(b), 255})
		}
	}
	return m
}

// oracle compares a decoded picture with what the standard library makes of it.
func oracle(tb testing.TB, data []byte, p *Picture, most int) {
	tb.Helper()
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		tb.Fatalf("the standard library: %v", err)
	}
	var planes [][]uint8
	var strides []int
	switch m := m.(type) {
	case *image.Gray:
		planes, strides = [][]uint8{m.Pix}, []int{m.Stride}
	case *image.YCbCr:
		planes, strides = [][]uint8{m.Y, m.Cb, m.Cr}, []int{m.YStride, m.CStride, m.CStride}
	case *image.RGBA:
		if p.Space != RGB {
			tb.Fatalf("space %v of a picture in RGB", p.Space)
		}
		return
	default:
		tb.Fatalf("%T", m)
	}
	if m.Bounds().Dx() != p.Width || m.Bounds().Dy() != p.Height || len(planes) != len(p.Planes) {
		tb.Fatalf("%d × %d in %d planes, not %v in %d", p.Width, p.Height, len(p.Planes), m.Bounds(), len(planes))
	}
	for i, plane := range p.Planes {
		if i > 0 && len(planes[i]) < (plane.Height-1)*strides[i]+plane.Width {
			tb.Fatalf("plane %d of %d × %d", i, plane.Width, plane.Height)
		}
		for y := range plane.Height {
			for x := range plane.Width {
				got, want := int(plane.Pix[y*plane.Stride+x]), int(planes[i][y*strides[i]+x])
				if max(got-want, want-got) > most {
					tb.Fatalf("plane %d at %d, %d: %d, not %d", i, x, y, got, want)
				}
			}
		}
	}
}

func decode(data []byte, shrink int) (*Picture, error) {
	return Decode(bytes.NewReader(data), Options{Shrink: shrink, MaxPixels: 1 << 24})
}

func TestDecodesLikeTheStandardLibrary(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{1, 1}, {7, 8}, {8, 9}, {16, 17}, {17, 16}, {33, 31}, {150, 101}} {
		for _, options := range []string{"", ",interlace"} {
			for _, chroma := range []string{"on", "off"} {
				for _, q := range []int{30, 90, 100} {
					name := fmt.Sprintf("[Q=%d,subsample_mode=%s%s]", q, chroma, options)
					data := made(t, texture(size.X, size.Y), name)
					p, err := decode(data, 1)
					if err != nil {
						t.Fatalf("%v %s: %v", size, name, err)
					}
					oracle(t, data, p, 2)
				}
			}
		}
	}
}
