// SPDX-License-Identifier: Apache-2.0

package filemeta

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Bounds of a packet.
const (
	maxPacket  = 4 << 20
	maxPackets = 20 // of one file
	maxNodes   = 100_000
	maxDepth   = 40
)

// node is an XML element; attributes that are XMP properties are nodes too.
type node struct {
	name  xml.Name
	attrs []xml.Attr
	text  string
	buf   []byte // of text, while parsing
	kids  []*node
}

// parseXML reads a packet into a tree. Document types are refused, so there
// are no entities but XML's own five: nothing expands and nothing is fetched.
func parseXML(b []byte) (*node, error) {
	if len(b) > maxPacket {
		return nil, errors.New("too long")
	}
	if !utf8.Valid(b) { // some programs write Windows text into XMP
		b = []byte(tableFor(b, true)(b))
	}
	b = bytes.TrimLeft(b, "\x00\ufeff \t\r\n")
	b = bytes.TrimRight(b, "\x00")
	d := xml.NewDecoder(bytes.NewReader(b))
	d.Strict = true
	d.CharsetReader = func(charset string, r io.Reader) (io.Reader, error) { return r, nil } // made UTF-8 above
	root := &node{}
	stack := []*node{root}
	count, nodes := 0, 0
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return root, nil
		}
		if err != nil {
			return nil, fmt.Errorf("malformed: %w", err)
		}
		if count++; count > 3*maxNodes { // comments cost too
			return nil, errors.New("too large")
		}
		top := stack[len(stack)-1]
		switch t := t.(type) {
		case xml.Directive:
			return nil, errors.New("has a document type")
		case xml.StartElement:
			nodes += 1 + len(t.Attr)
			if nodes > maxNodes || len(stack) > maxDepth {
				return nil, errors.New("too large or too deep")
			}
			n := &node{name: t.Name, attrs: t.Attr}
			top.kids = append(top.kids, n)
			stack = append(stack, n)
		case xml.EndElement:
			top.text, top.buf = string(top.buf), nil
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(top.kids) == 0 { // white space between elements is no value
				top.buf = append(top.buf, t...)
			}
		}
	}
}

// find returns the elements of a name anywhere below n.
func (n *node) find(space, local string) (out []*node) {
	for _, k := range n.kids {
		if k.name.Space == space && k.name.Local == local {
			out = append(out, k)
		} else {
			out = append(out, k.find(space, local)...)
		}
	}
	return out
}

// attr returns an attribute's value.
func (n *node) attr(space, local string) string {
	for _, a := range n.attrs {
		if a.Name.Space == space && a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// value returns a simple value: the text, an rdf:resource, or rdf:value of one
// with qualifiers.
func (n *node) value() string {
	if r := n.attr(rdf, "resource"); r != "" {
		return r
	}
	if v := n.attr(rdf, "value"); v != "" {
		return v
	}
	for _, k := range n.kids {
		switch {
		case k.name.Space == rdf && k.name.Local == "value":
			return k.value()
		case k.name.Space == rdf && k.name.Local == "Description":
			return k.value()
		}
	}
	return n.text
}

// items returns the members of an rdf:Alt, Bag or Seq, or n itself when it is
// a simple value.
func (n *node) items() []*node {
	for _, k := range n.kids {
		if k.name.Space == rdf && (k.name.Local == "Alt" || k.name.Local == "Bag" || k.name.Local == "Seq") {
			return k.kids
		}
	}
	if strings.TrimSpace(n.value()) == "" && len(n.kids) == 0 && len(n.attrs) == 0 {
		return nil
	}
	return []*node{n}
}

// member returns a field of a structure, in any of RDF's three ways of writing
// one: as an attribute, as a child, or inside an rdf:Description.
func (n *node) member(space, local string) *node {
	if v := n.attr(space, local); v != "" {
		return &node{text: v}
	}
	for _, k := range n.kids {
		if k.name.Space == space && k.name.Local == local {
			return k
		}
		if k.name.Space == rdf && k.name.Local == "Description" {
			if m := k.member(space, local); m != nil {
				return m
			}
		}
	}
	return nil
}
