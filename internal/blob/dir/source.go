// SPDX-License-Identifier: Apache-2.0

package dir

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
)

// source ends with ctx and remembers the reader's own error, to tell it from
// one of the disk.
type source struct {
	ctx context.Context
	r   io.Reader
	err error

	stop atomic.Bool // nobody wants more
}

// Read fills p: forms and networks give a few thousand bytes at a time, and
// what is written costs by the call.
func (s *source) Read(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		if err = s.ctx.Err(); err != nil || s.stop.Load() {
			break
		}
		var more int
		if more, err = s.r.Read(p[n:]); more == 0 && err == nil {
			break // whoever reads decides how long to go on with nothing
		}
		n += more
	}
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// copyTo writes at most so many bytes, reading the next while the last are
// written: whoever reads hashes, too. When it returns nobody reads any more. The
// error is of writing; that of reading is in err.
func (s *source) copyTo(to io.Writer, limit int64) (n int64, err error) {
	const ahead = 2 // one is read, one written
	empty, full := make(chan *[]byte, ahead), make(chan []byte, ahead)
	var all [ahead]*[]byte
	for i := range all {
		all[i] = buffers.Get().(*[]byte)
		empty <- all[i]
	}
	defer func() {
		for _, b := range all {
			buffers.Put(b)
		}
	}()
	go func() {
		defer close(full)
		for left := limit; left > 0 && !s.stop.Load(); {
			b := <-empty
			k, err := s.Read((*b)[:min(int64(len(*b)), left)])
			left -= int64(k)
			if full <- (*b)[:k]; err != nil {
				return
			}
		}
	}()
	for i := 0; ; i++ {
		b, more := <-full
		if !more {
			return n, err
		}
		if err == nil {
			var k int
			k, err = to.Write(b)
			n += int64(k)
			s.stop.Store(err != nil)
		}
		empty <- all[i%ahead] // they come in turn
	}
}
