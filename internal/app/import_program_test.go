// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/csv"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// imports runs `tillgang import` and returns its report: file → outcome, and why.
func (s *sender) imports(code int, args ...string) (outcome, reason map[string]string, complaint string) {
	s.t.Helper()
	c := exec.CommandContext(s.t.Context(), s.m.bin, append([]string{"import", "--url", s.url}, args...)...)
	c.Env = append(append([]string{}, s.m.env...), "TILLGANG_KEY="+strings.TrimPrefix(s.who.header, "Bearer "))
	var out, e notebook
	c.Stdout, c.Stderr = &out, &e
	_ = c.Run()
	if c.ProcessState.ExitCode() != code {
		s.t.Fatalf("import %q: %d, %s %s", args, c.ProcessState.ExitCode(), out.String(), e.String())
	}
	rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil {
		s.t.Fatalf("%v: %s", err, out.String())
	}
	outcome, reason = map[string]string{}, map[string]string{}
	for _, r := range rows[1:] {
		name := filepath.Base(r[0])
		outcome[name], reason[name] = r[1], r[3]
	}
	return outcome, reason, e.String()
}

func rsXMP(title string) string {
	return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:Credit="Byrån"><dc:title><rdf:Alt><rdf:li xml:lang="sv">` + title + `</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>`
}

// A tree of folders with XMP files, and an export of ResourceSpace, come in
// through the real program: the second run sends and changes nothing.
func TestTheProgramImportsFoldersAndResourceSpace(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	tree := filepath.Join(s.dir, "träd")
	s.put("träd/ett.txt", []byte("ett"))
	s.put("träd/ett.txt.xmp", []byte(rsXMP("Första")))
	s.put("träd/Sommar/två.txt", []byte("två"))
	s.put("träd/Sommar/två.xmp", []byte(rsXMP("Andra")))
	s.put("träd/tom.txt", nil)
	s.put("träd/ensam.xmp", []byte(rsXMP("Ingen")))
	s.put("träd/trasig.txt", []byte("trasig"))
	s.put("träd/trasig.txt.xmp", []byte("<x"))
	first := map[string]string{"ett.txt": "new", "två.txt": "new", "tom.txt": "refused", "ensam.xmp": "refused", "trasig.txt": "refused"}
	want := func(what string, got, want map[string]string) {
		t.Helper()
		for name, outcome := range want {
			if got[name] != outcome {
				t.Errorf("%s: %s is %q, want %q", what, name, got[name], outcome)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %v", what, got)
		}
	}
	got, _, _ := s.imports(1, "folder", tree, "--dry-run")
	want("dry run", got, first)
	if f := s.find(s.who, ""); f.Total != 0 {
		t.Fatalf("a dry run sent something: %+v", f)
	}
	got, reason, _ := s.imports(1, "folder", tree)
	want("first run", got, first)
	if !strings.Contains(reason["trasig.txt"], "XMP") {
		t.Error(reason)
	}
	f := s.find(s.who, "q=Andra")
	if f.Total != 1 || f.Items[0].Fields["title"].Lang["sv"] != "Andra" || f.Items[0].Fields["credit"].Value != "Byrån" {
		t.Fatalf("%+v", f)
	}
	var folder struct{ Name string }
	s.do(s.who, "GET", "/api/v1/folders/"+f.Items[0].Folder, nil).into(t, &folder)
	if folder.Name != "Sommar" {
		t.Errorf("it lies in %q", folder.Name)
	}
	version := f.Items[0].Version
	first["ett.txt"], first["två.txt"] = "here", "here"
	got, _, _ = s.imports(1, "folder", tree)
	want("second run", got, first)
	if f := s.find(s.who, "q=Andra"); f.Total != 1 || f.Items[0].Version != version {
		t.Errorf("the second run changed something: %+v", f)
	}
	s.put("träd/Sommar/två.xmp", []byte(rsXMP("Andra, rättad")))
	first["två.txt"] = "updated"
	got, _, _ = s.imports(1, "folder", tree, "--dry-run")
	want("dry run of a correction", got, first)
	got, _, _ = s.imports(1, "folder", tree)
	want("correction", got, first)

	// ResourceSpace: a table and files.
	table := s.put("rs.csv", []byte("\xef\xbb\xbf\"Resource ID(s)\",\"Resource type\",Access,\"Original filename\",Title,Caption,Keywords,Date,Projekt\n"+
		"101,Photo,Open,hamn.txt,Hamnen,En hamn,\"båt, hav\",2024-05-31 12:00:00,Kusten\n"+
		"102,Document,Confidential,hemlig.txt,Hemlig,,,,\n"+
		"103,Photo,Open,borta.txt,Borta,,,,\n"))
	s.put("rs/RS101_hamn.txt", []byte("hamn"))
	s.put("rs/RS101_alt1.txt", []byte("hamn i annan form"))
	s.put("rs/hemlig.txt", []byte("hemlig"))
	args := []string{"resourcespace", "--csv", table, "--files", filepath.Join(s.dir, "rs")}
	got, _, said := s.imports(1, append(args, "--dry-run")...)
	if !strings.Contains(said, "Projekt") || strings.Contains(said, "Caption") {
		t.Errorf("unknown columns are not named: %s", said)
	}
	rs := map[string]string{"row 2 (101 hamn.txt)": "new", "row 2 (101 hamn.txt), alternative file RS101_alt1.txt": "new", "row 3 (102 hemlig.txt)": "new", "row 4 (103 borta.txt)": "refused"}
	want("dry run of an export", got, rs)
	mapping := s.put("map.json", []byte(`{"columns": {"Projekt": "source"}, "types": {"Photo": "Bilder"}}`))
	got, _, _ = s.imports(1, append(args, "--map", mapping)...)
	want("an export", got, rs)
	f = s.find(s.who, "q=Kusten")
	if f.Total != 2 {
		t.Fatalf("%+v", f)
	}
	one := f.Items[slices.IndexFunc(f.Items, func(a wireAsset) bool { return a.Name == "RS101_hamn.txt" })]
	if one.Fields["captured_on"].Value != "2024-05-31" || !slices.Equal(one.Fields["keywords"].Values, []string{"båt", "hav"}) || one.Fields["source"].Value != "Kusten" {
		t.Errorf("%+v", one)
	}
	s.do(s.who, "GET", "/api/v1/folders/"+one.Folder, nil).into(t, &folder)
	if folder.Name != "Bilder" {
		t.Errorf("it lies in %q", folder.Name)
	}
	for name := range rs {
		if rs[name] == "new" {
			rs[name] = "here"
		}
	}
	got, _, _ = s.imports(1, append(args, "--map", mapping)...)
	want("the export once more", got, rs)
}
