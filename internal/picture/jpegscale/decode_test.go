// SPDX-License-Identifier: Apache-2.0

package jpegscale

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
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
func oracle(tb testing.TB, data []byte, p *Picture) {
	tb.Helper()
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		tb.Fatalf("the standard library: %v", err)
	}
	if b := m.Bounds(); b.Dx() != p.Width || b.Dy() != p.Height {
		tb.Fatalf("%d × %d, not %v", p.Width, p.Height, b)
	}
	if worst := compare(tb, p, m); worst > 2 {
		tb.Fatalf("a sample is %d levels off", worst)
	}
}

// compare returns by how many levels the planes of two decoders differ at
// most. Pictures in RGB are compared by their kind alone.
func compare(tb testing.TB, p *Picture, m image.Image) (worst int) {
	tb.Helper()
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
		return 0
	default:
		tb.Fatalf("%T", m)
	}
	if len(planes) != len(p.Planes) {
		tb.Fatalf("%d planes, not %d", len(p.Planes), len(planes))
	}
	for i, plane := range p.Planes {
		for y := range plane.Height {
			for x := range plane.Width {
				got, want := int(plane.Pix[y*plane.Stride+x]), int(planes[i][y*strides[i]+x])
				worst = max(worst, got-want, want-got)
			}
		}
	}
	return worst
}

func decode(data []byte, eighths int) (*Picture, error) {
	return Decode(bytes.NewReader(data), Options{Eighths: eighths, MaxPixels: 1 << 24})
}

func TestDecodesLikeTheStandardLibrary(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{1, 1}, {7, 8}, {8, 9}, {16, 17}, {17, 16}, {33, 31}, {150, 101}} {
		for _, options := range []string{"", ",interlace"} {
			for _, chroma := range []string{"on", "off"} {
				for _, q := range []int{30, 90, 100} {
					name := fmt.Sprintf("[Q=%d,subsample_mode=%s%s]", q, chroma, options)
					data := made(t, texture(size.X, size.Y), name)
					p, err := decode(data, 8)
					if err != nil {
						t.Fatalf("%v %s: %v", size, name, err)
					}
					oracle(t, data, p)
				}
			}
		}
	}
}

// Each scale must make, of a block, what the definition says.
func TestSmallerTransformsAreWhatTheyAreDefinedAs(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 3, 4, 6, 8} {
		for round := range 300 {
			var b block
			var f [64]float64
			for i := range n * n {
				b[i] = int32(rnd.NormFloat64() * 400 / float64(1+i%n+i/n))
				if round%3 == 0 && i > 0 {
					b[i] = 0
				}
				f[i] = float64(b[i])
			}
			flat := round%3 == 0
			got := make([]uint8, n*n)
			inverse(&b, n, got, n, flat)
			for i, v := range b[:64] {
				if v != 0 {
					t.Fatalf("scale %d leaves %d at %d", n, v, i)
				}
			}
			for y := range n {
				for x := range n {
					sum := 0.0
					for v := range n {
						for u := range n {
							k := f[v*n+u] / 4
							if u == 0 {
								k *= math.Sqrt2 / 2
							}
							if v == 0 {
								k *= math.Sqrt2 / 2
							}
							sum += k * math.Cos(float64((2*x+1)*u)*math.Pi/float64(2*n)) * math.Cos(float64((2*y+1)*v)*math.Pi/float64(2*n))
						}
					}
					if want := max(0, min(255, sum+128)); math.Abs(float64(got[y*n+x])-want) > 1 {
						t.Fatalf("scale %d at %d, %d: %d, not %.2f", n, x, y, got[y*n+x], want)
					}
				}
			}
		}
	}
}
