// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"context"

	"github.com/google/uuid"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Shift is what folders of equal rights hold before a change and after it.
type Shift struct {
	Before, After map[uuid.UUID]access.Set // principal → permissions
	Folders       []id.Folder              // those in the bin are left out
}

// ForeseeGrantsTx does what SetGrants does, with the same checks, except that
// folders keep their effective rights: it answers which would change. Whoever
// calls it undoes the transaction.
func (s *Service) ForeseeGrantsTx(ctx context.Context, tx pg.Tx, who access.Actor, g Grants) ([]Shift, error) {
	if who.Kind == access.Nobody {
		return nil, who.Require(access.ManageRights)
	}
	if err := lockTree(ctx, tx, who); err != nil {
		return nil, err
	}
	changed, err := s.setGrants(ctx, tx, who, g, s.foresee)
	if err != nil {
		return nil, taken(err)
	}
	return shifts(changed), nil
}

// ForeseeRoleTx is ReinternRoleTx for looking only.
func (s *Service) ForeseeRoleTx(ctx context.Context, tx pg.Tx, who access.Actor, role id.Role) ([]Shift, error) {
	changed, err := s.roleChanged(ctx, tx, who, role, s.foresee)
	return shifts(changed), err
}

// ForeseePrincipalGoneTx is PrincipalGoneTx for looking only.
func (s *Service) ForeseePrincipalGoneTx(ctx context.Context, tx pg.Tx, who access.Actor, principal uuid.UUID) ([]Shift, error) {
	changed, err := s.principalGone(ctx, tx, who, principal, s.foresee)
	return shifts(changed), err
}

// shifts gathers folders that change alike.
func shifts(changed []node) []Shift {
	type kind struct {
		from int64
		to   string
	}
	var out []Shift
	at := map[kind]int{}
	for _, n := range changed {
		if n.Gone {
			continue
		}
		k := kind{n.ACL, n.now.key()}
		i, there := at[k]
		if !there {
			i = len(out)
			at[k], out = i, append(out, Shift{Before: n.before, After: n.now})
		}
		out[i].Folders = append(out[i].Folders, n.ID)
	}
	return out
}
