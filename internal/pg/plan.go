// SPDX-License-Identifier: Apache-2.0

package pg

import (
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Planning is how the database goes about the statements of a transaction from
// some point on.
type Planning string

// The ways. A transaction begins with Freely.
const (
	Freely   Planning = "freely"    // each time anew, with its arguments
	ByKey    Planning = "by key"    // once for a connection, whatever the arguments: rows are found by key
	ByWalk   Planning = "by walk"   // likewise, along an index in its order
	ByBitmap Planning = "by bitmap" // each time anew, through indexes as sets
)

const sqlPlan = `
	select set_config('enable_seqscan', @seq, true), set_config('enable_indexscan', @walk, true), set_config('enable_indexonlyscan', @walk, true),
		set_config('enable_bitmapscan', @bitmap, true), set_config('plan_cache_mode', @cache, true),
		set_config('max_parallel_workers_per_gather', '0', true), set_config('work_mem', '32MB', true)`

// Queue sets it for what follows in the batch and in its transaction.
func (p Planning) Queue(b *pgx.Batch) {
	onoff := map[bool]string{true: "on", false: "off"}
	cache := "force_custom_plan"
	if p == ByKey || p == ByWalk {
		cache = "force_generic_plan"
	}
	b.Queue(sqlPlan, pgx.StrictNamedArgs{
		"seq": onoff[p == Freely || p == ByKey], "walk": onoff[p != ByBitmap], "bitmap": onoff[p != ByWalk], "cache": cache,
	}).Exec(func(pgconn.CommandTag) error { return nil })
}
