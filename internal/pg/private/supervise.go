// SPDX-License-Identifier: Apache-2.0

package private

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// launch starts Postgres on a cluster that exists, and returns when it takes
// connections. The caller ends it.
func launch(ctx context.Context, p *place, bin programs, data string, cfg Config) (*Cluster, error) {
	c := &Cluster{
		place: p, bin: bin, test: cfg.Test, log: cfg.Log,
		stopping: make(chan struct{}), done: make(chan struct{}), ready: make(chan struct{}),
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if err := p.configure(data, bin.major, cfg.Test); err != nil {
		return nil, err
	}
	go c.supervise(data)
	if err := c.await(ctx); err != nil {
		return nil, errors.Join(err, c.end(context.WithoutCancel(ctx)))
	}
	close(c.ready)
	return c, nil
}

// supervise keeps Postgres running until Stop.
//
// It never leaves its operating system thread: the kernel ties the signal that
// Postgres gets at our death to the thread that started it, not to the process.
func (c *Cluster) supervise(data string) {
	runtime.LockOSThread()
	defer close(c.done)
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 10*time.Second) {
		began := time.Now()
		err := c.serve(data)
		select {
		case <-c.stopping:
			return
		default:
		}
		select {
		case <-c.ready:
		default:
			c.failed = fmt.Errorf("postgres did not start: %w: %s", err, c.lastWords())
			return
		}
		c.log.Error("postgres ended unexpectedly and is started again", slog.Any("error", err))
		if time.Since(began) > time.Minute {
			pause = 50 * time.Millisecond
		}
		select {
		case <-c.stopping:
			return
		case <-time.After(pause):
		}
	}
}

// serve runs one postmaster to its end.
func (c *Cluster) serve(data string) error {
	// Not bound to Stop: it waits for processes that have been told to end.
	if err := c.clear(context.Background(), data); err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	go c.listen(r)
	path, door, err := c.enter(data)
	if err != nil {
		return err
	}
	cmd := c.command(c.bin.path("postgres"), "-D", path)
	if door != nil {
		defer func() { _ = door.Close() }()
		cmd.ExtraFiles = []*os.File{door}
	}
	cmd.Stdout, cmd.Stderr = w, w
	cmd.SysProcAttr.Pdeathsig = syscall.SIGINT // fast shutdown
	c.mu.Lock()
	select {
	case <-c.stopping: // Stop found no postmaster to signal; there must not be one after it
		err = errors.New("stopped")
	default:
		if err = cmd.Start(); err == nil {
			c.cmd = cmd
		}
	}
	c.mu.Unlock()
	_ = w.Close() // the children hold it
	if err != nil {
		return err
	}
	err = cmd.Wait()
	c.mu.Lock()
	c.cmd = nil
	c.mu.Unlock()
	if err == nil {
		err = errors.New("it was shut down from outside")
	}
	return err
}

// listen puts what Postgres says into our log, until all its processes have ended.
func (c *Cluster) listen(r io.ReadCloser) {
	defer func() { _ = r.Close() }()
	in := bufio.NewReaderSize(r, 4096)
	for {
		line, more, err := in.ReadLine()
		if err != nil {
			return
		}
		text := string(line)
		for more && err == nil { // the rest of an overlong line is dropped
			_, more, err = in.ReadLine()
		}
		c.mu.Lock()
		c.said = append(c.said[max(0, len(c.said)-19):], text)
		c.mu.Unlock()
		c.log.Log(context.Background(), c.level(text), "postgres said", slog.String("line", text))
	}
}

// level weighs a line of Postgres. What it says of itself while starting and
// stopping is of no interest, nor that it refuses us until it is ready.
func (c *Cluster) level(line string) slog.Level {
	severity, _, _ := strings.Cut(line, ":")
	select {
	case <-c.ready:
	default:
		return slog.LevelDebug
	}
	select {
	case <-c.stopping:
		return slog.LevelDebug
	default:
	}
	switch severity {
	case "PANIC":
		return slog.LevelError
	case "FATAL", "ERROR", "WARNING":
		return slog.LevelWarn
	case "LOG":
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

// await returns when Postgres takes connections, or has ended, or refuses us.
func (c *Cluster) await(ctx context.Context) error {
	began, told := time.Now(), false
	for {
		conn, err := pgx.Connect(ctx, c.url(Superuser, "postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		// 57P03 cannot_connect_now: it starts, or recovers. Other answers are final.
		if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code != "57P03" {
			return fmt.Errorf("postgres refuses its own server: %w", err)
		}
		if !told && time.Since(began) > 10*time.Second {
			c.log.InfoContext(ctx, "postgres takes long to start; it may be recovering after a crash")
			told = true
		}
		select {
		case <-c.done:
			return c.failed
		case <-ctx.Done():
			return fmt.Errorf("postgres did not become ready: %w: %s", ctx.Err(), c.lastWords())
		case <-time.After(10 * time.Millisecond):
		}
	}
}
