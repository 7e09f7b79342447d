// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

// Which links List lists.
type Which struct {
	Everybody bool     // everybody's, which takes ManageSecurity; else who's own
	States    []State  // empty: all but those in the bin
	Asset     id.Asset // of those that show this asset by itself; zero: all
	Cursor    string
	Limit     int
}

const sqlList = `
	select ` + sqlColumns + ` from link l
	where l.tenant_id = @tenant and (@everybody or l.created_by = @by or l.owner_id = @me::uuid) and (@last::uuid is null or l.id < @last)
		and (@asset::uuid is null or exists (select from link_asset t where t.link_id = l.id and t.asset_id = @asset))
		and case when l.deleted_at is not null then 'deleted' when l.revoked_at is not null then 'revoked'
			when l.expires_at <= @now then 'expired' else 'open' end = any(@states::text[])
	order by l.id desc limit @n`

// List returns a page of links, newest first; of those that show chosen assets
// it does not say which.
func (s *Service) List(ctx context.Context, who access.Actor, w Which) (out page.Page[Link], err error) {
	if err := who.Require(0); err != nil {
		return out, err
	}
	if w.Everybody {
		if err := who.Require(all); err != nil {
			return out, err
		}
	}
	if len(w.States) == 0 {
		w.States = []State{Open, Expired, Revoked}
	}
	states := make([]string, len(w.States))
	for i, one := range w.States {
		states[i] = string(one)
	}
	var last id.Link
	of := "links"
	if _, err := page.Read(w.Cursor, of, &last); err != nil {
		return out, err
	}
	limit := page.Limit(w.Limit)
	var list []Link
	err = pg.In(ctx, s.DB, who.Tenant, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlList, pgx.StrictNamedArgs{
			"tenant": who.Tenant, "everybody": w.Everybody, "by": who.ID, "me": some(owner(who)), "last": some(last),
			"asset": some(w.Asset), "now": s.now(), "states": states, "n": limit + 1,
		})
		if err != nil {
			return err
		}
		all, err := pgx.CollectRows(rows, scan)
		if err != nil {
			return err
		}
		for _, k := range all {
			l, err := s.seen(who, k)
			if err != nil {
				return err
			}
			list = append(list, l)
		}
		return nil
	})
	return page.Cut(list, limit, of, func(l Link) []any { return []any{l.ID} }), err
}

// Get returns a link that who made or looks after.
func (s *Service) Get(ctx context.Context, who access.Actor, l id.Link) (out Link, err error) {
	err = access.In(ctx, s.DB, who, func(tx pg.Tx) error {
		k, err := byID(ctx, tx, who.Tenant, l)
		if err == nil {
			out, err = s.seen(who, k)
		}
		return err
	})
	return out, err
}

const sqlRevoke = `
	update link set revoked_at = @now, revoked_by = @by, version = version + 1, updated_at = @now
	where id = @id and tenant_id = @tenant and revoked_at is null`

// Revoke closes a link for good. Its maker may, and whoever looks after all
// links. One revoked already is no error.
func (s *Service) Revoke(ctx context.Context, who access.Actor, l id.Link) (out Link, err error) {
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "link.revoke", Subject: l.String()}
		k, err := hold(ctx, tx, who.Tenant, l)
		if err != nil {
			return e, err
		}
		if _, err = s.seen(who, k); err != nil {
			return e, err
		}
		if _, err := tx.Exec(ctx, sqlRevoke, pgx.StrictNamedArgs{"id": l, "tenant": who.Tenant, "by": who.ID, "now": s.now()}); err != nil {
			return e, err
		}
		if k, err = byID(ctx, tx, who.Tenant, l); err != nil {
			return e, err
		}
		out, err = s.seen(who, k)
		return e, err
	})
	return out, err
}

const sqlRevokeAll = `
	update link set revoked_at = @now, revoked_by = @by, version = version + 1, updated_at = @now
	where tenant_id = @tenant and (@everybody or created_by = @by or owner_id = @me::uuid) and revoked_at is null`

// RevokeAll closes all links that who made, those in the bin included; those of
// everybody in the tenant takes ManageSecurity. It returns how many.
func (s *Service) RevokeAll(ctx context.Context, who access.Actor, everybody bool) (n int64, err error) {
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "link.revoke_all"}
		if everybody {
			if err := who.Require(all); err != nil {
				return e, err
			}
		}
		tag, err := tx.Exec(ctx, sqlRevokeAll, pgx.StrictNamedArgs{
			"tenant": who.Tenant, "everybody": everybody, "by": who.ID, "me": some(owner(who)), "now": s.now(),
		})
		n = tag.RowsAffected()
		e.Detail = map[string]any{"everybody": everybody, "links": n}
		return e, err
	})
	return n, err
}

const sqlDelete = `
	update link set deleted_at = @at, version = version + 1, updated_at = @now where id = @id and tenant_id = @tenant`

// Delete puts a link that who made into the bin: it is closed at once.
func (s *Service) Delete(ctx context.Context, who access.Actor, l id.Link) error {
	return s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "link.delete", Subject: l.String()}
		k, err := s.own(ctx, tx, who, l)
		if err == nil && k.DeletedAt != nil {
			err = fault.New(fault.Conflict, "link.deleted", "This link is in the bin. Restore it first.")
		}
		if err == nil {
			_, err = tx.Exec(ctx, sqlDelete, pgx.StrictNamedArgs{"id": l, "tenant": who.Tenant, "at": s.now(), "now": s.now()})
		}
		return e, err
	})
}

// Restore takes a link that who made out of the bin: its address works again, as
// far as its terms go.
func (s *Service) Restore(ctx context.Context, who access.Actor, l id.Link) (out Link, err error) {
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "link.restore", Subject: l.String()}
		k, err := s.own(ctx, tx, who, l)
		if err != nil {
			return e, err
		}
		if k.DeletedAt == nil {
			return e, fault.New(fault.Conflict, "link.not_deleted", "This link is not in the bin. There is nothing to restore.")
		}
		if _, err := tx.Exec(ctx, sqlDelete, pgx.StrictNamedArgs{"id": l, "tenant": who.Tenant, "at": (*time.Time)(nil), "now": s.now()}); err != nil {
			return e, err
		}
		if k, err = byID(ctx, tx, who.Tenant, l); err != nil {
			return e, err
		}
		out, err = s.seen(who, k)
		return e, err
	})
	return out, err
}

// Day is what happened on one day, UTC.
type Day struct {
	Day              time.Time
	Views, Downloads int
}

const sqlDays = `
	select d.day, d.views, d.downloads from link_day d where d.link_id = @link and d.tenant_id = @tenant order by d.day desc limit 400`

// Days lists the days on which a link was used, newest first.
func (s *Service) Days(ctx context.Context, who access.Actor, l id.Link) (out []Day, err error) {
	err = s.ofLink(ctx, who, l, func(tx pg.Tx, _ kept) error {
		rows, err := tx.Query(ctx, sqlDays, pgx.StrictNamedArgs{"link": l, "tenant": who.Tenant})
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Day])
		return err
	})
	return out, err
}

// ofLink runs fn for whoever made the link or looks after it.
func (s *Service) ofLink(ctx context.Context, who access.Actor, l id.Link, fn func(tx pg.Tx, k kept) error) error {
	return access.In(ctx, s.DB, who, func(tx pg.Tx) error {
		k, err := byID(ctx, tx, who.Tenant, l)
		if err != nil {
			return err
		}
		if _, err := s.seen(who, k); err != nil {
			return err
		}
		return fn(tx, k)
	})
}

const sqlTitles = `select l.id, l.title from link l where l.id = any(@ids::uuid[]) and l.tenant_id = @tenant`

// Titles tells what links are called, by their outer identifiers, for lists of who
// did and saw things; unknown ones are left out. Whoever knows an identifier
// may ask.
func (s *Service) Titles(ctx context.Context, who access.Actor, ids []string) (map[string]string, error) {
	var links []id.Link
	for _, one := range ids {
		if l, err := id.Parse[id.Link](one); err == nil {
			links = append(links, l)
		}
	}
	out := map[string]string{}
	if len(links) == 0 {
		return out, nil
	}
	err := access.In(ctx, s.DB, who, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlTitles, pgx.StrictNamedArgs{"ids": id.Raw(links), "tenant": who.Tenant})
		if err != nil {
			return err
		}
		var l id.Link
		var title string
		_, err = pgx.ForEachRow(rows, []any{&l, &title}, func() error {
			out[l.String()] = title
			return nil
		})
		return err
	})
	return out, err
}
