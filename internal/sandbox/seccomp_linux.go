// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package sandbox

import (
	"fmt"
	"os"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// denied system calls answer EPERM: what no converter needs and what attacks
// on the kernel begin with. A list of allowed ones would be stricter, and would
// break with every new libc and codec.
var denied = []uint32{
	// network, also to abstract and unix sockets
	unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4,
	// other processes
	unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PROCESS_MADVISE, unix.SYS_PIDFD_GETFD, unix.SYS_KCMP,
	// file systems and namespaces
	unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_MOVE_MOUNT, unix.SYS_OPEN_TREE, unix.SYS_FSOPEN,
	unix.SYS_FSCONFIG, unix.SYS_FSMOUNT, unix.SYS_FSPICK, unix.SYS_MOUNT_SETATTR, unix.SYS_UNSHARE, unix.SYS_SETNS,
	unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_NAME_TO_HANDLE_AT, unix.SYS_FANOTIFY_INIT, unix.SYS_QUOTACTL, unix.SYS_SWAPON, unix.SYS_SWAPOFF,
	// parts of the kernel with many holes in the past
	unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER,
	unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_VMSPLICE,
	// the machine
	unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE, unix.SYS_KEXEC_LOAD, unix.SYS_REBOOT, unix.SYS_SYSLOG, unix.SYS_ACCT,
	unix.SYS_CLOCK_SETTIME, unix.SYS_CLOCK_ADJTIME, unix.SYS_SETTIMEOFDAY, unix.SYS_ADJTIMEX, unix.SYS_SETHOSTNAME, unix.SYS_SETDOMAINNAME,
	unix.SYS_PERSONALITY,
}

// Where no process namespace hides the others and catches runaways, leaving
// the process group is refused too, and so are signals and limits for any
// process but the task's first: the server may be the same user.
var (
	leaving = []uint32{
		unix.SYS_SETSID, unix.SYS_SETPGID, unix.SYS_TKILL, unix.SYS_RT_SIGQUEUEINFO, unix.SYS_RT_TGSIGQUEUEINFO, unix.SYS_PIDFD_SEND_SIGNAL,
	}
	onlyItself = []uint32{unix.SYS_KILL, unix.SYS_TGKILL, unix.SYS_PRLIMIT64} // the first argument is a process, 0 is the caller's own
)

// newNamespaces are the flags of clone(2) that would make namespaces, in which
// a task would have rights over parts of the kernel that it has not outside.
const newNamespaces = unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS |
	unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP

// filter installs the list as a classic BPF program (seccomp(2)) over struct
// seccomp_data: the call's number at offset 0, the architecture at 4, the
// first argument at 16. Call it in the thread that calls exec: exec ends all
// the others, so they need no filter.
func filter(stay bool) error {
	const (
		load = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		eq   = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		ge   = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
		set  = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
		ret  = unix.BPF_RET | unix.BPF_K

		kill    = unix.SECCOMP_RET_KILL_PROCESS
		allow   = unix.SECCOMP_RET_ALLOW
		refuse  = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
		unknown = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
	)
	deny := slices.Clone(denied)
	if stay {
		deny = append(deny, leaving...)
	}
	p := []unix.SockFilter{
		{Code: load, K: 4},
		{Code: eq, K: auditArch, Jt: 1},
		{Code: ret, K: kill}, // calls of another ABI, with other numbers
		{Code: load, K: 0},
		{Code: ge, K: foreignFrom, Jf: 1},
		{Code: ret, K: kill},
		// clone3 hides its flags behind a pointer; libc falls back to clone when there is none.
		{Code: eq, K: unix.SYS_CLONE3, Jf: 1},
		{Code: ret, K: unknown},
		{Code: eq, K: unix.SYS_CLONE, Jf: 4},
		{Code: load, K: 16},
		{Code: set, K: newNamespaces, Jf: 1},
		{Code: ret, K: refuse},
		{Code: ret, K: allow},
	}
	for _, n := range onlyItself {
		if stay {
			p = append(p,
				unix.SockFilter{Code: eq, K: n, Jf: 5}, unix.SockFilter{Code: load, K: 16},
				unix.SockFilter{Code: eq, K: uint32(os.Getpid()), Jt: 2}, //nolint:gosec // process numbers are below 2^22
				unix.SockFilter{Code: eq, K: 0, Jt: 1},
				unix.SockFilter{Code: ret, K: refuse}, unix.SockFilter{Code: ret, K: allow})
		}
	}
	for i, n := range deny {
		p = append(p, unix.SockFilter{Code: eq, K: n, Jt: uint8(len(deny) - i)}) //nolint:gosec // far below 256, or the kernel refuses the program
	}
	p = append(p, unix.SockFilter{Code: ret, K: allow}, unix.SockFilter{Code: ret, K: refuse})
	prog := unix.SockFprog{Len: uint16(len(p)), Filter: &p[0]}                                                              //nolint:gosec // some hundred
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&prog)), 0, 0); err != nil { //nolint:gosec // the call's only form
		return fmt.Errorf("the kernel refuses a filter: %w", err)
	}
	return nil
}
