// SPDX-License-Identifier: Apache-2.0

package jpegscale

import (
	"encoding/binary"
	"errors"
	"io"
)

const bufferSize = 1 << 16

// input reads bytes, and bits of entropy-coded data.
type input struct {
	r        io.Reader
	buf      []byte
	pos, end int
	failed   error // what reading ended with

	acc   uint64 // bits to come, from the highest
	bits  uint   // how many of them
	made  uint   // how many of them are zeros behind the data's end
	wrong bool   // a code that no table has
}

func newInput(r io.Reader) input { return input{r: r, buf: make([]byte, bufferSize)} }

// more reads on. It returns false when nothing is left.
func (d *input) more() bool {
	if d.pos > 0 {
		copy(d.buf, d.buf[d.pos:d.end])
		d.pos, d.end = 0, d.end-d.pos
	}
	for range 100 {
		if d.failed != nil || d.end == len(d.buf) {
			return false
		}
		n, err := d.r.Read(d.buf[d.end:])
		d.end += n
		d.failed = err
		if n > 0 {
			return true
		}
	}
	d.failed = io.ErrNoProgress
	return false
}

// ended is the error for a file that is too short, or cannot be read.
func (d *input) ended() error {
	if d.failed == nil || errors.Is(d.failed, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return d.failed
}

func (d *input) readByte() (byte, error) {
	if d.pos == d.end && !d.more() {
		return 0, d.ended()
	}
	d.pos++
	return d.buf[d.pos-1], nil
}

// take returns the next n bytes, at most bufferSize, valid until the next read.
func (d *input) take(n int) ([]byte, error) {
	for d.end-d.pos < n {
		if !d.more() {
			return nil, d.ended()
		}
	}
	d.pos += n
	return d.buf[d.pos-n : d.pos], nil
}

func (d *input) skip(n int) error {
	for n > d.end-d.pos {
		n -= d.end - d.pos
		d.pos = d.end
		if !d.more() {
			return d.ended()
		}
	}
	d.pos += n
	return nil
}

// startBits begins entropy-coded data at the next byte.
func (d *input) startBits() { d.acc, d.bits, d.made, d.wrong = 0, 0, 0, false }

// check returns an error if the data since startBits were not what the tables
// made of them.
func (d *input) check() error {
	switch {
	case d.made > d.bits && d.pos == d.end:
		return d.ended()
	case d.made > d.bits:
		return damaged("a marker in the middle of a block")
	case d.wrong:
		return damaged("a code that its table has not")
	}
	return nil
}

// refill brings at least 56 bits, with zeros behind the end of the data.
func (d *input) refill() {
	if d.pos+8 <= d.end {
		x := binary.BigEndian.Uint64(d.buf[d.pos:])
		if y := ^x; (y-0x0101010101010101)&^y&0x8080808080808080 == 0 { // no byte is 0xff
			n := (63 - d.bits) >> 3
			d.acc |= x >> (d.bits & 63)
			d.bits += 8 * n
			d.pos += int(n)
			d.acc &= ^uint64(0) << ((64 - d.bits) & 63)
			return
		}
	}
	for d.bits <= 56 {
		if d.made == 0 {
			if b, ok := d.entropyByte(); ok {
				d.acc |= uint64(b) << ((56 - d.bits) & 63)
				d.bits += 8
				continue
			}
		}
		d.made += 8
		d.bits += 8
	}
}

// entropyByte returns the next byte of entropy-coded data, false at a marker
// or the end (B.1.1.5).
func (d *input) entropyByte() (byte, bool) {
	if d.pos == d.end && !d.more() {
		return 0, false
	}
	b := d.buf[d.pos]
	if b != 0xff {
		d.pos++
		return b, true
	}
	if d.pos+1 == d.end && !d.more() {
		d.pos = d.end
		return 0, false
	}
	if d.buf[d.pos+1] != 0 {
		return 0, false
	}
	d.pos += 2
	return b, true
}

// one returns the next bit.
func (d *input) one() bool {
	if d.bits == 0 {
		d.refill()
	}
	b := d.acc>>63 != 0
	d.acc <<= 1
	d.bits--
	return b
}

// number returns the next n bits, at most 16.
func (d *input) number(n uint) int {
	if d.bits < 16 {
		d.refill()
	}
	v := int(d.acc >> ((64 - n) & 63)) //nolint:gosec // G115: at most 16 bits
	if n == 0 {
		v = 0
	}
	d.acc <<= n & 63
	d.bits -= n
	return v
}

// extended returns the next n bits as a signed difference (F.2.2.1).
func (d *input) extended(n uint) int32 {
	if n == 0 || n > 16 {
		d.wrong = d.wrong || n > 16
		return 0
	}
	v := int32(d.number(n)) //nolint:gosec // G115: at most 16 bits
	if v < 1<<(n-1) {
		v += -1<<n + 1
	}
	return v
}
