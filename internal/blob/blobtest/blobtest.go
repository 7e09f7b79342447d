// SPDX-License-Identifier: Apache-2.0

// Package blobtest proves that a blob plug keeps the promises of blob.Store,
// and starts the S3 server that tests use.
package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"tillgang/internal/blob"
	"tillgang/internal/fault"
)

// PartSize is the size from which the S3 plug sends a blob in parts; the suite
// looks closely around it.
const PartSize = 8 << 20

// Run runs the suite. open is called once and returns an empty store; it
// cleans up with t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	t.Helper()
	s := open(t)
	for _, c := range []struct {
		name string
		test func(t *testing.T, s blob.Store)
	}{
		{"what is put comes out again, whatever its size", roundTrip},
		{"a stream of unknown size is stored in bounded memory", largeStream},
		{"ranges", ranges},
		{"nothing is overwritten", immutable},
		{"of concurrent puts to one key one wins", oneWinner},
		{"an announced size is held to", announcedSize},
		{"a failing reader leaves nothing", failingReader},
		{"a cancelled put leaves nothing", cancelledPut},
		{"hostile keys are refused", hostileKeys},
		{"what is absent is absent", absent},
		{"delete", deletes},
		{"lists are complete, ordered and cut by prefix", lists},
		{"a list ends when its reader has enough", listStops},
		{"a reader outlives the deletion or fails clearly", readDeleted},
		{"the probe succeeds and leaves nothing", probe},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, s)
		})
	}
}

// Bytes returns n bytes that look random and are the same for the same seed.
func Bytes(seed uint64, n int64) []byte {
	b := make([]byte, n)
	_, _ = io.ReadFull(Stream(seed, n), b)
	return b
}

// Stream is Bytes without holding them.
func Stream(seed uint64, n int64) io.Reader {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	return io.LimitReader(rand.NewChaCha8(key), n)
}

func roundTrip(t *testing.T, s blob.Store) {
	for i, c := range []struct {
		key     blob.Key
		n       int64
		unknown bool
	}{
		{"round/empty", 0, false},
		{"round/empty-unknown", 0, true},
		{"round/one", 1, false},
		{"round/one-unknown", 1, true},
		{"round/part-less-1", PartSize - 1, true},
		{"round/part", PartSize, false},
		{"round/part-unknown", PartSize, true},
		{"round/part-and-1", PartSize + 1, false},
		{"round/part-and-1-unknown", PartSize + 1, true},
		{"round/three-parts", 3 * PartSize, false},
		{"round/deep/er/and/deeper/o_-.9", 100_000, false},
	} {
		want := Bytes(uint64(i), c.n)
		size := c.n
		if c.unknown {
			size = -1
		}
		info, err := s.Put(t.Context(), c.key, struct{ io.Reader }{bytes.NewReader(want)}, size)
		if err != nil {
			t.Fatalf("put %s: %v", c.key, err)
		}
		st, err := s.Stat(t.Context(), c.key)
		if err != nil {
			t.Fatalf("stat %s: %v", c.key, err)
		}
		if info.Size != c.n || st.Size != c.n || st.ModTime.IsZero() {
			t.Errorf("%s: put says %+v, stat %+v, want %d bytes", c.key, info, st, c.n)
		}
		r, err := s.Open(t.Context(), c.key)
		if err != nil {
			t.Fatalf("open %s: %v", c.key, err)
		}
		if r.Size() != c.n || r.Info().Size != c.n || r.Info().ModTime.IsZero() {
			t.Errorf("%s: the reader says %d of %+v", c.key, r.Size(), r.Info())
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes came back of %d, %v", c.key, len(got), c.n, err)
		}
		if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF { //nolint:errorlint // io.Reader promises io.EOF itself
			t.Errorf("%s: after the end: %d, %v", c.key, n, err)
		}
		if err := r.Close(); err != nil {
			t.Errorf("close %s: %v", c.key, err)
		}
	}
}

func largeStream(t *testing.T, s blob.Store) {
	const n = 50_000_000
	h := sha256.New()
	if _, err := s.Put(t.Context(), "large/stream", io.TeeReader(Stream(99, n), h), -1); err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(t.Context(), "large/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	g := sha256.New()
	if got, err := io.Copy(g, r); err != nil || got != n {
		t.Fatal(got, err)
	}
	if !bytes.Equal(h.Sum(nil), g.Sum(nil)) {
		t.Fatal("other bytes came back than were put")
	}
}

func ranges(t *testing.T, s blob.Store) {
	const n = PartSize + 1000
	b := Bytes(7, n)
	mustPut(t, s, "range/blob", b)
	mustPut(t, s, "range/empty", nil)
	for _, c := range []struct {
		key         blob.Key
		offset, len int64
		from, to    int64 // from < 0: blob.range is wanted
	}{
		{"range/blob", 0, -1, 0, n},
		{"range/blob", 0, 1, 0, 1},
		{"range/blob", 0, n, 0, n},
		{"range/blob", 1000, 1000, 1000, 2000},
		{"range/blob", PartSize - 5, 10, PartSize - 5, PartSize + 5},
		{"range/blob", PartSize, -1, PartSize, n},
		{"range/blob", n - 1, 1, n - 1, n},
		{"range/blob", n - 1, -1, n - 1, n},
		{"range/blob", n - 10, 1 << 40, n - 10, n},
		{"range/blob", -1, -1, n - 1, n},
		{"range/blob", -100, -1, n - 100, n},
		{"range/blob", -n, -1, 0, n},
		{"range/blob", -n - 1, -1, 0, n},
		{"range/blob", n, -1, -1, 0},
		{"range/blob", n, 1, -1, 0},
		{"range/blob", 1 << 50, 1, -1, 0},
		{"range/blob", 5, 0, -1, 0},
		{"range/blob", 5, -2, -1, 0},
		{"range/blob", -5, 3, -1, 0},
		{"range/empty", 0, -1, -1, 0},
		{"range/empty", 0, 1, -1, 0},
		{"range/empty", -1, -1, -1, 0},
	} {
		r, err := s.OpenRange(t.Context(), c.key, c.offset, c.len)
		if c.from < 0 {
			if fault.CodeOf(err) != blob.CodeRange || fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s %d+%d: want blob.range, got %v", c.key, c.offset, c.len, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s %d+%d: %v", c.key, c.offset, c.len, err)
			continue
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, b[c.from:c.to]) {
			t.Errorf("%s %d+%d: %d wrong bytes, %v", c.key, c.offset, c.len, len(got), err)
		}
		if r.Size() != c.to-c.from || r.Info().Size != n {
			t.Errorf("%s %d+%d: the reader says %d of %d", c.key, c.offset, c.len, r.Size(), r.Info().Size)
		}
		_ = r.Close()
	}
	if _, err := s.OpenRange(t.Context(), "range/absent", 0, 1); fault.CodeOf(err) != blob.CodeAbsent {
		t.Errorf("a range of nothing: %v", err)
	}
}

func readDeleted(t *testing.T, s blob.Store) {
	b := Bytes(3, 2*PartSize)
	mustPut(t, s, "gone/while-read", b)
	r, err := s.Open(t.Context(), "gone/while-read")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := s.Delete(t.Context(), "gone/while-read"); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err == nil && !bytes.Equal(got, b) || err != nil && fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("%d bytes and %v", len(got), err)
	}
}

func probe(t *testing.T, s blob.Store) {
	if err := s.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := list(t, s, "probe"); len(got) != 0 {
		t.Fatal(got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Probe(ctx); err == nil {
		t.Fatal("a probe that was cancelled succeeded")
	}
}

func mustPut(t *testing.T, s blob.Store, key blob.Key, b []byte) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, bytes.NewReader(b), int64(len(b))); err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
}

func mustBe(t *testing.T, s blob.Store, key blob.Key, want []byte) {
	t.Helper()
	r, err := s.Open(t.Context(), key)
	if err != nil {
		t.Errorf("open %s: %v", key, err)
		return
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s holds %d bytes that differ, %v", key, len(got), err)
	}
}

func mustBeAbsent(t *testing.T, s blob.Store, key blob.Key) {
	t.Helper()
	if _, err := s.Stat(t.Context(), key); fault.CodeOf(err) != blob.CodeAbsent || fault.KindOf(err) != fault.NotFound {
		t.Errorf("stat of absent %s: %v", key, err)
	}
	if r, err := s.Open(t.Context(), key); fault.CodeOf(err) != blob.CodeAbsent {
		t.Errorf("open of absent %s: %v, %v", key, r, err)
	}
	if got := list(t, s, string(key)); slices.Contains(got, key) {
		t.Errorf("absent %s is listed", key)
	}
}

func list(t *testing.T, s blob.Store, prefix string) []blob.Key {
	t.Helper()
	var keys []blob.Key
	for it, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatalf("list %s: %v", prefix, err)
		}
		keys = append(keys, it.Key)
	}
	return keys
}

var errBroken = errors.New("the line broke")
