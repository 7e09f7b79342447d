// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/pg"
)

// Traffic is what went to one destination outside on one day.
type Traffic struct {
	Destination string    `db:"destination"` // its name in the register; empty: refusals of what is on no list
	Purpose     string    `db:"purpose"`
	Day         time.Time `db:"day"` // midnight UTC
	Connections int64     `db:"connections"`
	BytesOut    int64     `db:"bytes_out"`
	BytesIn     int64     `db:"bytes_in"`
	Refused     int64     `db:"refused"`
}

const sqlKeepTraffic = `
	insert into egress_count (destination, purpose, day, connections, bytes_out, bytes_in, refused)
	values (@destination, @purpose, @day, @connections, @bytes_out, @bytes_in, @refused)
	on conflict (destination, purpose, day) do update set connections = egress_count.connections + excluded.connections,
		bytes_out = egress_count.bytes_out + excluded.bytes_out, bytes_in = egress_count.bytes_in + excluded.bytes_in,
		refused = egress_count.refused + excluded.refused`

// KeepTraffic adds counts to what is kept; all of them or none. Only the house may.
func (s *Service) KeepTraffic(ctx context.Context, who access.Actor, list []Traffic) error {
	if who.Kind != access.House {
		return fault.New(fault.Forbidden, "access.forbidden", "Only the house itself counts.")
	}
	return pg.Across(ctx, s.db, func(tx pg.Tx) error {
		for _, t := range list {
			if _, err := tx.Exec(ctx, sqlKeepTraffic, pgx.StrictNamedArgs{
				"destination": t.Destination, "purpose": t.Purpose, "day": t.Day.UTC().Truncate(24 * time.Hour), "connections": t.Connections,
				"bytes_out": t.BytesOut, "bytes_in": t.BytesIn, "refused": t.Refused,
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

const sqlTraffic = `
	select t.destination, t.purpose, t.day, t.connections, t.bytes_out, t.bytes_in, t.refused
	from egress_count t where (@destination = '*' or t.destination = @destination) and t.day between @first and @last
	order by t.day desc, t.destination, t.purpose limit 4000`

// AnyDestination asks for the traffic of all destinations.
const AnyDestination = "*"

// Traffic lists what went to a destination on the days from first to last,
// newest first. It takes access.Operate.
func (s *Service) Traffic(ctx context.Context, who access.Actor, destination string, first, last time.Time) (list []Traffic, err error) {
	if err := who.Require(access.Operate); err != nil {
		return nil, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlTraffic, pgx.StrictNamedArgs{"destination": destination, "first": first, "last": last})
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Traffic])
		return err
	})
	return list, err
}
