// SPDX-License-Identifier: Apache-2.0

package search

import (
	"slices"
	"strings"
	"testing"
	"time"

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
	got, with := pages()
	if !slices.Equal(want, got) {
		t.Errorf("of %q %v are found by the index of the newest, and %v without it", word, got, want)
	}
	if !slices.Contains(with, "asset_search_recent") {
		t.Errorf("hits of %q are found by %s", word, strings.Join(slices.Compact(with), ", "))
	}
}
