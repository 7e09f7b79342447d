// SPDX-License-Identifier: Apache-2.0

package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Tidy brings what the database knows of its tables up to date, after a great
// many rows have come in at once: the same as it does by itself a little later.
// url must name a role that owns the database.
func Tidy(ctx context.Context, url string, dial DialFunc) error {
	cfg, err := config(url, dial)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, cfg.ConnConfig)
	if err != nil {
		return Fault(fmt.Errorf("tidy the database: %w", err))
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "set client_min_messages = error"); err != nil { // the catalogue is not ours to tidy
		return Fault(err)
	}
	_, err = conn.Exec(ctx, "vacuum (analyze)")
	return Fault(err)
}
