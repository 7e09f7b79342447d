// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/secret"
)

// Whoever shows nothing sees nothing: all of the contract, the pages and what
// is often found by guessing.
func TestMU5_WithoutCredentialsOnlyTheListedAnswer(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	public := map[string]bool{
		"GET /healthz": true, "GET /readyz": true, "GET /sign-in": true, "GET /sign-in/link": true, "GET /static/app.css": true, "GET /static/app.js": true,
		"GET /api/docs": true, "GET /api/openapi.yaml": true, "GET /api/openapi.json": true,
		"POST /sign-in": true, "POST /sign-in/link": true, "POST /language": true, // refuse what is wrong, and change nothing
		"POST /api/v1/session": true, "POST /api/v1/session/link": true, "OPTIONS /api/v1/uploads": true,
	}
	asset, folder := w.storeBare(w.tenant, w.root(w.tenant).ID, "hemlig.txt").String(), w.root(w.tenant).ID.String()
	var routes [][2]string
	operations(t, func(method, path string, _ *openapi3.Operation) {
		path = strings.NewReplacer("/assets/{id}", "/assets/"+asset, "/bin/{id}", "/bin/"+asset, "/folders/{id}", "/folders/"+folder, "{id}", id.New[id.Account]().String(),
			"{member}", id.New[id.Account]().String(), "{principal}", id.New[id.Account]().String(), "{role}", id.New[id.Role]().String()).Replace(path)
		routes = append(routes, [2]string{method, path})
	})
	for _, path := range []string{
		"/", "/assets/" + asset, "/assets/" + asset + "/deletion", "/bin", "/password", "/healthz", "/readyz", "/sign-in", "/sign-in/link", "/static/app.css", "/static/app.js",
		"/metrics", "/debug/pprof/", "/debug/vars", "/api/docs", "/api/openapi.yaml", "/api/openapi.json", "/api", "/api/v1", "/api/v2/assets", "/d/", "/r/", "/d/x", "/r/x/y", "/.env", "/.git/config",
		"/static/", "/static/../secret", "/data/secret", "/blobs/", "/admin", "/postgres", "/swagger.json", "/robots.txt", "//", "/%2e%2e/secret", "/river", "/queue", "/api/v1/assets/", "/api/v1//assets",
	} {
		routes = append(routes, [2]string{"GET", path})
	}
	for _, path := range []string{"/upload", "/folders", "/password", "/sign-out", "/sign-in", "/sign-in/link", "/language", "/assets/" + asset, "/assets/" + asset + "/download", "/assets/" + asset + "/deletion", "/d/x"} {
		routes = append(routes, [2]string{"POST", path})
	}
	before := (&matrix{world: w}).state()
	for _, r := range routes {
		for _, who := range []asker{{}, {header: "Bearer tg_" + strings.Repeat("a", 43)}, {cookie: strings.Repeat("a", 43)}, {header: "Basic YWRtaW46YWRtaW4="}} {
			var body any
			if r[0] != "GET" {
				body = object{}
			}
			a := w.do(who, r[0], r[1], body)
			toSignIn := a.status == http.StatusSeeOther && strings.HasPrefix(a.header.Get("Location"), "/sign-in")
			moved := (a.status == http.StatusMovedPermanently || a.status == http.StatusTemporaryRedirect || a.status == http.StatusPermanentRedirect) && strings.HasPrefix(a.header.Get("Location"), "/") && !strings.HasPrefix(a.header.Get("Location"), "//")
			if a.status != 401 && a.status != 404 && a.status != 405 && a.status != 429 && !toSignIn && !moved && !public[r[0]+" "+r[1]] {
				t.Errorf("%s %s by %q%q: %d %.200s", r[0], r[1], who.header, who.cookie, a.status, a.body)
			}
			if bytes.Contains(a.body, []byte("hemlig")) || bytes.Contains(a.body, []byte("go_goroutines")) || a.status >= 500 {
				t.Errorf("%s %s: %d %.200s", r[0], r[1], a.status, a.body)
			}
		}
	}
	if (&matrix{world: w}).state() != before {
		t.Error("somebody without credentials changed something")
	}
}

// deeds makes every operation that changes something succeed, one after the
// other: each returns its request and who sends it.
type deeds struct {
	*matrix
	chief asker
}

func (d *deeds) request(operation string) (who asker, path string, body any) {
	t := d.t
	t.Helper()
	d.n++
	switch operation {
	case "signIn":
		p := d.person(d.tenant, fmt.Sprintf("signer%d", d.n))
		actor, err := d.accounts.ActorBySession(t.Context(), p.cookie)
		if err == nil {
			err = d.accounts.SetPassword(t.Context(), actor, secret.Exactly(""), secret.Exactly("en lång och god lösenmening"))
		}
		if err != nil {
			t.Fatal(err)
		}
		return asker{}, "/session", object{"email": p.account.Email, "password": "en lång och god lösenmening"}
	case "redeemSignInLink":
		a, err := d.accounts.Create(t.Context(), d.self(d.tenant), account.NewAccount{Email: fmt.Sprintf("link%d@example.se", d.n), Name: "Länk"})
		if err != nil {
			t.Fatal(err)
		}
		token, err := d.accounts.NewLink(t.Context(), d.self(d.tenant), a.Email)
		if err != nil {
			t.Fatal(err)
		}
		return asker{}, "/session/link", object{"token": token.Reveal()}
	case "signOut":
		return d.person(d.tenant, fmt.Sprintf("leaver%d", d.n)), "/session", nil
	case "setPassword":
		return d.person(d.tenant, fmt.Sprintf("setter%d", d.n)), "/session/password", object{"password": "en lång och god lösenmening"}
	case "endSession":
		p := d.person(d.tenant, fmt.Sprintf("ender%d", d.n))
		var s struct{ Items []struct{ ID string } }
		d.do(p, "GET", "/api/v1/sessions", nil).into(t, &s)
		return p, "/sessions/" + s.Items[0].ID, nil
	case "prepareAsset":
		return d.chief, "/assets/" + d.ended(asset.Failed).String() + "/preparation", nil
	case "releaseAsset":
		return d.chief, "/assets/" + d.ended(asset.Quarantined).String() + "/release", nil
	case "applyMetadataImport": // one's own only
		var i struct{ ID string }
		d.sendTable(d.chief, "/metadata-imports", d.table("own")).into(t, &i)
		return d.chief, "/metadata-imports/" + i.ID + "/application", nil
	case "undoBulk":
		job := d.bulkOf("own")
		if err := d.bulk.Run(t.Context(), d.self(d.tenant), job, 0); err != nil {
			t.Fatal(err)
		}
		return d.chief, "/bulk/" + job.String() + "/undo", nil
	case "revokeArchive":
		path, body := requests["createArchive"].make(d.matrix, "own")
		var made struct{ ID string }
		d.send(d.chief, "POST", path, body).into(t, &made)
		return d.chief, "/archives/" + made.ID, nil
	case "updateLink", "deleteLink", "revokeLink", "restoreLink":
		at := d.linkOf()
		_, body = requests[operation].make(d.matrix, "own")
		switch operation {
		case "revokeLink":
			at += "/revocation"
		case "restoreLink":
			d.send(d.chief, "DELETE", at, nil)
			at += "/restoration"
		}
		return d.chief, at, body
	case "giveUpJob":
		return d.chief, "/jobs/" + d.job("own", "available"), nil
	case "hastenJob":
		return d.chief, "/jobs/" + d.job("own", "retryable") + "/attempt", nil
	case "appendUpload", "terminateUpload", "acceptUpload":
		content := fmt.Sprintf("i bitar %d", d.n)
		if operation == "acceptUpload" { // a duplicate waits for it
			d.send(d.chief, "POST", "/assets", uploadBody{d.folder("own"), content})
		}
		header := []string{"Upload-Length", strconv.Itoa(len(content)), "Upload-Metadata", "folder " + b64(d.folder("own").String())}
		a := d.send(d.chief, "POST", "/uploads", tusBody{"", header})
		at := strings.TrimPrefix(a.header.Get("Location"), "/api/v1")
		if a.status != http.StatusCreated || at == "" {
			t.Fatalf("%d %s", a.status, a.body)
		}
		switch rest := (tusBody{content, []string{"Upload-Offset", "0"}}); operation {
		case "appendUpload":
			return d.chief, at, rest
		case "acceptUpload":
			if a := d.send(d.chief, "PATCH", at, rest); a.code() != "asset.duplicate" {
				t.Fatalf("%d %s", a.status, a.body)
			}
			return d.chief, at + "/acceptance", nil
		}
		return d.chief, at, tusBody{}
	case "restoreAsset", "purgeAsset", "restoreFolder":
		path, body = requests[operation].make(d.matrix, "binned")
		return d.chief, path, body
	}
	if path, body, known := d.ownRequest(operation); known {
		return d.chief, path, body
	}
	path, body = requests[operation].make(d.matrix, "own")
	return d.chief, path, body
}

// ended makes an asset whose preparation has come to this end.
func (d *deeds) ended(state asset.State) id.Asset {
	d.t.Helper()
	of := d.asset("own")
	err := pg.In(d.t.Context(), d.db, d.tenant, func(tx pg.Tx) error {
		a, rev, err := d.assets.ActiveRevisionTx(d.t.Context(), tx, d.self(d.tenant), of)
		if err == nil {
			_, err = d.assets.SetStateTx(d.t.Context(), tx, d.self(d.tenant), a.ID, asset.Outcome{Revision: rev.ID, State: state, Code: "test", Reason: "It was made to end so."})
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return of
}

// send sends a request in the matrix's way.
func (d *deeds) fetch(who asker, method, path string, body any) answer {
	d.t.Helper()
	return d.send(who, method, path, body)
}

// Every operation that changes something leaves exactly one entry in the log
// of deeds, under the contract's verb; when none can be written, nothing changes.
func TestNU11_EveryDeedIsLoggedOnceOrNotDone(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	d := &deeds{matrix: &matrix{world: w, folders: map[string]id.Folder{"own": w.newFolder(w.tenant, "Egen").ID}}, chief: w.chief()}
	owner := w.ownerConn()
	newest := func() (n int64) {
		if err := owner.QueryRow(t.Context(), "select coalesce(max(seq), 0) from audit_entry where tenant_id = $1", w.tenant).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	grant := func(verb string) {
		if _, err := owner.Exec(context.Background(), map[string]string{"revoke": "revoke insert on audit_entry from tillgang_app", "grant": "grant insert on audit_entry to tillgang_app"}[verb]); err != nil {
			t.Fatal(err)
		}
	}
	operations(t, func(method, path string, o *openapi3.Operation) {
		want, _ := o.Extensions["x-audit"].(string)
		if method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions {
			return
		}
		who, at, body := d.request(o.OperationID)
		before, still := newest(), ""
		if want == "none" {
			still = d.state()
		}
		a := d.fetch(who, method, at, body)
		if a.status >= 300 {
			t.Errorf("%s (%s %s): %d %s", o.OperationID, method, path, a.status, a.body)
			return
		}
		rows, err := owner.Query(t.Context(), "select verb from audit_entry where tenant_id = $1 and seq > $2", w.tenant, before)
		if err != nil {
			t.Fatal(err)
		}
		var verbs []string
		for rows.Next() {
			var v string
			if err := rows.Scan(&v); err != nil {
				t.Fatal(err)
			}
			verbs = append(verbs, v)
		}
		if want == "none" {
			if now := d.state(); now != still || len(verbs) > 0 {
				t.Errorf("%s changes nothing, says the contract, and left %v in the log and changed %s", o.OperationID, verbs, d.difference(still, now))
			}
			return
		}
		if len(verbs) != 1 || verbs[0] != want {
			t.Errorf("%s left %v in the log, the contract says %s once", o.OperationID, verbs, want)
		}

		who, at, body = d.request(o.OperationID)
		grant("revoke")
		state := d.state()
		a = d.fetch(who, method, at, body)
		after := d.state()
		if tusOp := strings.HasSuffix(o.OperationID, "Upload"); tusOp && onlyUpload.MatchString(d.difference(state, after)) {
			after = state // what came is kept, and is no deed: the next request tries again
		}
		if a.status < 500 || after != state {
			t.Errorf("%s without a log: %d, changed: %t", o.OperationID, a.status, after != state)
		}
		grant("grant")
	})
	if a := w.do(d.chief, "GET", "/api/v1/audit/verification", nil); !bytes.Contains(a.body, []byte(`"whole":true`)) {
		t.Errorf("the chain: %s", a.body)
	}
}

var onlyUpload = regexp.MustCompile(`^upload \S+ \S+$`)

// A defect is answered with an incident that the log knows, and neither tells
// of anybody.
func TestNU10_ADefectIsAnIncident(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	chief := w.chief()
	of := w.storeBare(w.tenant, w.root(w.tenant).ID, "Eva Ekströmqvist.txt")
	w.assets.OnChanged = func(context.Context, pg.Tx, access.Actor, ...asset.Asset) error {
		panic("defect with " + depicted + " in it")
	}
	edit := object{"fields": object{"title": object{"value": depicted}}}
	a := w.do(chief, "PATCH", "/api/v1/assets/"+of.String(), edit)
	w.isIncident(a, "panicked")
	w.assets.OnChanged = func(context.Context, pg.Tx, access.Actor, ...asset.Asset) error { return fmt.Errorf("an odd failure") }
	a = w.do(chief, "PATCH", "/api/v1/assets/"+of.String(), edit)
	w.isIncident(a, "an odd failure")
	w.assets.OnChanged = w.index
	if a := w.do(chief, "PATCH", "/api/v1/assets/"+of.String(), edit); a.status != http.StatusOK {
		t.Errorf("afterwards: %d %s", a.status, a.body)
	}
	w.unharmed(chief)
}

var incidentForm = regexp.MustCompile(`^inc_[0-9a-hjkmnp-tv-z]{26}$`)

func (w *world) isIncident(a answer, why string) {
	w.t.Helper()
	var p struct{ Incident, Title, Code string }
	if a.into(w.t, &p); a.status != http.StatusInternalServerError || !incidentForm.MatchString(p.Incident) || p.Code != "internal" {
		w.t.Fatalf("%d %s", a.status, a.body)
	}
	log := w.said.String()
	i := strings.Index(log, p.Incident)
	if i < 0 || !strings.Contains(log, why) {
		w.t.Errorf("the log does not know %s by %q:\n%s", p.Incident, why, log)
	}
	for _, secret := range []string{depicted, "Ekströmqvist", "example.se", "127.0.0.1"} {
		if strings.Contains(log, secret) || bytes.Contains(a.body, []byte(secret)) {
			w.t.Errorf("%q is told of:\n%s\n%s", secret, a.body, log)
		}
	}
}
