// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/rendition"
)

// makeRaw is what a camera writes: a TIFF with an orientation, the size of its
// raw data and a finished picture (TIFF 6.0 §2).
func makeRaw(magic string, width, height, orientation int, jpg []byte) []byte {
	b := []byte(magic)
	b = binary.LittleEndian.AppendUint32(b, 8)
	entries := [][3]int{{0x100, 4, width}, {0x101, 4, height}, {0x112, 3, orientation}, {0x201, 4, 0}, {0x202, 4, len(jpg)}}
	entries[3][2] = 8 + 2 + len(entries)*12 + 4
	b = binary.LittleEndian.AppendUint16(b, uint16(len(entries)))
	for _, e := range entries {
		b = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, uint16(e[0])), uint16(e[1]))
		b = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, 1), uint32(e[2]))
	}
	return slices.Concat(b, make([]byte, 4), jpg)
}

func bigEndian(v ...int) (b []byte) {
	for _, n := range v {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return b
}

// makeRAF is what Fujifilm writes: the picture stands where the header says.
func makeRAF(jpg []byte) []byte {
	b := make([]byte, 160)
	copy(b, "FUJIFILMCCD-RAW 0201FF389501X-T3")
	copy(b[84:], bigEndian(len(b), len(jpg), 0, 0))
	return append(b, jpg...)
}

// makePSD is a flat Photoshop document, version 2 of which is PSB.
func makePSD(version byte, width, height int, resources []byte, m []byte) []byte {
	return slices.Concat([]byte("8BPS\x00"), []byte{version, 0, 0, 0, 0, 0, 0, 0, 3}, bigEndian(height, width), []byte{0, 8, 0, 3},
		bigEndian(0), bigEndian(len(resources)), resources, make([]byte, 4*int(version)), []byte{0, 0}, m)
}

// thumbnailOf is Photoshop's image resource 1036.
func thumbnailOf(jpg []byte) []byte {
	b := slices.Concat([]byte("8BIM\x04\x0c\x00\x00"), bigEndian(len(jpg)+28, 1, 160, 120, 480, 57600, len(jpg)), []byte{0, 24, 0, 1}, jpg)
	return append(b, make([]byte, len(jpg)%2)...)
}

// planes are the channels of a picture, one after the other.
func planes(width, height int) (b []byte) {
	m := scene(width, height, 3)
	for c := range 3 {
		for i := c; i < len(m.Pix); i += 4 {
			b = append(b, m.Pix[i])
		}
	}
	return b
}

// makePacket is an XMP packet with a thumbnail.
func makePacket(jpg []byte) []byte {
	return []byte(`<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><xmpGImg:image>` + base64.StdEncoding.EncodeToString(jpg) + `</xmpGImg:image><?xpacket end="w"?>`)
}

func makeEPS(jpg []byte) []byte {
	return fmt.Appendf(nil, "%%!PS-Adobe-3.0 EPSF-3.0\n%%%%BoundingBox: 0 0 9 9\n%%BeginPhotoshop: 1\n%% %s\n%%EndPhotoshop\nshowpage\n", hex.EncodeToString(thumbnailOf(jpg)))
}

const drawingSVG = `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100"><rect width="100" height="100" fill="#c00"/></svg>`

// manySVG begins with so much that libvips does not see what it is, as those by
// Illustrator do.
var manySVG = `<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd" [` +
	strings.Repeat(`<!ENTITY ns_ai "http://ns.adobe.com/AdobeIllustrator/10.0/">`+"\n", 20) + `]>` + drawingSVG

func TestPicturesOfEveryFormatAreShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withVips(t)
	jpg := makeJPEG(t, 800, 600, 21)
	ready := func(kind asset.Kind, mediaType string, width, height int) ended {
		return ended{State: asset.Ready, Kind: kind, MediaType: mediaType, Width: width, Height: height, Renditions: three}
	}
	convert := func(name string, argv ...string) []byte {
		t.Helper()
		src := `ffmpeg -v error -f lavfi -i testsrc2=size=640x360:rate=1:duration=1 -frames:v 1 "$0.png" && ` + strings.Join(argv, " ")
		return byTool(t, name, "sh", "-c", src, "OUT")
	}
	files := map[string]struct {
		content []byte
		want    ended
	}{
		"a.heic":   {convert("a.heic", `heif-enc -q 60 "$0.png" -o "$0"`), ready(asset.Image, "image/heic", 640, 360)},
		"a.avif":   {convert("a.avif", `heif-enc -A -q 60 "$0.png" -o "$0"`), ready(asset.Image, "image/avif", 640, 360)},
		"a.bmp":    {convert("a.bmp", `ffmpeg -v error -i "$0.png" "$0"`), ready(asset.Image, "image/bmp", 640, 360)},
		"a.jxl":    {convert("a.jxl", `cjxl --quiet -d 1 -e 3 "$0.png" "$0"`), ready(asset.Image, "image/jxl", 640, 360)},
		"a.jp2":    {convert("a.jp2", `vips jp2ksave "$0.png" "$0"`), ready(asset.Image, "image/jp2", 640, 360)},
		"a.gif":    {convert("a.gif", `ffmpeg -v error -f lavfi -i testsrc2=size=320x180:rate=5:duration=1 "$0"`), ready(asset.Image, "image/gif", 320, 180)},
		"a.webp":   {convert("a.webp", `ffmpeg -v error -f lavfi -i testsrc2=size=320x180:rate=5:duration=1 -c:v libwebp_anim "$0"`), ready(asset.Image, "image/webp", 320, 180)},
		"a.tif":    {convert("a.tif", `vips arrayjoin "$0.png $0.png $0.png" "$0.v" --across 1 && vips copy "$0.v" "$0.tif" && vips tiffsave "$0.v" "$0" --page-height 360`), ready(asset.Image, "image/tiff", 640, 360)},
		"a.svg":    {[]byte(drawingSVG), ready(asset.Image, "image/svg+xml", 200, 100)},
		"long.svg": {[]byte(manySVG), ready(asset.Image, "image/svg+xml", 0, 0)},
		"a.psd":    {makePSD(1, 400, 300, nil, planes(400, 300)), ready(asset.Image, "image/vnd.adobe.photoshop", 400, 300)},
		"a.psb":    {makePSD(2, 400, 300, nil, planes(400, 300)), ready(asset.Image, "image/vnd.adobe.photoshop", 400, 300)},
		"big.psb":  {makePSD(2, 60_000, 50_000, thumbnailOf(jpg), nil), ready(asset.Image, "image/vnd.adobe.photoshop", 60_000, 50_000)},
		"cut.psd":  {makePSD(1, 4000, 3000, thumbnailOf(jpg), []byte("not enough")), ready(asset.Image, "image/vnd.adobe.photoshop", 4000, 3000)},
		"a.ai":     {makePDF(), ready(asset.Document, "application/vnd.adobe.illustrator", 0, 0)},
		"a.eps":    {makeEPS(jpg), ready(asset.Image, "image/x-eps", 800, 600)},
		"a.indd":   {slices.Concat([]byte("\x06\x06\xed\xf5\xd8\x1d\x46\xe5\xbd\x31\xef\xe7\xfe\x74\xb7\x1d"), make([]byte, 9000), makePacket(jpg)), ready(asset.Document, "application/x-indesign", 0, 0)},
		"a.dng":    {makeRaw("II*\x00", 6000, 4000, 1, jpg), ready(asset.Image, "image/x-adobe-dng", 6000, 4000)},
		"a.nef":    {makeRaw("II*\x00", 6016, 4016, 6, jpg), ready(asset.Image, "image/x-nikon-nef", 4016, 6016)},
		"a.arw":    {makeRaw("II*\x00", 600, 400, 8, jpg), ready(asset.Image, "image/x-sony-arw", 600, 800)},
		"a.orf":    {makeRaw("IIRO", 4640, 3472, 1, jpg), ready(asset.Image, "image/x-olympus-orf", 4640, 3472)},
		"a.rw2":    {makeRaw("IIU\x00", 4640, 3472, 1, jpg), ready(asset.Image, "image/x-panasonic-rw2", 4640, 3472)},
		"a.raf":    {makeRAF(jpg), ready(asset.Image, "image/x-fuji-raf", 800, 600)},
		"none.nef": {makeRaw("II*\x00", 6016, 4016, 6, []byte("no picture")), ended{State: asset.Ready, Kind: asset.Image, MediaType: "image/x-nikon-nef"}},
		"none.eps": {[]byte("%!PS-Adobe-3.0 EPSF-3.0\nshowpage\n"), ended{State: asset.Ready, Kind: asset.Image, MediaType: "image/x-eps"}},
		"cut.raf":  {makeRAF(jpg[:len(jpg)/3]), ended{State: asset.Failed, Code: "picture.truncated", Kind: asset.Image, MediaType: "image/x-fuji-raf"}},
		"a.obj":    {[]byte("# cube\nv 0 0 0\n"), ended{State: asset.Ready, Kind: asset.Other, MediaType: "model/obj"}},
		"a.glb":    {[]byte("glTF\x02\x00\x00\x00\x0c\x00\x00\x00"), ended{State: asset.Ready, Kind: asset.Other, MediaType: "model/gltf-binary"}},
		"a.step":   {[]byte("ISO-10303-21;\nHEADER;\n"), ended{State: asset.Ready, Kind: asset.Other, MediaType: "model/step"}},
	}
	got, want := map[string]ended{}, map[string]ended{}
	ids := map[string]id.Asset{}
	for name, f := range files {
		ids[name] = w.receive(t, name, f.content).ID
		want[name] = f.want
	}
	w.work(t)
	for name := range files {
		got[name] = w.ended(t, ids[name])
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	w.upright(t, ids["a.nef"])
	for name, counts := range map[string][2]int{"a.gif": {1, 5}, "a.webp": {1, 5}, "a.tif": {3, 1}, "a.bmp": {1, 1}} {
		var got [2]int
		w.in(t, func(tx tx) error {
			return tx.QueryRow(t.Context(), `select (meta->'picture'->>'pages')::int, (meta->'picture'->>'frames')::int from revision where asset_id = $1`, ids[name]).Scan(&got[0], &got[1])
		})
		if got != counts {
			t.Errorf("%s has %d pages and %d frames, want %v", name, got[0], got[1], counts)
		}
	}
	for name, f := range files {
		if !bytes.Equal(w.original(t, ids[name]), f.content) {
			t.Errorf("the original of %s is not what was sent", name)
		}
	}
}

// upright checks that the renditions of a picture taken in portrait are.
func (w *world) upright(t *testing.T, of id.Asset) {
	t.Helper()
	all, err := w.renditions.ForAssets(t.Context(), w.who, []id.Asset{of})
	must(t, err)
	for _, r := range all[of] {
		if r.Width >= r.Height {
			t.Errorf("%s is %d × %d and lies on its side", r.Preset, r.Width, r.Height)
		}
	}
	if len(all[of]) != len(rendition.Presets()) {
		t.Errorf("%d renditions", len(all[of]))
	}
}
