// SPDX-License-Identifier: Apache-2.0

package jpegscale

import (
	"bytes"
	"errors"
	"image"
	"image/draw"
	"image/jpeg"
	"io"
	"testing"
)

// FuzzDecode holds the decoder against the standard library's: what both read
// must be the same picture, and what this one reads at full size it must read
// at every other scale, too.
func FuzzDecode(f *testing.F) {
	m := texture(40, 24)
	grey := image.NewGray(m.Rect)
	draw.Draw(grey, grey.Rect, m, image.Point{}, draw.Src)
	for _, seed := range []image.Image{m, grey, texture(1, 1)} {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, seed, &jpeg.Options{Quality: 80}); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
		f.Add(b.Bytes()[:b.Len()/2])
	}
	const most = 1 << 16
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Decode(bytes.NewReader(data), Options{Eighths: 8, MaxPixels: most})
		for _, n := range []int{1, 2, 3, 4, 6} {
			_, err2 := Decode(bytes.NewReader(data), Options{Eighths: n, MaxPixels: most, FullChroma: n%2 == 0})
			if (err == nil) != (err2 == nil) {
				t.Fatalf("whole: %v; %d eighths: %v", err, n, err2)
			}
		}
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrUnsupported) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%v", err)
			}
			return
		}
		if len(p.Planes) != 1 && len(p.Planes) != 3 {
			t.Fatalf("%d planes", len(p.Planes))
		}
		want, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			return // it reads fewer kinds, and minds other things
		}
		if b := want.Bounds(); b.Dx() != p.Width || b.Dy() != p.Height {
			t.Fatalf("%d × %d, not %v", p.Width, p.Height, b)
		}
		if worst := compare(t, p, want); worst > 2 {
			t.Fatalf("a sample is %d levels off", worst)
		}
	})
}
