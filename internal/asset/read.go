// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

// Get returns an asset that who may see. In the bin it is seen by those who
// may delete it. It marks nothing; see View.
func (s *Service) Get(ctx context.Context, who access.Actor, asset id.Asset) (a Asset, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		a, err = s.GetTx(ctx, tx, who, asset)
		return err
	})
	return a, err
}

// GetTx is Get in the caller's transaction.
func (s *Service) GetTx(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset) (Asset, error) {
	a, err := s.byID(ctx, tx, who, asset)
	if err != nil {
		return Asset{}, err
	}
	if err := Allowed(a, who, access.View, s.now()); err != nil {
		return Asset{}, err
	}
	return a.shown(), nil
}

// View is Get, and notes that who has seen the asset.
func (s *Service) View(ctx context.Context, who access.Actor, asset id.Asset) (a Asset, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		if a, err = s.GetTx(ctx, tx, who, asset); err != nil || who.Kind == access.House {
			return err
		}
		return audit.Saw(ctx, tx, who, asset.String(), audit.Viewed, s.now())
	})
	return a, err
}

// SeenBy returns who saw or fetched an asset last and how many did. Without
// ReadHistory it names only the asker.
func (s *Service) SeenBy(ctx context.Context, who access.Actor, asset id.Asset) (strip audit.Strip, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		a, err := s.GetTx(ctx, tx, who, asset)
		if err != nil {
			return err
		}
		strip, err = audit.Seen(ctx, tx, who, asset.String(), a.Can)
		return err
	})
	return strip, err
}

// Sightings lists who saw or fetched an asset, newest first. Without
// ReadHistory it names only the asker.
func (s *Service) Sightings(ctx context.Context, who access.Actor, asset id.Asset, cursor string, limit int) (list page.Page[audit.Sighting], err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		a, err := s.GetTx(ctx, tx, who, asset)
		if err != nil {
			return err
		}
		list, err = audit.SeenBy(ctx, tx, who, asset.String(), a.Can, cursor, limit)
		return err
	})
	return list, err
}

// ByIDs is ByIDsTx in a transaction of its own.
func (s *Service) ByIDs(ctx context.Context, who access.Actor, assets []id.Asset) (list []Asset, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		list, err = s.ByIDsTx(ctx, tx, who, assets)
		return err
	})
	return list, err
}

const sqlByIDs = `
	select ` + SQLColumns + `, ` + access.SQLCanAsset + `
	from asset a where a.id = any(@ids::uuid[]) and a.tenant_id = @tenant`

// ByIDsTx returns, in the order given, those of the assets that who may see
// and that are not in the bin. It is for lists: at most a few hundred.
func (s *Service) ByIDsTx(ctx context.Context, tx pg.Tx, who access.Actor, assets []id.Asset) ([]Asset, error) {
	var list []Asset
	b := &pgx.Batch{}
	pg.ByKey.Queue(b)
	b.Queue(sqlByIDs, who.Bind(pgx.StrictNamedArgs{"ids": id.Raw(assets), "tenant": who.Tenant})).Query(func(rows pgx.Rows) (err error) {
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Asset])
		return err
	})
	pg.Freely.Queue(b)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, err
	}
	if err := s.FieldsTx(ctx, tx, who, list); err != nil {
		return nil, err
	}
	by := make(map[id.Asset]Asset, len(list))
	for _, a := range list {
		if a.DeletedAt == nil && Allowed(a, who, access.View, s.now()) == nil {
			by[a.ID] = a.shown()
		}
	}
	out := make([]Asset, 0, len(by))
	for _, i := range assets {
		if a, ok := by[i]; ok {
			out = append(out, a)
		}
	}
	return out, nil
}

// all reads rows of assets.
func (s *Service) all(ctx context.Context, tx pg.Tx, who access.Actor) func(pgx.Rows, error) ([]Asset, error) {
	return func(rows pgx.Rows, err error) ([]Asset, error) {
		if err != nil {
			return nil, err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Asset])
		if err != nil {
			return nil, err
		}
		return list, s.FieldsTx(ctx, tx, who, list)
	}
}

// FieldsTx gives assets that another room has read their tenant's fields.
func (s *Service) FieldsTx(ctx context.Context, tx pg.Tx, who access.Actor, assets []Asset) (err error) {
	for i := range assets {
		if assets[i].Registry, err = s.registryAt(ctx, tx, who.Tenant, assets[i].Fresh); err != nil {
			return err
		}
	}
	return nil
}

const sqlDuplicate = `
	select a.id from asset a
	where a.tenant_id = @tenant and a.sha256 = @sha256 and a.acl_id = any(@acls::bigint[]) and ` + SQLSeen + `
	order by a.created_at, a.id limit 1`

// DuplicateTx finds the oldest asset with the same bytes, of those that who may see.
func (s *Service) DuplicateTx(ctx context.Context, tx pg.Tx, who access.Actor, sha256 []byte) (asset id.Asset, found bool, err error) {
	args := pgx.StrictNamedArgs{"tenant": who.Tenant, "sha256": slices.Clone(sha256)}
	if err := BindSeen(ctx, tx, who, s.now(), args); err != nil {
		return id.Asset{}, false, err
	}
	err = tx.QueryRow(ctx, sqlDuplicate, args).Scan(&asset)
	if errors.Is(err, pgx.ErrNoRows) {
		return id.Asset{}, false, nil
	}
	return asset, err == nil, err
}

// EditableTx returns an asset that who may edit now.
func (s *Service) EditableTx(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset) (Asset, error) {
	a, err := s.byID(ctx, tx, who, asset)
	if err != nil {
		return Asset{}, err
	}
	return a.shown(), Allowed(a, who, access.Edit, s.now())
}
