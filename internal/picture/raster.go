// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"image"

	"github.com/disintegration/imaging"
)

// raster is a small picture on its way to its renditions: 8 bits a channel,
// colours as in the original until toSRGB has been applied.
type raster struct {
	m    *image.NRGBA // CMYK: the three inks as an opaque picture
	k    *image.NRGBA // CMYK only: black, in the first channel
	grey bool
}

// full is an original decoded at its own size.
type full struct{ m image.Image }

func (s full) size() image.Point { return s.m.Bounds().Size() }

func (s full) resized(to image.Point) raster {
	switch m := s.m.(type) {
	case *image.CMYK:
		// Opaque halves: what resizes weights colours by the fourth channel.
		inks, black := image.NewNRGBA(m.Rect), image.NewGray(m.Rect)
		for y := range m.Rect.Dy() {
			from, to, k := m.Pix[y*m.Stride:], inks.Pix[y*inks.Stride:], black.Pix[y*black.Stride:]
			for x := range m.Rect.Dx() {
				copy(to[4*x:4*x+3], from[4*x:])
				to[4*x+3], k[x] = 255, from[4*x+3]
			}
		}
		return raster{m: resize(inks, to), k: resize(black, to)}
	case *image.Gray, *image.Gray16:
		return raster{m: resize(m, to), grey: true}
	}
	return raster{m: resize(s.m, to)}
}

func resize(m image.Image, to image.Point) *image.NRGBA {
	if m.Bounds().Size() == to {
		return imaging.Clone(m)
	}
	return imaging.Resize(m, to.X, to.Y, imaging.Lanczos)
}

// turn returns m as it is to be seen, by EXIF orientation (EXIF 3.0,
// 4.6.5.1.6).
func turn(m *image.NRGBA, orientation int) *image.NRGBA {
	switch orientation {
	case 2:
		return imaging.FlipH(m)
	case 3:
		return imaging.Rotate180(m)
	case 4:
		return imaging.FlipV(m)
	case 5:
		return imaging.Transpose(m)
	case 6:
		return imaging.Rotate270(m)
	case 7:
		return imaging.Transverse(m)
	case 8:
		return imaging.Rotate90(m)
	}
	return m
}

// transparent reports whether any pixel is not fully opaque.
func transparent(m *image.NRGBA) bool { return !m.Opaque() }

// flatten lays m on the background of the recipe.
func flatten(m *image.NRGBA, r Recipe) *image.NRGBA {
	base := imaging.New(m.Rect.Dx(), m.Rect.Dy(), r.Colour())
	return imaging.Overlay(base, m, image.Point{}, 1)
}

// asGrey returns the red channel, for pictures whose channels are equal.
func asGrey(m *image.NRGBA) *image.Gray {
	g := image.NewGray(m.Rect)
	for i := range g.Pix {
		g.Pix[i] = m.Pix[4*i]
	}
	return g
}
