// SPDX-License-Identifier: Apache-2.0

package webapp

import "net/http"

// statement shows the accessibility statement, to everybody: what the law asks
// public bodies for (in Sweden 2018:1937).
func (d *door) statement(v *visit) error {
	s, err := d.Accounts.Statement(v.ctx, v.who, v.r.URL.Query().Get("tenant"))
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "accessibility", v.say("statement_title"), s)
}
