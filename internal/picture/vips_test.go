// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tillgang/internal/fault"
)

func TestVipsReadsWhatTheBuiltInEngineDoesNot(t *testing.T) {
	t.Parallel()
	v := vips(t)
	m := photo(640, 480, 11)
	for _, c := range []struct {
		mediaType string
		data      []byte
	}{
		{TypeHEIC, convert(t, pngOf(t, m), "out.heic[Q=90]")},
		{TypeAVIF, convert(t, pngOf(t, m), "out.avif[Q=90,effort=0]")},
		{TypeJXL, convert(t, pngOf(t, m), "out.jxl[Q=95]")},
		{TypePSD, psdOf(m)},
	} {
		t.Run(c.mediaType, func(t *testing.T) {
			if !v.Reads(c.mediaType) {
				t.Fatalf("libvips %s does not read %s; run make setup", v.Version, c.mediaType)
			}
			reply, made, err := render(t, v, c.data, lossless(320), Box(160))
			if err != nil {
				t.Fatal(err)
			}
			if reply.MediaType != c.mediaType || reply.Width != 640 || reply.Height != 480 || reply.Alpha {
				t.Errorf("described as %+v", reply)
			}
			if db := psnr(made[0], resize(m, image.Pt(320, 240))); db < 30 {
				t.Errorf("%.1f dB from the original", db)
			}
			if _, _, err := render(t, v, c.data[:len(c.data)/2], Box(320)); fault.KindOf(err) != fault.Invalid {
				t.Errorf("cut in the middle: %v", err)
			}
			if _, err := renderWith(t, v, c.data, Limits{MaxPixels: 1000}); fault.CodeOf(err) != CodeTooLarge {
				t.Errorf("larger than allowed: %v", err)
			}
		})
	}
}

func TestVipsShowsTheFirstPageOfADocument(t *testing.T) {
	t.Parallel()
	reply, made, err := render(t, vips(t), pdfOf(3), lossless(1024), Box(320))
	if err != nil {
		t.Fatal(err)
	}
	if reply.Pages != 3 || reply.Width != 595 || reply.Height != 842 || reply.Alpha || reply.Outputs[1].MediaType != TypeJPEG {
		t.Errorf("described as %+v", reply)
	}
	if got := made[0].Bounds().Size(); got != image.Pt(724, 1024) {
		t.Errorf("the page is %v and does not fill its box", got)
	}
	for at, want := range map[image.Point]color.NRGBA{{10, 10}: {255, 255, 255, 255}, {362, 512}: {255, 0, 0, 255}} {
		if got := color.NRGBAModel.Convert(made[0].At(at.X, at.Y)); got != want {
			t.Errorf("%v at %v, want %v", got, at, want)
		}
	}
	if _, _, err := render(t, vips(t), []byte("%PDF-1.4\nnothing more"), Box(320)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a broken document: %v", err)
	}
}

func TestVipsWritesWebP(t *testing.T) {
	t.Parallel()
	m := photo(640, 480, 12)
	reply, made, err := render(t, vips(t), pngOf(t, holes(m)), Box(320), Recipe{Width: 320, Height: 320, Format: WebP, Quality: 90})
	if err != nil {
		t.Fatal(err)
	}
	for i, out := range reply.Outputs {
		if out.MediaType != TypeWebP || !reply.Alpha {
			t.Errorf("a transparent picture became %s", out.MediaType)
		}
		if _, _, _, a := made[i].At(150, 100).RGBA(); a != 0 {
			t.Error("the hole is filled")
		}
	}
	if _, _, err := render(t, builtin(t), pngOf(t, m), Recipe{Width: 320, Format: WebP}); fault.CodeOf(err) != CodeUnsupported {
		t.Errorf("the built-in engine writing WebP: %v", err)
	}
}

func TestVipsProbeIsPoliteWithoutLibvips(t *testing.T) {
	t.Parallel()
	v := vips(t)
	cmd := exec.Command(v.Exe, "--probe")
	cmd.Env = []string{"LD_LIBRARY_PATH=" + emptyLibraries(t)}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 3 || !strings.Contains(stderr.String(), "install it") {
		t.Errorf("%v: %s", err, stderr.String())
	}
	if _, err := ProbeVips(t.Context(), t.TempDir(), v.Exe, func(context.Context, string, []string, ...string) ([]byte, error) {
		return []byte(`{"version":"7.0"}`), nil
	}); err == nil {
		t.Error("a libvips that reads nothing is accepted")
	}
}

// psdOf makes an uncompressed flat Photoshop file.
func psdOf(m *image.NRGBA) []byte {
	w, h := uint32(m.Rect.Dx()), uint32(m.Rect.Dy())
	b := bytes.Join([][]byte{[]byte("8BPS\x00\x01\x00\x00\x00\x00\x00\x00"), {0, 3}, be(h, w), {0, 8, 0, 3}, be(0, 0, 0), {0, 0}}, nil)
	for c := range 3 {
		for i := c; i < len(m.Pix); i += 4 {
			b = append(b, m.Pix[i])
		}
	}
	return b
}

// pdfOf makes an A4 document with a red square in the middle of each page.
func pdfOf(pages int) []byte {
	var b bytes.Buffer
	var at []int
	object := func(format string, args ...any) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n", len(at))
		fmt.Fprintf(&b, format, args...)
		b.WriteString("\nendobj\n")
	}
	b.WriteString("%PDF-1.4\n")
	object("<</Type/Catalog/Pages 2 0 R>>")
	var kids []string
	for i := range pages {
		kids = append(kids, fmt.Sprintf("%d 0 R", 4+i))
	}
	object("<</Type/Pages/Count %d/Kids[%s]>>", pages, strings.Join(kids, " "))
	content := "1 0 0 rg 197 321 200 200 re f"
	object("<</Length %d>>stream\n%s\nendstream", len(content), content)
	for range pages {
		object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R>>")
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, off := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", off)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF", len(at)+1, start)
	return b.Bytes()
}

// emptyLibraries makes a folder in which libvips is a file that is no library,
// which the dynamic loader meets before the real one.
func emptyLibraries(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "libvips.so.42"), []byte("not a library"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
