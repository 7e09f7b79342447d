// SPDX-License-Identifier: Apache-2.0

package httpmedia

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"tillgang/internal/blob"
)

// largest is how many bytes of a file may leave before they are accounted for; of
// a slow client's, each second's are.
const largest = 8 << 20

// errGone says that the client has gone or takes nothing any more.
var errGone = errors.New("the client has gone")

var buffers = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}

// send writes all of body's bytes as the answer, whose header w has. told, which
// may be nil, hears of each piece that has gone out and can end the answer.
func (d *door) send(w http.ResponseWriter, r *http.Request, body blob.Reader, told func(n int64) error) error {
	if l := lineOf(r.Context()); l != nil && body.Size() > 0 {
		if b, ok := body.(blob.Filer); ok {
			if f, at, ok := b.File(); ok {
				if done, err := l.send(w, &shipment{file: f, at: at, left: body.Size(), now: d.Now, stall: d.Stall, told: told}); done {
					return err
				}
			}
		}
	}
	p := &post{w: w, rc: http.NewResponseController(w), now: d.Now, stall: d.Stall, told: told}
	defer func() { _ = p.rc.SetWriteDeadline(time.Time{}) }()
	return p.stream(body)
}

// post brings what a reader gives to one client.
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
