// SPDX-License-Identifier: Apache-2.0

package pg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// How much of an archive is recent: a sixth, at most so many assets. The index
// is made anew when it has grown to twice that.
const (
	recentPart = 6
	recentMost = 200_000
)

const sqlRecentNow = `
	select greatest(t.reltuples, 0)::bigint as rows, coalesce((select x.part * t.reltuples from search_recent() x), 0)::bigint as recent
	from pg_class t where t.oid = 'asset_search_row'::regclass`

const sqlRecentSince = `select r.created_at from asset_search_row r order by r.created_at desc offset $1 limit 1`

const recentLock = `hashtextextended('tillgang recent', 0)`

// KeepRecent keeps a second, small index of words that holds only the newest
// assets of all tenants, in which hits of common words are found many times
// faster than in the whole one, which has to be read from the oldest on. Where
// there are fewer assets than least, none is needed. An index that has grown
// too large is replaced by one that begins later, while the archive is at work.
// url must name a role that owns the database.
func KeepRecent(ctx context.Context, url string, dial DialFunc, least int) (err error) {
	cfg, err := config(url, dial)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, cfg.ConnConfig)
	if err != nil {
		return Fault(fmt.Errorf("keep the recent index: %w", err))
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // and with it the lock
	var mine bool
	if err := conn.QueryRow(ctx, "select pg_try_advisory_lock("+recentLock+")").Scan(&mine); err != nil || !mine {
		return Fault(err)
	}
	var rows, recent int
	if err := conn.QueryRow(ctx, sqlRecentNow).Scan(&rows, &recent); err != nil {
		return Fault(fmt.Errorf("keep the recent index: %w", err))
	}
	want := min(rows/recentPart, recentMost)
	if rows < least || recent > 0 && recent <= 2*want {
		return nil
	}
	var since time.Time
	if err := conn.QueryRow(ctx, sqlRecentSince, want).Scan(&since); err != nil {
		return Fault(fmt.Errorf("keep the recent index: %w", err))
	}
	at := since.UTC().Format(time.RFC3339Nano) // nothing that anybody wrote
	for _, sql := range []string{
		"drop index concurrently if exists asset_search_recent_new", // half made
		"create index concurrently asset_search_recent_new on asset_search_row using gin (words) where created_at >= '" + at + "'::timestamptz",
		"comment on index asset_search_recent_new is '" + at + "'",
		"analyze asset_search_row (created_at)",
		"drop index concurrently if exists asset_search_recent",
		"alter index asset_search_recent_new rename to asset_search_recent",
	} {
		if _, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			return Fault(fmt.Errorf("keep the recent index: %w", err))
		}
	}
	return nil
}
