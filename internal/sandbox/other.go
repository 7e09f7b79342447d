// SPDX-License-Identifier: Apache-2.0

//go:build unix && !linux

package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// On other systems than Linux a task is a process group with a wall clock and
// nothing more, which Layers says: enough to develop on, not to serve from.
const (
	isolates = false
	nobody   = 65534
	noFollow = syscall.O_NOFOLLOW
)

func asRoot() bool { return os.Geteuid() == 0 }

func runningExecutable() string { p, _ := os.Executable(); return p }

func isRunning(path string) (bool, error) { return path == runningExecutable(), nil }

func ownedByRoot(st fs.FileInfo) bool {
	s, ok := st.Sys().(*syscall.Stat_t)
	return ok && s.Uid == 0
}

func links(st fs.FileInfo) uint64 {
	s, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return uint64(s.Nlink)
}

func lock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

func attributes(bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if asRoot() {
		a.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return a
}

func killGroup(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) }

func usage(p *os.ProcessState) (time.Duration, int64) {
	if p == nil {
		return 0, 0
	}
	return p.UserTime() + p.SystemTime(), 0
}

// Main is the first stage: here it only becomes the tool.
func Main(args []string) int {
	var o order
	if len(args) != 1 || json.Unmarshal([]byte(args[0]), &o) != nil {
		fmt.Fprintln(os.Stderr, "tillgang "+Command+" is started by the server itself")
		return 125
	}
	if o.Path == "" {
		_ = json.NewEncoder(os.Stdout).Encode(report{
			UID: os.Getuid(), NotLandlock: "not on this system", NotSeccomp: "not on this system",
		})
		return 0
	}
	syscall.CloseOnExec(3)
	err := syscall.Exec(o.Path, o.Argv, o.Env)
	_, _ = syscall.Write(3, []byte(err.Error()))
	return 125
}
