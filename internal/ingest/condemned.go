// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const sqlCondemn = `
	insert into condemned_blob (blob_key, tenant_id, condemned_at, due_at)
	select key, @tenant, @now, @due from unnest(@keys::text[]) as k(key)
	on conflict (blob_key) do nothing`

// CondemnTx notes objects to be destroyed, in the transaction that takes away
// the last row that names them. The next sweep destroys them.
func (s *Service) CondemnTx(ctx context.Context, tx pg.Tx, tenant id.Tenant, keys ...blob.Key) error {
	return s.condemn(ctx, tx, tenant, 0, keys)
}

// CondemnRowsTx does that to the keys that a statement returns, which takes
// away the rows that name them: its rows and error are handed over as they are.
func (s *Service) CondemnRowsTx(ctx context.Context, tx pg.Tx, tenant id.Tenant, rows pgx.Rows, err error) error {
	if err != nil {
		return err
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[blob.Key])
	if err != nil {
		return err
	}
	return s.CondemnTx(ctx, tx, tenant, keys...)
}

// CondemnLaterTx notes objects that are about to be stored, so that they do not
// stay behind if this process dies before a row names them. Whoever names them
// calls ReprieveTx in the same transaction, within the given time.
func (s *Service) CondemnLaterTx(ctx context.Context, tx pg.Tx, tenant id.Tenant, within time.Duration, keys ...blob.Key) error {
	return s.condemn(ctx, tx, tenant, within, keys)
}

func (s *Service) condemn(ctx context.Context, tx pg.Tx, tenant id.Tenant, after time.Duration, keys []blob.Key) error {
	if len(keys) == 0 {
		return nil
	}
	now := s.now()
	_, err := tx.Exec(ctx, sqlCondemn, pgx.StrictNamedArgs{"tenant": tenant, "keys": keys, "now": now, "due": now.Add(after)})
	if err != nil {
		return fmt.Errorf("condemn objects: %w", err)
	}
	return nil
}

const sqlReprieve = `delete from condemned_blob where tenant_id = @tenant and blob_key = any(@keys) and not doomed`

// ErrTooLate is what ReprieveTx returns when an object is being destroyed or
// has been: store it anew under another key.
var ErrTooLate = errors.New("ingest: the object was destroyed before it was named")

// ReprieveTx takes back what CondemnLaterTx noted of these objects.
func (s *Service) ReprieveTx(ctx context.Context, tx pg.Tx, tenant id.Tenant, keys ...blob.Key) error {
	if len(keys) == 0 {
		return nil
	}
	tag, err := tx.Exec(ctx, sqlReprieve, pgx.StrictNamedArgs{"tenant": tenant, "keys": keys})
	if err != nil {
		return fmt.Errorf("reprieve objects: %w", err)
	}
	if tag.RowsAffected() != int64(len(keys)) {
		return ErrTooLate
	}
	return nil
}

// An upload that nobody touched for long belongs to a process that died: its
// row turns into a sentence for its bytes, at one stroke.
const sqlAbandoned = `
	with gone as (delete from upload where not resumable and touched_at < @before returning tenant_id, blob_key)
	insert into condemned_blob (blob_key, tenant_id, condemned_at, due_at)
	select blob_key, tenant_id, @now, @now from gone
	on conflict (blob_key) do nothing`

const sqlDue = `
	select blob_key, tenant_id from condemned_blob
	where due_at <= @now or doomed
	order by due_at
	limit 200`

// condemned is one object to be destroyed.
type condemned struct {
	Key    blob.Key  `db:"blob_key"`
	Tenant id.Tenant `db:"tenant_id"`
}

// Sweep takes up what was left behind: uploads that nobody continues and
// condemned objects that are due. Only the house may; it runs for all tenants, may run twice at the
// same time and may die anywhere. What cannot be destroyed now is for the next
// sweep.
func (s *Service) Sweep(ctx context.Context, who access.Actor) error {
	if who.Kind != access.House {
		return fault.New(fault.Forbidden, "access.forbidden", "Only the house itself sweeps.")
	}
	now := s.now()
	err := pg.Across(ctx, s.db, func(tx pg.Tx) error {
		tag, err := tx.Exec(ctx, sqlAbandoned, pgx.StrictNamedArgs{"now": now, "before": now.Add(-s.cfg.Abandoned)})
		if err == nil && tag.RowsAffected() > 0 {
			s.log.InfoContext(ctx, "uploads that nobody continues are removed", slog.Int64("uploads", tag.RowsAffected()))
		}
		return err
	})
	if err == nil {
		err = s.sweepResumable(ctx, now)
	}
	if err != nil {
		return fmt.Errorf("sweep uploads: %w", err)
	}
	for {
		var due []condemned
		err := pg.Across(ctx, s.db, func(tx pg.Tx) error {
			rows, err := tx.Query(ctx, sqlDue, pgx.StrictNamedArgs{"now": now})
			if err != nil {
				return err
			}
			due, err = pgx.CollectRows(rows, pgx.RowToStructByName[condemned])
			return err
		})
		if err != nil || len(due) == 0 {
			return err
		}
		var failed error
		for _, c := range due {
			if err := s.destroy(ctx, c); err != nil {
				failed = fmt.Errorf("destroy an object: %w", err)
			}
		}
		if failed != nil {
			return failed
		}
	}
}

const sqlNamed = `select exists (select from revision where blob_key = @key)`

const sqlDoom = `update condemned_blob set doomed = true where blob_key = @key and (due_at <= @now or doomed)`

const sqlForget = `delete from condemned_blob where blob_key = @key`

// destroy removes one condemned object: first it is too late for a reprieve,
// then the bytes go, then the row.
func (s *Service) destroy(ctx context.Context, c condemned) error {
	key := pgx.StrictNamedArgs{"key": c.Key}
	doomed := false
	err := pg.In(ctx, s.db, c.Tenant, func(tx pg.Tx) error {
		// An original that a revision names is never destroyed, whoever condemned it.
		var named bool
		if err := tx.QueryRow(ctx, sqlNamed, key).Scan(&named); err != nil {
			return err
		}
		if named {
			s.log.ErrorContext(ctx, "an original in use was condemned; it is kept", slog.String("key", string(c.Key)))
			_, err := tx.Exec(ctx, sqlForget, key)
			return err
		}
		tag, err := tx.Exec(ctx, sqlDoom, pgx.StrictNamedArgs{"key": c.Key, "now": s.now()})
		doomed = tag.RowsAffected() == 1
		return err
	})
	if err != nil || !doomed {
		return err
	}
	if err := s.blobs.Delete(ctx, c.Key); err != nil {
		return err
	}
	return pg.In(ctx, s.db, c.Tenant, func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, sqlForget, key)
		return err
	})
}
