// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/image/webp"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == WorkerArg {
		os.Exit(WorkerMain(os.Args[2:]))
	}
	code := m.Run()
	if vipsDir != "" {
		os.RemoveAll(vipsDir)
	}
	os.Exit(code)
}

// plainRun starts a child without a sandbox.
func plainRun(ctx context.Context, dir string, _ []string, argv ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = []string{"MALLOC_ARENA_MAX=2"}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		if ran, ok := errors.AsType[*exec.ExitError](err); ok {
			return out, &ended{fmt.Errorf("%w: %s", ran, stderr.String())}
		}
		return out, fmt.Errorf("%w: %s", err, stderr.String())
	}
	return out, nil
}

type ended struct{ error }

func (ended) Exhausted() bool { return false }

func builtin(tb testing.TB) Builtin {
	tb.Helper()
	exe, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	return Builtin{Exe: exe, Run: plainRun}
}

var (
	vipsOnce sync.Once
	vipsDir  string
	vipsErr  error
)

// vips builds tillgang-vips once for all tests.
func vips(tb testing.TB) Vips {
	tb.Helper()
	vipsOnce.Do(func() {
		if vipsDir, vipsErr = os.MkdirTemp("", "tillgang-vips-"); vipsErr != nil {
			return
		}
		cmd := exec.Command("go", "build", "-o", filepath.Join(vipsDir, "tillgang-vips"), "tillgang/cmd/tillgang-vips")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			vipsErr = fmt.Errorf("%w: %s", err, out)
		}
	})
	if vipsErr != nil {
		tb.Fatal(vipsErr)
	}
	v, err := ProbeVips(tb.Context(), tb.TempDir(), filepath.Join(vipsDir, "tillgang-vips"), plainRun)
	if err != nil {
		tb.Fatalf("%v; run make setup", err)
	}
	return v
}

// render runs one engine on one file and returns reply and pictures.
func render(tb testing.TB, e Engine, data []byte, recipes ...Recipe) (Reply, []image.Image, error) {
	tb.Helper()
	dir := tb.TempDir()
	input := filepath.Join(dir, "original")
	if err := os.WriteFile(input, data, 0o644); err != nil {
		tb.Fatal(err)
	}
	job := Job{Input: input}
	for i, r := range recipes {
		job.Outputs = append(job.Outputs, Output{Path: fmt.Sprintf("out%d", i), Recipe: r})
	}
	reply, err := e.Render(tb.Context(), dir, job)
	if err != nil {
		return reply, nil, err
	}
	var all []image.Image
	for _, made := range reply.Outputs {
		b, err := os.ReadFile(made.Path)
		if err != nil {
			tb.Fatal(err)
		}
		if int64(len(b)) != made.Size {
			tb.Errorf("%d bytes, %d announced", len(b), made.Size)
		}
		var m image.Image
		if made.MediaType == TypeWebP {
			m, err = webp.Decode(bytes.NewReader(b))
		} else {
			m, _, err = image.Decode(bytes.NewReader(b))
		}
		if err != nil {
			tb.Fatal(err)
		}
		if s := m.Bounds().Size(); s.X != made.Width || s.Y != made.Height {
			tb.Errorf("%v decoded, %d × %d announced", s, made.Width, made.Height)
		}
		all = append(all, m)
	}
	return reply, all, nil
}

func TestBuiltinMakesTheStandardRenditionsOfAPhotograph(t *testing.T) {
	t.Parallel()
	original := photo(2400, 1600, 1)
	reply, made, err := render(t, builtin(t), jpegOf(t, original, 92), Standard()...)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []image.Point{{320, 213}, {1024, 683}, {2048, 1365}} {
		if got := made[i].Bounds().Size(); got != want {
			t.Errorf("rendition %d is %v, want %v", i, got, want)
		}
		if db := psnr(made[i], resize(original, want)); db < 30 {
			t.Errorf("rendition %d differs from the original: %.1f dB", i, db)
		}
	}
	if reply.Width != 2400 || reply.Height != 1600 || reply.Alpha || reply.Orientation != 1 || reply.MediaType != TypeJPEG {
		t.Errorf("described as %+v", reply)
	}
}

// renderWith asks for one rendition under limits.
func renderWith(tb testing.TB, e Engine, data []byte, limits Limits) (Reply, error) {
	tb.Helper()
	dir := tb.TempDir()
	input := filepath.Join(dir, "original")
	if err := os.WriteFile(input, data, 0o644); err != nil {
		tb.Fatal(err)
	}
	return e.Render(tb.Context(), dir, Job{Input: input, Limits: limits, Outputs: []Output{{Path: "out", Recipe: Box(320)}}})
}

// inProcess is the built-in engine without a child, for tests of many pictures.
type inProcess struct{}

func (inProcess) Name() string                { return "builtin in process" }
func (inProcess) Reads(mediaType string) bool { return Builtin{}.Reads(mediaType) }
func (inProcess) Writes(f Format) bool        { return Builtin{}.Writes(f) }
func (inProcess) Render(_ context.Context, dir string, job Job) (Reply, error) {
	outputs, err := placed(dir, job.Outputs)
	if err != nil {
		return Reply{}, err
	}
	job.Outputs = outputs
	return renderBuiltin(job)
}
