// SPDX-License-Identifier: Apache-2.0

package document

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
)

// Bounds of a mail.
const (
	maxMail      = 256 << 20
	maxMailParts = 1000 // parts of a mail
	maxNested    = 10
	maxBody      = 8 << 20
)

var wordDecoder = &mime.WordDecoder{CharsetReader: func(name string, in io.Reader) (io.Reader, error) {
	b, err := io.ReadAll(io.LimitReader(in, 64<<10))
	return strings.NewReader(charset(b, name)), err
}}

// header decodes a header for showing.
func header(s string) string {
	if out, err := wordDecoder.DecodeHeader(s); err == nil {
		s = out
	}
	return head(strings.ToValidUTF8(s, "\uFFFD"), maxName)
}

// mailMessage lists a mail (RFC 5322): its headers, its text, and the names of
// its attachments. Nothing it refers to is fetched.
func mailMessage(src source, c *collector) error {
	m, err := mail.ReadMessage(bufio.NewReader(src.reader(maxMail)))
	if err != nil {
		return plainText(src, c) // its name says mail, and it is some other text
	}
	box := &Contents{
		Form: "mail", Whole: src.size <= maxMail,
		Subject: header(m.Header.Get("Subject")), From: header(m.Header.Get("From")), To: header(m.Header.Get("To")),
	}
	if at, err := m.Header.Date(); err == nil && at.Year() > 1900 && at.Year() < 9999 {
		box.Date = at.UTC().Format(time.RFC3339)
	}
	c.r.Contents, c.r.Properties.Title = box, box.Subject
	c.begin(1)
	c.write(box.Subject + "\n" + box.From + "\n" + box.To + "\n\n")
	w := &mailWalk{c: c, box: box}
	w.part(part{m.Header.Get, m.Body}, 0)
	return nil
}

type mailWalk struct {
	c     *collector
	box   *Contents
	parts int
	plain bool // a text was found, so that its HTML form is left out
}

type part struct {
	header func(string) string
	body   io.Reader
}

func (w *mailWalk) part(p part, depth int) {
	if w.parts++; w.parts > maxMailParts || depth > maxNested {
		w.box.Whole = false
		return
	}
	kind, params, err := mime.ParseMediaType(p.header("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	disposition, given, _ := mime.ParseMediaType(p.header("Content-Disposition"))
	name := given["filename"]
	if name == "" {
		name = params["name"]
	}
	body := p.body
	switch strings.ToLower(strings.TrimSpace(p.header("Content-Transfer-Encoding"))) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	switch {
	case strings.HasPrefix(kind, "multipart/") && params["boundary"] != "":
		w.multi(multipart.NewReader(body, params["boundary"]), depth)
	case disposition == "attachment" || name != "" || !strings.HasPrefix(kind, "text/"):
		w.attached(header(name), kind, body)
	default:
		w.text(kind, params["charset"], body)
	}
}

func (w *mailWalk) multi(r *multipart.Reader, depth int) {
	for {
		p, err := r.NextRawPart()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				w.box.Whole = false
			}
			return
		}
		w.part(part{p.Header.Get, p}, depth+1)
		if w.parts > maxMailParts {
			return
		}
	}
}

func (w *mailWalk) attached(name, kind string, body io.Reader) {
	n, err := io.Copy(io.Discard, body)
	if err != nil {
		w.box.Whole = false
	}
	w.box.add(Entry{Name: name, Size: n, MediaType: head(kind, 200)})
	if name != "" {
		w.c.write("\n" + name)
	}
}

// add lists an entry, or counts it only.
func (c *Contents) add(e Entry) {
	c.Entries++
	c.Size += max(e.Size, 0)
	e.Name = head(strings.ToValidUTF8(e.Name, "\uFFFD"), maxName)
	if len(c.Items) < MaxEntries {
		c.Items = append(c.Items, e)
	}
}

func (w *mailWalk) text(kind, set string, body io.Reader) {
	b, err := io.ReadAll(io.LimitReader(body, maxBody))
	if err != nil && len(b) == 0 {
		w.box.Whole = false
		return
	}
	s := decoded(b)
	if set != "" {
		s = charset(b, set)
	}
	switch {
	case kind == "text/html" && w.plain:
	case kind == "text/html":
		title := w.c.r.Properties.Title
		_ = markup(s, w.c) // what of it could be read
		w.c.r.Properties.Title = title
	default:
		w.plain = true
		w.c.write(s + "\n")
	}
}

// outlookMessage lists an Outlook message ([MS-OXMSG]).
func outlookMessage(src source, c *collector) error {
	box, err := openCFB(src)
	if err != nil {
		return err
	}
	text := func(of uint32, property string) string {
		for _, i := range box.children(of) {
			switch e := box.entries[i]; e.name {
			case "__substg1.0_" + property + "001F": // UTF-16
				return strings.ToValidUTF8(wide(box.content(e), false), "\uFFFD")
			case "__substg1.0_" + property + "001E":
				return charset(box.content(e), "windows-1252")
			}
		}
		return ""
	}
	m := &Contents{Form: "mail", Whole: true, Subject: head(text(0, "0037"), maxName), To: head(text(0, "0E04"), maxName)}
	m.From = head(strings.TrimSpace(text(0, "0C1A")+" <"+text(0, "0C1F")+">"), maxName)
	m.From = strings.TrimSuffix(m.From, " <>")
	m.Date = box.sent()
	c.r.Contents, c.r.Properties.Title = m, m.Subject
	c.begin(1)
	c.write(m.Subject + "\n" + m.From + "\n" + m.To + "\n\n" + text(0, "1000"))
	for _, i := range box.children(0) {
		if !strings.HasPrefix(box.entries[i].name, "__attach_version1.0_") {
			continue
		}
		name := text(i, "3707")
		if name == "" {
			name = text(i, "3704")
		}
		var size int64
		for _, j := range box.children(i) {
			if box.entries[j].name == "__substg1.0_37010102" {
				size = box.entries[j].size
			}
		}
		m.add(Entry{Name: name, Size: size, MediaType: head(text(i, "370E"), 200)})
		c.write("\n" + name)
	}
	return nil
}

// sent is when the message was sent: the property 0x00390040 in the root's
// stream of properties ([MS-OXMSG] §2.4.1), a count of 100 ns from 1601.
func (c *cfb) sent() string {
	e := c.stream("__properties_version1.0")
	if e == nil {
		return ""
	}
	b := c.content(*e)
	for at := 32; at+16 <= len(b) && at < 32+16*2000; at += 16 {
		if binary.LittleEndian.Uint32(b[at:]) == 0x00390040 {
			ticks := binary.LittleEndian.Uint64(b[at+8:])
			seconds := int64(ticks/10_000_000) - 11_644_473_600 //nolint:gosec // at most 2^64 / 10^7
			if t := time.Unix(seconds, 0).UTC(); t.Year() > 1900 && t.Year() < 9999 {
				return t.Format(time.RFC3339)
			}
		}
	}
	return ""
}
