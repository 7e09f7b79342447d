// SPDX-License-Identifier: Apache-2.0

package jpegscale

const look = 11 // bits looked up at once

// huffman is a table of codes.
type huffman struct {
	// whole codes with the bits that follow them: value<<16 | run<<8 | length
	// of both, 0 if they are longer than look. The end of a block runs 64 on,
	// where nothing is kept.
	fast [1 << look]int32
	// codes alone: length<<8 | symbol, 0 if they are longer than look.
	code [1 << look]uint16
	// longer codes: those of a length are less than end, and first + code is
	// their place in symbols.
	end     [17]uint32
	first   [17]int32
	symbols []byte
}

const pastEnd = 64

// newHuffman makes a table of how many codes there are of each length and of
// their symbols (C.2, F.2.2.3).
func newHuffman(counts []byte, symbols []byte, ac bool) (*huffman, error) {
	h := &huffman{symbols: append([]byte(nil), symbols...)}
	code, k := uint32(0), int32(0)
	for length := 1; length <= 16; length++ {
		h.first[length] = k - int32(code)
		for range counts[length-1] {
			if code >= 1<<length {
				return nil, damaged("more Huffman codes than there are")
			}
			if length <= look {
				from := code << (look - length)
				for i := range uint32(1) << (look - length) {
					h.code[from+i] = uint16(length)<<8 | uint16(symbols[k])
				}
			}
			code++
			k++
		}
		h.end[length] = code << (16 - length)
		code <<= 1
	}
	for i, c := range h.code {
		length, run, size := int(c>>8), int(c&255)>>4, int(c&15)
		switch {
		case c == 0:
		case !ac && c&255 < 16 && length+int(c&255) <= look:
			h.fast[i] = looked(i, length, 0, int(c&255))
		case !ac:
		case size == 0 && run == 15:
			h.fast[i] = 15<<8 | int32(length)
		case size == 0:
			h.fast[i] = pastEnd<<8 | int32(length)
		case length+size <= look:
			h.fast[i] = looked(i, length, run, size)
		}
	}
	return h, nil
}

// looked is the entry of fast for the bits i, which begin with a code of
// length bits and size bits of value.
func looked(i, length, run, size int) int32 {
	v := i >> (look - length - size) & (1<<size - 1)
	if size > 0 && v < 1<<(size-1) {
		v += -1<<size + 1
	}
	return int32(v)<<16 | int32(run)<<8 | int32(length+size) //nolint:gosec // G115: each within its bits
}

// symbol reads one code.
func (d *input) symbol(h *huffman) int {
	if d.bits < 32 {
		d.refill()
	}
	if c := h.code[d.acc>>(64-look)]; c != 0 {
		d.acc <<= c >> 8 & 63
		d.bits -= uint(c >> 8)
		return int(c & 255)
	}
	return d.long(h)
}

// long reads a code that is longer than look; there are 16 bits.
func (d *input) long(h *huffman) int {
	top := uint32(d.acc >> 48)
	for length := look + 1; length <= 16; length++ {
		if top < h.end[length] {
			at := int32(top>>(16-length)) + h.first[length] //nolint:gosec // G115: 16 bits
			d.acc <<= uint(length) & 63
			d.bits -= uint(length)
			if at < 0 || int(at) >= len(h.symbols) {
				break
			}
			return int(h.symbols[at])
		}
	}
	d.wrong = true
	return 0
}
