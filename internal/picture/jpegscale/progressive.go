// SPDX-License-Identifier: Apache-2.0

package jpegscale

import "math/bits"

// refinement returns what reads one block of the present progressive scan
// (G.1, G.2).
func (d *decoder) refinement() func(c *component, x, y int) {
	s := &d.scan
	switch {
	case s.start == 0 && s.high == 0:
		return d.dcFirst
	case s.start == 0:
		return d.dcMore
	case s.high == 0:
		return d.acFirst
	}
	return d.acMore
}

func (d *decoder) dcFirst(c *component, x, y int) {
	c.dc += d.extended(uint(d.symbol(c.dcTable)))
	c.coefficients[(y*c.wide+x)*c.n*c.n] = int16(c.dc << d.scan.low) //nolint:gosec // G115: a right file has 12 bits
}

func (d *decoder) dcMore(c *component, x, y int) {
	if d.one() {
		c.coefficients[(y*c.wide+x)*c.n*c.n] |= 1 << d.scan.low
	}
}

// acFirst reads new coefficients (G.1.2.2).
func (d *decoder) acFirst(c *component, x, y int) {
	if d.eobRun > 0 {
		d.eobRun--
		return
	}
	s, at, size := &d.scan, y*c.wide+x, c.n*c.n
	kept := c.coefficients[at*size:][:size]
	for k := s.start; k <= s.end; k++ {
		symbol := d.symbol(c.acTable)
		run, n := symbol>>4, uint(symbol&15)
		if n == 0 {
			if run < 15 {
				d.eobRun = 1<<run + d.number(uint(run)) - 1
				return
			}
			k += 15
			continue
		}
		k += run
		v := d.extended(n) << s.low
		if k > s.end {
			return
		}
		c.present[at] |= 1 << k
		if to := int(c.step[k].to); to < len(kept) {
			kept[to] = int16(v) //nolint:gosec // G115: a right file has 12 bits
		}
	}
}

// acMore reads one more bit of the coefficients that are not zero, and those
// that become so (G.1.2.3).
func (d *decoder) acMore(c *component, x, y int) {
	s, at, size := &d.scan, y*c.wide+x, c.n*c.n
	kept := c.coefficients[at*size:][:size]
	k := s.start
	if d.eobRun == 0 {
		for k <= s.end {
			symbol := d.symbol(c.acTable)
			run, n := symbol>>4, symbol&15
			var v int16
			switch {
			case n == 0 && run < 15:
				d.eobRun = 1<<run + d.number(uint(run))
			case n == 1:
				v = -1 << s.low
				if d.one() {
					v = 1 << s.low
				}
			case n != 0:
				d.wrong = true
				return
			}
			if d.eobRun > 0 {
				break
			}
			k = d.correct(c, at, k, run, kept)
			if k > s.end {
				return
			}
			if v != 0 {
				c.present[at] |= 1 << k
				if to := int(c.step[k].to); to < len(kept) {
					kept[to] = v
				}
			}
			k++
		}
	}
	if d.eobRun > 0 {
		d.eobRun--
		d.correct(c, at, k, 64, kept)
	}
}

// correct reads a bit for each coefficient from k that is not zero, up to the
// one after so many zeros, and returns that one's place.
func (d *decoder) correct(c *component, at, k, zeros int, kept []int16) int {
	s := &d.scan
	for k <= s.end {
		// The zeros before the next coefficient that is present.
		next := min(k+bits.TrailingZeros64(c.present[at]>>k), s.end+1)
		if next-k > zeros {
			return k + zeros
		}
		zeros -= next - k
		k = next
		if k > s.end {
			break
		}
		if d.one() {
			if to := int(c.step[k].to); to < len(kept) {
				if kept[to] >= 0 {
					kept[to] += 1 << s.low
				} else {
					kept[to] -= 1 << s.low
				}
			}
		}
		k++
	}
	return k
}

// reconstruct makes the samples of a component whose scans have all been read.
func (d *decoder) reconstruct(c *component) {
	size := c.n * c.n
	var q [64]int32
	for _, s := range c.step {
		if int(s.to) < size {
			q[s.to] = s.q
		}
	}
	b := &d.block
	for y := range over(c.plane.Height, c.n) {
		for x := range over(c.plane.Width, c.n) {
			at := y*c.wide + x
			for i, v := range c.coefficients[at*size:][:size] {
				b[i&63] = int32(v) * q[i&63]
			}
			inverse(b, c.n, c.plane.Pix[(y*c.plane.Stride+x)*c.n:], c.plane.Stride, c.present[at] == 0)
		}
	}
	c.coefficients, c.present = nil, nil
}
