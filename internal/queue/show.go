// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"tillgang/internal/fault"
)

// State is where a job stands, in our words.
type State string

// The states.
const (
	Waiting  State = "waiting"  // for its turn
	Running  State = "running"  // in hand
	Retrying State = "retrying" // failed, and will be tried again
	Done     State = "done"
	GivenUp  State = "given_up" // all attempts used up, hopeless, or stopped by somebody
)

var riverStates = map[State][]string{
	Waiting: {"available", "pending", "scheduled"}, Running: {"running"}, Retrying: {"retryable"},
	Done: {"completed"}, GivenUp: {"cancelled", "discarded"},
}

// Known reports whether s is a state.
func (s State) Known() bool { _, ok := riverStates[s]; return ok }

func stateOf(river string) State {
	for s, list := range riverStates {
		if slices.Contains(list, river) {
			return s
		}
	}
	return Waiting
}

// Job is one job, as an administrator sees it.
type Job struct {
	ID      int64
	Kind    string
	State   State
	On      Resource
	Slow    bool // waits behind others of its tenant
	Args    json.RawMessage
	Attempt int       // runs so far
	Made    time.Time // enqueued
	Due     time.Time // runs not before this
	Began   time.Time // last run; zero: none
	Ended   time.Time // zero: not yet
	Node    string    // that ran it last; empty: none
	Code    string    // of the last failure; empty: none
	Reason  string    // a sentence on the last failure, fit for people
}

// Filter narrows a list of jobs. Zero members do not.
type Filter struct {
	State  State
	Kind   string
	About  string // outer identifier of something that the arguments name
	Before int64  // only jobs with a smaller ID
	Limit  int
}

const sqlList = `
	select id, kind, state::text as state, queue, priority, args, attempt, created_at, scheduled_at, attempted_at, finalized_at,
		coalesce(attempted_by[array_upper(attempted_by, 1)], '') as node,
		coalesce(metadata->'output', 'null') as output,
		coalesce(errors[array_upper(errors, 1)]->>'error', '') as error
	from river_job
	where args->>'tenant' = @tenant and (@states::text[] is null or state::text = any(@states::text[]))
		and (@kind = '' or kind = @kind) and (@about = '' or exists (select from jsonb_each_text(args) a where a.key <> 'tenant' and a.value = @about))
		and (@before::bigint = 0 or id < @before::bigint)
	order by id desc limit @limit`

type row struct {
	ID          int64           `db:"id"`
	Kind        string          `db:"kind"`
	State       string          `db:"state"`
	Queue       string          `db:"queue"`
	Priority    int             `db:"priority"`
	Args        json.RawMessage `db:"args"`
	Attempt     int             `db:"attempt"`
	CreatedAt   time.Time       `db:"created_at"`
	ScheduledAt time.Time       `db:"scheduled_at"`
	AttemptedAt *time.Time      `db:"attempted_at"`
	FinalizedAt *time.Time      `db:"finalized_at"`
	Node        string          `db:"node"`
	Output      json.RawMessage `db:"output"`
	Error       string          `db:"error"`
}

func (r row) job() Job {
	j := Job{
		ID: r.ID, Kind: r.Kind, State: stateOf(r.State), On: Resource(r.Queue), Args: r.Args, Attempt: r.Attempt,
		Made: r.CreatedAt, Due: r.ScheduledAt, Node: r.Node,
	}
	j.Slow = j.State == Waiting && r.Priority >= slowLane
	if r.AttemptedAt != nil {
		j.Began = *r.AttemptedAt
	}
	if r.FinalizedAt != nil {
		j.Ended = *r.FinalizedAt
	}
	switch {
	case r.Error == "":
	case strings.HasPrefix(r.Error, diedText):
		j.Code, j.Reason = "job.died", "The process that worked on this ended. Another one takes over."
	default:
		var said reason
		_ = json.Unmarshal(r.Output, &said)
		if said.Code == "" {
			said = unexplained
		}
		j.Code, j.Reason = said.Code, said.Text
	}
	return j
}

// List returns a tenant's jobs, the newest first. Finished ones are known for a
// day, those given up for a week.
func List(ctx context.Context, tx pgx.Tx, tenant string, f Filter) ([]Job, error) {
	rows, err := tx.Query(ctx, sqlList, pgx.StrictNamedArgs{
		"tenant": tenant, "states": riverStates[f.State], "kind": f.Kind, "about": f.About, "before": f.Before, "limit": f.Limit,
	})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (Job, error) {
		one, err := pgx.RowToStructByName[row](r)
		return one.job(), err
	})
}

// Count is how many of a tenant's jobs of a kind are in a state.
type Count struct {
	Kind  string
	State State
	Jobs  int
}

const sqlCounts = `
	select kind, state::text as state, count(*) as jobs from river_job where args->>'tenant' = @tenant group by kind, state order by kind, state`

// Counts says how many jobs of which kinds a tenant has, by state.
func Counts(ctx context.Context, tx pgx.Tx, tenant string) ([]Count, error) {
	rows, err := tx.Query(ctx, sqlCounts, pgx.StrictNamedArgs{"tenant": tenant})
	if err != nil {
		return nil, err
	}
	var out []Count
	var kind, state string
	var jobs int
	_, err = pgx.ForEachRow(rows, []any{&kind, &state, &jobs}, func() error {
		one := Count{kind, stateOf(state), jobs}
		if n := len(out); n > 0 && out[n-1].Kind == kind && out[n-1].State == one.State { // several of the queue's own are one to people
			out[n-1].Jobs += jobs
			return nil
		}
		out = append(out, one)
		return nil
	})
	return out, err
}

const sqlOne = `
	select id, kind, state::text as state, queue, priority, args, attempt, created_at, scheduled_at, attempted_at, finalized_at,
		coalesce(attempted_by[array_upper(attempted_by, 1)], '') as node,
		coalesce(metadata->'output', 'null') as output,
		coalesce(errors[array_upper(errors, 1)]->>'error', '') as error
	from river_job where id = @id and args->>'tenant' = @tenant for update`

// Hold returns one of a tenant's jobs, locked until tx ends; false: there is none.
func Hold(ctx context.Context, tx pgx.Tx, tenant string, job int64) (Job, bool, error) {
	rows, err := tx.Query(ctx, sqlOne, pgx.StrictNamedArgs{"id": job, "tenant": tenant})
	if err != nil {
		return Job{}, false, err
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[row])
	if errors.Is(err, pgx.ErrNoRows) {
		return Job{}, false, nil
	}
	return r.job(), err == nil, err
}

// Hasten lets a job that waits for its next attempt, or was given up, run as
// soon as there is a free hand. The caller has held it in tx.
func (q *Queue) Hasten(ctx context.Context, tx pgx.Tx, job int64) error {
	_, err := q.client.JobRetryTx(ctx, tx, job)
	return err
}

// Cancel takes a job out of the queue; one that is running is told to end, and
// its last word is not called. The caller has held it in tx.
func (q *Queue) Cancel(ctx context.Context, tx pgx.Tx, job int64) error {
	_, err := q.client.JobCancelTx(ctx, tx, job)
	return err
}

// reason is what a failed run leaves for people.
type reason struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

var unexplained = reason{"job.failed", "Something went wrong on the server. Its log says what, under the number of this job."}

// explain keeps with the job why its run failed, in words for people: those of
// the fault, or that there are none.
func explain(ctx context.Context, err error) {
	said := unexplained
	switch e, ok := errors.AsType[*fault.Error](err); {
	case ok && e.Text != "":
		said = reason{e.Code, e.Text}
	case errors.Is(err, context.DeadlineExceeded):
		said = reason{"job.timeout", "The work took longer than is allowed for one attempt."}
	}
	_ = river.RecordOutput(ctx, said) // only outside of a worker does it fail
}

// ErrPoison is wrapped by the error of a job that took down so many processes
// that it is not tried again.
var ErrPoison = errors.New("the work ended the process again and again")

// poison marks the error of a job that is given up because of its deaths.
func poison(job *rivertype.JobRow, err error) error {
	if deaths(job) < MaxDeaths {
		return err
	}
	return fmt.Errorf("%w (%d times): %w", ErrPoison, deaths(job), err)
}
