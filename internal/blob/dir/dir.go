// SPDX-License-Identifier: Apache-2.0

// Package dir is the blob plug for a directory of this machine.
//
// Below the directory stand three others. staging/ has one folder per running
// process, locked by it, for what is not yet whole. stages/ has blobs that come
// in piece by piece; they outlive processes. objects/ has the blobs:
// the key a/b/c rests in objects/a/b/=3f/=07/c, where the two fan-out folders
// come from a hash of "c", so that no folder grows beyond what file systems
// and people can read. "=" is in no key, so fan-out and keys cannot be confused.
//
// A blob is written to staging, synced, and given its name by link(2), which
// never replaces. Then its folder is synced. All access goes through os.Root:
// a link that leads out of the directory is refused.
package dir

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"

	"tillgang/internal/blob"
	"tillgang/internal/fault"
)

const (
	objects = "objects"
	staging = "staging"
)

// Store keeps blobs in a directory. Several processes of one machine may have
// the same directory open.
type Store struct {
	root   *os.Root
	base   *os.File // the same directory
	abs    string   // the directory, for Path
	stage  string   // this process's folder in staging
	lock   *os.File // that folder, locked while the process lives
	serial atomic.Uint64

	checkpoint int64 // bytes of a stage that are made durable and saved at a time

	hot     hot
	probing sync.Mutex

	mu    sync.Mutex
	known map[string]struct{} // folders known to be durable
}

// CodeUnsuitable is the code of the fault.Invalid that Open returns for a
// directory that cannot keep blobs.
const CodeUnsuitable = "storage.unsuitable"

// Open opens the directory, makes it if it is missing, and removes what
// processes that died have left in staging. Close it after the last use.
func Open(directory string) (*Store, error) {
	abs, err := filepath.Abs(directory)
	if err != nil {
		return nil, fmt.Errorf("find the storage directory: %w", err)
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return nil, unsuitable(abs, "cannot be made", err)
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, unsuitable(abs, "cannot be opened", err)
	}
	s := &Store{root: root, abs: abs, checkpoint: checkpoint, known: map[string]struct{}{}}
	if s.base, err = root.Open("."); err != nil {
		_ = root.Close()
		return nil, unsuitable(abs, "cannot be read", err)
	}
	if err := s.start(); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func unsuitable(dir, what string, err error) error {
	return &fault.Error{
		Kind: fault.Invalid, Code: CodeUnsuitable, Err: err,
		Text: fmt.Sprintf("The storage directory %s %s (%v). Choose a directory on a local disk that this user may write to.", dir, what, reason(err)),
	}
}

// reason is the innermost cause: "permission denied" without the path again.
func reason(err error) error {
	if no, ok := errors.AsType[syscall.Errno](err); ok {
		return no
	}
	return err
}

// start takes a locked folder in staging and clears those of the dead.
func (s *Store) start() error {
	for _, d := range []string{objects, staging, stages} {
		if err := s.root.MkdirAll(d, 0o700); err != nil {
			return unsuitable(s.abs, "cannot be written to", err)
		}
	}
	// Between making a folder and locking it, another process that starts
	// would take it for a dead one's; so starts take turns.
	turn, err := s.root.Open(staging)
	if err != nil {
		return unsuitable(s.abs, "cannot be read", err)
	}
	defer func() { _ = turn.Close() }()
	if err := syscall.Flock(int(turn.Fd()), syscall.LOCK_EX); err != nil {
		return unsuitable(s.abs, "cannot be locked", err)
	}
	if err := s.clear(turn); err != nil {
		return err
	}
	s.stage = path.Join(staging, rand.Text())
	if err := s.root.Mkdir(s.stage, 0o700); err != nil {
		return unsuitable(s.abs, "cannot be written to", err)
	}
	if s.lock, err = s.root.Open(s.stage); err != nil {
		return unsuitable(s.abs, "cannot be read", err)
	}
	if err := syscall.Flock(int(s.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return unsuitable(s.abs, "cannot be locked", err)
	}
	if err := s.links(); err != nil {
		return unsuitable(s.abs, "is on a file system without hard links", err)
	}
	return s.sync(".")
}

// clear removes the staging folders that no living process has locked.
func (s *Store) clear(dir *os.File) error {
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return unsuitable(s.abs, "cannot be read", err)
	}
	for _, n := range names {
		p := path.Join(staging, n)
		f, err := s.root.Open(p)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return unsuitable(s.abs, "has a folder of another user in it", err)
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			err = s.root.RemoveAll(p)
		} else if errors.Is(err, syscall.EWOULDBLOCK) {
			err = nil // a living process's
		}
		_ = f.Close()
		if err != nil {
			return unsuitable(s.abs, "cannot be cleared of unfinished files", err)
		}
	}
	return nil
}

// links tries what Put needs.
func (s *Store) links() error {
	a, b := path.Join(s.stage, "a"), path.Join(s.stage, "b")
	if err := s.root.WriteFile(a, []byte("x"), 0o600); err != nil {
		return err
	}
	if err := s.root.Link(a, b); err != nil {
		return err
	}
	return errors.Join(s.root.Remove(a), s.root.Remove(b))
}

// Close gives the directory back. Readers that are open stay usable.
func (s *Store) Close() error {
	s.hot.close()
	var err error
	if s.lock != nil {
		err = errors.Join(s.root.RemoveAll(s.stage), s.lock.Close())
	}
	return errors.Join(err, s.base.Close(), s.root.Close())
}

// place is the key's file, relative to the root.
func place(key blob.Key) string {
	folder, name := path.Split(string(key))
	h := fan(name)
	return path.Join(objects, folder, h[0], h[1], name)
}

// fan gives the two fan-out folders of a name: 64 × 64 by its FNV-1a hash.
func fan(name string) [2]string {
	h := uint32(2166136261)
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	h ^= h >> 15 // the lower bits of short names differ little
	return [2]string{step(h), step(h >> 6)}
}

func step(h uint32) string {
	const hex = "0123456789abcdef"
	return "=" + string([]byte{hex[h>>4&3], hex[h&15]})
}

// Path returns the blob's file; see blob.Pather.
func (s *Store) Path(key blob.Key) (string, bool) {
	if key.Valid() != nil {
		return "", false
	}
	return filepath.Join(s.abs, filepath.FromSlash(place(key))), true
}

// next is a fresh file name in this process's staging folder.
func (s *Store) next() string {
	return path.Join(s.stage, strconv.FormatUint(s.serial.Add(1), 10))
}

// sync makes a folder's entries durable.
func (s *Store) sync(folder string) error {
	d, err := s.root.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// home makes the folder and those above it, durably, unless it is known to be.
// That a folder exists is not enough: whoever made it may not have synced yet.
func (s *Store) home(folder string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.homeLocked(folder)
}

func (s *Store) homeLocked(folder string) error {
	if _, ok := s.known[folder]; ok || folder == objects {
		return nil
	}
	up := path.Dir(folder)
	if err := s.homeLocked(up); err != nil {
		return err
	}
	if err := s.root.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := s.sync(up); err != nil {
		return err
	}
	s.known[folder] = struct{}{}
	return nil
}

// forget is for folders that somebody else has removed.
func (s *Store) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.known)
}

// told turns an error of the file system into what callers can act on.
func (s *Store) told(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return blob.Full(err)
	case errors.Is(err, syscall.EFBIG):
		e := fault.As(blob.TooLarge("The file is larger than the file system of the storage allows."))
		e.Err = err
		return e
	case errors.Is(err, fs.ErrNotExist):
		// Nothing under the key, or no storage at all?
		if _, err2 := s.root.Stat(objects); err2 != nil {
			return blob.Unavailable(err2)
		}
		return blob.Absent()
	}
	return blob.Unavailable(err)
}

var (
	_ blob.Store  = (*Store)(nil)
	_ blob.Pather = (*Store)(nil)
	_ blob.Filer  = (*blob.FileReader)(nil)
)

func isAbsent(err error) bool { return fault.CodeOf(err) == blob.CodeAbsent }
