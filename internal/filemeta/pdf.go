// SPDX-License-Identifier: Apache-2.0

package filemeta

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strings"
)

var (
	pdfInfo     = regexp.MustCompile(`/Info\s+(\d{1,10})\s+(\d{1,5})\s+R`)
	pdfRoot     = regexp.MustCompile(`/Root\s+(\d{1,10})\s+(\d{1,5})\s+R`)
	pdfMetadata = regexp.MustCompile(`/Metadata\s+(\d{1,10})\s+(\d{1,5})\s+R`)
	pdfDate     = regexp.MustCompile(`^D:(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?([Z+-])?(\d{2})?'?(\d{2})?`)
)

// pdf reads the document's XMP (ISO 32000-2 §14.3.2) and, where there is none,
// its information dictionary (§14.3.3), as far as both lie plainly in the file:
// compressed object streams and encrypted files are left to other tools. The
// file is searched in pieces, up to the budget, and not parsed.
func (f *file) pdf() {
	var info, root string
	packets := map[string]string{} // object → XMP
	var last string
	encrypted := false
	objects := map[string]string{}
	var wantedObjects []string
	f.pieces(func(at int64, piece []byte) {
		f.credentialStream(at, piece)
		if o := reference(piece, "/Info", pdfInfo); o != "" {
			info = o
		}
		if o := reference(piece, "/Root", pdfRoot); o != "" {
			root = o
		}
		encrypted = encrypted || bytes.Contains(piece, []byte("/Encrypt "))
	})
	f.work.left = budget // the second search has one of its own
	for _, o := range []string{info, root} {
		if o != "" {
			wantedObjects = append(wantedObjects, o)
		}
	}
	f.pieces(func(_ int64, piece []byte) {
		for _, o := range wantedObjects {
			for rest, n := piece, 0; n < maxFinds; n++ {
				i := bytes.Index(rest, []byte(o+" obj"))
				if i < 0 {
					break
				}
				if i == 0 || rest[i-1] == '\n' || rest[i-1] == '\r' || rest[i-1] == ' ' {
					body := rest[i+len(o)+4:]
					if end := bytes.Index(body[:min(len(body), maxExifValue)], []byte("endobj")); end >= 0 {
						objects[o] = string(body[:end])
					}
				}
				rest = rest[i+1:]
			}
		}
		for rest, n := piece, 0; n < maxFinds && len(packets) < maxFinds; n++ {
			i := bytes.Index(rest, []byte("<x:xmpmeta"))
			if i < 0 {
				break
			}
			end := bytes.Index(rest[i:], []byte("</x:xmpmeta>"))
			if end < 0 {
				break
			}
			last = objectBefore(rest[:i])
			packets[last] = string(rest[i : i+end+len("</x:xmpmeta>")])
			rest = rest[i+end:]
		}
	})
	packet := packets[last]
	if m := pdfMetadata.FindSubmatch([]byte(objects[root])); m != nil {
		if p, ok := packets[object(m)]; ok { // else the catalogue's may be compressed; pictures have packets too
			packet = p
		} else {
			packet = ""
		}
	}
	f.xmp([]byte(packet))
	if !encrypted {
		f.pdfInfo(objects[info])
	}
}

// pieces calls use for overlapping pieces of the file and where they begin; of the middle of a very
// large one there are none, as what is looked for lies at the ends.
func (f *file) pieces(use func(at int64, piece []byte)) {
	const size, overlap, ends = 4 << 20, 512 << 10, 24 << 20
	for pos := int64(0); pos < f.size; pos += size - overlap {
		if pos > ends && pos < f.size-ends {
			pos = f.size - ends
		}
		piece := f.sub(pos, size).all()
		if piece == nil {
			return
		}
		use(pos, piece)
	}
}

// maxFinds bounds how often something is looked at where it should be once.
const maxFinds = 200

// reference returns the last object that a key refers to.
func reference(piece []byte, key string, re *regexp.Regexp) string {
	for range maxFinds {
		i := bytes.LastIndex(piece, []byte(key))
		if i < 0 {
			return ""
		}
		if m := re.FindSubmatch(piece[i:min(len(piece), i+60)]); m != nil {
			return object(m)
		}
		piece = piece[:i]
	}
	return ""
}

func object(m [][]byte) string {
	return string(m[1]) + " " + string(m[2])
}

var pdfObject = regexp.MustCompile(`(\d{1,10})\s+(\d{1,5})\s+obj`)

// objectBefore returns the object that begins last before a place.
func objectBefore(b []byte) string {
	b = b[max(0, len(b)-4096):]
	m := pdfObject.FindAllSubmatch(b, -1)
	if m == nil {
		return ""
	}
	return object(m[len(m)-1])
}

func (f *file) pdfInfo(dict string) {
	m, o := &f.fromFile, &f.out
	for _, key := range []string{"Title", "Author", "Subject", "Keywords", "Creator", "CreationDate"} {
		value := o.text(pdfString(dict, "/"+key))
		if value == "" {
			continue
		}
		o.raw("PDF:"+key, value)
		switch key {
		case "Title":
			m.Title = o.plain(value)
		case "Author":
			m.Creator = o.list(strings.Split(value, ";"))
		case "Subject":
			m.Description = o.plain(value)
		case "Keywords":
			m.Keywords = o.list(strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ';' }))
		case "Creator":
			m.Software = o.line(value)
		case "CreationDate":
			m.Captured = pdfMoment(value)
		}
	}
}

// pdfMoment reads "D:20060102150405+01'00'" (§7.9.4).
func pdfMoment(s string) Moment {
	p := pdfDate.FindStringSubmatch(s)
	if p == nil {
		return Moment{}
	}
	iso := []string{p[1]}
	for i, sep := range []string{"-", "-", "T", ":", ":"} {
		if p[i+2] == "" {
			break
		}
		iso = append(iso, sep, p[i+2])
	}
	switch {
	case p[7] == "Z":
		iso = append(iso, "Z")
	case p[7] != "" && p[8] != "":
		iso = append(iso, p[7], p[8], ":", (p[9] + "00")[:2])
	}
	return isoMoment(strings.Join(iso, ""))
}

// pdfString returns the text string (§7.9.2.2) of a key in a dictionary.
func pdfString(dict, key string) string {
	i := strings.Index(dict, key)
	for i >= 0 && i+len(key) < len(dict) && strings.IndexByte(" \r\n\t(<", dict[i+len(key)]) < 0 {
		next := strings.Index(dict[i+1:], key)
		if next < 0 {
			return ""
		}
		i += 1 + next
	}
	if i < 0 {
		return ""
	}
	s := strings.TrimLeft(dict[i+len(key):], " \r\n\t")
	var b []byte
	switch {
	case strings.HasPrefix(s, "("):
		b = literal(s[1:])
	case strings.HasPrefix(s, "<") && !strings.HasPrefix(s, "<<"):
		digits, _, _ := strings.Cut(s[1:], ">")
		digits = strings.Join(strings.Fields(digits), "")
		b, _ = hex.DecodeString(digits + strings.Repeat("0", len(digits)%2))
	}
	switch {
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}):
		return decode16(b[2:], true)
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
		return decode16(b[2:], false)
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		b = b[3:]
	}
	return decode(b)
}

// literal reads a literal string (§7.3.4.2) up to its closing parenthesis.
func literal(s string) (out []byte) {
	depth := 1
	for i := 0; i < len(s) && len(out) < maxExifValue; i++ {
		c := s[i]
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return out
			}
		case '\\':
			i++
			if i == len(s) {
				return out
			}
			switch c = s[i]; {
			case c == 'n':
				c = '\n'
			case c == 'r':
				c = '\r'
			case c == 't':
				c = '\t'
			case c >= '0' && c <= '7':
				n := 0
				for k := 0; k < 3 && i < len(s) && s[i] >= '0' && s[i] <= '7'; k++ {
					n = n*8 + int(s[i]-'0')
					i++
				}
				i--
				c = byte(n)
			case c == '\n' || c == '\r':
				continue
			}
		}
		out = append(out, c)
	}
	return out
}
