// SPDX-License-Identifier: Apache-2.0

package collection

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
	"tillgang/internal/queue"
)

const sqlBelowPart = `
	with recursive below as (
		select c.id from collection c where c.id = @id and c.tenant_id = @tenant
		union all select k.id from below b join collection k on k.parent_id = b.id
	)`

const sqlDelete = sqlBelowPart + `
	update collection c set deleted_at = @now, deleted_with = @id, version = c.version + 1
	from below b where c.id = b.id and c.deleted_at is null`

// Delete puts a collection, with those that lie in it, into the bin, which takes
// Manage. What is in it stays where it lies.
func (s *Service) Delete(ctx context.Context, who access.Actor, collection id.Collection) error {
	return s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "collection.delete", Subject: collection.String()}
		if err := lockTree(ctx, tx, who); err != nil {
			return e, err
		}
		if _, err := hold(ctx, tx, who, collection, Manage); err != nil {
			return e, err
		}
		tag, err := tx.Exec(ctx, sqlDelete, pgx.StrictNamedArgs{"id": collection, "tenant": who.Tenant, "now": s.now()})
		e.Detail = map[string]any{"collections": tag.RowsAffected()}
		return e, err
	})
}

const sqlRestore = `
	update collection set deleted_at = null, deleted_with = null, version = version + 1
	where deleted_with = @id and tenant_id = @tenant`

const sqlParentGone = `
	select coalesce((select p.deleted_at is not null from collection c join collection p on p.id = c.parent_id where c.id = @id and c.tenant_id = @tenant), false)`

// binned holds a collection in the bin that who manages.
func binned(ctx context.Context, tx pg.Tx, who access.Actor, collection id.Collection) error {
	if err := lockTree(ctx, tx, who); err != nil {
		return err
	}
	c, err := get(ctx, tx, who, collection)
	if err != nil {
		return err
	}
	if c.Level < Manage {
		return fault.New(fault.Forbidden, "collection.not_own", "This collection is somebody else's. Make one of your own.")
	}
	if c.DeletedAt == nil {
		return fault.New(fault.Conflict, "collection.not_deleted", "This collection is not in the bin.")
	}
	return nil
}

// Restore takes a collection out of the bin, with those that its deletion took
// along, their assets, shares and places. It takes Manage.
func (s *Service) Restore(ctx context.Context, who access.Actor, collection id.Collection) (c Collection, err error) {
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "collection.restore", Subject: collection.String()}
		if err := binned(ctx, tx, who, collection); err != nil {
			return e, err
		}
		args := pgx.StrictNamedArgs{"id": collection, "tenant": who.Tenant}
		var gone bool
		if err := tx.QueryRow(ctx, sqlParentGone, args).Scan(&gone); err != nil {
			return e, err
		}
		if gone {
			return e, fault.New(fault.Conflict, "collection.parent_deleted", "The collection that this one lay in is in the bin too. Restore that one first.")
		}
		tag, err := tx.Exec(ctx, sqlRestore, args)
		if err != nil {
			return e, err
		}
		e.Detail = map[string]any{"collections": tag.RowsAffected()}
		c, err = s.getTx(ctx, tx, who, collection)
		return e, err
	})
	return c, err
}

const sqlBin = `
	with recursive up as (
		select c.id as of, u.id, u.parent_id, ` + sqlLevelPart + ` as level from collection c join collection u on u.id = c.id
			where c.tenant_id = @tenant and c.deleted_with = c.id and (c.deleted_at, c.id) < (@at, @last::uuid)
		union all select p.of, u.id, u.parent_id, ` + sqlLevelPart + ` from up p join collection u on u.id = p.parent_id
	), seen as (select x.of as id, max(x.level)::int as level from up x group by x.of)
	select ` + sqlColumns + `, s.level, null::uuid as parent_id
	from seen s join collection c on c.id = s.id where s.level >= 3 order by c.deleted_at desc, c.id desc limit @n`

// Bin lists the collections in the bin that who manages, newest deletion first.
func (s *Service) Bin(ctx context.Context, who access.Actor, cursor string, limit int) (out page.Page[Collection], err error) {
	const of = "collection.bin"
	before, last := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), id.Collection{}
	if _, err := page.Read(cursor, of, &before, &last); err != nil {
		return out, err
	}
	limit = page.Limit(limit)
	err = s.read(ctx, who, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlBin, me(who, pgx.StrictNamedArgs{"at": before, "last": last.UUID(), "n": limit + 1}))
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Collection])
		if err != nil {
			return err
		}
		out = page.Cut(list, limit, of, func(c Collection) []any { return []any{*c.DeletedAt, c.ID} })
		return s.count(ctx, tx, who, out.Items, 1_000)
	})
	return out, err
}

const sqlPurge = sqlBelowPart + `delete from collection where id in (select b.id from below b) and tenant_id = @tenant`

// Purge destroys a collection in the bin for good, with those that lie in it,
// which takes Manage. The assets stay where they lie.
func (s *Service) Purge(ctx context.Context, who access.Actor, collection id.Collection) error {
	return s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "collection.purge", Subject: collection.String()}
		if err := binned(ctx, tx, who, collection); err != nil {
			return e, err
		}
		_, err := tx.Exec(ctx, sqlPurge, pgx.StrictNamedArgs{"id": collection, "tenant": who.Tenant})
		return e, err
	})
}

// SweepArgs asks for what has lain in the bin long enough to be destroyed.
type SweepArgs struct{}

// Kind names the job.
func (SweepArgs) Kind() string { return "collection.sweep" }

// Register tells the queue the room's jobs.
func (s *Service) Register(q *queue.Queue) {
	queue.Add(q, queue.Rule{On: queue.IO, Attempts: 3, Timeout: 10 * time.Minute, Once: true},
		func(ctx context.Context, _ SweepArgs) error {
			tenants, err := s.Tenants(ctx)
			for _, t := range tenants {
				if err == nil {
					err = s.Sweep(ctx, access.HouseActor(t, "collection"))
				}
			}
			return err
		}, nil)
	q.Every(time.Hour, SweepArgs{})
}

const sqlRipe = `
	select c.id from collection c where c.tenant_id = @tenant and c.deleted_with = c.id and c.deleted_at <= @before order by c.deleted_at limit 500`

// Sweep destroys what has lain in a tenant's bin as long as its settings
// say.
func (s *Service) Sweep(ctx context.Context, who access.Actor) error {
	if who.Kind != access.House {
		return access.NotFound("collection")
	}
	return pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		if err := lockTree(ctx, tx, who); err != nil {
			return err
		}
		life, err := account.BinLifeTx(ctx, tx)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlRipe, pgx.StrictNamedArgs{"tenant": who.Tenant, "before": s.now().Add(-life)})
		if err != nil {
			return err
		}
		ripe, err := pgx.CollectRows(rows, pgx.RowTo[id.Collection])
		if err != nil {
			return err
		}
		for _, c := range ripe {
			if _, err := tx.Exec(ctx, sqlPurge, pgx.StrictNamedArgs{"id": c, "tenant": who.Tenant}); err != nil {
				return err
			}
			if err := audit.Record(ctx, tx, audit.Entry{At: s.now(), Who: who, Verb: "collection.purge", Subject: c.String()}); err != nil {
				return err
			}
		}
		return nil
	})
}
