// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"strings"

	"github.com/disintegration/imaging"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	grid "golang.org/x/image/math/fixed"
)

// Place says where in a rendition a watermark stands.
type Place string

// Places of watermarks.
const (
	Centre      Place = "centre"
	TopLeft     Place = "top-left"
	TopRight    Place = "top-right"
	BottomLeft  Place = "bottom-left"
	BottomRight Place = "bottom-right"
	Tiled       Place = "tiled" // again and again, over the whole picture
)

// Mark is a watermark: a PNG picture laid over a rendition. The zero value is
// none.
type Mark struct {
	ID      string `json:"id,omitempty"`      // 32 hexadecimal digits that stand for the PNG's content
	Path    string `json:"path,omitempty"`    // the PNG: a bare name in the job's dir; no part of the recipe's text
	Place   Place  `json:"place,omitempty"`   // empty means BottomRight
	Size    int    `json:"size,omitempty"`    // its width in hundredths of the rendition's, 1–100; 0 means 25
	Opacity int    `json:"opacity,omitempty"` // in hundredths, 1–100; 0 means 50
	Margin  int    `json:"margin,omitempty"`  // to the edges, in hundredths of the rendition's shorter side, 0–40
}

func (m Mark) none() bool { return m.ID == "" }

func (m Mark) normal() Mark {
	m.Path = ""
	if m.none() {
		return m
	}
	if m.Place == "" {
		m.Place = BottomRight
	}
	if m.Size == 0 {
		m.Size = 25
	}
	if m.Opacity == 0 {
		m.Opacity = 50
	}
	return m
}

func (m Mark) validate(wrong map[string]string) {
	if m.none() {
		if m != (Mark{}) {
			wrong["mark"] = "has no picture"
		}
		return
	}
	m = m.normal()
	switch m.Place {
	case Centre, TopLeft, TopRight, BottomLeft, BottomRight, Tiled:
	default:
		wrong["mark.place"] = "must be centre, a corner such as bottom-right, or tiled"
	}
	if len(m.ID) != 32 || strings.Trim(m.ID, "0123456789abcdef") != "" {
		wrong["mark.id"] = "must be 32 hexadecimal digits"
	}
	if m.Size < 1 || m.Size > 100 {
		wrong["mark.size"] = "must be from 1 to 100"
	}
	if m.Opacity < 1 || m.Opacity > 100 {
		wrong["mark.opacity"] = "must be from 1 to 100"
	}
	if m.Margin < 0 || m.Margin > 40 {
		wrong["mark.margin"] = "must be from 0 to 40"
	}
}

// Finished reports whether a recipe does more to a picture than cut it: then
// its pixels pass through Finish.
func (r Recipe) Finished() bool { return r.Fit == Pad || !r.Mark.none() }

// Finish pads a picture that was cut to its recipe, and lays the watermark at
// path over it. Both engines use it, so that they make the same picture.
func Finish(m *image.NRGBA, r Recipe, path string) (*image.NRGBA, error) {
	if r.Fit == Pad {
		size, at := r.Canvas(m.Rect.Size())
		m = imaging.Overlay(imaging.New(size.X, size.Y, r.Colour()), m, at, 1)
	}
	if r.Mark.none() {
		return m, nil
	}
	mark, err := readMark(path)
	if err != nil {
		return nil, err
	}
	return r.Mark.normal().over(m, mark), nil
}

const maxMark = 4096 // pixels of a watermark's longer side

// readMark reads a PNG that this program has made itself.
func readMark(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("picture: read the watermark: %w", err)
	}
	defer func() { _ = f.Close() }()
	c, err := png.DecodeConfig(f)
	if err == nil && max(c.Width, c.Height) > maxMark {
		err = fmt.Errorf("%d × %d pixels", c.Width, c.Height)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, fmt.Errorf("picture: read the watermark: %w", err)
	}
	m, err := png.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("picture: read the watermark: %w", err)
	}
	return m, nil
}

// over lays the watermark over a picture: as wide as it is to be, and no higher
// than the picture.
func (m Mark) over(on *image.NRGBA, mark image.Image) *image.NRGBA {
	size, own := on.Rect.Size(), mark.Bounds().Size()
	w := max(1, size.X*m.Size/100)
	h := max(1, int(math.Round(float64(own.Y)*float64(w)/float64(own.X))))
	if h > size.Y {
		w, h = max(1, w*size.Y/h), size.Y
	}
	small := imaging.Resize(mark, w, h, imaging.Lanczos)
	opacity := float64(m.Opacity) / 100
	edge := min(size.X, size.Y) * m.Margin / 100
	if m.Place != Tiled {
		return imaging.Overlay(on, small, m.at(size, image.Pt(w, h), edge), opacity)
	}
	gapX, gapY := w+max(edge, w/4), h+max(edge, h)
	for row, y := 0, 0; y < size.Y; row, y = row+1, y+gapY {
		for x := -(row % 2) * gapX / 2; x < size.X; x += gapX { // every other row is shifted
			on = imaging.Overlay(on, small, image.Pt(x, y), opacity)
		}
	}
	return on
}

func (m Mark) at(size, mark image.Point, edge int) image.Point {
	at := image.Pt((size.X-mark.X)/2, (size.Y-mark.Y)/2)
	switch m.Place {
	case TopLeft, BottomLeft:
		at.X = edge
	case TopRight, BottomRight:
		at.X = size.X - mark.X - edge
	default:
	}
	switch m.Place {
	case TopLeft, TopRight:
		at.Y = edge
	case BottomLeft, BottomRight:
		at.Y = size.Y - mark.Y - edge
	default:
	}
	return image.Pt(max(0, at.X), max(0, at.Y))
}

// DrawText writes a line of text as a PNG that can be a watermark: white
// letters with a dark edge, so that they are seen on any picture. Letters that
// the font does not have become boxes.
func DrawText(w io.Writer, text string) error {
	const size, edge = 96, 4
	f, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return fmt.Errorf("picture: draw a text: %w", err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return fmt.Errorf("picture: draw a text: %w", err)
	}
	defer func() { _ = face.Close() }()
	metrics := face.Metrics()
	width := min(font.MeasureString(face, text).Ceil()+4*edge, maxMark)
	m := image.NewNRGBA(image.Rect(0, 0, width, (metrics.Ascent+metrics.Descent).Ceil()+2*edge))
	at := grid.P(2*edge, metrics.Ascent.Ceil()+edge)
	draw := func(by image.Point, c color.Color) {
		d := font.Drawer{Dst: m, Src: image.NewUniform(c), Face: face, Dot: at.Add(grid.P(by.X, by.Y))}
		d.DrawString(text)
	}
	for y := -edge; y <= edge; y += edge / 2 {
		for x := -edge; x <= edge; x += edge / 2 {
			draw(image.Pt(x, y), color.Black)
		}
	}
	draw(image.Point{}, color.White)
	if err := png.Encode(w, m); err != nil {
		return fmt.Errorf("picture: draw a text: %w", err)
	}
	return nil
}
