// SPDX-License-Identifier: Apache-2.0

// Package benchdb makes databases to measure on, which are dropped afterwards.
package benchdb

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/search/searchtest"
)

// Database is a database with the product's schema and one tenant.
type Database struct {
	*pg.DB
	Owner  string // URL, as the schema's owner
	Tenant id.Tenant

	name  string
	admin *pgx.Conn
}

// Make makes a database on the server that a URL names; name becomes a part of
// its name. Drop it.
func Make(ctx context.Context, server, name string) (*Database, error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme == "" {
		return nil, errors.New("-url must be a database URL")
	}
	d := &Database{Tenant: id.New[id.Tenant](), name: "bench_" + name + "_" + strings.ToLower(rand.Text()[:8])}
	if d.admin, err = pgx.Connect(ctx, server); err != nil {
		return nil, err
	}
	if _, err := d.admin.Exec(ctx, "create database "+d.name); err != nil {
		return nil, errors.Join(err, d.admin.Close(ctx))
	}
	u.Path = "/" + d.name
	d.Owner = u.String()
	if err := d.fill(ctx); err != nil {
		d.Drop(ctx)
		return nil, err
	}
	return d, nil
}

func (d *Database) fill(ctx context.Context) (err error) {
	if err := pg.Migrate(ctx, d.Owner, nil); err != nil {
		return err
	}
	if d.DB, err = pg.Open(ctx, d.Owner, nil); err != nil {
		return err
	}
	return pg.In(ctx, d.DB, d.Tenant, func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, "insert into tenant (id, slug, name, created_at) values ($1, 'bench', 'Bench', $2)", d.Tenant, searchtest.Born)
		return err
	})
}

// Drop drops the database, also when ctx has ended.
func (d *Database) Drop(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	if d.DB != nil {
		d.Close()
	}
	_, _ = d.admin.Exec(ctx, "drop database "+d.name+" with (force)")
	_ = d.admin.Close(ctx)
}

// Write has measure write into a file, or to standard output if no file is named.
func Write(out string, measure func(io.Writer) error) error {
	if out == "" {
		return measure(os.Stdout)
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	return errors.Join(measure(f), f.Close())
}
