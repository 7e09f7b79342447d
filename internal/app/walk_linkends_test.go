// SPDX-License-Identifier: Apache-2.0

package app

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A link whose maker says nothing of its end ends when the tenant's settings say.
func TestWalk_ALinkEndsWhenTheSettingsSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.newFolder(w.tenant, "Kampanj")
	eva, chief := w.grantee("eva", "publisher", in.ID), w.signedIn("chef", "admin")
	a := w.stored(eva, "Hamn.jpg", quarters(300, 200), "folder", in.ID.String())
	lasts := func(body object) (days float64) {
		t.Helper()
		var made struct {
			ExpiresAt time.Time `json:"expires_at"`
			CreatedAt time.Time `json:"created_at"`
		}
		body["title"], body["target"] = "Hamn", object{"assets": []string{a.ID}}
		w.must(w.do(eva, "POST", "/api/v1/links", body), http.StatusCreated).into(t, &made)
		return math.Round(made.ExpiresAt.Sub(made.CreatedAt).Hours() / 24)
	}
	told := func() (n int) {
		t.Helper()
		var me struct {
			LinkDays int `json:"link_days"`
		}
		w.must(w.do(eva, "GET", "/api/v1/session", nil), http.StatusOK).into(t, &me)
		return me.LinkDays
	}
	if lasts(object{}) != 30 || told() != 30 {
		t.Error("not 30 days where nobody has said otherwise")
	}
	w.must(w.do(chief, "PATCH", "/api/v1/settings", object{"link_days": 7}), http.StatusOK)
	if got := lasts(object{}); got != 7 || told() != 7 {
		t.Errorf("%g days, told %d; want 7", got, told())
	}
	w.must(w.do(chief, "PATCH", "/api/v1/settings", object{"link_days": 365, "reason": "Arkivet delas med museerna.", "password": sixWords}), http.StatusOK)
	if got := lasts(object{}); got != 365 {
		t.Errorf("%g days, want 365", got)
	}
	if got := lasts(object{"expires_at": time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)}); got != 2 {
		t.Errorf("%g days, want the 2 that its maker asked for", got)
	}
}

// A shared collection shows what is in it at the moment, in its order, of what
// its maker may share.
func TestWalk_ACollectionIsSharedAsItIsNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in, other := w.newFolder(w.tenant, "Kampanj"), w.newFolder(w.tenant, "Internt")
	eva := w.grantee("eva", "publisher", in.ID)
	a := w.stored(eva, "Ett.jpg", quarters(300, 200), "folder", in.ID.String(), "title", "Ettan")
	b := w.stored(eva, "Två.jpg", quarters(200, 300), "folder", in.ID.String(), "title", "Tvåan")
	hidden := w.stored(w.adminKey(), "Tre.jpg", quarters(200, 200), "folder", other.ID.String(), "title", "Trean")
	var c struct{ ID string }
	w.must(w.do(eva, "POST", "/api/v1/collections", object{"name": "Urval"}), http.StatusCreated).into(t, &c)
	put := func(ids ...string) {
		t.Helper()
		w.must(w.do(eva, "POST", "/api/v1/collections/"+c.ID+"/assets", object{"ids": ids}), http.StatusOK)
	}
	put(b.ID)
	l := w.share(eva, object{"title": "Urvalet", "target": object{"collection": c.ID}, "formats": []string{"original"}})
	o := w.outsider()
	if page := o.sees(l.URL, 200, "Tvåan"); strings.Contains(page, "Ettan") {
		t.Error("the page shows what is not in the collection")
	}
	put(a.ID)
	if page := o.sees(l.URL, 200, "Ettan", "Tvåan"); strings.Index(page, "Tvåan") > strings.Index(page, "Ettan") {
		t.Error("not in the collection's order")
	}
	o.sees(l.URL+"/assets/"+hidden.ID, 404)
	if got := o.takes(l, "all", "1", "variant", "original"); got.status != 200 {
		t.Errorf("%d", got.status)
	}
	// Out of the collection is off the page, and the collection's bin closes it.
	w.must(w.do(eva, "DELETE", "/api/v1/assets/"+b.ID, nil), http.StatusNoContent)
	if page := o.sees(l.URL, 200, "Ettan"); strings.Contains(page, "Tvåan") {
		t.Error("what is in the bin is shown")
	}
	w.must(w.do(eva, "DELETE", "/api/v1/collections/"+c.ID, nil), http.StatusNoContent)
	o.sees(l.URL, 410)
	if got := w.do(w.person(w.tenant, "ola"), "POST", "/api/v1/links", object{"title": "Stulet", "target": object{"collection": c.ID}}); got.status != http.StatusNotFound {
		t.Errorf("another's collection: %d %s", got.status, got.body)
	}
}
