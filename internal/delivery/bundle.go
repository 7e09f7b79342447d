// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/rendition"
)

var pieces = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}

// Write writes the whole archive. After an error no further byte may follow:
// the connection must be cut, so that nobody takes what there is for whole.
func (b *Bundle) Write(ctx context.Context, to io.Writer) error {
	z := zip.NewWriter(to)
	for _, i := range b.assets {
		if err := b.add(ctx, z, i); err != nil {
			return err
		}
	}
	if err := b.list.write(z); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return b.end(ctx)
}

// add writes one asset's file, or the note why it is left out.
func (b *Bundle) add(ctx context.Context, z *zip.Writer, i id.Asset) error {
	made, err := b.made(ctx, i)
	if err != nil {
		return b.leaveOut(i, err)
	}
	src, err := b.item(ctx, i, made, false)
	if err != nil {
		return b.leaveOut(i, err)
	}
	body, err := b.service.store.Open(ctx, src.key)
	if fault.CodeOf(err) == blob.CodeAbsent {
		// Destroyed just now, or lost: the row knows which.
		if _, again := b.item(ctx, i, made, false); again != nil {
			return b.leaveOut(i, again)
		}
		return fmt.Errorf("bytes of %s are missing: %v", i, err) //nolint:errorlint // the row says there are bytes: a defect, and nothing that the asker did
	}
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	if body.Size() != src.size {
		return fmt.Errorf("blob of %s has %d bytes where %d were stored", i, body.Size(), src.size)
	}
	if src, err = b.item(ctx, i, made, true); err != nil { // as it is at this moment; and noted
		return b.leaveOut(i, err)
	}
	folder, err := b.folder(ctx, src)
	if err != nil {
		return err
	}
	path := b.names.unique(folder, safeName(src.name, src.mediaType))
	// Pictures, films and most documents are compressed already.
	w, err := z.CreateHeader(&zip.FileHeader{Name: path, Method: zip.Store, Modified: b.list.MadeAt})
	if err != nil {
		return err
	}
	sum := sha256.New()
	n, err := b.copy(ctx, io.MultiWriter(w, sum), body, i)
	if err != nil {
		return err
	}
	hash := hex.EncodeToString(sum.Sum(nil))
	if n != src.size || b.variant == Original && `"`+hash+`"` != src.etag {
		return fmt.Errorf("the bytes of %s are not those that were stored", i)
	}
	b.list.Items = append(b.list.Items, manifestItem{Path: path, Asset: i.String(), SHA256: hash, Size: n, MediaType: src.mediaType})
	b.list.bytes += n
	return nil
}

// leaveOut notes a file that may not leave or is gone; any other error ends
// the archive.
func (b *Bundle) leaveOut(i id.Asset, err error) error {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || errors.Is(err, errEnds) {
		return err
	}
	switch e.Kind { //nolint:exhaustive // all else is not about the file
	case fault.NotFound, fault.Forbidden, fault.Conflict, fault.Gone, fault.Invalid, fault.TooLarge:
		b.list.LeftOut = append(b.list.LeftOut, manifestNote{Asset: i.String(), Code: e.Code, Reason: e.Text})
		return nil
	}
	return err
}

// errEnds marks what ends the archive and not only one file.
var errEnds = errors.New("the archive ends")

const sqlArchiveRevoked = `select a.revoked_at is not null from archive a where a.id = @id and a.tenant_id = @tenant`

// item authorises whoever asked for one asset, with the rights of now; when it
// is written, that is a reading like any other.
func (b *Bundle) item(ctx context.Context, i id.Asset, made *copied, written bool) (src source, err error) {
	err = pg.In(ctx, b.service.db, b.tenant, func(tx pg.Tx) error {
		who, err := b.alive(ctx, tx)
		if err != nil {
			return err
		}
		var r *rendition.Rendition
		if made != nil {
			r = &made.r
		}
		if src, err = b.service.find(ctx, tx, who, i, b.variant, r); err != nil {
			return err
		}
		if made != nil {
			src.name = made.name
		}
		if !written {
			return nil
		}
		what, now := audit.DownloadedRendition, b.service.now()
		if b.variant == Original {
			what = audit.DownloadedOriginal
		}
		if err := audit.Saw(ctx, tx, who, i.String(), what, now); err != nil {
			return fmt.Errorf("note download: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: now, Who: who, Verb: "delivery.redeem", Subject: i.String(),
			Detail: map[string]any{"archive": b.id.String(), "variant": b.variant, "revision": src.revision.String()},
		})
	})
	return src, err
}

// alive recalls the asker, and says when the archive itself was withdrawn.
func (b *Bundle) alive(ctx context.Context, tx pg.Tx) (access.Actor, error) {
	var revoked bool
	err := tx.QueryRow(ctx, sqlArchiveRevoked, pgx.StrictNamedArgs{"id": b.id, "tenant": b.tenant}).Scan(&revoked)
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && revoked:
		return access.Actor{}, &fault.Error{Kind: fault.Gone, Code: "ticket.revoked", Text: "This download was withdrawn.", Err: errEnds}
	case err != nil:
		return access.Actor{}, fmt.Errorf("find archive: %w", err)
	}
	who, err := b.service.recall(ctx, tx, b.tenant, b.actor)
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Kind == fault.Gone {
		return who, &fault.Error{Kind: e.Kind, Code: e.Code, Text: e.Text, Err: errors.Join(errEnds, e.Err)}
	}
	return who, err
}

// copy sends one file, and looks again at the right to it meanwhile.
func (b *Bundle) copy(ctx context.Context, to io.Writer, from io.Reader, i id.Asset) (n int64, err error) {
	buf := pieces.Get().(*[]byte)
	defer pieces.Put(buf)
	for {
		k, err := from.Read(*buf)
		if k > 0 {
			if _, err := to.Write((*buf)[:k]); err != nil {
				return n, err
			}
			n += int64(k)
			b.sent += int64(k)
			if now := b.service.now(); b.sent >= checkBytes || now.Sub(b.beat) >= checkTime {
				if err := b.check(ctx, i); err != nil {
					return n, err
				}
				b.sent, b.beat = 0, b.service.now()
			}
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// check ends the archive in the middle of a file that may not leave any more.
func (b *Bundle) check(ctx context.Context, i id.Asset) error {
	return pg.In(ctx, b.service.db, b.tenant, func(tx pg.Tx) error {
		who, err := b.alive(ctx, tx)
		if err != nil {
			return err
		}
		a, err := b.service.look(ctx, tx, who, i, b.variant)
		if err != nil {
			return err
		}
		return asset.AllowedBytes(a, who, need(b.variant), b.service.now())
	})
}

// folder is the path that a file gets, empty or ending with a slash.
func (b *Bundle) folder(ctx context.Context, src source) (string, error) {
	if !b.folders {
		return "", nil
	}
	if p, ok := b.paths[src.asset.Folder]; ok {
		return p, nil
	}
	var who access.Actor
	err := pg.In(ctx, b.service.db, b.tenant, func(tx pg.Tx) (err error) {
		who, err = b.alive(ctx, tx)
		return err
	})
	if err != nil {
		return "", err
	}
	list, err := b.service.FolderPath(ctx, who, src.asset.Folder)
	if fault.KindOf(err) == fault.NotFound { // moved or binned this moment; the file was authorised before
		list, err = nil, nil
	}
	if err != nil {
		return "", err
	}
	path := b.names.folder(list)
	b.paths[src.asset.Folder] = path
	return path, nil
}

const sqlArchiveEnd = `update archive set ended_at = @now, written = @written, left_out = @left_out, bytes = @bytes where id = @id and tenant_id = @tenant`

// end notes that all of it was sent.
func (b *Bundle) end(ctx context.Context) error {
	return pg.In(ctx, b.service.db, b.tenant, func(tx pg.Tx) error {
		if _, err := tx.Exec(ctx, sqlArchiveEnd, pgx.StrictNamedArgs{
			"id": b.id, "tenant": b.tenant, "now": b.service.now(), "written": len(b.list.Items), "left_out": len(b.list.LeftOut), "bytes": b.list.bytes,
		}); err != nil {
			return fmt.Errorf("end archive: %w", err)
		}
		return nil
	})
}
