// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"

	"tillgang/internal/picture/jpegscale"
)

// source is a decoded original, not yet upright: full, or a sheet.
type source interface {
	// size returns the stored width and height that the pixels stand for.
	size() image.Point
	// resized returns the whole picture at the given size, before colour
	// conversion, as the parts that raster works on.
	resized(to image.Point) raster
}

// decode reads the pixels of a picture whose header has passed the limits, as
// many of them as are needed.
func decode(f io.ReadSeeker, size int64, h Header, want need) (source, error) {
	var m image.Image
	var err error
	end := &endReader{r: f}
	in := bufio.NewReaderSize(end, 1<<16)
	switch h.MediaType {
	case TypeJPEG:
		return decodeJPEG(f, h, want)
	case TypePNG:
		m, err = png.Decode(in)
	case TypeGIF:
		m, err = gif.Decode(in)
		m = onCanvas(m, h)
	case TypeWebP:
		m, err = decodeWebP(f, size, h)
	case TypeTIFF:
		m, err = decodeTIFF(f)
	case TypeBMP:
		m, err = bmp.Decode(in)
	default:
		return nil, Fault(CodeUnsupported, fmt.Errorf("picture: no decoder for %q", h.MediaType))
	}
	if err != nil && (end.met || h.short) {
		return nil, Fault(CodeTruncated, err)
	}
	return checked(m, h, err)
}

// checked holds a decoder's answer against the header.
func checked(m image.Image, h Header, err error) (source, error) {
	if err != nil {
		return nil, decodeFault(err)
	}
	if b := m.Bounds(); b.Dx() != h.Width || b.Dy() != h.Height {
		return nil, Fault(CodeUnreadable, fmt.Errorf("picture: %v decoded, %d × %d in the header", b, h.Width, h.Height))
	}
	return full{m}, nil
}

// endReader notices that a decoder asked for more than there is: whatever it
// complains of then, the file is too short.
type endReader struct {
	r   io.Reader
	met bool
}

func (e *endReader) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.met = e.met || n == 0 && err == io.EOF
	return n, err
}

// decodeTIFF turns the decoder's panics on damaged files into errors.
func decodeTIFF(f io.ReadSeeker) (m image.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			m, err = nil, tiff.FormatError(fmt.Sprint(p))
		}
	}()
	return tiff.Decode(f)
}

// decodeFault says what a decoder's error means for people.
func decodeFault(err error) error {
	var jpegKind jpeg.UnsupportedError
	var pngKind png.UnsupportedError
	var tiffKind tiff.UnsupportedError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return Fault(CodeTruncated, err)
	case errors.As(err, &jpegKind), errors.As(err, &pngKind), errors.As(err, &tiffKind),
		errors.Is(err, bmp.ErrUnsupported), errors.Is(err, errUnsupported), errors.Is(err, jpegscale.ErrUnsupported):
		return Fault(CodeUnsupported, err)
	default:
		return Fault(CodeUnreadable, err)
	}
}

// onCanvas puts the first frame of an animation where it belongs on the whole,
// otherwise transparent, screen.
func onCanvas(m image.Image, h Header) image.Image {
	screen := image.Rect(0, 0, h.Width, h.Height)
	if m == nil || m.Bounds() == screen {
		return m
	}
	canvas := image.NewNRGBA(screen)
	draw.Draw(canvas, m.Bounds(), m, m.Bounds().Min, draw.Src)
	return canvas
}

// decodeWebP reads a still picture, or the first frame of an animation: that
// is wrapped as the still picture it would be alone (RFC 9649, 2.7).
func decodeWebP(f io.ReadSeeker, size int64, h Header) (image.Image, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if h.Frames == 1 && !animatedWebP(f) {
		m, err := webp.Decode(bufio.NewReaderSize(f, 1<<16))
		return fullRange(m), err
	}
	body, at, err := firstFrame(f, size)
	if err != nil {
		return nil, err
	}
	m, err := webp.Decode(body)
	if err != nil {
		return nil, err
	}
	canvas := image.NewNRGBA(image.Rect(0, 0, h.Width, h.Height))
	draw.Draw(canvas, m.Bounds().Add(at), fullRange(m), m.Bounds().Min, draw.Src)
	return canvas, nil
}
