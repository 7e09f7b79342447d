// SPDX-License-Identifier: Apache-2.0

package collection

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const sqlForget = `delete from collection_asset where asset_id = any(@assets::uuid[]) and tenant_id = @tenant`

const sqlUncover = `update collection set cover_id = null where cover_id = any(@assets::uuid[]) and tenant_id = @tenant`

// ForgetTx takes assets that are destroyed out of all collections.
func (s *Service) ForgetTx(ctx context.Context, tx pg.Tx, who access.Actor, assets []id.Asset) error {
	args := pgx.StrictNamedArgs{"assets": id.Raw(assets), "tenant": who.Tenant}
	if _, err := tx.Exec(ctx, sqlForget, args); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, sqlUncover, args)
	return err
}

const sqlMerged = `
	with put as (
		insert into collection_asset (tenant_id, collection_id, asset_id, place, added_at, added_by)
		select @tenant, m.collection_id, @kept, min(m.place), @now, @by from collection_asset m
		where m.asset_id = any(@assets::uuid[]) and m.tenant_id = @tenant group by m.collection_id
		on conflict do nothing returning collection_id
	)
	insert into collection_merge (tenant_id, merge_id, collection_id, asset_id)
	select @tenant, @merge, p.collection_id, @kept from put p`

// MergedTx puts an asset that took others in into the collections that they are
// in, at their places. The others keep theirs, in case they come back.
func (s *Service) MergedTx(ctx context.Context, tx pg.Tx, who access.Actor, merge uuid.UUID, kept id.Asset, assets []id.Asset) error {
	_, err := tx.Exec(ctx, sqlMerged, pgx.StrictNamedArgs{
		"tenant": who.Tenant, "merge": merge, "kept": kept, "assets": id.Raw(assets), "now": s.now(), "by": who.ID,
	})
	return err
}

const sqlParted = `
	delete from collection_asset m using collection_merge g
	where g.merge_id = @merge and g.tenant_id = @tenant and m.collection_id = g.collection_id and m.asset_id = g.asset_id and m.tenant_id = @tenant`

// PartedTx takes an asset out of the collections that a merge put it into.
func (s *Service) PartedTx(ctx context.Context, tx pg.Tx, who access.Actor, merge uuid.UUID) error {
	_, err := tx.Exec(ctx, sqlParted, pgx.StrictNamedArgs{"merge": merge, "tenant": who.Tenant})
	return err
}
