// SPDX-License-Identifier: Apache-2.0

package picture

import "fmt"

// lut is a multi-dimensional lookup table of a profile: lut8Type, lut16Type
// (10.10, 10.11; their matrix only applies to XYZ input and is left out) or
// lutAToBType (10.12), from device to connection space.
type lut struct {
	in, out int
	a       []curve // before the table: one for each input
	grid    []int   // points along each input
	table   []float32
	m       []curve     // after the table, before the matrix; mAB only
	matrix  [12]float64 // 3×3, then 3 offsets
	b       []curve     // last
	scale   labScale
}

// labScale says how Lab lies in 0–1: the old 16-bit way (6.3.4.3), or in 8
// bits and mAB.
type labScale struct{ l, ab, zero float64 }

var (
	labOld = labScale{100 * 65535 / 65280.0, 255 * 65535 / 65280.0, 128}
	labNew = labScale{100, 255, 128}
)

func parseLUT(t []byte, in int) (*lut, error) {
	if len(t) < 32 {
		return nil, fmt.Errorf("picture: icc: short table")
	}
	kind := string(t[:4])
	l := &lut{in: int(t[8]), out: int(t[9])}
	if l.in != in || l.out != 3 {
		return nil, fmt.Errorf("picture: icc: table from %d to %d channels", l.in, l.out)
	}
	switch kind {
	case "mft1", "mft2":
		return l, l.parseOld(t, kind == "mft2")
	case "mAB ":
		return l, l.parseNew(t)
	}
	return nil, fmt.Errorf("picture: icc: table of type %q", kind)
}

func (l *lut) setGrid(points []byte, max int64) (cells int, err error) {
	n := int64(l.out)
	for _, p := range points {
		if p < 2 {
			return 0, fmt.Errorf("picture: icc: grid of %d points", p)
		}
		l.grid = append(l.grid, int(p))
		if n *= int64(p); n > max {
			return 0, fmt.Errorf("picture: icc: table larger than its profile")
		}
	}
	return int(n), nil
}

func (l *lut) parseOld(t []byte, wide bool) error {
	size, inN, outN, at := 1, int64(256), int64(256), 48
	l.scale = labNew
	if wide {
		if len(t) < 52 {
			return fmt.Errorf("picture: icc: short table")
		}
		size, inN, outN, at = 2, int64(be16(t[48:])), int64(be16(t[50:])), 52
		l.scale = labOld
	}
	if inN < 2 || outN < 2 || inN > 4096 || outN > 4096 {
		return fmt.Errorf("picture: icc: table curves of %d and %d points", inN, outN)
	}
	points := make([]byte, l.in)
	for i := range points {
		points[i] = t[10]
	}
	cells, err := l.setGrid(points, int64(len(t)/size))
	if err != nil {
		return err
	}
	if len(t) < at+size*(l.in*int(inN)+cells+l.out*int(outN)) {
		return fmt.Errorf("picture: icc: short table")
	}
	next := func(n int) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = sample(t[at:], size)
			at += size
		}
		return v
	}
	for range l.in {
		l.a = append(l.a, tableCurve(next(int(inN))))
	}
	l.readTable(t[at:], cells, size)
	at += cells * size
	for range l.out {
		l.b = append(l.b, tableCurve(next(int(outN))))
	}
	return nil
}

func sample(b []byte, size int) float64 {
	if size == 1 {
		return float64(b[0]) / 255
	}
	return float64(be16(b)) / 65535
}

func (l *lut) readTable(b []byte, cells, size int) {
	l.table = make([]float32, cells)
	for i := range l.table {
		l.table[i] = float32(sample(b[i*size:], size))
	}
}

func (l *lut) parseNew(t []byte) error {
	l.scale = labNew
	part := func(at int) ([]byte, error) {
		off := be32(t[at:])
		if off == 0 {
			return nil, nil
		}
		if off < 32 || off >= int64(len(t)) {
			return nil, fmt.Errorf("picture: icc: part of a table at %d", off)
		}
		return t[off:], nil
	}
	curves := func(at, n int) (all []curve, err error) {
		b, err := part(at)
		for range n {
			if b == nil || err != nil {
				return nil, err
			}
			c, size, err := parseCurve(b)
			if err != nil {
				return nil, err
			}
			all = append(all, c)
			b = b[min((size+3)&^3, len(b)):] // each starts on a boundary of four bytes
		}
		return all, nil
	}
	var err error
	if l.b, err = curves(12, l.out); err != nil {
		return err
	}
	if l.b == nil {
		return fmt.Errorf("picture: icc: table without B curves")
	}
	if m, err := part(16); err != nil {
		return err
	} else if m != nil {
		if len(m) < 48 {
			return fmt.Errorf("picture: icc: short matrix")
		}
		for i := range l.matrix {
			l.matrix[i] = s15f16(m[4*i:])
		}
		if l.m, err = curves(20, l.out); err != nil {
			return err
		}
	}
	clut, err := part(24)
	if err != nil {
		return err
	}
	if clut == nil {
		if l.in != l.out {
			return fmt.Errorf("picture: icc: no table")
		}
		return nil
	}
	if l.a, err = curves(28, l.in); err != nil {
		return err
	}
	if len(clut) < 20 || (clut[16] != 1 && clut[16] != 2) {
		return fmt.Errorf("picture: icc: short table")
	}
	size := int(clut[16])
	cells, err := l.setGrid(clut[:l.in], int64(len(clut)))
	if err != nil {
		return err
	}
	if len(clut) < 20+cells*size {
		return fmt.Errorf("picture: icc: short table")
	}
	l.readTable(clut[20:], cells, size)
	return nil
}

// eval takes device values of 0–1 to encoded connection values of 0–1.
func (l *lut) eval(dev []float64) (out [3]float64) {
	var v [4]float64
	copy(v[:], dev)
	if l.table != nil {
		for i, c := range l.a {
			v[i] = c(v[i])
		}
		out = l.interpolate(v)
	} else {
		copy(out[:], v[:3])
	}
	if l.m != nil {
		for i, c := range l.m {
			out[i] = c(out[i])
		}
		m, in := l.matrix, out
		for i := range out {
			out[i] = m[3*i]*in[0] + m[3*i+1]*in[1] + m[3*i+2]*in[2] + m[9+i]
		}
	}
	for i, c := range l.b {
		out[i] = c(out[i])
	}
	return out
}

// interpolate is multilinear in up to four dimensions.
func (l *lut) interpolate(v [4]float64) (out [3]float64) {
	var base, step [4]int
	var frac [4]float64
	stride := l.out
	for i := l.in - 1; i >= 0; i-- {
		x := clamp01(v[i]) * float64(l.grid[i]-1)
		at := min(int(x), l.grid[i]-2)
		base[i], step[i], frac[i] = at*stride, stride, x-float64(at)
		stride *= l.grid[i]
	}
	start := base[0] + base[1] + base[2] + base[3]
	for corner := range 1 << l.in {
		weight, at := 1.0, start
		for i := range l.in {
			if corner>>i&1 == 1 {
				weight *= frac[i]
				at += step[i]
			} else {
				weight *= 1 - frac[i]
			}
		}
		if weight == 0 {
			continue
		}
		for c := range out {
			out[c] += weight * float64(l.table[at+c])
		}
	}
	return out
}
