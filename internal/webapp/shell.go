// SPDX-License-Identifier: Apache-2.0

package webapp

import (
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"tillgang/internal/fault"
)

// builtApp is the folder of the browser app as `make build` makes it; in the
// repository it is empty.
const builtApp = "ui/dist"

// styleOfReactAria is the hash of the one style element that React Aria writes
// into the page: rules for touching. The browser tests fail when it changes.
const styleOfReactAria = "'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='"

// appPolicy is the content security policy of the browser app's page.
func appPolicy(media string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self' " + styleOfReactAria + "; img-src 'self' data: blob:" + media + "; media-src 'self' blob:" + media +
		"; font-src 'self'; connect-src 'self'" + media + "; worker-src 'self'; manifest-src 'self'; form-action 'self'" + media +
		"; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types default"
}

// app answers with the browser app's page. Its scripts find out from the
// address what to show.
func (d *door) app(v *visit) error {
	page, err := fs.ReadFile(files, builtApp+"/index.html")
	if errors.Is(err, fs.ErrNotExist) {
		return &fault.Error{Kind: fault.Unavailable, Code: "app.not_built", Text: "This program was built without its browser app. Build it with “make build”.", Err: err}
	}
	if err != nil {
		return fmt.Errorf("read the browser app's page: %w", err)
	}
	html := `<html lang="` + v.lang + `"`
	if c, err := v.r.Cookie("tg_theme"); err == nil && (c.Value == "light" || c.Value == "dark") {
		html += ` data-theme="` + c.Value + `"`
	}
	head := v.w.Header()
	head.Set("Content-Security-Policy", d.appCSP)
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Content-Language", v.lang)
	_, _ = v.w.Write([]byte(strings.Replace(string(page), `<html lang="en"`, html, 1))) // whoever has gone need not be told
	return nil
}

// appFiles serves the built files of the browser app, as they were compressed
// when it was built. Their names carry their content's hash.
func appFiles() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := path.Clean("/" + strings.TrimPrefix(r.URL.Path, "/app/"))
		head := w.Header()
		head.Set("X-Content-Type-Options", "nosniff")
		if strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz") || !strings.HasPrefix(name, "/assets/") {
			http.NotFound(w, r)
			return
		}
		head.Add("Vary", "Accept-Encoding")
		body, err := []byte(nil), error(nil)
		for _, c := range [][2]string{{"br", ".br"}, {"gzip", ".gz"}, {"", ""}} {
			if c[0] != "" && !accepts(r, c[0]) {
				continue
			}
			if body, err = fs.ReadFile(files, builtApp+name+c[1]); err == nil {
				if c[0] != "" {
					head.Set("Content-Encoding", c[0])
				}
				break
			}
		}
		if err != nil {
			http.NotFound(w, r)
			return
		}
		kind := mime.TypeByExtension(path.Ext(name))
		switch path.Ext(name) {
		case ".js":
			kind = "text/javascript; charset=utf-8"
		case ".woff2":
			kind = "font/woff2"
		}
		head.Set("Content-Type", kind)
		head.Set("Cache-Control", "public, max-age=31536000, immutable")
		head.Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body) //nolint:gosec // G705: our own files
	})
}

// accepts reports whether the browser takes a coding (RFC 9110 §12.5.3).
func accepts(r *http.Request, coding string) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) == coding {
			return strings.ReplaceAll(weight, " ", "") != "q=0"
		}
	}
	return false
}
