// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"tillgang/internal/asset"
	"tillgang/internal/picture"
	"tillgang/internal/rendition"
)

func TestADocumentIsShownByItsFirstPageWhereLibvipsIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	exe := filepath.Join(t.TempDir(), "tillgang-vips")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", exe, "tillgang/cmd/tillgang-vips")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	dir, remove, err := w.box.Scratch(t.Context())
	must(t, err)
	defer remove()
	vips, err := picture.ProbeVips(t.Context(), dir, exe, w.run)
	if err != nil {
		t.Fatalf("%v (run make setup)", err)
	}
	w.renditions = rendition.New(w.db, w.store, w.Service, vips, w.clock.now)
	w.Render, w.Reads = w.renditions.Make, w.renditions.Reads

	a := w.receive(t, "a.pdf", makePDF())
	w.work(t)
	if got := w.ended(t, a.ID); got.State != asset.Ready || got.Kind != asset.Document || got.Width != 0 || got.Renditions != three {
		t.Errorf("ended %+v", got)
	}
}
