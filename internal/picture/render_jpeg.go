// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"

	"tillgang/internal/picture/jpegscale"
)

// decodeJPEG decodes a JPEG as small as the wanted size allows. Kinds that the
// fast decoder leaves out are read whole by Go's own.
func decodeJPEG(f io.ReadSeeker, h Header, want need) (source, error) {
	p, err := jpegscale.Decode(f, jpegscale.Options{
		Eighths: eighths(h, want.size), FullChroma: want.chroma == chromaFull, MaxPixels: int64(h.Width) * int64(h.Height),
	})
	switch {
	case err == nil && (p.Width != h.Width || p.Height != h.Height):
		return nil, Fault(CodeUnreadable, fmt.Errorf("picture: %d × %d decoded, %d × %d in the header", p.Width, p.Height, h.Width, h.Height))
	case err == nil:
		return sheetOf(p), nil
	case !errors.Is(err, jpegscale.ErrUnsupported):
		return nil, decodeFault(err)
	}
	if err := (Limits{}).or(BuiltinPixels, BuiltinMemory).Check(h, slowJPEGMemory(h)); err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("picture: read the original: %w", err)
	}
	end := &endReader{r: f}
	m, err := jpeg.Decode(&scanCounter{r: bufio.NewReaderSize(end, 1<<16), left: mostScans})
	if err != nil && end.met {
		return nil, Fault(CodeTruncated, err)
	}
	return checked(m, h, err)
}

// mostScans are the scans that a JPEG may have which Go's decoder reads: it
// goes through the whole picture for each.
const mostScans = 200

// scanCounter ends a file that has more scans than left. It counts what looks
// like the beginning of one, in metadata as well.
type scanCounter struct {
	r    io.Reader
	left int
	last byte
}

func (s *scanCounter) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	for _, b := range p[:n] {
		if s.last == 0xff && b == 0xda {
			s.left--
		}
		s.last = b
	}
	if s.left < 0 {
		return 0, errors.New("picture: more scans than may be")
	}
	return n, err
}

// spare is how much larger than wanted a picture is decoded at least: the
// blocks' own way to make it smaller is less good than Lanczos, and with less
// than this to do Lanczos does not hide it (see the test of similarity).
const spare = 2

// spareLeast is spare for a sample to a block.
const spareLeast = 3

// eighths returns how small the decoder may make a picture that is wanted at a
// size.
func eighths(h Header, want image.Point) int {
	for _, n := range []int{1, 2, 3, 4, 6} {
		by := spare
		if n == 1 {
			by = spareLeast
		}
		if h.Width*n >= by*8*want.X && h.Height*n >= by*8*want.Y {
			return n
		}
	}
	return 8
}

// need says what is to be made of an original.
type need struct {
	size   image.Point // the largest at which the whole picture is needed, as stored
	chroma sampling    // with this
}

func needOf(h Header, colours *toSRGB, outputs []Output) need {
	var n need
	if colours == nil && allPlain(outputs) {
		n.chroma = chromaHalf
	}
	width, height := h.Upright()
	for _, out := range outputs {
		whole, _ := out.Recipe.Plan(width, height, false)
		n.size.X, n.size.Y = max(n.size.X, whole.X), max(n.size.Y, whole.Y)
	}
	if h.Orientation >= 5 {
		n.size.X, n.size.Y = n.size.Y, n.size.X
	}
	return n
}

// allPlain reports whether everything made of an opaque picture becomes JPEG
// with nothing laid over or around it.
func allPlain(outputs []Output) bool {
	for _, out := range outputs {
		if f := out.Recipe.normal().Format; f != Auto && f != JPEG || out.Recipe.Finished() {
			return false
		}
	}
	return true
}

// staysPlanar reports whether a job can be done without leaving the planes of
// a JPEG: everything becomes JPEG, and colours are converted from three
// channels or not at all.
func (s sheet) staysPlanar(colours *toSRGB, outputs []Output) bool {
	return allPlain(outputs) && (s.space == jpegscale.YCbCr || s.space == jpegscale.Grey && colours == nil)
}

// renderPlanes makes every output from the planes of a JPEG: each from the
// smallest picture made so far that is still large enough, or from the
// original.
func renderPlanes(original sheet, h Header, colours *toSRGB, outputs []Output, reply *Reply) error {
	width, height := h.Upright()
	reply.Outputs = make([]Made, len(outputs))
	var last sheet // upright and in sRGB
	for _, i := range Order(outputs, width, height, false) {
		out := outputs[i]
		whole, keep := out.Recipe.Plan(width, height, false)
		of := frame{
			float64(keep.Min.X) / float64(whole.X), float64(keep.Min.Y) / float64(whole.Y),
			float64(keep.Max.X) / float64(whole.X), float64(keep.Max.Y) / float64(whole.Y),
		}
		var m sheet
		switch {
		case last.planes != nil && (last.stored == whole || last.stored.X >= enough*whole.X/2 && last.stored.Y >= enough*whole.Y/2):
			m = last.cut(of, keep.Size(), chromaHalf)
		case colours != nil:
			m = original.upright(of, keep.Size(), h.Orientation, chromaFull)
			rgb := m.nrgba()
			colours.convert(rgb)
			m = sheetFrom(rgb).cut(wholeFrame, keep.Size(), chromaHalf)
		default:
			m = original.upright(of, keep.Size(), h.Orientation, chromaHalf)
		}
		if of == wholeFrame {
			last = m
		}
		made, err := writeFile(out.Path, func(w io.Writer) error {
			return jpeg.Encode(w, m.image(), &jpeg.Options{Quality: out.Recipe.normal().Quality})
		})
		if err != nil {
			return err
		}
		made.MediaType, made.Width, made.Height = TypeJPEG, keep.Dx(), keep.Dy()
		reply.Outputs[i] = made
	}
	return nil
}

// enough halves of a smaller picture's sides must be in the one it is made of,
// if that is not the original itself.
const enough = 3
