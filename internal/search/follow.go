// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const sqlRights = `
	update asset_search s set acl_id = n.acl_id
	from unnest(@folders::uuid[], @acls::bigint[]) n(folder_id, acl_id)
	where s.folder_id = n.folder_id and s.acl_id <> n.acl_id`

// RightsTx gives the assets of each folder the folder's new acl, in the
// transaction that changed the rights.
func (s *Service) RightsTx(ctx context.Context, tx pg.Tx, acls map[id.Folder]int64) error {
	folders := make([]id.Folder, 0, len(acls))
	to := make([]int64, 0, len(acls))
	for f, a := range acls {
		folders, to = append(folders, f), append(to, a)
	}
	if len(folders) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, sqlRights, pgx.StrictNamedArgs{"folders": folders, "acls": to}); err != nil {
		return fmt.Errorf("change rights in search: %w", err)
	}
	return s.offerTx(ctx, tx, folders, nil)
}

const sqlFollowRights = `
	update asset_search s set acl_id = a.acl_id from asset a
	where s.asset_id = any(@assets::uuid[]) and a.id = s.asset_id and s.acl_id <> a.acl_id`

// FollowRightsTx gives assets the acl that they have got, in the transaction
// that gave it to them.
func (s *Service) FollowRightsTx(ctx context.Context, tx pg.Tx, assets []id.Asset) error {
	if _, err := tx.Exec(ctx, sqlFollowRights, pgx.StrictNamedArgs{"assets": assets}); err != nil {
		return fmt.Errorf("change rights in search: %w", err)
	}
	return s.offerTx(ctx, tx, nil, assets)
}
