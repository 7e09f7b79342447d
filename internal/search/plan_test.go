// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
	"tillgang/internal/search/searchtest"
)

// TestListsAndSearchUseTheirIndexes runs the room's verbs in an archive of
// 20,000 assets as the role that row level security holds, and asks the
// database how it went about each statement.
func TestListsAndSearchUseTheirIndexes(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, owner := pgtest.Both(t)
	tenant := pgtest.Tenant(t, db)
	w, err := searchtest.Fill(ctx, db, owner, tenant, searchtest.Size{Assets: 20_000, Folders: 300, ACLs: 24, Groups: 20, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	house := access.HouseActor(tenant, "test")
	now := func() time.Time { return searchtest.Born.Add(time.Hour) }
	s := New(db, asset.New(db, nil, now), now)
	if err := s.Rebuild(ctx, house, nil); err != nil {
		t.Fatal(err)
	}
	if err := searchtest.Analyze(ctx, owner); err != nil {
		t.Fatal(err)
	}
	few, many := w.Person(w.Groups[2]), house
	rare := w.Words[len(w.Words)-1]
	for _, tt := range []struct {
		name string
		who  access.Actor
		q    Query
		want []string // indexes of which each must be used
		not  []string
	}{
		{"newest, few acls", few, Query{}, []string{"asset_search_all", "asset_search_plain"}, nil},
		{"newest, many acls", many, Query{}, []string{"asset_search_all", "asset_search_plain"}, []string{"asset_search_newest"}},
		{"a rare kind", few, Query{Kind: asset.Audio}, []string{"asset_search_kind"}, nil},
		{"by name", few, Query{Sort: Name}, nil, nil},
		{"by capture", few, Query{Sort: Captured}, nil, nil},
		{"a rare word", many, Query{Q: rare}, []string{"asset_search_words"}, nil},
		{"a rare word, few acls", few, Query{Q: rare, Sort: Newest}, []string{"asset_search_words"}, nil},
		{"a rare beginning", many, Query{Q: string([]rune(rare)[:len([]rune(rare))-1]) + "*"}, []string{"asset_search_words"}, nil},
		{"a rare keyword", many, Query{Tag: w.Tags[len(w.Tags)-1]}, []string{"asset_search_words"}, nil},
		{"a common word", many, Query{Q: "jpg", Limit: 60}, []string{"asset_search_all"}, nil},
		{"one folder", many, Query{Folder: w.Folders[len(w.Folders)-1]}, []string{"asset_search_folder"}, nil},
		{"a small subtree", many, Query{Folder: w.Folders[1], Subtree: true}, []string{"asset_search_folder"}, nil},
	} {
		seen := &planner{t: t}
		if err := pg.In(ctx, db, tenant, func(tx pg.Tx) error {
			seen.Tx = tx
			first, err := s.list(ctx, seen, tt.who, tt.q)
			if tt.q.Cursor = first.Next; err != nil || first.Next == "" {
				return err
			}
			_, err = s.list(ctx, seen, tt.who, tt.q)
			return err
		}); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		for _, want := range tt.want {
			if !slices.Contains(seen.indexes, want) {
				t.Errorf("%s: %s is not used, but %v\n%s", tt.name, want, seen.indexes, strings.Join(seen.plans, "\n"))
			}
		}
		for _, not := range tt.not {
			if slices.Contains(seen.indexes, not) {
				t.Errorf("%s: %s is used\n%s", tt.name, not, strings.Join(seen.plans, "\n"))
			}
		}
		if slices.Contains(seen.whole, "asset_search_row") || slices.Contains(seen.whole, "asset") {
			t.Errorf("%s: a whole table is read\n%s", tt.name, strings.Join(seen.plans, "\n"))
		}
	}
	seen := &planner{t: t}
	if err := pg.In(ctx, db, tenant, func(tx pg.Tx) error {
		seen.Tx = tx
		c := newCompleter(completed)
		asset.Sight{ACLs: w.ACLs}.Bind(c.seen, many, now())
		for _, start := range []string{"a", string([]rune(rare)[:2])} {
			if err := c.propose(ctx, seen, many, start); err != nil {
				return err
			}
		}
		return c.ask(ctx, seen)
	}); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(seen.indexes, "search_value_pkey") || !slices.Contains(seen.indexes, "asset_search_row_pkey") || len(seen.whole) > 0 {
		t.Errorf("completion goes about it so:\n%s", strings.Join(seen.plans, "\n"))
	}
	newestFirst(t, db, owner, many, now)
}

// planner is a transaction that explains each statement, with its own
// arguments, before it runs it.
type planner struct {
	pgx.Tx
	t       *testing.T
	indexes []string // that were used
	whole   []string // tables that were read from one end to the other
	plans   []string
}

type node struct {
	Type  string `json:"Node Type"`
	Index string `json:"Index Name"`
	Table string `json:"Relation Name"`
	Plans []node
}

func (p *planner) explain(ctx context.Context, sql string, args []any) {
	p.t.Helper()
	var b []byte
	if err := p.Tx.QueryRow(ctx, "explain (format json) "+sql, args...).Scan(&b); err != nil {
		p.t.Fatalf("%v: %s", err, sql)
	}
	var plan []struct{ Plan node }
	if err := json.Unmarshal(b, &plan); err != nil {
		p.t.Fatal(err)
	}
	var walk func(n node)
	walk = func(n node) {
		if n.Index != "" {
			p.indexes = append(p.indexes, n.Index)
		}
		if n.Type == "Seq Scan" {
			p.whole = append(p.whole, n.Table)
		}
		for _, c := range n.Plans {
			walk(c)
		}
	}
	walk(plan[0].Plan)
	p.plans = append(p.plans, sql+"\n"+string(b))
}

func (p *planner) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	p.explain(ctx, sql, args)
	return p.Tx.Query(ctx, sql, args...)
}

func (p *planner) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	p.explain(ctx, sql, args)
	return p.Tx.QueryRow(ctx, sql, args...)
}

// SendBatch explains what is read and not only set.
func (p *planner) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	for _, q := range b.QueuedQueries {
		if strings.Contains(q.SQL, "set_config") {
			if _, err := p.Exec(ctx, q.SQL, q.Arguments...); err != nil {
				p.t.Error(err)
			}
			continue
		}
		if strings.HasPrefix(q.SQL, "explain ") {
			continue // it asks for a plan itself
		}
		p.explain(ctx, q.SQL, q.Arguments)
	}
	return p.Tx.SendBatch(ctx, b)
}
