// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// animation makes a GIF of three frames, one after the other.
func animation(t *testing.T, m image.Image) []byte {
	t.Helper()
	g := &gif.GIF{Config: image.Config{ColorModel: color.Palette(palette.Plan9), Width: m.Bounds().Dx(), Height: m.Bounds().Dy()}}
	for i := range 3 {
		p := image.NewPaletted(m.Bounds(), palette.Plan9)
		draw.Draw(p, p.Rect, m, image.Point{}, draw.Src)
		for at := range p.Pix[:len(p.Pix)*i/3] {
			p.Pix[at] = uint8(i)
		}
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// allPages converts an animation with all its frames.
func allPages(t *testing.T, data []byte, to string) []byte {
	t.Helper()
	dir := t.TempDir()
	in := filepath.Join(dir, "in.gif")
	if err := os.WriteFile(in, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("vips", "copy", in+"[n=-1]", filepath.Join(dir, to)).CombinedOutput(); err != nil {
		t.Fatalf("run make setup: %v: %s", err, out)
	}
	made, err := filepath.Glob(filepath.Join(dir, "out*"))
	if err != nil || len(made) != 1 {
		t.Fatal(made, err)
	}
	b, err := os.ReadFile(made[0])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheFirstFrameOrPageStandsForAll(t *testing.T) {
	t.Parallel()
	m := photo(240, 180, 13)
	moving := animation(t, m)
	for _, c := range []struct {
		name          string
		data          []byte
		frames, pages int
		floor         float64
	}{
		{"gif", moving, 3, 1, 24},
		{"webp", allPages(t, moving, "out.webp[Q=95]"), 3, 1, 24},
		{"webp lossless", allPages(t, moving, "out.webp[lossless]"), 3, 1, 24},
		{"tiff", allPages(t, moving, "out.tif[compression=deflate]"), 1, 3, 24},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, e := range []Engine{builtin(t), vips(t)} {
				reply, made, err := render(t, e, c.data, lossless(120))
				if err != nil {
					t.Errorf("%s: %v", e.Name(), err)
					continue
				}
				if reply.Frames != c.frames || reply.Pages != c.pages || reply.Width != 240 || reply.Height != 180 {
					t.Errorf("%s: described as %+v", e.Name(), reply)
				}
				if db := psnr(made[0], resize(m, image.Pt(120, 90))); db < c.floor {
					t.Errorf("%s: %.1f dB from the first", e.Name(), db)
				}
			}
		})
	}
}

// BenchmarkRefusal is how long a picture that is too large keeps the server busy.
func BenchmarkRefusal(b *testing.B) {
	bomb := pngHead(60000, 60000, 8, 2)
	limits := Limits{}.or(VipsPixels, VipsMemory)
	for b.Loop() {
		h, err := readHeader(bomb)
		if err != nil {
			b.Fatal(err)
		}
		if limits.Check(h, vipsMemory(h)) == nil {
			b.Fatal("let through")
		}
	}
}
