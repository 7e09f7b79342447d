// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/imprint"
	"tillgang/internal/ingest"
	"tillgang/internal/pg"
)

// Copying is what makes copies of originals that carry other metadata.
type Copying struct {
	Assets  *asset.Service
	Ingest  *ingest.Service // keeps the list of objects to be destroyed
	Scratch func(ctx context.Context) (dir string, remove func(), err error)
	Tool    imprint.Tool

	turn chan struct{} // one for each copy being made
}

// Bounds of copies.
const (
	maxCopy   = 512 << 20          // bytes of an original
	copies    = 2                  // made at once
	copyKept  = 7 * 24 * time.Hour // after somebody last asked for it
	copyAlive = time.Hour          // what storing one may take before the sweeper believes the process dead
)

// Copies lets tickets be issued for copies of originals with other metadata.
func (s *Service) Copies(c Copying) {
	c.turn = make(chan struct{}, copies)
	s.copying = &c
}

const sqlCopy = `
	update imprinted set used_at = @now where revision_id = @revision and digest = @digest and tenant_id = @tenant
	returning blob_key, size, encode(sha256, 'hex')`

// copyTx turns the source that is an original into its copy, if there is one.
func (s *Service) copyTx(ctx context.Context, tx pg.Tx, src *source, digest string) (found bool, err error) {
	args := pgx.StrictNamedArgs{"revision": src.revision, "digest": digest, "tenant": src.asset.Tenant, "now": s.now()}
	err = tx.QueryRow(ctx, sqlCopy, args).Scan(&src.key, &src.size, &src.etag)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find copy: %w", err)
	}
	src.etag = `"` + src.etag + `"`
	return true, nil
}

// imprinted makes sure that the copy of an asset's original under a policy is
// there, and returns its digest. Nobody learns of it before a ticket is issued,
// which authorises again.
func (s *Service) imprinted(ctx context.Context, who access.Actor, i id.Asset, p imprint.Policy) (string, error) {
	if s.copying == nil {
		return "", errors.New("delivery: nobody makes copies")
	}
	if !p.Valid() {
		return "", fault.Fields("delivery.metadata", "Choose embed, rights or strip.", map[string]string{"metadata": "embed, rights or strip"})
	}
	a, err := s.copying.Assets.Get(ctx, who, i)
	if err != nil {
		return "", err
	}
	said := a.Statement()
	digest := said.Digest(p)
	src, have := source{}, false
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) (err error) {
		if src, err = s.find(ctx, tx, who, i, Original, nil); err == nil {
			copied := src
			have, err = s.copyTx(ctx, tx, &copied, digest)
		}
		return err
	})
	switch {
	case err != nil || have:
		return digest, err
	case !imprint.Reads(src.mediaType):
		return "", fault.New(fault.Invalid, imprint.CodeFormat, "Files of this format cannot carry the archive's metadata. Fetch the original as it is, and its sidecar.")
	case src.size > maxCopy:
		return "", fault.New(fault.TooLarge, "delivery.copy_too_large", "The original is too long for a copy with other metadata. Fetch it as it is, and its sidecar.")
	}
	select {
	case s.copying.turn <- struct{}{}:
		defer func() { <-s.copying.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	return digest, s.makeCopy(ctx, src, said, p, digest)
}

// makeCopy makes and stores a copy: a condemnation for the case that we die,
// the bytes, then the row with the reprieve.
func (s *Service) makeCopy(ctx context.Context, src source, said imprint.Statement, p imprint.Policy, digest string) error {
	dir, remove, err := s.copying.Scratch(ctx)
	if err != nil {
		return err
	}
	defer remove()
	from := filepath.Join(dir, "original")
	if err := s.fetch(ctx, src.key, from); err != nil {
		return fmt.Errorf("fetch an original: %w", err)
	}
	made, err := s.copying.Tool.Copy(ctx, dir, from, src.mediaType, said, p)
	if err != nil {
		return err
	}
	f, err := os.Open(made)
	if err != nil {
		return fmt.Errorf("store a copy: %w", err)
	}
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("store a copy: %w", err)
	}
	tenant := src.asset.Tenant
	key := blob.Key("copies/" + tenant.String() + "/" + src.revision.String() + "/" + digest + "-" + id.New[id.Ticket]().String())
	if err := pg.In(ctx, s.db, tenant, func(tx pg.Tx) error {
		return s.copying.Ingest.CondemnLaterTx(ctx, tx, tenant, copyAlive, key)
	}); err != nil {
		return err
	}
	if _, err := s.store.Put(ctx, key, f, size); err != nil {
		return fmt.Errorf("store a copy: %w", err)
	}
	return pg.In(ctx, s.db, tenant, func(tx pg.Tx) error {
		return s.nameCopy(ctx, tx, src, stored{digest, key, size, sum.Sum(nil)})
	})
}

func (s *Service) fetch(ctx context.Context, key blob.Key, path string) error {
	from, err := s.store.Open(ctx, key)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // in a private folder
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}

const sqlNameCopy = `
	insert into imprinted (tenant_id, revision_id, asset_id, digest, blob_key, size, sha256, created_at, used_at)
	select @tenant, r.id, r.asset_id, @digest, @key, @size, @sha256, @now, @now from revision r where r.id = @revision
	on conflict (revision_id, digest) do nothing`

// stored is a copy whose bytes are in the storage.
type stored struct {
	digest string
	key    blob.Key
	size   int64
	sum    []byte
}

// nameCopy names a stored copy and reprieves its bytes, unless another attempt
// was faster or the original is gone: then they stay condemned.
func (s *Service) nameCopy(ctx context.Context, tx pg.Tx, src source, c stored) error {
	tag, err := tx.Exec(ctx, sqlNameCopy, pgx.StrictNamedArgs{
		"tenant": src.asset.Tenant, "revision": src.revision, "digest": c.digest, "key": string(c.key), "size": c.size, "sha256": c.sum, "now": s.now(),
	})
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	return s.copying.Ingest.ReprieveTx(ctx, tx, src.asset.Tenant, c.key)
}

const sqlForgetCopies = `
	delete from imprinted where tenant_id = @tenant and (asset_id = any(@assets::uuid[]) or revision_id = any(@revisions::uuid[])) returning blob_key`

// ForgetTx takes away the copies of originals that are about to be purged, of
// whole assets or of single revisions, and returns what is to be destroyed.
func (s *Service) ForgetTx(ctx context.Context, tx pg.Tx, who access.Actor, assets []id.Asset, revisions []id.Revision) ([]blob.Key, error) {
	if assets == nil {
		assets = []id.Asset{}
	}
	if revisions == nil {
		revisions = []id.Revision{}
	}
	rows, err := tx.Query(ctx, sqlForgetCopies, pgx.StrictNamedArgs{"tenant": who.Tenant, "assets": assets, "revisions": revisions})
	if err != nil {
		return nil, fmt.Errorf("forget copies: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[blob.Key])
}

const sqlOldCopies = `
	delete from imprinted where (revision_id, digest) in (
		select i.revision_id, i.digest from imprinted i where i.used_at < @before limit @n for update skip locked)
	returning tenant_id, blob_key`

// sweepCopies gives up copies that nobody asks for any more.
func (s *Service) sweepCopies(ctx context.Context) error {
	if s.copying == nil {
		return nil
	}
	for {
		n := 0
		err := pg.Across(ctx, s.db, func(tx pg.Tx) error {
			rows, err := tx.Query(ctx, sqlOldCopies, pgx.StrictNamedArgs{"before": s.now().Add(-copyKept), "n": sweepAtOnce})
			if err != nil {
				return err
			}
			type old struct {
				Tenant id.Tenant
				Key    blob.Key
			}
			list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[old])
			if err != nil {
				return err
			}
			n = len(list)
			for _, o := range list {
				if err := s.copying.Ingest.CondemnTx(ctx, tx, o.Tenant, o.Key); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n < sweepAtOnce {
			return err
		}
	}
}

const sqlOldArchives = `
	delete from archive where id in (
		select a.id from archive a where a.start_before < @before limit @n for update skip locked)`

// sweepArchives removes archives that nobody could start for a day.
func (s *Service) sweepArchives(ctx context.Context) error {
	return pg.Across(ctx, s.db, func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, sqlOldArchives, pgx.StrictNamedArgs{"before": s.now().Add(-2 * keptFor), "n": 10 * sweepAtOnce})
		return err
	})
}
