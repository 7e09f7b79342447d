// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/fault"
	"tillgang/internal/mail"
	"tillgang/internal/mail/mailtest"
	"tillgang/internal/secret"
)

func sender(t *testing.T, s *mailtest.Server, change func(*mail.Config)) *mail.Sender {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.CA)
	cfg := mail.Config{
		Host: "localhost", Port: s.Port, User: mailtest.User, Password: secret.Exactly(mailtest.Password),
		From: "arkivet@bilder.example.se", FromName: "Kommunens bildarkiv på nätet",
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			_, port, _ := net.SplitHostPort(addr)
			return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+port)
		},
		TLS: func() (*tls.Config, error) {
			return &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS12}, nil
		},
	}
	if change != nil {
		change(&cfg)
	}
	out, err := mail.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var letter = mail.Message{
	To: "åsa.öberg@exempel-å.se", ID: "ntc_1", At: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), Language: "sv",
	Subject: "Någon frågar om ett godkännande i Kommunens bildarkiv, och ämnet är så långt att raden måste brytas",
	Text:    "Hej!\n.\n.. en rad som börjar med punkter\nFrom here\n" + strings.Repeat("å", 400) + "\n", HTML: "<!doctype html><p>Hej åäö = <b>nu</b></p>\n",
	Unsubscribe: "https://bilder.example.se/preferences",
}

func TestAMailArrivesAsItWasWritten(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		implicit bool
		security mail.Security
		hide     string
		user     string
		safe     bool
	}{
		"STARTTLS, AUTH PLAIN": {safe: true, user: mailtest.User},
		"STARTTLS, AUTH LOGIN": {safe: true, user: mailtest.User, hide: "PLAIN"},
		"TLS at once":          {implicit: true, security: mail.TLS, user: mailtest.User, safe: true},
		"plain, nobody":        {security: mail.Plain, hide: "STARTTLS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mailtest.Start(t, tt.implicit)
			s.Hide(tt.hide)
			from := sender(t, s, func(c *mail.Config) {
				c.Security = tt.security
				if c.User = tt.user; c.User == "" {
					c.Password = secret.Text{}
				}
			})
			called := 0
			if err := from.Send(t.Context(), letter, func() error { called++; return nil }); err != nil {
				t.Fatal(err)
			}
			got := s.Wait(1)[0]
			if called != 1 || got.From != "arkivet@bilder.example.se" || got.To != "åsa.öberg@xn--exempel--h0a.se" || got.Safe != tt.safe || got.User != tt.user {
				t.Errorf("%d, %+v", called, got)
			}
			same(t, got.Data)
		})
	}
}

// same reads a message with another reader and holds it against the letter.
func same(t *testing.T, data string) {
	t.Helper()
	for line := range strings.SplitSeq(data, "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("a line of %d bytes: %q", len(line), line)
		}
	}
	m, err := netmail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	words := new(mime.WordDecoder)
	head := func(name string) string {
		s, err := words.DecodeHeader(m.Header.Get(name))
		if err != nil {
			t.Error(err)
		}
		return s
	}
	from, err := m.Header.AddressList("From")
	if err != nil || from[0].Name != "Kommunens bildarkiv på nätet" || from[0].Address != "arkivet@bilder.example.se" {
		t.Error(from, err)
	}
	if at, err := m.Header.Date(); err != nil || !at.Equal(letter.At) {
		t.Error(at, err)
	}
	if diff := cmp.Diff([]string{letter.Subject, "<ntc_1@bilder.example.se>", "auto-generated", "sv", "<https://bilder.example.se/preferences>"},
		[]string{head("Subject"), head("Message-Id"), head("Auto-Submitted"), head("Content-Language"), head("List-Unsubscribe")}); diff != "" {
		t.Error(diff)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatal(kind, err)
	}
	r := multipart.NewReader(m.Body, params["boundary"])
	for _, want := range []struct{ kind, body string }{{"text/plain; charset=utf-8", letter.Text}, {"text/html; charset=utf-8", letter.HTML}} {
		p, err := r.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(string(b), "\r\n", "\n"); p.Header.Get("Content-Type") != want.kind || got != want.body {
			t.Errorf("%v: %s", p.Header, cmp.Diff(want.body, got))
		}
	}
}

func TestWhatTheServerSaysDecidesWhetherToTryAgain(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		verb, reply       string
		permanent, unsure bool
		code              int
		fault             string
		taken             int
	}{
		"no such mailbox":             {"RCPT", "550 5.1.1 who?", true, false, 550, "mail.refused", 0},
		"come back later":             {"RCPT", "451 4.7.1 greylisted", false, false, 451, "mail.deferred", 0},
		"too much, for the sender":    {"MAIL", "552 5.3.4 no", false, false, 552, "mail.deferred", 0},
		"no content":                  {"DATA", "554 5.7.1 no", true, false, 554, "mail.refused", 0},
		"busy at the end":             {".", "452 4.3.1 full", false, false, 452, "mail.deferred", 0},
		"refused at the end":          {".", "554 5.6.0 no", true, false, 554, "mail.refused", 0},
		"hangs up before":             {"RCPT", "drop", false, false, 0, "mail.unavailable", 0},
		"hangs up after the end":      {".", "drop", false, true, 0, "mail.unsure", 0},
		"takes it and hangs up":       {".", "keep and drop", false, true, 0, "mail.unsure", 1},
		"does not know our password":  {"AUTH", "535 5.7.8 no", false, false, 535, "mail.sign_in", 0},
		"refuses STARTTLS":            {"STARTTLS", "454 4.7.0 not now", false, false, 454, "mail.tls", 0},
		"closes the door at the door": {"EHLO", "421 4.3.2 closing", false, false, 421, "mail.deferred", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mailtest.Start(t, false)
			s.Reply(tt.verb, tt.reply)
			from := sender(t, s, nil)
			err := from.Send(t.Context(), letter, nil)
			e, ok := errors.AsType[*mail.Error](err)
			if !ok || e.Permanent != tt.permanent || e.Unsure != tt.unsure || e.Code != tt.code || fault.CodeOf(e.Fault()) != tt.fault {
				t.Fatalf("%#v %v", e, err)
			}
			if strings.Contains(err.Error(), "sa.") || strings.Contains(e.Fault().Error(), "exempel") {
				t.Error("the error tells the address:", err)
			}
			if n := len(s.Mails()); n != tt.taken {
				t.Errorf("%d mails", n)
			}
			if tt.taken == 0 && !tt.permanent && !tt.unsure {
				if err := from.Send(t.Context(), letter, nil); err != nil || len(s.Wait(1)) != 1 {
					t.Error("another try:", err)
				}
			}
		})
	}
}

func TestNothingIsSaidOverAConnectionThatIsNotSafe(t *testing.T) {
	t.Parallel()
	s := mailtest.Start(t, false)
	s.Hide("STARTTLS")
	err := sender(t, s, nil).Send(t.Context(), letter, nil)
	if e, ok := errors.AsType[*mail.Error](err); !ok || e.Stage != "tls" || e.Permanent {
		t.Error("a server without STARTTLS:", err)
	}
	other := mailtest.Start(t, false) // another authority's certificate
	err = sender(t, s, func(c *mail.Config) { c.Port = other.Port }).Send(t.Context(), letter, nil)
	if e, ok := errors.AsType[*mail.Error](err); !ok || e.Stage != "tls" {
		t.Error("a certificate of nobody's:", err)
	}
	if len(s.Mails())+len(other.Mails()) != 0 {
		t.Error("mails were sent")
	}
}

func TestWhoStopsItBeforeTheEndStopsIt(t *testing.T) {
	t.Parallel()
	s := mailtest.Start(t, false)
	from := sender(t, s, nil)
	mine := errors.New("not written down")
	if err := from.Send(t.Context(), letter, func() error { return mine }); !errors.Is(err, mine) {
		t.Error(err)
	}
	if err := from.Send(t.Context(), letter, nil); err != nil {
		t.Error(err)
	}
	if n := len(s.Wait(1)); n != 1 {
		t.Errorf("%d mails", n)
	}
}

func TestNobodyWritesHeadersByWayOfText(t *testing.T) {
	t.Parallel()
	s := mailtest.Start(t, false)
	from := sender(t, s, nil)
	for name, change := range map[string]func(*mail.Message){
		"subject":     func(m *mail.Message) { m.Subject = "Hej\r\nBcc: alla@example.se" },
		"address":     func(m *mail.Message) { m.To = "a@example.se>\r\nRCPT TO:<b@example.se" },
		"two":         func(m *mail.Message) { m.To = "a@example.se, b@example.se" },
		"name":        func(m *mail.Message) { m.To = "Eva <a@example.se>" },
		"quoted":      func(m *mail.Message) { m.To = `"a b"@example.se` },
		"language":    func(m *mail.Message) { m.Language = "sv\nX-A: b" },
		"unsubscribe": func(m *mail.Message) { m.Unsubscribe = "https://a>,<mailto:x@example.se" },
		"id":          func(m *mail.Message) { m.ID = "a>\nb" },
	} {
		m := letter
		change(&m)
		err := from.Send(t.Context(), m, nil)
		if e, ok := errors.AsType[*mail.Error](err); !ok || !e.Permanent || fault.CodeOf(e.Fault()) != "mail.refused" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.Connections() != 0 {
		t.Error("somebody connected for that")
	}
	if _, err := mail.New(mail.Config{From: "a@example.se\r\nX: y"}); err == nil {
		t.Error("a sender that is none")
	}
	if _, err := mail.New(mail.Config{From: "a@example.se", FromName: "A\nX: y"}); err == nil {
		t.Error("a sender's name that is none")
	}
}

func TestAServerWithoutUTF8GetsNoSuchAddresses(t *testing.T) {
	t.Parallel()
	s := mailtest.Start(t, false)
	s.Hide("SMTPUTF8")
	from := sender(t, s, nil)
	err := from.Send(t.Context(), letter, nil)
	if e, ok := errors.AsType[*mail.Error](err); !ok || !e.Permanent {
		t.Error(err)
	}
	m := letter
	m.To = "asa@exempel-å.se" // the domain has a form in ASCII
	if err := from.Send(t.Context(), m, nil); err != nil {
		t.Error(err)
	}
}

func TestAServerThatFallsSilentIsNotWaitedForForLong(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	s := mailtest.Start(t, false)
	ctx, cancel := context.WithCancel(t.Context())
	from := sender(t, s, func(c *mail.Config) {
		c.Dial = func(context.Context, string, string) (net.Conn, error) {
			defer cancel()
			return net.Dial("tcp", l.Addr().String())
		}
	})
	if e, ok := errors.AsType[*mail.Error](from.Send(ctx, letter, nil)); !ok || e.Stage != "greet" || e.Unsure || e.Permanent {
		t.Errorf("%#v", e)
	}
	if err := sender(t, s, nil).Probe(t.Context()); err != nil {
		t.Error("probe:", err)
	}
}
