// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"

	"tillgang/internal/id"
)

// Requests of share links and reports of use. A link is its maker's, so nobody
// else's is asked for: that is the room's own test.
var _ = wire(map[string]matrixRequest{
	"getDownloadNeeds":   {inFolder, ofAsset("/download-needs?variant=original", nil)},
	"listUsageReports":   {nowhere, fixed("/usage-reports?limit=1", nil)},
	"exportUsageReports": {nowhere, fixed("/usage-reports/export", nil)},

	"listLinks": {nowhere, fixed("/links?limit=1", nil)},
	"createLink": {inFolder, func(m *matrix, place string) (string, any) {
		m.n++
		return "/links", object{"title": fmt.Sprintf("Länk %d", m.n), "target": object{"assets": []id.Asset{m.asset(place)}}}
	}},
	"revokeLinks": {nowhere, fixed("/links/revocations", object{"of": "mine"})},
	"getLink":     {nowhere, noLink("", nil)},
	"updateLink":  {nowhere, noLink("", object{"title": "Ny"})},
	"deleteLink":  {nowhere, noLink("", nil)},
	"restoreLink": {nowhere, noLink("/restoration", nil)},
	"revokeLink":  {nowhere, noLink("/revocation", nil)},

	"listLinkVisits":  {nowhere, noLink("/visits", nil)},
	"listLinkAnswers": {nowhere, noLink("/answers", nil)},
	"listLinkChoices": {nowhere, noLink("/choices", nil)},
})

func noLink(suffix string, body any) request {
	return func(*matrix, string) (string, any) { return "/links/" + id.New[id.Link]().String() + suffix, body }
}

// linkOf makes a link of the chief's and returns its path in the API.
func (d *deeds) linkOf() string {
	d.t.Helper()
	path, body := requests["createLink"].make(d.matrix, "own")
	var made struct{ ID string }
	d.send(d.chief, "POST", path, body).into(d.t, &made)
	return "/links/" + made.ID
}
