// SPDX-License-Identifier: Apache-2.0

package pg

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Step is one migration.
type Step struct {
	Version int64
	Name    string
	Done    bool
}

// migrator opens a pool as the owner of the schema, not as AppRole.
func migrator(ctx context.Context, url string, dial DialFunc) (*pgxpool.Pool, *goose.Provider, error) {
	cfg, err := config(url, dial)
	if err != nil {
		return nil, nil, err
	}
	cfg.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, nil, fmt.Errorf("open database for migration: %w", err)
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		pool.Close()
		return nil, nil, err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		pool.Close()
		return nil, nil, err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, stdlib.OpenDBFromPool(pool), files, goose.WithSessionLocker(locker))
	if err != nil {
		pool.Close()
		return nil, nil, fmt.Errorf("read migrations: %w", err)
	}
	return pool, p, nil
}

// Plan lists the migrations and which are done.
func Plan(ctx context.Context, url string, dial DialFunc) ([]Step, error) {
	pool, p, err := migrator(ctx, url, dial)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	defer func() { _ = p.Close() }()
	all, err := p.Status(ctx)
	if err != nil {
		return nil, Fault(fmt.Errorf("read schema version: %w", err))
	}
	steps := make([]Step, len(all))
	for i, s := range all {
		steps[i] = Step{s.Source.Version, s.Source.Path, s.State == goose.StateApplied}
	}
	return steps, nil
}

// Newest is the version of the schema this program was built with.
func Newest() int64 {
	var n int64
	entries, _ := fs.ReadDir(migrations, "migrations")
	for _, e := range entries {
		if v, err := goose.NumericComponent(e.Name()); err == nil && v > n {
			n = v
		}
	}
	return n
}

// Migrate brings the schema, the queue's included, to what this program
// expects. url must name a role that owns the database; several processes may
// call it at the same time. A schema newer than the program is refused.
func Migrate(ctx context.Context, url string, dial DialFunc) error {
	pool, p, err := migrator(ctx, url, dial)
	if err != nil {
		return err
	}
	defer pool.Close()
	defer func() { _ = p.Close() }()
	at, err := p.GetDBVersion(ctx)
	if err != nil {
		return Fault(fmt.Errorf("read schema version: %w", err))
	}
	if at > Newest() {
		return fmt.Errorf("the database has schema %d and this program knows %d: start a newer version of tillgang", at, Newest())
	}
	if _, err = p.Up(ctx); err != nil {
		return Fault(fmt.Errorf("migrate: %w", err))
	}
	r, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return err
	}
	if _, err = r.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return Fault(fmt.Errorf("migrate queue: %w", err))
	}
	if _, err = pool.Exec(ctx, queueIndexes); err != nil {
		return Fault(fmt.Errorf("migrate queue: %w", err))
	}
	if _, err = pool.Exec(ctx, queueRights); err != nil {
		return Fault(fmt.Errorf("grant rights: %w", err))
	}
	return nil
}

// queueRights lets the program use the queue's tables, which River's own
// migrations make. Rights on our own tables stand in our migrations.
const queueRights = `
	do $$
	declare t text;
	begin
		for t in select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = current_schema() and tablename like 'river\_%' loop
			execute format('grant select, insert, update, delete on %s to tillgang_app', t);
		end loop;
		for t in select format('%I.%I', schemaname, sequencename) from pg_sequences where schemaname = current_schema() and sequencename like 'river\_%' loop
			execute format('grant usage on sequence %s to tillgang_app', t);
		end loop;
	end $$`

// queueIndexes serve what the queue room asks of River's table beyond River's
// own questions: fairness between tenants, and lists of a tenant's jobs.
const queueIndexes = `
	do $$ begin
		perform pg_advisory_xact_lock(hashtextextended('tillgang queue indexes', 0));
		create index if not exists river_job_fast on river_job (queue, (args->>'tenant')) where state = 'available' and priority < 4;
		create index if not exists river_job_slow on river_job (queue, (args->>'tenant'), scheduled_at, id) where state = 'available' and priority = 4;
		create index if not exists river_job_tenant on river_job ((args->>'tenant'), id desc);
	end $$`

// SchemaHash names the schema this program expects.
func SchemaHash() string {
	h := sha256.New()
	_ = fs.WalkDir(migrations, ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := migrations.ReadFile(p)
		_, _ = h.Write(b)
		return err
	})
	_, _ = h.Write([]byte(queueIndexes + queueRights))
	return hex.EncodeToString(h.Sum(nil))
}
