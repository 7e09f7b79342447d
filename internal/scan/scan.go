// SPDX-License-Identifier: Apache-2.0

// Package scan asks a ClamAV daemon whether a file is known to be harmful.
//
// It speaks clamd's own protocol (clamd(8), section COMMANDS): INSTREAM sends
// the bytes over the connection, so that the daemon needs no access to the
// storage, and VERSION says how old its signatures are.
//
// clamd refuses streams that are longer than its StreamMaxLength. A longer
// file is sent in windows that overlap, and the verdict says that it was
// scanned in parts: what only shows in the whole (an archive's list at its end)
// may be missed then.
package scan

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"tillgang/internal/fault"
)

// Codes of faults.
const (
	CodeUnavailable = "scan.unavailable" // Unavailable: the scanner cannot be reached or gave no verdict
	CodeLimit       = "scan.limit"       // Unavailable: the scanner takes shorter streams than it is sent
)

// Overlap is how many bytes two windows of a long file have in common: more
// than the longest signature.
const Overlap = 1 << 20

const (
	defaultWindow = 100 << 20 // clamd's own StreamMaxLength since version 1.0
	chunk         = 64 << 10
	idle          = 2 * time.Minute // for one step; a big archive keeps the daemon busy
)

// Scanner asks one daemon. It is safe for concurrent use.
type Scanner struct {
	dial   func(ctx context.Context) (net.Conn, error)
	window int64
}

// New returns a scanner that reaches its daemon by dial. window is the most
// bytes sent in one stream, and must not be over the daemon's StreamMaxLength;
// 0 means 100 MiB, clamd's default.
func New(dial func(ctx context.Context) (net.Conn, error), window int64) *Scanner {
	if window <= 0 {
		window = defaultWindow
	}
	return &Scanner{dial: dial, window: max(window, 2*Overlap)}
}

// Verdict is what the scanner said.
type Verdict struct {
	Found  string // the signature's name; empty: nothing was found
	Partly bool   // the file was longer than one window and was scanned in parts
}

// Scan sends all of r. An error of r is returned wrapped; anything that keeps
// the daemon from a verdict is CodeUnavailable or CodeLimit: then nothing is
// known about the file.
func (s *Scanner) Scan(ctx context.Context, r io.Reader) (Verdict, error) {
	in := bufio.NewReaderSize(r, chunk)
	var v Verdict
	var tail []byte // the end of the window before
	for {
		w, err := s.stream(ctx, tail, in)
		if err != nil || w.found != "" {
			v.Found = w.found
			return v, err
		}
		if _, err := in.Peek(1); errors.Is(err, io.EOF) {
			return v, nil
		} else if err != nil {
			return v, fmt.Errorf("scan: %w", err)
		}
		if w.sent == 0 {
			return v, unavailable(errors.New("nothing could be sent"))
		}
		v.Partly, tail = true, w.last
	}
}

// stretch is what was scanned at once.
type stretch struct {
	found string // the signature's name, if any
	sent  int64  // bytes of the file
	last  []byte // its end, which the next stretch begins with
}

// stream sends head and then as much of in as fits in one window.
func (s *Scanner) stream(ctx context.Context, head []byte, in io.Reader) (stretch, error) {
	var seen stretch
	c, stop, err := s.connect(ctx)
	if err != nil {
		return seen, err
	}
	defer stop()
	if _, err := c.Write([]byte("zINSTREAM\x00")); err != nil {
		return seen, unavailable(err)
	}
	w := &sender{c: c}
	w.send(head)
	from := &source{r: io.LimitReader(in, s.window-int64(len(head)))}
	buf := make([]byte, chunk)
	for w.err == nil {
		n, err := io.ReadFull(from, buf)
		w.send(buf[:n])
		seen.sent += int64(n)
		seen.last = append(seen.last, buf[:n]...)
		if over := len(seen.last) - Overlap; over > chunk*16 {
			seen.last = append(seen.last[:0], seen.last[over:]...)
		}
		if from.err != nil {
			return seen, fmt.Errorf("scan: %w", from.err)
		}
		if err != nil {
			break
		}
	}
	w.end()
	// The daemon may have answered and closed before it had everything, when
	// the stream is over its limit: its answer counts more than our error.
	answer, err := reply(c)
	if err != nil {
		return seen, unavailable(errors.Join(w.err, err))
	}
	seen.found, err = understand(answer)
	if over := len(seen.last) - Overlap; over > 0 {
		seen.last = seen.last[over:]
	}
	return seen, err
}

// source remembers an error of the file, which is not the daemon's.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// sender writes chunks as INSTREAM wants them: length, then bytes; the length
// zero ends the stream.
type sender struct {
	c   net.Conn
	err error
}

func (w *sender) send(p []byte) {
	for len(p) > 0 && w.err == nil {
		n := min(len(p), chunk)
		head := binary.BigEndian.AppendUint32(nil, uint32(n))
		w.extend()
		_, w.err = (&net.Buffers{head, p[:n]}).WriteTo(w.c)
		p = p[n:]
	}
}

func (w *sender) end() {
	if w.err == nil {
		w.extend()
		_, w.err = w.c.Write([]byte{0, 0, 0, 0})
	}
}

func (w *sender) extend() { _ = w.c.SetDeadline(deadline()) }

func deadline() time.Time {
	return time.Now().Add(idle) //nolint:forbidigo // a connection's patience, not a time that is kept
}

// reply reads the answer, which ends with a zero byte.
func reply(c net.Conn) (string, error) {
	_ = c.SetDeadline(deadline())
	b, err := bufio.NewReaderSize(io.LimitReader(c, 4096), 4096).ReadString(0)
	if err != nil && (b == "" || !errors.Is(err, io.EOF)) {
		return "", err
	}
	return strings.TrimRight(b, "\x00\n"), nil
}

func understand(answer string) (found string, err error) {
	text := strings.TrimPrefix(answer, "stream: ")
	switch {
	case text == "OK":
		return "", nil
	case strings.HasSuffix(text, " FOUND"):
		return strings.TrimSuffix(text, " FOUND"), nil
	case strings.Contains(text, "size limit exceeded"):
		return "", &fault.Error{
			Kind: fault.Unavailable, Code: CodeLimit, Err: errors.New(answer),
			Text: "The virus scanner takes shorter streams than it was sent. An operator must make its StreamMaxLength larger or the server's window for scanning smaller.",
		}
	default:
		return "", unavailable(fmt.Errorf("the scanner answered %q", answer))
	}
}

// Version is what the daemon says of itself and its signatures.
func (s *Scanner) Version(ctx context.Context) (string, error) {
	c, stop, err := s.connect(ctx)
	if err != nil {
		return "", err
	}
	defer stop()
	if _, err := c.Write([]byte("zVERSION\x00")); err != nil {
		return "", unavailable(err)
	}
	v, err := reply(c)
	if err != nil {
		return "", unavailable(err)
	}
	return v, nil
}

// connect returns a connection that ends with ctx; stop closes it.
func (s *Scanner) connect(ctx context.Context) (net.Conn, func(), error) {
	c, err := s.dial(ctx)
	if err != nil {
		return nil, nil, unavailable(err)
	}
	_ = c.SetDeadline(deadline())
	free := context.AfterFunc(ctx, func() { _ = c.Close() })
	return c, func() { free(); _ = c.Close() }, nil
}

func unavailable(err error) error {
	return &fault.Error{
		Kind: fault.Unavailable, Code: CodeUnavailable, RetryAfter: 30, Err: err,
		Text: "The virus scanner cannot be reached or gave no verdict. Files wait until it does.",
	}
}
