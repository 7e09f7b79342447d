// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
)

// UsageReport is a report as it was kept.
type UsageReport struct {
	ID        id.Report
	Asset     id.Asset
	Title     string // the asset's name
	Variant   string
	Purpose   string
	Channels  []string
	Place     string
	Until     *time.Time
	Terms     []map[string]string // what was accepted, as it read then
	ActorKind access.Kind
	ActorID   string
	Name      string
	CreatedAt time.Time
	FetchedAt *time.Time // nil: nothing has left
}

// Reported says which reports are wanted.
type Reported struct {
	Asset    id.Asset // zero: of all
	From, To time.Time
	Channel  string // of Channels; empty: any
	Text     string // is in the file's name, the purpose, the place or the name; empty: any
	Cursor   string
	Limit    int
}

const sqlReports = `
	select r.id, r.asset_id, a.name, r.variant, r.purpose, r.channels, r.place, r.until,
		coalesce((select jsonb_agg(t.texts order by t.id) from accepted_terms t where t.tenant_id = r.tenant_id and t.id = any(r.terms)), '[]') as terms,
		r.actor_kind, r.actor_id, r.name, r.created_at, r.fetched_at
	from usage_report r join asset a on a.id = r.asset_id
	where r.tenant_id = @tenant and (@of::uuid is null or r.asset_id = @of) and (@last::uuid is null or r.id < @last)
		and (@channel::text = '' or @channel = any(r.channels))
		and (@text::text = '' or strpos(lower(concat_ws(' ', a.name, r.purpose, r.place, r.name) collate "und-x-icu"), lower(@text collate "und-x-icu")) > 0)
		and r.created_at >= @from and r.created_at < @to and a.acl_id = any(@acls::bigint[]) and ` + asset.SQLSeen + `
		and ` + asset.SQLACL + ` = any(@readable::bigint[])
	order by r.id desc limit @n`

// Reports lists what downloads are said to be used for, newest first: of assets
// of which who may read the history.
func (s *Service) Reports(ctx context.Context, who access.Actor, w Reported) (out page.Page[UsageReport], err error) {
	of, last := fmt.Sprintf("usage %s %s %q", w.Asset, w.Channel, w.Text), id.Report{}
	if _, err := page.Read(w.Cursor, of, &last); err != nil {
		return out, err
	}
	limit := page.Limit(w.Limit)
	err = access.In(ctx, s.db, who, func(tx pg.Tx) error {
		if !w.Asset.IsZero() {
			a, err := s.look(ctx, tx, who, w.Asset, "")
			if err == nil {
				err = asset.Allowed(a, who, access.ReadHistory, s.now())
			}
			if err != nil {
				return err
			}
		}
		list, err := s.reports(ctx, tx, who, w, last, limit+1)
		out = page.Cut(list, limit, of, func(r UsageReport) []any { return []any{r.ID} })
		return err
	})
	return out, err
}

func (s *Service) reports(ctx context.Context, tx pg.Tx, who access.Actor, w Reported, last id.Report, n int) ([]UsageReport, error) {
	readable, err := access.Visible(ctx, tx, who, access.View|access.ReadHistory)
	if err != nil {
		return nil, err
	}
	text, _ := plain.Line(w.Text)
	args := pgx.StrictNamedArgs{
		"tenant": who.Tenant, "readable": readable, "n": n, "from": w.From, "to": w.To, "of": nil, "last": nil,
		"channel": w.Channel, "text": text,
	}
	if !w.Asset.IsZero() {
		args["of"] = w.Asset
	}
	if !last.IsZero() {
		args["last"] = last
	}
	if w.To.IsZero() {
		args["to"] = s.now().Add(24 * time.Hour)
	}
	if err := asset.BindSeen(ctx, tx, who, s.now(), args); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, sqlReports, args)
	if err != nil {
		return nil, fmt.Errorf("list reports: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[UsageReport])
}

// ExportReports writes the same as a table (CSV), and what names returns for the
// actors of each batch beside them.
func (s *Service) ExportReports(ctx context.Context, who access.Actor, w Reported, names func([]string) (map[string]string, error), to io.Writer) error {
	if err := who.Require(0); err != nil {
		return err
	}
	out := csv.NewWriter(to)
	if err := out.Write([]string{"report", "asset", "file", "variant", "reported_at", "fetched_at", "by", "name", "purpose", "channels", "place", "until", "terms"}); err != nil {
		return err
	}
	for last, more := (id.Report{}), true; more; {
		var list []UsageReport
		if err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) (err error) {
			list, err = s.reports(ctx, tx, who, w, last, sweepAtOnce)
			return err
		}); err != nil {
			return err
		}
		actors := make([]string, len(list))
		for i, r := range list {
			actors[i] = r.ActorID
		}
		called, err := names(actors)
		if err != nil {
			return err
		}
		for _, r := range list {
			if err := out.Write(r.line(called[r.ActorID])); err != nil {
				return err
			}
			last = r.ID
		}
		more = len(list) == sweepAtOnce
	}
	out.Flush()
	return out.Error()
}

// line is a report as a line of the table. Nothing in it is a formula.
func (r UsageReport) line(name string) []string {
	at := func(t *time.Time, as string) string {
		if t == nil {
			return ""
		}
		return t.UTC().Format(as)
	}
	if r.Name != "" {
		name = strings.TrimSpace(r.Name + " (" + name + ")")
	}
	var terms []string
	for _, one := range r.Terms {
		for _, lang := range []string{"", "sv", "en"} {
			if one[lang] != "" {
				terms = append(terms, one[lang])
				break
			}
		}
	}
	line := []string{
		r.ID.String(), r.Asset.String(), r.Title, r.Variant, at(&r.CreatedAt, time.RFC3339), at(r.FetchedAt, time.RFC3339), r.ActorID, name,
		r.Purpose, strings.Join(r.Channels, " "), r.Place, at(r.Until, time.DateOnly), strings.Join(terms, "\n"),
	}
	for i, cell := range line {
		if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			line[i] = "'" + cell
		}
	}
	return line
}
