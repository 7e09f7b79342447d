// SPDX-License-Identifier: Apache-2.0

package jpegscale

// inverse makes n × n samples of a block and leaves its coefficients zero. A
// block that is flat has only its first coefficient.
func inverse(b *block, n int, to []uint8, stride int, flat bool) {
	switch {
	case n == 1:
		to[0] = level((b[0] + 4) >> 3)
	case flat:
		v := level((b[0] + 4) >> 3)
		for y := range n {
			row := to[y*stride:][:n]
			for x := range row {
				row[x] = v
			}
		}
	case n == 2:
		inverse2(b, to, stride)
		b[1], b[2], b[3] = 0, 0, 0
	case n == 3:
		inverse3(b, to, stride)
		clear(b[1:9])
	case n == 6:
		inverse6(b, to, stride)
		clear(b[1:36])
	case n == 4:
		inverse4(b, to, stride)
		clear(b[1:16])
	default:
		inverse8(b, to, stride)
		clear(b[1:64])
	}
	b[0] = 0
}

// level shifts a sample up and cuts it to 8 bits (A.3.1).
func level(v int32) uint8 {
	v += 128
	if uint32(v) > 255 { //nolint:gosec // G115: negative ones are meant to be large
		if v < 0 {
			return 0
		}
		return 255
	}
	return uint8(v) //nolint:gosec // G115: 0 to 255 here
}

func inverse2(b *block, to []uint8, stride int) {
	sum, difference := b[0]+b[1]+4, b[0]-b[1]+4
	low, skew := b[2]+b[3], b[2]-b[3]
	first, second := to[:2], to[stride:][:2]
	first[0], first[1] = level((sum+low)>>3), level((difference+skew)>>3)
	second[0], second[1] = level((sum-low)>>3), level((difference-skew)>>3)
}

// The n × n lowest coefficients of a block, transformed as those of a block
// with sides of n, are the block at n eighths of its size. A pass in one
// direction makes, of f0 … fn-1,
//
//	f0/2 + √½ Σ fu cos((2x+1) u π / 2n)
//
// which is √2 too large for any n; the last shift takes that back.

// Constants with 13 bits of fraction: √½ times the cosines of n π/16, and of
// what remains of the cosines of n π/12.
const (
	fraction = 13

	c1 = 5681 // 0.693520
	c2 = 5352 // 0.653281
	c3 = 4816 // 0.587938
	c5 = 3218 // 0.392847
	c6 = 2217 // 0.270598
	c7 = 1130 // 0.137950

	d1 = 1499 // √½ cos 75°: 0.183013
	d2 = 5017 // √½ cos 30°: 0.612372
	d4 = 2896 // √½ cos 60°: 0.353553
)

func inverse3(b *block, to []uint8, stride int) {
	const keep = 4 // bits of fraction between the passes
	for x := range 3 {
		f0, f1, f2 := b[x]<<(fraction-1), b[3+x]*d2, b[6+x]*d4
		b[x] = (f0 + f2 + f1) >> (fraction - keep)
		b[3+x] = (f0 - 2*f2) >> (fraction - keep)
		b[6+x] = (f0 + f2 - f1) >> (fraction - keep)
	}
	const shift = fraction + keep + 1
	const half = 1 << (shift - 1)
	for y := range 3 {
		f0, f1, f2 := b[3*y]<<(fraction-1)+half, b[3*y+1]*d2, b[3*y+2]*d4
		row := to[y*stride:][:3]
		row[0], row[1], row[2] = level((f0+f2+f1)>>shift), level((f0-2*f2)>>shift), level((f0+f2-f1)>>shift)
	}
}

func inverse6(b *block, to []uint8, stride int) {
	const keep = 3 // bits of fraction between the passes
	for x := range 6 {
		f0, f2, f4 := b[x]<<(fraction-1), b[12+x]*d2, b[24+x]*d4
		f1, f3, f5 := b[6+x], b[18+x], b[30+x]
		both := (f1 + f5) * d1
		near, middle, far := both+(f1+f3)<<(fraction-1), (f1-f3-f5)<<(fraction-1), both+(f5-f3)<<(fraction-1)
		const shift = fraction - keep
		b[x], b[30+x] = (f0+f2+f4+near)>>shift, (f0+f2+f4-near)>>shift
		b[6+x], b[24+x] = (f0-2*f4+middle)>>shift, (f0-2*f4-middle)>>shift
		b[12+x], b[18+x] = (f0-f2+f4+far)>>shift, (f0-f2+f4-far)>>shift
	}
	const shift = fraction + keep + 1
	const half = 1 << (shift - 1)
	for y := range 6 {
		f := b[6*y:][:6]
		row := to[y*stride:][:6]
		f0, f2, f4 := f[0]<<(fraction-1)+half, f[2]*d2, f[4]*d4
		both := (f[1] + f[5]) * d1
		near, middle, far := both+(f[1]+f[3])<<(fraction-1), (f[1]-f[3]-f[5])<<(fraction-1), both+(f[5]-f[3])<<(fraction-1)
		row[0], row[5] = level((f0+f2+f4+near)>>shift), level((f0+f2+f4-near)>>shift)
		row[1], row[4] = level((f0-2*f4+middle)>>shift), level((f0-2*f4-middle)>>shift)
		row[2], row[3] = level((f0-f2+f4+far)>>shift), level((f0-f2+f4-far)>>shift)
	}
}

func inverse4(b *block, to []uint8, stride int) {
	const keep = 4 // bits of fraction between the passes
	var t [16]int32
	for x := range 4 {
		f0, f1, f2, f3 := b[x], b[4+x], b[8+x], b[12+x]
		even, odd := (f0+f2)<<(fraction-1), (f0-f2)<<(fraction-1)
		near, far := f1*c2+f3*c6, f1*c6-f3*c2
		t[x] = (even + near) >> (fraction - keep)
		t[4+x] = (odd + far) >> (fraction - keep)
		t[8+x] = (odd - far) >> (fraction - keep)
		t[12+x] = (even - near) >> (fraction - keep)
	}
	const shift = fraction + keep + 1
	const half = 1 << (shift - 1)
	for y := range 4 {
		f0, f1, f2, f3 := t[4*y], t[4*y+1], t[4*y+2], t[4*y+3]
		even, odd := (f0+f2)<<(fraction-1)+half, (f0-f2)<<(fraction-1)+half
		near, far := f1*c2+f3*c6, f1*c6-f3*c2
		row := to[y*stride:][:4]
		row[0], row[1] = level((even+near)>>shift), level((odd+far)>>shift)
		row[2], row[3] = level((odd-far)>>shift), level((even-near)>>shift)
	}
}

func inverse8(b *block, to []uint8, stride int) {
	const keep = 2 // bits of fraction between the passes
	for x := range 8 {
		f0, f1, f2, f3 := b[x], b[8+x], b[16+x], b[24+x]
		f4, f5, f6, f7 := b[32+x], b[40+x], b[48+x], b[56+x]
		if f1|f2|f3|f4|f5|f6|f7 == 0 {
			v := f0 << (keep - 1)
			b[x], b[8+x], b[16+x], b[24+x] = v, v, v, v
			b[32+x], b[40+x], b[48+x], b[56+x] = v, v, v, v
			continue
		}
		const half = 1 << (fraction - keep - 1)
		e0, e1 := (f0+f4)<<(fraction-1)+half, (f0-f4)<<(fraction-1)+half
		e2, e3 := f2*c6-f6*c2, f2*c2+f6*c6
		o0 := f1*c1 + f3*c3 + f5*c5 + f7*c7
		o1 := f1*c3 - f3*c7 - f5*c1 - f7*c5
		o2 := f1*c5 - f3*c1 + f5*c7 + f7*c3
		o3 := f1*c7 - f3*c5 + f5*c3 - f7*c1
		const shift = fraction - keep
		b[x], b[56+x] = (e0+e3+o0)>>shift, (e0+e3-o0)>>shift
		b[8+x], b[48+x] = (e1+e2+o1)>>shift, (e1+e2-o1)>>shift
		b[16+x], b[40+x] = (e1-e2+o2)>>shift, (e1-e2-o2)>>shift
		b[24+x], b[32+x] = (e0-e3+o3)>>shift, (e0-e3-o3)>>shift
	}
	const shift = fraction + keep + 1
	const half = 1 << (shift - 1)
	for y := range 8 {
		f := b[8*y:][:8]
		row := to[y*stride:][:8]
		e0, e1 := (f[0]+f[4])<<(fraction-1)+half, (f[0]-f[4])<<(fraction-1)+half
		e2, e3 := f[2]*c6-f[6]*c2, f[2]*c2+f[6]*c6
		o0 := f[1]*c1 + f[3]*c3 + f[5]*c5 + f[7]*c7
		o1 := f[1]*c3 - f[3]*c7 - f[5]*c1 - f[7]*c5
		o2 := f[1]*c5 - f[3]*c1 + f[5]*c7 + f[7]*c3
		o3 := f[1]*c7 - f[3]*c5 + f[5]*c3 - f[7]*c1
		row[0], row[7] = level((e0+e3+o0)>>shift), level((e0+e3-o0)>>shift)
		row[1], row[6] = level((e1+e2+o1)>>shift), level((e1+e2-o1)>>shift)
		row[2], row[5] = level((e1-e2+o2)>>shift), level((e1-e2-o2)>>shift)
		row[3], row[4] = level((e0-e3+o3)>>shift), level((e0-e3-o3)>>shift)
	}
}
