// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/disintegration/imaging"
	"golang.org/x/image/tiff"
)

// photo makes a detailed picture, like a photograph to a resampler: soft
// gradients, sharp edges at many angles, lines of text-like strokes and a
// little noise. It is the same for the same size and seed.
func photo(w, h int, seed uint64) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	rnd := rand.New(rand.NewPCG(seed, 1))
	waves := make([]float64, w)
	for x := range waves {
		waves[x] = 100 * math.Sin(7*float64(x)/float64(w))
	}
	set := func(x, y int, r, g, b float64) {
		p := m.Pix[y*m.Stride+4*x:]
		p[0], p[1], p[2], p[3] = uint8(r), uint8(g), uint8(b), 255
	}
	for y := range h {
		fy := float64(y) / float64(h)
		c := math.Cos(5 * fy)
		for x := range w {
			set(x, y, 40+170*float64(x)/float64(w), 60+150*fy, 128+waves[x]*c)
		}
	}
	for range 40 {
		cx, cy, r := rnd.IntN(w), rnd.IntN(h), int((0.02+0.1*rnd.Float64())*float64(min(w, h)))
		red, green, blue := rnd.Float64()*255, rnd.Float64()*255, rnd.Float64()*255
		for y := max(0, cy-r); y < min(h, cy+r); y++ {
			for x := max(0, cx-r); x < min(w, cx+r); x++ {
				if (x-cx)*(x-cx)+(y-cy)*(y-cy) < r*r {
					set(x, y, red, green, blue)
				}
			}
		}
	}
	for y := h * 4 / 5; y < h; y++ { // writing
		for x := range w {
			if (y/6)%3 == 0 && (x*7/5+y/18*31)%23 < 9 {
				set(x, y, 20, 20, 30)
			}
		}
	}
	for i := 0; i < len(m.Pix); i += 4 {
		n := rnd.Uint32()
		for c := range 3 {
			m.Pix[i+c] = uint8(max(0, min(255, int(m.Pix[i+c])+int(n>>(8*c)&15)-8)))
		}
	}
	return m
}

func jpegOf(tb testing.TB, m image.Image, quality int) []byte {
	tb.Helper()
	if n, ok := m.(*image.NRGBA); ok {
		m = &image.RGBA{Pix: n.Pix, Stride: n.Stride, Rect: n.Rect}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(tb testing.TB, m image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, m); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func tiffOf(tb testing.TB, m image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := tiff.Encode(&b, m, &tiff.Options{Compression: tiff.Deflate, Predictor: true}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// segment makes a JPEG marker segment.
func segment(marker byte, body ...[]byte) []byte {
	b := bytes.Join(body, nil)
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(b)+2)), b...)
}

// withSegments puts segments right after the start of a JPEG.
func withSegments(jpg []byte, segments ...[]byte) []byte {
	return bytes.Join([][]byte{jpg[:2], bytes.Join(segments, nil), jpg[2:]}, nil)
}

// exifBlock is a TIFF structure that holds only an orientation.
func exifBlock(orientation int, order binary.AppendByteOrder) []byte {
	b := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 1)
	b = order.AppendUint16(b, tagOrientation)
	b = order.AppendUint16(b, 3)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint16(b, uint16(orientation))
	b = order.AppendUint16(b, 0)
	return order.AppendUint32(b, 0)
}

func exifSegment(orientation int) []byte {
	return segment(0xe1, []byte("Exif\x00\x00"), exifBlock(orientation, binary.BigEndian))
}

// iccSegments splits a profile over APP2 segments.
func iccSegments(icc []byte) []byte {
	const most = 65000
	n := (len(icc) + most - 1) / most
	var out []byte
	for i := range n {
		out = append(out, segment(0xe2, []byte("ICC_PROFILE\x00"), []byte{byte(i + 1), byte(n)}, icc[i*most:min(len(icc), (i+1)*most)])...)
	}
	return out
}

// chunk makes a PNG chunk.
func chunk(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// withChunk puts a chunk right after IHDR.
func withChunk(png, chunk []byte) []byte {
	return bytes.Join([][]byte{png[:33], chunk, png[33:]}, nil)
}

// stored returns m as a camera held by orientation would store it: turning
// the result by orientation gives m again.
func stored(m *image.NRGBA, orientation int) *image.NRGBA {
	back := map[int]int{6: 8, 8: 6}
	if o, ok := back[orientation]; ok {
		return turn(m, o)
	}
	return turn(m, orientation)
}

// nrgba copies any picture.
func nrgba(m image.Image) *image.NRGBA { return imaging.Clone(m) }

// psnr is the peak signal-to-noise ratio in dB of luma over white (BT.601), 99
// if a and b are equal.
func psnr(a, b image.Image) float64 {
	x, y := luma(a), luma(b)
	if len(x) != len(y) {
		return 0
	}
	var sum float64
	for i := range x {
		sum += (x[i] - y[i]) * (x[i] - y[i])
	}
	if sum == 0 {
		return 99
	}
	return min(99, 10*math.Log10(255*255*float64(len(x))/sum))
}

// colourPSNR is psnr over all three channels.
func colourPSNR(a, b image.Image) float64 {
	x, y := nrgba(a), nrgba(b)
	if x.Rect != y.Rect {
		return 0
	}
	var sum float64
	n := 0
	for i := range x.Pix {
		if i%4 != 3 {
			d := float64(x.Pix[i]) - float64(y.Pix[i])
			sum += d * d
			n++
		}
	}
	if sum == 0 {
		return 99
	}
	return min(99, 10*math.Log10(255*255*float64(n)/sum))
}

func luma(m image.Image) []float64 {
	n := nrgba(m)
	out := make([]float64, 0, len(n.Pix)/4)
	for i := 0; i < len(n.Pix); i += 4 {
		a := float64(n.Pix[i+3]) / 255
		out = append(out, a*(0.299*float64(n.Pix[i])+0.587*float64(n.Pix[i+1])+0.114*float64(n.Pix[i+2]))+(1-a)*255)
	}
	return out
}

// deflated is the body of an iCCP chunk.
func deflated(tb testing.TB, name string, b []byte) []byte {
	tb.Helper()
	out := bytes.NewBuffer(append([]byte(name), 0, 0))
	z := zlib.NewWriter(out)
	if _, err := z.Write(b); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}
