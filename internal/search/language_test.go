// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/search"
)

// TestTheQueryLanguage asks for one archive in many ways.
func TestTheQueryLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open := w.acl(0, access.View)
	w.exec("update folder set acl_id = $1", open)
	who := w.Person(w.Groups[0])
	summer, line := w.folder(w.Root, []id.Folder{w.Root}, open)
	w.exec("update folder set name = 'Sommar', name_key = 'sommar' where id = $1", summer)
	deep, _ := w.folder(summer, line, open)
	day := func(s string) *time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return &d
	}
	n := func(i int) *int { return &i }
	put := func(name string, change func(*asset.Asset)) {
		w.put(name, func(a *asset.Asset) { a.ACL = open; change(a) })
	}
	person := func(names ...string) asset.Field { return asset.Field{Values: names, Source: asset.FromPerson} }
	put("bad.jpg", func(a *asset.Asset) {
		a.Folder, a.CapturedOn, a.Size, a.Width, a.Height = summer, day("2024-06-12"), 6_000_000, n(4000), n(3000)
		a.Fields = title("Badplatsen")
		a.Fields["keywords"], a.Fields["persons"] = person("Sommar", "vatten"), person("Eva Ek", "Ola Berg")
		a.Alt["sv"] = asset.Alt{Decision: asset.AltText, Text: "Barn badar"}
	})
	put("snö.png", func(a *asset.Asset) {
		a.Folder, a.CapturedOn, a.Size, a.Width, a.MediaType = deep, day("2025-01-03"), 400_000, n(800), "image/png"
		a.Fields = title("Snögubbe")
		a.Fields["keywords"], a.Fields["persons"], a.Fields["city"] = person("vinter"), person("Eva Berg", "Ulf Ek"), asset.Field{Value: "Östersund"}
		a.CreatedBy = who.ID
	})
	put("plan.pdf", func(a *asset.Asset) {
		a.Kind, a.MediaType = asset.Document, "application/pdf"
		a.Fields = title("Plan för bad")
		a.Fields["arendenummer"], a.Fields["giltig"] = asset.Field{Value: "42"}, asset.Field{Value: "2024-05-31"}
		a.ExpiresAt = day("2030-01-01")
	})
	put("film.mp4", func(a *asset.Asset) {
		a.Kind, a.MediaType = asset.Video, "video/mp4"
		ms := int64(90_000)
		a.DurationMS, a.CapturedOn = &ms, day("2023-12-31")
		a.Fields = map[string]asset.Field{"arendenummer": {Value: "7"}}
		sum := make([]byte, 32)
		sum[0] = 0xab
		a.SHA256 = sum
	})
	w.put("dold.jpg", func(a *asset.Asset) { a.ACL = w.acl(1, access.View); a.Fields = title("Badplatsen dold") })

	for q, want := range map[string]string{
		`person:"Eva Ek" tag:sommar|vinter -status:expired taken:2024..2025 has:alt no:consent`: "bad",
		"tag:sommar|vinter": "bad snö", "tag:SOMMAR": "bad", "tag:som*": "bad", "-tag:sommar": "film plan snö", "nyckelord:vinter|tag:vatten": "bad snö", "tag:vatt": "",
		"person:eva": "bad snö", `person:"eva ek"`: "bad", "person:ek -person:berg": "", "person:Ek": "bad snö", "henkilö:ulf": "snö",
		"stad:östersund": "snö", "city:ostersund": "snö", "kaupunki:östers*": "snö", "city:bad": "",
		"title:bad": "plan", "bad": "bad plan", "bad -title:bad": "bad", "alt:badar": "bad", "name:snö": "snö", "description:badar": "bad",
		"snögubbe | film": "film snö", "snögubbe|film|plan": "film plan snö", "-snögubbe|film": "bad plan", "bad | -bad": "bad film plan snö", "katt | taken:2023": "film",
		"taken:2024": "bad", "tagen:2023..": "bad film snö", "taken:..2024-06-12": "bad film", "taken:>2024": "snö", "taken:2024-06": "bad", "-taken:2024": "film plan snö", "no:taken": "plan", "saknar:datum": "plan",
		"has:alt": "bad", "no:alt": "film plan snö", "har:personer": "bad snö", "has:arendenummer": "film plan", "has:consent": "", "missing:tag": "film plan", "has:expiry": "plan", "has:text": "",
		"type:pdf": "plan", "typ:image/png": "snö", "type:apng": "snö", "ext:png": "snö", "type:bild": "bad snö", "kind:video|document": "film plan", "slag:dokument": "plan", "type:png|mp4": "film snö",
		"size:>5mb": "bad", "storlek:..500kb": "film plan snö", "width:800": "snö", "bredd:>=800": "bad snö", "height:2999..3000": "bad", "duration:>1min": "film", "längd:<30s": "",
		"folder:sommar": "bad snö", "mapp:Sommar title:snögubbe": "snö", "-folder:sommar": "film plan", "folder:finns-inte": "", "folder:" + summer.String(): "bad snö", "folder:" + deep.String() + "|sommar": "bad snö",
		"by:me": "snö", "av:mig bad": "", "-by:me tag:sommar": "bad", "by:acc_other": "bad film plan", "sha256:ab" + strings.Repeat("0", 62): "film",
		"state:ready": "bad film plan snö", "state:failed": "", "tillstånd:klar tag:vinter": "snö", "status:embargoed": "",
		"arendenummer:42": "plan", "arendenummer:5..10": "film", "arendenummer:5..": "film plan", "giltig:2024": "plan", "giltig:2024-05..2024-06": "plan", "giltig:..2024-04": "", "arendenummer:>7": "plan",
		"sensitive:no": "bad film plan snö", "känslig:ja": "", "uploaded:2026": "bad film plan snö", "uploaded:..2025": "", "uppladdad:>2026": "",
		"okänd:bad": "", "kl:10": "",
	} {
		got := []string{}
		res, err := w.search.List(t.Context(), who, search.Query{Q: q})
		if err != nil {
			t.Errorf("%q: %v", q, err)
			continue
		}
		for _, a := range res.Items {
			got = append(got, strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(a.Name, ".jpg"), ".png"), ".pdf"), ".mp4"))
		}
		slices.Sort(got)
		if d := cmp.Diff(want, strings.Join(got, " ")); d != "" || res.Total != len(got) {
			t.Errorf("%q: total %d (-want +got):\n%s", q, res.Total, d)
		}
		if f, err := w.search.Facets(t.Context(), who, search.Query{Q: q}); err != nil || f.Total != len(got) {
			t.Errorf("facets of %q: %d, not %d, %v", q, f.Total, len(got), err)
		}
		if ids, err := w.search.Resolve(t.Context(), who, search.Selection{Query: &search.Query{Q: q}}, 10); err != nil || len(ids) != len(got) {
			t.Errorf("selection of %q: %d, not %d, %v", q, len(ids), len(got), err)
		}
		if hint := strings.HasPrefix(q, "okänd:") || strings.HasPrefix(q, "kl:"); hint != (len(res.Hints) > 0) {
			t.Errorf("%q: hints %v", q, res.Hints)
		}
	}
	for q, at := range map[string]string{
		"bad size:stor": "character 5: size", "taken:i-går": "character 1: taken", "kind:hus": "character 1", "tag:a|kind:x": "character 7", "sha256:12": "character 1", "by:eva": "character 1", "state:klart state:x": "character 13", "duration:5år": "character 1", "sensitive:kanske": "character 1", "person:*": "character 1", "tag:*": "character 1",
	} {
		if _, err := w.search.List(t.Context(), who, search.Query{Q: q}); fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.As(err).Text, at) {
			t.Errorf("%q: %v", q, err)
		}
	}
}
