// SPDX-License-Identifier: Apache-2.0

package filemeta_test

import (
	"archive/zip"
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"tillgang/internal/filemeta"
)

func picture(tb testing.TB, format string) []byte {
	tb.Helper()
	m := image.NewPaletted(image.Rect(0, 0, 16, 8), color.Palette{color.Black, color.White})
	var b bytes.Buffer
	var err error
	switch format {
	case "jpg":
		err = jpeg.Encode(&b, m, nil)
	case "png":
		err = png.Encode(&b, m)
	case "gif":
		err = gif.Encode(&b, m, nil)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func office(t *testing.T, part, mime string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"[Content_Types].xml", "_rels/.rels", part} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte("<x/>" + mime))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestATypeIsJudgedByContentAndComparedWithTheName(t *testing.T) {
	t.Parallel()
	ftyp := func(brand string) string {
		return "\x00\x00\x00\x18ftyp" + brand + "\x00\x00\x00\x00" + brand + "\x00\x00\x00\x00"
	}
	jpg, pngs, gifs := string(picture(t, "jpg")), string(picture(t, "png")), string(picture(t, "gif"))
	docx := string(office(t, "word/document.xml", ""))
	for _, c := range []struct {
		name, head string
		media      string
		kind       filemeta.Kind
		says       string // "" agrees
	}{
		{"a.jpg", jpg, "image/jpeg", "image", ""},
		{"A.JPEG", jpg, "image/jpeg", "image", ""},
		{"a.jpe", jpg, "image/jpeg", "image", ""},
		{`C:\pictures.x\a.PNG`, pngs, "image/png", "image", ""},
		{"a.gif", gifs, "image/gif", "image", ""},
		{"a.tif", "II*\x00\x08\x00\x00\x00", "image/tiff", "image", ""},
		{"a.tiff", "MM\x00*\x00\x00\x00\x08", "image/tiff", "image", ""},
		{"big.tif", "II\x2b\x00\x08\x00\x00\x00", "image/tiff", "image", ""},
		{"a.nef", "MM\x00*\x00\x00\x00\x08", "image/x-nikon-nef", "image", ""},
		{"a.webp", "RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp", "image", ""},
		{"a.heic", ftyp("heic"), "image/heic", "image", ""},
		{"a.mp4", ftyp("isom"), "video/mp4", "video", ""},
		{"a.mov", ftyp("qt  "), "video/quicktime", "video", ""},
		{"a.mp4", ftyp("qt  "), "video/mp4", "video", ""},
		{"a.m4v", ftyp("M4V "), "video/mp4", "video", ""},
		{"a.m4a", ftyp("M4A "), "audio/mp4", "audio", ""},
		{"a.mp4", ftyp("XAVC"), "video/mp4", "video", ""},
		{"a.mp3", "ID3\x03\x00\x00\x00\x00\x00\x15TIT2\x00\x00\x00\x0b\x00\x00\x00Hello world", "audio/mpeg", "audio", ""},
		{"a.wav", "RIFF\x10\x00\x00\x00WAVEfmt ", "audio/wav", "audio", ""},
		{"a.wav", "RF64\xff\xff\xff\xffWAVEds64", "audio/wav", "audio", ""},
		{"a.pdf", "%PDF-1.7\n", "application/pdf", "document", ""},
		{"a.ai", "%PDF-1.7\n", "application/vnd.adobe.illustrator", "document", ""},
		{"a.docx", docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "document", ""},
		{"a.zip", docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "document", ""},
		{"a.txt", "Hej på dig, Åsa", "text/plain", "document", ""},
		{"latin.txt", "Hej p\xe5 dig, \xc5sa", "text/plain", "document", ""},
		{"a.md", "# Rubrik", "text/markdown", "document", ""},
		{"a.txt", "<!doctype html><html><body>x</body></html>", "text/html", "document", ""},
		{"a.html", "<!doctype html><html></html>", "text/html", "document", ""},
		{"a.svg", `<svg xmlns="http://www.w3.org/2000/svg"/>`, "image/svg+xml", "image", ""},
		{"a.svg", `<?xml version="1.0"?><!-- ` + strings.Repeat("x", 5000) + ` --><svg xmlns="http://www.w3.org/2000/svg"/>`, "image/svg+xml", "image", ""},
		{"a.eps", "%!PS-Adobe-3.0 EPSF-3.0\n", "image/x-eps", "image", ""},
		{"a.eps", "\xc5\xd0\xd3\xc6\x1e\x00\x00\x00", "image/x-eps", "image", ""},
		{"a.ps", "%!PS-Adobe-3.0\n", "application/postscript", "document", ""},
		{"old.ai", "%!PS-Adobe-3.0\n%%Creator: Adobe Illustrator(R) 8.0\n", "application/postscript", "document", ""},
		{"a.psb", "8BPS\x00\x02\x00\x00\x00\x00\x00\x00", "image/vnd.adobe.photoshop", "image", ""},
		{"a.j2k", "\xff\x4f\xff\x51\x00\x2f", "image/jp2", "image", ""},
		{"a.jp2", "\x00\x00\x00\x0cjP  \r\n\x87\n\x00\x00\x00\x14ftypjp2 \x00\x00\x00\x00jp2 ", "image/jp2", "image", ""},
		{"a.bmp", "BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00", "image/bmp", "image", ""},
		{"a.avif", ftyp("avif"), "image/avif", "image", ""},
		{"a.jxl", "\x00\x00\x00\x0cJXL \r\n\x87\n", "image/jxl", "image", ""},
		{"a.dng", "II*\x00\x08\x00\x00\x00", "image/x-adobe-dng", "image", ""},
		{"a.cr2", "II*\x00\x10\x00\x00\x00CR\x02\x00", "image/x-canon-cr2", "image", ""},
		{"a", "II*\x00\x10\x00\x00\x00CR\x02\x00", "image/x-canon-cr2", "image", ""},
		{"a.cr3", ftyp("crx "), "image/x-canon-cr3", "image", ""},
		{"a.arw", "II*\x00\x08\x00\x00\x00", "image/x-sony-arw", "image", ""},
		{"a.pef", "MM\x00*\x00\x00\x00\x08", "image/x-pentax-pef", "image", ""},
		{"a.orf", "IIRO\x08\x00\x00\x00", "image/x-olympus-orf", "image", ""},
		{"a.rw2", "IIU\x00\x18\x00\x00\x00", "image/x-panasonic-rw2", "image", ""},
		{"a.raf", "FUJIFILMCCD-RAW 0201", "image/x-fuji-raf", "image", ""},
		{"a.x3f", "FOVb\x00\x00\x02\x00", "image/x-sigma-x3f", "image", ""},
		{"a.indd", "\x06\x06\xed\xf5\xd8\x1d\x46\xe5\xbd\x31\xef\xe7\xfe\x74\xb7\x1d", "application/x-indesign", "document", ""},
		{"a.glb", "glTF\x02\x00\x00\x00\x10\x00\x00\x00", "model/gltf-binary", "other", ""},
		{"a.gltf", `{"asset":{"version":"2.0"}}`, "model/gltf+json", "other", ""},
		{"a.obj", "# Blender\nv 0.0 0.0 0.0\n", "model/obj", "other", ""},
		{"a.stl", "solid cube\n facet normal 0 0 0\n", "model/stl", "other", ""},
		{"b.stl", strings.Repeat("\x00", 80) + "\x0c\x00\x00\x00" + strings.Repeat("\x00\x01", 60), "model/stl", "other", ""},
		{"a.step", "ISO-10303-21;\nHEADER;\n", "model/step", "other", ""},
		{"a.ifc", "ISO-10303-21;\nHEADER;\n", "model/x-ifc", "other", ""},
		{"a.fbx", "Kaydara FBX Binary  \x00\x1a\x00", "model/x-fbx", "other", ""},
		{"a.ply", "ply\nformat ascii 1.0\n", "model/ply", "other", ""},
		{"a.dae", `<?xml version="1.0"?><COLLADA/>`, "model/vnd.collada+xml", "other", ""},
		{"a.dwg", "AC1032\x00\x00", "image/vnd.dwg", "other", ""},
		{"a.obj", "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 60), "application/x-elf", "other", "The file is named .obj but holds a program."},
		{"a.dng", jpg, "image/jpeg", "image", "The file is named .dng but holds a JPEG picture."},
		{"a.bin", "\x00\x01\x02\x03", "application/octet-stream", "other", ""},
		{"a", "\x00\x01\x02\x03", "application/octet-stream", "other", ""},
		{"a.mp3", "\xff\xfb\x90\x64" + strings.Repeat("\x00", 600), "audio/mpeg", "audio", ""},
		{"a.dat", strings.Repeat("\x00", 2000) + "\xff\xfb\x90\x64" + strings.Repeat("\x00", 600), "application/octet-stream", "other", ""},
		{"a.foo", jpg, "image/jpeg", "image", ""},
		{"a", jpg, "image/jpeg", "image", ""},
		{"setup.exe", "MZ\x90\x00" + strings.Repeat("\x00", 60), "application/vnd.microsoft.portable-executable", "other", ""},
		{"b.svg", "<!--\n * an icon\n-->\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "image/svg+xml", "image", ""},
		{"c.svg", "\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- a --><!-- b -->\n<svg>", "image/svg+xml", "image", ""},
		{"d.svg", "<!-- <svg> --><html><script>", "text/html", "document", "The file is named .svg but holds a web page."},
		{"a.txt", "ply\n", "text/plain", "document", ""},
		{"b.wav", "RIFX\x00\x00\x00\x24WAVEfmt ", "audio/wav", "audio", ""},
		{"b.ttf", "\x00\x01\x00\x00\x00\x14\x01\x00\x00\x04\x00\x40FFTM\xa0\x4f\x1e\x24\x00\x00\x01\x4c", "font/ttf", "font", ""},
		{"c.mdb", "\x00\x01\x00\x00Standard Jet DB\x00", "application/x-msaccess", "other", ""},
		{"a.ttf", "\x00\x01\x00\x00\x00\x0a\x00\x80\x00\x03\x00\x20cmap\x00\x00\x00\x00\x00\x00\x00\x00", "font/ttf", "font", ""},
		{"a.7z", "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed", "archive", ""},

		{"a.jpg", "just words\n", "text/plain", "document", "The file is named .jpg but holds plain text."},
		{"a.jpg", "<!doctype html><html><script>", "text/html", "document", "The file is named .jpg but holds a web page."},
		{"a.jpg", pngs, "image/png", "image", "The file is named .jpg but holds a PNG picture."},
		{"a.png", "MZ\x90\x00" + strings.Repeat("\x00", 60), "application/vnd.microsoft.portable-executable", "other", "The file is named .png but holds a program."},
		{"a.gif", "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 60), "application/x-elf", "other", "The file is named .gif but holds a program."},
		{"a.pdf", "%!PS-Adobe-3.0\n", "application/postscript", "document", "The file is named .pdf but holds a PostScript document."},
		{"a.mp4", "#EXTM3U\n#EXT-X-VERSION:3\n", "application/vnd.apple.mpegurl", "other", "The file is named .mp4 but holds another format (application/vnd.apple.mpegurl)."},
		{"a.mp4", "\x00\x01\x02\x03", "application/octet-stream", "other", "The file is named .mp4 but is not an MP4 film."},
		{"a.docx", jpg, "image/jpeg", "image", "The file is named .docx but holds a JPEG picture."},
		{"a.svg", "<!doctype html><html><script>", "text/html", "document", "The file is named .svg but holds a web page."},
		{"a.txt", jpg, "image/jpeg", "image", "The file is named .txt but holds a JPEG picture."},
		{"a.jpg", "", "application/octet-stream", "other", "The file is empty."},
	} {
		got := filemeta.Detect([]byte(c.head), c.name)
		if got.MediaType != c.media || got.Kind != c.kind || got.Says != c.says || got.Agrees != (c.says == "") {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func FuzzDetect(f *testing.F) {
	f.Add([]byte("%PDF-"), "a.pdf")
	f.Add(picture(f, "jpg"), "b.png")
	f.Fuzz(func(t *testing.T, head []byte, name string) {
		got := filemeta.Detect(head, name)
		if got.MediaType == "" || got.Kind == "" || got.Agrees != (got.Says == "") {
			t.Errorf("%+v", got)
		}
	})
}
