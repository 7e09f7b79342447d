// SPDX-License-Identifier: Apache-2.0

package effect

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

// holder is whoever rights are given to, at one time.
type holder struct {
	ID         uuid.UUID   `db:"id"`
	Kind       string      `db:"kind"` // "account", "group" or "key"
	Name       string      `db:"name"`
	Active     bool        `db:"active"` // somebody who can sign in now
	Principals []uuid.UUID `db:"principals"`
	Everywhere access.Set  `db:"everywhere"`
}

const sqlHolders = `
	with recursive up(id, principal, depth) as (
		select g.id, g.id, 0 from principal_group g where g.tenant_id = @tenant
		union select up.id, m.group_id, up.depth + 1 from up join membership m on m.member_id = up.principal where up.depth <= 6
	), given as (
		select g.principal_id, bit_or(r.perm) as perm from tenant_grant g join role r on r.id = g.role_id
		where g.tenant_id = @tenant group by g.principal_id
	)
	select a.id, 'account' as kind, a.name, a.state = 'active' as active, array_agg(c.principal_id order by c.principal_id) as principals, coalesce(bit_or(g.perm), 0) as everywhere
	from account a join principal_closure c on c.account_id = a.id left join given g on g.principal_id = c.principal_id
	where a.tenant_id = @tenant and a.state <> 'deactivated' group by a.id
	union all
	select u.id, 'group', p.name, false, array_agg(u.principal order by u.principal), coalesce(bit_or(g.perm), 0)
	from (select distinct id, principal from up) u join principal_group p on p.id = u.id left join given g on g.principal_id = u.principal group by u.id, p.name
	union all
	select k.id, 'key', k.name, false, array[k.id], coalesce(g.perm, 0)
	from api_key k left join given g on g.principal_id = k.id where k.tenant_id = @tenant and k.owner_id is null and k.revoked_at is null`

// holders reads everybody and everything that can have rights in the tenant.
func holders(ctx context.Context, tx pg.Tx, who access.Actor) ([]holder, error) {
	rows, err := tx.Query(ctx, sqlHolders, pgx.StrictNamedArgs{"tenant": who.Tenant})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[holder])
}

const sqlHoldersOfRole = `select principal_id from tenant_grant where tenant_id = @tenant and role_id = @role`

// holdersOfRole are those who have a role at the tenant itself.
func holdersOfRole(ctx context.Context, tx pg.Tx, who access.Actor, role id.Role) (map[uuid.UUID]bool, error) {
	rows, err := tx.Query(ctx, sqlHoldersOfRole, pgx.StrictNamedArgs{"tenant": who.Tenant, "role": role})
	if err != nil {
		return nil, err
	}
	out := map[uuid.UUID]bool{}
	var u uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&u}, func() error {
		out[u] = true
		return nil
	})
	return out, err
}

const sqlFilesIn = `
	select x.folder_id, count(*) from (
		select a.folder_id from asset a where a.tenant_id = @tenant and a.deleted_at is null and a.folder_id = any(@folders::uuid[]) limit @most
	) x group by x.folder_id`

const sqlFiles = `
	select x.folder_id, count(*) from (
		select a.folder_id from asset a where a.tenant_id = @tenant and a.deleted_at is null limit @most
	) x group by x.folder_id`

const sqlStill = `select f.id, f.acl_id from folder f where f.tenant_id = @tenant and f.deleted_at is null`

const sqlEntries = `
	select e.acl_id, e.principal_id, e.perm from acl_entry e where e.tenant_id = @tenant and e.acl_id = any(@acls::bigint[])`

// areas finds the folders in which somebody may come to do something else: those
// that shift and, if anybody moves, all others too.
func (s *Service) areas(ctx context.Context, tx pg.Tx, who access.Actor, l *look) error {
	var folders []uuid.UUID
	shifted := map[id.Folder]bool{}
	for _, sh := range l.shifts {
		for _, f := range sh.Folders {
			folders, shifted[f] = append(folders, f.UUID()), true
		}
	}
	sql, args := sqlFilesIn, pgx.StrictNamedArgs{"tenant": who.Tenant, "most": s.MostFiles}
	if l.moving() {
		sql = sqlFiles
	} else {
		args["folders"] = append([]uuid.UUID{}, folders...)
	}
	rows, err := tx.Query(ctx, sql, args)
	if err != nil {
		return err
	}
	files, all := map[id.Folder]int64{}, int64(0)
	var f id.Folder
	var n, acl int64
	if _, err := pgx.ForEachRow(rows, []any{&f, &n}, func() error {
		files[f] = n
		all += n
		return nil
	}); err != nil {
		return err
	}
	l.atLeast = all >= int64(s.MostFiles)
	for _, sh := range l.shifts {
		a := &area{before: sh.Before, after: sh.After, shifts: true, folders: len(sh.Folders)}
		for _, f := range sh.Folders {
			a.files += files[f]
		}
		l.areas = append(l.areas, a)
	}
	if !l.moving() {
		return nil
	}
	still := map[int64]*area{}
	if rows, err = tx.Query(ctx, sqlStill, pgx.StrictNamedArgs{"tenant": who.Tenant}); err != nil {
		return err
	}
	acls := []int64{}
	if _, err := pgx.ForEachRow(rows, []any{&f, &acl}, func() error {
		if shifted[f] {
			return nil
		}
		a := still[acl]
		if a == nil {
			has := map[uuid.UUID]access.Set{}
			a = &area{before: has, after: has}
			still[acl], acls, l.areas = a, append(acls, acl), append(l.areas, a)
		}
		a.folders++
		a.files += files[f]
		return nil
	}); err != nil {
		return err
	}
	if rows, err = tx.Query(ctx, sqlEntries, pgx.StrictNamedArgs{"tenant": who.Tenant, "acls": acls}); err != nil {
		return err
	}
	var u uuid.UUID
	var perm access.Set
	_, err = pgx.ForEachRow(rows, []any{&acl, &u, &perm}, func() error {
		still[acl].before[u] = perm
		return nil
	})
	return err
}

// cut puts the page of lines that was asked for into e.
func (l *look) cut(p Pages, e *Effects) error {
	lines := l.lines()
	slices.SortFunc(lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(b.weight(), a.weight()), bytes.Compare(a.Principal[:], b.Principal[:]))
	})
	const list = "effect.lines"
	var weight int64
	var last uuid.UUID
	if more, err := page.Read(p.Cursor, list, &weight, &last); err != nil {
		return err
	} else if more {
		lines = slices.DeleteFunc(lines, func(x Line) bool {
			return x.weight() > weight || x.weight() == weight && bytes.Compare(x.Principal[:], last[:]) <= 0
		})
	}
	e.Lines = page.Cut(lines, page.Limit(p.Limit), list, func(x Line) []any { return []any{x.weight(), x.Principal} })
	for i, x := range e.Lines.Items {
		e.Lines.Items[i].Name = l.names[x.Principal]
	}
	return nil
}

// weight is what lines are ordered by.
func (l Line) weight() int64 { return (l.Opens + l.Closes) * int64(max(l.People, 1)) }
