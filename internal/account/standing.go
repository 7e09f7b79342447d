// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const sqlStanding = `
	select array(select c.principal_id from principal_closure c where c.account_id = a.id) as principals,
		coalesce((select bit_or(r.perm) from principal_closure c join tenant_grant g on g.principal_id = c.principal_id join role r on r.id = g.role_id
			where c.account_id = a.id), 0) as everywhere
	from account a join tenant t on t.id = a.tenant_id and t.closed_at is null
	where a.id = @account and a.tenant_id = @tenant and a.state = 'active'`

// StandingTx is RecallTx for what somebody left behind to go on in their name:
// a person's rights of now hold as long as the account is active, signed in or
// not.
func (s *Service) StandingTx(ctx context.Context, tx pg.Tx, tenant id.Tenant, remembered []byte) (access.Actor, error) {
	was, err := access.Recall(remembered)
	if err != nil {
		return access.Actor{}, err
	}
	if was.Kind != access.Person {
		return s.RecallTx(ctx, tx, tenant, remembered)
	}
	var own access.Grant
	err = tx.QueryRow(ctx, sqlStanding, pgx.StrictNamedArgs{"account": was.Account, "tenant": tenant}).Scan(&own.Principals, &own.Everywhere)
	if errors.Is(err, pgx.ErrNoRows) {
		return access.Actor{}, unauthentic()
	}
	if err != nil {
		return access.Actor{}, err
	}
	return person(tenant, was.Account, id.Session{}, own), nil
}
