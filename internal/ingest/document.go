// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/document"
	"tillgang/internal/id"
	"tillgang/internal/nationalid"
	"tillgang/internal/pg"
	"tillgang/internal/picture"
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
	f.pages = cleaned(r.Text)
	f.says(r.Properties)
	if len(r.Notes) > 0 {
		f.tells("document", map[string]any{"notes": r.Notes})
	}
	if c := r.Contents; c != nil {
		for _, s := range []*string{&c.Subject, &c.From, &c.To} {
			*s = line(*s)
		}
		for i := range c.Items {
			c.Items[i].Name, c.Items[i].MediaType = line(c.Items[i].Name), line(c.Items[i].MediaType)
		}
		f.tells("contents", c)
	}
	if r.Font != nil {
		f.tells("font", map[string]any{"family": line(r.Font.Family), "style": line(r.Font.Style), "glyphs": r.Font.Glyphs})
	}
}

// cleaned makes the text of pages fit to keep; empty ones are left out.
func cleaned(in []document.Page) []Page {
	var out []Page
	for _, p := range in {
		if text, _ := plain.Text(strings.ToValidUTF8(p.Text, "\uFFFD")); text != "" {
			out = append(out, Page{Number: p.Number, Text: text})
		}
	}
	return out
}

func line(s string) string {
	s, _ = plain.Line(strings.ToValidUTF8(s, "\uFFFD"))
	return s
}

// numbers counts the national identity numbers in the text.
func (f *finding) numbers() asset.Counts {
	var found nationalid.Finder
	for _, p := range f.pages {
		found.Add(p.Text)
	}
	return found.Counts()
}

// reread takes the text of a document from the PDF that stands in for it, so
// that hits lie on the pages that are shown. What was read before and stands on
// none of them is kept as page 0.
func (s *Service) reread(ctx context.Context, of Original, in StandIn, f *finding) error {
	if in.MediaType != picture.TypePDF || in.Origin != Converted || !s.tools.Documents.Reads(in.MediaType) {
		return nil
	}
	r, err := s.tools.Documents.Read(ctx, of.Dir, in.Path, in.MediaType)
	if err != nil {
		if aboutTheFile(err) {
			return nil // then what was read before has to do
		}
		return fmt.Errorf("read a document's pages: %w", err)
	}
	pages := cleaned(r.Text)
	if rest := unseen(f.pages, pages); rest != "" {
		pages = append([]Page{{Number: 0, Text: rest}}, pages...)
	}
	f.pages = pages
	if r.Pages > 0 {
		f.measure.Pages = &r.Pages
	}
	return nil
}

// unseen returns the lines of texts that have a word which the pages have not.
func unseen(texts, pages []Page) string {
	words := map[string]bool{}
	for _, p := range pages {
		for w := range strings.FieldsSeq(p.Text) {
			words[strings.ToLower(w)] = true
		}
	}
	var out strings.Builder
	for _, p := range texts {
		for l := range strings.Lines(p.Text) {
			for w := range strings.FieldsSeq(l) {
				if !words[strings.ToLower(w)] {
					out.WriteString(l)
					break
				}
			}
		}
		out.WriteByte('\n')
	}
	text, _ := plain.Text(out.String())
	return text
}

// CodeNoPages is why a document that is ready has no preview.
const CodeNoPages = "document.no_pages"

// pageless says why an office document has no preview, when nothing is wrong.
func (f *finding) pageless(mediaType string) {
	if f.state == asset.Ready && document.IsOffice(mediaType) && f.meta["stand_in"] == nil {
		f.code = CodeNoPages
		f.reason = "Pages of this kind of document are shown when the server has LibreOffice and libvips, which it has not. The file can be fetched, and its text be searched."
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

const sqlContents = `select r.meta -> 'contents' from revision r where r.id = @revision and r.tenant_id = @tenant`

// Contents lists what the file of an asset holds, for whoever may see the
// asset. It is zero when the file is neither a mail nor an archive.
func (s *Service) Contents(ctx context.Context, who access.Actor, of id.Asset) (c document.Contents, err error) {
	if err := who.Require(0); err != nil {
		return c, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		a, r, err := s.assets.ActiveRevisionTx(ctx, tx, who, of)
		if err != nil {
			return err
		}
		if err := asset.AllowedBytes(a, who, access.View, s.now()); err != nil {
			return err
		}
		var raw []byte
		if err := tx.QueryRow(ctx, sqlContents, pgx.StrictNamedArgs{"revision": r.ID, "tenant": who.Tenant}).Scan(&raw); err != nil {
			return err
		}
		if raw == nil {
			return nil
		}
		return json.Unmarshal(raw, &c)
	})
	return c, err
}
