// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const sqlPurging = sqlBelowPart + `
	update folder f set purging = true, version = f.version + 1
	from below b where f.id = b.id
	returning f.id, ` + access.SQLCanFolder

// Purge destroys a folder in the bin for good, with all that lies in it, which
// takes ManageFolder and Purge on each of the folders. From this moment nothing
// of it can be restored; a job destroys it.
func (s *Service) Purge(ctx context.Context, who access.Actor, folder id.Folder) error {
	return s.change(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "folder.purge", Subject: folder.String()}
		f, err := byID(ctx, tx, who, folder)
		if err != nil {
			return e, err
		}
		if err := access.Require(f.Can, access.ManageFolder|access.Purge, "folder"); err != nil {
			return e, err
		}
		if f.DeletedAt == nil {
			return e, fault.New(fault.Conflict, "folder.not_deleted", "Only what is in the bin can be destroyed. Delete the folder first.")
		}
		rows, err := tx.Query(ctx, sqlPurging, who.Bind(pgx.StrictNamedArgs{"top": folder, "tenant": who.Tenant}))
		if err != nil {
			return e, err
		}
		type gone struct {
			ID  id.Folder  `db:"id"`
			Can access.Set `db:"can"`
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[gone])
		if err != nil {
			return e, err
		}
		for _, g := range list {
			if !g.Can.Has(access.ManageFolder | access.Purge) {
				return e, fault.New(fault.Forbidden, "folder.purge_below", "There are folders below this one that you may not destroy. Ask whoever looks after them.")
			}
		}
		e.Detail = map[string]any{"folders": len(list)}
		return e, s.OnPurging(ctx, tx)
	})
}

const sqlRipe = `
	select f.id from folder f where f.tenant_id = @tenant and f.deleted_at is not null and (f.purging or f.deleted_at <= @before) and f.id <> all(@but::uuid[])
	and not exists (select from folder c where c.parent_id = f.id) order by f.id limit 100`

const sqlSwept = `delete from folder where id = @id and tenant_id = @tenant`

// Sweep takes away the folders that have lain in a tenant's bin as long as its settings say, or
// are being destroyed, once nothing lies in them any more.
func (s *Service) Sweep(ctx context.Context, who access.Actor) error {
	if who.Kind != access.House {
		return access.NotFound("folder")
	}
	but := []id.Folder{} // still hold something
	for {
		var ripe []id.Folder
		if err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
			life, err := account.BinLifeTx(ctx, tx)
			if err != nil {
				return err
			}
			rows, err := tx.Query(ctx, sqlRipe, pgx.StrictNamedArgs{"tenant": who.Tenant, "before": s.now().Add(-life), "but": ids(but)})
			if err != nil {
				return err
			}
			ripe, err = pgx.CollectRows(rows, pgx.RowTo[id.Folder])
			return err
		}); err != nil || len(ripe) == 0 {
			return err
		}
		for _, f := range ripe {
			swept, err := s.remove(ctx, who, f)
			if err != nil {
				return err
			}
			if !swept {
				but = append(but, f)
			}
		}
	}
}

// remove takes a folder away if nothing lies in it and nothing holds on to it.
func (s *Service) remove(ctx context.Context, who access.Actor, f id.Folder) (swept bool, err error) {
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		if err := lockTree(ctx, tx, who); err != nil {
			return err
		}
		n, err := s.Weigh(ctx, tx, who, []id.Folder{f}, 1)
		if err != nil || n > 0 {
			return err
		}
		if err := s.OnPurged(ctx, tx, who, f); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlSwept, pgx.StrictNamedArgs{"id": f, "tenant": who.Tenant}); err != nil {
			return err
		}
		swept = true
		return audit.Record(ctx, tx, audit.Entry{At: s.now(), Who: who, Verb: "folder.purge", Subject: f.String(), Detail: map[string]any{"swept": true}})
	})
	if held, is := errors.AsType[*pgconn.PgError](err); is && held.Code == "23503" { // such as an upload on its way
		return false, nil
	}
	return swept && err == nil, err
}
