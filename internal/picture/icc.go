// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf16"
)

// profile is an ICC input, display or output profile (ICC.1:2022; v2 and v4)
// as far as it takes device colours to sRGB, media-relative colorimetric:
// matrix and curves for RGB (F.3), one curve for grey (F.2), and lookup tables
// (A2B1, else A2B0: 10.10–10.12) for any of them and CMYK.
type profile struct {
	name     string // profile description, cleaned for showing; may be empty
	channels int    // 1, 3 or 4
	lab      bool   // connection space is Lab, otherwise XYZ
	curves   []curve
	matrix   [9]float64 // device RGB, linear → XYZ (D50)
	lut      *lut
}

// parseProfile reads a profile. The error says, for the log, what is wrong or
// not understood. Memory is bounded by a small multiple of len(b).
func parseProfile(b []byte) (*profile, error) {
	if len(b) < 132 || string(b[36:40]) != "acsp" {
		return nil, fmt.Errorf("picture: icc: not a profile")
	}
	p := &profile{}
	switch space := string(b[16:20]); space {
	case "GRAY":
		p.channels = 1
	case "RGB ":
		p.channels = 3
	case "CMYK":
		p.channels = 4
	default:
		return nil, fmt.Errorf("picture: icc: colour space %q is not supported", space)
	}
	switch pcs := string(b[20:24]); pcs {
	case "XYZ ":
	case "Lab ":
		p.lab = true
	default:
		return nil, fmt.Errorf("picture: icc: connection space %q", pcs)
	}
	tags := map[string][]byte{}
	count := be32(b[128:])
	for i := int64(0); i < min(count, 200) && 132+12*(i+1) <= int64(len(b)); i++ {
		e := b[132+12*i:]
		off, n := be32(e[4:]), be32(e[8:])
		if off >= 128 && n >= 8 && off+n <= int64(len(b)) {
			tags[string(e[:4])] = b[off : off+n]
		}
	}
	p.name = profileName(tags["desc"])
	for _, name := range []string{"A2B1", "A2B0"} {
		if t := tags[name]; t != nil {
			l, err := parseLUT(t, p.channels)
			if err != nil {
				return nil, err
			}
			p.lut = l
			return p, nil
		}
	}
	var err error
	switch p.channels {
	case 1:
		p.curves, err = parseCurves(tags, "kTRC")
	case 3:
		if p.lab {
			return nil, fmt.Errorf("picture: icc: matrix into Lab")
		}
		if p.curves, err = parseCurves(tags, "rTRC", "gTRC", "bTRC"); err != nil {
			return nil, err
		}
		for i, name := range []string{"rXYZ", "gXYZ", "bXYZ"} {
			t := tags[name]
			if len(t) < 20 || string(t[:4]) != "XYZ " {
				return nil, fmt.Errorf("picture: icc: no %s", name)
			}
			for row := range 3 {
				p.matrix[3*row+i] = s15f16(t[8+4*row:])
			}
		}
	default:
		err = fmt.Errorf("picture: icc: CMYK without a table")
	}
	return p, err
}

// ProfileName returns what an ICC profile calls itself, cleaned for showing;
// empty if b is not a profile that is understood.
func ProfileName(b []byte) string {
	p, err := parseProfile(b)
	if err != nil {
		return ""
	}
	return p.name
}

func parseCurves(tags map[string][]byte, names ...string) ([]curve, error) {
	var all []curve
	for _, name := range names {
		c, _, err := parseCurve(tags[name])
		if err != nil {
			return nil, fmt.Errorf("%w in %s", err, name)
		}
		all = append(all, c)
	}
	return all, nil
}

func s15f16(b []byte) float64 { return float64(int32(be32(b))) / 65536 } //nolint:gosec // G115: the field is signed (ICC.1 §4.6)

// curve is a one-dimensional function of 0–1. Results are kept within 0–1.
type curve func(float64) float64

// parseCurve reads a curveType or parametricCurveType (10.6, 10.18) and
// returns the bytes it takes.
func parseCurve(b []byte) (curve, int, error) {
	if len(b) < 12 {
		return nil, 0, fmt.Errorf("picture: icc: no curve")
	}
	switch string(b[:4]) {
	case "curv":
		n := be32(b[8:])
		if n > 1<<16 || int64(len(b)) < 12+2*n {
			return nil, 0, fmt.Errorf("picture: icc: curve of %d points", n)
		}
		size := 12 + 2*int(n)
		switch n {
		case 0:
			return clamp01, size, nil
		case 1:
			g := float64(be16(b[12:])) / 256
			return func(x float64) float64 { return clamp01(math.Pow(clamp01(x), g)) }, size, nil
		}
		table := make([]float64, n)
		for i := range table {
			table[i] = float64(be16(b[12+2*i:])) / 65535
		}
		return tableCurve(table), size, nil
	case "para":
		kind := be16(b[8:])
		if kind > 4 {
			return nil, 0, fmt.Errorf("picture: icc: parametric curve %d", kind)
		}
		n := [...]int{1, 3, 4, 5, 7}[kind]
		if len(b) < 12+4*n {
			return nil, 0, fmt.Errorf("picture: icc: short parametric curve")
		}
		var v [7]float64
		for i := range n {
			v[i] = s15f16(b[12+4*i:])
		}
		return parametric(kind, v), 12 + 4*n, nil
	}
	return nil, 0, fmt.Errorf("picture: icc: curve of type %q", b[:4])
}

// parametric implements table 68: v holds g a b c d e f.
func parametric(kind int, v [7]float64) curve {
	g, a, b, c, d, e, f := v[0], v[1], v[2], v[3], v[4], v[5], v[6]
	return func(x float64) float64 {
		var y float64
		switch {
		case kind == 0:
			y = math.Pow(x, g)
		case kind == 1 && a*x+b >= 0:
			y = math.Pow(a*x+b, g)
		case kind == 1:
			y = 0
		case kind == 2 && a*x+b >= 0:
			y = math.Pow(a*x+b, g) + c
		case kind == 2:
			y = c
		case kind == 3 && x >= d:
			y = math.Pow(max(a*x+b, 0), g)
		case kind == 3:
			y = c * x
		case x >= d:
			y = math.Pow(max(a*x+b, 0), g) + e
		default:
			y = c*x + f
		}
		return clamp01(y)
	}
}

func tableCurve(t []float64) curve {
	last := float64(len(t) - 1)
	return func(x float64) float64 {
		x = clamp01(x) * last
		i := min(int(x), len(t)-2)
		return t[i] + (t[i+1]-t[i])*(x-float64(i))
	}
}

// clamp01 also turns what is not a number into 0.
func clamp01(x float64) float64 {
	if x > 0 {
		return math.Min(x, 1)
	}
	return 0
}

// profileName reads a textDescriptionType (ICC.1:2001-04, 6.5.17) or the
// first record of a multiLocalizedUnicodeType (10.15).
func profileName(t []byte) string {
	if len(t) < 28 {
		return ""
	}
	var s string
	switch string(t[:4]) {
	case "desc":
		n := be32(t[8:])
		s = string(t[12:max(12, min(12+n, int64(len(t))))])
	case "mluc":
		n, off := be32(t[20:]), be32(t[24:])
		if be32(t[8:]) < 1 || off > int64(len(t)) {
			return ""
		}
		var u []uint16
		for i := off; i+1 < min(off+min(n, 400), int64(len(t))); i += 2 {
			u = append(u, uint16(be16(t[i:]))) //nolint:gosec // G115: two bytes
		}
		s = string(utf16.Decode(u))
	}
	return cleanName(s)
}

// cleanName keeps at most 80 printable characters.
func cleanName(s string) string {
	var out strings.Builder
	n := 0
	for _, r := range s {
		if r == 0 || n == 80 {
			break
		}
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			out.WriteRune(r)
			n++
		}
	}
	return strings.TrimSpace(out.String())
}
