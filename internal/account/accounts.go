// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

// State says whether an account can be used.
type State string

// The states of an account.
const (
	Invited     State = "invited"     // made, but its owner has never signed in
	Active      State = "active"      // in use
	Deactivated State = "deactivated" // nobody any more, until it is reactivated
)

// Account is somebody who can sign in.
type Account struct {
	ID            id.Account
	Email         string // normalised, unique in the tenant
	Name          string
	State         State
	HasPassword   bool
	CreatedAt     time.Time
	SignedInAt    *time.Time // nil: never
	SeenAt        *time.Time // when a session of it was last used, to the minute; nil: never, or long ago
	DeactivatedAt *time.Time // nil unless deactivated
}

const sqlAccountColumns = `a.id, a.email, a.name, a.state, a.password_hash is not null as has_password, a.created_at, a.signed_in_at,
	(select max(s.seen_at) from session s where s.account_id = a.id) as seen_at, a.deactivated_at`

const sqlAccountInsert = `
	insert into account (id, tenant_id, email, name, state, created_at) values (@id, @tenant, @email, @name, 'invited', @now)`

// insertAccount adds an account that has no rights and no way in.
func (s *Service) insertAccount(ctx context.Context, tx pg.Tx, tenant id.Tenant, email, name string) (id.Account, error) {
	a := id.New[id.Account]()
	if _, err := tx.Exec(ctx, sqlAccountInsert, pgx.StrictNamedArgs{"id": a, "tenant": tenant, "email": email, "name": name, "now": s.now()}); err != nil {
		return a, err
	}
	return a, closure(ctx, tx, tenant, []id.Account{a})
}

// NewAccount is what an account starts with.
type NewAccount struct {
	Email string
	Name  string
}

// Create makes an account that may do nothing and cannot sign in: give it
// roles or groups, and its owner a link. It needs ManageAccounts.
func (s *Service) Create(ctx context.Context, who access.Actor, n NewAccount) (a Account, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		if err := who.Require(access.ManageAccounts); err != nil {
			return err
		}
		email, name := Normal(n.Email), shown(n.Name)
		if err := checkAccount(email, name); err != nil {
			return err
		}
		account, err := s.insertAccount(ctx, tx, who.Tenant, email, name)
		if err != nil {
			return exists(err)
		}
		if a, err = s.accountTx(ctx, tx, account); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "account.create", account.String(), nil)
	})
	return a, err
}

func checkAccount(email, name string) error {
	wrong := map[string]string{}
	if !plausible(email) {
		wrong["email"] = "Write an e-mail address, like name@example.se."
	}
	if name == "" || len([]rune(name)) > 200 {
		wrong["name"] = "Give a name of 1 to 200 characters."
	}
	if len(wrong) > 0 {
		return fault.Fields("account.invalid", "The account cannot be saved like this.", wrong)
	}
	return nil
}

func exists(err error) error {
	if pg.Violates(err, "account_email_key") {
		return fault.New(fault.Conflict, "account.exists", "There is an account with this address already.")
	}
	return err
}

const sqlAccount = `select ` + sqlAccountColumns + ` from account a where a.tenant_id = app_tenant() and a.id = @id`

func (s *Service) accountTx(ctx context.Context, tx pg.Tx, account id.Account) (Account, error) {
	rows, err := tx.Query(ctx, sqlAccount, pgx.StrictNamedArgs{"id": account})
	if err != nil {
		return Account{}, err
	}
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Account])
	if errors.Is(err, pgx.ErrNoRows) {
		return Account{}, access.NotFound("account")
	}
	return a, err
}

// Get returns an account: one's own, or any with ManageAccounts.
func (s *Service) Get(ctx context.Context, who access.Actor, account id.Account) (a Account, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		if !oneself(who, account) && who.Require(access.ManageAccounts) != nil {
			return access.NotFound("account")
		}
		a, err = s.accountTx(ctx, tx, account)
		return err
	})
	return a, err
}

// oneself reports whether a person asks about their own account.
func oneself(who access.Actor, account id.Account) bool {
	return who.Kind == access.Person && who.Account == account && !account.IsZero()
}

// Filter narrows a list of accounts.
type Filter struct {
	Q      string // part of the name or address
	State  State  // empty: all
	Group  id.Group
	Cursor string
	Limit  int
}

const sqlAccounts = `
	select ` + sqlAccountColumns + `
	from account a
	where a.tenant_id = app_tenant() and (@q = '' or strpos(a.email, @q) > 0 or strpos(lower(a.name), lower(@q)) > 0)
		and (@state = '' or a.state = @state)
		and (@group::uuid is null or exists (select from membership m where m.group_id = @group and m.member_id = a.id))
		and (@after = '' or a.email > @after)
	order by a.email
	limit @limit`

// List returns the tenant's accounts by address. It needs ManageAccounts.
func (s *Service) List(ctx context.Context, who access.Actor, f Filter) (p page.Page[Account], err error) {
	if err := who.Require(access.ManageAccounts); err != nil {
		return p, err
	}
	q := Normal(f.Q)
	list := strings.Join([]string{"accounts", q, string(f.State), f.Group.String()}, "\x00")
	after := ""
	if _, err := page.Read(f.Cursor, list, &after); err != nil {
		return p, err
	}
	limit := page.Limit(f.Limit)
	err = s.in(ctx, who, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlAccounts, pgx.StrictNamedArgs{
			"q": q, "state": string(f.State), "group": f.Group, "after": after, "limit": limit + 1,
		})
		if err != nil {
			return err
		}
		items, err := pgx.CollectRows(rows, pgx.RowToStructByName[Account])
		p = page.Cut(items, limit, list, func(a Account) []any { return []any{a.Email} })
		return err
	})
	return p, err
}

// Patch changes what is not nil.
type Patch struct {
	Name  *string
	Email *string
}

const sqlAccountEdit = `update account set email = @email, name = @name where tenant_id = app_tenant() and id = @id`

// Edit changes an account's name (one's own, or with ManageAccounts) or its
// address. An address is what a link is asked for with, so changing it needs
// ManageAccounts and, like a link, every right that the account holds.
func (s *Service) Edit(ctx context.Context, who access.Actor, account id.Account, p Patch) (a Account, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		if !oneself(who, account) && who.Require(access.ManageAccounts) != nil {
			return access.NotFound("account")
		}
		if err := s.lockRights(ctx, tx, who.Tenant); err != nil {
			return err
		}
		was, err := s.accountTx(ctx, tx, account)
		if err != nil {
			return err
		}
		email, name, changed := was.Email, was.Name, []string{}
		if p.Name != nil && shown(*p.Name) != name {
			name, changed = shown(*p.Name), append(changed, "name")
		}
		if p.Email != nil && Normal(*p.Email) != email {
			email, changed = Normal(*p.Email), append(changed, "email")
			if err := manager(who); err != nil {
				return err
			}
			if err := outranks(ctx, tx, who, account, was.State); err != nil {
				return err
			}
		}
		if err := checkAccount(email, name); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlAccountEdit, pgx.StrictNamedArgs{"email": email, "name": name, "id": account}); err != nil {
			return exists(err)
		}
		if email != was.Email {
			if err := s.OnAddressChanged(ctx, tx, who, account, was.Email); err != nil {
				return err
			}
		}
		if a, err = s.accountTx(ctx, tx, account); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "account.edit", account.String(), map[string]any{"fields": changed})
	})
	return a, err
}

const sqlDeactivate = `update account set state = 'deactivated', deactivated_at = @now where id = @id and state <> 'deactivated'`

const sqlDeactivateSessions = `update session set ended_at = @now where account_id = @id and ended_at is null`

const sqlDeactivateKeys = `update api_key set revoked_at = @now where owner_id = @id and revoked_at is null`

// Deactivate makes an account nobody at once: its sessions, links and the keys
// that borrow its rights are dead. It needs ManageAccounts; the last
// administrator stays. What the account made stays too, and so do its groups
// and roles, for the day it is reactivated.
func (s *Service) Deactivate(ctx context.Context, who access.Actor, account id.Account) error {
	return s.in(ctx, who, func(tx pg.Tx) error {
		if err := who.Require(access.ManageAccounts); err != nil {
			return err
		}
		if _, err := s.accountTx(ctx, tx, account); err != nil {
			return err
		}
		now := s.now()
		err := s.keepingAdministrator(ctx, tx, who.Tenant, func() error {
			for _, sql := range []string{sqlDeactivate, sqlDeactivateSessions, sqlDeactivateKeys} {
				if _, err := tx.Exec(ctx, sql, pgx.StrictNamedArgs{"now": now, "id": account}); err != nil {
					return err
				}
			}
			_, err := tx.Exec(ctx, sqlLinkVoid, pgx.StrictNamedArgs{"account": account, "now": now})
			return err
		})
		if err != nil {
			return err
		}
		if err := s.OnRightsChanged(ctx, tx, who, []id.Account{account}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "account.deactivate", account.String(), nil)
	})
}

const sqlReactivate = `
	update account set state = 'invited', password_hash = null, deactivated_at = null where id = @id and state = 'deactivated'`

// Reactivate lets an account back in, with the groups and roles it had, by a
// new link only: its old password and keys stay dead. It needs ManageAccounts
// and every right that the account holds.
func (s *Service) Reactivate(ctx context.Context, who access.Actor, account id.Account) error {
	return s.in(ctx, who, func(tx pg.Tx) error {
		if err := manager(who); err != nil {
			return err
		}
		if err := s.lockRights(ctx, tx, who.Tenant); err != nil {
			return err
		}
		a, err := s.accountTx(ctx, tx, account)
		if err != nil {
			return err
		}
		if a.State != Deactivated {
			return fault.New(fault.Conflict, "account.not_deactivated", "This account is not deactivated.")
		}
		if err := outranks(ctx, tx, who, account, a.State); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlReactivate, pgx.StrictNamedArgs{"id": account}); err != nil {
			return err
		}
		if err := s.OnRightsChanged(ctx, tx, who, []id.Account{account}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "account.reactivate", account.String(), nil)
	})
}

const sqlPrincipal = `
	select kind from (
		select 'account' as kind from account where id = @id and tenant_id = @tenant and state <> 'deactivated'
		union all select 'group' from principal_group where id = @id and tenant_id = @tenant
		union all select 'key' from api_key where id = @id and tenant_id = @tenant and owner_id is null and revoked_at is null
	) p`

// PrincipalKindTx says what a principal is: "account", "group" or "key" (of
// its own right). NotFound when the tenant has none such that is alive.
func (s *Service) PrincipalKindTx(ctx context.Context, tx pg.Tx, tenant id.Tenant, principal uuid.UUID) (kind string, err error) {
	err = tx.QueryRow(ctx, sqlPrincipal, pgx.StrictNamedArgs{"id": principal, "tenant": tenant}).Scan(&kind)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", access.NotFound("principal")
	}
	return kind, err
}
