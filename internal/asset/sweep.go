// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/audit"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// SweepArgs asks for what has lain in the bin long enough to be destroyed.
type SweepArgs struct{}

// Kind names the job.
func (SweepArgs) Kind() string { return "asset.sweep" }

// sweptAtOnce is how many assets are destroyed in one transaction.
const sweptAtOnce = 100

// sweepAll empties the bins of all tenants.
func (s *Service) sweepAll(ctx context.Context) error {
	tenants, err := s.Tenants(ctx)
	for _, t := range tenants {
		if err == nil {
			err = s.Sweep(ctx, access.HouseActor(t, "bin"))
		}
	}
	return err
}

// SweepSoonTx lets the bins be emptied once the transaction has committed.
func (s *Service) SweepSoonTx(ctx context.Context, tx pg.Tx) error {
	if s.jobs == nil {
		return nil
	}
	return s.jobs.Enqueue(ctx, tx, SweepArgs{})
}

const sqlRipe = `
	select a.id from asset a where a.tenant_id = @tenant and a.deleted_at is not null
	and (a.deleted_at <= @before or a.folder_id in (select f.id from folder f where f.tenant_id = @tenant and f.purging))
	order by a.deleted_at, a.id limit @most for update`

// Sweep destroys what has lain in a tenant's bin as long as its settings say, or in
// a folder that is being destroyed: the assets, then the folders that are empty.
func (s *Service) Sweep(ctx context.Context, who access.Actor) error {
	if who.Kind != access.House {
		return access.NotFound("asset")
	}
	for {
		var ripe []id.Asset
		if err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
			life, err := account.BinLifeTx(ctx, tx)
			if err != nil {
				return err
			}
			rows, err := tx.Query(ctx, sqlRipe, pgx.StrictNamedArgs{"tenant": who.Tenant, "before": s.now().Add(-life), "most": sweptAtOnce})
			if err != nil {
				return err
			}
			if ripe, err = pgx.CollectRows(rows, pgx.RowTo[id.Asset]); err != nil || len(ripe) == 0 {
				return err
			}
			if _, err := s.purge(ctx, tx, who, ripe); err != nil {
				return err
			}
			for _, a := range ripe {
				if err := audit.Record(ctx, tx, audit.Entry{At: s.now(), Who: who, Verb: "asset.purge", Subject: a.String(), Detail: map[string]any{"swept": true}}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		if len(ripe) < sweptAtOnce {
			return s.folders.Sweep(ctx, who)
		}
	}
}
