// SPDX-License-Identifier: Apache-2.0

package work

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/pg"
)

// Place is where files rest, as whoever set the server up declared it, and how
// it is at this moment.
type Place struct {
	Kind         string // "directory" or "s3"
	Where        string // the directory; or the bucket and the host that it is at
	Country      string // ISO 3166-1; empty: nobody has said
	Site         string
	Jurisdiction string
	Reason       string // why it cannot be reached; empty: it was written, read and deleted again
	Free, Size   int64  // bytes of the file system that a directory is in; 0: not known
	Findings     []Finding
}

// Finding is one thing that doctor looked at.
type Finding struct {
	Level string // "ok", "note", "warn" or "fail"
	What  string
	Text  string
}

// Heap is how many files of a sort there are, and their bytes.
type Heap struct{ Bytes, Files int64 }

// Kept is what the rows know of a tenant's files.
type Kept struct {
	Originals  Heap  // active revisions of assets that are not in the bin
	Earlier    Heap  // earlier revisions of those
	Binned     Heap  // all revisions of assets in the bin
	Renditions Heap  // previews and what presets made
	Copies     Heap  // originals with what the archive knows written into them
	Uploads    Heap  // on their way in
	Doomed     int64 // files that belong to nothing any more and will be destroyed
}

// Storage is where a tenant's files rest and what there is.
type Storage struct {
	Place Place
	Kept  Kept
}

const sqlKept = `
	with r as (
		select a.deleted_at is not null as gone, r.id = a.revision_id as active, count(*) as files, sum(r.size)::bigint as bytes
		from revision r join asset a on a.id = r.asset_id where r.tenant_id = @tenant and a.tenant_id = @tenant group by 1, 2
	)
	select
		coalesce(sum(r.files) filter (where not r.gone and r.active), 0)::bigint, coalesce(sum(r.bytes) filter (where not r.gone and r.active), 0)::bigint,
		coalesce(sum(r.files) filter (where not r.gone and not r.active), 0)::bigint, coalesce(sum(r.bytes) filter (where not r.gone and not r.active), 0)::bigint,
		coalesce(sum(r.files) filter (where r.gone), 0)::bigint, coalesce(sum(r.bytes) filter (where r.gone), 0)::bigint
	from r`

const sqlKeptBeside = `
	select
		(select count(*) from rendition where tenant_id = @tenant), (select coalesce(sum(size), 0)::bigint from rendition where tenant_id = @tenant),
		(select count(*) from imprinted where tenant_id = @tenant), (select coalesce(sum(size), 0)::bigint from imprinted where tenant_id = @tenant),
		(select count(*) from upload where tenant_id = @tenant and state = 'open'), (select coalesce(sum(at_offset), 0)::bigint from upload where tenant_id = @tenant and state = 'open'),
		(select count(*) from condemned_blob where tenant_id = @tenant)`

// Storage tells where files rest and what rests there. It takes access.Operate.
func (s *Service) Storage(ctx context.Context, who access.Actor) (out Storage, err error) {
	if err := who.Require(access.Operate); err != nil {
		return out, err
	}
	k := &out.Kept
	if err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		args := pgx.StrictNamedArgs{"tenant": who.Tenant}
		if err := tx.QueryRow(ctx, sqlKept, args).Scan(
			&k.Originals.Files, &k.Originals.Bytes, &k.Earlier.Files, &k.Earlier.Bytes, &k.Binned.Files, &k.Binned.Bytes,
		); err != nil {
			return err
		}
		return tx.QueryRow(ctx, sqlKeptBeside, args).Scan(
			&k.Renditions.Files, &k.Renditions.Bytes, &k.Copies.Files, &k.Copies.Bytes, &k.Uploads.Files, &k.Uploads.Bytes, &k.Doomed,
		)
	}); err != nil {
		return out, err
	}
	out.Place = s.Place(ctx)
	return out, nil
}
