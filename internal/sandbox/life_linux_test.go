// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tillgang/internal/sandbox"
)

func TestTheCallerCanGiveUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	ready := filepath.Join(w.dir, "ready")
	go func() {
		_, err := w.Run(ctx, sandbox.Task{Dir: w.dir, Argv: []string{w.me, "hostile", "ready then sleep", ready}})
		done <- err
	}()
	await(t, ready)
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the task goes on")
	}
	gone(t, ready)
}

func await(t *testing.T, path string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		}
	}
	t.Fatal("never came:", path)
}

func TestFailuresSayWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var f *sandbox.Failure
	if _, _, err := w.do(sandbox.Limits{}, "exit"); !errors.As(err, &f) || f.Reason != sandbox.ReasonExit || f.Code != 3 || f.Tail() != "complaint\n" || strings.Contains(err.Error(), "complaint") {
		t.Error(err, f)
	}
	if _, _, err := w.do(sandbox.Limits{}, "crash"); !errors.As(err, &f) || f.Exhausted() {
		t.Error(err, f)
	}
	for _, argv := range [][]string{{"no-such-tool-here"}, {"/no/such/tool"}, {"../sandbox"}, {""}} {
		if _, err := w.Run(t.Context(), sandbox.Task{Dir: w.dir, Argv: argv}); !errors.Is(err, sandbox.ErrNoTool) {
			t.Error(argv, err)
		}
	}
	for _, bad := range []sandbox.Task{{Dir: w.dir}, {Argv: []string{"true"}}, {Dir: "relative", Argv: []string{"true"}}, {Dir: "/", Argv: []string{"true"}}, {Dir: w.dir, Read: []string{"x"}, Argv: []string{"true"}}} {
		if _, err := w.Run(t.Context(), bad); err == nil {
			t.Error("accepted", bad)
		}
	}
}

func TestStreamsPassThrough(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var out strings.Builder
	_, err := w.Run(t.Context(), sandbox.Task{Dir: w.dir, Argv: []string{"cat"}, Stdin: strings.NewReader("åäö"), Stdout: &out})
	if err != nil || out.String() != "åäö" {
		t.Error(out.String(), err)
	}
	if r, err := w.Run(t.Context(), sandbox.Task{Dir: w.dir, Argv: []string{"cat"}}); err != nil || len(r.Stdout) > 0 {
		t.Error("no input must be an empty one:", err)
	}
}

func TestPrivateFolders(t *testing.T) {
	t.Parallel()
	scratch := t.TempDir()
	s := sandbox.New("", scratch, slog.New(slog.DiscardHandler))
	dir, remove, err := s.Scratch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o700 {
		t.Fatal(st, err)
	}
	me, _ := os.Executable()
	if _, err := s.Run(t.Context(), sandbox.Task{Dir: dir, Argv: []string{me, "hostile", "lock up"}}); err != nil {
		t.Fatal(err)
	}
	remove()
	remove()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Error("still there:", err)
	}
	// Two living processes share a scratch folder without harm.
	mine, _, err := s.Scratch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second := sandbox.New("", scratch, slog.New(slog.DiscardHandler))
	if _, err := os.Stat(mine); err != nil {
		t.Error("a second process removed the folder of the first:", err)
	}
	if err := errors.Join(second.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(mine); !os.IsNotExist(err) {
		t.Error("Close leaves folders behind:", err)
	}
	if left, err := os.ReadDir(filepath.Dir(filepath.Dir(mine))); len(left) > 0 || (err != nil && !os.IsNotExist(err)) {
		t.Error("Close leaves files behind:", left, err)
	}
	if _, _, err := sandbox.New("", "/dev/null/x", slog.New(slog.DiscardHandler)).Scratch(t.Context()); err == nil {
		t.Error("an impossible place must be an error")
	}
}

func TestNothingSurvivesTheServersDeath(t *testing.T) {
	t.Parallel()
	w := newWorld(t) // only for a folder that the task's user can enter
	scratch := filepath.Join(w.dir, "scratch")
	if err := errors.Join(os.Mkdir(scratch, 0o755), os.Chmod(w.dir, 0o755), os.Chmod(scratch, 0o755)); err != nil {
		t.Fatal(err)
	}
	p, err := os.StartProcess(w.me, []string{w.me, "hostile", "server", scratch, "ready"}, &os.ProcAttr{Files: []*os.File{nil, nil, nil}})
	if err != nil {
		t.Fatal(err)
	}
	var left string
	for end := time.Now().Add(30 * time.Second); left == "" && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if found, _ := filepath.Glob(filepath.Join(scratch, "proc-*", "job-*", "ready")); len(found) > 0 {
			left = filepath.Dir(found[0])
		}
	}
	if left == "" {
		t.Fatal("the task never began")
	}
	if err := p.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_, _ = p.Wait()
	gone(t, "ready then sleep\x00ready\x00")
	next := sandbox.New("", scratch, slog.New(slog.DiscardHandler))
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Error("the next start leaves the crashed one's folder:", err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}

func TestLayersAreReported(t *testing.T) {
	t.Parallel()
	ls := newWorld(t).Layers()
	for _, name := range []string{"identity", "landlock", "seccomp", "limits"} {
		if !has(ls, name) {
			t.Errorf("%s is missing on this machine: %+v", name, ls)
		}
	}
	for _, l := range ls {
		t.Logf("%s: %v %s", l.Name, l.On, l.Why)
		if !strings.HasSuffix(l.Why, ".") {
			t.Errorf("%s: not a sentence: %q", l.Name, l.Why)
		}
	}
}
