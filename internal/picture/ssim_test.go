// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/disintegration/imaging"
)

// ssim is the mean structural similarity of luma (Wang, Bovik, Sheikh and
// Simoncelli, 2004) in windows of 8 × 8, four samples apart.
func ssim(a, b image.Image) float64 {
	x, y := luma(a), luma(b)
	w, h := a.Bounds().Dx(), a.Bounds().Dy()
	if len(x) != len(y) || w < 8 || h < 8 {
		return 0
	}
	const c1, c2 = (0.01 * 255) * (0.01 * 255), (0.03 * 255) * (0.03 * 255)
	total, count := 0.0, 0
	for top := 0; top+8 <= h; top += 4 {
		for left := 0; left+8 <= w; left += 4 {
			var sx, sy, xx, yy, xy float64
			for i := range 8 {
				for j := range 8 {
					p, q := x[(top+i)*w+left+j], y[(top+i)*w+left+j]
					sx, sy, xx, yy, xy = sx+p, sy+q, xx+p*p, yy+q*q, xy+p*q
				}
			}
			mx, my := sx/64, sy/64
			vx, vy, v := xx/64-mx*mx, yy/64-my*my, xy/64-mx*my
			total += (2*mx*my + c1) * (2*v + c2) / ((mx*mx + my*my + c1) * (vx + vy + c2))
			count++
		}
	}
	return total / float64(count)
}

// scenes are pictures with what is hard for a resampler.
func scenes() map[string]*image.NRGBA {
	const w, h = 1000, 667
	fill := func(colour func(x, y int) (r, g, b float64)) *image.NRGBA {
		m := image.NewNRGBA(image.Rect(0, 0, w, h))
		for y := range h {
			for x := range w {
				r, g, b := colour(x, y)
				p := m.Pix[y*m.Stride+4*x:]
				for i, v := range []float64{r, g, b} {
					p[i] = uint8(max(0, min(255, v)))
				}
				p[3] = 255
			}
		}
		return m
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	grain := 0.0
	return map[string]*image.NRGBA{
		"photograph": photo(w, h, 12),
		"texture": fill(func(x, y int) (float64, float64, float64) {
			fx, fy := float64(x), float64(y)
			v := 128 + 40*math.Sin(fx*0.31+3*math.Sin(fy*0.013)) + 40*math.Sin(fy*0.23+2*math.Sin(fx*0.017)) + 30*math.Sin((fx+fy)*0.05)
			return v, v*0.8 + 20, 255 - v
		}),
		"edges": fill(func(x, y int) (float64, float64, float64) {
			switch {
			case (x*3+y)/97%2 == 0 && (x-2*y)/61%2 == 0:
				return 250, 245, 240
			case x/5%7 == 0 && y > h/2:
				return 10, 10, 20
			case (x*x+y*y)/9000%2 == 0:
				return 200, 30, 40
			}
			return 20, 60, 120
		}),
		"noise": fill(func(x, y int) (float64, float64, float64) {
			grain = grain*0.7 + rnd.NormFloat64()*9
			v := 90 + 80*float64(x)/w + grain + 20*math.Sin(float64(y)/40)
			return v, v + rnd.Float64()*6, v*0.9 + rnd.Float64()*6
		}),
	}
}

// A rendition is as like the original, made small without loss, as one made by
// Lanczos from the whole decoded file and encoded alike.
func TestRenditionsAreAsGoodAsLanczosFromFullSize(t *testing.T) {
	t.Parallel()
	for name, m := range scenes() {
		for kind, data := range map[string][]byte{
			"4:2:0":       jpegOf(t, m, 92),
			"4:4:4":       convert(t, pngOf(t, m), "out.jpg[Q=92,subsample_mode=off]"),
			"progressive": convert(t, pngOf(t, m), "out.jpg[Q=92,interlace]"),
			"grey":        jpegOf(t, greyOf(m), 92),
		} {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				full, err := jpeg.Decode(bytes.NewReader(data))
				if err != nil {
					t.Fatal(err)
				}
				var want image.Image = m
				if kind == "grey" {
					want = greyOf(m)
				}
				// One box each, so that each is made straight from its own scale: 8, 6, 4,
				// 3, 2, 2 and 1 eighths.
				usually := func(m image.Image, to image.Point) *image.NRGBA {
					return imaging.Resize(m, to.X, to.Y, imaging.Lanczos)
				}
				for _, side := range []int{700, 374, 249, 186, 124, 62, 41} {
					_, made, err := render(t, inProcess{}, data, Box(side))
					if err != nil {
						t.Fatal(err)
					}
					size := made[0].Bounds().Size()
					truth := usually(want, size)
					var b bytes.Buffer
					if err := encodeJPEG(&b, usually(full, size), kind == "grey", DefaultQuality); err != nil {
						t.Fatal(err)
					}
					usual, err := jpeg.Decode(&b)
					if err != nil {
						t.Fatal(err)
					}
					ours, theirs := ssim(made[0], truth), ssim(usual, truth)
					t.Logf("%d px: SSIM %.5f, from full size %.5f: %+.5f", side, ours, theirs, ours-theirs)
					if ours < theirs-0.001 {
						t.Errorf("%d px: SSIM %.5f, from full size %.5f", side, ours, theirs)
					}
				}
			})
		}
	}
}
