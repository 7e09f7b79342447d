// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Limits of a preview.
const (
	previewed    = 5000 // assets that are looked at
	examples     = 10   // values that are shown of a field
	longestShown = 200  // characters of a value that is shown
)

// Preview is what an order would do.
type Preview struct {
	Total   int
	Looked  int // the first so many were looked at
	Changed int
	Skipped int
	Reasons []Reason
	Values  map[string]Mix // by field that the order is about
}

// Mix is what assets have in a field now.
type Mix struct {
	Empty    int // so many have nothing
	Distinct int
	Values   []Count // most first, at most ten
}

// Count is a value and how many assets have it.
type Count struct {
	Value string
	Count int
}

// Preview says what Start would do, and does nothing.
func (s *Service) Preview(ctx context.Context, who access.Actor, o Order) (p Preview, err error) {
	var list []id.Asset
	if err := s.read(ctx, who, func(tx pg.Tx) error {
		if err := s.check(ctx, tx, who, o); err != nil {
			return err
		}
		list, err = s.chosen(ctx, tx, who, o.Selection)
		return err
	}); err != nil {
		return p, err
	}
	p = Preview{Total: len(list), Looked: min(len(list), previewed), Values: map[string]Mix{}}
	if c := o.change().collection(); !c.IsZero() {
		return s.previewCollection(ctx, who, o, list)
	}
	reasons := map[string]Reason{}
	mixes := map[string]map[string]int{}
	for part := range slices.Chunk(list[:p.Looked], atOnce) {
		tasks := make([]asset.Task, len(part))
		for i, a := range part {
			tasks[i] = asset.Task{Asset: a, Edits: &o.Edits}
		}
		var done []asset.Done
		if err := s.read(ctx, who, func(tx pg.Tx) error {
			done, err = s.assets.ManyTx(ctx, tx, who, tasks, true)
			return err
		}); err != nil {
			return p, err
		}
		for _, d := range done {
			if d.Changed {
				p.Changed++
			}
			if f := d.Skipped; f != nil {
				p.Skipped++
				reasons[f.Code] = Reason{f.Code, f.Text, reasons[f.Code].Count + 1}
				continue
			}
			for name := range o.Edits.Fields {
				if mixes[name] == nil {
					mixes[name] = map[string]int{}
				}
				mixes[name][d.Now.Registry.Show(d.Now, name)]++
			}
		}
	}
	for _, code := range slices.Sorted(maps.Keys(reasons)) {
		p.Reasons = append(p.Reasons, reasons[code])
	}
	slices.SortStableFunc(p.Reasons, func(a, b Reason) int { return b.Count - a.Count })
	for name, counts := range mixes {
		p.Values[name] = mix(counts)
	}
	return p, nil
}

func mix(counts map[string]int) Mix {
	m := Mix{Empty: counts[""], Values: []Count{}}
	delete(counts, "")
	m.Distinct = len(counts)
	for v, n := range counts {
		m.Values = append(m.Values, Count{v, n})
	}
	slices.SortFunc(m.Values, func(a, b Count) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Value, b.Value)) })
	m.Values = m.Values[:min(len(m.Values), examples)]
	for i, v := range m.Values {
		if r := []rune(v.Value); len(r) > longestShown {
			m.Values[i].Value = string(r[:longestShown]) + "…"
		}
	}
	return m
}
