// SPDX-License-Identifier: Apache-2.0

package webapp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"net/http"
	"strings"
	"sync"
)

// What lets the browser app be installed: a manifest, icons, and a service
// worker that knows one page, for when there is no connection, and takes what
// other programs share. No answer of the API is ever kept by it.

// manifest answers GET /app.webmanifest.
func (d *door) manifest(v *visit) error {
	file := func(name string) string { return page{visit: v}.File(name) }
	type object = map[string]any
	b, err := json.Marshal(object{
		"id": "/", "name": "Tillgång", "short_name": "Tillgång", "start_url": "/", "scope": "/", "display": "standalone", "lang": "sv",
		"background_color": "#0b5a6f", "theme_color": "#0b5a6f",
		"icons": []object{
			{"src": file("icon.svg"), "sizes": "any", "type": "image/svg+xml"},
			{"src": "/app-icon/192.png", "sizes": "192x192", "type": "image/png"},
			{"src": "/app-icon/512.png", "sizes": "512x512", "type": "image/png"},
			{"src": "/app-icon/maskable.png", "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
		},
		"share_target": object{
			"action": "/share", "method": "POST", "enctype": "multipart/form-data",
			"params": object{"files": []object{{"name": "files", "accept": []string{"*/*"}}}},
		},
	})
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/manifest+json")
	v.w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = v.w.Write(b)
	return nil
}

// worker answers GET /sw.js: the service worker with this version's files.
func (d *door) worker(v *visit) error {
	b, err := fs.ReadFile(files, "ui/static/sw.js")
	if err != nil {
		return fmt.Errorf("read the service worker: %w", err)
	}
	v.w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	v.w.Header().Set("Cache-Control", "no-cache")
	_, _ = v.w.Write([]byte(strings.ReplaceAll(string(b), "VERSION", template.URLQueryEscaper(d.Version))))
	return nil
}

// offline is the page for when there is no connection.
func (d *door) offline(v *visit) error {
	return v.show(http.StatusOK, "offline", v.say("offline_title"), nil)
}

// taken answers POST /share where no service worker has taken the files: they
// cannot be kept for somebody, so the library is shown.
func (d *door) taken(v *visit) error { return v.redirect("/") }

// icon answers GET /app-icon/{name}.
func (d *door) icon(v *visit) error {
	size, whole := 512, false
	switch v.r.PathValue("name") {
	case "192.png":
		size = 192
	case "512.png":
	case "maskable.png":
		whole = true
	default:
		return d.nothing(v)
	}
	b := drawn(size, whole)
	v.w.Header().Set("Content-Type", "image/png")
	v.w.Header().Set("Cache-Control", "public, max-age=86400")
	_, _ = v.w.Write(b)
	return nil
}

var (
	drawing sync.Mutex
	icons   = map[string][]byte{}
)

// drawn is the mark as a picture, drawn as icon.svg says it; whole fills the
// square, for systems that cut icons to a form of their own.
func drawn(size int, whole bool) []byte {
	drawing.Lock()
	defer drawing.Unlock()
	key := fmt.Sprint(size, whole)
	if b := icons[key]; b != nil {
		return b
	}
	const parts = 4 // samples of a pixel, each way
	ground, mark := [3]float64{0x0b, 0x5a, 0x6f}, [3]float64{255, 255, 255}
	m := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			var sum [3]float64
			seen := 0.0
			for i := range parts * parts {
				px := (float64(x) + (float64(i%parts)+.5)/parts) / float64(size) * 24
				py := (float64(y) + (float64(i/parts)+.5)/parts) / float64(size) * 24
				if whole { // the middle three quarters are safe
					px, py = (px-12)/.75+12, (py-12)/.75+12
				} else if !rounded(px, py) {
					continue
				}
				of := ground
				if stroke(px, py, 7, 8, 17, 8) || stroke(px, py, 12, 8, 12, 17) {
					of = mark
				}
				seen++
				for c := range sum {
					sum[c] += of[c]
				}
			}
			if seen > 0 {
				m.SetNRGBA(x, y, color.NRGBA{uint8(sum[0] / seen), uint8(sum[1] / seen), uint8(sum[2] / seen), uint8(255 * seen / (parts * parts))})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic("webapp: an icon cannot be encoded: " + err.Error()) // a buffer takes all
	}
	icons[key] = b.Bytes()
	return icons[key]
}

// rounded reports whether a point lies in the square from 1 to 23 with corners
// of 6.5.
func rounded(x, y float64) bool {
	const least, most, round = 1 + 6.5, 23 - 6.5, 6.5
	dx, dy := max(least-x, x-most, 0), max(least-y, y-most, 0)
	return dx*dx+dy*dy <= round*round
}

// stroke reports whether a point lies on an upright or level line with round
// ends, 2.75 wide.
func stroke(x, y, x1, y1, x2, y2 float64) bool {
	dx, dy := x-min(max(x, x1), x2), y-min(max(y, y1), y2)
	return dx*dx+dy*dy <= 1.375*1.375
}
