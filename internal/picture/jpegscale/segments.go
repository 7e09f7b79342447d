// SPDX-License-Identifier: Apache-2.0

package jpegscale

// Markers (B.1).
const (
	sof0 = 0xc0 // baseline
	sof1 = 0xc1 // extended sequential
	sof2 = 0xc2 // progressive
	dht  = 0xc4
	dac  = 0xcc
	rst0 = 0xd0
	rst7 = 0xd7
	soi  = 0xd8
	eoi  = 0xd9
	sos  = 0xda
	dqt  = 0xdb
	dnl  = 0xdc
	dri  = 0xdd
	dhp  = 0xde
	exp  = 0xdf
	app0 = 0xe0
	appE = 0xee
	tem  = 0x01
)

// segments reads the file up to its end-of-image marker.
func (d *decoder) segments() error {
	b, err := d.take(2)
	if err != nil {
		return err
	}
	if b[0] != 0xff || b[1] != soi {
		return damaged("no start of image")
	}
	for {
		marker, err := d.marker()
		if err != nil {
			return err
		}
		switch {
		case marker == eoi:
			return nil
		case marker >= rst0 && marker <= rst7, marker == tem:
			continue // without parameters; left over where nothing restarts
		case marker == soi:
			return damaged("a second start of image")
		}
		b, err := d.take(2)
		if err != nil {
			return err
		}
		n := int(b[0])<<8 | int(b[1]) - 2
		if n < 0 {
			return damaged("segment of %d bytes", n+2)
		}
		if err := d.segment(marker, n); err != nil {
			return err
		}
	}
}

// marker returns the next marker. What stands before it, which should be
// nothing but fill bytes, is passed over as other decoders do.
func (d *decoder) marker() (byte, error) {
	for {
		b, err := d.readByte()
		if err != nil {
			return 0, err
		}
		if b != 0xff {
			continue
		}
		for b == 0xff {
			if b, err = d.readByte(); err != nil {
				return 0, err
			}
		}
		if b != 0 {
			return b, nil
		}
	}
}

// segment reads the n bytes of a segment, and the scan behind a scan header.
func (d *decoder) segment(marker byte, n int) error {
	var read func(b []byte) error
	switch marker {
	case sof0, sof1, sof2:
		read = func(b []byte) error { return d.frame(b, marker == sof2) }
	case dht:
		read = d.huffmanTables
	case dqt:
		read = d.quantTables
	case sos:
		read = d.scanHeader
	case dri:
		read = func(b []byte) error {
			if len(b) != 2 {
				return damaged("restart interval of %d bytes", len(b))
			}
			d.restart = int(b[0])<<8 | int(b[1])
			return nil
		}
	case app0, appE:
		read = func(b []byte) error {
			if marker == app0 && len(b) >= 5 && string(b[:5]) == "JFIF\x00" {
				d.jfif = true
			}
			if marker == appE && len(b) >= 12 && string(b[:5]) == "Adobe" {
				d.adobe = int(b[11])
			}
			return nil
		}
	case 0xc3, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf, dac, dnl, dhp, exp:
		return unsupported("marker %#x", marker)
	default:
		if marker < 0xc0 {
			return damaged("marker %#x", marker)
		}
		return d.skip(n) // application data, comments
	}
	b, err := d.take(n)
	if err != nil {
		return err
	}
	if err := read(b); err != nil || marker != sos {
		return err
	}
	return d.readScan()
}

// frame reads a frame header (B.2.2) and makes room for the picture.
func (d *decoder) frame(b []byte, progressive bool) error {
	switch {
	case d.components != nil:
		return damaged("a second frame")
	case len(b) < 6:
		return damaged("frame header of %d bytes", len(b))
	case b[0] != 8:
		return unsupported("%d bits", b[0])
	}
	d.progressive = progressive
	d.height, d.width = int(b[1])<<8|int(b[2]), int(b[3])<<8|int(b[4])
	count := int(b[5])
	switch {
	case count != 1 && count != 3:
		return unsupported("%d components", count)
	case len(b) != 6+3*count:
		return damaged("frame header of %d bytes", len(b))
	case d.height == 0:
		return unsupported("number of lines in a later segment")
	case d.width == 0:
		return damaged("no width")
	case int64(d.width)*int64(d.height) > d.options.MaxPixels:
		return damaged("%d × %d pixels, more than %d", d.width, d.height, d.options.MaxPixels)
	}
	list := make([]component, count)
	mostH, mostV := 1, 1
	for i := range list {
		c := &list[i]
		c.id, c.h, c.v, c.tq = int(b[6+3*i]), int(b[7+3*i]>>4), int(b[7+3*i]&15), int(b[8+3*i])
		if c.h < 1 || c.v < 1 || c.h > 4 || c.v > 4 || c.tq > 3 {
			return damaged("component %d", i)
		}
		if count == 1 {
			c.h, c.v = 1, 1 // one block an MCU, whatever it says (A.2.2)
		}
		if c.h > 2 || c.v > 2 {
			return unsupported("sampling %d × %d", c.h, c.v)
		}
		for j := range i {
			if list[j].id == c.id {
				return damaged("two components %d", c.id)
			}
		}
		mostH, mostV = max(mostH, c.h), max(mostV, c.v)
	}
	d.mcusX, d.mcusY = over(d.width, 8*mostH), over(d.height, 8*mostV)
	for i := range list {
		d.room(&list[i], mostH, mostV)
	}
	d.components = list
	return nil
}

// room lays out a component's memory.
func (d *decoder) room(c *component, mostH, mostV int) {
	w, h := over(d.width*c.h, mostH), over(d.height*c.v, mostV)
	c.blocksX, c.blocksY = over(w, 8), over(h, 8)
	c.n = d.options.Eighths
	if d.options.FullChroma && (c.h < mostH || c.v < mostV) {
		c.n = min(8, 2*c.n)
	}
	c.wide = d.mcusX * c.h
	high := d.mcusY * c.v
	spanX, spanY := float64(d.width*c.h*c.n)/float64(8*mostH), float64(d.height*c.v*c.n)/float64(8*mostV)
	c.plane = Plane{
		Pix: make([]uint8, c.wide*c.n*high*c.n), Stride: c.wide * c.n,
		Width: over(d.width*c.h*c.n, 8*mostH), Height: over(d.height*c.v*c.n, 8*mostV),
		SpanX: spanX, SpanY: spanY,
	}
	if d.progressive {
		c.coefficients = make([]int16, c.wide*high*c.n*c.n)
		c.present = make([]uint64, c.wide*high)
	}
}

func over(a, b int) int { return (a + b - 1) / b }

// huffmanTables reads table definitions (B.2.4.2).
func (d *decoder) huffmanTables(b []byte) error {
	for len(b) > 0 {
		if len(b) < 17 {
			return damaged("Huffman table of %d bytes", len(b))
		}
		class, to := b[0]>>4, b[0]&15
		if class > 1 || to > 3 {
			return damaged("Huffman table %#x", b[0])
		}
		n := 0
		for _, v := range b[1:17] {
			n += int(v)
		}
		if n == 0 || n > 256 || len(b) < 17+n {
			return damaged("Huffman table of %d codes", n)
		}
		h, err := newHuffman(b[1:17], b[17:17+n], class == 1)
		if err != nil {
			return err
		}
		if class == 0 {
			d.dc[to] = h
		} else {
			d.ac[to] = h
		}
		b = b[17+n:]
	}
	return nil
}

// quantTables reads table definitions (B.2.4.1).
func (d *decoder) quantTables(b []byte) error {
	for len(b) > 0 {
		wide, to := int(b[0]>>4), b[0]&15
		if wide > 1 || to > 3 || len(b) < 1+64*(1+wide) {
			return damaged("quantisation table %#x of %d bytes", b[0], len(b))
		}
		b = b[1:]
		for i := range d.quant[to] {
			if wide == 1 {
				d.quant[to][i] = int32(b[2*i])<<8 | int32(b[2*i+1])
			} else {
				d.quant[to][i] = int32(b[i])
			}
		}
		d.haveQuant[to] = true
		b = b[64*(1+wide):]
	}
	return nil
}

// zigzag is the place in a block, row by row, of each coefficient (A.3.6).
var zigzag = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10,
	17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34,
	27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36,
	29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46,
	53, 60, 61, 54, 47, 55, 62, 63,
}

const nowhere = 127 // where steps put what is not kept

// steps makes the component's table of steps for its scale.
func (c *component) steps(quant *[64]int32) {
	for k := range c.step {
		c.step[k] = step{to: nowhere}
		if k > 63 {
			continue
		}
		if x, y := int(zigzag[k]&7), int(zigzag[k]>>3); x < c.n && y < c.n {
			c.step[k] = step{q: quant[k], to: uint8(y*c.n + x)} //nolint:gosec // G115: at most 63
		}
	}
}
