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

const columns = `a.id, a.tenant_id, a.folder_id, a.acl_id, a.kind, a.state, a.state_reason, a.state_code, a.revision_id,
	a.name, a.media_type, a.size, a.sha256, a.width, a.height, a.duration_ms, a.fields, a.alt, a.captured_on, a.version,
	a.created_at, a.created_by, a.updated_at, a.embargo_until, a.expires_at, a.deleted_at, `

const sqlLoad = `select ` + columns + access.SQLCanAsset + ` from asset a where a.id = any(@ids) and a.deleted_at is null`

// load returns the assets in the order of ids, those that are gone left out.
func load(ctx context.Context, tx pg.Tx, who access.Actor, ids []id.Asset) ([]asset.Asset, error) {
	if len(ids) == 0 {
		return []asset.Asset{}, nil
	}
	rows, err := tx.Query(ctx, sqlLoad, who.Bind(pgx.StrictNamedArgs{"ids": ids}))
	if err != nil {
		return nil, fmt.Errorf("load assets: %w", err)
	}
	found, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("load assets: %w", err)
	}
	by := make(map[id.Asset]asset.Asset, len(found))
	for _, a := range found {
		by[a.ID] = a
	}
	out := make([]asset.Asset, 0, len(found))
	for _, i := range ids {
		if a, ok := by[i]; ok {
			out = append(out, a)
		}
	}
	return out, nil
}

func scan(r pgx.CollectableRow) (a asset.Asset, err error) {
	var can int64
	err = r.Scan(&a.ID, &a.Tenant, &a.Folder, &a.ACL, &a.Kind, &a.State, &a.StateReason, &a.StateCode, &a.Revision,
		&a.Name, &a.MediaType, &a.Size, &a.SHA256, &a.Width, &a.Height, &a.DurationMS, &a.Fields, &a.Alt, &a.CapturedOn, &a.Version,
		&a.CreatedAt, &a.CreatedBy, &a.UpdatedAt, &a.EmbargoUntil, &a.ExpiresAt, &a.DeletedAt, &can)
	a.Can = access.Set(can)
	return a, err
}

// batch is how many assets Rebuild indexes in one transaction.
const batch = 500

const sqlStale = `
	select ` + columns + access.SQLCanAsset + `
	from asset a where a.tenant_id = @tenant and a.id > @after::uuid order by a.id limit @n`

// Rebuild writes the search rows of all of a tenant's assets anew: after a
// change of what is indexed, or when rows were lost. It may run beside
// everything else, and again. progress, which may be nil, is told how many
// assets are done.
func (s *Service) Rebuild(ctx context.Context, tenant id.Tenant, progress func(done int)) error {
	who := access.HouseActor(tenant, "search")
	var after id.Asset
	done := 0
	for {
		var n int
		err := pg.In(ctx, s.db, tenant, func(tx pg.Tx) error {
			rows, err := tx.Query(ctx, sqlStale, who.Bind(pgx.StrictNamedArgs{"tenant": tenant, "after": after.UUID(), "n": batch}))
			if err != nil {
				return err
			}
			list, err := pgx.CollectRows(rows, scan)
			if err != nil || len(list) == 0 {
				return err
			}
			n, after = len(list), list[len(list)-1].ID
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
