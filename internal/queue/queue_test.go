// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/rivertype"

	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
)

// TestMain lets the test binary be a node of its own, to be killed.
func TestMain(m *testing.M) {
	if url := os.Getenv("QUEUE_TEST_NODE"); url != "" {
		node(url)
	}
	os.Exit(m.Run())
}

type stepArgs struct {
	Name string `json:"name"`
}

func (stepArgs) Kind() string { return "test.step" }

// node works jobs that never end, says so, and waits to be killed.
func node(url string) {
	ctx := context.Background()
	db, err := pg.Open(ctx, url, nil)
	if err != nil {
		panic(err)
	}
	cfg := quick
	cfg.Again = os.Getenv("QUEUE_TEST_AGAIN")
	q := New(db.Pool(), slog.New(slog.DiscardHandler), cfg)
	Add(q, Rule{On: CPU, Timeout: time.Hour}, func(_ context.Context, a stepArgs) error {
		fmt.Println("working", a.Name)
		select {}
	}, nil)
	if err := q.Start(ctx); err != nil {
		panic(err)
	}
	select {}
}

// quick makes signs of life frequent, so that tests need not wait long.
var quick = Config{Beat: 100 * time.Millisecond, Dead: time.Second, SoftStop: 100 * time.Millisecond, CPU: 2, IO: 1}

func start(t *testing.T, q *Queue) {
	t.Helper()
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func enqueue(t *testing.T, db *pg.DB, q *Queue, args ...Args) {
	t.Helper()
	if err := pgx.BeginFunc(t.Context(), db.Pool(), func(tx pgx.Tx) error { return q.Enqueue(t.Context(), tx, args...) }); err != nil {
		t.Fatal(err)
	}
}

func wait[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(time.Minute):
		t.Fatal("nothing happened for a minute")
		panic("unreachable")
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestAJobOfAKilledProcessIsTakenOver(t *testing.T) {
	t.Parallel()
	db, owner := pgtest.Both(t)
	insert := New(db.Pool(), quiet(), Config{InsertOnly: true})
	Add(insert, Rule{On: CPU}, func(context.Context, stepArgs) error { return nil }, nil)
	start(t, insert)
	enqueue(t, db, insert, stepArgs{"long"})

	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), "QUEUE_TEST_NODE="+owner)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "working long" {
		t.Fatalf("the first node did not begin: %q", lines.Text())
	}

	q := New(db.Pool(), quiet(), quick)
	did := make(chan string, 9)
	Add(q, Rule{On: CPU}, func(_ context.Context, a stepArgs) error { did <- a.Name; return nil }, nil)
	start(t, q)
	// While the first node lives, its job stays its own, however long it takes.
	deadline := time.Now().Add(2 * quick.Dead)
	for time.Now().Before(deadline) {
		select {
		case <-did:
			t.Fatal("a living node's job was taken away")
		case <-time.After(quick.Beat):
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	if got := wait(t, did); got != "long" {
		t.Errorf("took over %q", got)
	}
}

// Nobody waits for the silence of a process that was started again.
func TestAProcessThatIsStartedAgainTakesUpItsJobsAtOnce(t *testing.T) {
	t.Parallel()
	db, owner := pgtest.Both(t)
	insert := New(db.Pool(), quiet(), Config{InsertOnly: true})
	Add(insert, Rule{On: CPU}, func(context.Context, stepArgs) error { return nil }, nil)
	start(t, insert)
	enqueue(t, db, insert, stepArgs{"long"})
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), "QUEUE_TEST_NODE="+owner, "QUEUE_TEST_AGAIN=node-1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if lines := bufio.NewScanner(out); !lines.Scan() || lines.Text() != "working long" {
		t.Fatalf("the first node did not begin: %q", lines.Text())
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	for _, again := range []string{"node-2", "node-1"} {
		t.Run(again, func(t *testing.T) {
			q := New(db.Pool(), quiet(), Config{Beat: time.Hour, Dead: 2 * time.Hour, CPU: 1, Again: again})
			did := make(chan string, 9)
			Add(q, Rule{On: CPU}, func(_ context.Context, a stepArgs) error { did <- a.Name; return nil }, nil)
			Add(q, Rule{On: IO}, func(context.Context, otherArgs) error { did <- "other"; return nil }, nil)
			start(t, q)
			enqueue(t, db, q, otherArgs{})
			want := map[string]bool{"other": true}
			if again == "node-1" {
				want["long"] = true
			}
			for len(want) > 0 {
				got := wait(t, did)
				if !want[got] {
					t.Fatalf("it works %s", got)
				}
				delete(want, got)
			}
		})
	}
}

type otherArgs struct{}

func (otherArgs) Kind() string { return "test.other" }

func TestAJobOfARolledBackTransactionNeverRuns(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	q := New(db.Pool(), quiet(), quick)
	did := make(chan string, 9)
	Add(q, Rule{On: CPU}, func(_ context.Context, a stepArgs) error { did <- a.Name; return nil }, nil)
	start(t, q)
	undone := errors.New("the cause did not happen")
	err := pgx.BeginFunc(t.Context(), db.Pool(), func(tx pgx.Tx) error {
		if err := q.Enqueue(t.Context(), tx, stepArgs{"never"}); err != nil {
			return err
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	enqueue(t, db, q, stepArgs{"done"})
	if got := wait(t, did); got != "done" {
		t.Errorf("ran %q", got)
	}
	depths, err := q.Depths(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := int64(0)
	for _, d := range depths {
		n += d.Jobs
	}
	if n != 1 {
		t.Errorf("%d jobs are in the queue, want the one of the transaction that held: %v", n, depths)
	}
}

func TestAJobThatKeepsFailingGetsItsLastWord(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	q := New(db.Pool(), quiet(), quick)
	said := make(chan string, 9)
	runs := 0
	Add(q, Rule{On: CPU, Attempts: 2}, func(context.Context, stepArgs) error {
		runs++
		return fmt.Errorf("failure %d", runs)
	}, func(_ context.Context, a stepArgs, err error) error {
		said <- a.Name + ": " + err.Error()
		return nil
	})
	start(t, q)
	enqueue(t, db, q, stepArgs{"a"})
	if got := wait(t, said); got != "a: failure 2" {
		t.Errorf("the last word was about %q", got)
	}
}

func TestAHopelessJobIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	q := New(db.Pool(), quiet(), quick)
	said := make(chan string, 9)
	Add(q, Rule{On: CPU}, func(context.Context, stepArgs) error { return Hopeless(errors.New("no use")) },
		func(_ context.Context, _ stepArgs, err error) error { said <- err.Error(); return nil })
	start(t, q)
	enqueue(t, db, q, stepArgs{"a"})
	if got := wait(t, said); got != "no use" {
		t.Errorf("the last word was about %q", got)
	}
}

func TestALastWordThatFailsIsSaidAgain(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	q := New(db.Pool(), quiet(), quick)
	said := make(chan string, 9)
	tries := 0
	Add(q, Rule{On: CPU, Attempts: 1}, func(context.Context, stepArgs) error { return errors.New("broken") },
		func(_ context.Context, _ stepArgs, err error) error {
			if tries++; tries == 1 {
				return errors.New("the database is away")
			}
			said <- err.Error()
			return nil
		})
	start(t, q)
	enqueue(t, db, q, stepArgs{"a"})
	if got := wait(t, said); !strings.Contains(got, "broken") {
		t.Errorf("the last word forgot why: %q", got)
	}
}

func TestAnEqualJobIsEnqueuedOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	q := New(db.Pool(), quiet(), Config{InsertOnly: true})
	Add(q, Rule{On: CPU, Once: true}, func(context.Context, stepArgs) error { return nil }, nil)
	start(t, q)
	enqueue(t, db, q, stepArgs{"a"}, stepArgs{"b"})
	enqueue(t, db, q, stepArgs{"a"})
	got, err := q.Depths(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]Depth{{"test.step", "available", 2}}, got); d != "" {
		t.Error(d)
	}
}

func TestStopInterruptsAJobWithoutCountingTheAttempt(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	q := New(db.Pool(), quiet(), quick)
	began := make(chan struct{})
	Add(q, Rule{On: CPU, Attempts: 1}, func(ctx context.Context, _ stepArgs) error {
		close(began)
		<-ctx.Done()
		return errors.New("was disturbed") // not all tools hand the context's error on
	}, func(context.Context, stepArgs, error) error {
		t.Error("an interrupted job got its last word")
		return nil
	})
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	enqueue(t, db, q, stepArgs{"a"})
	wait(t, began)
	if err := q.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	var state string
	var attempt, nodes int
	if err := db.Pool().QueryRow(t.Context(), "select state, attempt, (select count(*) from node) from river_job").Scan(&state, &attempt, &nodes); err != nil {
		t.Fatal(err)
	}
	if state != "available" || attempt != 0 || nodes != 0 {
		t.Errorf("state %s, attempt %d, %d nodes left; want available, 0, 0", state, attempt, nodes)
	}
}

func TestAPeriodicJobRunsSoonAfterAStart(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	q := New(db.Pool(), quiet(), quick)
	did := make(chan string, 9)
	Add(q, Rule{On: CPU, Once: true}, func(_ context.Context, a stepArgs) error { did <- a.Name; return nil }, nil)
	q.Every(time.Hour, stepArgs{"sweep"})
	start(t, q)
	if got := wait(t, did); got != "sweep" {
		t.Errorf("ran %q", got)
	}
}

func TestAnUnknownKindIsRefused(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	q := New(db.Pool(), quiet(), Config{InsertOnly: true})
	start(t, q)
	err := pgx.BeginFunc(t.Context(), db.Pool(), func(tx pgx.Tx) error { return q.Enqueue(t.Context(), tx, stepArgs{"a"}) })
	if err == nil {
		t.Error("a job that nobody can work was enqueued")
	}
}

func TestPausesGrowToTenMinutes(t *testing.T) {
	t.Parallel()
	for attempt, want := range map[int]time.Duration{1: 2 * time.Second, 2: 6 * time.Second, 5: 162 * time.Second, 7: 10 * time.Minute, 900: 10 * time.Minute} {
		if got := pause(attempt, 0.5); got != want {
			t.Errorf("the pause after attempt %d is %v, want %v", attempt, got, want)
		}
	}
}

func TestOnlyDeathsAreCountedAsDeaths(t *testing.T) {
	t.Parallel()
	job := &rivertype.JobRow{Errors: []rivertype.AttemptError{{Error: diedText + "; another takes over"}, {Error: "storage away"}, {Error: diedText}}}
	if got := deaths(job); got != 2 {
		t.Errorf("%d deaths, want 2", got)
	}
}

func TestAJobInHandOnlyInTheDatabaseIsMissedAfterAWhile(t *testing.T) {
	t.Parallel()
	q := New(nil, quiet(), Config{Dead: time.Second})
	clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	q.now = func() time.Time { return clock }
	q.take(2)
	missed := map[int64]time.Time{}
	if got := q.missing([]int64{1, 2}, missed); len(got) > 0 {
		t.Errorf("missed at first sight: %v", got)
	}
	clock = clock.Add(time.Minute)
	if d := cmp.Diff([]int64{1}, q.missing([]int64{1, 2}, missed)); d != "" {
		t.Error(d)
	}
	if got := q.missing([]int64{2}, missed); len(got) > 0 {
		t.Errorf("missed though in hand: %v", got)
	}
}
