// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/jackc/pgx/v5"

	"tillgang/api"
	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/folder"
	"tillgang/internal/id"
)

// The authorisation matrix: every operation of the contract × every kind of
// actor × things in a folder of one's own, in another folder, in the bin and
// in another tenant. testdata/matrix.csv is the reviewed table of what each
// gets; an operation that is missing there, or here, fails the test.
//
// Besides being as the table says, each answer must follow from the rights the
// actor has by construction, and whatever was refused must have changed nothing.

const matrixFile = "testdata/matrix.csv"

// places where the thing that an operation is about can lie.
var places = []string{"own", "other", "binned", "foreign"}

// request makes an operation's request about a thing in a place.
type request func(m *matrix, place string) (path string, body any)

// matrix is the world of the test.
type matrix struct {
	*world
	foreign id.Tenant
	folders map[string]id.Folder // by place; "binned" lies in "own"
	n       int
}

// actors makes one of every kind, by name, with what each may do in the folder
// "own" and at the tenant.
func (m *matrix) actors() (list []asker, local, everywhere map[string]access.Set) {
	local, everywhere = map[string]access.Set{}, map[string]access.Set{}
	ctx := m.t.Context()
	list = append(list, asker{name: "anonymous"})
	var grants []folder.Give
	for _, r := range access.BuiltInRoles() {
		p := m.person(m.tenant, r.Name)
		list = append(list, p)
		if r.Perm&access.Tenancy == 0 {
			grants = append(grants, folder.Give{Principal: p.account.ID.UUID(), Role: m.role(m.tenant, r.Name).ID})
			local[r.Name] = r.Perm
			continue
		}
		if err := m.accounts.Give(ctx, m.self(m.tenant), p.account.ID.UUID(), m.role(m.tenant, r.Name).ID); err != nil {
			m.t.Fatal(err)
		}
		everywhere[r.Name] = r.Perm
	}
	if _, err := m.world.folders.SetGrants(ctx, m.self(m.tenant), m.folders["own"], 0, true, grants); err != nil {
		m.t.Fatal(err)
	}
	list = append(list, m.person(m.tenant, "nobody"))
	gone := m.person(m.tenant, "deactivated")
	if err := m.accounts.Give(ctx, m.self(m.tenant), gone.account.ID.UUID(), m.role(m.tenant, "admin").ID); err != nil {
		m.t.Fatal(err)
	}
	if err := m.accounts.Deactivate(ctx, m.self(m.tenant), gone.account.ID); err != nil {
		m.t.Fatal(err)
	}
	narrow := list[slices.IndexFunc(list, func(a asker) bool { return a.name == "admin" })]
	var made struct{ Secret string }
	m.do(narrow, "POST", "/api/v1/keys", object{"name": "smal", "permissions": []string{"asset.view"}}).into(m.t, &made)
	everywhere["key-of-admin-for-view"] = access.View
	list = append(list, gone, asker{name: "key-of-admin-for-view", header: "Bearer " + made.Secret})
	stranger := m.person(m.foreign, "stranger")
	stranger.name = "admin-of-other-tenant"
	if err := m.accounts.Give(ctx, m.self(m.foreign), stranger.account.ID.UUID(), m.role(m.foreign, "admin").ID); err != nil {
		m.t.Fatal(err)
	}
	return append(list, stranger), local, everywhere
}

func TestNU2_MU5_Matrix(t *testing.T) { //nolint:paralleltest // it looks at whole tables, before and after each request
	w := newStillWorld(t)
	foreign, err := w.accounts.CreateTenant(t.Context(), "test", "annan", "Annan kommun", account.First{Email: "chef@annan.example.se", Name: "Chef"})
	if err != nil {
		t.Fatal(err)
	}
	m := &matrix{world: w, foreign: foreign, folders: map[string]id.Folder{}}
	m.folders["own"] = w.newFolder(w.tenant, "Egen").ID
	m.folders["other"] = w.newFolder(w.tenant, "Annans").ID
	m.folders["foreign"] = w.newFolder(foreign, "Främmande").ID
	actors, local, everywhere := m.actors()

	want := readMatrix(t)
	got := map[string]map[string]string{} // "operation place" → actor → status
	doc, err := openapi3.NewLoader().LoadFromData(api.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			known[o.OperationID] = true
			make, there := requests[o.OperationID]
			if !there {
				t.Errorf("%s %s (%s) is missing in this test", method, path, o.OperationID)
				continue
			}
			permission, _ := o.Extensions["x-permission"].(string)
			need, _, _ := access.Parse([]string{permission})
			if o.OperationID == "createDownload" || o.OperationID == "createArchive" {
				need = access.DownloadOriginal // the variant that is asked for
			}
			for _, place := range placesOf(make.about) {
				row := o.OperationID + " " + place
				got[row] = map[string]string{}
				var path, before string // kept while nobody has changed anything
				var body any
				order, refused := refusedFirst(actors, want[row])
				for n, i := range order {
					who := actors[i]
					if before == "" {
						path, body = make.make(m, place)
						before = m.state()
					}
					a := m.send(who, method, path, body)
					if o.OperationID == "signOut" && a.status == 204 && who.cookie != "" {
						actors[i].cookie = m.session(who)
					}
					got[row][who.name] = fmt.Sprint(a.status)
					if a.status < 300 {
						before = ""
					} else if n >= refused-1 { // what all who are refused have changed is looked at once
						if after := m.state(); after != before {
							t.Errorf("%s by %s, or somebody refused before, was answered %d and changed something: %s", row, who.name, a.status, m.difference(before, after))
							before = ""
						}
					}
					if a.status >= 500 {
						t.Errorf("%s by %s: %d %s", row, who.name, a.status, a.body)
					}
					can := everywhere[who.name]
					if place == "own" || place == "binned" {
						can |= local[who.name]
					}
					if place == "foreign" {
						can = 0
					}
					if who.name == "admin-of-other-tenant" {
						can = 0
						if place == "foreign" || make.about == nowhere {
							can = access.All
						}
					}
					m.follows(row, who.name, permission, make.about, need, can, a)
				}
			}
		}
	}
	for op := range requests {
		if !known[op] {
			t.Errorf("%s is in this test and no longer in the contract", op)
		}
	}
	if os.Getenv("UPDATE_MATRIX") != "" {
		writeMatrix(t, actors, got)
		return
	}
	for row, cells := range got {
		for who, status := range cells {
			if want[row][who] != status {
				t.Errorf("%s by %s: got %s, the reviewed table says %q", row, who, status, want[row][who])
			}
		}
	}
	for row := range want {
		if got[row] == nil {
			t.Errorf("the reviewed table has %q, which is no more", row)
		}
	}
}

// refusedFirst orders the actors of a row, as indices: first those whom the
// table refuses, of whom there are so many.
func refusedFirst(actors []asker, row map[string]string) (order []int, refused int) {
	for i, who := range actors {
		if row[who.name] >= "300" {
			order = append(order, i)
		}
	}
	refused = len(order)
	for i := range actors {
		if !slices.Contains(order[:refused], i) {
			order = append(order, i)
		}
	}
	return order, refused
}

func placesOf(about int) []string {
	switch about {
	case inFolder:
		return places
	case atTenant:
		return []string{"own", "foreign"}
	}
	return []string{"-"}
}

// follows holds an answer against the rights that the actor has by construction.
func (m *matrix) follows(row, who, permission string, about int, need, can access.Set, a answer) {
	m.t.Helper()
	refused := a.status == 401 || a.status == 403 || a.status == 404
	strangers := who == "anonymous" || who == "deactivated"
	switch {
	case permission == "public":
		return // its own answers are in the table
	case strangers && a.status != 401:
		m.t.Errorf("%s by %s: %d, and nobody has signed in", row, who, a.status)
	case strangers, permission == "signed-in":
	case about == inFolder && !can.Has(access.View) && a.status != 404:
		m.t.Errorf("%s by %s: %d tells that something is there (%s)", row, who, a.status, a.body)
	case a.status == 409 && strings.HasSuffix(row, "binned"): // restore it first: whether it may be done then is said then
	case !can.Has(need) && !refused && about != nowhere:
		m.t.Errorf("%s by %s: %d without the right", row, who, a.status)
	case about == atTenant && strings.HasSuffix(row, "foreign") && who != "admin-of-other-tenant" && !refused:
		m.t.Errorf("%s by %s: %d reaches into another tenant", row, who, a.status)
	case can.Has(need) && refused && !strings.HasSuffix(row, "binned") && row != "restoreAsset own" && row != "restoreFolder own" && row != "getAssetWindowIDs -": // one's own windows only
		if a.status != 404 || !strings.Contains(row, "restore") && !strings.Contains(row, "purge") {
			m.t.Errorf("%s by %s: %d with the right: %s", row, who, a.status, a.body)
		}
	}
}

func (m *matrix) send(who asker, method, path string, body any) answer {
	if u, ok := body.(uploadBody); ok {
		return m.upload(who, "ny.txt", []byte(u.content), "folder", u.folder.String())
	}
	if content, ok := body.(revisionBody); ok {
		return m.uploadTo(who, "/api/v1"+path, "ny.txt", []byte(content))
	}
	if xmp, ok := body.(sidecarBody); ok {
		return m.do(who, method, "/api/v1"+path, strings.NewReader(string(xmp)), "Content-Type", "application/rdf+xml")
	}
	if u, ok := body.(tusBody); ok {
		header := append([]string{"Tus-Resumable", "1.0.0"}, u.header...)
		if u.content == "" {
			return m.do(who, method, "/api/v1"+path, nil, header...)
		}
		return m.do(who, method, "/api/v1"+path, strings.NewReader(u.content), append(header, "Content-Type", "application/offset+octet-stream")...)
	}
	if t, ok := body.(tableBody); ok {
		return m.sendTable(who, path, t.content)
	}
	return m.do(who, method, "/api/v1"+path, body)
}

// state tells of every table how many rows it has and which of them changed
// last, but for what every request may touch: when a session or key was last
// used, who saw what, counters of failed attempts, frozen lists, and the queue.
func (m *matrix) state() string {
	m.t.Helper()
	conn := m.ownerConn()
	var sql strings.Builder
	sql.WriteString("select concat_ws('|'")
	for _, table := range m.tables {
		fmt.Fprintf(&sql, ", (select count(*) || ':' || coalesce(max(xmin::text::bigint), 0) from %s)", table)
	}
	sql.WriteString(", (select coalesce(sum(hashtextextended(concat(id, ended_at), 0)), 0) from session), (select coalesce(sum(hashtextextended(concat(id, scope, networks, expires_at, revoked_at), 0)), 0) from api_key))")
	var sum string
	if err := conn.QueryRow(m.t.Context(), sql.String()).Scan(&sum); err != nil {
		m.t.Fatal(err)
	}
	return sum
}

// difference names the tables that two states differ in.
func (m *matrix) difference(a, b string) string {
	x, y := strings.Split(a, "|"), strings.Split(b, "|")
	var out []string
	if len(x) != len(y) || len(x) != len(m.tables)+2 {
		m.t.Fatalf("%d, %d and %d tables: %s", len(x), len(y), len(m.tables)+2, a)
	}
	for i, table := range append(slices.Clone(m.tables), "session", "api_key") {
		if x[i] != y[i] {
			out = append(out, table+" "+x[i]+" "+y[i])
		}
	}
	return strings.Join(out, ", ")
}

func (w *world) ownerConn() *pgx.Conn {
	w.t.Helper()
	if w.ownerDB == nil {
		conn, err := pgx.Connect(context.Background(), w.owner)
		if err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(func() { _ = conn.Close(context.Background()) })
		rows, err := conn.Query(context.Background(), `select tablename from pg_tables where schemaname = 'public' and tablename not like 'river%' and tablename not like 'goose%'
			and tablename not in ('session', 'api_key', 'attempt', 'node', 'sighting', 'search_window') order by 1`)
		if err != nil {
			w.t.Fatal(err)
		}
		if w.tables, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			w.t.Fatal(err)
		}
		w.ownerDB = conn
	}
	return w.ownerDB
}

func readMatrix(t *testing.T) map[string]map[string]string {
	t.Helper()
	out := map[string]map[string]string{}
	f, err := os.Open(matrixFile)
	if os.IsNotExist(err) {
		return out
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		cells := map[string]string{}
		for i, v := range r[2:] {
			cells[rows[0][i+2]] = v
		}
		out[r[0]+" "+r[1]] = cells
	}
	return out
}

func writeMatrix(t *testing.T, actors []asker, got map[string]map[string]string) {
	t.Helper()
	f, err := os.Create(matrixFile)
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(f)
	head := []string{"operation", "place"}
	for _, a := range actors {
		head = append(head, a.name)
	}
	_ = w.Write(head)
	for _, row := range slices.Sorted(maps.Keys(got)) {
		line := strings.Fields(row)
		for _, a := range actors {
			line = append(line, got[row][a.name])
		}
		_ = w.Write(line)
	}
	w.Flush()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
