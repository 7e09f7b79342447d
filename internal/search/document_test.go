// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"strings"
	"testing"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/pg"
	"tillgang/internal/search"
)

func TestDocumentsAreFoundByTheirPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open := w.acl(0, access.View)
	who := w.Person(w.Groups[0])
	var doc asset.Asset
	w.put("plan.pdf", func(a *asset.Asset) { a.ACL, a.Kind, a.Fields = open, asset.Document, title("Översikt"); doc = *a })
	w.put("annan.pdf", func(a *asset.Asset) { a.ACL, a.Kind = open, asset.Document })
	for page, text := range map[int]string{1: "Inledning", 3: strings.Repeat("ord ", 60) + "Kommunens <b>budget</b> för badhusen " + strings.Repeat("mer ", 60), 17: "En budget till"} {
		w.exec("insert into document_page (tenant_id, revision_id, page, text) values ($1, $2, $3, $4)", w.Tenant, doc.Revision, page, text)
	}
	index := func() {
		t.Helper()
		if err := pg.In(t.Context(), w.db, w.Tenant, func(tx pg.Tx) error { return w.search.IndexTx(t.Context(), tx, doc) }); err != nil {
			t.Fatal(err)
		}
	}
	// The first indexing, before there were pages, took the revision for one without text.
	w.exec("update asset_search set document_of = null where asset_id = $1", doc.ID)
	for range 2 { // the second time, the text is there already
		index()
		for q, pages := range map[string][]int{"budget": {3, 17}, "text:badhus": {3}, "översikt budget": {3, 17}, `"en budget"`: {17}, "badhus* -inledning": nil, "text:översikt": nil, "text:budget title:översikt": {3, 17}} {
			res, err := w.search.List(t.Context(), who, search.Query{Q: q})
			if err != nil || (len(pages) > 0) != (res.Total == 1) || len(res.PageHits) != len(pages) {
				t.Errorf("%q: %d hits, %+v, %v", q, res.Total, res.PageHits, err)
				continue
			}
			for i, p := range pages {
				if h := res.PageHits[i]; h.Page != p || h.Asset != doc.ID || h.Text == "" || len([]rune(h.Text)) > 250 {
					t.Errorf("%q: %+v", q, h)
				}
			}
		}
	}
	if res, err := w.search.List(t.Context(), who, search.Query{Q: "budget"}); err != nil || !strings.Contains(res.PageHits[0].Text, "<b>budget</b>") || !strings.HasPrefix(res.PageHits[0].Text, "…") {
		t.Error(res.PageHits, err)
	}
}
