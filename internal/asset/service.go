// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/blob"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/queue"
)

// Service is the room's set of verbs. The hooks are called inside the
// transaction of their cause; an error from one undoes it. The assets they
// are given carry the rights of the actor.
type Service struct {
	db      *pg.DB
	folders *folder.Service
	now     func() time.Time
	known   registries
	jobs    *queue.Queue // nil until Register: then nothing follows later

	// OnStored is told of new assets.
	OnStored func(ctx context.Context, tx pg.Tx, who access.Actor, assets ...Asset) error
	// OnChanged is told of assets whose fields, alt decisions, dates, folder,
	// state or active revision are new.
	OnChanged func(ctx context.Context, tx pg.Tx, who access.Actor, assets ...Asset) error
	// OnIndex is told of assets of which only what they are found by is new: a
	// term has another label, or a folder requires something else.
	OnIndex func(ctx context.Context, tx pg.Tx, who access.Actor, assets ...Asset) error
	// OnTransition is told of an asset that has another approval state, and of
	// the step that led to it. OnChanged is told of the same assets before.
	OnTransition func(ctx context.Context, tx pg.Tx, who access.Actor, a Asset, step StepTaken) error
	// OnDeleted is told which assets went into the bin.
	OnDeleted func(ctx context.Context, tx pg.Tx, who access.Actor, assets []id.Asset) error
	// OnRestored is told which assets came out of the bin.
	OnRestored func(ctx context.Context, tx pg.Tx, who access.Actor, assets []Asset) error
	// OnPurged is told which assets are destroyed and where the bytes of their
	// revisions lie, just before their rows go.
	OnPurged func(ctx context.Context, tx pg.Tx, who access.Actor, assets []id.Asset, keys []blob.Key) error
	// OnMerged is told which asset took which others in, which go into the bin
	// beside it; OnParted, that they are parted again.
	OnMerged func(ctx context.Context, tx pg.Tx, who access.Actor, merge id.Merge, kept id.Asset, merged []id.Asset) error
	OnParted func(ctx context.Context, tx pg.Tx, who access.Actor, merge id.Merge, kept id.Asset, merged []id.Asset) error
	// Tenants lists all tenants, whose bins are emptied.
	Tenants func(ctx context.Context) ([]id.Tenant, error)
	// OnRevisionPurged is told which revision of an asset is destroyed and where
	// its bytes lie, just before its row goes.
	OnRevisionPurged func(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset, revision id.Revision, key blob.Key) error
}

// New returns the room on a database; its hooks do nothing yet.
func New(db *pg.DB, folders *folder.Service, now func() time.Time) *Service {
	return &Service{
		db: db, folders: folders, now: now,
		OnStored:     func(context.Context, pg.Tx, access.Actor, ...Asset) error { return nil },
		OnChanged:    func(context.Context, pg.Tx, access.Actor, ...Asset) error { return nil },
		OnIndex:      func(context.Context, pg.Tx, access.Actor, ...Asset) error { return nil },
		OnTransition: func(context.Context, pg.Tx, access.Actor, Asset, StepTaken) error { return nil },
		OnDeleted:    func(context.Context, pg.Tx, access.Actor, []id.Asset) error { return nil },
		OnRestored:   func(context.Context, pg.Tx, access.Actor, []Asset) error { return nil },
		OnPurged:     func(context.Context, pg.Tx, access.Actor, []id.Asset, []blob.Key) error { return nil },

		OnMerged: func(context.Context, pg.Tx, access.Actor, id.Merge, id.Asset, []id.Asset) error { return nil },
		OnParted: func(context.Context, pg.Tx, access.Actor, id.Merge, id.Asset, []id.Asset) error { return nil },
		Tenants:  func(context.Context) ([]id.Tenant, error) { return nil, nil },

		OnRevisionPurged: func(context.Context, pg.Tx, access.Actor, id.Asset, id.Revision, blob.Key) error { return nil },
	}
}

// SQLShown is the revision whose pictures are shown of an asset a.
const SQLShown = `coalesce(a.shown_revision_id, a.revision_id)`

// SQLColumns are the columns of Asset but can, for an asset a; with
// access.SQLCanAsset after them, rows are read with Scan.
const SQLColumns = `a.id, a.tenant_id, a.folder_id, a.acl_id, a.kind, a.state, a.state_reason, a.state_code, a.revision_id,
	` + SQLShown + ` as shown_revision_id,
	a.name, a.media_type, a.size, a.sha256, a.width, a.height, a.duration_ms, a.pages, a.sensitive, a.fields, a.alt, a.captured_on, a.version,
	a.created_at, a.created_by, a.owner_id, a.merged_into, a.updated_at, a.embargo_until, a.expires_at, a.deleted_at, a.waiting, a.asked_by, a.approval, a.missing,
	coalesce((select fr.version from field_registry fr where fr.tenant_id = app_tenant()), 0) as registry`

const sqlByID = `select ` + SQLColumns + `, ` + access.SQLCanAsset + ` from asset a where a.id = @id and a.tenant_id = @tenant`

// byID reads an asset whatever state it is in and whoever asks.
func (s *Service) byID(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset) (Asset, error) {
	rows, err := tx.Query(ctx, sqlByID, who.Bind(pgx.StrictNamedArgs{"id": asset, "tenant": who.Tenant}))
	if err != nil {
		return Asset{}, err
	}
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Asset])
	if errors.Is(err, pgx.ErrNoRows) {
		return Asset{}, access.NotFound("asset")
	}
	if err != nil {
		return Asset{}, err
	}
	a.Registry, err = s.registryAt(ctx, tx, who.Tenant, a.Fresh)
	return a, err
}

const sqlHold = `select a.id from asset a where a.id = @id and a.tenant_id = @tenant for no key update`

// hold reads an asset that nobody else changes until the transaction ends, and
// that who may see and do need with.
func (s *Service) hold(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset, need access.Set) (Asset, error) {
	// The row first and its rights after: what is computed beside a row that
	// had to be waited for is of the time before.
	if _, err := tx.Exec(ctx, sqlHold, pgx.StrictNamedArgs{"id": asset, "tenant": who.Tenant}); err != nil {
		return Asset{}, err
	}
	a, err := s.byID(ctx, tx, who, asset)
	if err != nil {
		return Asset{}, err
	}
	return a, Allowed(a, who, need, s.now())
}

// deed runs fn in a transaction and writes the deed it returns into the log.
func (s *Service) deed(ctx context.Context, who access.Actor, fn func(tx pg.Tx) (audit.Entry, error)) error {
	return audit.Deed(ctx, s.db, who, s.now, fn)
}

// read runs fn in a transaction for somebody who is known.
func (s *Service) read(ctx context.Context, who access.Actor, fn func(tx pg.Tx) error) error {
	return access.In(ctx, s.db, who, fn)
}
