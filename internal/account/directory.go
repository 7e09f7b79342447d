// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/pg"
)

const sqlDirectory = `
	select x.id, x.kind, x.name from (
		select a.id, 'account' as kind, a.name from account a where a.tenant_id = @tenant and a.state <> 'deactivated'
		union all select g.id, 'group', g.name from principal_group g where g.tenant_id = @tenant
	) x
	where x.name ilike @like escape '!' and (@kind = '' or x.kind = @kind)
	order by lower(x.name), x.id limit @most`

// maxDirectory is how many people and groups are found at once.
const maxDirectory = 50

// Directory finds people and groups by a part of their name, to share something
// with them or to mention them. Everybody with an account may look; it gives no
// addresses. kind is account, group or empty for both.
func (s *Service) Directory(ctx context.Context, who access.Actor, part, kind string) (list []Name, err error) {
	if who.Kind == access.Nobody {
		return nil, who.Require(0)
	}
	if who.Account.IsZero() && who.Kind != access.House {
		return nil, fault.New(fault.Forbidden, "account.no_account", "Only people look for people. Use a key of a person's own, or sign in.")
	}
	if !utf8.ValidString(part) || strings.ContainsRune(part, 0) || utf8.RuneCountInString(part) > 200 {
		return nil, fault.Fields("account.part", "Look for a part of a name, of at most 200 characters.", map[string]string{"q": "at most 200 characters"})
	}
	like := "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.TrimSpace(part)) + "%"
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlDirectory, pgx.StrictNamedArgs{"tenant": who.Tenant, "like": like, "kind": kind, "most": maxDirectory})
		if err != nil {
			return err
		}
		var u uuid.UUID
		var n Name
		_, err = pgx.ForEachRow(rows, []any{&u, &n.Kind, &n.Text}, func() error {
			n.ID = PrincipalID(n.Kind, u)
			list = append(list, n)
			return nil
		})
		return err
	})
	return list, err
}

// PrincipalNames is PrincipalNamesTx in a transaction of its own.
func (s *Service) PrincipalNames(ctx context.Context, who access.Actor, principals []uuid.UUID) (names map[uuid.UUID]Name, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		names, err = s.PrincipalNamesTx(ctx, tx, who, principals)
		return err
	})
	return names, err
}
