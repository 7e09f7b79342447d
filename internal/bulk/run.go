// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/queue"
)

// RunArgs asks for a job to be worked on.
type RunArgs struct {
	Tenant id.Tenant `json:"tenant"`
	Bulk   id.Bulk   `json:"bulk"`
	Round  int       `json:"round"` // so that each turn is a job of its own
}

// Kind names the job.
func (RunArgs) Kind() string { return "bulk.run" }

const part = "bulk"

// Register tells the queue the room's jobs.
func (s *Service) Register(q *queue.Queue) {
	s.jobs = q
	queue.Add(q, queue.Rule{On: queue.IO, Attempts: 8, Timeout: 30 * time.Minute},
		func(ctx context.Context, a RunArgs) error {
			return s.Run(ctx, access.HouseActor(a.Tenant, part), a.Bulk, a.Round)
		},
		func(ctx context.Context, a RunArgs, _ error) error {
			return s.GiveUp(ctx, access.HouseActor(a.Tenant, part), a.Bulk)
		})
}

// Run works on a job for one turn, batch by batch; another turn follows if
// there is more to do. It may die anywhere and be run again.
func (s *Service) Run(ctx context.Context, who access.Actor, job id.Bulk, round int) error {
	if who.Kind != access.House {
		return access.NotFound("bulk")
	}
	for i := range perRun {
		more, err := s.batch(ctx, who, job, i == perRun-1, round)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// item is one asset whose turn has come.
type item struct {
	Seq   int          `db:"seq"`
	Asset id.Asset     `db:"asset_id"`
	Edits *asset.Edits `db:"edits"`
	Undo  []asset.Step `db:"undo"`
}

// held is a job in hand.
type held struct {
	ID     id.Bulk `db:"id"`
	State  State   `db:"state"`
	Actor  []byte  `db:"actor"`
	Edits  *change `db:"edits"`
	UndoOf id.Bulk `db:"undo_of"`
}

const sqlTake = `select j.id, j.state, j.actor, j.edits, j.undo_of from bulk_job j where j.id = @job and j.tenant_id = @tenant for update`

const sqlNext = `
	select i.seq, i.asset_id, i.edits, u.steps as undo
	from bulk_item i left join bulk_item u on u.job_id = @undo and u.asset_id = i.asset_id
	where i.job_id = @job and i.tenant_id = @tenant and i.state = 'waiting' order by i.seq limit @most`

// batch works on the next assets of a job in one transaction, and reports
// whether there may be more. The last batch of a turn asks for another turn.
func (s *Service) batch(ctx context.Context, house access.Actor, job id.Bulk, last bool, round int) (more bool, err error) {
	err = pg.In(ctx, s.db, house.Tenant, func(tx pg.Tx) error {
		if err := pg.Many(ctx, tx); err != nil {
			return err
		}
		args := pgx.StrictNamedArgs{"job": job, "tenant": house.Tenant}
		rows, err := tx.Query(ctx, sqlTake, args)
		if err != nil {
			return err
		}
		h, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[held])
		if errors.Is(err, pgx.ErrNoRows) || err == nil && h.State != Waiting && h.State != Running {
			return nil
		}
		if err != nil {
			return err
		}
		who, err := s.Recall(ctx, tx, house.Tenant, h.Actor)
		if f, is := errors.AsType[*fault.Error](err); is && (f.Kind == fault.Unauthentic || f.Kind == fault.Forbidden) {
			return s.stop(ctx, tx, house, job, "bulk.actor", "Whoever started this has signed out or lost the account or key. What was done until then is done.")
		}
		if err != nil {
			return err
		}
		args["undo"], args["most"] = h.UndoOf, atOnce
		if rows, err = tx.Query(ctx, sqlNext, args); err != nil {
			return err
		}
		items, err := pgx.CollectRows(rows, pgx.RowToStructByName[item])
		if err != nil {
			return err
		}
		if more = len(items) == atOnce; more && last {
			if err := s.jobs.Enqueue(ctx, tx, RunArgs{Tenant: house.Tenant, Bulk: job, Round: round + 1}); err != nil {
				return err
			}
		}
		return s.work(ctx, tx, who, h, items, !more)
	})
	return more, err
}

// work does the job to some assets and notes how it went.
func (s *Service) work(ctx context.Context, tx pg.Tx, who access.Actor, h held, items []item, end bool) error {
	if of := h.about(items); !of.IsZero() {
		return s.gather(ctx, tx, who, h, of, items, end)
	}
	tasks := make([]asset.Task, len(items))
	for i, it := range items {
		tasks[i] = asset.Task{Asset: it.Asset, Undo: it.Undo}
		if h.Edits != nil {
			tasks[i].Edits = &h.Edits.Edits
		}
		if it.Edits != nil {
			tasks[i].Edits = it.Edits
		}
	}
	var done []asset.Done
	if len(tasks) > 0 {
		var err error
		done, err = s.assets.ManyTx(ctx, tx, who, tasks, false)
		if f, is := errors.AsType[*fault.Error](err); is && f.Kind == fault.NotFound { // such as a template that is gone
			return s.stop(ctx, tx, who, h.ID, f.Code, f.Text)
		}
		if err != nil {
			return err
		}
	}
	return s.ended(ctx, tx, who, h, items, done, end)
}

// ended writes down how items ended, and the deed.
func (s *Service) ended(ctx context.Context, tx pg.Tx, who access.Actor, h held, items []item, done []asset.Done, end bool) error { //nolint:revive // what there is to write down
	changed, skipped, err := s.note(ctx, tx, h.ID, items, done, end)
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{
		At: s.now(), Who: who, Verb: "bulk.apply", Subject: h.ID.String(),
		Detail: map[string]any{"assets": len(items), "changed": changed, "skipped": skipped},
	})
}

const sqlNote = `
	update bulk_item i set state = n.state, code = n.code, reason = n.reason, steps = n.steps, kept = string_to_array(n.kept, ',')
	from unnest(@seqs::int[], @states::text[], @codes::text[], @reasons::text[], @steps::jsonb[], @kept::text[]) as n(seq, state, code, reason, steps, kept)
	where i.job_id = @job and i.tenant_id = app_tenant() and i.seq = n.seq`

const sqlProgress = `
	update bulk_job set done = done + @done, changed = changed + @changed, skipped = skipped + @skipped, kept = kept + @kept,
		state = case when @over::boolean then 'done' else 'running' end, ended_at = case when @over::boolean then @now::timestamptz end
	where id = @job and tenant_id = app_tenant()`

// note writes down how items ended; over says that there are no more.
func (s *Service) note(ctx context.Context, tx pg.Tx, job id.Bulk, items []item, done []asset.Done, over bool) (changed, skipped int, err error) {
	var seqs []int
	var states, codes, reasons, kept []string
	var steps []*string
	left := 0
	for i, d := range done {
		state, code, reason := "same", "", ""
		var undo *string
		switch {
		case d.Skipped != nil:
			state, code, reason = "skipped", d.Skipped.Code, d.Skipped.Text
			skipped++
		case d.Changed:
			b, err := json.Marshal(d.Steps)
			if err != nil {
				return 0, 0, err
			}
			text := string(b)
			state, undo = "changed", &text
			changed++
		}
		if len(d.Left) > 0 {
			left++
		}
		seqs, states, codes, reasons = append(seqs, items[i].Seq), append(states, state), append(codes, code), append(reasons, reason)
		steps, kept = append(steps, undo), append(kept, strings.Join(d.Left, ","))
	}
	args := pgx.StrictNamedArgs{"job": job}
	if len(seqs) > 0 {
		args["seqs"], args["states"], args["codes"], args["reasons"], args["steps"], args["kept"] = seqs, states, codes, reasons, steps, kept
		if _, err := tx.Exec(ctx, sqlNote, args); err != nil {
			return 0, 0, err
		}
	}
	_, err = tx.Exec(ctx, sqlProgress, pgx.StrictNamedArgs{
		"job": job, "done": len(items), "changed": changed, "skipped": skipped, "kept": left, "over": over, "now": s.now(),
	})
	if err == nil && over {
		err = s.OnEnded(ctx, tx, job)
	}
	return changed, skipped, err
}

const sqlStop = `
	update bulk_job set state = 'stopped', code = @code, reason = @reason, ended_at = @now
	where id = @job and tenant_id = @tenant and ended_at is null`

// stop ends a job before all is done.
func (s *Service) stop(ctx context.Context, tx pg.Tx, who access.Actor, job id.Bulk, code, reason string) error {
	if _, err := tx.Exec(ctx, sqlStop, pgx.StrictNamedArgs{"job": job, "tenant": who.Tenant, "code": code, "reason": reason, "now": s.now()}); err != nil {
		return err
	}
	if err := s.OnEnded(ctx, tx, job); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{At: s.now(), Who: who, Verb: "bulk.stop", Subject: job.String(), Detail: map[string]any{"code": code}})
}

// GiveUp stops a job that has failed again and again.
func (s *Service) GiveUp(ctx context.Context, who access.Actor, job id.Bulk) error {
	if who.Kind != access.House {
		return access.NotFound("bulk")
	}
	return pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		return s.stop(ctx, tx, who, job, "bulk.failed", "Something broke while this was being done, again and again. What was done until then is done and can be undone; the rest was left.")
	})
}
