// SPDX-License-Identifier: Apache-2.0

package cache

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"tillgang/internal/blob"
)

// disk is one process's part of the cache directory: <directory>/<n>, locked.
// A copy is the file <2 hex digits>/<rest of the key's hash>.<modification time
// of the blob>; its own modification time is when it was fetched.
type disk struct {
	root   *os.Root
	lock   *os.File
	serial atomic.Uint64
}

// bootFile names the boot of the machine that the copies were written in. They
// are not synced: after a power cut a file can be whole by its size and hold
// zeros.
const bootFile = "boot"

// parts is how many processes of one machine may share a directory.
const parts = 16

func openDisk(directory string) (*disk, error) {
	var mine *disk
	for i := range parts {
		d, err := lockPart(filepath.Join(directory, strconv.Itoa(i)), mine == nil)
		switch {
		case errors.Is(err, syscall.EWOULDBLOCK), errors.Is(err, fs.ErrNotExist):
		case err != nil:
			if mine != nil {
				_ = mine.close()
			}
			return nil, fmt.Errorf("open the cache directory: %w", err)
		case mine == nil:
			mine = d
		default: // left behind by a process that is gone
			d.wipe()
			_ = d.close()
		}
	}
	if mine == nil {
		return nil, fmt.Errorf("open the cache directory: %d processes use it already", parts)
	}
	return mine, nil
}

func lockPart(at string, create bool) (*disk, error) {
	if create {
		if err := os.MkdirAll(at, 0o700); err != nil {
			return nil, err
		}
	}
	root, err := os.OpenRoot(at)
	if err != nil {
		return nil, err
	}
	d := &disk{root: root}
	if d.lock, err = root.Open("."); err == nil {
		err = syscall.Flock(int(d.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		_ = d.close()
		return nil, err
	}
	return d, nil
}

func (d *disk) close() error {
	var err error
	if d.lock != nil {
		err = d.lock.Close()
	}
	return errors.Join(err, d.root.Close())
}

// wipe removes everything, as far as that is possible.
func (d *disk) wipe() {
	for _, n := range d.list(".") {
		_ = d.root.RemoveAll(n)
	}
}

func (d *disk) list(folder string) []string {
	f, err := d.root.Open(folder)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	names, _ := f.Readdirnames(-1)
	return names
}

var boot = sync.OnceValue(func() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "" // unknown: copies do not outlive the process
	}
	return strings.TrimSpace(string(b))
})

// load returns the copies that are on disk, the one fetched first first, and
// removes what is none.
func (d *disk) load() ([]*copied, error) {
	if b, err := d.root.ReadFile(bootFile); err != nil || boot() == "" || string(b) != boot() {
		d.wipe()
		if err := d.root.WriteFile(bootFile, []byte(boot()), 0o600); err != nil {
			return nil, fmt.Errorf("write to the cache directory: %w", err)
		}
		return nil, nil
	}
	var found []*copied
	for _, folder := range d.list(".") {
		if folder == bootFile {
			continue
		}
		for _, n := range d.list(folder) {
			p := path.Join(folder, n)
			st, err := d.root.Lstat(p)
			c, ok := parse(folder + n)
			if err != nil || !ok || !st.Mode().IsRegular() {
				_ = d.root.RemoveAll(p)
				continue
			}
			c.info.Size, c.fetched = st.Size(), st.ModTime()
			found = append(found, c)
		}
		_ = d.root.Remove(folder) // if it is empty, or a half-written file
	}
	slices.SortFunc(found, func(a, b *copied) int { return a.fetched.Compare(b.fetched) })
	return found, nil
}

func parse(s string) (*copied, bool) {
	digits, nanos, ok := strings.Cut(s, ".")
	b, err := hex.DecodeString(digits)
	n, err2 := strconv.ParseInt(nanos, 10, 64)
	if !ok || err != nil || err2 != nil || len(b) != len(name{}) {
		return nil, false
	}
	return &copied{name: name(b), info: blob.Info{ModTime: time.Unix(0, n).UTC()}}, true
}

// place is the copy's file.
func (c *copied) place() string {
	h := hex.EncodeToString(c.name[:])
	return path.Join(h[:2], h[2:]+"."+strconv.FormatInt(c.info.ModTime.UnixNano(), 10))
}

// write stores what r gives as the copy's file; it is visible only when whole.
func (d *disk) write(c *copied, r io.Reader) error {
	tmp := "t" + strconv.FormatUint(d.serial.Add(1), 10)
	f, err := d.root.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, r)
	if err == nil && n != c.info.Size {
		err = io.ErrUnexpectedEOF
	}
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err == nil {
		to := c.place()
		if err = d.root.Mkdir(path.Dir(to), 0o700); err == nil || errors.Is(err, fs.ErrExist) {
			err = d.root.Rename(tmp, to)
		}
	}
	if err != nil {
		_ = d.root.Remove(tmp)
	}
	return err
}

// open opens the copy's file if it is still what it was.
func (d *disk) open(c *copied) (*os.File, error) {
	f, err := d.root.Open(c.place())
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && (st.Size() != c.info.Size || !st.Mode().IsRegular()) {
		err = errors.New("the cached file has changed")
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func (d *disk) remove(c *copied) { _ = d.root.Remove(c.place()) }
