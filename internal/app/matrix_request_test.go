// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"strings"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/id"
	asking "tillgang/internal/request"
	"tillgang/internal/secret"
)

var _ = wire(map[string]matrixRequest{
	"listUploadRequests": {nowhere, fixed("/upload-requests", nil)},
	"createUploadRequest": {inFolder, func(m *matrix, place string) (string, any) {
		f := m.folder(place)
		if place == "binned" {
			f = m.sub(place)
		}
		return "/upload-requests", object{"folder": f, "title": "Bilder från festen"}
	}},
	"getUploadRequest":       {inFolder, ofRequest("", nil)},
	"updateUploadRequest":    {inFolder, ofRequest("", object{"title": "Andra bilder"})},
	"revokeUploadRequest":    {inFolder, ofRequest("", nil)},
	"renewUploadRequestLink": {inFolder, ofRequest("/link", nil)},
	"listDeliveries":         {inFolder, ofRequest("/deliveries", nil)},
	"restoreUploadRequest": {inFolder, func(m *matrix, place string) (string, any) {
		r, _, who := m.asked(place)
		if err := m.requests.Revoke(m.t.Context(), who, r); err != nil && place != "binned" {
			m.t.Fatal(err)
		}
		return "/upload-requests/" + r.String() + "/restoration", nil
	}},
	"acceptDelivery": {inFolder, func(m *matrix, place string) (string, any) {
		d, _ := m.sent(place)
		return "/deliveries/" + d.String() + "/acceptance", nil
	}},
	"rejectDelivery": {inFolder, func(m *matrix, place string) (string, any) {
		d, _ := m.sent(place)
		return "/deliveries/" + d.String() + "/rejection", object{"reason": "Suddiga."}
	}},
	"listModeration": {nowhere, fixed("/moderation", nil)},
	"acceptSent": {inFolder, func(m *matrix, place string) (string, any) {
		_, a := m.sent(place)
		return "/moderation/" + a.String() + "/acceptance", nil
	}},
	"rejectSent": {inFolder, func(m *matrix, place string) (string, any) {
		_, a := m.sent(place)
		return "/moderation/" + a.String() + "/rejection", object{"reason": "Suddig."}
	}},
})

func ofRequest(suffix string, body any) request {
	return func(m *matrix, place string) (string, any) {
		r, _, _ := m.asked(place)
		return "/upload-requests/" + r.String() + suffix, body
	}
}

// asker makes a key of its own right in the place's tenant.
func (m *matrix) asker(place string) access.Actor {
	m.t.Helper()
	tenant := m.tenantOf(place)
	_, key, err := m.accounts.CreateKey(m.t.Context(), m.self(tenant), account.NewKey{Name: "ber om filer", Own: true, Role: "admin"})
	if err != nil {
		m.t.Fatal(err)
	}
	who, err := m.accounts.ActorByKey(m.t.Context(), key.Reveal(), testAddr)
	if err != nil {
		m.t.Fatal(err)
	}
	return who
}

// asked makes an upload request into the place's folder; in "binned" its
// folder is in the bin.
func (m *matrix) asked(place string) (id.Request, string, access.Actor) {
	m.t.Helper()
	m.n++
	who, to := m.asker(place), m.folder(place)
	if place == "binned" {
		f, err := m.world.folders.Create(m.t.Context(), m.self(m.tenant), to, fmt.Sprintf("Mapp %d", m.n))
		if err != nil {
			m.t.Fatal(err)
		}
		to = f.ID
	}
	none, title := asking.SenderNone, "Bilder"
	r, token, err := m.requests.Create(m.t.Context(), who, to, asking.Settings{Title: &title, Sender: &none})
	if err != nil {
		m.t.Fatal(err)
	}
	if place == "binned" {
		if err := m.world.folders.Delete(m.t.Context(), m.self(m.tenant), to, 0); err != nil {
			m.t.Fatal(err)
		}
	}
	return r.ID, token, who
}

// sent is an asset that came in from outside, with its delivery; in "binned" it
// is in the bin.
func (m *matrix) sent(place string) (id.Delivery, id.Asset) {
	m.t.Helper()
	ctx, in := m.t.Context(), place
	if place == "binned" {
		in = "own"
	}
	r, token, who := m.asked(in)
	outside := m.requests.Outside()
	receipt, err := outside.Begin(ctx, token, testAddr, secret.Text{}, &asking.Details{})
	if err == nil {
		err = outside.Receive(ctx, receipt, "utifrån.txt", strings.NewReader(fmt.Sprint("utifrån ", m.n)))
	}
	if err != nil {
		m.t.Fatal(err)
	}
	list, err := m.requests.Waiting(ctx, who, r, id.Delivery{}, "", 10)
	if err != nil || len(list.Items) != 1 {
		m.t.Fatal(list, err)
	}
	one := list.Items[0]
	if place == "binned" {
		if err := m.assets.Delete(ctx, m.self(m.tenant), one.Asset.ID); err != nil {
			m.t.Fatal(err)
		}
	}
	return one.Delivery.ID, one.Asset.ID
}
