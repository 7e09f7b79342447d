// SPDX-License-Identifier: Apache-2.0

package private

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// As "server DIR" this test binary is a server that can be killed.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "server" {
		os.Exit(server(os.Args[2]))
	}
	os.Exit(m.Run())
}

// server starts a cluster, prints a line about it and serves until its input ends.
func server(dir string) int {
	ctx := context.Background()
	c, err := Start(ctx, Config{Dir: dir})
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println("ready", c.master())
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := c.Stop(ctx); err != nil {
		fmt.Println("error", err)
		return 1
	}
	return 0
}

// master returns the process id of the postmaster, 0 between two.
func (c *Cluster) master() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil {
		return 0
	}
	return c.cmd.Process.Pid
}

// process is a server in a process of its own.
type process struct {
	*exec.Cmd
	out   *bufio.Reader
	input io.Closer
}

// serveApart starts a server process; who is nil for our own user.
func serveApart(t *testing.T, program, dir string, who *syscall.Credential) *process {
	t.Helper()
	cmd := exec.Command(program, "server", dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return &process{Cmd: cmd, out: bufio.NewReader(out), input: in}
}

// says returns the next line of a server process, "" at its end.
func (p *process) says(t *testing.T) string {
	t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// ready waits for a server process and returns the process id of its postmaster.
func (p *process) ready(t *testing.T) int {
	t.Helper()
	line := p.says(t)
	pid, err := strconv.Atoi(strings.TrimPrefix(line, "ready "))
	if err != nil {
		t.Fatalf("server: %s", line)
	}
	return pid
}

func self(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// directory makes one that every user can pass through.
func directory(t *testing.T) string {
	t.Helper()
	top, err := os.MkdirTemp("", "tillgang-private-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := endAll(context.Background(), filepath.Join(top, "pg", "data")); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(top); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(top, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(top, "pg")
}

// begin starts a cluster and stops it when the test ends.
func begin(t *testing.T, cfg Config) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { halt(t, c) })
	return c
}

func halt(t *testing.T, c *Cluster) {
	t.Helper()
	if err := c.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	if left := living(c.data); len(left) > 0 {
		t.Errorf("processes %v are left after Stop", left)
	}
}

// connect opens a connection that ends with the test.
func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// ask1 runs a query for one value.
func ask1[T any](t *testing.T, conn *pgx.Conn, sql string, args ...any) T {
	t.Helper()
	var v T
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func exec1(t *testing.T, conn *pgx.Conn, sql string, args ...any) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// eventually fails the test if ok does not come true within a minute.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s has not happened within a minute", what)
		}
	}
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// notes is a log that a test reads.
type notes struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.Write(p)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.String()
}

func (n *notes) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(n, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
