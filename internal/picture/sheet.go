// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"image"
	"image/color"

	"tillgang/internal/picture/jpegscale"
	"tillgang/internal/picture/planar"
)

// sheet is a picture in planes, as JPEG stores it: grey, luma and two of
// chroma, or red, green and blue. It is a source.
type sheet struct {
	stored image.Point // width and height that the planes stand for
	space  jpegscale.Space
	planes []part
}

// part is one plane of a sheet, which covers spanX × spanY samples of it.
type part struct {
	planar.Plane
	spanX, spanY float64
}

// frame is a part of a picture in shares of its width and height. Sides may be
// exchanged: then it is mirrored.
type frame struct{ x0, y0, x1, y1 float64 }

var wholeFrame = frame{0, 0, 1, 1}

// sampling says how the chroma planes of a sheet lie to its luma.
type sampling int

const (
	chromaFull sampling = iota // a sample for each of luma
	chromaHalf                 // a sample for each four of luma (4:2:0), centred between them
)

func sheetOf(p *jpegscale.Picture) sheet {
	s := sheet{stored: image.Pt(p.Width, p.Height), space: p.Space}
	for _, c := range p.Planes {
		s.planes = append(s.planes, part{planar.Plane{Pix: c.Pix, Stride: c.Stride, Width: c.Width, Height: c.Height}, c.SpanX, c.SpanY})
	}
	return s
}

func (s sheet) size() image.Point { return s.stored }

// cut returns a part of a sheet at a size.
func (s sheet) cut(of frame, size image.Point, chroma sampling) sheet {
	out := sheet{stored: size, space: s.space}
	for i, p := range s.planes {
		w, h := size.X, size.Y
		spanX, spanY := float64(w), float64(h)
		if i > 0 && chroma == chromaHalf {
			w, h = (w+1)/2, (h+1)/2
			spanX, spanY = spanX/2, spanY/2
		}
		// The last sample may reach beyond the picture.
		r := planar.Region{X0: of.x0 * p.spanX, Y0: of.y0 * p.spanY}
		r.X1 = r.X0 + (of.x1-of.x0)*p.spanX*float64(w)/spanX
		r.Y1 = r.Y0 + (of.y1-of.y0)*p.spanY*float64(h)/spanY
		out.planes = append(out.planes, part{planar.Resize(p.Plane, r, w, h), spanX, spanY})
	}
	return out
}

// upright is cut for a stored picture of an EXIF orientation (EXIF 3.0,
// 4.6.5.1.6): of and size are of the picture as it is to be seen.
func (s sheet) upright(of frame, size image.Point, orientation int, chroma sampling) sheet {
	if orientation >= 5 {
		of, size = frame{of.y0, of.x0, of.y1, of.x1}, image.Pt(size.Y, size.X)
	}
	switch orientation {
	case 2, 3, 7, 8:
		of.x0, of.x1 = 1-of.x0, 1-of.x1
	}
	switch orientation {
	case 3, 4, 6, 7:
		of.y0, of.y1 = 1-of.y0, 1-of.y1
	}
	out := s.cut(of, size, chroma)
	if orientation < 5 {
		return out
	}
	out.stored = image.Pt(size.Y, size.X)
	for i, p := range out.planes {
		out.planes[i] = part{planar.Transpose(p.Plane), p.spanY, p.spanX}
	}
	return out
}

// resized implements source.
func (s sheet) resized(to image.Point) raster {
	return raster{m: s.cut(wholeFrame, to, chromaFull).nrgba(), grey: s.space == jpegscale.Grey}
}

// nrgba returns a sheet with full chroma in RGB.
func (s sheet) nrgba() *image.NRGBA {
	m := image.NewNRGBA(image.Rectangle{Max: s.stored})
	for y := range s.stored.Y {
		to := m.Pix[y*m.Stride:][:4*s.stored.X]
		row := func(i int) []uint8 { return s.planes[i].Pix[y*s.planes[i].Stride:][:s.stored.X] }
		switch s.space {
		case jpegscale.Grey:
			for x, v := range row(0) {
				p := to[4*x:][:4]
				p[0], p[1], p[2], p[3] = v, v, v, 255
			}
		case jpegscale.RGB:
			red, green, blue := row(0), row(1), row(2)
			for x, v := range red {
				p := to[4*x:][:4]
				p[0], p[1], p[2], p[3] = v, green[x], blue[x], 255
			}
		default:
			luma, cb, cr := row(0), row(1), row(2)
			for x, v := range luma {
				p := to[4*x:][:4]
				p[0], p[1], p[2] = color.YCbCrToRGB(v, cb[x], cr[x])
				p[3] = 255
			}
		}
	}
	return m
}

// sheetFrom returns an opaque picture as a sheet with full chroma.
func sheetFrom(m *image.NRGBA) sheet {
	size := m.Rect.Size()
	s := sheet{stored: size, space: jpegscale.YCbCr}
	for range 3 {
		s.planes = append(s.planes, part{planar.New(size.X, size.Y), float64(size.X), float64(size.Y)})
	}
	for y := range size.Y {
		at := y * size.X
		luma, cb, cr := s.planes[0].Pix[at:][:size.X], s.planes[1].Pix[at:][:size.X], s.planes[2].Pix[at:][:size.X]
		from := m.Pix[y*m.Stride:]
		for x := range luma {
			luma[x], cb[x], cr[x] = color.RGBToYCbCr(from[4*x], from[4*x+1], from[4*x+2])
		}
	}
	return s
}

// image returns a sheet with half chroma as what the encoder takes.
func (s sheet) image() image.Image {
	if s.space == jpegscale.Grey {
		return &image.Gray{Pix: s.planes[0].Pix, Stride: s.planes[0].Stride, Rect: image.Rectangle{Max: s.stored}}
	}
	return &image.YCbCr{
		Y: s.planes[0].Pix, Cb: s.planes[1].Pix, Cr: s.planes[2].Pix,
		YStride: s.planes[0].Stride, CStride: s.planes[1].Stride,
		SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: image.Rectangle{Max: s.stored},
	}
}
