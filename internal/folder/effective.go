// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"context"
	"maps"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// held are rights that folders have, and the acl that they stand in; zero: none yet.
type held struct {
	rights rights
	key    string
	acl    int64
}

func (h *held) is(r rights) bool { return maps.Equal(h.rights, r) }

func (h *held) entries() []access.Entry {
	out := make([]access.Entry, 0, len(h.rights))
	for p, perm := range h.rights {
		out = append(out, access.Entry{Principal: p, Perm: perm})
	}
	return out
}

// effective computes the rights of folders, of which those above come first,
// from what is given in them; equal rights are one held. were are known acls;
// above is that of the folder that the first one lies in.
func effective(nodes []node, given map[id.Folder]rights, were map[int64]rights, above int64) []*held {
	known := make(map[string]*held, len(were))
	for acl, r := range were {
		known[r.key()] = &held{r, r.key(), acl}
	}
	at := make(map[id.Folder]*held, len(nodes)+1)
	if len(nodes) > 0 && !nodes[0].Parent.IsZero() {
		at[nodes[0].Parent] = known[were[above].key()]
	}
	out := make([]*held, len(nodes))
	for i, n := range nodes {
		up := at[n.Parent]
		if !n.In || up == nil {
			up = &held{}
		}
		r := rights{}
		if len(given[n.ID]) > 0 || up.rights == nil {
			maps.Copy(r, up.rights)
			for p, perm := range given[n.ID] {
				if perm &= access.Content; perm != 0 {
					r[p] |= perm
				}
			}
			k := r.key()
			if known[k] == nil {
				known[k] = &held{rights: r, key: k}
			}
			up = known[k]
		}
		at[n.ID], out[i] = up, up
	}
	return out
}

const sqlUncarried = `
	select a.id from acl a where a.tenant_id = @tenant and not exists (select from folder f where f.tenant_id = @tenant and f.acl_id = a.id)
	and not exists (select from folder f where f.tenant_id = @tenant and f.lagging)`

// sweep forgets acls that no folder carries any more, so that what they say can
// be said by others. While assets lag behind, some may carry one of them.
func (s *Service) sweep(ctx context.Context, tx pg.Tx, who access.Actor) error {
	rows, err := tx.Query(ctx, sqlUncarried, pgx.StrictNamedArgs{"tenant": who.Tenant})
	if err != nil {
		return err
	}
	acls, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	return access.Forget(ctx, tx, who.Tenant, acls)
}

const sqlCarried = `
	select f.acl_id, count(*) from folder f where f.tenant_id = @tenant and f.acl_id = any(@acls::bigint[]) group by f.acl_id`

// place finds acls for what folders hold now. Where all the folders that carry
// an acl come to hold the same, which no acl says yet, the acl is redefined:
// then neither folders nor assets need be written, and the new rights hold
// everywhere at once. So it is with most changes, however much lies below. Only
// where folders part whose rights were equal, or meet, do rows have to move to
// another acl.
func (s *Service) place(ctx context.Context, tx pg.Tx, who access.Actor, nodes []node, now []*held) error {
	var fresh []*held
	seen := map[*held]bool{}
	for _, h := range now {
		if h.acl == 0 && !seen[h] {
			seen[h], fresh = true, append(fresh, h)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	sets := func(list []*held) (out [][]access.Entry) {
		for _, h := range list {
			out = append(out, h.entries())
		}
		return out
	}
	if err := s.sweep(ctx, tx, who); err != nil {
		return err
	}
	there, err := access.Interned(ctx, tx, who.Tenant, sets(fresh)...) // also outside of what is below
	if err != nil {
		return err
	}
	var missing []*held
	for i, h := range fresh {
		if h.acl = there[i]; h.acl == 0 {
			missing = append(missing, h)
		}
	}
	redefined, err := s.whole(ctx, tx, who, nodes, now)
	if err != nil {
		return err
	}
	var left, changed []*held
	var acls []int64
	for _, h := range missing {
		if h.acl = redefined[h]; h.acl == 0 {
			left = append(left, h)
		} else {
			changed, acls = append(changed, h), append(acls, h.acl)
		}
	}
	if err := access.Redefine(ctx, tx, who.Tenant, acls, sets(changed)...); err != nil {
		return err
	}
	made, err := access.InternAll(ctx, tx, who.Tenant, sets(left)...)
	if err != nil {
		return err
	}
	for i, h := range left {
		h.acl = made[i]
	}
	return nil
}

// whole finds, for what no acl says yet, the acl whose folders all come to hold
// it: of several the one that most carry.
func (s *Service) whole(ctx context.Context, tx pg.Tx, who access.Actor, nodes []node, now []*held) (map[*held]int64, error) {
	type group struct {
		to *held // nil: they part
		n  int64
	}
	from, staying := map[int64]*group{}, map[int64]bool{}
	for i, n := range nodes {
		g := from[n.ACL]
		if g == nil {
			g = &group{to: now[i]}
			from[n.ACL] = g
		}
		if g.n++; g.to != now[i] {
			g.to = nil
		}
		staying[now[i].acl] = true // what some folder holds or comes to hold stays what it is
	}
	var acls []int64
	for acl, g := range from {
		if g.to != nil && g.to.acl == 0 && !staying[acl] {
			acls = append(acls, acl)
		}
	}
	rows, err := tx.Query(ctx, sqlCarried, pgx.StrictNamedArgs{"tenant": who.Tenant, "acls": append([]int64{}, acls...)})
	if err != nil {
		return nil, err
	}
	out, most := map[*held]int64{}, map[*held]int64{}
	var acl, n int64
	_, err = pgx.ForEachRow(rows, []any{&acl, &n}, func() error {
		if g := from[acl]; n == g.n && n > most[g.to] {
			out[g.to], most[g.to] = acl, n
		}
		return nil
	})
	return out, err
}
