// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const sqlOwner = `select exists (select from account a where a.id = @owner and a.tenant_id = @tenant and a.state <> 'deactivated')`

// OwnerTx refuses an owner who is nobody of the tenant's.
func (*Service) OwnerTx(ctx context.Context, tx pg.Tx, who access.Actor, owner *id.Account) error {
	if owner == nil || owner.IsZero() {
		return nil
	}
	var there bool
	if err := tx.QueryRow(ctx, sqlOwner, pgx.StrictNamedArgs{"owner": *owner, "tenant": who.Tenant}).Scan(&there); err != nil {
		return err
	}
	if !there {
		return invalid(map[string]string{fieldOwner: "there is nobody by that identifier who can sign in"})
	}
	return nil
}

// own makes somebody responsible for the asset; nil leaves it.
func (s *sheet) own(a *Asset, owner *id.Account) {
	if owner == nil || *owner == a.Owner {
		return
	}
	s.note(fieldOwner, "", some(a.Owner.String()), some(owner.String()), Mark{}, false)
	a.Owner = *owner
}

// undoOwner takes a change of the owner back, unless somebody changed it since.
func (s *sheet) undoOwner(a *Asset, step Step) bool {
	if a.Owner.String() != text(step.After) {
		return false
	}
	back, err := id.Parse[id.Account](text(step.Before))
	if err != nil && text(step.Before) != "" {
		return false
	}
	a.Owner = back
	s.back(step, some(text(step.After)), some(text(step.Before)))
	return true
}

func orNull(u uuid.UUID) *uuid.UUID {
	if u == uuid.Nil {
		return nil
	}
	return &u
}
