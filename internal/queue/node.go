// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// River notices a job whose process was killed only after RescueStuckJobsAfter.
// Here every node writes a sign of life, and whoever beats frees the jobs of
// nodes that do not. All times are the database's, so clocks may differ.

// diedText starts the error of an attempt that ended with its process.
const diedText = "the process that worked this died"

const sqlBeat = `
	insert into node (id, started_at, beat_at) values (@node, now(), now())
	on conflict (id) do update set beat_at = excluded.beat_at`

func (q *Queue) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, q.cfg.Dead/2)
	defer cancel()
	_, err := q.pool.Exec(ctx, sqlBeat, pgx.StrictNamedArgs{"node": q.id})
	return err
}

const sqlLeave = `delete from node where id = @node`

func (q *Queue) leave(ctx context.Context) error {
	_, err := q.pool.Exec(ctx, sqlLeave, pgx.StrictNamedArgs{"node": q.id})
	return err
}

// keepBeating gives signs of life and frees the jobs of nodes that give none,
// until ctx ends.
func (q *Queue) keepBeating(ctx context.Context) {
	missed := map[int64]time.Time{}
	well := 2 // beats written in a row; Start wrote one, and nobody has been away
	t := time.NewTicker(q.cfg.Beat)
	defer t.Stop()
	for {
		// After the database was away, the others need a beat to show that
		// they live: nobody is declared dead by one who was away as well.
		if well >= 2 {
			if err := q.rescue(ctx, missed); err != nil && ctx.Err() == nil {
				q.log.WarnContext(ctx, "the jobs of dead processes could not be freed; the next beat tries again", slog.Any("error", err))
			}
		}
		if err := q.moveUp(ctx); err != nil && ctx.Err() == nil {
			q.log.WarnContext(ctx, "waiting jobs could not be moved up; the next beat tries again", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		well++
		if err := q.beat(ctx); err != nil && ctx.Err() == nil {
			q.log.WarnContext(ctx, "no sign of life could be written; others will take over this process's jobs", slog.Any("error", err))
			well = 0
		}
	}
}

const sqlDead = `delete from node where beat_at < now() - make_interval(secs => @dead)`

// The last one in attempted_by is the node that has the job in hand. Rows that
// another beat has freed meanwhile no longer match when their lock is ours.
const sqlFree = `
	update river_job set state = 'available', scheduled_at = now(),
		errors = array_append(errors, jsonb_build_object('at', now(), 'attempt', attempt, 'error', @died::text, 'trace', ''))
	where state = 'running'
		and (not exists (select from node where node.id = attempted_by[array_upper(attempted_by, 1)]) or id = any(@missed))
	returning id`

const sqlRecover = `
	update river_job set state = 'available', scheduled_at = now(),
		errors = array_append(errors, jsonb_build_object('at', now(), 'attempt', attempt, 'error', @died::text, 'trace', ''))
	where state = 'running' and attempted_by[array_upper(attempted_by, 1)] = @node`

// recover frees the jobs that a process of this one's name had in hand when it
// died: the others would notice only after Config.Dead.
func (q *Queue) recover(ctx context.Context) error {
	tag, err := q.pool.Exec(ctx, sqlRecover, pgx.StrictNamedArgs{"node": q.id, "died": diedText + "; it was started again"})
	if err == nil && tag.RowsAffected() > 0 {
		q.log.WarnContext(ctx, "jobs of the process before this one are free again", slog.Int64("jobs", tag.RowsAffected()))
	}
	return err
}

const sqlMine = `
	select id from river_job
	where state = 'running' and attempted_by[array_upper(attempted_by, 1)] = @node and attempted_at < now() - make_interval(secs => @dead)`

// rescue frees the jobs that nobody works: those of nodes that are dead, and
// those that the database believes to be in hand here and which are not, as
// when it went away just after it gave one out. missed remembers since when
// the latter are missed.
func (q *Queue) rescue(ctx context.Context, missed map[int64]time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, q.cfg.Dead/2)
	defer cancel()
	dead := q.cfg.Dead.Seconds()
	rows, err := q.pool.Query(ctx, sqlMine, pgx.StrictNamedArgs{"node": q.id, "dead": dead})
	if err != nil {
		return err
	}
	mine, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	long := q.missing(mine, missed)
	if _, err = q.pool.Exec(ctx, sqlDead, pgx.StrictNamedArgs{"dead": dead}); err != nil {
		return err
	}
	rows, err = q.pool.Query(ctx, sqlFree, pgx.StrictNamedArgs{"died": diedText + "; another takes over", "missed": long})
	if err != nil {
		return err
	}
	freed, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if len(freed) > 0 {
		q.log.WarnContext(ctx, "jobs of a process that died are free again", slog.Int("jobs", len(freed)))
	}
	return err
}

// missing returns those of mine that have not been in hand here for long.
func (q *Queue) missing(mine []int64, missed map[int64]time.Time) []int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	now, long := q.now(), []int64{}
	maps.DeleteFunc(missed, func(job int64, _ time.Time) bool { return !slices.Contains(mine, job) })
	for _, job := range mine {
		if _, ok := q.running[job]; ok {
			delete(missed, job)
			continue
		}
		since, ok := missed[job]
		if !ok {
			missed[job], since = now, now
		}
		// River tries for about two minutes to write down that a job has ended.
		if now.Sub(since) > 5*q.cfg.Dead {
			long = append(long, job)
		}
	}
	return long
}

// Depth is how many jobs of one kind are in one state.
type Depth struct {
	Kind  string
	State string // River's word: available, running, retryable, scheduled, completed, cancelled
	Jobs  int64
}

const sqlDepths = `select kind, state::text as state, count(*) as jobs from river_job group by kind, state order by kind, state`

// Depths counts the jobs that the database knows, finished ones included until
// they are cleaned away.
func (q *Queue) Depths(ctx context.Context) ([]Depth, error) {
	rows, err := q.pool.Query(ctx, sqlDepths)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Depth])
}
