// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/blob"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Origin says where a stand-in comes from.
type Origin string

// Origins of stand-ins.
const (
	Embedded  Origin = "embedded"  // found in the original, such as a camera's preview
	Converted Origin = "converted" // made from the original, such as an office document's pages
)

// StandIn is what stands in for an original of which no rendition can be made
// directly. Renditions and pages are made from it.
type StandIn struct {
	Path      string // absolute, in Original.Dir
	MediaType string // one that Reads knows: a picture or a PDF
	Origin    Origin
	Width     int // of the stand-in in pixels, upright; 0 when it is a document or unknown
	Height    int
	Pages     int // of a document; 0 when it is a picture or unknown

	// OriginalWidth and OriginalHeight are the original's own size in pixels,
	// upright, where that is known and its stand-in may be smaller.
	OriginalWidth, OriginalHeight int
	// Nothing says that the original is sound and has nothing to show, such as
	// an empty drawing: nothing stands in for it, and nothing is wrong.
	Nothing bool
	// Tells is what the maker found out about the original, for its metadata.
	Tells map[string]any
}

// Maker can make stand-ins for originals of some media types.
type Maker struct {
	// Name is the key of what the maker tells in the revision's metadata.
	Name string
	// Reads reports whether the maker may have one for the media type.
	Reads func(mediaType string) bool
	// Make makes the stand-in for an original, as a new file in of.Dir. A zero
	// StandIn says that the original holds none, which is nothing wrong: it is
	// shown as an icon of its type. A fault that is Invalid or TooLarge is
	// about the file; any other error is worth another try. It is called
	// outside any transaction and may be called again for the same original.
	Make func(ctx context.Context, of Original) (StandIn, error)
}

// standsIn reports whether somebody may have a stand-in for the media type.
func (s *Service) standsIn(mediaType string) bool {
	for _, m := range s.Makers {
		if m.Reads(mediaType) {
			return true
		}
	}
	return false
}

// made asks the makers in their order; the first stand-in is taken. What is
// wrong with the file is said only when no maker has one.
func (s *Service) made(ctx context.Context, of Original) (in StandIn, by Maker, err error) {
	for _, m := range s.Makers {
		if !m.Reads(of.MediaType) {
			continue
		}
		in, e := m.Make(ctx, of)
		if e == nil && (in.Path != "" || in.Nothing) {
			return in, m, nil
		}
		if e != nil && !aboutTheFile(e) {
			return StandIn{}, m, e
		}
		err = errors.Join(err, e)
	}
	return StandIn{}, Maker{}, err
}

// kept is a stand-in as its row tells.
type kept struct {
	Key       blob.Key `db:"blob_key"`
	MediaType string   `db:"media_type"`
	Size      int64    `db:"size"`
}

const sqlStandIn = `select blob_key, media_type, size from stand_in where revision_id = @revision and tenant_id = @tenant`

// standInTx finds the stand-in of a revision, if there is one.
func standInTx(ctx context.Context, tx pg.Tx, who access.Actor, rev id.Revision) (k kept, found bool, err error) {
	rows, err := tx.Query(ctx, sqlStandIn, pgx.StrictNamedArgs{"revision": rev, "tenant": who.Tenant})
	if err != nil {
		return k, false, err
	}
	k, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[kept])
	if errors.Is(err, pgx.ErrNoRows) {
		return k, false, nil
	}
	return k, err == nil, err
}

// Source brings the file that renditions and pages of a revision are made from
// into dir, or says where it rests: its stand-in, if it has one, else the
// original. That who may have them made is for the caller to check.
func (s *Service) Source(ctx context.Context, who access.Actor, of id.Asset, r asset.Revision, dir string) (Original, error) {
	o := Original{Asset: of, Revision: r.ID, MediaType: r.MediaType, Dir: dir}
	key := r.BlobKey
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		k, found, err := standInTx(ctx, tx, who, r.ID)
		if found {
			key, o.MediaType = k.Key, k.MediaType
		}
		return err
	})
	if err != nil {
		return o, fmt.Errorf("find a stand-in: %w", err)
	}
	if o.Path, err = s.local(ctx, key, filepath.Join(dir, "source")); err != nil {
		return o, fmt.Errorf("fetch what renditions are made from: %w", err)
	}
	o.MediaType = drawnAs(o.MediaType)
	return o, nil
}

// within is how long storing a stand-in may take before the sweeper believes
// the process dead.
const within = 6 * time.Hour

const sqlKeep = `
	insert into stand_in (revision_id, tenant_id, media_type, blob_key, size, width, height, pages, origin, created_at)
	values (@revision, @tenant, @media_type, @key, @size, nullif(@width::int, 0), nullif(@height::int, 0), nullif(@pages::int, 0), @origin, @now)
	on conflict (revision_id) do nothing`

// keepStandIn stores a stand-in: a condemnation for the case that we die, the bytes,
// and then the row with the reprieve. If another run was faster, the bytes
// stay condemned.
func (s *Service) keepStandIn(ctx context.Context, who access.Actor, of Original, in StandIn) error {
	f, err := os.Open(in.Path)
	if err != nil {
		return fmt.Errorf("store a stand-in: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("store a stand-in: %w", err)
	}
	key := blob.Key("stand-ins/" + who.Tenant.String() + "/" + of.Revision.String() + "/" + id.New[id.Rendition]().String())
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		return s.CondemnLaterTx(ctx, tx, who.Tenant, within, key)
	})
	if err != nil {
		return err
	}
	if _, err := s.blobs.Put(ctx, key, f, info.Size()); err != nil {
		return fmt.Errorf("store a stand-in: %w", err)
	}
	return pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		tag, err := tx.Exec(ctx, sqlKeep, pgx.StrictNamedArgs{
			"revision": of.Revision, "tenant": who.Tenant, "media_type": in.MediaType, "key": key, "size": info.Size(),
			"width": in.Width, "height": in.Height, "pages": in.Pages, "origin": in.Origin, "now": s.now(),
		})
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return s.ReprieveTx(ctx, tx, who.Tenant, key)
	})
}

const sqlForgetStandIns = `
	delete from stand_in s using revision r
	where r.id = s.revision_id and r.asset_id = any(@ids) and s.tenant_id = @tenant
	returning s.blob_key`

// ForgetTx takes away the stand-ins of assets that are about to be purged, and
// condemns their bytes. Call it before the assets' own rows go.
func (s *Service) ForgetTx(ctx context.Context, tx pg.Tx, who access.Actor, ids []id.Asset) error {
	rows, err := tx.Query(ctx, sqlForgetStandIns, pgx.StrictNamedArgs{"ids": ids, "tenant": who.Tenant})
	return s.CondemnRowsTx(ctx, tx, who.Tenant, rows, err)
}

const sqlForgetStandIn = `delete from stand_in where revision_id = @revision and tenant_id = @tenant returning blob_key`

// ForgetRevisionTx does the same for one revision.
func (s *Service) ForgetRevisionTx(ctx context.Context, tx pg.Tx, who access.Actor, revision id.Revision) error {
	rows, err := tx.Query(ctx, sqlForgetStandIn, pgx.StrictNamedArgs{"revision": revision, "tenant": who.Tenant})
	return s.CondemnRowsTx(ctx, tx, who.Tenant, rows, err)
}
