// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"
)

// past ends what is under way on a connection.
var past = time.Unix(1, 0)

// conversation is one connection with a server that has been greeted.
type conversation struct {
	conn net.Conn
	text *textproto.Conn
	can  map[string]string // extensions the server offers, with their parameters
	stop func() bool       // forgets the context
}

// open connects, makes the connection safe, and signs in.
func (s *Sender) open(ctx context.Context) (c *conversation, err error) {
	conn, err := s.cfg.Dial(ctx, "tcp", net.JoinHostPort(s.cfg.Host, strconv.Itoa(s.cfg.Port)))
	if err != nil {
		return nil, &Error{Stage: "connect", Err: err}
	}
	if until, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(until)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(past) })
	defer func() {
		if err != nil {
			stop()
			_ = conn.Close()
		}
	}()
	if s.cfg.Security == TLS {
		if conn, err = s.shield(ctx, conn); err != nil {
			return nil, err
		}
	}
	c = &conversation{conn: conn, text: textproto.NewConn(conn), stop: stop}
	if _, _, err := c.text.ReadResponse(220); err != nil {
		return nil, failed("greet", err)
	}
	if err := c.hello(s.cfg.Hello); err != nil {
		return nil, err
	}
	if s.cfg.Security == StartTLS {
		if err := c.startTLS(ctx, s); err != nil {
			return nil, err
		}
	}
	if s.cfg.User != "" {
		if err := c.auth(s.cfg.User, s.cfg.Password.Reveal()); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (s *Sender) shield(ctx context.Context, conn net.Conn) (net.Conn, error) {
	cfg, err := s.cfg.TLS()
	if err != nil {
		return conn, &Error{Stage: "connect", Err: err}
	}
	safe := tls.Client(conn, cfg)
	if err := safe.HandshakeContext(ctx); err != nil {
		return conn, &Error{Stage: "tls", Err: err}
	}
	return safe, nil
}

// startTLS turns the connection into a safe one. What was said before counts
// for nothing after.
func (c *conversation) startTLS(ctx context.Context, s *Sender) error {
	if !c.has("STARTTLS") {
		return &Error{Stage: "tls", Err: errors.New("the server does not offer STARTTLS")}
	}
	if err := c.say("tls", 220, "STARTTLS"); err != nil {
		return err
	}
	if c.text.R.Buffered() > 0 {
		return &Error{Stage: "tls", Err: errors.New("somebody put words between the server's reply and TLS")}
	}
	safe, err := s.shield(ctx, c.conn)
	if err != nil {
		return err
	}
	c.conn, c.text = safe, textproto.NewConn(safe)
	return c.hello(s.cfg.Hello)
}

// hello introduces us and learns what the server can.
func (c *conversation) hello(name string) error {
	id, err := c.text.Cmd("EHLO %s", name)
	if err != nil {
		return &Error{Stage: "greet", Err: err}
	}
	c.text.StartResponse(id)
	defer c.text.EndResponse(id)
	_, lines, err := c.text.ReadResponse(250)
	if err != nil {
		return failed("greet", err)
	}
	c.can = map[string]string{}
	for i, line := range strings.Split(lines, "\n") {
		if word, rest, _ := strings.Cut(line, " "); i > 0 {
			c.can[strings.ToUpper(word)] = rest
		}
	}
	return nil
}

func (c *conversation) has(extension string) bool { _, ok := c.can[extension]; return ok }

// auth signs in with what both sides know: PLAIN (RFC 4616), else LOGIN.
func (c *conversation) auth(user, password string) error {
	offered := strings.Fields(strings.ToUpper(c.can["AUTH"]))
	offers := func(way string) bool {
		return slices.Contains(offered, way)
	}
	b64 := base64.StdEncoding.EncodeToString
	switch {
	case offers("PLAIN"):
		return c.say("auth", 235, "AUTH PLAIN "+b64([]byte("\x00"+user+"\x00"+password)))
	case offers("LOGIN"):
		if err := c.say("auth", 334, "AUTH LOGIN"); err != nil {
			return err
		}
		if err := c.say("auth", 334, b64([]byte(user))); err != nil {
			return err
		}
		return c.say("auth", 235, b64([]byte(password)))
	}
	return &Error{Stage: "auth", Err: errors.New("the server offers neither AUTH PLAIN nor AUTH LOGIN")}
}

// say sends a line and expects a reply of the code, or of those that begin so.
func (c *conversation) say(stage string, want int, line string) error {
	id, err := c.text.Cmd("%s", line)
	if err != nil {
		return &Error{Stage: stage, Err: err}
	}
	c.text.StartResponse(id)
	defer c.text.EndResponse(id)
	if _, _, err := c.text.ReadResponse(want); err != nil {
		return failed(stage, err)
	}
	return nil
}

// close says goodbye and does not wait for the answer: what mattered was
// acknowledged.
func (c *conversation) close() {
	c.stop()
	_, _ = c.text.Cmd("QUIT")
	_ = c.text.Close()
}
