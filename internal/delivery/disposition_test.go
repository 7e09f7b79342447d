// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"mime"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"tillgang/internal/delivery"
)

// Hostile names and what becomes of them when the bytes are a JPEG.
func TestDispositionOfHostileNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, ascii, full string }{
		{"../../etc/passwd", "_.._etc_passwd.jpg", "_.._etc_passwd.jpg"},
		{`..\..\x.jpg`, "_.._x.jpg", "_.._x.jpg"},
		{"a\r\nSet-Cookie: x=1.jpg", "a Set-Cookie_ x=1.jpg", "a Set-Cookie_ x=1.jpg"},
		{`a"; filename="evil.html`, "a_ filename=_evil.jpg", "a_; filename=_evil.jpg"},
		{"=cmd|calc!A0.csv", "=cmd_calc!A0.jpg", "=cmd_calc!A0.jpg"},
		{"CON.jpg", "_CON.jpg", "_CON.jpg"},
		{"a\u202egpj.exe", "agpj.jpg", "agpj.jpg"},
		{"a\x00.jpg", "a.jpg", "a.jpg"},
		{".htaccess", "htaccess.jpg", "htaccess.jpg"},
		{"bild å ä ö €.jpg", "bild a a o _.jpg", "bild å ä ö €.jpg"},
		{"🏔️.png", "download.jpg", "🏔️.jpg"},
		{strings.Repeat("a", 300) + ".jpg", strings.Repeat("a", 146) + ".jpg", strings.Repeat("a", 146) + ".jpg"},
		{"%2e%2e%2fx", "2e2e2fx.jpg", "%2e%2e%2fx.jpg"},
		{"<img src=x onerror=alert(1)>.jpg", "_img src=x onerror=alert(1)_.jpg", "_img src=x onerror=alert(1)_.jpg"},
		{"file.jpg;.html", "file.jpg.jpg", "file.jpg;.jpg"},
		{"\ufeffx.jpg", "x.jpg", "x.jpg"},
		{"e\u0301.jpg", "e.jpg", "é.jpg"},
		{"-rf.jpg", "rf.jpg", "rf.jpg"},
		{"@/etc/passwd", "@_etc_passwd.jpg", "@_etc_passwd.jpg"},
		{"|id.jpg", "_id.jpg", "_id.jpg"},
		{"$(id).jpg", "$(id).jpg", "$(id).jpg"},
		{"`id`.jpg", "`id`.jpg", "`id`.jpg"},
		{"http:evil.jpg", "http_evil.jpg", "http_evil.jpg"},
		{"concat:a|b.mp4", "concat_a_b.jpg", "concat_a_b.jpg"},
		{"%d.jpg", "d.jpg", "%d.jpg"},
		{"*.jpg", "download.jpg", "_.jpg"},
		// and some of our own
		{"", "download.jpg", "download.jpg"},
		{" . - ", "download.jpg", "download.jpg"},
		{"com¹.txt", "_com_.jpg", "_com¹.jpg"},
		{"lpt1.tar.gz", "_lpt1.tar.jpg", "_lpt1.tar.jpg"},
		{"Rapport 2024.5", "Rapport 2024.5.jpg", "Rapport 2024.5.jpg"},
		{"IMG.JPEG", "IMG.JPEG", "IMG.JPEG"},
		{strings.Repeat("å", 200), strings.Repeat("a", 73) + ".jpg", strings.Repeat("å", 73) + ".jpg"},
		{"\xff\xfe.jpg", "download.jpg", "download.jpg"},
		{"a\u2028b.jpg", "a b.jpg", "a b.jpg"},
		{"x.jpg.", "x.jpg", "x.jpg"},
	} {
		got := delivery.Disposition(tt.name, "image/jpeg")
		ascii, full := read(t, got)
		if ascii != tt.ascii || full != tt.full {
			t.Errorf("%.40q: %q and %q, want %q and %q", tt.name, ascii, full, tt.ascii, tt.full)
		}
	}
}

func TestTheExtensionTellsTheType(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, mediaType, full string }{
		{"a.JPG", "image/jpeg", "a.JPG"},
		{"a.jpg", "image/png", "a.png"},
		{"a.jpg", "text/html; charset=utf-8", "a.html"},
		{"a.csv", "text/plain; charset=utf-8", "a.csv"},
		{"a.html", "text/plain", "a.txt"},
		{"a.blend", "application/octet-stream", "a.blend"},
		{"a.exe", "application/octet-stream", "a.exe.bin"},
		{"a.svg", "application/octet-stream", "a.svg.bin"},
		{"a", "application/octet-stream", "a"},
		{"a.docx", "application/zip", "a.zip"},
		{"a.idml", "application/zip", "a.idml"},
		{"a.nef", "image/tiff", "a.nef"},
		{"Årsmöte-small", "image/webp", "Årsmöte-small.webp"},
		{"a.mov", "video/quicktime", "a.mov"},
		{"a.mp3", "audio/mpeg", "a.mp3"},
	} {
		if _, full := read(t, delivery.Disposition(tt.name, tt.mediaType)); full != tt.full {
			t.Errorf("%s as %s: %q, want %q", tt.name, tt.mediaType, full, tt.full)
		}
	}
}

// read takes a header value apart as RFC 6266 has it, by hand, and checks that
// Go's own reader finds the same.
func read(t *testing.T, v string) (ascii, full string) {
	t.Helper()
	rest, ok := strings.CutPrefix(v, `attachment; filename="`)
	if !ok {
		t.Fatalf("%q", v)
	}
	ascii, rest, ok = strings.Cut(rest, `"; filename*=UTF-8''`)
	if !ok || strings.ContainsAny(ascii, "\"\\\r\n;%") {
		t.Fatalf("%q", v)
	}
	for i := range len(v) {
		if v[i] < 0x20 || v[i] > 0x7e {
			t.Fatalf("%q is not plain", v)
		}
	}
	how, params, err := mime.ParseMediaType(`attachment; filename*=UTF-8''` + rest)
	if err != nil || how != "attachment" {
		t.Fatalf("%q: %v", v, err)
	}
	return ascii, params["filename"]
}

func FuzzDisposition(f *testing.F) {
	f.Add("bild å.jpg", "image/jpeg")
	f.Add("a\"; filename=\"evil.html", "text/html")
	f.Add("\u202e\x00..\\/CON", "")
	f.Add(strings.Repeat("🏔️", 100), "application/octet-stream")
	f.Fuzz(func(t *testing.T, name, mediaType string) {
		v := delivery.Disposition(name, mediaType)
		h := http.Header{}
		h.Set("Content-Disposition", v)
		ascii, full := read(t, v)
		for _, s := range []string{ascii, full} {
			if s == "" || len(s) > 170 || strings.ContainsAny(s, "/\\:*?\"<>|\x00") || strings.HasPrefix(s, ".") || strings.HasPrefix(s, "-") || strings.HasPrefix(s, " ") || strings.HasSuffix(s, ".") || strings.HasSuffix(s, " ") {
				t.Fatalf("%q, %q: %q", name, mediaType, s)
			}
		}
		if !utf8.ValidString(full) || len(full) > 160 || strings.ContainsFunc(full, func(r rune) bool {
			return unicode.IsControl(r) || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
		}) {
			t.Fatalf("%q: %q", name, full)
		}
	})
}
