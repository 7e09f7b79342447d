// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/secret"
)

// LongestKey is how long a key that borrows somebody's rights can live.
const LongestKey = 365 * 24 * time.Hour

// Key is an API key, without its secret.
type Key struct {
	ID        id.Key
	Name      string
	Lookup    string // the part of the key that may be shown: tg_<Lookup>_…
	Scope     access.Set
	Owner     id.Account // whose rights it borrows; zero: it is a principal of its own
	OwnerName string
	Networks  []netip.Prefix
	CreatedAt time.Time
	ExpiresAt *time.Time // nil: never
	UsedAt    *time.Time // to the minute; nil: never
	RevokedAt *time.Time // nil: alive
}

// NewKey describes a key to be made.
type NewKey struct {
	Name string
	// Own asks for a key of its own right instead of one that borrows from
	// whoever makes it. It may do nothing until it is given a role, here or in
	// a folder.
	Own bool
	// Role is the name of a role that a key of its own right gets at the tenant.
	Role string
	// Scope is the most the key can ever do. Zero means everything for a key
	// of its own right, which has only what it is given; it is not allowed for
	// a key that borrows.
	Scope     access.Set
	Networks  []netip.Prefix // where it can be used from; empty: anywhere
	ExpiresAt time.Time      // zero: a year from now, or never for a key of its own right
}

const sqlKeyInsert = `
	insert into api_key (id, tenant_id, name, lookup, hash, scope, owner_id, networks, created_at, expires_at)
	values (@id, @tenant, @name, @lookup, @hash, @scope, @owner, @networks, @now, @expires)`

// CreateKey makes a key and returns its text, which is shown this once.
// Everybody may make keys that borrow from their own account; one of its own
// right needs ManageKeys and every permission of the role it is given. A key
// cannot make keys.
func (s *Service) CreateKey(ctx context.Context, who access.Actor, n NewKey) (k Key, text secret.Text, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		if err := noKey(who); err != nil {
			return err
		}
		if n.Own {
			if err := who.Require(access.ManageKeys); err != nil {
				return err
			}
		}
		now := s.now()
		if k, err = newKeyOf(who, n, now); err != nil {
			return err
		}
		var full string
		full, k.Lookup = newKey()
		if _, err := tx.Exec(ctx, sqlKeyInsert, pgx.StrictNamedArgs{
			"id": k.ID, "tenant": who.Tenant, "name": k.Name, "lookup": k.Lookup, "hash": secret.Hash(full), "scope": int64(k.Scope),
			"owner": k.Owner, "networks": k.Networks, "now": now, "expires": k.ExpiresAt,
		}); err != nil {
			return err
		}
		detail := map[string]any{"scope": k.Scope.Names(), "own": n.Own}
		if n.Role != "" {
			role, err := s.roleByName(ctx, tx, n.Role)
			if err != nil {
				return err
			}
			if err := giving(who, role.Perm); err != nil {
				return err
			}
			if err := s.insertGrant(ctx, tx, who.Tenant, k.ID.UUID(), role.ID); err != nil {
				return err
			}
			detail["role"] = role.ID.String()
		}
		text = secret.Exactly(full)
		return s.record(ctx, tx, who, "key.create", k.ID.String(), detail)
	})
	if err != nil {
		return Key{}, secret.Text{}, err
	}
	return k, text, nil
}

// newKeyOf checks what was asked for and fills in the rest.
func newKeyOf(who access.Actor, n NewKey, now time.Time) (Key, error) {
	k := Key{ID: id.New[id.Key](), Name: shown(n.Name), Scope: n.Scope & access.All, CreatedAt: now, Networks: []netip.Prefix{}}
	wrong := map[string]string{}
	if k.Name == "" || len([]rune(k.Name)) > 200 {
		wrong["name"] = "Give a name of 1 to 200 characters that says what the key is for."
	}
	for _, p := range n.Networks {
		if !p.IsValid() {
			wrong["networks"] = "Write networks like 192.0.2.0/24 or 2001:db8::/32."
			continue
		}
		k.Networks = append(k.Networks, p.Masked())
	}
	if len(n.Networks) > 50 {
		wrong["networks"] = "Give at most 50 networks."
	}
	if !n.ExpiresAt.IsZero() {
		k.ExpiresAt = &n.ExpiresAt
		if !n.ExpiresAt.After(now) {
			wrong["expires_at"] = "This moment has passed. Choose a later one."
		}
	}
	if n.Own {
		if n.Scope == 0 {
			k.Scope = access.All
		}
	} else {
		k.Owner = who.Account
		year := now.Add(LongestKey)
		switch {
		case k.ExpiresAt == nil:
			k.ExpiresAt = &year
		case k.ExpiresAt.After(year):
			wrong["expires_at"] = "A key that borrows your rights lives a year at most."
		}
		if n.Role != "" {
			wrong["role"] = "A key that borrows your rights cannot have a role. Give it a scope, or make a key of its own right."
		}
		if k.Scope == 0 {
			wrong["scope"] = "Say what the key may do at most."
		}
		if who.Account.IsZero() {
			return k, fault.New(fault.Invalid, "key.no_owner", "There is no account here that the key could borrow from. Make a key of its own right.")
		}
	}
	if len(wrong) > 0 {
		return k, fault.Fields("key.invalid", "The key cannot be made like this.", wrong)
	}
	return k, nil
}

const sqlKeyColumns = `
	k.id, k.name, k.lookup, k.scope, k.owner_id as owner, coalesce((select a.name from account a where a.id = k.owner_id), '') as owner_name,
	k.networks, k.created_at, k.expires_at, k.used_at, k.revoked_at`

const sqlKeyByID = `select ` + sqlKeyColumns + ` from api_key k where k.id = @id and k.tenant_id = @tenant`

const sqlKeys = `
	select ` + sqlKeyColumns + `
	from api_key k
	where k.tenant_id = @tenant and (@all or k.owner_id = @me) and (@dead or k.revoked_at is null)
	order by k.created_at desc, k.id desc`

// Keys lists keys, newest first: one's own, or all of the tenant with
// ManageKeys; revoked ones too if asked for.
func (s *Service) Keys(ctx context.Context, who access.Actor, revoked bool) (keys []Key, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlKeys, pgx.StrictNamedArgs{
			"tenant": who.Tenant, "all": who.Require(access.ManageKeys) == nil, "me": who.Account, "dead": revoked,
		})
		if err != nil {
			return err
		}
		keys, err = pgx.CollectRows(rows, pgx.RowToStructByName[Key])
		return err
	})
	return keys, err
}

const sqlKeyRename = `update api_key set name = @name where id = @id`

// RenameKey gives a key another name: one's own, or any with ManageKeys. A key
// changes no key.
func (s *Service) RenameKey(ctx context.Context, who access.Actor, key id.Key, name string) (k Key, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		if err := noKey(who); err != nil {
			return err
		}
		var owner id.Account
		err := tx.QueryRow(ctx, sqlKeyOf, pgx.StrictNamedArgs{"id": key, "tenant": who.Tenant}).Scan(&owner)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && !oneself(who, owner) && who.Require(access.ManageKeys) != nil {
			return access.NotFound("key")
		}
		if err != nil {
			return err
		}
		if name = shown(name); name == "" || len([]rune(name)) > 200 {
			return fault.Fields("key.invalid", "The key cannot be saved like this.", map[string]string{"name": "Give a name of 1 to 200 characters that says what the key is for."})
		}
		if _, err := tx.Exec(ctx, sqlKeyRename, pgx.StrictNamedArgs{"name": name, "id": key}); err != nil {
			return err
		}
		if err := s.record(ctx, tx, who, "key.rename", key.String(), nil); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlKeyByID, pgx.StrictNamedArgs{"id": key, "tenant": who.Tenant})
		if err != nil {
			return err
		}
		k, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Key])
		return err
	})
	return k, err
}

const sqlKeyOf = `select owner_id from api_key where id = @id and tenant_id = @tenant and revoked_at is null for update`

const sqlKeyRevoke = `update api_key set revoked_at = @now where id = @id`

const sqlKeyGrants = `delete from tenant_grant where principal_id = @id`

// RevokeKey ends a key at once: one's own, or any with ManageKeys. A key may
// revoke itself and nothing else.
func (s *Service) RevokeKey(ctx context.Context, who access.Actor, key id.Key) error {
	return s.in(ctx, who, func(tx pg.Tx) error {
		var owner id.Account
		err := tx.QueryRow(ctx, sqlKeyOf, pgx.StrictNamedArgs{"id": key, "tenant": who.Tenant}).Scan(&owner)
		if errors.Is(err, pgx.ErrNoRows) {
			return access.NotFound("key")
		}
		if err != nil {
			return err
		}
		switch {
		case who.KeyID == key:
		case who.Kind == access.Key:
			return noKey(who)
		case !oneself(who, owner) && who.Require(access.ManageKeys) != nil:
			return access.NotFound("key")
		}
		if _, err := tx.Exec(ctx, sqlKeyRevoke, pgx.StrictNamedArgs{"now": s.now(), "id": key}); err != nil {
			return err
		}
		if owner.IsZero() {
			if _, err := tx.Exec(ctx, sqlKeyGrants, pgx.StrictNamedArgs{"id": key}); err != nil {
				return err
			}
			if err := s.OnPrincipalGone(ctx, tx, who, key.UUID()); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, who, "key.revoke", key.String(), nil)
	})
}

// LooksLikeKey reports whether a text is meant to be an API key, right or not.
func LooksLikeKey(text string) bool { return strings.HasPrefix(text, "tg_") }
