// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"context"
	"encoding/json"
	"errors"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/collection"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// stepCollection is the name under which steps keep that an asset came into a
// collection (After) or out of it (Before).
const stepCollection = "collection"

// stood is where an asset stood in a collection.
type stood struct {
	ID    id.Collection `json:"id"`
	Place int64         `json:"place,omitempty"`
}

// about is the collection that a job, or the one that it undoes, is about.
func (h held) about(items []item) id.Collection {
	if c := h.Edits.collection(); !c.IsZero() || h.UndoOf.IsZero() {
		return c
	}
	for _, it := range items {
		for _, step := range it.Undo {
			if step.Field == stepCollection {
				was, is := read(step)
				if was.ID.IsZero() {
					return is.ID
				}
				return was.ID
			}
		}
	}
	return id.Collection{}
}

func read(s asset.Step) (was, is stood) {
	_ = json.Unmarshal(s.Before, &was)
	_ = json.Unmarshal(s.After, &is)
	return was, is
}

func step(was, is *stood) ([]asset.Step, error) {
	s := asset.Step{Field: stepCollection}
	for to, v := range map[*json.RawMessage]*stood{&s.Before: was, &s.After: is} {
		if v == nil {
			continue
		}
		b, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		*to = b
	}
	return []asset.Step{s}, nil
}

// gather puts assets into a collection or takes them out of it, or undoes that.
func (s *Service) gather(ctx context.Context, tx pg.Tx, who access.Actor, h held, of id.Collection, items []item, end bool) error { //nolint:revive // what a batch is
	done := make([]asset.Done, len(items))
	var in, out []id.Asset
	back := map[id.Asset]int64{}
	for i, it := range items {
		done[i] = asset.Done{Asset: it.Asset}
		switch {
		case h.Edits != nil && !h.Edits.AddTo.IsZero():
			in = append(in, it.Asset)
		case h.Edits != nil:
			out = append(out, it.Asset)
		default:
			if was, _ := read(it.Undo[0]); was.ID.IsZero() {
				out = append(out, it.Asset)
			} else {
				back[it.Asset] = was.Place
			}
		}
	}
	how, err := s.gathered(ctx, tx, who, of, in, out, back)
	if f, is := errors.AsType[*fault.Error](err); is { // the collection is gone, or no longer open to who
		return s.stop(ctx, tx, who, h.ID, f.Code, f.Text)
	}
	if err != nil {
		return err
	}
	for i, it := range items {
		if done[i].Skipped = how.skipped[it.Asset]; done[i].Skipped != nil {
			continue
		}
		if steps := how.steps[it.Asset]; steps != nil {
			done[i].Changed, done[i].Steps = true, steps
		} else if h.Edits == nil {
			done[i].Left = []string{stepCollection}
		}
	}
	return s.ended(ctx, tx, who, h, items, done, end)
}

// gatherings is how gathering went.
type gatherings struct {
	steps   map[id.Asset][]asset.Step
	skipped map[id.Asset]*fault.Error
}

func (s *Service) gathered(ctx context.Context, tx pg.Tx, who access.Actor, of id.Collection, in, out []id.Asset, back map[id.Asset]int64) (g gatherings, err error) { //nolint:revive // three things that can be done
	g = gatherings{map[id.Asset][]asset.Step{}, map[id.Asset]*fault.Error{}}
	if len(in) > 0 {
		put, err := s.collections.AddTx(ctx, tx, who, of, in, collection.At{})
		if err != nil {
			return g, err
		}
		for _, a := range put.Unseen {
			g.skipped[a], _ = errors.AsType[*fault.Error](access.NotFound("asset"))
		}
		for _, a := range put.Changed {
			if g.steps[a], err = step(nil, &stood{ID: of}); err != nil {
				return g, err
			}
		}
	}
	if len(out) > 0 {
		gone, err := s.collections.RemoveTx(ctx, tx, who, of, out)
		if err != nil {
			return g, err
		}
		for a, place := range gone {
			if g.steps[a], err = step(&stood{of, place}, nil); err != nil {
				return g, err
			}
		}
	}
	if len(back) > 0 {
		put, err := s.collections.PutBackTx(ctx, tx, who, of, back)
		if err != nil {
			return g, err
		}
		for a := range put {
			if g.steps[a], err = step(nil, &stood{ID: of}); err != nil {
				return g, err
			}
		}
	}
	return g, nil
}

// previewCollection says what adding to a collection, or removing from it, would do.
func (s *Service) previewCollection(ctx context.Context, who access.Actor, o Order, list []id.Asset) (p Preview, err error) {
	p = Preview{Total: len(list), Looked: len(list), Values: map[string]Mix{}}
	err = s.read(ctx, who, func(tx pg.Tx) error {
		seen, there, err := s.collections.ThereTx(ctx, tx, who, o.change().collection(), list)
		if err != nil {
			return err
		}
		for _, a := range list {
			switch {
			case !o.RemoveFrom.IsZero() && there[a], !o.AddTo.IsZero() && seen[a] && !there[a]:
				p.Changed++
			case !o.AddTo.IsZero() && !seen[a]:
				p.Skipped++
			}
		}
		if f, is := errors.AsType[*fault.Error](access.NotFound("asset")); is && p.Skipped > 0 {
			p.Reasons = []Reason{{f.Code, f.Text, p.Skipped}}
		}
		return nil
	})
	return p, err
}
