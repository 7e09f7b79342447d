// SPDX-License-Identifier: Apache-2.0

// Package pgtest lends each test a database of its own, already migrated.
package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Variable names the environment variable with the URL of a database server
// that tests may make databases on. `make test` sets it to a cluster of its own.
const Variable = "TILLGANG_TEST_POSTGRES"

// template makes, once per version of the schema, the database that all others
// are copied from. Packages tested at the same time share it: the first to come
// builds it while the rest wait at the lock.
var template = sync.OnceValues(func() (name string, err error) {
	ctx := context.Background()
	name = "tillgang_test_" + pg.SchemaHash()[:12]
	admin, err := pgx.Connect(ctx, at("postgres"))
	if err != nil {
		return "", err
	}
	defer func() { _ = admin.Close(ctx) }() // releases the lock
	if _, err = admin.Exec(ctx, "select pg_advisory_lock(hashtext($1))", name); err != nil {
		return "", err
	}
	var ready bool
	if err = admin.QueryRow(ctx, "select exists (select from pg_database where datname = $1 and datistemplate)", name).Scan(&ready); err != nil || ready {
		return name, err
	}
	if _, err = admin.Exec(ctx, "drop database if exists "+name); err != nil {
		return "", err
	}
	if _, err = admin.Exec(ctx, "create database "+name); err != nil {
		return "", err
	}
	if err = pg.Migrate(ctx, at(name), nil); err != nil {
		return "", err
	}
	_, err = admin.Exec(ctx, "alter database "+name+" is_template true")
	return name, err
})

// at returns the server's URL with another database.
func at(db string) string {
	u, err := url.Parse(os.Getenv(Variable))
	if err != nil {
		return ""
	}
	u.Path = "/" + db
	return u.String()
}

// URL makes a fresh, migrated copy of the template, dropped when the test
// ends, and returns the URL of its owner.
func URL(tb testing.TB) string {
	tb.Helper()
	if os.Getenv(Variable) == "" {
		tb.Fatal(Variable + " is not set: run the tests with `make test`, or under `go run ./internal/pg/pgtest/withpostgres -- go test …`")
	}
	ctx := context.Background()
	from, err := template()
	if err != nil {
		tb.Fatalf("template database: %v", err)
	}
	name := from + "_" + strings.ToLower(rand.Text()[:10])
	admin, err := pgx.Connect(ctx, at("postgres"))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = admin.Close(ctx) }()
	if _, err = admin.Exec(ctx, fmt.Sprintf("create database %s template %s strategy file_copy", name, from)); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		admin, err := pgx.Connect(ctx, at("postgres"))
		if err != nil {
			tb.Error(err)
			return
		}
		_, _ = admin.Exec(ctx, "drop database "+name+" with (force)")
		_ = admin.Close(ctx)
	})
	return at(name)
}

// New returns a pool on a fresh copy of the template. It works as the
// program does: as the role that cannot bypass row level security.
func New(tb testing.TB) *pg.DB {
	tb.Helper()
	db, _ := Both(tb)
	return db
}

// Both returns New's pool and, for looking behind the wall, the owner's URL.
func Both(tb testing.TB) (db *pg.DB, owner string) {
	tb.Helper()
	owner = URL(tb)
	db, err := pg.Open(context.Background(), owner, nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(db.Close)
	return db, owner
}

// Tenant makes a bare tenant: no accounts, folders or roles.
func Tenant(tb testing.TB, db *pg.DB) id.Tenant {
	tb.Helper()
	t := id.New[id.Tenant]()
	err := pg.In(tb.Context(), db, t, func(tx pg.Tx) error {
		_, err := tx.Exec(tb.Context(), "insert into tenant (id, slug, name, created_at) values ($1, $2, $3, $4)",
			t, "t-"+strings.ToLower(rand.Text()[:12]), "Testköping", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return t
}
