// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tillgang/internal/sandbox"
)

func TestAnotherProgramCanBeTheFirstStageUntilItIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.StageBy(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a program that is not there was accepted")
	}
	dir, err := os.MkdirTemp("", "tillgang-stage-") // t.TempDir is closed to the user that tools run as
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "stage")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho another stage\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	task := sandbox.Task{Dir: w.dir, Argv: []string{"echo", "the tool"}}
	run := func() string {
		r, err := w.Run(t.Context(), task)
		if err != nil {
			t.Fatalf("%v: %s", err, r.StderrTail)
		}
		return strings.TrimSpace(string(r.Stdout))
	}
	if got := run(); got != "the tool" {
		t.Fatalf("by the executable itself: %q", got)
	}
	if err := w.StageBy(path); err != nil {
		t.Fatal(err)
	}
	if got := run(); got != "another stage" {
		t.Errorf("by another program: %q", got)
	}
	next := path + ".next"
	if err := os.WriteFile(next, []byte("#!/bin/sh\necho an upgrade\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, path); err != nil {
		t.Fatal(err)
	}
	if got := run(); got != "the tool" {
		t.Errorf("after it was replaced: %q", got)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got := run(); got != "the tool" {
		t.Errorf("after it was removed: %q", got)
	}
}
