// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Limits of facets.
const (
	maxTags    = 20
	maxYears   = 50
	maxFolders = 100
)

// Count is how many assets have a value.
type Count struct {
	Value string // of a folder: its identifier
	Name  string // of a folder
	Count int
}

// Facets are what a query's hits have in common. They are counted over all
// hits, or over the newest Cap if there are more.
type Facets struct {
	Total        int
	TotalIsExact bool // false: there are more, and the counts are of the newest Total
	Kinds        []Count
	Tags         []Count // keywords, the 20 most frequent
	Years        []Count // of capture, newest first
	Folders      []Count // the folders right below the query's (or below the root), with all that lies in them
}

const sqlFacetsHeadPart = `
	with recursive hit as materialized (`

const sqlFacetsTailPart = `),
	-- every folder the asker sees, and which child of the top it lies under
	under(id, child) as (
		select f.id, f.id from folder f where f.parent_id = @top and f.deleted_at is null
		union all select f.id, u.child from under u join folder f on f.parent_id = u.id and f.deleted_at is null)
	(select 'total' as facet, '' as value, '' as name, count(*) as n from hit)
	union all (select 'kind', kind, '', count(*) from hit group by kind)
	union all (select 'tag', k, '', count(*) from hit, unnest(keywords) k group by k order by count(*) desc, k limit @tags)
	union all (select 'year', extract(year from captured_on)::int::text, '', count(*) from hit where captured_on is not null group by 2 order by 2 desc limit @years)
	union all (select 'folder', f.id::text, f.name, c.n
		from (select u.child, count(*) as n from hit h join under u on u.id = h.folder_id group by u.child) c
		join folder f on f.id = c.child where f.acl_id = any(@acls::bigint[])
		order by c.n desc, f.name, f.id limit @most)`

const sqlRoot = `select f.id from folder f where f.tenant_id = @tenant and f.purpose = 'root'`

// Facets counts what the assets have in common that who may see and that q
// asks for. It pays no heed to q's order, cursor and limit.
func (s *Service) Facets(ctx context.Context, who access.Actor, q Query) (Facets, error) {
	out := Facets{Kinds: []Count{}, Tags: []Count{}, Years: []Count{}, Folders: []Count{}, TotalIsExact: true}
	if who.Kind == access.Nobody {
		return out, who.Require(access.View)
	}
	q.Sort, q.Cursor = Newest, ""
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		sc, err := s.prepare(ctx, tx, who, q)
		if err != nil || sc.nothing {
			return err
		}
		top := q.Folder
		if top.IsZero() {
			if err := tx.QueryRow(ctx, sqlRoot, pgx.StrictNamedArgs{"tenant": who.Tenant}).Scan(&top); err != nil {
				return fmt.Errorf("find root: %w", err)
			}
		}
		args := pgx.StrictNamedArgs{"top": top, "tags": maxTags * 5, "years": maxYears, "most": maxFolders}
		limit := " order by h.created_at desc, h.asset_id desc limit " + strconv.Itoa(Cap+1)
		const columns = "a.asset_id, a.created_at, a.kind, a.keywords, a.captured_on, a.folder_id"
		var hits string
		if sc.wide == "" {
			hits = sc.steps(columns, " order by a.created_at desc, a.asset_id desc limit "+strconv.Itoa(Cap+1), args)
		} else {
			hits = "select " + columns + " from asset_search a where " + strings.Join(append(sc.within(args), asked), " and ")
			args["ask"] = sc.wide
			if err := sc.steer(ctx, tx, byBitmap); err != nil {
				return err
			}
		}
		rows, err := tx.Query(ctx, sqlFacetsHeadPart+"select h.asset_id, h.kind, h.keywords, h.captured_on, h.folder_id from ("+hits+") h"+limit+sqlFacetsTailPart, args)
		if err != nil {
			return fmt.Errorf("count facets: %w", err)
		}
		var facet string
		var c Count
		_, err = pgx.ForEachRow(rows, []any{&facet, &c.Value, &c.Name, &c.Count}, func() error {
			switch facet {
			case "total":
				out.Total, out.TotalIsExact = min(c.Count, Cap), c.Count <= Cap
			case "kind":
				out.Kinds = append(out.Kinds, c)
			case "tag":
				out.Tags = append(out.Tags, c)
			case "year":
				out.Years = append(out.Years, c)
			case "folder":
				var f id.Folder
				if err := f.Scan(c.Value); err != nil {
					return err
				}
				out.Folders = append(out.Folders, Count{f.String(), c.Name, c.Count})
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("count facets: %w", err)
		}
		out.Tags = merge(out.Tags, maxTags)
		return nil
	})
	return out, err
}

// merge joins keywords that differ only in capitals, under the commonest
// spelling, and returns the n most frequent. The database is not asked to: what
// it takes for a capital depends on how it was made.
func merge(counts []Count, n int) []Count {
	out := []Count{}
	at := map[string]int{}
	for _, c := range counts { // most frequent first
		low := keyword(c.Value)
		if i, ok := at[low]; ok {
			out[i].Count += c.Count
			continue
		}
		at[low] = len(out)
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b Count) int { return b.Count - a.Count })
	return out[:min(n, len(out))]
}

// Limits of completion: how many keywords, and from how many assets.
const (
	maxCompleted = 20
	completeFrom = 2000
)

// Complete lists up to 20 keywords in use that begin with prefix, whatever its
// capitals and marks, the most used first, of the assets that who may see. With
// more than 2,000 such assets, any 2,000 of them are looked at.
func (s *Service) Complete(ctx context.Context, who access.Actor, prefix string) ([]string, error) {
	if who.Kind == access.Nobody {
		return nil, who.Require(access.View)
	}
	prefix = keyword(strings.ToValidUTF8(strings.ReplaceAll(prefix, "\x00", ""), ""))
	if n := utf8.RuneCountInString(prefix); n == 0 || n > maxKeyword {
		return nil, fault.Fields("search.prefix", "Give 1 to 100 characters that the keyword begins with.", map[string]string{"prefix": "1 to 100 characters"})
	}
	starts := append([]string{prefix}, fold(prefix)...)
	var counts []Count
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		sc, err := s.prepare(ctx, tx, who, Query{})
		if err != nil || sc.nothing {
			return err
		}
		var ask []string
		for _, p := range starts {
			ask = append(ask, quoted("#"+p)+":*", quoted("#~"+p)+":*")
		}
		if err := sc.steer(ctx, tx, byBitmap); err != nil {
			return err
		}
		args := pgx.StrictNamedArgs{}
		where := append(sc.within(args), asked)
		args["ask"] = strings.Join(ask, " | ")
		rows, err := tx.Query(ctx, "select k, count(*) from (select a.keywords from asset_search a where "+strings.Join(where, " and ")+
			" limit "+strconv.Itoa(completeFrom)+") h, unnest(h.keywords) k group by k order by count(*) desc, k", args)
		if err != nil {
			return err
		}
		var c Count
		_, err = pgx.ForEachRow(rows, []any{&c.Value, &c.Count}, func() error {
			low := keyword(c.Value)
			for _, f := range append([]string{low}, fold(low)...) {
				if slices.ContainsFunc(starts, func(p string) bool { return strings.HasPrefix(f, p) }) {
					counts = append(counts, c)
					break
				}
			}
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("complete keywords: %w", err)
	}
	out := []string{}
	for _, c := range merge(counts, maxCompleted) {
		out = append(out, c.Value)
	}
	return out, nil
}
