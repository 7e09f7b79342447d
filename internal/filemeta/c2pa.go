// SPDX-License-Identifier: Apache-2.0

package filemeta

import (
	"bytes"
	"encoding/binary"
	"math"
	"path"
	"slices"
	"strings"
)

// Credentials is what a manifest of content credentials (C2PA 2.1) in the file
// says. Nothing of it is validated: neither the signature nor that it belongs
// to these bytes.
type Credentials struct {
	Generator  string // the program that made the claim
	SourceType string // the Digital Source Type of its actions, a URI of the IPTC vocabulary
	AI         bool   // the source type says that a machine made the picture or part of it
}

// SourceTypes is where the IPTC keeps its vocabulary of digital source types.
const SourceTypes = "http://cv.iptc.org/newscodes/digitalsourcetype/"

// MadeByAI reports whether a Digital Source Type says that a machine that was
// trained on others' works made the content or part of it.
func MadeByAI(sourceType string) bool {
	switch path.Base(sourceType) {
	case "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia":
		return true
	}
	return false
}

// maxManifest bounds the manifests that are read.
const maxManifest = 8 << 20

// manifest collects the bytes of a store of manifests.
func (f *file) manifest(b []byte) {
	if len(b) == 0 || len(f.store)+len(b) > maxManifest {
		return
	}
	f.store = append(f.store, b...)
}

// app11 takes a piece of JUMBF out of a JPEG segment (ISO/IEC 19566-5 annex
// D): "JP", box number, sequence number, and the box's own header in each.
func (f *file) app11(b []byte) {
	if len(b) < 16 || string(b[:2]) != "JP" {
		return
	}
	head := 8
	if binary.BigEndian.Uint32(b[8:]) == 1 {
		head = 16
	}
	if len(b) < 8+head {
		return
	}
	if number := binary.BigEndian.Uint16(b[2:]); binary.BigEndian.Uint32(b[4:]) == 1 && len(f.store) == 0 && string(b[12:16]) == "jumb" {
		f.storeBox = number
		f.manifest(b[8:])
	} else if len(f.store) > 0 && number == f.storeBox {
		f.manifest(b[8+head:])
	}
}

// credentials reads the store that was collected; nil without one.
func (f *file) credentials() *Credentials {
	if len(f.store) == 0 {
		return nil
	}
	c := &Credentials{}
	left := maxManifestBoxes
	walkJUMBF(f.store, "", 0, &left, func(label, kind string, data []byte) {
		if kind != "cbor" {
			return
		}
		v, ok := decodeCBOR(data)
		if !ok {
			f.out.note("A part of the content credentials is damaged and was left out.")
			return
		}
		switch {
		case strings.HasPrefix(label, "c2pa.claim"): // the last one is the active manifest's
			c.Generator = f.out.line(generator(v))
		case strings.HasPrefix(label, "c2pa.actions"):
			all := sourceTypes(v, nil)
			slices.Sort(all)
			for _, s := range all {
				if s = f.out.line(s); c.SourceType == "" || MadeByAI(s) {
					c.SourceType, c.AI = s, MadeByAI(s)
				}
			}
		}
	})
	return c
}

const maxManifestBoxes = 10_000

// walkJUMBF calls use for the content boxes of superboxes (ISO/IEC 19566-5
// §4), with the label of the superbox they lie in.
func walkJUMBF(b []byte, label string, depth int, left *int, use func(label, kind string, data []byte)) {
	for len(b) >= 8 && depth < 10 {
		if *left--; *left < 0 {
			return
		}
		head, n := uint64(8), uint64(binary.BigEndian.Uint32(b))
		switch {
		case n == 0:
			n = uint64(len(b))
		case n == 1 && len(b) >= 16:
			head, n = 16, binary.BigEndian.Uint64(b[8:])
		}
		if n < head || n > uint64(len(b)) {
			return
		}
		data := b[head:n]
		switch kind := string(b[4:8]); kind {
		case "jumb":
			walkJUMBF(data, "", depth+1, left, use)
		case "jumd": // type (16), toggles, label
			if len(data) > 17 && data[16]&2 != 0 {
				label, _, _ = strings.Cut(string(data[17:min(len(data), 300)]), "\x00")
			}
		default:
			use(label, kind, data)
		}
		b = b[n:]
	}
}

// generator finds the name of the program that made a claim.
func generator(claim any) string {
	m, _ := claim.(map[string]any)
	switch info := m["claim_generator_info"].(type) {
	case map[string]any:
		if name, ok := info["name"].(string); ok {
			return name
		}
	case []any:
		if len(info) > 0 {
			if one, ok := info[0].(map[string]any); ok {
				if name, ok := one["name"].(string); ok {
					return name
				}
			}
		}
	}
	name, _ := m["claim_generator"].(string)
	return name
}

// sourceTypes finds all values called digitalSourceType.
func sourceTypes(v any, out []string) []string {
	switch v := v.(type) {
	case map[string]any:
		if s, ok := v["digitalSourceType"].(string); ok {
			out = append(out, s)
		}
		for _, x := range v {
			out = sourceTypes(x, out)
		}
	case []any:
		for _, x := range v {
			out = sourceTypes(x, out)
		}
	}
	return out
}

// cbor reads data items (RFC 8949): maps with text keys, lists and texts; all
// else is passed over as nil.
type cbor struct {
	b    []byte
	left int // items
	bad  bool
}

const (
	maxItems     = 50_000
	maxCBORDepth = 30
)

func decodeCBOR(b []byte) (any, bool) {
	d := &cbor{b: b, left: maxItems}
	v := d.item(0)
	return v, !d.bad
}

func (d *cbor) fail() any { d.bad = true; return nil }

// head reads an item's major type and argument; more reports an indefinite length.
func (d *cbor) head() (major byte, arg uint64, more bool) {
	if len(d.b) == 0 {
		d.bad = true
		return 0, 0, false
	}
	c := d.b[0]
	d.b = d.b[1:]
	info := c & 31
	switch {
	case info < 24:
		return c >> 5, uint64(info), false
	case info == 31:
		return c >> 5, math.MaxUint64, true
	case info > 27:
		d.bad = true
		return 0, 0, false
	}
	n := 1 << (info - 24)
	if len(d.b) < n {
		d.bad = true
		return 0, 0, false
	}
	for _, x := range d.b[:n] {
		arg = arg<<8 | uint64(x)
	}
	d.b = d.b[n:]
	return c >> 5, arg, false
}

func (d *cbor) item(depth int) any {
	if d.left--; d.left < 0 || depth > maxCBORDepth || d.bad {
		return d.fail()
	}
	major, n, more := d.head()
	switch major {
	case 2, 3:
		if more || n > uint64(len(d.b)) {
			return d.fail() // texts in pieces are not allowed in C2PA's deterministic form
		}
		s := d.b[:n]
		d.b = d.b[n:]
		if major == 3 {
			return string(s)
		}
		return nil
	case 4:
		var list []any
		for i := uint64(0); i < n && !d.bad && !d.ends(more); i++ {
			list = append(list, d.item(depth+1))
		}
		return list
	case 5:
		m := map[string]any{}
		for i := uint64(0); i < n && !d.bad && !d.ends(more); i++ {
			k := d.item(depth + 1)
			v := d.item(depth + 1)
			if s, ok := k.(string); ok {
				m[s] = v
			}
		}
		return m
	case 6: // a tag
		return d.item(depth + 1)
	}
	return nil // numbers and simple values
}

// ends reports whether a list of indefinite length ends here.
func (d *cbor) ends(more bool) bool {
	if more && len(d.b) > 0 && d.b[0] == 0xFF {
		d.b = d.b[1:]
		return true
	}
	return false
}

// credentialStart is how the store of manifests begins behind its length: a
// superbox with its description, whose type is C2PA's (C2PA 2.1 §11.1.4.2).
var credentialStart = []byte("jumb\x00\x00\x00\x1ejumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71")

// credentialStream looks for a store of manifests in a piece of a file that
// begins at a place. PDF keeps it as an embedded file (§A.4); one that is
// compressed is left to other tools.
func (f *file) credentialStream(at int64, piece []byte) {
	i := bytes.Index(piece, credentialStart)
	if i < 4 {
		return
	}
	n := int64(binary.BigEndian.Uint32(piece[i-4:]))
	if n > maxManifest || n < int64(len(credentialStart)) {
		return
	}
	if b := f.sub(at+int64(i)-4, n).all(); int64(len(b)) == n {
		f.store = append(f.store[:0], b...) // the last one in the file is the active one: updates are appended
	}
}

// credentialBox reads the box that BMFF files keep manifests in (C2PA 2.1
// §A.5.1): its type, version and flags, purpose, the place of the hash tree.
func (f *file) credentialBox(data span) {
	const kind, fixed = "\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81", 16 + 4
	if string(data.bytes(0, 16)) != kind {
		return
	}
	purpose, _, ended := strings.Cut(string(data.sub(fixed, 64).all()), "\x00")
	if ended && purpose == "manifest" {
		f.manifest(data.sub(fixed+int64(len(purpose))+1+8, data.size).all())
	}
}
