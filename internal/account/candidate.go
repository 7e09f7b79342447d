// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Candidate is a person or a key as the actor that they would be now, whether
// they are signed in or not.
type Candidate struct {
	access.Actor
	Principal uuid.UUID
	Kind      string // "account" or "key"
	Name      string
	Gone      bool // deactivated, revoked or expired: the actor is nobody

	key string // of the order
}

// Whose says whose candidate is asked for.
type Whose struct {
	Principals []uuid.UUID // these, also those that are gone; nil: everybody whom one of Reached reaches
	Reached    []uuid.UUID // accounts, groups and keys of their own right
	People     bool        // no keys
	Begins     string      // of a word of the name, whatever its capitals
	After      string      // Candidate.Place of the one before; empty: from the start
	Limit      int
}

// Place is the candidate's place in the order of lists.
func (s Candidate) Place() string { return s.Kind + "\x00" + s.key + "\x00" + s.Principal.String() }

const sqlCandidates = `
	with everybody as (
		select a.id, 'account' as kind, a.name, a.state <> 'active' as gone, a.id as owner, @all::bigint as scope from account a
			where a.tenant_id = @tenant and (@chosen::boolean and a.id = any(@principals::uuid[]) or not @chosen and a.state = 'active'
				and a.id in (select c.account_id from principal_closure c where c.principal_id = any(@reached::uuid[])))
		union all
		select k.id, 'key', k.name, k.revoked_at is not null or coalesce(k.expires_at <= @now, false)
				or exists (select from account o where o.id = k.owner_id and o.state <> 'active'), k.owner_id, k.scope from api_key k
			where k.tenant_id = @tenant and not @people::boolean and (@chosen and k.id = any(@principals::uuid[]) or not @chosen and k.revoked_at is null
				and (k.expires_at is null or k.expires_at > @now) and k.owner_id is null and k.id = any(@reached::uuid[]))
	), placed as (
		select e.id, e.kind, e.name, e.gone, e.owner, e.scope, lower(e.name) collate "C" as key from everybody e
	)
	select p.id, p.kind, p.name, p.gone, p.owner, p.scope, p.key,
		array(select c.principal_id from principal_closure c where c.account_id = p.owner union select p.id where p.owner is null) as principals,
		coalesce((select bit_or(r.perm) from tenant_grant g join role r on r.id = g.role_id
			where g.principal_id = p.id and p.owner is null or g.principal_id in (select c.principal_id from principal_closure c where c.account_id = p.owner)), 0) as everywhere
	from placed p
	where (p.kind, p.key, p.id) > (@kind::text, @key::text collate "C", @id::uuid)
		and (@begins::text = '' or p.key like @begins || '%' or p.key like '% ' || @begins || '%')
	order by p.kind, p.key, p.id limit @limit`

// CandidatesTx lists people and keys of their own right by name, people first.
// Who asks and may know of them is the caller's to say.
func CandidatesTx(ctx context.Context, tx pg.Tx, tenant id.Tenant, now time.Time, w Whose) ([]Candidate, error) {
	args := pgx.StrictNamedArgs{
		"tenant": tenant, "now": now, "all": int64(access.All), "chosen": w.Principals != nil, "people": w.People, "limit": w.Limit,
		"principals": append([]uuid.UUID{}, w.Principals...), "reached": append([]uuid.UUID{}, w.Reached...),
		"begins": likeable.Replace(strings.ToLower(w.Begins)), "kind": "", "key": "", "id": uuid.Nil,
	}
	if part := strings.SplitN(w.After, "\x00", 3); len(part) == 3 {
		last, err := uuid.Parse(part[2])
		if err != nil {
			return nil, access.NotFound("principal")
		}
		args["kind"], args["key"], args["id"] = part[0], part[1], last
	}
	rows, err := tx.Query(ctx, sqlCandidates, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (s Candidate, err error) {
		var owner id.Account
		var scope access.Set
		var own access.Grant
		if err := r.Scan(&s.Principal, &s.Kind, &s.Name, &s.Gone, &owner, &scope, &s.key, &own.Principals, &own.Everywhere); err != nil || s.Gone {
			return s, err
		}
		if s.Kind == "key" {
			s.Actor = keyActor(tenant, id.FromUUID[id.Key](s.Principal), owner, scope, own)
		} else {
			s.Actor = person(tenant, owner, id.Session{}, own)
		}
		return s, nil
	})
}

// likeable writes a text so that like takes it as it is.
var likeable = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

const sqlChain = `
	select m.member_id, m.group_id, g.name from membership m join principal_group g on g.id = m.group_id
	where m.tenant_id = @tenant and m.member_id = any(@members::uuid[])`

// Station is one group of a chain of groups.
type Station struct {
	Group uuid.UUID
	Name  string
}

// ChainsTx finds, for accounts, the shortest way from each to the groups it is
// in: chains[account][group] lists the groups from the account's own to that one.
func ChainsTx(ctx context.Context, tx pg.Tx, tenant id.Tenant, accounts []uuid.UUID) (map[uuid.UUID]map[uuid.UUID][]Station, error) {
	up := map[uuid.UUID][]Station{} // the groups that something is in
	next, known := append([]uuid.UUID{}, accounts...), map[uuid.UUID]bool{}
	for len(next) > 0 {
		rows, err := tx.Query(ctx, sqlChain, pgx.StrictNamedArgs{"tenant": tenant, "members": next})
		if err != nil {
			return nil, err
		}
		next = nil
		var member uuid.UUID
		var l Station
		if _, err := pgx.ForEachRow(rows, []any{&member, &l.Group, &l.Name}, func() error {
			up[member] = append(up[member], l)
			if !known[l.Group] {
				known[l.Group] = true
				next = append(next, l.Group)
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	out := make(map[uuid.UUID]map[uuid.UUID][]Station, len(accounts))
	for _, a := range accounts {
		ways := map[uuid.UUID][]Station{a: {}}
		for at := []uuid.UUID{a}; len(at) > 0; at = at[1:] {
			for _, l := range up[at[0]] {
				if _, there := ways[l.Group]; !there {
					ways[l.Group] = append(append([]Station{}, ways[at[0]]...), l)
					at = append(at, l.Group)
				}
			}
		}
		out[a] = ways
	}
	return out, nil
}
