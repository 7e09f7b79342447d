// SPDX-License-Identifier: Apache-2.0

package filemeta_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/filemeta"
)

// withXMP makes a JPEG with a packet of any size, in standard and, when it is
// longer than a segment, in one that lies about nothing.
func withXMP(packet string) []byte {
	b := []byte{0xFF, 0xD8}
	b = segment(b, 0xE1, "http://ns.adobe.com/xap/1.0/\x00"+packet)
	return append(b, 0xFF, 0xDA, 0, 2)
}

func segment(b []byte, marker byte, data string) []byte {
	b = append(b, 0xFF, marker)
	b = binary.BigEndian.AppendUint16(b, uint16(len(data)+2))
	return append(b, data...)
}

// pngXMP makes a PNG whose only content is a packet, compressed.
func pngXMP(packet string) []byte {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, _ = io.WriteString(w, packet)
	_ = w.Close()
	data := "XML:com.adobe.xmp\x00\x01\x00\x00\x00" + z.String()
	b := []byte("\x89PNG\r\n\x1a\n")
	b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
	return append(b, "iTXt"+data+"crc!"...)
}

func rdfPacket(body string) string {
	return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/" ` +
		`xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"><rdf:Description rdf:about="">` + body + `</rdf:Description></rdf:RDF></x:xmpmeta>`
}

func parse(tb testing.TB, b []byte, media string) filemeta.Meta {
	tb.Helper()
	m, err := filemeta.Read(bytes.NewReader(b), int64(len(b)), media)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func TestHostileXMPIsRefused(t *testing.T) {
	t.Parallel()
	laughs := "<!DOCTYPE x [<!ENTITY a0 \"ha\">"
	for i := range 30 {
		laughs += fmt.Sprintf("<!ENTITY a%d \"&a%d;&a%d;\">", i+1, i, i)
	}
	for name, packet := range map[string]string{
		"external entity":   `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + rdfPacket("<dc:title>&e;</dc:title>"),
		"billion laughs":    laughs + "]>" + rdfPacket("<dc:title>&a30;</dc:title>"),
		"10 MB":             rdfPacket("<dc:title>" + strings.Repeat("a", 10<<20) + "</dc:title>"),
		"deep":              rdfPacket(strings.Repeat("<dc:title>", 5000) + strings.Repeat("</dc:title>", 5000)),
		"many elements":     rdfPacket(strings.Repeat("<dc:a/>", 200_000)),
		"many attributes":   rdfPacket("<dc:b " + strings.Repeat(`dc:a="" `, 200_000) + "/>"),
		"many comments":     rdfPacket("<dc:title>" + strings.Repeat("a<!-- -->", 300_000) + "</dc:title>"),
		"unknown entity":    rdfPacket("<dc:title>&nope;</dc:title>"),
		"not closed":        rdfPacket("<dc:title>x"),
		"other instruction": "<!ELEMENT x ANY>" + rdfPacket("<dc:title>x</dc:title>"),
	} {
		m := parse(t, pngXMP(packet), "image/png")
		if len(m.Title) > 0 || len(m.Notes) == 0 {
			t.Errorf("%s: %v %v", name, m.Title, m.Notes)
		}
	}
	m := parse(t, pngXMP(rdfPacket("<dc:title>&lt;b&gt; &amp; &#229;</dc:title>")), "image/png")
	if m.Title.In() != "<b> & å" {
		t.Error("XML's own entities are text:", m.Title)
	}
}

func TestAllWaysToWriteXMPAreUnderstood(t *testing.T) {
	t.Parallel()
	want := filemeta.Text{"": "en text"}
	for name, body := range map[string]string{
		"simple":        "<dc:title>en text</dc:title>",
		"alternative":   `<dc:title><rdf:Alt><rdf:li xml:lang="x-default">en text</rdf:li></rdf:Alt></dc:title>`,
		"no language":   `<dc:title><rdf:Alt><rdf:li>en text</rdf:li></rdf:Alt></dc:title>`,
		"bag":           `<dc:title><rdf:Bag><rdf:li>en text</rdf:li></rdf:Bag></dc:title>`,
		"qualified":     `<dc:title rdf:parseType="Resource"><rdf:value>en text</rdf:value><dc:x>q</dc:x></dc:title>`,
		"description":   `<dc:title><rdf:Description><rdf:value>en text</rdf:value></rdf:Description></dc:title>`,
		"with comments": `<dc:title>en <!-- c -->text</dc:title>`,
		"CDATA":         `<dc:title><![CDATA[en text]]></dc:title>`,
	} {
		if m := parse(t, withXMP(rdfPacket(body)), "image/jpeg"); !cmp.Equal(m.Title, want) {
			t.Errorf("%s: %v", name, m.Title)
		}
	}
	attr := strings.Replace(rdfPacket(""), `rdf:about=""`, `rdf:about="" photoshop:Headline="H" dc:title="en text"`, 1)
	if m := parse(t, withXMP(attr), "image/jpeg"); !cmp.Equal(m.Title, want) || m.Headline != "H" {
		t.Errorf("attributes: %+v", m)
	}
	windows := strings.ReplaceAll(rdfPacket("<dc:title>Östersjön åäö</dc:title>"), "å", "\xe5")
	windows = strings.NewReplacer("Ö", "\xd6", "ö", "\xf6", "ä", "\xe4").Replace(windows)
	if m := parse(t, withXMP(windows), "image/jpeg"); m.Title.In() != "Östersjön åäö" {
		t.Error("Windows text in XMP:", m.Title)
	}
}

func TestExtendedXMPIsJoined(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("lång text ", 20_000)
	ext := rdfPacket("<dc:description>" + long + "</dc:description>")
	guid := "0123456789ABCDEF0123456789ABCDEF"
	head := strings.Replace(rdfPacket("<dc:title>kort</dc:title>"), `rdf:about=""`, `rdf:about="" xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="`+guid+`"`, 1)
	b := segment([]byte{0xFF, 0xD8}, 0xE1, "http://ns.adobe.com/xap/1.0/\x00"+head)
	for at := 0; at < len(ext); at += 60_000 {
		piece := ext[at:min(len(ext), at+60_000)]
		var n []byte
		n = binary.BigEndian.AppendUint32(n, uint32(len(ext)))
		n = binary.BigEndian.AppendUint32(n, uint32(at))
		b = segment(b, 0xE1, "http://ns.adobe.com/xmp/extension/\x00"+guid+string(n)+piece)
		b = segment(b, 0xE1, "http://ns.adobe.com/xmp/extension/\x00"+strings.Repeat("F", 32)+string(n)+"another file's")
	}
	m := parse(t, append(b, 0xFF, 0xDA, 0, 2), "image/jpeg")
	if m.Title.In() != "kort" || !strings.HasPrefix(m.Description.In(), "lång text lång") || utf8.RuneCountInString(m.Description.In()) < 40_000 {
		t.Error(m.Title, len(m.Description.In()), m.Notes)
	}
}

func TestValuesAreCleanedAndCut(t *testing.T) {
	t.Parallel()
	body := "<dc:title>a\u202egpj.exe\ufeff\u0085 b\te\u0301 </dc:title><dc:description>one\r\ntwo\n\nthree</dc:description>" +
		"<photoshop:Headline>" + strings.Repeat("å", 5000) + "</photoshop:Headline><dc:subject><rdf:Bag>"
	for i := range 1500 {
		body += fmt.Sprintf("<rdf:li>word %d</rdf:li>", i)
	}
	m := parse(t, pngXMP(rdfPacket(body+"</rdf:Bag></dc:subject>")), "image/png")
	if m.Title.In() != "agpj.exe b é" {
		t.Errorf("%q", m.Title.In())
	}
	if m.Description.In() != "one\ntwo\n\nthree" {
		t.Errorf("%q", m.Description.In())
	}
	if utf8.RuneCountInString(m.Headline) != 2000 || len(m.Keywords) != 1000 || len(m.Notes) != 2 {
		t.Error(len(m.Headline), len(m.Keywords), m.Notes)
	}
	for _, v := range m.Raw {
		if utf8.RuneCountInString(v) > 1000 {
			t.Error("a raw value is too long")
		}
	}
}

func TestExifThatLiesDoesNoHarm(t *testing.T) {
	t.Parallel()
	le := binary.LittleEndian
	entry := func(b []byte, tag, typ uint16, count, value uint32) []byte {
		return le.AppendUint32(le.AppendUint32(le.AppendUint16(le.AppendUint16(b, tag), typ), count), value)
	}
	for name, entries := range map[string][][4]uint32{
		"offset outside":        {{0x010E, 2, 100, 0xFFFFFF00}},
		"length of 4 GB":        {{0x010E, 2, 0xFFFFFFFF, 8}},
		"rationals of 32 GB":    {{0x0110, 5, 0xFFFFFFFF, 8}},
		"loop to itself":        {{0x8769, 4, 1, 8}, {0x8825, 4, 1, 8}},
		"unknown type":          {{0x010E, 99, 4, 8}},
		"directory at the head": {{0x8769, 4, 1, 0}},
		"XMP of 4 GB":           {{0x02BC, 1, 0xFFFFFFFF, 8}},
		"IIM outside":           {{0x83BB, 4, 0x3FFFFFFF, 8}},
		"GPS of nothing":        {{0x8825, 4, 1, 0xFFFFFFF0}},
	} {
		b := []byte("II*\x00\x08\x00\x00\x00")
		b = le.AppendUint16(b, 0xFFFF) // more entries than there are
		for _, e := range entries {
			b = entry(b, uint16(e[0]), uint16(e[1]), e[2], e[3])
		}
		m := parse(t, b, "image/tiff")
		if len(m.Description) > 0 || m.GPS != nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

// endless claims to be a file of 8 EB that answers every read with the same bytes.
type endless struct{ pattern []byte }

func (e endless) ReadAt(p []byte, off int64) (int, error) {
	for i := range p {
		p[i] = e.pattern[(off+int64(i))%int64(len(e.pattern))]
	}
	return len(p), nil
}

func TestWorkAndMemoryAreBounded(t *testing.T) {
	t.Parallel()
	for media, pattern := range map[string]string{
		"image/jpeg": "\xff\xe1\x00\x08\xff\xe1\x00\x08\xff\xe1", "image/png": "\x00\x00\x00\x04eXIfxxxxcrc!", "image/gif": "\x21\xff\x01!", "image/webp": "EXIF\x04\x00\x00\x00xxxx",
		"image/tiff": "II*\x00\x08\x00\x00\x00", "video/mp4": "\x00\x00\x00\x08udta", "video/quicktime": "\x00\x00\x00\x10moov\x00\x00\x00\x08udta",
		"audio/mpeg": "ID3\x03\x00\x00\x7f\x7f\x7f\x7f", "audio/wav": "LIST\x04\x00\x00\x00INFO", "application/pdf": "/Info 1 0 R 1 0 obj <x:xmpmeta </x:xmpmeta> endobj", "image/heic": "\x00\x00\x00\x18ftypheic",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := filemeta.Read(endless{[]byte(pattern)}, 1<<62, media)
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Error(media, err)
		}
		if after.HeapAlloc > before.HeapAlloc+200<<20 {
			t.Error(media, "holds", (after.HeapAlloc-before.HeapAlloc)>>20, "MB")
		}
	}
}

func TestPackedBombsAreBounded(t *testing.T) {
	t.Parallel()
	one := pngXMP(rdfPacket("<dc:title>" + strings.Repeat("a", 3<<20) + "</dc:title>"))
	b := bytes.Clone(one)
	for range 2_000 { // 6 GB unpacked
		b = append(b, one[8:]...)
	}
	if m := parse(t, b, "image/png"); len(m.Notes) == 0 || utf8.RuneCountInString(m.Title.In()) > 50_000 {
		t.Error(m.Notes)
	}
}

type broken struct{}

var errDisk = errors.New("the disk is gone")

func (broken) ReadAt([]byte, int64) (int, error) { return 0, errDisk }

func TestTheReadersErrorIsReturned(t *testing.T) {
	t.Parallel()
	for _, media := range []string{"image/jpeg", "image/png", "image/tiff", "image/heic", "application/pdf", "video/mp4", "audio/mpeg"} {
		if _, err := filemeta.Read(broken{}, 1000, media); !errors.Is(err, errDisk) {
			t.Error(media, err)
		}
	}
}

// Every prefix of a real file, and files with bytes changed, are read without harm.
func TestDamagedFilesDoNoHarm(t *testing.T) {
	t.Parallel()
	for _, ext := range []string{"jpg", "tif", "png", "mp4", "pdf"} {
		path := sample(t, ext)
		write(t, path, xmpTags...)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		media := filemeta.Detect(b, path).MediaType
		for n := 0; n < len(b); n += 1 + len(b)/200 {
			parse(t, b[:n], media)
			c := bytes.Clone(b)
			c[n] ^= 0xFF
			parse(t, c, media)
		}
	}
}

var fuzzed = []string{
	"image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff", "image/heic", "image/avif", "application/pdf", "video/mp4", "audio/mpeg", "audio/wav",
}

func FuzzRead(f *testing.F) {
	for i, ext := range []string{"jpg", "png", "webp", "gif", "tif", "avif", "avif", "pdf", "mp4", "mp3", "wav"} {
		path := sample(f, ext)
		switch ext {
		case "mp3", "wav":
		default:
			write(f, path, xmpTags...)
			if i < 5 {
				write(f, path, "-IPTC:ObjectName=Östersjön", "-IFD0:Artist=Åsa", "-GPS:GPSLatitude=59", "-GPS:GPSLongitude=18", "-charset", "iptc=Latin")
			}
		}
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(i, b)
	}
	f.Fuzz(func(t *testing.T, i int, b []byte) {
		m, err := filemeta.Read(bytes.NewReader(b), int64(len(b)), fuzzed[uint(i)%uint(len(fuzzed))])
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range append(append(append([]string{m.Headline, m.City, m.Title.In(), m.Description.In()}, m.Keywords...), m.Creator...), valuesOf(m.Raw)...) {
			if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\x1b\u202e") {
				t.Errorf("not cleaned: %q", s)
			}
		}
		if m.GPS != nil && !(m.GPS.Latitude >= -90 && m.GPS.Latitude <= 90 && m.GPS.Longitude >= -180 && m.GPS.Longitude <= 180) {
			t.Error(m.GPS)
		}
	})
}

func FuzzXMP(f *testing.F) {
	f.Add(rdfPacket(`<dc:title><rdf:Alt><rdf:li xml:lang="sv">x</rdf:li></rdf:Alt></dc:title>`))
	f.Add(rdfPacket(`<dc:creator><rdf:Seq><rdf:li rdf:resource="x"/></rdf:Seq></dc:creator>`))
	f.Fuzz(func(t *testing.T, packet string) { parse(t, pngXMP(packet), "image/png") })
}

func BenchmarkReadJPEG(b *testing.B) {
	path := sample(b, "jpg")
	write(b, path, xmpTags...)
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		parse(b, data, "image/jpeg")
	}
}
