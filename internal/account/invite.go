// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/secret"
)

// Link is a one-time link just made, or on its way by mail. Its token is shown
// this once.
type Link struct {
	Account   Account
	Token     secret.Text // zero when it is sent
	ExpiresAt time.Time   // zero when it is sent: its day begins then
	Sent      bool        // its owner gets it by mail, and nobody else sees it
}

// Invite makes an account that may do nothing yet, with the one-time link that
// its owner signs in with: sent to their address, or given to whoever asks, who
// passes it on. Where no mail is sent it is always given. It needs
// ManageAccounts; keys invite nobody.
func (s *Service) Invite(ctx context.Context, who access.Actor, n NewAccount, send bool) (l Link, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		if err := manager(who); err != nil {
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
		if l, err = s.linkTx(ctx, tx, who, account, send); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "account.invite", account.String(), map[string]any{"sent": l.Sent})
	})
	return l, err
}

func (s *Service) linkTx(ctx context.Context, tx pg.Tx, who access.Actor, account id.Account, send bool) (l Link, err error) {
	if l.Account, err = s.accountTx(ctx, tx, account); err != nil {
		return l, err
	}
	if send {
		if l.Sent, err = s.SendLink(ctx, tx, who, account); err != nil || l.Sent {
			return l, err
		}
	}
	l.ExpiresAt = s.now().Add(LinkLife)
	l.Token, err = s.makeLink(ctx, tx, who.Tenant, account, "enrol")
	return l, err
}

// EnrolTx makes the one-time link that SendLink has promised an account's
// owner; links made before are void. Whoever promised it was asked for their
// rights then. NotFound when the account is deactivated or the tenant closed.
func (s *Service) EnrolTx(ctx context.Context, tx pg.Tx, who access.Actor, account id.Account) (token secret.Text, err error) {
	if err := onlyHouse(who); err != nil {
		return token, err
	}
	r, err := s.ReachTx(ctx, tx, account)
	if err == nil && r.State == Deactivated {
		err = access.NotFound("account")
	}
	if err != nil {
		return token, err
	}
	return s.makeLink(ctx, tx, who.Tenant, account, "enrol")
}

// Me is what an actor may know of itself.
type Me struct {
	Name         string // the account's or the key's
	Email        string // empty for a key
	NeedPassword bool   // a person without a password
	Language     string // that the person chose; empty: none
	LinkDays     int    // the tenant's; see Settings
	Tenant       Tenant
	BinDays      int // how long the tenant keeps what is deleted
}

const sqlMe = `
	select coalesce(a.name, k.name, ''), coalesce(a.email, ''), a.id is not null and a.password_hash is null,
		coalesce(a.preferences->>'language', ''), t.id, t.slug, t.name, t.closed_at is null, t.settings
	from tenant t
	left join account a on a.id = @account and @key::uuid is null
	left join api_key k on k.id = @key
	where t.id = @tenant`

// Me tells an actor who it is.
func (s *Service) Me(ctx context.Context, who access.Actor) (m Me, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		var settings []byte
		err := tx.QueryRow(ctx, sqlMe, pgx.StrictNamedArgs{"account": who.Account, "key": who.KeyID, "tenant": who.Tenant}).
			Scan(&m.Name, &m.Email, &m.NeedPassword, &m.Language, &m.Tenant.ID, &m.Tenant.Slug, &m.Tenant.Name, &m.Tenant.Open, &settings)
		set := s.settings(m.Tenant.Name, settings, 0)
		m.LinkDays, m.BinDays = set.LinkDays, set.BinDays
		return err
	})
	return m, err
}
