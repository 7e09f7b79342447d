// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/secret"
)

// DefaultTenant is the slug of the tenant that the first start makes, and the
// one that is meant where none is named.
const DefaultTenant = "default"

// Attempt is somebody trying to sign in.
type Attempt struct {
	Tenant   string // slug; empty: DefaultTenant
	Email    string
	Password secret.Text
	Device   string       // the browser's device cookie; empty without one
	Network  netip.Prefix // where it comes from, as Network cuts it; zero: not counted
	Browser  string       // a short word for the list of sessions: "Firefox on Linux"
}

// SignedIn is a session just opened. Token and Device are shown this once.
type SignedIn struct {
	Who          access.Actor
	Token        string    // the session's secret, for the cookie
	Device       string    // the device cookie's value, good for this account only
	ExpiresAt    time.Time // the session ends then in any case
	NeedPassword bool      // no password is set: ask for one now
}

// refused is the one answer to a sign-in that failed.
func refused() error {
	return fault.New(fault.Unauthentic, "account.refused", "The address or the password is wrong. Check both and try again; after three failures you have to wait.")
}

// longestInput is how many bytes of password are looked at; more is never right.
const longestInput = 4096

const sqlCandidate = `
	select a.id, a.tenant_id, coalesce(a.password_hash, '') as password_hash
	from account a join tenant t on t.id = a.tenant_id
	where t.slug = @slug and t.closed_at is null and a.email = @email and a.state = 'active'`

const sqlSignInLock = `
	select coalesce(password_hash, '') from account where id = @id and state = 'active' for update`

const sqlSignInUpgrade = `update account set signed_in_at = @now, password_hash = coalesce(@hash, password_hash) where id = @id`

// SignIn opens a session for whoever knows the password. Every failure gets
// the same answer after the same work, whether or not the account exists;
// after three of them the answer is TooMany, even to the right password.
func (s *Service) SignIn(ctx context.Context, a Attempt) (SignedIn, error) {
	slug, email := Normal(a.Tenant), Normal(a.Email)
	if slug == "" {
		slug = DefaultTenant
	}
	var (
		account id.Account
		tenant  id.Tenant
		stored  string
	)
	err := pg.Across(ctx, s.db, func(tx pg.Tx) error {
		return tx.QueryRow(ctx, sqlCandidate, pgx.StrictNamedArgs{"slug": slug, "email": email}).Scan(&account, &tenant, &stored)
	})
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return SignedIn{}, err
	}
	device := s.deviceOf(account, a.Device)
	buckets := []*bucket{s.accountBucket(slug, email, device)}
	if device == "" { // a browser that is known answers for itself, not for its network
		buckets = append(buckets, s.networkBucket(a.Network))
	}
	made, err := s.reserve(ctx, buckets...)
	if err != nil {
		return SignedIn{}, err
	}
	password := a.Password
	if len(password.Reveal()) > longestInput {
		password, stored = secret.Text{}, ""
	}
	right, weak, err := s.hasher.verify(ctx, password, stored)
	if err != nil {
		return SignedIn{}, errors.Join(err, s.refund(ctx, made))
	}
	if !right {
		return SignedIn{}, refused()
	}
	var better *string
	if weak {
		h, err := s.hasher.make(ctx, password)
		if err != nil {
			return SignedIn{}, errors.Join(err, s.refund(ctx, made))
		}
		better = &h
	}
	var in SignedIn
	err = pg.In(ctx, s.db, tenant, func(tx pg.Tx) error {
		var now string
		err := tx.QueryRow(ctx, sqlSignInLock, pgx.StrictNamedArgs{"id": account}).Scan(&now)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && now != stored {
			return refused() // changed or deactivated while we computed
		}
		if err != nil {
			return err
		}
		if err := settle(ctx, tx, made, true); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlSignInUpgrade, pgx.StrictNamedArgs{"now": s.now(), "hash": better, "id": account}); err != nil {
			return err
		}
		if in, err = s.openSession(ctx, tx, tenant, account, a.Browser, false); err != nil {
			return err
		}
		in.Device = a.Device
		if device == "" {
			in.Device = s.newDevice(account)
		}
		return s.record(ctx, tx, in.Who, "account.sign_in", in.Who.Session.String(), map[string]any{"upgraded": weak})
	})
	switch {
	case err == nil:
		return in, nil
	case fault.KindOf(err) == fault.Unauthentic:
		return SignedIn{}, err
	}
	return SignedIn{}, errors.Join(err, s.refund(ctx, made)) // the machine failed, not the person
}

const sqlSessionOpen = `
	insert into session (id, tenant_id, hash, account_id, browser, created_at, seen_at, proved_at, by_link, expires_at)
	values (@id, @tenant, @hash, @account, @browser, @now, @now, @now, @by_link, @expires)`

// openSession opens a session of a new identity. It does not record the deed.
func (s *Service) openSession(ctx context.Context, tx pg.Tx, tenant id.Tenant, account id.Account, browser string, byLink bool) (SignedIn, error) {
	now := s.now()
	var settings []byte
	if err := tx.QueryRow(ctx, sqlSettingsRaw).Scan(&settings); err != nil {
		return SignedIn{}, err
	}
	in := SignedIn{Token: secret.Token(), ExpiresAt: now.Add(either(readKept(settings).SessionHours, time.Hour, s.cfg.Longest))}
	session := id.New[id.Session]()
	if _, err := tx.Exec(ctx, sqlSessionOpen, pgx.StrictNamedArgs{
		"id": session, "tenant": tenant, "hash": secret.Hash(in.Token), "account": account,
		"browser": cut(shown(browser), 100), "now": now, "by_link": byLink, "expires": in.ExpiresAt,
	}); err != nil {
		return SignedIn{}, err
	}
	own, err := rightsTx(ctx, tx, account)
	in.Who = person(tenant, account, session, own)
	return in, err
}

// cut returns the first n runes of s.
func cut(s string, n int) string {
	i := 0
	for at := range s {
		if i++; i > n {
			return s[:at]
		}
	}
	return s
}

// record writes a deed of now into the log.
func (s *Service) record(ctx context.Context, tx pg.Tx, who access.Actor, verb, subject string, detail map[string]any) error {
	if s.trial {
		return nil // what is tried out is no deed
	}
	return audit.Record(ctx, tx, audit.Entry{At: s.now(), Who: who, Verb: verb, Subject: subject, Detail: detail})
}
