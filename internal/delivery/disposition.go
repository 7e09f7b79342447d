// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tillgang/internal/plain"
)

// maxName is how many bytes a downloaded file's name may have.
const maxName = 150

// Disposition returns the Content-Disposition of a download (RFC 6266) under a
// name that any system can keep and none is harmed by: for old clients in
// ASCII, for all others in full (RFC 8187). The name ends in an extension of
// the media type that was found in the bytes, whatever it ended in before.
func Disposition(name, mediaType string) string {
	name = safeName(name, mediaType)
	var b strings.Builder
	b.WriteString(`attachment; filename="`)
	b.WriteString(asciiName(name))
	b.WriteString(`"; filename*=UTF-8''`)
	for i := range len(name) {
		if c := name[i]; attrChar(c) {
			b.WriteByte(c)
		} else {
			const hex = "0123456789ABCDEF"
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// attrChar: RFC 8187 §3.2.1.
func attrChar(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0
}

// safeName returns the name as it may be kept, with the type's extension.
func safeName(name, mediaType string) string {
	line, _ := plain.Line(strings.ToValidUTF8(name, ""))
	line = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r == '\u2044' || r == '\u2215' || r == '\u29F8' || r == '\uFF0F' || r == '\uFF3C' {
			return '_' // separators, and what Windows forbids
		}
		return r
	}, line)
	stem, ext := split(line)
	known := extensions[strings.ToLower(strings.TrimSpace(strings.Split(mediaType, ";")[0]))]
	switch {
	case slices.Contains(known, strings.ToLower(ext)):
	case len(known) > 0 && claimed(ext): // the name lies about the type
		ext = known[0]
	case len(known) > 0:
		stem, ext = line, known[0]
	case slices.Contains(active, strings.ToLower(ext)): // not what was found in the bytes
		stem, ext = line, "bin"
	}
	stem = trim(stem)
	if stem == "" {
		stem = "download"
	}
	if reserved(stem) {
		stem = "_" + stem
	}
	if ext != "" {
		ext = "." + ext
	}
	for len(stem)+len(ext) > maxName {
		_, n := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-n]
	}
	return trim(stem) + ext
}

func trim(s string) string {
	return strings.TrimRight(strings.TrimLeft(s, " .-"), " .")
}

// split cuts a name before its extension: at most ten letters and digits after
// the last dot.
func split(name string) (stem, ext string) {
	name = strings.TrimRight(name, " .")
	ext = strings.TrimPrefix(path.Ext(name), ".")
	if ext == "" || len(ext) > 10 || strings.IndexFunc(ext, func(r rune) bool { return r >= 0x80 || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) >= 0 {
		return name, ""
	}
	return name[:len(name)-len(ext)-1], ext
}

// reserved reports whether Windows keeps the name for a device, whatever
// follows its first dot.
func reserved(stem string) bool {
	s, _, _ := strings.Cut(strings.ToUpper(stem), ".")
	s = strings.TrimSpace(s)
	switch s {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	for _, p := range []string{"COM", "LPT"} {
		if n, ok := strings.CutPrefix(s, p); ok && utf8.RuneCountInString(n) == 1 && strings.Contains("0123456789¹²³", n) {
			return true
		}
	}
	return false
}

// asciiName is the name for clients that know no filename*: letters without
// their marks, an underscore for what cannot be written, and none of the signs
// that clients trip over.
func asciiName(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case r < 0x20 || r == 0x7f || strings.ContainsRune(`"\%;'`, r):
		case r < 0x80:
			b.WriteRune(r)
		default:
			if s, ok := ascii[unicode.ToLower(r)]; ok {
				if unicode.IsUpper(r) {
					s = strings.ToUpper(s[:1]) + s[1:]
				}
				b.WriteString(s)
			} else if !strings.HasSuffix(b.String(), "_") && !unicode.IsMark(r) && r != '\u200d' {
				b.WriteByte('_')
			}
		}
	}
	s := b.String()
	if stem, _ := split(s); trim(strings.Trim(stem, "_")) == "" {
		s = "download" + path.Ext(s)
	}
	return trim(s)
}

var ascii = map[rune]string{
	'å': "a", 'ä': "a", 'á': "a", 'à': "a", 'â': "a", 'ã': "a", 'æ': "ae", 'ö': "o", 'ø': "o", 'ó': "o", 'ò': "o", 'ô': "o", 'õ': "o", 'œ': "oe",
	'é': "e", 'è': "e", 'ê': "e", 'ë': "e", 'í': "i", 'ì': "i", 'î': "i", 'ï': "i", 'ú': "u", 'ù': "u", 'û': "u", 'ü': "u", 'ý': "y", 'ÿ': "y",
	'ç': "c", 'č': "c", 'ć': "c", 'š': "s", 'ś': "s", 'ž': "z", 'ź': "z", 'ż': "z", 'ñ': "n", 'ń': "n", 'ł': "l", 'ß': "ss", 'þ': "th", 'ð': "d", 'đ': "d", 'ŋ': "n",
	'–': "-", '—': "-", '’': "", '”': "", '“': "",
}
