// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
)

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.CodeOf(err)
}

func TestReceiveKeepsTheBytesAsTheyCame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	content := makeJPEG(t, 800, 600, 1)
	a := w.receive(t, "Bild från Åmål.jpg", content)
	sum := sha256.Sum256(content)
	if !bytes.Equal(a.SHA256, sum[:]) || a.Size != int64(len(content)) || a.State != asset.Preparing ||
		a.Kind != asset.Image || a.MediaType != "image/jpeg" || a.Name != "Bild från Åmål.jpg" {
		t.Errorf("the asset is %+v", a)
	}
	if got := w.original(t, a.ID); !bytes.Equal(got, content) {
		t.Errorf("%d bytes are stored, which are not the %d that were sent", len(got), len(content))
	}
	if l := w.leftovers(t); l != (leftovers{Blobs: 1}) {
		t.Errorf("left over: %+v", l)
	}
}

func TestReceiveRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cfg.MaxBytes = 1000
	w.open(t)
	long := strings.NewReader(strings.Repeat("x", 2000))
	for name, c := range map[string]struct {
		plan ingest.Plan
		r    io.Reader
		want string
	}{
		"nothing":                     {ingest.Plan{Name: "a.txt", Size: -1}, strings.NewReader(""), "upload.empty"},
		"nothing, as announced":       {ingest.Plan{Name: "a.txt", Size: 0}, strings.NewReader(""), "upload.empty"},
		"too much":                    {ingest.Plan{Name: "a.txt", Size: -1}, long, "upload.too_large"},
		"too much, as announced":      {ingest.Plan{Name: "a.txt", Size: 2000}, strings.NewReader("x"), "upload.too_large"},
		"less than announced":         {ingest.Plan{Name: "a.txt", Size: 50}, strings.NewReader("x"), "blob.size"},
		"more than announced":         {ingest.Plan{Name: "a.txt", Size: 1}, strings.NewReader("xxx"), "blob.size"},
		"a folder that is not there":  {ingest.Plan{Name: "a.txt", Size: -1, Folder: id.New[id.Folder]()}, strings.NewReader("x"), "folder.not_found"},
		"an unknown way":              {ingest.Plan{Name: "a.txt", Size: -1, OnDuplicate: "replace"}, strings.NewReader("x"), "upload.on_duplicate"},
		"a title of 5,000 characters": {ingest.Plan{Name: "a.txt", Size: -1, Title: strings.Repeat("å", 5000)}, strings.NewReader("x"), "asset.fields"},
		"a client that goes away":     {ingest.Plan{Name: "a.txt", Size: -1}, io.MultiReader(strings.NewReader("xxx"), iotest.ErrReader(io.ErrUnexpectedEOF)), "upload.interrupted"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Receive(t.Context(), w.who, c.plan, c.r)
			if code(err) != c.want {
				t.Errorf("refused with %v, want %s", err, c.want)
			}
			if l := w.leftovers(t); l != (leftovers{}) {
				t.Errorf("left over: %+v", l)
			}
		})
	}
}

func TestReceiveNeedsTheRightToUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	viewer, stranger := w.who, w.who
	viewer.Scope, stranger.Own = access.View, access.Grant{}
	for name, c := range map[string]struct {
		who  access.Actor
		want string
	}{
		"viewer": {viewer, "access.forbidden"}, "stranger": {stranger, "folder.not_found"}, "nobody": {access.Actor{Tenant: w.tenant}, "access.unauthenticated"},
	} {
		for _, late := range []func() (ingest.Late, error){nil, func() (ingest.Late, error) { return ingest.Late{}, nil }} {
			_, err := w.Receive(t.Context(), c.who, ingest.Plan{Name: "a.txt", Size: -1, Late: late}, iotest.ErrReader(errors.New("was read")))
			if code(err) != c.want {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
	}
}

func TestReceiveHearsWhatIsSaidAfterTheFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.receive(t, "a.txt", []byte("Hej"))
	late := ingest.Late{OnDuplicate: ingest.Keep, Title: "Sen titel"}
	a, err := w.Receive(t.Context(), w.who, ingest.Plan{Name: "a.txt", Size: -1, Late: func() (ingest.Late, error) { return late, nil }}, strings.NewReader("Hej"))
	if err != nil || a.ID == first.ID {
		t.Fatalf("%v, %v", a.ID, err)
	}
	broken := errors.New("broken form")
	_, err = w.Receive(t.Context(), w.who, ingest.Plan{Name: "b.txt", Size: -1, Late: func() (ingest.Late, error) { return late, broken }}, strings.NewReader("Hopp"))
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	if l := w.leftovers(t); l != (leftovers{Blobs: 2}) {
		t.Errorf("left over: %+v", l)
	}
}

func TestReceiveMakesHostileNamesSafe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, name := range []string{"../../etc/passwd.txt", `C:\Windows\a.txt`, "a\x00b\n.txt", "\xff\xfe.txt", "", "...", "\u202egpj.txt", strings.Repeat("å", 5000) + ".txt"} {
		a := w.receive(t, name, []byte{'a', byte('0' + i)})
		if a.Name == "" || strings.ContainsAny(a.Name, "/\\\x00\n\u202e") || len(a.Name) > 255 {
			t.Errorf("%q became %q", name, a.Name)
		}
	}
}

func TestAFileWhoseNameLiesIsQuarantined(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.receive(t, "bild.jpg", []byte("<html><body><script>alert(1)</script></body></html>"))
	if a.State != asset.Quarantined || a.StateCode != ingest.CodeLies || a.StateReason == "" {
		t.Errorf("state %s, %s: %q", a.State, a.StateCode, a.StateReason)
	}
	w.work(t)
	if a = w.get(t, a.ID); a.State != asset.Quarantined {
		t.Errorf("became %s", a.State)
	}
}

func TestADuplicateIsAnsweredWithTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.receive(t, "a.txt", []byte("Hej"))
	_, err := w.Receive(t.Context(), w.who, ingest.Plan{Name: "b.txt", Size: -1}, strings.NewReader("Hej"))
	f := fault.As(err)
	if f.Kind != fault.Conflict || f.Code != "asset.duplicate" || f.Extra["id"] != first.ID.String() {
		t.Errorf("answered with %+v", f)
	}
	if l := w.leftovers(t); l != (leftovers{Blobs: 1}) {
		t.Errorf("left over: %+v", l)
	}
	second, err := w.Receive(t.Context(), w.who, ingest.Plan{Name: "b.txt", Size: -1, OnDuplicate: ingest.Keep}, strings.NewReader("Hej"))
	if err != nil || second.ID == first.ID {
		t.Errorf("kept as %v: %v", second.ID, err)
	}
}

func TestOfTwentyEqualUploadsOneIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	content := makePNG(t, 64, 64, 9)
	const n = 20
	var wg sync.WaitGroup
	made := make([]asset.Asset, n)
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() {
			made[i], errs[i] = w.Receive(t.Context(), w.who, ingest.Plan{Name: "a.png", Size: int64(len(content))}, bytes.NewReader(content))
		})
	}
	wg.Wait()
	var kept []string
	told := map[string]int{}
	for i := range n {
		if errs[i] == nil {
			kept = append(kept, made[i].ID.String())
			continue
		}
		f := fault.As(errs[i])
		told[f.Code+" "+f.Extra["id"]]++
	}
	if len(kept) != 1 {
		t.Fatalf("%d were kept", len(kept))
	}
	if d := cmp.Diff(map[string]int{"asset.duplicate " + kept[0]: n - 1}, told); d != "" {
		t.Error(d)
	}
	if l := w.leftovers(t); l != (leftovers{Blobs: 1}) {
		t.Errorf("left over: %+v", l)
	}
}

func TestAClientThatIsGoneLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	r, send := io.Pipe()
	go func() {
		_, _ = send.Write([]byte("the first bytes"))
		cancel()
		_ = send.CloseWithError(context.Canceled)
	}()
	if _, err := w.Receive(ctx, w.who, ingest.Plan{Name: "a.txt", Size: -1}, r); err == nil {
		t.Error("half a file was received")
	}
	if l := w.leftovers(t); l != (leftovers{}) {
		t.Errorf("left over: %+v", l)
	}
}

// broken is a storage that fails in the middle of things.
type broken struct {
	blob.Stager
	mu       sync.Mutex
	put, del bool
}

func (b *broken) set(put, del bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.put, b.del = put, del
}

func (b *broken) Put(ctx context.Context, key blob.Key, r io.Reader, size int64) (blob.Info, error) {
	b.mu.Lock()
	fail := b.put
	b.mu.Unlock()
	if fail {
		_, _ = io.CopyN(io.Discard, r, 10)
		return blob.Info{}, blob.Unavailable(io.ErrUnexpectedEOF)
	}
	return b.Stager.Put(ctx, key, r, size)
}

func (b *broken) Publish(ctx context.Context, key blob.Key, at blob.Stage) (blob.Info, error) {
	b.mu.Lock()
	fail := b.put
	b.mu.Unlock()
	if fail {
		return blob.Info{}, blob.Unavailable(io.ErrUnexpectedEOF)
	}
	return b.Stager.Publish(ctx, key, at)
}

func (b *broken) Delete(ctx context.Context, key blob.Key) error {
	b.mu.Lock()
	fail := b.del
	b.mu.Unlock()
	if fail {
		return blob.Unavailable(io.ErrUnexpectedEOF)
	}
	return b.Stager.Delete(ctx, key)
}

func TestAStorageThatFailsIsSaidSoAndLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store.set(true, true)
	_, err := w.Receive(t.Context(), w.who, ingest.Plan{Name: "a.txt", Size: -1}, strings.NewReader("Hej allihopa, hur mår ni?"))
	if f := fault.As(err); f.Kind != fault.Unavailable || f.Code != blob.CodeUnavailable {
		t.Errorf("answered with %v", err)
	}
	if l := w.leftovers(t); l != (leftovers{Condemned: 1}) {
		t.Errorf("left over: %+v", l)
	}
	if err := w.Sweep(t.Context(), house); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the sweep said %v", err)
	}
	w.store.set(false, false)
	must(t, w.Sweep(t.Context(), house))
	if l := w.leftovers(t); l != (leftovers{}) {
		t.Errorf("left over: %+v", l)
	}
	w.receive(t, "a.txt", []byte("Hej allihopa, hur mår ni?"))
}

func TestTheSweeperTakesOnlyUploadsThatStandStill(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cfg.Alive = time.Nanosecond
	w.open(t)
	r, send := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := w.Receive(t.Context(), w.who, ingest.Plan{Name: "a.txt", Size: -1}, r)
		_ = r.CloseWithError(err)
		done <- err
	}()
	feed := func() {
		_, err := send.Write([]byte("more "))
		must(t, err)
	}
	feed()
	w.clock.add(20 * time.Hour)
	feed() // shows that the upload lives
	feed() // the former has been taken in, its sign of life written
	w.clock.add(20 * time.Hour)
	must(t, w.Sweep(t.Context(), house))
	if l := w.leftovers(t); l.Uploads != 1 {
		t.Fatalf("a living upload was taken: %+v", l)
	}
	w.clock.add(25 * time.Hour)
	must(t, w.Sweep(t.Context(), house))
	if l := w.leftovers(t); l.Uploads != 0 {
		t.Fatalf("a dead upload was left: %+v", l)
	}
	_, _ = send.Write([]byte("too late"))
	_ = send.Close()
	if err := <-done; code(err) != "upload.expired" {
		t.Errorf("the upload ended with %v", err)
	}
	must(t, w.Sweep(t.Context(), house))
	if l := w.leftovers(t); l != (leftovers{}) {
		t.Errorf("left over: %+v", l)
	}
}

func TestAnOriginalInUseIsNeverDestroyed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.receive(t, "a.txt", []byte("Hej"))
	w.in(t, func(tx tx) error {
		_, r, err := w.assets.ActiveRevisionTx(t.Context(), tx, w.who, a.ID)
		must(t, err)
		return w.CondemnTx(t.Context(), tx, w.tenant, r.BlobKey)
	})
	must(t, w.Sweep(t.Context(), house))
	if got := w.original(t, a.ID); string(got) != "Hej" {
		t.Errorf("the original holds %q", got)
	}
	if l := w.leftovers(t); l != (leftovers{Blobs: 1}) {
		t.Errorf("left over: %+v", l)
	}
}

func TestAnObjectThatIsNamedInTimeIsReprieved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	early, late := blob.Key("renditions/early"), blob.Key("renditions/late")
	w.in(t, func(tx tx) error { return w.CondemnLaterTx(t.Context(), tx, w.tenant, time.Hour, early, late) })
	for _, k := range []blob.Key{early, late} {
		_, err := w.store.Put(t.Context(), k, strings.NewReader("x"), 1)
		must(t, err)
	}
	must(t, w.Sweep(t.Context(), house)) // not due
	w.in(t, func(tx tx) error { return w.ReprieveTx(t.Context(), tx, w.tenant, early) })
	w.clock.add(2 * time.Hour)
	must(t, w.Sweep(t.Context(), house))
	if l := w.leftovers(t); l != (leftovers{Blobs: 1}) {
		t.Errorf("left over: %+v", l)
	}
	var err error
	w.in(t, func(tx tx) error { err = w.ReprieveTx(t.Context(), tx, w.tenant, late); return nil })
	if !errors.Is(err, ingest.ErrTooLate) {
		t.Errorf("reprieved after the end: %v", err)
	}
}
