// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/pg"
	"tillgang/internal/secret"
)

const sqlProof = `
	select coalesce(a.password_hash, '') as stored, a.email, a.name, t.slug, t.name as tenant, s.by_link
	from account a join tenant t on t.id = a.tenant_id join session s on s.account_id = a.id
	where a.id = @account and s.id = @session and s.ended_at is null and a.state = 'active'`

const sqlSetHash = `
	update account set password_hash = @hash
	where id = @account and coalesce(password_hash, '') = @stored and state = 'active'`

const sqlEndOthers = `
	update session set by_link = false,
		ended_at = case when id <> @session then @now::timestamptz end,
		proved_at = case when id = @session then @now::timestamptz else proved_at end
	where account_id = @account and ended_at is null`

// SetPassword sets the password of whoever asks. The current one is asked for
// unless there is none or the session was opened by a link; three wrong ones
// block. All other sessions and unused links of the account end.
func (s *Service) SetPassword(ctx context.Context, who access.Actor, current, next secret.Text) error {
	if who.Kind != access.Person {
		return noPerson(who)
	}
	var stored, email, name, slug, tenant string
	var byLink bool
	err := s.in(ctx, who, func(tx pg.Tx) error {
		err := tx.QueryRow(ctx, sqlProof, pgx.StrictNamedArgs{"account": who.Account, "session": who.Session}).
			Scan(&stored, &email, &name, &slug, &tenant, &byLink)
		if errors.Is(err, pgx.ErrNoRows) {
			return unauthentic()
		}
		return err
	})
	if err != nil {
		return err
	}
	high := who.Everywhere()&access.Tenancy != 0
	if wrong := weakness(next.Reveal(), high, email, name, slug, tenant, product); wrong != "" {
		return fault.Fields("account.password_weak", "This password is not safe enough.", map[string]string{"password": wrong})
	}
	if stored != "" && !byLink {
		if err := s.prove(ctx, slug, email, who, current, stored); err != nil {
			return err
		}
	}
	hash, err := s.hasher.make(ctx, next)
	if err != nil {
		return err
	}
	return s.in(ctx, who, func(tx pg.Tx) error {
		tag, err := tx.Exec(ctx, sqlSetHash, pgx.StrictNamedArgs{"hash": hash, "account": who.Account, "stored": stored})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return unauthentic() // deactivated, or set from elsewhere, while we computed
		}
		now := s.now()
		if _, err := tx.Exec(ctx, sqlEndOthers, pgx.StrictNamedArgs{"session": who.Session, "now": now, "account": who.Account}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlLinkVoid, pgx.StrictNamedArgs{"account": who.Account, "now": now}); err != nil {
			return err
		}
		if stored != "" {
			if err := s.OnPasswordSet(ctx, tx, who); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, who, "account.set_password", who.Account.String(), nil)
	})
}

// noPerson is the answer to whoever has no password because it is nobody.
func noPerson(who access.Actor) error {
	if err := who.Require(0); err != nil {
		return err
	}
	return fault.New(fault.Forbidden, "account.no_person", "Only somebody who is signed in can do this.")
}

// product is a word that no password here may rest on.
const product = "tillgång"

// prove checks the password of somebody who is signed in. Failures count in a
// bucket of their session.
func (s *Service) prove(ctx context.Context, slug, email string, who access.Actor, password secret.Text, stored string) error {
	made, err := s.reserve(ctx, s.accountBucket(slug, email, who.Session.String()))
	if err != nil {
		return err
	}
	if len(password.Reveal()) > longestInput {
		password, stored = secret.Text{}, ""
	}
	right, _, err := s.hasher.verify(ctx, password, stored)
	if err != nil {
		return errors.Join(err, s.refund(ctx, made))
	}
	if !right {
		return fault.New(fault.Forbidden, "account.wrong_password", "Your current password is wrong. Try again; after three failures you have to wait, or ask an administrator for a new link.")
	}
	return pg.Across(ctx, s.db, func(tx pg.Tx) error { return settle(ctx, tx, made, true) })
}

const sqlProve = `update session set proved_at = @now, hash = @hash where id = @session and ended_at is null`

// Prove lets a signed-in person prove again who they are, before something
// grave. The session goes on under a new token, which replaces the old.
func (s *Service) Prove(ctx context.Context, who access.Actor, password secret.Text) (token string, err error) {
	if who.Kind != access.Person {
		return "", noPerson(who)
	}
	var stored, email, name, slug, tenant string
	var byLink bool
	err = s.in(ctx, who, func(tx pg.Tx) error {
		err := tx.QueryRow(ctx, sqlProof, pgx.StrictNamedArgs{"account": who.Account, "session": who.Session}).
			Scan(&stored, &email, &name, &slug, &tenant, &byLink)
		if errors.Is(err, pgx.ErrNoRows) {
			return unauthentic()
		}
		return err
	})
	if err != nil {
		return "", err
	}
	if err := s.prove(ctx, slug, email, who, password, stored); err != nil {
		return "", err
	}
	token = secret.Token()
	err = s.in(ctx, who, func(tx pg.Tx) error {
		tag, err := tx.Exec(ctx, sqlProve, pgx.StrictNamedArgs{"now": s.now(), "hash": secret.Hash(token), "session": who.Session})
		if err == nil && tag.RowsAffected() == 0 {
			err = unauthentic()
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, who, "account.prove", who.Session.String(), nil)
	})
	return token, err
}
