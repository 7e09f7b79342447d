// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/imprint"
	"tillgang/internal/pg"
	"tillgang/internal/rendition"
	"tillgang/internal/secret"
)

// Times and counts of tickets.
const (
	StartWithin  = 60 * time.Second // after issue
	resumeFor    = 30 * time.Minute // after the first start, and
	resumeRate   = 256 << 10        // longer for what a line of so many bytes per second takes longer for, but
	resumeAtMost = 24 * time.Hour
	maxUses      = 1
	maxStreams   = 8               // connections of one ticket at a time
	checkBytes   = 64 << 20        // between two checks of a stream
	checkTime    = 5 * time.Second // likewise
	deadAfter    = 2 * time.Minute // a stream not heard of for so long died with its process
	keptFor      = 24 * time.Hour  // after the last moment a ticket could be used
)

// Original is the variant that is the asset's original; every other is the
// name of a preset.
const Original = "original"

// Service gives out tickets and redeems them, and signs the addresses of
// renditions.
type Service struct {
	*Signer
	db    *pg.DB
	store blob.Store
	now   func() time.Time

	// Copy returns the rendition of a preset of an asset, for who may have it, made
	// if need be, and the name it is downloaded under. The house fills it; until
	// then only renditions that are there are given out.
	Copy func(ctx context.Context, who access.Actor, of id.Asset, preset string) (rendition.Rendition, string, error)

	// Known reports whether there is a preset of the name that who may use. The
	// house fills it; until then archives are not refused for a wrong name.
	Known func(ctx context.Context, who access.Actor, preset string) (bool, error)

	// Within returns nil if an asset that was read for somebody who came by a link
	// is among what the link shows and, unless variant is empty, lets out so. Begun
	// counts a download of theirs. The house fills them; until then nobody who came by a
	// link gets anything.
	Within func(ctx context.Context, tx pg.Tx, who access.Actor, a asset.Asset, variant string) error
	Begun  func(ctx context.Context, tx pg.Tx, who access.Actor) error

	copying *Copying // nil: no copies are made

	// FolderPath names the folders from below the tenant's root to the given
	// one, as far as the asker sees them. The house fills it.
	FolderPath func(ctx context.Context, who access.Actor, folder id.Folder) ([]string, error)

	// Recall makes the actor that Actor.Remember wrote down, with the rights
	// of now; an error when its account, session or key is gone. The house
	// fills it; until then no ticket can be redeemed.
	Recall func(ctx context.Context, tx pg.Tx, tenant id.Tenant, remembered []byte) (access.Actor, error)
}

// New returns a Service on db whose bytes rest in store.
func New(db *pg.DB, store blob.Store, signer *Signer, now func() time.Time) *Service {
	return &Service{
		Signer: signer, db: db, store: store, now: now,
		Recall: func(context.Context, pg.Tx, id.Tenant, []byte) (access.Actor, error) {
			return access.Actor{}, errors.New("delivery: nobody can recall actors")
		},
		Within:     func(context.Context, pg.Tx, access.Actor, asset.Asset, string) error { return access.NotFound("asset") },
		Begun:      func(context.Context, pg.Tx, access.Actor) error { return nil },
		FolderPath: func(context.Context, access.Actor, id.Folder) ([]string, error) { return nil, nil },
	}
}

// Request says what a ticket is wanted for.
type Request struct {
	Variant string       // Original or a preset's name
	Purpose string       // what it will be used for, in the asker's words; kept with the ticket
	Network netip.Prefix // if valid, the only network the ticket works from
	Report  *Report      // what it will be used for, where that is demanded; see Needs

	// Metadata asks for a copy of the original that carries what the policy
	// says; empty: the original itself, byte by byte.
	Metadata imprint.Policy
}

// Ticket is what the asker gets.
type Ticket struct {
	ID        id.Ticket
	URL       string    // path with the token; whoever has it has the bytes
	ExpiresAt time.Time // start before this
}

// source is what a ticket leads to.
type source struct {
	asset     asset.Asset
	revision  id.Revision
	key       blob.Key
	mediaType string
	name      string
	size      int64
	etag      string
}

// need is the permission that a variant wants.
func need(variant string) access.Set {
	if variant == Original {
		return access.DownloadOriginal
	}
	return access.DownloadRendition
}

func wellFormed(variant string) bool {
	if variant == "" || len(variant) > 60 {
		return false
	}
	for i := range len(variant) {
		c := variant[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (c != '-' && c != '_' || i == 0) {
			return false
		}
	}
	return true
}

const sqlTicket = `
	insert into ticket (id, tenant_id, hash, asset_id, revision_id, variant, purpose, network, blob_key, media_type, name, size, etag, actor, actor_id, created_at, start_before, resume_until, max_uses)
	values (@id, @tenant, @hash, @asset, @revision, @variant, @purpose, @network, @key, @media_type, @name, @size, @etag, @actor, @actor_id, @now, @start_before, @start_before, @max_uses)`

// Issue gives out a ticket for the original of an asset's active revision
// (access.DownloadOriginal) or the rendition of a preset of the one that is
// shown (access.DownloadRendition). It names bytes and keeps naming them, also
// when another revision becomes the active one.
func (s *Service) Issue(ctx context.Context, who access.Actor, i id.Asset, r Request) (Ticket, error) {
	var out Ticket
	if !wellFormed(r.Variant) {
		return out, fault.Fields("delivery.variant", "Ask for \"original\" or for a preset by its name.", map[string]string{"variant": "original, or a preset's name"})
	}
	if len([]rune(r.Purpose)) > 500 || strings.ContainsRune(r.Purpose, 0) || !isText(r.Purpose) {
		return out, fault.Fields("delivery.purpose", "Describe the purpose in at most 500 characters.", map[string]string{"purpose": "a text of at most 500 characters"})
	}
	if who.Kind == access.Link { // before anything is made for them
		if err := access.In(ctx, s.db, who, func(tx pg.Tx) error {
			_, err := s.look(ctx, tx, who, i, r.Variant)
			return err
		}); err != nil {
			return out, err
		}
	}
	var made *rendition.Rendition
	name := ""
	if r.Variant != Original && s.Copy != nil {
		one, called, err := s.Copy(ctx, who, i, r.Variant)
		if err != nil {
			return out, err
		}
		made, name = &one, called
	}
	digest := ""
	if r.Metadata != "" {
		if r.Variant != Original {
			return out, fault.Fields("delivery.metadata", "Only copies of the original can be had with other metadata; a preset has its own policy.", map[string]string{"metadata": "goes with original only"})
		}
		var err error
		if digest, err = s.imprinted(ctx, who, i, r.Metadata); err != nil {
			return out, err
		}
	}
	now := s.now()
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		src, err := s.find(ctx, tx, who, i, r.Variant, made)
		if name != "" {
			src.name = name
		}
		if err != nil {
			return err
		}
		if digest != "" {
			found, err := s.copyTx(ctx, tx, &src, digest)
			if err != nil {
				return err
			}
			if !found { // another revision became the active one this moment
				return fault.New(fault.Conflict, "delivery.changed", "The file changed just now. Ask again.")
			}
		}
		token := "dl_" + secret.Token()
		out = Ticket{ID: id.New[id.Ticket](), URL: "/d/" + token, ExpiresAt: now.Add(StartWithin)}
		terms, err := s.report(ctx, tx, who, granted{out.ID.UUID(), []id.Asset{i}, r.Variant, r.Report})
		if err != nil {
			return err
		}
		remembered, err := who.Remember()
		if err != nil {
			return fmt.Errorf("remember actor: %w", err)
		}
		network := ""
		if r.Network.IsValid() {
			network = r.Network.Masked().String()
		}
		if _, err := tx.Exec(ctx, sqlTicket, pgx.StrictNamedArgs{
			"id": out.ID, "tenant": who.Tenant, "hash": secret.Hash(token), "asset": i, "revision": src.revision, "variant": r.Variant,
			"purpose": r.Purpose, "network": network, "key": string(src.key), "media_type": src.mediaType, "name": src.name, "size": src.size,
			"etag": src.etag, "actor": remembered, "actor_id": who.ID, "now": now, "start_before": out.ExpiresAt, "max_uses": maxUses,
		}); err != nil {
			return fmt.Errorf("store ticket: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: now, Who: who, Verb: "delivery.issue", Subject: i.String(),
			Detail: map[string]any{"ticket": out.ID.String(), "variant": r.Variant, "revision": src.revision.String(), "metadata": string(r.Metadata), "accepted": terms},
		})
	})
	if err != nil {
		return Ticket{}, err
	}
	return out, nil
}

const sqlAsset = `
	select a.id, a.tenant_id, a.folder_id, a.acl_id, a.state, a.state_code, a.revision_id, ` + asset.SQLShown + ` as shown_revision_id,
		a.name, a.created_by, a.embargo_until, a.expires_at, a.deleted_at, a.waiting, a.asked_by, a.approval, ` + access.SQLCanAsset + `
	from asset a where a.id = @asset`

// look returns as much of an asset as the rules of asset.AllowedBytes want.
// For somebody who came by a link it is only there if the link shows it and,
// unless variant is empty, lets it out so.
func (s *Service) look(ctx context.Context, tx pg.Tx, who access.Actor, i id.Asset, variant string) (asset.Asset, error) {
	var a asset.Asset
	err := tx.QueryRow(ctx, sqlAsset, who.Bind(pgx.StrictNamedArgs{"asset": i})).Scan(
		&a.ID, &a.Tenant, &a.Folder, &a.ACL, &a.State, &a.StateCode, &a.Revision, &a.Shown, &a.Name, &a.CreatedBy, &a.EmbargoUntil, &a.ExpiresAt, &a.DeletedAt, &a.Waiting, &a.AskedBy, &a.Approval, &a.Can)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, access.NotFound("asset")
	}
	if err != nil {
		return a, fmt.Errorf("find asset: %w", err)
	}
	if who.Kind == access.Link {
		return a, s.Within(ctx, tx, who, a, variant)
	}
	return a, nil
}

const sqlOriginal = `select r.blob_key, r.media_type, r.size, encode(r.sha256, 'hex') as etag from revision r where r.id = @revision`

const sqlRendition = `
	select n.blob_key, n.media_type, n.size, encode(sha256(convert_to(n.blob_key, 'UTF8')), 'hex') as etag
	from rendition n where n.revision_id = @revision and n.preset = @preset order by n.created_at desc limit 1`

const sqlMade = `
	select n.blob_key, n.media_type, n.size, encode(sha256(convert_to(n.blob_key, 'UTF8')), 'hex') as etag
	from rendition n where n.id = @rendition and n.tenant_id = @tenant`

// find authorises who for the variant and returns what it is: what was made for
// it, if something was.
func (s *Service) find(ctx context.Context, tx pg.Tx, who access.Actor, i id.Asset, variant string, made *rendition.Rendition) (source, error) {
	a, err := s.look(ctx, tx, who, i, variant)
	if err != nil {
		return source{}, err
	}
	if err := asset.AllowedBytes(a, who, need(variant), s.now()); err != nil {
		return source{}, err
	}
	src := source{asset: a, revision: a.Revision, name: a.Name}
	if variant != Original {
		src.revision = a.Shown
	}
	sql, args := sqlOriginal, pgx.StrictNamedArgs{"revision": src.revision}
	if variant != Original {
		stem, _ := split(a.Name)
		src.name = stem + "-" + variant
		sql, args["preset"] = sqlRendition, variant
	}
	if made != nil {
		src.revision = made.Revision
		sql, args = sqlMade, pgx.StrictNamedArgs{"rendition": made.ID, "tenant": who.Tenant}
	}
	err = tx.QueryRow(ctx, sql, args).Scan(&src.key, &src.mediaType, &src.size, &src.etag)
	switch {
	case errors.Is(err, pgx.ErrNoRows) && a.State == asset.Preparing:
		return src, fault.New(fault.Conflict, "delivery.not_ready", "This size is still being made. Try again in a moment, or fetch the original.")
	case errors.Is(err, pgx.ErrNoRows):
		return src, fault.New(fault.NotFound, "delivery.no_variant", "This asset does not come in that size. Fetch the original, or one of the sizes listed with the asset.")
	case err != nil:
		return src, fmt.Errorf("find bytes: %w", err)
	}
	src.etag = `"` + src.etag + `"`
	return src, nil
}

func isText(s string) bool { return strings.ToValidUTF8(s, "\x00") == s }
