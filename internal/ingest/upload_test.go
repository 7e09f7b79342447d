// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/pg"
)

// recalls makes the room find the test's own actor again.
func (w *world) recalls() {
	w.Recall = func(context.Context, pg.Tx, id.Tenant, []byte) (access.Actor, error) { return w.who, nil }
}

func (w *world) begin(t *testing.T, size int64, change ...func(*ingest.NewUpload)) ingest.Upload {
	t.Helper()
	n := ingest.NewUpload{Plan: ingest.Plan{Name: "film.txt", Size: size}, Metadata: "filename ZmlsbS50eHQ="}
	for _, c := range change {
		c(&n)
	}
	u, err := w.Begin(t.Context(), w.who, n)
	must(t, err)
	return u
}

func (w *world) continues(t *testing.T, u ingest.Upload, at int64, b []byte) (ingest.Upload, error) {
	t.Helper()
	return w.Continue(t.Context(), w.who, u.ID, ingest.Piece{Offset: at, Size: int64(len(b))}, bytes.NewReader(b))
}

func TestUploadInPiecesBecomesOneAsset(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	content := noise(3_000_000)
	u := w.begin(t, int64(len(content)))
	for at := 0; at < len(content); at += 1_000_000 {
		got, err := w.continues(t, u, int64(at), content[at:at+1_000_000])
		must(t, err)
		if got.Offset != int64(at+1_000_000) {
			t.Fatalf("%d bytes count after %d", got.Offset, at+1_000_000)
		}
		u = got
	}
	if u.State != ingest.Done || u.Asset.IsZero() {
		t.Fatalf("%+v", u)
	}
	a := w.get(t, u.Asset)
	sum := sha256.Sum256(content)
	if !bytes.Equal(a.SHA256, sum[:]) || a.Name != "film.txt" || !bytes.Equal(w.original(t, a.ID), content) {
		t.Errorf("%+v", a)
	}
	again, err := w.Resume(t.Context(), w.who, u.ID)
	must(t, err)
	if again.State != u.State || again.Asset != u.Asset || again.Offset != u.Offset || again.Metadata != "filename ZmlsbS50eHQ=" {
		t.Errorf("asked again: %+v", again)
	}
	if p, err := w.Uploads(t.Context(), w.who, "", 0); err != nil || len(p.Items) != 0 {
		t.Error("a finished one is listed as unfinished:", p, err)
	}
}

func TestUploadRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cfg.MaxBytes = 1000
	w.open(t)
	u := w.begin(t, 100)
	length := func(n int64) *int64 { return &n }
	for name, c := range map[string]struct {
		p    ingest.Piece
		r    io.Reader
		want string
		kept int64
	}{
		"bytes of somewhere else":         {ingest.Piece{Offset: 5, Size: 1}, strings.NewReader("x"), "upload.offset", 0},
		"another length":                  {ingest.Piece{Length: length(99), Size: 1}, strings.NewReader("x"), "upload.length", 0},
		"too much, as announced":          {ingest.Piece{Size: 101}, strings.NewReader("x"), "upload.too_long", 0},
		"another checksum":                {ingest.Piece{Size: 1, Checksum: ingest.NewChecksum("sha1", make([]byte, 20))}, strings.NewReader("x"), "upload.checksum", 0},
		"too much, not announced, summed": {ingest.Piece{Size: -1, Checksum: ingest.NewChecksum("sha1", make([]byte, 20))}, bytes.NewReader(noise(101)), "upload.too_long", 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Continue(t.Context(), w.who, u.ID, c.p, c.r)
			if code(err) != c.want {
				t.Errorf("refused with %v, want %s", err, c.want)
			}
			if got, err := w.Upload(t.Context(), w.who, u.ID); err != nil || got.Offset != c.kept {
				t.Errorf("%d bytes are kept, %v", got.Offset, err)
			}
		})
	}
	for name, c := range map[string]struct {
		n    ingest.NewUpload
		want string
	}{
		"nothing":                    {ingest.NewUpload{Plan: ingest.Plan{Name: "a", Size: 0}}, "upload.empty"},
		"too much":                   {ingest.NewUpload{Plan: ingest.Plan{Name: "a", Size: 1001}}, "upload.too_large"},
		"a folder that is not there": {ingest.NewUpload{Plan: ingest.Plan{Name: "a", Size: 1, Folder: id.New[id.Folder]()}}, "folder.not_found"},
		"parts that are none":        {ingest.NewUpload{Plan: ingest.Plan{Name: "a", Size: -1}, Parts: []id.Upload{u.ID}}, "upload.parts"},
	} {
		if _, err := w.Begin(t.Context(), w.who, c.n); code(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if ingest.NewChecksum("md5", make([]byte, 16)) != nil || ingest.NewChecksum("sha1", make([]byte, 19)) != nil {
		t.Error("a checksum that is none")
	}
}

func TestUploadIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.begin(t, 100)
	other := w.who
	other.ID = "acc_other"
	for name, err := range map[string]error{
		"look":      second(w.Upload(t.Context(), other, u.ID)),
		"resume":    second(w.Resume(t.Context(), other, u.ID)),
		"continue":  second(w.Continue(t.Context(), other, u.ID, ingest.Piece{Size: 1}, strings.NewReader("x"))),
		"keep":      second(w.KeepDuplicate(t.Context(), other, u.ID)),
		"terminate": w.Terminate(t.Context(), other, u.ID),
		"none":      second(w.Upload(t.Context(), w.who, id.New[id.Upload]())),
	} {
		if code(err) != "upload.not_found" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p, err := w.Uploads(t.Context(), other, "", 0); err != nil || len(p.Items) != 0 {
		t.Error(p, err)
	}
	if p, err := w.Uploads(t.Context(), w.who, "", 0); err != nil || len(p.Items) != 1 || p.Items[0].ID != u.ID {
		t.Error(p, err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestUploadOfADuplicateWaitsForADecision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	content := noise(1000)
	there := w.receive(t, "one.txt", content)
	for _, keep := range []bool{true, false} {
		u := w.begin(t, 1000)
		got, err := w.continues(t, u, 0, content)
		e := fault.As(err)
		if e.Code != "asset.duplicate" || e.Extra["id"] != there.ID.String() || got.State != ingest.Duplicate {
			t.Fatalf("%+v, %v", got, err)
		}
		if got, err = w.Resume(t.Context(), w.who, u.ID); err != nil || got.State != ingest.Duplicate || got.Asset != there.ID {
			t.Fatalf("asked again: %+v, %v", got, err)
		}
		if keep {
			got, err = w.KeepDuplicate(t.Context(), w.who, u.ID)
			must(t, err)
			if got.State != ingest.Done || got.Asset == there.ID || !bytes.Equal(w.original(t, got.Asset), content) {
				t.Errorf("%+v", got)
			}
			if _, err := w.KeepDuplicate(t.Context(), w.who, u.ID); code(err) != "upload.no_duplicate" {
				t.Error(err)
			}
			continue
		}
		must(t, w.Terminate(t.Context(), w.who, u.ID))
	}
	if l := w.leftovers(t); l != (leftovers{Blobs: 2, Uploads: 1}) { // the row of the one that is done
		t.Errorf("%+v", l)
	}
}

func TestUploadsAreJoined(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	content := noise(50_000)
	var parts []id.Upload
	for _, piece := range [][]byte{content[:20_000], content[20_000:20_001], content[20_001:]} {
		u := w.begin(t, int64(len(piece)), func(n *ingest.NewUpload) { n.Partial = true })
		got, err := w.continues(t, u, 0, piece)
		must(t, err)
		if got.State != ingest.Stored || !got.Asset.IsZero() {
			t.Fatalf("%+v", got)
		}
		parts = append(parts, u.ID)
	}
	f := w.begin(t, -1, func(n *ingest.NewUpload) { n.Parts = parts })
	got, err := w.Resume(t.Context(), w.who, f.ID)
	must(t, err)
	if got.State != ingest.Done || !bytes.Equal(w.original(t, got.Asset), content) {
		t.Fatalf("%+v", got)
	}
	if _, err := w.Continue(t.Context(), w.who, f.ID, ingest.Piece{Offset: got.Offset}, strings.NewReader("")); code(err) != "upload.final" {
		t.Error(err)
	}
	if l := w.leftovers(t); l != (leftovers{Blobs: 1, Uploads: 1}) {
		t.Errorf("%+v", l)
	}
}

func TestChecksumAndLengthSaidLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	content := noise(2000)
	u := w.begin(t, -1)
	sum := sha1.Sum(content[:1000])
	n := int64(2000)
	_, err := w.Continue(t.Context(), w.who, u.ID, ingest.Piece{Size: 1000, Checksum: ingest.NewChecksum("sha1", sum[:])}, bytes.NewReader(content[:1000]))
	must(t, err)
	got, err := w.Continue(t.Context(), w.who, u.ID, ingest.Piece{Offset: 1000, Length: &n, Size: -1}, bytes.NewReader(content[1000:]))
	must(t, err)
	if got.State != ingest.Done || !bytes.Equal(w.original(t, got.Asset), content) {
		t.Errorf("%+v", got)
	}
}

// A request that hangs, as on a connection that died, is stopped by a newer one
// at once, of this process or another, and what it sent counts.
func TestANewerRequestTakesOverFromAHungOne(t *testing.T) {
	t.Parallel()
	for name, local := range map[string]bool{"of the same process": true, "of another process": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			content := noise(1000)
			u := w.begin(t, 1000)
			r, line := io.Pipe()
			hung := make(chan error, 1)
			go func() {
				p := ingest.Piece{Size: 1000, Stop: func() { _ = line.CloseWithError(errors.New("deadline")) }}
				_, err := w.Continue(t.Context(), w.who, u.ID, p, r)
				hung <- err
			}()
			_, err := line.Write(content[:400]) // when it returns, it was read
			must(t, err)
			newer := w.Service
			if !local {
				old := w.Service
				w.open(t) // knows nothing of the other's requests
				newer, w.Service = w.Service, old
			}
			got, err := newer.Resume(t.Context(), w.who, u.ID)
			must(t, err)
			if got.Offset != 400 {
				t.Fatalf("%d bytes count", got.Offset)
			}
			if err := <-hung; code(err) != "upload.taken_over" {
				t.Error(err)
			}
			got, err = newer.Continue(t.Context(), w.who, u.ID, ingest.Piece{Offset: 400, Size: 600}, bytes.NewReader(content[400:]))
			must(t, err)
			if !bytes.Equal(w.original(t, got.Asset), content) {
				t.Error("other bytes were stored")
			}
		})
	}
}

func TestSweepFinishesWhatIsWholeAndEndsWhatIsOld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.recalls()
	content := noise(500)
	whole, part := w.begin(t, 500), w.begin(t, 500)
	// The server died when the last byte was durable and nothing more was done:
	// the same state as that of an upload whose finishing failed.
	w.store.set(true, false)
	if _, err := w.continues(t, whole, 0, content); fault.KindOf(err) != fault.Unavailable {
		t.Fatal(err)
	}
	w.store.set(false, false)
	_, err := w.Continue(t.Context(), w.who, part.ID, ingest.Piece{Size: 500}, bytes.NewReader(content[:100]))
	must(t, err)
	must(t, w.Sweep(t.Context(), house))
	got, err := w.Upload(t.Context(), w.who, whole.ID)
	must(t, err)
	if got.State != ingest.Done || !bytes.Equal(w.original(t, got.Asset), content) {
		t.Errorf("what was whole is %+v", got)
	}
	if other, err := w.Upload(t.Context(), w.who, part.ID); err != nil || other.State != ingest.Open || other.Offset != 100 {
		t.Errorf("what was not is %+v, %v", other, err)
	}
	w.clock.add(100 * time.Hour)
	must(t, w.Sweep(t.Context(), house))
	if _, err := w.Upload(t.Context(), w.who, part.ID); code(err) != "upload.not_found" {
		t.Error(err)
	}
	if l := w.leftovers(t); l != (leftovers{Blobs: 1}) {
		t.Errorf("%+v", l)
	}
	w.get(t, got.Asset)
}

func TestRightsAreCheckedAgainWhenAllBytesAreThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.begin(t, 10)
	poor := w.who
	poor.Own = access.Grant{}
	if _, err := w.Continue(t.Context(), poor, u.ID, ingest.Piece{Size: 10}, strings.NewReader("0123456789")); code(err) != "folder.not_found" {
		t.Fatal(err)
	}
	got, err := w.Upload(t.Context(), w.who, u.ID)
	must(t, err)
	if got.State != ingest.Open || got.Reason == nil || got.Reason.Code != "folder.not_found" {
		t.Errorf("%+v", got)
	}
	if got, err = w.Resume(t.Context(), w.who, u.ID); err != nil || got.State != ingest.Done { // given back
		t.Errorf("%+v, %v", got, err)
	}
	if a := w.get(t, got.Asset); a.State == asset.Failed {
		t.Error(a)
	}
}

func TestUploadOfAKilledProcessIsFreeWhenItIsStartedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	held := map[string]ingest.Upload{}
	for _, node := range []string{"here", "elsewhere"} {
		held[node] = w.begin(t, 10)
		_, err := w.continues(t, held[node], 0, []byte("hello"))
		must(t, err)
		w.in(t, func(tx tx) error {
			_, err := tx.Exec(t.Context(), `update upload set lease_token = 'dead', lease_node = $2, lease_until = now() + interval '1 hour' where id = $1`, held[node].ID, node)
			return err
		})
	}
	w.cfg.Node = "here"
	w.open(t)
	if err := w.Recover(t.Context(), w.who); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a person: %v", err)
	}
	must(t, w.Recover(t.Context(), access.HouseActor(id.Tenant{}, "test")))
	got, err := w.Resume(t.Context(), w.who, held["here"].ID)
	if err != nil || got.Offset != 5 {
		t.Errorf("%+v, %v", got, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := w.Resume(ctx, w.who, held["elsewhere"].ID); err == nil {
		t.Error("what another node takes in was taken from it")
	}
}
