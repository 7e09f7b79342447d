// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Files that the parent opened for the first stage (exec.Cmd.ExtraFiles).
const (
	tellFile = 3 // where it complains
	toolFile = 4 // the tool, when order.ByFile
)

// Main is the first stage inside a sandbox. args are the arguments after
// Command. It puts the walls up around its own process and becomes the tool;
// it returns, with an exit code, only when it cannot, or was asked for a report.
func Main(args []string) int {
	runtime.LockOSThread() // limits of a thread survive only in the thread that calls exec
	err := stage(args)
	if err == nil {
		return 0
	}
	if _, werr := unix.Write(tellFile, []byte(err.Error())); werr != nil {
		fmt.Fprintln(os.Stderr, "tillgang "+Command+" is started by the server itself:", err)
	}
	return 125
}

func stage(args []string) error {
	var o order
	if len(args) != 1 {
		return errors.New("wants one argument")
	}
	if err := json.Unmarshal([]byte(args[0]), &o); err != nil {
		return err
	}
	unix.Umask(0o077)
	// Files inherited by accident must not get into the tool.
	if err := unix.CloseRange(tellFile, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		if err := closeOnExec(); err != nil {
			return fmt.Errorf("close inherited files: %w", err)
		}
	}
	tasks := uint64(0)
	if !o.OwnPIDs {
		tasks = tasksOf(os.Getuid()) // the limit below counts them all
	}
	r := report{UID: os.Getuid()}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	if err := fence(o, &r); err != nil {
		return err
	}
	for _, l := range []struct {
		what string
		kind int
		max  uint64
	}{
		{"core", unix.RLIMIT_CORE, 0},
		{"cpu", unix.RLIMIT_CPU, o.CPU + 1},
		{"file size", unix.RLIMIT_FSIZE, o.FileSize},
		{"processes", unix.RLIMIT_NPROC, o.Processes + tasks},
		{"open files", unix.RLIMIT_NOFILE, o.OpenFiles},
	} {
		if err := limit(l.kind, l.max); err != nil {
			return fmt.Errorf("limit %s: %w", l.what, err)
		}
	}
	if err := filter(!o.OwnPIDs); err != nil {
		r.NotSeccomp = err.Error()
	} else {
		r.Seccomp = true
	}
	if o.Path == "" {
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	// Last, since Go itself reserves address space generously.
	if err := limit(unix.RLIMIT_AS, o.Memory); err != nil {
		return fmt.Errorf("limit memory: %w", err)
	}
	path := o.Path
	if o.ByFile {
		path = "/proc/self/fd/" + strconv.Itoa(toolFile)
	}
	return fmt.Errorf("become the tool: %w", unix.Exec(path, o.Argv, o.Env))
}

// limit lowers a resource limit; one that is lower already stays.
func limit(kind int, most uint64) error {
	var now unix.Rlimit
	if err := unix.Getrlimit(kind, &now); err != nil {
		return err
	}
	most = min(most, now.Max)
	soft := most
	if kind == unix.RLIMIT_CPU && most > 1 {
		soft-- // SIGXCPU first, which names the reason; the first process of a namespace survives it until the hard limit
	}
	return unix.Setrlimit(kind, &unix.Rlimit{Cur: soft, Max: most})
}

// closeOnExec does what close_range does on kernels before 5.11.
func closeOnExec() error {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	for _, e := range open {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd >= tellFile {
			unix.CloseOnExec(fd)
		}
	}
	return nil
}

// tasksOf counts the processes and threads of a user, as RLIMIT_NPROC does
// where the task has no user namespace of its own.
func tasksOf(uid int) (n uint64) {
	procs, _ := filepath.Glob("/proc/[0-9]*/status")
	for _, p := range procs {
		b, err := os.ReadFile(p) // of /proc
		if err != nil || !strings.Contains(string(b), fmt.Sprintf("\nUid:\t%d\t", uid)) {
			continue
		}
		_, rest, _ := strings.Cut(string(b), "\nThreads:\t")
		line, _, _ := strings.Cut(rest, "\n")
		threads, _ := strconv.ParseUint(line, 10, 64)
		n += threads
	}
	return n
}
