// SPDX-License-Identifier: Apache-2.0

package document

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/fault"
)

const (
	docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	pptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	odt  = "application/vnd.oasis.opendocument.text"
	ods  = "application/vnd.oasis.opendocument.spreadsheet"
	odp  = "application/vnd.oasis.opendocument.presentation"
)

// zipped makes a ZIP container of names and contents in turn.
func zipped(files ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, _ := z.Create(files[i])
		_, _ = f.Write([]byte(files[i+1]))
	}
	_ = z.Close()
	return b.Bytes()
}

func readAll(mediaType string, b []byte) answer {
	return read(mediaType, source{bytes.NewReader(b), int64(len(b))}, "")
}

const coreProperties = `<cp:coreProperties xmlns:cp="c" xmlns:dc="d"><dc:title>Års&#246;versikt</dc:title><dc:subject>Ämne</dc:subject>` +
	`<dc:creator>Eva Ek; Bo By</dc:creator><cp:keywords>vatten, avlopp</cp:keywords></cp:coreProperties>`

var said = Properties{Title: "Årsöversikt", Description: "Ämne", Creators: []string{"Eva Ek", "Bo By"}, Keywords: []string{"vatten", "avlopp"}}

func makeDOCX(body string) []byte {
	return zipped("[Content_Types].xml", "<Types/>", "docProps/core.xml", coreProperties,
		"word/document.xml", `<w:document xmlns:w="w"><w:body>`+body+`</w:body></w:document>`,
		"word/header1.xml", `<w:hdr xmlns:w="w"><w:p><w:r><w:t>Sidhuvud</w:t></w:r></w:p></w:hdr>`)
}

func makePPTX() []byte {
	slide := func(s string) string {
		return `<p:sld xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>` + s + `</a:t></a:r></a:p></p:sld>`
	}
	return zipped("docProps/core.xml", coreProperties,
		"ppt/presentation.xml", `<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst><p:sldId id="256" r:id="rId2"/><p:sldId id="257" r:id="rId1"/></p:sldIdLst></p:presentation>`,
		"ppt/_rels/presentation.xml.rels", `<Relationships><Relationship Id="rId1" Target="slides/slide1.xml"/><Relationship Id="rId2" Target="slides/slide2.xml"/></Relationships>`,
		"ppt/slides/slide1.xml", slide("Sist"), "ppt/slides/slide2.xml", slide("Först"), "ppt/notesSlides/notesSlide1.xml", slide("Talarens ord"))
}

func makeXLSX() []byte {
	return zipped("docProps/core.xml", coreProperties,
		"xl/workbook.xml", `<workbook xmlns:r="r"><sheets><sheet name="Budget" r:id="rId1"/><sheet name="Dold" state="hidden" r:id="rId2"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Target="/xl/worksheets/sheet2.xml"/></Relationships>`,
		"xl/sharedStrings.xml", `<sst><si><t>Kostnad</t></si><si><r><t>Ut</t></r><r><t>gift</t></r><rPh><t>x</t></rPh></si></sst>`,
		"xl/worksheets/sheet1.xml", `<worksheet><sheetData><row><c t="s"><v>0</v></c><c><v>42.5</v></c></row><row><c t="s"><v>1</v></c><c t="s"><v>99</v></c></row></sheetData></worksheet>`,
		"xl/worksheets/sheet2.xml", `<worksheet><sheetData><row><c t="inlineStr"><is><t>Inuti</t></is></c></row></sheetData></worksheet>`)
}

func makeODF(kind, body string) []byte {
	return zipped("mimetype", kind, "meta.xml", `<m:meta xmlns:m="m" xmlns:dc="d"><dc:title>Årsöversikt</dc:title><dc:subject>Ämne</dc:subject>`+
		`<m:initial-creator>Eva Ek; Bo By</m:initial-creator><dc:creator>Någon</dc:creator><m:keyword>vatten</m:keyword><m:keyword>avlopp</m:keyword></m:meta>`,
		"content.xml", `<office:document-content xmlns:office="o" xmlns:text="t" xmlns:table="b" xmlns:draw="w" xmlns:presentation="p"><office:body>`+body+`</office:body></office:document-content>`)
}

func TestOfficeDocumentsAreReadByPage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		media   string
		content []byte
		pages   int
		text    []Page
	}{
		"docx": {
			docx, makeDOCX(`<w:p><w:r><w:t>Hej</w:t></w:r><w:r><w:tab/><w:t xml:space="preserve"> där</w:t></w:r></w:p><w:p><w:r><w:instrText>HYPERLINK</w:instrText><w:t>Två</w:t></w:r></w:p>`), 0,
			[]Page{{1, "Hej\t där\nTvå\nSidhuvud\n"}},
		},
		"pptx": {
			pptx, makePPTX(), 2, []Page{{0, "Talarens ord\n"}, {1, "Först\n"}, {2, "Sist\n"}},
		},
		"xlsx": {
			xlsx, makeXLSX(), 2, []Page{{1, "Budget\nKostnad\t42.5\t\nUtgift\t\n"}, {2, "Dold\nInuti\t\n"}},
		},
		"odt": {
			odt, makeODF(odt, `<office:text><text:h>Rubrik</text:h><text:p>Ett<text:s text:c="2"/>två<text:span>tre</text:span></text:p></office:text>`), 0,
			[]Page{{1, "Rubrik\nEtt  tvåtre\n"}},
		},
		"ods": {
			ods, makeODF(ods, `<office:spreadsheet><table:table table:name="Ett"><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet>`), 1,
			[]Page{{1, "Ett\na\tb\t\n"}},
		},
		"odp": {
			odp, makeODF(odp, `<office:presentation><draw:page><text:p>Bild ett</text:p><presentation:notes><text:p>Anteckning</text:p></presentation:notes></draw:page><draw:page><text:p>Bild två</text:p></draw:page></office:presentation>`), 2,
			[]Page{{0, "Anteckning\n"}, {1, "Bild ett\n"}, {2, "Bild två\n"}},
		},
	} {
		a := readAll(c.media, c.content)
		if a.Code != "" || a.Reading.Pages != c.pages {
			t.Errorf("%s: %s %s, %d pages", name, a.Code, a.Detail, a.Reading.Pages)
		}
		if d := cmp.Diff(c.text, a.Reading.Text); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if d := cmp.Diff(said, a.Reading.Properties); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestTextsAreReadWhateverTheirEncoding(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ media, content, want string }{
		"utf-8":        {"text/plain", "Åäö", "Åäö"},
		"utf-8 mark":   {"text/csv", "\xef\xbb\xbfÅ;ö", "Å;ö"},
		"utf-16":       {"text/plain", "\xff\xfe\xc5\x00e\x00", "Åe"},
		"utf-16 be":    {"text/plain", "\xfe\xff\x00\xc5\x00e", "Åe"},
		"windows-1252": {"text/plain", "\xc5\xe4\xf6 \x80", "Åäö €"},
		"html":         {"text/html", "<title>T&auml;lt</title><style>p{}</style><p>H<b>e</b>j<script>alert(1)</script><p>d&aring;", "\nHej\ndå"},
		"rtf":          {"text/rtf", `{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\info{\title \'c5r}{\author Eva}}{\*\generator x;}Hej p\'e5 dig\par\u937?\u-10179?\uc0\u8364 \{x\}}`, "Hej på dig\nΩ€{x}"},
		"rtf chaos":    {"text/rtf", `{\rtf1 {{{{\u \bin99999999 `, ""},
	} {
		a := readAll(c.media, []byte(c.content))
		var got string
		for _, p := range a.Reading.Text {
			got += p.Text
		}
		if a.Code != "" || got != c.want {
			t.Errorf("%s: %s %q, want %q", name, a.Code, got, c.want)
		}
	}
	a := readAll("text/rtf", []byte(`{\rtf1{\info{\title \'c5r}{\author Eva; Bo}{\keywords a, b}{\subject S}}x}`))
	if d := cmp.Diff(Properties{Title: "År", Creators: []string{"Eva", "Bo"}, Keywords: []string{"a", "b"}, Description: "S"}, a.Reading.Properties); d != "" {
		t.Error(d)
	}
}

func makeMail() []byte {
	return []byte(strings.ReplaceAll(`From: =?utf-8?Q?Eva_=C3=85s?= <eva@example.se>
To: bo@example.se
Date: Tue, 10 Mar 2026 08:15:00 +0100
Subject: =?iso-8859-1?Q?M=F6te_p=E5_fredag?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=B

--B
Content-Type: multipart/alternative; boundary=C

--C
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

H=E4lsningar fr=E5n Eva
--C
Content-Type: text/html

<img src="http://canary.example/x"><p>HTML</p>
--C--
--B
Content-Type: application/pdf; name="avtal.pdf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename*=utf-8''avtal%20%C3%A5r.pdf

`+base64.StdEncoding.EncodeToString(make([]byte, 1000))+`
--B--
`, "\n", "\r\n"))
}

func TestAMailIsListed(t *testing.T) {
	t.Parallel()
	a := readAll("message/rfc822", makeMail())
	want := &Contents{
		Form: "mail", Entries: 1, Size: 1000, Whole: true, Subject: "Möte på fredag", From: "Eva Ås <eva@example.se>", To: "bo@example.se", Date: "2026-03-10T07:15:00Z",
		Items: []Entry{{Name: "avtal år.pdf", Size: 1000, MediaType: "application/pdf"}},
	}
	if d := cmp.Diff(want, a.Reading.Contents); d != "" {
		t.Error(d)
	}
	if s := a.Reading.Text[0].Text; !strings.Contains(s, "Hälsningar från Eva") || strings.Contains(s, "HTML") || !strings.Contains(s, "avtal år.pdf") {
		t.Errorf("%q", s)
	}
}

func TestArchivesAreListedAndNotUnpacked(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	g := gzip.NewWriter(&packed)
	tw := tar.NewWriter(g)
	must(t, tw.WriteHeader(&tar.Header{Name: "../../etc/passwd", Size: 3, Mode: 0o600, ModTime: time.Unix(1700000000, 0)}))
	_, err := tw.Write([]byte("abc"))
	must(t, err)
	must(t, tw.WriteHeader(&tar.Header{Name: "link", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}))
	must(t, tw.Close())
	must(t, g.Close())
	when := time.Unix(1700000000, 0).UTC()
	for name, c := range map[string]struct {
		media   string
		content []byte
		want    *Contents
	}{
		"zip": {"application/zip", zipped("a.txt", "abc", "mapp/", "", "../../x", "y"), &Contents{
			Form: "archive", Entries: 3, Size: 4, Whole: true,
			Items: []Entry{{Name: "a.txt", Size: 3}, {Name: "mapp/", Folder: true}, {Name: "../../x", Size: 1}},
		}},
		"tar.gz":  {"application/gzip", packed.Bytes(), &Contents{Form: "archive", Entries: 2, Size: 3, Whole: true, Items: []Entry{{Name: "../../etc/passwd", Size: 3, Modified: &when}, {Name: "link", Link: true}}}},
		"damaged": {"application/zip", []byte("PK\x03\x04 nothing"), &Contents{Form: "archive"}},
	} {
		a := readAll(c.media, c.content)
		if a.Code != "" {
			t.Errorf("%s: %s %s", name, a.Code, a.Detail)
		}
		if d := cmp.Diff(c.want, a.Reading.Contents); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	many := make([]string, 0, 2*70_000)
	for i := range 70_000 {
		many = append(many, fmt.Sprint("d/", i), "")
	}
	a := readAll("application/zip", zipped(many...))
	if c := a.Reading.Contents; c.Entries != 70_000 || len(c.Items) != MaxEntries || !c.Whole {
		t.Errorf("%d entries, %d listed, whole %v", c.Entries, len(c.Items), c.Whole)
	}
}

const dejavu = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"

func TestAFontSaysItsNameAndIsDrawn(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(dejavu)
	if err != nil {
		t.Fatal("run make setup: ", err)
	}
	dir := t.TempDir()
	a := read("font/ttf", source{bytes.NewReader(b), int64(len(b))}, dir)
	if f := a.Reading.Font; a.Code != "" || f.Family != "DejaVu Sans" || f.Style != "Book" || f.Glyphs < 5000 || !strings.Contains(a.Reading.Properties.Copyright, "Bitstream") {
		t.Errorf("%s %s: %+v %+v", a.Code, a.Detail, f, a.Reading.Properties)
	}
	f, err := os.Open(Specimen(dir))
	must(t, err)
	defer f.Close()
	img, err := png.Decode(f)
	must(t, err)
	dark := 0
	for y := range specimenHeight {
		for x := range specimenWidth {
			if r, _, _, _ := img.At(x, y).RGBA(); r < 0x8000 {
				dark++
			}
		}
	}
	if dark < 20_000 {
		t.Errorf("only %d dark pixels", dark)
	}
	if Specimen(filepath.Join(dir, "elsewhere")) != "" {
		t.Error("a specimen where there is none")
	}
}

func TestWhatIsHostileIsRefusedByName(t *testing.T) {
	t.Parallel()
	bomb := `<w:p>` + strings.Repeat("<w:r>", 400) + `</w:p>`
	for name, c := range map[string]struct {
		media   string
		content []byte
		code    string
	}{
		"external entity":   {docx, zipped("[Content_Types].xml", `<Types/>`, "word/document.xml", `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><w:document xmlns:w="x">&e;</w:document>`), CodeUnsafe},
		"in the types":      {docx, zipped("[Content_Types].xml", `<!DOCTYPE x [<!ENTITY % r SYSTEM "http://127.0.0.1:9/x">%r;]><Types/>`, "word/document.xml", "<w/>"), CodeUnsafe},
		"billion laughs":    {odt, makeODF(odt, "")[:0], CodeDamaged},
		"laughs in content": {odt, zipped("content.xml", `<!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]><x><p>&b;</p></x>`), CodeUnsafe},
		"unknown entity":    {odt, zipped("content.xml", `<x><p>&b;</p></x>`), CodeDamaged},
		"nested":            {docx, makeDOCX(bomb), CodeDamaged},
		"protected odt":     {odt, zipped("META-INF/manifest.xml", `<m><encryption-data/></m>`, "content.xml", "x"), CodeEncrypted},
		"too many parts":    {docx, zipped(make([]string, 2*(maxParts+1))...), CodeTooLarge},
		"no container":      {docx, []byte("nothing"), CodeDamaged},
		"no font":           {"font/ttf", []byte("\x00\x01\x00\x00nothing"), CodeDamaged},
		"no web font":       {"font/woff", bytes.Repeat([]byte("wOFF"), 50), CodeDamaged},
		"no message":        {"application/vnd.ms-outlook", []byte("nothing"), CodeDamaged},
	} {
		if a := readAll(c.media, c.content); a.Code != c.code {
			t.Errorf("%s: %q (%s), want %q", name, a.Code, a.Detail, c.code)
		}
	}
}

func TestWhatUnpacksToMuchIsBounded(t *testing.T) {
	t.Parallel()
	big := makeDOCX(`<w:p><w:r><w:t>` + strings.Repeat("lång text ", 1<<20) + `</w:t></w:r></w:p>`)
	a := readAll(docx, big)
	if a.Code != "" || len(a.Reading.Text) != 1 || len(a.Reading.Text[0].Text) > MaxText || len(a.Reading.Notes) != 1 {
		t.Errorf("%s %s, %d pages, %v", a.Code, a.Detail, len(a.Reading.Text), a.Reading.Notes)
	}
	c := &collector{left: MaxText, texts: map[int]*strings.Builder{}}
	small := makeDOCX(strings.Repeat(" ", 1000))
	p, err := openParts(source{bytes.NewReader(small), int64(len(small))}, c)
	must(t, err)
	p.left = 500
	if err := p.walk("word/document.xml", nil, nil, nil); fault.CodeOf(err) != CodeTooLarge {
		t.Errorf("unpacked beyond the bound: %v", err)
	}
}

// Readers must answer, whatever they read: no panic, no hang, no more than is
// allowed.
func FuzzRead(f *testing.F) {
	media := []string{docx, xlsx, pptx, odt, "text/rtf", "text/html", "message/rfc822", "application/vnd.ms-outlook", "application/zip", "application/x-tar", "application/gzip", "font/ttf", "font/woff", "application/msword"}
	for i, b := range [][]byte{
		makeDOCX("<w:p><w:r><w:t>x</w:t></w:r></w:p>"), makeXLSX(), makePPTX(), makeODF(odt, "<office:text><text:p>x</text:p></office:text>"),
		[]byte(`{\rtf1\u1 {\info{\title x}}}`), []byte("<p>x</p>"), makeMail(), []byte(cfbMagic + strings.Repeat("\x00", 600)), zipped("a", "b"),
	} {
		f.Add(i, b)
	}
	f.Fuzz(func(t *testing.T, which int, b []byte) {
		a := readAll(media[((which%len(media))+len(media))%len(media)], b)
		if a.Code != "" && texts[a.Code] == "" {
			t.Errorf("code %q", a.Code)
		}
		if strings.HasPrefix(a.Detail, "panic") {
			t.Error(a.Detail)
		}
		n := 0
		for _, p := range a.Reading.Text {
			n += len(p.Text)
		}
		if n > MaxText || len(a.Reading.Text) > MaxPages+1 {
			t.Errorf("%d bytes on %d pages", n, len(a.Reading.Text))
		}
	})
}

// What poppler's tools answer comes from a stranger's file.
func FuzzPDF(f *testing.F) {
	for _, s := range []string{"Title: Å\nPages: 3\n", "Pages: 99999999999999999999\n", "Pages: -1\nAuthor: a;b\n;", "Keywords: a, b;c\n", "ett\ftvå\f\f", "\xff\f\x00", strings.Repeat("\f", MaxPages+5)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := pdfInfo(s)
		if r.Pages < 0 || len(r.Properties.Title) > 10_000 || len(r.Properties.Keywords) > 500 || len(r.Properties.Creators) > 500 {
			t.Errorf("%+v", r)
		}
		last := 0
		for _, p := range pagesOf(s) {
			if p.Number <= last || p.Number > MaxPages || !utf8.ValidString(p.Text) || strings.TrimSpace(p.Text) == "" {
				t.Errorf("%+v after page %d", p, last)
			}
			last = p.Number
		}
	})
}
