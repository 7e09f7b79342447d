// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Message is one mail to one address.
type Message struct {
	To          string    // one bare address
	ID          string    // the left part of Message-ID: equal for every try of one message, so that receivers can tell
	At          time.Time // when it was written
	Language    string    // of its words, as in BCP 47
	Subject     string
	Text        string // the whole, as plain text with lines that end in \n
	HTML        string // the whole, as a page
	Unsubscribe string // address of the page where such mails are turned off; may be empty
}

// compose writes the message as it goes over the wire.
func (s *Sender) compose(m Message) ([]byte, error) {
	for _, line := range []string{m.ID, m.Language, m.Subject, m.Unsubscribe} {
		if !visible(line) {
			return nil, errors.New("a header would hold control characters")
		}
	}
	if !printable(m.ID) || !printable(m.Language) || !printable(m.Unsubscribe) || strings.ContainsAny(m.ID+m.Unsubscribe, "<>@ ") {
		return nil, errors.New("a header would not be what it says")
	}
	_, domain, _ := strings.Cut(s.from, "@")
	to, _, err := envelope(m.To)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	parts := multipart.NewWriter(&b)
	header := func(name, value string) { _, _ = fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	from := "<" + s.from + ">"
	if s.cfg.FromName != "" {
		from = phrase(s.cfg.FromName) + "\r\n " + from
	}
	header("From", from)
	header("To", "<"+to+">")
	header("Subject", encoded(m.Subject))
	header("Date", m.At.UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	header("Message-ID", "<"+m.ID+"@"+domain+">")
	header("Auto-Submitted", "auto-generated")
	header("X-Auto-Response-Suppress", "All")
	if m.Language != "" {
		header("Content-Language", m.Language)
	}
	if m.Unsubscribe != "" {
		header("List-Unsubscribe", "<"+m.Unsubscribe+">")
	}
	header("MIME-Version", "1.0")
	header("Content-Type", "multipart/alternative;\r\n boundary="+parts.Boundary())
	b.WriteString("\r\n")
	for _, p := range []struct{ kind, body string }{{"text/plain", m.Text}, {"text/html", m.HTML}} {
		w, err := parts.CreatePart(textproto.MIMEHeader{
			"Content-Type": {p.kind + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"},
		})
		if err != nil {
			return nil, err
		}
		q := quotedprintable.NewWriter(w)
		if _, err := q.Write([]byte(strings.ReplaceAll(p.body, "\n", "\r\n"))); err != nil {
			return nil, err
		}
		if err := q.Close(); err != nil {
			return nil, err
		}
	}
	if err := parts.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// phrase is a display name.
func phrase(s string) string {
	if printable(s) {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	return encoded(s)
}

// encoded is text as a header may have it, folded where it is long.
func encoded(s string) string {
	if printable(s) && len(s) <= 900 { // a line may have 998
		return s
	}
	return mime.QEncoding.Encode("utf-8", s)
}

// Address reports whether mail can be sent to s: one bare address.
func Address(s string) bool {
	_, _, err := envelope(s)
	return err == nil
}

// envelope checks an address and gives it the form of the wire: the domain in
// ASCII. beyond says that the part before it is not.
func envelope(s string) (address string, beyond bool, err error) {
	if !visible(s) || len(s) > 254 {
		return "", false, errors.New("no address")
	}
	a, err := netmail.ParseAddress("<" + s + ">")
	if err != nil {
		return "", false, errors.New("no address") // the parser's words repeat it
	}
	at := strings.LastIndexByte(a.Address, '@')
	local, domain := a.Address[:at], a.Address[at+1:]
	if local+"@"+domain != s || strings.ContainsAny(s, " \"<>()[],;:\\") {
		return "", false, errors.New("no plain address")
	}
	if domain, err = idna.Lookup.ToASCII(domain); err != nil {
		return "", false, errors.New("no domain")
	}
	return local + "@" + domain, !printable(local), nil
}

// visible reports whether s is text on one line.
func visible(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

// printable reports whether s is ASCII that may stand in a header as it is.
func printable(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
