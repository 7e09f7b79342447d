// SPDX-License-Identifier: Apache-2.0

package search

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/pg"
)

// Limits of completion.
const (
	maxCompleted = 20
	maxLooked    = 120 // rows of search_value read at once
	maxReads     = 40  // how often for one beginning, while too little is found
	maxAsked     = 30  // values looked up by words at once
	maxAsks      = 20
)

// Completion is a value that a beginning can go on to.
type Completion struct {
	Field string // keywords, persons, creator, city, country; "" for a name of a key or a field
	Value string
}

// completed are the fields whose values are remembered for completion.
var completed = []string{"keywords", "persons", "creator", "city", "country"}

// Complete lists up to 20 keywords that begin with prefix, whatever its capitals
// and marks, each of which some asset has that who may see now. Those that stand
// in folders of most different rights come first.
func (s *Service) Complete(ctx context.Context, who access.Actor, prefix string) ([]string, error) {
	list, err := s.complete(ctx, who, prefix, []string{"keywords"})
	out := []string{}
	for _, c := range list {
		out = append(out, c.Value)
	}
	return out, err
}

// CompleteAll is Complete for keywords, people, creators and places, and for
// the names of keys and fields.
func (s *Service) CompleteAll(ctx context.Context, who access.Actor, prefix string) ([]Completion, error) {
	list, err := s.complete(ctx, who, prefix, completed)
	if err != nil {
		return nil, err
	}
	var keys []Completion
	for k := range keyNames {
		if strings.HasPrefix(k, strings.ToLower(prefix)) {
			keys = append(keys, Completion{Value: k + ":"})
		}
	}
	for _, d := range asset.Defs() {
		if strings.HasPrefix(d.Name, strings.ToLower(prefix)) && keyNames[d.Name] == "" {
			keys = append(keys, Completion{Value: d.Name + ":"})
		}
	}
	slices.SortFunc(keys, func(a, b Completion) int { return cmp.Compare(a.Value, b.Value) })
	return append(list, keys[:min(len(keys), 5)]...), nil
}

func (s *Service) complete(ctx context.Context, who access.Actor, prefix string, fields []string) ([]Completion, error) {
	if who.Kind == access.Nobody {
		return nil, who.Require(access.View)
	}
	prefix = keyword(strings.ToValidUTF8(strings.ReplaceAll(prefix, "\x00", ""), ""))
	if n := utf8.RuneCountInString(prefix); n == 0 || n > maxKeyword {
		return nil, fault.Fields("search.prefix", "Give 1 to 100 characters that the keyword begins with.", map[string]string{"prefix": "1 to 100 characters"})
	}
	starts := append([]string{prefix, "~" + prefix}, folded(fold(prefix))...)
	c := newCompleter(fields)
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		var sight asset.Sight
		b := &pgx.Batch{}
		c.steer(b, pg.ByKey)
		asset.QueueSight(b, who, &sight)
		if err := tx.SendBatch(ctx, b).Close(); err != nil || len(sight.ACLs) == 0 {
			return err
		}
		c.seen = sight.Bind(c.seen, who, s.now())
		for _, start := range starts {
			if c.found >= maxCompleted {
				return nil
			}
			if err := c.propose(ctx, tx, who, start); err != nil {
				return err
			}
		}
		return c.ask(ctx, tx)
	})
	if err != nil {
		return nil, fmt.Errorf("complete: %w", err)
	}
	out := []Completion{}
	for _, v := range c.sorted() {
		if v.seen && len(out) < maxCompleted {
			out = append(out, Completion{v.field, v.value})
		}
	}
	return out, nil
}

// proposed is a value that may be completed: if the asker sees it.
type proposed struct {
	field, whole, value, ask string
	n                        int // acls under which it stands
	seen                     bool
}

// completer finds what a beginning can go on to.
type completer struct {
	scope  // with seen
	fields []string
	list   []*proposed
	at     map[[2]string]*proposed // by field and value in lower case
	found  int                     // that are seen
}

func newCompleter(fields []string) *completer {
	return &completer{scope: scope{seen: pgx.StrictNamedArgs{}, steered: pg.Freely}, fields: fields, at: map[[2]string]*proposed{}}
}

// sqlPropose reads values, and looks whether some of the assets that are
// remembered with each are seen and still have it.
const sqlPropose = `
	select g.key, g.field, g.whole, g.last, g.value, g.ask, g.n, exists (
		select from unnest(g.held[1:3]) h join asset_search a on a.asset_id = h
		where a.acl_id = any(@acls::bigint[]) and ` + asset.SQLSeen + ` and a.words @@ g.ask::tsquery)
	from (select v.key, v.field, v.whole, max(v.acl_id) as last, min(v.value) as value, min(v.ask::text) as ask, count(*) as n, array_agg(v.asset_id) as held
		from (select x.key, x.field, x.whole, x.acl_id, x.value, x.ask, x.asset_id from search_value x
			where x.tenant_id = @tenant and x.key >= @key and x.key < @before and (x.key, x.field, x.whole, x.acl_id) > (@key, @field, @whole, @acl::bigint)
				and x.field = any(@fields::text[]) and x.acl_id = any(@acls::bigint[])
			order by x.key, x.field, x.whole, x.acl_id limit @n) v
		group by v.key, v.field, v.whole) g
	order by g.key, g.field, g.whole`

// propose reads the values that begin so, until enough of them are seen.
func (c *completer) propose(ctx context.Context, tx pg.Tx, who access.Actor, start string) error {
	key, field, whole, acl := start, "", "", int64(0)
	for range maxReads {
		args := pgx.StrictNamedArgs{"tenant": who.Tenant, "before": start + "\U0010ffff", "key": key, "field": field, "whole": whole, "acl": acl, "fields": c.fields, "n": maxLooked}
		maps.Copy(args, c.seen)
		read := 0
		if err := c.query(ctx, tx, pg.ByWalk, sqlPropose, args, func(rows pgx.Rows) error {
			var v proposed
			_, err := pgx.ForEachRow(rows, []any{&key, &field, &whole, &acl, &v.value, &v.ask, &v.n, &v.seen}, func() error {
				read += v.n
				v.field, v.whole = field, whole
				c.add(v)
				return nil
			})
			return err
		}); err != nil {
			return err
		}
		if read < maxLooked || c.found >= maxCompleted {
			return nil
		}
	}
	return nil
}

func (c *completer) add(v proposed) {
	at := [2]string{v.field, v.whole}
	was := c.at[at]
	if was == nil {
		was = &proposed{field: v.field, whole: v.whole, value: v.value, ask: v.ask}
		c.at[at], c.list = was, append(c.list, was)
	}
	was.n += v.n
	if v.seen && !was.seen {
		was.seen = true
		c.found++
	}
}

const sqlHeld = `
	select exists (select from asset_search a where a.words @@ @ask::tsquery and a.acl_id = any(@acls::bigint[]) and ` + asset.SQLSeen + `)`

// ask looks up by words the values whose remembered assets are not seen: there
// may be others.
func (c *completer) ask(ctx context.Context, tx pg.Tx) error {
	list := slices.DeleteFunc(c.sorted(), func(v *proposed) bool { return v.seen })
	for range maxAsks {
		n := min(len(list), maxAsked)
		if n == 0 || c.found >= maxCompleted {
			return nil
		}
		b := &pgx.Batch{}
		c.steer(b, pg.ByBitmap)
		for _, v := range list[:n] {
			args := maps.Clone(c.seen)
			args["ask"] = v.ask
			b.Queue(sqlHeld, args).QueryRow(func(row pgx.Row) error {
				err := row.Scan(&v.seen)
				if v.seen {
					c.found++
				}
				return err
			})
		}
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// sorted lists the values, those under most acls first.
func (c *completer) sorted() []*proposed {
	list := slices.Clone(c.list)
	slices.SortFunc(list, func(a, b *proposed) int {
		return cmp.Or(b.n-a.n, cmp.Compare(a.value, b.value), cmp.Compare(a.field, b.field))
	})
	return list
}

// folded marks keys in plain letters, which stand beside those as written.
func folded(keys []string) []string {
	out := make([]string, 0, 2*len(keys))
	for _, k := range keys {
		out = append(out, k, "~"+k)
	}
	return out
}
