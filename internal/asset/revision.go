// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Revision is the bytes of an asset at one time; immutable.
type Revision struct {
	ID         id.Revision `db:"id"`
	Number     int         `db:"number"` // from 1, never given twice
	BlobKey    blob.Key    `db:"blob_key"`
	Name       string      `db:"name"` // the file's, made safe
	Kind       Kind        `db:"kind"`
	MediaType  string      `db:"media_type"`
	Size       int64       `db:"size"`
	SHA256     []byte      `db:"sha256"`
	Width      *int        `db:"width"`  // pixels after orientation; nil when it has none or is not known yet
	Height     *int        `db:"height"` // likewise
	DurationMS *int64      `db:"duration_ms"`
	HeldCode   string      `db:"held_code"` // why its bytes are held back; empty: they are not
	HeldReason string      `db:"held_reason"`
	CreatedAt  time.Time   `db:"created_at"`
	CreatedBy  string      `db:"created_by"`
}

// SameAs returns the number of the oldest other revision in the list with the
// same bytes; 0 if there is none.
func (r Revision) SameAs(list []Revision) (number int) {
	for _, o := range list {
		if o.ID != r.ID && o.Size == r.Size && bytes.Equal(o.SHA256, r.SHA256) && (number == 0 || o.Number < number) {
			number = o.Number
		}
	}
	return number
}

const sqlRevisionColumns = `r.id, r.number, r.blob_key, r.name, r.kind, r.media_type, r.size, r.sha256, r.width, r.height, r.duration_ms,
	r.held_code, r.held_reason, r.created_at, r.created_by`

const sqlRevisions = `select ` + sqlRevisionColumns + ` from revision r where r.asset_id = @asset and r.tenant_id = @tenant order by r.number desc`

// Revisions lists the revisions of an asset, newest first.
func (s *Service) Revisions(ctx context.Context, who access.Actor, asset id.Asset) (list []Revision, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		if _, err := s.GetTx(ctx, tx, who, asset); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlRevisions, pgx.StrictNamedArgs{"asset": asset, "tenant": who.Tenant})
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Revision])
		return err
	})
	return list, err
}

const sqlRevision = `select ` + sqlRevisionColumns + ` from revision r where r.id = @revision and r.asset_id = @asset and r.tenant_id = @tenant`

// RevisionTx returns an asset that who may see, with one of its revisions.
// Whether its bytes may be handed out, AllowedBytes says.
func (s *Service) RevisionTx(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset, revision id.Revision) (Asset, Revision, error) {
	a, err := s.GetTx(ctx, tx, who, asset)
	if err != nil {
		return Asset{}, Revision{}, err
	}
	r, err := revisionOf(ctx, tx, who, asset, revision)
	return a, r, err
}

func revisionOf(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset, revision id.Revision) (Revision, error) {
	rows, err := tx.Query(ctx, sqlRevision, pgx.StrictNamedArgs{"revision": revision, "asset": asset, "tenant": who.Tenant})
	if err != nil {
		return Revision{}, err
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Revision])
	if errors.Is(err, pgx.ErrNoRows) {
		return Revision{}, access.NotFound("revision")
	}
	return r, err
}

// ActiveRevisionTx returns an asset that who may see, with its active
// revision. Whether its bytes may be handed out, AllowedBytes says.
func (s *Service) ActiveRevisionTx(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset) (Asset, Revision, error) {
	a, err := s.GetTx(ctx, tx, who, asset)
	if err != nil {
		return Asset{}, Revision{}, err
	}
	r, err := revisionOf(ctx, tx, who, asset, a.Revision)
	return a, r, err
}

const sqlNumber = `update asset set last_number = last_number + 1 where id = @asset and tenant_id = @tenant returning last_number`

// AddRevisionTx gives an asset new bytes, which takes Replace: they become its
// next and active revision, and what persons and machines said about it stays.
// The pictures of the revision before are shown until the new one is prepared.
// Folder and Title are not looked at. The caller has the revision prepared and
// writes the log of deeds.
//
// Faults: revision.same for the bytes of the active revision, revision.kind
// unless AnyKind, asset.changed when Version is not the asset's.
func (s *Service) AddRevisionTx(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset, n Arrival) (Asset, error) {
	a, err := s.hold(ctx, tx, who, asset, access.Replace)
	if err != nil {
		return Asset{}, err
	}
	if err := CheckVersion(a, n.Version); err != nil {
		return Asset{}, err
	}
	if a.Size == n.Size && bytes.Equal(a.SHA256, n.SHA256) {
		return Asset{}, &fault.Error{
			Kind: fault.Conflict, Code: "revision.same", Extra: map[string]string{"id": asset.String()},
			Text: "This is the very file that the asset has now. Nothing was replaced.",
		}
	}
	if !n.AnyKind && !alike(a.Kind, n.Kind) {
		return Asset{}, fault.New(fault.Conflict, "revision.kind",
			"The asset is "+kindNames[a.Kind]+" and the new file is "+kindNames[n.Kind]+". Upload it as an asset of its own, or say that the kind may change.")
	}
	if n.State == "" {
		n.State = Preparing
	}
	if n.Revision.IsZero() {
		n.Revision = id.New[id.Revision]()
	}
	n.Name = SafeName(n.Name)
	was, err := revisionOf(ctx, tx, who, asset, a.Revision)
	if err != nil {
		return Asset{}, err
	}
	var number int
	if err := tx.QueryRow(ctx, sqlNumber, pgx.StrictNamedArgs{"asset": asset, "tenant": who.Tenant}).Scan(&number); err != nil {
		return Asset{}, err
	}
	if err := s.storeRevision(ctx, tx, who, asset, number, n); err != nil {
		return Asset{}, err
	}
	return s.activate(ctx, tx, who, turn{
		asset: a, was: was,
		to: Revision{
			ID: n.Revision, Number: number, Name: n.Name, Kind: n.Kind, MediaType: n.MediaType, Size: n.Size, SHA256: n.SHA256,
		},
		outcome: Outcome{State: n.State, Code: n.StateCode, Reason: n.StateReason},
	})
}

// alike reports whether a revision of kind to may follow one of kind from.
// What an .mp4 or .ogg is, only its streams say.
func alike(from, to Kind) bool {
	moving := func(k Kind) bool { return k == Video || k == Audio }
	return from == to || moving(from) && moving(to)
}

var kindNames = map[Kind]string{
	Image: "a picture", Video: "a film", Audio: "a recording", Document: "a document", Archive: "an archive of files", Font: "a font", Other: "a file of another kind",
}

// ActivateTx makes an earlier revision the active one, which takes Replace, and
// lets it be prepared anew: the asset is Preparing with the code and reason of
// o, or Quarantined if that revision is held back. version is the one that the
// asker knows; zero is any. The caller has it prepared and writes the log of
// deeds.
func (s *Service) ActivateTx(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset, version int64, o Outcome) (Asset, Revision, error) {
	a, err := s.hold(ctx, tx, who, asset, access.Replace)
	if err != nil {
		return Asset{}, Revision{}, err
	}
	if err := CheckVersion(a, version); err != nil {
		return Asset{}, Revision{}, err
	}
	r, err := revisionOf(ctx, tx, who, asset, o.Revision)
	if err != nil {
		return Asset{}, Revision{}, err
	}
	if r.ID == a.Revision {
		return Asset{}, Revision{}, fault.New(fault.Conflict, "revision.active", "This revision is the active one already.")
	}
	was, err := revisionOf(ctx, tx, who, asset, a.Revision)
	if err != nil {
		return Asset{}, Revision{}, err
	}
	o.State = Preparing
	if r.HeldCode != "" {
		o.State, o.Code, o.Reason = Quarantined, r.HeldCode, r.HeldReason
	}
	a, err = s.activate(ctx, tx, who, turn{asset: a, was: was, to: r, outcome: o})
	return a, r, err
}

const sqlActivate = `
	update asset set revision_id = @revision, shown_revision_id = case when @state = 'preparing' then coalesce(shown_revision_id, revision_id) end,
		kind = @kind, state = @state, state_code = @code, state_reason = @reason, name = @name, media_type = @type, size = @size,
		sha256 = @sha256, width = @width, height = @height, duration_ms = @duration, pages = null, version = version + 1, updated_at = @now
	where id = @asset and tenant_id = @tenant`

// turn is another revision of an asset becoming the active one.
type turn struct {
	asset   Asset
	was, to Revision
	outcome Outcome
}

// activate makes to the active revision of an asset that is held, after was.
func (s *Service) activate(ctx context.Context, tx pg.Tx, who access.Actor, c turn) (Asset, error) {
	a, was, to, o := c.asset, c.was, c.to, c.outcome
	if _, err := tx.Exec(ctx, sqlActivate, pgx.StrictNamedArgs{
		"asset": a.ID, "tenant": who.Tenant, "revision": to.ID, "kind": to.Kind, "state": o.State, "code": o.Code, "reason": o.Reason,
		"name": to.Name, "type": to.MediaType, "size": to.Size, "sha256": to.SHA256, "width": to.Width, "height": to.Height,
		"duration": to.DurationMS, "now": s.now(),
	}); err != nil {
		return Asset{}, err
	}
	sh := &sheet{mark: Mark{FromPerson, who.ID, s.now()}}
	sh.note("revision", "", strconv.Itoa(was.Number), strconv.Itoa(to.Number), Mark{}, false)
	if err := s.anew(ctx, tx, who, a, sh); err != nil {
		return Asset{}, err
	}
	if err := s.remember(ctx, tx, who, edited{a, sh}); err != nil {
		return Asset{}, err
	}
	if err := s.sense(ctx, tx, who, a.ID); err != nil {
		return Asset{}, err
	}
	now, err := s.changed(ctx, tx, who, a.ID)
	if err != nil {
		return Asset{}, err
	}
	return now, s.passed(ctx, tx, who, []edited{{a, sh}}, now)
}

const sqlAnew = `update asset set approval = @approval where id = @asset and tenant_id = @tenant`

// anew makes a draft of an asset with other bytes, where its folder asks for
// approval: nobody has approved these.
func (s *Service) anew(ctx context.Context, tx pg.Tx, who access.Actor, a Asset, sh *sheet) error {
	if a.Approval == Draft || a.Approval == Archived {
		return nil
	}
	asks, err := s.demands(ctx, tx, who, a.Registry, a.Folder)
	if err != nil || !asks[a.Folder].asks() {
		return err
	}
	sh.pass(&a, Draft, "")
	if _, err := tx.Exec(ctx, sqlAnew, pgx.StrictNamedArgs{"approval": a.Approval, "asset": a.ID, "tenant": who.Tenant}); err != nil {
		return err
	}
	return s.keepSteps(ctx, tx, who, edited{a, sh})
}

const sqlPurgeRevision = `delete from revision where id = @revision and asset_id = @asset and tenant_id = @tenant`

// PurgeRevision destroys one revision for good, which takes Purge: its bytes
// and what was made of them. Neither the active revision nor the one whose
// pictures are shown can be destroyed. Revisions are kept until somebody does.
func (s *Service) PurgeRevision(ctx context.Context, who access.Actor, asset id.Asset, revision id.Revision) error {
	return s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "asset.purge_revision", Subject: asset.String()}
		a, err := s.hold(ctx, tx, who, asset, access.Purge)
		if err != nil {
			return e, err
		}
		r, err := revisionOf(ctx, tx, who, asset, revision)
		if err != nil {
			return e, err
		}
		if r.ID == a.Revision || r.ID == a.Shown {
			return e, fault.New(fault.Conflict, "revision.active", "This revision is in use. Make another one the active one first, and wait until it is ready.")
		}
		e.Detail = map[string]any{"revision": r.ID.String(), "number": r.Number, "size": r.Size}
		if err := s.OnRevisionPurged(ctx, tx, who, asset, r.ID, r.BlobKey); err != nil {
			return e, err
		}
		_, err = tx.Exec(ctx, sqlPurgeRevision, pgx.StrictNamedArgs{"revision": r.ID, "asset": asset, "tenant": who.Tenant})
		return e, err
	})
}

// HoldTx returns an asset that who may see and do need with, and that nobody
// else changes until the transaction ends.
func (s *Service) HoldTx(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset, need access.Set) (Asset, error) {
	a, err := s.hold(ctx, tx, who, asset, need)
	return a.shown(), err
}
