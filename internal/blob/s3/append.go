// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"context"
	"errors"
	"fmt"
	"io"

	"tillgang/internal/blob"
)

// Append sends whole parts as they come; see blob.Stager. A part is collected
// in a file on this machine, so that many uploads at once need little memory,
// and sent while the next one is collected in a second file.
func (s *Store) Append(ctx context.Context, key blob.Key, at blob.Stage, r io.Reader, mark blob.Mark) (blob.Stage, error) {
	g, err := readStage(key, at)
	if err != nil {
		return at, err
	}
	sp, err := s.newSpool()
	if err != nil {
		return at, err
	}
	// What came before the client went away is still sent.
	after := context.WithoutCancel(ctx)
	send := &sending{s: s, ctx: after, key: key, g: *g, at: at}
	defer func() {
		_ = send.wait()
		sp.close()
		send.spare.close()
	}()
	if err := s.restore(after, g, at.Offset, sp); err != nil {
		return at, err
	}
	in := &source{ctx: ctx, r: r}
	for offset := at.Offset; ; {
		before := sp.n
		err := sp.fill(in, g.Part)
		if err2 := send.wait(); err2 != nil {
			return send.at, err2
		}
		if err != nil {
			return send.at, err
		}
		offset += sp.n - before
		if g.Size >= 0 && offset > g.Size {
			return send.at, blob.WrongSize()
		}
		switch whole := sp.n == g.Part || offset == g.Size; {
		case sp.n == before:
		case whole && in.err == nil:
			sp, err = send.begin(sp, offset, mark())
		default:
			err = send.keep(sp, whole, offset, mark())
		}
		switch {
		case err != nil:
			return send.at, err
		case errors.Is(in.err, io.EOF):
			return send.at, send.wait()
		case in.err != nil:
			return send.at, fmt.Errorf("read what is to be stored: %w", in.err)
		}
	}
}

// sending sends what was collected and has it saved, one piece at a time, also
// while more is collected.
type sending struct {
	s     *Store
	ctx   context.Context
	key   blob.Key
	g     stage      // as last saved
	at    blob.Stage // the same, as its owner keeps it
	spare *spool     // the one that is being sent, or was; nil: there is but one yet
	busy  chan error // of what is under way; nil: nothing is
}

// begin sends a whole part and returns a spool to go on with; wait says what
// became of it.
func (a *sending) begin(sp *spool, offset int64, save func(blob.Stage) error) (*spool, error) {
	next := a.spare
	if next == nil {
		var err error
		if next, err = a.s.newSpool(); err != nil {
			return sp, err
		}
	}
	a.spare, a.busy = sp, make(chan error, 1)
	go func() {
		err := a.keep(sp, true, offset, save)
		if err == nil {
			err = sp.reset()
		}
		a.busy <- err
	}()
	return next, nil
}

// wait ends what is under way.
func (a *sending) wait() (err error) {
	if a.busy != nil {
		err = <-a.busy
		a.busy = nil
	}
	return err
}

// keep sends a spool, as the next part if it is a whole one and else as the
// tail, and has that saved.
func (a *sending) keep(sp *spool, whole bool, offset int64, save func(blob.Stage) error) (err error) {
	next := a.g
	next.Tail = ""
	if whole {
		err = a.s.sendPart(a.ctx, a.key, &next, sp)
	} else {
		next.Tail, err = a.s.sendTail(a.ctx, a.key, sp)
	}
	if err != nil {
		return err
	}
	at, err := next.at(offset)
	if err != nil {
		return err
	}
	if err := save(at); err != nil {
		return err
	}
	old := a.g.Tail
	a.g, a.at = next, at
	if old != "" {
		a.s.forget(a.ctx, old)
	}
	return nil
}

// source ends with its context and remembers how reading ended.
type source struct {
	ctx context.Context
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err == nil {
		s.err = s.ctx.Err()
	}
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	s.err = err
	return n, err
}
