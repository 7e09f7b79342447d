// SPDX-License-Identifier: Apache-2.0

package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"tillgang/internal/blob"
	"tillgang/internal/fault"
)

func immutable(t *testing.T, s blob.Store) {
	for _, n := range []int64{10, PartSize + 10} {
		key := blob.Key(fmt.Sprintf("immutable/%d", n))
		want := Bytes(1, n)
		mustPut(t, s, key, want)
		for _, again := range [][]byte{want, Bytes(2, n), Bytes(3, 1), nil, Bytes(4, PartSize+1)} {
			_, err := s.Put(t.Context(), key, bytes.NewReader(again), int64(len(again)))
			if fault.CodeOf(err) != blob.CodeExists || fault.KindOf(err) != fault.Conflict {
				t.Errorf("%d bytes over %d: %v", len(again), n, err)
			}
		}
		mustBe(t, s, key, want)
	}
}

func oneWinner(t *testing.T, s blob.Store) {
	for _, n := range []int64{1000, PartSize + 1000} {
		key := blob.Key(fmt.Sprintf("winner/%d", n))
		var (
			wg    sync.WaitGroup
			won   atomic.Int32
			bytes atomic.Pointer[[]byte]
		)
		start := make(chan struct{})
		for i := range 6 {
			wg.Go(func() {
				b := Bytes(uint64(100+i), n)
				<-start
				_, err := s.Put(t.Context(), key, struct{ io.Reader }{newReader(b)}, n)
				switch {
				case err == nil:
					won.Add(1)
					bytes.Store(&b)
				case fault.CodeOf(err) != blob.CodeExists:
					t.Errorf("a loser got %v", err)
				}
			})
		}
		close(start)
		wg.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d puts of %d bytes won", won.Load(), n)
		}
		mustBe(t, s, key, *bytes.Load())
	}
}

func newReader(b []byte) io.Reader { return bytes.NewReader(b) }

func announcedSize(t *testing.T, s blob.Store) {
	for _, c := range []struct {
		name      string
		said, has int64
	}{
		{"more", 10, 11},
		{"less", 10, 9},
		{"nothing", 10, 0},
		{"something", 0, 1},
		{"more-parts", PartSize, PartSize + 1},
		{"fewer-parts", 2 * PartSize, 2*PartSize - 1},
	} {
		key := blob.Key("announced/" + c.name)
		_, err := s.Put(t.Context(), key, Stream(1, c.has), c.said)
		if fault.CodeOf(err) != blob.CodeSize || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", c.name, err)
		}
		mustBeAbsent(t, s, key)
	}
}

func failingReader(t *testing.T, s blob.Store) {
	for _, c := range []struct {
		name  string
		after int64
		size  int64
	}{
		{"at-once", 0, -1},
		{"small", 1000, 2000},
		{"in-part-2", PartSize + 1000, -1},
		{"in-part-4", 3*PartSize + 1000, 5 * PartSize},
	} {
		key := blob.Key("failing/" + c.name)
		r := io.MultiReader(Stream(5, c.after), iotest.ErrReader(errBroken))
		_, err := s.Put(t.Context(), key, r, c.size)
		if !errors.Is(err, errBroken) {
			t.Errorf("%s: the reader's own error is lost: %v", c.name, err)
		}
		if k := fault.KindOf(err); k == fault.Unavailable {
			t.Errorf("%s: the storage is blamed: %v", c.name, err)
		}
		mustBeAbsent(t, s, key)
	}
}

// trip cancels once n bytes have been read and then goes on giving.
type trip struct {
	r      io.Reader
	n      int64
	cancel context.CancelFunc
}

func (r *trip) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if r.n -= int64(n); r.n <= 0 {
		r.cancel()
	}
	return n, err
}

func cancelledPut(t *testing.T, s blob.Store) {
	for _, c := range []struct {
		name        string
		after, size int64
	}{
		{"before", 0, 1000},
		{"in-part-1", 1000, PartSize},
		{"in-part-3", 2*PartSize + 1000, 4 * PartSize},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		key := blob.Key("cancelled/" + c.name)
		if c.after == 0 {
			cancel()
		}
		_, err := s.Put(ctx, key, &trip{Stream(6, c.size), c.after, cancel}, c.size)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", c.name, err)
		}
		cancel()
		mustBeAbsent(t, s, key)
		mustPut(t, s, key, []byte("the key is free")) // and nothing is in the way
	}
}

func hostileKeys(t *testing.T, s blob.Store) {
	for _, k := range []blob.Key{
		"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/..", "./a", "a/./b", "a..b", ".a", "a/.b",
		"A", "å", "a b", "a\x00b", "a\nb", "a\\b", "a%2fb", "a:b", "a*", "a?b", "a=b", "=00/=00/a", "~", "$a", "a\xff",
		blob.Key(strings.Repeat("a", 201)), blob.Key(strings.Repeat("a", 121)), blob.Key(strings.Repeat("a/", 100) + "a"),
	} {
		isBad := func(what string, err error) {
			if fault.CodeOf(err) != blob.CodeKey || fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s %q: %v", what, k, err)
			}
		}
		_, err := s.Put(t.Context(), k, strings.NewReader("x"), 1)
		isBad("put", err)
		_, err = s.Open(t.Context(), k)
		isBad("open", err)
		_, err = s.OpenRange(t.Context(), k, 0, 1)
		isBad("open range", err)
		_, err = s.Stat(t.Context(), k)
		isBad("stat", err)
		isBad("delete", s.Delete(t.Context(), k))
	}
	for _, p := range []string{"/", "..", "../", "a/../", "A", "a//", "=0", ".staging"} {
		n := 0
		for it, err := range s.List(t.Context(), p) {
			n++
			if fault.CodeOf(err) != blob.CodeKey {
				t.Errorf("list %q: %v, %v", p, it, err)
			}
		}
		if n != 1 {
			t.Errorf("list %q yields %d times", p, n)
		}
	}
	long := blob.Key(strings.Repeat("k", 79) + "/" + strings.Repeat("k", 120))
	mustPut(t, s, long, []byte("the longest key"))
	mustBe(t, s, long, []byte("the longest key"))
}

func absent(t *testing.T, s blob.Store) {
	mustBeAbsent(t, s, "absent/blob")
	mustBeAbsent(t, s, "absent/in/no/folder")
	if got := list(t, s, "absent/"); got != nil {
		t.Fatal(got)
	}
}

func deletes(t *testing.T, s blob.Store) {
	for _, n := range []int64{5, PartSize + 5} {
		key := blob.Key(fmt.Sprintf("delete/%d", n))
		mustPut(t, s, key, Bytes(1, n))
		for range 2 {
			if err := s.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
			mustBeAbsent(t, s, key)
		}
		want := Bytes(2, n)
		mustPut(t, s, key, want)
		mustBe(t, s, key, want)
	}
	if err := s.Delete(t.Context(), "delete/in/no/folder"); err != nil {
		t.Fatal(err)
	}
}

func lists(t *testing.T, s blob.Store) {
	keys := []blob.Key{
		"list/a-b", "list/a.b", "list/a/b", "list/a/b-c", "list/a/c/d", "list/a0", "list/a_b", "list/aa/x", "list/b",
	}
	for i := range 40 {
		keys = append(keys, blob.Key(fmt.Sprintf("list/many/%02d", i)))
	}
	slices.Sort(keys)
	for i, k := range keys {
		mustPut(t, s, k, Bytes(uint64(i), int64(i)))
	}
	for prefix, want := range map[string]int{
		"list/": len(keys), "list": len(keys), "list/a": 8, "list/a/": 3, "list/a/b": 2, "list/many/1": 10, "list/many/17": 1, "list/none": 0,
	} {
		var exp []blob.Key
		for _, k := range keys {
			if strings.HasPrefix(string(k), prefix) {
				exp = append(exp, k)
			}
		}
		if got := list(t, s, prefix); !slices.Equal(got, exp) || len(got) != want {
			t.Errorf("list %s: %v", prefix, got)
		}
	}
	for it, err := range s.List(t.Context(), "list/") {
		if i := slices.Index(keys, it.Key); err != nil || it.Size != int64(i) || it.ModTime.IsZero() {
			t.Errorf("%+v, %v", it, err)
		}
	}
	all := list(t, s, "")
	if !slices.IsSorted(all) {
		t.Errorf("the list of everything is not in order")
	}
	for _, k := range keys {
		if !slices.Contains(all, k) {
			t.Errorf("the list of everything lacks %s", k)
		}
	}
}

func listStops(t *testing.T, s blob.Store) {
	for i := range 5 {
		mustPut(t, s, blob.Key(fmt.Sprintf("stop/%d", i)), []byte("x"))
	}
	n := 0
	for _, err := range s.List(t.Context(), "stop/") {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 2 {
			break
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var last error
	for _, err := range s.List(ctx, "stop/") {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Fatalf("a cancelled list ended with %v", last)
	}
}
