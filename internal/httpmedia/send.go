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

// Buffers that bytes are copied through where they do not leave from the kernel.
// Every stream begins with a small one. One that proves to be fast gets a large
// one: what copying from one connection to another costs, besides the bytes, is
// by the call and by the waking up.
var (
	small = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}
	large = sync.Pool{New: func() any { b := make([]byte, 1<<20); return &b }}
)

// A stream is fast if fastBytes pass within fastTime, and
// no longer when they take longer.
const (
	fastBytes = 16 << 20
	fastTime  = 250 * time.Millisecond
)

// ship returns the connection that can send body from the kernel, and what it is
// to send; nil if there is none.
func (d *door) ship(w http.ResponseWriter, r *http.Request, body blob.Reader) (*line, *shipment) {
	l := lineOf(r.Context())
	if l == nil || body.Size() == 0 || !l.carries(w) {
		return nil, nil
	}
	if b, ok := body.(blob.Filer); ok {
		if f, at, ok := b.File(); ok {
			return l, &shipment{file: f, at: at, left: body.Size(), now: d.Now, stall: d.Stall}
		}
	}
	return nil, nil
}

// send writes all of body's bytes as the answer, whose header w has. told, which
// may be nil, hears of each piece that has gone out and can end the answer.
func (d *door) send(w http.ResponseWriter, r *http.Request, body blob.Reader, told func(n int64) error) error {
	if l, s := d.ship(w, r, body); l != nil {
		s.told = told
		return l.send(w, s)
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
	pool := &small
	buf := pool.Get().(*[]byte)
	defer func() { pool.Put(buf) }()
	piece := len(*buf) // the most that is written at once
	since, passed := p.now(), 0
	for {
		n, err := r.Read(*buf)
		// What is fast fills the buffer in no time, also if it gives little at once, as
		// TLS does. What has become slow is not waited for.
		for pool == &large && err == nil && n < len(*buf) && p.now().Sub(since) <= fastTime {
			var more int
			more, err = r.Read((*buf)[n:])
			n += more
		}
		if err2 := p.write((*buf)[:n], &piece); err2 != nil {
			return err2
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		passed += n
		now, to := p.now(), &large
		if now.Sub(since) > fastTime {
			to = &small
		} else if passed < fastBytes {
			continue
		}
		if since, passed = now, 0; to != pool {
			pool.Put(buf)
			pool, buf = to, to.Get().(*[]byte)
			piece = len(*buf)
		}
	}
}

// write sends a part of the stream. The client may take its time for each piece.
func (p *post) write(part []byte, piece *int) error {
	for len(part) > 0 {
		start := p.now()
		_ = p.rc.SetWriteDeadline(start.Add(p.stall))
		n, err := p.w.Write(part[:min(len(part), *piece)])
		if err != nil {
			return fmt.Errorf("%w: %w", errGone, err)
		}
		part = part[n:]
		if took := p.now().Sub(start); took > time.Second { // a buffered connection must take a piece whole: let it be small
			*piece = max(16<<10, *piece/2)
		}
		if err := p.tell(int64(n)); err != nil {
			return err
		}
	}
	return nil
}
