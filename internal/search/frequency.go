// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/pg"
)

// frequencies knows how often lexemes stand in the archive's rows, as the
// database counted when it last looked. It steers how words are looked for; when
// it is wrong, the same hits take longer. It is safe for concurrent use.
type frequencies struct {
	mu      sync.RWMutex
	lexemes []string // in order
	often   []float64
	rest    float64 // how often any other stands there at most
	recent  recent
	until   time.Time
}

// recent are the newest assets, whose words have an index of their own.
type recent struct {
	Since time.Time
	Part  float64 // of all; 0: there is no such index
}

const sqlRecent = `select r.since, r.part from search_recent() r`

// newest are the newest assets.
func (f *frequencies) newest() recent {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.recent
}

// frequentFor is how long frequencies are good. A few megabytes are read then.
const frequentFor = 10 * time.Minute

const sqlFrequencies = `select f.lexeme, f.often from search_frequencies() f order by f.lexeme collate "C"`

// learn reads the frequencies, if they are old.
func (f *frequencies) learn(ctx context.Context, tx pg.Tx, now time.Time) error {
	f.mu.RLock()
	fresh := now.Before(f.until)
	f.mu.RUnlock()
	if fresh {
		return nil
	}
	rows, err := tx.Query(ctx, sqlFrequencies)
	if err != nil {
		return fmt.Errorf("read frequencies: %w", err)
	}
	var lexemes []string
	var often []float64
	rest := 0.002
	var one string
	var n float64
	if _, err := pgx.ForEachRow(rows, []any{&one, &n}, func() error {
		if one == "" {
			rest = n
			return nil
		}
		lexemes, often = append(lexemes, one), append(often, n)
		return nil
	}); err != nil {
		return fmt.Errorf("read frequencies: %w", err)
	}
	if rows, err = tx.Query(ctx, sqlRecent); err != nil {
		return fmt.Errorf("read what is recent: %w", err)
	}
	var r recent
	if _, err := pgx.ForEachRow(rows, []any{&r.Since, &r.Part}, func() error { return nil }); err != nil {
		return fmt.Errorf("read what is recent: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lexemes, f.often, f.rest, f.recent, f.until = lexemes, often, rest, r, now.Add(frequentFor)
	return nil
}

// of is in which part of the rows a lexeme stands, or one that begins so.
func (f *frequencies) of(lexeme string, beginning bool) float64 {
	f.mu.RLock()
	defer f.mu.RUnlock()
	at, found := slices.BinarySearch(f.lexemes, lexeme)
	if !beginning {
		if found {
			return f.often[at]
		}
		return f.rest / 4
	}
	sum := f.rest * 2 // rare ones, of which there may be many
	for ; at < len(f.lexemes) && strings.HasPrefix(f.lexemes[at], lexeme); at++ {
		sum += f.often[at]
	}
	return min(sum, 1)
}

// rows is in which part of the rows a condition on words holds, about. Words
// that are looked for together stand together more often than by chance: as
// much as the rarest, by the root of the next, by the root of its root, and so
// on. Of alternatives, which are mostly forms of one word, most rows have several.
func (f *frequencies) rows(ask string) float64 {
	r := estimate{rest: ask, of: f.of}
	return r.or()
}

// read is how much of the index is read to look a condition up, as a part of all
// rows: of words that must all stand there those of the rarest, of alternatives
// those of each, and all that begin so.
func (f *frequencies) read(ask string) float64 {
	r := estimate{rest: ask, of: f.of, read: true}
	return max(r.or(), f.beginnings(ask))
}

// beginnings is in which part of the rows the commonest of the words stands that
// only begin so.
func (f *frequencies) beginnings(ask string) (most float64) {
	r := estimate{rest: ask, of: func(lexeme string, beginning bool) float64 {
		n := f.of(lexeme, beginning)
		if beginning {
			most = max(most, n)
		}
		return n
	}}
	r.or()
	return most
}

// narrow splits off what makes a condition on words slow to look up: it returns
// those of the parts that must all hold in which no word only begins so, and is
// empty if that is none or all of them.
func narrow(ask string) string {
	var parts []string
	depth, start := 0, 0
	for i := 0; i < len(ask); i++ {
		switch ask[i] {
		case '\'':
			for i++; i < len(ask) && (ask[i] != '\'' || i+1 < len(ask) && ask[i+1] == '\''); i++ {
				if ask[i] == '\'' || ask[i] == '\\' {
					i++
				}
			}
		case '(':
			depth++
		case ')':
			depth--
		case '|':
			if depth == 0 {
				return ""
			}
		case '&':
			if depth == 0 {
				parts, start = append(parts, ask[start:i]), i+1
			}
		}
	}
	var exact []string
	for _, p := range append(parts, ask[start:]) {
		if !strings.Contains(p, "':*") && !strings.HasPrefix(strings.TrimSpace(p), "!") {
			exact = append(exact, strings.TrimSpace(p))
		}
	}
	if len(exact) == len(parts)+1 {
		return ""
	}
	return strings.Join(exact, " & ")
}

// estimate reads the tsqueries that this room writes.
type estimate struct {
	rest string
	read bool // how much is read for it
	of   func(lexeme string, beginning bool) float64
}

// next takes a sign that may stand next.
func (r *estimate) next(sign string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(r.rest, " "), sign)
	if ok {
		r.rest = rest
	}
	return ok
}

func (r *estimate) or() float64 {
	sum := r.and()
	most := sum
	for r.next("|") {
		one := r.and()
		sum, most = sum+one, max(most, one)
	}
	if r.read {
		return sum
	}
	return min(most+(sum-most)/4, 1)
}

func (r *estimate) and() float64 {
	parts := []float64{r.one()}
	for r.next("&") || r.next("<->") {
		parts = append(parts, r.one())
	}
	slices.Sort(parts)
	if r.read {
		return parts[0]
	}
	out, power := 1.0, 1.0
	for _, p := range parts {
		out *= math.Pow(p, power)
		power /= 2
	}
	return out
}

func (r *estimate) one() float64 {
	switch {
	case r.next("!"):
		return 1 - r.one()
	case r.next("("):
		p := r.or()
		r.next(")")
		return p
	case !r.next("'"):
		r.rest = "" // not ours
		return 1
	}
	var b strings.Builder
	for i := 0; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case (c == '\\' || c == '\'') && i+1 < len(r.rest) && r.rest[i+1] == c:
			b.WriteByte(c)
			i++
		case c == '\'':
			r.rest = r.rest[i+1:]
			beginning := false
			if r.next(":") {
				end := strings.IndexFunc(r.rest, func(c rune) bool { return !strings.ContainsRune("*ABCD", c) })
				if end < 0 {
					end = len(r.rest)
				}
				beginning = strings.Contains(r.rest[:end], "*")
				r.rest = r.rest[end:]
			}
			return r.of(b.String(), beginning)
		default:
			b.WriteByte(c)
		}
	}
	r.rest = ""
	return 1
}
