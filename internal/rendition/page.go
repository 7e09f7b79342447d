// SPDX-License-Identifier: Apache-2.0

package rendition

import (
	"context"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/picture"
)

// pageName is under which pages of documents are kept, with their number in the recipe.
const pageName = "page"

// Page returns a picture of one page of a document, or of a picture with
// several, from 1, made now if it is not there. It takes View, as the
// renditions that every asset has do. pages is how many there are.
func (s *Service) Page(ctx context.Context, who access.Actor, of id.Asset, n int) (r Rendition, pages int, err error) {
	if err := who.Require(0); err != nil {
		return r, 0, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		a, _, err := s.ingest.ShownTx(ctx, tx, who, of)
		if err != nil {
			return err
		}
		pages = 1
		if a.Pages != nil {
			pages = *a.Pages
		}
		if n < 1 || n > pages {
			return fault.New(fault.NotFound, "page.not_found", "This document has no such page.")
		}
		return nil
	})
	if err != nil {
		return r, 0, err
	}
	recipe := picture.Box(2048)
	recipe.Page = n
	r, err = s.OnDemand(ctx, who, of, Want{Recipe: recipe, Name: pageName, Need: access.View})
	return r, pages, err
}
