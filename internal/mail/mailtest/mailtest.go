// SPDX-License-Identifier: Apache-2.0

// Package mailtest is a mail server for tests, after RFC 5321, 3207 and 4954:
// it takes mails over a real connection and keeps them to be looked at. It can
// be told to refuse, to be busy and to fall silent.
package mailtest

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// Mail is one message that the server took.
type Mail struct {
	From, To string
	Data     string // as it came, dots taken off
	User     string // who had signed in
	Safe     bool   // over TLS
}

// Server is a mail server on this machine.
type Server struct {
	Port int
	CA   []byte // PEM: the authority of its certificate

	tb       testing.TB
	listener net.Listener
	tls      *tls.Config

	mu       sync.Mutex
	mails    []Mail
	refusals map[string][]string // verb → replies to give instead, the first first; "drop" hangs up
	hidden   map[string]bool     // extensions that are not offered
	seen     int                 // connections
	come     chan struct{}       // told of every mail
}

// User and Password are what AUTH takes.
const (
	User     = "tillgang"
	Password = "hemligt lösenord"
)

// Start starts a server. implicit: TLS from the first byte.
func Start(tb testing.TB, implicit bool) *Server {
	tb.Helper()
	s := &Server{tb: tb, refusals: map[string][]string{}, hidden: map[string]bool{}, come: make(chan struct{}, 1000)}
	s.certify()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s.listener, s.Port = l, l.Addr().(*net.TCPAddr).Port
	if implicit {
		l = tls.NewListener(l, s.tls)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.seen++
			s.mu.Unlock()
			all.Go(func() { s.serve(c, implicit) })
		}
	})
	tb.Cleanup(func() {
		_ = s.listener.Close()
		all.Wait()
	})
	return s
}

// certify gives the server a certificate of an authority of its own.
func (s *Server) certify() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.tb.Fatal(err)
	}
	of := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mailtest"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.tls = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

// Reply makes the next commands with the verb (EHLO, STARTTLS, AUTH, MAIL, RCPT,
// DATA, or "." for the end of a mail) get these replies; "drop" hangs up.
func (s *Server) Reply(verb string, replies ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusals[verb] = append(s.refusals[verb], replies...)
}

// Hide makes the server not offer an extension.
func (s *Server) Hide(extension string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hidden[extension] = true
}

// Mails returns what was taken so far.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Connections is how often somebody connected.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// Wait returns the mails once there are n of them; the test ends without them.
func (s *Server) Wait(n int) []Mail {
	s.tb.Helper()
	limit := time.After(time.Minute)
	for {
		if m := s.Mails(); len(m) >= n {
			return m
		}
		select {
		case <-s.come:
		case <-limit:
			s.tb.Fatalf("%d mails came, %d were awaited", len(s.Mails()), n)
		}
	}
}

// instead is what was ordered to be said instead of the usual.
func (s *Server) instead(verb string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.refusals[verb]
	if len(list) == 0 {
		return "", false
	}
	s.refusals[verb] = list[1:]
	return list[0], true
}

func (s *Server) offers(extension string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.hidden[extension]
}

func (s *Server) serve(c net.Conn, safe bool) {
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	r := bufio.NewReader(c)
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(c, format+"\r\n", args...) }
	line := func() string {
		l, err := r.ReadString('\n')
		if err != nil {
			return "QUIT"
		}
		return strings.TrimRight(l, "\r\n")
	}
	m := Mail{Safe: safe}
	say("220 mail.example.se ESMTP")
	for {
		whole := line()
		verb, rest, _ := strings.Cut(whole, " ")
		verb = strings.ToUpper(verb)
		if verb == "QUIT" {
			say("221 hej")
			return
		}
		if reply, ok := s.instead(verb); ok {
			if reply == "drop" {
				return
			}
			say("%s", reply)
			continue
		}
		switch verb {
		case "EHLO":
			say("250-mail.example.se")
			if !m.Safe && s.offers("STARTTLS") {
				say("250-STARTTLS")
			}
			var ways strings.Builder
			for _, w := range []string{"PLAIN", "LOGIN"} {
				if s.offers(w) {
					ways.WriteString(" " + w)
				}
			}
			if s.offers("SMTPUTF8") {
				say("250-SMTPUTF8")
			}
			say("250-AUTH%s", ways.String())
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go")
			t := tls.Server(c, s.tls)
			if t.Handshake() != nil {
				return
			}
			c, r, m = t, bufio.NewReader(t), Mail{Safe: true}
		case "AUTH":
			user, password := s.asked(rest, say, line)
			if user != User || password != Password {
				say("535 5.7.8 no")
				continue
			}
			m.User = user
			say("235 welcome")
		case "MAIL":
			m.From = between(rest)
			say("250 ok")
		case "RCPT":
			m.To = between(rest)
			say("250 ok")
		case "DATA":
			say("354 go on")
			var data strings.Builder
			for {
				l, err := r.ReadString('\n')
				if err != nil {
					return // a mail without its end is none
				}
				if l == ".\r\n" {
					break
				}
				data.WriteString(strings.TrimPrefix(l, "."))
			}
			reply, ordered := s.instead(".")
			if ordered && strings.HasPrefix(reply, "keep and ") { // as a server that loses the line after it took the mail
				reply = strings.TrimPrefix(reply, "keep and ")
				s.keep(m, data.String())
			}
			switch {
			case reply == "drop":
				return
			case ordered:
				say("%s", reply)
			default:
				s.keep(m, data.String())
				say("250 taken")
			}
		default:
			say("502 what?")
		}
	}
}

func (s *Server) keep(m Mail, data string) {
	m.Data = data
	s.mu.Lock()
	s.mails = append(s.mails, m)
	s.mu.Unlock()
	s.come <- struct{}{}
}

// asked reads a name and a password by AUTH.
func (s *Server) asked(rest string, say func(string, ...any), line func() string) (user, password string) {
	plain := func(b string) string { out, _ := base64.StdEncoding.DecodeString(b); return string(out) }
	way, first, _ := strings.Cut(rest, " ")
	if way == "PLAIN" {
		parts := strings.Split(plain(first), "\x00")
		if len(parts) != 3 {
			return "", ""
		}
		return parts[1], parts[2]
	}
	say("334 VXNlcm5hbWU6")
	user = plain(line())
	say("334 UGFzc3dvcmQ6")
	return user, plain(line())
}

func between(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}
