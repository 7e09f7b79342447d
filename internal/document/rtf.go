// SPDX-License-Identifier: Apache-2.0

package document

import (
	"io"
	"strconv"
	"strings"
)

// richText reads the text of an RTF document (Rich Text Format Specification
// 1.9.1), as one page: where pages end, only a program that sets it knows.
func richText(src source, c *collector) error {
	b, err := io.ReadAll(src.reader(maxPlain))
	if err != nil {
		return err
	}
	r := rtf{b: b, c: c, set: "windows-1252", group: group{skipAfter: 1}}
	c.begin(1)
	r.read()
	return nil
}

// group is what a group in braces inherits and may change.
type group struct {
	silent    bool   // a destination that is not text
	into      string // a property that is being read
	skipAfter int    // characters that follow \u for older readers
}

type rtf struct {
	group
	b     []byte
	at    int
	c     *collector
	stack []group
	set   string // encoding of bytes
	bytes []byte // that wait to be decoded
	skip  int    // characters to leave out
	value strings.Builder
}

// silences are destinations whose text is not the document's.
var silences = map[string]bool{
	"fonttbl": true, "colortbl": true, "stylesheet": true, "pict": true, "object": true, "themedata": true, "colorschememapping": true,
	"datastore": true, "latentstyles": true, "listtable": true, "listoverridetable": true, "rsidtbl": true, "generator": true, "info": true,
	"fldinst": true, "xmlnstbl": true, "mmathPr": true, "pgptbl": true, "revtbl": true, "filetbl": true, "nonshppict": true, "bkmkstart": true, "bkmkend": true,
}

func (r *rtf) read() {
	for r.at < len(r.b) && r.c.left > 0 {
		switch ch := r.b[r.at]; ch {
		case '{':
			r.flush()
			r.at++
			if len(r.stack) < 10_000 {
				r.stack = append(r.stack, r.group)
			}
		case '}':
			r.flush()
			r.at++
			r.close()
		case '\\':
			r.at++
			r.control()
		case '\r', '\n':
			r.at++
		default:
			r.at++
			r.char(ch)
		}
	}
	r.flush()
}

func (r *rtf) close() {
	if len(r.stack) == 0 {
		return
	}
	was := r.stack[len(r.stack)-1]
	r.stack = r.stack[:len(r.stack)-1]
	if r.into != "" && was.into == "" {
		s := strings.TrimSpace(r.value.String())
		r.value.Reset()
		switch p := &r.c.r.Properties; r.into {
		case "title":
			p.Title = s
		case "subject":
			p.Description = s
		case "author":
			p.Creators = people(s)
		case "keywords":
			p.Keywords = words(s)
		}
	}
	r.group = was
}

// char takes a byte of text.
func (r *rtf) char(b byte) {
	if r.skip > 0 {
		r.skip--
		return
	}
	r.bytes = append(r.bytes, b)
	if len(r.bytes) > 64<<10 {
		r.flush()
	}
}

func (r *rtf) flush() {
	if len(r.bytes) > 0 {
		s := charset(r.bytes, r.set)
		r.bytes = r.bytes[:0]
		r.text(s)
	}
}

func (r *rtf) text(s string) {
	switch {
	case r.into != "":
		if r.value.Len() < 10_000 {
			r.value.WriteString(s)
		}
	case !r.silent:
		r.c.write(s)
	}
}

// control reads what follows a backslash.
func (r *rtf) control() {
	if r.at >= len(r.b) {
		return
	}
	ch := r.b[r.at]
	if ch < 'a' || ch > 'z' {
		r.at++
		switch ch {
		case '\'':
			if r.at+2 <= len(r.b) {
				if n, err := strconv.ParseUint(string(r.b[r.at:r.at+2]), 16, 8); err == nil {
					r.char(byte(n))
				}
				r.at += 2
			}
		case '\\', '{', '}':
			r.char(ch)
		case '~':
			r.char(' ')
		case '_':
			r.char('-')
		case '*':
			r.silent = true
		case '\n', '\r':
			r.flush()
			r.text("\n")
		}
		return
	}
	from := r.at
	for r.at < len(r.b) && r.b[r.at] >= 'a' && r.b[r.at] <= 'z' || r.at < len(r.b) && r.b[r.at] >= 'A' && r.b[r.at] <= 'Z' {
		r.at++
	}
	word := head(string(r.b[from:min(r.at, from+32)]), 32)
	from = r.at
	if r.at < len(r.b) && r.b[r.at] == '-' {
		r.at++
	}
	for r.at < len(r.b) && r.b[r.at] >= '0' && r.b[r.at] <= '9' {
		r.at++
	}
	n, err := strconv.Atoi(string(r.b[from:min(r.at, from+10)]))
	if r.at < len(r.b) && r.b[r.at] == ' ' {
		r.at++
	}
	r.word(word, n, err == nil)
}

func (r *rtf) word(word string, n int, has bool) {
	switch word {
	case "u":
		r.flush()
		if r.skip = r.skipAfter; r.skip < 0 || r.skip > 20 {
			r.skip = 1
		}
		if n < 0 {
			n += 1 << 16
		}
		if n > 31 && n < 0x10000 && (n < 0xD800 || n > 0xDFFF) {
			r.text(string(rune(n)))
		}
	case "uc":
		r.skipAfter = n
	case "par", "line", "row", "sect", "page":
		r.flush()
		r.text("\n")
	case "tab", "cell":
		r.flush()
		r.text("\t")
	case "ansicpg":
		if has {
			r.set = "windows-" + strconv.Itoa(n)
		}
	case "bin": // raw bytes follow
		if n > 0 {
			r.at = min(len(r.b), r.at+n)
		}
	case "emdash", "endash":
		r.flush()
		r.text("–")
	case "title", "subject", "author", "keywords":
		r.into = word
	default:
		if silences[word] {
			r.flush()
			r.silent = true
		}
	}
}
