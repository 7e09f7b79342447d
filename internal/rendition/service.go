// SPDX-License-Identifier: Apache-2.0

package rendition

import (
	"context"
	"errors"
	"fmt"
	"os"
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
}

// New returns the room. i keeps the list of objects to be destroyed.
func New(db *pg.DB, blobs blob.Store, i *ingest.Service, engine picture.Engine, now func() time.Time) *Service {
	return &Service{db: db, blobs: blobs, ingest: i, engine: engine, now: now}
}

// Reads reports whether renditions can be made of the media type.
func (s *Service) Reads(mediaType string) bool { return s.engine.Reads(mediaType) }

// within is how long storing an original's renditions may take before the
// sweeper believes the process dead.
const within = 6 * time.Hour

// Make makes the renditions of an original that are missing, with one decode,
// and says what the picture is. The reply's outputs are those made now. A fault
// that is Invalid or TooLarge says why there is no picture; the reply then
// holds what is known. Any other error is worth another try.
func (s *Service) Make(ctx context.Context, who access.Actor, of ingest.Original) (picture.Reply, error) {
	missing, err := s.missing(ctx, who, of.Revision)
	if err != nil {
		return picture.Reply{}, err
	}
	job := picture.Job{Input: of.Path, MediaType: of.MediaType, Limits: picture.Limits{MaxPixels: s.MaxPixels}}
	for _, p := range missing {
		job.Outputs = append(job.Outputs, picture.Output{Path: "rendition-" + p.Name, Recipe: p.Recipe})
	}
	// What a document's page looks like, all of them look like.
	job.Likeness = of.MediaType != picture.TypePDF
	reply, err := s.engine.Render(ctx, of.Dir, job)
	if err != nil || len(missing) == 0 {
		return reply, err
	}
	if reply.Likeness != nil {
		if err := s.keepLikeness(ctx, who, of.Revision, *reply.Likeness); err != nil {
			return reply, err
		}
	}
	return reply, s.keep(ctx, who, of, missing, reply.Outputs)
}

const sqlHave = `select preset, recipe from rendition where revision_id = @revision`

// missing lists the presets of which the revision has no rendition by their
// present recipe.
func (s *Service) missing(ctx context.Context, who access.Actor, rev id.Revision) ([]Preset, error) {
	have := map[[2]string]bool{}
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlHave, pgx.StrictNamedArgs{"revision": rev})
		if err != nil {
			return err
		}
		var preset, recipe string
		_, err = pgx.ForEachRow(rows, []any{&preset, &recipe}, func() error {
			have[[2]string{preset, recipe}] = true
			return nil
		})
		return err
	})
	var out []Preset
	for _, p := range Presets() {
		if !have[[2]string{p.Name, p.Recipe.String()}] {
			out = append(out, p)
		}
	}
	return out, err
}

var extension = map[string]string{picture.TypeJPEG: ".jpg", picture.TypePNG: ".png", picture.TypeWebP: ".webp"}

// keep stores what was made: a condemnation for the case that we die, the
// bytes, and then the rows with the reprieve. Its key holds the rendition's own
// identifier besides revision and recipe, so that two attempts never meet.
func (s *Service) keep(ctx context.Context, who access.Actor, of ingest.Original, presets []Preset, made []picture.Made) error {
	if len(made) != len(presets) {
		return fmt.Errorf("rendition: %d were made of %d", len(made), len(presets))
	}
	now := s.now()
	list := make([]Rendition, len(made))
	keys := make([]blob.Key, len(made))
	for i, m := range made {
		r := Rendition{
			ID: id.New[id.Rendition](), Asset: of.Asset, Revision: of.Revision, Preset: presets[i].Name, Recipe: presets[i].Recipe.String(),
			MediaType: m.MediaType, Width: m.Width, Height: m.Height, Size: m.Size, CreatedAt: now,
		}
		r.Key = blob.Key("renditions/" + who.Tenant.String() + "/" + of.Revision.String() + "/" +
			presets[i].Recipe.ID() + "-" + r.ID.String() + extension[m.MediaType])
		list[i], keys[i] = r, r.Key
	}
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		return s.ingest.CondemnLaterTx(ctx, tx, who.Tenant, within, keys...)
	})
	if err != nil {
		return err
	}
	for i, m := range made {
		if err := s.put(ctx, keys[i], m); err != nil {
			return fmt.Errorf("store a rendition: %w", err)
		}
	}
	return pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		for _, r := range list {
			if err := s.insert(ctx, tx, who, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) put(ctx context.Context, key blob.Key, m picture.Made) error {
	f, err := os.Open(m.Path)
	if err != nil {
		return err
	}
	_, err = s.blobs.Put(ctx, key, f, m.Size)
	return errors.Join(err, f.Close())
}

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
	select distinct on (r.asset_id, r.preset) ` + sqlColumns + `, a.deleted_at is not null as deleted, ` + access.SQLCanAsset + `
	from rendition r join asset a on r.revision_id = ` + asset.SQLShown + `
	where a.id = any(@ids::uuid[]) and a.tenant_id = @tenant and a.state <> 'quarantined'
		and (a.deleted_at is not null or ` + asset.SQLSeen + `)
	order by r.asset_id, r.preset, r.created_at desc, r.id desc`

type seen struct {
	Rendition
	Deleted bool       `db:"deleted"`
	Can     access.Set `db:"can"`
}

func (r seen) may() bool { return r.Can.Has(access.View) && (!r.Deleted || r.Can.Has(access.Delete)) }

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
		if !r.may() {
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
	if err != nil {
		return err
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[blob.Key])
	if err != nil {
		return err
	}
	return s.ingest.CondemnTx(ctx, tx, who.Tenant, keys...)
}

const sqlForgetRevision = `delete from rendition where revision_id = @revision and tenant_id = @tenant returning blob_key`

// ForgetRevisionTx takes away all renditions of a revision that is about to be
// purged, and condemns their bytes.
func (s *Service) ForgetRevisionTx(ctx context.Context, tx pg.Tx, who access.Actor, revision id.Revision) error {
	rows, err := tx.Query(ctx, sqlForgetRevision, pgx.StrictNamedArgs{"revision": revision, "tenant": who.Tenant})
	if err != nil {
		return err
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[blob.Key])
	if err != nil {
		return err
	}
	return s.ingest.CondemnTx(ctx, tx, who.Tenant, keys...)
}
