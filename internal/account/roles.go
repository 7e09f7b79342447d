// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"regexp"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Role is a named set of permissions.
type Role struct {
	ID      id.Role
	Name    string
	BuiltIn bool
	Perm    access.Set
}

const sqlRoleRename = `
	update role set name = left(name, 58) || '-own' where tenant_id = app_tenant() and name = any(@names) and not built_in`

const sqlRoleEnsure = `
	insert into role (id, tenant_id, name, built_in, perm, created_at) values (@id, @tenant, @name, true, @perm, @now)
	on conflict (tenant_id, name) do update set perm = excluded.perm where role.built_in and role.perm <> excluded.perm
	returning id, xmax = 0 as made`

// ensureRoles gives the tenant the built-in roles as this program knows them
// and reports whether any had to change. A role of the tenant's own that has
// the name of a new built-in one gets "-own" behind its name.
func (s *Service) ensureRoles(ctx context.Context, tx pg.Tx, who access.Actor) (changed bool, err error) {
	builtIn := access.BuiltInRoles()
	names := make([]string, len(builtIn))
	for i, b := range builtIn {
		names[i] = b.Name
	}
	if _, err := tx.Exec(ctx, sqlRoleRename, pgx.StrictNamedArgs{"names": names}); err != nil {
		return false, err
	}
	for _, b := range builtIn {
		var role id.Role
		var made bool
		err := tx.QueryRow(ctx, sqlRoleEnsure, pgx.StrictNamedArgs{
			"id": id.New[id.Role](), "tenant": who.Tenant, "name": b.Name, "perm": int64(b.Perm), "now": s.now(),
		}).Scan(&role, &made)
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		if err != nil {
			return false, err
		}
		changed = true
		if made {
			continue
		}
		if err := s.OnRoleChanged(ctx, tx, who, role); err != nil {
			return false, err
		}
	}
	return changed, nil
}

// EnsureRoles brings the built-in roles of every tenant to what this program
// knows. The house calls it at every start.
func (s *Service) EnsureRoles(ctx context.Context) error {
	tenants, err := s.Tenants(ctx, access.HouseActor(id.Tenant{}, "start"))
	if err != nil {
		return err
	}
	for _, t := range tenants {
		who := access.HouseActor(t.ID, "start")
		if err := s.in(ctx, who, func(tx pg.Tx) error {
			if err := s.lockRights(ctx, tx, who.Tenant); err != nil {
				return err
			}
			changed, err := s.ensureRoles(ctx, tx, who)
			if err != nil || !changed {
				return err
			}
			return s.record(ctx, tx, who, "role.synchronise", "", nil)
		}); err != nil {
			return err
		}
	}
	return nil
}

const sqlRoles = `select id, name, built_in, perm from role where tenant_id = app_tenant() order by built_in desc, id`

// Roles lists the tenant's roles, the built-in ones first. Everybody who is
// signed in may see what the roles are called and permit.
func (s *Service) Roles(ctx context.Context, who access.Actor) (roles []Role, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlRoles)
		if err != nil {
			return err
		}
		roles, err = pgx.CollectRows(rows, pgx.RowToStructByName[Role])
		return err
	})
	return roles, err
}

const sqlRoleByName = `select id, name, built_in, perm from role where tenant_id = app_tenant() and name = @name`

func (s *Service) roleByName(ctx context.Context, tx pg.Tx, name string) (Role, error) {
	rows, err := tx.Query(ctx, sqlRoleByName, pgx.StrictNamedArgs{"name": Normal(name)})
	return oneRole(rows, err)
}

const sqlRole = `select id, name, built_in, perm from role where tenant_id = app_tenant() and id = @id for update`

func (s *Service) roleTx(ctx context.Context, tx pg.Tx, role id.Role) (Role, error) {
	rows, err := tx.Query(ctx, sqlRole, pgx.StrictNamedArgs{"id": role})
	return oneRole(rows, err)
}

func oneRole(rows pgx.Rows, err error) (Role, error) {
	if err != nil {
		return Role{}, err
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Role])
	if errors.Is(err, pgx.ErrNoRows) {
		return Role{}, access.NotFound("role")
	}
	return r, err
}

var roleForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

func checkRole(name string) error {
	builtIn := slices.ContainsFunc(access.BuiltInRoles(), func(b access.BuiltIn) bool { return b.Name == name })
	switch {
	case !roleForm.MatchString(name):
		return fault.Fields("role.invalid", "The role cannot be saved like this.", map[string]string{"name": "Use 1 to 63 small letters a–z, digits, hyphens and underscores, beginning with a letter or digit."})
	case builtIn:
		return roleExists()
	}
	return nil
}

func roleExists() error {
	return fault.New(fault.Conflict, "role.exists", "There is a role with this name already. Choose another name.")
}

const sqlRoleInsert = `
	insert into role (id, tenant_id, name, built_in, perm, created_at) values (@id, @tenant, @name, false, @perm, @now)`

// CreateRole makes a role. It needs ManageRoles and every permission in perm.
func (s *Service) CreateRole(ctx context.Context, who access.Actor, name string, perm access.Set) (r Role, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		if err := s.mayRole(who, perm); err != nil {
			return err
		}
		r = Role{ID: id.New[id.Role](), Name: Normal(name), Perm: perm & access.All}
		if err := checkRole(r.Name); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlRoleInsert, pgx.StrictNamedArgs{
			"id": r.ID, "tenant": who.Tenant, "name": r.Name, "perm": int64(r.Perm), "now": s.now(),
		}); err != nil {
			if pg.Violates(err, "role_name_key") {
				return roleExists()
			}
			return err
		}
		return s.record(ctx, tx, who, "role.create", r.ID.String(), map[string]any{"permissions": r.Perm.Names()})
	})
	return r, err
}

func (s *Service) mayRole(who access.Actor, perm access.Set) error {
	if err := who.Require(access.ManageRoles); err != nil {
		return err
	}
	if err := noKey(who); err != nil {
		return err
	}
	return giving(who, perm)
}

func builtInRole() error {
	return fault.New(fault.Conflict, "role.built_in", "Built-in roles are the same in every tenant and cannot be changed. Make a role of your own.")
}

const sqlRoleEdit = `update role set name = @name, perm = @perm where id = @id`

// EditRole renames a role or changes what it permits, for everybody who has
// it, at once. It needs ManageRoles and every permission that is added.
func (s *Service) EditRole(ctx context.Context, who access.Actor, role id.Role, name string, perm access.Set) (r Role, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		if err := s.mayRole(who, 0); err != nil {
			return err
		}
		was, err := s.roleTx(ctx, tx, role)
		if err != nil {
			return err
		}
		if was.BuiltIn {
			return builtInRole()
		}
		r = Role{ID: role, Name: Normal(name), Perm: perm & access.All}
		if err := giving(who, r.Perm&^was.Perm); err != nil {
			return err
		}
		if err := checkRole(r.Name); err != nil {
			return err
		}
		if err := s.keepingAdministrator(ctx, tx, who.Tenant, func() error {
			_, err := tx.Exec(ctx, sqlRoleEdit, pgx.StrictNamedArgs{"id": role, "name": r.Name, "perm": int64(r.Perm)})
			if pg.Violates(err, "role_name_key") {
				return roleExists()
			}
			return err
		}); err != nil {
			return err
		}
		if r.Perm != was.Perm {
			if err := s.OnRoleChanged(ctx, tx, who, role); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, who, "role.edit", role.String(), map[string]any{"permissions": r.Perm.Names()})
	})
	return r, err
}

const sqlRoleDelete = `delete from role where id = @id`

// DeleteRole deletes a role that nobody has any more. It needs ManageRoles.
func (s *Service) DeleteRole(ctx context.Context, who access.Actor, role id.Role) error {
	return s.in(ctx, who, func(tx pg.Tx) error {
		if err := s.mayRole(who, 0); err != nil {
			return err
		}
		r, err := s.roleTx(ctx, tx, role)
		if err != nil {
			return err
		}
		if r.BuiltIn {
			return builtInRole()
		}
		if err := s.OnRoleGone(ctx, tx, who, role); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, sqlRoleDelete, pgx.StrictNamedArgs{"id": role})
		if pg.Violates(err, "tenant_grant_role_id_fkey") || pg.Violates(err, "folder_grant_role_id_fkey") {
			return fault.New(fault.Conflict, "role.in_use", "Somebody still has this role. Take it away from them first.")
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, who, "role.delete", role.String(), nil)
	})
}

// Grant is a role that a principal has at the tenant.
type Grant struct {
	Principal uuid.UUID
	Name      Name `db:"-"` // the principal's
	Role      id.Role
	RoleName  string
}

const sqlGrants = `
	select g.principal_id as principal, g.role_id as role, r.name as role_name
	from tenant_grant g join role r on r.id = g.role_id
	where g.tenant_id = app_tenant() and (@principal::uuid is null or g.principal_id = @principal)
	order by r.name, g.principal_id`

// Grants lists who has which role at the tenant; with a principal, only its
// own. It needs ManageRoles, unless a person asks for their own account.
func (s *Service) Grants(ctx context.Context, who access.Actor, principal *uuid.UUID) (grants []Grant, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		if principal == nil || !oneself(who, id.FromUUID[id.Account](*principal)) {
			if err := who.Require(access.ManageRoles); err != nil {
				return err
			}
		}
		rows, err := tx.Query(ctx, sqlGrants, pgx.StrictNamedArgs{"principal": principal})
		if err != nil {
			return err
		}
		if grants, err = pgx.CollectRows(rows, pgx.RowToStructByName[Grant]); err != nil {
			return err
		}
		principals := make([]uuid.UUID, len(grants))
		for i, g := range grants {
			principals[i] = g.Principal
		}
		names, err := s.PrincipalNamesTx(ctx, tx, who, principals)
		for i := range grants {
			grants[i].Name = names[grants[i].Principal]
		}
		return err
	})
	return grants, err
}

const sqlGrantInsert = `
	insert into tenant_grant (tenant_id, principal_id, role_id, granted_at) values (@tenant, @principal, @role, @now)
	on conflict do nothing`

func (s *Service) insertGrant(ctx context.Context, tx pg.Tx, tenant id.Tenant, principal uuid.UUID, role id.Role) error {
	_, err := tx.Exec(ctx, sqlGrantInsert, pgx.StrictNamedArgs{"tenant": tenant, "principal": principal, "role": role, "now": s.now()})
	return err
}

// Give gives a principal (an account, a group or a key of its own right) a
// role at the tenant. It needs ManageRoles and every permission of the role.
func (s *Service) Give(ctx context.Context, who access.Actor, principal uuid.UUID, role id.Role) error {
	return s.in(ctx, who, func(tx pg.Tx) error {
		if err := s.mayRole(who, 0); err != nil {
			return err
		}
		if err := s.lockRights(ctx, tx, who.Tenant); err != nil {
			return err
		}
		r, err := s.roleTx(ctx, tx, role)
		if err != nil {
			return err
		}
		if err := giving(who, r.Perm); err != nil {
			return err
		}
		if _, err := s.PrincipalKindTx(ctx, tx, who.Tenant, principal); err != nil {
			return err
		}
		if err := s.insertGrant(ctx, tx, who.Tenant, principal, role); err != nil {
			return err
		}
		return s.changed(ctx, tx, who, "role.give", role, principal)
	})
}

// changed tells of new rights of a principal and records the deed.
func (s *Service) changed(ctx context.Context, tx pg.Tx, who access.Actor, verb string, role id.Role, principal uuid.UUID) error {
	accounts, err := beneath(ctx, tx, principal)
	if err != nil {
		return err
	}
	if err := s.OnRightsChanged(ctx, tx, who, accounts); err != nil {
		return err
	}
	return s.record(ctx, tx, who, verb, role.String(), map[string]any{"principal": principal.String()})
}

const sqlGrantDelete = `delete from tenant_grant where tenant_id = app_tenant() and principal_id = @principal and role_id = @role`

// Take takes a role at the tenant away again. It needs ManageRoles; the last
// administrator keeps theirs.
func (s *Service) Take(ctx context.Context, who access.Actor, principal uuid.UUID, role id.Role) error {
	return s.in(ctx, who, func(tx pg.Tx) error {
		if err := s.mayRole(who, 0); err != nil {
			return err
		}
		if err := s.keepingAdministrator(ctx, tx, who.Tenant, func() error {
			tag, err := tx.Exec(ctx, sqlGrantDelete, pgx.StrictNamedArgs{"principal": principal, "role": role})
			if err == nil && tag.RowsAffected() == 0 {
				return access.NotFound("grant")
			}
			return err
		}); err != nil {
			return err
		}
		return s.changed(ctx, tx, who, "role.take", role, principal)
	})
}
