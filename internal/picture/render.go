// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bufio"
	"cmp"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"slices"

	"github.com/disintegration/imaging"
)

// renderBuiltin carries out a job in this process.
func renderBuiltin(job Job) (Reply, error) {
	f, err := os.Open(job.Input)
	if err != nil {
		return Reply{}, fmt.Errorf("picture: open the original: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return Reply{}, fmt.Errorf("picture: open the original: %w", err)
	}
	h, err := ReadHeader(f, info.Size())
	if err != nil {
		return Reply{}, err
	}
	reply := Describe(h)
	if err := job.Limits.or(BuiltinPixels, BuiltinMemory).Check(h, builtinMemory(h)); err != nil {
		return reply, err
	}
	if job.MediaType != "" && job.MediaType != h.MediaType {
		return reply, Fault(CodeUnreadable, fmt.Errorf("picture: %q announced, %q found", job.MediaType, h.MediaType))
	}
	if len(job.Outputs) == 0 {
		return reply, nil
	}
	view := job.Outputs[0].Recipe
	if view.Page > 1 {
		return reply, Fault(CodeUnsupported, fmt.Errorf("picture: the built-in engine reads the first page only"))
	}
	h.Orientation = view.Turned(h.Orientation)
	colours, err := coloursOf(h)
	if err != nil {
		reply.Warnings = append(reply.Warnings, err.Error())
	}
	keeps := h.keeps(view)
	if keeps {
		colours = nil
	}
	src, err := decode(f, info.Size(), h, needOf(h, colours, job.Outputs))
	if err != nil {
		return reply, err
	}
	err = renderAll(src, h, colours, job.Outputs, &reply)
	for i := range reply.Outputs {
		if keeps && err == nil {
			err = tagged(&reply.Outputs[i], h.icc)
		}
	}
	return reply, err
}

// tagged writes the original's colour profile into a finished rendition.
func tagged(m *Made, icc []byte) error {
	if err := TagProfile(m.Path, icc); err != nil {
		return err
	}
	info, err := os.Stat(m.Path)
	if err != nil {
		return fmt.Errorf("picture: tag a rendition: %w", err)
	}
	m.Size = info.Size()
	return nil
}

// Describe returns what a header says as the beginning of a worker's reply.
func Describe(h Header) Reply {
	r := Reply{MediaType: h.MediaType, Orientation: h.Orientation, Pages: 1, Frames: 1, Alpha: h.Alpha, BitDepth: h.BitDepth, Outputs: []Made{}, Warnings: []string{}}
	r.Width, r.Height = h.Upright()
	if h.MediaType == TypeTIFF {
		r.Pages = h.Frames
	} else {
		r.Frames = h.Frames
	}
	r.ColourProfile = ProfileName(h.icc)
	return r
}

// coloursOf returns nil if nothing is to be converted. A profile that is not
// understood, or is for another kind of picture, is an error and means the
// same as none.
func coloursOf(h Header) (*toSRGB, error) {
	if h.icc == nil {
		return nil, nil
	}
	p, err := parseProfile(h.icc)
	if err != nil {
		return nil, err
	}
	if p.channels != h.Channels {
		return nil, fmt.Errorf("picture: icc: profile for %d channels in a picture of %d", p.channels, h.Channels)
	}
	return newToSRGB(p), nil
}

// Order returns the indexes of outputs from the largest whole picture to the
// smallest, so that each can be made from the one before.
func Order(outputs []Output, width, height int, vector bool) []int {
	order := make([]int, len(outputs))
	for i := range order {
		order[i] = i
	}
	area := func(i int) int {
		whole, _ := outputs[i].Recipe.Plan(width, height, vector)
		return whole.X * whole.Y
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(area(b), area(a)) })
	return order
}

// renderAll makes every output, the largest from the original and each
// smaller one from the one before.
func renderAll(src source, h Header, colours *toSRGB, outputs []Output, reply *Reply) error {
	if s, ok := src.(sheet); ok && s.staysPlanar(colours, outputs) {
		reply.Alpha = false
		return renderPlanes(s, h, colours, outputs, reply)
	}
	width, height := h.Upright()
	reply.Outputs = make([]Made, len(outputs))
	var now *image.NRGBA
	var grey bool
	for _, i := range Order(outputs, width, height, false) {
		out := outputs[i]
		whole, keep := out.Recipe.Plan(width, height, false)
		if now == nil {
			now, grey = first(src, h, colours, whole)
			reply.Alpha = transparent(now)
		} else if now.Rect.Size() != whole {
			now = resize(now, whole)
		}
		m := now
		if keep != m.Rect {
			m = imaging.Crop(m, keep)
		}
		if out.Recipe.Finished() {
			var err error
			if m, err = Finish(m, out.Recipe, out.Recipe.Mark.Path); err != nil {
				return err
			}
		}
		made, err := write(out, m, grey && !out.Recipe.Finished(), reply.Alpha && out.Recipe.Fit != Pad)
		if err != nil {
			return err
		}
		reply.Outputs[i] = made
	}
	return nil
}

// first makes the largest picture: small, then upright, then in sRGB.
func first(src source, h Header, colours *toSRGB, whole image.Point) (m *image.NRGBA, grey bool) {
	stored := whole
	if h.Orientation >= 5 {
		stored = image.Pt(whole.Y, whole.X)
	}
	r := src.resized(stored)
	switch {
	case r.k != nil:
		colours.convertCMYK(r.m, r.k)
	case colours != nil:
		colours.convert(r.m)
	}
	return turn(r.m, h.Orientation), r.grey && (colours == nil || colours.p.lut == nil)
}

// write encodes one rendition into a new file.
func write(out Output, m *image.NRGBA, grey, alpha bool) (made Made, err error) {
	r := out.Recipe.normal()
	format := r.Format
	if format == Auto {
		format = JPEG
		if alpha {
			format = PNG
		}
	}
	if format != JPEG && format != PNG {
		return Made{}, Fault(CodeUnsupported, fmt.Errorf("picture: the built-in engine does not write %s", format))
	}
	mediaType := TypeJPEG
	made, err = writeFile(out.Path, func(w io.Writer) error {
		if format == PNG {
			mediaType = TypePNG
			return encodePNG(w, m, grey && !alpha)
		}
		if alpha && transparent(m) {
			m = flatten(m, r)
			grey = false
		}
		return encodeJPEG(w, m, grey, r.Quality)
	})
	made.MediaType, made.Width, made.Height = mediaType, m.Rect.Dx(), m.Rect.Dy()
	return made, err
}

// writeFile has a rendition encoded into a new file.
func writeFile(path string, encode func(w io.Writer) error) (made Made, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // G302: the server, another user, reads it
	if err != nil {
		return Made{}, fmt.Errorf("picture: write a rendition: %w", err)
	}
	defer func() {
		if e := f.Close(); err == nil && e != nil {
			err = fmt.Errorf("picture: write a rendition: %w", e)
		}
	}()
	w := bufio.NewWriterSize(f, 1<<16)
	if err = encode(w); err == nil {
		err = w.Flush()
	}
	if err != nil {
		return Made{}, fmt.Errorf("picture: write a rendition: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return Made{}, fmt.Errorf("picture: write a rendition: %w", err)
	}
	return Made{Path: path, Size: info.Size()}, nil
}

func encodePNG(w io.Writer, m *image.NRGBA, grey bool) error {
	if grey {
		return png.Encode(w, asGrey(m))
	}
	return png.Encode(w, m)
}

func encodeJPEG(w io.Writer, m *image.NRGBA, grey bool, quality int) error {
	var from image.Image = &image.RGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect} // opaque: the same bytes, and a fast path
	if grey {
		from = asGrey(m)
	}
	return jpeg.Encode(w, from, &jpeg.Options{Quality: quality})
}
