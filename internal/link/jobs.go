// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/queue"
)

// TidyArgs asks for what is over to be tidied away, and for makers to be warned.
type TidyArgs struct{}

// Kind names the job.
func (TidyArgs) Kind() string { return "link.tidy" }

const (
	tidyEvery  = time.Hour
	warnBefore = 3 * 24 * time.Hour
	visitKept  = 3 * 24 * time.Hour
	atOnce     = 500
)

// Register tells the queue the room's jobs.
func (s *Service) Register(q *queue.Queue) {
	queue.Add(q, queue.Rule{On: queue.IO, Attempts: 3, Timeout: 10 * time.Minute, Once: true},
		func(ctx context.Context, _ TidyArgs) error {
			return s.Tidy(ctx, access.HouseActor(id.Tenant{}, "link"))
		}, nil)
	q.Every(tidyEvery, TidyArgs{})
}

const sqlOldLinks = `
	delete from link where id in (select l.id from link l where l.deleted_at < @before limit @n for update skip locked)`

const sqlOldVisits = `
	delete from link_visit where id in (select v.id from link_visit v where v.began_at < @before limit @n for update skip locked)`

// Tidy destroys, in all tenants, links that have been in the bin for 14 days and
// visits that are long over, and warns the makers of links that are about to
// expire. Only the house may.
func (s *Service) Tidy(ctx context.Context, who access.Actor) error {
	if who.Kind != access.House {
		return fault.New(fault.Forbidden, "access.forbidden", "Only the product itself tidies links.")
	}
	for _, one := range []struct {
		sql    string
		before time.Duration
	}{{sqlOldLinks, KeptInBin}, {sqlOldVisits, visitKept}} {
		for n := int64(atOnce); n == atOnce; {
			if err := pg.Across(ctx, s.DB, func(tx pg.Tx) error {
				tag, err := tx.Exec(ctx, one.sql, pgx.StrictNamedArgs{"before": s.now().Add(-one.before), "n": atOnce})
				n = tag.RowsAffected()
				return err
			}); err != nil {
				return err
			}
		}
	}
	return s.warn(ctx)
}

const sqlExpiring = `
	select l.id, l.tenant_id from link l
	where l.warned_at is null and l.revoked_at is null and l.deleted_at is null
		and l.expires_at > @now and l.expires_at <= @until and l.expires_at - l.created_at > @span
	order by l.expires_at limit @n`

const sqlWarned = `
	update link set warned_at = @now where id = @id and tenant_id = @tenant and warned_at is null and expires_at <= @until`

// warn tells makers once that a link is about to expire; not of those that were
// never to last longer than that.
func (s *Service) warn(ctx context.Context) error {
	for {
		type due struct {
			ID     id.Link
			Tenant id.Tenant
		}
		var list []due
		until := s.now().Add(warnBefore)
		if err := pg.Across(ctx, s.DB, func(tx pg.Tx) error {
			rows, err := tx.Query(ctx, sqlExpiring, pgx.StrictNamedArgs{"now": s.now(), "until": until, "span": warnBefore, "n": atOnce})
			if err != nil {
				return err
			}
			list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[due])
			return err
		}); err != nil || len(list) == 0 {
			return err
		}
		var errs []error
		for _, d := range list {
			errs = append(errs, pg.In(ctx, s.DB, d.Tenant, func(tx pg.Tx) error {
				tag, err := tx.Exec(ctx, sqlWarned, pgx.StrictNamedArgs{"id": d.ID, "tenant": d.Tenant, "now": s.now(), "until": until})
				if err != nil || tag.RowsAffected() == 0 {
					return err
				}
				k, err := byID(ctx, tx, d.Tenant, d.ID)
				if err != nil {
					return err
				}
				return s.OnExpiring(ctx, tx, access.HouseActor(d.Tenant, "link"), k.Link)
			}))
		}
		if err := errors.Join(errs...); err != nil {
			return err // what was not told is told by the next run
		}
	}
}
