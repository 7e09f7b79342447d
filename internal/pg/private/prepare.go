// SPDX-License-Identifier: Apache-2.0

package private

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const (
	sqlHasOwner    = `select exists (select from pg_roles where rolname = $1)`
	sqlHasDatabase = `select exists (select from pg_database where datname = $1)`

	// The owner is no superuser: it may make roles, and those extensions that
	// Postgres calls trusted. As owner of the tables it is not the role that
	// requests run as.
	sqlMakeOwner = `create role ` + Owner + ` login nosuperuser createrole nobypassrls noreplication`

	// Tests make and drop a database each, also under the feet of sessions.
	sqlLetMake = `alter role ` + Owner + ` createdb`
	sqlLetEnd  = `grant pg_signal_backend to ` + Owner

	// From template0, in case somebody has changed template1.
	sqlMakeDatabase = `create database ` + Database + ` owner ` + Owner + ` template template0 encoding 'UTF8' locale 'C'`
)

// prepare makes the owner and the database, whichever is missing.
func (c *Cluster) prepare(ctx context.Context) (err error) {
	conn, err := pgx.Connect(ctx, c.url(Superuser, "postgres"))
	if err != nil {
		return fmt.Errorf("prepare the database: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	var there bool
	if err := conn.QueryRow(ctx, sqlHasOwner, Owner).Scan(&there); err != nil {
		return fmt.Errorf("prepare the database: %w", err)
	}
	var missing []string
	if !there {
		missing = append(missing, sqlMakeOwner)
	}
	if c.test {
		missing = append(missing, sqlLetMake, sqlLetEnd)
	}
	if err := conn.QueryRow(ctx, sqlHasDatabase, Database).Scan(&there); err != nil {
		return fmt.Errorf("prepare the database: %w", err)
	}
	if !there {
		missing = append(missing, sqlMakeDatabase)
	}
	for _, sql := range missing {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("prepare the database: %w", err)
		}
	}
	return nil
}
