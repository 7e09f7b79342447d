// SPDX-License-Identifier: Apache-2.0

package httpmedia

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"tillgang/internal/blob"
)

// Sizes of the pieces between which a stream is accounted for. They follow the
// client's speed, so that a piece takes about a second.
const (
	smallest = 64 << 10
	first    = 1 << 20
	largest  = 8 << 20
)

// errGone says that the client has gone or takes nothing any more.
var errGone = errors.New("the client has gone")

var buffers = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}

// send writes all of body's bytes as the answer. told, which may be nil, hears
// of each piece that has gone out and can end the answer.
func (d *door) send(c *gin.Context, body blob.Reader, told func(n int64) error) error {
	c.Writer.WriteHeaderNow()
	// Gin's writer hides the connection's ReadFrom, and with it sendfile.
	w := c.Writer.(interface{ Unwrap() http.ResponseWriter }).Unwrap()
	p := &post{w: w, rc: http.NewResponseController(w), now: d.Now, stall: d.Stall, told: told}
	defer func() { _ = p.rc.SetWriteDeadline(time.Time{}) }()
	if r, ok := body.(blob.Filer); ok {
		if f, ok := r.File(); ok {
			if to, ok := w.(io.ReaderFrom); ok {
				return p.file(to, f, body.Size())
			}
		}
	}
	return p.stream(body)
}

// post brings bytes to one client.
type post struct {
	w     io.Writer
	rc    *http.ResponseController
	now   func() time.Time
	stall time.Duration
	told  func(int64) error
}

func (p *post) tell(n int64) error {
	if p.told == nil || n == 0 {
		return nil
	}
	return p.told(n)
}

// file sends a file's next left bytes from the kernel.
func (p *post) file(to io.ReaderFrom, f *os.File, left int64) error {
	piece := left
	if p.told != nil {
		piece = first
	}
	for left > 0 {
		start := p.now()
		_ = p.rc.SetWriteDeadline(start.Add(p.stall))
		l := &io.LimitedReader{R: f, N: min(piece, left)}
		n, err := to.ReadFrom(l)
		left -= n
		if err := p.tell(n); err != nil {
			return err
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && n > 0: // slow, but alive
			piece = max(smallest, piece/8)
		case err != nil:
			return fmt.Errorf("%w: %w", errGone, err)
		case n == 0:
			return blob.Unavailable(io.ErrUnexpectedEOF)
		case p.told != nil:
			piece = next(piece, p.now().Sub(start))
		}
	}
	return nil
}

func next(piece int64, took time.Duration) int64 {
	switch {
	case took > time.Second:
		return max(smallest, piece/2)
	case took < time.Second/4:
		return min(largest, piece*2)
	}
	return piece
}

// stream sends what a reader gives, through a buffer.
func (p *post) stream(r io.Reader) error {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	piece := int64(len(*buf))
	for {
		n, err := r.Read(*buf)
		for part := (*buf)[:n]; len(part) > 0; {
			start := p.now()
			_ = p.rc.SetWriteDeadline(start.Add(p.stall))
			m, err := p.w.Write(part[:min(int64(len(part)), piece)])
			if err != nil {
				return fmt.Errorf("%w: %w", errGone, err)
			}
			part = part[m:]
			if took := p.now().Sub(start); took > time.Second { // a buffered connection must take a piece whole: let it be small
				piece = max(16<<10, piece/2)
			}
			if err := p.tell(int64(m)); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
