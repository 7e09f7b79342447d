// SPDX-License-Identifier: Apache-2.0

package private

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"tillgang/internal/fault"
)

// place is a directory with a cluster, held by this process alone, and the
// user that Postgres runs as there.
type place struct {
	dir      string // absolute
	data     string
	sockets  string // socket directory
	lock     *os.File
	released sync.Once
	user     string // operating system user that runs Postgres
	uid      int
	gid      int
	drop     bool   // this process is root and must become user to run Postgres
	shut     bool   // user cannot pass through the parents of dir: see enter
	server   string // operating system user of this process
}

// settle makes and locks the directory and decides who runs Postgres in it.
// The caller releases it.
func settle(dir string) (_ *place, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("database directory: %w", err)
	}
	p := &place{dir: dir, data: filepath.Join(dir, "data")}
	if err := os.MkdirAll(dir, 0o711); err != nil { //nolint:gosec // G301: the user that runs Postgres must pass through, and sees nothing
		return nil, directoryFault(dir, err)
	}
	if err := p.hold(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			p.release()
		}
	}()
	if err := p.chooseUser(); err != nil {
		return nil, err
	}
	if err := p.makeRun(); err != nil {
		return nil, err
	}
	return p, p.note(strconv.Itoa(os.Getpid()), p.sockets)
}

func directoryFault(dir string, err error) error {
	return &fault.Error{Kind: fault.Unavailable, Code: "postgres.directory", Err: err, Text: fmt.Sprintf(
		"The database directory %s cannot be used by this user. Start the server as the user that made it, "+
			"or set TILLGANG_DATA to another directory.", dir)}
}

// lockName is held by the running server and says, on a line each, its process
// id and its socket directory.
const lockName = "supervisor.lock"

// hold takes the lock that makes this process the only one here.
func (p *place) hold() error {
	f, err := os.OpenFile(filepath.Join(p.dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return directoryFault(p.dir, err)
	}
	for range 20 { // Attach holds it for an instant, to see whether it is free
		if err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err == nil {
			p.lock = f
			return p.note(strconv.Itoa(os.Getpid()))
		}
		time.Sleep(5 * time.Millisecond)
	}
	defer func() { _ = f.Close() }()
	if !errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	b, err := os.ReadFile(f.Name())
	if err != nil {
		return directoryFault(p.dir, err)
	}
	pid, _, _ := strings.Cut(string(b), "\n")
	return fault.New(fault.Conflict, "postgres.in_use", fmt.Sprintf(
		"Another server (process %s) already uses the database in %s. Stop it, or set TILLGANG_DATA to another directory.",
		pid, p.dir))
}

// note writes lines into the lock.
func (p *place) note(lines ...string) error {
	_, err := p.lock.WriteAt([]byte(strings.Join(lines, "\n")+"\n"), 0)
	if err == nil {
		err = p.lock.Truncate(int64(len(strings.Join(lines, "\n")) + 1))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", p.lock.Name(), err)
	}
	return nil
}

// release lets another server have the directory, once.
func (p *place) release() {
	p.released.Do(func() {
		_ = os.Remove(p.sockets) // empty by now, and made again at every start
		// Said, not left to Close: a program being started at this moment holds
		// a copy of the descriptor until it runs.
		_ = unix.Flock(int(p.lock.Fd()), unix.LOCK_UN)
		_ = p.lock.Close()
	})
}

// chooseUser decides who runs Postgres: this process's own user or, since
// Postgres refuses root, another one who can enter the directory.
func (p *place) chooseUser() error {
	self := os.Geteuid()
	me, err := user.LookupId(strconv.Itoa(self))
	if err != nil { // initdb and peer authentication both need a name
		return &fault.Error{Kind: fault.Unavailable, Code: "postgres.user", Err: err, Text: fmt.Sprintf(
			"The user id %d, under which the server runs, has no name on this machine, which Postgres needs. "+
				"Add it to /etc/passwd, or name a database of your own in TILLGANG_DATABASE_URL.", self)}
	}
	p.server, p.user, p.uid, p.gid = me.Username, me.Username, self, os.Getegid()
	owner, err := ownerOf(p.data)
	if err != nil {
		return fmt.Errorf("database directory: %w", err)
	}
	if self != 0 {
		if owner >= 0 && owner != self {
			return directoryFault(p.dir, fmt.Errorf("%s belongs to user id %d", p.data, owner))
		}
		return nil
	}
	p.drop = true
	candidates := []string{"tillgang", "postgres", "nobody"}
	if owner > 0 {
		u, err := user.LookupId(strconv.Itoa(owner))
		if err != nil {
			return directoryFault(p.dir, fmt.Errorf("owner of %s: %w", p.data, err))
		}
		candidates = []string{u.Username}
	}
	for _, name := range candidates {
		u, err := user.Lookup(name)
		if err != nil || u.Uid == "0" {
			continue
		}
		if p.uid, err = strconv.Atoi(u.Uid); err != nil {
			return fmt.Errorf("user %s: %w", name, err)
		}
		if p.gid, err = strconv.Atoi(u.Gid); err != nil {
			return fmt.Errorf("user %s: %w", name, err)
		}
		p.user = name
		p.shut = p.command("/usr/bin/test", "-x", p.dir).Run() != nil
		return nil
	}
	return fault.New(fault.Unavailable, "postgres.user",
		"Postgres does not run as root, and this machine has no user tillgang, postgres or nobody to run it. Make one: useradd --system tillgang")
}

// enter returns under which path a program that runs as p.user finds a cluster,
// and the open directory that the program must inherit as its descriptor 3, or
// nil. The caller closes it.
//
// A root server's data often lies under a private directory, such as /root or
// one of mktemp, that the user who runs Postgres cannot pass through. Then we
// open the door for him: /proc/self/fd/3 is the directory itself, whatever its
// parents say, and nothing else (proc_pid_fd(5)).
func (p *place) enter(data string) (path string, door *os.File, err error) {
	if !p.shut {
		return data, nil, nil
	}
	door, err = os.Open(data)
	return "/proc/self/fd/3", door, err
}

// ownerOf returns the user id that owns a path, -1 if there is no such path.
func ownerOf(path string) (int, error) {
	fi, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return -1, nil
	}
	if err != nil {
		return -1, err
	}
	return int(fi.Sys().(*syscall.Stat_t).Uid), nil
}

// plain is a path that needs no quoting in postgresql.conf and in a URL.
var plain = regexp.MustCompile(`^/[A-Za-z0-9/._-]*$`)

// longest is how long the socket directory's path may be: an address has room
// for 107 bytes (sun_path, unix(7)), of which the socket's own name takes 17.
const longest = 80

// makeRun makes the socket directory, which only the user that runs Postgres,
// and root, may enter.
func (p *place) makeRun() error {
	p.sockets = filepath.Join(p.dir, "run")
	if len(p.sockets) > longest || p.shut || !plain.MatchString(p.sockets) {
		h := fnv.New64a()
		_, _ = h.Write([]byte(p.dir))
		p.sockets = fmt.Sprintf("/tmp/tillgang-%d-%x", p.uid, h.Sum64())
	}
	if err := os.Mkdir(p.sockets, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("socket directory: %w", err)
	}
	// The fallback lies where everybody may write: what is there must be ours.
	fi, err := os.Lstat(p.sockets)
	if err != nil {
		return fmt.Errorf("socket directory: %w", err)
	}
	owner := int(fi.Sys().(*syscall.Stat_t).Uid)
	if !fi.IsDir() || owner != p.uid && owner != os.Geteuid() {
		return fault.New(fault.Conflict, "postgres.directory", fmt.Sprintf(
			"%s, where the database's socket belongs, is somebody else's. Remove it.", p.sockets))
	}
	if err := p.give(p.sockets); err != nil {
		return fmt.Errorf("socket directory: %w", err)
	}
	return os.Chmod(p.sockets, 0o700) //nolint:gosec // G302: a directory, entered by its owner alone
}

// give makes the user that runs Postgres the owner of a path.
func (p *place) give(path string) error {
	if !p.drop {
		return nil
	}
	return os.Lchown(path, p.uid, p.gid)
}
