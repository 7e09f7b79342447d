// SPDX-License-Identifier: Apache-2.0

package cache_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tillgang/internal/blob"
	"tillgang/internal/blob/cache"
)

func TestCopiesOutliveARestartAndWhatIsTornDoesNot(t *testing.T) {
	t.Parallel()
	b := newBehind(t)
	at := t.TempDir()
	o := cache.Options{Limit: 1 << 20}
	c := open(t, b, at, o)
	for _, key := range []blob.Key{"a/1", "a/2", "a/3"} {
		put(t, c, key, []byte(key))
		read(t, c, key)
	}
	info, err := c.Stat(t.Context(), "a/1")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(at, "0", "t7"), []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(at, "0", "README"), []byte("an operator's"), 0o600); err != nil {
		t.Fatal(err)
	}
	c = open(t, b, at, o)
	n := b.opens.Load()
	for _, key := range []blob.Key{"a/1", "a/2", "a/3"} {
		if string(read(t, c, key)) != string(key) {
			t.Error("other bytes")
		}
	}
	if b.opens.Load() != n || onDisk(t, at) != 9 || c.Size() != 9 {
		t.Error(b.opens.Load()-n, "fetches;", onDisk(t, at), "bytes;", c.Size(), "counted")
	}
	if again, err := c.Stat(t.Context(), "a/1"); err != nil || !again.ModTime.Equal(info.ModTime) || again.Size != info.Size {
		t.Error(again, info, err)
	}
	// Another boot of the machine.
	_ = c.Close()
	if err := os.WriteFile(filepath.Join(at, "0", "boot"), []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	c = open(t, b, at, o)
	if c.Size() != 0 || onDisk(t, at) != 0 {
		t.Error("copies that were never synced were believed after a reboot")
	}
}

func TestASecondProcessHasAPartOfItsOwn(t *testing.T) {
	t.Parallel()
	b := newBehind(t)
	at := t.TempDir()
	one, two := open(t, b, at, cache.Options{Limit: 1 << 20}), open(t, b, at, cache.Options{Limit: 1 << 20})
	put(t, one, "a/b", []byte("xyz"))
	read(t, one, "a/b")
	read(t, two, "a/b")
	if n := onDisk(t, at); n != 6 {
		t.Error(n)
	}
	_, _ = one.Close(), two.Close()
	open(t, b, at, cache.Options{Limit: 1 << 20})
	if n := onDisk(t, at); n != 3 {
		t.Error("what a process left behind that is gone takes room:", n)
	}
}

func TestACacheThatSomebodySpoiltIsFetchedAnew(t *testing.T) {
	t.Parallel()
	b := newBehind(t)
	at := t.TempDir()
	c := open(t, b, at, cache.Options{Limit: 1 << 20})
	put(t, c, "a/b", []byte("whole"))
	for _, spoil := range []func(string) error{os.Remove, func(p string) error { return os.Truncate(p, 2) }} {
		read(t, c, "a/b")
		files, err := filepath.Glob(filepath.Join(at, "0", "*", "*"))
		if err != nil || len(files) != 1 {
			t.Fatal(files, err)
		}
		if err := spoil(files[0]); err != nil {
			t.Fatal(err)
		}
		if got := string(read(t, c, "a/b")); got != "whole" {
			t.Errorf("%q", got)
		}
	}
}

func TestACacheThatCannotBeWrittenIsPassedBy(t *testing.T) {
	t.Parallel()
	b := newBehind(t)
	at := t.TempDir()
	c := open(t, b, at, cache.Options{Limit: 1 << 20})
	put(t, c, "a/b", []byte("whole"))
	if err := os.RemoveAll(filepath.Join(at, "0")); err != nil { // then nothing can be made in it
		t.Fatal(err)
	}
	if got := string(read(t, c, "a/b")); got != "whole" || c.Size() != 0 {
		t.Errorf("%q, %d", got, c.Size())
	}
}

func TestACacheNeedsItsBounds(t *testing.T) {
	t.Parallel()
	if _, err := cache.Open(newBehind(t), t.TempDir(), cache.Options{}); err == nil || !strings.Contains(err.Error(), "limit") {
		t.Error(err)
	}
}
