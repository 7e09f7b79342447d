// SPDX-License-Identifier: Apache-2.0

package blob

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
)

// FileReader is the Reader of plugs that keep blobs as local files.
type FileReader struct {
	f    *os.File
	at   int64 // of the next byte
	left int64
	size int64
	info Info
	done func() // gives a shared file back; nil: the file is ours
	once sync.Once
}

// NewFileReader returns a reader of the n bytes of f from offset and takes f
// over: it is closed with the reader.
func NewFileReader(f *os.File, info Info, offset, n int64) *FileReader {
	return &FileReader{f: f, at: offset, left: n, size: n, info: info}
}

// NewSharedFileReader is NewFileReader for a file that others read, too: done is
// called once, when the reader is closed.
func NewSharedFileReader(f *os.File, info Info, offset, n int64, done func()) *FileReader {
	return &FileReader{f: f, at: offset, left: n, size: n, info: info, done: done}
}

// Read gives the next bytes.
func (r *FileReader) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, io.EOF
	}
	n, err := r.f.ReadAt(p[:min(int64(len(p)), r.left)], r.at)
	r.at += int64(n)
	r.left -= int64(n)
	if n > 0 && errors.Is(err, io.EOF) { // told again by the next Read
		err = nil
	}
	return n, r.honest(err)
}

// WriteTo gives the remaining bytes to w, by sendfile if w is a network
// connection or net/http's response writer and the file is not shared.
func (r *FileReader) WriteTo(w io.Writer) (int64, error) {
	from := io.Reader(io.NewSectionReader(r.f, r.at, r.left))
	if r.done == nil {
		if _, err := r.f.Seek(r.at, io.SeekStart); err != nil {
			return 0, r.honest(err)
		}
		from = &io.LimitedReader{R: r.f, N: r.left}
	}
	n, err := io.Copy(w, from)
	r.at += n
	r.left -= n
	if err == nil && r.left > 0 {
		return n, r.honest(io.EOF)
	}
	return n, err
}

// honest turns a file that ends too soon or cannot be read into a fault.
func (r *FileReader) honest(err error) error {
	switch {
	case err == nil || errors.Is(err, io.EOF) && r.left == 0:
		return err
	case errors.Is(err, io.EOF):
		return Unavailable(io.ErrUnexpectedEOF)
	case errors.Is(err, fs.ErrClosed):
		return err
	}
	return Unavailable(err)
}

// Size is the number of bytes that the reader gives in all.
func (r *FileReader) Size() int64 { return r.size }

// Info is that of the whole blob.
func (r *FileReader) Info() Info { return r.info }

// File returns the open file; see Filer.
func (r *FileReader) File() (*os.File, int64, bool) { return r.f, r.at, true }

// Close closes the file, or gives it back.
func (r *FileReader) Close() error {
	if r.done == nil {
		return r.f.Close()
	}
	r.once.Do(r.done)
	return nil
}
