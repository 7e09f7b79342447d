// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Lexemes of what work queues hold.
const (
	flagNoAlt      = "&is=no-alt"
	flagIncomplete = "&is=incomplete"
	flagTwin       = "&is=twin"
)

func ownedBy(account string) string { return "&owner=" + account }

// How new is new, and how soon something expires that is said to.
const (
	newFor   = 7 * 24 * time.Hour
	soonMost = 30 * 24 * time.Hour
)

func flag(lexeme string) made {
	q := quoted(lexeme)
	return made{first: q, wide: q, positive: true}
}

// is wants what a work queue holds.
func (m *maker) is(a atom) (made, error) {
	switch name := isNames[strings.ToLower(a.value)]; name {
	case "new":
		return made{sql: "(a.created_at >= " + m.bind(m.now.Add(-newFor)) + "::timestamptz)"}, nil
	case "mine":
		if m.who.Account.IsZero() {
			return made{sql: "(a.created_by = " + m.bind(m.who.ID) + ")"}, nil
		}
		return flag(ownedBy(m.who.Account.String())), nil
	case "incomplete":
		return flag(flagIncomplete), nil
	case "no-alt":
		return flag(flagNoAlt), nil
	case "duplicate":
		return m.duplicate(), nil
	case "expiring":
		return m.within(soonMost), nil
	case "expired", "embargoed", "failed", "quarantined":
		return m.state(a, name)
	}
	if value := strings.ToLower(a.value); approvalNames[value] != "" {
		return m.approval(a, value)
	}
	return made{}, a.wrong("write archived or another approval state, or new, mine, incomplete, no-alt, duplicate, expiring, expired, embargoed, failed or quarantined")
}

// duplicate wants that another asset that the asker sees has the same bytes or
// looks the same. The mark says that there was one; whether there is, is asked.
func (m *maker) duplicate() made {
	tenant := m.bind(m.who.Tenant)
	seen := " and d.id <> a.asset_id and d.acl_id = any(@acls::bigint[]) and " + asset.SQLSeenOf("d")
	c := flag(flagTwin)
	c.sql = "(exists (select from asset t join asset d on d.tenant_id = " + tenant + " and d.sha256 = t.sha256 where t.id = a.asset_id" + seen + ")" +
		" or exists (select from asset t join likeness l on l.revision_id = t.revision_id join likeness n on n.tenant_id = " + tenant + " and n.family = l.family" +
		" join asset d on d.revision_id = n.revision_id and d.kind in ('image', 'video') where t.id = a.asset_id" + seen + "))"
	return c
}

func (m *maker) within(d time.Duration) made {
	return made{sql: "(a.expires_at > " + m.bind(m.now) + "::timestamptz and a.expires_at <= " + m.bind(m.now.Add(d)) + "::timestamptz)"}
}

// owner wants that somebody is responsible for the asset.
func (m *maker) owner(a atom) (made, error) {
	value := strings.ToLower(a.value)
	switch {
	case meNames[value] != "":
		return flag(ownedBy(m.who.Account.String())), nil
	case nobodyNames[value] != "":
		return made{sql: "exists (select from asset t where t.id = a.asset_id and t.owner_id is null)"}, nil
	}
	if one, err := id.Parse[id.Account](value); err == nil {
		return flag(ownedBy(one.String())), nil
	}
	return made{}, a.wrong("write me, nobody, or the identifier of an account")
}

// expires wants that an asset expires in a span of dates, or within some days.
func (m *maker) expires(a atom) (made, error) {
	value := strings.ToLower(strings.TrimSpace(a.value))
	if n, ok := strings.CutSuffix(value, "d"); ok {
		if days, err := strconv.Atoi(n); err == nil && days > 0 && days <= 36_500 {
			return m.within(time.Duration(days) * 24 * time.Hour), nil
		}
	}
	from, before, ok := period(value)
	if !ok {
		return made{}, a.wrong("write a date such as 2027, 2027-05, ..2027-05-31, or 30d for the next 30 days")
	}
	parts := []string{"a.expires_at is not null"}
	if !from.IsZero() {
		parts = append(parts, "a.expires_at >= "+m.bind(from)+"::timestamptz")
	}
	if !before.IsZero() {
		parts = append(parts, "a.expires_at < "+m.bind(before)+"::timestamptz")
	}
	return made{sql: "(" + strings.Join(parts, " and ") + ")"}, nil
}

const sqlTwins = `
	select t.id, d.id from asset t join asset d on d.tenant_id = @tenant and d.sha256 = t.sha256 and d.id <> t.id and d.deleted_at is null
		where t.id = any(@assets::uuid[])
	union
	select t.id, d.id from asset t join likeness l on l.revision_id = t.revision_id and l.family is not null
		join likeness n on n.tenant_id = @tenant and n.family = l.family and n.revision_id <> l.revision_id
		join asset d on d.revision_id = n.revision_id and d.id <> t.id and d.deleted_at is null
		where t.id = any(@assets::uuid[])
	limit 5000`

const sqlMarkTwins = `
	update asset_search s set words = s.words || (@mark::text)::tsvector
	where s.asset_id = any(@assets::uuid[]) and not s.words @@ (@mark::text)::tsquery`

// twins says which of the assets have others of the same bytes or look, and
// marks those others so.
func (*Service) twins(ctx context.Context, tx pg.Tx, tenant id.Tenant, assets []id.Asset) (map[id.Asset]bool, error) {
	rows, err := tx.Query(ctx, sqlTwins, pgx.StrictNamedArgs{"tenant": tenant, "assets": id.Raw(assets)})
	if err != nil {
		return nil, fmt.Errorf("find twins: %w", err)
	}
	out, others := map[id.Asset]bool{}, []id.Asset{}
	var one, other id.Asset
	if _, err := pgx.ForEachRow(rows, []any{&one, &other}, func() error {
		out[one], others = true, append(others, other)
		return nil
	}); err != nil || len(others) == 0 {
		return out, err
	}
	_, err = tx.Exec(ctx, sqlMarkTwins, pgx.StrictNamedArgs{"mark": quoted(flagTwin), "assets": id.Raw(others)})
	return out, err
}

// Queue is a list of work that waits for somebody.
type Queue struct {
	Name         string // new, mine, incomplete, …
	Q            string // the query that finds it
	Count        int    // counted up to Cap
	CountIsExact bool
}

// queues are the work queues, in the order in which they are shown.
var queues = []Queue{
	{Name: "new", Q: "is:new"},
	{Name: "mine", Q: "is:mine"},
	{Name: "incomplete", Q: "is:incomplete"},
	{Name: "no-alt", Q: "is:no-alt"},
	{Name: "duplicate", Q: "is:duplicate"},
	{Name: "expiring", Q: "is:expiring"},
	{Name: "expired", Q: "is:expired"},
	{Name: "failed", Q: "is:failed|quarantined"},
}

// Queues lists the work queues, with how much in them who sees.
func (s *Service) Queues(ctx context.Context, who access.Actor) ([]Queue, error) {
	if who.Kind == access.Nobody {
		return nil, who.Require(access.View)
	}
	out := make([]Queue, len(queues))
	for i, q := range queues {
		res, err := s.List(ctx, who, Query{Q: q.Q, Limit: 1, Sort: Newest})
		if err != nil {
			return nil, err
		}
		q.Count, q.CountIsExact = res.Total, res.TotalIsExact
		out[i] = q
	}
	return out, nil
}
