// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Selection says which assets a deed is for: the chosen ones, or all that a
// query finds, except some.
type Selection struct {
	IDs    []id.Asset // the chosen ones; without Query
	Query  *Query     // all that it finds, whatever its cursor and limit; without IDs
	Except []id.Asset // of the query's, not these
}

// check says what is wrong with a selection, with the most assets that it may name.
func (sel Selection) check(most int) error {
	switch {
	case sel.Query == nil && len(sel.IDs) == 0:
		return fault.Fields("search.selection", "Nothing is selected. Give the assets' ids, or a query.", map[string]string{"ids": "at least one, or a query"})
	case sel.Query != nil && len(sel.IDs) > 0:
		return fault.Fields("search.selection", "Give either the assets' ids or a query, not both.", map[string]string{"ids": "not beside a query"})
	case sel.Query == nil && len(sel.Except) > 0:
		return fault.Fields("search.selection", "What is left out belongs to a query. Leave it out of the ids instead.", map[string]string{"except": "only beside a query"})
	case len(sel.IDs) > most || len(sel.Except) > most:
		return tooMany(most)
	}
	return nil
}

func tooMany(most int) error {
	return fault.New(fault.Invalid, "search.selection_too_large", fmt.Sprintf("More than %d assets are selected. Narrow the search, or do it in several parts.", most))
}

// Resolve freezes a selection: it lists the assets of sel that who may see at
// this moment, in the query's order or that of the ids, each once, those in the
// bin left out. It refuses a selection of more than most. What is done with
// each asset later has to ask for rights again, with the asset in hand.
//
// The list is complete, so slices.Chunk cuts it into batches.
func (s *Service) Resolve(ctx context.Context, who access.Actor, sel Selection, most int) (list []id.Asset, err error) {
	if who.Kind == access.Nobody {
		return nil, who.Require(access.View)
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		list, err = s.ResolveTx(ctx, tx, who, sel, most)
		return err
	})
	return list, err
}

// ResolveTx is Resolve in the caller's transaction.
func (s *Service) ResolveTx(ctx context.Context, tx pg.Tx, who access.Actor, sel Selection, most int) ([]id.Asset, error) {
	if who.Kind == access.Nobody {
		return nil, who.Require(access.View)
	}
	if err := sel.check(most); err != nil {
		return nil, err
	}
	q := Query{Sort: Newest}
	if sel.Query != nil {
		q = *sel.Query
		q.Cursor, q.Limit = "", 0
	}
	sc, err := s.prepare(ctx, tx, who, q)
	if err != nil || sc.nothing {
		return []id.Asset{}, err
	}
	if sel.Query == nil {
		return sc.chosen(ctx, tx, sel.IDs)
	}
	list, err := sc.everything(ctx, tx, nil, sel.Except, most+1)
	if err == nil && len(list) > most {
		return nil, tooMany(most)
	}
	return list, err
}

const sqlChosen = `
	select a.asset_id from unnest(@ids::uuid[]) with ordinality i(id, at) join asset_search a on a.asset_id = i.id
	where a.acl_id = any(@acls::bigint[]) and ` + asset.SQLSeen + `
	group by a.asset_id order by min(i.at)`

// chosen lists those of the assets that the asker sees.
func (sc *scope) chosen(ctx context.Context, tx pg.Tx, ids []id.Asset) ([]id.Asset, error) {
	args := pgx.StrictNamedArgs{"ids": ids, "acls": sc.acls}
	maps.Copy(args, sc.seen)
	args["archived"] = true // who chose it by hand asks for it
	rows, err := tx.Query(ctx, sqlChosen, args)
	if err != nil {
		return nil, fmt.Errorf("resolve chosen assets: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[id.Asset])
}

// everything lists all hits behind a mark in their order, up to n.
func (sc *scope) everything(ctx context.Context, tx pg.Tx, from *mark, except []id.Asset, n int) (list []id.Asset, err error) {
	o := orders[sc.Sort]
	args := pgx.StrictNamedArgs{"n": n}
	where := sc.within(args)
	if len(except) > 0 {
		where = append(where, "a.asset_id <> all(@except::uuid[])")
		args["except"] = except
	}
	by := o.by
	if sc.wide != "" {
		where = append(where, asked)
		args["ask"] = sc.wide
		if sc.Sort == Relevance {
			by = "(a.words @@ @first::tsquery) desc, " + by
			args["first"] = sc.first
		}
	}
	if from != nil {
		where = append(where, sc.behind(from, args))
	}
	sql := "select a.asset_id from asset_search a where " + strings.Join(where, " and ") + " order by " + by + " limit @n"
	if err := sc.query(ctx, tx, pg.Freely, sql, args, func(rows pgx.Rows) error {
		list, err = pgx.CollectRows(rows, pgx.RowTo[id.Asset])
		return err
	}); err != nil {
		return nil, fmt.Errorf("resolve a query: %w", err)
	}
	return list, nil
}
