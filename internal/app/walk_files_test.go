// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// ihdr is a PNG that says it has these measures, with data for a few rows only.
func ihdr(width, height uint32) []byte {
	chunk := func(kind string, data []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		b = append(append(b, kind...), data...)
		return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	var z bytes.Buffer
	to := zlib.NewWriter(&z)
	_, _ = to.Write(make([]byte, 1<<20))
	_ = to.Close()
	return slices.Concat([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, 8, 2, 0, 0, 0)), chunk("IDAT", z.Bytes()), chunk("IEND", nil))
}

// takes uploads a file that must be taken, and waits for its final state.
func (w *world) takes(who asker, name string, content []byte) wireAsset {
	w.t.Helper()
	a := w.upload(who, name, content, "on_duplicate", "keep")
	if a.status != http.StatusCreated {
		w.t.Fatalf("%.60q: %d %s", name, a.status, a.body)
	}
	var made wireAsset
	a.into(w.t, &made)
	return w.settled(who, made.ID)
}

func TestBrokenFilesEndInAStateThatSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.adminKey()
	jpeg := scene(1, 320, 200)
	for name, c := range map[string]struct {
		content []byte
		states  []string
		fetched bool // the original can be downloaded
	}{
		"text.jpg":        {[]byte("This is a text, whatever its name says.\n"), []string{"quarantined"}, false},
		"page.jpg":        {[]byte("<!doctype html><script>document.title='XSS'</script>"), []string{"quarantined"}, false},
		"program.jpg":     {append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 200)...), []string{"quarantined"}, false},
		"script.pdf":      {[]byte("%!PS\n(/etc/passwd) (r) file 100 string readstring pop ==\nshowpage"), []string{"quarantined"}, false},
		"playlist.mp4":    {[]byte("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"), []string{"quarantined"}, false},
		"truncated.jpg":   {jpeg[:len(jpeg)/2], []string{"failed", "ready"}, true},
		"headonly.jpg":    {jpeg[:30], []string{"failed"}, true},
		"flood.png":       {ihdr(60000, 60000), []string{"failed"}, true},
		"beyond.png":      {ihdr(1<<31-1, 1<<31-1), []string{"failed"}, true},
		"nothing.png":     {ihdr(0, 0), []string{"failed"}, true},
		"short.png":       {ihdr(3000, 3000), []string{"failed", "ready"}, true},
		"broken.mp4":      {[]byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\xff\xff\xff\xffmoov"), []string{"failed"}, true},
		"broken.pdf":      {[]byte("%PDF-1.7\n1 0 obj\n<<"), []string{"failed", "ready"}, true},
		"polyglot.gif":    {[]byte("GIF89a=1;/*\x00\x00*/alert(1);//"), []string{"failed"}, true},
		"unknown.xyz":     {[]byte("\x01\x02\x03 nobody knows"), []string{"ready"}, true},
		"one-byte":        {[]byte("x"), []string{"ready"}, true},
		"drawing.svg":     {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), []string{"ready"}, true},
		"right-name.jpeg": {jpeg, []string{"ready"}, true},
	} {
		a := w.takes(admin, name, c.content)
		if !slices.Contains(c.states, a.State) {
			t.Errorf("%s is %s (%s): %q, want %v", name, a.State, a.StateCode, a.StateReason, c.states)
		}
		if a.State != "ready" && (len(strings.Fields(a.StateReason)) < 4 || a.StateCode == "") {
			t.Errorf("%s is %s and does not say why: %q %q", name, a.State, a.StateCode, a.StateReason)
		}
		if a.State == "quarantined" {
			if no := w.do(admin, "POST", "/api/v1/assets/"+a.ID+"/downloads", object{"variant": "original"}); no.status < 400 || len(a.Renditions) != 0 {
				t.Errorf("%s is held back and handed out: %d", name, no.status)
			}
			continue
		}
		if c.fetched {
			got := w.do(asker{}, "GET", w.ticket(admin, a.ID, "original").URL, nil)
			if got.status != http.StatusOK || !bytes.Equal(got.body, c.content) {
				t.Errorf("%s: the original: %d, %d bytes", name, got.status, len(got.body))
			}
		}
	}
	w.unharmed(admin)
}

// hostileNames of files, as attackers and odd machines give them.
var hostileNames = []string{
	"../../etc/passwd", `..\..\x.jpg`, "a\r\nSet-Cookie: x=1.jpg", `a"; filename="evil.html`, "=cmd|calc!A0.csv", "CON.jpg", "a\u202egpj.exe", "a\x00.jpg", ".htaccess",
	"bild å ä ö €.jpg", "🏔️.png", strings.Repeat("a", 300) + ".jpg", "%2e%2e%2fx", "<img src=x onerror=alert(1)>.jpg", "file.jpg;.html", "\ufeffx.jpg", "e\u0301.jpg",
	"-rf.jpg", "@/etc/passwd", "|id.jpg", "$(id).jpg", "`id`.jpg", "http:evil.jpg", "concat:a|b.mp4", "%d.jpg", "*.jpg",
}

func TestHostileNamesAreTextAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	admin := w.adminKey()
	for i, name := range hostileNames {
		content := []byte(strings.Repeat("x", i+1) + " a text")
		a := w.upload(admin, name, content)
		if a.status == http.StatusUnprocessableEntity {
			w.refused(name, a, 422)
			continue
		}
		var made wireAsset
		if a.into(t, &made); a.status != http.StatusCreated {
			t.Errorf("%q: %d %s", name, a.status, a.body)
			continue
		}
		if n := made.Name; n == "" || len([]rune(n)) > 255 || strings.ContainsAny(n, "/\\\x00\r\n\u202e\ufeff") || n == ".." || strings.HasPrefix(n, ".") {
			t.Errorf("%q is kept as %q", name, n)
		}
		if made.State == "quarantined" {
			continue
		}
		got := w.do(asker{}, "GET", w.ticket(admin, made.ID, "original").URL, nil)
		d := got.header.Get("Content-Disposition")
		if got.status != http.StatusOK || !bytes.Equal(got.body, content) || got.header.Get("Set-Cookie") != "" {
			t.Errorf("%q: %d %v", name, got.status, got.header)
		}
		if len(got.header["Content-Disposition"]) != 1 || !strings.HasPrefix(d, "attachment") || strings.ContainsFunc(d, func(r rune) bool { return r < ' ' || r > '~' }) || strings.Count(d, `"`) > 2 {
			t.Errorf("%q: Content-Disposition %q", name, d)
		}
		if got.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%q is handed out without its walls: %v", name, got.header)
		}
	}
	w.unharmed(admin)
}
