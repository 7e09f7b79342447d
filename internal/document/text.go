// SPDX-License-Identifier: Apache-2.0

package document

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding/htmlindex"
)

// maxPlain is how much of a text is read.
const maxPlain = 32 << 20

// plainText reads a text of any kind as it is.
func plainText(src source, c *collector) error {
	b, err := io.ReadAll(src.reader(maxPlain))
	if err != nil {
		return err
	}
	c.begin(1)
	c.write(decoded(b))
	return nil
}

// decoded makes UTF-8 of text: as its byte order mark says, else as it is when
// that is valid, else as Windows-1252, which Latin-1 is a part of.
func decoded(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return strings.ToValidUTF8(string(b[3:]), "\uFFFD")
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return wide(b[2:], false)
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return wide(b[2:], true)
	case utf8.Valid(b):
		return string(b)
	}
	return charset(b, "windows-1252")
}

// wide reads UTF-16.
func wide(b []byte, bigEndian bool) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
		if bigEndian {
			u[i] = u[i]<<8 | u[i]>>8
		}
	}
	return string(utf16.Decode(u))
}

// charset decodes text by the name of its encoding; by an unknown name it is
// taken as it is.
func charset(b []byte, name string) string {
	e, err := htmlindex.Get(strings.TrimSpace(name))
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	s, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return strings.ToValidUTF8(string(s), "\uFFFD")
}

// webPage reads what a web page shows: no scripts, styles or hidden templates.
func webPage(src source, c *collector) error {
	b, err := io.ReadAll(src.reader(maxPlain))
	if err != nil {
		return err
	}
	c.begin(1)
	return markup(decoded(b), c)
}

// markup writes the text of HTML or XML.
func markup(s string, c *collector) error {
	z := html.NewTokenizer(strings.NewReader(s))
	z.SetMaxBuf(8 << 20)
	skip, title := "", false
	for {
		switch z.Next() {
		case html.CommentToken, html.DoctypeToken:
		case html.ErrorToken:
			if errors.Is(z.Err(), io.EOF) {
				return nil
			}
			c.r.note("A part of the page is larger than is read; the rest was left.")
			return nil
		case html.TextToken:
			if skip != "" {
				continue
			}
			text := string(z.Text())
			if title {
				c.r.Properties.Title = head(strings.TrimSpace(html.UnescapeString(text)), maxName)
				continue
			}
			if !c.write(html.UnescapeString(text)) {
				return nil
			}
		case html.StartTagToken:
			switch name := tag(z); {
			case name == "script" || name == "style" || name == "template" || name == "noscript":
				skip = name
			case name == "title":
				title = true
			case !inline[name]:
				c.write("\n")
			}
		case html.EndTagToken:
			switch name := tag(z); {
			case name == skip:
				skip = ""
			case name == "title":
				title = false
			case !inline[name]:
				c.write("\n")
			}
		case html.SelfClosingTagToken:
			if !inline[tag(z)] {
				c.write("\n")
			}
		}
	}
}

func tag(z *html.Tokenizer) string {
	name, _ := z.TagName()
	return string(name)
}

// inline are elements between whose texts no space stands.
var inline = map[string]bool{
	"a": true, "abbr": true, "b": true, "bdi": true, "bdo": true, "cite": true, "code": true, "em": true, "font": true, "i": true, "kbd": true,
	"mark": true, "q": true, "s": true, "small": true, "span": true, "strong": true, "sub": true, "sup": true, "u": true, "var": true, "wbr": true,
}
