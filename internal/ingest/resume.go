// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/filemeta"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Piece is what is said beside the next bytes of an upload.
type Piece struct {
	Offset   int64     // where they belong
	Length   *int64    // of the whole, if it was not known before; nil: nothing is said
	Size     int64     // of this piece; -1: not announced
	Checksum *Checksum // nil: none
	Stop     func()    // ends a read that hangs; may be nil
}

// finishTime bounds what is done once all bytes are there, whether or not the
// client still waits.
const finishTime = 10 * time.Minute

// Continue adds the bytes that r gives. What came is kept even if r breaks off:
// whoever asks with Resume is told how much that is. A newer call for the same
// upload ends this one. With the last byte the upload becomes an asset.
//
// Faults: upload.not_found, upload.offset, upload.length, upload.too_long,
// upload.too_large, upload.checksum, upload.final, upload.busy,
// upload.interrupted, asset.duplicate with the member "id" in Extra, those of
// the folder room, and storage.* and database.unavailable while those are away.
func (s *Service) Continue(ctx context.Context, who access.Actor, of id.Upload, p Piece, r io.Reader) (Upload, error) {
	held, l, err := s.hold(ctx, who, of, p.Stop)
	if err != nil {
		return Upload{}, err
	}
	defer l.release(ctx)
	if l.row.Concat == Final {
		return l.row.out(), fault.New(fault.Forbidden, "upload.final", "This upload was joined from others; nothing can be added to it.")
	}
	if p.Offset != l.row.Offset {
		return l.row.out(), fault.New(fault.Conflict, "upload.offset", fmt.Sprintf("The server has %d bytes of this upload. Go on from there.", l.row.Offset))
	}
	if err := s.declare(ctx, l, p); err != nil {
		return l.row.out(), err
	}
	if !l.row.whole() {
		err = s.take(held, l, p, r)
	}
	if err != nil {
		switch cause := context.Cause(held); {
		case errors.Is(cause, errTakenOver), errors.Is(cause, errLeaseLost):
			err = takenOver(cause)
		case errors.Is(err, errLeaseLost): // noticed by saving, before the watch did
			err = takenOver(err)
		case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
			err = brokenOff(err)
		}
		return l.row.out(), err
	}
	return s.settle(ctx, who, l)
}

func takenOver(cause error) error {
	return &fault.Error{Kind: fault.Conflict, Code: "upload.taken_over", Err: cause, Text: "A newer request goes on with this upload."}
}

func brokenOff(err error) error {
	return &fault.Error{Kind: fault.Invalid, Code: "upload.interrupted", Err: err, Text: "The connection broke off. What came is kept: ask how much that is, and go on from there."}
}

const sqlDeclare = `update upload set length = @length where id = @id and lease_token = @token and length is null`

// declare notes the length of the whole, once it is said, and holds the piece
// against it.
func (s *Service) declare(ctx context.Context, l *lease, p Piece) error {
	if p.Length != nil {
		switch n := *p.Length; {
		case l.row.Length != nil && *l.row.Length != n, n < l.row.Offset:
			return fault.New(fault.Invalid, "upload.length", "The length of an upload cannot be changed once it is known, nor be less than what came.")
		case n > s.cfg.MaxBytes:
			return tooLarge(s.cfg.MaxBytes)
		case l.row.Length == nil:
			l.row.Length = p.Length
			err := pg.In(ctx, s.db, l.tenant, func(tx pg.Tx) error {
				return fenced(tx.Exec(ctx, sqlDeclare, pgx.StrictNamedArgs{"id": l.upload, "token": l.token, "length": p.Length}))
			})
			if err != nil {
				return err
			}
		}
	}
	if p.Size >= 0 && p.Size > s.room(l) {
		return s.tooLong(l)
	}
	return nil
}

// room is how many bytes may still come.
func (s *Service) room(l *lease) int64 {
	if l.row.Length != nil {
		return *l.row.Length - l.row.Offset
	}
	return s.cfg.MaxBytes - l.row.Offset
}

func (s *Service) tooLong(l *lease) error {
	if l.row.Length == nil {
		return tooLarge(s.cfg.MaxBytes)
	}
	return fault.New(fault.TooLarge, "upload.too_long", "More bytes came than the upload's announced length has left.")
}

// take stores the bytes and saves, with every piece that is durable, how far
// the upload has come and the hash of exactly that.
func (s *Service) take(ctx context.Context, l *lease, p Piece, r io.Reader) error {
	if p.Checksum != nil {
		checked, remove, err := s.checked(ctx, l, p, r)
		if err != nil {
			return err
		}
		defer remove()
		r = checked
	}
	at, err := s.stage(ctx, l)
	if err != nil {
		return err
	}
	in, err := newPieceReader(r, s.room(l), l.row.Hash)
	if err != nil {
		return err
	}
	_, err = s.blobs.Append(ctx, l.row.Key, at, in, func() func(blob.Stage) error {
		state, err := hashState(in.hash)
		return func(at blob.Stage) error {
			if err != nil {
				return err
			}
			return s.save(ctx, l, at, state)
		}
	})
	switch {
	case in.over:
		return s.tooLong(l)
	case in.err != nil:
		return brokenOff(in.err)
	case err != nil:
		return fmt.Errorf("store a piece of an upload: %w", err)
	}
	return nil
}

// stage is how far the storage is, which is asked to begin if it has not.
func (s *Service) stage(ctx context.Context, l *lease) (blob.Stage, error) {
	if l.row.Stage != nil {
		return l.row.stage()
	}
	size := int64(-1)
	if l.row.Length != nil {
		size = *l.row.Length
	}
	at, err := s.blobs.Begin(ctx, l.row.Key, size)
	if err != nil {
		return at, fmt.Errorf("begin to store an upload: %w", err)
	}
	return at, s.save(ctx, l, at, nil)
}

const sqlSave = `
	update upload set at_offset = @offset, stage = @stage, hash_state = @hash, touched_at = @now, expires_at = @expires
	where id = @id and lease_token = @token and state = 'open'`

// save notes how far the upload has come, also when the client has gone; state
// is the hash's, nil before the first byte.
func (s *Service) save(ctx context.Context, l *lease, at blob.Stage, state []byte) error {
	stage, err := json.Marshal(at)
	if err != nil {
		return err
	}
	now := s.now()
	expires := now.Add(s.cfg.Expires)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	err = pg.In(ctx, s.db, l.tenant, func(tx pg.Tx) error {
		return fenced(tx.Exec(ctx, sqlSave, pgx.StrictNamedArgs{
			"id": l.upload, "token": l.token, "offset": at.Offset, "stage": stage, "hash": state, "now": now, "expires": expires,
		}))
	})
	if err == nil {
		l.row.Offset, l.row.Stage, l.row.Hash, l.row.ExpiresAt = at.Offset, stage, state, expires
	}
	return err
}

// Resume returns an upload as a client that goes on wants it: whoever still
// sends is stopped and what came is counted; what is whole and was not finished,
// because the server died, is finished now. The error is about finishing, as
// with Continue; a duplicate is none here: see Upload.State.
func (s *Service) Resume(ctx context.Context, who access.Actor, of id.Upload) (Upload, error) {
	r, err := s.upload(ctx, who, of)
	if err != nil {
		return Upload{}, err
	}
	if r.State != Open {
		return r.out(), nil
	}
	_, l, err := s.hold(ctx, who, of, nil)
	if err != nil {
		return Upload{}, err
	}
	defer l.release(ctx)
	u, err := s.settle(ctx, who, l)
	if u.State == Duplicate {
		return u, nil
	}
	return u, err
}

// settle finishes the upload if it is whole. The client need not wait for it.
func (s *Service) settle(ctx context.Context, who access.Actor, l *lease) (Upload, error) {
	r := &l.row
	switch {
	case r.State == Duplicate:
		return r.out(), IsDuplicate(r.Asset)
	case r.State != Open || !r.whole() && r.Concat != Final:
		return r.out(), nil
	}
	if r.Concat == Final && !r.whole() {
		if err := s.join(ctx, l); err != nil {
			return r.out(), err
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	at, err := s.stage(ctx, l)
	if err != nil {
		return r.out(), err
	}
	if r.Offset > 0 || r.Concat == Partial {
		if _, err := s.blobs.Publish(ctx, r.Key, at); err != nil {
			return r.out(), fmt.Errorf("publish an upload: %w", err)
		}
	}
	if r.Concat == Partial {
		return s.shelve(ctx, l)
	}
	return s.adopt(ctx, who, l)
}

// adopt makes the asset of an upload that is whole and published.
func (s *Service) adopt(ctx context.Context, who access.Actor, l *lease) (Upload, error) {
	r := &l.row
	c, err := s.contentOf(ctx, r)
	if err != nil {
		return r.out(), s.note(ctx, l, err)
	}
	u := upload{
		ID: r.ID, Tenant: l.tenant, Folder: r.Folder, Revision: r.Revision, Key: r.Key, Name: r.Name, Lease: l.token,
		Plan: Plan{Title: r.Title, OnDuplicate: r.OnDuplicate, Asset: r.Into, AnyKind: r.AnyKind},
	}
	a, err := s.finish(ctx, who, u, c)
	if e := fault.As(err); err != nil && e.Code == "asset.duplicate" {
		r.State = Duplicate
		r.Asset, _ = id.Parse[id.Asset](e.Extra["id"])
		return r.out(), err
	}
	if err != nil {
		return r.out(), s.note(ctx, l, err)
	}
	r.State, r.Asset = Done, a.ID
	return r.out(), nil
}

// contentOf is what is known of the bytes of a whole upload.
func (s *Service) contentOf(ctx context.Context, r *row) (content, error) {
	if r.Offset == 0 {
		return content{}, empty()
	}
	sum, err := resumeHash(r.Hash)
	if err != nil {
		return content{}, err
	}
	f, err := s.blobs.OpenRange(ctx, r.Key, 0, filemeta.HeadSize)
	if err != nil {
		return content{}, fmt.Errorf("read an upload's beginning: %w", err)
	}
	head, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return content{}, fmt.Errorf("read an upload's beginning: %w", err)
	}
	return content{size: r.Offset, sum: sum.Sum(nil), is: filemeta.Detect(head, r.Name)}, nil
}

const sqlShelve = `update upload set state = 'stored', touched_at = @now where id = @id and lease_token = @token and state = 'open'`

// shelve ends a partial upload, which waits to be joined with others.
func (s *Service) shelve(ctx context.Context, l *lease) (Upload, error) {
	err := pg.In(ctx, s.db, l.tenant, func(tx pg.Tx) error {
		return fenced(tx.Exec(ctx, sqlShelve, pgx.StrictNamedArgs{"id": l.upload, "token": l.token, "now": s.now()}))
	})
	if err == nil {
		l.row.State = Stored
	}
	return l.row.out(), err
}

const sqlNote = `update upload set reason_code = @code, reason_text = @text where id = @id and lease_token = @token`

// note keeps why a whole upload could not be finished, if that is the
// uploader's to know, and returns err.
func (s *Service) note(ctx context.Context, l *lease, err error) error {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || e.Kind.Ours() {
		return err
	}
	l.row.ReasonCode, l.row.ReasonText = e.Code, e.Text
	if err2 := pg.In(ctx, s.db, l.tenant, func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, sqlNote, pgx.StrictNamedArgs{"id": l.upload, "token": l.token, "code": e.Code, "text": e.Text})
		return err
	}); err2 != nil {
		s.log.WarnContext(ctx, "why an upload was not finished could not be noted", slog.Any("error", err2))
	}
	return err
}

// KeepDuplicate makes an asset of an upload whose file is in the archive
// already, without its bytes being sent again.
func (s *Service) KeepDuplicate(ctx context.Context, who access.Actor, of id.Upload) (Upload, error) {
	_, l, err := s.hold(ctx, who, of, nil)
	if err != nil {
		return Upload{}, err
	}
	defer l.release(ctx)
	if l.row.State != Duplicate {
		return l.row.out(), fault.New(fault.Conflict, "upload.no_duplicate", "This upload waits for no decision.")
	}
	l.row.OnDuplicate = Keep
	return s.adopt(ctx, who, l)
}

const sqlTerminate = `delete from upload where id = @id and lease_token = @token returning state`

// Terminate ends an upload and destroys what came; an asset that it has become
// stays.
func (s *Service) Terminate(ctx context.Context, who access.Actor, of id.Upload) error {
	_, l, err := s.hold(ctx, who, of, nil)
	if err != nil {
		return err
	}
	defer l.release(ctx)
	at, err := l.row.stage()
	if err != nil {
		return err
	}
	var state UploadState
	err = pg.In(ctx, s.db, l.tenant, func(tx pg.Tx) error {
		if err := tx.QueryRow(ctx, sqlTerminate, pgx.StrictNamedArgs{"id": of, "token": l.token}).Scan(&state); err != nil {
			return err
		}
		if state != Done {
			if err := s.CondemnTx(ctx, tx, l.tenant, l.row.Key); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: s.now(), Who: who, Verb: "upload.terminate", Subject: of.String(), Detail: map[string]any{"state": string(state), "size": l.row.Offset},
		})
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return takenOver(errLeaseLost)
	}
	if err != nil || state == Done {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if l.row.Stage != nil {
		if err := s.blobs.Abort(ctx, l.row.Key, at); err != nil {
			s.log.WarnContext(ctx, "the bytes of a cancelled upload are left to the sweeper", slog.Any("error", err))
		}
	}
	s.tidy(ctx, upload{Key: l.row.Key, Tenant: l.tenant})
	return nil
}
