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

// count counts the hits of a query without words and conditions, up to Cap+1.
// That there are more is remembered for a while.
func (sc *scope) count(ctx context.Context, tx pg.Tx) (n int, err error) {
	args := pgx.StrictNamedArgs{}
	limit := " limit " + strconv.Itoa(Cap+1)
	var sql string
	what := sc.about("plain", true)
	plainly := sc.State == "" && !sc.lagging
	if plainly { // what everybody sees who sees its folder is counted in the index alone
		if _, many := sc.known.get(what, sc.at); many {
			return Cap + 1, nil
		}
		same := sc.same(args)
		if sc.inFolders {
			same, args["folders"] = append(same, "a.folder_id = any(@folders::uuid[])"), id.Raw(sc.folders)
		}
		where := strings.Join(same, " and ")
		maps.Copy(args, sc.seen)
		sql = "select (select count(*) from (select 1 from asset_search a where not a.restricted and " + where + limit + ") x)," +
			" (select count(*) from (select 1 from asset_search a where a.restricted and " + where + " and " + asset.SQLSeen + limit + ") x)"
	} else {
		sql = "select 0, count(*) from (select 1 from (" + sc.steps("1 as one", limit, args) + ") y" + limit + ") x"
	}
	var plain, other int
	err = sc.query(ctx, tx, pg.ByWalk, sql, args, func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&plain, &other}, func() error { return nil })
		return err
	})
	if plainly && plain > Cap {
		sc.known.put(what, float64(plain), sc.at)
	}
	return min(plain+other, Cap+1), err
}
