// SPDX-License-Identifier: Apache-2.0

package blob

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// FileReader is the Reader of plugs that keep blobs as local files.
type FileReader struct {
	f    *os.File
	left int64
	size int64
	info Info
}

// NewFileReader returns a reader of the n bytes of f from offset and takes f
// over: it is closed with the reader, or at once if an error is returned.
func NewFileReader(f *os.File, info Info, offset, n int64) (*FileReader, error) {
	if offset > 0 {
		if _, err := f.Seek(offset, io.SeekStart); err != nil {
			_ = f.Close()
			return nil, Unavailable(err)
		}
	}
	return &FileReader{f: f, left: n, size: n, info: info}, nil
}

// Read gives the next bytes.
func (r *FileReader) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, io.EOF
	}
	n, err := r.f.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	return n, r.honest(err)
}

// WriteTo gives the remaining bytes to w, by sendfile if w is a network
// connection or net/http's response writer.
func (r *FileReader) WriteTo(w io.Writer) (int64, error) {
	l := &io.LimitedReader{R: r.f, N: r.left}
	n, err := io.Copy(w, l)
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
func (r *FileReader) File() (*os.File, bool) { return r.f, true }

// Close closes the file.
func (r *FileReader) Close() error { return r.f.Close() }
