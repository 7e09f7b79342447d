// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/folder"
)

type wireAmount struct{ Files, Folders, People, Programs int }

type wireEffects struct {
	Opens, Closes wireAmount
	Permissions   []struct {
		Permission    string
		Opens, Closes wireAmount
	}
	Items []struct {
		Principal, Name, Kind string
		People, Opens, Closes int
		Gains, Loses          []string
	}
	Warnings []struct{ Code string }
	AtLeast  bool `json:"at_least"`
}

// An administrator invites a list of colleagues, looks at what a change of
// rights would open before saving it, saves it, and finds that it did just that.
func TestAnAdministratorLooksBeforeGivingRights(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	chief := w.chief()
	var group struct{ ID string }
	w.do(chief, "POST", "/api/v1/groups", object{"name": "Kommunikation"}).into(t, &group)

	list := "Anna Ek <anna.ek@example.se>\r\nbo.berg@example.se\n\n\"Ek, Cia\" <cia@example.se>\nANNA.EK@example.se\nunderlig rad\n" + strings.ToUpper(chief.account.Email) + "\n"
	type guests struct {
		Items []struct {
			Line                              int
			Email, Name, State, Problem, Link string
			Account                           string
		}
	}
	invite := func(dry bool) (g guests, states []string) {
		t.Helper()
		a := w.do(chief, "POST", "/api/v1/accounts/invitations", object{"text": list, "groups": []string{group.ID}, "dry_run": dry})
		if a.into(t, &g); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
		for _, l := range g.Items {
			states = append(states, l.State)
			if (l.Link != "") != (l.State == "invited") || (l.Problem != "") != (l.State == "invalid") {
				t.Errorf("%+v", l)
			}
		}
		return g, states
	}
	before := (&matrix{world: w}).state()
	if _, states := invite(true); cmp.Diff([]string{"ready", "ready", "ready", "twice", "invalid", "known"}, states) != "" {
		t.Error(states)
	}
	if now := (&matrix{world: w}).state(); now != before {
		t.Error("a dry run changed something")
	}
	g, states := invite(false)
	if diff := cmp.Diff([]string{"invited", "invited", "invited", "twice", "invalid", "known"}, states); diff != "" {
		t.Fatal(diff)
	}
	if g.Items[1].Name != "Bo Berg" || g.Items[2].Name != "Ek, Cia" || g.Items[2].Line != 4 || g.Items[5].Account != chief.account.ID.String() {
		t.Errorf("%+v", g.Items)
	}
	token := g.Items[0].Link[strings.Index(g.Items[0].Link, "#")+1:]
	if a := w.do(asker{}, "POST", "/api/v1/session/link", object{"token": token}); a.status != http.StatusCreated {
		t.Fatalf("the link does not open: %d %s", a.status, a.body)
	}

	all := w.newFolder(w.tenant, "Kampanj")
	for _, name := range []string{"en.txt", "två.txt", "tre.txt"} {
		w.storeBare(w.tenant, all.ID, name)
	}
	path := "/api/v1/folders/" + all.ID.String() + "/grants"
	body := object{"inherit": true, "grants": []any{object{"principal": group.ID, "role": w.role(w.tenant, "editor").ID}}}
	var e wireEffects
	a := w.do(chief, "POST", path+"/preview", body)
	if a.into(t, &e); a.status != http.StatusOK || e.Opens != (wireAmount{3, 1, 3, 0}) || e.Closes != (wireAmount{}) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if len(e.Items) != 1 || e.Items[0].Name != "Kommunikation" || e.Items[0].People != 3 || e.Items[0].Opens != 3 || len(e.Permissions) != len(e.Items[0].Gains) {
		t.Errorf("%s", a.body)
	}
	var rights struct {
		Items []struct {
			Path        []string
			Permissions []string
			Through     []struct {
				Principal_name, Role_name string
			}
		}
	}
	of := "/api/v1/accounts/" + g.Items[0].Account + "/rights"
	if w.do(chief, "GET", of, nil).into(t, &rights); len(rights.Items) != 0 {
		t.Errorf("before: %+v", rights)
	}
	// Somebody else saves meanwhile: what was looked at is not what would be saved.
	first := w.do(chief, "GET", path, nil).header.Get("ETag")
	if a := w.do(chief, "PUT", path, body, "If-Match", first); a.status != http.StatusOK || a.header.Get("ETag") == first {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for method, at := range map[string]string{"PUT": path, "POST": path + "/preview"} {
		if a := w.do(chief, method, at, body, "If-Match", first); a.status != http.StatusConflict && a.status != http.StatusPreconditionFailed {
			t.Errorf("%s with an old version: %d %s", method, a.status, a.body)
		}
	}
	w.do(chief, "GET", of, nil).into(t, &rights)
	if len(rights.Items) != 1 || rights.Items[0].Path[0] != "Kampanj" || rights.Items[0].Through[0].Principal_name != "Kommunikation" || rights.Items[0].Through[0].Role_name != "editor" {
		t.Errorf("after: %+v", rights)
	}
	var gone wireEffects
	if w.do(chief, "POST", "/api/v1/groups/"+group.ID+"/preview", object{"delete": true}).into(t, &gone); gone.Closes != (wireAmount{3, 1, 3, 0}) {
		t.Errorf("%+v", gone)
	}
	var fewer wireEffects
	if w.do(chief, "POST", "/api/v1/groups/"+group.ID+"/preview", object{"remove": []string{g.Items[1].Account}}).into(t, &fewer); fewer.Closes.People != 1 || fewer.Items[0].Name != "Bo Berg" {
		t.Errorf("%+v", fewer)
	}
	var wider wireEffects
	viewer := w.role(w.tenant, "viewer").ID.String()
	if w.do(chief, "POST", "/api/v1/grants/"+group.ID+"/"+viewer+"/preview", object{"give": true}).into(t, &wider); wider.Opens.People != 3 || wider.Opens.Files != 0 || wider.Opens.Folders != 2 {
		t.Errorf("%+v", wider) // the files they see already; the top folder and the inbox are empty
	}

	// People are found, and signed out everywhere.
	var found struct {
		Items []struct {
			Email   string
			Seen_at string
		}
	}
	if w.do(chief, "GET", "/api/v1/accounts?q=anna&group="+group.ID, nil).into(t, &found); len(found.Items) != 1 || found.Items[0].Seen_at == "" {
		t.Errorf("%+v", found)
	}
	if w.do(chief, "GET", "/api/v1/accounts?state=invited&q=anna", nil).into(t, &found); len(found.Items) != 0 {
		t.Errorf("%+v", found)
	}
	sessions := "/api/v1/accounts/" + g.Items[0].Account + "/sessions"
	var open struct{ Items []struct{ ID string } }
	if w.do(chief, "GET", sessions, nil).into(t, &open); len(open.Items) != 1 {
		t.Errorf("%+v", open)
	}
	if a := w.do(chief, "DELETE", sessions, nil); a.status != http.StatusNoContent {
		t.Errorf("%d %s", a.status, a.body)
	}
	if w.do(chief, "GET", sessions, nil).into(t, &open); len(open.Items) != 0 {
		t.Errorf("%+v", open)
	}
}

// What an operator sees of the storage is what the rows know.
func TestAnOperatorSeesWhereFilesRest(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	chief := w.chief()
	type heap struct{ Files, Bytes int }
	type storage struct {
		Kind, Where, Reason    string
		Reachable              bool
		Free, Size             int64
		Originals, Bin, Copies heap
		Findings               []struct{ Level, What, Text string }
	}
	look := func() (s storage) {
		t.Helper()
		a := w.do(chief, "GET", "/api/v1/storage", nil)
		if a.into(t, &s); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
		return s
	}
	f := w.newFolder(w.tenant, "Filer")
	kept := w.storeBare(w.tenant, f.ID, "en.txt")
	gone := w.storeBare(w.tenant, f.ID, "två.txt")
	s := look()
	if !s.Reachable || s.Kind != "directory" || s.Where == "" || s.Free < 1 || s.Size < s.Free || s.Originals.Files != 2 || s.Bin.Files != 0 {
		t.Errorf("%+v", s)
	}
	levels := map[string]bool{}
	for _, f := range s.Findings {
		levels[f.What] = true
	}
	if !levels["database"] || !levels["storage"] || !levels["pictures"] {
		t.Errorf("%+v", s.Findings)
	}
	if err := w.assets.Delete(t.Context(), w.self(w.tenant), gone); err != nil {
		t.Fatal(err)
	}
	a, err := w.assets.Get(t.Context(), w.self(w.tenant), kept)
	if err != nil {
		t.Fatal(err)
	}
	if s = look(); s.Originals != (heap{1, int(a.Size)}) || s.Bin.Files != 1 {
		t.Errorf("%+v", s)
	}
}

// The log is read by folder and taken out as a table, which is a deed itself.
func TestNU11_TheLogIsFilteredByFolderAndTakenOut(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	chief := w.chief()
	auditor := w.person(w.tenant, "revisor")
	if err := w.accounts.Give(t.Context(), w.self(w.tenant), auditor.account.ID.UUID(), w.role(w.tenant, "auditor").ID); err != nil {
		t.Fatal(err)
	}
	in, out := w.newFolder(w.tenant, "Inne"), w.newFolder(w.tenant, "Ute")
	below, err := w.folders.Create(t.Context(), w.self(w.tenant), in.ID, "Under")
	if err != nil {
		t.Fatal(err)
	}
	a := w.storeBare(w.tenant, below.ID, "en.txt")
	w.storeBare(w.tenant, out.ID, "två.txt")
	if b := w.do(chief, "PATCH", "/api/v1/assets/"+a.String(), object{"fields": object{"title": object{"value": "=cmd()"}}}, "If-Match", "*"); b.status != http.StatusOK {
		t.Fatalf("%d %s", b.status, b.body)
	}
	if _, err := w.folders.SetGrants(t.Context(), w.self(w.tenant), out.ID, 0, true, []folder.Give{}); err != nil {
		t.Fatal(err)
	}
	var log struct {
		Items []struct{ Verb, Subject string }
		Next  string
	}
	if w.do(auditor, "GET", "/api/v1/audit?folder="+in.ID.String(), nil).into(t, &log); len(log.Items) < 4 || log.Next != "" {
		t.Fatalf("%+v", log)
	}
	for _, d := range log.Items {
		if d.Subject != in.ID.String() && d.Subject != below.ID.String() && d.Subject != a.String() {
			t.Errorf("%+v", d)
		}
	}
	whole := len(log.Items)
	paged, cursor := 0, ""
	for {
		log.Next = ""
		w.do(auditor, "GET", "/api/v1/audit?limit=2&folder="+in.ID.String()+"&cursor="+cursor, nil).into(t, &log)
		paged += len(log.Items)
		if cursor = log.Next; cursor == "" {
			break
		}
	}
	if paged != whole {
		t.Errorf("in pages %d, in one %d", paged, whole)
	}

	export := func(who asker, body object) [][]string {
		t.Helper()
		a := w.do(who, "POST", "/api/v1/audit/exports", body)
		if a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") {
			t.Fatalf("%d %s", a.status, a.body)
		}
		rows, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	if rows := export(auditor, object{"folder": in.ID.String()}); len(rows) != whole+1 || rows[0][0] != "seq" || len(rows[1]) != 9 || len(rows[1][8]) != 64 {
		t.Errorf("%d rows: %v", len(rows), rows)
	}
	rows := export(auditor, object{"verb": "audit.export"})
	if len(rows) != 2 || rows[1][5] != "audit.export" || rows[1][4] != auditor.account.Name || !strings.Contains(rows[1][7], in.ID.String()) {
		t.Errorf("the first export is not in the log of the second: %v", rows)
	}
	w.refused("taking out the log", w.do(w.person(w.tenant, "någon"), "POST", "/api/v1/audit/exports", object{}), http.StatusForbidden)
	if r, err := w.audit.Verify(t.Context(), w.self(w.tenant)); err != nil || r.Breach != "" {
		t.Error(r, err)
	}
}

// Keys are made, renamed and listed with all that is known of them.
func TestKeysAreLookedAfter(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	chief, p := w.chief(), w.person(w.tenant, "p")
	var made struct {
		Key    struct{ ID, Name string }
		Secret string
	}
	if a := w.do(p, "POST", "/api/v1/keys", object{"name": "Skript", "permissions": access.View.Names()}); a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	} else {
		a.into(t, &made)
	}
	w.refused("an own key without the right", w.do(p, "POST", "/api/v1/keys", object{"name": "x", "own": true, "permissions": access.View.Names()}), http.StatusForbidden)
	at := "/api/v1/keys/" + made.Key.ID
	byKey := asker{name: "key", header: "Bearer " + made.Secret}
	w.refused("a key renames itself", w.do(byKey, "PATCH", at, object{"name": "Annat"}), http.StatusForbidden)
	w.refused("somebody else", w.do(w.person(w.tenant, "q"), "PATCH", at, object{"name": "Annat"}), http.StatusNotFound)
	w.refused("a bare name", w.do(p, "PATCH", at, object{"name": " \u202e "}), http.StatusUnprocessableEntity)
	if a := w.do(p, "PATCH", at, object{"name": "Nattkörning"}); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := w.do(chief, "POST", "/api/v1/keys", object{"name": "Webben", "own": true, "role": "viewer", "permissions": access.View.Names()}); a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	type keys struct {
		Items []struct {
			Name, Owner, Hint string
			Owner_name        string
			Used_at           string
		}
	}
	list := func(who asker, query string) (k keys) {
		t.Helper()
		w.do(who, "GET", "/api/v1/keys"+query, nil).into(t, &k)
		return k
	}
	if k := list(p, ""); len(k.Items) != 1 || k.Items[0].Name != "Nattkörning" || k.Items[0].Owner_name != p.account.Name || k.Items[0].Used_at == "" || !strings.HasPrefix(made.Secret, strings.TrimSuffix(k.Items[0].Hint, "…")) {
		t.Errorf("%+v", k)
	}
	all := len(list(chief, "").Items)
	if a := w.do(chief, "DELETE", at, nil); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if now, ever := len(list(chief, "").Items), len(list(chief, "?revoked=true").Items); now != all-1 || ever != all {
		t.Errorf("%d of %d, and %d with those that were revoked", now, all, ever)
	}
}

// Jobs are counted, and found by what they are about.
func TestJobsAreCountedAndFoundByTheirSubject(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	admin := w.adminKey()
	var a, b wireAsset
	w.upload(admin, "bild.jpg", scene(1, 320, 200)).into(t, &a)
	w.upload(admin, "bild2.jpg", scene(2, 320, 200)).into(t, &b)
	if list := w.jobs(admin, "?about="+a.ID); len(list.Items) != 1 || list.Items[0].Asset != a.ID {
		t.Errorf("%+v", list)
	}
	var counts struct {
		Items []struct {
			Kind, State string
			Jobs        int
		}
	}
	w.do(admin, "GET", "/api/v1/jobs/counts", nil).into(t, &counts)
	n := 0
	for _, c := range counts.Items {
		if c.Kind == "ingest.inspect" && c.State == "waiting" {
			n = c.Jobs
		}
	}
	if n != 2 {
		t.Errorf("%+v", counts)
	}
}
