// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// maxShown is how much of a page's text is shown at once, in code points.
const maxShown = 20_000

const sqlPageText = `
	select left(p.text, @most) from document_page p join revision r on r.id = p.revision_id
	where p.revision_id = @revision and r.asset_id = @asset and p.page = @page and p.tenant_id = @tenant`

// PageText returns the beginning of a page's text, for whoever may see the
// asset; a page without text has none. The revision is the active one or the
// one whose pictures are shown.
func (s *Service) PageText(ctx context.Context, who access.Actor, of id.Asset, revision id.Revision, page int) (text string, err error) {
	if err := who.Require(0); err != nil {
		return "", err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		a, err := s.assets.GetTx(ctx, tx, who, of)
		if err != nil {
			return err
		}
		if err := asset.AllowedBytes(a, who, access.View, s.now()); err != nil {
			return err
		}
		if revision != a.Revision && revision != a.Shown {
			return fault.New(fault.NotFound, "page.not_found", "This document has no such page.")
		}
		err = tx.QueryRow(ctx, sqlPageText, pgx.StrictNamedArgs{
			"revision": revision, "asset": of, "page": page, "tenant": who.Tenant, "most": maxShown,
		}).Scan(&text)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return text, err
}
