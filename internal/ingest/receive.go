// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/filemeta"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// OnDuplicate says what happens to a file that the actor can see already.
type OnDuplicate string

// Ways to treat a duplicate.
const (
	Refuse OnDuplicate = ""     // answer with the identifier of the one that is there
	Keep   OnDuplicate = "keep" // make a second asset of the same bytes
)

// Plan is what is to be received.
type Plan struct {
	Folder      id.Folder   // zero: the tenant's inbox
	Name        string      // the file's name, as the sender gives it
	Title       string      // empty: the file's own, if it has one
	OnDuplicate OnDuplicate // the zero value refuses
	Size        int64       // bytes, if announced; -1: unknown

	// Asset, if not zero, is the asset that the bytes become the next and active
	// revision of, which takes Replace on it. Folder, Title and OnDuplicate must
	// then be zero.
	Asset   id.Asset
	Version int64 // the asset's that the sender knows; zero is any
	AnyKind bool  // the revision may be of another kind than the one before

	// Late, if not nil, is called once, when the bytes are stored, for what a
	// client says only after the file itself. What it returns that is not zero
	// replaces the above. Until then anybody who may upload somewhere is let in.
	Late func() (Late, error)
}

// Late is what a client says after the file itself.
type Late struct {
	Folder      id.Folder
	Title       string
	OnDuplicate OnDuplicate
	AnyKind     bool
}

// Receive stores what r gives and makes it an asset, or a revision of one,
// which is being prepared; a new asset is quarantined at once if its name does
// not agree with its content, and a revision is refused. It holds
// no more in memory than one buffer and the file's beginning. r must give up
// when ctx ends.
//
// Faults: upload.empty, upload.name, upload.too_large, upload.interrupted,
// asset.duplicate with the member "id" in Extra, those of the folder room, for
// revisions file.disagrees and those of asset.AddRevisionTx, and
// storage.* and database.unavailable while those are away.
func (s *Service) Receive(ctx context.Context, who access.Actor, p Plan, r io.Reader) (asset.Asset, error) {
	if err := s.check(p); err != nil {
		return asset.Asset{}, err
	}
	p = p.from(who)
	u := upload{
		ID: id.New[id.Upload](), Tenant: who.Tenant, Revision: id.New[id.Revision](), Name: asset.SafeName(p.Name),
		Plan: p,
	}
	u.Key = blob.Key("originals/" + who.Tenant.String() + "/" + u.Revision.String())
	if err := s.begin(ctx, who, &u); err != nil {
		return asset.Asset{}, err
	}
	got, err := s.store(ctx, u, r)
	if err != nil {
		s.abandon(ctx, u)
		return asset.Asset{}, err
	}
	a, err := s.conclude(ctx, who, u, got)
	if err != nil {
		s.abandon(ctx, u)
	}
	if errors.Is(err, context.Canceled) {
		err = interrupted(got.size, err)
	}
	return a, err
}

// conclude hears what the client says late and finishes the upload.
func (s *Service) conclude(ctx context.Context, who access.Actor, u upload, got *intake) (asset.Asset, error) {
	if u.Plan.Late != nil {
		late, err := u.Plan.Late()
		if err != nil {
			return asset.Asset{}, err
		}
		if !late.Folder.IsZero() {
			u.Folder = late.Folder
		}
		if late.Title != "" {
			u.Plan.Title = late.Title
		}
		if late.OnDuplicate != Refuse {
			u.Plan.OnDuplicate = late.OnDuplicate
		}
		u.Plan.AnyKind = u.Plan.AnyKind || late.AnyKind
		if err := s.check(u.Plan); err != nil {
			return asset.Asset{}, err
		}
	}
	return s.finish(ctx, who, u, content{size: got.size, sum: got.hash.Sum(nil), is: filemeta.Detect(got.head, u.Name)})
}

// upload is bytes on their way in.
type upload struct {
	ID       id.Upload
	Tenant   id.Tenant
	Folder   id.Folder // never zero once begun
	Revision id.Revision
	Key      blob.Key
	Name     string // safe
	Plan     Plan
	Lease    string // of an upload that comes in pieces; empty: it came in one
}

func (s *Service) check(p Plan) error {
	switch {
	case p.OnDuplicate != Refuse && p.OnDuplicate != Keep:
		return fault.Fields("upload.on_duplicate", "What to do with a duplicate is either nothing or keep.", map[string]string{"on_duplicate": "must be keep or left out"})
	case !p.Asset.IsZero() && (!p.Folder.IsZero() || p.Title != "" || p.OnDuplicate != Refuse):
		return fault.Fields("upload.revision", "A new revision goes where its asset is and takes over what is known of it.", map[string]string{"asset": "takes no folder, title or on_duplicate"})
	case p.Size == 0:
		return empty()
	case p.Size > s.cfg.MaxBytes:
		return tooLarge(s.cfg.MaxBytes)
	}
	return asset.CheckTitle(p.Title)
}

func empty() error {
	return fault.New(fault.Invalid, "upload.empty", "The file is empty (0 bytes). Check it at its source and send it again.")
}

// place returns the folder that an upload goes to, held there until tx ends.
func (s *Service) place(ctx context.Context, tx pg.Tx, who access.Actor, to id.Folder) (folder.Folder, error) {
	if who.Kind == access.Request { // wherever they say
		who, to = who.Storing(), who.Into
	}
	if to.IsZero() {
		inbox, err := s.folders.InboxTx(ctx, tx, who)
		if err != nil {
			return folder.Folder{}, err
		}
		to = inbox.ID
	}
	f, err := s.folders.HoldTx(ctx, tx, who, to)
	if err != nil {
		return folder.Folder{}, err
	}
	return f, access.Require(f.Can, access.Upload, "folder")
}

// first returns the folder that an upload goes to as far as is known when it begins.
func (s *Service) first(ctx context.Context, tx pg.Tx, who access.Actor, p Plan) (folder.Folder, error) {
	if who.Kind == access.Request {
		if err := s.admit(ctx, tx, who, p.Size); err != nil {
			return folder.Folder{}, err
		}
		return s.place(ctx, tx, who, who.Into)
	}
	if !p.Asset.IsZero() {
		return s.replaceable(ctx, tx, who, p)
	}
	if p.Late == nil || !p.Folder.IsZero() {
		return s.place(ctx, tx, who, p.Folder)
	}
	acls, err := access.Visible(ctx, tx, who, access.View|access.Upload)
	if err != nil {
		return folder.Folder{}, err
	}
	if len(acls) == 0 {
		return s.place(ctx, tx, who, p.Folder) // says what is missing
	}
	return s.folders.InboxTx(ctx, tx, who)
}

const sqlBegin = `
	insert into upload (id, tenant_id, folder_id, blob_key, name, started_by, started_at, touched_at)
	values (@id, @tenant, @folder, @key, @name, @by, @now, @now)`

// begin writes the row that makes the bytes known before they come.
func (s *Service) begin(ctx context.Context, who access.Actor, u *upload) error {
	if err := who.Require(0); err != nil {
		return err
	}
	return pg.In(ctx, s.db, u.Tenant, func(tx pg.Tx) error {
		f, err := s.first(ctx, tx, who, u.Plan)
		if err != nil {
			return err
		}
		u.Folder = f.ID
		_, err = tx.Exec(ctx, sqlBegin, pgx.StrictNamedArgs{
			"id": u.ID, "tenant": u.Tenant, "folder": f.ID, "key": u.Key, "name": u.Name, "by": who.ID, "now": s.now(),
		})
		return err
	})
}

// store streams the bytes into the storage.
func (s *Service) store(ctx context.Context, u upload, r io.Reader) (*intake, error) {
	t := newIntake(r, s.cfg.MaxBytes, s.now, s.cfg.Alive, func() error { return s.touch(ctx, u) })
	_, err := s.blobs.Put(ctx, u.Key, t, u.Plan.Size)
	switch {
	case t.err != nil:
		return nil, t.err // it is why the storage stopped, too
	case err != nil:
		return nil, fmt.Errorf("store an upload: %w", err)
	case t.size == 0:
		return nil, empty()
	}
	return t, nil
}

const sqlTouch = `update upload set touched_at = @now where id = @id`

// touch shows the sweeper that the upload lives. That the database is away for
// a moment is no reason to end an upload.
func (s *Service) touch(ctx context.Context, u upload) error {
	gone := false
	err := pg.In(ctx, s.db, u.Tenant, func(tx pg.Tx) error {
		tag, err := tx.Exec(ctx, sqlTouch, pgx.StrictNamedArgs{"id": u.ID, "now": s.now()})
		gone = err == nil && tag.RowsAffected() == 0
		return err
	})
	if err != nil {
		s.log.WarnContext(ctx, "an upload could not show that it lives", slog.Any("error", err))
	}
	if gone {
		return expired()
	}
	return nil
}

func expired() error {
	return fault.New(fault.Conflict, "upload.expired", "The upload stood still for too long and was given up. Send the file again.")
}

// content is what is known of the bytes that came.
type content struct {
	size int64
	sum  []byte // SHA-256
	is   filemeta.Type
}

const sqlLockFile = `select pg_advisory_xact_lock(hashtextextended('ingest ' || @tenant || ' ' || @sha256, 0))`

const sqlEnd = `delete from upload where id = @id`

const sqlEndResumable = `
	update upload set state = @state, asset_id = @asset, reason_code = '', reason_text = '', touched_at = @now, expires_at = @expires
	where id = @id and lease_token = @token and state in ('open', 'duplicate')`

// end ends the upload's row in the transaction that makes the asset, or that
// finds the duplicate. A row that is not there any more was swept up, or is
// another request's.
func (s *Service) end(ctx context.Context, tx pg.Tx, u upload, state UploadState, asset id.Asset) error {
	if u.Lease == "" {
		tag, err := tx.Exec(ctx, sqlEnd, pgx.StrictNamedArgs{"id": u.ID})
		if err == nil && tag.RowsAffected() == 0 {
			err = expired()
		}
		return err
	}
	tag, err := tx.Exec(ctx, sqlEndResumable, pgx.StrictNamedArgs{
		"id": u.ID, "token": u.Lease, "state": state, "asset": asset, "now": s.now(), "expires": s.now().Add(s.cfg.Expires),
	})
	if err == nil && tag.RowsAffected() == 0 {
		err = errLeaseLost
	}
	return err
}

// finish makes an asset of the stored bytes, in one transaction. Those of a
// duplicate that came in one request are condemned instead; of one that came in
// pieces they wait for what the client decides.
func (s *Service) finish(ctx context.Context, who access.Actor, u upload, c content) (a asset.Asset, err error) {
	sum := hex.EncodeToString(c.sum)
	var duplicate id.Asset
	err = pg.In(ctx, s.db, u.Tenant, func(tx pg.Tx) error {
		if !u.Plan.Asset.IsZero() {
			a, err = s.replace(ctx, tx, who, u, c)
			return err
		}
		// The same file twice at the same moment: the second waits for the first.
		lock := pgx.StrictNamedArgs{"tenant": u.Tenant.String(), "sha256": sum}
		if _, err := tx.Exec(ctx, sqlLockFile, lock); err != nil {
			return err
		}
		f, err := s.place(ctx, tx, who, u.Folder) // rights may have gone while bytes came
		if err != nil {
			return err
		}
		if u.Plan.OnDuplicate == Refuse {
			other, found, err := s.assets.DuplicateTx(ctx, tx, who, c.sum)
			if err != nil {
				return err
			}
			if found {
				duplicate = other
				if err := s.end(ctx, tx, u, Duplicate, other); err != nil || u.Lease != "" {
					return err
				}
				return s.CondemnTx(ctx, tx, u.Tenant, u.Key)
			}
		}
		if a, err = s.keep(ctx, tx, who, u, f, c); err != nil {
			return err
		}
		if err := s.end(ctx, tx, u, Done, a.ID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: s.now(), Who: who, Verb: "asset.store", Subject: a.ID.String(),
			Detail: map[string]any{"folder": f.ID.String(), "size": a.Size, "sha256": sum, "state": string(a.State)},
		})
	})
	if err != nil {
		return asset.Asset{}, err
	}
	if !duplicate.IsZero() {
		if u.Lease == "" {
			s.tidy(ctx, u)
		}
		return asset.Asset{}, IsDuplicate(duplicate)
	}
	return a, nil
}

// abandon takes back what Receive began, also when ctx has ended: that is often
// why. What cannot be taken back now is left to the sweeper. If the transaction
// that made the asset did commit and only its answer was lost, the row is gone
// and the bytes stay.
func (s *Service) abandon(ctx context.Context, u upload) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	gone := false
	err := pg.In(ctx, s.db, u.Tenant, func(tx pg.Tx) error {
		tag, err := tx.Exec(ctx, sqlEnd, pgx.StrictNamedArgs{"id": u.ID})
		if gone = err == nil && tag.RowsAffected() == 1; !gone {
			return err
		}
		return s.CondemnTx(ctx, tx, u.Tenant, u.Key)
	})
	switch {
	case err != nil:
		s.log.WarnContext(ctx, "an upload that failed is left to the sweeper", slog.Any("error", err))
	case gone:
		s.tidy(ctx, u)
	}
}

// tidy destroys the upload's condemned bytes now instead of at the next sweep.
func (s *Service) tidy(ctx context.Context, u upload) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	if err := s.destroy(ctx, condemned{Key: u.Key, Tenant: u.Tenant}); err != nil && !errors.Is(err, context.Canceled) {
		s.log.WarnContext(ctx, "the bytes of an upload that was refused are left to the sweeper", slog.Any("error", err))
	}
}

// keep makes the asset and asks for its inspection.
func (s *Service) keep(ctx context.Context, tx pg.Tx, who access.Actor, u upload, f folder.Folder, c content) (asset.Asset, error) {
	n := asset.Arrival{
		Folder: f, Revision: u.Revision, Name: u.Name, Title: u.Plan.Title, MediaType: c.is.MediaType, Kind: asset.Kind(c.is.Kind),
		Size: c.size, SHA256: c.sum, BlobKey: u.Key, State: asset.Preparing,
	}
	n.StateCode, n.StateReason = s.unscanned()
	if !c.is.Agrees {
		n.State, n.StateCode, n.StateReason = asset.Quarantined, CodeLies, c.is.Says+" It is held back: check where it comes from, then upload it under its right name, or have it released."
	}
	a, err := s.assets.StoreTx(ctx, tx, who, n)
	if err != nil || a.State != asset.Preparing {
		return a, err
	}
	return a, s.jobs.Enqueue(ctx, tx, InspectArgs{Tenant: u.Tenant, Asset: a.ID, Revision: u.Revision})
}
