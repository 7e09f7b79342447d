// SPDX-License-Identifier: Apache-2.0

package effect

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

// Source is a role that somebody has, and as whom.
type Source struct {
	Folder    id.Folder    // where it was given; zero: at the tenant, so everywhere
	Principal uuid.UUID    // the account itself, or a group that it is in
	Name      account.Name // the principal's
	Role      id.Role
	RoleName  string
	Perm      access.Set
}

// Place is a folder in which somebody may do something else than in the folder
// that it lies in.
type Place struct {
	Folder  id.Folder
	Path    []string // names from below the root to the folder; the root's own name for the root
	Can     access.Set
	Through []Source
}

// Rights are what somebody may do.
type Rights struct {
	Everywhere access.Set
	Through    []Source // what holds everywhere
	Places     page.Page[Place]
	Hidden     int // places that whoever asks may not view
}

const sqlTheirs = `
	select array(select c.principal_id from principal_closure c where c.account_id = @account)`

const sqlGivenEverywhere = `
	select null::uuid as folder_id, g.principal_id, g.role_id, r.name as role_name, r.perm
	from tenant_grant g join role r on r.id = g.role_id
	where g.tenant_id = @tenant and g.principal_id = any(@theirs::uuid[]) order by r.name, g.principal_id`

const sqlPlacesHead = `
	with theirs as (
		select e.acl_id, bit_or(e.perm) as perm from acl_entry e where e.tenant_id = @tenant and e.principal_id = any(@theirs::uuid[]) group by e.acl_id
	), place as (
		select f.id, f.acl_id, f.lineage, f.name_key, cardinality(f.lineage) as depth, coalesce(t.perm, 0) as perm
		from folder f left join theirs t on t.acl_id = f.acl_id
		left join folder p on p.id = f.parent_id left join theirs u on u.acl_id = p.acl_id
		where f.tenant_id = @tenant and f.deleted_at is null and coalesce(t.perm, 0) <> coalesce(u.perm, 0)
	)`

const sqlPlaces = sqlPlacesHead + `
	select l.id, array(select n.name from unnest(l.lineage) with ordinality w(id, at) join folder n on n.id = w.id
		where w.at > 1 or l.depth = 1 order by w.at) as path, l.perm, l.depth, l.name_key
	from place l where l.acl_id = any(@acls::bigint[]) and (l.depth, l.name_key, l.id) > (@depth::int, @name, @id::uuid)
	order by l.depth, l.name_key, l.id limit @limit`

const sqlPlacesHidden = sqlPlacesHead + ` select count(*) from place l where l.acl_id <> all(@acls::bigint[])`

const sqlGivenIn = `
	select f.id, w.id as folder_id, g.principal_id, g.role_id, r.name as role_name, r.perm & @content::bigint as perm
	from folder f cross join lateral unnest(f.lineage) with ordinality w(id, at)
	join folder_grant g on g.folder_id = w.id and g.principal_id = any(@theirs::uuid[]) join role r on r.id = g.role_id
	where f.id = any(@folders::uuid[]) and f.tenant_id = @tenant and w.at >= coalesce((
		select max(c.at) from unnest(f.lineage) with ordinality c(id, at) join folder n on n.id = c.id where not n.inherit), 1)
	order by f.id, w.at, r.name, g.principal_id`

// Rights tells what an account may do and why: everywhere, and in each folder
// where that begins, ends or changes. Of one's own account, or any with
// ManageAccounts; folders that who may not view are counted and not named.
func (s *Service) Rights(ctx context.Context, who access.Actor, of id.Account, p Pages) (r Rights, err error) {
	if _, err := s.accounts.Get(ctx, who, of); err != nil {
		return r, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		var theirs []uuid.UUID
		if err := tx.QueryRow(ctx, sqlTheirs, pgx.StrictNamedArgs{"account": of}).Scan(&theirs); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlGivenEverywhere, pgx.StrictNamedArgs{"tenant": who.Tenant, "theirs": theirs})
		if err != nil {
			return err
		}
		r.Through, err = pgx.CollectRows(rows, source)
		if err != nil {
			return err
		}
		for _, t := range r.Through {
			r.Everywhere |= t.Perm
		}
		acls, err := access.Visible(ctx, tx, who, access.View)
		if err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, sqlPlacesHidden, pgx.StrictNamedArgs{"tenant": who.Tenant, "theirs": theirs, "acls": acls}).Scan(&r.Hidden); err != nil {
			return err
		}
		if err := s.places(ctx, tx, who, theirs, acls, p, &r); err != nil {
			return err
		}
		names, err := s.accounts.PrincipalNamesTx(ctx, tx, who, theirs)
		for _, list := range append([][]Source{r.Through}, through(r.Places.Items)...) {
			for i := range list {
				list[i].Name = names[list[i].Principal]
			}
		}
		return err
	})
	return r, err
}

func through(list []Place) (out [][]Source) {
	for _, p := range list {
		out = append(out, p.Through)
	}
	return out
}

func source(row pgx.CollectableRow) (s Source, err error) {
	err = row.Scan(&s.Folder, &s.Principal, &s.Role, &s.RoleName, &s.Perm)
	return s, err
}

// places reads a page of the folders where theirs may do something of its own.
//
//nolint:revive // argument-limit: all of them say where and who
func (s *Service) places(ctx context.Context, tx pg.Tx, who access.Actor, theirs []uuid.UUID, acls []int64, p Pages, r *Rights) error {
	type found struct {
		Place
		depth int
		name  string
	}
	const list = "effect.places"
	var after found
	if _, err := page.Read(p.Cursor, list, &after.depth, &after.name, &after.Folder); err != nil {
		return err
	}
	limit := page.Limit(p.Limit)
	rows, err := tx.Query(ctx, sqlPlaces, pgx.StrictNamedArgs{
		"tenant": who.Tenant, "theirs": theirs, "acls": acls, "depth": after.depth, "name": after.name, "id": after.Folder.UUID(), "limit": limit + 1,
	})
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f found, err error) {
		err = row.Scan(&f.Folder, &f.Path, &f.Can, &f.depth, &f.name)
		f.Can |= r.Everywhere & access.Content
		return f, err
	})
	if err != nil {
		return err
	}
	cut := page.Cut(all, limit, list, func(f found) []any { return []any{f.depth, f.name, f.Folder} })
	r.Places = page.Page[Place]{Items: make([]Place, len(cut.Items)), Next: cut.Next}
	at, folders := map[id.Folder]int{}, make([]uuid.UUID, len(cut.Items))
	for i, f := range cut.Items {
		r.Places.Items[i], at[f.Folder], folders[i] = f.Place, i, f.Folder.UUID()
	}
	if rows, err = tx.Query(ctx, sqlGivenIn, pgx.StrictNamedArgs{"tenant": who.Tenant, "theirs": theirs, "folders": folders, "content": int64(access.Content)}); err != nil {
		return err
	}
	var in id.Folder
	var t Source
	_, err = pgx.ForEachRow(rows, []any{&in, &t.Folder, &t.Principal, &t.Role, &t.RoleName, &t.Perm}, func() error {
		one := &r.Places.Items[at[in]]
		one.Through = append(slices.Clip(one.Through), t)
		return nil
	})
	return err
}
