// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const sqlParents = `
	select distinct f.parent_id from folder f where f.parent_id = any(@ids::uuid[]) and ` + sqlSeenPart

// Parents says which of some folders have a folder in them that who sees, so
// that a tree knows what can be opened.
func (s *Service) Parents(ctx context.Context, who access.Actor, ids []id.Folder) (map[id.Folder]bool, error) {
	if who.Kind == access.Nobody {
		return nil, who.Require(access.View)
	}
	out := make(map[id.Folder]bool, len(ids))
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		acls, err := access.Visible(ctx, tx, who, access.View)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlParents, pgx.StrictNamedArgs{"ids": ids, "acls": acls, "tenant": who.Tenant})
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowTo[id.Folder])
		for _, f := range found {
			out[f] = true
		}
		return err
	})
	return out, err
}
