// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"

	"tillgang/internal/id"
)

// Requests of search.
var _ = wire(map[string]matrixRequest{
	"getAssetHistogram": {nowhere, fixed("/assets/histogram?by=month", nil)},
	"getAssetWindow":    {nowhere, fixed("/assets/window?n=1", nil)},
	"openAssetWindow":   {nowhere, fixed("/assets/window", object{"selection": object{"query": object{"q": "tag:a"}}})},
	"getAssetWindowIDs": {nowhere, func(m *matrix, place string) (string, any) {
		return "/assets/window/ids?anchor=" + id.New[id.Collection]().UUID().String(), nil
	}},
	"explainSearch":  {nowhere, fixed("/search/explanation?q=tag:a", nil)},
	"completeSearch": {nowhere, fixed("/search/completions?prefix=a", nil)},
	"listSynonyms":   {nowhere, fixed("/synonyms", nil)},
	"setSynonym": {nowhere, func(m *matrix, _ string) (string, any) {
		m.n++
		return "/synonyms", object{"word": fmt.Sprintf("ord%d", m.n), "means": []string{"annat"}}
	}},
	"dropSynonym": {atTenant, func(m *matrix, place string) (string, any) {
		m.t.Helper()
		m.n++
		x, err := m.search.SetSynonym(m.t.Context(), m.self(m.tenantOf(place)), fmt.Sprintf("ord%d", m.n), []string{"annat"}, false)
		if err != nil {
			m.t.Fatal(err)
		}
		return "/synonyms/" + x.ID.String(), nil
	}},
})
