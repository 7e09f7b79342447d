// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"

	"tillgang/internal/access"
	"tillgang/internal/pg"
)

// Explanation is a query's text as it was understood, for whoever shows it in
// parts.
type Explanation struct {
	Clauses []ExplainedClause // all must hold
	Hints   []Hint
}

// ExplainedClause is one of a query's clauses.
type ExplainedClause struct {
	Not bool // none of them must hold; else one
	Any []ExplainedAtom
}

// ExplainedAtom is a word, a phrase, or a key with a value.
type ExplainedAtom struct {
	At     int    // the character where it stands, from 1
	Not    bool   // of this one alone
	Key    string // the key's English name or the field's; empty: text
	Value  string
	Phrase bool // in quotes
}

// Explain tells how a query's text is understood. What is wrong with it is the
// same fault that a list gives.
func (s *Service) Explain(ctx context.Context, who access.Actor, text string) (out Explanation, err error) {
	out = Explanation{Clauses: []ExplainedClause{}}
	if who.Kind == access.Nobody {
		return out, who.Require(access.View)
	}
	all := []rune(text)
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		sc, err := s.prepare(ctx, tx, who, Query{Q: text})
		if err != nil {
			return err
		}
		out.Hints = sc.hints
		for _, c := range sc.clauses {
			e := ExplainedClause{Not: c.not}
			for _, a := range c.any {
				one := ExplainedAtom{At: a.at, Not: a.not, Key: a.key, Value: a.value, Phrase: a.quoted}
				if k := keyNames[a.key]; k != "" {
					one.Key = k
				}
				if a.key == "" {
					r := &reader{all: all, at: min(a.at-1, len(all))}
					one.Value, one.Phrase = r.piece()
				}
				e.Any = append(e.Any, one)
			}
			out.Clauses = append(out.Clauses, e)
		}
		return nil
	})
	return out, err
}
