// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/picture"
	"tillgang/internal/queue"
	"tillgang/internal/rendition"
)

// ended is how an asset's preparation ended.
type ended struct {
	State         asset.State
	Code          string
	Kind          asset.Kind
	MediaType     string
	Width, Height int
	Seconds       int64
	Renditions    string // preset:width×height
}

func (w *world) ended(t *testing.T, of id.Asset) ended {
	t.Helper()
	a := w.get(t, of)
	e := ended{State: a.State, Code: a.StateCode, Kind: a.Kind, MediaType: a.MediaType}
	if a.Width != nil {
		e.Width, e.Height = *a.Width, *a.Height
	}
	if a.DurationMS != nil {
		e.Seconds = (*a.DurationMS + 500) / 1000
	}
	if (a.StateReason == "") != (a.State == asset.Ready) {
		t.Errorf("%s has the reason %q", a.State, a.StateReason)
	}
	all, err := w.renditions.ForAssets(t.Context(), w.who, []id.Asset{of})
	must(t, err)
	for _, r := range all[of] {
		e.Renditions += " " + r.Preset
		w.decodes(t, r)
	}
	e.Renditions = strings.TrimSpace(e.Renditions)
	return e
}

// decodes checks that what is stored of a rendition is the picture that its row tells of.
func (w *world) decodes(t *testing.T, r rendition.Rendition) {
	t.Helper()
	f, err := w.store.Open(t.Context(), r.Key)
	must(t, err)
	defer f.Close()
	b, err := io.ReadAll(f)
	must(t, err)
	h, err := picture.ReadHeader(bytes.NewReader(b), int64(len(b)))
	if err != nil || h.Width != r.Width || h.Height != r.Height || h.MediaType != r.MediaType || int64(len(b)) != r.Size {
		t.Errorf("%s is %d × %d %s of %d bytes, and its row says %+v (%v)", r.Preset, h.Width, h.Height, h.MediaType, len(b), r, err)
	}
}

const three = "small medium large"

func TestEveryFormatEndsInItsState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	jpeg := makeJPEG(t, 3000, 2000, 1)
	files := map[string]struct {
		content []byte
		want    ended
	}{
		"a.jpg":     {jpeg, ended{asset.Ready, "", asset.Image, "image/jpeg", 3000, 2000, 0, three}},
		"a.png":     {makePNG(t, 700, 400, 2), ended{asset.Ready, "", asset.Image, "image/png", 700, 400, 0, three}},
		"a.gif":     {makeGIF(t, 200, 100), ended{asset.Ready, "", asset.Image, "image/gif", 200, 100, 0, three}},
		"a.webp":    {makeWebP(t), ended{asset.Ready, "", asset.Image, "image/webp", 640, 360, 0, three}},
		"a.tiff":    {makeTIFF(t), ended{asset.Ready, "", asset.Image, "image/tiff", 640, 360, 0, three}},
		"a.pdf":     {makePDF(), ended{asset.Ready, "", asset.Document, "application/pdf", 0, 0, 0, ""}},
		"a.mp4":     {makeFilm(t, "a.mp4"), ended{asset.Ready, "", asset.Video, "video/mp4", 320, 180, 2, three}},
		"a.mov":     {makeFilm(t, "a.mov"), ended{asset.Ready, "", asset.Video, "video/quicktime", 320, 180, 2, three}},
		"a.mp3":     {makeMP3(t), ended{asset.Ready, "", asset.Audio, "audio/mpeg", 0, 0, 2, ""}},
		"a.wav":     {makeWAV(), ended{asset.Ready, "", asset.Audio, "audio/wav", 0, 0, 1, ""}},
		"a.txt":     {[]byte("Hej allihopa!\n"), ended{asset.Ready, "", asset.Document, "text/plain", 0, 0, 0, ""}},
		"a.zip":     {makeZIP(t), ended{asset.Ready, "", asset.Archive, "application/zip", 0, 0, 0, ""}},
		"a.unheard": {noise(5000), ended{asset.Ready, "", asset.Other, "application/octet-stream", 0, 0, 0, ""}},
		"cut.jpg":   {jpeg[:len(jpeg)/3], ended{asset.Failed, picture.CodeTruncated, asset.Image, "image/jpeg", 3000, 2000, 0, ""}},
		"bomb.png":  {makeHugePNG(60_000), ended{asset.Failed, picture.CodeTooLarge, asset.Image, "image/png", 60_000, 60_000, 0, ""}},
		"text.jpg":  {[]byte("This is no picture."), ended{asset.Quarantined, ingest.CodeLies, asset.Document, "text/plain", 0, 0, 0, ""}},
		"page.png":  {[]byte("<!DOCTYPE html><html><script>alert(1)</script></html>"), ended{asset.Quarantined, ingest.CodeLies, asset.Document, "text/html", 0, 0, 0, ""}},
	}
	got, want := map[string]ended{}, map[string]ended{}
	ids := map[string]id.Asset{}
	for name, f := range files {
		ids[name] = w.receive(t, name, f.content).ID
		want[name] = f.want
	}
	w.work(t)
	for name := range files {
		got[name] = w.ended(t, ids[name])
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if r := w.get(t, ids["bomb.png"]).StateReason; !strings.Contains(r, "60,000 × 60,000") {
		t.Errorf("the reason %q does not say how large the picture is", r)
	}
	for name, f := range files {
		if got := w.original(t, ids[name]); !bytes.Equal(got, f.content) {
			t.Errorf("the original of %s is not what was sent", name)
		}
	}
}

func TestWhatAFileSaysOfItselfBecomesFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	content := byTool(t, "a.jpg", "sh", "-c", `ffmpeg -v error -f lavfi -i testsrc2=size=320x240:rate=1:duration=1 -frames:v 1 "$0" && exiftool -q -overwrite_original \
		-XMP-dc:Title-sv=Midsommar -XMP-dc:Description-sv='Dans kring stången' -XMP-dc:Subject=dans -XMP-dc:Subject=sommar \
		-XMP-dc:Creator='Eva Ek' -XMP-photoshop:Credit=Kommunen -EXIF:DateTimeOriginal='2024:06:21 14:00:00' \
		-XMP-iptcCore:AltTextAccessibility-sv='Människor dansar' -XMP-iptcExt:PersonInImage='Ada Al' "$0"`, "OUT")
	a := w.receive(t, "a.jpg", content)
	titled, err := w.Receive(t.Context(), w.who, ingest.Plan{Name: "b.jpg", Title: "Min titel", Size: -1, OnDuplicate: ingest.Keep}, bytes.NewReader(content))
	must(t, err)
	w.work(t)
	a = w.get(t, a.ID)
	if got := a.Fields["title"].Lang["sv"]; got != "Midsommar" {
		t.Errorf("the title is %q: %+v", got, a.Fields)
	}
	if got := a.Fields["description"]; got.Lang["sv"] != "Dans kring stången" || got.Source != asset.FromFile {
		t.Errorf("the description is %+v", got)
	}
	if d := cmp.Diff([]string{"dans", "sommar"}, a.Fields["keywords"].Values); d != "" {
		t.Error(d)
	}
	if a.CapturedOn == nil || a.CapturedOn.Format("2006-01-02") != "2024-06-21" {
		t.Errorf("captured on %v", a.CapturedOn)
	}
	if got := a.Alt["sv"]; got.Text != "Människor dansar" || got.Decision != asset.AltText {
		t.Errorf("the alt decision is %+v", got)
	}
	if _, ok := a.Fields["persons"]; ok {
		t.Error("the names of people became a field")
	}
	if got := w.get(t, titled.ID).Fields["title"].Lang[""]; got != "Min titel" {
		t.Errorf("the uploader's title became %q", got)
	}
}

func TestInspectRunsTwiceWithoutHarm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.receive(t, "a.png", makePNG(t, 400, 300, 5))
	who := access.HouseActor(w.tenant, "test")
	done := make(chan error)
	for range 3 {
		go func() { done <- w.Inspect(t.Context(), who, a.ID, a.Revision) }()
	}
	for range 3 {
		must(t, <-done)
	}
	must(t, w.Inspect(t.Context(), who, a.ID, a.Revision))
	if got := w.ended(t, a.ID); got.State != asset.Ready || got.Renditions != three {
		t.Errorf("ended %+v", got)
	}
	w.clock.add(24 * time.Hour)
	must(t, w.Sweep(t.Context(), house))
	if l := w.leftovers(t); l != (leftovers{Blobs: 4}) {
		t.Errorf("left over: %+v", l)
	}
}

func TestABrokenMachineIsNotBlamedOnTheFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.receive(t, "a.png", makePNG(t, 400, 300, 5))
	who := access.HouseActor(w.tenant, "test")
	render := w.Render
	w.Render = func(context.Context, access.Actor, ingest.Original) (picture.Reply, error) {
		return picture.Reply{}, errors.New("the sandbox cannot start")
	}
	if err := w.Inspect(t.Context(), who, a.ID, a.Revision); err == nil {
		t.Error("nothing was said about a broken machine")
	}
	if got := w.get(t, a.ID); got.State != asset.Preparing {
		t.Errorf("became %s", got.State)
	}
	must(t, w.GiveUp(t.Context(), who, a.ID, a.Revision, errors.New("the sandbox cannot start")))
	if got := w.ended(t, a.ID); got.State != asset.Failed || got.Code != ingest.CodeGivenUp {
		t.Errorf("given up as %+v", got)
	}
	viewer := w.who
	viewer.Scope = access.View
	if _, err := w.Retry(t.Context(), viewer, a.ID); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a viewer's retry: %v", err)
	}
	w.Render = render
	again, err := w.Retry(t.Context(), w.who, a.ID)
	if err != nil || again.State != asset.Preparing || again.StateReason != "" {
		t.Fatalf("retried as %+v, %v", again, err)
	}
	if _, err := w.Retry(t.Context(), w.who, a.ID); fault.CodeOf(err) != "asset.not_failed" {
		t.Errorf("a second retry: %v", err)
	}
	w.work(t)
	if got := w.ended(t, a.ID); got.State != asset.Ready || got.Renditions != three {
		t.Errorf("ended %+v", got)
	}
}

func TestAFileThatTakesTheProgramDownIsHeldBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.receive(t, "a.png", makePNG(t, 400, 300, 7))
	must(t, w.GiveUp(t.Context(), access.HouseActor(w.tenant, "test"), a.ID, a.Revision, fmt.Errorf("%w (5 times): died", queue.ErrPoison)))
	if got := w.get(t, a.ID); got.State != asset.Quarantined || got.StateCode != ingest.CodePoison || got.StateReason == "" {
		t.Errorf("a poison file is %s (%s): %q", got.State, got.StateCode, got.StateReason)
	}
	if again, err := w.Release(t.Context(), w.who, a.ID); err != nil || again.State != asset.Preparing {
		t.Errorf("released as %s, %v", again.State, err)
	}
}

func TestAQuarantinedAssetIsReleasedByWhoMayApprove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.receive(t, "a.jpg", makePNG(t, 100, 80, 6))
	uploader := w.who
	uploader.Scope = access.All &^ access.Approve
	if _, err := w.Release(t.Context(), uploader, a.ID); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("released by whoever uploaded it: %v", err)
	}
	if _, err := w.Release(t.Context(), w.who, a.ID); err != nil {
		t.Fatal(err)
	}
	w.work(t)
	if got := w.ended(t, a.ID); got.State != asset.Ready || got.MediaType != "image/png" || got.Renditions != three {
		t.Errorf("ended %+v", got)
	}
}

func TestAPurgedAssetTakesItsBytesAlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.receive(t, "a.png", makePNG(t, 100, 80, 7))
	w.work(t)
	w.assets.OnPurged = w.purged
	must(t, w.assets.Delete(t.Context(), w.who, a.ID))
	must(t, w.assets.Purge(t.Context(), w.who, a.ID))
	must(t, w.Sweep(t.Context(), house))
	if l := w.leftovers(t); l != (leftovers{}) {
		t.Errorf("left over: %+v", l)
	}
}
