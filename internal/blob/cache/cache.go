// SPDX-License-Identifier: Apache-2.0

// Package cache is a bounded disk cache in front of a remote blob store, for
// renditions: what was read once is served from a local file, by sendfile, and
// goes on being served while the store is away.
//
// It holds copies only and may be deleted at any time. Its readers must have
// been authorised before, as with any store: a blob that another process
// deleted may be found here until MaxAge has passed.
package cache

import (
	"container/list"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"tillgang/internal/blob"
	"tillgang/internal/fault"
)

// Options bound a cache.
type Options struct {
	Limit   int64         // bytes of all files; needed
	MaxBlob int64         // larger blobs are passed through; 0: a sixteenth of Limit
	MaxAge  time.Duration // after so long a copy is fetched anew; 0: a day
	Now     func() time.Time
	Log     *slog.Logger
}

// Store is a blob.Store that keeps copies of what is read. Writing, listing and
// probing go straight through.
type Store struct {
	blob.Store // the one behind
	o          Options
	disk       *disk

	mu      sync.Mutex
	copies  map[name]*copied
	recent  *list.List // of *copied, the last used first
	total   int64      // bytes, of what is being fetched, too
	flights map[name]*flight
	large   map[name]struct{} // known to be larger than MaxBlob
	ctx     context.Context   // ends with Close
	stop    context.CancelFunc
	fetches sync.WaitGroup
}

// name is a key's hash: the copy's file name.
type name [sha256.Size]byte

// copied is a copy on disk.
type copied struct {
	name    name
	info    blob.Info
	fetched time.Time
	elem    *list.Element
}

// flight is a fetch under way, for which all who want the blob wait.
type flight struct {
	done   chan struct{}
	doomed bool  // the blob was deleted meanwhile
	err    error // set before done is closed; errPass: ask the store behind
}

var errPass = errors.New("not for the cache")

// Open puts a cache in front of store, in a directory that is its own. Several
// processes may name the same directory: each takes a part of it with its own
// Limit. Copies are found again after a restart, but not after a power cut,
// since they are not synced. Close ends the cache and leaves store open.
func Open(store blob.Store, directory string, o Options) (*Store, error) {
	if o.Limit <= 0 || o.Now == nil || o.Log == nil {
		return nil, errors.New("the cache needs a limit, a clock and a log")
	}
	if o.MaxBlob == 0 {
		o.MaxBlob = o.Limit / 16
	}
	o.MaxBlob = min(o.MaxBlob, o.Limit)
	if o.MaxAge == 0 {
		o.MaxAge = 24 * time.Hour
	}
	d, err := openDisk(directory)
	if err != nil {
		return nil, err
	}
	s := &Store{
		Store: store, o: o, disk: d, copies: map[name]*copied{}, recent: list.New(),
		flights: map[name]*flight{}, large: map[name]struct{}{},
	}
	s.ctx, s.stop = context.WithCancel(context.Background()) //nolint:forbidigo // fills of the cache outlive the request that began them, until Close
	found, err := d.load()
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	for _, c := range found { // oldest first
		c.elem = s.recent.PushFront(c)
		s.copies[c.name] = c
		s.total += c.info.Size
	}
	s.room(0)
	return s, nil
}

// Close ends fetches under way. Open readers stay usable.
func (s *Store) Close() error {
	s.stop()
	s.fetches.Wait()
	return s.disk.close()
}

// Size returns the bytes that the copies take, for metrics.
func (s *Store) Size() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// Open returns the whole blob; the reader is a blob.Filer if a copy is kept.
func (s *Store) Open(ctx context.Context, key blob.Key) (blob.Reader, error) {
	f, info, err := s.file(ctx, key)
	if errors.Is(err, errPass) {
		return s.Store.Open(ctx, key)
	}
	if err != nil {
		return nil, err
	}
	return blob.NewFileReader(f, info, 0, info.Size), nil
}

// OpenRange returns a part of the blob. If there is no copy the whole blob is
// fetched first.
func (s *Store) OpenRange(ctx context.Context, key blob.Key, offset, length int64) (blob.Reader, error) {
	if err := blob.CheckRange(offset, length); err != nil {
		return nil, err
	}
	f, info, err := s.file(ctx, key)
	if errors.Is(err, errPass) {
		return s.Store.OpenRange(ctx, key, offset, length)
	}
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

// Stat returns the blob's size and time, those of the copy if there is one.
func (s *Store) Stat(ctx context.Context, key blob.Key) (blob.Info, error) {
	if err := key.Valid(); err != nil {
		return blob.Info{}, err
	}
	s.mu.Lock()
	c := s.fresh(sha256.Sum256([]byte(key)))
	s.mu.Unlock()
	if c != nil {
		return c.info, nil
	}
	return s.Store.Stat(ctx, key)
}

// Delete removes the blob from the store behind and its copy here.
func (s *Store) Delete(ctx context.Context, key blob.Key) error {
	if err := s.Store.Delete(ctx, key); err != nil {
		return err
	}
	n := name(sha256.Sum256([]byte(key)))
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.flights[n]; f != nil {
		f.doomed = true
	}
	delete(s.large, n)
	if c := s.copies[n]; c != nil {
		s.drop(c)
	}
	return nil
}

// file returns the copy's file, fetching it if need be, or errPass.
func (s *Store) file(ctx context.Context, key blob.Key) (*os.File, blob.Info, error) {
	if err := key.Valid(); err != nil {
		return nil, blob.Info{}, err
	}
	n := name(sha256.Sum256([]byte(key)))
	for range 3 { // a copy may be evicted before it is opened
		if err := ctx.Err(); err != nil {
			return nil, blob.Info{}, err
		}
		s.mu.Lock()
		c := s.fresh(n)
		if c == nil {
			f := s.begin(key, n)
			s.mu.Unlock()
			if f == nil {
				break
			}
			select {
			case <-f.done:
			case <-ctx.Done():
				return nil, blob.Info{}, ctx.Err()
			}
			if f.err != nil {
				return nil, blob.Info{}, f.err
			}
			continue
		}
		s.recent.MoveToFront(c.elem)
		s.mu.Unlock()
		if f, err := s.disk.open(c); err == nil {
			return f, c.info, nil
		}
		s.mu.Lock()
		if s.copies[n] == c { // somebody has been at the files
			s.drop(c)
		}
		s.mu.Unlock()
	}
	return nil, blob.Info{}, errPass
}

// fresh returns the copy if it is not too old. s.mu is held.
func (s *Store) fresh(n name) *copied {
	c := s.copies[n]
	if c == nil {
		return nil
	}
	if s.o.Now().Sub(c.fetched) > s.o.MaxAge {
		s.drop(c)
		return nil
	}
	return c
}

// drop forgets a copy and removes its file. s.mu is held.
func (s *Store) drop(c *copied) {
	delete(s.copies, c.name)
	s.recent.Remove(c.elem)
	s.total -= c.info.Size
	s.disk.remove(c)
}

// room evicts until n more bytes fit. s.mu is held, or the store is not open.
func (s *Store) room(n int64) {
	for s.total+n > s.o.Limit && s.recent.Len() > 0 {
		s.drop(s.recent.Back().Value.(*copied))
	}
}

// begin returns the fetch of a blob, a new one or the one under way; nil if it
// is not for the cache. s.mu is held.
func (s *Store) begin(key blob.Key, n name) *flight {
	if f := s.flights[n]; f != nil {
		return f
	}
	if _, ok := s.large[n]; ok || s.ctx.Err() != nil {
		return nil
	}
	f := &flight{done: make(chan struct{})}
	s.flights[n] = f
	// Whoever asked first may go away; the others, and the next, still want it.
	s.fetches.Go(func() {
		c, err := s.fetch(key, n)
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case err != nil:
			f.err = err
		case f.doomed:
			s.total -= c.info.Size
			s.disk.remove(c)
			f.err = errPass
		default:
			c.elem = s.recent.PushFront(c)
			s.copies[n] = c
		}
		delete(s.flights, n)
		close(f.done)
	})
	return f
}

// fetch copies a blob to disk. Its bytes are counted in s.total unless it fails.
func (s *Store) fetch(key blob.Key, n name) (*copied, error) {
	r, err := s.Store.Open(s.ctx, key)
	if err != nil {
		if s.ctx.Err() != nil {
			return nil, errPass
		}
		return nil, err
	}
	defer func() { _ = r.Close() }()
	size := r.Size()
	s.mu.Lock()
	if size > s.o.MaxBlob {
		if len(s.large) > 10_000 {
			clear(s.large)
		}
		s.large[n] = struct{}{}
		s.mu.Unlock()
		return nil, errPass
	}
	s.room(size)
	if s.total+size > s.o.Limit { // other fetches under way need all there is
		s.mu.Unlock()
		return nil, errPass
	}
	s.total += size
	s.mu.Unlock()

	c := &copied{name: n, info: r.Info(), fetched: s.o.Now()}
	in := &source{Reader: r}
	if err = s.disk.write(c, in); err == nil {
		return c, nil
	}
	s.mu.Lock()
	s.total -= size
	s.mu.Unlock()
	switch {
	case s.ctx.Err() != nil:
		return nil, errPass
	case in.err != nil && fault.KindOf(in.err) != fault.Internal:
		return nil, in.err
	case in.err != nil:
		return nil, fmt.Errorf("fetch into the cache: %w", in.err)
	}
	// The store is well and the cache's disk is not: serve all the same.
	s.o.Log.Warn("cache could not be written", slog.Any("error", err))
	return nil, errPass
}

// source remembers the reader's own error, to tell it from one of the disk.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

var _ blob.Store = (*Store)(nil)
