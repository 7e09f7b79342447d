// SPDX-License-Identifier: Apache-2.0

package dir

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"tillgang/internal/blob"
	"tillgang/internal/fault"
)

func store(t *testing.T, at string) *Store {
	t.Helper()
	s, err := Open(at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func keep(t *testing.T, s *Store, key blob.Key, text string) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, strings.NewReader(text), int64(len(text))); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, s *Store, key blob.Key) (string, error) {
	t.Helper()
	r, err := s.Open(t.Context(), key)
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(r)
	return string(b), err
}

func TestWhatWasDestroyedIsNotGivenOutFromAnOpenFile(t *testing.T) {
	t.Parallel()
	at := t.TempDir()
	a, b := store(t, at), store(t, at)
	keep(t, a, "r/1", "one")
	keep(t, a, "r/2", "two")
	for range 3 {
		for _, key := range []blob.Key{"r/1", "r/2"} {
			if got, err := read(t, a, key); err != nil || len(got) != 3 {
				t.Fatal(got, err)
			}
		}
	}
	if len(a.hot.files) != 2 {
		t.Fatal("they are not kept open, and this test says nothing")
	}
	under, err := a.Open(t.Context(), "r/2")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Delete(t.Context(), "r/1"); err != nil { // by this process
		t.Fatal(err)
	}
	if err := b.Delete(t.Context(), "r/2"); err != nil { // by another
		t.Fatal(err)
	}
	for _, key := range []blob.Key{"r/1", "r/2"} {
		if got, err := read(t, a, key); fault.CodeOf(err) != blob.CodeAbsent {
			t.Errorf("%s: %q, %v", key, got, err)
		}
	}
	if len(a.hot.files) != 0 {
		t.Error("destroyed files are kept open")
	}
	if got, err := io.ReadAll(under); err != nil || string(got) != "two" { // who has begun may end
		t.Error(string(got), err)
	}
	_ = under.Close()
	keep(t, b, "r/2", "new")
	if got, err := read(t, a, "r/2"); err != nil || got != "new" {
		t.Error(got, err)
	}
}

func TestFilesAreKeptOpenForARoundOrTwoAndInBounds(t *testing.T) {
	t.Parallel()
	s := store(t, t.TempDir())
	for i := range maxHot + 3 {
		key := blob.Key(fmt.Sprintf("r/%d", i))
		keep(t, s, key, "x")
		if _, err := read(t, s, key); err != nil {
			t.Fatal(err)
		}
	}
	keep(t, s, "r/large", strings.Repeat("x", hotSize+1))
	if got, err := read(t, s, "r/large"); err != nil || len(got) != hotSize+1 {
		t.Fatal(len(got), err)
	}
	if n := len(s.hot.files); n != maxHot || s.hot.files["r/large"] != nil {
		t.Error(n, "are open")
	}
	one := s.hot.files["r/7"]
	r, err := s.Open(t.Context(), "r/7")
	if err != nil {
		t.Fatal(err)
	}
	s.hot.tidy()
	s.hot.tidy()
	if n := len(s.hot.files); n != 0 {
		t.Error(n, "are open after two rounds")
	}
	if b, err := io.ReadAll(r); err != nil || string(b) != "x" {
		t.Error(string(b), err)
	}
	for range 2 { // the second does nothing
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := one.f.Stat(); err == nil {
		t.Error("the last reader left the file open")
	}
	if _, err := read(t, s, "r/7"); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if len(s.hot.files) != 0 || s.hot.keep("r/8", os.Stdin, blob.Info{}) != nil {
		t.Error("a closed store keeps files")
	}
}

func TestManyReadOneOpenFileAtOnce(t *testing.T) {
	t.Parallel()
	s := store(t, t.TempDir())
	want := strings.Repeat("0123456789", 20_000)
	keep(t, s, "r/1", want)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				if got, err := read(t, s, "r/1"); err != nil || got != want {
					t.Error(len(got), err)
					return
				}
			}
		})
		all.Go(func() {
			for range 20 {
				s.hot.tidy()
			}
		})
	}
	all.Wait()
}
