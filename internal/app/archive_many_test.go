// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/rendition"
)

func TestAnArchiveOfThreeHundredTakesRightsAsTheyComeAndGo(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	who := w.adminKey()
	// The first are so large that the archive waits for its reader in them.
	const large, all = 8, 300
	ids, contents := make([]string, all), make([][]byte, all)
	noise := rand.NewChaCha8([32]byte{1})
	for i := range contents {
		contents[i] = fmt.Appendf(nil, "\x00\x01innehåll %d", i)
		if i < large {
			contents[i] = make([]byte, 4<<20)
			_, _ = noise.Read(contents[i])
		}
	}
	var up sync.WaitGroup
	for part := range 4 {
		up.Go(func() {
			for i := part; i < all; i += 4 {
				got, err := w.tryUpload(who, "Å rapport.bin", contents[i], "on_duplicate", "keep")
				if err != nil || got.status != http.StatusCreated {
					t.Error(got.status, got.text(), err)
					return
				}
				var a wireAsset
				got.into(t, &a)
				ids[i] = a.ID
			}
		})
	}
	up.Wait()
	if t.Failed() {
		return
	}
	a := w.archive(who, object{"selection": object{"ids": ids}, "variant": "original"})
	if a.Items != all || a.LeftOut != 0 {
		t.Fatal(a)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+a.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got := make([]byte, 1<<20)
	if _, err := io.ReadFull(resp.Body, got); err != nil {
		t.Fatal(err)
	}
	// While it runs one goes to the bin, and another is destroyed.
	for _, gone := range []string{ids[150], ids[151]} {
		if got := w.do(who, "DELETE", "/api/v1/assets/"+gone, nil); got.status != 204 {
			t.Fatal(got.status, got.text())
		}
	}
	if got := w.do(who, "DELETE", "/api/v1/bin/"+ids[151], nil); got.status != 204 {
		t.Fatal(got.status, got.text())
	}
	rest, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	files, m := w.opened(append(got, rest...))
	if len(files) != all-2+2 || len(m.Items) != all-2 {
		t.Fatal(len(files), len(m.Items))
	}
	var out []string
	for _, l := range m.LeftOut {
		if out = append(out, l.Asset); l.Code == "" || l.Reason == "" {
			t.Error(l)
		}
	}
	if !slices.Equal(out, []string{ids[150], ids[151]}) {
		t.Error("left out:", out)
	}
	kept := slices.Delete(slices.Clone(ids), 150, 152)
	for n, i := range m.Items {
		name := "Å rapport.bin"
		if n > 0 {
			name = fmt.Sprintf("Å rapport (%d).bin", n+1)
		}
		if i.Asset != kept[n] || i.Path != name || !bytes.Equal(files[i.Path], contents[slices.Index(ids, i.Asset)]) {
			t.Errorf("%d is %s of %s, %d bytes", n, i.Path, i.Asset, len(files[i.Path]))
		}
	}
	table, err := csv.NewReader(bytes.NewReader(files["manifest.csv"])).ReadAll()
	if err != nil || len(table) != all+1 {
		t.Error(len(table), err)
	}
}

func TestAnArchivesRenditionsAreMadeWhenTheirTurnComes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.adminKey()
	var ids []string
	for i := range 4 {
		ids = append(ids, w.stored(who, "bild.jpg", scene(i+1, 320, 200)).ID)
	}
	text := w.stored(who, "ren text.txt", []byte("no picture")).ID
	lost := w.stored(who, "borta.jpg", scene(9, 320, 200)).ID
	w.preset(who, object{"name": "webb", "width": 77})
	for _, key := range w.blobsOf(lost) {
		if strings.HasPrefix(string(key), "originals/") {
			if err := w.store.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
	}
	// One is still being made when its turn comes: it is waited for.
	var asked []id.Asset
	really := w.delivery.Copy
	w.delivery.Copy = func(ctx context.Context, a access.Actor, of id.Asset, preset string) (rendition.Rendition, string, error) {
		if asked = append(asked, of); len(asked) == 1 {
			return rendition.Rendition{}, "", &fault.Error{Kind: fault.Unavailable, Code: rendition.CodeMaking, Text: "Later."}
		}
		return really(ctx, a, of, preset)
	}
	selection := object{"ids": append(slices.Clone(ids), text, lost)}
	a := w.archive(who, object{"selection": selection, "variant": "webb"})
	if a.Items != 5 || a.LeftOut != 1 || a.Bytes != 0 {
		t.Error(a)
	}
	files, m := w.unzip(a.URL)
	if len(m.Items) != 4 || len(m.LeftOut) != 2 || len(files) != 6 {
		t.Fatal(m)
	}
	for n, i := range m.Items {
		if i.Asset != ids[n] || !strings.HasPrefix(i.Path, "bild-webb") {
			t.Error(n, i)
		}
		if size := (answer{status: 200, body: files[i.Path]}).picture(t).Bounds(); size.Dx() != 77 {
			t.Error(i.Path, size)
		}
	}
	if m.LeftOut[0].Asset != text || m.LeftOut[1].Asset != lost || m.LeftOut[1].Code != "delivery.not_made" || m.LeftOut[1].Reason == "" {
		t.Error(m.LeftOut)
	}
	if len(asked) != 7 {
		t.Error("asked for", len(asked))
	}
	if !strings.Contains(w.said.String(), "left out of an archive") {
		t.Error("the log does not say why")
	}
	// Now that they are there they are weighed.
	if a := w.archive(who, object{"selection": selection, "variant": "webb"}); a.Items != 5 || a.Bytes == 0 {
		t.Error(a)
	}
	if got := w.do(who, "POST", "/api/v1/archives", object{"selection": selection, "variant": "saknas"}); got.code() != "delivery.no_variant" {
		t.Error(got.status, got.text())
	}
}

func TestARenditionThatTakesLongIsPromised(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.renditions.Wait = time.Nanosecond
	who := w.adminKey()
	a := w.stored(who, "bild.jpg", scene(1, 3200, 2000)).ID
	w.preset(who, object{"name": "webb", "width": 999})
	promised := false
	for {
		got := w.do(who, "GET", "/api/v1/assets/"+a+"/renditions/webb", nil)
		if got.status == http.StatusAccepted {
			if promised = true; got.header.Get("Retry-After") == "" || len(got.body) != 0 {
				t.Fatal(got.header, got.text())
			}
			<-w.renditions.Drained()
			continue
		}
		if got.status != 200 {
			t.Fatal(got.status, got.text())
		}
		break
	}
	if !promised {
		t.Error("it was made within a nanosecond")
	}
}
