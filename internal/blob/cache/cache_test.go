// SPDX-License-Identifier: Apache-2.0

package cache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tillgang/internal/blob"
	"tillgang/internal/blob/blobtest"
	"tillgang/internal/blob/cache"
	"tillgang/internal/blob/dir"
	"tillgang/internal/blob/s3"
	"tillgang/internal/fault"
)

// behind is a store that counts what is opened and can be away.
type behind struct {
	blob.Store
	opens atomic.Int32
	away  atomic.Bool
}

func (b *behind) Open(ctx context.Context, key blob.Key) (blob.Reader, error) {
	b.opens.Add(1)
	if b.away.Load() {
		return nil, blob.Unavailable(errors.New("away"))
	}
	return b.Store.Open(ctx, key)
}

func newBehind(t *testing.T) *behind {
	t.Helper()
	d, err := dir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return &behind{Store: d}
}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func open(t *testing.T, s blob.Store, at string, o cache.Options) *cache.Store {
	t.Helper()
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Log = slog.New(slog.DiscardHandler)
	c, err := cache.Open(s, at, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func put(t *testing.T, s blob.Store, key blob.Key, b []byte) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, bytes.NewReader(b), int64(len(b))); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, s blob.Store, key blob.Key) []byte {
	t.Helper()
	r, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// onDisk is the bytes that the cache's files really take.
func onDisk(t *testing.T, at string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(at, func(p string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || e.Name() == "boot" {
			return err
		}
		st, err := e.Info()
		if err == nil {
			n += st.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestConformanceOverADirectory(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store {
		return open(t, newBehind(t), t.TempDir(), cache.Options{Limit: 64 << 20, MaxBlob: 20 << 20})
	})
}

func TestConformanceOverS3(t *testing.T) {
	t.Parallel()
	srv := blobtest.S3(t)
	blobtest.Run(t, func(t *testing.T) blob.Store {
		c, err := s3.Parse(srv.URL(srv.Bucket(t)))
		if err != nil {
			t.Fatal(err)
		}
		c.AccessKey, c.SecretKey = srv.AccessKey, srv.SecretKey
		s, err := s3.New(c, srv.Transport(t))
		if err != nil {
			t.Fatal(err)
		}
		return open(t, s, t.TempDir(), cache.Options{Limit: 64 << 20, MaxBlob: 10 << 20})
	})
}

func TestWhatWasReadIsServedFromAFileEvenDuringAnOutage(t *testing.T) {
	t.Parallel()
	b := newBehind(t)
	c := open(t, b, t.TempDir(), cache.Options{Limit: 1 << 20})
	want := blobtest.Bytes(1, 50_000)
	put(t, c, "a/b", want)
	if !bytes.Equal(read(t, c, "a/b"), want) {
		t.Fatal("other bytes")
	}
	b.away.Store(true)
	r, err := c.OpenRange(t.Context(), "a/b", 1000, 500)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f, ok := r.(blob.Filer)
	if !ok {
		t.Fatal("not a file")
	}
	if _, at, ok := f.File(); !ok || at != 1000 || r.Size() != 500 || r.Info().Size != 50_000 {
		t.Error(ok, r.Size(), r.Info())
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want[1000:1500]) {
		t.Error("other bytes", err)
	}
	if b.opens.Load() != 1 {
		t.Error(b.opens.Load(), "fetches")
	}
	if _, err := c.Open(t.Context(), "a/none"); fault.CodeOf(err) != blob.CodeUnavailable {
		t.Error("what is not here is not absent during an outage:", err)
	}
}

func TestTheLimitHoldsAndTheLeastUsedGoes(t *testing.T) {
	t.Parallel()
	b := newBehind(t)
	at := t.TempDir()
	c := open(t, b, at, cache.Options{Limit: 10_000, MaxBlob: 4000})
	key := func(i int) blob.Key { return blob.Key(fmt.Sprintf("a/%d", i)) }
	for i := range 20 {
		put(t, c, key(i), blobtest.Bytes(uint64(i), 2000))
	}
	for i := range 5 {
		read(t, c, key(i))
	}
	read(t, c, key(0)) // used again
	read(t, c, key(5)) // evicts 1
	n := b.opens.Load()
	read(t, c, key(0))
	read(t, c, key(2))
	if b.opens.Load() != n {
		t.Error("what is in use was evicted")
	}
	read(t, c, key(1))
	if b.opens.Load() != n+1 {
		t.Error("the least recently used was not evicted")
	}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() { read(t, c, key(i)) })
	}
	wg.Wait()
	if c.Size() > 10_000 || onDisk(t, at) != c.Size() {
		t.Errorf("%d bytes counted, %d on disk", c.Size(), onDisk(t, at))
	}
	large := blobtest.Bytes(9, 5000)
	put(t, c, "a/large", large)
	n = b.opens.Load()
	for range 2 {
		if !bytes.Equal(read(t, c, "a/large"), large) {
			t.Error("other bytes")
		}
	}
	if b.opens.Load() != n+3 { // once to see that it is large
		t.Error(b.opens.Load()-n, "opens of a blob that is passed through")
	}
}

func TestManyReadersCauseOneFetchAndOneWhoLeavesDoesNotStopIt(t *testing.T) {
	t.Parallel()
	b := newBehind(t)
	c := open(t, b, t.TempDir(), cache.Options{Limit: 1 << 20})
	want := blobtest.Bytes(1, 50_000)
	put(t, c, "a/b", want)
	slow := &late{Store: b.Store, got: make(chan struct{}), goOn: make(chan struct{})}
	b.Store = slow
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() {
		_, err := c.Open(ctx, "a/b")
		first <- err
	}()
	<-slow.got
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if !bytes.Equal(read(t, c, "a/b"), want) {
				t.Error("other bytes")
			}
		})
	}
	close(slow.goOn)
	wg.Wait()
	if b.opens.Load() != 1 {
		t.Error(b.opens.Load(), "fetches")
	}
}

func TestABlobDeletedWhileItIsFetchedIsNotKept(t *testing.T) {
	t.Parallel()
	b := newBehind(t)
	at := t.TempDir()
	c := open(t, b, at, cache.Options{Limit: 1 << 20})
	put(t, c, "a/b", blobtest.Bytes(1, 50_000))
	// The fetch has its bytes before the deletion and files them after it.
	inner := b.Store
	got, goOn := make(chan struct{}), make(chan struct{})
	b.Store = &late{Store: inner, got: got, goOn: goOn}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if r, err := c.Open(t.Context(), "a/b"); err == nil {
			_ = r.Close()
		}
	}()
	<-got
	if err := c.Delete(t.Context(), "a/b"); err != nil {
		t.Fatal(err)
	}
	close(goOn)
	<-done
	if _, err := c.Stat(t.Context(), "a/b"); fault.CodeOf(err) != blob.CodeAbsent {
		t.Error(err)
	}
	if n := onDisk(t, at); n != 0 || c.Size() != 0 {
		t.Errorf("%d bytes of a deleted blob are left, %d counted", n, c.Size())
	}
}

// late opens a blob at once and returns it later.
type late struct {
	blob.Store
	got, goOn chan struct{}
	once      sync.Once
}

func (l *late) Open(ctx context.Context, key blob.Key) (blob.Reader, error) {
	r, err := l.Store.Open(ctx, key)
	l.once.Do(func() { close(l.got); <-l.goOn })
	return r, err
}

func TestACopyAges(t *testing.T) {
	t.Parallel()
	b := newBehind(t)
	cl := &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	c := open(t, b, t.TempDir(), cache.Options{Limit: 1 << 20, MaxAge: time.Hour, Now: cl.now})
	put(t, c, "a/b", []byte("x"))
	read(t, c, "a/b")
	if err := b.Delete(t.Context(), "a/b"); err != nil { // by another process
		t.Fatal(err)
	}
	cl.pass(time.Hour)
	read(t, c, "a/b")
	cl.pass(time.Second)
	if _, err := c.Open(t.Context(), "a/b"); fault.CodeOf(err) != blob.CodeAbsent {
		t.Error(err)
	}
}
