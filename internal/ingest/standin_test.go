// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/ingest"
)

// drawer is a maker that draws a text file as the given picture.
func drawer(picture []byte, fails error) ingest.Maker {
	return ingest.Maker{
		Name:  "drawer",
		Reads: func(mediaType string) bool { return mediaType == "text/plain" },
		Make: func(_ context.Context, of ingest.Original) (ingest.StandIn, error) {
			if fails != nil || picture == nil {
				return ingest.StandIn{}, fails
			}
			path := filepath.Join(of.Dir, "drawn.png")
			return ingest.StandIn{
				Path: path, MediaType: "image/png", Origin: ingest.Converted, Width: 600, Height: 400, Tells: map[string]any{"lines": 1},
			}, os.WriteFile(path, picture, 0o644)
		},
	}
}

func TestAStandInIsKeptAndRenditionsAreMadeOfIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	drawn := makePNG(t, 600, 400, 1)
	w.Makers = []ingest.Maker{drawer(nil, nil), drawer(nil, fault.New(fault.Invalid, "draw.broken", "Broken.")), drawer(drawn, nil)}
	a := w.receive(t, "a.txt", []byte("Hej allihopa!\n"))
	who := access.HouseActor(w.tenant, "test")
	for range 2 {
		must(t, w.Inspect(t.Context(), who, a.ID, a.Revision))
	}
	if d := cmp.Diff(ended{asset.Ready, "", asset.Document, "text/plain", 0, 0, 0, three}, w.ended(t, a.ID)); d != "" {
		t.Error(d)
	}
	var r asset.Revision
	w.in(t, func(tx tx) (err error) {
		_, r, err = w.assets.ActiveRevisionTx(t.Context(), tx, w.who, a.ID)
		return err
	})
	src, err := w.Source(t.Context(), who, a.ID, r, t.TempDir())
	must(t, err)
	f, err := os.Open(src.Path)
	must(t, err)
	defer f.Close()
	got, err := io.ReadAll(f)
	if err != nil || src.MediaType != "image/png" || !bytes.Equal(got, drawn) {
		t.Errorf("renditions would be made from %s of %d bytes, %v", src.MediaType, len(got), err)
	}
	if l := w.leftovers(t); l != (leftovers{Blobs: 5}) {
		t.Errorf("left over: %+v", l)
	}
	w.assets.OnPurged = w.purged
	must(t, w.assets.Delete(t.Context(), w.who, a.ID))
	must(t, w.assets.Purge(t.Context(), w.who, a.ID))
	w.clock.add(24 * time.Hour)
	must(t, w.Sweep(t.Context(), house))
	if l := w.leftovers(t); l != (leftovers{}) {
		t.Errorf("left over: %+v", l)
	}
}

func TestWhatHasNoStandInIsReadyAndWhatIsDamagedIsNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := access.HouseActor(w.tenant, "test")
	for name, c := range map[string]struct {
		maker ingest.Maker
		want  ended
	}{
		"holds none":   {drawer(nil, nil), ended{asset.Ready, "", asset.Document, "text/plain", 0, 0, 0, ""}},
		"is damaged":   {drawer(nil, fault.New(fault.Invalid, "draw.broken", "Broken.")), ended{asset.Failed, "draw.broken", asset.Document, "text/plain", 0, 0, 0, ""}},
		"is no PNG":    {drawer([]byte("no picture"), nil), ended{asset.Failed, "picture.unknown", asset.Document, "text/plain", 0, 0, 0, ""}},
		"tool missing": {drawer(nil, errors.New("no such tool")), ended{asset.Preparing, "", asset.Document, "text/plain", 0, 0, 0, ""}},
	} {
		w.Makers = []ingest.Maker{c.maker}
		a := w.receive(t, name+".txt", []byte(name))
		err := w.Inspect(t.Context(), who, a.ID, a.Revision)
		got := w.get(t, a.ID)
		if (err != nil) != (c.want.State == asset.Preparing) || got.State != c.want.State || got.StateCode != c.want.Code {
			t.Errorf("%s: ended %s %s, %v", name, got.State, got.StateCode, err)
		}
	}
}
