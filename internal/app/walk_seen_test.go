// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"testing"

	"tillgang/internal/folder"
)

// Whoever sees or fetches an asset stands in its list; without the right to
// its history one sees oneself and how many others there are.
func TestMU12_SeenBy(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	chief := w.chief()
	in := w.newFolder(w.tenant, "Gemensam").ID
	asset := w.storeBare(w.tenant, in, "sedd.txt").String()
	reader, other := w.person(w.tenant, "reader"), w.person(w.tenant, "other")
	grants := []folder.Give{
		{Principal: reader.account.ID.UUID(), Role: w.role(w.tenant, "editor").ID},
		{Principal: other.account.ID.UUID(), Role: w.role(w.tenant, "viewer").ID},
	}
	if _, err := w.folders.SetGrants(t.Context(), w.self(w.tenant), in, 0, true, grants); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.do(reader, "GET", "/api/v1/assets/"+asset, nil)
	}
	w.do(other, "GET", "/api/v1/assets/"+asset, nil)
	if a := w.do(asker{}, "GET", w.ticket(reader, asset, "original").URL, nil); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	type sightings struct {
		Actors int
		Views  int64
		Items  []struct {
			Actor, Name, What string
			Count             int64
		}
	}
	var all, own sightings
	w.do(chief, "GET", "/api/v1/assets/"+asset+"/sightings", nil).into(t, &all)
	got := map[string]int64{}
	for _, i := range all.Items {
		got[i.Name+" "+i.What] = i.Count
	}
	if all.Actors != 2 || got["Person reader viewed"] == 0 || got["Person reader downloaded_original"] != 1 || got["Person other viewed"] == 0 || len(all.Items) != 3 {
		t.Errorf("%+v", all)
	}
	w.do(other, "GET", "/api/v1/assets/"+asset+"/sightings", nil).into(t, &own)
	for _, i := range own.Items {
		if i.Actor != other.account.ID.String() {
			t.Errorf("somebody without the right to the history is told of %s", i.Actor)
		}
	}
	if own.Actors != 2 || len(own.Items) != 1 {
		t.Errorf("%+v", own)
	}
	if a := w.do(w.person(w.tenant, "stranger"), "GET", "/api/v1/assets/"+asset+"/sightings", nil); a.status != http.StatusNotFound {
		t.Errorf("a stranger: %d %s", a.status, a.body)
	}
}
