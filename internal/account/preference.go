// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Preferences are what somebody chose for themselves, wherever they sign in.
// The zero value is what everybody begins with.
type Preferences struct {
	Language     string `json:"language,omitempty"`       // of the pages and of mails; empty: as the browser asks, and mails as the tenant has it
	Theme        string `json:"theme,omitempty"`          // light, dark; empty: as the system
	Density      string `json:"density,omitempty"`        // compact, comfortable; empty: comfortable
	NoSingleKeys bool   `json:"no_single_keys,omitempty"` // shortcuts of a single key do nothing (WCAG 2.1.4)
}

func (p Preferences) check() error {
	wrong := map[string]string{}
	for _, c := range []struct {
		field, value string
		known        []string
	}{
		{"language", p.Language, Languages}, {"theme", p.Theme, []string{"light", "dark"}}, {"density", p.Density, []string{"compact", "comfortable"}},
	} {
		if c.value != "" && !slices.Contains(c.known, c.value) {
			wrong[c.field] = "Choose one of those that are offered."
		}
	}
	if len(wrong) > 0 {
		return fault.Fields("preferences.invalid", "The preferences cannot be saved like this.", wrong)
	}
	return nil
}

// owner is a person who is signed in: what is kept with an account is its owner's
// alone.
func owner(who access.Actor) error {
	if err := who.Require(0); err != nil {
		return err
	}
	if who.Kind != access.Person {
		return fault.New(fault.Forbidden, "account.none", "Only somebody with an account has this. Sign in.")
	}
	return nil
}

const sqlPreferences = `select preferences from account where tenant_id = app_tenant() and id = @account`

// Preferences returns who's own.
func (s *Service) Preferences(ctx context.Context, who access.Actor) (p Preferences, err error) {
	if err := owner(who); err != nil {
		return p, err
	}
	err = s.in(ctx, who, func(tx pg.Tx) error {
		var raw []byte
		if err := tx.QueryRow(ctx, sqlPreferences, pgx.StrictNamedArgs{"account": who.Account}).Scan(&raw); err != nil {
			return err
		}
		return json.Unmarshal(raw, &p)
	})
	return p, err
}

const sqlPreferencesSet = `update account set preferences = @preferences where tenant_id = app_tenant() and id = @account`

// SetPreferences keeps who's own.
func (s *Service) SetPreferences(ctx context.Context, who access.Actor, p Preferences) error {
	if err := owner(who); err != nil {
		return err
	}
	if err := p.check(); err != nil {
		return err
	}
	return s.in(ctx, who, func(tx pg.Tx) error {
		if _, err := tx.Exec(ctx, sqlPreferencesSet, pgx.StrictNamedArgs{"preferences": p, "account": who.Account}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "account.prefer", who.Account.String(), nil)
	})
}

// Reach is how the server writes to an account's owner.
type Reach struct {
	Email    string
	Language string // chosen, else the tenant's
	Tenant   string // the tenant's name
	State    State
}

const sqlReach = `
	select a.email, coalesce(nullif(a.preferences->>'language', ''), nullif(t.settings->>'language', ''), 'sv') as language, t.name as tenant, a.state
	from account a join tenant t on t.id = a.tenant_id
	where a.tenant_id = app_tenant() and a.id = @account and t.closed_at is null`

// ReachTx tells the house how to write to an account's owner. NotFound for an
// account that is gone and in a tenant that is closed.
func (s *Service) ReachTx(ctx context.Context, tx pg.Tx, account id.Account) (r Reach, err error) {
	rows, err := tx.Query(ctx, sqlReach, pgx.StrictNamedArgs{"account": account})
	if err != nil {
		return r, err
	}
	r, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Reach])
	if errors.Is(err, pgx.ErrNoRows) {
		err = access.NotFound("account")
	}
	return r, err
}

const sqlHolders = `
	select distinct c.account_id from tenant_grant g
	join role r on r.id = g.role_id and r.perm & @need::bigint = @need::bigint
	join principal_closure c on c.principal_id = g.principal_id
	join account a on a.id = c.account_id and a.state = 'active'
	where g.tenant_id = app_tenant()`

// HoldersTx lists the accounts in use that hold the permissions at the tenant
// by one role.
func (s *Service) HoldersTx(ctx context.Context, tx pg.Tx, need access.Set) ([]id.Account, error) {
	rows, err := tx.Query(ctx, sqlHolders, pgx.StrictNamedArgs{"need": int64(need)})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[id.Account])
}
