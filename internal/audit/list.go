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
type Service struct {
	db *pg.DB

	// LieTx tells which of the subjects are a folder, lie below it or in one that
	// does, now. Without it none does.
	LieTx func(ctx context.Context, tx pg.Tx, who access.Actor, folder string, subjects []string) (map[string]bool, error)
}

// New returns the room; its hook does nothing yet.
func New(db *pg.DB) *Service {
	return &Service{db: db, LieTx: func(context.Context, pg.Tx, access.Actor, string, []string) (map[string]bool, error) {
		return map[string]bool{}, nil
	}}
}

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
	Folder  string    // outer identifier: deeds done to it and to what lies in it now, however deep
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

// List returns the tenant's deeds, newest first. It needs ReadAudit. With a
// folder a page may hold fewer deeds than asked for, even none, and yet not be
// the last one: so much of the log is looked at for one page and no more.
func (s *Service) List(ctx context.Context, who access.Actor, f Filter) (p page.Page[Row], err error) {
	if err := s.mayList(who, f); err != nil {
		return p, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		p, err = s.list(ctx, tx, who, f)
		return err
	})
	return p, err
}

func (s *Service) mayList(who access.Actor, f Filter) error {
	if err := who.Require(access.ReadAudit); err != nil {
		return err
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		return fault.Fields("audit.filter", "This period is empty.", map[string]string{"to": "Choose a moment after the beginning of the period."})
	}
	return nil
}

// ForSubjectTx returns the deeds done to one thing, newest first. It does not
// ask for a right: the caller has made sure that who holds ReadHistory on it.
func ForSubjectTx(ctx context.Context, tx pg.Tx, who access.Actor, subject, cursor string, limit int) (page.Page[Row], error) {
	return new(Service).list(ctx, tx, who, Filter{Subject: subject, Cursor: cursor, Limit: limit})
}

func (s *Service) list(ctx context.Context, tx pg.Tx, who access.Actor, f Filter) (p page.Page[Row], err error) {
	key, err := json.Marshal([]any{"audit", f.Verb, f.Actor, f.Subject, f.Folder, f.From, f.To})
	if err != nil {
		return p, fault.Fields("audit.filter", "This period cannot be read.", map[string]string{"from": "Choose a moment between the years 0 and 9999."})
	}
	var before int64
	if _, err := page.Read(f.Cursor, string(key), &before); err != nil {
		return p, err
	}
	limit := page.Limit(f.Limit)
	if f.Folder != "" {
		return s.inFolder(ctx, tx, who, f, before, func(seq int64) string { return page.Cursor(string(key), seq) })
	}
	items, err := read(ctx, tx, who, f, before, limit+1)
	return page.Cut(items, limit, string(key), func(r Row) []any { return []any{r.Seq} }), err
}

// read returns up to most deeds before a place in the chain; 0: from its end.
func read(ctx context.Context, tx pg.Tx, who access.Actor, f Filter, before int64, most int) ([]Row, error) {
	rows, err := tx.Query(ctx, sqlList, pgx.StrictNamedArgs{
		"tenant": who.Tenant, "verb": f.Verb, "actor": f.Actor, "subject": f.Subject,
		"from": orNull(f.From), "to": orNull(f.To), "before": before, "limit": most,
	})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Row])
}

// How much of the log is looked at for a page of one folder's deeds.
const (
	lookedAtOnce = 1000
	lookedAtMost = 20_000
)

// inFolder reads on and leaves out what was done elsewhere.
func (s *Service) inFolder(ctx context.Context, tx pg.Tx, who access.Actor, f Filter, before int64, cursor func(int64) string) (p page.Page[Row], err error) {
	p.Items = []Row{}
	for range lookedAtMost / lookedAtOnce {
		rows, err := read(ctx, tx, who, f, before, lookedAtOnce)
		if err != nil {
			return p, err
		}
		in, err := s.keep(ctx, tx, who, f, rows)
		if err != nil {
			return p, err
		}
		if left := page.Limit(f.Limit) - len(p.Items); len(in) > left {
			p.Items = append(p.Items, in[:left]...)
			p.Next = cursor(p.Items[len(p.Items)-1].Seq)
			return p, nil
		}
		p.Items = append(p.Items, in...)
		if len(rows) < lookedAtOnce {
			return p, nil
		}
		before = rows[len(rows)-1].Seq
	}
	p.Next = cursor(before)
	return p, nil
}

// keep returns those of the deeds that the filter's folder allows.
func (s *Service) keep(ctx context.Context, tx pg.Tx, who access.Actor, f Filter, rows []Row) (in []Row, err error) {
	if f.Folder == "" || len(rows) == 0 {
		return rows, nil
	}
	subjects := make([]string, len(rows))
	for i, r := range rows {
		subjects[i] = r.Subject
	}
	lie, err := s.LieTx(ctx, tx, who, f.Folder, subjects)
	for _, r := range rows {
		if lie[r.Subject] {
			in = append(in, r)
		}
	}
	return in, err
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
