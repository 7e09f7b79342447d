// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"sync"

	"tillgang/internal/blob"
)

var copies = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}

// spool collects one part in a file of this machine, which has no name and so
// is gone with the process.
type spool struct {
	f   *os.File
	n   int64 // bytes in it
	sha hash.Hash
	crc hash.Hash32
}

func (s *Store) newSpool() (*spool, error) {
	f, err := os.CreateTemp(s.conf.Spool, "tillgang-part-")
	if err != nil {
		return nil, blob.Unavailable(err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, blob.Unavailable(errors.Join(err, f.Close()))
	}
	return &spool{f: f, sha: sha256.New(), crc: crc32.New(castagno)}, nil
}

// fill reads until the spool holds limit bytes or in has ended, which in knows.
// The error is one of this machine.
func (p *spool) fill(in *source, limit int64) error {
	buf := copies.Get().(*[]byte)
	defer copies.Put(buf)
	for p.n < limit && in.err == nil {
		b := (*buf)[:min(int64(len(*buf)), limit-p.n)]
		n, _ := in.Read(b)
		b = b[:n]
		if _, err := p.f.WriteAt(b, p.n); err != nil {
			return blob.Full(err)
		}
		_, _ = p.sha.Write(b)
		_, _ = p.crc.Write(b)
		p.n += int64(n)
	}
	return nil
}

// sums are the SHA-256 in hexadecimal digits and the CRC32C as S3 wants it.
func (p *spool) sums() (sha, crc string) {
	return hex.EncodeToString(p.sha.Sum(nil)), base64.StdEncoding.EncodeToString(p.crc.Sum(nil))
}

func (p *spool) reader() io.ReadSeeker { return io.NewSectionReader(p.f, 0, p.n) }

// reset empties the spool.
func (p *spool) reset() error {
	p.n = 0
	p.sha.Reset()
	p.crc.Reset()
	if err := p.f.Truncate(0); err != nil {
		return blob.Unavailable(err)
	}
	return nil
}

// close gives the file up; no spool has none.
func (p *spool) close() {
	if p != nil {
		_ = p.f.Close()
	}
}
