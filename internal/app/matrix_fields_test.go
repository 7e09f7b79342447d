// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"maps"

	"tillgang/internal/asset"
	"tillgang/internal/id"
)

// wire merges requests that are kept in files of their own into the matrix.
func wire(more map[string]matrixRequest) bool {
	maps.Copy(requests, more)
	return true
}

var _ = wire(map[string]matrixRequest{
	"getFolderRule": {inFolder, ofFolder("/rule", nil)},
	"setFolderRule": {inFolder, ofFolder("/rule", object{"required": []string{"credit", "alt"}})},

	"listFields": {nowhere, fixed("/fields", nil)},
	"createField": {nowhere, func(m *matrix, _ string) (string, any) {
		m.n++
		return "/fields", object{"name": fmt.Sprintf("falt%d", m.n), "type": "line"}
	}},
	"updateField": {atTenant, func(m *matrix, place string) (string, any) {
		return "/fields/" + m.field(place, false), object{"label": object{"sv": "Fält"}}
	}},
	"retireField": {atTenant, func(m *matrix, place string) (string, any) { return "/fields/" + m.field(place, false), nil }},
	"purgeField":  {atTenant, func(m *matrix, place string) (string, any) { return "/fields/" + m.field(place, true) + "/values", nil }},

	"listTaxonomies": {nowhere, fixed("/taxonomies", nil)},
	"createTaxonomy": {nowhere, func(m *matrix, _ string) (string, any) {
		m.n++
		return "/taxonomies", object{"name": fmt.Sprintf("Ord %d", m.n)}
	}},
	"updateTaxonomy": {atTenant, func(m *matrix, place string) (string, any) {
		return "/taxonomies/" + m.taxonomy(place).String(), object{"open": true}
	}},
	"deleteTaxonomy": {atTenant, func(m *matrix, place string) (string, any) { return "/taxonomies/" + m.taxonomy(place).String(), nil }},
	"listTerms": {atTenant, func(m *matrix, place string) (string, any) {
		return "/taxonomies/" + m.taxonomy(place).String() + "/terms", nil
	}},
	"createTerm": {atTenant, func(m *matrix, place string) (string, any) {
		return "/taxonomies/" + m.taxonomy(place).String() + "/terms", object{"label": object{"sv": "Ord"}}
	}},
	"updateTerm": {atTenant, func(m *matrix, place string) (string, any) {
		return m.term(place), object{"label": object{"sv": "Annat"}}
	}},
	"deleteTerm": {atTenant, func(m *matrix, place string) (string, any) { return m.term(place), nil }},
	"mergeTerm": {atTenant, func(m *matrix, place string) (string, any) {
		x := m.taxonomy(place)
		return "/taxonomies/" + x.String() + "/terms/" + m.termIn(place, x).String() + "/merge", object{"into": m.termIn(place, x)}
	}},

	"listFieldTemplates": {nowhere, fixed("/field-templates", nil)},
	"createFieldTemplate": {nowhere, func(m *matrix, _ string) (string, any) {
		m.n++
		return "/field-templates", object{"name": fmt.Sprintf("Mall %d", m.n), "fields": object{"credit": object{"value": "Kommunen"}}}
	}},
	"updateFieldTemplate": {atTenant, func(m *matrix, place string) (string, any) {
		m.n++
		return "/field-templates/" + m.template(place).String(), object{"name": fmt.Sprintf("Mall %d", m.n), "fields": object{}}
	}},
	"deleteFieldTemplate": {atTenant, func(m *matrix, place string) (string, any) {
		return "/field-templates/" + m.template(place).String(), nil
	}},
	"getOwnFieldTemplate": {nowhere, fixed("/session/field-template", nil)},
	"setOwnFieldTemplate": {nowhere, fixed("/session/field-template", object{"template": nil})},
})

// field defines a field in the place's tenant.
func (m *matrix) field(place string, retired bool) string {
	m.t.Helper()
	m.n++
	name, who := fmt.Sprintf("falt%d", m.n), m.self(m.tenantOf(place))
	if _, err := m.assets.CreateField(m.t.Context(), who, asset.Def{Name: name, Type: asset.Line}); err != nil {
		m.t.Fatal(err)
	}
	if retired {
		if err := m.assets.RetireField(m.t.Context(), who, name); err != nil {
			m.t.Fatal(err)
		}
	}
	return name
}

func (m *matrix) taxonomy(place string) id.Taxonomy {
	m.t.Helper()
	m.n++
	x, err := m.assets.CreateTaxonomy(m.t.Context(), m.self(m.tenantOf(place)), fmt.Sprintf("Ord %d", m.n), false)
	if err != nil {
		m.t.Fatal(err)
	}
	return x.ID
}

func (m *matrix) termIn(place string, x id.Taxonomy) id.Term {
	m.t.Helper()
	t, err := m.assets.CreateTerm(m.t.Context(), m.self(m.tenantOf(place)), x, asset.TermPatch{Labels: map[string]string{"sv": "Ord"}})
	if err != nil {
		m.t.Fatal(err)
	}
	return t.ID
}

func (m *matrix) term(place string) string {
	x := m.taxonomy(place)
	return "/taxonomies/" + x.String() + "/terms/" + m.termIn(place, x).String()
}

func (m *matrix) template(place string) id.Template {
	m.t.Helper()
	m.n++
	t, err := m.assets.SaveTemplate(m.t.Context(), m.self(m.tenantOf(place)), asset.Template{Name: fmt.Sprintf("Mall %d", m.n)})
	if err != nil {
		m.t.Fatal(err)
	}
	return t.ID
}
