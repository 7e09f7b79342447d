// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/pg"
)

// MaxWindow is how many assets a histogram counts and a window holds.
const MaxWindow = 100_000

// By is what a histogram counts by.
type By string

// What a histogram counts by.
const (
	ByYear   By = "year"   // of capture; newest first, assets without a date last, under ""
	ByMonth  By = "month"  // likewise: "2024-05"
	ByDay    By = "day"    // likewise: "2024-05-31"
	ByAdded  By = "added"  // the month of the upload, newest first: "2024-05"
	ByLetter By = "letter" // the first letter of the file's name; # for numbers and signs
)

// Bar is one count of a histogram.
type Bar struct {
	Key   string
	Count int
	Place int // of the first one in the window; only of a window's bars
}

// bars are the expressions that histograms group by, and in what order.
var bars = map[By][2]string{
	ByYear:   {"coalesce(to_char(a.captured_on, 'YYYY'), '')", "1 desc"},
	ByMonth:  {"coalesce(to_char(a.captured_on, 'YYYY-MM'), '')", "1 desc"},
	ByDay:    {"coalesce(to_char(a.captured_on, 'YYYY-MM-DD'), '')", "1 desc"},
	ByAdded:  {"to_char(a.created_at at time zone 'UTC', 'YYYY-MM')", "1 desc"},
	ByLetter: {"case when a.name_key like '{%' then left(a.name_key, 2) else left(a.name_key, 1) end", "1"},
}

// Histogram counts the assets that who may see and that q asks for, by a date
// or a letter, in the order in which the sort captured or name lists them. It
// counts MaxWindow assets at most; whole says that this was all.
func (s *Service) Histogram(ctx context.Context, who access.Actor, q Query, by By) (out []Bar, whole bool, err error) {
	if who.Kind == access.Nobody {
		return nil, false, who.Require(access.View)
	}
	bar, ok := bars[by]
	if !ok {
		return nil, false, fault.Fields("search.histogram", "Count by year, month, day, month of upload or letter.", map[string]string{"by": "one of year, month, day, added, letter"})
	}
	q.Sort, q.Cursor = Newest, ""
	out, whole = []Bar{}, true
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		sc, err := s.prepare(ctx, tx, who, q)
		if err != nil || sc.nothing {
			return err
		}
		args := pgx.StrictNamedArgs{}
		where, how := sc.within(args), pg.Freely
		if sc.wide != "" {
			where, how, args["ask"] = append(where, asked), pg.ByBitmap, sc.wide
		}
		sql := `select key, count(*) from (select ` + bar[0] + ` collate "C" as key from asset_search a where ` + strings.Join(where, " and ") +
			" limit " + strconv.Itoa(MaxWindow+1) + ") x group by 1 order by " + bar[1]
		total := 0
		return sc.query(ctx, tx, how, sql, args, func(rows pgx.Rows) error {
			var b Bar
			_, err := pgx.ForEachRow(rows, []any{&b.Key, &b.Count}, func() error {
				out = more(out, b, by)
				total += b.Count
				return nil
			})
			whole = total <= MaxWindow
			return err
		})
	})
	if err != nil {
		return nil, false, fmt.Errorf("count a histogram: %w", err)
	}
	return out, whole, nil
}

// more adds a bar; the bars of one letter become one.
func more(bars []Bar, b Bar, by By) []Bar {
	if by == ByLetter {
		b.Key = letter(b.Key)
	}
	if n := len(bars); n > 0 && bars[n-1].Key == b.Key {
		bars[n-1].Count += b.Count
		return bars
	}
	return append(bars, b)
}

// WindowHistogram counts the assets of a window that who still sees, in the
// window's order, with the place of the first of each bar.
func (s *Service) WindowHistogram(ctx context.Context, who access.Actor, window string, by By) (out []Bar, err error) {
	if who.Kind == access.Nobody {
		return nil, who.Require(access.View)
	}
	bar, ok := bars[by]
	if !ok {
		return nil, fault.Fields("search.histogram", "Count by year, month, day, month of upload or letter.", map[string]string{"by": "one of year, month, day, added, letter"})
	}
	out = []Bar{}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		_, ids, err := s.places(ctx, tx, who, window, 0, MaxWindow)
		if err != nil {
			return err
		}
		sc, err := s.prepare(ctx, tx, who, Query{Sort: Newest})
		if err != nil || sc.nothing {
			return err
		}
		args := pgx.StrictNamedArgs{"ids": ids, "acls": sc.acls}
		maps.Copy(args, sc.seen)
		sql := "select key, count(*), min(place) from (select " + bar[0] + ` collate "C" as key, i.at - 1 as place
			from unnest(@ids::uuid[]) with ordinality i(id, at) join asset_search a on a.asset_id = i.id
			where a.acl_id = any(@acls::bigint[]) and ` + asset.SQLSeen + ") x group by 1 order by 3"
		return sc.query(ctx, tx, pg.Freely, sql, args, func(rows pgx.Rows) error {
			var b Bar
			_, err := pgx.ForEachRow(rows, []any{&b.Key, &b.Count, &b.Place}, func() error {
				out = more(out, b, by)
				return nil
			})
			return err
		})
	})
	return out, err
}

// letter is what people call the beginning of a name's sort key.
func letter(key string) string {
	switch key {
	case "{a":
		return "Å"
	case "{b":
		return "Ä"
	case "{c":
		return "Ö"
	}
	if r, _ := utf8.DecodeRuneInString(key); unicode.IsLetter(r) {
		return strings.ToUpper(key)
	}
	return "#"
}
