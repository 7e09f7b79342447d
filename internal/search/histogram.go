// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
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
	ByLetter By = "letter" // the first letter of the file's name; # for numbers and signs
)

// Bar is one count of a histogram.
type Bar struct {
	Key   string
	Count int
}

// bars are the expressions that histograms group by, and in what order.
var bars = map[By][2]string{
	ByYear:   {"coalesce(to_char(a.captured_on, 'YYYY'), '')", "1 desc"},
	ByMonth:  {"coalesce(to_char(a.captured_on, 'YYYY-MM'), '')", "1 desc"},
	ByDay:    {"coalesce(to_char(a.captured_on, 'YYYY-MM-DD'), '')", "1 desc"},
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
		return nil, false, fault.Fields("search.histogram", "Count by year, month, day or letter.", map[string]string{"by": "one of year, month, day, letter"})
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
				if by == ByLetter {
					b.Key = letter(b.Key)
				}
				if n := len(out); n > 0 && out[n-1].Key == b.Key {
					out[n-1].Count += b.Count
				} else {
					out = append(out, b)
				}
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
