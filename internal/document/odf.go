// SPDX-License-Identifier: Apache-2.0

package document

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// openDocument reads the text of an OpenDocument file (OASIS OpenDocument 1.3):
// of presentations and drawings page by page, of spreadsheets sheet by sheet.
func openDocument(src source, c *collector) error {
	p, err := openParts(src, c)
	if err != nil {
		return err
	}
	// A protected document says so in its manifest (part 2 §4.8).
	protected := false
	if err := p.walk("META-INF/manifest.xml", func(e xml.StartElement) error {
		protected = protected || e.Name.Local == "encryption-data"
		return nil
	}, nil, nil); err != nil {
		return err
	}
	if protected {
		return Fault(CodeEncrypted, nil)
	}
	if err := p.properties("meta.xml"); err != nil {
		return err
	}
	o := odf{c: c}
	c.begin(1)
	if err := done(p.walk("content.xml", o.begin, o.text, o.finish)); err != nil {
		return err
	}
	c.r.Pages = o.pages
	return nil
}

type odf struct {
	c         *collector
	pages     int // pages of slides, or sheets
	paragraph int // inside of which text is text
	tables    int
	notes     int
	isSheets  bool
}

func (o *odf) write(s string) error {
	if !o.c.write(s) {
		return errFull
	}
	return nil
}

func (o *odf) begin(e xml.StartElement) error {
	switch e.Name.Local {
	case "spreadsheet":
		o.isSheets = true
	case "page": // draw:page
		if e.Name.Space == "draw" {
			o.pages++
			o.c.begin(o.pages)
		}
	case "notes":
		o.notes++
		o.c.begin(0)
	case "table":
		if o.tables++; o.isSheets && o.tables == 1 {
			o.pages++
			o.c.begin(o.pages)
			return o.write(attr(e, "name") + "\n")
		}
	case "p", "h":
		o.paragraph++
	case "tab":
		return o.write("\t")
	case "line-break":
		return o.write("\n")
	case "s":
		n, _ := strconv.Atoi(attr(e, "c"))
		return o.write(strings.Repeat(" ", min(max(n, 1), 100)))
	}
	return nil
}

func (o *odf) text(s string) error {
	if o.paragraph == 0 {
		return nil
	}
	return o.write(s)
}

func (o *odf) finish(e xml.EndElement) error {
	switch e.Name.Local {
	case "p", "h":
		if o.paragraph--; o.paragraph <= 0 && o.isSheets && o.tables > 0 {
			return o.write("\t")
		}
		return o.write("\n")
	case "table-row":
		return o.write("\n")
	case "table":
		o.tables--
	case "notes":
		o.notes--
		o.c.begin(o.pages)
	}
	return nil
}
