// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const sqlCreate = `
	insert into folder (id, tenant_id, parent_id, name, name_key, lineage, acl_id, created_at)
	values (@id, @tenant, @parent, @name, @key, @lineage, @acl, @now)`

// Create makes a folder in another, which takes ManageFolder there. It
// inherits all rights.
func (s *Service) Create(ctx context.Context, who access.Actor, parent id.Folder, name string) (f Folder, err error) {
	if name, err = cleanName(name); err != nil {
		return Folder{}, err
	}
	err = s.change(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		in, err := s.ByIDTx(ctx, tx, who, parent)
		if err != nil {
			return audit.Entry{}, err
		}
		if err := access.Require(in.Can, access.ManageFolder, "folder"); err != nil {
			return audit.Entry{}, err
		}
		made := id.New[id.Folder]()
		if _, err := tx.Exec(ctx, sqlCreate, pgx.StrictNamedArgs{
			"id": made, "tenant": who.Tenant, "parent": parent, "name": name, "key": key(name),
			"lineage": append(slices.Clone(in.Lineage), made), "acl": in.ACL, "now": s.now(),
		}); err != nil {
			return audit.Entry{}, err
		}
		f, err = byID(ctx, tx, who, made)
		return audit.Entry{Verb: "folder.create", Subject: made.String(), Detail: map[string]any{"parent": parent.String()}}, err
	})
	return f, err
}

// Patch is what Change does to a folder; what is nil stays.
type Patch struct {
	Name   *string
	Parent *id.Folder
}

const sqlRename = `update folder set name = @name, name_key = @key, version = version + 1 where id = @id`

// Change renames a folder, moves it, or both. It takes ManageFolder on the
// folder, and for a move on the new parent too. A move by which anybody gains
// permissions in any folder that moves takes ManageRights on it, and those
// permissions. version is the one the change was made to; zero is any.
func (s *Service) Change(ctx context.Context, who access.Actor, folder id.Folder, version int64, p Patch) (f Folder, err error) {
	name := ""
	if p.Name != nil {
		if name, err = cleanName(*p.Name); err != nil {
			return Folder{}, err
		}
	}
	err = s.change(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		if f, err = s.manageable(ctx, tx, who, folder, version); err != nil {
			return audit.Entry{}, err
		}
		e := audit.Entry{Verb: "folder.edit", Subject: folder.String(), Detail: map[string]any{}}
		if p.Parent != nil && *p.Parent != f.Parent {
			e.Detail["from"], e.Detail["to"] = f.Parent.String(), p.Parent.String()
			if err := s.move(ctx, tx, who, f, *p.Parent, name); err != nil {
				return e, err
			}
		} else if name != "" {
			if _, err := tx.Exec(ctx, sqlRename, pgx.StrictNamedArgs{"id": folder, "name": name, "key": key(name)}); err != nil {
				return e, err
			}
		}
		e.Detail["renamed"] = name != ""
		f, err = byID(ctx, tx, who, folder)
		return e, err
	})
	return f, err
}

// manageable reads a live folder that who may manage, at a version.
func (s *Service) manageable(ctx context.Context, tx pg.Tx, who access.Actor, folder id.Folder, version int64) (Folder, error) {
	f, err := s.ByIDTx(ctx, tx, who, folder)
	if err != nil {
		return Folder{}, err
	}
	if err := access.Require(f.Can, access.ManageFolder, "folder"); err != nil {
		return Folder{}, err
	}
	return f, f.unchanged(version)
}

const sqlMove = sqlBelowPart + `
	update folder f set
		lineage = @prefix::uuid[] || f.lineage[@depth:],
		parent_id = case when f.id = @top then @parent else f.parent_id end,
		name = case when f.id = @top and @name <> '' then @name else f.name end,
		name_key = case when f.id = @top and @name <> '' then @key else f.name_key end,
		version = case when f.id = @top then f.version + 1 else f.version end
	from below b where f.id = b.id`

// move puts f into another folder, with everything below it, and renames it
// unless name is empty.
func (s *Service) move(ctx context.Context, tx pg.Tx, who access.Actor, f Folder, to id.Folder, name string) error {
	if err := f.stays(); err != nil {
		return err
	}
	in, err := s.ByIDTx(ctx, tx, who, to)
	if err != nil {
		return err
	}
	if err := access.Require(in.Can, access.ManageFolder, "folder"); err != nil {
		return err
	}
	if slices.Contains(in.Lineage, f.ID) {
		return fault.New(fault.Invalid, "folder.cycle", "A folder cannot lie in itself or in one of its own. Choose another place.")
	}
	if _, err := tx.Exec(ctx, sqlMove, pgx.StrictNamedArgs{
		"top": f.ID, "tenant": who.Tenant, "prefix": ids(in.Lineage), "depth": len(f.Lineage), "parent": to, "name": name, "key": key(name),
	}); err != nil {
		return err
	}
	changed, err := s.reintern(ctx, tx, who, f.ID)
	if err != nil {
		return err
	}
	for _, n := range changed {
		if err := n.widened("folder.move_widens", "By this move somebody would gain rights that are not yours to give. Ask whoever looks after the folder's rights to move it."); err != nil {
			return err
		}
	}
	moved, err := byID(ctx, tx, who, f.ID)
	if err != nil {
		return err
	}
	return s.OnMoved(ctx, tx, who, moved)
}

// widened refuses a change of rights by which somebody gained what was not the
// actor's to give.
func (n node) widened(code, text string) error {
	gained := n.before.gains(n.now)
	if gained == 0 || n.can.Has(gained|access.ManageRights) {
		return nil
	}
	return fault.New(fault.Forbidden, code, text)
}
