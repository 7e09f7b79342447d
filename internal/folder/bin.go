// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const sqlDelete = sqlBelowPart + `
	update folder f set deleted_at = @now, deleted_with = @top, version = f.version + 1
	from below b where f.id = b.id and f.deleted_at is null
	returning f.id, ` + access.SQLCanFolder

// Delete puts a folder with everything below it into the bin, which takes
// ManageFolder on each of the folders; the assets go with them (OnDeleted).
func (s *Service) Delete(ctx context.Context, who access.Actor, folder id.Folder, version int64) error {
	return s.change(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "folder.delete", Subject: folder.String()}
		f, err := s.manageable(ctx, tx, who, folder, version)
		if err != nil {
			return e, err
		}
		if err := f.stays(); err != nil {
			return e, err
		}
		rows, err := tx.Query(ctx, sqlDelete, who.Bind(pgx.StrictNamedArgs{"top": folder, "tenant": who.Tenant, "now": s.now()}))
		if err != nil {
			return e, err
		}
		type gone struct {
			ID  id.Folder  `db:"id"`
			Can access.Set `db:"can"`
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[gone])
		if err != nil {
			return e, err
		}
		folders := make([]id.Folder, len(list))
		for i, g := range list {
			if folders[i] = g.ID; !g.Can.Has(access.ManageFolder) {
				return e, fault.New(fault.Forbidden, "folder.delete_below", "There are folders below this one that you may not delete. Ask whoever looks after them.")
			}
		}
		e.Detail = map[string]any{"folders": len(folders)}
		return e, s.OnDeleted(ctx, tx, who, folder, folders)
	})
}

const sqlTaken = `
	select exists (select from folder f where f.tenant_id = @tenant and f.parent_id = @parent and f.name_key = @key and f.deleted_at is null)`

const sqlCallAgain = `update folder set name = @name, name_key = @key where id = @id and tenant_id = @tenant`

// freeName is the name under which a folder can come back: its own, or with a
// number if another has got that meanwhile.
func freeName(ctx context.Context, tx pg.Tx, who access.Actor, f Folder) (string, error) {
	name := f.Name
	for n := 2; ; n++ {
		var taken bool
		if err := tx.QueryRow(ctx, sqlTaken, pgx.StrictNamedArgs{"tenant": who.Tenant, "parent": f.Parent, "key": key(name)}).Scan(&taken); err != nil || !taken {
			return name, err
		}
		r := []rune(f.Name)
		name = fmt.Sprintf("%s (%d)", string(r[:min(len(r), 190)]), n)
	}
}

const sqlRestore = `
	update folder set deleted_at = null, deleted_with = null, version = version + 1
	where deleted_with = @id and tenant_id = @tenant returning id`

// Restore takes a folder out of the bin, with exactly the folders and assets
// that its deletion took along. Where it lay must be there.
func (s *Service) Restore(ctx context.Context, who access.Actor, folder id.Folder) (f Folder, err error) {
	err = s.change(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "folder.restore", Subject: folder.String()}
		if f, err = byID(ctx, tx, who, folder); err != nil {
			return e, err
		}
		if err := access.Require(f.Can, access.View, "folder"); err != nil {
			return e, err
		}
		if err := access.Require(f.Can, access.ManageFolder, "folder"); err != nil {
			return e, err
		}
		if f.DeletedAt == nil {
			return e, fault.New(fault.Conflict, "folder.not_deleted", "This folder is not in the bin. There is nothing to restore.")
		}
		in, err := byID(ctx, tx, who, f.Parent)
		if err != nil {
			return e, err
		}
		if in.DeletedAt != nil {
			return e, &fault.Error{Kind: fault.Conflict, Code: "folder.parent_deleted", Text: "The folder that this one lay in is in the bin too. Restore that one first.", Extra: map[string]string{"folder": in.ID.String()}}
		}
		if f.Purging {
			return e, fault.New(fault.Conflict, "folder.purging", "This folder is being destroyed and cannot be restored any more.")
		}
		name, err := freeName(ctx, tx, who, f)
		if err != nil {
			return e, err
		}
		if name != f.Name {
			if _, err := tx.Exec(ctx, sqlCallAgain, pgx.StrictNamedArgs{"id": folder, "tenant": who.Tenant, "name": name, "key": key(name)}); err != nil {
				return e, err
			}
		}
		rows, err := tx.Query(ctx, sqlRestore, pgx.StrictNamedArgs{"id": folder, "tenant": who.Tenant})
		if err != nil {
			return e, err
		}
		folders, err := pgx.CollectRows(rows, pgx.RowTo[id.Folder])
		if err != nil {
			return e, err
		}
		if err := s.OnRestored(ctx, tx, who, folder, folders); err != nil {
			return e, err
		}
		e.Detail = map[string]any{"folders": len(folders)}
		f, err = byID(ctx, tx, who, folder)
		return e, err
	})
	return f, err
}
