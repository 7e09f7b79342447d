// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/asset"
	"tillgang/internal/id"
)

// hugeGrid says in a HEIF file that the picture is far larger than it is.
func hugeGrid(heif []byte) []byte {
	b := slices.Clone(heif)
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte("ispe"))
		if i < 0 {
			return b
		}
		at += i + 8
		binary.BigEndian.PutUint32(b[at:], 100_000)
		binary.BigEndian.PutUint32(b[at+4:], 100_000)
	}
}

// framesOf is a GIF of so many frames of one pixel.
func framesOf(n int) []byte {
	b := []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff")
	frame := []byte("\x21\xf9\x04\x00\x01\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00")
	return append(append(b, bytes.Repeat(frame, n)...), 0x3b)
}

// iccBomb is a profile that claims more tags than there are atoms to write them.
func iccBomb() []byte {
	b := make([]byte, 400)
	copy(b[16:], "RGB XYZ ")
	copy(b[36:], "acsp")
	binary.BigEndian.PutUint32(b, 0xffffffff)
	binary.BigEndian.PutUint32(b[128:], 0xffffffff)
	return append([]byte("ICC_PROFILE\x00\x01\x01"), b...)
}

func appSegment(marker byte, body []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2)), body...)
}

func TestHostilePicturesEndInTheirState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withVips(t)
	jpg := makeJPEG(t, 300, 200, 41)
	with := func(segments ...[]byte) []byte { return slices.Concat(jpg[:2], bytes.Join(segments, nil), jpg[2:]) }
	avif := byTool(t, "a.avif", "sh", "-c", `ffmpeg -v error -f lavfi -i testsrc2=size=320x180:rate=1:duration=1 -frames:v 1 "$0.png" && heif-enc -A -q 50 "$0.png" -o "$0"`, "OUT")
	tiff := makeTIFF(t)
	loop := slices.Clone(tiff)
	first := binary.LittleEndian.Uint32(loop[4:])
	binary.LittleEndian.PutUint32(loop[int(first)+2+12*int(binary.LittleEndian.Uint16(loop[first:])):], first)
	raw := makeRaw("II*\x00", 6000, 4000, 1, jpg)
	outside := slices.Clone(raw)
	binary.LittleEndian.PutUint32(outside[8+2+3*12+8:], 0xfffffff0)
	channels := makePSD(1, 400, 300, nil, planes(400, 300))
	copy(channels[12:], "\xff\xff")
	jp2 := byTool(t, "a.jp2", "sh", "-c", `ffmpeg -v error -f lavfi -i testsrc2=size=320x180:rate=1:duration=1 -frames:v 1 "$0.png" && vips jp2ksave "$0.png" "$0"`, "OUT")
	wide := bytes.Replace(jp2, []byte{0, 0, 1, 64, 0, 0, 0, 180}, []byte{0, 3, 0, 0, 0, 3, 0, 0}, 2)
	svg := func(body string) []byte {
		return []byte(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="200" height="100">` + body + `</svg>`)
	}
	state := func(s asset.State, code string) ended { return ended{State: s, Code: code} }
	ready, failed := asset.Ready, asset.Failed
	files := map[string]struct {
		content []byte
		want    ended // State and Code; and renditions, if it is ready
	}{
		"grid.avif":     {hugeGrid(avif), state(failed, "picture.too_large")},
		"cut.avif":      {avif[:len(avif)/2], state(failed, "picture.truncated")},
		"loop.tif":      {loop, state(ready, three)},
		"outside.nef":   {outside, state(ready, "")},
		"outside.raf":   {append(makeRAF(nil)[:84], bytes.Repeat([]byte{0xff}, 76)...), state(ready, "")},
		"icc.jpg":       {with(appSegment(0xe2, iccBomb())), state(ready, three)},
		"segments.jpg":  {with(bytes.Repeat(appSegment(0xe1, []byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff")), 10_000)), state(ready, three)},
		"channels.psd":  {channels, state(failed, "picture.unreadable")},
		"huge.psd":      {makePSD(1, 30_000, 30_000, nil, nil), state(failed, "picture.too_large")},
		"frames.gif":    {framesOf(25_000), state(failed, "picture.too_many_frames")},
		"wide.jp2":      {wide, state(failed, "picture.too_large")},
		"laughs.svg":    {[]byte(`<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">` + entities(9) + `]>` + string(svg(`<text>&j;</text>`))), state(failed, "picture.unreadable")},
		"reference.svg": {svg(`<image xlink:href="file:///etc/passwd" width="9" height="9"/><image xlink:href="http://192.0.2.1/x.png" width="9" height="9"/><script>alert(1)</script>`), state(ready, three)},
		"broken.svg":    {svg(`<rect`), state(failed, "picture.unreadable")},
		"pipe.eps":      {[]byte("%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%touch /tmp/owned) (w) file closefile\nshowpage\n"), state(ready, "")},
		"flood.indd":    {append([]byte("\x06\x06\xed\xf5\xd8\x1d\x46\xe5\xbd\x31\xef\xe7\xfe\x74\xb7\x1d"), bytes.Repeat([]byte("xmpGImg:image>AAAA"), 200_000)...), state(ready, "")},
	}
	ids := map[string]id.Asset{}
	for name, f := range files {
		ids[name] = w.receive(t, name, f.content).ID
	}
	w.work(t)
	got, want := map[string]ended{}, map[string]ended{}
	for name, f := range files {
		e := w.ended(t, ids[name])
		got[name], want[name] = ended{State: e.State, Code: e.Code}, f.want
		if e.State == asset.Ready {
			got[name] = ended{State: e.State, Code: e.Renditions}
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if l := w.leftovers(t); l.Uploads != 0 || l.Condemned != 0 {
		t.Errorf("left over: %+v", l)
	}
}

// entities declares n entities, each ten times the one before.
func entities(n int) (s string) {
	for i := range n {
		s += "<!ENTITY " + string(rune('b'+i)) + ` "` + strings.Repeat("&"+string(rune('a'+i))+";", 10) + `">`
	}
	return s
}
