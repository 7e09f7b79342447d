// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

// sqlSeenPart holds for a folder f that is not in the bin and that the actor may
// view, or that lies above one they may view. Of those below it is enough to
// look at the uppermost: visible, under a folder that is not.
const sqlSeenPart = `(f.deleted_at is null and f.tenant_id = @tenant and (f.acl_id = any(@acls::bigint[]) or f.id in (
		select unnest(d.lineage) from folder d join folder p on p.id = d.parent_id
		where d.tenant_id = @tenant and d.deleted_at is null and d.acl_id = any(@acls::bigint[]) and p.acl_id <> all(@acls::bigint[]))))`

// bindSeen makes the arguments of sqlSeenPart and of can.
func bindSeen(ctx context.Context, tx pg.Tx, who access.Actor, args pgx.StrictNamedArgs) (pgx.StrictNamedArgs, error) {
	acls, err := access.Visible(ctx, tx, who, access.View)
	args["acls"], args["tenant"] = acls, who.Tenant
	return who.Bind(args), err
}

// list runs a statement that reads folders under sqlSeenPart.
func (s *Service) list(ctx context.Context, who access.Actor, sql string, args pgx.StrictNamedArgs) (out []Folder, err error) {
	if who.Kind == access.Nobody {
		return nil, who.Require(access.View)
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		args, err := bindSeen(ctx, tx, who, args)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sql, args)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowToStructByName[Folder])
		return err
	})
	for i := range out {
		out[i] = out[i].bare()
	}
	return out, err
}

const sqlGet = `select ` + sqlColumns + `, ` + access.SQLCanFolder + ` from folder f where f.id = @id and ` + sqlSeenPart

// Get returns a folder that who may view; one that lies above such a folder is
// returned as a bare name.
func (s *Service) Get(ctx context.Context, who access.Actor, folder id.Folder) (Folder, error) {
	list, err := s.list(ctx, who, sqlGet, pgx.StrictNamedArgs{"id": folder})
	if err != nil {
		return Folder{}, err
	}
	if len(list) == 0 {
		return Folder{}, access.NotFound("folder")
	}
	return list[0], nil
}

const sqlPath = `
	select ` + sqlColumns + `, ` + access.SQLCanFolder + `
	from folder f where f.id = any((select t.lineage from folder t where t.id = @id)::uuid[]) and ` + sqlSeenPart + `
	order by cardinality(f.lineage)`

// Path returns the folders from the root to the given one, itself included.
func (s *Service) Path(ctx context.Context, who access.Actor, folder id.Folder) ([]Folder, error) {
	list, err := s.list(ctx, who, sqlPath, pgx.StrictNamedArgs{"id": folder})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 || list[len(list)-1].ID != folder {
		return nil, access.NotFound("folder")
	}
	return list, nil
}

const sqlChildren = `
	select ` + sqlColumns + `, ` + access.SQLCanFolder + `
	from folder f where f.parent_id is not distinct from @parent::uuid and (f.name_key, f.id) > (@name, @id::uuid) and ` + sqlSeenPart + `
	order by f.name_key, f.id limit @limit`

// Children lists the folders in one folder by name; those of the zero folder
// are the root alone.
func (s *Service) Children(ctx context.Context, who access.Actor, parent id.Folder, cursor string, limit int) (page.Page[Folder], error) {
	if !parent.IsZero() {
		if _, err := s.Get(ctx, who, parent); err != nil {
			return page.Page[Folder]{}, err
		}
	}
	of := "folder.children " + parent.String()
	var name string
	var after id.Folder
	if _, err := page.Read(cursor, of, &name, &after); err != nil {
		return page.Page[Folder]{}, err
	}
	limit = page.Limit(limit)
	list, err := s.list(ctx, who, sqlChildren, pgx.StrictNamedArgs{"parent": parent, "name": name, "id": after.UUID(), "limit": limit + 1})
	if err != nil {
		return page.Page[Folder]{}, err
	}
	return page.Cut(list, limit, of, func(f Folder) []any { return []any{key(f.Name), f.ID} }), nil
}

const sqlTree = `
	select ` + sqlColumns + `, ` + access.SQLCanFolder + `
	from folder f where (cardinality(f.lineage), f.name_key, f.id) > (@depth::int, @name, @id::uuid) and ` + sqlSeenPart + `
	order by cardinality(f.lineage), f.name_key, f.id limit @limit`

// Tree lists all folders, level by level and by name in each level, so that a
// folder always comes after the one it lies in.
func (s *Service) Tree(ctx context.Context, who access.Actor, cursor string, limit int) (page.Page[Folder], error) {
	const of = "folder.tree"
	var depth int
	var name string
	var after id.Folder
	if _, err := page.Read(cursor, of, &depth, &name, &after); err != nil {
		return page.Page[Folder]{}, err
	}
	limit = page.Limit(limit)
	list, err := s.list(ctx, who, sqlTree, pgx.StrictNamedArgs{"depth": depth, "name": name, "id": after.UUID(), "limit": limit + 1})
	if err != nil {
		return page.Page[Folder]{}, err
	}
	return page.Cut(list, limit, of, func(f Folder) []any { return []any{len(f.Lineage), key(f.Name), f.ID} }), nil
}

const sqlBin = `
	select ` + sqlColumns + `, ` + access.SQLCanFolder + `
	from folder f where f.tenant_id = @tenant and f.deleted_with = f.id and not f.purging and f.acl_id = any(@acls::bigint[])
	and (f.deleted_at, f.id) < (@at, @id::uuid)
	order by f.deleted_at desc, f.id desc limit @limit`

// Bin lists the deleted folders that who may restore, newest first. Folders
// that went with another one are restored with it and not listed.
func (s *Service) Bin(ctx context.Context, who access.Actor, cursor string, limit int) (page.Page[Folder], error) {
	const of = "folder.bin"
	before, after := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), id.Folder{}
	if _, err := page.Read(cursor, of, &before, &after); err != nil {
		return page.Page[Folder]{}, err
	}
	if who.Kind == access.Nobody {
		return page.Page[Folder]{}, who.Require(access.View)
	}
	limit = page.Limit(limit)
	var list []Folder
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		acls, err := access.Visible(ctx, tx, who, access.View|access.ManageFolder)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlBin, who.Bind(pgx.StrictNamedArgs{
			"tenant": who.Tenant, "acls": acls, "at": before, "id": after.UUID(), "limit": limit + 1,
		}))
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Folder])
		return err
	})
	if err != nil {
		return page.Page[Folder]{}, err
	}
	return page.Cut(list, limit, of, func(f Folder) []any { return []any{*f.DeletedAt, f.ID} }), nil
}
