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

	narrow   string  // the words to look up by the index if that is cheaper than by all; the others are then looked at in the rows
	postings float64 // what the index is read for them
	rows     float64 // the rows it leads to
	looked   float64 // those of them whose words are looked at
	recent   recent
}

// The ways to hits of words.
type way int

const (
	throughWords way = iota // by the index of words to all of them, which are then put in order
	throughEra              // likewise, to those among the newest assets of all, which have an index of their own
	alongAll                // along the newest assets of all
	alongEach               // along the order under each acl or in each folder
)

// What a row costs, in microseconds, about, measured in an archive of a million
// assets: one in the index of words, one fetched because of it, one whose words
// are looked at, one that is passed over in an index.
const (
	costOfPosting = 0.5
	costOfRow     = 4
	costOfWords   = 7
	costOfSkip    = 0.2

	farthest = 20_000 // how many assets that the asker sees are looked at, at most, before another way is taken
	cheap    = 10_000 // whatever costs no more than this is done whole, so that the hits are counted
)

// way chooses the cheapest way to n hits, and of alongAll after how many assets
// that the asker sees it is left.
func (sc *scope) way(s sight, n int) (w way, over int) {
	need := float64(n) * s.seen / max(s.hits, 1)
	best := s.lookup(1)
	if each := s.seen * costOfWords; each < best {
		w, best = alongEach, each
	}
	if best <= cheap || sc.inFolders || sc.Sort != Newest && sc.Sort != Relevance {
		return w, 0
	}
	if along := need * (s.all/max(s.seen, 1)*costOfSkip + costOfWords); along < best {
		w, best, over = alongAll, along, min(max(4*int(need), 500), farthest)
	}
	if part := s.recent.Part; part > 0 && s.hits*part >= 1.2*float64(n) && s.lookup(part) < best {
		w, over = throughEra, 0
	}
	return w, over
}

// lookup is what it costs to find hits by the index of words, in one part of all
// assets.
func (s sight) lookup(part float64) float64 {
	return part * (s.postings*costOfPosting + s.rows*costOfRow + s.looked*costOfWords)
}

// skip is how much of the index of the newest assets is looked through for over
// of them that the asker sees.
func (s sight) skip(over int) int { return over + int(4*float64(over)*s.all/max(s.seen, 1)) }

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
	seen := pgx.StrictNamedArgs{"acls": sc.acls}
	where := []string{"a.acl_id = any(@acls::bigint[])"}
	if sc.inFolders {
		where, seen["folders"] = append(where, "a.folder_id = any(@folders::uuid[])"), id.Raw(sc.folders)
	}
	if s.seen, ok = sc.known.get(under, sc.at); !ok {
		rows(&s.seen, seen, where...)
	}
	further := sc.sql != "" || sc.Kind != "" || sc.State != ""
	left := 0.0
	if further {
		args := pgx.StrictNamedArgs{}
		rows(&left, args, sc.within(args)...)
	}
	if err := sc.often.learn(ctx, tx, sc.at); err != nil {
		return s, err
	}
	if b.Len() > 0 {
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return s, fmt.Errorf("expect hits: %w", err)
		}
	}
	part := sc.often.rows(ask)
	s.words = s.all * part
	s.hits = s.seen * part
	if further {
		s.hits = left * part
	}
	s.postings, s.rows, s.recent = s.all*sc.often.read(ask), s.words, sc.often.newest()
	if few := narrow(ask); few != "" {
		some := sc.often.rows(few)
		by := sight{narrow: few, postings: s.all * sc.often.read(few), rows: s.all * some, looked: s.seen * some}
		if by.lookup(1) < s.lookup(1) {
			s.narrow, s.postings, s.rows, s.looked = by.narrow, by.postings, by.rows, by.looked
		}
	}
	sc.known.put(every, s.all, sc.at)
	sc.known.put(under, s.seen, sc.at)
	return s, nil
}
