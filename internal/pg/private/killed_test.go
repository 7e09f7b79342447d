// SPDX-License-Identifier: Apache-2.0

package private

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// insert adds rows 1, 2, … to a table, over new connections when one breaks,
// until ctx ends; it returns the highest row whose commit was acknowledged.
func insert(ctx context.Context, url string, acknowledged *atomic.Int64) {
	for ctx.Err() == nil {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			continue
		}
		for err == nil {
			next := acknowledged.Load() + 1
			// A row whose commit was not acknowledged may be there: on conflict.
			if _, err = conn.Exec(ctx, "insert into kept values ($1) on conflict do nothing", next); err == nil {
				acknowledged.Store(next)
			}
		}
		_ = conn.Close(context.WithoutCancel(ctx))
	}
}

func TestNoCommittedRowIsLostWhenPostgresIsKilled(t *testing.T) {
	t.Parallel()
	dir := directory(t)
	c := begin(t, Config{Dir: dir})
	exec1(t, connect(t, c.URL(Database)), "create table kept (id bigint primary key)")
	ctx, cancel := context.WithCancel(t.Context())
	var acknowledged atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		insert(ctx, c.URL(Database), &acknowledged)
	}()
	killed := 0
	for range 3 {
		// Backends go on for a moment after their postmaster: wait for the next one.
		eventually(t, "the restart", func() bool { return c.master() != 0 && c.master() != killed })
		from := acknowledged.Load()
		eventually(t, "inserting", func() bool { return acknowledged.Load() > from+50 })
		killed = c.master()
		kill(t, killed)
	}
	eventually(t, "the last restart", func() bool { return c.master() != 0 && c.master() != killed })
	from := acknowledged.Load()
	eventually(t, "inserting again", func() bool { return acknowledged.Load() > from+50 })
	cancel()
	<-done
	n := acknowledged.Load()
	got := ask1[int64](t, connect(t, c.URL(Database)), "select count(*) from kept where id <= $1", n)
	if got != n {
		t.Errorf("%d of %d acknowledged rows are there", got, n)
	}
}

func TestAPostmasterShutDownFromOutsideIsStartedAgain(t *testing.T) {
	t.Parallel()
	var log notes
	c := begin(t, Config{Dir: directory(t), Test: true, Log: log.logger()})
	if err := syscall.Kill(c.master(), syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the restart", func() bool {
		conn, err := pgx.Connect(t.Context(), c.URL(Database))
		if err != nil {
			return false
		}
		_ = conn.Close(t.Context())
		return strings.Contains(log.String(), "started again")
	})
}

func TestPostgresEndsWithAKilledServerAndTheNextOneFindsEveryRow(t *testing.T) {
	t.Parallel()
	dir := directory(t)
	for n, how := range []string{"server", "both", "both again, and an orphan that works on"} {
		p := serveApart(t, self(t), dir, nil)
		master := p.ready(t)
		c := &Cluster{place: &place{sockets: filepath.Join(dir, "run")}}
		conn := connect(t, c.URL(Database))
		exec1(t, conn, "create table if not exists kept (id bigint primary key)")
		exec1(t, conn, "insert into kept values ($1)", n)
		broken := make(chan struct{})
		if n == 2 { // a backend that computes notices its postmaster's death late
			go func() {
				defer close(broken)
				_, _ = conn.Exec(context.Background(), "select count(*) from generate_series(1, 1000000000)")
			}()
			eventually(t, "the long query", func() bool {
				other := connect(t, c.URL(Database))
				return ask1[int](t, other, "select count(*) from pg_stat_activity where state = 'active' and query like '%generate_series(1,%' and pid <> pg_backend_pid()") > 0
			})
		}
		kill(t, p.Process.Pid)
		_ = p.Wait() // the kernel gives the lock free at its end
		if n > 0 {
			_ = syscall.Kill(master, syscall.SIGKILL) // it may be gone already
		} else {
			eventually(t, "the end of Postgres", func() bool { return len(living(filepath.Join(dir, "data"))) == 0 })
		}

		again, err := Start(t.Context(), Config{Dir: dir})
		if err != nil {
			t.Fatalf("after %s: %v", how, err)
		}
		if got := ask1[int](t, connect(t, again.URL(Database)), "select count(*) from kept"); got != n+1 {
			t.Errorf("after %s: %d rows of %d", how, got, n+1)
		}
		if n == 2 {
			<-broken
		}
		halt(t, again)
	}
}

func TestAStaleProcessNumberDoesNotStopTheStart(t *testing.T) {
	t.Parallel()
	dir := directory(t)
	halt(t, begin(t, Config{Dir: dir, Test: true}))
	for _, pid := range []int{1, os.Getpid(), 1 << 22} {
		line := fmt.Sprintf("%d\n%s\n1\n5432\n", pid, filepath.Join(dir, "data"))
		if err := os.WriteFile(filepath.Join(dir, "data", "postmaster.pid"), []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(dir, "run"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "run", socket+".lock"), []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
		halt(t, begin(t, Config{Dir: dir, Test: true}))
	}
}

func TestAHalfMadeClusterIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := directory(t)
	growing := filepath.Join(dir, "data.new")
	p := serveApart(t, self(t), dir, nil)
	eventually(t, "the middle of initdb", func() bool {
		_, err := os.Stat(filepath.Join(growing, "global", "pg_control"))
		return err == nil
	})
	kill(t, p.Process.Pid)
	_ = p.Wait()
	c := begin(t, Config{Dir: dir})
	if got := ask1[int](t, connect(t, c.URL(Database)), "select 1"); got != 1 {
		t.Error("no database")
	}
	if there, err := exists(growing); err != nil || there {
		t.Errorf("%s is left (%v)", growing, err)
	}
}
