// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tillgang/internal/sandbox"
)

// The test binary is three programs: the tests, the first stage of a sandbox
// as the server's executable is, and the hostile tool that runs inside.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == sandbox.Command:
		os.Exit(sandbox.Main(os.Args[2:]))
	case len(os.Args) > 2 && os.Args[1] == "without namespaces":
		os.Exit(withoutNamespaces(os.Args[2:]))
	case len(os.Args) > 2 && os.Args[1] == "hostile":
		os.Exit(hostile(os.Args[2], os.Args[3:]))
	}
	os.Exit(m.Run())
}

// hostile does one bad thing and prints what came of it.
func hostile(deed string, args []string) int {
	say := func(a ...any) { fmt.Println(a...) }
	switch deed {
	case "dial":
		c, err := (&net.Dialer{}).DialContext(context.Background(), args[0], args[1])
		if err == nil {
			_, err = c.Write([]byte("secret"))
		}
		say(err)
	case "read":
		_, err := os.ReadFile(args[0])
		if err != nil {
			_, err = os.ReadDir(args[0])
		}
		say(err)
	case "write":
		say(os.WriteFile(args[0], []byte("x"), 0o644))
	case "link": // a hard link would let the folder's owner keep or give away a file from outside
		say(os.Link(args[0], "stolen"))
	case "self":
		groups, _ := os.Getgroups()
		_ = json.NewEncoder(os.Stdout).Encode(self{
			UID: os.Getuid(), Groups: groups, PID: os.Getpid(), Parent: os.Getppid(), Env: os.Environ(), Files: openFiles(),
		})
	case "kill":
		pid, _ := strconv.Atoi(args[0])
		say(syscall.Kill(pid, syscall.SIGKILL))
	case "spin":
		for n := 0; ; n++ {
			_ = strconv.Itoa(n)
		}
	case "sleep":
		time.Sleep(time.Hour)
	case "ready then sleep":
		_ = os.WriteFile(args[0], []byte("here"), 0o644)
		time.Sleep(time.Hour)
	case "eat":
		b := bytes.Repeat([]byte{1}, 10<<30)
		say("ate", len(b))
	case "fill":
		f, err := os.Create("big")
		for b := make([]byte, 1<<20); err == nil; {
			_, err = f.Write(b)
		}
		say(err)
	case "flood":
		for b := bytes.Repeat([]byte("flood "), 10_000); ; {
			_, _ = os.Stdout.Write(b)
			_, _ = os.Stderr.Write(b)
		}
	case "fork": // sleepers until refused
		n, err := 0, error(nil)
		for ; n < 10_000 && err == nil; n++ {
			err = exec.Command("/bin/sleep", args[0]).Start()
		}
		say(n, err)
	case "daemon": // leaves its session and its parent, and goes on
		c := exec.Command("/bin/sleep", args[0])
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := c.Start(); err != nil { // refused without a process namespace
			err = exec.Command("/bin/sleep", args[0]).Start()
			say(err)
		}
	case "lock up": // makes a folder that is hard to remove
		say(os.MkdirAll("a/b", 0o700), os.WriteFile("a/b/c", nil, 0o400), os.Chmod("a/b", 0), os.Chmod("a", 0))
	case "calls":
		for _, n := range args {
			nr, _ := strconv.Atoi(n)
			_, _, e := syscall.RawSyscall6(uintptr(nr), 0, 0, 0, 0, 0, 0)
			say(int(e))
		}
	case "new user": // clone with namespace flags
		c := exec.Command("/bin/true")
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER}
		say(c.Run())
	case "crash":
		panic("crash")
	case "exit":
		fmt.Fprintln(os.Stderr, "complaint")
		return 3
	case "server": // a whole server with one task in it, to be killed
		scratch, ready := args[0], args[1]
		s := sandbox.New("", scratch, slog.New(slog.DiscardHandler))
		dir, _, err := s.Scratch(context.Background())
		if err != nil {
			say(err)
			return 1
		}
		say(dir)
		me, _ := os.Executable()
		_, err = s.Run(context.Background(), sandbox.Task{Dir: dir, Argv: []string{me, "hostile", "ready then sleep", ready}})
		say(err)
	}
	return 0
}

type self struct {
	UID         int
	Groups      []int
	PID, Parent int
	Env, Files  []string
}

// openFiles names the files above standard error that lead anywhere but to Go's own machinery.
func openFiles() (files []string) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		to, err := os.Readlink("/proc/self/fd/" + e.Name())
		if n, _ := strconv.Atoi(e.Name()); err == nil && n > 2 && !strings.HasPrefix(to, "anon_inode:") {
			files = append(files, to)
		}
	}
	return files
}

// world is a sandbox with a private folder.
type world struct {
	*sandbox.Sandbox
	t   *testing.T
	dir string
	me  string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s := sandbox.New("", filepath.Join(t.TempDir(), "scratch"), slog.New(slog.DiscardHandler))
	dir, remove, err := s.Scratch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		remove()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	me, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &world{s, t, dir, me}
}

// do runs the hostile tool in the private folder.
func (w *world) do(l sandbox.Limits, deed ...string) (string, sandbox.Result, error) {
	w.t.Helper()
	r, err := w.Run(w.t.Context(), sandbox.Task{Dir: w.dir, Argv: append([]string{w.me, "hostile"}, deed...), Limits: l})
	return strings.TrimSpace(string(r.Stdout)), r, err
}

// refused fails the test unless the tool ran to its end and met a refusal.
func (w *world) refused(deed ...string) {
	w.t.Helper()
	out, r, err := w.do(sandbox.Limits{}, deed...)
	if err != nil {
		w.t.Fatalf("%v: the tool did not end: %v %s", deed, err, r.StderrTail)
	}
	if out == "<nil>" || out == "" {
		w.t.Errorf("%v: was allowed", deed)
	}
}
