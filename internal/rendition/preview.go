// SPDX-License-Identifier: Apache-2.0

package rendition

import (
	"context"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/pg"
	"tillgang/internal/picture"
)

// Sight is how a preview is wanted.
type Sight struct {
	Size string // Small, Medium or Large
	Page int    // of a document, from 1; zero: the asset's own picture
	Mark string // a text laid all over it; empty: none
}

// sides are the longest sides of previews, in pixels.
var sides = map[string]int{Small: 320, Medium: 1024, Large: 2048}

// markedName is under which previews with a watermark are kept; their recipes
// tell them apart.
const markedName = "marked"

// Preview returns a picture of an asset to look at, which takes View. With a
// watermark it is made when it is first asked for, and never shown without.
func (s *Service) Preview(ctx context.Context, who access.Actor, of id.Asset, w Sight) (r Rendition, err error) {
	if err := who.Require(0); err != nil {
		return r, err
	}
	side, ok := sides[w.Size]
	if !ok {
		return r, access.NotFound("rendition")
	}
	if w.Page == 0 && w.Mark == "" {
		err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
			r, err = s.ByPresetTx(ctx, tx, who, of, w.Size)
			return err
		})
		return r, err
	}
	if w.Page != 0 {
		if err := s.hasPage(ctx, who, of, w.Page); err != nil {
			return r, err
		}
	}
	recipe := picture.Box(side)
	recipe.Page = w.Page
	name := pageName
	if w.Mark != "" {
		name = markedName
	}
	return s.OnDemand(ctx, who, of, Want{Recipe: recipe, Name: name, Mark: w.Mark, Need: access.View})
}

func (s *Service) hasPage(ctx context.Context, who access.Actor, of id.Asset, n int) error {
	return pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		a, _, err := s.ingest.ShownTx(ctx, tx, who, of)
		if err != nil {
			return err
		}
		if n < 1 || a.Pages == nil || n > *a.Pages {
			return fault.New(fault.NotFound, "page.not_found", "This document has no such page.")
		}
		return nil
	})
}

// marked is what a wish with a watermark of its own wants.
func (s *Service) marked(ctx context.Context, tx pg.Tx, who access.Actor, o order, w Want, f Framing) (wanted, error) {
	p := Preset{Name: w.Name, Spec: Spec{
		Width: w.Recipe.Width, Height: w.Recipe.Height, Mark: &Watermark{Text: w.Mark, Place: picture.Tiled, Opacity: 35},
	}}
	out, err := s.want(ctx, tx, who, p, ingest.Original{Asset: o.asset.ID, MediaType: o.revision.MediaType}, f)
	out.recipe.Page = w.Recipe.Page
	return out, err
}
