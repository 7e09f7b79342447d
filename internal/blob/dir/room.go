// SPDX-License-Identifier: Apache-2.0

package dir

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// stretch is how much of a file is written before the disk is asked to begin
// with it. Left alone, the kernel begins when it is told to end, and whoever
// sends waits for all of it.
const stretch = 8 << 20

// room is a file that is written, one byte behind the other. When the disk is
// full, files that are kept open are let go: some may be destroyed already, and
// hold space only by that.
type room struct {
	f         *os.File
	h         *hot
	at, begun int64 // where the next byte goes; until where the disk has begun
}

func (s *Store) room(f *os.File, at int64) io.Writer {
	return &room{f: f, h: &s.hot, at: at, begun: at}
}

// Write implements io.Writer.
func (r *room) Write(p []byte) (int, error) {
	n, err := r.f.Write(p)
	if err != nil && (errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)) && r.h.forget() {
		var more int
		more, err = r.f.Write(p[n:])
		n += more
	}
	r.at += int64(n)
	if whole := r.at &^ (stretch - 1); whole > r.begun {
		startWriting(r.f, r.begun, whole-r.begun)
		r.begun = whole
	}
	return n, err
}
