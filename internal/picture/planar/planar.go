// SPDX-License-Identifier: Apache-2.0

// Package planar resizes single planes of 8-bit samples with the Lanczos
// kernel of three lobes, in both directions, as if in continuous space: any
// part of a plane, with fractions of samples, mirrored if wanted, becomes a
// plane of any size.
//
// Three samples travel in one 64-bit word, 21 bits each, so that one
// multiplication serves three of them. A negative sum borrows from the lane
// above, which adding a bias to all lanes gives back: the results are exact.
package planar

import "math"

// Plane is a rectangle of samples.
type Plane struct {
	Pix           []uint8
	Stride        int
	Width, Height int
}

// New returns an empty plane.
func New(width, height int) Plane {
	return Plane{Pix: make([]uint8, width*height), Stride: width, Width: width, Height: height}
}

// Region is a part of a plane in samples from its upper left corner. X1 may be
// left of X0, and Y1 above Y0: then the result is mirrored.
type Region struct{ X0, Y0, X1, Y1 float64 }

// All returns the region of the whole plane.
func (p Plane) All() Region { return Region{X1: float64(p.Width), Y1: float64(p.Height)} }

const (
	lane      = 21                        // bits of a word for each of three samples
	scale     = 11                        // bits of fraction in a weight
	one       = 1 << scale                // the sum of the weights of a sample
	bias      = 1 << (lane - 1)           // makes lanes positive
	half      = one / 2                   // rounds
	everyLane = 1 | 1<<lane | 1<<(2*lane) // a word with 1 in each lane
)

// levels cuts a lane's result, shifted down with its bias, to 8 bits.
var levels = func() (t [1 << (lane - scale)]uint8) {
	for i := range t {
		t[i] = uint8(max(0, min(255, i-bias>>scale)))
	}
	return t
}()

// taps are the weights of the source samples that make one sample, from first
// on. A word multiplied by one takes it as two's complement.
type taps struct {
	first   int
	weights []uint64
}

// lanczos is the kernel of three lobes.
func lanczos(x float64) float64 {
	if x = math.Abs(x); x < 1e-9 {
		return 1
	} else if x >= 3 {
		return 0
	}
	return 3 * math.Sin(math.Pi*x) * math.Sin(math.Pi*x/3) / (math.Pi * math.Pi * x * x)
}

// kernel returns the taps that make n samples of those between from and to of
// a row of size samples. Beyond its ends the row goes on as its last samples.
func kernel(size int, from, to float64, n int) []taps {
	ratio := (to - from) / float64(n)
	wide := math.Max(math.Abs(ratio), 1)
	list := make([]taps, n)
	var exact []float64
	for i := range list {
		centre := from + (float64(i)+0.5)*ratio - 0.5
		low, high := int(math.Ceil(centre-3*wide)), int(math.Floor(centre+3*wide))
		first, last := inside(low, size), inside(high, size)
		exact = append(exact[:0], make([]float64, last-first+1)...)
		sum := 0.0
		for j := low; j <= high; j++ {
			w := lanczos((float64(j) - centre) / wide)
			exact[inside(j, size)-first] += w
			sum += w
		}
		list[i] = rounded(first, exact, sum)
	}
	return list
}

func inside(i, size int) int { return max(0, min(size-1, i)) }

// rounded makes whole weights that sum up to one, without zeros at the ends.
// What rounding leaves of a weight goes to the next: of a kernel of thousands
// of samples each weight alone would be nothing.
func rounded(first int, exact []float64, sum float64) taps {
	whole := make([]uint64, len(exact))
	left, rest := one, 0.0
	for i, w := range exact {
		rest += w / sum * one
		v := int(math.Round(rest))
		if i == len(exact)-1 {
			v = left
		}
		whole[i] = uint64(v)
		rest -= float64(v)
		left -= v
	}
	for len(whole) > 1 && whole[0] == 0 {
		first, whole = first+1, whole[1:]
	}
	for len(whole) > 1 && whole[len(whole)-1] == 0 {
		whole = whole[:len(whole)-1]
	}
	return taps{first, whole}
}

// Resize returns the region of a plane as a plane of width × height samples.
func Resize(p Plane, of Region, width, height int) Plane {
	out := New(width, height)
	rows, columns := kernel(p.Height, of.Y0, of.Y1, height), kernel(p.Width, of.X0, of.X1, width)
	left, right := p.Width, 0 // the columns that are needed
	for _, c := range columns {
		left, right = min(left, c.first), max(right, c.first+len(c.weights))
	}
	for i := range columns {
		columns[i].first -= left
	}
	r := resizer{p: p, left: left, wide: right - left, words: (right - left + 2) / 3}
	most := 0
	for _, t := range rows {
		most = max(most, len(t.weights))
	}
	r.keep(most + 2*int(math.Ceil(math.Abs(of.Y1-of.Y0)/float64(height))) + 2)
	for y := 0; y < height; y += 3 {
		for i := range r.sums {
			r.row(rows[min(y+i, height-1)], r.sums[i])
		}
		r.turn()
		r.across(columns, out, y)
	}
	return out
}

// resizer holds what the two passes share: down first, then across.
type resizer struct {
	p          Plane
	left, wide int
	words      int

	packed [][]uint64 // source rows, three samples to a word, in a ring
	holds  []int      // which row each of them is
	sums   [3][]uint64
	turned []uint64 // three rows in one: a sample of each to a word
}

func (r *resizer) keep(n int) {
	n = min(n, r.p.Height)
	all := make([]uint64, n*r.words)
	for i := range n {
		r.packed = append(r.packed, all[i*r.words:][:r.words:r.words])
		r.holds = append(r.holds, -1)
	}
	for i := range r.sums {
		r.sums[i] = make([]uint64, r.words)
	}
	r.turned = make([]uint64, 3*r.words)
}

// source returns a row of the plane, packed.
func (r *resizer) source(y int) []uint64 {
	at := y % len(r.packed)
	to := r.packed[at]
	if r.holds[at] == y {
		return to
	}
	r.holds[at] = y
	from := r.p.Pix[y*r.p.Stride+r.left:][:r.wide]
	i := 0
	for ; len(from) >= 3; i++ {
		to[i] = uint64(from[0]) | uint64(from[1])<<lane | uint64(from[2])<<(2*lane)
		from = from[3:]
	}
	if i < len(to) {
		to[i] = 0
		for j, v := range from {
			to[i] |= uint64(v) << (lane * j)
		}
	}
	return to
}

// row makes one row of sums, down the columns.
func (r *resizer) row(t taps, sum []uint64) {
	const start = everyLane * (bias + half)
	w := t.weights
	y := t.first
	for i := range sum {
		sum[i] = start
	}
	for ; len(w) >= 4; y, w = y+4, w[4:] {
		a, b, c, d := r.source(y), r.source(y+1), r.source(y+2), r.source(y+3)
		a, b, c, d = a[:len(sum)], b[:len(sum)], c[:len(sum)], d[:len(sum)]
		wa, wb, wc, wd := w[0], w[1], w[2], w[3]
		for i := range sum {
			sum[i] += a[i]*wa + b[i]*wb + c[i]*wc + d[i]*wd
		}
	}
	if len(w) >= 2 {
		a, b := r.source(y), r.source(y+1)
		a, b = a[:len(sum)], b[:len(sum)]
		wa, wb := w[0], w[1]
		for i := range sum {
			sum[i] += a[i]*wa + b[i]*wb
		}
		y, w = y+2, w[2:]
	}
	if len(w) == 1 {
		a := r.source(y)[:len(sum)]
		wa := w[0]
		for i := range sum {
			sum[i] += a[i] * wa
		}
	}
}

const mask = 1<<(lane-scale) - 1

// turn cuts three rows of sums to 8 bits and puts them in words of a sample
// from each.
func (r *resizer) turn() {
	a, b, c := r.sums[0], r.sums[1], r.sums[2]
	b, c = b[:len(a)], c[:len(a)]
	to := r.turned
	for i := range a {
		if len(to) < 3 {
			break
		}
		va, vb, vc := a[i], b[i], c[i]
		to[0] = uint64(levels[va>>scale&mask]) | uint64(levels[vb>>scale&mask])<<lane | uint64(levels[vc>>scale&mask])<<(2*lane)
		to[1] = uint64(levels[va>>(lane+scale)&mask]) | uint64(levels[vb>>(lane+scale)&mask])<<lane | uint64(levels[vc>>(lane+scale)&mask])<<(2*lane)
		to[2] = uint64(levels[va>>(2*lane+scale)&mask]) | uint64(levels[vb>>(2*lane+scale)&mask])<<lane | uint64(levels[vc>>(2*lane+scale)&mask])<<(2*lane)
		to = to[3:]
	}
}

// across makes three rows of the result, from y on.
func (r *resizer) across(columns []taps, out Plane, y int) {
	const start = everyLane * (bias + half)
	row := func(i int) []uint8 { return out.Pix[min(y+i, out.Height-1)*out.Stride:][:out.Width] }
	// The last rows may be the same one: the last of the three is the right one then, too.
	a, b, c := row(0), row(1), row(2)
	a, b, c = a[:len(columns)], b[:len(columns)], c[:len(columns)]
	for x := range columns {
		t := &columns[x]
		w := t.weights
		from := r.turned[t.first:][:len(w)]
		sum := uint64(start)
		for i, v := range w {
			sum += from[i] * v
		}
		a[x], b[x], c[x] = levels[sum>>scale&mask], levels[sum>>(lane+scale)&mask], levels[sum>>(2*lane+scale)&mask]
	}
}

// Transpose returns the plane with its rows as columns.
func Transpose(p Plane) Plane {
	const side = 32 // small enough that both squares stay in the cache
	out := New(p.Height, p.Width)
	for y0 := 0; y0 < p.Height; y0 += side {
		for x0 := 0; x0 < p.Width; x0 += side {
			for y := y0; y < min(y0+side, p.Height); y++ {
				from := p.Pix[y*p.Stride:][:p.Width]
				for x := x0; x < min(x0+side, p.Width); x++ {
					out.Pix[x*out.Stride+y] = from[x]
				}
			}
		}
	}
	return out
}
