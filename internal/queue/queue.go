// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// Resource is what a kind of job mainly uses up. Each has a queue of its own,
// so that slow work of one sort does not hold up another.
type Resource string

// The resources.
const (
	CPU  Resource = "cpu"  // pictures, films, metadata
	IO   Resource = "io"   // storage, database
	Mail Resource = "mail" // what leaves the house one by one
)

// MaxDeaths is how many processes one job may take down before it is given up.
const MaxDeaths = 5

// Config says how this process takes part. The zero value works jobs with
// sensible numbers.
type Config struct {
	Name       string        // of the machine or process, for operators; a part that is unique is added
	Again      string        // that part, if no living process has it and a dead one may have had it; empty: a random one
	InsertOnly bool          // enqueue, but work nothing
	CPU        int           // jobs at once; 0: one per core
	IO         int           // jobs at once; 0: 4
	Mail       int           // jobs at once; 0: 1
	Beat       time.Duration // between signs of life; 0: 5 s
	Dead       time.Duration // silence after which a node counts as dead; 0: 30 s
	SoftStop   time.Duration // what running jobs get to end when stopping; 0: 10 s
}

func (c Config) withDefaults() Config {
	if c.CPU <= 0 {
		c.CPU = runtime.GOMAXPROCS(0)
	}
	if c.IO <= 0 {
		c.IO = 4
	}
	if c.Mail <= 0 {
		c.Mail = 1
	}
	if c.Beat <= 0 {
		c.Beat = 5 * time.Second
	}
	if c.Dead <= 0 {
		c.Dead = 30 * time.Second
	}
	if c.SoftStop <= 0 {
		c.SoftStop = 10 * time.Second
	}
	return c
}

// Args are what a job is about. Kind is "room.verb"; the type must be a struct
// that JSON carries.
type Args interface{ Kind() string }

// Queue enqueues jobs and works them. Make it with New, tell it every kind
// with Add and Every, then Start it, also in a process that only enqueues.
type Queue struct {
	pool *pgxpool.Pool
	log  *slog.Logger
	cfg  Config
	id   string // of this node

	kinds    map[string]Rule
	workers  *river.Workers
	periodic []*river.PeriodicJob
	client   *river.Client[pgx.Tx] // nil until Start

	now      func() time.Time
	mu       sync.Mutex
	running  map[int64]struct{} // jobs in hand
	stopBeat context.CancelFunc
	beating  sync.WaitGroup
}

// New returns a queue over the database that pool reaches, which must have
// River's tables.
func New(pool *pgxpool.Pool, log *slog.Logger, cfg Config) *Queue {
	name, unique := cfg.Name, cfg.Again
	if len(name) > 60 {
		name = name[:60]
	}
	if unique == "" {
		unique = strings.ToLower(rand.Text()[:12])
	}
	return &Queue{
		pool: pool, log: log, cfg: cfg.withDefaults(), id: strings.TrimPrefix(name+"-", "-") + unique,
		kinds: map[string]Rule{}, workers: river.NewWorkers(), running: map[int64]struct{}{},
		now: time.Now, //nolint:forbidigo // measures pauses within this process; what is kept has the database's time
	}
}

// Node returns the name under which this process works.
func (q *Queue) Node() string { return q.id }

// Rule says how jobs of a kind are run.
type Rule struct {
	On       Resource
	Attempts int           // runs in all before the last word; 0: 8
	Timeout  time.Duration // for one run, after which its context ends; 0: 1 minute
	Once     bool          // an equal job that is not finished makes enqueuing another one do nothing
}

// attemptsMore is what River is told beyond a rule's attempts, so that a last
// word that fails itself is tried again for about a week.
const attemptsMore = 1000

// Add tells the queue how jobs of kind A run. work does the job. last, which
// may be nil, is called instead of another run when all attempts are used up
// or the job is Hopeless: it gets the job's last error and records that the
// work will not be done. Add panics if the kind is known already.
func Add[A Args](q *Queue, r Rule, work func(ctx context.Context, args A) error, last func(ctx context.Context, args A, err error) error) {
	if r.Attempts <= 0 {
		r.Attempts = 8
	}
	if r.Timeout <= 0 {
		r.Timeout = time.Minute
	}
	var zero A
	q.kinds[zero.Kind()] = r
	river.AddWorker(q.workers, &worker[A]{q: q, rule: r, work: work, last: last})
}

// Every enqueues args again and again, once per period for all nodes together,
// and once soon after a start. Its kind must have been added.
func (q *Queue) Every(period time.Duration, args Args) {
	q.periodic = append(q.periodic, river.NewPeriodicJob(river.PeriodicInterval(period),
		func() (river.JobArgs, *river.InsertOpts) { o := q.options(args.Kind()); return args, &o },
		&river.PeriodicJobOpts{RunOnStart: true}))
}

func (q *Queue) options(kind string) river.InsertOpts {
	r := q.kinds[kind]
	o := river.InsertOpts{Queue: string(r.On), MaxAttempts: r.Attempts + attemptsMore}
	if r.Once {
		o.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
			rivertype.JobStateRunning, rivertype.JobStateScheduled,
		}}
	}
	return o
}

// Start begins to work jobs and to give signs of life, unless the queue is
// InsertOnly. The database must be reachable. Call Stop at the end; the end of
// ctx alone stops nothing.
func (q *Queue) Start(ctx context.Context) error {
	if q.client != nil {
		return errors.New("queue: started already")
	}
	ctx = context.WithoutCancel(ctx)
	cfg := &river.Config{
		ID: q.id, Logger: slog.New(quieter{q.log.Handler()}), Workers: q.workers, RetryPolicy: patience{q.now}, SoftStopTimeout: q.cfg.SoftStop,
		// The next job is fetched when one ends; River alone would leave a worker idle for a tenth of a second.
		FetchCooldown: 10 * time.Millisecond,
		// Rebuilding indexes needs their owner, whom the program does not work as.
		ReindexerIndexNames: []string{},
		// River alone would let a dead node's job wait for this long; see nodes.
		RescueStuckJobsAfter:        24 * time.Hour,
		CancelledJobRetentionPeriod: 7 * 24 * time.Hour,
	}
	if !q.cfg.InsertOnly {
		cfg.PeriodicJobs = q.periodic
		cfg.Queues = map[string]river.QueueConfig{
			string(CPU): {MaxWorkers: q.cfg.CPU}, string(IO): {MaxWorkers: q.cfg.IO}, string(Mail): {MaxWorkers: q.cfg.Mail},
		}
	}
	client, err := river.NewClient(riverpgxv5.New(q.pool), cfg)
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	q.client = client
	if q.cfg.Again != "" {
		if err := q.recover(ctx); err != nil {
			return fmt.Errorf("queue: %w", err)
		}
	}
	if q.cfg.InsertOnly {
		return nil
	}
	// The sign of life comes first: a job in hand of an unknown node is free to take.
	if err := q.beat(ctx); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	beatCtx, cancel := context.WithCancel(ctx)
	q.stopBeat = cancel
	q.beating.Go(func() { q.keepBeating(beatCtx) })
	return nil
}

// Stop fetches no more jobs, waits for those in hand and interrupts them after
// Config.SoftStop. When ctx ends first it returns ctx's error, and other nodes
// take over what is still in hand. A queue that was not started is no error.
func (q *Queue) Stop(ctx context.Context) error {
	if q.stopBeat == nil {
		return nil
	}
	err := q.client.Stop(ctx)
	q.stopBeat()
	q.beating.Wait()
	if err == nil {
		err = q.leave(ctx)
	}
	return err
}

// Enqueue inserts jobs in the transaction of their cause; they start when it
// has committed. Every kind must have been added.
func (q *Queue) Enqueue(ctx context.Context, tx pgx.Tx, args ...Args) error {
	if q.client == nil {
		return errors.New("queue: not started")
	}
	lanes, err := q.lanes(ctx, tx, args)
	if err != nil {
		return err
	}
	params := make([]river.InsertManyParams, len(args))
	for i, a := range args {
		if _, ok := q.kinds[a.Kind()]; !ok {
			return fmt.Errorf("queue: no kind of job is called %q", a.Kind())
		}
		o := q.options(a.Kind())
		o.Priority = lanes[i]
		params[i] = river.InsertManyParams{Args: a, InsertOpts: &o}
	}
	if len(params) == 0 {
		return nil
	}
	if _, err := q.client.InsertManyTx(ctx, tx, params); err != nil {
		return fmt.Errorf("enqueue: %w", err)
	}
	return nil
}
