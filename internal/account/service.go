// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"log/slog"
	"runtime"
	"time"

	"github.com/google/uuid"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Config is what the room is told by the house.
type Config struct {
	// Key is a secret of the server, at least 32 bytes, that is not kept in
	// the database. Passwords, device cookies and counters depend on it: with
	// another key all passwords are void and people need new links.
	Key []byte

	Hash     HashCost      // what a password costs to guess; zero: DefaultHashCost
	Idle     time.Duration // a session ends unused after this; zero: 60 minutes
	IdleHigh time.Duration // the same for whoever may change the tenant itself; zero: 15 minutes
	Longest  time.Duration // a session ends in any case after this; zero: 12 hours

	Log *slog.Logger // nil: slog.Default()
}

// Service is the room. Make it with New; it is safe for concurrent use.
//
// The hooks run inside the transaction of their cause and fail it with their
// error. New sets them to do nothing; replace them before the first request.
type Service struct {
	// OnTenantMade is called when a tenant has its roles but no account yet.
	OnTenantMade func(ctx context.Context, tx pg.Tx, who access.Actor) error
	// OnRoleChanged is called when the permissions of a role have changed.
	OnRoleChanged func(ctx context.Context, tx pg.Tx, who access.Actor, role id.Role) error
	// OnRoleGone is called before a role is deleted; a fault says that it is in use.
	OnRoleGone func(ctx context.Context, tx pg.Tx, who access.Actor, role id.Role) error
	// OnPrincipalGone is called when a group is deleted or a key of its own
	// right is revoked: what was granted to it is to be taken away.
	OnPrincipalGone func(ctx context.Context, tx pg.Tx, who access.Actor, principal uuid.UUID) error
	// OnRightsChanged is called when what these accounts may do has changed
	// other than through an acl: members, grants at the tenant, deactivation.
	OnRightsChanged func(ctx context.Context, tx pg.Tx, who access.Actor, accounts []id.Account) error
	// OnLinkMade is called when somebody has made a one-time link for another's
	// account that is in use.
	OnLinkMade func(ctx context.Context, tx pg.Tx, who access.Actor, account id.Account) error
	// OnPasswordSet is called when somebody's password has changed.
	OnPasswordSet func(ctx context.Context, tx pg.Tx, who access.Actor) error
	// OnAddressChanged is called when an account has another address than old.
	OnAddressChanged func(ctx context.Context, tx pg.Tx, who access.Actor, account id.Account, old string) error
	// OnWeakened is called when settings of the names were made less safe.
	OnWeakened func(ctx context.Context, tx pg.Tx, who access.Actor, settings []string) error
	// SendLink has a one-time link sent to an account's owner, who gets it by
	// EnrolTx when the mail is; false: no mail is sent here.
	SendLink func(ctx context.Context, tx pg.Tx, who access.Actor, account id.Account) (bool, error)

	db     *pg.DB
	within pg.Tx // the one transaction that all verbs act in; nil: each in its own
	trial  bool  // which is undone
	now    func() time.Time
	cfg    Config
	log    *slog.Logger

	hasher                     *hasher
	attemptKey, deviceKey      []byte
	maxFailures, maxPerNetwork int
}

// New returns the room. It fails when the key is too short or passwords would
// be too cheap to guess.
func New(db *pg.DB, now func() time.Time, cfg Config) (*Service, error) {
	if len(cfg.Key) < 32 {
		return nil, errors.New("account: the server key must have at least 32 bytes")
	}
	if cfg.Hash == (HashCost{}) {
		cfg.Hash = DefaultHashCost
	}
	if !cfg.Hash.atLeast(MinimumHashCost) || cfg.Hash.Threads < 1 {
		return nil, errors.New("account: password hashes must cost at least m=19456,t=2,p=1")
	}
	if cfg.Idle == 0 {
		cfg.Idle = time.Hour
	}
	if cfg.IdleHigh == 0 {
		cfg.IdleHigh = 15 * time.Minute
	}
	if cfg.Longest == 0 {
		cfg.Longest = 12 * time.Hour
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	s := &Service{
		OnTenantMade:    func(context.Context, pg.Tx, access.Actor) error { return nil },
		OnRoleChanged:   func(context.Context, pg.Tx, access.Actor, id.Role) error { return nil },
		OnRoleGone:      func(context.Context, pg.Tx, access.Actor, id.Role) error { return nil },
		OnPrincipalGone: func(context.Context, pg.Tx, access.Actor, uuid.UUID) error { return nil },
		OnRightsChanged: func(context.Context, pg.Tx, access.Actor, []id.Account) error { return nil },

		OnLinkMade:       func(context.Context, pg.Tx, access.Actor, id.Account) error { return nil },
		OnPasswordSet:    func(context.Context, pg.Tx, access.Actor) error { return nil },
		OnAddressChanged: func(context.Context, pg.Tx, access.Actor, id.Account, string) error { return nil },
		OnWeakened:       func(context.Context, pg.Tx, access.Actor, []string) error { return nil },
		SendLink:         func(context.Context, pg.Tx, access.Actor, id.Account) (bool, error) { return false, nil },

		db: db, now: now, cfg: cfg, log: cfg.Log,
		attemptKey: derive(cfg.Key, "attempt"), deviceKey: derive(cfg.Key, "device"),
		maxFailures: 3, maxPerNetwork: 30,
	}
	s.hasher = newHasher(cfg.Hash, derive(cfg.Key, "pepper"), 2*runtime.GOMAXPROCS(0))
	return s, nil
}

// derive makes a key for one use from the server's key.
func derive(key []byte, use string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte("tillgang account " + use))
	return h.Sum(nil)
}

// in runs fn in a transaction of the actor's tenant.
func (s *Service) in(ctx context.Context, who access.Actor, fn func(tx pg.Tx) error) error {
	if who.Kind == access.Nobody {
		return who.Require(0)
	}
	if s.within != nil {
		return fn(s.within)
	}
	return pg.In(ctx, s.db, who.Tenant, fn)
}
