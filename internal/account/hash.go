// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"tillgang/internal/fault"
	"tillgang/internal/secret"
)

// HashCost is what argon2id (RFC 9106) spends on one password.
type HashCost struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// MinimumHashCost is the least that OWASP recommends; nothing weaker is
// accepted as a setting. DefaultHashCost takes about 0.3 s on two cores.
var (
	MinimumHashCost = HashCost{Memory: 19 << 10, Time: 2, Threads: 1}
	DefaultHashCost = HashCost{Memory: 64 << 10, Time: 3, Threads: 2}
)

func (c HashCost) atLeast(o HashCost) bool { return c.Memory >= o.Memory && c.Time >= o.Time }

const (
	saltSize  = 16
	hashSize  = 32
	queueSize = 8 // waiting per running hash before newcomers are turned away
)

// hasher computes password hashes, few at a time: each takes Memory KiB, and
// without a bound a burst of sign-ins would be a memory bomb.
type hasher struct {
	cost    HashCost
	pepper  []byte
	slots   chan struct{}
	waiting atomic.Int64
	dummy   string // a hash that no password has, for accounts that do not exist
}

func newHasher(cost HashCost, pepper []byte, parallel int) *hasher {
	h := &hasher{cost: cost, pepper: pepper, slots: make(chan struct{}, parallel)}
	sum := make([]byte, hashSize)
	_, _ = rand.Read(sum)
	h.dummy = phc(cost, make([]byte, saltSize), sum)
	return h
}

// slot waits for permission to compute one hash. When too many wait already
// it returns a fault of kind Unavailable at once.
func (h *hasher) slot(ctx context.Context) (release func(), err error) {
	if h.waiting.Add(1) > int64(queueSize*cap(h.slots)) {
		h.waiting.Add(-1)
		return nil, &fault.Error{
			Kind: fault.Unavailable, Code: "account.busy", RetryAfter: 3,
			Text: "Too many people are signing in at this moment. Try again in a few seconds.",
		}
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// sum is argon2id over the HMAC of the password, which is normalised first so
// that å typed on two keyboards is one letter.
func (h *hasher) sum(password secret.Text, salt []byte, c HashCost, size uint32) []byte {
	m := hmac.New(sha256.New, h.pepper)
	_, _ = m.Write([]byte(norm.NFC.String(password.Reveal())))
	return argon2.IDKey(m.Sum(nil), salt, c.Time, c.Memory, c.Threads, size)
}

// make returns the PHC string to store for a password.
func (h *hasher) make(ctx context.Context, password secret.Text) (string, error) {
	release, err := h.slot(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt)
	return phc(h.cost, salt, h.sum(password, salt, h.cost, hashSize)), nil
}

// verify reports whether the password belongs to the stored PHC string; for
// the empty string it does the same work and reports false. weak says that the
// stored hash cost less than one made today.
func (h *hasher) verify(ctx context.Context, password secret.Text, stored string) (right, weak bool, err error) {
	known := stored != ""
	if !known {
		stored = h.dummy
	}
	was, err := readPHC(stored)
	if err != nil {
		return false, false, err
	}
	release, err := h.slot(ctx)
	if err != nil {
		return false, false, err
	}
	defer release()
	got := h.sum(password, was.salt, was.cost, uint32(len(was.sum))) //nolint:gosec // G115: readPHC bounds it
	right = subtle.ConstantTimeCompare(got, was.sum) == 1 && known
	return right, !was.cost.atLeast(h.cost) || len(was.sum) < hashSize || len(was.salt) < saltSize, nil
}

// phc writes the PHC string format for argon2id.
func phc(c HashCost, salt, sum []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Time, c.Threads, b.EncodeToString(salt), b.EncodeToString(sum))
}

// hashed is a stored hash, taken apart.
type hashed struct {
	cost      HashCost
	salt, sum []byte
}

// readPHC reads what phc writes, within bounds that no stored value can use to
// make the server spend more than a GiB or a minute.
func readPHC(s string) (hashed, error) {
	bad := errors.New("a stored password hash is not an argon2id PHC string")
	part := strings.Split(s, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return hashed{}, bad
	}
	var c HashCost
	if n, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Time, &c.Threads); err != nil || n != 3 {
		return hashed{}, bad
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(part[4])
	sum, err2 := base64.RawStdEncoding.DecodeString(part[5])
	if err1 != nil || err2 != nil || len(salt) < 8 || len(salt) > 64 || len(sum) < 16 || len(sum) > 64 ||
		c.Memory < 8 || c.Memory > 1<<20 || c.Time < 1 || c.Time > 64 || c.Threads < 1 {
		return hashed{}, bad
	}
	return hashed{c, salt, sum}, nil
}
