// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

// UploadState says how far an upload that comes in pieces has come.
type UploadState string

// States of uploads.
const (
	Open      UploadState = "open"      // bytes are missing, or all are there and are about to become an asset
	Stored    UploadState = "stored"    // a partial one, whole: it waits to be joined with others
	Duplicate UploadState = "duplicate" // whole, and the archive has the file already: keep it or leave it
	Done      UploadState = "done"      // it has become an asset
)

// Concat says what part an upload has in joining several to one.
type Concat string

// Parts that an upload can have.
const (
	Alone   Concat = ""        // none
	Partial Concat = "partial" // a piece of a file; becomes no asset by itself
	Final   Concat = "final"   // several partial ones, joined
)

// Upload is bytes on their way in, in pieces.
type Upload struct {
	ID        id.Upload
	State     UploadState
	Offset    int64  // bytes that are durable
	Length    *int64 // of the whole; nil: not known yet
	Name      string
	Metadata  string // as the client wrote it
	Concat    Concat
	Parts     []id.Upload  // of a final one, in order
	Asset     id.Asset     // Done: what was made; Duplicate: what was there; else zero
	Reason    *fault.Error // why a whole upload could not be finished; nil: none
	StartedAt time.Time
	ExpiresAt time.Time
}

// Whole reports whether all bytes are there.
func (u Upload) Whole() bool { return u.Length != nil && u.Offset == *u.Length }

// NewUpload is what is said when an upload begins.
type NewUpload struct {
	Plan     Plan        // Size: -1 if unknown; Late and Version are not looked at
	Metadata string      // to be given back as it is
	Partial  bool        // a piece of a file
	Parts    []id.Upload // the partial uploads to join, in order; nil: bytes will come
}

const (
	maxParts = 1000 // partial uploads of a final one
	maxOpen  = 2000 // unfinished uploads of one actor
)

// row is an upload as the table has it.
type row struct {
	ID          id.Upload   `db:"id"`
	Folder      id.Folder   `db:"folder_id"`
	Key         blob.Key    `db:"blob_key"`
	Name        string      `db:"name"`
	State       UploadState `db:"state"`
	Length      *int64      `db:"length"`
	Offset      int64       `db:"at_offset"`
	Hash        []byte      `db:"hash_state"`
	Stage       []byte      `db:"stage"`
	Metadata    string      `db:"metadata"`
	Title       string      `db:"title"`
	OnDuplicate OnDuplicate `db:"on_duplicate"`
	Concat      Concat      `db:"concat"`
	Parts       []id.Upload `db:"parts"`
	Into        id.Asset    `db:"into_asset"`
	AnyKind     bool        `db:"any_kind"`
	Revision    id.Revision `db:"revision_id"`
	Actor       []byte      `db:"actor"`
	Asset       id.Asset    `db:"asset_id"`
	ReasonCode  string      `db:"reason_code"`
	ReasonText  string      `db:"reason_text"`
	StartedAt   time.Time   `db:"started_at"`
	ExpiresAt   time.Time   `db:"expires_at"`
}

const sqlUploadColumns = `u.id, u.folder_id, u.blob_key, u.name, u.state, u.length, u.at_offset, u.hash_state, u.stage, u.metadata, u.title,
	u.on_duplicate, u.concat, u.parts, u.into_asset, u.any_kind, u.revision_id, u.actor, u.asset_id, u.reason_code, u.reason_text, u.started_at, u.expires_at`

func (r *row) out() Upload {
	u := Upload{
		ID: r.ID, State: r.State, Offset: r.Offset, Length: r.Length, Name: r.Name, Metadata: r.Metadata, Concat: r.Concat,
		Parts: r.Parts, Asset: r.Asset, StartedAt: r.StartedAt, ExpiresAt: r.ExpiresAt,
	}
	if r.ReasonCode != "" {
		u.Reason = fault.New(fault.Conflict, r.ReasonCode, r.ReasonText)
	}
	return u
}

func (r *row) whole() bool { return r.Length != nil && r.Offset == *r.Length }

func (r *row) stage() (at blob.Stage, err error) {
	if r.Stage == nil {
		return at, nil
	}
	return at, json.Unmarshal(r.Stage, &at)
}

const sqlOpenCount = `select count(*) from (
	select from upload u where u.tenant_id = @tenant and u.started_by = @by and u.resumable and u.state <> 'done' limit @limit) as n`

const sqlBeginUpload = `
	insert into upload (id, tenant_id, folder_id, blob_key, name, started_by, started_at, touched_at, resumable, state, length,
		metadata, title, on_duplicate, concat, parts, into_asset, any_kind, revision_id, actor, expires_at)
	values (@id, @tenant, @folder, @key, @name, @by, @now, @now, true, 'open', @length,
		@metadata, @title, @duplicate, @concat, @parts, @into, @any, @revision, @actor, @expires)`

// Begin notes an upload whose bytes come later, in pieces, to Continue. One
// that joins partial uploads has all its bytes already: call Resume.
//
// Faults: upload.empty, upload.too_large, upload.too_many, upload.parts, those
// of the folder room, database.unavailable.
func (s *Service) Begin(ctx context.Context, who access.Actor, n NewUpload) (Upload, error) {
	if err := who.Require(0); err != nil {
		return Upload{}, err
	}
	if len(n.Parts) > maxParts || n.Partial && len(n.Parts) > 0 {
		return Upload{}, wrongParts()
	}
	n.Plan = n.Plan.from(who)
	n.Plan.Late, n.Plan.Version = nil, 0
	if who.Kind == access.Request && (n.Plan.Size < 0 || n.Partial || len(n.Parts) > 0) {
		return Upload{}, fault.New(fault.Invalid, "upload.length", "Say how long each file is before it is sent, and send it as one.")
	}
	if len(n.Parts) > 0 {
		n.Plan.Size = -1
	}
	if err := s.check(n.Plan); err != nil {
		return Upload{}, err
	}
	actor, err := who.Remember()
	if err != nil {
		return Upload{}, fmt.Errorf("begin an upload: %w", err)
	}
	now := s.now()
	r := row{
		ID: id.New[id.Upload](), Name: asset.SafeName(n.Plan.Name), State: Open, Metadata: n.Metadata, Title: n.Plan.Title,
		OnDuplicate: n.Plan.OnDuplicate, Parts: n.Parts, Into: n.Plan.Asset, AnyKind: n.Plan.AnyKind, Revision: id.New[id.Revision](), Actor: actor,
		StartedAt: now, ExpiresAt: now.Add(s.cfg.Expires),
	}
	r.Key = blob.Key("originals/" + who.Tenant.String() + "/" + r.Revision.String())
	if n.Plan.Size >= 0 {
		r.Length = &n.Plan.Size
	}
	switch {
	case n.Partial:
		r.Concat = Partial
	case len(n.Parts) > 0:
		r.Concat = Final
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		f, err := s.first(ctx, tx, who, n.Plan)
		if err != nil {
			return err
		}
		r.Folder = f.ID
		var open int
		args := pgx.StrictNamedArgs{"tenant": who.Tenant, "by": who.ID, "limit": maxOpen}
		if err := tx.QueryRow(ctx, sqlOpenCount, args).Scan(&open); err != nil {
			return err
		}
		if open >= maxOpen {
			return fault.New(fault.TooMany, "upload.too_many", "You have too many unfinished uploads. Finish or cancel some of them first.")
		}
		if r.Concat == Final {
			if err := s.sumParts(ctx, tx, who, &r); err != nil {
				return err
			}
		}
		if r.Parts == nil {
			r.Parts = []id.Upload{}
		}
		_, err = tx.Exec(ctx, sqlBeginUpload, pgx.StrictNamedArgs{
			"id": r.ID, "tenant": who.Tenant, "folder": r.Folder, "key": r.Key, "name": r.Name, "by": who.ID, "now": now, "length": r.Length,
			"metadata": r.Metadata, "title": r.Title, "duplicate": r.OnDuplicate, "concat": r.Concat, "parts": r.Parts,
			"into": r.Into, "any": r.AnyKind, "revision": r.Revision, "actor": r.Actor, "expires": r.ExpiresAt,
		})
		return err
	})
	return r.out(), err
}

const sqlParts = `
	select u.id, u.at_offset from upload u
	where u.id = any(@ids) and u.started_by = @by and u.resumable and u.concat = 'partial' and u.state = 'stored' and u.expires_at > @now
	for update`

// sumParts sets the length of a final upload, whose parts must all be there.
func (s *Service) sumParts(ctx context.Context, tx pg.Tx, who access.Actor, r *row) error {
	rows, err := tx.Query(ctx, sqlParts, pgx.StrictNamedArgs{"ids": r.Parts, "by": who.ID, "now": s.now()})
	if err != nil {
		return err
	}
	size := map[id.Upload]int64{}
	var of id.Upload
	var n, total int64
	if _, err := pgx.ForEachRow(rows, []any{&of, &n}, func() error { size[of] = n; return nil }); err != nil {
		return err
	}
	for _, p := range r.Parts {
		n, there := size[p]
		if !there {
			return wrongParts()
		}
		total += n
	}
	switch {
	case total > s.cfg.MaxBytes:
		return tooLarge(s.cfg.MaxBytes)
	case total == 0:
		return empty()
	}
	r.Length = &total
	return nil
}

func wrongParts() error {
	return fault.New(fault.Invalid, "upload.parts", "The parts to join must be finished partial uploads of your own, at most 1,000.")
}

const sqlUpload = `select ` + sqlUploadColumns + ` from upload u where u.id = @id and u.started_by = @by and u.resumable and u.expires_at > @now`

// Upload returns an upload of the actor's own, as it is at this moment: it
// disturbs nobody who is sending.
func (s *Service) Upload(ctx context.Context, who access.Actor, of id.Upload) (Upload, error) {
	r, err := s.upload(ctx, who, of)
	if err != nil {
		return Upload{}, err
	}
	return r.out(), nil
}

func (s *Service) upload(ctx context.Context, who access.Actor, of id.Upload) (r row, err error) {
	if err := who.Require(0); err != nil {
		return r, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlUpload, pgx.StrictNamedArgs{"id": of, "by": who.ID, "now": s.now()})
		if err != nil {
			return err
		}
		r, err = one(rows)
		return err
	})
	return r, err
}

// one is the only row, or upload.not_found.
func one(rows pgx.Rows) (row, error) {
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[row])
	if err != nil {
		return row{}, err
	}
	if len(list) == 0 {
		return row{}, access.NotFound("upload")
	}
	return list[0], nil
}

const sqlUploads = `
	select ` + sqlUploadColumns + ` from upload u
	where u.tenant_id = @tenant and u.started_by = @by and u.resumable and u.state <> 'done' and u.expires_at > @now
		and (@after::uuid is null or u.id < @after)
	order by u.id desc
	limit @limit`

// Uploads lists the actor's own unfinished uploads, newest first.
func (s *Service) Uploads(ctx context.Context, who access.Actor, cursor string, limit int) (page.Page[Upload], error) {
	if err := who.Require(0); err != nil {
		return page.Page[Upload]{}, err
	}
	list := "uploads " + who.ID
	var after id.Upload
	if _, err := page.Read(cursor, list, &after); err != nil {
		return page.Page[Upload]{}, err
	}
	limit = page.Limit(limit)
	var all []row
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlUploads, pgx.StrictNamedArgs{"tenant": who.Tenant, "by": who.ID, "now": s.now(), "after": after, "limit": limit + 1})
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowToStructByName[row])
		return err
	})
	if err != nil {
		return page.Page[Upload]{}, err
	}
	cut := page.Cut(all, limit, list, func(r row) []any { return []any{r.ID} })
	out := page.Page[Upload]{Next: cut.Next, Items: make([]Upload, 0, len(cut.Items))}
	for _, r := range cut.Items {
		out.Items = append(out.Items, r.out())
	}
	return out, nil
}
