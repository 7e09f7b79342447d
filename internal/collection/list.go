// SPDX-License-Identifier: Apache-2.0

package collection

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
)

// Filter says which collections to list. The zero value lists all.
type Filter struct {
	Top    bool          // only those that lie in none that the asker sees
	Parent id.Collection // only those that lie in this one
	Kind   Kind          // empty: both
	Least  Level         // with which the asker may do this at least
	Name   string        // whose name holds this
	Asset  id.Asset      // only lists that this asset is in
	Cursor string
	Limit  int
}

// sqlSeenPart are the collections that somebody sees, and on what level: what they
// were given, and what lies in it.
const sqlSeenPart = `
	with recursive direct as (
		select u.id, ` + sqlLevelPart + ` as level from collection u where u.tenant_id = @tenant and u.deleted_at is null and (u.owner_id = @account or u.everybody <> 'none')
		union select u.id, ` + sqlLevelPart + ` from collection_share g join collection u on u.id = g.collection_id
			where g.principal_id = any(@principals::uuid[]) and g.tenant_id = @tenant and u.deleted_at is null
	), below as (
		select d.id, d.level from direct d
		union select k.id, b.level from below b join collection k on k.parent_id = b.id and k.deleted_at is null
	), seen as materialized (select b.id, max(b.level)::int as level from below b group by b.id)`

const sqlList = sqlSeenPart + `
	select ` + sqlColumns + `, s.level, case when exists (select from seen p where p.id = c.parent_id) then c.parent_id end as parent_id, c.name_key
	from seen s join collection c on c.id = s.id
	where s.level >= @least and (@kind = '' or c.kind = @kind) and (@name = '' or position(@name in c.name_key) > 0)
	and (not @top::boolean or not exists (select from seen p where p.id = c.parent_id))
	and (@parent::uuid is null or c.parent_id = @parent)
	and (@asset::uuid is null or exists (select from collection_asset m where m.collection_id = c.id and m.asset_id = @asset))
	and (c.name_key, c.id) > (@key::text, @last::uuid)
	order by c.name_key, c.id limit @n`

// listed is a collection with what it is sorted by.
type listed struct {
	Collection
	Key string `db:"name_key"`
}

// List returns a page of the collections that who sees, by name. Those of chosen
// assets say how many of them who sees, counted up to a thousand.
func (s *Service) List(ctx context.Context, who access.Actor, f Filter) (out page.Page[Collection], err error) {
	var key string
	var last id.Collection
	if _, err := page.Read(f.Cursor, "collections", &key, &last); err != nil {
		return out, err
	}
	limit := page.Limit(f.Limit)
	args := pgx.StrictNamedArgs{
		"key": key, "last": last.UUID(), "n": limit + 1, "top": f.Top, "parent": nil, "asset": nil, "kind": string(f.Kind), "least": int(max(f.Least, View)),
		"name": plain.Fold(f.Name),
	}
	if !f.Parent.IsZero() {
		args["parent"] = f.Parent
	}
	if !f.Asset.IsZero() {
		args["asset"] = f.Asset
	}
	err = s.read(ctx, who, func(tx pg.Tx) error {
		if !f.Asset.IsZero() { // of what the asker does not see nothing is told
			if found, err := s.seenOf(ctx, tx, who, []id.Asset{f.Asset}); err != nil || len(found) == 0 {
				return err
			}
		}
		rows, err := tx.Query(ctx, sqlList, me(who, args))
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[listed])
		if err != nil {
			return err
		}
		if len(list) > limit {
			list = list[:limit]
			out.Next = page.Cursor("collections", list[limit-1].Key, list[limit-1].ID)
		}
		for _, l := range list {
			l.promote(who)
			out.Items = append(out.Items, l.Collection)
		}
		return s.count(ctx, tx, who, out.Items, 1_000)
	})
	return out, err
}

// Get returns a collection that who sees; in the bin to those who manage it.
func (s *Service) Get(ctx context.Context, who access.Actor, collection id.Collection) (c Collection, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		c, err = s.getTx(ctx, tx, who, collection)
		return err
	})
	return c, err
}

func (s *Service) getTx(ctx context.Context, tx pg.Tx, who access.Actor, collection id.Collection) (Collection, error) {
	c, err := get(ctx, tx, who, collection)
	if err != nil {
		return c, err
	}
	one := []Collection{c}
	err = s.count(ctx, tx, who, one, 10_000)
	return one[0], err
}

// Step is one collection on the way from the top to another one.
type Step struct {
	ID   id.Collection `db:"id"`
	Name string        `db:"name"`
}

const sqlPath = sqlUpPart + `
	select x.id, c.name from up x join collection c on c.id = x.id
	where exists (select from up y where y.above >= x.above and y.level > 0) order by x.above desc`

// Path lists the collections, from the top, in which one lies, itself last;
// without those that who does not see.
func (s *Service) Path(ctx context.Context, who access.Actor, collection id.Collection) (steps []Step, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		if _, err := get(ctx, tx, who, collection); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlPath, me(who, pgx.StrictNamedArgs{"id": collection}))
		if err != nil {
			return err
		}
		steps, err = pgx.CollectRows(rows, pgx.RowToStructByName[Step])
		return err
	})
	return steps, err
}

const sqlCounts = `
	select l.id, n.count, coalesce(
		(select a.id from asset a join collection c on c.cover_id = a.id where c.id = l.id and a.acl_id = any(@acls::bigint[]) and ` + asset.SQLSeen + `),
		(select a.id from collection_asset m join asset a on a.id = m.asset_id where m.collection_id = l.id and a.acl_id = any(@acls::bigint[]) and ` + asset.SQLSeen + `
			order by m.place, m.asset_id limit 1)) as cover
	from unnest(@lists::uuid[]) l(id) cross join lateral (
		select count(*)::int as count from (select from collection_asset m join asset a on a.id = m.asset_id
			where m.collection_id = l.id and a.acl_id = any(@acls::bigint[]) and ` + asset.SQLSeen + ` limit @most) x) n`

// count says how many assets of lists who sees, up to most, and what their covers are.
func (s *Service) count(ctx context.Context, tx pg.Tx, who access.Actor, list []Collection, most int) error {
	at := map[id.Collection]int{}
	var ids []id.Collection
	for i := range list {
		if list[i].Kind == List {
			at[list[i].ID], ids = i, append(ids, list[i].ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	args := pgx.StrictNamedArgs{"lists": ids, "most": most + 1}
	if err := asset.BindSeen(ctx, tx, who, s.now(), args); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, sqlCounts, args)
	if err != nil {
		return err
	}
	var of id.Collection
	var n int
	var cover id.Asset
	_, err = pgx.ForEachRow(rows, []any{&of, &n, &cover}, func() error {
		c := &list[at[of]]
		c.Count, c.CountIsExact, c.Cover = min(n, most), n <= most, cover
		return nil
	})
	return err
}

const sqlSeenOf = `
	select a.id from asset a where a.id = any(@ids::uuid[]) and a.tenant_id = @tenant and a.acl_id = any(@acls::bigint[]) and ` + asset.SQLSeen

// seenOf are those of the assets that who sees.
func (s *Service) seenOf(ctx context.Context, tx pg.Tx, who access.Actor, assets []id.Asset) (map[id.Asset]bool, error) {
	args := pgx.StrictNamedArgs{"ids": id.Raw(assets), "tenant": who.Tenant}
	if err := asset.BindSeen(ctx, tx, who, s.now(), args); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, sqlSeenOf, args)
	if err != nil {
		return nil, err
	}
	out := map[id.Asset]bool{}
	var a id.Asset
	_, err = pgx.ForEachRow(rows, []any{&a}, func() error {
		out[a] = true
		return nil
	})
	return out, err
}

// Opened is what a collection stands for in a list of assets.
type Opened struct {
	Kind   Kind
	Search Search // of a saved search
}

// OpenTx says what a collection that who sees stands for.
func (s *Service) OpenTx(ctx context.Context, tx pg.Tx, who access.Actor, collection id.Collection) (Opened, error) {
	if err := somebody(who); err != nil {
		return Opened{}, err
	}
	c, err := get(ctx, tx, who, collection)
	if err != nil {
		return Opened{}, err
	}
	if c.DeletedAt != nil {
		return Opened{}, fault.New(fault.Conflict, "collection.deleted", "This collection is in the bin. Restore it first.")
	}
	return Opened{c.Kind, c.Search}, nil
}
