// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// How hits are found. Left alone, the database takes a query of many word
// forms for one of many hits, walks the newest assets, and may walk them all.
// So the room decides:
//
//   - without words, a bounded step into an index for each acl or folder;
//   - with words, the index of words gives all hits, if there are up to
//     CapWords, which are then put in order; that is also their total;
//   - with more hits than that, the hits are near: the newest are walked, and
//     then slices of time, each longer than the one before, are met with the
//     index of words.

// CapWords is how far the hits of words and conditions are counted.
const CapWords = 1000

// hit is one asset found.
type hit struct {
	ID   id.Asset
	Key  any // of the order
	Tier int
}

// steering says how the database may go about a statement.
type steering string

const (
	freely   steering = "freely"
	byBitmap steering = "bitmap" // through indexes as sets: that of words
	byWalk   steering = "walk"   // along an index, in its order
)

const sqlSteer = `
	select set_config('enable_seqscan', @seq, true), set_config('enable_indexscan', @walk, true), set_config('enable_indexonlyscan', @walk, true),
		set_config('enable_bitmapscan', @bitmap, true), set_config('max_parallel_workers_per_gather', '0', true), set_config('work_mem', '32MB', true)`

// query runs a statement that is gone about so, in one round trip.
func (sc *scope) query(ctx context.Context, tx pg.Tx, how steering, sql string, args pgx.StrictNamedArgs, read func(pgx.Rows) error) error {
	b := &pgx.Batch{}
	sc.steer(b, how)
	b.Queue(sql, args).Query(read)
	return tx.SendBatch(ctx, b).Close()
}

// steer sets how the following statements of the transaction are gone about.
func (sc *scope) steer(b *pgx.Batch, how steering) {
	if sc.steered == how {
		return
	}
	sc.steered = how
	onoff := map[bool]string{true: "on", false: "off"}
	b.Queue(sqlSteer, pgx.StrictNamedArgs{"seq": onoff[how == freely], "walk": onoff[how != byBitmap], "bitmap": onoff[how != byWalk]}).Exec(func(pgconn.CommandTag) error { return nil })
}

// collect runs a query of hits: asset, key, tier, total.
func (sc *scope) collect(ctx context.Context, tx pg.Tx, how steering, sql string, args pgx.StrictNamedArgs) (hits []hit, total int, err error) {
	err = sc.query(ctx, tx, how, sql, args, func(rows pgx.Rows) error {
		hits, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (hit, error) {
			var h hit
			err := r.Scan(&h.ID, &h.Key, &h.Tier, &total)
			return h, err
		})
		return err
	})
	return hits, total, err
}

// asked is the condition on an asset's words.
const asked = "a.words @@ @ask::tsquery"

// find returns up to n hits after from, and, if from is nil, how many there
// are in all, counted up to the cap and one more.
func (sc *scope) find(ctx context.Context, tx pg.Tx, from *mark, n int) (hits []hit, total int, err error) {
	switch {
	case sc.wide == "" && sc.sql == "":
		return sc.browse(ctx, tx, from, n)
	case sc.wide == "":
		return sc.filter(ctx, tx, from, n)
	}
	hits, total, err = sc.atOnce(ctx, tx, from, n)
	if err != nil || total <= CapWords {
		return hits, total, err
	}
	if sc.Sort == Relevance && sc.wide != sc.first {
		hits, err = sc.tiers(ctx, tx, from, n)
	} else {
		hits, err = sc.near(ctx, tx, from, sc.wide, n)
	}
	return hits, total, err
}

// cap is how far the hits are counted.
func (sc *scope) cap() int {
	if sc.wide == "" && sc.sql == "" {
		return Cap
	}
	return CapWords
}

// atOnce returns the hits if there are no more than CapWords; else only their
// total says something.
func (sc *scope) atOnce(ctx context.Context, tx pg.Tx, from *mark, n int) ([]hit, int, error) {
	o := orders[sc.Sort]
	args := pgx.StrictNamedArgs{"n": n, "ask": sc.wide}
	where := append(sc.within(args), asked)
	tier := "1"
	if sc.Sort == Relevance && sc.wide != sc.first {
		tier = "case when a.words @@ @first::tsquery then 1 else 2 end"
		args["first"] = sc.first
	}
	after := ""
	if from != nil {
		after = " where x.tier > @tier or x.tier = @tier and " + o.outerAfter
		args["key"], args["last"], args["tier"] = from.key, from.last, from.tier
	}
	return sc.collect(ctx, tx, byBitmap, "with x as materialized (select a.asset_id, "+o.key+" as key, "+tier+" as tier from asset_search a where "+strings.Join(where, " and ")+" limit "+strconv.Itoa(CapWords+1)+
		") select x.asset_id, x.key, x.tier, (select count(*) from x) as total from x"+after+" order by x.tier, "+o.outer+" limit @n", args)
}

// tiers returns hits of what was written, then those of folded forms.
func (sc *scope) tiers(ctx context.Context, tx pg.Tx, from *mark, n int) (hits []hit, err error) {
	next := from
	if from == nil || from.tier == written {
		if hits, err = sc.near(ctx, tx, from, sc.first, n); err != nil || len(hits) == n {
			return hits, err
		}
		next = nil
	}
	more, err := sc.near(ctx, tx, next, "("+sc.wide+") & !("+sc.first+")", n-len(hits))
	for i := range more {
		more[i].Tier = foldedTier
	}
	return append(hits, more...), err
}

// How far back the newest hits of common words are looked for: walkWords
// assets are walked, then slices of time are tried, each slicer times as long.
const (
	walkWords = 2000
	slicer    = 24
	tries     = 2
)

// near returns up to n hits of words that have many.
func (sc *scope) near(ctx context.Context, tx pg.Tx, from *mark, ask string, n int) (hits []hit, err error) {
	args := pgx.StrictNamedArgs{"n": n, "ask": ask}
	if sc.Sort != Newest && sc.Sort != Relevance {
		return sc.stepwise(ctx, tx, from, args, asked)
	}
	w, err := sc.walk(ctx, tx, from, n, walkWords, ask)
	hits, start, edge := w.hits, w.start, w.edge
	if err != nil || len(hits) == n || edge.IsZero() {
		return hits, err
	}
	o := orders[Newest]
	where := append(sc.within(args), asked)
	if from != nil {
		where = append(where, o.after)
		args["key"], args["last"] = from.key, from.last
	}
	long := start.Sub(edge)
	for range tries {
		long *= slicer
		args["since"] = start.Add(-long)
		hits, _, err = sc.collect(ctx, tx, byBitmap, "select a.asset_id, a.created_at as key, 1 as tier, 0 as total from asset_search a where "+
			strings.Join(where, " and ")+" and a.created_at >= @since order by "+o.by+" limit @n", args)
		if err != nil || len(hits) == n {
			return hits, err
		}
	}
	delete(args, "since")
	hits, _, err = sc.collect(ctx, tx, byBitmap, "select a.asset_id, a.created_at as key, 1 as tier, 0 as total from asset_search a where "+
		strings.Join(where, " and ")+" order by "+o.by+" limit @n", args)
	return hits, err
}

// filter returns hits of conditions without words.
func (sc *scope) filter(ctx context.Context, tx pg.Tx, from *mark, n int) (hits []hit, total int, err error) {
	o := orders[sc.Sort]
	if from == nil {
		args := pgx.StrictNamedArgs{}
		sql := "select count(*) from (select 1 from asset_search a where " + strings.Join(sc.within(args), " and ") + " limit " + strconv.Itoa(CapWords+1) + ") x"
		if err := sc.query(ctx, tx, freely, sql, args, func(rows pgx.Rows) error {
			total, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
			return err
		}); err != nil || total == 0 {
			return nil, 0, err
		}
	}
	args := pgx.StrictNamedArgs{"n": n}
	where := sc.within(args)
	if from != nil {
		where = append(where, o.after)
		args["key"], args["last"] = from.key, from.last
	}
	hits, _, err = sc.collect(ctx, tx, freely, "select a.asset_id, "+o.key+" as key, 1 as tier, 0 as total from asset_search a where "+strings.Join(where, " and ")+" order by "+o.by+" limit @n", args)
	return hits, total, err
}

// within are the conditions on an asset a that do not concern its words: rights,
// place, kind and state.
func (sc *scope) within(args pgx.StrictNamedArgs) []string {
	where := append(sc.same(args), asset.SQLSeen)
	maps.Copy(args, sc.seen)
	if sc.sql != "" {
		where = append(where, sc.sql)
	}
	if sc.inFolders {
		where = append(where, "a.folder_id = any(@folders::uuid[])")
		args["folders"] = sc.folders
	}
	return where
}

// same are the conditions that indexes hold.
func (sc *scope) same(args pgx.StrictNamedArgs) []string {
	where := []string{"a.acl_id = any(@acls::bigint[])"}
	args["acls"] = sc.acls
	if sc.Kind != "" {
		where = append(where, "a.kind = @kind")
		args["kind"] = string(sc.Kind)
	}
	if sc.State != "" {
		where = append(where, "a.state = @state")
		args["state"] = string(sc.State)
	}
	return where
}

// Newest hits of actors with many acls are mostly among the newest of all:
// walkOver of those are looked at first. Up to manyFolders are looked into one
// by one.
const (
	manyACLs    = 8
	walkOver    = 600
	manyFolders = 150
)

// browse returns hits of a query without words and conditions.
func (sc *scope) browse(ctx context.Context, tx pg.Tx, from *mark, n int) (hits []hit, total int, err error) {
	if sc.Sort == Newest && !sc.inFolders && len(sc.acls) > manyACLs {
		var w walked
		w, err = sc.walk(ctx, tx, from, n, walkOver, "")
		hits = w.hits
	}
	if err == nil && len(hits) < n {
		hits, err = sc.stepwise(ctx, tx, from, pgx.StrictNamedArgs{"n": n})
	}
	switch {
	case err != nil || from != nil:
	case len(hits) < n:
		total = len(hits)
	default:
		total, err = sc.count(ctx, tx)
	}
	return hits, total, err
}

// walked is what a walk found.
type walked struct {
	hits        []hit
	start, edge time.Time // when the first asset and when the one after the last was stored: zero if there are no more
}

// walk returns the newest hits that are among the newest over assets.
func (sc *scope) walk(ctx context.Context, tx pg.Tx, from *mark, n, over int, ask string) (w walked, err error) {
	o := orders[Newest]
	args := pgx.StrictNamedArgs{"n": n, "over": over}
	where := sc.within(args)
	after, ends := "", pgx.StrictNamedArgs{"over": over}
	if from != nil {
		after = " where " + o.after
		args["key"], args["last"], ends["key"], ends["last"] = from.key, from.last, from.key, from.last
	}
	columns := "a.asset_id, a.created_at, a.acl_id, a.folder_id, a.kind, a.state, a.created_by, a.embargo_until, a.expires_at, a.restricted, a.deleted_at, a.captured_on, a.size, a.width, a.height, a.duration_ms"
	words := ""
	if ask != "" {
		columns += ", a.words, a.document"
		words = " and case when " + strings.Join(where, " and ") + " then " + asked + " else false end" // rights first: they are cheaper
		where, args["ask"] = []string{"true"}, ask
	}
	b := &pgx.Batch{}
	sc.steer(b, byWalk)
	b.Queue("select a.asset_id, a.created_at as key from (select "+columns+" from asset_search a"+after+" order by "+o.by+" limit @over) a where "+
		strings.Join(where, " and ")+words+" order by "+o.by+" limit @n", args).Query(func(rows pgx.Rows) (err error) {
		w.hits, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (hit, error) {
			h := hit{Tier: written}
			err := r.Scan(&h.ID, &h.Key)
			return h, err
		})
		return err
	})
	if ask != "" {
		b.Queue("(select a.created_at from asset_search a"+after+" order by "+o.by+" limit 1) union all (select a.created_at from asset_search a"+after+" order by "+o.by+" offset @over limit 1)", ends).Query(func(rows pgx.Rows) error {
			list, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
			if len(list) == 2 {
				w.start, w.edge = list[0], list[1]
			}
			return err
		})
	}
	err = tx.SendBatch(ctx, b).Close()
	return w, err
}

// stepwise returns hits by one bounded step for each acl or folder, whose
// findings are merged. more are further conditions, whose arguments are in
// args beside n.
func (sc *scope) stepwise(ctx context.Context, tx pg.Tx, from *mark, args pgx.StrictNamedArgs, more ...string) ([]hit, error) {
	o := orders[sc.Sort]
	if from != nil {
		more = append(more, o.after)
		args["key"], args["last"] = from.key, from.last
	}
	sql := "select x.asset_id, x.key, 1 as tier, 0 as total from (" +
		sc.steps("a.asset_id, "+o.key+" as key", " order by "+o.by+" limit @n", args, more...) + ") x order by " + o.outer + " limit @n"
	hits, _, err := sc.collect(ctx, tx, byWalk, sql, args)
	return hits, err
}

// steps writes a query of all hits without words, one step per acl or folder,
// each of which ends in tail.
func (sc *scope) steps(columns, tail string, args pgx.StrictNamedArgs, more ...string) string {
	where := append(sc.within(args), more...)
	each := "unnest(@acls::bigint[]) v(one) cross join lateral (select " + columns + " from asset_search a where a.acl_id = v.one and "
	if sc.inFolders && len(sc.folders) <= manyFolders {
		each = "unnest(@folders::uuid[]) v(one) cross join lateral (select " + columns + " from asset_search a where a.folder_id = v.one and "
	}
	return "select x.* from " + each + strings.Join(where, " and ") + tail + ") x"
}

// count counts the hits of a query without words and conditions, up to Cap+1.
func (sc *scope) count(ctx context.Context, tx pg.Tx) (n int, err error) {
	args := pgx.StrictNamedArgs{}
	limit := " limit " + strconv.Itoa(Cap+1)
	var sql string
	if sc.State == "" && !sc.inFolders && !sc.lagging { // what everybody sees who sees its folder is counted in the index alone
		same := strings.Join(sc.same(args), " and ")
		maps.Copy(args, sc.seen)
		sql = "select least((select count(*) from (select 1 from asset_search a where not a.restricted and " + same + limit + ") x) +" +
			" (select count(*) from (select 1 from asset_search a where a.restricted and " + same + " and " + asset.SQLSeen + limit + ") x), " + strconv.Itoa(Cap+1) + ")"
	} else {
		sql = "select count(*) from (select 1 from (" + sc.steps("1 as one", limit, args) + ") y" + limit + ") x"
	}
	err = sc.query(ctx, tx, byWalk, sql, args, func(rows pgx.Rows) error {
		n, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
		return err
	})
	return n, err
}
