// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Arrival is bytes that have come, and lie in the storage, to be made an asset or a revision of.
type Arrival struct {
	Folder    folder.Folder // from folder.HoldTx of the same transaction
	Name      string        // the file's; made safe here
	Title     string        // what the uploader called it; may be empty
	MediaType string
	Kind      Kind
	Size      int64  // bytes
	SHA256    []byte // of the bytes
	BlobKey   blob.Key
	Revision  id.Revision // zero: a new one

	State       State // zero: Preparing
	StateCode   string
	StateReason string

	Version int64 // of AddRevisionTx: the version of the asset that the sender knows; zero is any
	AnyKind bool  // of AddRevisionTx: the revision may be of another kind than the one before
}

const sqlStore = `
	insert into asset (id, tenant_id, folder_id, acl_id, kind, state, state_code, state_reason, revision_id, name, media_type,
		size, sha256, fields, captured_on, missing, approval, waiting, asked_by, created_at, created_by, owner_id, updated_at)
	values (@id, @tenant, @folder, @acl, @kind, @state, @code, @reason, @revision, @name, @type,
		@size, @sha256, @fields, @captured, @missing, @approval, @waiting, @asked_by, @now, @by, @owner, @now)`

const sqlStoreRevision = `
	insert into revision (id, tenant_id, asset_id, number, blob_key, name, kind, media_type, size, sha256, held_code, held_reason, created_at, created_by)
	values (@id, @tenant, @asset, @number, @key, @name, @kind, @type, @size, @sha256, @held_code, @held_reason, @now, @by)`

// StoreTx makes an asset with its first revision, which takes Upload on the
// folder. What somebody from outside stores waits to be accepted. The caller writes the log of deeds.
func (s *Service) StoreTx(ctx context.Context, tx pg.Tx, who access.Actor, n Arrival) (Asset, error) {
	// Once more, and cheap when the caller holds it: an asset must not be put
	// under an acl that was its folder's a moment ago.
	f, err := s.folders.HoldTx(ctx, tx, who.Storing(), n.Folder.ID)
	if err != nil {
		return Asset{}, err
	}
	outside, askedBy := who.Kind == access.Request, ""
	if outside {
		if askedBy = Asker(who.Storing()); f.ID != who.Into {
			return Asset{}, access.NotFound("folder")
		}
	}
	if err := access.Require(f.Can, access.Upload, "folder"); err != nil {
		return Asset{}, err
	}
	if err := CheckTitle(n.Title); err != nil {
		return Asset{}, err
	}
	if n.State == "" {
		n.State = Preparing
	}
	if n.Revision.IsZero() {
		n.Revision = id.New[id.Revision]()
	}
	n.Name = SafeName(n.Name)
	made, now := id.New[id.Asset](), s.now()
	born := Asset{ID: made, Tenant: who.Tenant, Folder: f.ID, Kind: n.Kind, Approval: Approved}
	if born.Registry, err = s.RegistryTx(ctx, tx, who); err != nil {
		return Asset{}, err
	}
	sheet := newSheet(born, Mark{FromPerson, who.ID, now})
	title, _ := defOf("title")
	text, _ := title.clean(n.Title)
	sheet.setText(title, "", text)
	if err := s.defaults(ctx, tx, who, f.ID, sheet); err != nil {
		return Asset{}, err
	}
	born.Fields = sheet.fields
	required, err := s.required(ctx, tx, who, edited{born, sheet})
	if err != nil {
		return Asset{}, err
	}
	asks, err := s.demands(ctx, tx, who, born.Registry, f.ID)
	if err != nil {
		return Asset{}, err
	}
	if asks[f.ID].asks() {
		born.Approval = Draft
	}
	if _, err := tx.Exec(ctx, sqlStore, pgx.StrictNamedArgs{
		"id": made, "tenant": who.Tenant, "folder": f.ID, "acl": f.ACL, "kind": n.Kind, "state": n.State, "code": n.StateCode,
		"reason": n.StateReason, "revision": n.Revision, "name": n.Name, "type": n.MediaType, "size": n.Size, "sha256": n.SHA256,
		"fields": sheet.fields, "captured": sheet.capturedOn(), "missing": born.lacks(required[f.ID]), "approval": born.Approval, "waiting": outside, "asked_by": askedBy, "now": now, "by": who.ID, "owner": who.Account,
	}); err != nil {
		return Asset{}, err
	}
	if err := s.storeRevision(ctx, tx, who, made, 1, n); err != nil {
		return Asset{}, err
	}
	if err := s.use(ctx, tx, who, edited{born, sheet}); err != nil {
		return Asset{}, err
	}
	if err := s.remember(ctx, tx, who, edited{born, sheet}); err != nil {
		return Asset{}, err
	}
	if err := s.sense(ctx, tx, who, made); err != nil {
		return Asset{}, err
	}
	a, err := s.byID(ctx, tx, who, made)
	if err != nil {
		return Asset{}, err
	}
	return a.shown(), s.OnStored(ctx, tx, who, a)
}

func (s *Service) storeRevision(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset, number int, n Arrival) error {
	held := [2]string{}
	if n.State == Quarantined {
		held = [2]string{n.StateCode, n.StateReason}
	}
	_, err := tx.Exec(ctx, sqlStoreRevision, pgx.StrictNamedArgs{
		"id": n.Revision, "tenant": who.Tenant, "asset": asset, "number": number, "key": n.BlobKey, "name": n.Name, "kind": n.Kind,
		"type": n.MediaType, "size": n.Size, "sha256": n.SHA256, "held_code": held[0], "held_reason": held[1], "now": s.now(), "by": who.ID,
	})
	return err
}

// changed reads an asset anew and announces it.
func (s *Service) changed(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset) (Asset, error) {
	a, err := s.byID(ctx, tx, who, asset)
	if err != nil {
		return Asset{}, err
	}
	if a.Missing, err = s.lacking(ctx, tx, who, a); err != nil {
		return Asset{}, err
	}
	return a.shown(), s.OnChanged(ctx, tx, who, a)
}

// Measure is what a look into the file found out. Zero members say nothing.
type Measure struct {
	Width, Height *int   // pixels after orientation
	DurationMS    *int64 // milliseconds
	Pages         *int   // of documents, slides or sheets
	MediaType     string
	Kind          Kind
}

// Outcome is how a step of an asset's preparation ended.
type Outcome struct {
	Revision id.Revision // the one that was worked on
	State    State
	Code     string // dotted, for machines; empty when ready
	Reason   string // a sentence for people; empty when ready
	Measure  Measure
}

const sqlSetState = `
	update asset set state = @state, state_code = @code, state_reason = @reason,
		shown_revision_id = case when @state = 'preparing' then shown_revision_id end,
		width = coalesce(@width, width), height = coalesce(@height, height), duration_ms = coalesce(@duration, duration_ms), pages = coalesce(@pages, pages),
		media_type = coalesce(nullif(@type, ''), media_type), kind = coalesce(nullif(@kind, ''), kind), updated_at = @now
	where id = @asset and tenant_id = @tenant and revision_id = @revision`

const sqlMeasured = `
	update revision set kind = coalesce(nullif(@kind, ''), kind), width = coalesce(@width, width), height = coalesce(@height, height),
		duration_ms = coalesce(@duration, duration_ms), held_code = @held_code, held_reason = @held_reason
	where id = @revision and tenant_id = @tenant`

// SetStateTx says how far an asset has come. Persons may only send one that
// failed back to Preparing, with Edit; everything else is the house's. An
// outcome of a revision that is no longer the active one changes nothing. When
// the active revision is prepared, its pictures are the ones shown. The
// version stays, so that nobody's edit is refused because a preview was made.
func (s *Service) SetStateTx(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset, o Outcome) (Asset, error) {
	a, err := s.hold(ctx, tx, who, asset, access.View)
	if err != nil {
		return Asset{}, err
	}
	if who.Kind != access.House {
		if err := Allowed(a, who, access.Edit, s.now()); err != nil {
			return Asset{}, err
		}
		if o.State != Preparing || a.State == Quarantined {
			return Asset{}, fault.New(fault.Conflict, "asset.state", "Only an asset whose preparation failed can be prepared again.")
		}
	}
	tag, err := tx.Exec(ctx, sqlSetState, pgx.StrictNamedArgs{
		"asset": asset, "tenant": who.Tenant, "revision": o.Revision, "state": o.State, "code": o.Code, "reason": o.Reason,
		"width": o.Measure.Width, "height": o.Measure.Height, "duration": o.Measure.DurationMS, "pages": o.Measure.Pages,
		"type": o.Measure.MediaType, "kind": string(o.Measure.Kind), "now": s.now(),
	})
	if err != nil || tag.RowsAffected() == 0 {
		return a.shown(), err
	}
	held := [2]string{}
	if o.State == Quarantined {
		held = [2]string{o.Code, o.Reason}
	}
	if _, err := tx.Exec(ctx, sqlMeasured, pgx.StrictNamedArgs{
		"revision": o.Revision, "tenant": who.Tenant, "kind": string(o.Measure.Kind), "width": o.Measure.Width, "height": o.Measure.Height,
		"duration": o.Measure.DurationMS, "held_code": held[0], "held_reason": held[1],
	}); err != nil {
		return Asset{}, err
	}
	return s.changed(ctx, tx, who, asset)
}

const sqlMeta = `update revision set meta = @meta where id = @revision and tenant_id = @tenant`

// MetaTx keeps what a revision's file says about itself, as it was read. Only
// the house reads files.
func (s *Service) MetaTx(ctx context.Context, tx pg.Tx, who access.Actor, revision id.Revision, meta json.RawMessage) error {
	if who.Kind != access.House {
		return access.NotFound("revision")
	}
	_, err := tx.Exec(ctx, sqlMeta, pgx.StrictNamedArgs{"revision": revision, "tenant": who.Tenant, "meta": meta})
	return err
}
