// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// exiftool runs the real one.
func exiftool(t *testing.T, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("exiftool")
	if err != nil {
		t.Fatal("exiftool is missing: run make setup")
	}
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("exiftool %v: %s", args, out)
	}
	return string(out)
}

// photograph is a JPEG with what a camera and a picture desk write into it.
func photograph(t *testing.T, args ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 90, 60)), nil); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "foto.jpg")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	exiftool(t, append(append([]string{"-q", "-overwrite_original"}, args...), name)...)
	out, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const aiSource = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

func TestASidecarSaysAllAndIsReadAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.adminKey()
	a := w.takes(who, "foto.jpg", photograph(t, "-XMP-iptcExt:DigitalSourceType="+aiSource, "-XMP-plus:LicensorURL=https://example.se/köp")).ID
	if got := w.do(who, "GET", "/api/v1/assets/"+a, nil); !strings.Contains(got.text(), `"origin":{"ai":true,"digital_source_type":"`+aiSource+`"}`) {
		t.Error("the label does not show:", got.text())
	}
	w.do(who, "PATCH", "/api/v1/assets/"+a, object{
		"fields": object{"title": object{"lang": object{"sv": "Rubrik", "en": "Title"}}, "keywords": object{"values": []string{"å", "b"}}, "headline": object{"lang": object{"sv": "Topp"}}},
		"alt":    object{"sv": object{"decision": "text", "text": "En grå yta"}},
	})
	side := w.do(who, "GET", "/api/v1/assets/"+a+"/sidecar", nil)
	if side.status != 200 || side.header.Get("Content-Type") != "application/rdf+xml" {
		t.Fatal(side.status, side.text())
	}
	name := filepath.Join(t.TempDir(), "a.xmp")
	if err := os.WriteFile(name, []byte(side.text()), 0o600); err != nil {
		t.Fatal(err)
	}
	said := exiftool(t, "-s", "-G1", "-XMP:all", name)
	for _, want := range []string{"Rubrik", "Title-en", "AltTextAccessibility-sv", "En grå yta", aiSource, a, "https://example.se/köp"} {
		if !strings.Contains(said, want) {
			t.Errorf("the sidecar lacks %q:\n%s", want, said)
		}
	}
	// Its own words change nothing; another program's are a person's edit.
	xmp := []string{"Content-Type", "application/rdf+xml"}
	before := w.do(who, "GET", "/api/v1/assets/"+a, nil)
	if got := w.do(who, "PUT", "/api/v1/assets/"+a+"/sidecar", strings.NewReader(side.text()), append(xmp, "If-Match", before.header.Get("ETag"))...); got.status != 200 {
		t.Fatal(got.status, got.text())
	}
	history := w.do(who, "GET", "/api/v1/assets/"+a+"/history?limit=200", nil).text()
	exiftool(t, "-q", "-overwrite_original", "-XMP-dc:Title-sv=Ny rubrik", "-XMP-photoshop:City=Umeå", name)
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.do(who, "PUT", "/api/v1/assets/"+a+"/sidecar", bytes.NewReader(b), append(xmp, "If-Match", before.header.Get("ETag"))...); got.status != 412 {
		t.Error("an old version was overwritten:", got.status)
	}
	got := w.do(who, "PUT", "/api/v1/assets/"+a+"/sidecar", bytes.NewReader(b), xmp...)
	if got.status != 200 || !strings.Contains(got.text(), `"sv":"Ny rubrik"`) || !strings.Contains(got.text(), `"value":"Umeå"`) {
		t.Error(got.status, got.text())
	}
	if strings.Contains(history, `"before":"Rubrik"`) || !strings.Contains(w.do(who, "GET", "/api/v1/assets/"+a+"/history", nil).text(), `"before":"Rubrik"`) {
		t.Error("the history does not say what changed when")
	}
	for _, bad := range []string{"", "<a>", "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + side.text(), strings.Repeat("<a>", 1000)} {
		if got := w.do(who, "PUT", "/api/v1/assets/"+a+"/sidecar", strings.NewReader(bad), xmp...); got.status != 422 {
			t.Errorf("%.20q: %d %s", bad, got.status, got.text())
		}
	}
}

func (a answer) text() string { return string(a.body) }
