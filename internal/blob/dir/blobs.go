// SPDX-License-Identifier: Apache-2.0

package dir

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"tillgang/internal/blob"
)

var buffers = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}

// Put stores r under a new key; see blob.Store. When it returns nil the file,
// its folder and the folders above have been synced.
func (s *Store) Put(ctx context.Context, key blob.Key, r io.Reader, size int64) (blob.Info, error) {
	if err := key.Valid(); err != nil {
		return blob.Info{}, err
	}
	if err := ctx.Err(); err != nil {
		return blob.Info{}, err
	}
	to := place(key)
	// A courtesy before the bytes are read; the link below decides.
	if _, err := s.root.Lstat(to); err == nil {
		return blob.Info{}, blob.Exists()
	}
	tmp := s.next()
	info, err := s.write(ctx, tmp, r, size)
	if err == nil {
		err = s.name(tmp, to)
	}
	if err2 := s.root.Remove(tmp); err2 != nil && err == nil && !errors.Is(err2, fs.ErrNotExist) {
		err = errors.Join(s.told(err2), s.root.Remove(to))
	}
	if err != nil {
		return blob.Info{}, err
	}
	return info, nil
}

// write fills and syncs a staging file.
func (s *Store) write(ctx context.Context, tmp string, r io.Reader, size int64) (blob.Info, error) {
	f, err := s.root.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return blob.Info{}, s.storing(err)
	}
	defer func() { _ = f.Close() }() // again, if all went well
	in := &source{ctx: ctx, r: r}
	var from io.Reader = in
	if size >= 0 {
		from = io.LimitReader(in, size+1) // one more shows that there are too many
	}
	buf := buffers.Get().(*[]byte)
	n, err := io.CopyBuffer(s.room(f, 0), from, *buf)
	buffers.Put(buf)
	switch {
	case in.err != nil:
		return blob.Info{}, fmt.Errorf("read what is to be stored: %w", in.err)
	case err != nil:
		return blob.Info{}, s.storing(err)
	case size >= 0 && n != size:
		return blob.Info{}, blob.WrongSize()
	}
	if err := f.Sync(); err != nil {
		return blob.Info{}, s.storing(err)
	}
	st, err := f.Stat()
	if err != nil {
		return blob.Info{}, s.storing(err)
	}
	if err := f.Close(); err != nil {
		return blob.Info{}, s.storing(err)
	}
	return blob.Info{Size: n, ModTime: st.ModTime()}, ctx.Err()
}

// storing is told for errors of writing, where "does not exist" means that the
// staging folder is gone and never that a blob is absent.
func (s *Store) storing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return blob.Unavailable(err)
	}
	return s.told(err)
}

// name gives a staged file its place, unless the place is taken, durably.
func (s *Store) name(tmp, to string) error {
	folder := path.Dir(to)
	err := s.home(folder)
	if err == nil {
		err = s.root.Link(tmp, to)
		if errors.Is(err, fs.ErrNotExist) { // somebody tidied empty folders away
			s.forget()
			if err = s.home(folder); err == nil {
				err = s.root.Link(tmp, to)
			}
		}
	}
	if errors.Is(err, fs.ErrExist) {
		return blob.Exists()
	}
	if err != nil {
		return s.storing(err)
	}
	if err := s.sync(folder); err != nil {
		return errors.Join(s.storing(err), s.root.Remove(to))
	}
	return nil
}

// Open returns the whole blob; the reader is a blob.Filer.
func (s *Store) Open(ctx context.Context, key blob.Key) (blob.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o := s.hot.take(key); o != nil {
		return s.shared(o), nil
	}
	f, info, err := s.open(ctx, key)
	if err != nil {
		return nil, err
	}
	if o := s.hot.keep(key, f, info); o != nil {
		return s.shared(o), nil
	}
	return blob.NewFileReader(f, info, 0, info.Size), nil
}

func (s *Store) shared(o *opened) blob.Reader {
	return blob.NewSharedFileReader(o.f, o.info, 0, o.info.Size, func() { s.hot.give(o) })
}

// OpenRange returns a part of the blob; the reader is a blob.Filer.
func (s *Store) OpenRange(ctx context.Context, key blob.Key, offset, length int64) (blob.Reader, error) {
	if err := blob.CheckRange(offset, length); err != nil {
		return nil, err
	}
	f, info, err := s.open(ctx, key)
	if err != nil {
		return nil, err
	}
	first, n, err := blob.Span(info.Size, offset, length)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return blob.NewFileReader(f, info, first, n), nil
}

func (s *Store) open(ctx context.Context, key blob.Key) (*os.File, blob.Info, error) {
	if err := key.Valid(); err != nil {
		return nil, blob.Info{}, err
	}
	if err := ctx.Err(); err != nil {
		return nil, blob.Info{}, err
	}
	f, err := s.openBelow(place(key))
	if err != nil {
		return nil, blob.Info{}, s.told(err)
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file", place(key))
	}
	if err != nil {
		_ = f.Close()
		return nil, blob.Info{}, blob.Unavailable(err)
	}
	return f, blob.Info{Size: st.Size(), ModTime: st.ModTime()}, nil
}

// Stat returns the blob's size and time.
func (s *Store) Stat(ctx context.Context, key blob.Key) (blob.Info, error) {
	if err := key.Valid(); err != nil {
		return blob.Info{}, err
	}
	if err := ctx.Err(); err != nil {
		return blob.Info{}, err
	}
	st, err := s.root.Stat(place(key))
	if err != nil {
		return blob.Info{}, s.told(err)
	}
	return blob.Info{Size: st.Size(), ModTime: st.ModTime()}, nil
}

// Delete removes the blob, durably; an absent one is no error.
func (s *Store) Delete(ctx context.Context, key blob.Key) error {
	if err := key.Valid(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	p := place(key)
	err := s.root.Remove(p)
	s.hot.drop(key, nil)
	if err == nil {
		err = s.sync(path.Dir(p))
	}
	if err = s.told(err); isAbsent(err) {
		return nil
	}
	return err
}

// List yields the blobs whose keys start with prefix; see blob.Store. It holds
// the names of one folder at a time in memory.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[blob.Item, error] {
	return func(yield func(blob.Item, error) bool) {
		if err := blob.ValidPrefix(prefix); err != nil {
			yield(blob.Item{}, err)
			return
		}
		folder, _ := path.Split(prefix)
		s.walk(ctx, folder, prefix, yield)
	}
}

// walk yields a folder's blobs and reports whether to go on. folder is empty
// or ends with a slash.
func (s *Store) walk(ctx context.Context, folder, prefix string, yield func(blob.Item, error) bool) bool {
	names, err := s.names(ctx, folder)
	if err != nil {
		if err = s.told(err); isAbsent(err) {
			return true
		}
		yield(blob.Item{}, err)
		return false
	}
	for _, n := range names {
		key := folder + n
		switch {
		case strings.HasSuffix(n, "/"):
			if strings.HasPrefix(key, prefix) && !s.walk(ctx, key, prefix, yield) {
				return false
			}
		case strings.HasPrefix(key, prefix):
			info, err := s.Stat(ctx, blob.Key(key))
			if isAbsent(err) { // deleted meanwhile
				continue
			}
			if !yield(blob.Item{Key: blob.Key(key), Info: info}, err) || err != nil {
				return false
			}
		}
	}
	return true
}

// names returns what stands in a folder of keys, in the byte order of keys:
// blobs by their names, folders with a slash behind theirs.
func (s *Store) names(ctx context.Context, folder string) ([]string, error) {
	base := path.Join(objects, folder)
	top, err := s.read(base)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, t := range top {
		if t[0] != '=' {
			names = append(names, t+"/")
			continue
		}
		mid, err := s.read(path.Join(base, t))
		if err != nil {
			return nil, err
		}
		for _, m := range mid {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			leaf, err := s.read(path.Join(base, t, m))
			if err != nil {
				return nil, err
			}
			for _, n := range leaf {
				if blob.Key(n).Valid() == nil { // not something of an operator's
					names = append(names, n)
				}
			}
		}
	}
	slices.Sort(names)
	return names, nil
}

func (s *Store) read(folder string) ([]string, error) {
	d, err := s.root.Open(folder)
	if err != nil {
		return nil, err
	}
	defer func() { _ = d.Close() }()
	return d.Readdirnames(-1)
}

// Probe writes, reads, compares and deletes a small blob.
func (s *Store) Probe(ctx context.Context) error {
	s.probing.Lock() // one name per process, or probes would fill all fan-out folders
	defer s.probing.Unlock()
	key := blob.Key("probe/" + strings.ToLower(path.Base(s.stage)))
	want := []byte(rand.Text())
	if _, err := s.Put(ctx, key, bytes.NewReader(want), int64(len(want))); err != nil {
		return err
	}
	got, err := s.slurp(ctx, key)
	if err == nil && !bytes.Equal(got, want) {
		err = blob.Unavailable(errors.New("the storage directory gave other bytes than were stored"))
	}
	return errors.Join(err, s.Delete(context.WithoutCancel(ctx), key))
}

func (s *Store) slurp(ctx context.Context, key blob.Key) ([]byte, error) {
	r, err := s.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	return io.ReadAll(r)
}
