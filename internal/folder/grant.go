// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Grant gives a role to a principal in one folder.
type Grant struct {
	Principal uuid.UUID  `db:"principal_id"`
	Kind      string     `db:"kind"` // "account", "group" or "key"
	Name      string     `db:"name"` // the principal's
	Role      id.Role    `db:"role_id"`
	RoleName  string     `db:"role_name"`
	Perm      access.Set `db:"perm"` // what the role gives in folders
	GrantedAt time.Time  `db:"granted_at"`
}

// sqlGrantColumns are the columns of Grant for a folder_grant or tenant_grant g.
const sqlGrantColumns = `
	g.principal_id, case when a.id is not null then 'account' when p.id is not null then 'group' else 'key' end as kind,
	coalesce(a.name, p.name, k.name, '') as name, g.role_id, r.name as role_name, r.perm & @content::bigint as perm, g.granted_at`

const sqlGrantPart = `
	join role r on r.id = g.role_id
	left join account a on a.id = g.principal_id
	left join principal_group p on p.id = g.principal_id
	left join api_key k on k.id = g.principal_id`

const sqlGrants = `select ` + sqlGrantColumns + ` from folder_grant g ` + sqlGrantPart + `
	where g.folder_id = @folder order by kind, name, g.principal_id, role_name`

// Grants lists what is given in the folder itself, which takes ManageRights.
func (s *Service) Grants(ctx context.Context, who access.Actor, folder id.Folder) (list []Grant, err error) {
	err = s.rightsOf(ctx, who, folder, func(tx pg.Tx, _ Folder) error {
		rows, err := tx.Query(ctx, sqlGrants, pgx.StrictNamedArgs{"folder": folder, "content": int64(access.Content)})
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Grant])
		return err
	})
	return list, err
}

// rightsOf runs fn on a folder whose rights who may read.
func (s *Service) rightsOf(ctx context.Context, who access.Actor, folder id.Folder, fn func(tx pg.Tx, f Folder) error) error {
	if who.Kind == access.Nobody {
		return who.Require(access.ManageRights)
	}
	return pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		f, err := s.ByIDTx(ctx, tx, who, folder)
		if err != nil {
			return err
		}
		if err := access.Require(f.Can, access.ManageRights, "folder"); err != nil {
			return err
		}
		return fn(tx, f)
	})
}

// Right is what one principal may do in a folder, and by which grants.
type Right struct {
	Principal uuid.UUID
	Kind      string // "account", "group" or "key"
	Name      string
	Perm      access.Set
	Through   []Source
}

// Source is a grant that a Right comes from. The zero folder stands for the
// tenant itself, whose grants hold everywhere.
type Source struct {
	Folder     id.Folder
	FolderName string
	Role       id.Role
	RoleName   string
	Perm       access.Set
}

const sqlReaching = `
	with way as (select t.id, t.at from folder f, unnest(f.lineage) with ordinality as t(id, at) where f.id = @folder),
	     cut as (select coalesce(max(w.at), 1) as at from way w join folder c on c.id = w.id where not c.inherit)
	select ` + sqlGrantColumns + `, g.folder_id, t.name as folder_name, w.at
	from way w join cut on w.at >= cut.at join folder t on t.id = w.id join folder_grant g on g.folder_id = w.id ` + sqlGrantPart + `
	union all
	select ` + sqlGrantColumns + `, null::uuid as folder_id, '' as folder_name, 0 as at
	from tenant_grant g ` + sqlGrantPart + ` where g.tenant_id = @tenant and r.perm & @content::bigint <> 0
	order by kind, name, principal_id, at, role_name`

// EffectiveRights lists who may do what in the folder and why, with what is
// given in it, above it and at the tenant. It takes ManageRights. Members of a
// group have the group's rights too; they are not listed one by one.
func (s *Service) EffectiveRights(ctx context.Context, who access.Actor, folder id.Folder) (list []Right, err error) {
	err = s.rightsOf(ctx, who, folder, func(tx pg.Tx, _ Folder) error {
		list, err = s.ReachingTx(ctx, tx, who, folder)
		return err
	})
	return list, err
}

// ReachingTx is EffectiveRights for a caller that has asked for a right itself.
func (s *Service) ReachingTx(ctx context.Context, tx pg.Tx, who access.Actor, folder id.Folder) (list []Right, err error) {
	rows, err := tx.Query(ctx, sqlReaching, pgx.StrictNamedArgs{"folder": folder, "tenant": who.Tenant, "content": int64(access.Content)})
	if err != nil {
		return nil, err
	}
	type reaching struct {
		Grant
		Folder     id.Folder `db:"folder_id"`
		FolderName string    `db:"folder_name"`
		At         int64     `db:"at"`
	}
	grants, err := pgx.CollectRows(rows, pgx.RowToStructByName[reaching])
	if err != nil {
		return nil, err
	}
	for _, g := range grants {
		if len(list) == 0 || list[len(list)-1].Principal != g.Principal {
			list = append(list, Right{Principal: g.Principal, Kind: g.Kind, Name: g.Name})
		}
		last := &list[len(list)-1]
		last.Perm |= g.Perm
		last.Through = append(last.Through, Source{g.Folder, g.FolderName, g.Role, g.RoleName, g.Perm})
	}
	return list, nil
}

// Give is a grant to be made.
type Give struct {
	Principal uuid.UUID // an account, a group or a key of its own right
	Role      id.Role
}

const sqlUngrant = `
	delete from folder_grant g where g.folder_id = @folder
	and not exists (select from unnest(@principals::uuid[], @roles::uuid[]) as n(p, r) where n.p = g.principal_id and n.r = g.role_id)`

const sqlGrant = `
	insert into folder_grant (tenant_id, folder_id, principal_id, role_id, granted_at)
	select @tenant, @folder, n.p, n.r, @now from unnest(@principals::uuid[], @roles::uuid[]) as n(p, r)
	on conflict (folder_id, principal_id, role_id) do nothing
	returning (select r.perm from role r where r.id = role_id) as perm, exists (select from api_key k where k.id = principal_id) as key`

const sqlInherit = `update folder set inherit = @inherit, version = version + 1 where id = @folder`

// SetGrants makes these the folder's own grants, all of them, and says whether
// it inherits those above. It takes ManageRights, and every permission that
// anybody gains by it; giving up one's own rights is allowed. A key gives
// nothing to keys. When it returns nil, the new rights hold for every folder
// and asset below.
func (s *Service) SetGrants(ctx context.Context, who access.Actor, folder id.Folder, version int64, inherit bool, give []Give) (f Folder, err error) {
	err = s.change(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "folder.grant", Subject: folder.String(), Detail: map[string]any{"grants": len(give), "inherit": inherit}}
		changed, err := s.setGrants(ctx, tx, who, Grants{folder, version, inherit, give}, s.reintern)
		if err != nil {
			return e, err
		}
		e.Detail["folders"] = len(changed)
		f, err = byID(ctx, tx, who, folder)
		return e, err
	})
	return f, err
}

// Grants are all that is given in a folder itself, and whether it inherits what
// is given above. Version is the one that they were made for; zero is any.
type Grants struct {
	Folder  id.Folder
	Version int64
	Inherit bool
	Give    []Give
}

// setGrants writes a folder's grants; below says what follows.
func (s *Service) setGrants(ctx context.Context, tx pg.Tx, who access.Actor, g Grants, below recount) ([]node, error) {
	if len(g.Give) > MaxGrants {
		return nil, fault.Fields("folder.grants", "A folder takes at most 500 grants. Give the rights to a group instead.", map[string]string{"grants": "at most 500"})
	}
	f, err := s.ByIDTx(ctx, tx, who, g.Folder)
	if err != nil {
		return nil, err
	}
	if err := access.Require(f.Can, access.ManageRights, "folder"); err != nil {
		return nil, err
	}
	if err := f.unchanged(g.Version); err != nil {
		return nil, err
	}
	if err := s.known(ctx, tx, g.Give); err != nil {
		return nil, err
	}
	given, err := s.writeGrants(ctx, tx, who, g.Folder, g.Give)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, sqlInherit, pgx.StrictNamedArgs{"folder": g.Folder, "inherit": g.Inherit || f.Purpose == PurposeRoot}); err != nil {
		return nil, err
	}
	changed, err := below(ctx, tx, who, g.Folder)
	if err != nil {
		return nil, err
	}
	const code, text = "folder.grant_exceeds", "You can give only permissions that you have here yourself. Choose a smaller role, or ask an administrator."
	if !f.Can.Has(given & access.Content) {
		return nil, fault.New(fault.Forbidden, code, text)
	}
	for _, n := range changed {
		if n.ID == g.Folder { // those below gain at most what this one does, and the actor has the same rights there
			if err := n.widened(code, text); err != nil {
				return nil, err
			}
		}
	}
	return changed, nil
}

// writeGrants replaces the folder's grants and returns what the new ones give.
func (s *Service) writeGrants(ctx context.Context, tx pg.Tx, who access.Actor, folder id.Folder, give []Give) (given access.Set, err error) {
	args := pgx.StrictNamedArgs{"folder": folder}
	args["principals"], args["roles"] = columns(give)
	if _, err := tx.Exec(ctx, sqlUngrant, args); err != nil {
		return 0, err
	}
	args["tenant"], args["now"] = who.Tenant, s.now()
	rows, err := tx.Query(ctx, sqlGrant, args)
	if err != nil {
		return 0, err
	}
	var perm access.Set
	var key bool
	_, err = pgx.ForEachRow(rows, []any{&perm, &key}, func() error {
		if given |= perm; key && who.Kind == access.Key {
			return fault.New(fault.Forbidden, "folder.grant_key", "A key cannot give rights to a key. Let a person do it.")
		}
		return nil
	})
	return given, err
}

func columns(give []Give) (principals, roles []uuid.UUID) {
	principals, roles = make([]uuid.UUID, len(give)), make([]uuid.UUID, len(give))
	for i, g := range give {
		principals[i], roles[i] = g.Principal, g.Role.UUID()
	}
	return principals, roles
}

const sqlUnknown = `
	select n.at::int - 1 as at,
		not exists (select from account a where a.id = n.p) and not exists (select from principal_group g where g.id = n.p)
			and not exists (select from api_key k where k.id = n.p and k.owner_id is null) as principal,
		coalesce((select r.perm & @content::bigint from role r where r.id = n.r), 0) = 0 as role
	from unnest(@principals::uuid[], @roles::uuid[]) with ordinality as n(p, r, at) order by at`

// known refuses principals that are not there, and roles that are not there or
// give nothing in a folder.
func (s *Service) known(ctx context.Context, tx pg.Tx, give []Give) error {
	principals, roles := columns(give)
	rows, err := tx.Query(ctx, sqlUnknown, pgx.StrictNamedArgs{"principals": principals, "roles": roles, "content": int64(access.Content)})
	if err != nil {
		return err
	}
	wrong := map[string]string{}
	var at int
	var principal, role bool
	if _, err := pgx.ForEachRow(rows, []any{&at, &principal, &role}, func() error {
		if principal {
			wrong["grants."+strconv.Itoa(at)+".principal"] = "there is no such account, group or key"
		}
		if role {
			wrong["grants."+strconv.Itoa(at)+".role"] = "there is no such role, or it gives nothing in a folder"
		}
		return nil
	}); err != nil {
		return err
	}
	if len(wrong) > 0 {
		return fault.Fields("folder.grants", "Some of these grants cannot be made. Each needs somebody to give to and a role.", wrong)
	}
	return nil
}
