// SPDX-License-Identifier: Apache-2.0

package document

import (
	"errors"
	"strings"
	"testing"
)

func TestLibreOfficeMakesPagesInTheSandbox(t *testing.T) {
	t.Parallel()
	r, dir := open(t)
	if r.Office == "" {
		t.Fatal("LibreOffice is missing: run make setup")
	}
	path := put(t, dir, "original", []byte(`{\rtf1\ansi{\fonttbl\f0\fswiss Helvetica;}\f0\pard Hej fr\'e5n kommunen.\page Sida tv\'e5.\par}`))
	pdf, err := r.ToPDF(t.Context(), dir, path, "text/rtf")
	if f, ok := errors.AsType[ended](err); ok {
		t.Log(f.Tail())
	}
	must(t, err)
	got, err := r.Read(t.Context(), dir, pdf, typePDF)
	must(t, err)
	if got.Pages != 2 || len(got.Text) != 2 {
		t.Errorf("%+v", got)
	}
}

func TestLibreOfficeMakesPagesOfEverySort(t *testing.T) {
	t.Parallel()
	r, dir := open(t)
	if r.Office == "" {
		t.Fatal("LibreOffice is missing: run make setup")
	}
	const ns = `xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" ` +
		`xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"`
	openDocument := func(kind, body string) []byte {
		return zipped("mimetype", kind, "content.xml", `<?xml version="1.0"?><office:document-content `+ns+` office:version="1.2"><office:body>`+body+`</office:body></office:document-content>`,
			"META-INF/manifest.xml", `<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2"><manifest:file-entry manifest:full-path="/" manifest:media-type="`+kind+`"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>`)
	}
	const relation = `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
	workbook := zipped("[Content_Types].xml", `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="`+xlsx+`.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
		"_rels/.rels", relation+`officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml", `<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Blad" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", relation+`worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml", `<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>kalkylord</t></is></c></row></sheetData></worksheet>`)
	for name, c := range map[string]struct {
		media, word string
		content     []byte
	}{
		"xlsx": {xlsx, "kalkylord", workbook},
		"ods":  {ods, "cellord", openDocument(ods, `<office:spreadsheet><table:table table:name="Ett"><table:table-row><table:table-cell office:value-type="string"><text:p>cellord</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet>`)},
		"odt":  {odt, "textord", openDocument(odt, `<office:text><text:p>textord</text:p></office:text>`)},
		"odp":  {odp, "bildord", openDocument(odp, `<office:presentation><draw:page draw:name="a"><draw:frame svg:width="10cm" svg:height="5cm" svg:x="1cm" svg:y="1cm"><draw:text-box><text:p>bildord</text:p></draw:text-box></draw:frame></draw:page></office:presentation>`)},
	} {
		pdf, err := r.ToPDF(t.Context(), dir, put(t, dir, name, c.content), c.media)
		if err != nil {
			if f, ok := errors.AsType[ended](err); ok {
				t.Log(f.Tail())
			}
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := r.Read(t.Context(), dir, pdf, typePDF)
		if err != nil || got.Pages != 1 || len(got.Text) != 1 || !strings.Contains(got.Text[0].Text, c.word) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
