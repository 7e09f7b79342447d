// SPDX-License-Identifier: Apache-2.0

package request

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/queue"
)

// SweepArgs asks for what time has brought to be done.
type SweepArgs struct{}

// Kind names the job.
func (SweepArgs) Kind() string { return "request.sweep" }

// part is the name under which the house acts here.
const part = "request"

const (
	sweepEvery = 15 * time.Minute
	quietFor   = time.Hour      // a delivery with files in which nothing happened for so long is complete
	emptyFor   = 48 * time.Hour // one without files is forgotten
)

// Register tells the queue the room's jobs.
func (s *Service) Register(q *queue.Queue) {
	queue.Add(q, queue.Rule{On: queue.IO, Attempts: 3, Timeout: 10 * time.Minute, Once: true},
		func(ctx context.Context, _ SweepArgs) error {
			return s.Sweep(ctx, access.HouseActor(id.Tenant{}, part))
		}, nil)
	q.Every(sweepEvery, SweepArgs{})
}

// Sweep completes deliveries that their senders left, forgets those in which
// nothing came, and takes away what senders said of themselves when its time is
// over.
func (s *Service) Sweep(ctx context.Context, who access.Actor) error {
	if err := who.Require(access.Operate); err != nil {
		return err
	}
	tenants, err := s.Tenants(ctx)
	if err != nil {
		return err
	}
	for _, t := range tenants {
		if err := s.sweep(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

const sqlQuiet = `
	select d.id from upload_delivery d
	where d.tenant_id = @tenant and d.state = 'open' and d.touched_at < @quiet
		and exists (select from upload_delivery_file l where l.delivery_id = d.id)
	order by d.id limit 1000`

const sqlForgetEmpty = `
	delete from upload_delivery d where d.tenant_id = @tenant and d.state <> 'delivered' and d.touched_at < @empty
		and not exists (select from upload_delivery_file l where l.delivery_id = d.id)`

const sqlPurgeSenders = `
	update upload_delivery d set sender_name = '', sender_email = '', message = '', said = '{}', purged_at = @now
	from upload_request r
	where r.id = d.request_id and d.tenant_id = @tenant and d.purged_at is null
		and least(r.expires_at, coalesce(r.revoked_at, r.expires_at)) + make_interval(days => r.kept_days) < @now`

// What still waits keeps its request: those who moderate must find it.
const sqlPurgeRequests = `
	delete from upload_request r where r.tenant_id = @tenant
		and least(r.expires_at, coalesce(r.revoked_at, r.expires_at)) + make_interval(days => r.kept_days) < @now
		and not exists (select from upload_delivery_file l where l.request_id = r.id and l.state = 'waiting' and l.asset_id is not null)`

func (s *Service) sweep(ctx context.Context, tenant id.Tenant) error {
	now := s.now()
	var quiet []id.Delivery
	err := pg.In(ctx, s.DB, tenant, func(tx pg.Tx) error {
		if _, err := tx.Exec(ctx, sqlForgetEmpty, pgx.StrictNamedArgs{"tenant": tenant, "empty": now.Add(-emptyFor)}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlPurgeSenders, pgx.StrictNamedArgs{"tenant": tenant, "now": now}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlPurgeRequests, pgx.StrictNamedArgs{"tenant": tenant, "now": now}); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlQuiet, pgx.StrictNamedArgs{"tenant": tenant, "quiet": now.Add(-quietFor)})
		if err != nil {
			return err
		}
		quiet, err = pgx.CollectRows(rows, pgx.RowTo[id.Delivery])
		return err
	})
	if err != nil {
		return err
	}
	for _, one := range quiet {
		err := pg.In(ctx, s.DB, tenant, func(tx pg.Tx) error {
			if _, err := tx.Exec(ctx, sqlHoldDelivery, pgx.StrictNamedArgs{"id": one, "tenant": tenant}); err != nil {
				return err
			}
			d, err := deliveryTx(ctx, tx, tenant, one)
			if err != nil || d.State != "open" || d.Files == 0 {
				return err
			}
			return s.finishTx(ctx, tx, d)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
