// SPDX-License-Identifier: Apache-2.0

package private

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"

	"tillgang/internal/fault"
)

// Running is a cluster that another process has started.
type Running struct {
	sockets string
}

// URL returns the connection string of a database in the cluster, as its owner.
func (r *Running) URL(database string) string { return address(r.sockets, Owner, database) }

// Attach finds the cluster that a server runs in cfg.Dir, for a command beside
// that server; a server that is just starting is waited for, until ctx ends or
// half a minute is over. Only the server's user and root may.
//
// Fault: postgres.not_running.
func Attach(ctx context.Context, cfg Config) (*Running, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		r, err := holder(cfg.Dir)
		if err != nil {
			return nil, err
		}
		err = errors.New("it is just starting")
		if r.sockets != "" {
			var conn *pgx.Conn
			if conn, err = pgx.Connect(ctx, r.URL(Database)); err == nil {
				return r, conn.Close(ctx)
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("connect to the running server's database: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// holder returns what the server that holds the directory has written down,
// which at its very start is nothing.
func holder(dir string) (*Running, error) {
	none := fault.New(fault.NotFound, "postgres.not_running", fmt.Sprintf("No server runs a database in %s.", dir))
	f, err := os.Open(filepath.Join(dir, lockName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, none
	}
	if err != nil {
		return nil, directoryFault(dir, err)
	}
	defer func() { _ = f.Close() }()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB); err == nil {
		return nil, errors.Join(none, unix.Flock(int(f.Fd()), unix.LOCK_UN))
	}
	b, err := os.ReadFile(f.Name())
	if err != nil {
		return nil, directoryFault(dir, err)
	}
	_, sockets, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	return &Running{sockets: sockets}, nil
}
