// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"tillgang/internal/asset"
	"tillgang/internal/picture"
	"tillgang/internal/rendition"
)

var vipsDir string

// vipsExe builds tillgang-vips once for all tests.
var vipsExe = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "tillgang-vips-")
	if err != nil {
		return "", err
	}
	vipsDir = dir
	exe := filepath.Join(dir, "tillgang-vips")
	build := exec.Command("go", "build", "-o", exe, "tillgang/cmd/tillgang-vips")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return exe, os.Chmod(dir, 0o755) // the sandbox's user starts it
})

// withVips gives the world both engines.
func (w *world) withVips(t *testing.T) {
	t.Helper()
	exe, err := vipsExe()
	must(t, err)
	dir, remove, err := w.box.Scratch(t.Context())
	must(t, err)
	defer remove()
	vips, err := picture.ProbeVips(t.Context(), dir, exe, w.run)
	if err != nil {
		t.Fatalf("%v (run make setup)", err)
	}
	both := picture.Both{Vips: vips, Builtin: picture.Builtin{Exe: os.Args[0], Run: w.run}, Log: slog.New(slog.DiscardHandler)}
	w.renditions = rendition.New(w.db, w.store, w.Service, both, w.clock.now)
	w.Render, w.Reads = w.renditions.Make, w.renditions.Reads
}

func TestADocumentIsShownByItsFirstPageWhereLibvipsIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withVips(t)
	a := w.receive(t, "a.pdf", makePDF())
	w.work(t)
	if got := w.ended(t, a.ID); got.State != asset.Ready || got.Kind != asset.Document || got.Width != 0 || got.Renditions != three {
		t.Errorf("ended %+v", got)
	}
}
