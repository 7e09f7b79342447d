// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
	"tillgang/internal/rendition"
)

// Channels are where something may be used.
func Channels() []string { return []string{"web", "print", "social", "press", "internal", "other"} }

// Report is what somebody says they will use a download for.
type Report struct {
	Purpose  string
	Channels []string   // of Channels
	Place    string     // where: a publication, a site, an event
	Until    *time.Time // a day; nil: for as long as it may be
	Accepted []string   // identifiers of the terms that they accept
	Name     string     // what somebody without an account calls themselves
}

// Needs is what has to come with a request for a download.
type Needs struct {
	Report bool    `json:"report"` // a folder demands it
	Terms  []Terms `json:"terms"`  // each must be accepted
}

// Terms are terms of use, of assets or of a preset.
type Terms struct {
	ID     string            `json:"id"`               // of what they say
	Texts  map[string]string `json:"texts"`            // language → text, "" for unknown
	Preset string            `json:"preset,omitempty"` // whose they are; empty: of assets
}

// CodeReport is the code of the fault for a download that somebody has to say
// more about first; what, is in its Extra, as JSON under "needs".
const CodeReport = "download.report_required"

// maxTerms is how many different terms one download can have.
const maxTerms = 50

const sqlNeeds = `
	select bool_or(x.report) as report, x.terms, array_agg(distinct x.id) filter (where x.report) as reported
	from (
		select a.id, a.fields->'usage_terms' as field,
			case when jsonb_typeof(a.fields->'usage_terms'->'lang') = 'object' and a.fields->'usage_terms'->'lang' <> '{}' then a.fields->'usage_terms'->'lang'
				when a.fields->'usage_terms'->>'value' <> '' then jsonb_build_object('', a.fields->'usage_terms'->>'value') end as terms,
			exists (select from folder f, unnest(f.lineage) as l(id) join folder_rule o on o.folder_id = l.id where f.id = a.folder_id and o.report) as report
		from asset a where a.id = any(@assets::uuid[]) and a.tenant_id = @tenant
	) x
	where x.report or @always and x.terms is not null
	group by x.terms limit @n`

const sqlPresetTerms = `select p.spec->'terms' from preset p where p.name = @name and p.tenant_id = @tenant and p.deleted_at is null`

// needs are what a download of the assets in a variant needs, and those of them
// that a report is kept of. Somebody who came by a link accepts an asset's terms
// of use always, others where a report is demanded.
func needs(ctx context.Context, tx pg.Tx, who access.Actor, assets []id.Asset, variant string) (n Needs, reported []id.Asset, err error) {
	rows, err := tx.Query(ctx, sqlNeeds, pgx.StrictNamedArgs{
		"assets": id.Raw(assets), "tenant": who.Tenant, "always": who.Kind == access.Link, "n": maxTerms + 1,
	})
	if err != nil {
		return n, nil, fmt.Errorf("find what a download needs: %w", err)
	}
	n.Terms = []Terms{}
	var report bool
	var texts map[string]string
	var of []id.Asset
	if _, err := pgx.ForEachRow(rows, []any{&report, &texts, &of}, func() error {
		n.Report = n.Report || report
		n.Terms = addTerms(n.Terms, texts, "")
		reported = append(reported, of...)
		texts, of = nil, nil
		return nil
	}); err != nil {
		return n, nil, fmt.Errorf("find what a download needs: %w", err)
	}
	if len(n.Terms) > maxTerms {
		return n, nil, fault.New(fault.Invalid, "download.too_many_terms", "These files come with too many different terms of use. Fetch fewer at once.")
	}
	if variant == Original {
		return n, reported, nil
	}
	rows, err = tx.Query(ctx, sqlPresetTerms, pgx.StrictNamedArgs{"name": variant, "tenant": who.Tenant})
	if err != nil {
		return n, nil, err
	}
	of2, err := pgx.CollectRows(rows, pgx.RowTo[map[string]string])
	for _, t := range of2 {
		n.Terms = addTerms(n.Terms, t, variant)
	}
	return n, reported, err
}

// addTerms adds terms to a list, each once.
func addTerms(list []Terms, texts map[string]string, preset string) []Terms {
	texts = maps.Clone(texts)
	maps.DeleteFunc(texts, func(_, text string) bool { return strings.TrimSpace(text) == "" })
	if len(texts) == 0 {
		return list
	}
	b, _ := json.Marshal(texts) // with its keys in order
	sum := sha256.Sum256(b)
	t := Terms{hex.EncodeToString(sum[:16]), texts, preset}
	if slices.ContainsFunc(list, func(o Terms) bool { return o.ID == t.ID }) {
		return list
	}
	return append(list, t)
}

// Needs says what has to come with a request for these assets in a variant, of
// those that who may see. Of a guest the caller asks the link first which they are.
func (s *Service) Needs(ctx context.Context, who access.Actor, assets []id.Asset, variant string) (n Needs, err error) {
	err = access.In(ctx, s.db, who, func(tx pg.Tx) error {
		for _, i := range assets {
			if who.Kind == access.Link { // the link has said that it shows them
				break
			}
			a, err := s.look(ctx, tx, who, i, "")
			if err == nil {
				err = asset.AllowedBytes(a, who, access.View, s.now())
			}
			if err != nil {
				return err
			}
		}
		n, _, err = needs(ctx, tx, who, assets, variant)
		return err
	})
	return n, err
}

// Unasked returns nil if what a preset makes of an asset may be shown to who
// without a word on what for; else what has to be said, as a download's request
// is told. What every asset is shown by needs nothing.
func (s *Service) Unasked(ctx context.Context, who access.Actor, of id.Asset, preset string) error {
	if slices.ContainsFunc(rendition.Presets(), func(p rendition.Preset) bool { return p.Name == preset }) {
		return nil
	}
	n, err := s.Needs(ctx, who, []id.Asset{of}, preset)
	if err == nil && (n.Report || len(n.Terms) > 0) {
		err = missing(n)
	}
	return err
}

// missing is the fault that says what a request needs.
func missing(n Needs) error {
	b, err := json.Marshal(n)
	if err != nil {
		return err
	}
	text := "Say first what you will use this for, and accept the terms that go with it."
	if !n.Report {
		text = "Accept the terms of use that go with this first."
	}
	return &fault.Error{Kind: fault.Conflict, Code: CodeReport, Text: text, Extra: map[string]string{"needs": string(b)}}
}

// clean makes a report fit to keep, or says what is wrong with it.
func (r *Report) clean(now time.Time, guest bool) error {
	wrong := map[string]string{}
	text := func(field string, s *string, line bool, least, most int, say string) {
		clean, ok := plain.Text(*s)
		if line {
			clean, ok = plain.Line(*s)
		}
		if n := utf8.RuneCountInString(clean); !ok || n < least || n > most {
			wrong[field] = say
		}
		*s = clean
	}
	text("report.purpose", &r.Purpose, false, 1, 500, "what it will be used for, in 1 to 500 characters")
	text("report.place", &r.Place, true, 1, 300, "where, in one line of 1 to 300 characters")
	least := 0
	if guest {
		least = 1
	}
	text("report.name", &r.Name, true, least, 200, "a name of 1 to 200 characters")
	r.Channels = slices.Clone(r.Channels)
	slices.Sort(r.Channels)
	r.Channels = slices.Compact(r.Channels)
	if len(r.Channels) == 0 || slices.ContainsFunc(r.Channels, func(c string) bool { return !slices.Contains(Channels(), c) }) {
		wrong["report.channels"] = "at least one of " + strings.Join(Channels(), ", ")
	}
	if r.Until != nil && r.Until.Before(now.AddDate(0, 0, -1)) {
		wrong["report.until"] = "a day that is not over"
	}
	if len(wrong) > 0 {
		return fault.Fields("download.report", "Something is missing in what you say it will be used for.", wrong)
	}
	return nil
}

const sqlTerms = `insert into accepted_terms (tenant_id, id, texts) values (@tenant, @id, @texts) on conflict do nothing`

const sqlReport = `
	insert into usage_report (id, tenant_id, asset_id, grant_id, variant, purpose, channels, place, until, terms, actor_kind, actor_id, name, created_at)
	select r.id, @tenant, r.asset, @grant, @variant, @purpose, @channels, @place, @until, @terms, @kind, @actor, @name, @now
	from unnest(@ids::uuid[], @assets::uuid[]) as r(id, asset)`

// report holds a request against what it needs, and keeps what was said, in the
// transaction that grants it. Terms that had to be accepted where no report is
// demanded are noted in the log of deeds: it returns them.
func (s *Service) report(ctx context.Context, tx pg.Tx, who access.Actor, g granted) ([]string, error) {
	n, reported, err := needs(ctx, tx, who, g.assets, g.variant)
	if err != nil || !n.Report && len(n.Terms) == 0 {
		return nil, err
	}
	terms := []string{}
	for _, t := range n.Terms {
		if g.report == nil || !slices.Contains(g.report.Accepted, t.ID) {
			return nil, missing(n)
		}
		terms = append(terms, t.ID)
		if _, err := tx.Exec(ctx, sqlTerms, pgx.StrictNamedArgs{"tenant": who.Tenant, "id": t.ID, "texts": t.Texts}); err != nil {
			return nil, fmt.Errorf("keep terms: %w", err)
		}
	}
	if !n.Report {
		return terms, nil
	}
	if g.report == nil || g.report.Purpose == "" && len(g.report.Channels) == 0 {
		return nil, missing(n)
	}
	r := *g.report
	if err := r.clean(s.now(), who.Kind == access.Link); err != nil {
		return nil, err
	}
	ids := make([]id.Report, len(reported))
	for i := range ids {
		ids[i] = id.New[id.Report]()
	}
	if _, err := tx.Exec(ctx, sqlReport, pgx.StrictNamedArgs{
		"ids": id.Raw(ids), "assets": id.Raw(reported), "tenant": who.Tenant, "grant": g.id, "variant": g.variant, "purpose": r.Purpose,
		"channels": r.Channels, "place": r.Place, "until": r.Until, "terms": terms, "kind": string(who.Kind), "actor": who.ID, "name": r.Name, "now": s.now(),
	}); err != nil {
		return nil, fmt.Errorf("keep a report: %w", err)
	}
	return terms, nil
}

// granted is what a report is about.
type granted struct {
	id      uuid.UUID // of the ticket or archive
	assets  []id.Asset
	variant string
	report  *Report
}

const sqlFetched = `update usage_report set fetched_at = @now where grant_id = @grant and tenant_id = @tenant and fetched_at is null`

// fetched notes that the bytes that reports are about begin to leave.
func fetched(ctx context.Context, tx pg.Tx, tenant id.Tenant, grant uuid.UUID, now time.Time) error {
	_, err := tx.Exec(ctx, sqlFetched, pgx.StrictNamedArgs{"grant": grant, "tenant": tenant, "now": now})
	return err
}
