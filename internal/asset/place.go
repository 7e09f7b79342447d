// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// target holds the folder that an edit moves an asset to; nil if to none.
func (s *Service) target(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset, to *id.Folder) (*folder.Folder, error) {
	if to == nil {
		return nil, nil
	}
	// Who may not edit the asset is told so first, and nothing of the folder.
	a, err := s.byID(ctx, tx, who, asset)
	if err != nil {
		return nil, err
	}
	if err := Allowed(a, who, access.Edit, s.now()); err != nil {
		return nil, err
	}
	f, err := s.folders.HoldTx(ctx, tx, who, *to)
	return &f, err
}

// movable says whether who may move a into f. Moving must not be a way to
// fetch, or let others fetch, what the mover cannot.
func movable(a Asset, who access.Actor, f folder.Folder, now time.Time) error {
	if err := Allowed(a, who, access.Edit|access.Delete, now); err != nil {
		return err
	}
	if a.Waiting {
		return waitsFirst()
	}
	if err := access.Require(f.Can, access.Upload, "folder"); err != nil {
		return err
	}
	if gained := f.Can &^ a.Can & (access.DownloadOriginal | access.DownloadRendition); gained != 0 && a.State != Quarantined {
		return fault.New(fault.Forbidden, "asset.move_widens", "There you could fetch this asset, and here you cannot. Ask whoever looks after the folder to move it.")
	}
	return nil
}

const sqlACLChanged = `
	update asset a set acl_id = n.acl from unnest(@folders::uuid[], @acls::bigint[]) as n(id, acl)
	where a.folder_id = n.id and a.tenant_id = @tenant and a.acl_id <> n.acl`

// ACLChangedTx gives the assets in folders, those in the bin included, the
// folders' new acls. It is what folder.OnACLChanged does here.
func (s *Service) ACLChangedTx(ctx context.Context, tx pg.Tx, who access.Actor, acls map[id.Folder]int64) error {
	folders, to := split(acls)
	_, err := tx.Exec(ctx, sqlACLChanged, pgx.StrictNamedArgs{"folders": folders, "acls": to, "tenant": who.Tenant})
	return err
}

// split gives folders and acls as two columns.
func split(acls map[id.Folder]int64) (folders []uuid.UUID, to []int64) {
	folders, to = make([]uuid.UUID, 0, len(acls)), make([]int64, 0, len(acls))
	for f, acl := range acls {
		folders, to = append(folders, f.UUID()), append(to, acl)
	}
	return folders, to
}

const sqlFollowACL = `
	with late as (
		select a.id, n.acl from unnest(@folders::uuid[], @acls::bigint[]) as n(folder, acl)
		join asset a on a.folder_id = n.folder and a.tenant_id = @tenant and (a.acl_id < n.acl or a.acl_id > n.acl)
		order by a.id limit @most for no key update of a
	)
	update asset a set acl_id = late.acl from late where a.id = late.id returning a.id`

const sqlFollowing = `
	select exists (select from unnest(@folders::uuid[], @acls::bigint[]) as n(folder, acl)
		join asset a on a.folder_id = n.folder and a.tenant_id = @tenant and (a.acl_id < n.acl or a.acl_id > n.acl))`

// FollowACLTx is ACLChangedTx for up to most of the assets: it returns those
// that it gave their folder's acl, and whether others are left.
func (s *Service) FollowACLTx(ctx context.Context, tx pg.Tx, who access.Actor, acls map[id.Folder]int64, most int) (done []id.Asset, more bool, err error) {
	folders, to := split(acls)
	args := pgx.StrictNamedArgs{"folders": folders, "acls": to, "tenant": who.Tenant, "most": most}
	rows, err := tx.Query(ctx, sqlFollowACL, args)
	if err != nil {
		return nil, false, err
	}
	if done, err = pgx.CollectRows(rows, pgx.RowTo[id.Asset]); err != nil {
		return nil, false, err
	}
	// Not the number says that it was all: who was waited for may have gone.
	delete(args, "most")
	return done, more, tx.QueryRow(ctx, sqlFollowing, args).Scan(&more)
}

const sqlWeigh = `select count(*) from (select from asset a where a.folder_id = any(@folders::uuid[]) and a.tenant_id = @tenant limit @most) x`

// WeighTx counts the assets in folders, those in the bin included, up to most.
func (s *Service) WeighTx(ctx context.Context, tx pg.Tx, who access.Actor, folders []id.Folder, most int) (n int, err error) {
	err = tx.QueryRow(ctx, sqlWeigh, pgx.StrictNamedArgs{"folders": plainIDs(folders), "tenant": who.Tenant, "most": most}).Scan(&n)
	return n, err
}

const sqlFolderDeleted = `
	update asset a set deleted_at = @now, deleted_by = @by, deleted_with = @with, version = version + 1, updated_at = @now
	where a.folder_id = any(@folders::uuid[]) and a.tenant_id = @tenant and a.deleted_at is null
	returning a.id, ` + access.SQLCanAsset

// FolderDeletedTx puts the assets in folders into the bin, which takes Delete
// on each. It is what folder.OnDeleted does here.
func (s *Service) FolderDeletedTx(ctx context.Context, tx pg.Tx, who access.Actor, with id.Folder, folders []id.Folder) error {
	rows, err := tx.Query(ctx, sqlFolderDeleted, who.Bind(pgx.StrictNamedArgs{
		"with": with, "folders": plainIDs(folders), "tenant": who.Tenant, "by": who.ID, "now": s.now(),
	}))
	if err != nil {
		return err
	}
	type gone struct {
		ID  id.Asset   `db:"id"`
		Can access.Set `db:"can"`
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[gone])
	if err != nil || len(list) == 0 {
		return err
	}
	if slices.ContainsFunc(list, func(g gone) bool { return !g.Can.Has(access.Delete) }) {
		return fault.New(fault.Forbidden, "asset.delete_below", "There are assets in this folder that you may not delete. Ask whoever looks after them.")
	}
	ids := make([]id.Asset, len(list))
	for i, g := range list {
		ids[i] = g.ID
	}
	return s.OnDeleted(ctx, tx, who, ids)
}

const sqlFolderRestored = `
	update asset a set deleted_at = null, deleted_by = null, deleted_with = null, version = version + 1, updated_at = @now
	where a.deleted_with = @with and a.tenant_id = @tenant
	returning ` + SQLColumns + `, ` + access.SQLCanAsset

// FolderRestoredTx takes exactly those assets out of the bin that went into it
// with a folder. It is what folder.OnRestored does here.
func (s *Service) FolderRestoredTx(ctx context.Context, tx pg.Tx, who access.Actor, with id.Folder, _ []id.Folder) error {
	list, err := s.all(ctx, tx, who)(tx.Query(ctx, sqlFolderRestored, who.Bind(pgx.StrictNamedArgs{"with": with, "tenant": who.Tenant, "now": s.now()})))
	if err != nil || len(list) == 0 {
		return err
	}
	return s.OnRestored(ctx, tx, who, list)
}

func plainIDs(folders []id.Folder) []uuid.UUID {
	out := make([]uuid.UUID, len(folders))
	for i, f := range folders {
		out[i] = f.UUID()
	}
	return out
}
