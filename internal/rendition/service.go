// SPDX-License-Identifier: Apache-2.0

package rendition

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/blob"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/pg"
	"tillgang/internal/picture"
)

// Rendition is a derived picture of a revision.
type Rendition struct {
	ID        id.Rendition `db:"id"`
	Asset     id.Asset     `db:"asset_id"`
	Revision  id.Revision  `db:"revision_id"`
	Preset    string       `db:"preset"`
	Recipe    string       `db:"recipe"` // canonical text, as picture.Recipe.String writes it
	Key       blob.Key     `db:"blob_key"`
	MediaType string       `db:"media_type"`
	Width     int          `db:"width"` // pixels
	Height    int          `db:"height"`
	Size      int64        `db:"size"` // bytes
	CreatedAt time.Time    `db:"created_at"`
}

const sqlColumns = `r.id, r.asset_id, r.revision_id, r.preset, r.recipe, r.blob_key, r.media_type, r.width, r.height, r.size, r.created_at`

// Service is the room's set of verbs.
type Service struct {
	db     *pg.DB
	blobs  blob.Store
	ingest *ingest.Service
	engine picture.Engine
	now    func() time.Time

	// MaxPixels refuses originals that are larger, where the engine's own limit
	// is not lower still. Zero leaves it to the engine.
	MaxPixels int64

	// Jobs takes jobs in the transaction of their cause. Until the house fills
	// it, what is framed anew is made anew only when it is asked for.
	Jobs ingest.Jobs
	// Scratch makes a private folder for one job; the caller calls remove.
	Scratch func(ctx context.Context) (dir string, remove func(), err error)
	// Digest stands for what Imprint would write now of an asset by a policy
	// (rights or embed), so that a copy is made anew when that changes.
	Digest func(ctx context.Context, tx pg.Tx, who access.Actor, of id.Asset, policy string) (string, error)
	// Imprint writes what is known of an asset, by a policy, into a copy that was
	// made of it, in place. nil, like Digest: copies carry nothing.
	Imprint func(ctx context.Context, who access.Actor, of id.Asset, policy, path, mediaType string) error
	// Slots is how many renditions are made on demand at the same time, and
	// Waiting how many more may wait for their turn. Zero means 2 and 64.
	Slots, Waiting int
	// Wait is how long OnDemand waits for what is being made. Zero means Patience.
	Wait time.Duration

	flights flights
}

// New returns the room. i keeps the list of objects to be destroyed.
func New(db *pg.DB, blobs blob.Store, i *ingest.Service, engine picture.Engine, now func() time.Time) *Service {
	return &Service{db: db, blobs: blobs, ingest: i, engine: engine, now: now}
}

// Reads reports whether renditions can be made of the media type.
func (s *Service) Reads(mediaType string) bool { return s.engine.Reads(mediaType) }

// part is the name under which the house acts here.
const part = "rendition"

// within is how long storing an original's renditions may take before the
// sweeper believes the process dead.
const within = 6 * time.Hour

const sqlInsert = `
	insert into rendition (id, tenant_id, asset_id, revision_id, preset, recipe, blob_key, media_type, width, height, size, created_at)
	values (@id, @tenant, @asset, @revision, @preset, @recipe, @key, @media_type, @width, @height, @size, @now)
	on conflict (revision_id, preset, recipe) do nothing`

// insert names a stored rendition and reprieves its bytes, unless another
// attempt was faster: then they stay condemned.
func (s *Service) insert(ctx context.Context, tx pg.Tx, who access.Actor, r Rendition) error {
	tag, err := tx.Exec(ctx, sqlInsert, pgx.StrictNamedArgs{
		"id": r.ID, "tenant": who.Tenant, "asset": r.Asset, "revision": r.Revision, "preset": r.Preset, "recipe": r.Recipe,
		"key": r.Key, "media_type": r.MediaType, "width": r.Width, "height": r.Height, "size": r.Size, "now": r.CreatedAt,
	})
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	return s.ingest.ReprieveTx(ctx, tx, who.Tenant, r.Key)
}

// Only of the revision that is shown, and the newest of each preset: an older
// recipe's rendition stays until its revision goes. Quarantined assets have none to
// show; those in the bin show theirs to whoever may delete.
const sqlForAssets = `
	select distinct on (r.asset_id, r.preset) ` + sqlColumns + `, a.deleted_at is not null as deleted, a.waiting, a.asked_by, ` + access.SQLCanAsset + `
	from rendition r join asset a on r.revision_id = ` + asset.SQLShown + `
	where a.id = any(@ids::uuid[]) and a.tenant_id = @tenant and a.state <> 'quarantined'
		and (a.deleted_at is not null or a.waiting or ` + asset.SQLSeen + `)
	order by r.asset_id, r.preset, r.created_at desc, r.id desc`

type seen struct {
	Rendition
	Deleted bool       `db:"deleted"`
	Waiting bool       `db:"waiting"`
	AskedBy string     `db:"asked_by"`
	Can     access.Set `db:"can"`
}

func (r seen) may(who access.Actor) bool {
	if r.Waiting && !(asset.Asset{Waiting: true, AskedBy: r.AskedBy, Can: r.Can}).Moderates(who) {
		return false
	}
	return r.Can.Has(access.View) && (!r.Deleted || r.Can.Has(access.Delete))
}

// ForAssets returns the renditions of those of the assets that who may view,
// smallest first.
func (s *Service) ForAssets(ctx context.Context, who access.Actor, ids []id.Asset) (out map[id.Asset][]Rendition, err error) {
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		out, err = s.ForAssetsTx(ctx, tx, who, ids)
		return err
	})
	return out, err
}

// ForAssetsTx is ForAssets in the caller's transaction.
func (s *Service) ForAssetsTx(ctx context.Context, tx pg.Tx, who access.Actor, ids []id.Asset) (map[id.Asset][]Rendition, error) {
	args := who.Bind(pgx.StrictNamedArgs{"ids": ids, "tenant": who.Tenant})
	if err := asset.BindSeen(ctx, tx, who, s.now(), args); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, sqlForAssets, args)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[seen])
	if err != nil {
		return nil, err
	}
	found := map[id.Asset]map[string]Rendition{}
	for _, r := range all {
		if !r.may(who) {
			continue
		}
		if found[r.Asset] == nil {
			found[r.Asset] = map[string]Rendition{}
		}
		found[r.Asset][r.Preset] = r.Rendition
	}
	out := map[id.Asset][]Rendition{}
	for a, by := range found {
		for _, p := range Presets() {
			if r, ok := by[p.Name]; ok {
				out[a] = append(out[a], r)
			}
		}
	}
	return out, nil
}

// ByPresetTx returns one rendition of an asset that who may view.
func (s *Service) ByPresetTx(ctx context.Context, tx pg.Tx, who access.Actor, a id.Asset, preset string) (Rendition, error) {
	all, err := s.ForAssetsTx(ctx, tx, who, []id.Asset{a})
	if err != nil {
		return Rendition{}, err
	}
	for _, r := range all[a] {
		if r.Preset == preset {
			return r, nil
		}
	}
	return Rendition{}, access.NotFound("rendition")
}

const sqlForget = `delete from rendition where asset_id = any(@ids) and tenant_id = @tenant returning blob_key`

// ForgetTx takes away all renditions of assets that are about to be purged,
// and condemns their bytes. Call it before the assets' own rows go.
func (s *Service) ForgetTx(ctx context.Context, tx pg.Tx, who access.Actor, ids []id.Asset) error {
	rows, err := tx.Query(ctx, sqlForget, pgx.StrictNamedArgs{"ids": ids, "tenant": who.Tenant})
	return s.ingest.CondemnRowsTx(ctx, tx, who.Tenant, rows, err)
}

const sqlForgetRevision = `delete from rendition where revision_id = @revision and tenant_id = @tenant returning blob_key`

// ForgetRevisionTx takes away all renditions of a revision that is about to be
// purged, and condemns their bytes.
func (s *Service) ForgetRevisionTx(ctx context.Context, tx pg.Tx, who access.Actor, revision id.Revision) error {
	rows, err := tx.Query(ctx, sqlForgetRevision, pgx.StrictNamedArgs{"revision": revision, "tenant": who.Tenant})
	return s.ingest.CondemnRowsTx(ctx, tx, who.Tenant, rows, err)
}

const sqlOfRevisions = `
	select distinct on (r.revision_id, r.preset) ` + sqlColumns + ` from rendition r join revision v on v.id = r.revision_id
	where v.asset_id = @asset and v.tenant_id = @tenant and v.held_code = ''
	order by r.revision_id, r.preset, r.created_at desc, r.id desc`

// OfRevisions returns the pictures of all revisions of an asset that who may
// see, smallest first; those that are held back have none.
func (s *Service) OfRevisions(ctx context.Context, who access.Actor, a asset.Asset) (out map[id.Revision][]Rendition, err error) {
	if asset.AllowedBytes(a, who, access.View, s.now()) != nil {
		return nil, nil //nolint:nilerr // nothing of it is shown
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlOfRevisions, pgx.StrictNamedArgs{"asset": a.ID, "tenant": who.Tenant})
		if err != nil {
			return err
		}
		all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Rendition])
		out = map[id.Revision][]Rendition{}
		slices.SortStableFunc(all, func(x, y Rendition) int { return x.Width*x.Height - y.Width*y.Height })
		for _, r := range all {
			out[r.Revision] = append(out[r.Revision], r)
		}
		return err
	})
	return out, err
}
