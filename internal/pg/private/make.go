// SPDX-License-Identifier: Apache-2.0

package private

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// makeCluster makes an empty cluster at data. It grows under the name
// data+".new" and is renamed when complete; what an earlier try left under
// that name is removed.
//
// The locale is C: indexes then survive an upgrade of the system's C library,
// and whoever sorts for people names a collation.
func (p *place) makeCluster(ctx context.Context, bin programs, data string, test bool) error {
	growing := data + ".new"
	if err := endAll(ctx, growing); err != nil {
		return err
	}
	if err := os.RemoveAll(growing); err != nil {
		return fmt.Errorf("remove a half-made database: %w", err)
	}
	if err := os.Mkdir(growing, 0o700); err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	if err := p.give(growing); err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	path, door, err := p.enter(growing)
	if err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	args := []string{
		"--pgdata=" + path, "--username=" + Superuser, "--encoding=UTF8", "--locale=C",
		"--data-checksums", "--auth-local=peer", "--auth-host=reject",
	}
	if test {
		args = append(args, "--no-sync")
	}
	cmd := p.command(bin.path("initdb"), args...)
	if door != nil {
		defer func() { _ = door.Close() }()
		cmd.ExtraFiles = []*os.File{door}
	}
	if err := run(ctx, cmd); err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	if err := os.Rename(growing, data); err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	return syncDir(p.dir)
}

// syncDir makes renames in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// configure writes the three configuration files of a cluster, at every start.
// Changes of an operator go into custom.conf, which is included last.
func (p *place) configure(data string, major int, test bool) error {
	files := map[string]string{
		"postgresql.conf": p.settings(major, test),
		"pg_hba.conf":     "local all all peer map=tillgang\n",
		"pg_ident.conf":   p.identities(),
	}
	if test {
		files["pg_hba.conf"] = "local all all trust\n"
	}
	for name, text := range files {
		if err := p.write(filepath.Join(data, name), text); err != nil {
			return fmt.Errorf("configure the database: %w", err)
		}
	}
	return nil
}

func (p *place) write(path, text string) error {
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, []byte("# Written at every start. Put changes into custom.conf.\n"+text), 0o600); err != nil {
		return err
	}
	if err := p.give(tmp); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// identities lets the user that runs Postgres, the one that runs the server,
// and root, sign in as the roles of the product, and nobody else.
func (p *place) identities() string {
	var s strings.Builder
	who := []string{p.user, p.server, "root"}
	slices.Sort(who)
	for _, name := range slices.Compact(who) {
		for _, role := range []string{Superuser, Owner, Application} {
			fmt.Fprintf(&s, "tillgang %q %s\n", name, role)
		}
	}
	return s.String()
}

// settings is postgresql.conf. Postgres gets a small part of the machine,
// since pictures and films want the rest; its log, which goes to ours, names
// no values that people have entered.
func (p *place) settings(major int, test bool) string {
	mb := memory()
	var s strings.Builder
	set := func(name string, value any) { fmt.Fprintf(&s, "%s = '%v'\n", name, value) }

	set("listen_addresses", "")
	set("unix_socket_directories", p.sockets)
	set("unix_socket_permissions", "0700")
	set("port", port)
	set("cluster_name", "tillgang")
	set("timezone", "UTC")

	set("max_connections", 60)
	set("shared_buffers", fmt.Sprintf("%dMB", min(max(mb/4, 32), 8192)))
	set("effective_cache_size", fmt.Sprintf("%dMB", max(mb/2, 64)))
	set("work_mem", "8MB")
	set("maintenance_work_mem", fmt.Sprintf("%dMB", min(max(mb/32, 32), 256)))
	set("max_wal_size", "512MB")
	set("min_wal_size", "64MB")
	set("wal_compression", "on")
	set("checkpoint_completion_target", 0.9)
	set("random_page_cost", 1.1)
	set("jit", "off")
	set("max_parallel_workers_per_gather", 1)
	set("autovacuum_max_workers", 2)
	set("autovacuum_naptime", "30s")
	set("idle_in_transaction_session_timeout", "5min")
	if major >= 16 {
		set("createrole_self_grant", "set, inherit") // as before 16: who makes a role may become it
	}

	set("logging_collector", "off")
	set("log_line_prefix", "")
	set("log_checkpoints", "off")
	set("log_lock_waits", "on")
	set("log_min_duration_statement", "1s")
	set("log_error_verbosity", "terse")
	set("log_min_error_statement", "panic")
	set("log_parameter_max_length", 0)
	set("log_parameter_max_length_on_error", 0)
	if test {
		set("fsync", "off")
		set("synchronous_commit", "off")
		set("full_page_writes", "off")
		set("max_connections", 300)
		set("shared_buffers", "128MB")
		set("max_wal_size", "2GB")
		set("checkpoint_timeout", "1h")
		set("wal_level", "minimal")
		set("max_wal_senders", 0)
		set("max_locks_per_transaction", 256)
		set("log_min_duration_statement", -1)
	}
	s.WriteString("include_if_exists 'custom.conf'\n")
	return s.String()
}

// memory returns how many megabytes this machine, or its container, has.
func memory() int {
	mb := 2048
	var si unix.Sysinfo_t
	if unix.Sysinfo(&si) == nil {
		mb = int(si.Totalram * uint64(si.Unit) >> 20) // megabytes fit
	}
	if b, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if n, err := strconv.ParseInt(string(bytes.TrimSpace(b)), 10, 64); err == nil { // or the word "max"
			mb = min(mb, int(n>>20))
		}
	}
	return mb
}

// exists reports whether there is something at path.
func exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
