// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

var errTried = errors.New("account: the trial is over")

// Trial runs fn with a room whose verbs all act in one transaction, which is
// undone whatever fn returns. It asks for the same rights and refuses the same
// things; its hooks do nothing but what fn makes them do, and no deed is
// recorded. So fn can look at what a change would bring.
func (s *Service) Trial(ctx context.Context, who access.Actor, fn func(tx pg.Tx, trial *Service) error) error {
	err := s.in(ctx, who, func(tx pg.Tx) error {
		t := *s
		t.within, t.trial = tx, true
		t.OnRoleChanged = func(context.Context, pg.Tx, access.Actor, id.Role) error { return nil }
		t.OnRoleGone = t.OnRoleChanged
		t.OnPrincipalGone = func(context.Context, pg.Tx, access.Actor, uuid.UUID) error { return nil }
		t.OnRightsChanged = func(context.Context, pg.Tx, access.Actor, []id.Account) error { return nil }
		if err := s.lockRights(ctx, tx, who.Tenant); err != nil { // before and after differ by nobody else's doing
			return err
		}
		if err := fn(tx, &t); err != nil {
			return err
		}
		return errTried
	})
	if errors.Is(err, errTried) {
		return nil
	}
	return err
}
