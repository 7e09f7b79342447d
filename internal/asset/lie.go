// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const sqlLie = `
	select f.id, true as folder from folder f where f.tenant_id = @tenant and f.id = any(@folders::uuid[]) and @in = any(f.lineage)
	union all
	select a.id, false from asset a join folder f on f.id = a.folder_id
	where a.tenant_id = @tenant and a.id = any(@assets::uuid[]) and @in = any(f.lineage)`

// LieTx tells which of the outer identifiers are a folder, of one below it or of
// an asset that lies there now, in the bin or not. It asks for no right: whoever
// calls it may know of them already.
func (s *Service) LieTx(ctx context.Context, tx pg.Tx, who access.Actor, folder string, subjects []string) (map[string]bool, error) {
	out := map[string]bool{}
	in, err := id.Parse[id.Folder](folder)
	if err != nil {
		return out, nil //nolint:nilerr // what is no folder has nothing in it
	}
	folders, assets := []uuid.UUID{}, []uuid.UUID{}
	for _, one := range subjects {
		if f, err := id.Parse[id.Folder](one); err == nil {
			folders = append(folders, f.UUID())
		} else if a, err := id.Parse[id.Asset](one); err == nil {
			assets = append(assets, a.UUID())
		}
	}
	rows, err := tx.Query(ctx, sqlLie, pgx.StrictNamedArgs{"tenant": who.Tenant, "folders": folders, "assets": assets, "in": in})
	if err != nil {
		return nil, err
	}
	var u uuid.UUID
	var isFolder bool
	_, err = pgx.ForEachRow(rows, []any{&u, &isFolder}, func() error {
		if isFolder {
			out[id.FromUUID[id.Folder](u).String()] = true
		} else {
			out[id.FromUUID[id.Asset](u).String()] = true
		}
		return nil
	})
	return out, err
}
