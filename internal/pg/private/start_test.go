// SPDX-License-Identifier: Apache-2.0

package private

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/fault"
)

func TestTheOwnerHasWhatTheProductNeedsAndNoMore(t *testing.T) {
	t.Parallel()
	dir := directory(t)
	c := begin(t, Config{Dir: dir})
	conn := connect(t, c.URL(Database))
	for _, sql := range []string{
		"create extension pg_trgm", "create extension unaccent", "create extension btree_gin",
		"create table kept (id int primary key)", "insert into kept values (1)",
		"create role " + Application + " login", "grant select on kept to " + Application,
		"grant " + Application + " to " + Owner,
		"set role " + Application, "select * from kept", "reset role",
	} {
		exec1(t, conn, sql)
	}
	for setting, want := range map[string]string{
		"is_superuser": "off", "data_checksums": "on", "server_encoding": "UTF8", "lc_collate": "C",
		"listen_addresses": "", "fsync": "on", "synchronous_commit": "on",
	} {
		if got := ask1[string](t, conn, "show "+setting); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	for _, sql := range []string{"create role boss superuser", "create database other", "copy kept to program 'cat'"} {
		if _, err := conn.Exec(t.Context(), sql); err == nil {
			t.Errorf("the owner may %s", sql)
		}
	}
	if got := ask1[string](t, connect(t, c.url(Application, Database)), "select current_user::text"); got != Application {
		t.Errorf("signed in as %s", got)
	}
	if !strings.HasPrefix(c.Version(), strconv.Itoa(c.bin.major)) {
		t.Errorf("version %q", c.Version())
	}

	halt(t, c)
	select {
	case <-c.Done():
	default:
		t.Error("not done after Stop")
	}
	if _, err := pgx.Connect(t.Context(), c.URL(Database)); err == nil {
		t.Error("Postgres still runs after Stop")
	}
	again := begin(t, Config{Dir: dir})
	if err := c.Stop(t.Context()); err != nil { // must not take the directory from the next server
		t.Error(err)
	}
	if got := ask1[int](t, connect(t, again.URL(Database)), "select count(*) from kept"); got != 1 {
		t.Errorf("%d rows after a restart", got)
	}
	if _, err := Start(t.Context(), Config{Dir: dir}); fault.CodeOf(err) != "postgres.in_use" {
		t.Errorf("after a second Stop of the first, a third server got %v", err)
	}
}

func TestASecondServerOnTheDirectoryIsRefusedByNameOfTheFirst(t *testing.T) {
	t.Parallel()
	dir := directory(t)
	c := begin(t, Config{Dir: dir, Test: true})
	for range 2 {
		_, err := Start(t.Context(), Config{Dir: dir, Test: true})
		if fault.CodeOf(err) != "postgres.in_use" || !strings.Contains(fault.As(err).Text, strconv.Itoa(os.Getpid())) {
			t.Fatalf("second server: %v", err)
		}
	}
	if _, _, err := Upgrade(t.Context(), Config{Dir: dir, Test: true}); fault.CodeOf(err) != "postgres.in_use" {
		t.Fatalf("upgrade under a running server: %v", err)
	}
	ask1[int](t, connect(t, c.URL(Database)), "select 1") // the first is unharmed
}

func TestNothingListensOnTCP(t *testing.T) {
	t.Parallel()
	c := begin(t, Config{Dir: directory(t), Test: true})
	pid := c.master()
	own := map[string]bool{}
	fds, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil || len(fds) == 0 {
		t.Fatalf("descriptors of process %d: %v", pid, err)
	}
	for _, fd := range fds {
		to, _ := os.Readlink(fd) // it may just have been closed
		if inode, ok := strings.CutPrefix(to, "socket:["); ok {
			own[strings.TrimSuffix(inode, "]")] = true
		}
	}
	if len(own) == 0 {
		t.Fatal("no socket seen at all, not even the unix one")
	}
	for _, table := range []string{"tcp", "tcp6"} {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		if os.IsNotExist(err) { // no IPv6
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			// proc_net(5): field 3 is the state, 0A is listening, field 9 the inode
			if f := strings.Fields(line); len(f) > 9 && f[3] == "0A" && own[f[9]] {
				t.Errorf("Postgres listens on %s", f[1])
			}
		}
	}
}

func TestAnotherUserCannotConnect(t *testing.T) {
	t.Parallel()
	c := begin(t, Config{Dir: directory(t)})
	fi, err := os.Stat(c.sockets)
	if err != nil {
		t.Fatal(err)
	}
	if st := fi.Sys().(*syscall.Stat_t); fi.Mode().Perm() != 0o700 || int(st.Uid) != c.uid {
		t.Errorf("the socket directory has mode %v and owner %d", fi.Mode(), st.Uid)
	}
	if os.Geteuid() != 0 {
		return // only root can try as somebody else
	}
	for _, role := range []string{Superuser, Owner} {
		attempt := func() string {
			cmd := exec.Command(c.bin.path("psql"), c.url(role, Database), "-c", "select 1")
			cmd.Dir, cmd.Env = "/", []string{}
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Errorf("another user connected as %s", role)
			}
			return string(out)
		}
		if out := attempt(); !strings.Contains(out, "Permission denied") {
			t.Errorf("at the closed door: %s", out)
		}
		// Even through open doors Postgres does not let him in.
		for path, mode := range map[string]os.FileMode{c.sockets: 0o755, filepath.Join(c.sockets, socket): 0o777} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
		}
		if out := attempt(); !strings.Contains(out, "Peer authentication failed") {
			t.Errorf("at the open door: %s", out)
		}
		if err := os.Chmod(c.sockets, 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnyPathDoes(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"long":             strings.Repeat("long/", 20) + "pg",
		"odd":              `with space, 'quote" and å/pg`,
		"in a private one": "private/pg",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top := filepath.Dir(directory(t))
			if err := os.Mkdir(filepath.Join(top, "private"), 0o700); err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(top, path)
			for range 2 { // made, and made before
				c := begin(t, Config{Dir: dir, Test: true})
				conn := connect(t, c.URL(Database))
				exec1(t, conn, "create table if not exists t (n int)")
				exec1(t, connect(t, c.url(Superuser, Database)), "checkpoint")
				sockets := c.sockets
				halt(t, c)
				if _, err := os.Stat(sockets); !os.IsNotExist(err) {
					t.Errorf("the socket directory is left: %v", err)
				}
			}
		})
	}
}

func TestAnOrdinaryUserRunsPostgresHimself(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		c := begin(t, Config{Dir: directory(t), Test: true})
		if c.drop || c.uid != os.Geteuid() {
			t.Errorf("Postgres runs as %d", c.uid)
		}
		return
	}
	top := filepath.Dir(directory(t))
	program := filepath.Join(top, "server") // go test keeps its own where nobody else can read
	b, err := os.ReadFile(self(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, b, 0o755); err != nil {
		t.Fatal(err)
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	dir := filepath.Join(top, "pg")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, uid, uid); err != nil {
		t.Fatal(err)
	}
	p := serveApart(t, program, dir, &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)})
	p.ready(t)
	if err := p.input.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Fatal(err)
	}

	// Started by root next time, it stays with the user that owns it.
	c := begin(t, Config{Dir: dir})
	if c.uid != uid {
		t.Errorf("Postgres runs as %d instead of %d, whose cluster it is", c.uid, uid)
	}
	halt(t, c)

	// Without a name, and without the right to the directory, one is told so.
	for uid, code := range map[uint32]string{123456: "postgres.user", 1: "postgres.directory"} {
		other := filepath.Join(top, fmt.Sprint(uid))
		if uid == 1 {
			other = dir
		}
		p := serveApart(t, program, other, &syscall.Credential{Uid: uid, Gid: uid})
		if said := p.says(t); !strings.Contains(said, code) && !strings.Contains(said, "postgres.directory") {
			t.Errorf("as user %d: %s", uid, said)
		}
	}
}

func TestAStartThatIsGivenUpLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := directory(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if c, err := Start(ctx, Config{Dir: dir}); err == nil {
		halt(t, c)
		t.Fatal("started")
	}
	if pids := append(living(filepath.Join(dir, "data")), living(filepath.Join(dir, "data.new"))...); len(pids) > 0 {
		t.Errorf("processes %v are left", pids)
	}
	begin(t, Config{Dir: dir}) // nor is it locked
}

func TestTheLogNamesNoValues(t *testing.T) {
	t.Parallel()
	var log notes
	c := begin(t, Config{Dir: directory(t), Log: log.logger()})
	conn := connect(t, c.URL(Database))
	exec1(t, conn, "create table person (name text primary key)")
	exec1(t, conn, "insert into person values ($1)", "Astrid")
	if _, err := conn.Exec(t.Context(), "insert into person values ($1)", "Astrid"); err == nil {
		t.Fatal("twice")
	}
	if _, err := conn.Exec(t.Context(), "insert into person values ('Astrid')"); err == nil {
		t.Fatal("twice")
	}
	conn = connect(t, c.url(Superuser, Database))
	exec1(t, conn, "set log_min_duration_statement = 0")
	exec1(t, conn, "select pg_sleep(0) from person where name = $1", "Astrid")
	eventually(t, "the log line", func() bool { return strings.Contains(log.String(), "pg_sleep") })
	if s := log.String(); strings.Contains(s, "Astrid") || !strings.Contains(s, "person_pkey") {
		t.Errorf("the log: %s", s)
	}
}

func TestMissingProgramsAreNamed(t *testing.T) {
	t.Parallel()
	_, err := choose(nil, "/data", 0, 0)
	if fault.CodeOf(err) != "postgres.not_installed" || !strings.Contains(fault.As(err).Text, "TILLGANG_DATABASE_URL") {
		t.Errorf("none installed: %v", err)
	}
	some := []programs{{major: 18}, {major: 15}, {major: 15}}
	if _, err = choose(some, "/data", 0, 17); !strings.Contains(fault.As(err).Text, "Postgres 18, 15.") {
		t.Errorf("another one asked for: %v", err)
	}
	if p, err := choose(some, "/data", 15, 18); err != nil || p.major != 15 {
		t.Errorf("a cluster of 15 got %v, %v", p, err)
	}
	if p, err := choose(some, "/data", 0, 0); err != nil || p.major != 18 {
		t.Errorf("a new cluster got %v, %v", p, err)
	}
}
