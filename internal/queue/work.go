// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

type hopeless struct{ err error }

func (h hopeless) Error() string { return h.err.Error() }
func (h hopeless) Unwrap() error { return h.err }

// Hopeless marks an error that another attempt cannot mend: the job's last
// word is called at once.
func Hopeless(err error) error { return hopeless{err} }

type worker[A Args] struct {
	river.WorkerDefaults[A]
	q    *Queue
	rule Rule
	work func(context.Context, A) error
	last func(context.Context, A, error) error
}

func (w *worker[A]) Timeout(*river.Job[A]) time.Duration { return w.rule.Timeout }

// Work runs the job, or gives it its last word.
func (w *worker[A]) Work(ctx context.Context, job *river.Job[A]) error {
	w.q.take(job.ID)
	defer w.q.done(job.ID)
	if job.Attempt > w.rule.Attempts || deaths(job.JobRow) >= MaxDeaths {
		return w.giveUp(ctx, job, poison(job.JobRow, lastError(job.JobRow)))
	}
	err := w.work(ctx, job.Args)
	if err == nil {
		return nil
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return errors.Join(context.Canceled, err) // interrupted by Stop: River takes the attempt back
	}
	explain(ctx, err)
	if errors.As(err, new(hopeless)) || job.Attempt == w.rule.Attempts {
		return w.giveUp(ctx, job, err)
	}
	return err
}

// giveUp calls the last word and takes the job out of the queue. The context
// of a run that timed out is of no use any more.
func (w *worker[A]) giveUp(ctx context.Context, job *river.Job[A], err error) error {
	if w.last != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		if lastErr := w.last(ctx, job.Args, err); lastErr != nil {
			return fmt.Errorf("last word: %w", errors.Join(lastErr, err))
		}
	}
	return river.JobCancel(err)
}

// lastError is what the latest attempt that failed said.
func lastError(job *rivertype.JobRow) error {
	if n := len(job.Errors); n > 0 {
		return errors.New(job.Errors[n-1].Error)
	}
	return errors.New("all attempts are used up")
}

// deaths counts the attempts that ended with their process.
func deaths(job *rivertype.JobRow) int {
	n := 0
	for _, e := range job.Errors {
		if strings.HasPrefix(e.Error, diedText) {
			n++
		}
	}
	return n
}

func (q *Queue) take(job int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running[job] = struct{}{}
}

func (q *Queue) done(job int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.running, job)
}

// patience is the pause before the next attempt: 2 s, 6 s, 18 s … 10 minutes,
// give or take a tenth.
type patience struct{ now func() time.Time }

func (p patience) NextRetry(job *rivertype.JobRow) time.Time {
	return p.now().Add(pause(job.Attempt, rand.Float64())) //nolint:gosec // G404: spreads load, guards nothing
}

const longestPause = 10 * time.Minute

func pause(attempt int, random float64) time.Duration {
	d := 2 * time.Second
	for range attempt - 1 {
		if d *= 3; d > longestPause {
			d = longestPause
			break
		}
	}
	return time.Duration(float64(d) * (0.9 + 0.2*random))
}
