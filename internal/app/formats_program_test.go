// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// formatFiles makes a file of every format that tools of this machine write.
const formatFiles = `set -e
ffmpeg -nostdin -v error -f lavfi -i testsrc2=size=640x360:rate=1:duration=1 -frames:v 1 base.png
cp base.png a.png
vips copy base.png a.jpg
vips copy base.png a.webp
vips copy base.png a.tif
ffmpeg -nostdin -v error -i base.png a.bmp
ffmpeg -nostdin -v error -f lavfi -i testsrc2=size=320x180:rate=5:duration=1 a.gif
ffmpeg -nostdin -v error -f lavfi -i testsrc2=size=320x180:rate=5:duration=1 -c:v libwebp_anim moving.webp
heif-enc -q 50 base.png -o a.heic > /dev/null
heif-enc -A -q 50 base.png -o a.avif > /dev/null
cjxl --quiet -d 1 -e 3 base.png a.jxl 2> /dev/null
vips jp2ksave base.png a.jp2
convert base.png -resize 200x a.psd
for e in mp4 mov mkv avi; do ffmpeg -nostdin -v error -f lavfi -i testsrc2=size=320x180:rate=10:duration=1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p a.$e; done
ffmpeg -nostdin -v error -f lavfi -i testsrc2=size=320x180:rate=10:duration=1 -c:v libvpx -deadline realtime a.webm
for e in mp3 wav flac m4a ogg; do ffmpeg -nostdin -v error -f lavfi -i sine=duration=1 a.$e; done
cp /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf a.ttf
`

func TestME10_EveryFormatEndsAsItShould(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := exec.Command("sh", "-c", formatFiles)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("run make setup: %v\n%s", err, out)
	}
	made := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100"><rect width="100" height="100" fill="#c00"/></svg>`
	var svgz bytes.Buffer
	z := gzip.NewWriter(&svgz)
	_, _ = z.Write([]byte(svg))
	_ = z.Close()
	drawn := []byte(svg)
	type format struct {
		name, kind, mediaType string
		content               []byte // nil: the file that was made
		renditions            int
		frames                int
		id                    string
	}
	formats := []format{
		{"a.jpg", "image", "image/jpeg", nil, 3, 0, ""},
		{"a.png", "image", "image/png", nil, 3, 0, ""},
		{"a.webp", "image", "image/webp", nil, 3, 0, ""},
		{"moving.webp", "image", "image/webp", nil, 3, 5, ""},
		{"a.gif", "image", "image/gif", nil, 3, 5, ""},
		{"a.tif", "image", "image/tiff", nil, 3, 0, ""},
		{"a.bmp", "image", "image/bmp", nil, 3, 0, ""},
		{"a.heic", "image", "image/heic", nil, 3, 0, ""},
		{"a.avif", "image", "image/avif", nil, 3, 0, ""},
		{"a.jxl", "image", "image/jxl", nil, 3, 0, ""},
		{"a.jp2", "image", "image/jp2", nil, 3, 0, ""},
		{"a.psd", "image", "image/vnd.adobe.photoshop", nil, 3, 0, ""},
		{"a.svg", "image", "image/svg+xml", drawn, 3, 0, ""},
		{"a.svgz", "image", "image/svg+xml-compressed", svgz.Bytes(), 3, 0, ""},
		{"empty.svg", "image", "image/svg+xml", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), 0, 0, ""},
		{"a.pdf", "document", "application/pdf", page("Protokoll"), 3, 0, ""},
		{"a.ai", "document", "application/vnd.adobe.illustrator", page("Skiss"), 3, 0, ""},
		{"a.txt", "document", "text/plain", []byte("Ett protokoll från hamnen.\n"), 0, 0, ""},
		{"a.ttf", "font", "font/ttf", nil, 3, 0, ""},
		{"a.mp4", "video", "video/mp4", nil, 3, 0, ""},
		{"a.mov", "video", "video/quicktime", nil, 3, 0, ""},
		{"a.mkv", "video", "video/matroska", nil, 3, 0, ""},
		{"a.avi", "video", "video/x-msvideo", nil, 3, 0, ""},
		{"a.webm", "video", "video/webm", nil, 3, 0, ""},
		{"a.mp3", "audio", "audio/mpeg", nil, 0, 0, ""},
		{"a.wav", "audio", "audio/wav", nil, 0, 0, ""},
		{"a.flac", "audio", "audio/flac", nil, 0, 0, ""},
		{"a.m4a", "audio", "audio/mp4", nil, 0, 0, ""},
		{"a.ogg", "audio", "audio/ogg", nil, 0, 0, ""},
		{"a.zip", "archive", "application/zip", zipOf(t, 0, map[string]string{"x.txt": "x"}), 0, 0, ""},
		{"a.obj", "other", "model/obj", []byte("# cube\nv 0 0 0\n"), 0, 0, ""},
		{"a.bin", "other", "application/octet-stream", []byte("\x01\x02\x03\xff nobody knows"), 0, 0, ""},
	}
	m := newMachine(t)
	s := m.serve()
	who := m.key()
	for i := range formats {
		f := &formats[i]
		if f.content == nil {
			f.content = made(f.name)
		}
		a := s.upload(who, f.name, f.content)
		if a.status != http.StatusCreated {
			t.Fatalf("%s: %d %s", f.name, a.status, a.body)
		}
		var stored wireAsset
		a.into(t, &stored)
		f.id = stored.ID
	}
	for _, f := range formats {
		a := s.settledWithin(who, f.id, 3*time.Minute)
		if a.State != "ready" || a.Kind != f.kind || a.MediaType != f.mediaType || len(a.Renditions) != f.renditions {
			t.Errorf("%s is %s (%s), %s, %s, with %d renditions; want ready, %s, %s, %d", f.name, a.State, a.StateReason, a.Kind, a.MediaType, len(a.Renditions), f.kind, f.mediaType, f.renditions)
		}
		var more struct{ Frames int }
		s.do(who, http.MethodGet, "/api/v1/assets/"+f.id, nil).into(t, &more)
		if more.Frames != f.frames {
			t.Errorf("%s has %d frames, want %d", f.name, more.Frames, f.frames)
		}
		for _, r := range a.Renditions {
			if got := s.do(asker{}, http.MethodGet, r.URL, nil); got.status != http.StatusOK || got.header.Get("Content-Type") != r.MediaType {
				t.Errorf("%s, %s: %d %s", f.name, r.Preset, got.status, got.header.Get("Content-Type"))
			}
		}
	}
}
