// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Asker is the name under which somebody asks people outside for files: the
// account's, whatever it works with, else the key's own.
func Asker(who access.Actor) string {
	if !who.Account.IsZero() {
		return who.Account.String()
	}
	return who.ID
}

// Moderates reports whether who decides about the asset, which waits to be
// accepted: those who may approve where it lies, and who asked for it, as long
// as they could upload it there themselves.
func (a Asset) Moderates(who access.Actor) bool {
	return a.Waiting && (a.Can.Has(access.View|access.Approve) || a.Can.Has(access.View|access.Upload) && a.AskedBy != "" && a.AskedBy == Asker(who))
}

// SQLModerated is Moderates for an asset a that waits; it wants the arguments of
// BindModerated.
const SQLModerated = `(` + SQLACL + ` = any(@approving::bigint[]) or a.asked_by = @asker and ` + SQLACL + ` = any(@uploading::bigint[]))`

// BindModerated binds what SQLModerated wants.
func BindModerated(ctx context.Context, tx pg.Tx, who access.Actor, args pgx.StrictNamedArgs) error {
	approving, err := access.Visible(ctx, tx, who, access.View|access.Approve)
	if err != nil {
		return err
	}
	uploading, err := access.Visible(ctx, tx, who, access.View|access.Upload)
	args["approving"], args["uploading"], args["asker"] = approving, uploading, Asker(who)
	return err
}

func waitsFirst() error {
	return fault.New(fault.Conflict, "asset.waiting", "This asset came in from outside and waits to be accepted. Accept it first.")
}

// SentTx keeps what the sender of an asset that has just come in from outside
// said about it, as a person's word.
func (s *Service) SentTx(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset, fields map[string]*FieldChange) error {
	a, err := s.byID(ctx, tx, who, asset)
	if err != nil {
		return err
	}
	if who.Kind != access.Request || !a.Waiting || a.CreatedBy != who.ID || a.Folder != who.Into {
		return access.NotFound("asset")
	}
	sh := newSheet(a, Mark{FromPerson, who.ID, s.now()})
	if err := sh.apply(Patch{Fields: fields}); err != nil {
		return err
	}
	return s.write(ctx, tx, who, 0, edited{a, sh})
}

const sqlAccept = `
	update asset set waiting = false, version = version + 1, updated_at = @now
	where id = @id and tenant_id = @tenant`

// AcceptTx takes an asset that came in from outside into the archive, by
// somebody who decides about it. What is held back has to be released first.
func (s *Service) AcceptTx(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset) (Asset, error) {
	a, err := s.holdWaiting(ctx, tx, who, asset)
	if err != nil {
		return Asset{}, err
	}
	if a.State == Quarantined {
		return Asset{}, fault.New(fault.Conflict, "asset.quarantined", "This file is held back and cannot be accepted. Release it first, or reject it.")
	}
	if _, err := tx.Exec(ctx, sqlAccept, pgx.StrictNamedArgs{"id": asset, "tenant": who.Tenant, "now": s.now()}); err != nil {
		return Asset{}, err
	}
	return s.changed(ctx, tx, who, asset)
}

// RejectTx puts an asset that came in from outside into the bin, by somebody
// who decides about it, whether or not they may delete others.
func (s *Service) RejectTx(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset) error {
	if _, err := s.holdWaiting(ctx, tx, who, asset); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, sqlDelete, pgx.StrictNamedArgs{"id": asset, "tenant": who.Tenant, "by": who.ID, "now": s.now()}); err != nil {
		return err
	}
	return s.OnDeleted(ctx, tx, who, []id.Asset{asset})
}

// holdWaiting holds an asset that who decides about.
func (s *Service) holdWaiting(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset) (Asset, error) {
	a, err := s.hold(ctx, tx, who, asset, access.View)
	switch {
	case err != nil:
		return Asset{}, err
	case a.DeletedAt != nil:
		return Asset{}, fault.New(fault.Conflict, "asset.deleted", "This asset is in the bin. Restore it first.")
	case !a.Waiting:
		return Asset{}, fault.New(fault.Conflict, "asset.not_waiting", "This asset does not wait to be accepted: it has been already.")
	}
	return a, nil
}
