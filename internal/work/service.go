// SPDX-License-Identifier: Apache-2.0

package work

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/page"
	"tillgang/internal/pg"
	"tillgang/internal/queue"
)

// Service is the room's set of verbs.
type Service struct {
	db  *pg.DB
	q   *queue.Queue
	now func() time.Time

	// Place tells where files rest and how that place is; without it nothing is known.
	Place func(ctx context.Context) Place
	// OnGivenUp tells whatever a job was about, in the same transaction, that it
	// will not be done.
	OnGivenUp func(ctx context.Context, tx pg.Tx, who access.Actor, kind string, args json.RawMessage) error
}

// New returns the room; its hook does nothing yet.
func New(db *pg.DB, q *queue.Queue, now func() time.Time) *Service {
	return &Service{db: db, q: q, now: now, Place: func(context.Context) Place { return Place{} }, OnGivenUp: func(context.Context, pg.Tx, access.Actor, string, json.RawMessage) error { return nil }}
}

// Filter narrows the list of jobs; zero members do not.
type Filter struct {
	State  queue.State
	Kind   string
	About  string // outer identifier of what they are about, such as an asset
	Cursor string
	Limit  int // 1–200; 0: 50
}

// List returns the tenant's jobs, the newest first. It takes access.Operate.
func (s *Service) List(ctx context.Context, who access.Actor, f Filter) (out page.Page[queue.Job], err error) {
	if err := who.Require(access.Operate); err != nil {
		return out, err
	}
	if f.State != "" && !f.State.Known() {
		return out, fault.Fields("work.state", "There is no such state of a job.", map[string]string{"state": "waiting, running, retrying, done or given_up"})
	}
	limit, list := page.Limit(f.Limit), "jobs "+string(f.State)+" "+f.Kind+" "+f.About
	q := queue.Filter{State: f.State, Kind: f.Kind, About: f.About, Limit: limit + 1}
	if _, err := page.Read(f.Cursor, list, &q.Before); err != nil {
		return out, err
	}
	var jobs []queue.Job
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		jobs, err = queue.List(ctx, tx, who.Tenant.String(), q)
		return err
	})
	return page.Cut(jobs, limit, list, func(j queue.Job) []any { return []any{j.ID} }), err
}

// Counts says how many jobs of which kinds there are, by state. It takes
// access.Operate.
func (s *Service) Counts(ctx context.Context, who access.Actor) (list []queue.Count, err error) {
	if err := who.Require(access.Operate); err != nil {
		return nil, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		list, err = queue.Counts(ctx, tx, who.Tenant.String())
		return err
	})
	return list, err
}

// Hasten lets a job that waits for its next attempt run now.
func (s *Service) Hasten(ctx context.Context, who access.Actor, job int64) error {
	return s.act(ctx, who, job, "work.hasten", func(tx pg.Tx, j queue.Job) error {
		if j.State != queue.Retrying {
			return fault.New(fault.Conflict, "work.not_retrying", "Only a job that waits for its next attempt can be hastened. What was given up is asked for anew where it belongs, such as at the asset.")
		}
		return s.q.Hasten(ctx, tx, job)
	})
}

// GiveUp ends a job that is not finished, and tells what it was about.
func (s *Service) GiveUp(ctx context.Context, who access.Actor, job int64) error {
	return s.act(ctx, who, job, "work.give_up", func(tx pg.Tx, j queue.Job) error {
		if j.State == queue.Done || j.State == queue.GivenUp {
			return fault.New(fault.Conflict, "work.ended", "This job has ended already.")
		}
		if err := s.OnGivenUp(ctx, tx, who, j.Kind, j.Args); err != nil {
			return err
		}
		return s.q.Cancel(ctx, tx, job)
	})
}

func (s *Service) act(ctx context.Context, who access.Actor, job int64, verb string, do func(pg.Tx, queue.Job) error) error {
	if err := who.Require(access.Operate); err != nil {
		return err
	}
	return pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		j, found, err := queue.Hold(ctx, tx, who.Tenant.String(), job)
		if err != nil {
			return err
		}
		if !found {
			return access.NotFound("job")
		}
		if err := do(tx, j); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.now(), Who: who, Verb: verb, Subject: "job_" + strconv.FormatInt(job, 10), Detail: map[string]any{"kind": j.Kind}})
	})
}
