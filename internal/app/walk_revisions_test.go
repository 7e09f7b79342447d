// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
)

// wireRevision is a revision as the API writes it.
type wireRevision struct {
	ID            string
	Number        int
	Active        bool
	SHA256        string
	Width, Height int
	SameAs        int `json:"same_as"`
}

func (w *world) revisions(who asker, asset string) (list []wireRevision) {
	w.t.Helper()
	var page struct{ Items []wireRevision }
	w.do(who, "GET", "/api/v1/assets/"+asset+"/revisions", nil).into(w.t, &page)
	return page.Items
}

func TestWalk_AFileIsReplacedAndPutBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.adminKey()
	first, second := scene(1, 320, 240), scene(2, 240, 320)
	a := w.stored(who, "ett.jpg", first, "title", "Står kvar")
	at := "/api/v1/assets/" + a.ID
	old := w.ticket(who, a.ID, "original")
	if got := w.uploadTo(who, at+"/revisions", "ett.jpg", first); got.code() != "revision.same" || got.status != http.StatusConflict {
		t.Errorf("the same file again: %d %s", got.status, got.body)
	}
	if got := w.uploadTo(who, at+"/revisions", "text.txt", []byte("en text")); got.code() != "revision.kind" {
		t.Errorf("a text for a picture: %d %s", got.status, got.body)
	}
	if got := w.uploadTo(who, at+"/revisions", "inte.jpg", []byte("%PDF-1.4\n%%EOF")); got.code() != "file.disagrees" {
		t.Errorf("a file that lies: %d %s", got.status, got.body)
	}
	var now wireAsset
	got := w.uploadTo(who, at+"/revisions", "två.jpg", second)
	got.into(t, &now)
	if got.status != http.StatusCreated || now.SHA256 != hexSum(second) || len(now.Renditions) == 0 {
		t.Fatalf("replaced: %d %s", got.status, got.body) // pictures are there all the time
	}
	now = w.settled(who, a.ID)
	if now.Width != 240 || now.Height != 320 || now.Fields["title"].Value != "Står kvar" {
		t.Errorf("%+v", now)
	}
	if m := w.copyOf(who, a.ID, "small").picture(t); m.Bounds().Dx() != 240 {
		t.Error("the pictures are not the new file's: ", m.Bounds())
	}
	if got := w.do(asker{}, "GET", old.URL, nil); hexSum(got.body) != hexSum(first) {
		t.Error("a ticket names other bytes than it did")
	}
	list := w.revisions(who, a.ID)
	if len(list) != 2 || !list[0].Active || list[0].Number != 2 || list[1].Active || list[1].Width != 320 {
		t.Fatalf("%+v", list)
	}
	if got := w.do(who, "POST", at+"/active-revision", object{"revision": list[1].ID}, "If-Match", `"1"`); got.code() != "asset.changed" {
		t.Errorf("by an old version: %d %s", got.status, got.body)
	}
	if got := w.do(who, "POST", at+"/active-revision", object{"revision": list[1].ID}); got.status != http.StatusAccepted {
		t.Fatalf("put back: %d %s", got.status, got.body)
	}
	if now = w.settled(who, a.ID); now.SHA256 != hexSum(first) || now.Width != 320 {
		t.Errorf("%+v", now)
	}
	if got := w.do(who, "DELETE", at+"/revisions/"+list[1].ID, nil); got.code() != "revision.active" {
		t.Errorf("the active one destroyed: %d", got.status)
	}
	if got := w.do(who, "DELETE", at+"/revisions/"+list[0].ID, nil); got.status != http.StatusNoContent || len(w.revisions(who, a.ID)) != 1 {
		t.Errorf("destroyed: %d %s", got.status, got.body)
	}
	w.uploadTo(who, at+"/revisions", "tre.jpg", second)
	if list = w.revisions(who, a.ID); list[0].Number != 3 {
		t.Error("a number was given twice: ", list[0].Number)
	}
}

func TestWalk_OfManyWhoReplaceOneVersionOneWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.adminKey()
	a := w.stored(who, "ett.jpg", scene(1, 64, 48))
	tag := w.do(who, "GET", "/api/v1/assets/"+a.ID, nil).header.Get("ETag")
	var won, told atomic.Int64
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			got, err := w.tryUploadTo(who, "/api/v1/assets/"+a.ID+"/revisions", "ny.jpg", scene(10+i, 64, 48), nil, "If-Match", tag)
			switch {
			case err == nil && got.status == http.StatusCreated:
				won.Add(1)
			case err == nil && got.code() == "asset.changed":
				told.Add(1)
			default:
				t.Errorf("%d %s %v", got.status, got.body, err)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || told.Load() != 5 || len(w.revisions(who, a.ID)) != 2 {
		t.Errorf("%d won, %d were told", won.Load(), told.Load())
	}
	if got := w.settled(who, a.ID); got.State != "ready" {
		t.Errorf("%+v", got)
	}
}
