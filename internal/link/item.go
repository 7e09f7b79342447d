// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"slices"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Items returns n of what the link shows a guest, from the from'th on, and how
// many there are: at most MaxShown.
func (s *Service) Items(ctx context.Context, who access.Actor, from, n int) (list []asset.Asset, total int, err error) {
	err = access.In(ctx, s.DB, who, func(tx pg.Tx) error {
		k, err := s.ofGuest(ctx, tx, who)
		if err != nil {
			return err
		}
		all, err := s.shown(ctx, tx, who, k)
		if err != nil {
			return err
		}
		total = len(all)
		from = min(max(from, 0), total)
		list, err = s.Assets.ByIDsTx(ctx, tx, who, all[from:min(from+n, total)])
		return err
	})
	return list, total, err
}

// All lists everything that the link shows a guest.
func (s *Service) All(ctx context.Context, who access.Actor) (list []id.Asset, err error) {
	err = access.In(ctx, s.DB, who, func(tx pg.Tx) error {
		k, err := s.ofGuest(ctx, tx, who)
		if err == nil {
			list, err = s.shown(ctx, tx, who, k)
		}
		return err
	})
	return list, err
}

// ChosenItems returns what a guest of a selection has chosen, not yet sent, and
// still sees, in the link's order.
func (s *Service) ChosenItems(ctx context.Context, who access.Actor, cookie string) (list []asset.Asset, err error) {
	err = access.In(ctx, s.DB, who, func(tx pg.Tx) error {
		k, err := s.ofGuest(ctx, tx, who)
		if err != nil {
			return err
		}
		v, err := s.visitTx(ctx, tx, who.Tenant, k.ID, cookie)
		if err != nil || v.ID.IsZero() {
			return err
		}
		chosen, err := draft(ctx, tx, who, k.ID, v.ID)
		if err != nil || len(chosen) == 0 {
			return err
		}
		all, err := s.shown(ctx, tx, who, k)
		if err != nil {
			return err
		}
		wanted := make(map[id.Asset]bool, len(chosen))
		for _, a := range chosen {
			wanted[a] = true
		}
		list, err = s.Assets.ByIDsTx(ctx, tx, who, slices.DeleteFunc(all, func(a id.Asset) bool { return !wanted[a] }))
		return err
	})
	return list, err
}

// Item is one asset of a link, with its neighbours.
type Item struct {
	Asset          asset.Asset
	At, Of         int      // from 1
	Previous, Next id.Asset // zero: none
	Answers        []Answer
}

// Item returns one asset that the link shows a guest.
func (s *Service) Item(ctx context.Context, who access.Actor, a id.Asset) (out Item, err error) {
	err = access.In(ctx, s.DB, who, func(tx pg.Tx) error {
		k, err := s.ofGuest(ctx, tx, who)
		if err != nil {
			return err
		}
		all, err := s.shown(ctx, tx, who, k)
		if err != nil {
			return err
		}
		for i, one := range all {
			if one != a {
				continue
			}
			out.At, out.Of = i+1, len(all)
			if i > 0 {
				out.Previous = all[i-1]
			}
			if i+1 < len(all) {
				out.Next = all[i+1]
			}
		}
		list, err := s.Assets.ByIDsTx(ctx, tx, who, []id.Asset{a})
		if err == nil && (out.At == 0 || len(list) == 0) {
			err = access.NotFound("asset")
		}
		if err != nil {
			return err
		}
		out.Asset = list[0]
		if k.Mode == Review {
			out.Answers, err = answersTx(ctx, tx, who, k.ID, a)
		}
		return err
	})
	return out, err
}
