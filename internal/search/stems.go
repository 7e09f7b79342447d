// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/pg"
)

// maxStems is how many words' stems are remembered: some megabytes.
const maxStems = 30_000

// stems knows words' stems, which the database finds and which never change
// while the program runs. It is safe for concurrent use.
type stems struct {
	mu    sync.RWMutex
	known map[string][]string
}

const sqlStems = `select w, search_stems(w) from unnest(@words::text[]) w`

// of returns the stems of each word of list.
func (s *stems) of(ctx context.Context, tx pg.Tx, list []string) (map[string][]string, error) {
	out := make(map[string][]string, len(list))
	b := &pgx.Batch{}
	if s.queue(b, list, out); b.Len() == 0 {
		return out, nil
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("find stems: %w", err)
	}
	return out, nil
}

// queue puts the stems of each word of list into out: those that are known at
// once, the others when the batch is sent.
func (s *stems) queue(b *pgx.Batch, list []string, out map[string][]string) {
	var ask []string
	s.mu.RLock()
	for _, w := range list {
		if strings.Trim(w, "0123456789") == "" {
			continue // numbers have one form
		}
		if known, ok := s.known[w]; ok {
			out[w] = known
		} else {
			ask = append(ask, w)
		}
	}
	s.mu.RUnlock()
	if len(ask) == 0 {
		return
	}
	b.Queue(sqlStems, pgx.StrictNamedArgs{"words": ask}).Query(func(rows pgx.Rows) error {
		var word string
		var found []string
		_, err := pgx.ForEachRow(rows, []any{&word, &found}, func() error {
			out[word] = found
			found = nil
			return nil
		})
		if err == nil {
			s.learn(ask, out)
		}
		return err
	})
}

// learn remembers the words' stems.
func (s *stems) learn(words []string, stems map[string][]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known)+len(words) > maxStems {
		s.known = map[string][]string{}
	}
	if len(words) <= maxStems {
		for _, w := range words {
			s.known[w] = stems[w]
		}
	}
}
