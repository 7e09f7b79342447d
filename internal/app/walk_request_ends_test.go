// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tillgang/internal/access"
	"tillgang/internal/folder"
)

// A request can do what the one who made it can do at that moment.
func TestARequestEndsWithTheRightsOfWhoMadeIt(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	to := w.newFolder(w.tenant, "Insamling")
	eva, root := w.person(w.tenant, "eva"), w.adminKey()
	give := func(role string) {
		var list []folder.Give
		if role != "" {
			list = []folder.Give{{Principal: eva.account.ID.UUID(), Role: w.role(w.tenant, role).ID}}
		}
		if _, err := w.folders.SetGrants(t.Context(), w.self(w.tenant), to.ID, 0, true, list); err != nil {
			t.Fatal(err)
		}
	}
	give("viewer")
	if a := w.do(eva, "POST", "/api/v1/upload-requests", object{"folder": to.ID, "title": "x"}); a.status != 403 {
		t.Errorf("without Upload: %d %s", a.status, a.body)
	}
	give("contributor")
	_, at := w.asks(eva, object{"folder": to.ID, "title": "Bilder", "sender": "none"})
	receipt := w.posts(at, url.Values{}).header.Get("Location")
	if !hidden.MatchString(receipt) {
		t.Fatal(receipt)
	}
	if a := w.sends(receipt+"/files", file{"ett.txt", "", []byte("ett")}); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	// She moderates what she asked for, though she may approve nothing.
	if n := len(w.inbox(eva)); n != 1 {
		t.Errorf("%d wait for her", n)
	}
	// Signed out, her request goes on; without the right it does not, at any step.
	w.do(eva, "DELETE", "/api/v1/session", nil)
	if a := w.sends(receipt+"/files", file{"två.txt", "", []byte("två")}); a.status != 303 {
		t.Errorf("%d %s", a.status, a.body)
	}
	key := asker{header: "Delivery " + strings.TrimPrefix(receipt, "/u/receipt/")}
	begun := w.do(key, "POST", uploadsAt, nil, "Upload-Length", "3", "Upload-Metadata", "filename "+b64("tre.txt"))
	if begun.status != 201 {
		t.Fatalf("%d %s", begun.status, begun.body)
	}
	give("viewer")
	if a := w.do(asker{}, "GET", at, nil); a.status != http.StatusGone {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.posts(at, url.Values{}); a.status != http.StatusGone {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.sends(receipt+"/files", file{"fyra.txt", "", []byte("fyra")}); a.status != http.StatusGone {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.do(key, "PATCH", begun.header.Get("Location"), strings.NewReader("tre")); a.status != 404 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if n := len(w.inbox(root)); n != 2 {
		t.Errorf("%d wait", n)
	}
	give("contributor")
	if a := w.do(key, "PATCH", begun.header.Get("Location"), strings.NewReader("tre")); a.status != 204 {
		t.Errorf("%d %s", a.status, a.body)
	}
	// Deactivated, she asks nobody any more.
	if err := w.accounts.Deactivate(t.Context(), w.self(w.tenant), eva.account.ID); err != nil {
		t.Fatal(err)
	}
	if a := w.do(asker{}, "GET", at, nil); a.status != http.StatusGone {
		t.Errorf("%d %s", a.status, a.body)
	}
	if n := len(w.inbox(root)); n != 3 {
		t.Errorf("%d wait", n)
	}
}

// Guesses and floods slow down; limits hold; old senders are forgotten.
func TestRequestsAreBoundedAndForgetTheirSenders(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	admin, to := w.adminKey(), w.newFolder(w.tenant, "In")
	locked, at := w.asks(admin, object{"folder": to.ID, "title": "Låst", "password": "öppna sesam"})
	for range 5 {
		w.posts(at, url.Values{"password": {"fel lösen"}})
	}
	a := w.posts(at, url.Values{"password": {"öppna sesam"}})
	if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
		t.Errorf("guessing is not slowed: %d", a.status)
	}
	// Another address for the same request: the old one leads nowhere.
	var made struct{ URL string }
	w.do(admin, "POST", "/api/v1/upload-requests/"+locked+"/link", nil).into(t, &made)
	if a := w.do(asker{}, "GET", at, nil); a.status != 404 {
		t.Errorf("%d", a.status)
	}
	if a := w.do(asker{}, "GET", strings.TrimPrefix(made.URL, "http://localhost"), nil); a.status != 200 {
		t.Errorf("%d", a.status)
	}
	if a := w.do(asker{}, "GET", "/u/"+strings.Repeat("a", 43), nil); a.status != 404 {
		t.Errorf("%d", a.status)
	}

	request, open := w.asks(admin, object{"folder": to.ID, "title": "Öppen", "max_files": 2, "max_bytes": 10, "kept_days": 1})
	said := url.Values{"sender_name": {"Anna Ek"}, "sender_email": {"anna@example.se"}, "message": {"Hej"}}
	receipt := w.posts(open, said).header.Get("Location")
	if a := w.posts(receipt+"/delivery", nil); a.status != 422 {
		t.Errorf("an empty delivery: %d", a.status)
	}
	if a := w.sends(receipt+"/files", file{"a.txt", "", []byte("12345678901")}); a.status != 422 {
		t.Errorf("more bytes than asked for: %d", a.status)
	}
	if a := w.sends(receipt+"/files", file{"a.txt", "", []byte("1234")}, file{"b.txt", "", []byte("5678")}, file{"c.txt", "", []byte("9")}); a.status != 422 || bytes.Count(a.body, []byte("Being looked through")) != 2 {
		t.Errorf("%d %s", a.status, a.body)
	}
	flood := 0
	for range 35 {
		if w.posts(open, said).status == http.StatusTooManyRequests {
			flood++
		}
	}
	if flood < 5 {
		t.Errorf("only %d of 35 further deliveries were held off", flood)
	}

	// Left by its sender, it is complete after an hour; after the kept days the
	// sender is forgotten, and what waits can still be decided about.
	conn := w.ownerConn()
	exec := func(sql string, args ...any) {
		if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	sweep := func() {
		if err := w.requests.Sweep(t.Context(), access.HouseActor(w.tenant, "request")); err != nil {
			t.Fatal(err)
		}
	}
	exec("update upload_delivery set touched_at = now() - interval '2 hours'")
	sweep()
	waiting := w.inbox(admin)
	if len(waiting) != 2 || waiting[0].Delivery.State != "delivered" || waiting[0].Delivery.SenderName != "Anna Ek" {
		t.Fatalf("%+v", waiting)
	}
	exec("update upload_request set expires_at = now() - interval '25 hours' where title = 'Öppen'")
	sweep()
	waiting = w.inbox(admin)
	if len(waiting) != 2 || waiting[0].Delivery.SenderName != "" || waiting[0].Delivery.SenderEmail != "" || waiting[0].Delivery.PurgedAt == nil {
		t.Fatalf("%+v", waiting)
	}
	var left int
	w.do(admin, "POST", "/api/v1/deliveries/"+waiting[0].Delivery.ID+"/rejection", object{"reason": "För gamla."})
	sweep()
	if a := w.do(admin, "GET", "/api/v1/upload-requests/"+request, nil); a.status != 404 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if err := conn.QueryRow(t.Context(), "select count(*) from upload_delivery where sender_email <> ''").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d senders are left: %v", left, err)
	}
	// An asset that waits and whose request is no more can be found and accepted.
	orphan := waiting[1].Asset.ID
	if a := w.do(admin, "POST", "/api/v1/assets/"+orphan+"/restoration", nil); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if list := w.inbox(admin); len(list) != 1 || list[0].Delivery.ID != "" {
		t.Errorf("%+v", list)
	}
	if a := w.do(admin, "POST", "/api/v1/moderation/"+orphan+"/acceptance", nil); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
}
