// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

// Result is one page of a list.
type Result struct {
	Items        []asset.Asset
	Next         string // cursor of the next page; empty on the last
	Total        int    // how many there are in all, counted up to Cap when the first page was asked for
	TotalIsExact bool   // false: there are at least Total
}

// order is how a Sort stands in SQL. Its texts are constants; nothing that a
// person wrote becomes a part of a statement.
type order struct {
	key   string // column or expression of a
	by    string // order by
	after string // rows after the one that the cursor names
	outer string // order by of the joined steps
}

var orders = map[Sort]order{
	Newest: {
		"a.created_at", "a.created_at desc, a.asset_id desc",
		"(a.created_at, a.asset_id) < (@key::timestamptz, @last::uuid)", "x.key desc, x.asset_id desc",
	},
	Captured: {
		"coalesce(a.captured_on, date '0001-01-01')", "coalesce(a.captured_on, date '0001-01-01') desc, a.asset_id desc",
		"(coalesce(a.captured_on, date '0001-01-01'), a.asset_id) < (@key::date, @last::uuid)", "x.key desc, x.asset_id desc",
	},
	Name: {
		"a.name_key", "a.name_key, a.asset_id",
		"(a.name_key, a.asset_id) > (@key::text, @last::uuid)", "x.key, x.asset_id",
	},
}

// spot of the page's end, as it stands in a cursor.
type mark struct {
	tier int // of Relevance: 1 what was written, 2 folded forms
	key  any
	last id.Asset
	Result
}

func (sc *scope) order() order {
	if sc.Sort == Relevance {
		return orders[Newest]
	}
	return orders[sc.Sort]
}

// list names the list for its cursors.
func (sc *scope) list() string {
	return fmt.Sprintf("search %q %s %t %s %q %s %s", sc.Q, sc.Folder, sc.Subtree, sc.Kind, sc.Tag, sc.State, sc.Sort)
}

// start reads the cursor; nil is the beginning.
func (sc *scope) start() (*mark, error) {
	var m mark
	var key string
	ok, err := page.Read(sc.Cursor, sc.list(), &m.tier, &key, &m.last, &m.Total, &m.TotalIsExact)
	if err != nil || !ok {
		return nil, err
	}
	bad := m.last.IsZero() || m.tier < 1 || m.tier > 2 || m.Total < 0 || m.Total > Cap
	switch sc.Sort {
	case Name:
		m.key = key
		bad = bad || !utf8.ValidString(key) || strings.ContainsRune(key, 0)
	case Captured:
		m.key, err = time.Parse(time.DateOnly, key)
	default:
		m.key, err = time.Parse(time.RFC3339Nano, key)
	}
	if bad || err != nil {
		return nil, fault.New(fault.Invalid, "cursor.invalid", "This cursor is not one this list gave out. Start again without a cursor.")
	}
	return &m, nil
}

// row is one hit.
type row struct {
	ID  id.Asset
	Key any
}

// List returns one page of the assets that who may see and that q asks for.
func (s *Service) List(ctx context.Context, who access.Actor, q Query) (Result, error) {
	var res Result
	if who.Kind == access.Nobody {
		return res, who.Require(access.View)
	}
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		sc, err := s.prepare(ctx, tx, who, q)
		if err != nil {
			return err
		}
		from, err := sc.start()
		if err != nil {
			return err
		}
		if sc.nothing {
			res = Result{Items: []asset.Asset{}, TotalIsExact: true}
			return nil
		}
		limit := page.Limit(q.Limit)
		rows, tiers, err := sc.rows(ctx, tx, from, limit+1)
		if err != nil {
			return fmt.Errorf("list assets: %w", err)
		}
		if from != nil {
			res.Total, res.TotalIsExact = from.Total, from.TotalIsExact
		} else if len(rows) <= limit {
			res.Total, res.TotalIsExact = len(rows), true
		} else if res.Total, err = sc.count(ctx, tx); err != nil {
			return fmt.Errorf("count assets: %w", err)
		} else {
			res.TotalIsExact = res.Total <= Cap
			res.Total = min(res.Total, Cap)
		}
		if len(rows) > limit {
			last := rows[limit-1]
			res.Next = page.Cursor(sc.list(), tiers[limit-1], keyText(sc.Sort, last.Key), last.ID, res.Total, res.TotalIsExact)
			rows = rows[:limit]
		}
		ids := make([]id.Asset, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		res.Items, err = s.assets.ByIDsTx(ctx, tx, who, ids)
		return err
	})
	return res, err
}

func keyText(s Sort, key any) string {
	t, ok := key.(time.Time)
	switch {
	case !ok:
		return fmt.Sprint(key)
	case s == Captured:
		return t.Format(time.DateOnly)
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// rows returns up to n hits after from, each with its tier.
func (sc *scope) rows(ctx context.Context, tx pg.Tx, from *mark, n int) (rows []row, tiers []int, err error) {
	if sc.Sort != Relevance {
		rows, err = sc.page(ctx, tx, from, sc.wide, "", n)
		return rows, tierOf(nil, 1, len(rows)), err
	}
	if from == nil || from.tier == 1 {
		if rows, err = sc.page(ctx, tx, from, sc.first, "", n); err != nil {
			return nil, nil, err
		}
		tiers = tierOf(nil, 1, len(rows))
		from = nil
	}
	if len(rows) < n && sc.wide != sc.first {
		more, err := sc.page(ctx, tx, from, sc.wide, sc.first, n-len(rows))
		if err != nil {
			return nil, nil, err
		}
		rows, tiers = append(rows, more...), tierOf(tiers, 2, len(more))
	}
	return rows, tiers, nil
}

func tierOf(tiers []int, tier, n int) []int {
	for range n {
		tiers = append(tiers, tier)
	}
	return tiers
}

// manyFolders is how many folders are looked into one by one.
const manyFolders = 150

// hits writes the query of all hits as "from … where …" of alias a, or, for
// lists without text, as one bounded step per acl or folder: body is what
// stands in each step after its where.
func (sc *scope) hits(columns, ask, but, after, tail string, args pgx.StrictNamedArgs) string {
	where := []string{asset.SQLSeen}
	maps.Copy(args, sc.seen)
	args["acls"] = sc.acls
	where = append(where, sc.filters(args)...)
	if after != "" {
		where = append(where, after)
	}
	if sc.Tag != "" {
		ask = strings.TrimPrefix(ask+" & "+quoted("#"+sc.Tag), " & ")
	}
	if but != "" {
		where = append(where, "not a.words @@ @but::tsquery")
		args["but"] = but
	}
	if ask != "" {
		where = append(where, "a.words @@ @ask::tsquery", "a.acl_id = any(@acls)")
		args["ask"] = ask
		if sc.inFolders {
			where = append(where, "a.folder_id = any(@folders)")
			args["folders"] = sc.folders
		}
		return "select " + columns + " from asset_search a where " + strings.Join(where, " and ") + tail
	}
	each := "unnest(@acls::bigint[]) v(acl)"
	switch {
	case sc.inFolders && len(sc.folders) <= manyFolders:
		each = "unnest(@folders::uuid[]) v(folder)"
		where = append(where, "a.folder_id = v.folder", "a.acl_id = any(@acls)")
		args["folders"] = sc.folders
	case sc.inFolders:
		where = append(where, "a.acl_id = v.acl", "a.folder_id = any(@folders)")
		args["folders"] = sc.folders
	default:
		where = append(where, "a.acl_id = v.acl")
	}
	return "select x.* from " + each + " cross join lateral (select " + columns + " from asset_search a where " + strings.Join(where, " and ") + tail + ") x"
}

// Newest hits of actors with many acls are mostly among the newest of all:
// walkOver of those are looked at first.
const (
	manyACLs = 8
	walkOver = 600
)

// page returns up to n hits of ask that are not hits of but.
func (sc *scope) page(ctx context.Context, tx pg.Tx, from *mark, ask, but string, n int) ([]row, error) {
	o := sc.order()
	args := pgx.StrictNamedArgs{"n": n}
	after := ""
	if from != nil {
		after = o.after
		args["key"], args["last"] = from.key, from.last
	}
	if sc.Sort == Newest && ask == "" && sc.Tag == "" && !sc.inFolders && len(sc.acls) > manyACLs {
		rows, err := sc.walk(ctx, tx, maps.Clone(args), after)
		if err != nil || len(rows) == n {
			return rows, err
		}
	}
	sql := "select x.asset_id, x.key from (" +
		sc.hits("a.asset_id, "+o.key+" as key", ask, but, after, " order by "+o.by+" limit @n", args) +
		") x order by " + o.outer + " limit @n"
	return collect(tx.Query(ctx, sql, args))
}

// walk returns the newest hits that are among the newest walkOver assets.
func (sc *scope) walk(ctx context.Context, tx pg.Tx, args pgx.StrictNamedArgs, after string) ([]row, error) {
	if after != "" {
		after = " where " + after
	}
	maps.Copy(args, sc.seen)
	args["acls"], args["over"] = sc.acls, walkOver
	sql := "select a.asset_id, a.created_at as key from (select a.asset_id, a.created_at, a.acl_id, a.kind, a.state, a.created_by, a.embargo_until, a.expires_at, a.deleted_at from asset_search a" + after +
		" order by a.created_at desc, a.asset_id desc limit @over) a where a.acl_id = any(@acls) and " +
		strings.Join(append(sc.filters(args), asset.SQLSeen), " and ") + " order by a.created_at desc, a.asset_id desc limit @n"
	return collect(tx.Query(ctx, sql, args))
}

// filters are the conditions of the query's own columns.
func (sc *scope) filters(args pgx.StrictNamedArgs) (where []string) {
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

func collect(rows pgx.Rows, err error) ([]row, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (out row, err error) {
		err = r.Scan(&out.ID, &out.Key)
		return out, err
	})
}

// count counts the hits, up to Cap+1.
func (sc *scope) count(ctx context.Context, tx pg.Tx) (n int, err error) {
	args := pgx.StrictNamedArgs{}
	limit := " limit " + strconv.Itoa(Cap+1)
	if sc.wide == "" && sc.Tag == "" && sc.State == "" && !sc.inFolders {
		// What everybody sees who sees its folder is counted in the index alone.
		maps.Copy(args, sc.seen)
		args["acls"] = sc.acls
		same := strings.Join(append(sc.filters(args), "a.acl_id = any(@acls)"), " and ")
		sql := "select least((select count(*) from (select 1 from asset_search a where not a.restricted and " + same + limit + ") x) +" +
			" (select count(*) from (select 1 from asset_search a where a.restricted and " + same + " and " + asset.SQLSeen + limit + ") x), " + strconv.Itoa(Cap+1) + ")"
		err = tx.QueryRow(ctx, sql, args).Scan(&n)
		return n, err
	}
	sql := "select count(*) from (select 1 from (" + sc.hits("1 as one", sc.wide, "", "", limit, args) + ") x" + limit + ") c"
	err = tx.QueryRow(ctx, sql, args).Scan(&n)
	return n, err
}
