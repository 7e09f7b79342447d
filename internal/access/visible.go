// SPDX-License-Identifier: Apache-2.0

package access

import (
	"github.com/jackc/pgx/v5"
)

const sqlVisibleTwice = `
	with mine as (select acl_id, bit_or(perm) as perm from acl_entry where principal_id = any(@me) group by acl_id),
	     lent as (select acl_id, bit_or(perm) as perm from acl_entry where principal_id = any(@cap) group by acl_id)
	select l.id, (coalesce(mine.perm, 0) | @me_all::bigint) & (coalesce(lent.perm, 0) | @cap_all::bigint) & @scope::bigint as can
	from acl l left join mine on mine.acl_id = l.id left join lent on lent.acl_id = l.id
	where (coalesce(mine.perm, 0) | @me_all::bigint) & (coalesce(lent.perm, 0) | @cap_all::bigint) & @scope::bigint & @need::bigint = @need
	order by l.id`

// sqlVisibleMine is the same for whoever has View nowhere but by acls, and
// borrows from nobody: it need not look at the others' acls.
const sqlVisibleMine = `
	select e.acl_id, (bit_or(e.perm) | @me_all::bigint) & @scope::bigint as can
	from acl_entry e where e.principal_id = any(@me)
	group by e.acl_id having (bit_or(e.perm) | @me_all::bigint) & @scope::bigint & @need::bigint = @need
	order by e.acl_id`

// QueueVisible is Visible as one statement of a batch: it tells see of the acls
// under which who may do need, in ascending order, and of all that who may do
// under each.
func QueueVisible(b *pgx.Batch, who Actor, need Set, see func(acl int64, can Set)) {
	if who.Kind == Nobody {
		return
	}
	sql, args := sqlVisibleTwice, who.Bind(pgx.StrictNamedArgs{"need": int64(need)})
	if who.Cap == nil && who.Own.Everywhere&need != need {
		sql = sqlVisibleMine
		delete(args, "cap")
		delete(args, "cap_all")
	}
	b.Queue(sql, args).Query(func(rows pgx.Rows) error {
		var acl int64
		var can Set
		_, err := pgx.ForEachRow(rows, []any{&acl, &can}, func() error {
			see(acl, can)
			return nil
		})
		return err
	})
}
