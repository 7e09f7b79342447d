// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// wants sends a request and holds its answer against a status.
func (w *world) wants(who asker, status int, method, path string, body any) answer {
	w.t.Helper()
	a := w.do(who, method, "/api/v1"+path, body)
	if a.status != status {
		w.t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	return a
}

type wireCollection struct {
	ID, Name, Level, Description, Parent string
	Count                                int
	Version                              int64
	Cover                                *wireAsset
	Path                                 []struct{ Name string }
	PurgesAt                             *time.Time `json:"purges_at"`
}

// names are those of the assets that a list holds, in its order.
func (w *world) names(who asker, query string) string {
	w.t.Helper()
	var names []string
	for _, a := range w.find(who, query).Items {
		names = append(names, strings.TrimSuffix(a.Name, ".txt"))
	}
	return strings.Join(names, " ")
}

// Collections, bins, duplicates and work queues through the real program, with
// a colleague who sees only one folder.
func TestWalk_CollectionsDuplicatesAndQueues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	chief, ola := w.chief(), w.person(w.tenant, "ola")
	open := w.newFolder(w.tenant, "Öppen").ID
	viewer := w.role(w.tenant, "viewer").ID
	w.wants(chief, 200, "PUT", "/folders/"+open.String()+"/grants", object{"inherit": true, "grants": []object{{"principal": ola.account.ID.String(), "role": viewer}}})
	const sentinel = `<img src=x onerror=alert(1)>`
	ids := map[string]string{}
	for _, f := range []struct{ name, content, folder string }{
		{"a", "samma", open.String()}, {"b", "samma", ""}, {"c", "annat", open.String()}, {"d", "eget", ""},
	} {
		fields := []string{"on_duplicate", "keep"}
		if f.folder != "" {
			fields = append(fields, "folder", f.folder)
		}
		ids[f.name] = w.stored(chief, f.name+".txt", []byte(f.content), fields...).ID
	}

	// A list: made, filled, ordered, shown to a colleague who sees part of it.
	var top, list wireCollection
	w.wants(chief, 201, "POST", "/collections", object{"name": "Kampanjer", "description": sentinel}).into(t, &top)
	w.wants(chief, 201, "POST", "/collections", object{"name": sentinel, "parent": top.ID}).into(t, &list)
	at := "/collections/" + list.ID
	var added struct{ Added, There, Unseen int }
	w.wants(chief, 200, "POST", at+"/assets", object{"ids": []string{ids["d"], ids["a"], ids["b"], ids["c"]}}).into(t, &added)
	w.wants(chief, 204, "POST", at+"/moves", object{"ids": []string{ids["c"]}, "before": ids["a"]})
	if got := w.names(chief, "collection="+list.ID); added.Added != 4 || got != "d c a b" {
		t.Errorf("%+v %s", added, got)
	}
	w.wants(ola, 404, "GET", at, nil)
	w.wants(ola, 404, "GET", "/assets?collection="+list.ID, nil)
	w.wants(chief, 204, "PUT", "/collections/"+top.ID+"/shares", object{"shares": []object{{"principal": ola.account.ID.String(), "level": "contribute"}}})
	var seen wireCollection
	if w.wants(ola, 200, "GET", at, nil).into(t, &seen); seen.Count != 2 || seen.Level != "contribute" || seen.Name != sentinel || len(seen.Path) != 2 || seen.Cover == nil || seen.Cover.ID != ids["c"] {
		t.Errorf("%+v", seen)
	}
	if got := w.names(ola, "collection="+list.ID) + "/" + w.names(ola, "collection="+list.ID+"&sort=name&kind=document"); got != "c a/a c" {
		t.Error("what a colleague finds in it:", got)
	}
	w.wants(ola, 200, "POST", at+"/removals", object{"ids": []string{ids["c"]}})
	w.wants(ola, 403, "PATCH", at, object{"name": "Min nu"})
	var shares struct {
		Items []struct {
			Principal struct{ Name string }
			Level     string
		}
	}
	if w.wants(chief, 200, "GET", "/collections/"+top.ID+"/shares", nil).into(t, &shares); len(shares.Items) != 1 || shares.Items[0].Principal.Name != "Person ola" {
		t.Errorf("%+v", shares)
	}
	var people struct {
		Items []struct{ ID, Name, Kind string }
	}
	if w.wants(ola, 200, "GET", "/people?q=CHIEF", nil).into(t, &people); len(people.Items) != 1 || people.Items[0].Name != "Person chief" {
		t.Errorf("%+v", people)
	}

	// What works on selections works on a collection.
	var job struct {
		ID, State string
		Changed   int
	}
	wait := func(a answer) {
		t.Helper()
		for a.into(t, &job); job.State == "waiting" || job.State == "running"; time.Sleep(50 * time.Millisecond) {
			w.wants(chief, 200, "GET", "/bulk/"+job.ID, nil).into(t, &job)
		}
	}
	wait(w.wants(chief, 202, "POST", "/bulk", object{"selection": object{"query": object{"collection": list.ID}}, "change": object{"add_to": top.ID}}))
	if got := w.names(chief, "collection="+top.ID); job.State != "done" || job.Changed != 3 || got != "d a b" {
		t.Errorf("%+v %s", job, got)
	}
	wait(w.wants(chief, 202, "POST", "/bulk/"+job.ID+"/undo", nil))
	if got := w.names(chief, "collection="+top.ID); got != "" {
		t.Error("after the undo:", got)
	}
	var sum struct {
		Editable int
		Fields   []struct {
			Field string
			Same  bool
		}
	}
	if w.wants(chief, 200, "POST", "/bulk/summary", object{"selection": object{"query": object{"collection": list.ID}}}).into(t, &sum); sum.Editable != 3 || len(sum.Fields) < 10 {
		t.Errorf("%+v", sum)
	}

	// Work queues, and what is found there.
	queues := func(who asker) string {
		t.Helper()
		var q struct {
			Items []struct {
				Name, Q string
				Count   int
			}
		}
		w.wants(who, 200, "GET", "/queues", nil).into(t, &q)
		var out []string
		for _, one := range q.Items {
			if n := w.find(who, "q="+one.Q).Total; n != one.Count {
				t.Errorf("%s: %d counted and %d found", one.Name, one.Count, n)
			}
			if one.Count > 0 {
				out = append(out, fmt.Sprint(one.Name, " ", one.Count))
			}
		}
		return strings.Join(out, ", ")
	}
	w.wants(chief, 200, "PUT", "/folders/"+open.String()+"/rule", object{"required": []string{"credit"}})
	w.wants(chief, 200, "PATCH", "/assets/"+ids["d"], object{"expires_at": clock().Add(72 * time.Hour), "owner": ola.account.ID.String()})
	w.until("the rule's assets follow it", func() bool { return w.find(chief, "q=is:incomplete").Total == 2 })
	if got := queues(chief); got != "new 4, mine 3, incomplete 2, duplicate 2, expiring 1" {
		t.Error(got)
	}
	if got := queues(ola); got != "new 2, incomplete 2" {
		t.Error("a twin that one does not see is none:", got)
	}

	// Two that are one: in the collection the kept one has the other's place.
	var merged struct {
		Merge struct{ ID string }
		Asset wireAsset
	}
	w.wants(ola, 403, "POST", "/assets/"+ids["a"]+"/merges", object{"assets": []string{ids["c"]}})
	w.wants(chief, 200, "POST", at+"/removals", object{"ids": []string{ids["a"]}})
	w.wants(chief, 201, "POST", "/assets/"+ids["a"]+"/merges", object{"assets": []string{ids["b"]}}).into(t, &merged)
	if got := w.names(chief, "collection="+list.ID); got != "d a" || w.find(chief, "q=is:duplicate").Total != 0 {
		t.Error(got)
	}
	var bin struct {
		Items []struct {
			ID         string
			MergedInto string     `json:"merged_into"`
			PurgesAt   *time.Time `json:"purges_at"`
		}
	}
	if w.wants(chief, 200, "GET", "/bin", nil).into(t, &bin); len(bin.Items) != 1 || bin.Items[0].MergedInto != ids["a"] || bin.Items[0].PurgesAt == nil {
		t.Errorf("%+v", bin)
	}
	w.wants(chief, 200, "POST", "/merges/"+merged.Merge.ID+"/undo", nil)
	if got := w.names(chief, "collection="+list.ID); got != "d b" || w.find(chief, "q=is:duplicate").Total != 2 {
		t.Error("parted again:", got)
	}

	// Through the bin and back.
	w.wants(ola, 403, "DELETE", at, nil)
	w.wants(chief, 204, "DELETE", "/collections/"+top.ID, nil)
	w.wants(ola, 404, "GET", at, nil)
	var bins struct{ Items []wireCollection }
	if w.wants(chief, 200, "GET", "/bin/collections", nil).into(t, &bins); len(bins.Items) != 1 || bins.Items[0].PurgesAt == nil {
		t.Errorf("%+v", bins)
	}
	w.wants(chief, 200, "POST", "/collections/"+top.ID+"/restoration", nil)
	if got := w.names(chief, "collection="+list.ID); got != "d b" {
		t.Error("restored:", got)
	}
	w.wants(chief, 204, "DELETE", "/folders/"+open.String(), nil)
	var folders struct {
		Items []struct {
			ID, Name string
			Path     []struct{ Name string }
		}
	}
	if w.wants(chief, 200, "GET", "/bin/folders", nil).into(t, &folders); len(folders.Items) != 1 || folders.Items[0].Name != "Öppen" || len(folders.Items[0].Path) != 2 {
		t.Errorf("%+v", folders)
	}
	w.wants(chief, 204, "DELETE", "/bin/folders/"+open.String(), nil)
	w.until("the folder is destroyed", func() bool {
		return w.do(chief, "GET", "/api/v1/assets/"+ids["c"], nil).status == 404 && w.count("select count(*) from folder where id = '"+open.UUID().String()+"'") == 0
	})
}
