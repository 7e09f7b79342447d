// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"net/netip"

	"tillgang/internal/fault"
	"tillgang/internal/pg"
	"tillgang/internal/secret"
)

// Passwords hashes passwords of things that are no accounts, as those of
// accounts are: argon2id with the server's pepper, few at a time, and wrong
// guesses counted.
type Passwords struct{ s *Service }

// Passwords returns the room's way with passwords.
func (s *Service) Passwords() Passwords { return Passwords{s} }

// Hash returns what is kept of a password.
func (p Passwords) Hash(ctx context.Context, password secret.Text) (string, error) {
	return p.s.hasher.make(ctx, password)
}

// maxGuesses is how many wrong guesses at one thing a network has.
const maxGuesses = 5

// Right reports whether a password is the one kept of a thing. Wrong guesses are
// counted for the thing and the network they come from: after five that network,
// and no other, has to wait, longer each time. Then the fault is of kind TooMany.
func (p Passwords) Right(ctx context.Context, thing string, from netip.Addr, password secret.Text, kept string) (bool, error) {
	if kept == "" {
		return false, nil
	}
	made, err := p.s.reserve(ctx, &bucket{p.s.mac("guess", thing, Network(from).String()), maxGuesses, true})
	if err != nil {
		return false, err
	}
	if len(password.Reveal()) > longestInput {
		password = secret.Text{}
	}
	right, _, err := p.s.hasher.verify(ctx, password, kept)
	if err != nil {
		return false, errors.Join(err, p.s.refund(ctx, made))
	}
	if !right {
		return false, nil
	}
	return true, pg.Across(ctx, p.s.db, func(tx pg.Tx) error { return settle(ctx, tx, made, true) })
}

// Waits reports whether err says that there were too many wrong guesses, and
// for how many seconds.
func Waits(err error) (int, bool) {
	f := fault.As(err)
	return f.RetryAfter, f.Code == "account.blocked"
}
