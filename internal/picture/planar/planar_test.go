// SPDX-License-Identifier: Apache-2.0

package planar

import (
	"math"
	"math/rand/v2"
	"testing"
)

func noise(w, h int) Plane {
	p := New(w, h)
	rnd := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	for i := range p.Pix {
		p.Pix[i] = uint8(rnd.Uint32())
		if i/5%3 == 0 {
			p.Pix[i] = 255 * uint8(i/7%2) // hard edges
		}
	}
	return p
}

// slow does in floating point, sample by sample, what Resize promises.
func slow(p Plane, of Region, w, h int) []float64 {
	pass := func(in []float64, size int, from, to float64, n, stride, along, lines int, out []float64, outStride, outAlong int) {
		ratio := (to - from) / float64(n)
		wide := math.Max(1, math.Abs(ratio))
		for line := range lines {
			for i := range n {
				centre := from + (float64(i)+0.5)*ratio - 0.5
				sum, weight := 0.0, 0.0
				for j := int(math.Floor(centre - 3*wide)); float64(j) <= centre+3*wide+1; j++ {
					k := lanczos((float64(j) - centre) / wide)
					sum += k * in[line*stride+max(0, min(size-1, j))*along]
					weight += k
				}
				out[line*outStride+i*outAlong] = max(0, min(255, sum/weight))
			}
		}
	}
	in := make([]float64, p.Width*p.Height)
	for y := range p.Height {
		for x := range p.Width {
			in[y*p.Width+x] = float64(p.Pix[y*p.Stride+x])
		}
	}
	between, out := make([]float64, p.Width*h), make([]float64, w*h)
	pass(in, p.Height, of.Y0, of.Y1, h, 1, p.Width, p.Width, between, 1, p.Width)
	pass(between, p.Width, of.X0, of.X1, w, p.Width, 1, h, out, w, 1)
	return out
}

func TestResizeIsLanczosInBothDirections(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		w, h, toW, toH int
		of             func(p Plane) Region
	}{
		{64, 48, 32, 24, Plane.All},
		{97, 61, 40, 31, Plane.All},
		{97, 61, 96, 60, Plane.All},
		{33, 21, 33, 21, Plane.All},
		{300, 200, 7, 5, Plane.All},
		{4000, 3, 2, 1, Plane.All},
		{7, 5, 20, 31, Plane.All},
		{1, 1, 1, 1, Plane.All},
		{1, 90, 1, 3, Plane.All},
		{90, 1, 4, 1, Plane.All},
		{50, 40, 23, 17, func(Plane) Region { return Region{3.25, 7.5, 39.75, 31.125} }},
		{50, 40, 23, 17, func(Plane) Region { return Region{50, 40, 0, 0} }},
		{50, 40, 25, 21, func(Plane) Region { return Region{0, 0, 50, 42} }},
	} {
		p := noise(c.w, c.h)
		of := c.of(p)
		got, want := Resize(p, of, c.toW, c.toH), slow(p, of, c.toW, c.toH)
		for i, v := range want {
			if d := math.Abs(float64(got.Pix[i]) - v); d > 2 {
				t.Fatalf("%d × %d to %d × %d: %d at %d, not %.2f", c.w, c.h, c.toW, c.toH, got.Pix[i], i, v)
			}
		}
	}
}

func TestResizeKeepsWhatNeedsNoChange(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{1, 1}, {2, 3}, {3, 2}, {17, 4}, {40, 31}} {
		p := noise(size[0], size[1])
		same := Resize(p, p.All(), p.Width, p.Height)
		mirrored := Resize(p, Region{X0: float64(p.Width), Y1: float64(p.Height)}, p.Width, p.Height)
		turned := Transpose(p)
		for y := range p.Height {
			for x := range p.Width {
				v := p.Pix[y*p.Stride+x]
				if same.Pix[y*same.Stride+x] != v || mirrored.Pix[y*mirrored.Stride+p.Width-1-x] != v || turned.Pix[x*turned.Stride+y] != v {
					t.Fatalf("%v: %d, %d has changed", size, x, y)
				}
			}
		}
	}
	for v := range 256 {
		p := New(37, 29)
		for i := range p.Pix {
			p.Pix[i] = uint8(v)
		}
		for _, out := range Resize(p, p.All(), 14, 11).Pix {
			if int(out) != v {
				t.Fatalf("an area of %d became %d", v, out)
			}
		}
	}
}

func TestLanesNeverOverflow(t *testing.T) {
	t.Parallel()
	check := func(size int, from, to float64, n int) {
		for _, k := range kernel(size, from, to, n) {
			sum, total := 0, 0
			for _, w := range k.weights {
				sum += int(max(int64(w), -int64(w)))
				total += int(int64(w))
			}
			if total != one || sum*255+half >= bias {
				t.Fatalf("%d from %v–%v to %d: weights %v", size, from, to, n, k.weights)
			}
			if k.first < 0 || k.first+len(k.weights) > size {
				t.Fatalf("%d from %v–%v to %d: weights from %d", size, from, to, n, k.first)
			}
		}
	}
	for size := 1; size < 60; size++ {
		for n := 1; n < 60; n++ {
			check(size, 0, float64(size), n)
			check(size, float64(size)*0.3, float64(size)*0.9, n)
			check(size, float64(size)+0.5, -0.5, n)
		}
	}
	check(6000, 0, 6000, 2048)
	check(65535, 0, 65535, 1)
}
