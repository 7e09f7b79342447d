// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const sqlUndoable = `select i.asset_id from bulk_item i where i.job_id = @id and i.tenant_id = @tenant and i.steps is not null order by i.seq`

const sqlUndone = `update bulk_job set undone_by = @by where id = @id and tenant_id = @tenant`

// Undo makes a job that takes back what another one, of one's own, changed and
// nobody has changed since.
func (s *Service) Undo(ctx context.Context, who access.Actor, job id.Bulk) (j Job, err error) {
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "bulk.undo", Subject: job.String()}
		of, err := jobTx(ctx, tx, who, sqlHoldJob, job)
		switch {
		case err != nil:
			return e, err
		case of.EndedAt == nil:
			return e, fault.New(fault.Conflict, "bulk.running", "This is not over yet. Cancel it first, or wait.")
		case !of.UndoneBy.IsZero():
			return e, &fault.Error{
				Kind: fault.Conflict, Code: "bulk.undone", Extra: map[string]string{"by": of.UndoneBy.String()},
				Text: "This has been undone already. The undo can be undone.",
			}
		}
		args := pgx.StrictNamedArgs{"id": job, "tenant": who.Tenant}
		rows, err := tx.Query(ctx, sqlUndoable, args)
		if err != nil {
			return e, err
		}
		list, err := pgx.CollectRows(rows, pgx.RowTo[id.Asset])
		if err != nil {
			return e, err
		}
		if j, err = s.create(ctx, tx, who, making{undo: job, assets: list}); err != nil {
			return e, err
		}
		e.Detail = map[string]any{"assets": j.Total, "job": j.ID.String()}
		args["by"] = j.ID
		_, err = tx.Exec(ctx, sqlUndone, args)
		return e, err
	})
	return j, err
}

const sqlForget = `update bulk_item set steps = null, edits = null where asset_id = any(@assets::uuid[]) and tenant_id = @tenant`

// ForgetTx lets go of what is known about assets that are destroyed.
func (s *Service) ForgetTx(ctx context.Context, tx pg.Tx, who access.Actor, assets []id.Asset) error {
	_, err := tx.Exec(ctx, sqlForget, pgx.StrictNamedArgs{"assets": assets, "tenant": who.Tenant})
	return err
}

// deed runs fn in a transaction and writes the deed it returns into the log.
func (s *Service) deed(ctx context.Context, who access.Actor, fn func(tx pg.Tx) (audit.Entry, error)) error {
	return audit.Deed(ctx, s.db, who, s.now, fn)
}

// read runs fn in a transaction for somebody who is known.
func (s *Service) read(ctx context.Context, who access.Actor, fn func(tx pg.Tx) error) error {
	return access.In(ctx, s.db, who, fn)
}

const sqlMine = `
	select ` + sqlJobColumns + ` from bulk_job j where j.tenant_id = @tenant and j.started_by = @by order by j.created_at desc, j.id desc limit 50`

// List returns the newest jobs that who started.
func (s *Service) List(ctx context.Context, who access.Actor) (list []Job, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlMine, pgx.StrictNamedArgs{"tenant": who.Tenant, "by": who.ID})
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Job])
		return err
	})
	return list, err
}
