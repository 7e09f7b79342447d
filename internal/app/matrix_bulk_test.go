// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"strings"

	"tillgang/internal/asset"
	"tillgang/internal/bulk"
	"tillgang/internal/id"
	"tillgang/internal/search"
)

var _ = wire(map[string]matrixRequest{
	"listBulk": {nowhere, fixed("/bulk", nil)},
	"startBulk": {inFolder, func(m *matrix, place string) (string, any) {
		return "/bulk", object{
			"selection": object{"ids": []id.Asset{m.asset(place)}}, "change": object{"fields": object{"credit": object{"do": "set", "value": "Foto"}}},
		}
	}},
	// What may not be taken out is left out of the answer, as in a list.
	"exportMetadata": {nowhere, func(m *matrix, _ string) (string, any) {
		return "/metadata-exports", object{"selection": object{"ids": []id.Asset{m.asset("own")}}}
	}},
	"checkMetadata": {nowhere, func(m *matrix, _ string) (string, any) { return "/metadata-imports", tableBody{m.table("own")} }},
	"getMetadataImport": {atTenant, func(m *matrix, place string) (string, any) {
		return "/metadata-imports/" + m.imported(place).String(), nil
	}},
	"listMetadataImportLines": {atTenant, func(m *matrix, place string) (string, any) {
		return "/metadata-imports/" + m.imported(place).String() + "/lines", nil
	}},
	"applyMetadataImport": {atTenant, func(m *matrix, place string) (string, any) {
		return "/metadata-imports/" + m.imported(place).String() + "/application", nil
	}},
	// What others have started is nobody's business but the operator's.
	"getBulk":      {atTenant, func(m *matrix, place string) (string, any) { return "/bulk/" + m.bulkOf(place).String(), nil }},
	"listBulkLeft": {atTenant, func(m *matrix, place string) (string, any) { return "/bulk/" + m.bulkOf(place).String() + "/left", nil }},
	"cancelBulk": {atTenant, func(m *matrix, place string) (string, any) {
		return "/bulk/" + m.bulkOf(place).String() + "/cancellation", nil
	}},
	"undoBulk": {atTenant, func(m *matrix, place string) (string, any) { return "/bulk/" + m.bulkOf(place).String() + "/undo", nil }},
})

// bulkOf starts a job of the house in the place's tenant.
func (m *matrix) bulkOf(place string) id.Bulk {
	m.t.Helper()
	j, err := m.bulk.Start(m.t.Context(), m.self(m.tenantOf(place)), bulk.Order{
		Selection: search.Selection{IDs: []id.Asset{m.asset(place)}},
		Edits:     asset.Edits{Fields: map[string]asset.FieldAct{"credit": {Do: asset.Set, FieldChange: asset.FieldChange{Value: new("Foto")}}}},
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return j.ID
}

// tableBody is a table to be sent in a form.
type tableBody struct{ content string }

func (m *matrix) table(place string) string {
	m.n++
	return fmt.Sprintf("id,credit\n%s,Foto %d\n", m.asset(place), m.n)
}

// imported looks a table through as the house in the place's tenant.
func (m *matrix) imported(place string) id.Import {
	m.t.Helper()
	i, err := m.bulk.Check(m.t.Context(), m.self(m.tenantOf(place)), strings.NewReader(m.table(place)), false)
	if err != nil {
		m.t.Fatal(err)
	}
	return i.ID
}

// sendTable sends a table as a form.
func (w *world) sendTable(who asker, path, content string) answer {
	w.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", "metadata.csv")
	if err != nil {
		w.t.Fatal(err)
	}
	_, _ = part.Write([]byte(content))
	_ = form.Close()
	return w.do(who, "POST", "/api/v1"+path, &b, "Content-Type", form.FormDataContentType())
}
