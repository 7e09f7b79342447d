// SPDX-License-Identifier: Apache-2.0

package rendition

import (
	"context"
	"encoding/hex"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

// Sorts of groups.
const (
	ByBytes = "exact" // of the same bytes
	ByLook  = "near"  // of pictures that look the same
)

// Group are assets that are suspected to be duplicates of each other.
type Group struct {
	Assets []id.Asset // the oldest first, at most maxShown
	Count  int        // of all that the asker sees
}

const (
	maxShown    = 12   // members of a group that are listed
	maxGroups   = 50   // groups on a page
	maxFamilies = 2000 // families that are looked at for one page
)

const sqlGroupsByBytes = `
	select encode(a.sha256, 'hex') as key, array_agg(a.id order by a.created_at, a.id) as assets
	from asset a
	where a.tenant_id = @tenant and a.sha256 > decode(@after, 'hex') and a.acl_id = any(@acls::bigint[]) and ` + asset.SQLSeen + `
	group by a.sha256 having count(*) > 1
	order by a.sha256 limit @limit`

const sqlGroupsByLook = `
	with few as (
		select distinct l.family from likeness l
		where l.tenant_id = @tenant and l.family > @after::uuid
		order by l.family limit @families
	), seen as (
		select l.family, a.id, a.created_at
		from few join likeness l on l.family = few.family join asset a on a.revision_id = l.revision_id
		where l.tenant_id = @tenant and a.tenant_id = @tenant and a.kind in ('image', 'video')
			and a.acl_id = any(@acls::bigint[]) and ` + asset.SQLSeen + `
	)
	select few.family::text as key, coalesce((select array_agg(s.id order by s.created_at, s.id) from seen s where s.family = few.family), '{}') as assets
	from few order by few.family`

type found struct {
	Key    string     `db:"key"`
	Assets []id.Asset `db:"assets"`
}

// Groups lists groups of assets suspected to be duplicates of each other, of
// those that who sees: by their bytes, or by how they look. A page may hold
// fewer groups than asked for and still have a next one.
func (s *Service) Groups(ctx context.Context, who access.Actor, by, cursor string, limit int) (p page.Page[Group], err error) {
	if by != ByBytes && by != ByLook {
		return p, fault.Fields("duplicates.kind", "This list is not known.", map[string]string{"kind": "must be exact or near"})
	}
	if limit = page.Limit(limit); limit > maxGroups {
		limit = maxGroups
	}
	list := "duplicates " + by
	var after string
	if _, err := page.Read(cursor, list, &after); err != nil {
		return p, err
	}
	if !fits(by, after) {
		return p, fault.New(fault.Invalid, "cursor.invalid", "This cursor is not one this list gave out. Start again without a cursor.")
	}
	p.Items = []Group{}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		sight, err := s.sight(ctx, tx, who)
		if err != nil {
			return err
		}
		g := &grouping{by: by, after: after, limit: limit, out: p.Items}
		more, err := g.fill(ctx, tx, sight)
		if p.Items = g.out; more {
			p.Next = page.Cursor(list, g.after)
		}
		return err
	})
	return p, err
}

// fits reports whether a key is one of those that groups are listed by.
func fits(by, key string) bool {
	if key == "" {
		return true
	}
	if by == ByLook {
		_, err := uuid.Parse(key)
		return err == nil
	}
	_, err := hex.DecodeString(key)
	return err == nil
}

// grouping is a page of groups being filled.
type grouping struct {
	by    string
	after string // the key of the last one looked at
	limit int
	out   []Group
}

// fill looks at the groups behind the key until there are enough. It reports
// whether there may be more.
func (g *grouping) fill(ctx context.Context, tx pg.Tx, sight pgx.StrictNamedArgs) (more bool, err error) {
	batch := g.limit + 1
	sql, args := sqlGroupsByBytes, with(sight, pgx.StrictNamedArgs{"limit": batch})
	if g.by == ByLook {
		batch = 4 * g.limit // some will have a single member that is seen
		sql, args = sqlGroupsByLook, with(sight, pgx.StrictNamedArgs{"families": batch})
		if g.after == "" {
			g.after = uuid.Nil.String()
		}
	}
	for range maxFamilies/batch + 1 {
		rows, err := tx.Query(ctx, sql, with(args, pgx.StrictNamedArgs{"after": g.after}))
		if err != nil {
			return false, err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[found])
		if err != nil {
			return false, err
		}
		for _, f := range list {
			if len(g.out) == g.limit {
				return true, nil
			}
			g.after = f.Key
			if n := len(f.Assets); n > 1 {
				g.out = append(g.out, Group{Assets: f.Assets[:min(n, maxShown)], Count: n})
			}
		}
		if len(list) < batch {
			return false, nil
		}
	}
	return true, nil
}
