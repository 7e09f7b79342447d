// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// order is what the parent tells the first stage.
type order struct {
	Dir       string   `json:"dir"`
	Read      []string `json:"read,omitempty"`
	Path      string   `json:"path,omitempty"` // of the tool; empty: only report what holds
	ByFile    bool     `json:"by_file,omitempty"`
	Argv      []string `json:"argv,omitempty"`
	Env       []string `json:"env,omitempty"`
	Memory    uint64   `json:"memory"`
	CPU       uint64   `json:"cpu"` // seconds
	FileSize  uint64   `json:"file_size"`
	Processes uint64   `json:"processes"`
	OpenFiles uint64   `json:"open_files"`
	OwnPIDs   bool     `json:"own_pids"` // a pid namespace ends what the task starts
}

// limits takes over limits that are above zero (see withDefaults).
func (o *order) limits(l Limits) {
	o.Memory, o.FileSize = uint64(l.Memory), uint64(l.FileSize)         //nolint:gosec // above zero
	o.CPU = uint64((l.CPU + time.Second - 1) / time.Second)             //nolint:gosec // above zero
	o.Processes, o.OpenFiles = uint64(l.Processes), uint64(l.OpenFiles) //nolint:gosec // above zero
}

// Run runs the task and waits for it. The error is a *Failure when the tool
// ran and did not end with 0, ctx's error when ctx ended first, wraps ErrNoTool
// when there is no such program, and anything else is a defect or a machine
// that refuses.
func (s *Sandbox) Run(ctx context.Context, t Task) (Result, error) {
	if err := check(t); err != nil {
		return Result{}, err
	}
	tool, err := s.Find(t.Argv[0])
	if err != nil {
		return Result{}, err
	}
	can := s.abilities() //nolint:contextcheck // found out once, for everybody
	if err := can.enough(); err != nil {
		return Result{}, err
	}
	if asRoot() {
		if closed, err := closedAncestor(filepath.Dir(t.Dir)); err != nil || closed != "" {
			return Result{}, errors.Join(errors.New("sandbox: tools run as the user nobody, who cannot enter this folder; take one from Scratch"), err)
		}
	}
	if err := give(t.Dir); err != nil {
		return Result{}, fmt.Errorf("sandbox: hand over the folder: %w", err)
	}
	l := t.Limits.withDefaults()
	o := order{
		Dir: t.Dir, Read: t.Read, Path: tool, Argv: t.Argv, OwnPIDs: can.Namespaces,
	}
	o.limits(l)
	return s.start(ctx, t, o, l, can.Namespaces)
}

func check(t Task) error {
	switch {
	case len(t.Argv) == 0:
		return errors.New("sandbox: a task needs a program")
	case !filepath.IsAbs(t.Dir) || filepath.Clean(t.Dir) == "/":
		return errors.New("sandbox: a task needs a private folder, named by an absolute path")
	}
	for _, p := range t.Read {
		if !filepath.IsAbs(p) {
			return errors.New("sandbox: what a task may read is named by absolute paths")
		}
	}
	return nil
}

func (s *Sandbox) start(ctx context.Context, t Task, o order, l Limits, namespaces bool) (Result, error) {
	// A tool outside the system's folders, such as our own worker, may lie
	// where the task's user cannot go: it is handed over as an open file.
	var extra []*os.File
	if o.Path != "" && !strings.HasPrefix(o.Path, "/usr/") && !strings.HasPrefix(o.Path, "/bin/") {
		f, err := os.Open(o.Path)
		if err != nil {
			return Result{}, fmt.Errorf("sandbox: open the tool: %w", err)
		}
		defer func() { _ = f.Close() }()
		extra, o.ByFile = append(extra, f), true
	}
	said, tell, err := os.Pipe() // the first stage's complaint; closed unused when it becomes the tool
	if err != nil {
		return Result{}, fmt.Errorf("sandbox: %w", err)
	}
	defer func() { _ = said.Close() }()
	defer func() { _ = tell.Close() }()
	o.Env = append([]string{
		"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + t.Dir, "TMPDIR=" + t.Dir, "LANG=C.UTF-8", "MALLOC_ARENA_MAX=2",
	}, t.Env...)
	text, err := json.Marshal(o)
	if err != nil {
		return Result{}, fmt.Errorf("sandbox: %w", err)
	}

	wall, cancel := context.WithTimeout(ctx, l.Wall)
	defer cancel()
	flood, tail := &bounded{max: l.Output, full: cancel}, &lastBytes{max: 16 << 10}
	c := exec.CommandContext(wall, s.first(), Command, string(text)) // running what it is told is its purpose
	c.Args[0] = "tillgang"
	c.Dir = t.Dir
	c.Env = []string{} // the first stage needs none
	c.ExtraFiles = append([]*os.File{tell}, extra...)
	c.Stdout, c.Stderr = flood, tail
	// Hidden behind plain interfaces: the task never holds a file of the server.
	if t.Stdin != nil {
		c.Stdin = struct{ io.Reader }{t.Stdin}
	}
	if t.Stdout != nil {
		c.Stdout = struct{ io.Writer }{t.Stdout}
	}
	c.SysProcAttr = attributes(namespaces)
	c.Cancel = func() error { return killGroup(c.Process.Pid) }
	c.WaitDelay = 2 * time.Second

	// The kernel ties "kill the child when its parent dies" to the thread that
	// started it, so this thread must live as long as the child.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begun := time.Now() //nolint:forbidigo // measures how long, not when
	if err := c.Start(); err != nil {
		return Result{}, fmt.Errorf("sandbox: start: %w", err)
	}
	_ = tell.Close()
	err = c.Wait()
	if !namespaces {
		_ = killGroup(c.Process.Pid) // what the tool started and left
	}
	r := Result{Stdout: flood.b.Bytes(), StderrTail: tail.bytes(), Wall: time.Since(begun)} //nolint:forbidigo // as above
	r.CPU, r.MaxRSS = usage(c.ProcessState)
	complaint, _ := io.ReadAll(io.LimitReader(said, 4<<10))
	switch {
	case ctx.Err() != nil:
		return r, fmt.Errorf("sandbox: %s: %w", filepath.Base(o.Path), ctx.Err())
	case len(complaint) > 0:
		return r, fmt.Errorf("sandbox: %s", complaint)
	case err == nil && !flood.over:
		return r, nil
	}
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) && !flood.over && wall.Err() == nil {
		return r, fmt.Errorf("sandbox: %w", err) // Stdin or Stdout broke
	}
	f := &Failure{Tool: filepath.Base(o.Path), Stderr: r.StderrTail}
	f.Reason, f.Code = reason(c.ProcessState, r, l, flood.over, wall.Err() != nil)
	return r, f
}

// reason says why the tool failed, as far as can be known from outside.
func reason(p *os.ProcessState, r Result, l Limits, flooded, late bool) (string, int) {
	ws, _ := p.Sys().(syscall.WaitStatus)
	signal := 0
	if ws.Signaled() {
		signal = int(ws.Signal())
	}
	switch {
	case flooded:
		return ReasonOutput, signal
	case late:
		return ReasonTimeout, signal
	case signal == int(syscall.SIGXCPU), signal == int(syscall.SIGKILL) && r.CPU >= l.CPU:
		return ReasonCPU, signal
	case signal == int(syscall.SIGKILL): // nobody but the kernel's out-of-memory killer
		return ReasonMemory, signal
	case complainsOfMemory(r.StderrTail):
		return ReasonMemory, max(signal, ws.ExitStatus())
	case signal != 0:
		return ReasonSignal, signal
	}
	return ReasonExit, ws.ExitStatus()
}

// complainsOfMemory knows how C, C++, Go, Perl and Rust programs say that
// memory was refused: nothing else tells it apart from any other failure.
func complainsOfMemory(stderr []byte) bool {
	s := bytes.ToLower(stderr)
	for _, says := range []string{
		"cannot allocate memory", "out of memory", "bad_alloc", "memory allocation of", "memory exhausted",
		"cannot reserve", "failed to create new os thread",
	} {
		if bytes.Contains(s, []byte(says)) {
			return true
		}
	}
	return false
}

// bounded keeps the first max bytes and calls full once when there are more.
type bounded struct {
	b    bytes.Buffer
	max  int64
	over bool
	full func()
}

func (w *bounded) Write(p []byte) (int, error) {
	if int64(w.b.Len()+len(p)) <= w.max {
		return w.b.Write(p)
	}
	w.b.Write(p[:w.max-int64(w.b.Len())])
	if !w.over {
		w.over = true
		w.full()
	}
	return len(p), nil
}

// lastBytes keeps the last max bytes.
type lastBytes struct {
	b   []byte
	max int
}

func (w *lastBytes) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	if len(w.b) > 2*w.max {
		w.b = append(w.b[:0], w.b[len(w.b)-w.max:]...)
	}
	return len(p), nil
}

func (w *lastBytes) bytes() []byte { return w.b[max(0, len(w.b)-w.max):] }
