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
	MaxSpan    = 500 // assets in one answer
	windowLife = "6 hours"
	maxWindows = 20 // of one actor
)

// Span is a piece of a window: what stands at the places from From on.
type Span struct {
	Window string         // names the frozen list
	Total  int            // places in it
	Whole  bool           // false: the query finds more than MaxWindow
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

// Window returns n places from a list that stays as it was when it was first
// asked for: with an empty window the query is frozen, at most MaxWindow assets
// of it. Places keep their numbers whatever happens to the archive; each asset
// is shown as it is now, and only if who may see it now. A window lasts for
// some hours and is its actor's own.
func (s *Service) Window(ctx context.Context, who access.Actor, q Query, window string, from, n int) (out Span, err error) {
	if who.Kind == access.Nobody {
		return out, who.Require(access.View)
	}
	if from < 0 || from > MaxWindow || n < 1 || n > MaxSpan {
		return out, fault.Fields("search.window", "Ask for 1 to 500 places, from 0 on.", map[string]string{"from": "0 to 100,000", "n": "1 to 500"})
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		if window == "" {
			if window, err = s.freeze(ctx, tx, who, q); err != nil {
				return err
			}
			if q.Q != "" {
				s.OnAsked(who.Tenant)
			}
		}
		out, err = s.span(ctx, tx, who, window, from, n)
		return err
	})
	return out, err
}

func (s *Service) freeze(ctx context.Context, tx pg.Tx, who access.Actor, q Query) (string, error) {
	q.Cursor, q.Limit = "", 0
	sc, err := s.prepare(ctx, tx, who, q)
	if err != nil {
		return "", err
	}
	var list []id.Asset
	if !sc.nothing {
		if list, err = sc.everything(ctx, tx, nil, MaxWindow+1); err != nil {
			return "", err
		}
	}
	whole := len(list) <= MaxWindow
	b := make([]byte, 0, 16*len(list))
	for _, a := range list[:min(len(list), MaxWindow)] {
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

func (s *Service) span(ctx context.Context, tx pg.Tx, who access.Actor, window string, from, n int) (Span, error) {
	gone := fault.New(fault.NotFound, "window.not_found", "This window has been closed. Ask for a new one.")
	name, err := uuid.Parse(window)
	if err != nil {
		return Span{}, gone
	}
	out := Span{Window: name.String(), From: from, Items: []*asset.Asset{}}
	var b []byte
	err = tx.QueryRow(ctx, sqlOfWindow, pgx.StrictNamedArgs{"id": name, "tenant": who.Tenant, "actor": who.ID, "start": 16*from + 1, "bytes": 16 * n}).Scan(&out.Total, &out.Whole, &b)
	if errors.Is(err, pgx.ErrNoRows) {
		return Span{}, gone
	}
	if err != nil {
		return Span{}, fmt.Errorf("read a window: %w", err)
	}
	ids := make([]id.Asset, 0, n)
	for ; len(b) >= 16; b = b[16:] {
		ids = append(ids, id.FromUUID[id.Asset](uuid.UUID(b[:16])))
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
