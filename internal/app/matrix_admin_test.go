// SPDX-License-Identifier: Apache-2.0

package app

import "fmt"

// Requests of administration.
var _ = wire(map[string]matrixRequest{
	"previewFolderGrants": {inFolder, ofFolder("/grants/preview", object{"inherit": true, "grants": []any{}})},
	"previewGroup": {atTenant, func(m *matrix, place string) (string, any) {
		return "/groups/" + m.group(place).String() + "/preview", object{"add": []string{m.someone(place).String()}}
	}},
	"previewRole": {atTenant, func(m *matrix, place string) (string, any) {
		return "/roles/" + m.customRole(place).String() + "/preview", object{"permissions": []string{}}
	}},
	"previewTenantGrant": {atTenant, func(m *matrix, place string) (string, any) {
		return "/grants/" + m.someone(place).String() + "/" + m.emptyRole(place).String() + "/preview", object{"give": true}
	}},
	"inviteAccounts": {nowhere, func(m *matrix, _ string) (string, any) {
		m.n++
		return "/accounts/invitations", object{"text": fmt.Sprintf("Ny <ny%d@example.se>", m.n)}
	}},
	"listAccountSessions": {atTenant, func(m *matrix, place string) (string, any) {
		return "/accounts/" + m.someone(place).String() + "/sessions", nil
	}},
	"endAccountSessions": {atTenant, func(m *matrix, place string) (string, any) {
		return "/accounts/" + m.someone(place).String() + "/sessions", nil
	}},
	"getAccountRights": {atTenant, func(m *matrix, place string) (string, any) {
		return "/accounts/" + m.someone(place).String() + "/rights", nil
	}},
	"updateKey": {atTenant, func(m *matrix, place string) (string, any) {
		return "/keys/" + m.houseKey(place).String(), object{"name": "annat"}
	}},
	"exportAudit": {nowhere, fixed("/audit/exports", object{"verb": "nothing.like.this"})},
	"countJobs":   {nowhere, fixed("/jobs/counts", nil)},
	"getStorage":  {nowhere, fixed("/storage", nil)},
})
