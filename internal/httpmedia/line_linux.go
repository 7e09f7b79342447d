// SPDX-License-Identifier: Apache-2.0

package httpmedia

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"tillgang/internal/blob"
)

// Listener returns l with connections on which an answer's header leaves
// together with the file that follows it, in one call to the kernel each, and
// files leave from the kernel. A server that has them needs ConnContext, too;
// on one that has not, or behind TLS, files are copied.
func Listener(l net.Listener) net.Listener { return lines{l, nil} }

// ConnContext is for http.Server.ConnContext, see Listener.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	if l, ok := c.(*line); ok {
		return context.WithValue(ctx, lineKey{}, l)
	}
	return ctx
}

type lineKey struct{}

func lineOf(ctx context.Context) *line {
	l, _ := ctx.Value(lineKey{}).(*line)
	return l
}

type lines struct {
	net.Listener
	sent *atomic.Int64 // counts what leaves from the kernel; may be nil
}

// Accept waits for the next connection.
func (l lines) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return c, nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return c, nil //nolint:nilerr // it works without, too
	}
	out := &line{TCPConn: tcp, raw: raw, sent: l.sent}
	out.push = out.pushed // once, and not for each answer
	return out, nil
}

// line is a connection that can hold back what net/http writes, a header, until
// it goes out with the first bytes of the file. Only one goroutine writes to it.
type line struct {
	*net.TCPConn
	raw  syscall.RawConn
	push func(fd uintptr) bool
	sent *atomic.Int64

	brief          bool // the request under way is for a rendition
	rtimed, wtimed atomic.Bool

	holds bool
	held  []byte
	skip  int // bytes of held that have gone out

	s      *shipment // under way
	waited bool      // until the client took something
	armed  time.Time // when the deadline was set; zero: there is none
	missed bool      // the deadline passed
	err    error
}

// brieflyAsked is what requests for renditions begin with.
const brieflyAsked = http.MethodGet + " " + renditionPath

// Read gives what the client sends. While a request is answered, net/http reads one
// byte on the side, so as to end the request's context when the client goes: a
// system call, a goroutine that waits and one that waits for it to be woken up. A
// rendition is sent in less than that takes, and whether its client has gone shows
// by its not being able to be sent.
func (c *line) Read(p []byte) (int, error) {
	if len(p) == 1 {
		if c.brief {
			return 0, nil
		}
		return c.TCPConn.Read(p)
	}
	n, err := c.TCPConn.Read(p)
	c.brief = n > len(brieflyAsked) && string(p[:len(brieflyAsked)]) == brieflyAsked
	return n, err
}

// SetReadDeadline sets a deadline, or takes it away, if there is one: net/http does
// so up to four times for a request, and it is no small thing.
func (c *line) SetReadDeadline(t time.Time) error {
	if set := !t.IsZero(); c.rtimed.Swap(set) || set {
		return c.TCPConn.SetReadDeadline(t)
	}
	return nil
}

// SetWriteDeadline is SetReadDeadline for Write.
func (c *line) SetWriteDeadline(t time.Time) error {
	if set := !t.IsZero(); c.wtimed.Swap(set) || set {
		return c.TCPConn.SetWriteDeadline(t)
	}
	return nil
}

// SetDeadline is both.
func (c *line) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// Write sends p, or holds it back.
func (c *line) Write(p []byte) (int, error) {
	if c.holds {
		c.held = append(c.held, p...)
		return len(p), nil
	}
	return c.TCPConn.Write(p)
}

// ReadFrom sends what r gives; net/http calls it with what its own ReadFrom was
// called with.
func (c *line) ReadFrom(r io.Reader) (int64, error) {
	if s, ok := r.(*shipment); ok && c.holds {
		return c.ship(s)
	}
	if err := c.release(); err != nil {
		return 0, err
	}
	return c.TCPConn.ReadFrom(r)
}

// release ends holding, and sends what was held and has not gone out.
func (c *line) release() (err error) {
	c.holds = false
	if c.skip < len(c.held) {
		_, err = c.TCPConn.Write(c.held[c.skip:])
	}
	c.held, c.skip = c.held[:0], 0
	return err
}

// carries reports whether w is a writer of net/http's that leads to this connection.
func (*line) carries(w http.ResponseWriter) bool {
	_, ok1 := w.(http.Flusher)
	_, ok2 := w.(io.ReaderFrom)
	return ok1 && ok2
}

// send is the whole answer: the header that w has and the lines that s adds to it,
// and the file's bytes. The line carries w.
func (c *line) send(w http.ResponseWriter, s *shipment) error {
	s.heard = s.now()
	c.holds = true
	w.(http.Flusher).Flush() // the header: into c.held
	if whole := len(c.held) - len(lineEnd); s.header != "" && whole > 0 {
		c.held = append(append(c.held[:whole], s.header...), lineEnd...)
	}
	_, err := w.(io.ReaderFrom).ReadFrom(s)
	if err2 := c.release(); err == nil && err2 != nil {
		err = fmt.Errorf("%w: %w", errGone, err2)
	}
	return err
}

const lineEnd = "\r\n"

// ship sends what was held, and the shipment.
func (c *line) ship(s *shipment) (n int64, err error) {
	c.s, c.err, c.waited, c.missed = s, nil, false, false
	defer func() {
		c.s, c.holds = nil, false
		c.held, c.skip = c.held[:0], 0
	}()
	for c.skip < len(c.held) || s.left > 0 {
		before := s.left
		err = c.raw.Write(c.push)
		n += before - s.left
		if !c.armed.IsZero() {
			_ = c.SetWriteDeadline(time.Time{})
			c.armed = time.Time{}
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && !c.missed:
			// The kernel calls only when a third of its buffer has become free, and
			// that can take a slow client long: see whether any has.
			c.missed = true
			continue
		case err != nil:
			return n, fmt.Errorf("%w: %w", errGone, err)
		case errors.Is(c.err, io.ErrUnexpectedEOF):
			return n, blob.Unavailable(c.err)
		case c.err != nil:
			return n, fmt.Errorf("%w: %w", errGone, c.err)
		}
		if err := s.hear(); err != nil {
			return n, err
		}
	}
	return n, nil
}

// pushed gives the kernel what it takes, and reports whether it is enough for
// now; if not, it wants to be called again when the client has taken some.
func (c *line) pushed(fd uintptr) bool {
	s := c.s
	if c.waited && s.due() {
		c.waited = false
		return true
	}
	c.waited = false
	for c.skip < len(c.held) {
		n, err := syscall.SendmsgN(int(fd), c.held[c.skip:], nil, nil, syscall.MSG_MORE|syscall.MSG_NOSIGNAL)
		c.skip += max(n, 0)
		if err == syscall.EAGAIN {
			return c.wait(n > 0)
		}
		if err != nil && err != syscall.EINTR {
			c.err = err
			return true
		}
	}
	from, moved := int(s.file.Fd()), false
	for s.left > 0 && s.unheard < largest {
		n, err := syscall.Sendfile(int(fd), from, &s.at, int(min(s.left, largest)))
		if n > 0 { // the kernel moves s.at
			s.left -= int64(n)
			s.unheard += int64(n)
			moved = true
			if c.sent != nil {
				c.sent.Add(int64(n))
			}
		}
		switch {
		case n > 0, err == syscall.EINTR:
		case err == syscall.EAGAIN:
			if s.due() {
				return true
			}
			return c.wait(moved)
		case err != nil:
			c.err = err
			return true
		default:
			c.err = io.ErrUnexpectedEOF
			return true
		}
	}
	return true
}

// wait sets the time until which the client must take something. After a missed
// one it must have taken something already.
func (c *line) wait(moved bool) bool {
	if c.missed && !moved {
		c.err = os.ErrDeadlineExceeded
		return true
	}
	c.waited, c.missed = true, false
	if now := c.s.now(); now.Sub(c.armed) > c.s.stall/8 {
		_ = c.SetWriteDeadline(now.Add(c.s.stall))
		c.armed = now
	}
	return false
}

// shipment is the bytes of a file that follow a header.
type shipment struct {
	file     *os.File
	at, left int64
	now      func() time.Time
	stall    time.Duration
	told     func(int64) error // may be nil
	header   string            // whole lines of the header that net/http need not know

	unheard int64 // bytes that told has not heard of
	heard   time.Time
}

// due reports whether told should hear of what has gone out.
func (s *shipment) due() bool { return s.told != nil && s.now().Sub(s.heard) >= time.Second }

func (s *shipment) hear() error {
	n := s.unheard
	s.unheard = 0
	if s.told == nil {
		return nil
	}
	s.heard = s.now()
	return s.told(n)
}

// Read makes it a reader for net/http, which never calls it.
func (s *shipment) Read(p []byte) (int, error) {
	n, err := s.file.ReadAt(p[:min(int64(len(p)), s.left)], s.at)
	s.at += int64(n)
	s.left -= int64(n)
	if s.left == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}
