// SPDX-License-Identifier: Apache-2.0

package private

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"

	"tillgang/internal/fault"
)

// Upgrade carries the cluster in cfg.Dir over to another major version of
// Postgres: cfg.Major, or the newest installed. No server may be running on
// it, and both versions must be installed. It returns the major versions from
// and to, which are equal if there was nothing to do.
//
// It dumps the old cluster and restores it into a new one beside it, compares
// the two, and then exchanges their names. The old one stays as it was, as
// "data.15" for instance, until somebody removes it. Interrupted at any point,
// it has changed nothing, or can be run again to finish.
//
// Faults: those of [Start], and postgres.disk_full, postgres.upgrade_differs.
func Upgrade(ctx context.Context, cfg Config) (from, to int, err error) {
	return upgrade(ctx, cfg, false)
}

// upgrade also does it between equal versions, if always is set.
func upgrade(ctx context.Context, cfg Config, always bool) (from, to int, err error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	p, err := settle(cfg.Dir)
	if err != nil {
		return 0, 0, err
	}
	defer p.release()
	u := &move{place: p, cfg: cfg, growing: p.data + ".upgrade", dump: filepath.Join(p.dir, "upgrade.dump")}
	if err := u.finishEarlier(); err != nil {
		return 0, 0, err
	}
	if from, err = majorOf(p.data); err != nil {
		return 0, 0, fmt.Errorf("database directory: %w", err)
	}
	if from == 0 {
		return 0, 0, fault.New(fault.NotFound, "postgres.no_cluster", fmt.Sprintf(
			"There is no private database in %s: nothing to upgrade.", p.dir))
	}
	all := find(ctx, cfg.Binaries)
	if u.older, err = choose(all, p.data, from, 0); err != nil {
		return from, 0, err
	}
	if u.newer, err = choose(all, p.data, 0, cfg.Major); err != nil {
		return from, 0, err
	}
	to = u.newer.major
	if to < from {
		return from, to, fault.New(fault.Invalid, "postgres.downgrade", fmt.Sprintf(
			"The database is of Postgres %d already; it cannot go back to %d.", from, to))
	}
	if from == to && !always {
		return from, to, nil
	}
	if err := u.chooseTools(); err != nil {
		return from, to, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(u.dump)) }()
	if err := u.carry(ctx); err != nil {
		return from, to, errors.Join(err, os.RemoveAll(u.growing))
	}
	return from, to, u.exchange(from)
}

// move is one upgrade.
type move struct {
	*place
	cfg          Config
	older, newer programs
	tools        programs // whose pg_dump, pg_restore and psql are used
	growing      string   // the new cluster
	dump         string
}

// chooseTools prefers the newer programs, as Postgres recommends.
func (u *move) chooseTools() error {
	for _, t := range []programs{u.newer, u.older} {
		if t.has("pg_dump", "pg_dumpall", "pg_restore", "psql") {
			u.tools = t
			return nil
		}
	}
	return fault.New(fault.Unavailable, "postgres.not_installed",
		"The programs pg_dump, pg_restore and psql are missing beside Postgres. On Debian: apt-get install postgresql-client")
}

// carry fills the new cluster with what the old one has and compares them.
func (u *move) carry(ctx context.Context) (err error) {
	old, err := u.start(ctx, u.older, u.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, old.end(context.WithoutCancel(ctx))) }()
	if err := u.room(ctx, old); err != nil {
		return err
	}
	u.cfg.Log.InfoContext(ctx, "the database is being dumped", slog.Int("postgres", u.older.major))
	before, err := inventory(ctx, old)
	if err != nil {
		return err
	}
	if err := u.save(ctx, old); err != nil {
		return err
	}
	if err := old.end(context.WithoutCancel(ctx)); err != nil { // frees the socket for the new one
		return err
	}

	u.cfg.Log.InfoContext(ctx, "the database is being restored", slog.Int("postgres", u.newer.major))
	if err := endAll(ctx, u.growing); err != nil { // of an upgrade that was killed
		return err
	}
	if err := os.RemoveAll(u.growing); err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	if err := u.makeCluster(ctx, u.newer, u.growing, u.cfg.Test); err != nil {
		return err
	}
	fresh, err := u.start(ctx, u.newer, u.growing)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fresh.end(context.WithoutCancel(ctx))) }()
	if err := u.restore(ctx, fresh); err != nil {
		return err
	}
	after, err := inventory(ctx, fresh)
	if err != nil {
		return err
	}
	if d := difference(before, after); d != "" {
		return fault.New(fault.Internal, "postgres.upgrade_differs", fmt.Sprintf(
			"The upgraded database differs from the old one, which is left in use: %s. Please report this.", d))
	}
	return nil
}

func (u *move) start(ctx context.Context, bin programs, data string) (*Cluster, error) {
	return launch(ctx, u.place, bin, data, u.cfg)
}

// room refuses to begin what the disk has no space for: the new cluster is at
// most as large as the old, and the compressed dump smaller.
func (u *move) room(ctx context.Context, old *Cluster) error {
	conn, err := pgx.Connect(ctx, old.url(Superuser, Database))
	if err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	var size uint64
	err = conn.QueryRow(ctx, `select pg_database_size(current_database())`).Scan(&size)
	if err = errors.Join(err, conn.Close(ctx)); err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(u.dir, &fs); err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	const cluster = 256 << 20                                // an empty cluster and its write-ahead log
	free, need := fs.Bavail*uint64(fs.Bsize), 2*size+cluster //nolint:gosec // a block size is positive
	if free < need {
		return fault.New(fault.Unavailable, "postgres.disk_full", fmt.Sprintf(
			"The upgrade needs %d MB in %s, and %d MB are free. Nothing was changed.", need>>20, u.dir, free>>20))
	}
	return nil
}

// save dumps the roles and the database.
func (u *move) save(ctx context.Context, old *Cluster) error {
	if err := os.RemoveAll(u.dump); err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	if err := os.Mkdir(u.dump, 0o700); err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	roles := filepath.Join(u.dump, "roles.sql")
	err := u.tool(ctx, "pg_dumpall", "--roles-only", "--file="+roles, "--dbname="+old.url(Superuser, "postgres"))
	if err != nil {
		return err
	}
	b, err := os.ReadFile(roles)
	if err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	// The new cluster has this one from birth.
	sql := strings.Replace(string(b), "CREATE ROLE "+Superuser+";\n", "", 1)
	if err := os.WriteFile(roles, []byte(sql), 0o600); err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	return u.tool(ctx, "pg_dump", "--format=directory", "--compress=1", "--jobs="+jobs(),
		"--file="+filepath.Join(u.dump, "database"), "--dbname="+old.url(Superuser, Database))
}

// restore fills a new cluster and gathers the statistics its plans need.
func (u *move) restore(ctx context.Context, fresh *Cluster) error {
	err := u.tool(ctx, "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1",
		"--file="+filepath.Join(u.dump, "roles.sql"), "--dbname="+fresh.url(Superuser, "postgres"))
	if err != nil {
		return err
	}
	err = u.tool(ctx, "pg_restore", "--create", "--exit-on-error", "--jobs="+jobs(),
		"--dbname="+fresh.url(Superuser, "postgres"), filepath.Join(u.dump, "database"))
	if err != nil {
		return err
	}
	return u.tool(ctx, "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1",
		"--command=analyze", "--dbname="+fresh.url(Superuser, Database))
}

// tool runs a client program as this process's own user.
func (u *move) tool(ctx context.Context, name string, args ...string) error {
	cmd := u.command(u.tools.path(name), args...)
	cmd.SysProcAttr.Credential = nil
	if err := run(ctx, cmd); err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	return nil
}

func jobs() string { return strconv.Itoa(min(runtime.NumCPU(), 4)) }

// exchange gives the new cluster the old one's name and sets the old one aside.
func (u *move) exchange(from int) error {
	err := unix.Renameat2(unix.AT_FDCWD, u.growing, unix.AT_FDCWD, u.data, unix.RENAME_EXCHANGE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		// A file system that cannot exchange names. Killed between the two
		// renames, Start refuses, and the next Upgrade finishes.
		if err = u.setAside(u.data, from); err == nil {
			err = os.Rename(u.growing, u.data)
		}
	} else if err == nil {
		err = u.setAside(u.growing, from)
	}
	if err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	return syncDir(u.dir)
}

// setAside renames a cluster to data.<major>, or data.<major>.2 and so on.
func (u *move) setAside(path string, major int) error {
	base := fmt.Sprintf("%s.%d", u.data, major)
	name := base
	for n := 2; ; n++ {
		there, err := exists(name)
		if err != nil {
			return err
		}
		if !there {
			return os.Rename(path, name)
		}
		name = fmt.Sprintf("%s.%d", base, n)
	}
}

// finishEarlier completes an upgrade that was killed among its last renames,
// which come after the new cluster has been found complete.
func (u *move) finishEarlier() error {
	now, err := majorOf(u.data)
	if err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	beside, err := majorOf(u.growing)
	if err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	switch {
	case beside == 0:
		return nil
	case now == 0: // the old one was set aside, the new one not yet put in its place
		err = os.Rename(u.growing, u.data)
	case beside < now: // exchanged, the old one not yet set aside
		err = u.setAside(u.growing, beside)
	}
	if err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	return syncDir(u.dir)
}
