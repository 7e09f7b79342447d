// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Session is one signed-in browser.
type Session struct {
	ID        id.Session
	Account   id.Account
	Browser   string
	CreatedAt time.Time
	SeenAt    time.Time // to the minute
	ProvedAt  time.Time // when its person last proved who they are
	ExpiresAt time.Time
}

const sqlSessions = `
	select s.id, s.account_id as account, s.browser, s.created_at, s.seen_at, s.proved_at, s.expires_at
	from session s
	where s.tenant_id = app_tenant() and s.account_id = @account and s.ended_at is null and s.expires_at > @now and s.seen_at > @idle
	order by s.created_at desc, s.id desc`

// Sessions lists the open sessions of an account, newest first: one's own, or
// anybody's with ManageAccounts.
func (s *Service) Sessions(ctx context.Context, who access.Actor, account id.Account) (list []Session, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		if !oneself(who, account) && who.Require(access.ManageAccounts) != nil {
			return access.NotFound("account")
		}
		own, err := rightsTx(ctx, tx, account)
		if err != nil {
			return err
		}
		var settings []byte
		if err := tx.QueryRow(ctx, sqlSettingsRaw).Scan(&settings); err != nil {
			return err
		}
		now := s.now()
		rows, err := tx.Query(ctx, sqlSessions, pgx.StrictNamedArgs{"account": account, "now": now, "idle": now.Add(-s.idle(own.Everywhere, settings))})
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Session])
		return err
	})
	return list, err
}

const sqlSessionOf = `select account_id from session where id = @id and tenant_id = @tenant and ended_at is null for update`

const sqlSessionEnd = `update session set ended_at = @now where id = @id`

// EndSession ends a session at once: one's own, or anybody's with
// ManageAccounts.
func (s *Service) EndSession(ctx context.Context, who access.Actor, session id.Session) error {
	return s.in(ctx, who, func(tx pg.Tx) error {
		var account id.Account
		err := tx.QueryRow(ctx, sqlSessionOf, pgx.StrictNamedArgs{"id": session, "tenant": who.Tenant}).Scan(&account)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && !oneself(who, account) && who.Require(access.ManageAccounts) != nil {
			return access.NotFound("session")
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlSessionEnd, pgx.StrictNamedArgs{"now": s.now(), "id": session}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "account.end_session", session.String(), map[string]any{"account": account.String()})
	})
}

const sqlSessionsEnd = `
	update session set ended_at = @now where tenant_id = @tenant and account_id = @account and ended_at is null and expires_at > @now`

// EndSessions ends all sessions of an account at once: one's own, or anybody's
// with ManageAccounts.
func (s *Service) EndSessions(ctx context.Context, who access.Actor, account id.Account) error {
	return s.in(ctx, who, func(tx pg.Tx) error {
		if !oneself(who, account) && who.Require(access.ManageAccounts) != nil {
			return access.NotFound("account")
		}
		if _, err := s.accountTx(ctx, tx, account); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, sqlSessionsEnd, pgx.StrictNamedArgs{"now": s.now(), "tenant": who.Tenant, "account": account})
		if err != nil {
			return err
		}
		return s.record(ctx, tx, who, "account.end_sessions", account.String(), map[string]any{"sessions": tag.RowsAffected()})
	})
}

// SignOut ends the session that asks.
func (s *Service) SignOut(ctx context.Context, who access.Actor) error {
	if who.Session.IsZero() {
		return unauthentic()
	}
	return s.EndSession(ctx, who, who.Session)
}

const (
	sqlTidySessions = `delete from session where expires_at < @old`
	sqlTidyLinks    = `delete from sign_in_link where expires_at < @old`
	sqlTidyAttempts = `delete from attempt where since < @quiet and (blocked_until is null or blocked_until < @quiet)`
)

// Tidy deletes sessions and links that ended a month ago and counters that no
// longer count, in all tenants. Only the house may do it, once in a while;
// often does no harm.
func (s *Service) Tidy(ctx context.Context, who access.Actor) error {
	if err := onlyHouse(who); err != nil {
		return err
	}
	now := s.now()
	return pg.Across(ctx, s.db, func(tx pg.Tx) error {
		for _, sql := range []string{sqlTidySessions, sqlTidyLinks} {
			if _, err := tx.Exec(ctx, sql, pgx.StrictNamedArgs{"old": now.AddDate(0, 0, -30)}); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, sqlTidyAttempts, pgx.StrictNamedArgs{"quiet": now.Add(-quiet)})
		return err
	})
}
