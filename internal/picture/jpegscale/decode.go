// SPDX-License-Identifier: Apache-2.0

// Package jpegscale decodes JPEG pictures (ITU-T T.81) straight to 1, 2, 3, 4, 6
// or 8 eighths of their size, into the planes they are stored in.
//
// It reads what cameras and programs write: sequential and progressive Huffman
// coding of 8 bits, one or three components sampled 1 or 2 times in each
// direction, any number of scans, restart intervals. Everything else, such as
// CMYK, 12 bits and arithmetic coding, is ErrUnsupported and left to a slower
// decoder.
//
// Promises:
//   - Nothing is allocated before the size in the frame header has been held
//     against Options.MaxPixels.
//   - Work is linear in the bytes read and the blocks of the picture, however
//     many segments or scans a file has.
//   - A progressive picture that is made smaller keeps only the coefficients
//     that the smaller picture needs, and one bit for each of the others.
package jpegscale

import (
	"errors"
	"fmt"
	"io"
)

// Space says what the planes of a picture mean.
type Space int

// What a JPEG of one or three components can be.
const (
	Grey Space = iota
	YCbCr
	RGB
)

// Plane is one component of a picture. Width and Height are the samples that
// hold picture, which may cover a little more than it: the picture itself is
// SpanX × SpanY samples large, from the upper left corner. Samples of all
// components lie centred over what they stand for, as JFIF says.
type Plane struct {
	Pix           []uint8
	Stride        int
	Width, Height int
	SpanX, SpanY  float64
}

// Picture is a decoded JPEG. Width and Height are those of the file, whatever
// scale it was decoded to.
type Picture struct {
	Width, Height int
	Space         Space
	Planes        []Plane // one, or three
}

// Options of Decode.
type Options struct {
	Eighths    int   // of the picture's size: 1, 2, 3, 4, 6 or 8
	FullChroma bool  // planes with fewer samples than the first come twice as large, if they can
	MaxPixels  int64 // width × height in the file; more is an error
}

// Kinds of errors. A file that ends too early is io.ErrUnexpectedEOF.
var (
	ErrUnsupported = errors.New("jpegscale: unsupported kind of JPEG")
	ErrDamaged     = errors.New("jpegscale: damaged JPEG")
)

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// component is one of the planes while it is being decoded.
type component struct {
	id, h, v, tq int
	n            int // samples in each direction that a block becomes
	blocksX      int // of a scan of this component alone (A.2.2)
	blocksY      int
	wide         int // blocks in a row of memory, whole MCUs
	dc           int32
	dcTable      *huffman
	acTable      *huffman
	scanned      bool
	step         [128]step // by place in zigzag order
	plane        Plane
	coefficients []int16  // progressive: n × n for each block
	present      []uint64 // progressive: which coefficients are not zero, in zigzag order
}

// step is what a coefficient is multiplied by and where it goes; those that
// the scale leaves out go to the last place.
type step struct {
	q  int32
	to uint8
}

// decoder holds the state of one file.
type decoder struct {
	input
	options     Options
	progressive bool
	width       int
	height      int
	mcusX       int
	mcusY       int
	components  []component
	quant       [4][64]int32 // zigzag order
	haveQuant   [4]bool
	dc, ac      [4]*huffman
	restart     int // MCUs between restart markers, 0 without
	jfif        bool
	adobe       int // colour transform of an Adobe segment, -1 without
	visited     int64
	eobRun      int
	scan        scan
	block       block
}

// Decode reads a whole JPEG.
func Decode(r io.Reader, o Options) (*Picture, error) {
	d := &decoder{input: newInput(r), options: o, adobe: -1}
	switch o.Eighths {
	case 1, 2, 3, 4, 6, 8:
	default:
		return nil, fmt.Errorf("jpegscale: %d eighths", o.Eighths)
	}
	if err := d.segments(); err != nil {
		return nil, err
	}
	return d.picture()
}

// picture hands out the planes of a file that has been read to its end.
func (d *decoder) picture() (*Picture, error) {
	if d.components == nil {
		return nil, damaged("no frame")
	}
	p := &Picture{Width: d.width, Height: d.height, Space: YCbCr}
	for i := range d.components {
		c := &d.components[i]
		if !c.scanned {
			return nil, damaged("no scan of component %d", i)
		}
		if d.progressive {
			d.reconstruct(c)
		}
		p.Planes = append(p.Planes, c.plane)
	}
	switch {
	case len(p.Planes) == 1:
		p.Space = Grey
	case d.isRGB():
		p.Space = RGB
	}
	return p, nil
}

// isRGB tells the two meanings of three components apart: by Adobe's segment,
// or by their names where nothing else says.
func (d *decoder) isRGB() bool {
	if d.jfif || d.adobe >= 0 {
		return !d.jfif && d.adobe == 0
	}
	return d.components[0].id == 'R' && d.components[1].id == 'G' && d.components[2].id == 'B'
}
