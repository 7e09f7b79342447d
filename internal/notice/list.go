// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

// Notice is one thing that somebody should know, as they see it.
type Notice struct {
	ID          id.Notice
	Kind        Kind
	Title       string // in the reader's language; it names nothing
	By          string // the actor who did it; empty: the house
	ByName      string // as it may be shown; empty: unknown
	Subject     string // what it is about, as an outer identifier; empty: nothing, or several things
	SubjectName string // empty: it has none, or the reader may not see it
	Count       int    // how many, when not one; else 0
	Days        int    // until something ends; 0: nothing does
	MadeAt      time.Time
	ReadAt      *time.Time
}

// Filter narrows a list of notices.
type Filter struct {
	Unread bool
	Cursor string
	Limit  int
}

const sqlList = `
	select n.id, n.kind, n.by_id, n.subject, n.vars, n.made_at, n.read_at from notice n
	where n.tenant_id = @tenant and n.account_id = @me and (@last::uuid is null or n.id < @last::uuid) and (not @unread or n.read_at is null)
	order by n.id desc limit @n`

// List returns who's notices, the newest first.
func (s *Service) List(ctx context.Context, who access.Actor, f Filter) (out page.Page[Notice], err error) {
	if err := somebody(who); err != nil {
		return out, err
	}
	list := "notices"
	if f.Unread {
		list += " unread"
	}
	var last id.Notice
	if _, err := page.Read(f.Cursor, list, &last); err != nil {
		return out, err
	}
	limit := page.Limit(f.Limit)
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlList, pgx.StrictNamedArgs{"tenant": who.Tenant, "me": who.Account, "last": last, "unread": f.Unread, "n": limit + 1})
		if err != nil {
			return err
		}
		items, err := pgx.CollectRows(rows, scan)
		if err != nil {
			return err
		}
		out = page.Cut(items, limit, list, func(n Notice) []any { return []any{n.ID} })
		return s.dress(ctx, tx, who, out.Items)
	})
	return out, err
}

func scan(r pgx.CollectableRow) (n Notice, err error) {
	var raw []byte
	var v vars
	if err = r.Scan(&n.ID, &n.Kind, &n.By, &n.Subject, &raw, &n.MadeAt, &n.ReadAt); err != nil {
		return n, err
	}
	err = json.Unmarshal(raw, &v)
	n.Count, n.Days = v.Count, v.Days
	return n, err
}

// dress gives notices their titles and names.
func (s *Service) dress(ctx context.Context, tx pg.Tx, who access.Actor, list []Notice) error {
	if len(list) == 0 {
		return nil
	}
	r, err := s.accounts.ReachTx(ctx, tx, who.Account)
	if err != nil {
		return err
	}
	var subjects, actors []string
	for _, n := range list {
		if n.Subject != "" {
			subjects = append(subjects, n.Subject)
		}
		if n.By != "" {
			actors = append(actors, n.By)
		}
	}
	names, err := s.Name(ctx, tx, who, subjects)
	if err != nil {
		return err
	}
	people, err := s.accounts.NamesTx(ctx, tx, who, append(actors, subjects...))
	if err != nil {
		return err
	}
	for i := range list {
		n := &list[i]
		n.Title = s.words.say(r.Language, string(n.Kind)+".title", nil)
		n.ByName = people[n.By].Text
		if n.SubjectName = names[n.Subject]; n.SubjectName == "" {
			n.SubjectName = people[n.Subject].Text
		}
	}
	return nil
}

const sqlOne = `
	select n.id, n.kind, n.by_id, n.subject, n.vars, n.made_at, n.read_at from notice n
	where n.tenant_id = @tenant and n.account_id = @me and n.id = @id`

// Get returns one of who's notices.
func (s *Service) Get(ctx context.Context, who access.Actor, of id.Notice) (n Notice, err error) {
	if err := somebody(who); err != nil {
		return n, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlOne, pgx.StrictNamedArgs{"tenant": who.Tenant, "me": who.Account, "id": of})
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, scan)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return access.NotFound("notice")
		}
		err = s.dress(ctx, tx, who, list)
		n = list[0]
		return err
	})
	return n, err
}

// State is what the bell shows.
type State struct {
	Unread int // at most MaxUnread
	Newest id.Notice
}

// MaxUnread is how far unread notices are counted.
const MaxUnread = 100

const sqlState = `
	select (select count(*) from (select from notice n where n.account_id = @me and n.read_at is null limit @most) u),
		(select n.id from notice n where n.account_id = @me order by n.id desc limit 1)`

// State returns how many unread notices who has, and which is the newest.
func (s *Service) State(ctx context.Context, who access.Actor) (st State, err error) {
	if err := somebody(who); err != nil {
		return st, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		return tx.QueryRow(ctx, sqlState, pgx.StrictNamedArgs{"me": who.Account, "most": MaxUnread}).Scan(&st.Unread, &st.Newest)
	})
	return st, err
}

const sqlRead = `update notice set read_at = coalesce(read_at, @now) where tenant_id = @tenant and account_id = @me and id = @id`

// Read marks one of who's notices as read; once more does no harm.
func (s *Service) Read(ctx context.Context, who access.Actor, of id.Notice) error {
	if err := somebody(who); err != nil {
		return err
	}
	return audit.Deed(ctx, s.db, who, s.now, func(tx pg.Tx) (audit.Entry, error) {
		tag, err := tx.Exec(ctx, sqlRead, pgx.StrictNamedArgs{"tenant": who.Tenant, "me": who.Account, "id": of, "now": s.now()})
		if err == nil && tag.RowsAffected() == 0 {
			err = access.NotFound("notice")
		}
		return audit.Entry{Verb: "notice.read", Subject: of.String()}, err
	})
}

const sqlReadAll = `
	update notice set read_at = @now
	where tenant_id = @tenant and account_id = @me and read_at is null and (@until::uuid is null or id <= @until::uuid)`

// ReadAll marks who's notices as read, up to the one that they saw last; zero: all.
func (s *Service) ReadAll(ctx context.Context, who access.Actor, until id.Notice) error {
	if err := somebody(who); err != nil {
		return err
	}
	return audit.Deed(ctx, s.db, who, s.now, func(tx pg.Tx) (audit.Entry, error) {
		tag, err := tx.Exec(ctx, sqlReadAll, pgx.StrictNamedArgs{"tenant": who.Tenant, "me": who.Account, "until": until, "now": s.now()})
		return audit.Entry{Verb: "notice.read_all", Subject: who.Account.String(), Detail: map[string]any{"count": tag.RowsAffected()}}, err
	})
}
