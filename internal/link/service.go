// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/rendition"
	"tillgang/internal/secret"
)

// Rooms are what this one asks.
type Rooms struct {
	DB         *pg.DB
	Accounts   *account.Service
	Folders    *folder.Service
	Assets     *asset.Service
	Renditions *rendition.Service
}

// Service is the room's set of verbs. The hooks run inside the transaction of
// their cause and fail it with their error; New sets them to do nothing.
type Service struct {
	Rooms
	key []byte
	now func() time.Time

	// Collected lists what is in a collection that who may see, in its order, at
	// most so many; a fault when there is no such collection for who. The house
	// fills it; until then collections cannot be shared.
	Collected func(ctx context.Context, tx pg.Tx, who access.Actor, of id.Collection, most int) ([]id.Asset, error)

	// OnOpened is told of a link that somebody visited for the first time at all.
	OnOpened func(ctx context.Context, tx pg.Tx, who access.Actor, l Link) error
	// OnDownloaded is told of each download; first of a link's first.
	OnDownloaded func(ctx context.Context, tx pg.Tx, who access.Actor, l Link, first bool) error
	// OnAnswered is told what a guest said of an asset.
	OnAnswered func(ctx context.Context, tx pg.Tx, who access.Actor, l Link, a Answer) error
	// OnSelected is told what a guest chose.
	OnSelected func(ctx context.Context, tx pg.Tx, who access.Actor, l Link, c Choice) error
	// OnExpiring is told of a link that will expire within three days.
	OnExpiring func(ctx context.Context, tx pg.Tx, who access.Actor, l Link) error

	// Pause makes a guess wait where a link was guessed at very often. New sets it.
	Pause func(ctx context.Context, d time.Duration)
}

// New returns the room. key is a secret of the server of at least 32 bytes that
// is not kept in the database; addresses depend on it.
func New(rooms Rooms, key []byte, now func() time.Time) (*Service, error) {
	if len(key) < 32 {
		return nil, errors.New("link: the server key must have at least 32 bytes")
	}
	quiet := func(context.Context, pg.Tx, access.Actor, Link) error { return nil }
	return &Service{
		Rooms: rooms, key: key, now: now, OnOpened: quiet, OnExpiring: quiet,
		OnDownloaded: func(context.Context, pg.Tx, access.Actor, Link, bool) error { return nil },
		OnAnswered:   func(context.Context, pg.Tx, access.Actor, Link, Answer) error { return nil },
		OnSelected:   func(context.Context, pg.Tx, access.Actor, Link, Choice) error { return nil },
		Collected: func(context.Context, pg.Tx, access.Actor, id.Collection, int) ([]id.Asset, error) {
			return nil, access.NotFound("collection")
		},
		Pause: func(ctx context.Context, d time.Duration) {
			t := time.NewTimer(d)
			defer t.Stop()
			select {
			case <-t.C:
			case <-ctx.Done():
			}
		},
	}, nil
}

// token is the secret in a link's address: 256 bits that only the server's key
// makes of its identifier, so that its maker can be shown it again although
// only its hash is kept.
func (s *Service) token(l id.Link) string {
	h := hmac.New(sha256.New, s.key)
	_, _ = h.Write([]byte("tillgang link 1 " + l.String()))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

const sqlColumns = `l.id, l.owner_id, l.created_by, l.target, l.folder_id, l.subtree, l.collection_id, l.mode, l.title, l.message, l.language,
	l.formats, l.watermark, l.max_downloads, l.expires_at, l.view_hash, l.download_hash, l.downloads, l.views, l.last_used_at, l.version,
	l.created_at, l.updated_at, l.revoked_at, l.deleted_at, l.maker,
	(select count(*) from link_answer w where w.link_id = l.id) as answers,
	(select count(*) from link_choice c where c.link_id = l.id and c.sent_at is not null) as choices`

// kept is a row: a link and what nobody is shown.
type kept struct {
	Link
	target                 string
	viewHash, downloadHash string
	maker                  []byte
}

func scan(row pgx.CollectableRow) (k kept, err error) {
	var folder *id.Folder
	var collection *id.Collection
	var owner *id.Account
	err = row.Scan(&k.ID, &owner, &k.By, &k.target, &folder, &k.Target.Subtree, &collection, &k.Mode, &k.Title, &k.Message, &k.Language,
		&k.Formats, &k.Watermark, &k.MaxDownloads, &k.ExpiresAt, &k.viewHash, &k.downloadHash, &k.Downloads, &k.Views, &k.LastUsedAt, &k.Version,
		&k.CreatedAt, &k.UpdatedAt, &k.RevokedAt, &k.DeletedAt, &k.maker, &k.Answers, &k.Choices)
	put(&k.Target.Folder, folder)
	put(&k.Target.Collection, collection)
	put(&k.Owner, owner)
	k.ViewPassword, k.DownloadPassword = k.viewHash != "", k.downloadHash != ""
	return k, err
}

const sqlLink = `select ` + sqlColumns + ` from link l where l.id = @id and l.tenant_id = @tenant`

const sqlTargets = `select t.asset_id from link_asset t where t.link_id = @link and t.tenant_id = @tenant order by t.seq`

// byID reads a link whoever asks.
func byID(ctx context.Context, tx pg.Tx, tenant id.Tenant, l id.Link) (k kept, err error) {
	rows, err := tx.Query(ctx, sqlLink, pgx.StrictNamedArgs{"id": l, "tenant": tenant})
	if err != nil {
		return k, err
	}
	k, err = pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return k, access.NotFound("link")
	}
	if err != nil || k.target != ofAssets {
		return k, err
	}
	if rows, err = tx.Query(ctx, sqlTargets, pgx.StrictNamedArgs{"link": l, "tenant": tenant}); err != nil {
		return k, err
	}
	k.Target.Assets, err = pgx.CollectRows(rows, pgx.RowTo[id.Asset])
	return k, err
}

const sqlHold = `select l.id from link l where l.id = @id and l.tenant_id = @tenant for no key update`

// hold reads a link and lets nobody else change it until the transaction ends.
func hold(ctx context.Context, tx pg.Tx, tenant id.Tenant, l id.Link) (kept, error) {
	if _, err := tx.Exec(ctx, sqlHold, pgx.StrictNamedArgs{"id": l, "tenant": tenant}); err != nil {
		return kept{}, err
	}
	return byID(ctx, tx, tenant, l)
}

// made reports whether who made the link; a person also made what their keys did.
func (l Link) made(who access.Actor) bool {
	return l.By == who.ID || !l.Owner.IsZero() && l.Owner == owner(who)
}

// all is what it takes to look after everybody's links.
const all = access.ManageSecurity

// seen is the link as who gets it; NotFound where it is not theirs to know of.
func (s *Service) seen(who access.Actor, k kept) (Link, error) {
	k.Own = k.made(who)
	switch {
	case k.Own:
		k.Path = "/s/" + s.token(k.ID)
	case !who.Everywhere().Has(all):
		return Link{}, access.NotFound("link")
	}
	return k.Link, nil
}

// own reads a link that who made.
func (s *Service) own(ctx context.Context, tx pg.Tx, who access.Actor, l id.Link) (kept, error) {
	k, err := hold(ctx, tx, who.Tenant, l)
	if err != nil {
		return k, err
	}
	if _, err := s.seen(who, k); err != nil {
		return k, err
	}
	if !k.made(who) {
		return k, fault.New(fault.Forbidden, "link.not_own", "This link is somebody else's. You can revoke it, and make one of your own.")
	}
	return k, nil
}

func (s *Service) deed(ctx context.Context, who access.Actor, fn func(tx pg.Tx) (audit.Entry, error)) error {
	return audit.Deed(ctx, s.DB, who, s.now, fn)
}

// hash returns what is kept of a password; of none, the empty text.
func (s *Service) hash(ctx context.Context, field string, p secret.Text) (string, error) {
	if p.IsZero() {
		return "", nil
	}
	if err := checkPassword(field, p); err != nil {
		return "", err
	}
	return s.Accounts.Passwords().Hash(ctx, p)
}

// owner is the account whose links are who's own. A key has only those that it
// has made itself.
func owner(who access.Actor) id.Account {
	if who.Kind != access.Person {
		return id.Account{}
	}
	return who.Account
}
