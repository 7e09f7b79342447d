// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tillgang/internal/fault"
)

func TestDamagedPicturesEndWithAReason(t *testing.T) {
	t.Parallel()
	m := photo(800, 600, 10)
	jpg, pic, tif := jpegOf(t, m, 90), pngOf(t, m), tiffOf(t, m)
	gifs, webp := gifOf(t, m), convert(t, pngOf(t, m), "out.webp")
	middle := func(b []byte) []byte { return b[:len(b)/2] }
	spoilt := bytes.Clone(pic)
	for i := len(spoilt) / 2; i < len(spoilt)/2+2000; i++ {
		spoilt[i] ^= 0x5a
	}
	b, v := builtin(t), vips(t)
	both := Both{Vips: v, Builtin: b, Log: slog.New(slog.DiscardHandler)}
	for _, c := range []struct {
		name string
		data []byte
		code string
	}{
		{"jpeg cut in the middle", middle(jpg), CodeTruncated},
		{"jpeg without its last bytes", jpg[:len(jpg)-600], CodeTruncated},
		{"png cut in the middle", middle(pic), CodeTruncated},
		{"webp cut in the middle", middle(webp), CodeTruncated},
		{"gif cut in the middle", middle(gifs), CodeTruncated},
		{"tiff cut in the middle", middle(tif), CodeTruncated},
		{"png with spoilt data", spoilt, CodeUnreadable},
		{"text", []byte("This is a letter, called picture.jpg.\n"), CodeUnknown},
		{"web page", []byte("<!doctype html><script>alert(1)</script>"), CodeUnknown},
		{"svg without a size", []byte("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), CodeUnreadable},
		{"nothing", nil, CodeUnknown},
		{"png that is only a header", pngHead(100, 100, 8, 2), CodeTruncated},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, e := range []Engine{b, v, both} {
				_, _, err := render(t, e, c.data, Box(320))
				f, want := fault.As(err), c.code
				if e.Name() == b.Name() && strings.HasPrefix(c.name, "svg") {
					want = CodeUnsupported // it draws none at all
				}
				if f.Kind != fault.Invalid || f.Code != want || f.Text != texts[want] {
					t.Errorf("%s: %q, want %q: %v", e.Name(), f.Code, want, err)
				}
			}
		})
	}
}

func TestAnnouncedTypeMustBeTheRealOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	input := filepath.Join(dir, "original")
	if err := os.WriteFile(input, pngOf(t, photo(9, 9, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, e := range []Engine{builtin(t), vips(t)} {
		_, err := e.Render(t.Context(), dir, Job{Input: input, MediaType: TypeJPEG})
		if fault.CodeOf(err) != CodeUnreadable {
			t.Errorf("%s: %v", e.Name(), err)
		}
	}
}

// lying is a child that has been taken over.
func lying(answer string, leave func(dir string)) Run {
	return func(_ context.Context, dir string, _ []string, _ ...string) ([]byte, error) {
		if leave != nil {
			leave(dir)
		}
		return []byte(answer), nil
	}
}

func TestAChildIsNotBelieved(t *testing.T) {
	t.Parallel()
	put := func(name string, b []byte) func(string) {
		return func(dir string) {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
				t.Error(err)
			}
		}
	}
	says := `{"media_type":"image/jpeg","width":9,"height":9,"outputs":[{"path":"/etc/passwd","width":320,"height":213,"media_type":"image/jpeg","size":5}]}`
	for name, run := range map[string]Run{
		"no answer":       lying("", nil),
		"not JSON":        lying("hello", nil),
		"no file":         lying(says, nil),
		"too few outputs": lying(`{"outputs":[]}`, put("out0", jpegOf(t, photo(320, 213, 1), 80))),
		"a page":          lying(says, put("out0", []byte("<script>alert(1)</script>"))),
		"another format":  lying(says, put("out0", gifOf(t, photo(20, 20, 1)))),
		"too large":       lying(says, put("out0", jpegOf(t, photo(400, 300, 1), 80))),
		"a link": lying(says, func(dir string) {
			if err := os.Symlink("/etc/passwd", filepath.Join(dir, "out0")); err != nil {
				t.Error(err)
			}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := render(t, Builtin{Exe: "x", Run: run}, jpegOf(t, photo(640, 480, 1), 80), Box(320))
			if fault.CodeOf(err) != CodeUnreadable {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("words", func(t *testing.T) {
		run := lying(`{"error":{"code":"picture.too_large","text":"\u001b[31mred`+strings.Repeat("x", 5000)+`","detail":"\u0000"}}`, nil)
		_, _, err := render(t, Builtin{Exe: "x", Run: run}, jpegOf(t, photo(64, 48, 1), 80), Box(320))
		if f := fault.As(err); f.Code != CodeTooLarge || strings.ContainsAny(f.Error(), "\x1b\x00") || len(f.Text) > 400 {
			t.Errorf("%q", f.Error())
		}
	})
}

// limited is how the sandbox says that a child ran into a limit.
type limited struct{ error }

func (limited) Exhausted() bool { return true }

func TestABrokenMachineIsNotThePicturesFault(t *testing.T) {
	t.Parallel()
	data := jpegOf(t, photo(64, 48, 1), 80)
	failing := func(err error) Run {
		return func(context.Context, string, []string, ...string) ([]byte, error) { return nil, err }
	}
	for _, c := range []struct {
		name string
		err  error
		kind fault.Kind
	}{
		{"no executable", errors.New("no such file"), fault.Internal},
		{"crash", &ended{errors.New("signal 11")}, fault.Invalid},
		{"out of memory", &limited{errors.New("killed")}, fault.TooLarge},
	} {
		_, _, err := render(t, Builtin{Exe: "x", Run: failing(c.err)}, data, Box(320))
		if fault.KindOf(err) != c.kind || !errors.Is(err, c.err) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	dir := t.TempDir()
	input := filepath.Join(dir, "original")
	if err := os.WriteFile(input, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := builtin(t).Render(ctx, dir, Job{Input: input, Outputs: []Output{{Path: "o", Recipe: Box(9)}}}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	b := builtin(t)
	if _, err := b.Render(t.Context(), dir, Job{Input: input, Outputs: []Output{{Path: "no/such/folder", Recipe: Box(9)}}}); err == nil {
		t.Error("an output outside its folder")
	}
	if _, err := b.Render(t.Context(), dir, Job{Input: filepath.Join(dir, "missing")}); fault.KindOf(err) != fault.Internal {
		t.Errorf("a missing original: %v", err)
	}
}

func TestChooseFallsBackToTheBuiltInEngine(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	log := slog.New(slog.NewTextHandler(&said, nil))
	b, v := builtin(t), vips(t)
	if e := Choose(t.Context(), log, t.TempDir(), b, v.Exe, plainRun); !e.Reads(TypePDF) || !e.Reads(TypeBMP) || e.Reads("text/html") {
		t.Errorf("%s does not read what it should", e.Name())
	}
	e := Choose(t.Context(), log, t.TempDir(), b, "/nonexistent/tillgang-vips", plainRun)
	if e.Name() != "builtin" || e.Reads(TypePDF) || !strings.Contains(said.String(), "built-in engine") {
		t.Errorf("%s: %s", e.Name(), said.String())
	}
	// What libvips does not read, or fails on, the built-in engine does.
	both := Both{Vips: v, Builtin: b, Log: log}
	if reply, _, err := render(t, both, bmpOf(60, 40), Box(32)); err != nil || reply.Outputs[0].Width != 32 {
		t.Errorf("bmp: %v", err)
	}
	reply, m, err := render(t, both, gifSmallFrame(t), Box(320))
	if err != nil || !reply.Alpha || reply.Outputs[0].MediaType != TypePNG {
		t.Fatalf("gif with a small first frame: %+v, %v", reply, err)
	}
	if _, _, _, a := m[0].At(5, 5).RGBA(); a != 0 {
		t.Error("what no frame covers is not transparent")
	}
	broken := both
	broken.Vips.Run = func(context.Context, string, []string, ...string) ([]byte, error) {
		return nil, &ended{errors.New("signal 11")}
	}
	if _, _, err := render(t, broken, jpegOf(t, photo(64, 48, 1), 80), Box(320)); err != nil {
		t.Errorf("after a crash of libvips: %v", err)
	}
}
