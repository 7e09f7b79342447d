// SPDX-License-Identifier: Apache-2.0

package statistics

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const (
	mostUsed    = 20   // assets that are shown
	mostFolders = 20   // folders that are shown
	rest        = 1000 // counting may take one in so many parts of the time
)

const (
	sqlGroups = `
	select a.kind, a.state, count(*) as assets from asset a where a.tenant_id = @tenant and a.deleted_at is null group by 1, 2 order by 1, 2`

	sqlStorage = `
	select a.kind, count(*) as files, sum(r.size)::bigint as bytes from asset a join revision r on r.asset_id = a.id
	where a.tenant_id = @tenant and a.deleted_at is null group by 1 order by 3 desc, 1`

	sqlFolders = `
	select a.folder_id as folder, count(distinct a.id) as assets, sum(r.size)::bigint as bytes from asset a join revision r on r.asset_id = a.id
	where a.tenant_id = @tenant and a.deleted_at is null group by 1 order by 3 desc, 1 limit @most`

	sqlBin = `
	select count(*), coalesce(sum(r.size), 0)::bigint from asset a join revision r on r.asset_id = a.id
	where a.tenant_id = @tenant and a.deleted_at is not null`

	sqlAlt = `
	select count(*), count(*) filter (where a.alt <> '{}') from asset a
	where a.tenant_id = @tenant and a.deleted_at is null and a.kind = 'image'`

	// Subjects of sightings are outer identifiers; they become inner ones in Go.
	sqlUsed = `
	select v.subject, sum(v.count)::bigint as downloads from sighting v
	where v.tenant_id = @tenant and v.what <> 'viewed' and v.last_at > @since and v.subject like 'ast\_%'
	group by 1 order by 2 desc, 1 limit @most`
)

const sqlDue = `
	select coalesce((select @now - st.made_at >= interval '1 minute' and @now - st.made_at >= (st.numbers->>'took_ms')::float8 * @rest * interval '1 millisecond'
		from statistic_state st where st.tenant_id = @tenant), true)`

const sqlKeep = `
	insert into statistic_state (tenant_id, made_at, numbers) values (@tenant, @now, @numbers)
	on conflict (tenant_id) do update set made_at = excluded.made_at, numbers = excluded.numbers`

// Count counts a tenant anew, unless it was counted so recently that it would
// take more than its part of the time. Only the house may.
func (s *Service) Count(ctx context.Context, who access.Actor) error {
	if who.Kind != access.House {
		return onlyHouse(who)
	}
	return pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		var due bool
		begin := s.now()
		if err := tx.QueryRow(ctx, sqlDue, pgx.StrictNamedArgs{"tenant": who.Tenant, "now": begin, "rest": rest}).Scan(&due); err != nil || !due {
			return err
		}
		if err := s.days(ctx, tx, who); err != nil {
			return err
		}
		n, err := s.count(ctx, tx, who)
		if err != nil {
			return err
		}
		n.Took = s.now().Sub(begin).Milliseconds()
		_, err = tx.Exec(ctx, sqlKeep, pgx.StrictNamedArgs{"tenant": who.Tenant, "now": begin, "numbers": n})
		return err
	})
}

func (s *Service) count(ctx context.Context, tx pg.Tx, who access.Actor) (n numbers, err error) {
	args := func(more pgx.StrictNamedArgs) pgx.StrictNamedArgs {
		if more == nil {
			more = pgx.StrictNamedArgs{}
		}
		more["tenant"] = who.Tenant
		return more
	}
	if n.Groups, err = all[Group](ctx, tx, sqlGroups, args(nil)); err != nil {
		return n, err
	}
	if n.Storage, err = all[Stored](ctx, tx, sqlStorage, args(nil)); err != nil {
		return n, err
	}
	if n.Folders, err = all[InFolder](ctx, tx, sqlFolders, args(pgx.StrictNamedArgs{"most": mostFolders})); err != nil {
		return n, err
	}
	type used struct {
		Subject   string `db:"subject"`
		Downloads int64  `db:"downloads"`
	}
	// More than are shown: not everybody may see all of them.
	list, err := all[used](ctx, tx, sqlUsed, args(pgx.StrictNamedArgs{"since": s.now().AddDate(0, 0, -90), "most": 10 * mostUsed}))
	if err != nil {
		return n, err
	}
	for _, u := range list {
		if a, err := id.Parse[id.Asset](u.Subject); err == nil {
			n.Used = append(n.Used, Used{Asset: a, Downloads: u.Downloads})
		}
	}
	if err := tx.QueryRow(ctx, sqlBin, args(nil)).Scan(&n.Bin.Files, &n.Bin.Bytes); err != nil {
		return n, err
	}
	return n, tx.QueryRow(ctx, sqlAlt, args(nil)).Scan(&n.Alt.Images, &n.Alt.Decided)
}

func all[T any](ctx context.Context, tx pg.Tx, sql string, args pgx.StrictNamedArgs) ([]T, error) {
	rows, err := tx.Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByNameLax[T])
}

const sqlLastDay = `select max(d.day) from statistic_day d where d.tenant_id = @tenant and d.what = 'counted'`

// What was counted before is counted again for the last days only: deeds are
// never older than the moment they are written down.
const sqlDays = `
	insert into statistic_day (tenant_id, day, what, n)
	select @tenant, (e.at at time zone 'UTC')::date, case e.verb when 'delivery.redeem' then 'downloads' else 'uploads' end, count(*)
	from audit_entry e
	where e.tenant_id = @tenant and e.at >= @from and e.verb in ('asset.store', 'asset.replace', 'delivery.redeem')
		and (e.verb <> 'delivery.redeem' or e.subject like 'ast\_%')
	group by 2, 3
	union all select @tenant, @today::date, 'counted', 0
	on conflict (tenant_id, day, what) do update set n = excluded.n`

// days counts deeds by day, from the log.
func (s *Service) days(ctx context.Context, tx pg.Tx, who access.Actor) error {
	today := s.now().UTC().Truncate(24 * time.Hour)
	from := today.AddDate(-2, 0, 0)
	var last *time.Time
	err := tx.QueryRow(ctx, sqlLastDay, pgx.StrictNamedArgs{"tenant": who.Tenant}).Scan(&last)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	if last != nil {
		from = last.AddDate(0, 0, -1)
	}
	_, err = tx.Exec(ctx, sqlDays, pgx.StrictNamedArgs{"tenant": who.Tenant, "from": from, "today": today})
	return err
}
