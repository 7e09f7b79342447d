// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const sqlOwner = `select t.asset_id, t.actor_id from ticket t where t.id = @id and t.tenant_id = @tenant`

const sqlRevoke = `update ticket set revoked_at = coalesce(revoked_at, @now) where id = @id`

// Revoke withdraws a ticket: nobody can start it, and a stream under way is
// cut within 64 MiB or 5 seconds. Whoever asked for it may, and whoever may
// edit its asset. A ticket revoked already is no error.
func (s *Service) Revoke(ctx context.Context, who access.Actor, t id.Ticket) error {
	return pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		var of id.Asset
		var by string
		err := tx.QueryRow(ctx, sqlOwner, pgx.StrictNamedArgs{"id": t, "tenant": who.Tenant}).Scan(&of, &by)
		if errors.Is(err, pgx.ErrNoRows) {
			return access.NotFound("ticket")
		}
		if err != nil {
			return fmt.Errorf("find ticket: %w", err)
		}
		if by != who.ID {
			a, err := s.look(ctx, tx, who, of, "")
			if err != nil {
				return access.NotFound("ticket")
			}
			if err := access.Require(a.Can, access.Edit, "ticket"); err != nil {
				return err
			}
		}
		now := s.now()
		if _, err := tx.Exec(ctx, sqlRevoke, pgx.StrictNamedArgs{"id": t, "now": now}); err != nil {
			return fmt.Errorf("revoke ticket: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: now, Who: who, Verb: "delivery.revoke", Subject: of.String(), Detail: map[string]any{"ticket": t.String()},
		})
	})
}

const sqlRevokeAssets = `update ticket set revoked_at = @now where asset_id = any(@assets::uuid[]) and tenant_id = @tenant and revoked_at is null and resume_until > @now`

// RevokeForAssetsTx withdraws all tickets of the assets, in the transaction of
// what ended the right to them: they went into the bin, or were held back.
func (s *Service) RevokeForAssetsTx(ctx context.Context, tx pg.Tx, who access.Actor, assets []id.Asset) error {
	if len(assets) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, sqlRevokeAssets, pgx.StrictNamedArgs{"assets": assets, "tenant": who.Tenant, "now": s.now()}); err != nil {
		return fmt.Errorf("revoke tickets: %w", err)
	}
	return nil
}

// sweepAtOnce is how many tickets one transaction removes.
const sweepAtOnce = 1000

const sqlSweep = `
	delete from ticket where id in (
		select t.id from ticket t where t.resume_until < @before limit @n for update skip locked)`

// Sweep removes the tickets, of all tenants, that nobody could use for a day.
// Only the house may. It returns how many.
func (s *Service) Sweep(ctx context.Context, who access.Actor) (removed int64, err error) {
	if who.Kind != access.House {
		return 0, fault.New(fault.Forbidden, "access.forbidden", "Only the product itself sweeps tickets.")
	}
	for {
		var n int64
		err := pg.Across(ctx, s.db, func(tx pg.Tx) error {
			tag, err := tx.Exec(ctx, sqlSweep, pgx.StrictNamedArgs{"before": s.now().Add(-keptFor), "n": sweepAtOnce})
			n = tag.RowsAffected()
			return err
		})
		removed += n
		if err != nil {
			return removed, fmt.Errorf("sweep tickets: %w", err)
		}
		if n < sweepAtOnce {
			return removed, nil
		}
	}
}
