// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
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
// hits, or, if there are more than Cap, over some of them, newer ones rather.
type Facets struct {
	Total        int  // counted up to Cap
	TotalIsExact bool // false: there are at least Total
	Of           int  // over how many hits the counts are
	Kinds        []Count
	Tags         []Count // keywords, the 20 most frequent
	TagsOf       int     // of how many hits the keywords were counted
	Years        []Count // of capture, newest first
	Folders      []Count // the folders right below the query's (or below the root), with all that lies in them
}

// tagSample is how many hits are looked at for their keywords.
const tagSample = 2000

const sqlFacetsTailPart = `),
	place as materialized (select h.folder_id, count(*) as n from hit h group by h.folder_id),
	top as (select f.id, cardinality(f.lineage) as depth from folder f
		where f.tenant_id = @tenant and (f.id = @top or @top::uuid is null and f.purpose = 'root')),
	sample as (select h.asset_id from hit h order by h.created_at desc, h.asset_id desc limit @sample),
	word as materialized (select a.asset_id, a.keywords from asset_search a where a.asset_id in (select s.asset_id from sample s))
	(select 'total' as facet, '' as value, '' as name, count(*) as n from hit)
	union all (select 'kind', kind, '', count(*) from hit group by kind)
	union all (select 'tags', '', '', count(*) from word)
	union all (select 'tag', k, '', count(*) from word, unnest(keywords) k group by k order by count(*) desc, k limit @tags)
	union all (select 'year', extract(year from captured_on)::int::text, '', count(*) from hit where captured_on is not null group by 2 order by 2 desc limit @years)
	union all (select 'folder', c.id::text, c.name, u.n
		from (select f.lineage[t.depth + 1] as child, sum(p.n)::bigint as n
			from place p join folder f on f.id = p.folder_id, top t where cardinality(f.lineage) > t.depth and f.lineage[t.depth] = t.id group by 1) u
		join folder c on c.id = u.child where c.acl_id = any(@acls::bigint[]) and c.deleted_at is null
		order by u.n desc, c.name, c.id limit @most)`

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
		return sc.facets(ctx, tx, who, &out)
	})
	return out, err
}

func (sc *scope) facets(ctx context.Context, tx pg.Tx, who access.Actor, out *Facets) error {
	args := pgx.StrictNamedArgs{"tenant": who.Tenant, "tags": maxTags * 5, "years": maxYears, "most": maxFolders, "sample": tagSample, "top": nil}
	if !sc.Folder.IsZero() {
		args["top"] = sc.Folder
	}
	hits, how, most, more, err := sc.counted(ctx, tx, args)
	if err != nil {
		return err
	}
	if _, used := args["acls"]; !used {
		args["acls"] = sc.acls
	}
	return sc.query(ctx, tx, how, "with hit as materialized ("+hits+" limit "+strconv.Itoa(most)+sqlFacetsTailPart, args, func(rows pgx.Rows) error {
		var facet string
		var c Count
		_, err := pgx.ForEachRow(rows, []any{&facet, &c.Value, &c.Name, &c.Count}, func() error { return out.add(facet, c) })
		out.Tags = merge(out.Tags, maxTags)
		if more > 0 {
			out.Total, out.TotalIsExact = max(out.Total, more), false
		}
		return err
	})
}

// facetColumns are what is counted by.
const facetColumns = "a.asset_id, a.created_at, a.kind, a.captured_on, a.folder_id"

// counted writes the query of the hits that are counted, and says how to go
// about it and how many of them are enough; if that is not all, more is how many
// there are at least.
func (sc *scope) counted(ctx context.Context, tx pg.Tx, args pgx.StrictNamedArgs) (hits string, how pg.Planning, most, more int, err error) { //nolint:revive // its results belong together, and to one caller
	switch {
	case sc.picked:
		where := sc.within(args)
		if sc.wide != "" {
			where, args["ask"] = append(where, asked), sc.wide
		}
		return "select " + facetColumns + " from asset_search a where " + strings.Join(where, " and "), pg.Freely, Cap + 1, 0, nil
	case sc.wide != "":
		return sc.countedWords(ctx, tx, args)
	case sc.sql != "":
		return "select " + facetColumns + " from asset_search a where " + strings.Join(sc.within(args), " and "), pg.Freely, Cap + 1, 0, nil
	}
	each := len(sc.acls)
	if sc.inFolders && len(sc.folders) <= manyFolders {
		each = len(sc.folders)
	}
	n, err := sc.count(ctx, tx)
	if err != nil {
		return "", "", 0, 0, err
	}
	limit := Cap + 1
	if n > Cap { // fewer of each than Cap, and together enough of them
		limit, more = min(limit, perStep+2*Cap/each), Cap
	}
	const newest = " order by a.created_at desc, a.asset_id desc limit "
	if sc.State == "" && !sc.inFolders && !sc.lagging { // what everybody sees who sees its folder stands in the index
		same := strings.Join(sc.same(args), " and ")
		maps.Copy(args, sc.seen)
		hits = "select h.* from ((select x.* from unnest(@acls::bigint[]) v(one) cross join lateral (select " + facetColumns + " from asset_search a where a.acl_id = v.one and not a.restricted and " + same + newest + strconv.Itoa(limit) + ") x)" +
			" union all (select " + facetColumns + " from asset_search a where a.restricted and " + same + " and " + asset.SQLSeen + newest + strconv.Itoa(limit) + ")) h"
	} else {
		hits = "select h.* from (" + sc.steps(facetColumns, newest+strconv.Itoa(limit), args) + ") h"
	}
	return hits + " order by h.created_at desc, h.asset_id desc", pg.ByWalk, Cap + 1, more, nil
}

// Of words that very many assets have, the newest hits are counted: nearHits of
// them, if so many are among the newest nearOver assets that the asker sees.
const (
	nearHits = 2000
	nearOver = 10_000
)

func (sc *scope) countedWords(ctx context.Context, tx pg.Tx, args pgx.StrictNamedArgs) (hits string, how pg.Planning, most, more int, err error) { //nolint:revive // its results belong together, and to one caller
	s, err := sc.expect(ctx, tx, sc.wide)
	if err != nil {
		return "", "", 0, 0, err
	}
	way, over := sc.way(s, nearHits/4)
	byIndex := "select " + facetColumns + " from asset_search a where " + strings.Join(append(sc.within(args), s.lookUp(sc.wide, args)...), " and ")
	switch way {
	case alongEach:
		delete(args, "narrow")
		return sc.steps(facetColumns, " limit "+strconv.Itoa(Cap+1), args, asked), pg.ByWalk, Cap + 1, 0, nil
	case throughEra:
		args["since"] = s.recent.Since
		return byIndex + " and " + newestOnes + " order by " + newest.by, pg.ByBitmap, nearHits, 1, nil
	case alongAll:
		over = min(over, nearOver)
		delete(args, "narrow")
		args["over"], args["skip"] = over, s.skip(over)
		return "select h.* from " + newestAfter("") + " cross join lateral (select " + facetColumns + " from asset_search a where a.asset_id = x.asset_id and " + strings.Join(append(sc.within(args), asked), " and ") + " offset 0) h", pg.ByWalk, nearHits, 1, nil
	case throughWords:
	}
	return byIndex, pg.ByBitmap, Cap + 1, 0, nil
}

// perStep is how many assets each acl or folder gives at least.
const perStep = 200

func (out *Facets) add(facet string, c Count) error {
	switch facet {
	case "total":
		out.Total, out.TotalIsExact, out.Of = min(c.Count, Cap), c.Count <= Cap, c.Count
	case "kind":
		out.Kinds = append(out.Kinds, c)
	case "tags":
		out.TagsOf = c.Count
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
