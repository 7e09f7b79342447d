// SPDX-License-Identifier: Apache-2.0

package app

import (
	"tillgang/internal/discussion"
	"tillgang/internal/id"
)

// Requests of the asset's life: approval, relations, comments, and who sees it.
var _ = wire(map[string]matrixRequest{
	"listApprovalSteps":  {nowhere, fixed("/approval-states", nil)},
	"getAssetApproval":   {inFolder, ofAsset("/approval", nil)},
	"stepAssetApproval":  {inFolder, ofAsset("/approval", object{"to": "archived"})},
	"listAssetRelations": {inFolder, ofAsset("/relations", nil)},
	"relateAsset": {inFolder, func(m *matrix, place string) (string, any) {
		return "/assets/" + m.asset(place).String() + "/relations/derived_from/" + m.asset(place).String(), nil
	}},
	"unrelateAsset": {inFolder, func(m *matrix, place string) (string, any) {
		where := place
		if place == "binned" {
			where = "own"
		}
		a, b := m.asset(where), m.asset(where)
		if _, err := m.relations.Relate(m.t.Context(), m.self(m.tenantOf(place)), a, "part_of", b); err != nil {
			m.t.Fatal(err)
		}
		if place == "binned" {
			if err := m.assets.Delete(m.t.Context(), m.self(m.tenant), a); err != nil {
				m.t.Fatal(err)
			}
		}
		return "/assets/" + a.String() + "/relations/part_of/" + b.String(), nil
	}},
	"listComments":       {inFolder, ofAsset("/comments", nil)},
	"writeComment":       {inFolder, ofAsset("/comments", object{"text": "Fin bild"})},
	"editComment":        {inFolder, ofComment("", object{"text": "Finare bild"})},
	"deleteComment":      {inFolder, ofComment("", nil)},
	"resolveComment":     {inFolder, ofComment("/resolution", nil)},
	"reopenComment":      {inFolder, ofComment("/resolution", nil)},
	"listCommentHistory": {inFolder, ofComment("/history", nil)},
	"listMentionable":    {inFolder, ofAsset("/mentionable?q=p", nil)},
	"listAssetAccess":    {inFolder, ofAsset("/access?limit=5", nil)},
	"explainAssetAccess": {inFolder, func(m *matrix, place string) (string, any) {
		return "/assets/" + m.asset(place).String() + "/access/" + m.someone(place).String(), nil
	}},
})

// ofComment is ofAsset for a comment of the house.
func ofComment(suffix string, body any) request {
	return func(m *matrix, place string) (string, any) {
		a, c := m.commented(place)
		return "/assets/" + a.String() + "/comments/" + c.String() + suffix, body
	}
}

func (m *matrix) commented(place string) (id.Asset, id.Comment) {
	m.t.Helper()
	where := place
	if place == "binned" {
		where = "own"
	}
	a := m.asset(where)
	c, err := m.discussion.Write(m.t.Context(), m.self(m.tenantOf(place)), a, discussion.Draft{Text: "Beskär den här."})
	if err != nil {
		m.t.Fatal(err)
	}
	if place == "binned" {
		if err := m.assets.Delete(m.t.Context(), m.self(m.tenant), a); err != nil {
			m.t.Fatal(err)
		}
	}
	return a, c.ID
}
