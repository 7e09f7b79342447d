// SPDX-License-Identifier: Apache-2.0

package filemeta

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// Namespaces of XMP (ISO 16684-1 §8) and of the IPTC Photo Metadata Standard.
const (
	rdf       = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	xmlNS     = "http://www.w3.org/XML/1998/namespace"
	dc        = "http://purl.org/dc/elements/1.1/"
	psNS      = "http://ns.adobe.com/photoshop/1.0/"
	xmpNS     = "http://ns.adobe.com/xap/1.0/"
	rights    = "http://ns.adobe.com/xap/1.0/rights/"
	noteNS    = "http://ns.adobe.com/xmp/note/"
	tiffNS    = "http://ns.adobe.com/tiff/1.0/"
	exifNS    = "http://ns.adobe.com/exif/1.0/"
	exifEX    = "http://cipa.jp/exif/1.0/"
	auxNS     = "http://ns.adobe.com/exif/1.0/aux/"
	iptcCore  = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
	iptcExt   = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
	plus      = "http://ns.useplus.org/ldf/xmp/1.0/"
	creativeC = "http://creativecommons.org/ns#"
	mwgRegion = "http://www.metadataworkinggroup.com/schemas/regions/"
	pdfNS     = "http://ns.adobe.com/pdf/1.3/"
)

var prefixes = map[string]string{
	dc: "dc", psNS: "photoshop", xmpNS: "xmp", rights: "xmpRights", tiffNS: "tiff", exifNS: "exif", exifEX: "exifEX", auxNS: "aux",
	iptcCore: "Iptc4xmpCore", iptcExt: "Iptc4xmpExt", plus: "plus", creativeC: "cc", pdfNS: "pdf",
}

// properties are those of all rdf:Description elements of a packet.
type properties map[xml.Name]*node

// xmp reads a packet. What an earlier packet of the file said stays.
func (f *file) xmp(b []byte) {
	if len(b) == 0 {
		return
	}
	if f.packets++; f.packets > maxPackets {
		f.out.note("The file has more XMP packets than are read.")
		return
	}
	root, err := parseXML(b)
	if err != nil {
		// The parser's own words may hold pieces of the file.
		f.out.note("An XMP packet was left out: it is damaged, too large, or declares a document type.")
		return
	}
	p := properties{}
	for _, r := range root.find(rdf, "RDF") {
		for _, d := range r.kids {
			if d.name.Space != rdf || d.name.Local != "Description" {
				continue
			}
			for _, a := range d.attrs {
				if a.Name.Space != rdf && a.Name.Space != xmlNS && a.Name.Space != "xmlns" && a.Name.Space != "" && p[a.Name] == nil {
					p[a.Name] = &node{name: a.Name, text: a.Value}
				}
			}
			for _, k := range d.kids {
				if p[k.name] == nil {
					p[k.name] = k
				}
			}
		}
	}
	f.xmpExtended = p.one(noteNS, "HasExtendedXMP")
	f.useXMP(p)
}

// ReadXMP reads a file of XMP alone, as programs keep it beside a picture. It
// reports false for what is damaged, too large, declares a document type, or
// holds no XMP at all.
func ReadXMP(b []byte) (Meta, bool) {
	root, err := parseXML(b)
	if err != nil || len(root.find(rdf, "RDF")) == 0 {
		return Meta{}, false
	}
	f := &file{work: &work{left: budget}}
	f.xmp(b)
	return f.merge(), true
}

func (p properties) one(space, local string) string {
	for _, s := range p.many(space, local) {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return ""
}

func (p properties) many(space, local string) (out []string) {
	if n := p[xml.Name{Space: space, Local: local}]; n != nil {
		for _, item := range n.items() {
			out = append(out, item.value())
		}
	}
	return out
}

// alt reads a language alternative (ISO 16684-1 §8.2.2.4).
func (p properties) alt(m *Meta, space, local string) Text {
	n := p[xml.Name{Space: space, Local: local}]
	if n == nil {
		return nil
	}
	t := Text{}
	for _, item := range n.items() {
		s := m.text(item.value())
		tag := languageTag(item.attr(xmlNS, "lang"))
		if _, twice := t[tag]; s == "" || twice {
			continue
		}
		if len(t) == 100 {
			m.note("A text in more than 100 languages was cut.")
			break
		}
		t[tag] = s
	}
	for tag, s := range t {
		if tag != "" && s == t[""] { // x-default repeats a language: nothing new
			delete(t, "")
		}
	}
	if len(t) == 0 {
		return nil
	}
	return t
}

// useXMP maps properties of the IPTC Photo Metadata Standard 2023.1.
func (f *file) useXMP(p properties) {
	x := Meta{}
	o := &f.out
	line := func(space, local string) string { return o.line(p.one(space, local)) }

	x.Title = p.alt(o, dc, "title")
	x.Description = p.alt(o, dc, "description")
	x.AltText = p.alt(o, iptcCore, "AltTextAccessibility")
	x.ExtendedDescription = p.alt(o, iptcCore, "ExtDescrAccessibility")
	x.Copyright = p.alt(o, dc, "rights")
	x.UsageTerms = p.alt(o, rights, "UsageTerms")
	x.Keywords = o.list(p.many(dc, "subject"))
	x.Languages = languages(p.many(dc, "language"))
	x.Creator = o.list(p.many(dc, "creator"))
	x.CreatorTitle = line(psNS, "AuthorsPosition")
	x.Headline = line(psNS, "Headline")
	x.Credit = line(psNS, "Credit")
	x.Source = line(psNS, "Source")
	x.Instructions = line(psNS, "Instructions")
	x.JobID = line(psNS, "TransmissionReference")
	x.WebStatement = line(rights, "WebStatement")
	x.LicenseURL = line(creativeC, "license")
	x.DigitalSourceType = line(iptcExt, "DigitalSourceType")
	x.Software = line(xmpNS, "CreatorTool")
	x.CameraMake, x.CameraModel = line(tiffNS, "Make"), line(tiffNS, "Model")
	if x.Lens = line(exifEX, "LensModel"); x.Lens == "" {
		x.Lens = line(auxNS, "Lens")
	}
	if n, err := strconv.Atoi(p.one(tiffNS, "Orientation")); err == nil && n >= 1 && n <= 8 {
		x.Orientation = n
	}
	x.City, x.Region, x.Country = line(psNS, "City"), line(psNS, "State"), line(psNS, "Country")
	x.Sublocation, x.CountryCode = line(iptcCore, "Location"), line(iptcCore, "CountryCode")
	f.placeOfXMP(p, &x)
	for _, s := range []string{p.one(psNS, "DateCreated"), p.one(exifNS, "DateTimeOriginal"), p.one(xmpNS, "CreateDate")} {
		if x.Captured.IsZero() {
			x.Captured = isoMoment(s)
		}
	}
	if n := p[xml.Name{Space: plus, Local: "Licensor"}]; n != nil {
		for _, l := range n.items() {
			if u := l.member(plus, "LicensorURL"); u != nil && x.LicensorURL == "" {
				x.LicensorURL = o.line(u.value())
			}
		}
	}
	x.Persons = o.list(append(p.many(iptcExt, "PersonInImage"), people(p)...))
	for name, n := range p {
		if prefix := prefixes[name.Space]; prefix != "" && !strings.HasPrefix(name.Local, "GPS") &&
			!strings.HasPrefix(name.Local, "PersonInImage") && !strings.HasPrefix(name.Local, "Location") {
			o.raw("XMP:"+prefix+":"+name.Local, rawValue(o, n))
		}
	}
	f.addXMP(&x)
}

// addXMP fills what earlier packets have left empty.
func (f *file) addXMP(x *Meta) {
	f.fromXMP.fillFrom([]*Meta{x})
	f.fromXMP.fillCapture(x)
}

func rawValue(m *Meta, n *node) string {
	var all []string
	for _, item := range n.items() {
		if s := m.text(item.value()); s != "" && len(all) < 100 {
			all = append(all, s)
		}
	}
	return strings.Join(all, "; ")
}

// people are names in structures: Person Shown in the Image with details
// (IPTC Extension), and faces of the Metadata Working Group's regions.
func people(p properties) (names []string) {
	if n := p[xml.Name{Space: iptcExt, Local: "PersonInImageWDetails"}]; n != nil {
		for _, person := range n.items() {
			if name := person.member(iptcExt, "PersonName"); name != nil {
				for _, item := range name.items() {
					names = append(names, item.value())
				}
			}
		}
	}
	if n := p[xml.Name{Space: mwgRegion, Local: "Regions"}]; n != nil {
		list := n.member(mwgRegion, "RegionList")
		if list == nil {
			return names
		}
		for _, region := range list.items() {
			kind, name := region.member(mwgRegion, "Type"), region.member(mwgRegion, "Name")
			if kind != nil && name != nil && strings.TrimSpace(kind.value()) == "Face" {
				names = append(names, name.value())
			}
		}
	}
	return names
}

// placeOfXMP reads coordinates, and places from the structures of IPTC
// Extension where the older single fields are empty: Location Created goes
// before Location Shown.
func (f *file) placeOfXMP(p properties, x *Meta) {
	lat, ok := xmpDegrees(p.one(exifNS, "GPSLatitude"))
	long, ok2 := xmpDegrees(p.one(exifNS, "GPSLongitude"))
	if ok && ok2 {
		x.GPS = place(lat, long)
	}
	for _, which := range []string{"LocationCreated", "LocationShown"} {
		n := p[xml.Name{Space: iptcExt, Local: which}]
		if n == nil {
			continue
		}
		for _, loc := range n.items() {
			for _, field := range []struct {
				local string
				to    *string
			}{
				{"Sublocation", &x.Sublocation},
				{"City", &x.City},
				{"ProvinceState", &x.Region},
				{"CountryName", &x.Country},
				{"CountryCode", &x.CountryCode},
			} {
				if v := loc.member(iptcExt, field.local); v != nil && *field.to == "" {
					*field.to = f.out.line(v.value())
				}
			}
		}
	}
}
