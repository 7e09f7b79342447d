// SPDX-License-Identifier: Apache-2.0

package collection

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// At says between which assets of a list others are put. The zero value is the
// end.
type At struct {
	Start  bool
	Before id.Asset
	After  id.Asset
}

// Put says how adding or removing went.
type Put struct {
	Changed []id.Asset // added, or removed
	Same    int        // were there already, or were not there
	Unseen  []id.Asset // that the asker does not see: not added
}

// gap is the room between two places, so that others fit in.
const gap = 1 << 20

func someAssets(assets []id.Asset) ([]id.Asset, error) {
	if len(assets) == 0 || len(assets) > MaxAtOnce {
		return nil, fault.Fields("collection.assets", "Name 1 to 1,000 assets.", map[string]string{"ids": "1 to 1,000"})
	}
	return unique(assets), nil
}

func unique(assets []id.Asset) []id.Asset {
	seen := make(map[id.Asset]bool, len(assets))
	list := make([]id.Asset, 0, len(assets))
	for _, a := range assets {
		if !seen[a] {
			seen[a], list = true, append(list, a)
		}
	}
	return list
}

// Add puts assets that who sees into a list, in their order, which takes
// Contribute. Those that are there already stay where they are.
func (s *Service) Add(ctx context.Context, who access.Actor, collection id.Collection, assets []id.Asset, at At) (out Put, err error) {
	if assets, err = someAssets(assets); err != nil {
		return out, err
	}
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "collection.add", Subject: collection.String()}
		out, err = s.AddTx(ctx, tx, who, collection, assets, at)
		e.Detail = map[string]any{"assets": len(out.Changed)}
		return e, err
	})
	return out, err
}

// list holds a list that who may change the assets of.
func list(ctx context.Context, tx pg.Tx, who access.Actor, collection id.Collection) error {
	if err := somebody(who); err != nil {
		return err
	}
	c, err := hold(ctx, tx, who, collection, Contribute)
	if err == nil && c.Kind != List {
		err = fault.New(fault.Conflict, "collection.not_chosen", "This is a saved search and finds its assets by itself. Change its query, or choose another collection.")
	}
	return err
}

const sqlMembersOf = `
	select m.asset_id from collection_asset m where m.collection_id = @collection and m.tenant_id = @tenant and m.asset_id = any(@assets::uuid[])`

const sqlMembers = `select count(*) from collection_asset m where m.collection_id = @collection and m.tenant_id = @tenant`

const sqlAdd = `
	insert into collection_asset (tenant_id, collection_id, asset_id, place, added_at, added_by)
	select @tenant, @collection, n.asset, n.place, @now, @by from unnest(@assets::uuid[], @places::bigint[]) as n(asset, place)
	on conflict do nothing`

const sqlTouch = `update collection set updated_at = @now where id = @collection and tenant_id = @tenant`

// AddTx is Add in the caller's transaction, who writes the log of deeds, for any
// number.
func (s *Service) AddTx(ctx context.Context, tx pg.Tx, who access.Actor, collection id.Collection, assets []id.Asset, at At) (out Put, err error) {
	if err := list(ctx, tx, who, collection); err != nil {
		return out, err
	}
	seen, err := s.seenOf(ctx, tx, who, assets)
	if err != nil {
		return out, err
	}
	there, err := members(ctx, tx, who, collection, assets)
	if err != nil {
		return out, err
	}
	for _, a := range assets {
		switch {
		case !seen[a]:
			out.Unseen = append(out.Unseen, a)
		case there[a]:
			out.Same++
		default:
			out.Changed = append(out.Changed, a)
		}
	}
	if len(out.Changed) == 0 {
		return out, nil
	}
	args := pgx.StrictNamedArgs{"collection": collection, "tenant": who.Tenant}
	var have int
	if err := tx.QueryRow(ctx, sqlMembers, args).Scan(&have); err != nil {
		return out, err
	}
	if have+len(out.Changed) > MaxAssets {
		return out, fault.New(fault.Conflict, "collection.too_large", "A collection holds at most 50,000 assets. Make another one, or save a search.")
	}
	places, err := s.places(ctx, tx, who, collection, out.Changed, at)
	if err != nil {
		return out, err
	}
	args["assets"], args["places"], args["now"], args["by"] = out.Changed, places, s.now(), who.ID
	if _, err := tx.Exec(ctx, sqlAdd, args); err != nil {
		return out, err
	}
	return out, s.touch(ctx, tx, who, collection)
}

func (s *Service) touch(ctx context.Context, tx pg.Tx, who access.Actor, collection id.Collection) error {
	_, err := tx.Exec(ctx, sqlTouch, pgx.StrictNamedArgs{"collection": collection, "tenant": who.Tenant, "now": s.now()})
	return err
}

func members(ctx context.Context, tx pg.Tx, who access.Actor, collection id.Collection, assets []id.Asset) (map[id.Asset]bool, error) {
	rows, err := tx.Query(ctx, sqlMembersOf, pgx.StrictNamedArgs{"collection": collection, "tenant": who.Tenant, "assets": id.Raw(assets)})
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

// sqlBounds are the places that assets are put between: next to one of the list,
// or at an end; those that are moved do not count.
const sqlBounds = `
	select case when @next::uuid is null then case when @start::boolean then null else (select max(m.place) from collection_asset m where m.collection_id = @collection and m.asset_id <> all(@assets::uuid[])) end
			when @before::boolean then (select m.place from collection_asset m, collection_asset x where m.collection_id = @collection and x.collection_id = @collection and x.asset_id = @next
				and (m.place, m.asset_id) < (x.place, x.asset_id) and m.asset_id <> all(@assets::uuid[]) order by m.place desc, m.asset_id desc limit 1)
			else (select x.place from collection_asset x where x.collection_id = @collection and x.asset_id = @next) end as low,
		case when @next::uuid is null then case when @start::boolean then (select min(m.place) from collection_asset m where m.collection_id = @collection and m.asset_id <> all(@assets::uuid[])) end
			when @before::boolean then (select x.place from collection_asset x where x.collection_id = @collection and x.asset_id = @next)
			else (select m.place from collection_asset m, collection_asset x where m.collection_id = @collection and x.collection_id = @collection and x.asset_id = @next
				and (m.place, m.asset_id) > (x.place, x.asset_id) and m.asset_id <> all(@assets::uuid[]) order by m.place, m.asset_id limit 1) end as high`

const sqlRenumber = `
	update collection_asset m set place = n.at * @gap::bigint
	from (select x.asset_id, row_number() over (order by x.place, x.asset_id) as at from collection_asset x where x.collection_id = @collection and x.tenant_id = @tenant) n
	where m.collection_id = @collection and m.tenant_id = @tenant and m.asset_id = n.asset_id`

// places finds places for assets in their order. Where there is no room, all get
// new places.
func (s *Service) places(ctx context.Context, tx pg.Tx, who access.Actor, collection id.Collection, assets []id.Asset, at At) ([]int64, error) {
	next, before := at.After, false
	if !at.Before.IsZero() {
		next, before = at.Before, true
	}
	args := pgx.StrictNamedArgs{"collection": collection, "assets": id.Raw(assets), "start": at.Start, "before": before, "next": nil}
	if !next.IsZero() {
		there, err := members(ctx, tx, who, collection, []id.Asset{next})
		if err != nil {
			return nil, err
		}
		for _, a := range assets {
			if a == next {
				there = nil
			}
		}
		if !there[next] {
			return nil, fault.Fields("collection.place", "The asset next to which they shall stand is not in this collection, or is one of them.", map[string]string{"at": "an asset of the collection, and not one of those that are moved"})
		}
		args["next"] = next
	}
	n := int64(len(assets))
	for again := false; ; again = true {
		var low, high *int64
		if err := tx.QueryRow(ctx, sqlBounds, args).Scan(&low, &high); err != nil {
			return nil, err
		}
		first, step := int64(gap), int64(gap)
		switch {
		case low != nil && high != nil:
			step = (*high - *low) / (n + 1)
			first = *low + step
		case low != nil:
			first = *low + gap
		case high != nil:
			first = *high - n*gap
		}
		if step == 0 && !again {
			if _, err := tx.Exec(ctx, sqlRenumber, pgx.StrictNamedArgs{"collection": collection, "tenant": who.Tenant, "gap": gap}); err != nil {
				return nil, err
			}
			continue
		}
		out := make([]int64, n)
		for i := range out {
			out[i] = first + int64(i)*step
		}
		return out, nil
	}
}

const sqlRemove = `
	delete from collection_asset m where m.collection_id = @collection and m.tenant_id = @tenant and m.asset_id = any(@assets::uuid[])
	returning m.asset_id, m.place`

// Remove takes assets out of a list, which takes Contribute. They stay where
// they lie.
func (s *Service) Remove(ctx context.Context, who access.Actor, collection id.Collection, assets []id.Asset) (out Put, err error) {
	if assets, err = someAssets(assets); err != nil {
		return out, err
	}
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "collection.remove", Subject: collection.String()}
		gone, err := s.RemoveTx(ctx, tx, who, collection, assets)
		for a := range gone {
			out.Changed = append(out.Changed, a)
		}
		out.Same = len(assets) - len(gone)
		e.Detail = map[string]any{"assets": len(gone)}
		return e, err
	})
	return out, err
}

// RemoveTx is Remove in the caller's transaction, for any number. It returns
// the places that the removed ones had.
func (s *Service) RemoveTx(ctx context.Context, tx pg.Tx, who access.Actor, collection id.Collection, assets []id.Asset) (map[id.Asset]int64, error) {
	if err := list(ctx, tx, who, collection); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, sqlRemove, pgx.StrictNamedArgs{"collection": collection, "tenant": who.Tenant, "assets": id.Raw(assets)})
	if err != nil {
		return nil, err
	}
	out := map[id.Asset]int64{}
	var a id.Asset
	var place int64
	if _, err := pgx.ForEachRow(rows, []any{&a, &place}, func() error {
		out[a] = place
		return nil
	}); err != nil || len(out) == 0 {
		return out, err
	}
	return out, s.touch(ctx, tx, who, collection)
}

// PutBackTx gives assets that were removed their places again. Those that are
// there meanwhile, or are gone, are left; it returns those that it put back.
func (s *Service) PutBackTx(ctx context.Context, tx pg.Tx, who access.Actor, collection id.Collection, at map[id.Asset]int64) (map[id.Asset]bool, error) {
	if err := list(ctx, tx, who, collection); err != nil {
		return nil, err
	}
	var all, back []id.Asset
	for a := range at {
		all = append(all, a)
	}
	seen, err := s.seenOf(ctx, tx, who, all)
	if err != nil {
		return nil, err
	}
	there, err := members(ctx, tx, who, collection, all)
	if err != nil {
		return nil, err
	}
	out := map[id.Asset]bool{}
	var places []int64
	for _, a := range all {
		if seen[a] && !there[a] {
			out[a], back, places = true, append(back, a), append(places, at[a])
		}
	}
	if len(back) == 0 {
		return out, nil
	}
	if _, err := tx.Exec(ctx, sqlAdd, pgx.StrictNamedArgs{
		"collection": collection, "tenant": who.Tenant, "assets": back, "places": places, "now": s.now(), "by": who.ID,
	}); err != nil {
		return nil, err
	}
	return out, s.touch(ctx, tx, who, collection)
}

// ThereTx says, changing nothing, which of the assets who sees and which of those
// are in a list that who may change.
func (s *Service) ThereTx(ctx context.Context, tx pg.Tx, who access.Actor, collection id.Collection, assets []id.Asset) (seen, there map[id.Asset]bool, err error) {
	if err := list(ctx, tx, who, collection); err != nil {
		return nil, nil, err
	}
	if seen, err = s.seenOf(ctx, tx, who, assets); err != nil {
		return nil, nil, err
	}
	there, err = members(ctx, tx, who, collection, assets)
	return seen, there, err
}

const sqlMove = `
	update collection_asset m set place = n.place from unnest(@assets::uuid[], @places::bigint[]) as n(asset, place)
	where m.collection_id = @collection and m.tenant_id = @tenant and m.asset_id = n.asset`

// Move gives assets of a list other places, in the order in which they are
// named, which takes Contribute. Those that are not in it are passed over.
func (s *Service) Move(ctx context.Context, who access.Actor, collection id.Collection, assets []id.Asset, at At) error {
	assets, err := someAssets(assets)
	if err != nil {
		return err
	}
	return s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "collection.move", Subject: collection.String(), Detail: map[string]any{"assets": len(assets)}}
		if err := list(ctx, tx, who, collection); err != nil {
			return e, err
		}
		places, err := s.places(ctx, tx, who, collection, assets, at)
		if err != nil {
			return e, err
		}
		if _, err := tx.Exec(ctx, sqlMove, pgx.StrictNamedArgs{"collection": collection, "tenant": who.Tenant, "assets": assets, "places": places}); err != nil {
			return e, err
		}
		return e, s.touch(ctx, tx, who, collection)
	})
}
