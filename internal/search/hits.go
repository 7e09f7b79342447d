// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"maps"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// How hits are found. Left alone, the database takes a query of many word
// forms for one of many hits, walks the newest assets, and may walk them all.
// So the room decides:
//
//   - without words, a bounded step into an index for each acl or folder;
//   - with words, the index of words gives all hits, if there are up to Cap,
//     which are then put in order; that is also their total;
//   - with more hits than Cap, the hits are near: the newest are walked.

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
		set_config('enable_bitmapscan', @bitmap, true), set_config('max_parallel_workers_per_gather', '0', true)`

// steer sets how the following statements of the transaction are gone about.
func (sc *scope) steer(ctx context.Context, tx pg.Tx, how steering) error {
	if sc.steered == how {
		return nil
	}
	sc.steered = how
	onoff := func(on bool) string {
		if on {
			return "on"
		}
		return "off"
	}
	_, err := tx.Exec(ctx, sqlSteer, pgx.StrictNamedArgs{"seq": onoff(how == freely), "walk": onoff(how != byBitmap), "bitmap": onoff(how != byWalk)})
	return err
}

// asked is the condition on an asset's words.
const asked = "a.words @@ @ask::tsquery"

// find returns up to n hits after from, and, if from is nil, how many there
// are in all, counted up to Cap+1.
func (sc *scope) find(ctx context.Context, tx pg.Tx, from *mark, n int) (hits []hit, total int, err error) {
	switch {
	case sc.wide == "":
		hits, total, err = sc.browse(ctx, tx, from, n)
	case sc.Sort == Relevance:
		hits, total, err = sc.tiers(ctx, tx, from, n)
	default:
		hits, total, err = sc.search(ctx, tx, from, sc.wide, n)
	}
	if err == nil {
		err = sc.steer(ctx, tx, freely)
	}
	return hits, total, err
}

// tiers returns hits of what was written, then those of folded forms.
func (sc *scope) tiers(ctx context.Context, tx pg.Tx, from *mark, n int) (hits []hit, total int, err error) {
	next := from
	if from == nil || from.tier == written {
		if hits, total, err = sc.search(ctx, tx, from, sc.first, n); err != nil || sc.wide == sc.first || total > Cap {
			return hits, total, err
		}
		next = nil
	}
	// The index of words alone tells what only folded forms have.
	others := "(" + sc.wide + ") & !(" + sc.first + ")"
	if len(hits) == n { // the page is full; only the total is wanting
		if from == nil {
			more, err := sc.count(ctx, tx, others)
			return hits, total + more, err
		}
		return hits, total, nil
	}
	more, rest, err := sc.search(ctx, tx, next, others, n-len(hits))
	for i := range more {
		more[i].Tier = foldedTier
	}
	return append(hits, more...), total + rest, err
}

// search returns up to n hits of the words ask. total counts all hits after
// from, up to Cap+1.
func (sc *scope) search(ctx context.Context, tx pg.Tx, from *mark, ask string, n int) (hits []hit, total int, err error) {
	o := orders[sc.Sort]
	args := pgx.StrictNamedArgs{"n": n, "ask": ask}
	where := append(sc.within(args), asked)
	if from != nil {
		where = append(where, o.after)
		args["key"], args["last"] = from.key, from.last
	}
	cond := strings.Join(where, " and ")
	if err := sc.steer(ctx, tx, byBitmap); err != nil {
		return nil, 0, err
	}
	hits, total, err = collect(tx.Query(ctx, "with x as materialized (select a.asset_id, "+o.key+" as key from asset_search a where "+cond+" limit "+strconv.Itoa(Cap+1)+
		") select x.asset_id, x.key, (select count(*) from x) as total from x order by "+o.outer+" limit @n", args))
	if err != nil || total <= Cap {
		return hits, total, err
	}
	if err := sc.steer(ctx, tx, byWalk); err != nil {
		return nil, 0, err
	}
	if sc.Sort == Newest || sc.Sort == Relevance {
		hits, _, err = collect(tx.Query(ctx, "select a.asset_id, "+o.key+" as key, 0 as total from asset_search a where "+cond+" order by "+o.by+" limit @n", args))
		return hits, total, err
	}
	hits, err = sc.stepwise(ctx, tx, from, pgx.StrictNamedArgs{"n": n, "ask": ask}, asked)
	return hits, total, err
}

// within are the conditions on an asset a that do not concern its words: rights,
// place, kind and state.
func (sc *scope) within(args pgx.StrictNamedArgs) []string {
	where := append(sc.same(args), asset.SQLSeen)
	maps.Copy(args, sc.seen)
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

// browse returns hits of a query without words.
func (sc *scope) browse(ctx context.Context, tx pg.Tx, from *mark, n int) (hits []hit, total int, err error) {
	if sc.Sort == Newest && !sc.inFolders && len(sc.acls) > manyACLs {
		hits, err = sc.walk(ctx, tx, from, n)
	}
	if err == nil && len(hits) < n {
		hits, err = sc.stepwise(ctx, tx, from, pgx.StrictNamedArgs{"n": n})
	}
	switch {
	case err != nil || from != nil:
	case len(hits) < n:
		total = len(hits)
	default:
		total, err = sc.count(ctx, tx, "")
	}
	return hits, total, err
}

// walk returns the newest hits that are among the newest walkOver assets.
func (sc *scope) walk(ctx context.Context, tx pg.Tx, from *mark, n int) ([]hit, error) {
	o := orders[Newest]
	args := pgx.StrictNamedArgs{"n": n, "over": walkOver}
	where := sc.within(args)
	after := ""
	if from != nil {
		after = " where " + o.after
		args["key"], args["last"] = from.key, from.last
	}
	hits, _, err := collect(tx.Query(ctx, `select a.asset_id, a.created_at as key, 0 as total from (
			select a.asset_id, a.created_at, a.acl_id, a.folder_id, a.kind, a.state, a.created_by, a.embargo_until, a.expires_at, a.deleted_at
			from asset_search a`+after+" order by "+o.by+" limit @over) a where "+strings.Join(where, " and ")+" order by "+o.by+" limit @n", args))
	return hits, err
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
	hits, _, err := collect(tx.Query(ctx, "select x.asset_id, x.key, 0 as total from ("+
		sc.steps("a.asset_id, "+o.key+" as key", " order by "+o.by+" limit @n", args, more...)+") x order by "+o.outer+" limit @n", args))
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

// count counts the hits, up to Cap+1.
func (sc *scope) count(ctx context.Context, tx pg.Tx, ask string) (n int, err error) {
	args := pgx.StrictNamedArgs{}
	limit := " limit " + strconv.Itoa(Cap+1)
	how := byWalk // few rows would do, but never the whole table
	var sql string
	switch {
	case ask != "":
		how = byBitmap
		sql = "select count(*) from (select 1 from asset_search a where " + strings.Join(append(sc.within(args), asked), " and ") + limit + ") x"
		args["ask"] = ask
	case sc.State == "" && !sc.inFolders: // what everybody sees who sees its folder is counted in the index alone
		same := strings.Join(sc.same(args), " and ")
		maps.Copy(args, sc.seen)
		sql = "select least((select count(*) from (select 1 from asset_search a where not a.restricted and " + same + limit + ") x) +" +
			" (select count(*) from (select 1 from asset_search a where a.restricted and " + same + " and " + asset.SQLSeen + limit + ") x), " + strconv.Itoa(Cap+1) + ")"
	default:
		sql = "select count(*) from (select 1 from (" + sc.steps("1 as one", limit, args) + ") y" + limit + ") x"
	}
	if err := sc.steer(ctx, tx, how); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, sql, args).Scan(&n)
	return n, err
}

func collect(rows pgx.Rows, err error) (hits []hit, total int, _ error) {
	if err != nil {
		return nil, 0, err
	}
	hits, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (hit, error) {
		h := hit{Tier: written}
		err := r.Scan(&h.ID, &h.Key, &total)
		return h, err
	})
	return hits, total, err
}
