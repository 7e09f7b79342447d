// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Fairness between tenants: each may have a window of jobs in a queue's fast
// lane; whatever more it asks for waits in the slow one and moves up, the
// oldest first, as its window empties. So somebody's one file passes somebody
// else's fifty thousand, and two who have fifty thousand share the machine.
// Jobs that belong to no tenant are the house's own and always fast.
//
// The lanes are River's priorities: of those available it takes the lowest
// number first, and the oldest among equals. The conditions of the statements
// below are those of the indexes that pg makes for them.
const (
	fastLane = 2
	slowLane = 4
	window   = 16 // jobs of a tenant in the fast lane, at least
)

const sqlFast = `
	select count(*) from (
		select from river_job where state = 'available' and priority < 4 and queue = @queue and args->>'tenant' = @tenant limit @window) w`

// lanes says in which lane each of the jobs begins.
func (q *Queue) lanes(ctx context.Context, tx pgx.Tx, args []Args) ([]int, error) {
	type place struct{ queue, tenant string }
	free := map[place]int{}
	out := make([]int, len(args))
	for i, a := range args {
		at := place{string(q.kinds[a.Kind()].On), tenantOf(a)}
		out[i] = fastLane
		if at.tenant == "" {
			continue
		}
		if _, known := free[at]; !known {
			var n int
			if err := tx.QueryRow(ctx, sqlFast, pgx.StrictNamedArgs{"queue": at.queue, "tenant": at.tenant, "window": window}).Scan(&n); err != nil {
				return nil, fmt.Errorf("enqueue: %w", err)
			}
			free[at] = window - n
		}
		if free[at] <= 0 {
			out[i] = slowLane
		}
		free[at]--
	}
	return out, nil
}

// tenantOf is the member "tenant" of a job's arguments; empty: none.
func tenantOf(a Args) string {
	b, err := json.Marshal(a)
	if err != nil {
		return ""
	}
	var t struct {
		Tenant string `json:"tenant"`
	}
	_ = json.Unmarshal(b, &t)
	return t.Tenant
}

// Each step is done by itself: what the planner guesses about a queue that has
// just filled, and that nothing was counted of yet, would make it slow.
const sqlMoveUp = `
	with tenants as materialized (
		select distinct s.queue, s.args->>'tenant' as tenant from river_job s where s.state = 'available' and s.priority = 4
	), free as materialized (
		select t.queue, t.tenant, @window - count(f.id) as places
		from tenants t left join river_job f
			on f.state = 'available' and f.priority < 4 and f.queue = t.queue and f.args->>'tenant' = t.tenant
		group by t.queue, t.tenant
	), next as materialized (
		select w.id
		from free t cross join lateral (
			select j.id from river_job j
			where j.state = 'available' and j.priority = 4 and j.queue = t.queue and j.args->>'tenant' = t.tenant
			order by j.scheduled_at, j.id
			limit greatest(t.places, 0)
		) w
	)
	update river_job r set priority = @fast, scheduled_at = now() -- behind those who are in the lane already
	from next n where r.id = n.id and r.state = 'available'`

// moveUp fills every tenant's window from its slow lane. Several nodes may do
// it at the same time.
func (q *Queue) moveUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, q.cfg.Dead/2)
	defer cancel()
	// What all workers here get done between two beats must fit in the window.
	_, err := q.pool.Exec(ctx, sqlMoveUp, pgx.StrictNamedArgs{"fast": fastLane, "window": max(window, 8*q.cfg.CPU)})
	return err
}
