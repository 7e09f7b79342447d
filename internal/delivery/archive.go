// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/secret"
)

// MaxArchive is how many assets one archive can have.
const MaxArchive = 10_000

// ArchivePrefix begins the tokens of archives.
const ArchivePrefix = "dz_"

// ArchiveRequest says what an archive is wanted of.
type ArchiveRequest struct {
	Assets  []id.Asset // in the order in which they are written, each once
	Variant string     // Original or a preset's name
	Folders bool       // keep the tree of folders, as far as the asker sees it
	Purpose string     // what it will be used for, in the asker's words
	Report  *Report    // likewise, where that is demanded; see Needs
}

// Archive is what the asker gets.
type Archive struct {
	ID        id.Archive
	URL       string    // path with the token; whoever has it has the bytes
	ExpiresAt time.Time // start before this
	Items     int       // files that it would have now
	LeftOut   int       // of those asked for, what it would not have
	Bytes     int64     // of these files together, but for those that are not made yet
}

const sqlArchive = `
	insert into archive (id, tenant_id, hash, assets, variant, folders, purpose, actor, actor_id, created_at, start_before)
	values (@id, @tenant, @hash, @assets, @variant, @folders, @purpose, @actor, @actor_id, @now, @start_before)`

// IssueArchive gives out the right to fetch one ZIP file of many assets, which
// takes for each what a ticket for it takes. What the asker may not fetch now
// is counted as left out; if that is everything, the answer is the fault of
// the first.
func (s *Service) IssueArchive(ctx context.Context, who access.Actor, r ArchiveRequest) (Archive, error) {
	var out Archive
	switch {
	case !wellFormed(r.Variant):
		return out, fault.Fields("delivery.variant", "Ask for \"original\" or for a preset by its name.", map[string]string{"variant": "original, or a preset's name"})
	case len([]rune(r.Purpose)) > 500 || strings.ContainsRune(r.Purpose, 0) || !isText(r.Purpose):
		return out, fault.Fields("delivery.purpose", "Describe the purpose in at most 500 characters.", map[string]string{"purpose": "a text of at most 500 characters"})
	case len(r.Assets) == 0:
		return out, access.NotFound("asset")
	case len(r.Assets) > MaxArchive:
		return out, fault.New(fault.Invalid, "delivery.too_many", fmt.Sprintf("An archive can have at most %d files. Make several.", MaxArchive))
	}
	if r.Variant != Original && s.Known != nil {
		known, err := s.Known(ctx, who, r.Variant)
		if err == nil && !known {
			err = fault.New(fault.NotFound, "delivery.no_variant", "There is no preset by that name, or it is not yours to use. Ask for \"original\" or for one that /presets lists.")
		}
		if err != nil {
			return out, err
		}
	}
	now := s.now()
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		allowed, err := s.weigh(ctx, tx, who, r, &out)
		if err != nil {
			return err
		}
		out.ID = id.New[id.Archive]()
		terms, err := s.report(ctx, tx, who, granted{out.ID.UUID(), allowed, r.Variant, r.Report})
		if err != nil {
			return err
		}
		remembered, err := who.Remember()
		if err != nil {
			return fmt.Errorf("remember actor: %w", err)
		}
		token := ArchivePrefix + secret.Token()
		out.URL, out.ExpiresAt = "/d/"+token, now.Add(StartWithin)
		if _, err := tx.Exec(ctx, sqlArchive, pgx.StrictNamedArgs{
			"id": out.ID, "tenant": who.Tenant, "hash": secret.Hash(token), "assets": r.Assets, "variant": r.Variant, "folders": r.Folders,
			"purpose": r.Purpose, "actor": remembered, "actor_id": who.ID, "now": now, "start_before": out.ExpiresAt,
		}); err != nil {
			return fmt.Errorf("store archive: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: now, Who: who, Verb: "delivery.archive", Subject: out.ID.String(),
			Detail: map[string]any{"variant": r.Variant, "items": out.Items, "left_out": out.LeftOut, "accepted": terms},
		})
	})
	if err != nil {
		return Archive{}, err
	}
	return out, nil
}

const sqlWeigh = `
	select a.id, a.tenant_id, a.state, a.state_code, a.created_by, a.embargo_until, a.expires_at, a.deleted_at, a.waiting, a.asked_by, a.approval, ` + access.SQLCanAsset + `,
		case when @variant = 'original' then r.size
			else (select n.size from rendition n where n.revision_id = ` + asset.SQLShown + ` and n.preset = @variant order by n.created_at desc limit 1) end as bytes,
		exists (select from rendition n where n.revision_id = ` + asset.SQLShown + `) as pictured
	from asset a join revision r on r.id = a.revision_id
	where a.id = any(@assets::uuid[]) and a.tenant_id = @tenant`

// weigh counts what the archive would have now, and returns what that is.
func (s *Service) weigh(ctx context.Context, tx pg.Tx, who access.Actor, r ArchiveRequest, out *Archive) (allowed []id.Asset, err error) {
	rows, err := tx.Query(ctx, sqlWeigh, who.Bind(pgx.StrictNamedArgs{"assets": r.Assets, "tenant": who.Tenant, "variant": r.Variant}))
	if err != nil {
		return nil, fmt.Errorf("weigh archive: %w", err)
	}
	refused := access.NotFound("asset")
	now := s.now()
	var a asset.Asset
	var bytes *int64
	var pictured bool // so that other sizes can be made, too
	_, err = pgx.ForEachRow(rows, []any{&a.ID, &a.Tenant, &a.State, &a.StateCode, &a.CreatedBy, &a.EmbargoUntil, &a.ExpiresAt, &a.DeletedAt, &a.Waiting, &a.AskedBy, &a.Approval, &a.Can, &bytes, &pictured}, func() error {
		if err := asset.AllowedBytes(a, who, need(r.Variant), now); err != nil {
			if fault.KindOf(refused) == fault.NotFound {
				refused = err
			}
		} else if bytes != nil {
			out.Items++
			out.Bytes += *bytes
			allowed = append(allowed, a.ID)
		} else if pictured && r.Variant != Original && s.Copy != nil {
			out.Items++ // made when its turn comes, and not weighed
			allowed = append(allowed, a.ID)
		} else if fault.KindOf(refused) == fault.NotFound {
			refused = fault.New(fault.NotFound, "delivery.no_variant", "None of these assets comes in that size.")
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("weigh archive: %w", err)
	}
	if out.LeftOut = len(r.Assets) - out.Items; out.Items == 0 {
		return nil, refused
	}
	return allowed, nil
}

const sqlArchiveOwner = `select a.actor_id from archive a where a.id = @id and a.tenant_id = @tenant`

const sqlRevokeArchive = `update archive set revoked_at = coalesce(revoked_at, @now) where id = @id`

// RevokeArchive withdraws an archive: nobody can start it, and one under way is
// cut before its next file, and within 64 MiB or 5 seconds. Only whoever asked
// for it may. One revoked already is no error.
func (s *Service) RevokeArchive(ctx context.Context, who access.Actor, i id.Archive) error {
	return pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		var by string
		err := tx.QueryRow(ctx, sqlArchiveOwner, pgx.StrictNamedArgs{"id": i, "tenant": who.Tenant}).Scan(&by)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && by != who.ID {
			return access.NotFound("archive")
		}
		if err != nil {
			return fmt.Errorf("find archive: %w", err)
		}
		now := s.now()
		if _, err := tx.Exec(ctx, sqlRevokeArchive, pgx.StrictNamedArgs{"id": i, "now": now}); err != nil {
			return fmt.Errorf("revoke archive: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{At: now, Who: who, Verb: "delivery.revoke", Subject: i.String()})
	})
}

const sqlArchiveByToken = `select a.id, a.tenant_id from archive a where a.hash = @hash` //nolint:gosec // G101: a query for a token, no token

const sqlArchiveLock = `
	select a.assets, a.variant, a.folders, a.actor, a.start_before, a.started_at is not null as started, a.revoked_at is not null as revoked
	from archive a where a.id = @id and a.tenant_id = @tenant for update`

const sqlArchiveStart = `update archive set started_at = @now where id = @id`

// Bundle is an archive that is being sent. It is for one goroutine.
type Bundle struct {
	Name string // of the file; see Disposition

	// Trouble hears why renditions could not be made, for the log; may be nil.
	Trouble func(error)

	service *Service
	id      id.Archive
	tenant  id.Tenant
	assets  []id.Asset
	variant string
	folders bool
	actor   []byte
	names   names
	paths   map[id.Folder]string
	beat    time.Time // of the last check
	sent    int64     // bytes since
	list    manifest
}

// ID is the archive's identifier, for the log.
func (b *Bundle) ID() string { return b.id.String() }

// RedeemArchive answers a request that shows an archive's token, once; with
// head nothing is used up. The faults are those of Redeem.
func (s *Service) RedeemArchive(ctx context.Context, token string, head bool) (*Bundle, error) {
	b := &Bundle{service: s, names: newNames(), paths: map[id.Folder]string{}}
	rest, ok := strings.CutPrefix(token, ArchivePrefix)
	if !ok || len(rest) != 43 {
		return nil, notFound()
	}
	err := pg.Across(ctx, s.db, func(tx pg.Tx) error {
		return tx.QueryRow(ctx, sqlArchiveByToken, pgx.StrictNamedArgs{"hash": secret.Hash(token)}).Scan(&b.id, &b.tenant)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, notFound()
	}
	if err != nil {
		return nil, err
	}
	now := s.now()
	err = pg.In(ctx, s.db, b.tenant, func(tx pg.Tx) error {
		var before time.Time
		var started, revoked bool
		err := tx.QueryRow(ctx, sqlArchiveLock, pgx.StrictNamedArgs{"id": b.id, "tenant": b.tenant}).Scan(
			&b.assets, &b.variant, &b.folders, &b.actor, &before, &started, &revoked)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return notFound() // swept between the two
		case err != nil:
			return fmt.Errorf("lock archive: %w", err)
		case revoked:
			return gone("ticket.revoked", "This download was withdrawn.")
		case started:
			return gone("ticket.used", "This download was used already, and archives cannot be resumed. Ask for a new one where you found it.")
		case !now.Before(before):
			return gone("ticket.expired", "This download has expired. Ask for a new one where you found it.")
		}
		who, err := s.recall(ctx, tx, b.tenant, b.actor)
		if err != nil || head {
			return err
		}
		if _, err := tx.Exec(ctx, sqlArchiveStart, pgx.StrictNamedArgs{"id": b.id, "now": now}); err != nil {
			return fmt.Errorf("start archive: %w", err)
		}
		if err := s.begun(ctx, tx, who, b.id.UUID()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: now, Who: who, Verb: "delivery.redeem", Subject: b.id.String(), Detail: map[string]any{"variant": b.variant, "assets": len(b.assets)},
		})
	})
	if err != nil {
		return nil, err
	}
	b.Name = "archive-" + now.UTC().Format("2006-01-02-1504") + ".zip"
	b.beat = now
	b.list = manifest{Archive: b.id.String(), MadeAt: now.UTC(), Variant: b.variant, Items: []manifestItem{}, LeftOut: []manifestNote{}}
	return b, nil
}

// recall recalls who asked; the fault says that the download was withdrawn
// when they are gone.
func (s *Service) recall(ctx context.Context, tx pg.Tx, tenant id.Tenant, remembered []byte) (access.Actor, error) {
	who, err := s.Recall(ctx, tx, tenant, remembered)
	switch fault.KindOf(err) { //nolint:exhaustive // all else is passed on as it is
	case fault.Unauthentic, fault.Forbidden, fault.NotFound, fault.Conflict, fault.Gone:
		return who, &fault.Error{Kind: fault.Gone, Code: "ticket.withdrawn", Text: "This download was withdrawn, because the right to it is gone.", Err: err}
	}
	return who, err
}
