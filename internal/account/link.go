// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/secret"
)

// LinkLife is how long a one-time link can be used.
const LinkLife = 24 * time.Hour

// deadLink is the one answer to a link that is not, or no longer, one.
func deadLink() error {
	return fault.New(fault.Unauthentic, "link.invalid", "This link has been used, has been replaced by a newer one, or is older than a day. Ask for a new one.")
}

const sqlLinkVoid = `update sign_in_link set expires_at = @now where account_id = @account and used_at is null and expires_at > @now`

const sqlLinkMake = `
	insert into sign_in_link (id, tenant_id, hash, account_id, purpose, created_at, expires_at)
	values (gen_random_uuid(), @tenant, @hash, @account, @purpose, @now, @expires)`

// makeLink makes a link for an account and voids its older ones.
func (s *Service) makeLink(ctx context.Context, tx pg.Tx, tenant id.Tenant, account id.Account, purpose string) (secret.Text, error) {
	now := s.now()
	if _, err := tx.Exec(ctx, sqlLinkVoid, pgx.StrictNamedArgs{"account": account, "now": now}); err != nil {
		return secret.Text{}, err
	}
	token := secret.Token()
	_, err := tx.Exec(ctx, sqlLinkMake, pgx.StrictNamedArgs{
		"tenant": tenant, "hash": secret.Hash(token), "account": account, "purpose": purpose, "now": now, "expires": now.Add(LinkLife),
	})
	return secret.Exactly(token), err
}

const (
	sqlLinkFor   = `select id, state from account where tenant_id = app_tenant() and email = @email for update`
	sqlLinkForID = `select id, state from account where tenant_id = app_tenant() and id = @id for update`
)

// NewLink makes a one-time link with which the account of that address opens a
// session and sets a (new) password; links made before are void. It needs
// ManageAccounts, and every right that an account in use holds anywhere: a
// link is a way to become somebody. Keys make no links.
func (s *Service) NewLink(ctx context.Context, who access.Actor, email string) (token secret.Text, err error) {
	var l Link
	err = s.in(ctx, who, func(tx pg.Tx) error {
		if err := manager(who); err != nil {
			return err
		}
		l, err = s.newLink(ctx, tx, who, sqlLinkFor, pgx.StrictNamedArgs{"email": Normal(email)}, false)
		return err
	})
	return l.Token, err
}

// LinkFor is NewLink for an account by its identifier. send has the link sent to
// the account's address, where mail is sent at all.
func (s *Service) LinkFor(ctx context.Context, who access.Actor, account id.Account, send bool) (l Link, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		if err := manager(who); err != nil {
			return err
		}
		l, err = s.newLink(ctx, tx, who, sqlLinkForID, pgx.StrictNamedArgs{"id": account}, send)
		return err
	})
	return l, err
}

func (s *Service) newLink(ctx context.Context, tx pg.Tx, who access.Actor, sql string, args pgx.StrictNamedArgs, send bool) (l Link, err error) {
	if err := s.lockRights(ctx, tx, who.Tenant); err != nil {
		return l, err
	}
	var account id.Account
	var state State
	err = tx.QueryRow(ctx, sql, args).Scan(&account, &state)
	if errors.Is(err, pgx.ErrNoRows) {
		return l, access.NotFound("account")
	}
	if err != nil {
		return l, err
	}
	if state == Deactivated {
		return l, fault.New(fault.Conflict, "account.deactivated", "This account is deactivated. Reactivate it first, then make a link.")
	}
	if err := outranks(ctx, tx, who, account, state); err != nil {
		return l, err
	}
	if l, err = s.linkTx(ctx, tx, who, account, send); err != nil {
		return l, err
	}
	if state == Active && who.Account != account && !l.Sent { // who gets a mail knows
		if err := s.OnLinkMade(ctx, tx, who, account); err != nil {
			return l, err
		}
	}
	return l, s.record(ctx, tx, who, "account.make_link", account.String(), map[string]any{"sent": l.Sent})
}

// manager returns nil if who may manage accounts and is not a key.
func manager(who access.Actor) error {
	if err := who.Require(access.ManageAccounts); err != nil {
		return err
	}
	return noKey(who)
}

// noKey refuses keys what would let them outlive or outgrow themselves.
func noKey(who access.Actor) error {
	if who.Kind == access.Key {
		return fault.New(fault.Forbidden, "key.not_by_key", "A program with an API key cannot do this. Do it yourself, signed in.")
	}
	return nil
}

const sqlRightsAnywhere = `
	select coalesce(bit_or(p.perm), 0)
	from (
		select r.perm from principal_closure c join tenant_grant g on g.principal_id = c.principal_id join role r on r.id = g.role_id where c.account_id = @account
		union all
		select e.perm from principal_closure c join acl_entry e on e.principal_id = c.principal_id where c.account_id = @account and @folders
	) p`

// outranks returns nil if who holds everywhere what the account holds. Rights
// in folders are looked at once the account is in use; before, it is the
// normal course of things that whoever invites does not see what the folder's
// keeper has granted already.
func outranks(ctx context.Context, tx pg.Tx, who access.Actor, account id.Account, state State) error {
	if who.Account == account {
		return nil
	}
	var anywhere access.Set
	if err := tx.QueryRow(ctx, sqlRightsAnywhere, pgx.StrictNamedArgs{"account": account, "folders": state != Invited}).Scan(&anywhere); err != nil {
		return err
	}
	if !who.Everywhere().Has(anywhere) {
		return fault.New(fault.Forbidden, "account.outranked", "This account has rights that you do not hold, so you cannot act for it. Ask an administrator who holds them, or use the command line of the server.")
	}
	return nil
}

const sqlLinkUse = `
	update sign_in_link l set used_at = @now
	from account a, tenant t
	where l.hash = @hash and l.used_at is null and l.expires_at > @now
		and a.id = l.account_id and a.state in ('invited', 'active') and t.id = l.tenant_id and t.closed_at is null
	returning l.tenant_id, l.account_id, l.purpose, t.slug, a.email, set_config('app.tenant_id', l.tenant_id::text, true)`

const sqlLinkActivate = `
	update account set state = 'active', signed_in_at = @now where id = @account
	returning password_hash is null`

// RedeemLink opens a session for whoever holds an unused link of the last day.
// The account becomes active, its other sessions go on, and its blocks are
// cleared. In that session SetPassword asks for no old password. Failures
// count against network.
func (s *Service) RedeemLink(ctx context.Context, token, browser string, network netip.Prefix) (SignedIn, error) {
	made, err := s.reserve(ctx, s.networkBucket(network))
	if err != nil {
		return SignedIn{}, err
	}
	var in SignedIn
	err = pg.Across(ctx, s.db, func(tx pg.Tx) error {
		var (
			tenant                      id.Tenant
			account                     id.Account
			purpose, slug, email, bound string
			empty                       bool
		)
		err := tx.QueryRow(ctx, sqlLinkUse, pgx.StrictNamedArgs{"hash": secret.Hash(token), "now": s.now()}).
			Scan(&tenant, &account, &purpose, &slug, &email, &bound)
		if errors.Is(err, pgx.ErrNoRows) {
			return deadLink()
		}
		if err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, sqlLinkActivate, pgx.StrictNamedArgs{"account": account, "now": s.now()}).Scan(&empty); err != nil {
			return err
		}
		if err := settle(ctx, tx, made, true); err != nil {
			return err
		}
		if err := s.unblock(ctx, tx, slug, email); err != nil {
			return err
		}
		if in, err = s.openSession(ctx, tx, tenant, account, browser, true); err != nil {
			return err
		}
		in.NeedPassword = empty
		in.Device = s.newDevice(account)
		return s.record(ctx, tx, in.Who, "account.redeem_link", in.Who.Session.String(), map[string]any{"purpose": purpose})
	})
	if err != nil {
		return SignedIn{}, err
	}
	return in, nil
}
