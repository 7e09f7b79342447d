// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	isolates = true  // this operating system has namespaces, Landlock and seccomp
	nobody   = 65534 // the kernel's overflow user; owns nothing
	noFollow = unix.O_NOFOLLOW
)

func asRoot() bool { return os.Geteuid() == 0 }

func runningExecutable() string { return "/proc/self/exe" }

// isRunning reports whether path is the executable of this process.
func isRunning(path string) (bool, error) {
	a, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	b, err := os.Stat(runningExecutable())
	return err == nil && os.SameFile(a, b), err
}

func ownedByRoot(st fs.FileInfo) bool {
	s, ok := st.Sys().(*syscall.Stat_t)
	return ok && s.Uid == 0
}

func links(st fs.FileInfo) uint64 {
	s, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return uint64(s.Nlink) //nolint:unconvert // 32 bits on arm64
}

// lock takes the lock on f without waiting; it is freed when f is closed or
// the process ends, however it ends.
func lock(f *os.File) (bool, error) {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// attributes of the first stage: its own process group, killed with its parent
// thread, as nobody when the server is root, in namespaces if asked for.
func attributes(namespaces bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	uid, gid := os.Geteuid(), os.Getegid()
	if uid == 0 {
		// Groups are emptied too: root's could open files kept for groups.
		uid, gid = nobody, nobody
		a.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	if !namespaces {
		return a
	}
	// With the process namespace goes a promise: when its first process, the
	// tool, ends, the kernel kills whatever it has started.
	a.Cloneflags = unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS
	a.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: uid, Size: 1}}
	a.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: gid, Size: 1}}
	a.GidMappingsEnableSetgroups = a.Credential != nil
	return a
}

func killGroup(pid int) error {
	if err := unix.Kill(-pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
		return err
	}
	return nil
}

func usage(p *os.ProcessState) (time.Duration, int64) {
	if p == nil {
		return 0, 0
	}
	var rss int64
	if u, ok := p.SysUsage().(*syscall.Rusage); ok {
		rss = int64(u.Maxrss) * 1024 //nolint:unconvert // 32 bits on 386
	}
	return p.UserTime() + p.SystemTime(), rss
}
