// SPDX-License-Identifier: Apache-2.0

package document

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// Office Open XML (ISO/IEC 29500-1). Elements are told by their local names,
// which differ where they mean different things.

// wordprocessing reads the text of a .docx: the document, then what stands
// around it.
func wordprocessing(src source, c *collector) error {
	p, err := openParts(src, c)
	if err != nil {
		return err
	}
	if err := p.properties("docProps/core.xml"); err != nil {
		return err
	}
	// The declaration of parts is read only to refuse what must not be in it.
	if err := p.walk("[Content_Types].xml", nil, nil, nil); err != nil {
		return err
	}
	c.begin(1)
	names := []string{"word/document.xml"}
	if p.byName[names[0]] == nil {
		names = p.matching("word/document")
	}
	for _, family := range []string{"header", "footer", "footnotes", "endnotes", "comments"} {
		names = append(names, p.matching("word/"+family)...)
	}
	for _, name := range names {
		if err := runs(p, name); err != nil {
			return done(err)
		}
	}
	return nil
}

// done makes having read enough no error.
func done(err error) error {
	if err == errFull { //nolint:errorlint // our own mark, never wrapped
		return nil
	}
	return err
}

// runs reads text in the elements t, in paragraphs p: what WordprocessingML and
// DrawingML have in common.
func runs(p *parts, name string) error {
	in := 0
	out := func(s string) error {
		if !p.c.write(s) {
			return errFull
		}
		return nil
	}
	return p.walk(name, func(e xml.StartElement) error {
		switch e.Name.Local {
		case "t":
			in++
		case "tab":
			return out("\t")
		case "br", "cr":
			return out("\n")
		}
		return nil
	}, func(s string) error {
		if in > 0 {
			return out(s)
		}
		return nil
	}, func(e xml.EndElement) error {
		switch e.Name.Local {
		case "t":
			in--
		case "p":
			return out("\n")
		case "tc":
			return out("\t")
		}
		return nil
	})
}

// presentation reads the text of a .pptx, a page for each slide; notes stand on
// none.
func presentation(src source, c *collector) error {
	p, err := openParts(src, c)
	if err != nil {
		return err
	}
	if err := p.properties("docProps/core.xml"); err != nil {
		return err
	}
	const main = "ppt/presentation.xml"
	slides, err := p.listed(main, "sldId")
	if err != nil {
		return err
	}
	if len(slides) == 0 {
		slides = p.matching("ppt/slides/slide")
	}
	c.r.Pages = len(slides)
	for i, name := range slides {
		c.begin(i + 1)
		if err := runs(p, name); err != nil {
			return done(err)
		}
	}
	c.begin(0)
	for _, family := range []string{"ppt/notesSlides/notesSlide", "ppt/comments/"} {
		for _, name := range p.matching(family) {
			if err := runs(p, name); err != nil {
				return done(err)
			}
		}
	}
	return nil
}

// listed returns the parts that the elements of a name in a part refer to.
func (p *parts) listed(part, element string) ([]string, error) {
	names, _, err := p.named(part, element)
	return names, err
}

// named returns the parts that elements refer to, and the elements' names.
func (p *parts) named(part, element string) (targets, names []string, err error) {
	to, err := p.relations(part)
	if err != nil {
		return nil, nil, err
	}
	err = p.walk(part, func(e xml.StartElement) error {
		if e.Name.Local != element {
			return nil
		}
		for _, a := range e.Attr {
			if a.Name.Space != "" && a.Name.Local == "id" { // r:id; the plain id is a number
				if target := to[a.Value]; p.byName[target] != nil {
					targets, names = append(targets, target), append(names, attr(e, "name"))
				}
			}
		}
		return nil
	}, nil, nil)
	return targets, names, err
}

// spreadsheet reads the text of an .xlsx, a page for each sheet.
func spreadsheet(src source, c *collector) error {
	p, err := openParts(src, c)
	if err != nil {
		return err
	}
	if err := p.properties("docProps/core.xml"); err != nil {
		return err
	}
	shared, err := p.sharedStrings()
	if err != nil {
		return err
	}
	sheets, names, err := p.named("xl/workbook.xml", "sheet")
	if err != nil {
		return err
	}
	if len(sheets) == 0 {
		sheets = p.matching("xl/worksheets/sheet")
		names = make([]string, len(sheets))
	}
	c.r.Pages = len(sheets)
	for i, name := range sheets {
		c.begin(i + 1)
		if names[i] != "" {
			c.write(names[i] + "\n")
		}
		if err := p.cells(name, shared); err != nil {
			return done(err)
		}
	}
	c.begin(0)
	for _, name := range p.matching("xl/comments") {
		if err := runs(p, name); err != nil {
			return done(err)
		}
	}
	return nil
}

// sharedStrings reads the texts that cells refer to by number; those of
// phonetic hints are left out. Past the bound on text they are empty.
func (p *parts) sharedStrings() ([]string, error) {
	var out []string
	var at strings.Builder
	in, hint, kept := 0, 0, 0
	err := p.walk("xl/sharedStrings.xml", func(e xml.StartElement) error {
		switch e.Name.Local {
		case "t":
			in++
		case "rPh":
			hint++
		}
		return nil
	}, func(s string) error {
		if in > 0 && hint == 0 && kept < MaxText {
			kept += len(s)
			at.WriteString(s)
		}
		return nil
	}, func(e xml.EndElement) error {
		switch e.Name.Local {
		case "t":
			in--
		case "rPh":
			hint--
		case "si":
			if len(out) >= 2_000_000 {
				return errFull
			}
			out = append(out, at.String())
			at.Reset()
		}
		return nil
	})
	return out, done(err)
}

// cells reads the values of a sheet: shared, inline, of formulas, and numbers.
func (p *parts) cells(name string, shared []string) error {
	in, kind := false, ""
	var at strings.Builder
	return p.walk(name, func(e xml.StartElement) error {
		switch e.Name.Local {
		case "c":
			kind = attr(e, "t")
		case "v", "t":
			in = true
		}
		return nil
	}, func(s string) error {
		if in && at.Len() < 100_000 {
			at.WriteString(s)
		}
		return nil
	}, func(e xml.EndElement) error {
		ok := true
		switch e.Name.Local {
		case "v", "t":
			in = false
		case "c":
			s := at.String()
			at.Reset()
			if kind == "s" {
				n, err := strconv.Atoi(strings.TrimSpace(s))
				if s = ""; err == nil && n >= 0 && n < len(shared) {
					s = shared[n]
				}
			}
			if s != "" {
				ok = p.c.write(s + "\t")
			}
		case "row":
			ok = p.c.write("\n")
		}
		if !ok {
			return errFull
		}
		return nil
	})
}
