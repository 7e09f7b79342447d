// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Name is what a principal is shown as.
type Name struct {
	Kind   string // "account", "group" or "key"
	ID     string // the outer identifier
	Text   string // FormerUser for an account that is deactivated
	Former bool   // deactivated or revoked
}

// FormerUser stands for the name of somebody whose account is deactivated.
const FormerUser = "former user"

const sqlNames = `
	select id, 'account' as kind, case when state = 'deactivated' then '' else name end as name, state = 'deactivated' as former
	from account where id = any(@ids) and tenant_id = @tenant
	union all select id, 'group', name, false from principal_group where id = any(@ids) and tenant_id = @tenant
	union all select id, 'key', name, revoked_at is not null from api_key where id = any(@ids) and tenant_id = @tenant`

// PrincipalNamesTx tells what accounts, groups and keys of the actor's tenant
// are called; unknown ones are left out. Everybody who is signed in may ask:
// it is how "seen by", history and folder rights are shown. It gives no
// addresses and does not say who exists: one must know an identifier already.
func (s *Service) PrincipalNamesTx(ctx context.Context, tx pg.Tx, who access.Actor, ids []uuid.UUID) (map[uuid.UUID]Name, error) {
	if who.Kind == access.Nobody {
		return nil, who.Require(0)
	}
	rows, err := tx.Query(ctx, sqlNames, pgx.StrictNamedArgs{"ids": ids, "tenant": who.Tenant})
	if err != nil {
		return nil, err
	}
	names := make(map[uuid.UUID]Name, len(ids))
	var (
		u    uuid.UUID
		name Name
	)
	_, err = pgx.ForEachRow(rows, []any{&u, &name.Kind, &name.Text, &name.Former}, func() error {
		name.ID = PrincipalID(name.Kind, u)
		if name.Kind == "account" && name.Former {
			name.Text = FormerUser
		}
		names[u] = name
		return nil
	})
	return names, err
}

// ParsePrincipal reads the outer identifier of an account, a group or a key;
// anything else is NotFound. PrincipalID is the way back.
func ParsePrincipal(text string) (uuid.UUID, error) {
	if a, err := id.Parse[id.Account](text); err == nil {
		return a.UUID(), nil
	}
	if g, err := id.Parse[id.Group](text); err == nil {
		return g.UUID(), nil
	}
	if k, err := id.Parse[id.Key](text); err == nil {
		return k.UUID(), nil
	}
	return uuid.Nil, access.NotFound("principal")
}

// PrincipalID writes the outer identifier of an account, a group or a key; kind
// is as in Name.
func PrincipalID(kind string, principal uuid.UUID) string {
	switch kind {
	case "group":
		return id.FromUUID[id.Group](principal).String()
	case "key":
		return id.FromUUID[id.Key](principal).String()
	}
	return id.FromUUID[id.Account](principal).String()
}

// Names is PrincipalNamesTx for outer identifiers, such as the actors of the
// log: "acc_…", "grp_…", "key_…". What is none of these, such as a part of the
// house, and what is unknown is left out.
func (s *Service) Names(ctx context.Context, who access.Actor, ids []string) (names map[string]Name, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		names, err = s.NamesTx(ctx, tx, who, ids)
		return err
	})
	return names, err
}

// NamesTx is Names in a transaction.
func (s *Service) NamesTx(ctx context.Context, tx pg.Tx, who access.Actor, ids []string) (map[string]Name, error) {
	var uuids []uuid.UUID
	for _, text := range ids {
		if u, err := ParsePrincipal(text); err == nil {
			uuids = append(uuids, u)
		}
	}
	names := map[string]Name{}
	found, err := s.PrincipalNamesTx(ctx, tx, who, uuids)
	for _, n := range found {
		names[n.ID] = n
	}
	return names, err
}
