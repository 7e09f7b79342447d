// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"image"
	"math"
)

// toSRGB converts pixels by an embedded profile.
type toSRGB struct {
	p      *profile
	linear [3][256]float32 // matrix profiles: device byte → linear
	matrix [9]float32      // device linear → sRGB linear
	grey   [256]uint8      // grey profiles: device byte → sRGB grey
}

// newToSRGB returns nil if the profile changes nothing that can be seen, so
// that the usual case costs nothing.
func newToSRGB(p *profile) *toSRGB {
	t := &toSRGB{p: p}
	switch {
	case p.lut != nil:
	case p.channels == 1:
		for i := range t.grey {
			y := p.curves[0](float64(i) / 255)
			if p.lab { // the curve gives L* (F.2)
				y = fromLab(y*100, 0, 0)[1]
			}
			t.grey[i] = encodeSRGB(float32(y))
		}
	default:
		for c := range t.linear {
			for i := range t.linear[c] {
				t.linear[c][i] = float32(p.curves[c](float64(i) / 255))
			}
		}
		for r := range 3 {
			for c := range 3 {
				var sum float64
				for k := range 3 {
					sum += xyzToSRGB[3*r+k] * p.matrix[3*k+c]
				}
				t.matrix[3*r+c] = float32(sum)
			}
		}
	}
	if t.identity() {
		return nil
	}
	return t
}

func (t *toSRGB) identity() bool {
	if t.p.channels == 1 && t.p.lut == nil {
		for i, v := range t.grey {
			if max(i-int(v), int(v)-i) > 1 {
				return false
			}
		}
		return true
	}
	if t.p.channels != 3 {
		return false
	}
	for r := 0; r < 256; r += 51 {
		for g := 0; g < 256; g += 51 {
			for b := 0; b < 256; b += 51 {
				x, y, z := t.rgb(uint8(r), uint8(g), uint8(b))
				if d := max(r-int(x), int(x)-r, g-int(y), int(y)-g, b-int(z), int(z)-b); d > 1 {
					return false
				}
			}
		}
	}
	return true
}

// rgb converts one pixel of a three-channel profile.
func (t *toSRGB) rgb(r, g, b uint8) (uint8, uint8, uint8) {
	if t.p.lut != nil {
		return t.device([]float64{float64(r) / 255, float64(g) / 255, float64(b) / 255})
	}
	x, y, z := t.linear[0][r], t.linear[1][g], t.linear[2][b]
	m := &t.matrix
	return encodeSRGB(m[0]*x + m[1]*y + m[2]*z), encodeSRGB(m[3]*x + m[4]*y + m[5]*z), encodeSRGB(m[6]*x + m[7]*y + m[8]*z)
}

// device converts one colour through the lookup table.
func (t *toSRGB) device(v []float64) (uint8, uint8, uint8) {
	e := t.p.lut.eval(v)
	var xyz [3]float64
	if t.p.lab {
		s := t.p.lut.scale
		xyz = fromLab(e[0]*s.l, e[1]*s.ab-s.zero, e[2]*s.ab-s.zero)
	} else {
		for i := range e {
			xyz[i] = e[i] * 65535 / 32768 // 6.3.4.2
		}
	}
	var out [3]uint8
	for i := range out {
		m := xyzToSRGB[3*i:]
		out[i] = encodeSRGB(float32(m[0]*xyz[0] + m[1]*xyz[1] + m[2]*xyz[2]))
	}
	return out[0], out[1], out[2]
}

// convert changes m in place; alpha stays.
func (t *toSRGB) convert(m *image.NRGBA) {
	if t.p.channels == 1 && t.p.lut == nil {
		for i := 0; i+3 < len(m.Pix); i += 4 {
			g := t.grey[m.Pix[i]]
			m.Pix[i], m.Pix[i+1], m.Pix[i+2] = g, g, g
		}
		return
	}
	last, made := [3]uint8{}, [3]uint8{}
	made[0], made[1], made[2] = t.pixel(0, 0, 0)
	for i := 0; i+3 < len(m.Pix); i += 4 {
		p := m.Pix[i : i+3 : i+3]
		if now := [3]uint8(p); now != last {
			last = now
			made[0], made[1], made[2] = t.pixel(p[0], p[1], p[2])
		}
		copy(p, made[:])
	}
}

func (t *toSRGB) pixel(r, g, b uint8) (uint8, uint8, uint8) {
	if t.p.channels == 1 {
		return t.device([]float64{float64(r) / 255})
	}
	return t.rgb(r, g, b)
}

// convertCMYK takes cmy (as the three colours of an opaque picture) and k to
// sRGB in place of cmy. A nil t uses the plain formula of PostScript.
func (t *toSRGB) convertCMYK(cmy *image.NRGBA, k *image.NRGBA) {
	var last [4]uint8
	var made [3]uint8
	for i, first := 0, true; i+3 < len(cmy.Pix); i, first = i+4, false {
		p := cmy.Pix[i : i+3 : i+3]
		now := [4]uint8{p[0], p[1], p[2], k.Pix[i]}
		switch {
		case now == last && !first:
		case t == nil:
			for c := range made {
				made[c] = uint8((255 - uint32(now[c])) * (255 - uint32(now[3])) / 255) //nolint:gosec // G115: at most 255 * 255 / 255
			}
		default:
			made[0], made[1], made[2] = t.device([]float64{
				float64(now[0]) / 255, float64(now[1]) / 255, float64(now[2]) / 255, float64(now[3]) / 255,
			})
		}
		last = now
		copy(p, made[:])
	}
}

// xyzToSRGB takes XYZ under D50 to linear sRGB: the inverse of the matrix of
// an sRGB profile, adapted from D65 by Bradford (IEC 61966-2-1; ICC.1:2022, annex E).
var xyzToSRGB = [9]float64{
	3.1338561, -1.6168667, -0.4906146,
	-0.9787684, 1.9161415, 0.0334540,
	0.0719453, -0.2289914, 1.4052427,
}

// fromLab takes CIELAB under D50 to XYZ (ICC.1:2022, 6.3.2).
func fromLab(l, a, b float64) [3]float64 {
	cube := func(t float64) float64 {
		if t > 6.0/29 {
			return t * t * t
		}
		return 3 * (6.0 / 29) * (6.0 / 29) * (t - 4.0/29)
	}
	y := (l + 16) / 116
	return [3]float64{0.9642 * cube(y+a/500), cube(y), 0.8249 * cube(y-b/200)}
}

const encodeSteps = 8192

var encodeTable = func() (t [encodeSteps + 1]uint8) {
	for i := range t {
		x := float64(i) / encodeSteps
		if x <= 0.0031308 {
			x *= 12.92
		} else {
			x = 1.055*math.Pow(x, 1/2.4) - 0.055
		}
		t[i] = uint8(math.Round(x * 255))
	}
	return t
}()

// encodeSRGB gamma-encodes a linear value; what is outside 0–1 is cut.
func encodeSRGB(x float32) uint8 {
	if !(x > 0) {
		return 0
	}
	if x >= 1 {
		return 255
	}
	return encodeTable[int(x*encodeSteps+0.5)]
}
