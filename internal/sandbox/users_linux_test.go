// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The whole suite again as an ordinary user, when it runs as root.
func TestAgainAsAnOrdinaryUser(t *testing.T) { //nolint:paralleltest // the suite is parallel in itself
	if os.Geteuid() != 0 {
		return // that is what the suite has just done
	}
	again(t, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}})
}

// The whole suite again where the kernel refuses namespaces, as it does in
// many containers: the other walls must hold alone.
func TestAgainWithoutNamespaces(t *testing.T) { //nolint:paralleltest // the suite is parallel in itself
	a := &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 1000, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 1000, HostID: os.Getegid(), Size: 1}},
		AmbientCaps: []uintptr{unix.CAP_SYS_RESOURCE},
	}
	if os.Geteuid() == 0 {
		a.UidMappings[0].HostID, a.GidMappings[0].HostID = 65534, 65534
		a.GidMappingsEnableSetgroups = true
		a.Credential = &syscall.Credential{Uid: 1000, Gid: 1000}
	}
	out := again(t, a, "without namespaces")
	if !strings.Contains(out, "namespaces: false") {
		t.Error("this run had namespaces")
	}
}

// withoutNamespaces is the stage that makes the kernel refuse further user
// namespaces, and then becomes the tests with the given arguments.
func withoutNamespaces(args []string) int {
	err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0)
	err = errors.Join(err, unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
	if err == nil {
		err = syscall.Exec("/proc/self/exe", args, os.Environ())
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// again runs a copy of the tests, since the original lies where others cannot go.
func again(t *testing.T, as *syscall.SysProcAttr, first ...string) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "sandbox-again-") // others cannot enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	tmp, binary := filepath.Join(dir, "tmp"), filepath.Join(dir, "again.test")
	from, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	to, err := os.OpenFile(binary, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(to, from)
	if err := errors.Join(err, to.Close(), os.Chmod(dir, 0o755), os.Mkdir(tmp, 0o777), os.Chmod(tmp, 0o777)); err != nil {
		t.Fatal(err)
	}
	args := []string{binary, "-test.v", "-test.skip=^TestAgain", "-test.timeout=5m"}
	c := exec.CommandContext(t.Context(), binary)
	c.Args = append(append([]string{binary}, first...), args...)
	if len(first) == 0 {
		c.Args = args
	}
	c.Dir, c.SysProcAttr = tmp, as
	c.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + tmp, "TMPDIR=" + tmp}
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "\nPASS") {
		t.Errorf("%v\n%s", err, out)
	}
	return string(out)
}
