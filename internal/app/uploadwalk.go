// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// sending is a file to be sent.
type sending struct {
	path   string
	below  string // its directory below the one that was named, with slashes; "" for that itself
	folder string // where to; empty: the one of all
	err    error  // why it cannot be sent; nil: it can
}

// findings are what lies below the paths that were named.
type findings struct {
	files        []sending
	size         int64 // of all files, in bytes
	left, unread []passed
}

// passed is what is not sent, and why.
type passed struct{ path, why string }

// look lists what there is below paths. A path that is not there is an error;
// what cannot be read below one is noted, and all else goes on.
func look(paths []string) (f findings, err error) {
	for _, p := range paths {
		root := p
		if info, err := os.Lstat(p); err == nil && info.Mode()&fs.ModeSymlink != 0 { // whoever names a link means what it leads to
			if root, err = filepath.EvalSymlinks(p); err != nil {
				return f, fmt.Errorf("%s leads nowhere: %w", shown(p), err)
			}
		}
		if err := f.walk(root); err != nil {
			return f, err
		}
	}
	return f, nil
}

// walk notes what lies below one path.
func (f *findings) walk(root string) error {
	return filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			if p == root {
				return err
			}
			f.unread = append(f.unread, passed{p, why(err)})
			return nil
		}
		if no := leftOut(e); no != "" && p != root {
			f.left = append(f.left, passed{p, no})
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if e.IsDir() {
			return nil
		}
		if !e.Type().IsRegular() {
			return fmt.Errorf("%s is neither a file nor a directory", shown(p))
		}
		info, err := e.Info()
		if err != nil {
			f.unread = append(f.unread, passed{p, why(err)})
			return nil
		}
		one := sending{path: p}
		if below, err := filepath.Rel(root, filepath.Dir(p)); err == nil && below != "." && p != root {
			one.below = filepath.ToSlash(below)
		}
		f.files, f.size = append(f.files, one), f.size+info.Size()
		return nil
	})
}

// leftOut says why an entry of a directory is not sent; empty: it is.
func leftOut(e fs.DirEntry) string {
	switch {
	case strings.HasPrefix(e.Name(), "."):
		return "hidden"
	case e.Type()&fs.ModeSymlink != 0:
		return "a link; name it to send what it leads to"
	case !e.IsDir() && !e.Type().IsRegular():
		return "no file"
	}
	return ""
}

// why is the system's own word for what went wrong, without the path.
func why(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}

// shown writes a text so that it stays on its line and moves no cursor.
func shown(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return s
	}
	return strconv.Quote(s)
}
