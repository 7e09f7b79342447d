// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/secret"
)

// Guest is whoever shows a link's token.
type Guest struct {
	Who      access.Actor // Nobody while Locked
	Language string       // of the link
	Locked   bool         // the password must be given first; nothing else is told until then
	Link     Link         // what a guest is told of it: its terms and nothing of who uses it how

	Organisation string
	Name         string // what the guest called themselves
	CanDownload  bool   // some format, and a download is left
	AskPassword  bool   // the download password must be given first: Who may not download before
}

func notFound() error {
	return fault.New(fault.NotFound, "share.not_found", "There is nothing at this address. Check that it is whole, or ask whoever sent it to you.")
}

const sqlByToken = `select l.id, l.tenant_id from link l where l.hash = @hash` //nolint:gosec // G101: a query for a token, no token

// find finds a link by its token.
func (s *Service) find(ctx context.Context, token string) (tenant id.Tenant, l id.Link, err error) {
	if len(token) != 43 { // what token makes
		return tenant, l, notFound()
	}
	err = pg.Across(ctx, s.DB, func(tx pg.Tx) error {
		return tx.QueryRow(ctx, sqlByToken, pgx.StrictNamedArgs{"hash": secret.Hash(token)}).Scan(&l, &tenant)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = notFound()
	}
	return tenant, l, err
}

// visit is a row.
type visit struct {
	ID          id.Visit
	Opened      bool
	MayView     bool
	MayDownload bool
	Name        string
}

// visitFor is how long a visit lasts: what it knew must be given again then.
const visitFor = 12 * time.Hour

const sqlVisit = `
	select v.id, v.opened_at is not null as opened, v.may_view, v.may_download, v.name from link_visit v
	where v.link_id = @link and v.tenant_id = @tenant and v.hash = @hash and v.began_at > @since`

// visitTx finds the visit that a cookie stands for; the zero one if there is none yet.
func (s *Service) visitTx(ctx context.Context, tx pg.Tx, tenant id.Tenant, l id.Link, cookie string) (v visit, err error) {
	if len(cookie) != 43 {
		return v, nil
	}
	rows, err := tx.Query(ctx, sqlVisit, pgx.StrictNamedArgs{"link": l, "tenant": tenant, "hash": secret.Hash(cookie), "since": s.now().Add(-visitFor)})
	if err != nil {
		return v, err
	}
	v, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[visit])
	if errors.Is(err, pgx.ErrNoRows) {
		return visit{}, nil
	}
	return v, err
}

const sqlBegin = `
	insert into link_visit as v (id, tenant_id, link_id, hash, began_at) values (@id, @tenant, @link, @hash, @now)
	on conflict (link_id, hash) do update set
		began_at = case when v.began_at > @since then v.began_at else excluded.began_at end,
		opened_at = case when v.began_at > @since then v.opened_at end,
		may_view = v.may_view and v.began_at > @since, may_download = v.may_download and v.began_at > @since
	returning v.id, v.opened_at is not null, v.may_view, v.may_download, v.name`

// beginTx is visitTx for what counts: the visit begins if it has not, and is
// held until the transaction ends.
func (s *Service) beginTx(ctx context.Context, tx pg.Tx, tenant id.Tenant, l id.Link, cookie string) (v visit, err error) {
	if len(cookie) != 43 {
		return v, fault.New(fault.Invalid, "share.no_cookie", "This page needs a cookie for as long as you are here. Allow it, and load the page again.")
	}
	rows, err := tx.Query(ctx, sqlBegin, pgx.StrictNamedArgs{
		"id": id.New[id.Visit](), "tenant": tenant, "link": l, "hash": secret.Hash(cookie), "now": s.now(), "since": s.now().Add(-visitFor),
	})
	if err != nil {
		return v, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[visit])
}

const sqlOrganisation = `select t.name from tenant t where t.id = @tenant`

// Visit says who shows this token, and what they may do now. cookie is the
// visit's, if there is one. It counts and changes nothing.
func (s *Service) Visit(ctx context.Context, token, cookie string) (g Guest, err error) {
	tenant, l, err := s.find(ctx, token)
	if err != nil {
		return g, err
	}
	err = pg.In(ctx, s.DB, tenant, func(tx pg.Tx) error {
		k, err := byID(ctx, tx, tenant, l)
		if err != nil {
			return notFound()
		}
		g.Language = k.Language
		who, err := s.guestTx(ctx, tx, tenant, k)
		if err != nil {
			return err
		}
		v, err := s.visitTx(ctx, tx, tenant, l, cookie)
		if err != nil {
			return err
		}
		if k.ViewPassword && !v.MayView {
			g.Locked = true
			return nil
		}
		g.Name, g.AskPassword = v.Name, k.DownloadPassword && !v.MayDownload
		g.CanDownload = len(k.Formats) > 0 && !k.usedUp()
		if !g.CanDownload || g.AskPassword {
			who.Scope &^= access.DownloadOriginal | access.DownloadRendition
		}
		g.Who, g.Link = who, told(k.Link)
		return tx.QueryRow(ctx, sqlOrganisation, pgx.StrictNamedArgs{"tenant": tenant}).Scan(&g.Organisation)
	})
	return g, err
}

// told is what a guest is told of a link.
func told(l Link) Link {
	return Link{
		ID: l.ID, Terms: l.Terms, ViewPassword: l.ViewPassword, DownloadPassword: l.DownloadPassword,
		Downloads: l.Downloads, CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt,
	}
}

const (
	manyWrong  = 100             // wrong guesses at a link, from everywhere, within
	wrongFor   = time.Hour       // which each further one waits
	wrongPause = 3 * time.Second // so long
)

const sqlWrong = `select case when l.wrong_since > @since then l.wrong else 0 end from link l where l.id = @link and l.tenant_id = @tenant`

const sqlWasWrong = `
	update link set wrong = case when wrong_since > @since then wrong + 1 else 1 end,
		wrong_since = case when wrong_since > @since then wrong_since else @now end
	where id = @link and tenant_id = @tenant`

// Unlock takes a link's view password, or with download its download password,
// for the visit that the cookie stands for. A wrong one is Forbidden.
//

func (s *Service) Unlock(ctx context.Context, token, cookie string, download bool, password secret.Text, from netip.Addr) error {
	tenant, l, err := s.find(ctx, token)
	if err != nil {
		return err
	}
	var k kept
	wrong := 0
	err = pg.In(ctx, s.DB, tenant, func(tx pg.Tx) error {
		if k, err = byID(ctx, tx, tenant, l); err != nil {
			return notFound()
		}
		if _, err := s.guestTx(ctx, tx, tenant, k); err != nil {
			return err
		}
		v, err := s.visitTx(ctx, tx, tenant, l, cookie)
		if err != nil {
			return err
		}
		if download && k.ViewPassword && !v.MayView {
			return fault.New(fault.Forbidden, "share.locked", "This link has a password. Load the page again and give it first.")
		}
		return tx.QueryRow(ctx, sqlWrong, pgx.StrictNamedArgs{"link": l, "tenant": tenant, "since": s.now().Add(-wrongFor)}).Scan(&wrong)
	})
	if err != nil {
		return err
	}
	hash, thing := k.viewHash, "view "+l.String()
	if download {
		hash, thing = k.downloadHash, "download "+l.String()
	}
	if hash == "" {
		return nil
	}
	if wrong >= manyWrong {
		s.Pause(ctx, wrongPause)
	}
	right, err := s.Accounts.Passwords().Right(ctx, thing, from, password, hash)
	if seconds, waits := account.Waits(err); waits {
		return &fault.Error{Kind: fault.TooMany, Code: "share.wait", RetryAfter: seconds, Text: "There were too many wrong passwords. Wait a while and try again."}
	}
	if err != nil {
		return err
	}
	return s.note(ctx, tenant, l, cookie, right, download, hash)
}

const sqlKnows = `
	update link_visit set may_view = may_view or not @download, may_download = may_download or @download
	where id = @id and tenant_id = @tenant
		and exists (select from link l where l.id = link_id and case when @download then l.download_hash else l.view_hash end = @hash)`

// note keeps that a visit knew the password, or that somebody did not.
//
//nolint:revive // argument-limit: all of it was found out by Unlock
func (s *Service) note(ctx context.Context, tenant id.Tenant, l id.Link, cookie string, right, download bool, hash string) error {
	err := pg.In(ctx, s.DB, tenant, func(tx pg.Tx) error {
		if !right {
			_, err := tx.Exec(ctx, sqlWasWrong, pgx.StrictNamedArgs{"link": l, "tenant": tenant, "now": s.now(), "since": s.now().Add(-wrongFor)})
			return err
		}
		v, err := s.beginTx(ctx, tx, tenant, l, cookie)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, sqlKnows, pgx.StrictNamedArgs{"id": v.ID, "tenant": tenant, "download": download, "hash": hash})
		return err
	})
	if err == nil && !right {
		err = fault.New(fault.Forbidden, "share.wrong_password", "The password is wrong. Try again; after five wrong ones you have to wait.")
	}
	return err
}

const sqlOpened = `update link_visit set opened_at = @now where id = @id and tenant_id = @tenant`

const sqlViewed = `update link set views = views + 1, last_used_at = @now where id = @link and tenant_id = @tenant`

const sqlDayViewed = `
	insert into link_day as d (link_id, day, tenant_id, views) values (@link, @day, @tenant, 1)
	on conflict (link_id, day) do update set views = d.views + 1`

// Opened notes that a guest's browser showed something: the first time in a
// visit it counts, and is a deed. seen is the asset that was looked at by
// itself; zero: none.
func (s *Service) Opened(ctx context.Context, who access.Actor, cookie string, seen id.Asset) error {
	return access.In(ctx, s.DB, who, func(tx pg.Tx) error {
		k, err := s.ofGuest(ctx, tx, who)
		if err != nil {
			return err
		}
		v, err := s.beginTx(ctx, tx, who.Tenant, k.ID, cookie)
		if err != nil {
			return err
		}
		if !seen.IsZero() {
			if err := audit.Saw(ctx, tx, who, seen.String(), audit.Viewed, s.now()); err != nil {
				return err
			}
		}
		if v.Opened {
			return nil
		}
		return s.openedTx(ctx, tx, who, k, v)
	})
}

// openedTx counts a visit.
func (s *Service) openedTx(ctx context.Context, tx pg.Tx, who access.Actor, k kept, v visit) error {
	now := s.now()
	if _, err := tx.Exec(ctx, sqlOpened, pgx.StrictNamedArgs{"id": v.ID, "tenant": who.Tenant, "now": now}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, sqlViewed, pgx.StrictNamedArgs{"link": k.ID, "tenant": who.Tenant, "now": now}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, sqlDayViewed, pgx.StrictNamedArgs{"link": k.ID, "tenant": who.Tenant, "day": day(now)}); err != nil {
		return err
	}
	if k.Views == 0 {
		if err := s.OnOpened(ctx, tx, who, k.Link); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Entry{At: now, Who: who, Verb: "link.open", Subject: k.ID.String()})
}

func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

const sqlDownloaded = `
	update link set downloads = downloads + 1, last_used_at = @now
	where id = @link and tenant_id = @tenant and (max_downloads is null or downloads < max_downloads)`

const sqlDayDownloaded = `
	insert into link_day as d (link_id, day, tenant_id, downloads) values (@link, @day, @tenant, 1)
	on conflict (link_id, day) do update set downloads = d.downloads + 1`

// DownloadedTx counts a download whose bytes begin to leave, in the transaction
// that lets them; it is Gone when none is left.
func (s *Service) DownloadedTx(ctx context.Context, tx pg.Tx, who access.Actor) error {
	k, err := s.ofGuest(ctx, tx, who)
	if err != nil {
		return err
	}
	now := s.now()
	tag, err := tx.Exec(ctx, sqlDownloaded, pgx.StrictNamedArgs{"link": k.ID, "tenant": who.Tenant, "now": now})
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return gone("share.used_up", "All downloads that this link allows have been used. Ask whoever sent it to you for a new one.")
	}
	if _, err := tx.Exec(ctx, sqlDayDownloaded, pgx.StrictNamedArgs{"link": k.ID, "tenant": who.Tenant, "day": day(now)}); err != nil {
		return err
	}
	return s.OnDownloaded(ctx, tx, who, k.Link, k.Downloads == 0)
}
