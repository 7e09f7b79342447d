// SPDX-License-Identifier: Apache-2.0

package private

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
)

// What there is besides rows, counted by kind. What belongs to an extension is
// the extension's own and differs between its versions.
const sqlObjects = `
with own as (
    select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
), extension as (
    select classid, objid from pg_depend where deptype = 'e'
)
select 'relation ' || relkind::text, count(*) from pg_class c
  where relnamespace in (select oid from own)
    and ('pg_class'::regclass, c.oid) not in (select * from extension) group by relkind
union all
select 'constraint ' || contype::text, count(*) from pg_constraint
  where connamespace in (select oid from own) and contype <> 'n' group by contype -- not null is one from 18 on
union all
select 'routine', count(*) from pg_proc p
  where pronamespace in (select oid from own)
    and ('pg_proc'::regclass, p.oid) not in (select * from extension)
union all
select 'trigger', count(*) from pg_trigger where not tgisinternal
union all
select 'policy', count(*) from pg_policy
union all
select 'extension ' || extname, 1 from pg_extension
union all
select 'role ' || rolname, 1 from pg_roles where rolname !~ '^pg_'`

const sqlTables = `
select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`

// inventory counts everything in the database: rows per table, and objects.
func inventory(ctx context.Context, c *Cluster) (counts map[string]int64, err error) {
	conn, err := pgx.Connect(ctx, c.url(Superuser, Database))
	if err != nil {
		return nil, fmt.Errorf("count the database: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	counts = map[string]int64{}
	var what string
	var n int64
	rows, err := conn.Query(ctx, sqlObjects)
	if err != nil {
		return nil, fmt.Errorf("count the database: %w", err)
	}
	if _, err := pgx.ForEachRow(rows, []any{&what, &n}, func() error {
		counts[what] = n
		return nil
	}); err != nil {
		return nil, fmt.Errorf("count the database: %w", err)
	}
	rows, err = conn.Query(ctx, sqlTables)
	if err != nil {
		return nil, fmt.Errorf("count the database: %w", err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("count the database: %w", err)
	}
	for _, table := range tables { // quoted by the database itself
		if err := conn.QueryRow(ctx, "select count(*) from "+table).Scan(&n); err != nil {
			return nil, fmt.Errorf("count %s: %w", table, err)
		}
		counts["rows of "+table] = n
	}
	return counts, nil
}

// difference names the first thing, in alphabetical order, whose number
// differs, and is empty if none does.
func difference(before, after map[string]int64) string {
	all := maps.Clone(before)
	maps.Copy(all, after)
	for _, what := range slices.Sorted(maps.Keys(all)) {
		if before[what] != after[what] {
			return fmt.Sprintf("%s: %d before, %d after", what, before[what], after[what])
		}
	}
	return ""
}
