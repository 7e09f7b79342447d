// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Limits of windows.
const (
	MaxSpan    = 500    // assets in one answer
	MaxIDs     = 20_000 // identifiers in one answer
	windowLife = "6 hours"
	maxWindows = 20 // of one actor
)

// Span is a piece of a window: what stands at the places from From on.
type Span struct {
	Window string         // names the frozen list
	Total  int            // places in it
	Whole  bool           // false: the query finds more, behind the list's end
	Next   string         // continues the query in a window behind this one; only when it was frozen now and is not whole
	From   int            // the first place
	Items  []*asset.Asset // one for each place; nil: gone, or no longer the asker's to see
}

const sqlTidyWindows = `
	delete from search_window w where w.tenant_id = @tenant and (w.made_at < @now::timestamptz - interval '` + windowLife + `'
		or w.actor = @actor and w.id not in (select x.id from search_window x where x.tenant_id = @tenant and x.actor = @actor order by x.made_at desc limit @most))`

const sqlMakeWindow = `insert into search_window (id, tenant_id, actor, made_at, whole, assets) values (@id, @tenant, @actor, @now, @whole, @assets)`

const sqlOfWindow = `
	select length(w.assets) / 16, w.whole, substring(w.assets from @start::int for @bytes::int) from search_window w
	where w.id = @id and w.tenant_id = @tenant and w.actor = @actor`

// Begin says which window, and where one begins that is frozen now and does not
// begin at the query's first asset.
type Begin struct {
	Window string // one that is there; empty: freeze the query
	After  string // the Next of an earlier window
	At     string // a year (2019), a month (2019-05) or, with the sort Name, a letter
}

// Window returns n places from a list that stays as it was when it was first
// asked for: without a window the query is frozen, at most MaxWindow assets
// of it. Places keep their numbers whatever happens to the archive; each asset
// is shown as it is now, and only if who may see it now. A window lasts for
// some hours and is its actor's own.
func (s *Service) Window(ctx context.Context, who access.Actor, q Query, begin Begin, from, n int) (out Span, err error) {
	if who.Kind == access.Nobody {
		return out, who.Require(access.View)
	}
	if from < 0 || from > MaxWindow || n < 1 || n > MaxSpan {
		return out, fault.Fields("search.window", "Ask for 1 to 500 places, from 0 on.", map[string]string{"from": "0 to 100,000", "n": "1 to 500"})
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		window, next := begin.Window, ""
		if window == "" {
			if window, next, err = s.freeze(ctx, tx, who, q, begin); err != nil {
				return err
			}
			if q.Q != "" {
				s.OnAsked(who.Tenant)
			}
		}
		out, err = s.span(ctx, tx, who, window, from, n)
		out.Next = next
		return err
	})
	return out, err
}

// OpenWindow freezes a selection as a window, in the query's order or that of
// the ids, and returns its first n places.
func (s *Service) OpenWindow(ctx context.Context, who access.Actor, sel Selection, n int) (out Span, err error) {
	if who.Kind == access.Nobody {
		return out, who.Require(access.View)
	}
	if n < 1 || n > MaxSpan {
		return out, fault.Fields("search.window", "Ask for 1 to 500 places, from 0 on.", map[string]string{"n": "1 to 500"})
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		list, err := s.ResolveTx(ctx, tx, who, sel, MaxWindow)
		if err != nil {
			return err
		}
		window, err := s.keepWindow(ctx, tx, who, list, true)
		if err != nil {
			return err
		}
		out, err = s.span(ctx, tx, who, window, 0, n)
		return err
	})
	return out, err
}

// WindowIDs names the assets at n places of a window, those left out that are
// gone or no longer the asker's to see.
func (s *Service) WindowIDs(ctx context.Context, who access.Actor, window string, from, n int) (ids []id.Asset, err error) {
	if who.Kind == access.Nobody {
		return nil, who.Require(access.View)
	}
	if from < 0 || from > MaxWindow || n < 1 || n > MaxIDs {
		return nil, fault.Fields("search.window_ids", "Ask for 1 to 20,000 places, from 0 on.", map[string]string{"from": "0 to 100,000", "n": "1 to 20,000"})
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		_, all, err := s.places(ctx, tx, who, window, from, n)
		if err != nil {
			return err
		}
		sc, err := s.prepare(ctx, tx, who, Query{Sort: Newest})
		if err != nil || sc.nothing {
			return err
		}
		ids, err = sc.chosen(ctx, tx, all)
		return err
	})
	return ids, err
}

func (s *Service) freeze(ctx context.Context, tx pg.Tx, who access.Actor, q Query, begin Begin) (window, next string, err error) {
	q.Cursor, q.Limit = begin.After, 0
	sc, err := s.prepare(ctx, tx, who, q)
	if err != nil {
		return "", "", err
	}
	from, err := sc.start()
	if err != nil {
		return "", "", err
	}
	if begin.At != "" {
		if from, err = sc.startAt(begin.At); err != nil {
			return "", "", err
		}
	}
	var list []id.Asset
	if !sc.nothing {
		if list, err = sc.everything(ctx, tx, from, nil, MaxWindow+1); err != nil {
			return "", "", err
		}
	}
	whole := len(list) <= MaxWindow
	if !whole {
		list = list[:MaxWindow]
		if next, err = sc.cursorOf(ctx, tx, list[MaxWindow-1]); err != nil {
			return "", "", err
		}
	}
	window, err = s.keepWindow(ctx, tx, who, list, whole)
	return window, next, err
}

func (s *Service) keepWindow(ctx context.Context, tx pg.Tx, who access.Actor, list []id.Asset, whole bool) (string, error) {
	b := make([]byte, 0, 16*len(list))
	for _, a := range list {
		u := a.UUID()
		b = append(b, u[:]...)
	}
	args := pgx.StrictNamedArgs{"tenant": who.Tenant, "actor": who.ID, "now": s.now(), "most": maxWindows}
	if _, err := tx.Exec(ctx, sqlTidyWindows, args); err != nil {
		return "", fmt.Errorf("tidy windows: %w", err)
	}
	name := uuid.New()
	if _, err := tx.Exec(ctx, sqlMakeWindow, pgx.StrictNamedArgs{"id": name, "tenant": who.Tenant, "actor": who.ID, "now": s.now(), "whole": whole, "assets": b}); err != nil {
		return "", fmt.Errorf("make a window: %w", err)
	}
	return name.String(), nil
}

// places reads the identifiers at n places of a window, and what else is known of it.
func (s *Service) places(ctx context.Context, tx pg.Tx, who access.Actor, window string, from, n int) (out Span, ids []id.Asset, err error) {
	gone := fault.New(fault.NotFound, "window.not_found", "This window has been closed. Ask for a new one.")
	name, err := uuid.Parse(window)
	if err != nil {
		return out, nil, gone
	}
	out = Span{Window: name.String(), From: from, Items: []*asset.Asset{}}
	var b []byte
	err = tx.QueryRow(ctx, sqlOfWindow, pgx.StrictNamedArgs{"id": name, "tenant": who.Tenant, "actor": who.ID, "start": 16*from + 1, "bytes": 16 * n}).Scan(&out.Total, &out.Whole, &b)
	if errors.Is(err, pgx.ErrNoRows) {
		return Span{}, nil, gone
	}
	if err != nil {
		return Span{}, nil, fmt.Errorf("read a window: %w", err)
	}
	ids = make([]id.Asset, 0, n)
	for ; len(b) >= 16; b = b[16:] {
		ids = append(ids, id.FromUUID[id.Asset](uuid.UUID(b[:16])))
	}
	return out, ids, nil
}

func (s *Service) span(ctx context.Context, tx pg.Tx, who access.Actor, window string, from, n int) (Span, error) {
	out, ids, err := s.places(ctx, tx, who, window, from, n)
	if err != nil {
		return Span{}, err
	}
	found, err := s.assets.ByIDsTx(ctx, tx, who, ids)
	if err != nil {
		return Span{}, err
	}
	by := make(map[id.Asset]*asset.Asset, len(found))
	for i := range found {
		by[found[i].ID] = &found[i]
	}
	for _, a := range ids {
		out.Items = append(out.Items, by[a])
	}
	return out, nil
}
