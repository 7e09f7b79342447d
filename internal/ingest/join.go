// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// partOf is a partial upload as joining needs it.
type partOf struct {
	ID   id.Upload `db:"id"`
	Key  blob.Key  `db:"blob_key"`
	Size int64     `db:"at_offset"`
}

const sqlJoin = `select u.id, u.blob_key, u.at_offset from upload u where u.id = any(@ids) and u.concat = 'partial' and u.state = 'stored'`

// join copies the partial uploads of a final one together. It may be broken off
// at any instant and goes on from where it was; the parts go when all is there.
func (s *Service) join(ctx context.Context, l *lease) error {
	var list []partOf
	err := pg.In(ctx, s.db, l.tenant, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlJoin, pgx.StrictNamedArgs{"ids": l.row.Parts})
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[partOf])
		return err
	})
	if err != nil {
		return err
	}
	by := map[id.Upload]partOf{}
	for _, p := range list {
		by[p.ID] = p
	}
	in := &joined{ctx: ctx, blobs: s.blobs, skip: l.row.Offset}
	defer in.close()
	for _, p := range l.row.Parts {
		one, there := by[p]
		if !there {
			return wrongParts()
		}
		in.list = append(in.list, one)
	}
	if err := s.take(ctx, l, Piece{Size: -1}, in); err != nil {
		if in.err != nil {
			return fmt.Errorf("read a partial upload: %w", in.err)
		}
		return err
	}
	if !l.row.whole() {
		return errors.New("the parts of an upload are shorter than they were")
	}
	return s.dropParts(ctx, l)
}

const sqlDropParts = `delete from upload u where u.id = any(@ids) and u.concat = 'partial' returning u.blob_key`

// dropParts ends the partial uploads whose bytes have been copied.
func (s *Service) dropParts(ctx context.Context, l *lease) error {
	var keys []blob.Key
	err := pg.In(ctx, s.db, l.tenant, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlDropParts, pgx.StrictNamedArgs{"ids": l.row.Parts})
		if err != nil {
			return err
		}
		if keys, err = pgx.CollectRows(rows, pgx.RowTo[blob.Key]); err != nil {
			return err
		}
		return s.CondemnTx(ctx, tx, l.tenant, keys...)
	})
	if err != nil {
		return err
	}
	for _, k := range keys {
		s.tidy(ctx, upload{Key: k, Tenant: l.tenant})
	}
	return nil
}

// joined reads blobs one behind the other, without the first skip bytes.
type joined struct {
	ctx   context.Context
	blobs blob.Store
	list  []partOf
	skip  int64
	open  blob.Reader
	err   error // of the storage
}

// Read gives the next bytes.
func (j *joined) Read(b []byte) (int, error) {
	for j.err == nil {
		if j.open != nil {
			n, err := j.open.Read(b)
			if errors.Is(err, io.EOF) {
				j.close()
				if n == 0 {
					continue
				}
				err = nil
			}
			j.err = err
			return n, err
		}
		if len(j.list) == 0 {
			return 0, io.EOF
		}
		p := j.list[0]
		j.list = j.list[1:]
		if j.skip >= p.Size {
			j.skip -= p.Size
			continue
		}
		j.open, j.err = j.blobs.OpenRange(j.ctx, p.Key, j.skip, -1)
		j.skip = 0
	}
	return 0, j.err
}

func (j *joined) close() {
	if j.open != nil {
		_ = j.open.Close()
		j.open = nil
	}
}

const sqlUnfinished = `
	select u.id, u.tenant_id, u.actor from upload u
	where u.resumable and u.state = 'open' and (u.at_offset = u.length or u.concat = 'final') and u.reason_code = ''
		and u.expires_at > @now and (u.lease_token = '' or u.lease_until < clock_timestamp())
	order by u.touched_at
	limit 200`

const sqlExpired = `
	with gone as (
		delete from upload u
		where u.resumable and u.expires_at <= @now and (u.lease_token = '' or u.lease_until < clock_timestamp())
		returning u.tenant_id, u.blob_key, u.state, u.stage
	), sentence as (
		insert into condemned_blob (blob_key, tenant_id, condemned_at, due_at)
		select g.blob_key, g.tenant_id, @now, @now from gone g where g.state <> 'done'
		on conflict (blob_key) do nothing
	)
	select g.blob_key, g.stage from gone g where g.stage is not null and g.state <> 'done'`

const sqlKnownBlob = `select exists (select from upload where blob_key = @key)`

// sweepResumable finishes uploads that are whole and whose server died before
// it could, ends those that nobody continues, and has the storage forget what
// no row speaks of.
func (s *Service) sweepResumable(ctx context.Context, now time.Time) error {
	if err := s.finishWhole(ctx, now); err != nil {
		return err
	}
	type stale struct {
		Key   blob.Key `db:"blob_key"`
		Stage []byte   `db:"stage"`
	}
	var list []stale
	err := pg.Across(ctx, s.db, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlExpired, pgx.StrictNamedArgs{"now": now})
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[stale])
		return err
	})
	if err != nil {
		return err
	}
	for _, one := range list {
		r := row{Stage: one.Stage}
		at, err := r.stage()
		if err == nil {
			err = s.blobs.Abort(ctx, one.Key, at)
		}
		if err != nil {
			s.log.WarnContext(ctx, "the bytes of an upload that expired are left to the next sweep", slog.Any("error", err))
		}
	}
	// A day: no request that stores takes so long, so nothing that is under way
	// at this moment is taken for left behind.
	n, err := s.blobs.SweepStages(ctx, now.Add(-24*time.Hour), func(key blob.Key) (known bool, err error) {
		err = pg.Across(ctx, s.db, func(tx pg.Tx) error {
			return tx.QueryRow(ctx, sqlKnownBlob, pgx.StrictNamedArgs{"key": key}).Scan(&known)
		})
		return known, err
	})
	if n > 0 {
		s.log.InfoContext(ctx, "stages that nobody continues are removed", slog.Int("stages", n))
	}
	return err
}

// finishWhole finishes uploads that are whole, on behalf of who began them.
func (s *Service) finishWhole(ctx context.Context, now time.Time) error {
	type whole struct {
		ID     id.Upload `db:"id"`
		Tenant id.Tenant `db:"tenant_id"`
		Actor  []byte    `db:"actor"`
	}
	var list []whole
	err := pg.Across(ctx, s.db, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlUnfinished, pgx.StrictNamedArgs{"now": now})
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[whole])
		return err
	})
	if err != nil {
		return err
	}
	for _, one := range list {
		_, l, err := s.hold(ctx, access.HouseActor(one.Tenant, part), one.ID, nil)
		if err != nil {
			continue // somebody goes on with it
		}
		var who access.Actor
		err = pg.In(ctx, s.db, one.Tenant, func(tx pg.Tx) error {
			who, err = s.Recall(ctx, tx, one.Tenant, one.Actor)
			return err
		})
		switch {
		case fault.KindOf(err) == fault.Unauthentic || fault.KindOf(err) == fault.NotFound:
			err = s.note(ctx, l, err) // its key was revoked: only its owner can go on, by signing in
		case err == nil:
			_, err = s.settle(ctx, who, l)
		}
		l.release(ctx)
		if err != nil && fault.KindOf(err).Ours() {
			s.log.WarnContext(ctx, "an upload that is whole could not be finished", slog.Any("error", err))
		}
	}
	return nil
}
