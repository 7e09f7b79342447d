// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

// What says in which way something was seen.
type What string

// Ways of seeing.
const (
	Viewed              What = "viewed"
	DownloadedRendition What = "downloaded_rendition"
	DownloadedOriginal  What = "downloaded_original"
)

const sqlSaw = `
	insert into sighting (tenant_id, subject, actor_kind, actor_id, what, first_at, last_at, count)
	values (@tenant, @subject, @kind, @actor, @what, @now, @now, 1)
	on conflict (tenant_id, subject, actor_id, what) do update set last_at = excluded.last_at, count = sighting.count + 1`

// Saw notes that who saw the subject just now.
func Saw(ctx context.Context, tx pg.Tx, who access.Actor, subject string, what What, now time.Time) error {
	_, err := tx.Exec(ctx, sqlSaw, pgx.StrictNamedArgs{
		"tenant": who.Tenant, "subject": subject, "kind": string(who.Kind), "actor": who.ID, "what": string(what), "now": now,
	})
	return err
}

// Sighting says who saw a thing, in which way, when first and last, and how often.
type Sighting struct {
	ActorKind access.Kind
	ActorID   string // "acc_…", "key_…" or a part of the house; the account room knows names
	What      What
	FirstAt   time.Time
	LastAt    time.Time
	Count     int64
}

// Strip is what stands at the top of a thing: who saw it last, and how many did.
type Strip struct {
	Newest []Sighting // newest first, at most five
	Actors int        // how many different actors saw it
	Views  int64      // how many times in all, in whatever way
}

// newest is how many sightings a strip shows.
const newest = 5

const sqlStripTotal = `
	select count(distinct actor_id), coalesce(sum(count), 0)::bigint from sighting where tenant_id = @tenant and subject = @subject`

// Seen returns the strip of a subject. can is what who may do with it, as the
// caller computed it: without ReadHistory the strip shows only who's own
// sightings, beside the totals. Without View call nothing: this does not check.
func Seen(ctx context.Context, tx pg.Tx, who access.Actor, subject string, can access.Set) (s Strip, err error) {
	p, err := SeenBy(ctx, tx, who, subject, can, "", newest)
	if err != nil {
		return s, err
	}
	s.Newest = p.Items
	err = tx.QueryRow(ctx, sqlStripTotal, pgx.StrictNamedArgs{"tenant": who.Tenant, "subject": subject}).Scan(&s.Actors, &s.Views)
	return s, err
}

const sqlSeenBy = `
	select actor_kind, actor_id, what, first_at, last_at, count
	from sighting
	where tenant_id = @tenant and subject = @subject and (@everybody or actor_id = @me)
		and (not @continued or (last_at, actor_id, what) < (@at, @actor, @what))
	order by last_at desc, actor_id desc, what desc
	limit @limit`

// SeenBy lists all sightings of a subject, newest first, under the terms of Seen.
//
//nolint:revive // argument-limit: five of them say where and who, as in every verb that joins a transaction
func SeenBy(ctx context.Context, tx pg.Tx, who access.Actor, subject string, can access.Set, cursor string, limit int) (p page.Page[Sighting], err error) {
	list := "sightings " + subject
	var last struct {
		At          time.Time
		Actor, What string
	}
	continued, err := page.Read(cursor, list, &last.At, &last.Actor, &last.What)
	if err != nil {
		return p, err
	}
	limit = page.Limit(limit)
	rows, err := tx.Query(ctx, sqlSeenBy, pgx.StrictNamedArgs{
		"tenant": who.Tenant, "subject": subject, "everybody": can.Has(access.ReadHistory), "me": who.ID,
		"continued": continued, "at": last.At, "actor": last.Actor, "what": last.What, "limit": limit + 1,
	})
	if err != nil {
		return p, err
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByName[Sighting])
	return page.Cut(items, limit, list, func(s Sighting) []any { return []any{s.LastAt, s.ActorID, s.What} }), err
}
