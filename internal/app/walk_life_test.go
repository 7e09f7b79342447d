// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"tillgang/internal/folder"
)

type wireStep struct {
	State, Demand string
	NextSteps     []struct {
		To      string
		Allowed bool
		Code    string
	} `json:"next_steps"`
	Items []struct {
		From, To, Remark, By string
		ByName               string `json:"by_name"`
	}
}

// TestAnAssetIsApprovedBeforeOthersSeeIt walks a picture from draft to archive
// in a folder that asks for four eyes: what others see of it in lists, by its
// address and with a ticket changes at once.
func TestAnAssetIsApprovedBeforeOthersSeeIt(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	chief := w.chief()
	in := w.newFolder(w.tenant, "Granskas").ID
	maker, judge, reader := w.person(w.tenant, "maker"), w.person(w.tenant, "judge"), w.person(w.tenant, "reader")
	if _, err := w.folders.SetGrants(t.Context(), w.self(w.tenant), in, 0, true, []folder.Give{
		{Principal: maker.account.ID.UUID(), Role: w.role(w.tenant, "publisher").ID},
		{Principal: judge.account.ID.UUID(), Role: w.role(w.tenant, "publisher").ID},
		{Principal: reader.account.ID.UUID(), Role: w.role(w.tenant, "downloader").ID},
	}); err != nil {
		t.Fatal(err)
	}
	if a := w.do(chief, "PUT", "/api/v1/folders/"+in.String()+"/rule", object{"required": []string{"credit"}, "approval": "four_eyes"}); a.status != 200 || !strings.Contains(string(a.body), `"approves":"four_eyes"`) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	var made struct{ ID, Approval string }
	w.upload(maker, "ny.txt", []byte("nytt och hemligt"), "folder", in.String()).into(t, &made)
	at := "/api/v1/assets/" + made.ID
	sees := func(who asker, want bool, when string) {
		t.Helper()
		if got := w.do(who, "GET", at, nil).status == 200; got != want {
			t.Errorf("%s: %s sees it by its address: %v", when, who.name, got)
		}
		var list struct{ Total int }
		w.do(who, "GET", "/api/v1/assets?q=ny", nil).into(t, &list)
		if (list.Total == 1) != want {
			t.Errorf("%s: %s finds %d", when, who.name, list.Total)
		}
		w.do(who, "GET", "/api/v1/assets/facets", nil).into(t, &list)
		if (list.Total == 1) != want {
			t.Errorf("%s: %s counts %d", when, who.name, list.Total)
		}
	}
	step := func(who asker, body object, want int, code string, header ...string) {
		t.Helper()
		if a := w.do(who, "POST", at+"/approval", body, header...); a.status != want || a.code() != code {
			t.Fatalf("%v by %s: %d %s", body, who.name, a.status, a.body)
		}
	}
	if made.Approval != "draft" {
		t.Fatalf("came as %q", made.Approval)
	}
	sees(reader, false, "as a draft")
	sees(judge, true, "as a draft")
	if a := w.do(reader, "POST", at+"/downloads", object{"variant": "large"}); a.status != 404 {
		t.Errorf("a draft is fetched: %d %s", a.status, a.body)
	}
	step(reader, object{"to": "review"}, 404, "asset.not_found")
	step(maker, object{"to": "approved"}, 409, "approval.no_way")
	step(maker, object{"to": "review", "remark": "Klar <script>"}, 200, "")
	step(judge, object{"to": "draft"}, 422, "approval.remark")
	step(judge, object{"to": "draft", "remark": "Rätta färgen"}, 200, "")
	step(maker, object{"to": "review"}, 200, "")
	step(maker, object{"to": "approved"}, 403, "approval.four_eyes")
	step(judge, object{"to": "approved"}, 409, "asset.incomplete")
	var tag string
	if a := w.do(maker, "PATCH", at, object{"fields": object{"credit": object{"value": "Foto"}}}); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	} else {
		tag = a.header.Get("ETag")
	}
	var queue struct{ Items []struct{ ID string } }
	w.do(judge, "GET", "/api/v1/assets?q=approval:review", nil).into(t, &queue)
	if len(queue.Items) != 1 || queue.Items[0].ID != made.ID {
		t.Errorf("to review: %+v", queue)
	}
	sees(reader, false, "in review")
	if a := w.do(judge, "POST", at+"/approval", object{"to": "approved"}, "If-Match", `"1"`); a.status != http.StatusPreconditionFailed || !strings.Contains(string(a.body), `"version":`+strings.Trim(tag, `"`)) {
		t.Errorf("stale: %d %s", a.status, a.body)
	}
	step(judge, object{"to": "approved"}, 200, "", "If-Match", tag)
	sees(reader, true, "approved")
	// Other bytes are not approved: gone at once.
	ticket := w.ticket(judge, made.ID, "original").URL
	if a := w.uploadTo(maker, at+"/revisions", "ny.txt", []byte("andra bytes")); a.status/100 != 2 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	sees(reader, false, "with a new revision")
	if a := w.do(asker{}, "GET", ticket, nil); a.status != 200 {
		t.Errorf("who may edit fetches it still: %d", a.status)
	}
	step(judge, object{"to": "review"}, 200, "")
	step(maker, object{"to": "approved"}, 200, "")
	step(judge, object{"to": "published"}, 200, "")
	fetch := w.ticket(judge, made.ID, "original").URL
	step(judge, object{"to": "archived"}, 200, "")
	var list struct{ Total int }
	for _, q := range []string{"", "q=ny", "q=is:archived", "q=approval:arkiverad+ny"} {
		w.do(reader, "GET", "/api/v1/assets?"+q, nil).into(t, &list)
		if want := strings.Contains(q, "rchived") || strings.Contains(q, "arkiverad"); (list.Total == 1) != want {
			t.Errorf("archived, asked for %q: %d", q, list.Total)
		}
	}
	if a := w.do(asker{}, "GET", fetch, nil); a.status != 200 {
		t.Errorf("what is archived can be fetched: %d", a.status)
	}
	var way wireStep
	w.do(reader, "GET", at+"/approval", nil).into(t, &way)
	if way.State != "archived" || way.Demand != "four_eyes" || len(way.Items) != 9 || way.Items[len(way.Items)-1].Remark != "Klar <script>" ||
		way.Items[0].ByName != "Person judge" || slices.ContainsFunc(way.NextSteps, func(s struct {
		To      string
		Allowed bool
		Code    string
	},
	) bool {
		return s.Allowed
	}) {
		t.Errorf("%+v", way)
	}
	step(judge, object{"to": "approved"}, 200, "")
	sees(reader, true, "taken out of the archive")
}

// TestPeopleTalkAboutAnAsset writes, answers, mentions, edits, resolves and
// deletes, and asks who sees the asset and why.
func TestPeopleTalkAboutAnAsset(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	in := w.newFolder(w.tenant, "Samtal").ID
	group, err := w.accounts.CreateGroup(t.Context(), w.self(w.tenant), "Redaktionen")
	if err != nil {
		t.Fatal(err)
	}
	ann, bo := w.person(w.tenant, "ann"), w.person(w.tenant, "bo")
	w.person(w.tenant, "utanför")
	if a := w.do(w.chief(), "PUT", "/api/v1/groups/"+group.ID.String()+"/members/"+bo.account.ID.String(), nil); a.status/100 != 2 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if _, err := w.folders.SetGrants(t.Context(), w.self(w.tenant), in, 0, true, []folder.Give{
		{Principal: ann.account.ID.UUID(), Role: w.role(w.tenant, "editor").ID},
		{Principal: group.ID.UUID(), Role: w.role(w.tenant, "contributor").ID},
	}); err != nil {
		t.Fatal(err)
	}
	at := "/api/v1/assets/" + w.storeBare(w.tenant, in, "samtal.txt").String()
	var who struct {
		Items []struct{ Account, Name string }
	}
	w.do(ann, "GET", at+"/mentionable?q=PERSON", nil).into(t, &who)
	if len(who.Items) != 3 || who.Items[0].Name != "Person ann" || who.Items[1].Name != "Person bo" || who.Items[2].Name != "Person chief" {
		t.Errorf("to mention: %+v", who)
	}
	const sentinel = `<img src=x onerror=alert(1)> & "å"`
	var c struct {
		ID, Text, Author string
		Mentions         []struct{ Name string }
		Can              struct{ Edit, Delete, Resolve, Answer bool }
	}
	w.do(ann, "POST", at+"/comments", object{"text": sentinel, "mentions": []string{bo.account.ID.String()}}).into(t, &c)
	if c.Text != sentinel || len(c.Mentions) != 1 || !c.Can.Edit || !c.Can.Delete {
		t.Errorf("%+v", c)
	}
	w.do(bo, "POST", at+"/comments", object{"text": "Javisst", "answers": c.ID}).into(t, &c)
	var all struct {
		Items []struct {
			ID         string
			Text       string
			AuthorName string `json:"author_name"`
			Deleted    bool
			ResolvedAt string `json:"resolved_at"`
			Answers    []struct{ ID, Text string }
			Can        struct{ Edit, Delete bool }
		}
	}
	w.do(bo, "GET", at+"/comments", nil).into(t, &all)
	if len(all.Items) != 1 || all.Items[0].AuthorName != "Person ann" || all.Items[0].Can.Edit || all.Items[0].Can.Delete || len(all.Items[0].Answers) != 1 {
		t.Fatalf("%+v", all)
	}
	first := at + "/comments/" + all.Items[0].ID
	for _, try := range []struct {
		who          asker
		method, path string
		body         any
		status       int
	}{
		{bo, "PUT", first, object{"text": "Mitt"}, 403},
		{ann, "PUT", first, object{"text": "Ändrat"}, 200},
		{bo, "GET", first + "/history", nil, 200},
		{bo, "PUT", first + "/resolution", nil, 200},
		{bo, "DELETE", first, nil, 403},
		{ann, "DELETE", first, nil, 204},
		{ann, "DELETE", first, nil, 404},
		{ann, "POST", at + "/comments", object{"text": "Stunden", "at": 2}, 422},
		{w.person(w.tenant, "främling"), "GET", at + "/comments", nil, 404},
	} {
		if a := w.do(try.who, try.method, try.path, try.body); a.status != try.status {
			t.Errorf("%s %s by %s: %d %s", try.method, try.path, try.who.name, a.status, a.body)
		}
	}
	w.do(ann, "GET", at+"/comments", nil).into(t, &all)
	if len(all.Items) != 1 || !all.Items[0].Deleted || all.Items[0].Text != "" || len(all.Items[0].Answers) != 1 {
		t.Errorf("what was answered stays as a mark: %+v", all)
	}

	var seers struct {
		Items []struct {
			Principal, Name, Kind string
			Permissions           []string
			Through               []struct {
				Role       string
				FolderName string `json:"folder_name"`
				Via        []struct{ Name string }
			}
		}
	}
	w.do(ann, "GET", at+"/access", nil).into(t, &seers)
	i := slices.IndexFunc(seers.Items, func(s struct {
		Principal, Name, Kind string
		Permissions           []string
		Through               []struct {
			Role       string
			FolderName string `json:"folder_name"`
			Via        []struct{ Name string }
		}
	},
	) bool {
		return s.Principal == bo.account.ID.String()
	})
	if i < 0 || len(seers.Items[i].Through) != 1 || seers.Items[i].Through[0].FolderName != "Samtal" || seers.Items[i].Through[0].Role != "contributor" ||
		len(seers.Items[i].Through[0].Via) != 1 || seers.Items[i].Through[0].Via[0].Name != "Redaktionen" {
		t.Errorf("why Bo sees it: %+v", seers)
	}
	if a := w.do(bo, "GET", at+"/access", nil); a.status != 403 {
		t.Errorf("without the right: %d %s", a.status, a.body)
	}
}
