// SPDX-License-Identifier: Apache-2.0

package search

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// newestFirst checks that hits of a word that stands in every eighth asset are
// found by the index of the newest, and are the same as without it.
func newestFirst(t *testing.T, db *pg.DB, owner string, who access.Actor, now func() time.Time) {
	t.Helper()
	ctx := t.Context()
	var word string
	if err := pg.In(ctx, db, who.Tenant, func(tx pg.Tx) error {
		return tx.QueryRow(ctx, "select f.lexeme from search_frequencies() f where f.lexeme ~ '^[a-z]+$' and f.often between 0.12 and 0.16 order by f.often limit 1").Scan(&word)
	}); err != nil {
		t.Fatal(err)
	}
	pages := func() (list []id.Asset, indexes []string) {
		t.Helper()
		s := New(db, asset.New(db, nil, now), now)
		seen := &planner{t: t}
		q := Query{Q: `"` + word + `"`, Sort: Newest, Limit: 60}
		if err := pg.In(ctx, db, who.Tenant, func(tx pg.Tx) error {
			seen.Tx = tx
			for range 4 {
				r, err := s.list(ctx, seen, who, q)
				if err != nil {
					return err
				}
				for _, a := range r.Items {
					list = append(list, a.ID)
				}
				q.Cursor = r.Next
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return list, seen.indexes
	}
	want, without := pages()
	if len(want) != 240 || slices.Contains(without, "asset_search_recent") {
		t.Fatalf("without the index %d assets are found, by %v", len(want), without)
	}
	var first uint32
	for i := range 2 { // the second time there is nothing to do
		if err := pg.KeepRecent(ctx, owner, nil, 1000); err != nil {
			t.Fatal(err)
		}
		var now uint32
		if err := db.Pool().QueryRow(ctx, "select 'asset_search_recent'::regclass::oid").Scan(&now); err != nil {
			t.Fatal(err)
		}
		if i > 0 && now != first {
			t.Error("the index is made again though it has not grown")
		}
		first = now
	}
	got, _ := pages()
	if !slices.Equal(want, got) {
		t.Errorf("of %q %v are found by the index of the newest, and %v without it", word, got, want)
	}
	f := New(db, nil, now)
	if err := pg.In(ctx, db, who.Tenant, func(tx pg.Tx) error { return f.often.learn(ctx, tx, now()) }); err != nil {
		t.Fatal(err)
	}
	if part := f.often.newest().Part; part < 0.1 || part > 0.25 {
		t.Errorf("the newest are %v of all, want a sixth", part)
	}
	conn, err := pgx.Connect(ctx, owner)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	var plan strings.Builder
	rows, err := conn.Query(ctx, "explain select from asset_search_row where words @@ '"+word+"' and created_at >= $1", pgx.QueryExecModeSimpleProtocol, f.often.newest().Since)
	if err != nil {
		t.Fatal(err)
	}
	var line string
	if _, err := pgx.ForEachRow(rows, []any{&line}, func() error { plan.WriteString(line + "\n"); return nil }); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(plan.String(), "asset_search_recent") {
		t.Errorf("the newest are looked for so:\n%s", plan.String())
	}
}
