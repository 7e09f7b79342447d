// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"

	"tillgang/internal/id"
)

// unknownCollection is a request about a collection that nobody has: one is its
// owner's, so others' are the room's own tests.
func unknownCollection(rest string, body any) request {
	return func(*matrix, string) (string, any) {
		return "/collections/" + id.New[id.Collection]().String() + rest, body
	}
}

// Requests of collections, bins, work queues and merges.
var _ = wire(map[string]matrixRequest{
	"listCollections": {nowhere, fixed("/collections", nil)},
	"createCollection": {nowhere, func(m *matrix, _ string) (string, any) {
		m.n++
		return "/collections", object{"name": fmt.Sprintf("Samling %d", m.n)}
	}},
	"getCollection":        {nowhere, unknownCollection("", nil)},
	"updateCollection":     {nowhere, unknownCollection("", object{"name": "Ny"})},
	"deleteCollection":     {nowhere, unknownCollection("", nil)},
	"restoreCollection":    {nowhere, unknownCollection("/restoration", nil)},
	"addToCollection":      {nowhere, unknownCollection("/assets", object{"ids": []id.Asset{id.New[id.Asset]()}})},
	"removeFromCollection": {nowhere, unknownCollection("/removals", object{"ids": []id.Asset{id.New[id.Asset]()}})},
	"moveInCollection":     {nowhere, unknownCollection("/moves", object{"ids": []id.Asset{id.New[id.Asset]()}})},
	"listCollectionShares": {nowhere, unknownCollection("/shares", nil)},
	"setCollectionShares":  {nowhere, unknownCollection("/shares", object{"shares": []any{}})},
	"listCollectionBin":    {nowhere, fixed("/bin/collections", nil)},
	"purgeCollection": {nowhere, func(*matrix, string) (string, any) {
		return "/bin/collections/" + id.New[id.Collection]().String(), nil
	}},
	"listFolderBin": {nowhere, fixed("/bin/folders", nil)},
	"purgeFolder":   {inFolder, func(m *matrix, place string) (string, any) { return "/bin/folders/" + m.sub(place).String(), nil }},
	"listQueues":    {nowhere, fixed("/queues", nil)},
	"findPeople":    {nowhere, fixed("/people?q=a", nil)},
	"mergeAssets": {inFolder, func(m *matrix, place string) (string, any) {
		return "/assets/" + m.asset(place).String() + "/merges", object{"assets": []id.Asset{m.asset(place)}}
	}},
	"listMerges": {inFolder, func(m *matrix, place string) (string, any) {
		return "/assets/" + m.asset(place).String() + "/merges", nil
	}},
	"undoMerge": {inFolder, func(m *matrix, place string) (string, any) {
		m.t.Helper()
		if place == "binned" { // the kept one
			keep, other := m.asset("own"), m.asset("own")
			made, _, err := m.assets.Merge(m.t.Context(), m.self(m.tenant), keep, []id.Asset{other}, nil)
			if err == nil {
				err = m.assets.Delete(m.t.Context(), m.self(m.tenant), keep)
			}
			if err != nil {
				m.t.Fatal(err)
			}
			return "/merges/" + made.ID.String() + "/undo", nil
		}
		made, _, err := m.assets.Merge(m.t.Context(), m.self(m.tenantOf(place)), m.asset(place), []id.Asset{m.asset(place)}, nil)
		if err != nil {
			m.t.Fatal(err)
		}
		return "/merges/" + made.ID.String() + "/undo", nil
	}},
	"summariseSelection": {nowhere, func(m *matrix, _ string) (string, any) {
		return "/bulk/summary", object{"selection": object{"ids": []id.Asset{m.asset("own")}}}
	}},
})
