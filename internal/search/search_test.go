// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
	"tillgang/internal/search"
	"tillgang/internal/search/searchtest"
)

var now = searchtest.Born.Add(time.Hour)

func clock() time.Time { return now }

// world is a small archive: one tenant, two groups, two acls, a root and a
// closed folder.
type world struct {
	*searchtest.World
	t      *testing.T
	db     *pg.DB
	owner  string
	search *search.Service
	n      int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db, owner := pgtest.Both(t)
	tenant := pgtest.Tenant(t, db)
	made, err := searchtest.Fill(t.Context(), db, owner, tenant, searchtest.Size{Folders: 1, ACLs: 1, Groups: 2, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return &world{World: made, t: t, db: db, owner: owner, search: search.New(db, asset.New(db, nil, clock), clock)}
}

func (w *world) house() access.Actor { return access.HouseActor(w.Tenant, "test") }

// acl makes an acl that gives one group rights.
func (w *world) acl(group int, perm access.Set) (acl int64) {
	w.t.Helper()
	if err := pg.In(w.t.Context(), w.db, w.Tenant, func(tx pg.Tx) (err error) {
		acl, err = access.Intern(w.t.Context(), tx, w.Tenant, []access.Entry{{Principal: w.Groups[group], Perm: perm}})
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return acl
}

// folder makes a folder below the root.
func (w *world) folder(parent id.Folder, lineage []id.Folder, acl int64) (f id.Folder, line []id.Folder) {
	w.t.Helper()
	f = id.New[id.Folder]()
	line = append(slices.Clone(lineage), f)
	w.exec("insert into folder (id, tenant_id, parent_id, name, name_key, lineage, acl_id, created_at) values ($1, $2, $3, $4, $4, $5, $6, $7)",
		f, w.Tenant, parent, f.String(), line, acl, now)
	return f, line
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if err := pg.In(w.t.Context(), w.db, w.Tenant, func(tx pg.Tx) error {
		_, err := tx.Exec(w.t.Context(), sql, args...)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
}

// title is a field in Swedish.
func title(s string) map[string]asset.Field {
	return map[string]asset.Field{"title": {Lang: map[string]string{"sv": s}}}
}

// put stores an asset's row and indexes it; what change leaves alone is plain.
func (w *world) put(name string, change func(*asset.Asset)) id.Asset {
	w.t.Helper()
	w.n++
	a := asset.Asset{
		ID: id.New[id.Asset](), Tenant: w.Tenant, Folder: w.Root, ACL: w.ACLs[0], Kind: asset.Image, State: asset.Ready, Revision: id.New[id.Revision](),
		Name: name, MediaType: "image/jpeg", Size: 1, SHA256: make([]byte, 32), CreatedAt: searchtest.Born.Add(time.Duration(w.n) * time.Second), CreatedBy: "acc_other",
		UpdatedAt: now, Fields: map[string]asset.Field{}, Alt: map[string]asset.Alt{}, Version: 1,
	}
	if change != nil {
		change(&a)
	}
	stored := func(v any) []byte {
		b, err := json.Marshal(v)
		if err != nil {
			w.t.Fatal(err)
		}
		return bytes.ReplaceAll(b, []byte(`\u0000`), nil) // which the database does not take
	}
	fields, alt := stored(a.Fields), stored(a.Alt)
	ctx := w.t.Context()
	if err := pg.In(ctx, w.db, w.Tenant, func(tx pg.Tx) error {
		if _, err := tx.Exec(ctx, `insert into asset (id, tenant_id, folder_id, acl_id, kind, state, revision_id, name, media_type, size, sha256, fields, alt, captured_on, created_at, created_by, updated_at, embargo_until, expires_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
			a.ID, a.Tenant, a.Folder, a.ACL, string(a.Kind), string(a.State), a.Revision, a.Name, a.MediaType, a.Size, a.SHA256, fields, alt, a.CapturedOn, a.CreatedAt, a.CreatedBy, a.UpdatedAt, a.EmbargoUntil, a.ExpiresAt); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into revision (id, tenant_id, asset_id, number, blob_key, name, media_type, size, sha256, created_at, created_by)
			values ($1, $2, $3, 1, $4, 'x', 'image/jpeg', 1, '\x00', $5, 'acc_other')`, a.Revision, a.Tenant, a.ID, "originals/"+a.Revision.String(), now); err != nil {
			return err
		}
		return w.search.IndexTx(ctx, tx, a)
	}); err != nil {
		w.t.Fatal(err)
	}
	return a.ID
}

func (w *world) names(who access.Actor, q search.Query) []string {
	w.t.Helper()
	r, err := w.search.List(w.t.Context(), who, q)
	if err != nil {
		w.t.Fatalf("%+v: %v", q, err)
	}
	out := []string{}
	for _, a := range r.Items {
		out = append(out, a.Name)
	}
	return out
}

func TestWordsAreFoundInTheirForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, s := range []string{
		"fiskebåtene i havnen", "Fiskarnas båtar", "här", "har", "Räddningstjänstens övning på vägarna", "Kirkens korps på nasjonaldagen",
		"Metsässä järven rannalla", "Children running in the parks", "Bær og blåbær", "Århus", "den gamla e-posten", "sommarens fest i parken",
	} {
		w.put(fmt.Sprintf("%02d", i), func(a *asset.Asset) { a.Fields = title(s) })
	}
	w.put("DSC_0012345_fjord.jpg", nil)
	w.put("sommarFest2024-IMG0042.png", nil)
	w.put("z🏔️", func(a *asset.Asset) { a.Fields = title("Toppen 🏔️ idag") })
	for q, want := range map[string][]string{
		"fiskebåt":                   {"00"},
		"båt":                        {"01"},
		"här":                        {"02", "03"}, // what was written first, then the folded
		"har":                        {"03", "02"},
		"HÄR":                        {"02", "03"},
		"ha\u0308r":                  {"02", "03"}, // decomposed
		"väg räddningstjänst":        {"04"},
		"vagar":                      {"04"},
		"raddningstjanst ovn*":       {"04"},
		"nasjonaldag":                {"05"},
		"run park":                   {"07"},
		"bar":                        {"08"},
		"blaabaer":                   {"08"},
		"blabar":                     {"08"},
		"aarhus":                     {"09"},
		"arhus":                      {"09"},
		"e-post":                     {"10"},
		"\"gamla e\"":                {"10"},
		"\"park\"":                   {}, // quoted: as it is written
		"\"i parken\"":               {"11"},
		"“i parken”":                 {"11"},
		"\"parken i\"":               {},
		"den":                        {"10"}, // no stop words
		"sommar -parken":             {"sommarFest2024-IMG0042.png"},
		"DSC_0012345_fjord.jpg":      {"DSC_0012345_fjord.jpg"},
		"12345":                      {"DSC_0012345_fjord.jpg"},
		"fjord.jpg":                  {"DSC_0012345_fjord.jpg"},
		"fest2024":                   {},
		"2024 img":                   {"sommarFest2024-IMG0042.png"},
		"IMG0042":                    {"sommarFest2024-IMG0042.png"},
		"sommarfest2024-img0042.png": {"sommarFest2024-IMG0042.png"},
		"img*":                       {"sommarFest2024-IMG0042.png"},
		"🏔":                          {"z🏔️"},
		"!!! ???":                    {},
		"  ":                         nil,
	} {
		got := w.names(w.house(), search.Query{Q: q})
		if want == nil {
			if len(got) != w.n {
				t.Errorf("%q finds %d of %d", q, len(got), w.n)
			}
			continue
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q (-want +got):\n%s", q, d)
		}
	}
}

func TestRightsStandInsideTheQuery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open, mine, closed := w.acl(0, access.View), w.acl(0, access.View|access.Edit), w.acl(1, access.View)
	who := w.Person(w.Groups[0])
	soon, past := now.Add(time.Hour), now.Add(-time.Hour)
	put := func(name string, acl int64, more func(*asset.Asset)) {
		w.put(name, func(a *asset.Asset) {
			a.Fields = title("räv")
			a.ACL = acl
			if more != nil {
				more(a)
			}
		})
	}
	put("closed", closed, nil)
	put("open", open, nil)
	put("embargoed", open, func(a *asset.Asset) { a.EmbargoUntil = &soon })
	put("embargo over", open, func(a *asset.Asset) { a.EmbargoUntil = &past })
	put("expired", open, func(a *asset.Asset) { a.ExpiresAt = &past })
	put("quarantined", open, func(a *asset.Asset) { a.State = asset.Quarantined })
	put("own quarantined", open, func(a *asset.Asset) { a.State, a.CreatedBy = asset.Quarantined, who.ID })
	put("embargoed, editable", mine, func(a *asset.Asset) { a.EmbargoUntil = &soon })
	put("quarantined, editable", mine, func(a *asset.Asset) { a.State = asset.Quarantined })
	want := []string{"quarantined, editable", "embargoed, editable", "own quarantined", "embargo over", "open"}
	for _, q := range []search.Query{{}, {Q: "räv"}, {Q: "rav"}, {Q: "räv", Sort: search.Newest}, {Kind: asset.Image}, {Folder: w.Root, Subtree: true}} {
		if q.Folder == w.Root { // whose own acl is another
			q.Folder = id.Folder{}
		}
		if d := cmp.Diff(want, w.names(who, q)); d != "" {
			t.Errorf("%+v (-want +got):\n%s", q, d)
		}
		r, err := w.search.List(t.Context(), who, q)
		if err != nil || r.Total != len(want) || !r.TotalIsExact {
			t.Errorf("%+v: total %d %v %v", q, r.Total, r.TotalIsExact, err)
		}
	}
	if got := w.names(w.Person(), search.Query{Q: "räv"}); len(got) != 0 {
		t.Error("somebody without groups sees", got)
	}
	if _, err := w.search.List(t.Context(), access.Actor{}, search.Query{}); fault.KindOf(err) != fault.Unauthentic {
		t.Error("nobody:", err)
	}
	if _, err := w.search.List(t.Context(), w.Person(), search.Query{Folder: w.Root}); fault.CodeOf(err) != "folder.not_found" {
		t.Error("a folder that is not hers:", err)
	}
	stranger := who
	stranger.Tenant = pgtest.Tenant(t, w.db)
	if got := w.names(stranger, search.Query{Q: "räv"}); len(got) != 0 {
		t.Error("another tenant sees", got)
	}
}

func TestPagesJoinIntoTheWholeListInEveryOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sub, line := w.folder(w.Root, []id.Folder{w.Root}, w.acl(1, access.View))
	deep, _ := w.folder(sub, line, w.ACLs[0])
	day := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	for i := range 23 {
		w.put(fmt.Sprintf("Bild %d", i), func(a *asset.Asset) {
			a.CreatedAt = searchtest.Born.Add(time.Duration(i/3) * time.Second) // equal keys
			a.Fields = title([]string{"här", "har"}[i%2])
			a.Fields["keywords"] = asset.Field{Values: []string{"Blå vecka", "x"}}
			if i%4 > 0 {
				d := day.AddDate(0, 0, i/5)
				a.CapturedOn = &d
			}
			if i%3 == 0 {
				a.Folder = deep
			}
		})
	}
	for _, q := range []search.Query{
		{},
		{Sort: search.Name},
		{Sort: search.Captured},
		{Q: "här"},
		{Q: "har", Sort: search.Newest},
		{Q: "här", Sort: search.Name},
		{Tag: " blå  VECKA"},
		{Q: "här", Sort: search.Captured, Kind: asset.Image, State: asset.Ready, Tag: "x", Folder: w.Root, Subtree: true},
		{Folder: w.Root},
		{Folder: sub, Subtree: true, Sort: search.Name},
	} {
		q.Limit = 200
		all := w.names(w.house(), q)
		want := 23
		switch {
		case q.Folder == w.Root && !q.Subtree:
			want = 15
		case q.Folder == sub:
			want = 8
		}
		if len(all) != want {
			t.Errorf("%+v: %d, want %d", q, len(all), want)
		}
		if q.Sort == search.Name && !slices.IsSortedFunc(all, func(a, b string) int { return number(a) - number(b) }) {
			t.Errorf("%+v: not in order: %v", q, all)
		}
		q.Limit = 4
		var joined []string
		for pages := 0; ; pages++ {
			r, err := w.search.List(t.Context(), w.house(), q)
			if err != nil || pages > 10 {
				t.Fatalf("%+v: %v", q, err)
			}
			if r.Total != want || !r.TotalIsExact {
				t.Errorf("%+v: page %d says %d", q, pages, r.Total)
			}
			for _, a := range r.Items {
				joined = append(joined, a.Name)
			}
			if q.Cursor = r.Next; r.Next == "" {
				break
			}
		}
		if d := cmp.Diff(all, joined); d != "" {
			t.Errorf("%+v (-whole +joined):\n%s", q, d)
		}
	}
}

func number(s string) (n int) {
	_, _ = fmt.Sscanf(s, "Bild %d", &n)
	return n
}
