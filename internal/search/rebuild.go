// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// batch is how many assets Rebuild indexes in one transaction.
const batch = 500

const sqlStale = `
	select ` + asset.SQLColumns + `, ` + access.SQLCanAsset + `
	from asset a where a.tenant_id = @tenant and a.id > @after::uuid order by a.id limit @n`

// Whoever changes an asset's place or rights meanwhile waits, or is waited for:
// the row must not say what was true a moment ago.
const sqlHoldStale = `
	select a.id from asset a where a.tenant_id = @tenant and a.id > @after::uuid order by a.id limit @n for no key update`

// Rebuild writes the search rows of all assets of who's tenant anew: after a
// change of what is indexed, or when rows were lost. It may run beside
// everything else, and again. progress, which may be nil, is told how many
// assets are done.
func (s *Service) Rebuild(ctx context.Context, who access.Actor, progress func(done int)) error {
	if err := who.Require(access.Operate); err != nil {
		return err
	}
	var after id.Asset
	done := 0
	for {
		var n int
		err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
			if err := pg.Many(ctx, tx); err != nil {
				return err
			}
			args := pgx.StrictNamedArgs{"tenant": who.Tenant, "after": after.UUID(), "n": batch}
			if _, err := tx.Exec(ctx, sqlHoldStale, args); err != nil {
				return err
			}
			rows, err := tx.Query(ctx, sqlStale, who.Bind(pgx.StrictNamedArgs{"tenant": who.Tenant, "after": after.UUID(), "n": batch}))
			if err != nil {
				return err
			}
			list, err := pgx.CollectRows(rows, pgx.RowToStructByName[asset.Asset])
			if err != nil || len(list) == 0 {
				return err
			}
			n, after = len(list), list[len(list)-1].ID
			if err := s.assets.FieldsTx(ctx, tx, who, list); err != nil {
				return err
			}
			return s.IndexTx(ctx, tx, list...)
		})
		if err != nil {
			return fmt.Errorf("rebuild search: %w", err)
		}
		if n == 0 {
			return nil
		}
		if done += n; progress != nil {
			progress(done)
		}
	}
}
