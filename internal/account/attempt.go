// SPDX-License-Identifier: Apache-2.0

package account

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Failed attempts are counted within this window; the first block lasts as
// long, each further one twice as long, up to longestBlock. After quiet the
// blocks are forgotten.
const (
	window       = 15 * time.Minute
	longestBlock = 24 * time.Hour
	quiet        = 24 * time.Hour
)

// bucket is one counter: where it is kept and how many failures it takes.
type bucket struct {
	key   []byte
	limit int
	// clear says that a success proves the failures to have been the owner's
	// own; otherwise a success only takes its own reservation back.
	clear bool
}

// counter is what a bucket holds.
type counter struct {
	Failures     int
	Since        time.Time
	Blocks       int
	BlockedUntil *time.Time
}

// fail counts one more failure at now; blocked says that none is allowed yet.
func (c counter) fail(now time.Time, limit int) (next counter, blocked bool) {
	if c.BlockedUntil != nil && now.Before(*c.BlockedUntil) {
		return c, true
	}
	last := c.Since
	if c.BlockedUntil != nil {
		last = *c.BlockedUntil
	}
	if now.Sub(last) >= quiet {
		c.Blocks = 0
	}
	if c.BlockedUntil != nil || c.Failures == 0 || now.Sub(c.Since) >= window {
		c = counter{Since: now, Blocks: c.Blocks}
	}
	c.Failures++
	if c.Failures >= limit {
		d := longestBlock
		if c.Blocks < 7 { // 15 min × 2⁷ is more than a day
			d = min(window<<c.Blocks, longestBlock)
		}
		until := now.Add(d)
		c.BlockedUntil = &until
		c.Blocks++
	}
	return c, false
}

// reservation is a failure counted in advance. Counting before the password is
// looked at leaves no moment in which many guesses get through at once.
type reservation struct {
	bucket  bucket
	blocked *time.Time // the block that this reservation set, if it did
}

const sqlAttemptLock = `
	insert into attempt (bucket, failures, since, blocks) values (@bucket, 0, @now, 0)
	on conflict (bucket) do update set failures = attempt.failures
	returning failures, since, blocks, blocked_until`

const sqlAttemptCount = `
	update attempt set failures = @failures, since = @since, blocks = @blocks, blocked_until = @until where bucket = @bucket`

// reserve counts a failure in each bucket, or in none and returns a fault of
// kind TooMany if one of them is blocked.
func (s *Service) reserve(ctx context.Context, buckets ...*bucket) ([]reservation, error) {
	buckets = slices.DeleteFunc(slices.Clone(buckets), func(b *bucket) bool { return b == nil })
	slices.SortFunc(buckets, func(a, b *bucket) int { return bytes.Compare(a.key, b.key) }) // one order, no deadlock
	now := s.now()
	var made []reservation
	err := pg.Across(ctx, s.db, func(tx pg.Tx) error {
		made = nil
		for _, b := range buckets {
			rows, err := tx.Query(ctx, sqlAttemptLock, pgx.StrictNamedArgs{"bucket": b.key, "now": now})
			if err != nil {
				return err
			}
			was, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[counter])
			if err != nil {
				return err
			}
			is, blocked := was.fail(now, b.limit)
			if blocked {
				return tooMany(is.BlockedUntil.Sub(now))
			}
			if _, err := tx.Exec(ctx, sqlAttemptCount, pgx.StrictNamedArgs{
				"bucket": b.key, "failures": is.Failures, "since": is.Since, "blocks": is.Blocks, "until": is.BlockedUntil,
			}); err != nil {
				return err
			}
			made = append(made, reservation{*b, is.BlockedUntil})
		}
		return nil
	})
	for _, r := range made {
		if err == nil && r.blocked != nil {
			s.log.WarnContext(ctx, "failed attempts blocked", slog.Bool("network", !r.bucket.clear), slog.Time("until", *r.blocked))
		}
	}
	return made, err
}

// tooMany is the answer while a bucket is blocked.
func tooMany(wait time.Duration) error {
	return &fault.Error{
		Kind: fault.TooMany, Code: "account.blocked", RetryAfter: max(1, int((wait+time.Second-1)/time.Second)),
		Text: "There were too many failed attempts, so this is blocked for a while. Wait and try again, use a browser you have signed in with before, or ask an administrator for a new link.",
	}
}

const sqlAttemptClear = `delete from attempt where bucket = @bucket`

const sqlAttemptRefund = `
	update attempt set failures = greatest(failures - 1, 0),
		blocks = case when blocked_until = @until then greatest(blocks - 1, 0) else blocks end,
		blocked_until = case when blocked_until = @until then null else blocked_until end
	where bucket = @bucket`

// settle takes reservations back: after a success it clears the account's own
// bucket, otherwise (nothing was tried after all) it only takes its own back.
func settle(ctx context.Context, tx pg.Tx, made []reservation, success bool) error {
	for _, r := range made {
		sql, args := sqlAttemptRefund, pgx.StrictNamedArgs{"bucket": r.bucket.key, "until": r.blocked}
		if success && r.bucket.clear {
			sql, args = sqlAttemptClear, pgx.StrictNamedArgs{"bucket": r.bucket.key}
		}
		if _, err := tx.Exec(ctx, sql, args); err != nil {
			return err
		}
	}
	return nil
}

// refund settles reservations for an attempt that was never tried.
func (s *Service) refund(ctx context.Context, made []reservation) error {
	return pg.Across(context.WithoutCancel(ctx), s.db, func(tx pg.Tx) error { return settle(ctx, tx, made, false) })
}

// mac is the first 16 bytes of an HMAC over the parts, told apart by length.
func (s *Service) mac(parts ...string) []byte {
	h := hmac.New(sha256.New, s.attemptKey)
	for _, p := range parts {
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		_, _ = h.Write([]byte(p))
	}
	return h.Sum(nil)[:16]
}

// accountPrefix begins every bucket of an account, known or not.
func (s *Service) accountPrefix(tenant, email string) []byte { return s.mac("account", tenant, email) }

// accountBucket counts for an account on one trusted device, or with device ""
// on all others together.
func (s *Service) accountBucket(tenant, email, device string) *bucket {
	return &bucket{append(s.accountPrefix(tenant, email), s.mac("device", device)...), s.maxFailures, true}
}

// networkBucket counts for a network; nil for the zero prefix.
func (s *Service) networkBucket(network netip.Prefix) *bucket {
	if !network.IsValid() {
		return nil
	}
	return &bucket{s.mac("network", Network(network.Addr()).String()), s.maxPerNetwork, false}
}

const sqlAttemptUnblock = `delete from attempt where substring(bucket from 1 for 16) = @prefix and length(bucket) = 32`

// unblock clears every counter of an account.
func (s *Service) unblock(ctx context.Context, tx pg.Tx, tenant, email string) error {
	_, err := tx.Exec(ctx, sqlAttemptUnblock, pgx.StrictNamedArgs{"prefix": s.accountPrefix(tenant, email)})
	return err
}

const sqlUnblockWho = `
	select t.slug, a.email from account a join tenant t on t.id = a.tenant_id where a.tenant_id = app_tenant() and a.id = @id`

// Unblock clears the failed attempts counted for an account, so that its owner
// can sign in at once. It needs ManageAccounts.
func (s *Service) Unblock(ctx context.Context, who access.Actor, account id.Account) error {
	return s.in(ctx, who, func(tx pg.Tx) error {
		if err := who.Require(access.ManageAccounts); err != nil {
			return err
		}
		var slug, email string
		err := tx.QueryRow(ctx, sqlUnblockWho, pgx.StrictNamedArgs{"id": account}).Scan(&slug, &email)
		if errors.Is(err, pgx.ErrNoRows) {
			return access.NotFound("account")
		}
		if err != nil {
			return err
		}
		if err := s.unblock(ctx, tx, slug, email); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "account.unblock", account.String(), nil)
	})
}

// device cookies: the value is "1.<random id>.<hmac>", bound to one account.

// newDevice makes the value that marks a browser as one the account has signed
// in with. It says nothing of the account and opens nothing by itself.
func (s *Service) newDevice(account id.Account) string {
	n := randomText(22)
	return "1." + n + "." + s.deviceSum(account, n)
}

func (s *Service) deviceSum(account id.Account, n string) string {
	h := hmac.New(sha256.New, s.deviceKey)
	_, _ = h.Write([]byte(account.String() + " " + n))
	return base64url(h.Sum(nil))
}

// deviceOf returns the random id within a device cookie that is the account's,
// or "" if it is nobody's or somebody else's.
func (s *Service) deviceOf(account id.Account, cookie string) string {
	parts := strings.Split(cookie, ".")
	if account.IsZero() || len(cookie) > 200 || len(parts) != 3 || parts[0] != "1" || parts[1] == "" ||
		!hmac.Equal([]byte(parts[2]), []byte(s.deviceSum(account, parts[1]))) {
		return ""
	}
	return parts[1]
}
