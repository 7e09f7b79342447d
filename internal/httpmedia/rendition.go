// SPDX-License-Identifier: Apache-2.0

package httpmedia

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// rendition answers /r/: a rendition under its signed address.
func (d *door) rendition(w http.ResponseWriter, r *http.Request) {
	begun := false
	h := w.Header()
	defer func() {
		if p := recover(); p != nil {
			guarded(h)
			d.panicked(w, r, p, begun)
		}
	}()
	ctx, now := r.Context(), d.Now()
	l, err := d.Delivery.VerifyRendition(r.URL.Path, now)
	if err != nil {
		guarded(h)
		d.fail(w, r, err)
		return
	}
	private := "private, max-age=" + strconv.Itoa(int(l.Ends.Sub(now)/time.Second)) + ", immutable"
	if matches(r.Header.Get("If-None-Match"), l.ETag) {
		guarded(h)
		h["Cache-Control"], h["Etag"] = []string{private}, []string{l.ETag}
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body, span, err := l.Open(ctx, rangeOf(r))
	if err != nil {
		guarded(h)
		d.fail(w, r, err)
		return
	}
	defer func() { _ = body.Close() }()
	code := spanned(h, span, body.Info().Size)
	begun = true
	if r.Method == http.MethodGet {
		if c, s := d.ship(w, r, body); c != nil {
			s.header = pictureHeader + "Cache-Control: " + private + "\r\nContent-Type: " + l.MediaType + "\r\nEtag: " + l.ETag + "\r\n"
			w.WriteHeader(code)
			if err := c.send(w, s); err != nil {
				d.cut(r, err, "")
			}
			return
		}
	}
	guarded(h)
	h["Accept-Ranges"], h["Cache-Control"], h["Content-Type"], h["Etag"] = ranges, []string{private}, []string{l.MediaType}, []string{l.ETag}
	w.WriteHeader(code)
	if r.Method == http.MethodHead {
		return
	}
	if err := d.send(w, r, body, nil); err != nil {
		d.cut(r, err, "")
	}
}

// pictureHeader is what the header of every rendition has, as text: net/http takes
// each field through two maps and a sort, and that is a tenth of the whole answer.
var pictureHeader = func() string {
	h := http.Header{"Accept-Ranges": ranges}
	guarded(h)
	var b strings.Builder
	_ = h.Write(&b) // a Builder takes all
	return b.String()
}()

// matches reports whether an If-None-Match names the ETag (RFC 9110 §13.1.2:
// the weak comparison).
func matches(field, etag string) bool {
	if field == "" {
		return false
	}
	for part := range strings.SplitSeq(field, ",") {
		part = strings.TrimSpace(part)
		if part == "*" || strings.TrimPrefix(part, "W/") == etag {
			return true
		}
	}
	return false
}
