// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tillgang/internal/sandbox"
)

func TestTheNetworkIsOutOfReach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	path := "@tillgang-sandbox-test-" + strconv.Itoa(os.Getpid()) // abstract: no file system wall is in the way
	local, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tcp.Close(); _ = udp.Close(); _ = local.Close() })
	w.refused("dial", "tcp", tcp.Addr().String())
	w.refused("dial", "udp", udp.LocalAddr().String())
	w.refused("dial", "unix", path)
	w.refused("dial", "tcp", "[::1]:1")
}

func TestFilesOutsideAreOutOfReach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	neighbour, remove, err := w.Scratch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(remove)
	secret := filepath.Join(neighbour, "secret")
	if err := os.WriteFile(secret, []byte("s"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"/etc/passwd", "/etc/hostname", "/root", "/home", "/var", "/tmp", "/proc/1/environ", "/proc/" + strconv.Itoa(os.Getpid()), neighbour, secret, filepath.Join(w.dir, "..")} {
		w.refused("read", p)
	}
	for _, p := range []string{"/tmp/escaped", "/dev/shm/escaped", "/usr/share/escaped", "/usr/bin/true", filepath.Join(neighbour, "escaped"), "../escaped"} {
		w.refused("write", p)
	}
	w.refused("link", secret)

	if out, _, err := w.do(sandbox.Limits{}, "write", filepath.Join(w.dir, "mine")); err != nil || out != "<nil>" {
		t.Error("its own folder must be open:", out, err)
	}
	if out, _, err := w.do(sandbox.Limits{}, "read", "/usr/share"); err != nil || out != "<nil>" {
		t.Error("the system's tables must be open:", out, err)
	}
}

func TestAnInputMayBeReadAndNotWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// Not under t.TempDir, which root's own tests cannot open to others.
	dir, err := os.MkdirTemp("", "sandbox-input-") // others cannot enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	input, other := filepath.Join(dir, "input"), filepath.Join(dir, "other")
	for _, p := range []string{input, other} {
		if err := errors.Join(os.WriteFile(p, []byte("x"), 0o600), os.Chmod(p, 0o666), os.Chmod(dir, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	for deed, want := range map[string]bool{"read": true, "write": false} {
		r, err := w.Run(t.Context(), sandbox.Task{Dir: w.dir, Read: []string{input}, Argv: []string{w.me, "hostile", deed, input}})
		if got := strings.TrimSpace(string(r.Stdout)) == "<nil>"; err != nil || got != want {
			t.Errorf("%s: %s %v", deed, r.Stdout, err)
		}
	}
	r, err := w.Run(t.Context(), sandbox.Task{Dir: w.dir, Read: []string{input}, Argv: []string{w.me, "hostile", "read", other}})
	if err != nil || strings.HasPrefix(string(r.Stdout), "<nil>") {
		t.Errorf("a file beside the input: %s %v", r.Stdout, err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chmod(input, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := w.Run(t.Context(), sandbox.Task{Dir: w.dir, Read: []string{input}, Argv: []string{w.me, "hostile", "read", input}})
		if err == nil || !strings.Contains(err.Error(), "copy it into the task's folder") {
			t.Error("root's private input must be refused with advice:", err)
		}
	}
}

func TestNothingIsInherited(t *testing.T) {
	t.Setenv("TILLGANG_SECRET", "hush")
	w := newWorld(t)
	// A file that another library has opened without close-on-exec.
	f, err := os.Create(filepath.Join(t.TempDir(), "private"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	fd, err := unix.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })

	out, _, err := w.do(sandbox.Limits{}, "self")
	if err != nil {
		t.Fatal(err)
	}
	var got self
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err, out)
	}
	allowed := map[string]bool{"PATH": true, "HOME": true, "TMPDIR": true, "LANG": true, "MALLOC_ARENA_MAX": true}
	for _, e := range got.Env {
		if name, _, _ := strings.Cut(e, "="); !allowed[name] {
			t.Error("environment has", e)
		}
	}
	for _, name := range got.Files {
		if !strings.HasPrefix(name, "/proc/") && name != w.me {
			t.Error("an open file came along:", name)
		}
	}
	if got.UID == 0 {
		t.Error("the tool is root")
	}
	if os.Geteuid() == 0 && len(got.Groups) > 0 {
		t.Error("the tool is in groups", got.Groups)
	}
	if has(w.Layers(), "namespaces") && (got.PID != 1 || got.Parent != 0) {
		t.Error("the tool sees other processes:", got)
	}
}

func has(ls []sandbox.Layer, name string) bool {
	for _, l := range ls {
		if l.Name == name {
			return l.On
		}
	}
	return false
}

func TestOtherProcessesCannotBeKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.refused("kill", strconv.Itoa(os.Getpid()))
}

func TestDangerousCallsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if !has(w.Layers(), "seccomp") {
		t.Fatal("this kernel has no seccomp")
	}
	calls := []int{unix.SYS_PTRACE, unix.SYS_BPF, unix.SYS_MOUNT, unix.SYS_UNSHARE, unix.SYS_IO_URING_SETUP, unix.SYS_USERFAULTFD, unix.SYS_KEYCTL, unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CLOCK_SETTIME}
	var args []string
	for _, c := range calls {
		args = append(args, strconv.Itoa(c))
	}
	out, _, err := w.do(sandbox.Limits{}, append([]string{"calls"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range strings.Fields(out) {
		if e != strconv.Itoa(int(unix.EPERM)) {
			t.Errorf("call %d answered %s", calls[i], e)
		}
	}
	w.refused("new user")
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	_, r, err := newWorld(t).do(sandbox.Limits{Memory: 1 << 30}, "eat")
	var f *sandbox.Failure
	if !errors.As(err, &f) || f.Reason != sandbox.ReasonMemory || !f.Exhausted() {
		t.Fatal(err)
	}
	if r.MaxRSS > 1<<30 {
		t.Error("it used", r.MaxRSS)
	}
}

func TestProcessorTimeIsBounded(t *testing.T) {
	t.Parallel()
	_, r, err := newWorld(t).do(sandbox.Limits{CPU: time.Second}, "spin")
	var f *sandbox.Failure
	if !errors.As(err, &f) || f.Reason != sandbox.ReasonCPU || !f.Timeout() {
		t.Fatal(err, r.CPU)
	}
}

func TestTimeOnTheClockIsBounded(t *testing.T) {
	t.Parallel()
	_, _, err := newWorld(t).do(sandbox.Limits{Wall: 300 * time.Millisecond}, "sleep")
	var f *sandbox.Failure
	if !errors.As(err, &f) || f.Reason != sandbox.ReasonTimeout || !f.Timeout() {
		t.Fatal(err)
	}
}

func TestFilesWrittenAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out, _, _ := w.do(sandbox.Limits{FileSize: 10 << 20}, "fill")
	st, err := os.Stat(filepath.Join(w.dir, "big"))
	if err != nil || st.Size() != 10<<20 {
		t.Fatal(out, err, st)
	}
}

func TestOutputIsBounded(t *testing.T) {
	t.Parallel()
	_, r, err := newWorld(t).do(sandbox.Limits{Output: 1 << 20}, "flood")
	var f *sandbox.Failure
	if !errors.As(err, &f) || f.Reason != sandbox.ReasonOutput {
		t.Fatal(err)
	}
	if len(r.Stdout) != 1<<20 || len(r.StderrTail) > 16<<10 {
		t.Error(len(r.Stdout), len(r.StderrTail))
	}
}

func TestAForkBombIsBoundedAndGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seconds := strconv.Itoa(2_000_000 + os.Getpid())
	out, _, err := w.do(sandbox.Limits{Processes: 40}, "fork", seconds)
	if err != nil {
		t.Fatal(err)
	}
	most := 40
	if !has(w.Layers(), "namespaces") {
		most += 500 // the limit then counts other tests' tasks, which come and go
	}
	if n, err := strconv.Atoi(strings.Fields(out)[0]); err != nil || n > most {
		t.Error("sleepers:", out)
	}
	gone(t, "sleep\x00"+seconds+"\x00")
}

func TestADaemonDiesWithItsTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seconds := strconv.Itoa(1_000_000 + os.Getpid())
	if _, r, err := w.do(sandbox.Limits{}, "daemon", seconds); err != nil {
		t.Fatal(err, string(r.StderrTail))
	}
	gone(t, "sleep\x00"+seconds+"\x00")
}

// gone waits until no living process has the text in its command line.
func gone(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		alive := false
		lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, l := range lines {
			b, _ := os.ReadFile(l)
			alive = alive || strings.Contains(string(b), text)
		}
		if !alive {
			return
		}
	}
	t.Errorf("still alive: %q", text)
}
