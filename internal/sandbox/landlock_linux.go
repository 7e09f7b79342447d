// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// system is what every task may read: libraries, fonts and tables, no
// configuration that could hold secrets. What is missing is skipped.
var system = []string{
	"/bin", "/lib", "/lib32", "/lib64", "/libx32", "/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec",
	"/usr/share", "/usr/local/bin", "/usr/local/lib", "/usr/local/share", "/etc/ld.so.cache", "/etc/ld.so.conf",
	"/etc/ld.so.conf.d", "/etc/alternatives", "/etc/fonts", "/etc/ImageMagick-6", "/etc/ImageMagick-7",
	"/etc/perl", "/etc/localtime", "/var/cache/fontconfig", "/dev/urandom", "/dev/zero", "/dev/random",
	"/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu",
}

// Rights of Landlock in the groups used here. "Refer" is renaming between folders.
const (
	readFile  = ll.AccessFSExecute | ll.AccessFSReadFile
	readDir   = readFile | ll.AccessFSReadDir
	writeFile = ll.AccessFSWriteFile | ll.AccessFSTruncate | ll.AccessFSReadFile
	writeDir  = readDir | writeFile | ll.AccessFSRemoveDir | ll.AccessFSRemoveFile | ll.AccessFSMakeDir | ll.AccessFSMakeReg |
		ll.AccessFSMakeFifo | ll.AccessFSMakeSym | ll.AccessFSRefer
)

// known returns everything that an ABI of the kernel can refuse: an older one
// knows fewer kinds, and they stay allowed. The network is closed by namespace
// and filter too, whatever Landlock knows of it.
func known(abi int) ll.RulesetAttr {
	a := ll.RulesetAttr{HandledAccessFS: ll.AccessFSRefer - 1}
	for _, since := range []struct {
		abi     int
		fs, net uint64
		scoped  uint64
	}{
		{2, ll.AccessFSRefer, 0, 0},
		{3, ll.AccessFSTruncate, 0, 0},
		{4, 0, ll.AccessNetBindTCP | ll.AccessNetConnectTCP, 0},
		{5, ll.AccessFSIoctlDev, 0, 0},
		{6, 0, 0, ll.ScopeAbstractUnixSocket | ll.ScopeSignal},
	} {
		if abi >= since.abi {
			a.HandledAccessFS |= since.fs
			a.HandledAccessNet |= since.net
			a.Scoped |= since.scoped
		}
	}
	return a
}

// fence lets the task read the system and its inputs and write its folder, and
// reach nothing else. It binds this thread only, which is the one that calls
// exec; go-landlock's own Restrict binds all and, in a cgo build, waits forever
// in a process namespace. It must follow no_new_privs.
func fence(o order, r *report) error {
	abi, err := ll.LandlockGetABIVersion()
	if err != nil || abi < 1 {
		r.NotLandlock = fmt.Sprint("not built in or not switched on: ", err)
		return nil
	}
	all := known(abi)
	set, err := ll.LandlockCreateRuleset(&all, 0)
	if err != nil {
		return fmt.Errorf("landlock: %w", err)
	}
	defer func() { _ = unix.Close(set) }()
	allow := func(path string, file, dir uint64) error {
		fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer func() { _ = unix.Close(fd) }()
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			return err
		}
		access := file
		if st.Mode&unix.S_IFMT == unix.S_IFDIR {
			access = dir
		}
		return ll.LandlockAddPathBeneathRule(set, &ll.PathBeneathAttr{ParentFd: fd, AllowedAccess: access & all.HandledAccessFS}, 0)
	}
	for _, p := range system {
		if err := allow(p, readFile, readDir); err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.EACCES) {
			return fmt.Errorf("landlock: %s: %w", p, err)
		}
	}
	for _, p := range o.Read {
		if err := errors.Join(allow(p, readFile, readDir), unix.Access(p, unix.R_OK)); err != nil {
			return fmt.Errorf("the user that tools run as cannot read an input; copy it into the task's folder: %w", err)
		}
	}
	if o.ByFile {
		if err := allow("/proc/self/fd/"+strconv.Itoa(toolFile), readFile, 0); err != nil {
			return fmt.Errorf("landlock: the tool: %w", err)
		}
	}
	if err := allow(os.DevNull, writeFile, 0); err != nil {
		return fmt.Errorf("landlock: %s: %w", os.DevNull, err)
	}
	if o.Path != "" { // a report writes nothing
		if err := allow(".", 0, writeDir); err != nil {
			return fmt.Errorf("landlock: the folder: %w", err)
		}
	}
	if err := ll.LandlockRestrictSelf(set, 0); err != nil {
		return fmt.Errorf("landlock: %w", err)
	}
	r.Landlock = abi
	return nil
}
