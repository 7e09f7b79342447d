// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/disintegration/imaging"
)

// quarters is a picture of four colours: red, green, blue and grey, clockwise
// from the top left.
func quarters(width, height int) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetNRGBA(x, y, quarterColours[(x*2/width)^(y*2/height)+2*(y*2/height)])
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, m, &jpeg.Options{Quality: 95})
	return b.Bytes()
}

var quarterColours = [4]color.NRGBA{{200, 30, 30, 255}, {30, 160, 30, 255}, {30, 30, 200, 255}, {128, 128, 128, 255}}

// picture decodes what came back.
func (a answer) picture(t *testing.T) image.Image {
	t.Helper()
	m, err := imaging.Decode(bytes.NewReader(a.body))
	if err != nil {
		t.Fatalf("%d %v", a.status, err)
	}
	return m
}

// shade names the quarter's colour that a pixel has.
func shade(m image.Image, x, y int) string {
	c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
	for i, q := range quarterColours {
		far := func(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }
		if far(c.R, q.R) < 24 && far(c.G, q.G) < 24 && far(c.B, q.B) < 24 {
			return [4]string{"red", "green", "blue", "grey"}[i]
		}
	}
	return fmt.Sprint(c)
}

// preset makes a preset and returns its identifier.
func (w *world) preset(who asker, what object) string {
	w.t.Helper()
	a := w.do(who, "POST", "/api/v1/presets", what)
	if a.status != http.StatusCreated {
		w.t.Fatalf("preset: %d %s", a.status, a.body)
	}
	var p struct{ ID string }
	a.into(w.t, &p)
	return p.ID
}

// copyOf fetches what a preset makes of an asset.
func (w *world) copyOf(who asker, asset, preset string) answer {
	w.t.Helper()
	return w.do(asker{}, "GET", w.ticket(who, asset, preset).URL, nil)
}

// stored uploads a file and waits for it.
func (w *world) stored(who asker, name string, content []byte, fields ...string) wireAsset {
	w.t.Helper()
	var a wireAsset
	w.upload(who, name, content, fields...).into(w.t, &a)
	return w.settled(who, a.ID)
}

func TestWalk_PresetsMakeWhatTheySay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.adminKey()
	a := w.stored(who, "Fyra färger.jpg", quarters(800, 400), "title", "Hamnen: \"höst\"/{id}")
	for _, c := range []struct {
		name          string
		spec          object
		width, height int
		at            map[image.Point]string
	}{
		{"inuti", object{"width": 200, "height": 200}, 200, 100, map[image.Point]string{{20, 20}: "red", {180, 20}: "green", {20, 80}: "grey", {180, 80}: "blue"}},
		{"fyll", object{"width": 100, "height": 100, "fit": "cover"}, 100, 100, map[image.Point]string{{10, 10}: "red", {90, 90}: "blue"}},
		{"ram", object{"width": 200, "height": 200, "fit": "pad", "background": "1ea01e", "format": "png"}, 200, 200, map[image.Point]string{{100, 10}: "green", {20, 60}: "red", {100, 190}: "green"}},
		{"fokus", object{"width": 100, "height": 200, "fit": "cover", "crop": "focal"}, 100, 200, map[image.Point]string{{10, 10}: "green", {90, 190}: "blue"}},
		{"samma", object{"width": 400, "format": "same", "quality": 60, "file_name": "{title} {date} {width}x{height} {preset}"}, 400, 200, nil},
	} {
		c.spec["name"] = c.name
		w.preset(who, c.spec)
		if c.name == "fokus" {
			if got := w.do(who, "PUT", "/api/v1/assets/"+a.ID+"/focal-point", object{"x": 0.95, "y": 0.5}); got.status != 200 {
				t.Fatalf("focal point: %d %s", got.status, got.body)
			}
		}
		got := w.copyOf(who, a.ID, c.name)
		m := got.picture(t)
		if m.Bounds().Dx() != c.width || m.Bounds().Dy() != c.height {
			t.Errorf("%s: %v", c.name, m.Bounds())
		}
		for p, want := range c.at {
			if is := shade(m, p.X, p.Y); is != want {
				t.Errorf("%s: %s at %v, want %s", c.name, is, p, want)
			}
		}
		name := got.header.Get("Content-Disposition")
		switch c.name {
		case "ram":
			if !strings.Contains(name, url.PathEscape("Fyra färger-ram.png")) {
				t.Error(name)
			}
		case "samma": // the title is a title, and no place in the name for anything else
			if !strings.Contains(name, "Hamnen") || !strings.Contains(name, "400x200%20samma.jpg") || strings.Contains(name, "/{id}") || strings.Contains(name, a.ID) {
				t.Error(name)
			}
		}
	}
	if got := w.do(who, "POST", "/api/v1/presets", object{"name": "fyll", "width": 10}); got.code() != "preset.name_taken" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := w.do(who, "POST", "/api/v1/presets", object{"name": "original", "width": 10, "file_name": "{secret}", "fit": "pad"}); got.status != 422 || !strings.Contains(string(got.body), "file_name") || !strings.Contains(string(got.body), "fit") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestWalk_APictureIsFramedWithoutTouchingIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.adminKey()
	a := w.stored(who, "ram.jpg", quarters(800, 400))
	w.preset(who, object{"name": "bred", "width": 160, "height": 90, "fit": "cover"})
	// The blue quarter, for all that are wide.
	if got := w.do(who, "PUT", "/api/v1/assets/"+a.ID+"/crops/32%3A18", object{"x": 0.5, "y": 0.5, "width": 0.5, "height": 0.5}); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	m := w.copyOf(who, a.ID, "bred").picture(t)
	if m.Bounds().Dx() != 160 || shade(m, 5, 5) != "blue" || shade(m, 155, 85) != "blue" {
		t.Error(m.Bounds(), shade(m, 5, 5), shade(m, 155, 85))
	}
	var f struct {
		Degrees int
		Crops   map[string]struct{ X, Y, Width, Height float64 }
	}
	w.do(who, "PUT", "/api/v1/assets/"+a.ID+"/rotation", object{"degrees": 90}).into(t, &f)
	if c := f.Crops["16:9"]; c.X != 0 || c.Y != 0.5 || c.Width != 0.5 {
		t.Errorf("the part did not turn along: %+v", f)
	}
	m = w.copyOf(who, a.ID, "medium").picture(t)
	if m.Bounds().Dx() != 400 || m.Bounds().Dy() != 800 || shade(m, 20, 20) != "grey" || shade(m, 380, 20) != "red" || shade(m, 20, 780) != "blue" {
		t.Error("not turned: ", m.Bounds(), shade(m, 20, 20), shade(m, 380, 20))
	}
	if m = w.copyOf(who, a.ID, "bred").picture(t); shade(m, m.Bounds().Dx()/2, m.Bounds().Dy()/2) != "blue" {
		t.Error("another part is shown")
	}
	if got := w.do(asker{}, "GET", w.ticket(who, a.ID, "original").URL, nil); hexSum(got.body) != a.SHA256 {
		t.Error("the original was touched")
	}
	// The next revision is framed alike, if it has the same proportions.
	if got := w.uploadTo(who, "/api/v1/assets/"+a.ID+"/revisions", "ram2.jpg", quarters(400, 200)); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	w.settled(who, a.ID)
	if m = w.copyOf(who, a.ID, "large").picture(t); m.Bounds().Dx() != 200 || m.Bounds().Dy() != 400 {
		t.Error("the new revision is not framed like the one before: ", m.Bounds())
	}
	w.uploadTo(who, "/api/v1/assets/"+a.ID+"/revisions", "ram3.jpg", quarters(300, 300))
	w.settled(who, a.ID)
	w.do(who, "GET", "/api/v1/assets/"+a.ID+"/framing", nil).into(t, &f)
	if f.Degrees != 0 {
		t.Error("a revision of other proportions took the framing over")
	}
}

func TestWalk_AWatermarkIsOnEveryCopyOrThereIsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.adminKey()
	logo := image.NewNRGBA(image.Rect(0, 0, 100, 100))
	for i := range 100 * 100 {
		logo.SetNRGBA(i%100, i/100, quarterColours[2])
	}
	var b bytes.Buffer
	_ = png.Encode(&b, logo)
	mark := w.stored(who, "märke.png", b.Bytes())
	plain := image.NewNRGBA(image.Rect(0, 0, 800, 400))
	for i := range 800 * 400 {
		plain.SetNRGBA(i%800, i/800, quarterColours[3])
	}
	var c bytes.Buffer
	_ = jpeg.Encode(&c, plain, nil)
	a := w.stored(who, "grå.jpg", c.Bytes())
	w.preset(who, object{"name": "press", "width": 800, "watermark": object{"text": "PRESS", "place": "bottom-right", "size": 30, "opacity": 80, "margin": 5}})
	w.preset(who, object{"name": "logga", "width": 800, "watermark": object{"asset": mark.ID, "place": "top-left", "size": 10, "opacity": 100}})
	m := w.copyOf(who, a.ID, "press").picture(t)
	light, dark, elsewhere := 0, 0, 0
	for y := range 400 {
		for x := range 800 {
			v := color.GrayModel.Convert(m.At(x, y)).(color.Gray).Y
			switch in := x > 520 && y > 280; {
			case in && v > 200:
				light++
			case in && v < 60:
				dark++
			case !in && (v > 140 || v < 116):
				elsewhere++
			}
		}
	}
	if light < 500 || dark < 500 || elsewhere > 0 {
		t.Errorf("the text is not there to read: %d light and %d dark pixels, %d elsewhere", light, dark, elsewhere)
	}
	m = w.copyOf(who, a.ID, "logga").picture(t)
	if shade(m, 5, 5) != "blue" || shade(m, 70, 70) != "blue" || shade(m, 120, 40) != "grey" {
		t.Error(shade(m, 5, 5), shade(m, 70, 70), shade(m, 120, 40))
	}
	w.do(who, "DELETE", "/api/v1/assets/"+mark.ID, nil)
	if got := w.do(who, "POST", "/api/v1/assets/"+a.ID+"/downloads", object{"variant": "logga"}); got.code() != "preset.mark_gone" {
		t.Errorf("without its watermark: %d %s", got.status, got.body)
	}
}

func TestWalk_ACopySaysWhatTheArchiveKnowsAsItsPresetWantsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.adminKey()
	a := w.stored(who, "a.jpg", quarters(80, 40), "title", "Bryggan i Ålesund")
	for _, policy := range []string{"embed", "strip"} {
		w.preset(who, object{"name": policy, "width": 60, "metadata": policy})
	}
	if got := insideOf(t, w.copyOf(who, a.ID, "embed").body); !strings.Contains(got, "Bryggan i Ålesund") {
		t.Error("the title is not in the copy:", got)
	}
	if got := insideOf(t, w.copyOf(who, a.ID, "strip").body); strings.Contains(got, "Bryggan") {
		t.Error("the title is in a copy that is to say nothing")
	}
	w.do(who, "PATCH", "/api/v1/assets/"+a.ID, object{"fields": object{"title": object{"value": "Kajen"}}})
	if got := insideOf(t, w.copyOf(who, a.ID, "embed").body); !strings.Contains(got, "Kajen") || strings.Contains(got, "Bryggan") {
		t.Error("the copy says what the archive said before")
	}
}

func TestWalk_FiftyWhoAskAtOnceGetOneCopyMadeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.adminKey()
	a := w.stored(who, "en.jpg", quarters(800, 400))
	w.preset(who, object{"name": "en", "width": 123})
	urls := make([]string, 50)
	var all sync.WaitGroup
	for i := range urls {
		all.Go(func() {
			got, err := w.try(who, "GET", "/api/v1/assets/"+a.ID+"/renditions/en", nil)
			if err == nil && got.status == 200 {
				var r struct{ URL string }
				got.into(t, &r)
				urls[i] = r.URL
			} else {
				t.Errorf("%d %s %v", got.status, got.body, err)
			}
		})
	}
	all.Wait()
	for _, u := range urls {
		if u == "" || strings.Split(u, "/")[4] != strings.Split(urls[0], "/")[4] || u[strings.LastIndex(u, "/"):] != urls[0][strings.LastIndex(urls[0], "/"):] {
			t.Fatal("not the same picture: ", u, urls[0])
		}
	}
	var rows int
	if err := w.ownerConn().QueryRow(t.Context(), "select (select count(*) from rendition where preset = 'en') + (select count(*) from condemned_blob) + (select count(*) from rendition_claim)").Scan(&rows); err != nil || rows != 1 {
		t.Error("it was made more than once, or something is left: ", rows, err)
	}
	if m := w.do(asker{}, "GET", urls[0], nil).picture(t); m.Bounds().Dx() != 123 {
		t.Error(m.Bounds())
	}
}

func TestWalk_APresetIsForWhomItIsMeant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	chief, person := w.adminKey(), w.person(w.tenant, "webb")
	a := w.stored(chief, "a.jpg", quarters(80, 40))
	if err := w.accounts.Give(t.Context(), w.self(w.tenant), person.account.ID.UUID(), w.role(w.tenant, "editor").ID); err != nil {
		t.Fatal(err)
	}
	g, err := w.accounts.CreateGroup(t.Context(), w.self(w.tenant), "Webb")
	if err != nil {
		t.Fatal(err)
	}
	p := w.preset(chief, object{"name": "tryck", "width": 40, "only_for": []string{g.ID.String()}})
	if got := w.do(person, "GET", "/api/v1/assets/"+a.ID+"/renditions/tryck", nil); got.status != 404 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := w.do(person, "GET", "/api/v1/presets", nil); strings.Contains(string(got.body), "tryck") {
		t.Error("it is listed for whom it is not")
	}
	if got := w.do(chief, "PATCH", "/api/v1/presets/"+p, object{"only_for": []string{}}, "If-Match", `"1"`); got.status != 200 || got.header.Get("ETag") != `"2"` {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := w.do(person, "GET", "/api/v1/assets/"+a.ID+"/renditions/tryck", nil); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := w.do(chief, "PATCH", "/api/v1/presets/"+p, object{"quality": 5}, "If-Match", `"1"`); got.code() != "preset.changed" {
		t.Errorf("%d %s", got.status, got.body)
	}
	given := w.ticket(person, a.ID, "tryck")
	if got := w.do(chief, "DELETE", "/api/v1/presets/"+p, nil); got.status != 204 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := w.do(asker{}, "GET", given.URL, nil); got.status != 200 {
		t.Errorf("a ticket that was given out: %d %s", got.status, got.body)
	}
	if got := w.do(person, "GET", "/api/v1/assets/"+a.ID+"/renditions/tryck", nil); got.status != 404 {
		t.Errorf("a deleted preset: %d", got.status)
	}
	w.preset(chief, object{"name": "tryck", "width": 30})
}
