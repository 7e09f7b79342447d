// SPDX-License-Identifier: Apache-2.0

// Command start measures how long the program takes until /readyz says that it
// is ready, the first time (making its private Postgres) and later, and how
// much memory it and its Postgres hold when nobody asks anything.
//
//	go run ./deploy/bench/start [-binary bin/tillgang] [-n 5] [-out FILE.md]
package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	binary := flag.String("binary", "bin/tillgang", "the `program`, as make build makes it")
	rounds := flag.Int("n", 5, "how many starts of each kind")
	out := flag.String("out", "", "write the table to this `file` (default: standard output)")
	idle := flag.Duration("idle", 30*time.Second, "how long nobody asks before memory is read")
	flag.Parse()
	if err := run(context.Background(), *binary, *rounds, *idle, *out); err != nil {
		fmt.Fprintln(os.Stderr, "start bench:", err)
		os.Exit(1)
	}
}

// sample is what was seen of one process, or of several together.
type sample struct{ rss, pss, private int64 } // bytes

func run(ctx context.Context, binary string, rounds int, idle time.Duration, out string) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	var first, warm []time.Duration
	var server, postgres sample
	for i := range rounds {
		fmt.Fprintf(os.Stderr, "start bench: round %d of %d\n", i+1, rounds)
		dir, err := os.MkdirTemp("", "bench-start-")
		if err != nil {
			return err
		}
		if err := os.Chmod(dir, 0o755); err != nil {
			return err
		}
		for again := range 2 {
			wait := time.Duration(0)
			if i == rounds-1 && again == 1 {
				wait = idle
			}
			took, s, p, err := once(ctx, binary, dir, wait)
			if err != nil {
				return err
			}
			if again == 0 {
				first = append(first, took)
			} else {
				warm, server, postgres = append(warm, took), s, p
			}
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return report(out, rounds, idle, first, warm, server, postgres)
}

func report(out string, rounds int, idle time.Duration, first, warm []time.Duration, server, postgres sample) error {
	var b strings.Builder
	fmt.Fprintf(&b, "From the start of the process to the first 200 of `/readyz`, asked every 5 ms; private Postgres in an empty directory, then in the same one again; %d of each. Memory as the kernel counts it in `smaps_rollup`, %s after the last start with nobody asking; proportional (PSS) shares what processes have in common.\n\n", rounds, idle)
	b.WriteString("| start | median s | longest s |\n|---|--:|--:|\n")
	for _, row := range []struct {
		name  string
		times []time.Duration
	}{{"first, making the database", first}, {"later", warm}} {
		slices.Sort(row.times)
		fmt.Fprintf(&b, "| %s | %.2f | %.2f |\n", row.name, row.times[len(row.times)/2].Seconds(), row.times[len(row.times)-1].Seconds())
	}
	b.WriteString("\n| idle memory | RSS MiB | PSS MiB | private MiB |\n|---|--:|--:|--:|\n")
	mib := func(n int64) float64 { return float64(n) / (1 << 20) }
	fmt.Fprintf(&b, "| server | %.0f | %.0f | %.0f |\n", mib(server.rss), mib(server.pss), mib(server.private))
	fmt.Fprintf(&b, "| its Postgres, all processes | %.0f | %.0f | %.0f |\n", mib(postgres.rss), mib(postgres.pss), mib(postgres.private))
	if out == "" {
		_, err := os.Stdout.WriteString(b.String())
		return err
	}
	return os.WriteFile(out, []byte(b.String()), 0o644)
}

// once starts the program, waits until it is ready and then for idle, looks at
// its memory and stops it.
func once(ctx context.Context, binary, dir string, idle time.Duration) (took time.Duration, server, postgres sample, err error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, server, postgres, err
	}
	address := l.Addr().String()
	_ = l.Close()
	var said bytes.Buffer
	c := exec.CommandContext(ctx, binary, "serve")
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "TILLGANG_DATA=" + dir, "TILLGANG_LISTEN=" + address, "TILLGANG_METRICS_LISTEN=off", "TILLGANG_LOG_LEVEL=warn"}
	c.Stdout, c.Stderr = io.Discard, &said
	began := time.Now()
	if err := c.Start(); err != nil {
		return 0, server, postgres, err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	defer func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		select {
		case e := <-ended:
			ended <- e
		case <-time.After(time.Minute):
			_ = c.Process.Kill()
		}
	}()
	for ; ; time.Sleep(5 * time.Millisecond) {
		select {
		case e := <-ended:
			ended <- e
			return 0, server, postgres, fmt.Errorf("the server ended: %w: %s", e, said.String())
		default:
		}
		if ready(ctx, address) {
			break
		}
		if time.Since(began) > 2*time.Minute {
			return 0, server, postgres, fmt.Errorf("not ready after two minutes: %s", said.String())
		}
	}
	took = time.Since(began)
	time.Sleep(idle)
	pid := c.Process.Pid
	if server, err = memory(pid); err != nil {
		return took, server, postgres, err
	}
	for _, child := range descendants(pid) {
		one, err := memory(child)
		if err != nil {
			continue // it has ended since
		}
		postgres.rss, postgres.pss, postgres.private = postgres.rss+one.rss, postgres.pss+one.pss, postgres.private+one.private
	}
	return took, server, postgres, nil
}

func ready(ctx context.Context, address string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// memory reads proc_pid_smaps_rollup(5).
func memory(pid int) (s sample, err error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return s, err
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		w := strings.Fields(lines.Text())
		if len(w) < 2 {
			continue
		}
		n, _ := strconv.ParseInt(w[1], 10, 64)
		switch n *= 1024; w[0] {
		case "Rss:":
			s.rss = n
		case "Pss:":
			s.pss = n
		case "Private_Clean:", "Private_Dirty:":
			s.private += n
		}
	}
	return s, nil
}

// descendants finds the processes below one, which are its Postgres.
func descendants(pid int) (list []int) {
	all, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil
	}
	for _, path := range all {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for w := range strings.FieldsSeq(string(b)) {
			if child, err := strconv.Atoi(w); err == nil {
				list = append(append(list, child), descendants(child)...)
			}
		}
	}
	return list
}
