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
//   - with words, how often they stand in the archive (see frequencies) tells how
//     many hits to expect (see sight). Where the index of words leads to few, all
//     of them are fetched and put in order, which also counts them; of more, those
//     among the newest assets are fetched first, by an index of their own (see
//     pg.KeepRecent); where it would lead to very many,
//     the hits are near, and the newest assets are walked until there are enough.
//     A word that only begins is looked at in the rows that the others lead to.

// hit is one asset found.
type hit struct {
	ID   id.Asset
	Key  any // of the order
	Tier int
}

// query runs a statement that is gone about so, in one round trip.
func (sc *scope) query(ctx context.Context, tx pg.Tx, how pg.Planning, sql string, args pgx.StrictNamedArgs, read func(pgx.Rows) error) error {
	b := &pgx.Batch{}
	sc.steer(b, how)
	b.Queue(sql, args).Query(read)
	return tx.SendBatch(ctx, b).Close()
}

// steer sets how the following statements of the transaction are gone about.
func (sc *scope) steer(b *pgx.Batch, how pg.Planning) {
	if sc.steered != how {
		sc.steered = how
		how.Queue(b)
	}
}

// collect runs a query of hits: asset, key, tier, total.
func (sc *scope) collect(ctx context.Context, tx pg.Tx, how pg.Planning, sql string, args pgx.StrictNamedArgs) (hits []hit, total int, err error) {
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

// newestOnes is the condition under which the index of the newest assets' words
// is used.
const newestOnes = "a.created_at >= @since"

// lookUp are the conditions on an asset's words for a search by the index, as
// is cheapest. An index is used for an operator, and not for its function.
func (s sight) lookUp(ask string, args pgx.StrictNamedArgs) []string {
	args["ask"] = ask
	if s.narrow == "" {
		return []string{asked}
	}
	args["narrow"] = s.narrow
	return []string{"a.words @@ @narrow::tsquery", "ts_match_vq(a.words, @ask::tsquery)"}
}

// find returns up to n hits after from, and, if from is nil, how many there
// are in all, counted up to Cap and one more. exact is false if there may be more.
func (sc *scope) find(ctx context.Context, tx pg.Tx, from *mark, n int) (hits []hit, total int, exact bool, err error) { //nolint:revive // its results belong together, and to one caller
	switch {
	case sc.picked:
		hits, total, err = sc.among(ctx, tx, from, n)
		return hits, total, total <= Cap, err
	case sc.wide == "" && sc.sql == "":
		hits, total, err = sc.browse(ctx, tx, from, n)
		return hits, total, total <= Cap, err
	case sc.wide == "":
		hits, total, err = sc.filter(ctx, tx, from, n)
		return hits, total, total <= Cap, err
	}
	s, err := sc.expect(ctx, tx, sc.wide)
	if err != nil {
		return nil, 0, false, err
	}
	if way, _ := sc.way(s, n); way == throughWords {
		if hits, total, err = sc.atOnce(ctx, tx, from, s, n); err != nil || total <= Cap {
			return hits, total, err == nil, err
		}
	}
	if sc.Sort == Relevance && sc.wide != sc.first {
		hits, err = sc.tiers(ctx, tx, from, n)
	} else {
		hits, err = sc.near(ctx, tx, from, sc.wide, s, n)
	}
	return hits, max(total, len(hits)), from == nil && len(hits) < n, err
}

// atOnce returns the hits if there are no more than Cap; else only their
// total says something.
func (sc *scope) atOnce(ctx context.Context, tx pg.Tx, from *mark, s sight, n int) ([]hit, int, error) {
	o := orders[sc.Sort]
	args := pgx.StrictNamedArgs{"n": n}
	same := strings.Join(sc.within(args), " and ")
	lookUp := strings.Join(s.lookUp(sc.wide, args), " and ")
	limit := " limit " + strconv.Itoa(Cap+1)
	with, own, joined := "", "1", "x.tier"
	switch {
	case sc.Sort != Relevance || sc.wide == sc.first:
	case s.hits*costOfWords < s.lookup(1):
		own = "case when a.words @@ @first::tsquery then 1 else 2 end"
		args["first"] = sc.first
	default: // asked of the index too: the rows' words are long
		with = ", f as materialized (select a.asset_id from asset_search a where " + same + " and a.words @@ @first::tsquery" + limit + ")"
		joined = "case when x.asset_id in (select f.asset_id from f) then 1 else 2 end"
		args["first"] = sc.first
	}
	after := ""
	if from != nil {
		after = " where x.tier > @tier or x.tier = @tier and " + o.outerAfter
		args["key"], args["last"], args["tier"] = from.key, from.last, from.tier
	}
	return sc.collect(ctx, tx, pg.ByBitmap, "with x as materialized (select a.asset_id, "+o.key+" as key, "+own+" as tier from asset_search a where "+same+" and "+lookUp+limit+")"+with+
		" select x.asset_id, x.key, x.tier, (select count(*) from x) as total from (select x.asset_id, x.key, "+joined+" as tier from x) x"+after+" order by x.tier, "+o.outer+" limit @n", args)
}

// tiers returns hits of what was written, then those of folded forms.
func (sc *scope) tiers(ctx context.Context, tx pg.Tx, from *mark, n int) (hits []hit, err error) {
	next := from
	if from == nil || from.tier == written {
		s, err := sc.expect(ctx, tx, sc.first)
		if err != nil {
			return nil, err
		}
		if hits, err = sc.near(ctx, tx, from, sc.first, s, n); err != nil || len(hits) == n {
			return hits, err
		}
		next = nil
	}
	rest := "(" + sc.wide + ") & !(" + sc.first + ")"
	s, err := sc.expect(ctx, tx, rest)
	if err != nil {
		return nil, err
	}
	more, err := sc.near(ctx, tx, next, rest, s, n-len(hits))
	for i := range more {
		more[i].Tier = foldedTier
	}
	return append(hits, more...), err
}

// near returns up to n hits of words in order, whatever their number.
func (sc *scope) near(ctx context.Context, tx pg.Tx, from *mark, ask string, s sight, n int) (hits []hit, err error) {
	way, over := sc.way(s, n)
	switch way {
	case alongEach:
		return sc.stepwise(ctx, tx, from, pgx.StrictNamedArgs{"n": n, "ask": ask}, asked)
	case alongAll:
		if hits, err = sc.walk(ctx, tx, from, n, over, s, ask); err == nil && len(hits) < n && over < farthest && s.lookup(1) > farthest*costOfWords {
			hits, err = sc.walk(ctx, tx, from, n, farthest, s, ask)
		}
		if err != nil || len(hits) == n {
			return hits, err
		}
	case throughEra:
		if hits, err = sc.fetch(ctx, tx, from, n, s, ask, true); err != nil || len(hits) == n {
			return hits, err
		}
	case throughWords:
	}
	return sc.fetch(ctx, tx, from, n, s, ask, false)
}

// fetch returns the first n hits of words after from by the index of words; only
// of the newest assets by their own, smaller one.
func (sc *scope) fetch(ctx context.Context, tx pg.Tx, from *mark, n int, s sight, ask string, newestOnly bool) ([]hit, error) { //nolint:revive // what a search needs
	args := pgx.StrictNamedArgs{"n": n}
	o := orders[sc.Sort]
	where := append(sc.within(args), s.lookUp(ask, args)...)
	if from != nil {
		where = append(where, o.after)
		args["key"], args["last"] = from.key, from.last
	}
	if newestOnly {
		where, args["since"] = append(where, newestOnes), s.recent.Since
	}
	hits, _, err := sc.collect(ctx, tx, pg.ByBitmap, "select a.asset_id, "+o.key+" as key, 1 as tier, 0 as total from asset_search a where "+
		strings.Join(where, " and ")+" order by "+o.by+" limit @n", args)
	return hits, err
}

// filter returns hits of conditions without words.
func (sc *scope) filter(ctx context.Context, tx pg.Tx, from *mark, n int) (hits []hit, total int, err error) {
	o := orders[sc.Sort]
	if from == nil {
		args := pgx.StrictNamedArgs{}
		sql := "select count(*) from (select 1 from asset_search a where " + strings.Join(sc.within(args), " and ") + " limit " + strconv.Itoa(Cap+1) + ") x"
		if err := sc.query(ctx, tx, pg.Freely, sql, args, func(rows pgx.Rows) error {
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
	hits, _, err = sc.collect(ctx, tx, pg.Freely, "select a.asset_id, "+o.key+" as key, 1 as tier, 0 as total from asset_search a where "+strings.Join(where, " and ")+" order by "+o.by+" limit @n", args)
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
		args["folders"] = id.Raw(sc.folders)
	}
	if sc.picked {
		where = append(where, "a.asset_id = any(array(select m.asset_id from collection_asset m where m.collection_id = @collection))")
		args["collection"] = sc.Collection
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

// Newest hits are mostly among the newest of all: up to skipOver of those are
// looked through in the index first. Up to manyFolders are looked into one by
// one.
const (
	skipOver    = 4000
	manyFolders = 150
)

// among returns hits among what was chosen for a collection, which is little: in
// its own order they are walked until there are enough, else all are looked at
// and put in order.
func (sc *scope) among(ctx context.Context, tx pg.Tx, from *mark, n int) (hits []hit, total int, err error) {
	args := pgx.StrictNamedArgs{"n": n}
	where := sc.within(args)
	where = where[:len(where)-1] // what was chosen leads here
	tier := "1"
	if sc.wide != "" {
		where, args["ask"] = append(where, asked), sc.wide
		if sc.Sort == Relevance && sc.wide != sc.first {
			tier, args["first"] = "case when a.words @@ @first::tsquery then 1 else 2 end", sc.first
		}
	}
	key, o := orders[sc.Sort].key, orders[sc.Sort]
	if sc.Sort == Manual {
		key = "m.place"
	}
	hit := "select a.asset_id, " + key + " as key, " + tier + " as tier from collection_asset m join asset_search a on a.asset_id = m.asset_id where m.collection_id = @collection and " + strings.Join(where, " and ")
	after := ""
	if from != nil {
		after = " where x.tier > @tier or x.tier = @tier and " + o.outerAfter
		args["key"], args["last"], args["tier"] = from.key, from.last, from.tier
		if sc.Sort == Manual {
			after = ""
			delete(args, "tier")
			hit += " and (m.place, m.asset_id) > (@key::bigint, @last::uuid) order by m.place, m.asset_id limit @n"
		}
	}
	return sc.collect(ctx, tx, pg.ByWalk, "with x as materialized ("+hit+") select x.asset_id, x.key, x.tier, (select count(*) from x) as total from x"+after+
		" order by x.tier, "+o.outer+" limit @n", args)
}

// browse returns hits of a query without words and conditions.
func (sc *scope) browse(ctx context.Context, tx pg.Tx, from *mark, n int) (hits []hit, total int, err error) {
	if sc.Sort == Newest && !sc.inFolders && len(sc.acls) > 1 && sc.Kind == "" && sc.State == "" {
		hits, err = sc.walk(ctx, tx, from, n, 4*n, sight{all: skipOver, seen: float64(4 * n)}, "")
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

// walk returns the newest hits that are among the newest over assets under the
// asker's acls. It looks through the index first, which names the acls, and
// for that reads no more of it than s lets expect.
func (sc *scope) walk(ctx context.Context, tx pg.Tx, from *mark, n, over int, s sight, ask string) (hits []hit, err error) { //nolint:revive // what a walk needs
	args := pgx.StrictNamedArgs{"n": n, "over": over, "skip": s.skip(over)}
	where := sc.within(args)
	near := newestAfter("")
	if from != nil {
		near = newestAfter(" where " + orders[Newest].after)
		args["key"], args["last"] = from.key, from.last
	}
	if ask != "" {
		where, args["ask"] = append(where, asked), ask
	}
	hits, _, err = sc.collect(ctx, tx, pg.ByWalk, "select x.asset_id, x.created_at as key, 1 as tier, 0 as total from "+near+
		" cross join lateral (select from asset_search a where a.asset_id = x.asset_id and "+strings.Join(where, " and ")+" offset 0) y"+
		" order by x.created_at desc, x.asset_id desc limit @n", args)
	return hits, err
}

// newestAfter writes a query x of the newest assets under the asker's acls, out
// of the index alone, that come after a place.
func newestAfter(after string) string {
	return "(select v.asset_id, v.created_at from (select a.asset_id, a.created_at, a.acl_id from asset_search a" + after + " order by " + newest.by + " limit @skip) v" +
		" where v.acl_id = any(@acls::bigint[]) order by v.created_at desc, v.asset_id desc limit @over) x"
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
	hits, _, err := sc.collect(ctx, tx, pg.ByWalk, sql, args)
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
