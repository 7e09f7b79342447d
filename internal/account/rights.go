// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const sqlRightsLock = `select pg_advisory_xact_lock(hashtextextended('tillgang account rights ' || @tenant::uuid::text, 0))`

// lockRights makes changes of who is in which group and has which role happen
// one after the other within a tenant, so that no two of them together make a
// cycle or leave the tenant without an administrator.
func (s *Service) lockRights(ctx context.Context, tx pg.Tx, tenant id.Tenant) error {
	_, err := tx.Exec(ctx, sqlRightsLock, pgx.StrictNamedArgs{"tenant": tenant})
	return err
}

const sqlClosure = `
	with recursive up(account_id, principal_id, depth) as (
		select a.id, a.id, 0 from account a where a.id = any(@accounts)
		union
		select up.account_id, m.group_id, up.depth + 1 from up join membership m on m.member_id = up.principal_id where up.depth <= 5
	), gone as (
		delete from principal_closure c
		where c.account_id = any(@accounts) and not exists (select from up where up.account_id = c.account_id and up.principal_id = c.principal_id)
	)
	insert into principal_closure (tenant_id, account_id, principal_id)
	select distinct @tenant::uuid, up.account_id, up.principal_id from up
	on conflict do nothing`

// closure derives anew which principals the accounts are.
func closure(ctx context.Context, tx pg.Tx, tenant id.Tenant, accounts []id.Account) error {
	_, err := tx.Exec(ctx, sqlClosure, pgx.StrictNamedArgs{"tenant": tenant, "accounts": uuids(accounts)})
	return err
}

func uuids(accounts []id.Account) []uuid.UUID {
	out := make([]uuid.UUID, len(accounts))
	for i, a := range accounts {
		out[i] = a.UUID()
	}
	return out
}

const sqlBeneath = `
	with recursive down(member_id, depth) as (
		select @principal::uuid, 0
		union
		select m.member_id, down.depth + 1 from down join membership m on m.group_id = down.member_id where down.depth <= 6
	)
	select distinct a.id from down join account a on a.id = down.member_id`

// beneath lists the accounts that a principal is or holds, however deep.
func beneath(ctx context.Context, tx pg.Tx, principal uuid.UUID) ([]id.Account, error) {
	rows, err := tx.Query(ctx, sqlBeneath, pgx.StrictNamedArgs{"principal": principal})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[id.Account])
}

const sqlAdministrators = `
	select count(*) from (
		select a.id from account a
		join principal_closure c on c.account_id = a.id
		join tenant_grant g on g.principal_id = c.principal_id
		join role r on r.id = g.role_id
		where a.state = 'active' and a.tenant_id = @tenant
		group by a.id having bit_or(r.perm) & @all = @all
	) administrator`

// keepingAdministrator runs fn, which may take rights away, and refuses what
// fn did if the tenant had an active administrator before and none after.
func (s *Service) keepingAdministrator(ctx context.Context, tx pg.Tx, tenant id.Tenant, fn func() error) error {
	if err := s.lockRights(ctx, tx, tenant); err != nil {
		return err
	}
	count := func() (n int, err error) {
		err = tx.QueryRow(ctx, sqlAdministrators, pgx.StrictNamedArgs{"tenant": tenant, "all": int64(access.All)}).Scan(&n)
		return n, err
	}
	before, err := count()
	if err != nil {
		return err
	}
	if err := fn(); err != nil {
		return err
	}
	after, err := count()
	if err != nil {
		return err
	}
	if before > 0 && after == 0 {
		return fault.New(fault.Conflict, "account.last_administrator", "This would leave nobody who may do everything here. Give somebody else the role admin first; they must have signed in once.")
	}
	return nil
}

// giving returns nil if who holds all of what it is about to give away.
func giving(who access.Actor, perm access.Set) error {
	if !who.Everywhere().Has(perm) {
		return fault.New(fault.Forbidden, "role.escalation", "You can only give away rights that you hold yourself, everywhere. Ask somebody who holds them.")
	}
	return nil
}
