// SPDX-License-Identifier: Apache-2.0

package jpegscale

import "slices"

// scan is the header of the scan being read (B.2.3).
type scan struct {
	of         []*component
	start, end int // spectral selection
	high, low  uint
}

// A progressive file of 100 small scans is somebody's experiment; more work
// than this is an attack. Small pictures may have more.
const (
	mostVisits = 96      // of each block
	freeVisits = 1 << 18 // of blocks, beside that
)

func (d *decoder) scanHeader(b []byte) error {
	if d.components == nil {
		return damaged("scan before frame")
	}
	if len(b) < 1 || int(b[0]) < 1 || int(b[0]) > len(d.components) || len(b) != 4+2*int(b[0]) {
		return damaged("scan header of %d bytes", len(b))
	}
	count, tail := int(b[0]), b[len(b)-3:]
	d.scan = scan{start: int(tail[0]), end: int(tail[1]), high: uint(tail[2] >> 4), low: uint(tail[2] & 15)}
	s := &d.scan
	if d.progressive {
		if s.start > s.end || s.end > 63 || s.start == 0 && s.end != 0 || s.start > 0 && count != 1 || s.low > 13 || s.high != 0 && s.high != s.low+1 {
			return damaged("progressive scan %d–%d %d/%d", s.start, s.end, s.high, s.low)
		}
	} else {
		s.start, s.end, s.high, s.low = 0, 63, 0, 0 // what else it says has no meaning (G.1.1.1.1)
	}
	for i := range count {
		c, err := d.scanned(int(b[1+2*i]), b[2+2*i])
		if err != nil {
			return err
		}
		s.of = append(s.of, c)
	}
	return nil
}

// scanned prepares the component of a name for a scan with its tables.
func (d *decoder) scanned(id int, tables byte) (*component, error) {
	var c *component
	for i := range d.components {
		if d.components[i].id == id {
			c = &d.components[i]
		}
	}
	s := &d.scan
	if c == nil {
		return nil, damaged("scan of component %d", id)
	}
	if slices.Contains(s.of, c) {
		return nil, damaged("component %d twice in a scan", id)
	}
	if c.scanned && !d.progressive {
		return nil, damaged("two scans of component %d", id)
	}
	dc, ac := tables>>4, tables&15
	if dc > 3 || ac > 3 {
		return nil, damaged("Huffman table %#x", tables)
	}
	c.dcTable, c.acTable = d.dc[dc], d.ac[ac]
	if c.dcTable == nil && s.start == 0 && s.high == 0 || c.acTable == nil && s.end > 0 {
		return nil, damaged("Huffman table %#x is not there", tables)
	}
	if !d.haveQuant[c.tq] {
		return nil, damaged("quantisation table %d is not there", c.tq)
	}
	if !c.scanned {
		c.steps(&d.quant[c.tq])
		c.scanned = true
	}
	return c, nil
}

// readScan reads the entropy-coded data behind a scan header.
func (d *decoder) readScan() error {
	s := &d.scan
	alone := len(s.of) == 1
	across, down := d.mcusX, d.mcusY
	per := 1
	if alone {
		across, down = s.of[0].blocksX, s.of[0].blocksY
	} else {
		per = 0
		for _, c := range s.of {
			per += c.h * c.v
		}
	}
	d.visited += int64(across) * int64(down) * int64(per)
	all := int64(0)
	for i := range d.components {
		all += int64(d.components[i].wide) * int64(d.mcusY) * int64(d.components[i].v)
	}
	if d.visited > mostVisits*all+freeVisits {
		return damaged("too many scans")
	}
	read := d.sequential
	if d.progressive {
		read = d.refinement()
	}
	d.begin()
	left, next := d.restart, byte(rst0)
	for y := range down {
		for x := range across {
			if d.restart > 0 && left == 0 {
				if err := d.restartMarker(next); err != nil {
					return err
				}
				left, next = d.restart, rst0+(next-rst0+1)&7
			}
			left--
			if alone {
				read(s.of[0], x, y)
			} else {
				for _, c := range s.of {
					for v := range c.v {
						for h := range c.h {
							read(c, x*c.h+h, y*c.v+v)
						}
					}
				}
			}
			if d.made > d.bits || d.wrong {
				return d.check()
			}
		}
	}
	return nil
}

// begin resets what a scan and a restart interval begin with (F.2.1.3.1, G.2).
func (d *decoder) begin() {
	d.startBits()
	d.eobRun = 0
	for _, c := range d.scan.of {
		c.dc = 0
	}
}

// restartMarker reads the marker between two intervals. Other bytes before it,
// of damage or fill, are passed over; another marker is an error.
func (d *decoder) restartMarker(want byte) error {
	m, err := d.marker()
	if err != nil {
		return err
	}
	if m != want {
		return damaged("marker %#x instead of a restart", m)
	}
	d.begin()
	return nil
}

// block holds the coefficients that are kept, n in a row, and at nowhere what
// is not.
type block [128]int32

// sequential reads a block straight into its plane (F.2.2).
func (d *decoder) sequential(c *component, x, y int) {
	b := &d.block
	if d.bits < 48 {
		d.refill()
	}
	if f := c.dcTable.fast[d.acc>>(64-look)]; f != 0 {
		d.acc <<= uint(f) & 63 //nolint:gosec // G115: the low bits
		d.bits -= uint(f & 255)
		c.dc += f >> 16
	} else {
		c.dc += d.extended(uint(d.symbol(c.dcTable)))
	}
	b[0] = c.dc * c.step[0].q
	table := c.acTable
	acc, bits := d.acc, d.bits
	k := 1
	for k < 64 {
		if bits < 32 {
			d.acc, d.bits = acc, bits
			d.refill()
			acc, bits = d.acc, d.bits
		}
		if f := table.fast[acc>>(64-look)]; f != 0 {
			acc <<= uint(f) & 63 //nolint:gosec // G115: the low bits
			bits -= uint(f & 255)
			k += int(f>>8) & 127
			s := &c.step[k&127]
			b[s.to&127] = f >> 16 * s.q
			k++
			continue
		}
		var symbol int
		if f := table.code[acc>>(64-look)]; f != 0 {
			acc <<= f >> 8 & 63
			bits -= uint(f >> 8)
			symbol = int(f & 255)
		} else {
			d.acc, d.bits = acc, bits
			symbol = d.long(table)
			acc, bits = d.acc, d.bits
		}
		size := uint(symbol & 15)
		if size == 0 {
			if symbol != 0xf0 {
				k += pastEnd + 1
				break
			}
			k += 16
			continue
		}
		k += symbol >> 4
		negative := ^(int64(acc) >> 63)                                           //nolint:gosec // G115: the sign is wanted
		v := int32(acc>>((64-size)&63)) + int32(negative)&(1-int32(1)<<(size&31)) //nolint:gosec // G115: at most 15 bits
		acc <<= size
		bits -= size
		s := &c.step[k&127]
		b[s.to&127] = v * s.q
		k++
	}
	d.acc, d.bits = acc, bits
	at := (y*c.plane.Stride + x) * c.n
	inverse(b, c.n, c.plane.Pix[at:], c.plane.Stride, k == pastEnd+2)
}
