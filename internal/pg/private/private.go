// SPDX-License-Identifier: Apache-2.0

package private

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"tillgang/internal/fault"
)

// Names inside the cluster.
const (
	Superuser   = "postgres"       // made the cluster; used for nothing but keeping it
	Owner       = "tillgang_owner" // owns the database and may make roles and trusted extensions; no superuser
	Application = "tillgang_app"   // may sign in if the owner makes it
	Database    = "tillgang"       // what the product keeps
)

const (
	port   = "5432" // part of the socket's name, not a TCP port
	socket = ".s.PGSQL." + port
)

// Config says where a cluster lives.
type Config struct {
	Dir      string       // made if missing
	Log      *slog.Logger // nil: nothing is logged
	Binaries []string     // directories to look for Postgres programs in, before the usual ones
	Major    int          // major version for a new cluster or an upgrade; 0: the newest installed

	// Test gives up durability and the question who is connecting for speed
	// and ease: for clusters that are thrown away.
	Test bool
}

// Cluster is a running private Postgres. If Postgres dies, it is started
// again; who was connected sees his connection break.
type Cluster struct {
	*place
	bin  programs
	test bool
	log  *slog.Logger

	stopping chan struct{} // closed by the first Stop
	stop     sync.Once
	done     chan struct{} // closed when Postgres has ended for good
	ready    chan struct{} // closed when Postgres has taken its first connection
	failed   error         // why it ended before it was ready; read after done

	mu   sync.Mutex
	cmd  *exec.Cmd // the postmaster, nil between two
	said []string  // its last lines
}

// Start starts the cluster in cfg.Dir, making it first if there is none, and
// returns when the database can be used. ctx bounds the start only, which
// after a crash of the machine takes as long as recovery does. The caller
// stops the cluster; if the process dies before, Postgres shuts down too.
//
// Faults: postgres.in_use, postgres.not_installed, postgres.major_mismatch,
// postgres.directory, postgres.user, postgres.upgrade_interrupted.
func Start(ctx context.Context, cfg Config) (*Cluster, error) {
	p, err := settle(cfg.Dir)
	if err != nil {
		return nil, err
	}
	c, err := start(ctx, p, cfg)
	if err != nil {
		p.release()
		return nil, err
	}
	return c, nil
}

// start does the work of Start in a directory that is held.
func start(ctx context.Context, p *place, cfg Config) (*Cluster, error) {
	major, err := majorOf(p.data)
	if err != nil {
		return nil, fmt.Errorf("database directory: %w", err)
	}
	if major == 0 {
		if err := p.neverBefore(); err != nil {
			return nil, err
		}
	}
	bin, err := choose(find(ctx, cfg.Binaries), p.data, major, cfg.Major)
	if err != nil {
		return nil, err
	}
	if major == 0 {
		if err := p.makeCluster(ctx, bin, p.data, cfg.Test); err != nil {
			return nil, err
		}
	}
	c, err := launch(ctx, p, bin, p.data, cfg)
	if err != nil {
		return nil, err
	}
	if err := c.prepare(ctx); err != nil {
		return nil, errors.Join(err, c.end(context.WithoutCancel(ctx)))
	}
	return c, nil
}

// neverBefore refuses to make an empty cluster where one has been: an upgrade
// that was killed between two renames leaves both beside the name.
func (p *place) neverBefore() error {
	if there, err := exists(p.data); err != nil || there {
		if err == nil {
			err = fmt.Errorf("%s exists and is no Postgres cluster", p.data)
		}
		return directoryFault(p.dir, err)
	}
	beside, err := os.ReadDir(p.dir)
	if err != nil {
		return directoryFault(p.dir, err)
	}
	for _, e := range beside {
		other := filepath.Join(p.dir, e.Name())
		if !strings.HasPrefix(e.Name(), "data.") || other == p.data+".new" {
			continue
		}
		if major, err := majorOf(other); err != nil || major != 0 {
			return &fault.Error{Kind: fault.Conflict, Code: "postgres.upgrade_interrupted", Err: err, Text: fmt.Sprintf(
				"%s is missing, but %s is there. If an upgrade was interrupted, run: tillgang db upgrade. "+
					"Else rename the one that is right to data.", p.data, other)}
		}
	}
	return nil
}

// URL returns the connection string of a database in the cluster, as its
// owner: a postgres:// URL that names the socket.
func (c *Cluster) URL(database string) string { return c.url(Owner, database) }

func (c *Cluster) url(role, database string) string { return address(c.sockets, role, database) }

func address(sockets, role, database string) string {
	q := url.Values{"host": {sockets}, "port": {port}, "sslmode": {"disable"}}
	return (&url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + database, RawQuery: q.Encode()}).String()
}

// Version returns the version of the Postgres that runs, such as "15.20".
func (c *Cluster) Version() string { return c.bin.version }

// Programs returns the directory of the Postgres programs in use, such as
// psql and pg_dump.
func (c *Cluster) Programs() string { return c.bin.dir }

// Done is closed when Postgres has ended for good, after Stop.
func (c *Cluster) Done() <-chan struct{} { return c.done }

// Stop shuts Postgres down, breaking the connections that are left, and gives
// the directory free. It waits 20 s, or until ctx ends, before it shuts down
// hard; the next start then has recovery to do, and the error says so. Nothing
// committed is lost either way. A second Stop does nothing.
func (c *Cluster) Stop(ctx context.Context) error {
	err := c.end(ctx)
	c.release()
	return err
}

// end stops Postgres but keeps the directory held.
func (c *Cluster) end(ctx context.Context) (err error) {
	c.stop.Do(func() { err = c.shut(ctx) })
	return err
}

func (c *Cluster) shut(ctx context.Context) error {
	close(c.stopping)
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	c.signal(syscall.SIGINT)
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
	}
	c.signal(syscall.SIGQUIT)
	select {
	case <-c.done:
	case <-time.After(10 * time.Second):
		c.signal(syscall.SIGKILL)
		<-c.done
	}
	return errors.New("postgres did not shut down in time and was ended hard: it recovers at the next start")
}

// signal sends a signal to the postmaster, if there is one.
func (c *Cluster) signal(sig os.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd != nil {
		_ = c.cmd.Process.Signal(sig) // it may have ended just now
	}
}

// lastWords returns what Postgres said last, for an error.
func (c *Cluster) lastWords() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.said, "; ")
}
