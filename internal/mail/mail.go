// SPDX-License-Identifier: Apache-2.0

// Package mail hands messages to a mail server: RFC 5321 with STARTTLS or TLS
// from the first byte, AUTH PLAIN and LOGIN, and RFC 5322 messages with a text
// and an HTML part. It keeps nothing and repeats nothing: its errors say
// whether another try makes sense, and whether the message may have been taken
// although nobody heard the server say so.
package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"time"

	"tillgang/internal/fault"
	"tillgang/internal/secret"
)

// Security says how the connection is protected.
type Security int

// The ways. There is no "if the server can": who listens in between decides that.
const (
	StartTLS Security = iota // begins plain and must become TLS before anything is said
	TLS                      // from the first byte
	Plain                    // only for a server on this machine or in the organisation's own network
)

// Config is how to reach the server.
type Config struct {
	Host     string
	Port     int
	Security Security
	User     string      // empty: without AUTH
	Password secret.Text // of User
	From     string      // address that the messages come from
	FromName string      // shown beside it
	Hello    string      // this machine's name for EHLO; empty: localhost

	Dial    func(ctx context.Context, network, addr string) (net.Conn, error)
	TLS     func() (*tls.Config, error) // asked for each connection; unused when Plain
	Timeout time.Duration               // for one message; 0: a minute
}

// Sender sends messages, each over a connection of its own. It is safe for
// concurrent use.
type Sender struct {
	cfg  Config
	from string // as the envelope has it
}

// New returns a sender. It fails if the addresses cannot be ones.
func New(cfg Config) (*Sender, error) {
	from, _, err := envelope(cfg.From)
	if err != nil {
		return nil, fmt.Errorf("the sender's address: %w", err)
	}
	if !visible(cfg.FromName) {
		return nil, errors.New("the sender's name holds control characters")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = time.Minute
	}
	if cfg.Hello == "" {
		cfg.Hello = "localhost"
	}
	return &Sender{cfg, from}, nil
}

// Error says where a message stopped. It holds no address and nothing that the
// server said, which often repeats the address.
type Error struct {
	Stage     string // connect, greet, tls, auth, sender, recipient, content, message
	Code      int    // the server's reply; 0: it did not reply
	Permanent bool   // another try of this message to this address cannot go better
	Unsure    bool   // all was handed over and no reply came: the server may have taken it
	Err       error  // the cause without a reply; nil with one
}

// Error is for the log.
func (e *Error) Error() string {
	if e.Code != 0 {
		return fmt.Sprintf("mail server replied %d at %s", e.Code, e.Stage)
	}
	return fmt.Sprintf("mail at %s: %v", e.Stage, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Fault says it to people.
func (e *Error) Fault() error {
	f := &fault.Error{Kind: fault.Unavailable, Code: "mail.unavailable", Text: "The mail server cannot be reached, or is busy. The mail is tried again.", Err: e}
	switch {
	case e.Stage == "auth":
		f.Code, f.Text = "mail.sign_in", "The mail server does not accept the server's name and password. An operator must look at the configuration; then the mail is sent."
	case e.Stage == "tls":
		f.Code, f.Text = "mail.tls", "The connection to the mail server cannot be made safe, so nothing is sent. An operator must look at the server's certificate and the configuration."
	case e.Permanent:
		f.Kind, f.Code, f.Text = fault.Invalid, "mail.refused", "The mail server refuses mail to this address (reply "+strconv.Itoa(e.Code)+"). Correct the address, or ask whoever looks after the mail server."
		if e.Code == 0 {
			f.Text = "Mail cannot be sent to this address. Correct it."
		}
	case e.Unsure:
		f.Code, f.Text = "mail.unsure", "The connection broke while the mail server was taking this mail: it may have arrived. It is not sent twice."
	case e.Code != 0:
		f.Code, f.Text = "mail.deferred", "The mail server asks to be tried again later (reply "+strconv.Itoa(e.Code)+")."
	}
	return f
}

// Send hands one message to the server. just is called when everything has been
// sent but the end: once it has returned nil, the server may take the message,
// and only Send's own return says whether it did. If it fails, the message is
// not taken and its error is returned. just may be nil.
func (s *Sender) Send(ctx context.Context, m Message, just func() error) error {
	to, utf8, err := envelope(m.To)
	if err != nil {
		return &Error{Stage: "recipient", Permanent: true, Err: err}
	}
	body, err := s.compose(m)
	if err != nil {
		return &Error{Stage: "message", Permanent: true, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	c, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	if utf8 && !c.has("SMTPUTF8") {
		return &Error{Stage: "recipient", Permanent: true, Err: errors.New("the server takes no addresses beyond ASCII")}
	}
	mailFrom := "MAIL FROM:<" + s.from + ">"
	if utf8 {
		mailFrom += " SMTPUTF8"
	}
	if err := c.say("sender", 250, mailFrom); err != nil {
		return err
	}
	if err := c.say("recipient", 25, "RCPT TO:<"+to+">"); err != nil {
		return err
	}
	if err := c.say("content", 354, "DATA"); err != nil {
		return err
	}
	return c.data(body, just)
}

// Probe connects, signs in and leaves again.
func (s *Sender) Probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, min(s.cfg.Timeout, 15*time.Second))
	defer cancel()
	c, err := s.open(ctx)
	if err != nil {
		return err
	}
	c.close()
	return nil
}

// data sends a message after the server has asked for it.
func (c *conversation) data(body []byte, just func() error) error {
	w := c.text.DotWriter()
	if _, err := w.Write(body); err != nil {
		return &Error{Stage: "content", Err: err}
	}
	if err := c.text.W.Flush(); err != nil {
		return &Error{Stage: "content", Err: err}
	}
	if just != nil {
		if err := just(); err != nil {
			_ = c.conn.Close() // without its end the message is nothing
			return err
		}
	}
	if err := w.Close(); err != nil {
		return &Error{Stage: "content", Unsure: true, Err: err}
	}
	_, _, err := c.text.ReadResponse(250)
	if err == nil {
		return nil
	}
	e := failed("content", err)
	e.Unsure = e.Code == 0
	return e
}

// failed makes an Error of what reading a reply gave.
func failed(stage string, err error) *Error {
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		// What the server has against us is not the message's fault.
		ours := stage == "greet" || stage == "auth" || stage == "tls" || stage == "sender"
		return &Error{Stage: stage, Code: reply.Code, Permanent: reply.Code >= 500 && !ours}
	}
	return &Error{Stage: stage, Err: err}
}
