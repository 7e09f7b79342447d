// SPDX-License-Identifier: Apache-2.0

package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"tillgang/internal/blob"
)

// stages holds the blobs on their way in, one file each, across restarts. A
// file is named after its key, with "=" for "/", which is in no key.
const stages = "stages"

// checkpoint is how many bytes are made durable and saved at a time: what a
// crash in the middle of a long request can cost.
const checkpoint = 64 << 20

func stageFile(key blob.Key) string {
	return path.Join(stages, strings.ReplaceAll(string(key), "/", "="))
}

// Begin makes an empty stage; see blob.Stager.
func (s *Store) Begin(ctx context.Context, key blob.Key, _ int64) (blob.Stage, error) {
	if err := key.Valid(); err != nil {
		return blob.Stage{}, err
	}
	if err := ctx.Err(); err != nil {
		return blob.Stage{}, err
	}
	if _, err := s.root.Lstat(place(key)); err == nil {
		return blob.Stage{}, blob.Exists()
	}
	f, err := s.root.OpenFile(stageFile(key), os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		err = errors.Join(f.Close(), s.sync(stages))
	}
	return blob.Stage{}, s.storing(err)
}

// lockStage opens a stage's file for this call alone.
func (s *Store) lockStage(key blob.Key) (*os.File, error) {
	if err := key.Valid(); err != nil {
		return nil, err
	}
	f, err := s.root.OpenFile(stageFile(key), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, blob.StageGone(err)
	}
	if err != nil {
		return nil, s.storing(err)
	}
	// The lock ends with the process, however that ends, and holds against
	// other processes on the same directory, too.
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, blob.Busy()
		}
		return nil, s.storing(err)
	}
	return f, nil
}

// unlock gives a stage back. Closing alone would not: a tool that is being
// started in this moment holds the file, too, until it has become itself.
func unlock(f *os.File) {
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
	_ = f.Close()
}

// Append adds what r gives, saving every 64 MiB while the next are written; see
// blob.Stager.
func (s *Store) Append(ctx context.Context, key blob.Key, at blob.Stage, r io.Reader, mark blob.Mark) (blob.Stage, error) {
	f, err := s.lockStage(key)
	if err != nil {
		return at, err
	}
	defer unlock(f)
	if err := s.cut(f, at.Offset); err != nil {
		return at, err
	}
	if _, err := f.Seek(at.Offset, io.SeekStart); err != nil {
		return at, s.storing(err)
	}
	in := &source{ctx: ctx, r: r}
	to := s.room(f, at.Offset)
	saver := &saver{s: s, f: f, at: at}
	for {
		n, err := in.copyTo(to, s.checkpoint)
		if err2 := saver.wait(); err2 != nil {
			return saver.at, err2
		}
		if err != nil {
			return saver.at, s.storing(err)
		}
		at.Offset += n
		if in.err == nil && n == s.checkpoint {
			saver.begin(at, mark())
			continue
		}
		if n > 0 {
			if err := saver.save(at, mark()); err != nil {
				return saver.at, err
			}
		}
		if in.err != nil {
			err = fmt.Errorf("read what is to be stored: %w", in.err)
		}
		return saver.at, err
	}
}

// saver makes durable what was written and has it saved, also while more is
// written: one checkpoint at a time, so that what is not durable stays bounded.
type saver struct {
	s    *Store
	f    *os.File
	at   blob.Stage // as last saved
	busy chan error // of the checkpoint under way; nil: none is
}

func (v *saver) begin(at blob.Stage, save func(blob.Stage) error) {
	v.busy = make(chan error, 1)
	go func() { v.busy <- v.save(at, save) }()
}

// wait ends the checkpoint that is under way.
func (v *saver) wait() (err error) {
	if v.busy != nil {
		err = <-v.busy
		v.busy = nil
	}
	return err
}

// save tells of the bytes once they are durable, not before.
func (v *saver) save(at blob.Stage, save func(blob.Stage) error) error {
	if err := v.f.Sync(); err != nil {
		return v.s.storing(err)
	}
	if err := save(at); err != nil {
		return err
	}
	v.at = at
	return nil
}

// cut takes away what was written and never saved.
func (s *Store) cut(f *os.File, size int64) error {
	st, err := f.Stat()
	switch {
	case err != nil:
		return s.storing(err)
	case st.Size() < size:
		return blob.StageGone(fmt.Errorf("the stage has %d bytes of %d", st.Size(), size))
	case st.Size() > size:
		return s.storing(f.Truncate(size))
	}
	return nil
}

// Publish gives the stage's file its place; see blob.Stager.
func (s *Store) Publish(ctx context.Context, key blob.Key, at blob.Stage) (blob.Info, error) {
	if err := ctx.Err(); err != nil {
		return blob.Info{}, err
	}
	to := place(key)
	f, err := s.lockStage(key)
	if err != nil {
		if st, err2 := s.root.Lstat(to); err2 == nil && st.Size() == at.Offset && key.Valid() == nil {
			return blob.Info{Size: st.Size(), ModTime: st.ModTime()}, s.storing(s.sync(path.Dir(to))) // an earlier call's
		}
		return blob.Info{}, err
	}
	defer unlock(f)
	if err := s.cut(f, at.Offset); err != nil {
		return blob.Info{}, err
	}
	if err := f.Sync(); err != nil {
		return blob.Info{}, s.storing(err)
	}
	st, err := f.Stat()
	if err != nil {
		return blob.Info{}, s.storing(err)
	}
	if err := s.name(stageFile(key), to); err != nil {
		there, err2 := s.root.Lstat(to)
		if err2 != nil || !os.SameFile(there, st) {
			return blob.Info{}, err
		}
		if err := s.sync(path.Dir(to)); err != nil {
			return blob.Info{}, s.storing(err)
		}
	}
	if err := s.root.Remove(stageFile(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return blob.Info{}, s.storing(err)
	}
	return blob.Info{Size: st.Size(), ModTime: st.ModTime()}, nil
}

// Abort removes the stage's file; see blob.Stager.
func (s *Store) Abort(_ context.Context, key blob.Key, _ blob.Stage) error {
	if err := key.Valid(); err != nil {
		return err
	}
	if err := s.root.Remove(stageFile(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s.storing(err)
	}
	return nil
}

// SweepStages removes the files that nobody wants and that were not written to
// since before; see blob.Stager.
func (s *Store) SweepStages(ctx context.Context, before time.Time, keep func(blob.Key) (bool, error)) (int, error) {
	names, err := s.read(stages)
	if err != nil {
		return 0, s.storing(err)
	}
	n := 0
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		key := blob.Key(strings.ReplaceAll(name, "=", "/"))
		st, err := s.root.Lstat(path.Join(stages, name))
		if err != nil || key.Valid() != nil || !st.Mode().IsRegular() || !st.ModTime().Before(before) {
			continue
		}
		wanted, err := keep(key)
		if err != nil {
			return n, err
		}
		if wanted {
			continue
		}
		if err := s.Abort(ctx, key, blob.Stage{}); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

var _ blob.Stager = (*Store)(nil)
