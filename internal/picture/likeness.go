// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bufio"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"slices"

	"github.com/disintegration/imaging"
	"golang.org/x/image/webp"
)

const (
	likeSide = 32 // pixels of the picture that is transformed
	likeBits = 8  // bits a side that are kept
	flat     = 2  // grey levels of deviation below which a picture has no features
)

// cosines[k][x] is the k-th wave of a discrete cosine transform (DCT-II), but
// for the constant one.
var cosines = func() (c [likeBits][likeSide]float64) {
	for k := range c {
		for x := range c[k] {
			c[k][x] = math.Cos(math.Pi / likeSide * (float64(x) + 0.5) * float64(k+1))
		}
	}
	return c
}()

// Likeness is a number that is the same in most of its bits for pictures that
// look the same, whatever their size, format and quality: the signs of the 64
// slowest waves of the picture in grey against their median (Christoph Zauner,
// "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010,
// §3.2.1). It reports false for a picture without features, of which all look
// the same.
func Likeness(m image.Image) (uint64, bool) {
	over := imaging.Overlay(imaging.New(likeSide, likeSide, color.White), imaging.Resize(m, likeSide, likeSide, imaging.Lanczos), image.Point{}, 1)
	var grey [likeSide][likeSide]float64
	var sum, squares float64
	for y := range likeSide {
		for x := range likeSide {
			p := over.Pix[y*over.Stride+4*x:]
			v := 0.299*float64(p[0]) + 0.587*float64(p[1]) + 0.114*float64(p[2])
			grey[y][x] = v
			sum, squares = sum+v, squares+v*v
		}
	}
	const n = likeSide * likeSide
	if squares/n-sum/n*sum/n < flat*flat {
		return 0, false
	}
	var rows [likeSide][likeBits]float64
	for y := range grey {
		for k := range likeBits {
			for x, v := range grey[y] {
				rows[y][k] += v * cosines[k][x]
			}
		}
	}
	waves := make([]float64, 0, likeBits*likeBits)
	for j := range likeBits {
		for k := range likeBits {
			var v float64
			for y := range rows {
				v += rows[y][k] * cosines[j][y]
			}
			waves = append(waves, v)
		}
	}
	order := slices.Sorted(slices.Values(waves))
	median := (order[31] + order[32]) / 2
	var hash uint64
	for i, v := range waves {
		if v > median {
			hash |= 1 << i
		}
	}
	return hash, true
}

// likeness reads a finished rendition, in the worker that has written it.
func likeness(made Made) (*uint64, error) {
	f, err := os.Open(made.Path)
	if err != nil {
		return nil, fmt.Errorf("picture: read a rendition: %w", err)
	}
	defer func() { _ = f.Close() }()
	in := bufio.NewReader(f)
	var m image.Image
	switch made.MediaType {
	case TypeJPEG:
		m, err = jpeg.Decode(in)
	case TypePNG:
		m, err = png.Decode(in)
	case TypeWebP:
		m, err = webp.Decode(in)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("picture: read a rendition: %w", err)
	}
	hash, ok := Likeness(m)
	if !ok {
		return nil, nil
	}
	return &hash, nil
}

// plain reports whether a recipe shows the whole picture as it is, but for its
// size.
func (r Recipe) plain() bool {
	return r.normal() == Recipe{Width: r.Width, Height: r.Height, Format: r.Format, Quality: r.Quality, Background: r.Background}.normal()
}

// alike adds the likeness to a reply: that of the smallest whole picture made.
func alike(job Job, reply *Reply) error {
	best := -1
	for i, out := range job.Outputs {
		if i < len(reply.Outputs) && out.Recipe.plain() && (best < 0 || reply.Outputs[i].Width < reply.Outputs[best].Width) {
			best = i
		}
	}
	if !job.Likeness || best < 0 {
		return nil
	}
	var err error
	reply.Likeness, err = likeness(reply.Outputs[best])
	return err
}
