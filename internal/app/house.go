// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"tillgang/internal/account"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/blob"
	"tillgang/internal/bulk"
	"tillgang/internal/collection"
	"tillgang/internal/delivery"
	"tillgang/internal/discussion"
	"tillgang/internal/document"
	"tillgang/internal/effect"
	"tillgang/internal/egress"
	"tillgang/internal/folder"
	"tillgang/internal/ingest"
	"tillgang/internal/link"
	"tillgang/internal/mail"
	"tillgang/internal/notice"
	"tillgang/internal/pg"
	"tillgang/internal/pg/private"
	"tillgang/internal/picture"
	"tillgang/internal/queue"
	"tillgang/internal/relation"
	"tillgang/internal/rendition"
	asking "tillgang/internal/request"
	"tillgang/internal/sandbox"
	"tillgang/internal/scan"
	"tillgang/internal/search"
	"tillgang/internal/statistics"
	"tillgang/internal/work"
)

// house is all of it: the tools, then the rooms in the order of the law.
type house struct {
	cfg  Config
	log  *slog.Logger
	keys keys

	gate      *egress.Gate
	cluster   *private.Cluster // nil with a database of somebody else
	dbURL     string           // of the schema's owner
	dial      pg.DialFunc      // nil for unix sockets
	db        *pg.DB
	store     blob.Stager
	sandbox   *sandbox.Sandbox
	engine    picture.Engine
	documents document.Reader
	scanner   *scan.Scanner // nil: none is configured
	mail      *mail.Sender  // nil: none is configured
	queue     *queue.Queue

	audit       *audit.Service
	accounts    *account.Service
	folders     *folder.Service
	assets      *asset.Service
	ingest      *ingest.Service
	requests    *asking.Service
	renditions  *rendition.Service
	search      *search.Service
	effects     *effect.Service
	collections *collection.Service
	discussion  *discussion.Service
	relations   *relation.Service
	links       *link.Service
	bulk        *bulk.Service
	delivery    *delivery.Service
	work        *work.Service
	statistics  *statistics.Service
	notices     *notice.Service

	node    string                        // this process's, which one that was killed may have had; empty: nobody's
	closers []func(context.Context) error // run last to first
}

// open builds the house without starting anything that works by itself: for
// the server and for every subcommand that needs the rooms.
func open(ctx context.Context, cfg Config, log *slog.Logger, beside bool) (h *house, err error) {
	h = &house{cfg: cfg, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close(context.WithoutCancel(ctx)))
		}
	}()
	if err := os.MkdirAll(cfg.Data, 0o755); err != nil { //nolint:gosec // G301: the private database's user must enter; what is secret inside has a mode of its own
		return h, fmt.Errorf("make the data directory: %w", err)
	}
	master, err := masterSecret(cfg)
	if err != nil {
		return h, err
	}
	h.keys = makeKeys(master)
	if !beside {
		var free func()
		if h.node, free, err = claimNode(cfg.Data); err != nil {
			return h, err
		}
		h.onClose(func(context.Context) error { free(); return nil })
	}
	if h.gate, err = egress.New(egress.Policy{Countries: cfg.Countries}, log, clock); err != nil {
		return h, err
	}
	// What programs the machine has is tried while the database starts.
	tried := make(chan error, 1)
	go func() { tried <- h.openTools(ctx) }()
	if err = h.openDatabase(ctx, beside); err == nil {
		err = h.openStorage(ctx)
	}
	if tools := <-tried; err == nil {
		err = tools
	}
	if h.sandbox != nil {
		h.onClose(func(context.Context) error { return h.sandbox.Close() })
	}
	if err != nil {
		return h, err
	}
	return h, h.openRooms(ctx)
}

func (h *house) onClose(fn func(context.Context) error) { h.closers = append(h.closers, fn) }

// close stops what open opened, last first.
func (h *house) close(ctx context.Context) error {
	var errs []error
	for len(h.closers) > 0 {
		fn := h.closers[len(h.closers)-1]
		h.closers = h.closers[:len(h.closers)-1]
		errs = append(errs, fn(ctx))
	}
	return errors.Join(errs...)
}

// openDatabase connects to the configured database, or starts the private one;
// beside a running server it joins that server's.
func (h *house) openDatabase(ctx context.Context, beside bool) error {
	if err := h.findDatabase(ctx, beside); err != nil {
		return err
	}
	if err := pg.Migrate(ctx, h.dbURL, h.dial); err != nil {
		return err
	}
	db, err := pg.Open(ctx, h.dbURL, h.dial)
	if err != nil {
		return err
	}
	h.db = db
	h.onClose(func(context.Context) error { db.Close(); return nil })
	return nil
}

// findDatabase finds out where the database is.
func (h *house) findDatabase(ctx context.Context, beside bool) error {
	if h.cfg.DatabaseURL.IsZero() {
		pcfg := private.Config{Dir: filepath.Join(h.cfg.Data, "postgres"), Log: h.log}
		if beside {
			if running, err := private.Attach(ctx, pcfg); err == nil {
				h.dbURL = running.URL(databaseName)
			}
		}
		if h.dbURL == "" {
			cluster, err := private.Start(ctx, pcfg)
			if err != nil {
				return err
			}
			h.cluster, h.dbURL = cluster, cluster.URL(databaseName)
			h.onClose(cluster.Stop)
		}
		return nil
	}
	h.dbURL = h.cfg.DatabaseURL.Reveal()
	return h.declareDatabase()
}

const databaseName = "tillgang"

// declareDatabase puts a database server into the list of destinations. One on
// this machine needs no declaration; any other must say where it stands, and be
// reached over verified TLS.
func (h *house) declareDatabase() error {
	u, err := url.Parse(h.dbURL)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return fmt.Errorf("%sDATABASE_URL must have the form postgres://user:password@host:5432/database?sslmode=verify-full", prefix)
	}
	host, port := u.Hostname(), u.Port()
	if host == "" || strings.HasPrefix(u.Query().Get("host"), "/") {
		return nil // a unix socket
	}
	local := isLoopback(host)
	if !local && u.Query().Get("sslmode") != "verify-full" {
		return fmt.Errorf("%sDATABASE_URL leaves this machine and must say sslmode=verify-full, so that nobody in between can read or be the database", prefix)
	}
	if err := h.gate.Declare(egress.Destination{
		ID: "database", Host: strings.ToLower(host), Port: orPort(port, 5432), Purpose: egress.Database, DataKinds: []string{"everything but the bytes of files"},
		Country: strings.ToUpper(h.cfg.DatabaseCountry), Jurisdiction: strings.ToUpper(h.cfg.DatabaseJurisdiction), Site: h.cfg.DatabaseSite,
		Reviewer: reviewer, CIDRs: h.cfg.DatabaseNetworks, Plain: local,
	}); err != nil {
		return err
	}
	h.dial = h.gate.Dial(egress.Database)
	return nil
}
