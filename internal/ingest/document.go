// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/document"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
)

// Page is the text of one page of a document. Number 0 is what stands on no
// page, such as speakers' notes.
type Page struct {
	Number int
	Text   string
}

// document reads the text of a document and what it says of itself. It reports
// whether there is any use in going on: what is wrong with the file becomes
// part of the finding.
func (s *Service) document(ctx context.Context, of Original, f *finding) (goOn bool, err error) {
	if !s.tools.Documents.Reads(drawnAs(of.MediaType)) {
		return true, nil
	}
	r, err := s.tools.Documents.Read(ctx, of.Dir, of.Path, drawnAs(of.MediaType))
	if err != nil {
		if f.fails(err) {
			return false, nil
		}
		return false, fmt.Errorf("read a document: %w", err)
	}
	f.read(r)
	return true, nil
}

// read takes over what was read of a document.
func (f *finding) read(r document.Reading) {
	if r.Pages > 0 {
		f.measure.Pages = &r.Pages
	}
	f.pages = f.pages[:0]
	for _, p := range r.Text {
		if text, _ := plain.Text(strings.ToValidUTF8(p.Text, "\uFFFD")); text != "" {
			f.pages = append(f.pages, Page{Number: p.Number, Text: text})
		}
	}
	f.says(r.Properties)
	if len(r.Notes) > 0 {
		f.tells("document", map[string]any{"notes": r.Notes})
	}
}

// says takes over a document's properties where nothing better was found.
func (f *finding) says(p document.Properties) {
	if f.told.Fields == nil {
		f.told.Fields = map[string]asset.Field{}
	}
	for name, to := range map[string]asset.Field{
		"title": {Value: p.Title}, "description": {Value: p.Description}, "keywords": {Values: p.Keywords}, "creator": {Values: p.Creators},
		"licence": {Value: p.Licence}, "licence_url": {Value: p.LicenceURL}, "copyright": {Value: p.Copyright},
	} {
		if _, ok := f.told.Fields[name]; !ok && (to.Value != "" || len(to.Values) > 0) {
			f.told.Fields[name] = to
		}
	}
}

const sqlForgetPages = `delete from document_page where revision_id = @revision and tenant_id = @tenant`

const sqlKeepPages = `
	insert into document_page (tenant_id, revision_id, page, text)
	select @tenant, @revision, p.page, p.text from unnest(@pages::int[], @texts::text[]) p(page, text)`

// keepPagesTx keeps the text of a revision, in place of what was there.
func (s *Service) keepPagesTx(ctx context.Context, tx pg.Tx, who access.Actor, rev id.Revision, pages []Page) error {
	if _, err := tx.Exec(ctx, sqlForgetPages, pgx.StrictNamedArgs{"revision": rev, "tenant": who.Tenant}); err != nil || len(pages) == 0 {
		return err
	}
	numbers, texts := make([]int, len(pages)), make([]string, len(pages))
	for i, p := range pages {
		numbers[i], texts[i] = p.Number, p.Text
	}
	_, err := tx.Exec(ctx, sqlKeepPages, pgx.StrictNamedArgs{"revision": rev, "tenant": who.Tenant, "pages": numbers, "texts": texts})
	return err
}
