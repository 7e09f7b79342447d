// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

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
	Next         string    // cursor of the next page; empty on the last
	Total        int       // how many there are in all, counted up to Cap when the first page was asked for
	TotalIsExact bool      // false: there are at least Total; of very common words no more is known than that they fill a page
	PageHits     []PageHit // where in Items' documents the words stand
	Hints        []Hint    // what in the text was perhaps meant otherwise
}

// order is how a Sort stands in SQL. Its texts are constants; nothing that a
// person wrote becomes a part of a statement.
type order struct {
	key        string // column or expression of a
	by         string // order by
	after      string // rows after the one that the cursor names
	outer      string // order by of the joined steps
	outerAfter string // rows of the joined steps after the one that the cursor names
}

var newest = order{
	"a.created_at", "a.created_at desc, a.asset_id desc",
	"(a.created_at, a.asset_id) < (@key::timestamptz, @last::uuid)", "x.key desc, x.asset_id desc", "(x.key, x.asset_id) < (@key::timestamptz, @last::uuid)",
}

var orders = map[Sort]order{
	Newest:    newest,
	Relevance: newest, // in each tier
	Captured: {
		"coalesce(a.captured_on, date '0001-01-01')", "coalesce(a.captured_on, date '0001-01-01') desc, a.asset_id desc",
		"(coalesce(a.captured_on, date '0001-01-01'), a.asset_id) < (@key::date, @last::uuid)", "x.key desc, x.asset_id desc", "(x.key, x.asset_id) < (@key::date, @last::uuid)",
	},
	Manual: {
		sqlPlacePart, sqlPlacePart + ", a.asset_id",
		"(" + sqlPlacePart + ", a.asset_id) > (@key::bigint, @last::uuid)", "x.key, x.asset_id", "(x.key, x.asset_id) > (@key::bigint, @last::uuid)",
	},
	Name: {
		"a.name_key", "a.name_key, a.asset_id",
		"(a.name_key, a.asset_id) > (@key::text, @last::uuid)", "x.key, x.asset_id", "(x.key, x.asset_id) > (@key::text, @last::uuid)",
	},
}

// sqlPlacePart is where an asset a stands in the chosen collection.
const sqlPlacePart = "(select m.place from collection_asset m where m.collection_id = @collection and m.asset_id = a.asset_id)"

// The tiers of Relevance.
const (
	written    = 1 // what was written, and its stems
	foldedTier = 2 // only the folded forms
)

// mark is a page's end, as it stands in a cursor.
type mark struct {
	tier int
	key  any
	last id.Asset
	Result
}

// list names the list for its cursors.
func (sc *scope) list() string {
	return fmt.Sprintf("search %s %q %s %t %s %q %s %s", sc.Collection, sc.Q, sc.Folder, sc.Subtree, sc.Kind, sc.Tag, sc.State, sc.Sort)
}

// start reads the cursor; nil is the beginning.
func (sc *scope) start() (*mark, error) {
	var m mark
	var key string
	ok, err := page.Read(sc.Cursor, sc.list(), &m.tier, &key, &m.last, &m.Total, &m.TotalIsExact)
	if err != nil || !ok {
		return nil, err
	}
	bad := m.last.IsZero() || m.tier != written && m.tier != foldedTier || m.Total < 0 || m.Total > Cap
	switch sc.Sort {
	case Name:
		m.key = key
		bad = bad || !utf8.ValidString(key) || strings.ContainsRune(key, 0)
	case Manual:
		m.key, err = strconv.ParseInt(key, 10, 64)
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

// List returns one page of the assets that who may see and that q asks for.
func (s *Service) List(ctx context.Context, who access.Actor, q Query) (res Result, err error) {
	if who.Kind == access.Nobody {
		return res, who.Require(access.View)
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		res, err = s.list(ctx, tx, who, q)
		return err
	})
	if err == nil && q.Q != "" && q.Cursor == "" {
		s.OnAsked(who.Tenant)
	}
	return res, err
}

func (s *Service) list(ctx context.Context, tx pg.Tx, who access.Actor, q Query) (res Result, err error) {
	sc, err := s.prepare(ctx, tx, who, q)
	if err != nil {
		return res, err
	}
	from, err := sc.start()
	if err != nil {
		return res, err
	}
	if sc.nothing {
		return Result{Items: []asset.Asset{}, TotalIsExact: true, Hints: sc.hints}, nil
	}
	limit := page.Limit(q.Limit)
	rows, total, exact, err := sc.find(ctx, tx, from, limit+1)
	if err != nil {
		return res, fmt.Errorf("list assets: %w", err)
	}
	if from != nil {
		res.Total, res.TotalIsExact = from.Total, from.TotalIsExact
	} else {
		res.Total, res.TotalIsExact = min(total, Cap), exact
	}
	if len(rows) > limit {
		last := rows[limit-1]
		res.Next = page.Cursor(sc.list(), last.Tier, keyText(sc.Sort, last.Key), last.ID, res.Total, res.TotalIsExact)
		rows = rows[:limit]
	}
	ids := make([]id.Asset, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	res.Hints = sc.hints
	if res.Items, err = s.assets.ByIDsTx(ctx, tx, who, ids); err != nil {
		return res, err
	}
	sc.steered = pg.Freely // ByIDsTx leaves it so
	res.PageHits, err = sc.pageHits(ctx, tx, res.Items)
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
