// SPDX-License-Identifier: Apache-2.0

// Package pg opens the database, keeps its schema current and runs
// transactions. It knows no room.
//
// Two walls keep tenants apart. The first is that every statement of a room
// names its tenant's rows by rights computed for the actor; the second is row
// level security: the program works as the role tillgang_app, which can neither
// bypass nor alter the policies, and every transaction is bound to one tenant.
package pg

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"tillgang/internal/fault"
	"tillgang/internal/id"
)

// AppRole is the role that all of the program but its migrations works as.
const AppRole = "tillgang_app"

// DB is a pool of connections that work as AppRole.
type DB struct{ pool *pgxpool.Pool }

// Tx is one transaction, bound to a tenant or, rarely, across tenants.
type Tx = pgx.Tx

// DialFunc opens a connection to the database server.
type DialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// Open returns a pool on the database that url names, connecting lazily
// through dial (nil: pgx's own, for unix sockets of the private cluster).
// Close it.
func Open(ctx context.Context, url string, dial DialFunc) (*DB, error) {
	cfg, err := config(url, dial)
	if err != nil {
		return nil, err
	}
	cfg.ConnConfig.RuntimeParams["role"] = AppRole
	// A plan made for one actor's rights is wrong for the next: generic plans
	// made search ten times slower at the 99th percentile.
	cfg.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_custom_plan"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return &DB{pool}, nil
}

func config(url string, dial DialFunc) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fault.New(fault.Invalid, "database.url", "The database URL cannot be read. It has the form postgres://user:password@host:5432/database?sslmode=verify-full.")
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = 20
	}
	cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	cfg.MaxConnIdleTime = 5 * time.Minute
	if dial != nil {
		cfg.ConnConfig.DialFunc = pgconn.DialFunc(dial)
		// Names are resolved by whoever dials, who checks what they resolve to.
		cfg.ConnConfig.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	}
	p := cfg.ConnConfig.RuntimeParams
	p["application_name"] = "tillgang"
	p["timezone"] = "UTC"
	p["jit"] = "off"
	return cfg, nil
}

// Pool is the pool itself, for the job queue and for measuring. Statements of
// rooms go through In.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Close ends all connections, waiting for those in use.
func (db *DB) Close() { db.pool.Close() }

// Ping asks the database for a sign of life.
func (db *DB) Ping(ctx context.Context) error { return Fault(db.pool.Ping(ctx)) }

// bindTo begins a transaction and binds it to a tenant in one round trip. The
// identifier is written by us, in the form of a UUID.
const bindTo = `begin; select set_config('app.tenant_id', '%s', true)`

// In runs fn in one transaction that sees and writes the rows of one tenant
// only: committed if fn returns nil, else rolled back. A database that cannot
// be reached gives a fault of kind Unavailable. Do not wait for anything but
// the database inside fn, and start no second transaction in it.
func In(ctx context.Context, db *DB, tenant id.Tenant, fn func(tx Tx) error) error {
	if tenant.IsZero() {
		return errors.New("pg.In: no tenant")
	}
	return Fault(pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{BeginQuery: fmt.Sprintf(bindTo, tenant.UUID())}, fn))
}

const acrossAll = `begin; select set_config('app.across', 'on', true)`

// Across runs fn in a transaction bound to no tenant. It sees only the tables
// whose rows are found by a secret or a name before their tenant is known:
// tenants, accounts by address, sessions, keys, links and tickets; every other
// table answers with an error. The law lists who may call it.
func Across(ctx context.Context, db *DB, fn func(tx Tx) error) error {
	return Fault(pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{BeginQuery: acrossAll}, fn))
}

const askAcross = `select set_config('app.across', 'on', true)`

// AcrossOnce is Across for one batch of statements, in one round trip: the
// server takes what comes in one piece as one transaction.
func AcrossOnce(ctx context.Context, db *DB, queue func(b *pgx.Batch)) error {
	b := &pgx.Batch{}
	b.Queue(askAcross)
	queue(b)
	return Fault(db.pool.SendBatch(ctx, b).Close())
}

// Violates reports whether err is a breach of the named constraint.
func Violates(err error, constraint string) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.ConstraintName == constraint
}

// Fault turns an error that says the database cannot be reached or has no room
// for us into a fault of kind Unavailable, and leaves every other error alone.
func Fault(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if away(err) {
		return &fault.Error{
			Kind: fault.Unavailable, Code: "database.unavailable", RetryAfter: 5, Err: err,
			Text: "The database cannot be reached just now. Nothing was lost; try again in a few seconds.",
		}
	}
	return err
}

func away(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		// Classes of SQLSTATE: 08 connection, 53 resources, 57P admin shutdown
		// and starting up; 25006 is a standby that was not promoted yet.
		return strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "53") || strings.HasPrefix(e.Code, "57P") || e.Code == "25006"
	}
	if errors.Is(err, context.Canceled) {
		return false
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return pgconn.SafeToRetry(err) || strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "unexpected EOF")
}

const sqlMany = `select set_config('plan_cache_mode', 'auto', true)`

// Many says that the transaction will write a great many rows: what the database
// looks up for each of them, such as whether its folder exists, is then planned
// once, and not each time.
func Many(ctx context.Context, tx Tx) error {
	_, err := tx.Exec(ctx, sqlMany)
	return err
}
