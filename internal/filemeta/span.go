// SPDX-License-Identifier: Apache-2.0

package filemeta

import (
	"errors"
	"io"
)

// work bounds what one file may cost, and keeps the reader's error.
type work struct {
	left int64 // bytes that may still be read
	err  error
}

// span is a stretch of a file. All reading goes through it, so that no offset
// or length in a file can lead outside of it or cost more than the budget.
type span struct {
	r    io.ReaderAt
	at   int64
	size int64
	work *work
}

// maxBlock is the longest piece that is held in memory at once.
const maxBlock = 16 << 20

// sub returns the part of s from off, at most n long, cut to what there is.
func (s span) sub(off, n int64) span {
	if off < 0 || n <= 0 || off >= s.size {
		return span{r: s.r, work: s.work}
	}
	return span{r: s.r, at: s.at + off, size: min(n, s.size-off), work: s.work}
}

// bytes returns exactly n bytes at off, or nil.
func (s span) bytes(off, n int64) []byte {
	if off < 0 || n <= 0 || n > maxBlock || off > s.size-n || s.work.left < n || s.work.err != nil {
		return nil
	}
	s.work.left -= n + 64 // a read costs something however short it is
	b := make([]byte, n)
	if k, err := s.r.ReadAt(b, s.at+off); k < len(b) {
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			s.work.err = err
		}
		return nil
	}
	return b
}

// all returns the whole span, or nil when it is too long.
func (s span) all() []byte { return s.bytes(0, s.size) }

// text4 returns four bytes as text.
func (s span) text4(off int64) string { return string(s.bytes(off, 4)) }
