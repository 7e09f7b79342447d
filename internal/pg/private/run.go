// SPDX-License-Identifier: Apache-2.0

package private

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
)

// command prepares a program to run as the user that runs Postgres, with an
// environment of its own. It is killed when the thread that started it ends.
func (p *place) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...) //nolint:noctx // it ends with the thread that started it, or by its signals
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", "HOME=/"}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:   true, // Ctrl-C at the terminal is for the server, which then stops the rest in order
		Pdeathsig: syscall.SIGKILL,
	}
	if p.drop {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(p.uid), Gid: uint32(p.gid)} //nolint:gosec // ids from /etc/passwd
	}
	return cmd
}

// run runs a program to its end. The error holds what it said.
func run(ctx context.Context, cmd *exec.Cmd) error {
	runtime.LockOSThread() // the thread must not end before the program
	defer runtime.UnlockOSThread()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(cmd.Path), err)
	}
	stop := context.AfterFunc(ctx, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	err := cmd.Wait()
	stop()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, tail(out.Bytes(), 2000))
	}
	return nil
}

// tail returns the last n bytes, trimmed.
func tail(b []byte, n int) []byte {
	b = bytes.TrimSpace(b)
	return b[max(0, len(b)-n):]
}
