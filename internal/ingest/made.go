// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const sqlMakeTexts = `
	insert into document_page (tenant_id, revision_id, page, text)
	select @tenant, n.revision, n.page, n.text from unnest(@revisions::uuid[], @pages::int[], @texts::text[]) n(revision, page, text)`

// MakeTextsTx keeps the text of made-up documents, page by page, for measuring.
// Only the house does.
func (s *Service) MakeTextsTx(ctx context.Context, tx pg.Tx, who access.Actor, texts map[id.Revision][]string) error {
	if who.Kind != access.House {
		return fault.New(fault.Forbidden, "access.forbidden", "Only the product itself makes documents up.")
	}
	var revisions []id.Revision
	var pages []int
	var list []string
	for r, text := range texts {
		for i, t := range text {
			revisions, pages, list = append(revisions, r), append(pages, i+1), append(list, t)
		}
	}
	if len(list) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, sqlMakeTexts, pgx.StrictNamedArgs{"tenant": who.Tenant, "revisions": id.Raw(revisions), "pages": pages, "texts": list})
	return err
}
