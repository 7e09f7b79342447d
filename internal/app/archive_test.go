// SPDX-License-Identifier: Apache-2.0

package app

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tillgang/internal/egress"
	"tillgang/internal/rendition"
)

type archiveAnswer struct {
	ID, URL string
	Items   int
	LeftOut int `json:"left_out"`
	Bytes   int64
}

// archive asks for a ZIP file.
func (w *world) archive(who asker, body object) (a archiveAnswer) {
	w.t.Helper()
	got := w.do(who, "POST", "/api/v1/archives", body)
	if got.status != http.StatusCreated {
		w.t.Fatalf("archive: %d %s", got.status, got.body)
	}
	got.into(w.t, &a)
	return a
}

type manifestFile struct {
	Items []struct {
		Path, Asset, SHA256 string
		Size                int64
	}
	LeftOut []struct{ Asset, Code, Reason string } `json:"left_out"`
}

// unzip fetches an archive and reads it with three readers.
func (w *world) unzip(url string) (files map[string][]byte, m manifestFile) {
	w.t.Helper()
	got := w.do(asker{}, "GET", url, nil)
	if got.status != 200 || got.header.Get("Content-Type") != "application/zip" || got.header.Get("Accept-Ranges") != "none" {
		w.t.Fatal(got.status, got.header, string(got.body))
	}
	return w.opened(got.body)
}

// opened reads a ZIP file with three readers.
func (w *world) opened(b []byte) (files map[string][]byte, m manifestFile) {
	w.t.Helper()
	name := filepath.Join(w.t.TempDir(), "a.zip")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		w.t.Fatal(err)
	}
	for _, argv := range [][]string{{"unzip", "-tqq", name}, {"python3", "-c", "import sys,zipfile; sys.exit(zipfile.ZipFile(sys.argv[1]).testzip() is not None)", name}} {
		if out, err := exec.CommandContext(w.t.Context(), argv[0], argv[1:]...).CombinedOutput(); err != nil {
			w.t.Errorf("%s: %v: %s", argv[0], err, out)
		}
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		w.t.Fatal(err)
	}
	files = map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			w.t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := json.Unmarshal(files["manifest.json"], &m); err != nil {
		w.t.Fatal(err)
	}
	for _, i := range m.Items {
		if sum := sha256.Sum256(files[i.Path]); hex.EncodeToString(sum[:]) != i.SHA256 || int64(len(files[i.Path])) != i.Size {
			w.t.Errorf("the manifest is wrong about %s", i.Path)
		}
	}
	return files, m
}

func TestAnArchiveOfManyHasEveryFileThatMayLeave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.adminKey()
	var ids []string
	contents := map[string][]byte{}
	for i := range 12 {
		c := fmt.Appendf(nil, "innehåll %d", i)
		a := w.takes(who, "Å rapport.txt", c)
		ids, contents[a.ID] = append(ids, a.ID), c
	}
	picture := w.takes(who, "../../ond=(bild).jpg", photograph(t)).ID
	ids = append(ids, picture)

	a := w.archive(who, object{"selection": object{"ids": ids}, "variant": "original", "folders": true})
	if a.Items != 13 || a.LeftOut != 0 || !strings.HasPrefix(a.URL, "/d/dz_") {
		t.Fatal(a)
	}
	// What becomes forbidden after the archive was asked for is left out.
	if got := w.do(who, "DELETE", "/api/v1/assets/"+ids[3], nil); got.status != 204 {
		t.Fatal(got.status)
	}
	if got := w.do(asker{}, "HEAD", a.URL, nil); got.status != 200 {
		t.Error("HEAD:", got.status)
	}
	files, m := w.unzip(a.URL)
	if len(m.Items) != 12 || len(m.LeftOut) != 1 || m.LeftOut[0].Asset != ids[3] || m.LeftOut[0].Reason == "" || len(files) != 14 {
		t.Error(m)
	}
	for _, i := range m.Items {
		if want, ok := contents[i.Asset]; ok && !bytes.Equal(files[i.Path], want) {
			t.Error(i.Path, "is another's")
		}
		if strings.Contains(i.Path, "..") || strings.HasPrefix(i.Path, "/") || !strings.Contains(i.Path, "/") {
			t.Error("path:", i.Path)
		}
	}
	if !slices.ContainsFunc(m.Items, func(i struct {
		Path, Asset, SHA256 string
		Size                int64
	},
	) bool {
		return strings.HasSuffix(i.Path, "/Å rapport (2).txt")
	}) {
		t.Error("no second name:", m.Items)
	}
	if got := w.do(asker{}, "GET", a.URL, nil); got.code() != "ticket.used" {
		t.Error("it started twice:", got.status)
	}
	if got := w.do(who, "GET", "/api/v1/assets/"+ids[0]+"/sightings", nil); !strings.Contains(got.text(), "downloaded_original") {
		t.Error("nobody is seen to have read it:", got.text())
	}

	// A query with exceptions, in a preset's size; and a withdrawn one.
	a = w.archive(who, object{"selection": object{"query": object{"kind": "image"}, "except": []string{}}, "variant": rendition.Small})
	if files, _ := w.unzip(a.URL); a.Items != 1 || len(files) != 3 {
		t.Error(a, len(files))
	}
	a = w.archive(who, object{"selection": object{"ids": ids}, "variant": "original"})
	if got := w.do(who, "DELETE", "/api/v1/archives/"+a.ID, nil); got.status != 204 {
		t.Error(got.status, got.text())
	}
	if got := w.do(asker{}, "GET", a.URL, nil); got.code() != "ticket.revoked" {
		t.Error("withdrawn:", got.status)
	}

	// Bytes that are lost cut the connection: never a short file that looks whole.
	a = w.archive(who, object{"selection": object{"ids": ids}, "variant": "original"})
	for _, key := range w.blobsOf(picture) {
		if err := w.store.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := w.try(asker{}, "GET", a.URL, nil); err == nil {
		t.Error("the archive looks whole:", got.status, len(got.body))
	}
	if !strings.Contains(w.said.String(), "download broke") {
		t.Error("the log says nothing")
	}
	for _, body := range []object{{"selection": object{}, "variant": "original"}, {"selection": object{"ids": ids, "query": object{}}, "variant": "original"}} {
		if got := w.do(who, "POST", "/api/v1/archives", body); got.status != 422 {
			t.Error(got.status, got.text())
		}
	}
}

func TestACopyOfAnOriginalCarriesWhatTheArchiveSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.adminKey()
	photo := photograph(t, "-XMP-dc:Creator=Hemlig", "-GPSLatitude=61.7", "-GPSLatitudeRef=N", "-IFD0:Orientation#=6")
	a := w.takes(who, "foto.jpg", photo).ID
	w.do(who, "PATCH", "/api/v1/assets/"+a, object{
		"fields": object{"title": object{"value": "Rubrik"}, "creator": object{"values": []string{"Bo Östman"}}, "persons": object{"values": []string{"Eva Ek"}}},
		"alt":    object{"sv": object{"decision": "text", "text": "En grå yta"}},
	})
	fetch := func(policy string) ([]byte, string) {
		body := object{"variant": "original"}
		if policy != "" {
			body["metadata"] = policy
		}
		got := w.do(who, "POST", "/api/v1/assets/"+a+"/downloads", body)
		var k ticket
		if got.status != 201 {
			t.Fatal(policy, got.status, got.text())
		}
		got.into(t, &k)
		b := w.do(asker{}, "GET", k.URL, nil)
		if b.status != 200 {
			t.Fatal(policy, b.status, b.text())
		}
		name := filepath.Join(t.TempDir(), "x.jpg")
		if err := os.WriteFile(name, b.body, 0o600); err != nil {
			t.Fatal(err)
		}
		return b.body, exiftool(t, "-s", "-G1", name)
	}
	if b, _ := fetch(""); !bytes.Equal(b, photo) {
		t.Error("the original is not as it was uploaded")
	}
	for policy, want := range map[string][]string{"embed": {"Rubrik", "Bo Östman", "En grå yta", "Rotate 90", a}, "rights": {"Bo Östman", "En grå yta", "Rotate 90"}, "strip": {"Rotate 90"}} {
		first, said := fetch(policy)
		for _, s := range want {
			if !strings.Contains(said, s) {
				t.Errorf("%s lacks %q:\n%s", policy, s, said)
			}
		}
		for _, s := range []string{"Hemlig", "GPS", "Eva Ek"} {
			if strings.Contains(said, s) {
				t.Errorf("%s says %q", policy, s)
			}
		}
		if again, _ := fetch(policy); !bytes.Equal(first, again) {
			t.Error(policy, "is another copy the second time")
		}
	}
	if n := w.count("select count(*) from imprinted"); n != 3 {
		t.Error(n, "copies are kept")
	}
	// They go with what they were made of.
	w.do(who, "DELETE", "/api/v1/assets/"+a, nil)
	if got := w.do(who, "DELETE", "/api/v1/bin/"+a, nil); got.status != 204 {
		t.Fatal(got.status, got.text())
	}
	if n := w.count("select count(*) from condemned_blob where blob_key like 'copies/%'"); n != 3 {
		t.Error(n, "copies are condemned")
	}
	text := w.takes(who, "a.txt", []byte("text")).ID
	if got := w.do(who, "POST", "/api/v1/assets/"+text+"/downloads", object{"variant": "original", "metadata": "strip"}); got.code() != "imprint.format" {
		t.Error("a text claims to be stripped:", got.status, got.text())
	}
}

// count reads a number behind the wall.
func (w *world) count(sql string) (n int) {
	w.t.Helper()
	if err := w.ownerConn().QueryRow(w.t.Context(), sql).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestWhatWentToDestinationsIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.gate.Declare(egress.Destination{ID: "minne", Host: "127.0.0.1", Port: 9, Purpose: egress.Database, DataKinds: []string{"x"}, Reviewer: "test", Plain: true}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // what is drained twice is added up
		if c, err := w.gate.Dial(egress.Database)(t.Context(), "tcp", "127.0.0.1:9"); err == nil {
			_ = c.Close()
		}
		if c, err := w.gate.Dial(egress.Database)(t.Context(), "tcp", "192.0.2.1:9"); err == nil {
			_ = c.Close()
		}
		if err := w.drainTraffic(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.count("select coalesce(sum(refused), 0) from egress_count"); n < 2 {
		t.Error(n, "refusals are kept")
	}
	list, err := w.audit.Traffic(t.Context(), w.self(w.tenant), "*", clock().AddDate(0, 0, -1), clock())
	if err != nil || len(list) == 0 {
		t.Error(list, err)
	}
	if got := w.do(w.adminKey(), "GET", "/api/v1/destinations/minne/counts", nil); got.status != 200 || !strings.Contains(got.text(), `"items"`) {
		t.Error(got.status, got.text())
	}
	// One that is declared no longer keeps its counts; one that never was has none.
	if _, err := w.ownerConn().Exec(t.Context(), "insert into egress_count (destination, purpose, day, connections, bytes_out, bytes_in, refused) values ('before', 'database', '2020-02-02', 1, 2, 3, 0)"); err != nil {
		t.Fatal(err)
	}
	if got := w.do(w.adminKey(), "GET", "/api/v1/destinations/before/counts", nil); got.status != 200 || !strings.Contains(got.text(), `"items":[]`) {
		t.Error(got.status, got.text())
	}
	if got := w.do(w.adminKey(), "GET", "/api/v1/destinations/never/counts", nil); got.status != 404 || got.code() != "destination.not_found" {
		t.Error(got.status, got.text())
	}
}
