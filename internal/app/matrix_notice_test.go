// SPDX-License-Identifier: Apache-2.0

package app

import (
	"tillgang/internal/account"
	"tillgang/internal/id"
)

var _ = wire(map[string]matrixRequest{
	"getPreferences":       {nowhere, fixed("/session/preferences", nil)},
	"setPreferences":       {nowhere, fixed("/session/preferences", object{"theme": "dark"})},
	"listNotices":          {nowhere, fixed("/notices?limit=1", nil)},
	"getNoticeState":       {nowhere, fixed("/notices/state", nil)},
	"readNotices":          {nowhere, fixed("/notices/reading", object{})},
	"getNoticePreferences": {nowhere, fixed("/notices/preferences", nil)},
	"setNoticePreferences": {nowhere, fixed("/notices/preferences", object{"ways": object{"commented": "off"}})},
	"getNotice":            {nowhere, func(*matrix, string) (string, any) { return "/notices/" + id.New[id.Notice]().String(), nil }},
	"readNotice": {nowhere, func(*matrix, string) (string, any) {
		return "/notices/" + id.New[id.Notice]().String() + "/reading", nil
	}},
	"getSettings":    {nowhere, fixed("/settings", nil)},
	"updateSettings": {nowhere, fixed("/settings", object{"language": "sv"})},
	"listContacts":   {nowhere, fixed("/contacts", nil)},
	"setContact":     {nowhere, fixed("/contacts/incident", object{"name": "IT-jouren", "phone": "010-123 45 67"})},
	"deleteContact": {nowhere, func(m *matrix, _ string) (string, any) {
		m.t.Helper()
		for _, place := range []string{"own", "foreign"} {
			if m.tenantOf(place).IsZero() {
				continue // a world of one tenant
			}
			if _, err := m.accounts.SetContact(m.t.Context(), m.self(m.tenantOf(place)), account.Contact{Role: "incident", Name: "IT-jouren", Phone: "010-123 45 67"}); err != nil {
				m.t.Fatal(err)
			}
		}
		return "/contacts/incident", nil
	}},
	"getStatistics": {nowhere, fixed("/statistics", nil)},
})
