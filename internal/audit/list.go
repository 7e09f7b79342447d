// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

// Service answers questions about the log. It is safe for concurrent use.
type Service struct{ db *pg.DB }

// New returns the room.
func New(db *pg.DB) *Service { return &Service{db} }

// Row is one deed as it stands in the log.
type Row struct {
	Seq       int64 // its place in the tenant's chain, from 1
	At        time.Time
	ActorKind access.Kind
	ActorID   string
	Verb      string
	Subject   string
	Detail    json.RawMessage // an object
}

// Filter narrows the log; zero members narrow nothing.
type Filter struct {
	Verb    string    // beginning of the verb: "asset." or "asset.delete"
	Actor   string    // outer identifier
	Subject string    // outer identifier
	From    time.Time // at or after
	To      time.Time // before
	Cursor  string
	Limit   int
}

const sqlList = `
	select seq, at, actor_kind, actor_id, verb, subject, detail
	from audit_entry
	where tenant_id = @tenant
		and (@verb = '' or starts_with(verb, @verb))
		and (@actor = '' or actor_id = @actor)
		and (@subject = '' or subject = @subject)
		and (@from::timestamptz is null or at >= @from)
		and (@to::timestamptz is null or at < @to)
		and (@before = 0 or seq < @before)
	order by seq desc
	limit @limit`

// List returns the tenant's deeds, newest first. It needs ReadAudit.
func (s *Service) List(ctx context.Context, who access.Actor, f Filter) (p page.Page[Row], err error) {
	if err := who.Require(access.ReadAudit); err != nil {
		return p, err
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		return p, fault.Fields("audit.filter", "This period is empty.", map[string]string{"to": "Choose a moment after the beginning of the period."})
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		p, err = list(ctx, tx, who, f)
		return err
	})
	return p, err
}

// ForSubjectTx returns the deeds done to one thing, newest first. It does not
// ask for a right: the caller has made sure that who holds ReadHistory on it.
func ForSubjectTx(ctx context.Context, tx pg.Tx, who access.Actor, subject, cursor string, limit int) (page.Page[Row], error) {
	return list(ctx, tx, who, Filter{Subject: subject, Cursor: cursor, Limit: limit})
}

func list(ctx context.Context, tx pg.Tx, who access.Actor, f Filter) (p page.Page[Row], err error) {
	key, err := json.Marshal([]any{"audit", f.Verb, f.Actor, f.Subject, f.From, f.To})
	if err != nil {
		return p, fault.Fields("audit.filter", "This period cannot be read.", map[string]string{"from": "Choose a moment between the years 0 and 9999."})
	}
	var before int64
	if _, err := page.Read(f.Cursor, string(key), &before); err != nil {
		return p, err
	}
	limit := page.Limit(f.Limit)
	rows, err := tx.Query(ctx, sqlList, pgx.StrictNamedArgs{
		"tenant": who.Tenant, "verb": f.Verb, "actor": f.Actor, "subject": f.Subject,
		"from": orNull(f.From), "to": orNull(f.To), "before": before, "limit": limit + 1,
	})
	if err != nil {
		return p, err
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByName[Row])
	return page.Cut(items, limit, string(key), func(r Row) []any { return []any{r.Seq} }), err
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
