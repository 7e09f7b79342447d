// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

const sqlDelete = `
	update asset set deleted_at = @now, deleted_by = @by, version = version + 1, updated_at = @now
	where id = @id and tenant_id = @tenant`

// Delete puts an asset into the bin, which takes Delete.
func (s *Service) Delete(ctx context.Context, who access.Actor, asset id.Asset) error {
	return s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "asset.delete", Subject: asset.String()}
		a, err := s.hold(ctx, tx, who, asset, access.Delete)
		if err != nil {
			return e, err
		}
		if a.DeletedAt != nil {
			return e, fault.New(fault.Conflict, "asset.deleted", "This asset is in the bin already.")
		}
		if _, err := tx.Exec(ctx, sqlDelete, pgx.StrictNamedArgs{"id": asset, "tenant": who.Tenant, "by": who.ID, "now": s.now()}); err != nil {
			return e, err
		}
		return e, s.OnDeleted(ctx, tx, who, []id.Asset{asset})
	})
}

const sqlFolderGone = `select f.id from folder f where f.id = @folder and f.deleted_at is not null`

const sqlRestore = `
	update asset set deleted_at = null, deleted_by = null, deleted_with = null, merged_into = null, version = version + 1, updated_at = @now
	where id = @id and tenant_id = @tenant`

// Restore takes an asset out of the bin, which takes Delete. Its folder must
// be there.
func (s *Service) Restore(ctx context.Context, who access.Actor, asset id.Asset) (a Asset, err error) {
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "asset.restore", Subject: asset.String()}
		if a, err = s.GetTx(ctx, tx, who, asset); err != nil {
			return e, err
		}
		if err := s.folderStands(ctx, tx, who, a); err != nil {
			return e, err
		}
		if a, err = s.hold(ctx, tx, who, asset, access.Delete); err != nil {
			return e, err
		}
		if a.DeletedAt == nil {
			return e, fault.New(fault.Conflict, "asset.not_deleted", "This asset is not in the bin. There is nothing to restore.")
		}
		if _, err := tx.Exec(ctx, sqlRestore, pgx.StrictNamedArgs{"id": asset, "tenant": who.Tenant, "now": s.now()}); err != nil {
			return e, err
		}
		if a, err = s.byID(ctx, tx, who, asset); err != nil {
			return e, err
		}
		return e, s.OnRestored(ctx, tx, who, []Asset{a})
	})
	return a.shown(), err
}

// folderStands holds the asset's folder, or says that it is in the bin too.
func (s *Service) folderStands(ctx context.Context, tx pg.Tx, who access.Actor, a Asset) error {
	_, err := s.folders.HoldTx(ctx, tx, who, a.Folder)
	if fault.KindOf(err) != fault.NotFound {
		return err
	}
	var gone id.Folder
	if err := tx.QueryRow(ctx, sqlFolderGone, pgx.StrictNamedArgs{"folder": a.Folder}).Scan(&gone); err != nil {
		return err
	}
	return &fault.Error{
		Kind: fault.Conflict, Code: "asset.folder_deleted", Extra: map[string]string{"folder": gone.String()},
		Text: "The folder that this asset lay in is in the bin too. Restore the folder first.",
	}
}

const sqlBin = `
	select ` + SQLColumns + `, ` + access.SQLCanAsset + `
	from asset a where a.tenant_id = @tenant and a.deleted_at is not null and ` + SQLACL + ` = any(@acls::bigint[])
	and (not a.waiting or ` + SQLModerated + `) and (a.deleted_at, a.id) < (@at, @id::uuid)
	order by a.deleted_at desc, a.id desc limit @limit`

// Bin lists the deleted assets that who may restore, newest deletion first.
func (s *Service) Bin(ctx context.Context, who access.Actor, cursor string, limit int) (page.Page[Asset], error) {
	const of = "asset.bin"
	before, after := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), id.Asset{}
	if _, err := page.Read(cursor, of, &before, &after); err != nil {
		return page.Page[Asset]{}, err
	}
	limit = page.Limit(limit)
	var list []Asset
	err := s.read(ctx, who, func(tx pg.Tx) error {
		acls, err := access.Visible(ctx, tx, who, access.View|access.Delete)
		if err != nil {
			return err
		}
		args := who.Bind(pgx.StrictNamedArgs{"tenant": who.Tenant, "acls": acls, "at": before, "id": after.UUID(), "limit": limit + 1})
		if err := BindModerated(ctx, tx, who, args); err != nil {
			return err
		}
		list, err = s.all(ctx, tx, who)(tx.Query(ctx, sqlBin, args))
		return err
	})
	if err != nil {
		return page.Page[Asset]{}, err
	}
	for i := range list {
		list[i] = list[i].shown()
	}
	return page.Cut(list, limit, of, func(a Asset) []any { return []any{*a.DeletedAt, a.ID} }), nil
}

const sqlKeys = `select r.blob_key from revision r where r.asset_id = any(@ids::uuid[]) and r.tenant_id = @tenant order by r.asset_id, r.number`

const sqlPurge = `delete from asset where id = any(@ids::uuid[]) and tenant_id = @tenant`

// Purge destroys an asset in the bin for good, with all its revisions and its
// history, which takes Purge. Rows go first; the bytes follow by OnPurged.
func (s *Service) Purge(ctx context.Context, who access.Actor, asset id.Asset) error {
	return s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "asset.purge", Subject: asset.String()}
		a, err := s.hold(ctx, tx, who, asset, access.Purge)
		if err != nil {
			return e, err
		}
		if a.DeletedAt == nil {
			return e, fault.New(fault.Conflict, "asset.not_deleted", "Only what is in the bin can be destroyed. Delete the asset first.")
		}
		keys, err := s.purge(ctx, tx, who, []id.Asset{asset})
		e.Detail = map[string]any{"revisions": keys}
		return e, err
	})
}

// purge destroys assets that are held, and says how many revisions went.
func (s *Service) purge(ctx context.Context, tx pg.Tx, who access.Actor, assets []id.Asset) (revisions int, err error) {
	args := pgx.StrictNamedArgs{"ids": assets, "tenant": who.Tenant}
	rows, err := tx.Query(ctx, sqlKeys, args)
	if err != nil {
		return 0, err
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[blob.Key])
	if err != nil {
		return 0, err
	}
	if err := s.OnPurged(ctx, tx, who, assets, keys); err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, sqlPurge, args)
	return len(keys), err
}
