// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// GroupDepth is how many groups can stand in one another.
const GroupDepth = 5

// Group holds accounts and other groups.
type Group struct {
	ID        id.Group
	Name      string
	Members   int // direct ones
	CreatedAt time.Time
}

const sqlGroups = `
	select g.id, g.name, (select count(*) from membership m where m.group_id = g.id) as members, g.created_at
	from principal_group g where g.tenant_id = app_tenant() order by lower(g.name), g.id`

// Groups lists the tenant's groups by name. It needs ManageAccounts.
func (s *Service) Groups(ctx context.Context, who access.Actor) (groups []Group, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		if err := who.Require(access.ManageAccounts); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlGroups)
		if err != nil {
			return err
		}
		groups, err = pgx.CollectRows(rows, pgx.RowToStructByName[Group])
		return err
	})
	return groups, err
}

func groupName(name string) (string, error) {
	if name = shown(name); name == "" || len([]rune(name)) > 200 {
		return "", fault.Fields("group.invalid", "The group cannot be saved like this.", map[string]string{"name": "Give a name of 1 to 200 characters."})
	}
	return name, nil
}

func groupExists(err error) error {
	if pg.Violates(err, "principal_group_name_key") {
		return fault.New(fault.Conflict, "group.exists", "There is a group with this name already. Choose another name.")
	}
	return err
}

const sqlGroupInsert = `insert into principal_group (id, tenant_id, name, created_at) values (@id, @tenant, @name, @now)`

// CreateGroup makes a group without members or rights. It needs ManageAccounts.
func (s *Service) CreateGroup(ctx context.Context, who access.Actor, name string) (g Group, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		if err := who.Require(access.ManageAccounts); err != nil {
			return err
		}
		if name, err = groupName(name); err != nil {
			return err
		}
		g = Group{ID: id.New[id.Group](), Name: name, CreatedAt: s.now()}
		if _, err := tx.Exec(ctx, sqlGroupInsert, pgx.StrictNamedArgs{"id": g.ID, "tenant": who.Tenant, "name": name, "now": g.CreatedAt}); err != nil {
			return groupExists(err)
		}
		return s.record(ctx, tx, who, "group.create", g.ID.String(), nil)
	})
	return g, err
}

const sqlGroupRename = `update principal_group set name = @name where tenant_id = app_tenant() and id = @id`

// RenameGroup renames a group. It needs ManageAccounts.
func (s *Service) RenameGroup(ctx context.Context, who access.Actor, group id.Group, name string) error {
	return s.in(ctx, who, func(tx pg.Tx) error {
		if err := who.Require(access.ManageAccounts); err != nil {
			return err
		}
		name, err := groupName(name)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, sqlGroupRename, pgx.StrictNamedArgs{"id": group, "name": name})
		if err == nil && tag.RowsAffected() == 0 {
			return access.NotFound("group")
		}
		if err != nil {
			return groupExists(err)
		}
		return s.record(ctx, tx, who, "group.rename", group.String(), nil)
	})
}

const (
	sqlGroupGrants  = `delete from tenant_grant where principal_id = @id`
	sqlGroupMembers = `delete from membership where group_id = @id or member_id = @id`
	sqlGroupDelete  = `delete from principal_group where id = @id`
)

// DeleteGroup deletes a group and what was granted to it; its members stay. It
// needs ManageAccounts.
func (s *Service) DeleteGroup(ctx context.Context, who access.Actor, group id.Group) error {
	return s.in(ctx, who, func(tx pg.Tx) error {
		if err := who.Require(access.ManageAccounts); err != nil {
			return err
		}
		var held []id.Account
		if err := s.keepingAdministrator(ctx, tx, who.Tenant, func() error {
			err := s.isGroup(ctx, tx, group)
			if err != nil {
				return err
			}
			if held, err = beneath(ctx, tx, group.UUID()); err != nil {
				return err
			}
			for _, sql := range []string{sqlGroupGrants, sqlGroupMembers, sqlGroupDelete} {
				if _, err := tx.Exec(ctx, sql, pgx.StrictNamedArgs{"id": group}); err != nil {
					return err
				}
			}
			return closure(ctx, tx, who.Tenant, held)
		}); err != nil {
			return err
		}
		if err := s.OnPrincipalGone(ctx, tx, who, group.UUID()); err != nil {
			return err
		}
		if err := s.OnRightsChanged(ctx, tx, who, held); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "group.delete", group.String(), nil)
	})
}

// Member is an account or a group in a group: exactly one of the two is set.
type Member struct {
	Account id.Account
	Group   id.Group
	Name    string
}

func (m Member) uuid() uuid.UUID {
	if !m.Group.IsZero() {
		return m.Group.UUID()
	}
	return m.Account.UUID()
}

const sqlMembers = `
	select a.id as account, null::uuid as "group", a.name from membership m join account a on a.id = m.member_id where m.group_id = @group
	union all
	select null, g.id, g.name from membership m join principal_group g on g.id = m.member_id where m.group_id = @group
	order by name, account, "group"`

// Members lists who is directly in a group. It needs ManageAccounts.
func (s *Service) Members(ctx context.Context, who access.Actor, group id.Group) (members []Member, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		if err := who.Require(access.ManageAccounts); err != nil {
			return err
		}
		if err := s.isGroup(ctx, tx, group); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlMembers, pgx.StrictNamedArgs{"group": group})
		if err != nil {
			return err
		}
		members, err = pgx.CollectRows(rows, pgx.RowToStructByName[Member])
		return err
	})
	return members, err
}

const sqlGroup = `select true from principal_group where tenant_id = app_tenant() and id = @id`

func (s *Service) isGroup(ctx context.Context, tx pg.Tx, group id.Group) error {
	var yes bool
	err := tx.QueryRow(ctx, sqlGroup, pgx.StrictNamedArgs{"id": group}).Scan(&yes)
	if errors.Is(err, pgx.ErrNoRows) {
		return access.NotFound("group")
	}
	return err
}

const sqlDepth = `
	with recursive up(id, depth) as (
		select @group::uuid, 1
		union select m.group_id, up.depth + 1 from up join membership m on m.member_id = up.id where up.depth <= 20
	), down(id, depth) as (
		select g.id, 1 from principal_group g where g.id = @member
		union select m.member_id, down.depth + 1 from down join membership m on m.group_id = down.id join principal_group g on g.id = m.member_id
			where down.depth <= 20
	)
	select exists (select from up where id = @member) as cycle,
		(select max(depth) from up) + coalesce((select max(depth) from down), 0) as depth`

const sqlGroupRights = `
	with recursive up(id) as (
		select @group::uuid union select m.group_id from up join membership m on m.member_id = up.id
	)
	select coalesce((select bit_or(r.perm) from tenant_grant g join role r on r.id = g.role_id where g.principal_id in (select id from up)), 0),
		coalesce((select bit_or(e.perm) from acl_entry e where e.principal_id in (select id from up)), 0)`

const sqlMemberInsert = `
	insert into membership (tenant_id, group_id, member_id) values (@tenant, @group, @member) on conflict do nothing`

// AddMember puts an account or a group into a group. It needs ManageAccounts
// and every right that the group has at the tenant; nobody puts themselves
// into a group that has rights in folders which they do not hold everywhere.
func (s *Service) AddMember(ctx context.Context, who access.Actor, group id.Group, m Member) error {
	return s.in(ctx, who, func(tx pg.Tx) error {
		if err := who.Require(access.ManageAccounts); err != nil {
			return err
		}
		if err := s.lockRights(ctx, tx, who.Tenant); err != nil {
			return err
		}
		if err := s.isGroup(ctx, tx, group); err != nil {
			return err
		}
		if kind, err := s.PrincipalKindTx(ctx, tx, who.Tenant, m.uuid()); err != nil || kind == "key" {
			return errors.Join(err, access.NotFound("member"))
		}
		args := pgx.StrictNamedArgs{"tenant": who.Tenant, "group": group, "member": m.uuid()}
		var cycle bool
		var depth int
		if err := tx.QueryRow(ctx, sqlDepth, pgx.StrictNamedArgs{"group": group, "member": m.uuid()}).Scan(&cycle, &depth); err != nil {
			return err
		}
		switch {
		case cycle:
			return fault.New(fault.Conflict, "group.cycle", "The group is already in the one you want to put into it. Groups cannot stand in a circle.")
		case depth > GroupDepth:
			return fault.New(fault.Conflict, "group.too_deep", "Groups can stand in one another five deep at most. Put the members in directly.")
		}
		held, err := beneath(ctx, tx, m.uuid())
		if err != nil {
			return err
		}
		var tenancy, folders access.Set
		if err := tx.QueryRow(ctx, sqlGroupRights, pgx.StrictNamedArgs{"group": group}).Scan(&tenancy, &folders); err != nil {
			return err
		}
		for _, a := range held {
			if a == who.Account {
				tenancy |= folders
			}
		}
		if err := giving(who, tenancy); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlMemberInsert, args); err != nil {
			return err
		}
		return s.regrouped(ctx, tx, who, held, membership{"group.add_member", group, m})
	})
}

// membership is a change of who is in a group.
type membership struct {
	verb   string
	group  id.Group
	member Member
}

// regrouped derives the closure anew, tells of it and records the deed.
func (s *Service) regrouped(ctx context.Context, tx pg.Tx, who access.Actor, held []id.Account, m membership) error {
	if err := closure(ctx, tx, who.Tenant, held); err != nil {
		return err
	}
	if err := s.OnRightsChanged(ctx, tx, who, held); err != nil {
		return err
	}
	member := m.member.Account.String()
	if !m.member.Group.IsZero() {
		member = m.member.Group.String()
	}
	return s.record(ctx, tx, who, m.verb, m.group.String(), map[string]any{"member": member})
}

const sqlMemberDelete = `delete from membership where tenant_id = app_tenant() and group_id = @group and member_id = @member`

// RemoveMember takes an account or a group out of a group. It needs
// ManageAccounts.
func (s *Service) RemoveMember(ctx context.Context, who access.Actor, group id.Group, m Member) error {
	return s.in(ctx, who, func(tx pg.Tx) error {
		if err := who.Require(access.ManageAccounts); err != nil {
			return err
		}
		var held []id.Account
		if err := s.keepingAdministrator(ctx, tx, who.Tenant, func() error {
			tag, err := tx.Exec(ctx, sqlMemberDelete, pgx.StrictNamedArgs{"group": group, "member": m.uuid()})
			if err == nil && tag.RowsAffected() == 0 {
				return access.NotFound("member")
			}
			if err != nil {
				return err
			}
			if held, err = beneath(ctx, tx, m.uuid()); err != nil {
				return err
			}
			return closure(ctx, tx, who.Tenant, held)
		}); err != nil {
			return err
		}
		return s.regrouped(ctx, tx, who, held, membership{"group.remove_member", group, m})
	})
}
