// SPDX-License-Identifier: Apache-2.0

package document

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// Bounds of a document in a ZIP container.
const (
	maxParts    = 10_000    // entries
	maxExpanded = 256 << 20 // bytes that are unpacked in all
	maxPart     = 96 << 20  // bytes of one part
	maxDepth    = 256       // elements inside one another
	maxAttrs    = 500       // attributes of one element
)

// parts are the parts of a document in a ZIP container.
type parts struct {
	byName map[string]*zip.File
	names  []string // as the container orders them
	left   int64    // bytes that may still be unpacked
	c      *collector
}

// openParts opens the container. An older container (CFB) in its place is what
// office programs wrap around a protected document.
func openParts(src source, c *collector) (*parts, error) {
	z, err := zip.NewReader(src, src.size)
	if err != nil {
		if box, cfbErr := openCFB(src); cfbErr == nil && box.stream("EncryptedPackage") != nil {
			return nil, Fault(CodeEncrypted, nil)
		}
		return nil, err
	}
	if len(z.File) > maxParts {
		return nil, Fault(CodeTooLarge, fmt.Errorf("%d parts", len(z.File)))
	}
	p := &parts{byName: map[string]*zip.File{}, left: maxExpanded, c: c}
	for _, f := range z.File {
		name := strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/")
		if f.Flags&1 != 0 {
			return nil, Fault(CodeEncrypted, nil)
		}
		if _, ok := p.byName[name]; !ok { // the first counts, as for others
			p.byName[name] = f
			p.names = append(p.names, name)
		}
	}
	return p, nil
}

// matching returns the XML parts with a prefix, those with numbers by their number.
func (p *parts) matching(prefix string) []string {
	var out []string
	for _, n := range p.names {
		if rest, ok := strings.CutPrefix(n, prefix); ok && strings.HasSuffix(rest, ".xml") && !strings.Contains(rest, "/") {
			out = append(out, n)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b) // slide2 before slide10
		}
		return strings.Compare(a, b)
	})
	return out
}

// walk reads a part as XML and calls begin, text and finish, which may be nil,
// until one of them returns an error. A part that is not there has nothing.
func (p *parts) walk(name string, begin func(xml.StartElement) error, text func(string) error, finish func(xml.EndElement) error) error {
	f := p.byName[name]
	if f == nil {
		return nil
	}
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	most := min(p.left, maxPart)
	limited := &io.LimitedReader{R: r, N: most}
	err = walkXML(limited, begin, text, finish)
	p.left -= most - limited.N
	if limited.N <= 0 && !errors.Is(err, errFull) { // a decoder of raw tokens takes the end as it comes
		if p.left <= 0 {
			return Fault(CodeTooLarge, errors.New("unpacks to too much"))
		}
		p.c.r.note("A part of the document is larger than is read; the rest of it was left.")
		return nil
	}
	return err
}

// walkXML reads XML and refuses document type declarations.
func walkXML(r io.Reader, begin func(xml.StartElement) error, text func(string) error, finish func(xml.EndElement) error) error {
	d := xml.NewDecoder(r)
	d.Strict = true
	d.Entity = nil
	depth := 0
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.Directive:
			return Fault(CodeUnsafe, errors.New("document type declaration"))
		case xml.StartElement:
			if depth++; depth > maxDepth || len(t.Attr) > maxAttrs {
				return Fault(CodeDamaged, errors.New("XML nested or filled beyond reason"))
			}
			if begin != nil {
				err = begin(t)
			}
		case xml.EndElement:
			depth--
			if finish != nil {
				err = finish(t)
			}
		case xml.CharData:
			if text != nil {
				err = text(string(t))
			}
		}
		if err != nil {
			return err
		}
	}
}

// attr returns an attribute by its local name.
func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// relations reads which parts a part refers to, by their identifiers.
func (p *parts) relations(name string) (map[string]string, error) {
	out := map[string]string{}
	dir, base := path.Split(name)
	err := p.walk(dir+"_rels/"+base+".rels", func(e xml.StartElement) error {
		if e.Name.Local == "Relationship" && attr(e, "TargetMode") != "External" && len(out) < maxParts {
			target := attr(e, "Target")
			if !strings.HasPrefix(target, "/") {
				target = path.Join(dir, target)
			}
			out[attr(e, "Id")] = strings.TrimPrefix(path.Clean(target), "/")
		}
		return nil
	}, nil, nil)
	return out, err
}

// properties reads Dublin Core properties, as both families of office formats
// keep them (ISO/IEC 29500-2 §11, OpenDocument 1.3 §4.3).
func (p *parts) properties(name string) error {
	var at strings.Builder
	pr := &p.c.r.Properties
	creator, first := "", ""
	err := p.walk(name, func(xml.StartElement) error {
		at.Reset()
		return nil
	}, func(s string) error {
		if at.Len() < 10_000 {
			at.WriteString(head(s, 10_000))
		}
		return nil
	}, func(e xml.EndElement) error {
		s := strings.TrimSpace(at.String())
		at.Reset()
		if s == "" {
			return nil
		}
		switch e.Name.Local {
		case "title":
			pr.Title = s
		case "description":
			pr.Description = s
		case "subject":
			if pr.Description == "" {
				pr.Description = s
			}
		case "creator":
			creator = s
		case "initial-creator":
			first = s
		case "keywords", "keyword":
			if len(pr.Keywords) < 500 {
				pr.Keywords = append(pr.Keywords, words(s)...)
			}
		}
		return nil
	})
	if first != "" { // OpenDocument's creator is whoever saved it last
		creator = first
	}
	pr.Creators = people(creator)
	return err
}
