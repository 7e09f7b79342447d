// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"crypto/subtle"
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

// unauthentic is the one answer to a session that is not, or no longer, one.
func unauthentic() error {
	return fault.New(fault.Unauthentic, "session.invalid", "You are not signed in, or your session has ended. Sign in again.")
}

// badKey is the one answer to a key that is not, or no longer, one.
func badKey() error {
	return fault.New(fault.Unauthentic, "key.invalid", "This API key is not valid here: it may be mistyped, revoked, expired or bound to another network. Make a new one or ask an administrator.")
}

// The first statement of each batch binds the transaction to the tenant that
// the secret belongs to, or to a tenant that does not exist, so that the
// second, which reads the rights, always finds a wall to stay behind.
const noTenant = `'00000000-0000-0000-0000-000000000000'`

const sqlSession = `
	with found as (
		select s.id, s.tenant_id, s.account_id, s.seen_at, s.expires_at, t.settings
		from session s
		join account a on a.id = s.account_id and a.state = 'active'
		join tenant t on t.id = s.tenant_id and t.closed_at is null
		where s.hash = @hash and s.ended_at is null
	)
	select id, tenant_id, account_id, seen_at, expires_at, settings,
		set_config('app.tenant_id', coalesce(f.tenant_id::text, ` + noTenant + `), true) as bound
	from (values (1)) one(x) left join found f on true`

const sqlSessionRights = `
	with me as (
		select c.principal_id from session s join principal_closure c on c.account_id = s.account_id where s.hash = @hash
	)
	select array(select principal_id from me) as principals,
		coalesce((select bit_or(r.perm) from tenant_grant g join role r on r.id = g.role_id where g.principal_id in (select principal_id from me)), 0) as everywhere`

const sqlSessionSeen = `update session set seen_at = @now where id = @id and seen_at < @now`

// ActorBySession returns the person whose session the token opens, with the
// rights of this moment, in one round trip to the database. An unknown, ended
// or idle session, a deactivated account and a closed tenant all give the same
// fault of kind Unauthentic. It notes at most once a minute that the session
// is in use.
func (s *Service) ActorBySession(ctx context.Context, token string) (access.Actor, error) {
	if len(token) != 43 { // what secret.Token makes
		return access.Actor{}, unauthentic()
	}
	var (
		now               = s.now()
		session           id.Session
		tenant            id.Tenant
		account           id.Account
		seenAt, expiresAt *time.Time
		settings          []byte
		bound             string
		own               access.Grant
		args              = pgx.StrictNamedArgs{"hash": secret.Hash(token)}
	)
	if err := pg.AcrossOnce(ctx, s.db, func(b *pgx.Batch) {
		b.Queue(sqlSession, args).QueryRow(func(row pgx.Row) error {
			return row.Scan(&session, &tenant, &account, &seenAt, &expiresAt, &settings, &bound)
		})
		b.Queue(sqlSessionRights, args).QueryRow(func(row pgx.Row) error {
			return row.Scan(&own.Principals, &own.Everywhere)
		})
	}); err != nil {
		return access.Actor{}, err
	}
	if session.IsZero() || !now.Before(*expiresAt) || now.Sub(*seenAt) >= s.idle(own.Everywhere, settings) {
		return access.Actor{}, unauthentic()
	}
	if now.Sub(*seenAt) >= time.Minute {
		if err := pg.In(ctx, s.db, tenant, func(tx pg.Tx) error {
			_, err := tx.Exec(ctx, sqlSessionSeen, pgx.StrictNamedArgs{"now": now, "id": session})
			return err
		}); err != nil {
			return access.Actor{}, err
		}
	}
	return person(tenant, account, session, own), nil
}

// idle is how long a session with these rights may stay unused in a tenant of
// these settings.
func (s *Service) idle(everywhere access.Set, settings []byte) time.Duration {
	set := readKept(settings)
	if everywhere&access.Tenancy != 0 {
		return either(set.IdleHighMinutes, time.Minute, s.cfg.IdleHigh)
	}
	return either(set.IdleMinutes, time.Minute, s.cfg.Idle)
}

// either is n units, or what the house says where nobody has said anything.
func either(n int, unit, def time.Duration) time.Duration {
	if n > 0 {
		return time.Duration(n) * unit
	}
	return def
}

func person(tenant id.Tenant, account id.Account, session id.Session, own access.Grant) access.Actor {
	return access.Actor{
		Kind: access.Person, ID: account.String(), Tenant: tenant,
		Own: own, Scope: access.All, Account: account, Session: session,
	}
}

const sqlKey = `
	with found as (
		select k.id, k.tenant_id, k.owner_id, k.hash, k.scope, k.networks, k.expires_at, k.used_at
		from api_key k
		join tenant t on t.id = k.tenant_id and t.closed_at is null
		left join account a on a.id = k.owner_id
		where k.lookup = @lookup and k.revoked_at is null and (k.owner_id is null or a.state = 'active')
	)
	select id, tenant_id, owner_id, hash, coalesce(scope, 0) as scope, coalesce(networks, '{}') as networks, expires_at, used_at,
		set_config('app.tenant_id', coalesce(f.tenant_id::text, ` + noTenant + `), true) as bound
	from (values (1)) one(x) left join found f on true`

const sqlKeyRights = `
	with me as (
		select c.principal_id from api_key k join principal_closure c on c.account_id = k.owner_id where k.lookup = @lookup
		union select k.id from api_key k where k.lookup = @lookup and k.owner_id is null
	)
	select array(select principal_id from me) as principals,
		coalesce((select bit_or(r.perm) from tenant_grant g join role r on r.id = g.role_id where g.principal_id in (select principal_id from me)), 0) as everywhere`

const sqlKeyUsed = `update api_key set used_at = @now where id = @id and (used_at is null or used_at < @now)`

// ActorByKey returns the actor that the API key stands for: the account that
// owns it, within the key's scope, or the key itself. Whatever is wrong with
// the key gives the same fault of kind Unauthentic, and counts against remote's
// network; from a blocked network the answer is TooMany. A right key is let in
// from everywhere it is bound to, blocked or not. It notes at most once a
// minute that the key is in use.
func (s *Service) ActorByKey(ctx context.Context, key string, remote netip.Addr) (access.Actor, error) {
	who, err := s.actorByKey(ctx, key, remote.Unmap().WithZone(""))
	if fault.KindOf(err) != fault.Unauthentic {
		return who, err
	}
	network := s.networkBucket(Network(remote))
	if network == nil {
		return access.Actor{}, err
	}
	if _, blocked := s.reserve(ctx, network); blocked != nil {
		return access.Actor{}, blocked
	}
	return access.Actor{}, err
}

func (s *Service) actorByKey(ctx context.Context, key string, remote netip.Addr) (access.Actor, error) {
	lookup, ok := readKey(key)
	if !ok {
		return access.Actor{}, badKey()
	}
	var (
		now               = s.now()
		k                 id.Key
		tenant            id.Tenant
		owner             id.Account
		hash              []byte
		scope             access.Set
		networks          []netip.Prefix
		expiresAt, usedAt *time.Time
		bound             string
		own               access.Grant
		args              = pgx.StrictNamedArgs{"lookup": lookup}
	)
	if err := pg.AcrossOnce(ctx, s.db, func(b *pgx.Batch) {
		b.Queue(sqlKey, args).QueryRow(func(row pgx.Row) error {
			return row.Scan(&k, &tenant, &owner, &hash, &scope, &networks, &expiresAt, &usedAt, &bound)
		})
		b.Queue(sqlKeyRights, args).QueryRow(func(row pgx.Row) error {
			return row.Scan(&own.Principals, &own.Everywhere)
		})
	}); err != nil {
		return access.Actor{}, err
	}
	if subtle.ConstantTimeCompare(hash, secret.Hash(key)) != 1 || expiresAt != nil && !now.Before(*expiresAt) || !within(networks, remote) {
		return access.Actor{}, badKey()
	}
	if usedAt == nil || now.Sub(*usedAt) >= time.Minute {
		if err := pg.In(ctx, s.db, tenant, func(tx pg.Tx) error {
			_, err := tx.Exec(ctx, sqlKeyUsed, pgx.StrictNamedArgs{"now": now, "id": k})
			return err
		}); err != nil {
			return access.Actor{}, err
		}
	}
	return keyActor(tenant, k, owner, scope, own), nil
}

func keyActor(tenant id.Tenant, k id.Key, owner id.Account, scope access.Set, own access.Grant) access.Actor {
	return access.Actor{
		Kind: access.Key, ID: k.String(), Tenant: tenant,
		Own: own, Scope: scope, Account: owner, KeyID: k,
	}
}

func within(networks []netip.Prefix, remote netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(remote) {
			return true
		}
	}
	return len(networks) == 0
}

const sqlRecallSession = `
	select array(select c.principal_id from principal_closure c where c.account_id = s.account_id) as principals,
		coalesce((select bit_or(r.perm) from principal_closure c join tenant_grant g on g.principal_id = c.principal_id join role r on r.id = g.role_id
			where c.account_id = s.account_id), 0) as everywhere
	from session s
	join account a on a.id = s.account_id and a.state = 'active'
	join tenant t on t.id = s.tenant_id and t.closed_at is null
	where s.id = @session and s.account_id = @account and s.tenant_id = @tenant and s.ended_at is null and s.expires_at > @now`

const sqlRecallKey = `
	with found as (
		select k.id, k.owner_id, k.scope from api_key k
		join tenant t on t.id = k.tenant_id and t.closed_at is null
		left join account a on a.id = k.owner_id
		where k.id = @key and k.tenant_id = @tenant and k.revoked_at is null and (k.expires_at is null or k.expires_at > @now)
			and (k.owner_id is null or a.state = 'active')
	), me as (
		select c.principal_id from found f join principal_closure c on c.account_id = f.owner_id
		union select f.id from found f where f.owner_id is null
	)
	select f.owner_id, f.scope, array(select principal_id from me) as principals,
		coalesce((select bit_or(r.perm) from tenant_grant g join role r on r.id = g.role_id where g.principal_id in (select principal_id from me)), 0) as everywhere
	from found f`

// RecallTx builds the actor again that access.Actor.Remember wrote down, with
// the rights it has now. It is Unauthentic when the session has ended, the key
// is revoked or expired, the account deactivated or the tenant closed. A
// session that is merely idle still counts, so that a long download is not cut
// because its reader did nothing else meanwhile.
func (s *Service) RecallTx(ctx context.Context, tx pg.Tx, tenant id.Tenant, remembered []byte) (access.Actor, error) {
	who, err := access.Recall(remembered)
	if err != nil {
		return access.Actor{}, err
	}
	switch who.Kind {
	case access.Nobody, access.Request, access.Link: // the rooms of requests and links give theirs
	case access.House:
		return access.HouseActor(tenant, who.ID), nil
	case access.Person:
		var own access.Grant
		err := tx.QueryRow(ctx, sqlRecallSession, pgx.StrictNamedArgs{
			"session": who.Session, "account": who.Account, "tenant": tenant, "now": s.now(),
		}).Scan(&own.Principals, &own.Everywhere)
		if errors.Is(err, pgx.ErrNoRows) {
			return access.Actor{}, unauthentic()
		}
		if err != nil {
			return access.Actor{}, err
		}
		return person(tenant, who.Account, who.Session, own), nil
	case access.Key:
		var own access.Grant
		var owner id.Account
		var scope access.Set
		err := tx.QueryRow(ctx, sqlRecallKey, pgx.StrictNamedArgs{"key": who.KeyID, "tenant": tenant, "now": s.now()}).
			Scan(&owner, &scope, &own.Principals, &own.Everywhere)
		if errors.Is(err, pgx.ErrNoRows) {
			return access.Actor{}, badKey()
		}
		if err != nil {
			return access.Actor{}, err
		}
		return keyActor(tenant, who.KeyID, owner, scope, own), nil
	}
	return access.Actor{}, unauthentic()
}

const sqlRights = `
	with me as (select c.principal_id from principal_closure c where c.account_id = @account)
	select array(select principal_id from me) as principals,
		coalesce((select bit_or(r.perm) from tenant_grant g join role r on r.id = g.role_id where g.principal_id in (select principal_id from me)), 0) as everywhere`

// rightsTx reads what an account is and may do at the tenant.
func rightsTx(ctx context.Context, tx pg.Tx, account id.Account) (own access.Grant, err error) {
	err = tx.QueryRow(ctx, sqlRights, pgx.StrictNamedArgs{"account": account}).Scan(&own.Principals, &own.Everywhere)
	return own, err
}
