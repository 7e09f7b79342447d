// SPDX-License-Identifier: Apache-2.0

package private

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clear ends what still runs in a cluster and removes the files that claim
// something does. It is safe because we hold the directory's lock: whatever
// runs there belonged to a server that is dead.
func (p *place) clear(ctx context.Context, data string) error {
	if err := endAll(ctx, data); err != nil {
		return err
	}
	// The lock files name a process that may be a zombie for a while, or a
	// number that by now belongs to somebody else: Postgres would refuse.
	for _, f := range []string{
		filepath.Join(data, "postmaster.pid"),
		filepath.Join(p.sockets, socket+".lock"),
		filepath.Join(p.sockets, socket),
	} {
		if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove what a killed Postgres left: %w", err)
		}
	}
	return nil
}

// endAll ends the Postgres processes that live in a cluster and waits until
// they are gone. A postmaster is asked to shut down, in good order for 20 s;
// processes without one end by themselves, or are told after a second.
func endAll(ctx context.Context, data string) error {
	const fast, immediate, final = 0 * time.Second, 20 * time.Second, 30 * time.Second
	start := time.Now()
	var sent syscall.Signal
	for {
		pids := living(data)
		if len(pids) == 0 {
			return nil
		}
		elapsed, master := time.Since(start), postmaster(data, pids)
		sig, to := syscall.SIGINT, []int{master}
		switch {
		case elapsed > final:
			sig, to = syscall.SIGKILL, pids
		case master == 0 && elapsed > time.Second:
			sig, to = syscall.SIGQUIT, pids
		case master == 0:
			sig = 0
		case elapsed > immediate:
			sig = syscall.SIGQUIT
		}
		if sig != sent {
			for _, pid := range to {
				_ = syscall.Kill(pid, sig) // gone is as good
			}
			sent = sig
		}
		if elapsed > final+10*time.Second {
			return fmt.Errorf("processes %v of an earlier Postgres in %s do not end", pids, data)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// living returns the Postgres processes that live in a cluster: they have made
// its directory their own.
func living(data string) []int {
	data, err := filepath.EvalSymlinks(data)
	if err != nil {
		return nil
	}
	all, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well formed
	var pids []int
	for _, proc := range all {
		exe, err := os.Readlink(filepath.Join(proc, "exe"))
		if err != nil || !strings.HasPrefix(filepath.Base(exe), "postgres") { // "postgres (deleted)" after a package upgrade
			continue
		}
		if cwd, err := os.Readlink(filepath.Join(proc, "cwd")); err != nil || cwd != data {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(proc)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// postmaster returns which of the processes is the postmaster, 0 if none is.
func postmaster(data string, pids []int) int {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(line))
	if slices.Contains(pids, pid) {
		return pid
	}
	return 0
}
