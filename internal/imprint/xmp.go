// SPDX-License-Identifier: Apache-2.0

package imprint

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the digest that XMP defines for extended packets, no protection
	"encoding/hex"
	"encoding/xml"
	"maps"
	"slices"
	"strings"
)

// Namespaces of XMP and of the IPTC Photo Metadata Standard, by prefix.
var spaces = [][2]string{
	{"dc", "http://purl.org/dc/elements/1.1/"},
	{"photoshop", "http://ns.adobe.com/photoshop/1.0/"},
	{"xmpRights", "http://ns.adobe.com/xap/1.0/rights/"},
	{"Iptc4xmpCore", "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"},
	{"Iptc4xmpExt", "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"},
	{"plus", "http://ns.useplus.org/ldf/xmp/1.0/"},
	{"xmpNote", "http://ns.adobe.com/xmp/note/"},
}

// property is one XMP property as it is written.
type property struct {
	name string // with its prefix
	body string // what stands between its tags
}

func (p property) size() int { return len(p.body) + 2*len(p.name) + 10 }

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder does not fail; what XML cannot hold becomes U+FFFD
	return b.String()
}

// properties lists what the statement says, the rights first.
func (s Statement) properties() (out []property) {
	line := func(name, value string) {
		if value != "" {
			out = append(out, property{name, escape(value)})
		}
	}
	list := func(name, kind string, values []string) {
		var b strings.Builder
		for _, v := range values {
			b.WriteString("<rdf:li>" + escape(v) + "</rdf:li>")
		}
		if b.Len() > 0 {
			out = append(out, property{name, "<rdf:" + kind + ">" + b.String() + "</rdf:" + kind + ">"})
		}
	}
	alt := func(name string, t Text) {
		if body := languages(t); body != "" {
			out = append(out, property{name, body})
		}
	}
	alt("dc:rights", s.Copyright)
	list("dc:creator", "Seq", s.Creator)
	line("photoshop:Credit", s.Credit)
	if s.Copyright.one() != "" {
		line("xmpRights:Marked", "True")
	}
	line("xmpRights:WebStatement", s.WebStatement)
	if s.LicensorURL != "" {
		out = append(out, property{"plus:Licensor", `<rdf:Seq><rdf:li rdf:parseType="Resource"><plus:LicensorURL>` + escape(s.LicensorURL) + `</plus:LicensorURL></rdf:li></rdf:Seq>`})
	}
	line("Iptc4xmpExt:DigitalSourceType", s.DigitalSourceType)
	alt("Iptc4xmpCore:AltTextAccessibility", s.AltText)
	alt("xmpRights:UsageTerms", s.UsageTerms)
	line("dc:identifier", s.ID)
	line("Iptc4xmpExt:DigImageGUID", s.ID)
	alt("dc:title", s.Title)
	line("photoshop:Headline", s.Headline.one())
	line("photoshop:Source", s.Source)
	line("photoshop:DateCreated", s.Captured)
	line("photoshop:City", s.City)
	line("photoshop:Country", s.Country)
	list("Iptc4xmpExt:PersonInImage", "Bag", s.Persons)
	list("dc:subject", "Bag", s.Keywords)
	alt("dc:description", s.Description)
	alt("Iptc4xmpCore:ExtDescrAccessibility", s.ExtendedDescription)
	return out
}

// languages writes a language alternative (ISO 16684-1 §8.2.2.4), the default
// first: what has no language, or the text of the language that is preferred.
func languages(t Text) string {
	first := t.one()
	if first == "" {
		return ""
	}
	var b strings.Builder
	item := func(tag, text string) {
		b.WriteString(`<rdf:li xml:lang="` + escape(tag) + `">` + escape(text) + "</rdf:li>")
	}
	item("x-default", first)
	for _, tag := range slices.Sorted(maps.Keys(t)) {
		if tag != "" && t[tag] != "" {
			item(tag, t[tag])
		}
	}
	return "<rdf:Alt>" + b.String() + "</rdf:Alt>"
}

// document writes properties as an XMP document; nil for none.
func document(list []property) []byte {
	if len(list) == 0 {
		return nil
	}
	var b bytes.Buffer
	b.WriteString(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""`)
	for _, s := range spaces {
		if slices.ContainsFunc(list, func(p property) bool {
			return strings.HasPrefix(p.name, s[0]+":") || strings.Contains(p.body, "<"+s[0]+":")
		}) {
			b.WriteString(` xmlns:` + s[0] + `="` + s[1] + `"`)
		}
	}
	b.WriteString(">")
	for _, p := range list {
		b.WriteString("\n <" + p.name + ">" + p.body + "</" + p.name + ">")
	}
	b.WriteString("\n</rdf:Description></rdf:RDF></x:xmpmeta>")
	return b.Bytes()
}

// The processing instructions around a packet inside a file; "r": nobody
// needs to edit it in place.
const (
	packetHead = "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
	packetTail = "\n<?xpacket end=\"r\"?>"
)

func packet(list []property) []byte {
	doc := document(list)
	if doc == nil {
		return nil
	}
	return slices.Concat([]byte(packetHead), doc, []byte(packetTail))
}

// Sidecar returns the whole statement as an .xmp file.
func (s Statement) Sidecar() []byte {
	doc := document(s.properties())
	if doc == nil {
		doc = []byte(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>`)
	}
	return slices.Concat([]byte(packetHead), doc, []byte("\n<?xpacket end=\"w\"?>\n"))
}

// packets splits what does not fit into one segment of a JPEG file (XMP Part 3
// §1.1.3.1): a packet of at most limit bytes, and the longest properties in an
// extended one, which the first names by its MD5.
func packets(list []property, limit int) (main, extended []byte, guid string) {
	if main = packet(list); len(main) <= limit {
		return main, nil, ""
	}
	bySize := slices.Clone(list)
	slices.SortStableFunc(bySize, func(a, b property) int { return b.size() - a.size() })
	for n := range bySize {
		moved := map[string]bool{}
		for _, p := range bySize[:n+1] {
			moved[p.name] = true
		}
		var short, long []property
		for _, p := range list {
			if moved[p.name] {
				long = append(long, p)
			} else {
				short = append(short, p)
			}
		}
		extended = document(long)
		sum := md5.Sum(extended) //nolint:gosec // as above
		guid = strings.ToUpper(hex.EncodeToString(sum[:]))
		if main = packet(append(short, property{"xmpNote:HasExtendedXMP", guid})); len(main) <= limit {
			break
		}
	}
	return main, extended, guid
}
