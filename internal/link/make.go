// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"slices"
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

// Wish is a link that is to be made.
type Wish struct {
	Target Target
	Terms
	ViewPassword, DownloadPassword secret.Text // empty: none
}

const sqlNew = `
	insert into link (id, tenant_id, hash, owner_id, created_by, maker, mode, target, folder_id, subtree, collection_id, title, message, language,
		view_hash, download_hash, formats, watermark, max_downloads, created_at, updated_at, expires_at)
	values (@id, @tenant, @hash, @owner, @by, @maker, @mode, @target, @folder, @subtree, @collection, @title, @message, @language,
		@view_hash, @download_hash, @formats, @watermark, @max_downloads, @now, @now, @expires)`

const sqlNewAssets = `
	insert into link_asset (link_id, seq, tenant_id, asset_id)
	select @link, n.seq, @tenant, n.asset from unnest(@assets::uuid[]) with ordinality as n(asset, seq)`

// maxOwn is how many links one maker can have that are not in the bin.
const maxOwn = 2000

const sqlCount = `select count(*) from link l where l.tenant_id = @tenant and l.created_by = @by and l.deleted_at is null`

// Create makes a link, which takes Share and View for all that it is to show.
func (s *Service) Create(ctx context.Context, who access.Actor, w Wish) (out Link, err error) {
	if err := who.Require(0); err != nil {
		return out, err
	}
	if w.ExpiresAt.IsZero() {
		if w.ExpiresAt, err = s.usual(ctx, who); err != nil {
			return out, err
		}
	}
	known, err := s.presets(ctx, who)
	if err != nil {
		return out, err
	}
	if err := w.check(s.now(), known); err != nil {
		return out, err
	}
	w.Target.Assets = unique(w.Target.Assets)
	kind := w.Target.kind()
	if kind == "" || len(w.Target.Assets) > MaxAssets {
		return out, fault.Fields("link.invalid", "Some of the link is not as it must be.", map[string]string{"target": "1 to 1000 assets, or a folder, or a collection"})
	}
	view, err := s.hash(ctx, "view_password", w.ViewPassword)
	if err != nil {
		return out, err
	}
	download, err := s.hash(ctx, "download_password", w.DownloadPassword)
	if err != nil {
		return out, err
	}
	i := id.New[id.Link]()
	err = s.deed(ctx, who, func(tx pg.Tx) (e audit.Entry, err error) {
		if err := s.shareable(ctx, tx, who, w.Target); err != nil {
			return e, err
		}
		var n int
		if err := tx.QueryRow(ctx, sqlCount, pgx.StrictNamedArgs{"tenant": who.Tenant, "by": who.ID}).Scan(&n); err != nil {
			return e, err
		}
		if n >= maxOwn {
			return e, fault.New(fault.Conflict, "link.full", "You have 2,000 links, which is the most. Delete some that have ended.")
		}
		maker, err := who.Remember()
		if err != nil {
			return e, err
		}
		if _, err := tx.Exec(ctx, sqlNew, pgx.StrictNamedArgs{
			"id": i, "tenant": who.Tenant, "hash": secret.Hash(s.token(i)), "owner": some(who.Account), "by": who.ID, "maker": maker,
			"mode": w.Mode, "target": kind, "folder": some(w.Target.Folder), "subtree": w.Target.Subtree, "collection": some(w.Target.Collection),
			"title": w.Title, "message": w.Message, "language": w.Language, "view_hash": view, "download_hash": download,
			"formats": w.Formats, "watermark": w.Watermark, "max_downloads": w.MaxDownloads, "now": s.now(), "expires": w.ExpiresAt,
		}); err != nil {
			return e, err
		}
		if kind == ofAssets {
			if _, err := tx.Exec(ctx, sqlNewAssets, pgx.StrictNamedArgs{"link": i, "tenant": who.Tenant, "assets": id.Raw(w.Target.Assets)}); err != nil {
				return e, err
			}
		}
		k, err := byID(ctx, tx, who.Tenant, i)
		if err != nil {
			return e, err
		}
		out, err = s.seen(who, k)
		return audit.Entry{Verb: "link.create", Subject: i.String(), Detail: map[string]any{
			"target": kind, "assets": len(w.Target.Assets), "folder": w.Target.Folder.String(), "mode": string(w.Mode), "formats": w.Formats,
		}}, err
	})
	return out, err
}

// usual is when a link ends whose maker says nothing of that: the tenant's settings do.
func (s *Service) usual(ctx context.Context, who access.Actor) (end time.Time, err error) {
	err = access.In(ctx, s.DB, who, func(tx pg.Tx) error {
		set, err := s.Accounts.SettingsTx(ctx, tx)
		end = s.now().Add(time.Duration(set.LinkDays) * 24 * time.Hour)
		return err
	})
	return end, err
}

// shareable returns nil if who may share all of a target.
func (s *Service) shareable(ctx context.Context, tx pg.Tx, who access.Actor, t Target) error {
	switch t.kind() {
	case ofFolder:
		f, err := s.Folders.ByIDTx(ctx, tx, who, t.Folder)
		if err != nil {
			return err
		}
		return access.Require(f.Can, access.View|access.Share, "folder")
	case ofCollection: // it carries no rights: what in it may be shared, is shown
		_, err := s.Collected(ctx, tx, who, t.Collection, MaxShown)
		return err
	}
	for part := range slices.Chunk(t.Assets, 200) {
		list, err := s.Assets.ByIDsTx(ctx, tx, who, part)
		if err != nil {
			return err
		}
		if len(list) != len(part) {
			return access.NotFound("asset")
		}
		for _, a := range list {
			if err := asset.Allowed(a, who, access.View|access.Share, s.now()); err != nil {
				return err
			}
		}
	}
	return nil
}

// presets are the names of the presets that who may use.
func (s *Service) presets(ctx context.Context, who access.Actor) ([]string, error) {
	list, err := s.Renditions.Presets(ctx, who)
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.Name
	}
	return names, err
}

const sqlEdit = `
	update link set title = @title, message = @message, language = @language, formats = @formats, watermark = @watermark,
		max_downloads = @max_downloads, expires_at = @expires, view_hash = @view_hash, download_hash = @download_hash,
		warned_at = case when expires_at = @expires then warned_at end, version = version + 1, updated_at = @now
	where id = @id and tenant_id = @tenant`

const sqlUnknow = `
	update link_visit set may_view = may_view and not @viewers, may_download = may_download and not @downloaders
	where link_id = @link and tenant_id = @tenant`

// Edit changes the terms of a link that who made. version is the one that the
// change was made to; zero is any. A new password must be given anew by guests
// who knew the old one.
func (s *Service) Edit(ctx context.Context, who access.Actor, l id.Link, version int64, c Change) (out Link, err error) {
	if err := who.Require(0); err != nil {
		return out, err
	}
	known, err := s.presets(ctx, who)
	if err != nil {
		return out, err
	}
	for _, p := range []struct {
		field string
		text  *secret.Text
		hash  **string
	}{{"view_password", c.ViewPassword, &c.viewHash}, {"download_password", c.DownloadPassword, &c.downloadHash}} {
		if p.text != nil {
			hash, err := s.hash(ctx, p.field, *p.text)
			if err != nil {
				return out, err
			}
			*p.hash = &hash
		}
	}
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "link.edit", Subject: l.String()}
		k, err := s.own(ctx, tx, who, l)
		if err != nil {
			return e, err
		}
		switch {
		case k.DeletedAt != nil:
			return e, fault.New(fault.Conflict, "link.deleted", "This link is in the bin. Restore it first.")
		case k.RevokedAt != nil:
			return e, fault.New(fault.Conflict, "link.revoked", "This link was revoked. Make a new one.")
		case version != 0 && version != k.Version:
			return e, fault.New(fault.Conflict, "link.changed", "Somebody changed this link meanwhile. Load it again.")
		}
		before := k.Terms
		c.into(&k.Terms)
		ends := k.ExpiresAt
		if c.ExpiresAt == nil { // an old end is no mistake of this change
			k.ExpiresAt = s.now().Add(Longest)
		}
		if c.Formats == nil { // likewise a preset that is gone
			known = append(known, before.Formats...)
		}
		if err := k.check(s.now(), known); err != nil {
			return e, err
		}
		k.ExpiresAt = ends
		put(&k.viewHash, c.viewHash)
		put(&k.downloadHash, c.downloadHash)
		if c.viewHash != nil || c.downloadHash != nil {
			if _, err := tx.Exec(ctx, sqlUnknow, pgx.StrictNamedArgs{
				"link": l, "tenant": who.Tenant, "viewers": c.viewHash != nil, "downloaders": c.downloadHash != nil,
			}); err != nil {
				return e, err
			}
		}
		if _, err := tx.Exec(ctx, sqlEdit, pgx.StrictNamedArgs{
			"id": l, "tenant": who.Tenant, "title": k.Title, "message": k.Message, "language": k.Language, "formats": k.Formats, "watermark": k.Watermark,
			"max_downloads": k.MaxDownloads, "expires": k.ExpiresAt, "view_hash": k.viewHash, "download_hash": k.downloadHash, "now": s.now(),
		}); err != nil {
			return e, err
		}
		if k, err = byID(ctx, tx, who.Tenant, l); err != nil {
			return e, err
		}
		out, err = s.seen(who, k)
		e.Detail = map[string]any{"formats": k.Formats, "passwords": c.viewHash != nil || c.downloadHash != nil}
		return e, err
	})
	return out, err
}

func unique(list []id.Asset) []id.Asset {
	seen := make(map[id.Asset]bool, len(list))
	return slices.DeleteFunc(slices.Clone(list), func(a id.Asset) bool {
		was := seen[a]
		seen[a] = true
		return was
	})
}

// some is nil for an identifier that names nothing.
func some[T interface {
	comparable
	IsZero() bool
}](i T) *T {
	if i.IsZero() {
		return nil
	}
	return &i
}
