// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

// behind is the condition for what stands behind a mark in the scope's order.
func (sc *scope) behind(m *mark, args pgx.StrictNamedArgs) string {
	args["key"], args["last"] = m.key, m.last
	after := orders[sc.Sort].after
	if sc.Sort != Relevance || sc.wide == "" {
		return after
	}
	args["first"] = sc.first
	if m.tier == foldedTier {
		return "not (a.words @@ @first::tsquery) and " + after
	}
	return "(not (a.words @@ @first::tsquery) or " + after + ")"
}

// startAt is the mark before the first asset of a year, a month or a letter.
func (sc *scope) startAt(at string) (*mark, error) {
	bad := func(want string) (*mark, error) {
		return nil, fault.Fields("search.begin", "The list cannot begin there.", map[string]string{"start": want})
	}
	m := &mark{tier: written}
	switch sc.Sort {
	case Name:
		if !utf8.ValidString(at) || utf8.RuneCountInString(at) != 1 || at == "\x00" {
			return bad("one letter")
		}
		m.key = nameKeyOf(at)
	case Newest, Captured:
		if t, err := time.Parse("2006-01", at); err == nil {
			m.key = t.AddDate(0, 1, 0)
		} else if t, err := time.Parse("2006", at); err == nil {
			m.key = t.AddDate(1, 0, 0)
		} else {
			return bad("a year or a month, such as 2019-05")
		}
	default:
		return bad("only with the sort newest, captured or name")
	}
	return m, nil
}

// nameKeyOf is how the sort keys of names with a letter begin; what letter
// makes of it again.
func nameKeyOf(l string) string {
	switch l = strings.ToLower(l); l {
	case "å":
		return "{a"
	case "ä":
		return "{b"
	case "ö":
		return "{c"
	case "#":
		return ""
	}
	return l
}

// cursorOf is the cursor of the page behind one of the hits; empty when it is gone.
func (sc *scope) cursorOf(ctx context.Context, tx pg.Tx, last id.Asset) (string, error) {
	args := pgx.StrictNamedArgs{"one": last}
	where := append(sc.within(args), "a.asset_id = @one")
	tier := "1"
	if sc.Sort == Relevance && sc.wide != "" {
		tier = "case when a.words @@ @first::tsquery then 1 else 2 end"
		args["first"] = sc.first
	}
	var at int
	var key any
	err := sc.query(ctx, tx, pg.Freely, "select "+tier+", "+orders[sc.Sort].key+" from asset_search a where "+strings.Join(where, " and "), args, func(rows pgx.Rows) error {
		var err error
		for rows.Next() {
			err = errors.Join(err, rows.Scan(&at, &key))
		}
		return errors.Join(err, rows.Err())
	})
	if err != nil {
		return "", fmt.Errorf("find a window's end: %w", err)
	}
	if at == 0 {
		return "", nil
	}
	return page.Cursor(sc.list(), at, keyText(sc.Sort, key), last, 0, false), nil
}
