// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

// Change is one change of a field in an asset's history.
type Change struct {
	ID     uuid.UUID       `db:"id"`
	Field  string          `db:"field"`  // a field's name, "alt", "embargo_until", "expires_at", "approval", "revision" or "folder"
	Lang   string          `db:"lang"`   // of fields with languages and of alt decisions
	Before json.RawMessage `db:"before"` // a string, a list of strings or an alt decision; nil: nothing
	After  json.RawMessage `db:"after"`
	Source Source          `db:"source"`
	By     string          `db:"changed_by"` // the actor
	At     time.Time       `db:"changed_at"`
}

const sqlRemember = `
	insert into field_change (id, tenant_id, asset_id, field, lang, before, after, source, changed_by, changed_at)
	select n.id, @tenant, n.asset, n.field, n.lang, n.before, n.after, n.source, n.by, n.at
	from unnest(@ids::uuid[], @assets::uuid[], @fields::text[], @langs::text[], @befores::jsonb[], @afters::jsonb[], @sources::text[], @bys::text[],
		@ats::timestamptz[]) as n(id, asset, field, lang, before, after, source, by, at)`

// remember writes what sheets changed into the history.
func (s *Service) remember(ctx context.Context, tx pg.Tx, who access.Actor, list ...edited) error {
	var ids, assets []uuid.UUID
	var fields, langs, sources, bys []string
	var befores, afters []*string
	var ats []time.Time
	for _, e := range list {
		for _, c := range e.sheet.changes {
			if c.same {
				continue
			}
			made, err := uuid.NewV7()
			if err != nil {
				return err
			}
			before, err := asKept(c.Before)
			if err != nil {
				return err
			}
			after, err := asKept(c.After)
			if err != nil {
				return err
			}
			ids, assets, fields, langs = append(ids, made), append(assets, e.asset.ID.UUID()), append(fields, c.Field), append(langs, c.Lang)
			befores, afters = append(befores, before), append(afters, after)
			sources, bys, ats = append(sources, string(e.sheet.said(c).Source)), append(bys, e.sheet.said(c).By), append(ats, e.sheet.said(c).At)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, sqlRemember, pgx.StrictNamedArgs{
		"tenant": who.Tenant, "ids": ids, "assets": assets, "fields": fields, "langs": langs,
		"befores": befores, "afters": afters, "sources": sources, "bys": bys, "ats": ats,
	})
	return err
}

// asKept is a value as the history keeps it; nil is null.
func asKept(v any) (*string, error) {
	if v == nil {
		return nil, nil
	}
	b, err := json.Marshal(v)
	text := string(b)
	return &text, err
}

const sqlHistory = `
	select c.id, c.field, c.lang, c.before, c.after, c.source, c.changed_by, c.changed_at
	from field_change c where c.asset_id = @asset and c.tenant_id = @tenant and c.id < @before::uuid
	order by c.id desc limit @limit`

// History lists what each field was before and who changed it, newest first.
// It takes ReadHistory.
func (s *Service) History(ctx context.Context, who access.Actor, asset id.Asset, cursor string, limit int) (page.Page[Change], error) {
	of := "asset.history " + asset.String()
	before := uuid.Max
	if _, err := page.Read(cursor, of, &before); err != nil {
		return page.Page[Change]{}, err
	}
	limit = page.Limit(limit)
	var list []Change
	err := s.read(ctx, who, func(tx pg.Tx) error {
		a, err := s.GetTx(ctx, tx, who, asset)
		if err != nil {
			return err
		}
		if err := access.Require(a.Can, access.ReadHistory, "asset"); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlHistory, pgx.StrictNamedArgs{"asset": asset, "tenant": who.Tenant, "before": before, "limit": limit + 1})
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Change])
		return err
	})
	if err != nil {
		return page.Page[Change]{}, err
	}
	return page.Cut(list, limit, of, func(c Change) []any { return []any{c.ID} }), nil
}
