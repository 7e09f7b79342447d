// SPDX-License-Identifier: Apache-2.0

package asset_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"tillgang/internal/asset"
)

func TestFileNamesAreMadeSafe(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"bild å ä ö €.jpg":                 "bild å ä ö €.jpg",
		"🏔️.png":                           "🏔️.png",
		"e\u0301.jpg":                      "é.jpg",
		"../../etc/passwd":                 "passwd",
		`..\..\x.jpg`:                      "x.jpg",
		"a\r\nSet-Cookie: x=1.jpg":         "a Set-Cookie_ x=1.jpg",
		`a"; filename="evil.html`:          "a_; filename=_evil.html",
		"=cmd|calc!A0.csv":                 "=cmd_calc!A0.csv",
		"CON.jpg":                          "_CON.jpg",
		"nul":                              "_nul",
		"aux.tar.gz":                       "_aux.tar.gz",
		"conrad.jpg":                       "conrad.jpg",
		"a\u202egpj.exe":                   "agpj.exe",
		"a\x00.jpg":                        "a.jpg",
		".htaccess":                        "htaccess",
		strings.Repeat("a", 300) + ".jpg":  strings.Repeat("a", 251) + ".jpg",
		strings.Repeat("å", 300) + ".jpg":  strings.Repeat("å", 125) + ".jpg",
		"x." + strings.Repeat("e", 300):    "x." + strings.Repeat("e", 253),
		"%2e%2e%2fx":                       "%2e%2e%2fx",
		"<img src=x onerror=alert(1)>.jpg": "_img src=x onerror=alert(1)_.jpg",
		"file.jpg;.html":                   "file.jpg;.html",
		"\ufeffx.jpg":                      "x.jpg",
		"-rf.jpg":                          "rf.jpg",
		"@/etc/passwd":                     "passwd",
		"|id.jpg":                          "_id.jpg",
		"$(id).jpg":                        "$(id).jpg",
		"`id`.jpg":                         "`id`.jpg",
		"http:evil.jpg":                    "http_evil.jpg",
		"concat:a|b.mp4":                   "concat_a_b.mp4",
		"%d.jpg":                           "%d.jpg",
		"*.jpg":                            "_.jpg",
		"trailing. . .":                    "trailing",
		"a/":                               "unnamed",
		"..":                               "unnamed",
		"":                                 "unnamed",
		"\u200b\u202e":                     "unnamed",
		"broken\xff\xfe.jpg":               "broken_.jpg",
		"semester\u2028bild\u0085.jpg":     "semester bild.jpg",
	} {
		if got := asset.SafeName(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzSafeName(f *testing.F) {
	f.Add("../a\u202e/CON .jpg")
	f.Add(strings.Repeat("å.", 200))
	f.Fuzz(func(t *testing.T, in string) {
		got := asset.SafeName(in)
		if got == "" || len(got) > 255 || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\x00\r\n<>:\"|?*") || got[0] == '.' || got[0] == '-' || strings.TrimSpace(got) != got {
			t.Fatalf("%q became %q", in, got)
		}
		if again := asset.SafeName(got); again != got {
			t.Fatalf("%q became %q became %q", in, got, again)
		}
	})
}
