// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/landlock-lsm/go-landlock/landlock"
	llsys "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// Files that the parent opened for the first stage (exec.Cmd.ExtraFiles).
const (
	tellFile = 3 // where it complains
	toolFile = 4 // the tool, when order.ByFile
)

// system is what every task may read: libraries, fonts and tables, no
// configuration that could hold secrets. What is missing is skipped.
var system = []string{
	"/bin", "/lib", "/lib32", "/lib64", "/libx32", "/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec",
	"/usr/share", "/usr/local/bin", "/usr/local/lib", "/usr/local/share", "/etc/ld.so.cache", "/etc/ld.so.conf",
	"/etc/ld.so.conf.d", "/etc/alternatives", "/etc/fonts", "/etc/ImageMagick-6", "/etc/ImageMagick-7",
	"/etc/perl", "/etc/localtime", "/var/cache/fontconfig", "/dev/urandom", "/dev/zero", "/dev/random",
	"/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu",
}

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
	if err := unix.CloseRange(tellFile, ^uint(0)>>1, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		if err := closeOnExec(); err != nil {
			return fmt.Errorf("close inherited files: %w", err)
		}
	}
	tasks := uint64(0)
	if !o.OwnPIDs {
		tasks = tasksOf(os.Getuid()) // the limit below counts them all
	}
	r := report{UID: os.Getuid()}
	if err := fence(o, &r); err != nil {
		return err
	}
	for _, l := range []struct {
		what string
		kind int
		max  uint64
	}{
		{"core", unix.RLIMIT_CORE, 0},
		{"cpu", unix.RLIMIT_CPU, o.CPU},
		{"file size", unix.RLIMIT_FSIZE, o.FileSize},
		{"processes", unix.RLIMIT_NPROC, o.Processes + tasks},
		{"open files", unix.RLIMIT_NOFILE, o.OpenFiles},
	} {
		if err := limit(l.kind, l.max); err != nil {
			return fmt.Errorf("limit %s: %w", l.what, err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
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
	return fmt.Errorf("become the tool: %w", unix.Exec(path, o.Argv, os.Environ()))
}

// limit lowers a resource limit; one that is lower already stays.
func limit(kind int, most uint64) error {
	var now unix.Rlimit
	if err := unix.Getrlimit(kind, &now); err != nil {
		return err
	}
	most = min(most, now.Max)
	return unix.Setrlimit(kind, &unix.Rlimit{Cur: most, Max: most})
}

// fence lets the process read the system and its inputs and write its folder.
// Older kernels know fewer kinds of access, or none: then fewer are refused.
func fence(o order, r *report) error {
	abi, err := llsys.LandlockGetABIVersion()
	if err != nil || abi < 1 {
		r.NotLandlock = fmt.Sprint("not built in or not switched on: ", err)
		return nil
	}
	var rules []landlock.Rule
	add := func(path string, must bool) error {
		st, err := os.Stat(path)
		switch {
		case err != nil && must:
			return fmt.Errorf("an input cannot be reached by the task: %w", err)
		case err != nil:
			return nil
		case st.IsDir():
			rules = append(rules, landlock.RODirs(path))
		default:
			rules = append(rules, landlock.ROFiles(path))
		}
		return nil
	}
	for _, p := range system {
		_ = add(p, false)
	}
	for _, p := range o.Read {
		if err := add(p, true); err != nil {
			return err
		}
	}
	if o.ByFile {
		rules = append(rules, landlock.ROFiles("/proc/self/fd/"+strconv.Itoa(toolFile)))
	}
	rules = append(rules, landlock.RWFiles("/dev/null"))
	if o.Path != "" { // "." since the path may lead through folders this user cannot pass
		rules = append(rules, landlock.RWDirs(".").WithRefer())
	}
	// V7: files, TCP, devices, signals and abstract sockets. The network is
	// closed by the namespace and seccomp, whatever Landlock knows.
	if err := landlock.V7.BestEffort().Restrict(rules...); err != nil {
		return fmt.Errorf("landlock: %w", err)
	}
	r.Landlock = abi
	return nil
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
		b, err := os.ReadFile(p)
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
