// SPDX-License-Identifier: Apache-2.0

package dir_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tillgang/internal/blob"
	"tillgang/internal/blob/blobtest"
	"tillgang/internal/blob/dir"
	"tillgang/internal/fault"
)

func open(t *testing.T, at string) *dir.Store {
	t.Helper()
	s, err := dir.Open(at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func put(t *testing.T, s blob.Store, key blob.Key, text string) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, strings.NewReader(text), int64(len(text))); err != nil {
		t.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store {
		at := filepath.Join(t.TempDir(), "a", "b")
		s := open(t, at)
		t.Cleanup(func() { // before the store is closed
			if left := files(t, filepath.Join(at, "staging")); len(left) != 0 {
				t.Errorf("staging still holds %v", left)
			}
			files(t, at)
		})
		return s
	})
}

func TestStages(t *testing.T) {
	t.Parallel()
	at := filepath.Join(t.TempDir(), "blobs")
	blobtest.RunStages(t, func(t *testing.T) blob.Stager {
		s := open(t, at)
		dir.SaveEvery(s, blobtest.PartSize)
		return s
	})
}

func TestTwoAppendersDoNotMix(t *testing.T) {
	t.Parallel()
	at := t.TempDir()
	one, other := open(t, at), open(t, at)
	st, err := one.Begin(t.Context(), "both/append", 10)
	if err != nil {
		t.Fatal(err)
	}
	save := func() func(blob.Stage) error { return func(blob.Stage) error { return nil } }
	r, w := io.Pipe()
	done := make(chan error)
	go func() {
		_, err := one.Append(t.Context(), "both/append", st, r, save)
		done <- err
	}()
	if _, err := w.Write([]byte("x")); err != nil { // when it was read, the stage is locked
		t.Fatal(err)
	}
	if _, err := other.Append(t.Context(), "both/append", st, strings.NewReader("y"), save); fault.CodeOf(err) != blob.CodeBusy || fault.KindOf(err) != fault.Conflict {
		t.Error("a second one may append:", err)
	}
	if err := errors.Join(w.Close(), <-done); err != nil {
		t.Error(err)
	}
	if _, err := other.Append(t.Context(), "both/append", st, strings.NewReader("y"), save); err != nil {
		t.Error(err)
	}
}

// files returns all regular files below at and checks that nothing is open to
// other users.
func files(t *testing.T, at string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(at, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := e.Info()
		if err != nil {
			return err
		}
		if st.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %v", p, st.Mode())
		}
		if st.Mode().IsRegular() {
			names = append(names, p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestWhatTheDeadLeftInStagingIsRemovedAndTheLivingKeepTheirs(t *testing.T) {
	t.Parallel()
	at := filepath.Join(t.TempDir(), "s")
	living := open(t, at)
	pr, pw := io.Pipe()
	done := make(chan error)
	go func() {
		_, err := living.Put(t.Context(), "a/living", pr, -1)
		done <- err
	}()
	if _, err := pw.Write([]byte("half ")); err != nil {
		t.Fatal(err)
	}
	dead := filepath.Join(at, "staging", "DEAD")
	if err := os.Mkdir(dead, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dead, "1"), []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	second := open(t, at)
	if _, err := os.Stat(dead); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a dead process's files were left", err)
	}
	if _, err := pw.Write([]byte("and half")); err != nil {
		t.Fatal(err)
	}
	_ = pw.Close()
	if err := <-done; err != nil {
		t.Fatal("a living process's put was disturbed:", err)
	}
	info, err := second.Stat(t.Context(), "a/living")
	if err != nil || info.Size != int64(len("half and half")) {
		t.Fatal(info, err)
	}
}

func TestNothingIsVisibleBeforeItIsWhole(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	pr, pw := io.Pipe()
	done := make(chan error)
	go func() {
		_, err := s.Put(t.Context(), "a/b", pr, -1)
		done <- err
	}()
	if _, err := pw.Write(bytes.Repeat([]byte("x"), 1<<20)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Stat(t.Context(), "a/b"); fault.CodeOf(err) != blob.CodeAbsent {
		t.Error(err)
	}
	_ = pw.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestALinkOutOfTheDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	at := t.TempDir()
	s := open(t, at)
	put(t, s, "a/b", "inside")
	p, ok := s.Path("a/b")
	if !ok {
		t.Fatal("no path")
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(p), os.Symlink(outside, p)); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Open(t.Context(), "a/b"); fault.CodeOf(err) != blob.CodeUnavailable {
		t.Error(r, err)
	}
	// A folder that leads out.
	if err := os.Symlink(t.TempDir(), filepath.Join(at, "objects", "out")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), "out/b", strings.NewReader("x"), 1); fault.CodeOf(err) != blob.CodeUnavailable {
		t.Error(err)
	}
}

func TestAStorageThatIsGoneIsNotTakenForAnEmptyOne(t *testing.T) {
	t.Parallel()
	at := filepath.Join(t.TempDir(), "s")
	s := open(t, at)
	put(t, s, "a/b", "x")
	if err := os.RemoveAll(at); err != nil {
		t.Fatal(err)
	}
	_, err := s.Stat(t.Context(), "a/b")
	if fault.CodeOf(err) != blob.CodeUnavailable || fault.As(err).RetryAfter == 0 {
		t.Error(err)
	}
	if _, err := s.Open(t.Context(), "a/b"); fault.CodeOf(err) != blob.CodeUnavailable {
		t.Error(err)
	}
	if _, err := s.Put(t.Context(), "a/c", strings.NewReader("x"), 1); fault.CodeOf(err) != blob.CodeUnavailable {
		t.Error(err)
	}
	for _, err := range s.List(t.Context(), "") {
		if fault.CodeOf(err) != blob.CodeUnavailable {
			t.Error(err)
		}
	}
	if err := s.Probe(t.Context()); fault.CodeOf(err) != blob.CodeUnavailable {
		t.Error(err)
	}
}

func TestFoldersThatSomebodyTidiedAwayAreMadeAgain(t *testing.T) {
	t.Parallel()
	at := t.TempDir()
	s := open(t, at)
	put(t, s, "a/b", "x")
	if err := os.RemoveAll(filepath.Join(at, "objects", "a")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Stat(t.Context(), "a/b"); fault.CodeOf(err) != blob.CodeAbsent {
		t.Fatal(err)
	}
	put(t, s, "a/b", "y")
}

func TestAnUnusableDirectoryIsExplained(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{file, filepath.Join(file, "below"), "/proc/tillgang"} {
		_, err := dir.Open(at)
		if fault.CodeOf(err) != dir.CodeUnsuitable || !strings.Contains(fault.As(err).Text, at) {
			t.Errorf("%s: %v", at, err)
		}
	}
}

func TestPathGivesTheBlobsFile(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	put(t, s, "originals/t/1", "hello")
	p, ok := s.Path("originals/t/1")
	if b, err := os.ReadFile(p); !ok || err != nil || string(b) != "hello" {
		t.Fatal(p, ok, err)
	}
	if p, ok := s.Path("../../etc/passwd"); ok {
		t.Fatal(p)
	}
}

// TestAReaderGoesOutBySendfile asks the kernel: a connection's ReadFrom uses
// sendfile or splice only if it is given the file itself.
func TestAReaderGoesOutBySendfile(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	want := string(blobtest.Bytes(1, 3<<20))
	put(t, s, "a/b", want)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, c := range []struct{ offset, length int64 }{{0, -1}, {1000, 2 << 20}} {
		r, err := s.OpenRange(t.Context(), "a/b", c.offset, c.length)
		if err != nil {
			t.Fatal(err)
		}
		if _, at, ok := r.(blob.Filer).File(); !ok || at != c.offset {
			t.Fatal(at, ok)
		}
		got := make(chan string)
		go func() {
			c, err := l.Accept()
			if err != nil {
				got <- err.Error()
				return
			}
			b, _ := io.ReadAll(c)
			got <- string(b)
		}()
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		w := &watch{Conn: conn}
		n, err := io.Copy(w, r)
		if err != nil || n != r.Size() || !w.file {
			t.Errorf("%d of %d went out, from the file itself: %v, %v", n, r.Size(), w.file, err)
		}
		_ = conn.Close()
		if b := <-got; b != want[c.offset:c.offset+r.Size()] {
			t.Error("other bytes arrived")
		}
		_ = r.Close()
	}
}

// watch sees what a connection's ReadFrom is given.
type watch struct {
	net.Conn
	file bool
}

func (w *watch) ReadFrom(r io.Reader) (int64, error) {
	if l, ok := r.(*io.LimitedReader); ok {
		_, w.file = l.R.(*os.File)
	}
	return w.Conn.(io.ReaderFrom).ReadFrom(r)
}

func TestACutFileIsNotServedAsWhole(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	put(t, s, "a/b", "hello")
	for _, how := range []func(blob.Reader) error{
		func(r blob.Reader) error { _, err := io.ReadAll(r); return err },
		func(r blob.Reader) error { _, err := io.Copy(io.Discard, r); return err },
	} {
		r, err := s.OpenRange(t.Context(), "a/b", 0, 5)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := s.Path("a/b")
		if err := os.Truncate(p, 3); err != nil {
			t.Fatal(err)
		}
		if err := how(r); fault.CodeOf(err) != blob.CodeUnavailable {
			t.Error(err)
		}
		_ = r.Close()
		if err := os.WriteFile(p, []byte("hello"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFullDiskIsCalledFull(t *testing.T) {
	t.Parallel()
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, full := f.Write([]byte("x"))
	s := open(t, t.TempDir())
	for err, code := range map[error]string{full: blob.CodeFull, syscall.EDQUOT: blob.CodeFull, syscall.EFBIG: blob.CodeTooLarge, syscall.EIO: blob.CodeUnavailable} {
		if got := dir.Told(s, err); fault.CodeOf(got) != code || !errors.Is(got, err) {
			t.Errorf("%v: %v", err, got)
		}
	}
}
