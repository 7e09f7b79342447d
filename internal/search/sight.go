// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// sight is how many rows the database expects, by what it knows of the
// commonest words and acls. It steers and says nothing to anybody: when it is
// wrong, the same hits take longer.
type sight struct {
	all   float64 // the tenant's assets
	seen  float64 // those under the asker's acls, in the folders that are asked for
	words float64 // those that have the words
	hits  float64 // those of them that are hits
}

// The ways to hits of words.
type way int

const (
	throughWords way = iota // by the index of words to all of them, which are then put in order
	alongAll                // along the newest assets of all
	alongEach               // along the order under each acl or in each folder
)

// What a row costs, in microseconds, about: one that the index of words leads
// to, one whose words are looked at, one that is passed over in an index.
const (
	costOfHit   = 1.4
	costOfWords = 7
	costOfSkip  = 0.2
)

// way chooses the cheapest way to n hits, and of alongAll after how many assets
// that the asker sees it is left.
func (sc *scope) way(s sight, n int) (w way, over int) {
	need := float64(n) * s.seen / max(s.hits, 1)
	best := s.words * costOfHit
	if each := s.seen * costOfWords; each < best {
		w, best = alongEach, each
	}
	if sc.inFolders || sc.Sort != Newest && sc.Sort != Relevance {
		return w, 0
	}
	if along := need * (s.all/max(s.seen, 1)*costOfSkip + costOfWords); along < best {
		w = alongAll
	}
	return w, min(max(4*int(need), 500), 20_000)
}

// skip is how much of the index of the newest assets is looked through for over
// of them that the asker sees.
func (s sight) skip(over int) int { return over + int(1.5*float64(over)*s.all/max(s.seen, 1)) }

// expect asks what to expect of a query of words.
func (sc *scope) expect(ctx context.Context, tx pg.Tx, ask string) (s sight, err error) {
	b := &pgx.Batch{}
	rows := func(into *float64, args pgx.StrictNamedArgs, where ...string) {
		sql := "explain (format json) select from asset_search a"
		if len(where) > 0 {
			sql += " where " + strings.Join(where, " and ")
		}
		b.Queue(sql, args).QueryRow(func(row pgx.Row) error {
			var plan []byte
			if err := row.Scan(&plan); err != nil {
				return err
			}
			var top []struct {
				Plan struct {
					Rows float64 `json:"Plan Rows"`
				} `json:"Plan"`
			}
			if err := json.Unmarshal(plan, &top); err != nil || len(top) == 0 {
				return fmt.Errorf("read a plan: %w", err)
			}
			*into = top[0].Plan.Rows
			return nil
		})
	}
	every, under := (&scope{tenant: sc.tenant}).about("all", false), sc.about("seen", true)
	var ok bool
	if s.all, ok = sc.known.get(every, sc.at); !ok {
		rows(&s.all, pgx.StrictNamedArgs{})
	}
	if s.seen, ok = sc.known.get(under, sc.at); !ok {
		seen := pgx.StrictNamedArgs{"acls": sc.acls}
		where := []string{"a.acl_id = any(@acls::bigint[])"}
		if sc.inFolders {
			where, seen["folders"] = append(where, "a.folder_id = any(@folders::uuid[])"), id.Raw(sc.folders)
		}
		rows(&s.seen, seen, where...)
	}
	rows(&s.words, pgx.StrictNamedArgs{"ask": ask}, asked)
	further := sc.sql != "" || sc.Kind != "" || sc.State != ""
	if further {
		hits := pgx.StrictNamedArgs{"ask": ask}
		rows(&s.hits, hits, append(sc.within(hits), asked)...)
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return s, fmt.Errorf("expect hits: %w", err)
	}
	if !further { // as the database would reckon
		s.hits = s.words * min(s.seen/max(s.all, 1), 1)
	}
	sc.known.put(every, s.all, sc.at)
	sc.known.put(under, s.seen, sc.at)
	return s, nil
}
