// SPDX-License-Identifier: Apache-2.0

// Package sandbox runs other people's programs on other people's files.
//
// ffmpeg, exiftool, libvips and poppler parse bytes that strangers uploaded,
// and their parsers have had holes before. So each run gets a process of its
// own that can read system libraries and its inputs, write one private folder,
// use a bounded amount of memory and time, and reach nothing else: no network,
// no other process, no file of the server, no environment.
//
// The server's executable starts itself again as the first stage ("tillgang
// sandbox-exec"): the parent makes the namespaces, the stage puts the limits,
// Landlock and seccomp on itself and then becomes the tool. No cgo and no
// set-uid helper is needed. What the kernel refuses is left out, said by
// Layers, and the other walls stay; Run refuses when nothing is left that
// closes the network, and when a server that runs as root cannot give root up.
//
// Promises, when Run has returned: no process that the task started is alive,
// no goroutine of the run is left, and nothing outside Task.Dir has changed.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Command is the first argument that makes the server's executable the first
// stage of a sandbox: main calls Main(os.Args[2:]) when os.Args[1] equals it.
const Command = "sandbox-exec"

// ErrNoTool means that the program named by Task.Argv[0] is not on this machine.
var ErrNoTool = errors.New("sandbox: no such tool on this machine")

// Limits bound one task. A zero field means its default.
type Limits struct {
	Memory    int64         // bytes of address space per process; default 2 GiB
	CPU       time.Duration // processor time per process, rounded up to seconds; default 60 s
	Wall      time.Duration // time on the clock for the whole task; default 120 s
	FileSize  int64         // bytes of any one file written; default 2 GiB
	Processes int           // processes and threads of the task together; default 256
	OpenFiles int           // open files per process; default 256
	Output    int64         // bytes kept of standard output when Task.Stdout is nil; default 8 MiB
}

func (l Limits) withDefaults() Limits {
	def := func(v *int64, d int64) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&l.Memory, 2<<30)
	def((*int64)(&l.CPU), int64(60*time.Second))
	def((*int64)(&l.Wall), int64(120*time.Second))
	def(&l.FileSize, 2<<30)
	def(&l.Output, 8<<20)
	if l.Processes <= 0 {
		l.Processes = 256
	}
	if l.OpenFiles <= 0 {
		l.OpenFiles = 256
	}
	return l
}

// Task is one run of one program.
type Task struct {
	// Dir is the working folder and the only place the task can write to,
	// normally one from Scratch. Its path must be absolute. When the server is
	// root, Run gives the folder and the files in it to the user nobody.
	Dir string
	// Read names further files and folders the task may read, as absolute
	// paths, beside the system's libraries, fonts and Dir. When the server is
	// root they must be readable by everybody: copy private files into Dir.
	Read []string
	// Argv is the program and its arguments. A program without a slash is
	// looked up in /usr/local/bin, /usr/bin and /bin, never in the server's PATH.
	Argv []string
	// Env is added to the otherwise empty environment: PATH, HOME and TMPDIR
	// (both Dir), LANG=C.UTF-8 and MALLOC_ARENA_MAX=2, which keeps glibc's
	// per-thread arenas from using up the address space on big machines.
	Env []string
	// Stdin is copied to the task's standard input; nil is empty.
	Stdin io.Reader
	// Stdout receives the standard output without a limit; nil keeps up to
	// Limits.Output bytes in Result.Stdout.
	Stdout io.Writer
	Limits Limits
}

// Result is what a task left behind. It is filled as far as known also when
// Run returns an error.
type Result struct {
	Stdout     []byte        // standard output, unless Task.Stdout was given
	StderrTail []byte        // the last 16 KiB of standard error; may name files: not for logs
	CPU        time.Duration // user and system time of the task and the children it waited for
	Wall       time.Duration // time on the clock, with the start of the sandbox
	MaxRSS     int64         // bytes; the largest process
}

// Reasons of a Failure.
const (
	ReasonTimeout = "timeout" // Limits.Wall passed
	ReasonCPU     = "cpu"     // Limits.CPU passed
	ReasonMemory  = "memory"  // Limits.Memory passed, as the tool's complaint shows, or the machine ran out
	ReasonOutput  = "output"  // more than Limits.Output bytes of standard output
	ReasonSignal  = "signal"  // the tool crashed; Code is the signal
	ReasonExit    = "exit"    // the tool ended with a Code other than 0
)

// Failure is a task that ran and did not succeed. What the tool wrote is in
// Stderr and not in Error, because it may name files and people.
type Failure struct {
	Tool   string // base name of the program
	Reason string // one of the Reason constants
	Code   int    // exit code or signal number
	Stderr []byte // as Result.StderrTail
}

// Error names the tool and the reason.
func (f *Failure) Error() string {
	return fmt.Sprintf("sandbox: %s failed: %s (%d)", f.Tool, f.Reason, f.Code)
}

// Timeout reports whether the task was ended by a limit on time.
func (f *Failure) Timeout() bool { return f.Reason == ReasonTimeout || f.Reason == ReasonCPU }

// Exhausted reports whether the task was ended by a limit of any kind.
func (f *Failure) Exhausted() bool { return f.Reason != ReasonExit && f.Reason != ReasonSignal }

// Tail returns the end of what the tool wrote to standard error: not for logs.
func (f *Failure) Tail() string { return string(f.Stderr) }

// Layer is one wall of the sandbox and whether this machine has it.
type Layer struct {
	Name string // "identity", "namespaces", "landlock", "seccomp", "limits"
	On   bool
	Why  string // one sentence: what it is, or why it is missing
}

// Sandbox starts tasks. It is safe for concurrent use.
type Sandbox struct {
	self  string
	stage *firstStage // nil: the executable itself
	log   *slog.Logger

	home    string   // this process's folder for private folders
	lock    *os.File // held while home is in use
	homeErr error
	probing sync.Once
	ability report
}

// New returns a Sandbox that re-executes self, the server's own executable
// (empty: the running one), and keeps private folders under scratch, which it
// makes. Folders that a crashed process left there are removed; those of other
// living processes are not touched. A scratch folder that cannot be used is
// reported by Scratch. Call Close at the end.
func New(self, scratch string, log *slog.Logger) *Sandbox {
	s := &Sandbox{self: self, log: log}
	if same, err := isRunning(self); self == "" || (err == nil && same) {
		s.self = runningExecutable() // survives an upgrade that replaces the file
	}
	s.home, s.lock, s.homeErr = openHome(scratch, log)
	return s
}

// firstStage is a program of its own that is the first stage of a sandbox.
type firstStage struct {
	path string
	file fs.FileInfo // what lay there when it was chosen
}

// StageBy has the program at an absolute path be the first stage of tasks, in
// place of the executable itself: one that is smaller starts sooner. Its main
// must call Main as that of the executable does. Call it while no task runs.
// Should another file lie there later, the executable itself is back.
func (s *Sandbox) StageBy(path string) error {
	if asRoot() { // the task's user must get there
		if closed, err := closedAncestor(filepath.Dir(path)); err != nil || closed != "" {
			return errors.Join(errors.New("sandbox: tools run as the user nobody, who cannot enter "+closed), err)
		}
	}
	if _, err := executable(path); err != nil {
		return err
	}
	st, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("sandbox: the first stage: %w", err)
	}
	s.stage = &firstStage{path: path, file: st}
	return nil
}

// first is the program that is started as the first stage.
func (s *Sandbox) first() string {
	if s.stage == nil {
		return s.self
	}
	if st, err := os.Stat(s.stage.path); err != nil || !os.SameFile(st, s.stage.file) || !st.ModTime().Equal(s.stage.file.ModTime()) {
		return s.self // replaced by an upgrade that this process knows nothing of
	}
	return s.stage.path
}

// Close removes this process's private folders. Tasks must have ended.
func (s *Sandbox) Close() error {
	if s.lock == nil {
		return nil
	}
	err := errors.Join(removeAll(s.home), os.Remove(s.lock.Name()), s.lock.Close())
	if place := filepath.Dir(s.home); filepath.Dir(place) == elsewhere {
		_ = os.Remove(place) // ours alone; stays when another process is in it
	}
	return err
}

// Scratch makes a private folder for one job. Only the server and the tasks
// run in it can enter. The caller calls remove when done; it may be called
// more than once.
func (s *Sandbox) Scratch(ctx context.Context) (dir string, remove func(), err error) {
	if err := ctx.Err(); err != nil {
		return "", nil, err
	}
	if s.homeErr != nil {
		return "", nil, fmt.Errorf("sandbox: scratch folder: %w", s.homeErr)
	}
	dir, err = os.MkdirTemp(s.home, "job-") // 0700
	if err != nil {
		return "", nil, fmt.Errorf("sandbox: scratch folder: %w", err)
	}
	return dir, func() {
		if err := removeAll(dir); err != nil {
			s.log.WarnContext(ctx, "a sandbox folder could not be removed; the next start tries again", slog.Any("error", err))
		}
	}, nil
}

// Find returns the path of the tool that Run would start.
// The error is ErrNoTool when there is none.
func (s *Sandbox) Find(tool string) (string, error) {
	if tool == "" {
		return "", ErrNoTool
	}
	if filepath.IsAbs(tool) {
		return executable(tool)
	}
	if filepath.Base(tool) != tool {
		return "", fmt.Errorf("%w: a tool is named by an absolute path or by a bare name", ErrNoTool)
	}
	for _, dir := range []string{"/usr/local/bin", "/usr/bin", "/bin"} {
		if p, err := executable(filepath.Join(dir, tool)); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("%w: %s", ErrNoTool, tool)
}

func executable(path string) (string, error) {
	st, err := os.Stat(path)
	if err != nil || !st.Mode().IsRegular() || st.Mode()&0o111 == 0 {
		return "", fmt.Errorf("%w: %s", ErrNoTool, filepath.Base(path))
	}
	return path, nil
}
