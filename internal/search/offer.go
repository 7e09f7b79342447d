// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/queue"
)

// offer is a value that completion may propose: a field and the value as written.
type offer struct{ field, value string }

// lexeme is what finds the assets that have the value.
func (o offer) lexeme() string {
	if o.field == "keywords" {
		return "#" + keyword(o.value)
	}
	return "@" + o.field + "=" + keyword(o.value)
}

// named are the values of an asset that completion may propose, beside its
// keywords: who is in a picture is not what a file says.
func named(a asset.Asset) (out []offer) {
	for _, name := range completed {
		f := a.Fields[name]
		if name == "keywords" || !findable(name, f) {
			continue
		}
		for _, one := range append(slices.Clone(f.Values), f.Value) {
			if o := (offer{name, short(one)}); keyword(o.value) != "" && !slices.Contains(out, o) {
				out = append(out, o)
			}
		}
	}
	return out
}

// asText writes offers as field=value, as asset_search.named has them.
func asText(list []offer) []string {
	out := make([]string, len(list))
	for i, o := range list {
		out[i] = o.field + "=" + o.value
	}
	return out
}

const sqlRemember = `
	insert into search_value (tenant_id, key, field, whole, acl_id, value, ask, asset_id)
	select distinct on (v.key, v.field, v.whole, v.acl_id) @tenant, v.key, v.field, v.whole, v.acl_id, v.value, v.ask::tsquery, v.asset_id
	from unnest(@keys::text[], @fields::text[], @wholes::text[], @acls::bigint[], @values::text[], @asks::text[], @assets::uuid[]) v(key, field, whole, acl_id, value, ask, asset_id)
	order by v.key, v.field, v.whole, v.acl_id
	on conflict do nothing`

const sqlRememberFields = `
	insert into search_field (tenant_id, name) select distinct @tenant::uuid, n from unnest(@names::text[]) n order by n
	on conflict do nothing`

// values are what assets add to completion.
type values struct {
	keys, fields, wholes, values, asks []string
	acls                               []int64
	assets                             []id.Asset
	names                              []string
	had                                map[offered]bool
}

// offered is a value under an acl.
type offered struct {
	field, whole string
	acl          int64
}

// add proposes a value that the asset has.
func (v *values) add(a id.Asset, acl int64, o offer) {
	whole := keyword(o.value)
	if one := (offered{o.field, whole, acl}); v.had[one] {
		return // one asset that has it is enough
	} else if v.had == nil {
		v.had = map[offered]bool{one: true}
	} else {
		v.had[one] = true
	}
	keys := []string{whole}
	for _, f := range fold(whole) {
		keys = append(keys, "~"+f)
	}
	for _, k := range keys {
		v.keys, v.fields, v.wholes, v.values, v.asks = append(v.keys, k), append(v.fields, o.field), append(v.wholes, whole), append(v.values, o.value), append(v.asks, quoted(o.lexeme()))
		v.acls, v.assets = append(v.acls, acl), append(v.assets, a)
	}
}

// addAll proposes all that an asset has.
func (v *values) addAll(a asset.Asset, d document) {
	for name := range a.Fields {
		if !slices.Contains(v.names, name) {
			v.names = append(v.names, name)
		}
	}
	for _, k := range d.keywords {
		v.add(a.ID, a.ACL, offer{"keywords", k})
	}
	for _, o := range d.named {
		v.add(a.ID, a.ACL, o)
	}
}

func (v *values) queue(b *pgx.Batch, tenant id.Tenant) {
	if len(v.keys) > 0 {
		b.Queue(sqlRemember, pgx.StrictNamedArgs{"tenant": tenant, "keys": v.keys, "fields": v.fields, "wholes": v.wholes, "acls": v.acls, "values": v.values, "asks": v.asks, "assets": id.Raw(v.assets)})
	}
	if len(v.names) > 0 {
		b.Queue(sqlRememberFields, pgx.StrictNamedArgs{"tenant": tenant, "names": v.names})
	}
}

const sqlOffered = `
	select a.tenant_id, a.acl_id, x.field, x.value, min(a.asset_id::text)::uuid
	from asset_search a, lateral (
		select 'keywords' as field, k as value from unnest(a.keywords) k
		union all select split_part(n, '=', 1), substr(n, strpos(n, '=') + 1) from unnest(a.named) n) x
	where a.folder_id = any(@folders::uuid[]) or a.asset_id = any(@assets::uuid[])
	group by a.tenant_id, a.acl_id, x.field, x.value`

// offerTx proposes what assets, and those of folders, have under the acl that
// they have now.
func (s *Service) offerTx(ctx context.Context, tx pg.Tx, folders []id.Folder, assets []id.Asset) error {
	rows, err := tx.Query(ctx, sqlOffered, pgx.StrictNamedArgs{"folders": append([]id.Folder{}, folders...), "assets": append([]id.Asset{}, assets...)})
	if err != nil {
		return fmt.Errorf("read values of folders: %w", err)
	}
	var v values
	var tenant id.Tenant
	var a id.Asset
	var acl int64
	var o offer
	if _, err := pgx.ForEachRow(rows, []any{&tenant, &acl, &o.field, &o.value, &a}, func() error {
		v.add(a, acl, o)
		return nil
	}); err != nil {
		return fmt.Errorf("read values of folders: %w", err)
	}
	b := &pgx.Batch{}
	if v.queue(b, tenant); b.Len() == 0 {
		return nil
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("propose values of folders: %w", err)
	}
	return nil
}

// ForgetArgs asks for what completion need not propose any more to be forgotten.
type ForgetArgs struct{}

// Kind names the job.
func (ForgetArgs) Kind() string { return "search.forget" }

// forgetEvery is how often is tidied; forgetAfter is how long a value stays
// without an asset: longer than a transaction that relies on it.
const (
	forgetEvery = time.Hour
	forgetAfter = 45 * time.Minute
)

// Register tells the queue the room's jobs.
func (s *Service) Register(q *queue.Queue) {
	queue.Add(q, queue.Rule{On: queue.IO, Attempts: 3, Timeout: 30 * time.Minute, Once: true},
		func(ctx context.Context, _ ForgetArgs) error {
			tenants, err := s.Tenants(ctx)
			if err != nil {
				return err
			}
			for _, t := range tenants {
				if err := s.Forget(ctx, access.HouseActor(t, "search")); err != nil {
					return err
				}
			}
			return nil
		}, nil)
	q.Every(forgetEvery, ForgetArgs{})
	queue.Add(q, queue.Rule{On: queue.IO, Attempts: 3, Timeout: 2 * time.Hour, Once: true},
		func(ctx context.Context, _ RecentArgs) error { return s.KeepRecent(ctx) }, nil)
	q.Every(recentEvery, RecentArgs{})
}

// RecentArgs asks for the index of the newest assets' words to be kept small.
type RecentArgs struct{}

// Kind names the job.
func (RecentArgs) Kind() string { return "search.recent" }

const recentEvery = 24 * time.Hour

// RecentFrom is how many assets an archive has whose newest ones' words get an
// index of their own.
const RecentFrom = 50_000

// lost is a row of search_value whose asset is not there, or not for everybody.
type lost struct {
	Key, Field, Whole, Ask string
	ACL                    int64 `db:"acl_id"`
	Held                   *id.Asset
}

const sqlLost = `
	select v.key, v.field, v.whole, v.acl_id, v.ask::text as ask, null::uuid as held from search_value v
	where v.tenant_id = @tenant and (v.key, v.field, v.whole, v.acl_id) > (@key, @field, @whole, @acl::bigint)
		and not exists (select from asset_search a where a.asset_id = v.asset_id and a.acl_id = v.acl_id and not a.restricted and a.words @@ v.ask)
	order by v.key, v.field, v.whole, v.acl_id limit @n`

// Forget takes out of completion what no asset has any more, and finds other
// assets for what the remembered one no longer has. Only the house may.
func (s *Service) Forget(ctx context.Context, who access.Actor) error {
	if who.Kind != access.House {
		return fault.New(fault.Forbidden, "access.forbidden", "Only the product itself tidies completion.")
	}
	var last lost
	for {
		var list []*lost
		err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
			rows, err := tx.Query(ctx, sqlLost, pgx.StrictNamedArgs{"tenant": who.Tenant, "key": last.Key, "field": last.Field, "whole": last.Whole, "acl": last.ACL, "n": batch})
			if err != nil {
				return err
			}
			if list, err = pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[lost]); err != nil || len(list) == 0 {
				return err
			}
			last = *list[len(list)-1]
			return s.hold(ctx, tx, who, list)
		})
		if err != nil {
			return fmt.Errorf("tidy completion: %w", err)
		}
		if len(list) < batch {
			return nil
		}
	}
}

const sqlHolder = `
	select coalesce(
		(select a.asset_id from asset_search a where a.words @@ @ask::tsquery and a.acl_id = @acl and not a.restricted limit 1),
		(select a.asset_id from asset_search a where a.words @@ @ask::tsquery and a.acl_id = @acl limit 1))`

const sqlForget = `
	delete from search_value v using unnest(@keys::text[], @fields::text[], @wholes::text[], @acls::bigint[], @held::uuid[]) n(key, field, whole, acl_id, held)
	where v.tenant_id = @tenant and v.key = n.key and v.field = n.field and v.whole = n.whole and v.acl_id = n.acl_id
		and n.held is null and v.unheld_at < @before`

const sqlHold = `
	update search_value v set asset_id = coalesce(n.held, v.asset_id), unheld_at = case when n.held is null then coalesce(v.unheld_at, @now) end
	from unnest(@keys::text[], @fields::text[], @wholes::text[], @acls::bigint[], @held::uuid[]) n(key, field, whole, acl_id, held)
	where v.tenant_id = @tenant and v.key = n.key and v.field = n.field and v.whole = n.whole and v.acl_id = n.acl_id
		and (n.held is distinct from v.asset_id or v.unheld_at is not null)`

// hold finds who holds the values that were lost. One without an asset is
// marked first, and forgotten the next time: a transaction that was under way
// may have relied on it.
func (s *Service) hold(ctx context.Context, tx pg.Tx, who access.Actor, list []*lost) error {
	b, sc := &pgx.Batch{}, &scope{steered: pg.Freely}
	sc.steer(b, pg.ByBitmap)
	for _, l := range list {
		b.Queue(sqlHolder, pgx.StrictNamedArgs{"ask": l.Ask, "acl": l.ACL}).QueryRow(func(row pgx.Row) error { return row.Scan(&l.Held) })
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	var keys, fields, wholes []string
	var acls []int64
	var held []*id.Asset
	for _, l := range list {
		keys, fields, wholes, acls, held = append(keys, l.Key), append(fields, l.Field), append(wholes, l.Whole), append(acls, l.ACL), append(held, l.Held)
	}
	args := pgx.StrictNamedArgs{"tenant": who.Tenant, "keys": keys, "fields": fields, "wholes": wholes, "acls": acls, "held": held, "before": s.now().Add(-forgetAfter)}
	b = &pgx.Batch{}
	sc.steer(b, pg.ByWalk)
	b.Queue(sqlForget, args)
	args = maps.Clone(args)
	delete(args, "before")
	args["now"] = s.now()
	b.Queue(sqlHold, args)
	return tx.SendBatch(ctx, b).Close()
}
