// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// elsewhere is where private folders go when the data folder is closed to nobody.
const elsewhere = "/var/tmp"

// openHome makes the folder of this process under scratch and removes those of
// processes that are gone. A folder belongs to a living process as long as that
// holds the lock on the file beside it: the kernel lets go of it at any death.
func openHome(scratch string, log *slog.Logger) (string, *os.File, error) {
	scratch, err := filepath.Abs(scratch)
	if err != nil {
		return "", nil, err
	}
	scratch, err = reachable(scratch, log)
	if err != nil {
		return "", nil, err
	}
	sweep(scratch, log)
	f, err := os.CreateTemp(scratch, "proc-*.lock")
	if err != nil {
		return "", nil, err
	}
	if ok, err := lock(f); err != nil || !ok {
		return "", nil, errors.Join(errors.New("a new file is locked already"), err, f.Close())
	}
	home := strings.TrimSuffix(f.Name(), ".lock")
	if err := errors.Join(os.Mkdir(home, 0o700), os.Chmod(home, homeMode())); err != nil {
		return "", nil, errors.Join(err, f.Close())
	}
	return home, f, nil
}

// reachable makes scratch and returns it, or a place under /var/tmp when the
// server is root and the user nobody, which tasks run as, could not get there.
func reachable(scratch string, log *slog.Logger) (string, error) {
	if err := os.MkdirAll(scratch, homeMode()); err != nil {
		return "", err
	}
	if !asRoot() {
		return scratch, nil
	}
	closed, err := closedAncestor(scratch)
	if err != nil || closed == "" {
		return scratch, err
	}
	sum := sha256.Sum256([]byte(scratch))
	other := filepath.Join(elsewhere, "tillgang-"+hex.EncodeToString(sum[:6]))
	if err := os.Mkdir(other, homeMode()); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	st, err := os.Lstat(other)
	if err != nil {
		return "", err
	}
	if !st.IsDir() || !ownedByRoot(st) {
		return "", fmt.Errorf("%s is in the way: it belongs to somebody else; remove it", other)
	}
	log.Info("tools run as the user nobody, who may not enter the data folder; their private folders are elsewhere",
		slog.String("closed", closed), slog.String("scratch", other))
	return other, os.Chmod(other, homeMode())
}

// closedAncestor returns the first folder on the way to path, path included,
// that others may not pass through, or "".
func closedAncestor(path string) (string, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	for at := path; ; at = filepath.Dir(at) {
		st, err := os.Stat(at)
		if err != nil {
			return "", err
		}
		if st.Mode()&0o001 == 0 {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", nil
		}
	}
}

// homeMode lets the user nobody pass through, but not look, when the server is
// root; otherwise tasks are the same user.
func homeMode() fs.FileMode {
	if asRoot() {
		return 0o711
	}
	return 0o700
}

// sweep removes the folders of processes that are gone.
func sweep(scratch string, log *slog.Logger) {
	locks, _ := filepath.Glob(filepath.Join(scratch, "proc-*.lock"))
	for _, name := range locks {
		f, err := os.OpenFile(name, os.O_RDWR|noFollow, 0) // of our own folder
		if err != nil {
			continue
		}
		if free, err := lock(f); err == nil && free {
			err = errors.Join(removeAll(strings.TrimSuffix(name, ".lock")), os.Remove(name))
			if err != nil {
				log.Warn("what a crashed process left could not be removed", slog.Any("error", err))
			}
		}
		_ = f.Close()
	}
}

// removeAll removes path also when a task has taken the rights to its own
// folders away. It follows no links.
func removeAll(path string) error {
	err := os.RemoveAll(path)
	if err == nil {
		return nil
	}
	root, rootErr := os.OpenRoot(path)
	if rootErr != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	_ = fs.WalkDir(root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && d.Type()&fs.ModeSymlink == 0 && p != "." {
			_ = root.Chmod(p, 0o700)
		}
		return nil
	})
	return os.RemoveAll(path)
}

// give makes the files that the server put into dir the task's own. Files with
// further names (hard links) stay as they are: their owner is not ours to change.
func give(dir string) error {
	if !asRoot() {
		return nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return fs.WalkDir(root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		if ownedByRoot(st) && (st.IsDir() || (st.Mode().IsRegular() && links(st) == 1)) {
			return root.Lchown(p, nobody, nobody)
		}
		return nil
	})
}
