// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"sync"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"

	"tillgang/internal/blob"
	"tillgang/internal/fault"
)

const (
	partSize = 8 << 20 // of a multipart upload; doubled until maxParts suffice
	maxParts = 9500    // the protocol's limit is 10,000

	// markHeader marks an object with the Put that made it, so that a Put
	// whose answer was lost can tell its own object from another's.
	markHeader = "X-Amz-Meta-Tillgang-Put"
	markName   = "Tillgang-Put"
)

var (
	parts    = sync.Pool{New: func() any { b := make([]byte, partSize); return &b }}
	castagno = crc32.MakeTable(crc32.Castagnoli)
)

// sizeOfParts is the part size for a blob of the size; -1 is unknown. Parts
// are equal because some servers insist on it.
func sizeOfParts(size int64) int64 {
	p := int64(partSize)
	for size > p*maxParts {
		p *= 2
	}
	return p
}

// Put stores r under a new key; see blob.Store. A blob of up to 8 MiB is one
// PUT; a larger one a multipart upload of equal parts, of which at most three
// are under way. A stream of unknown size may have 74 GiB. After
// storage.unavailable the blob may be there nevertheless if the server fell
// silent in the very moment of storing it.
func (s *Store) Put(ctx context.Context, key blob.Key, r io.Reader, size int64) (blob.Info, error) {
	if err := key.Valid(); err != nil {
		return blob.Info{}, err
	}
	if err := ctx.Err(); err != nil {
		return blob.Info{}, err
	}
	part := sizeOfParts(size)
	in := &chunks{ctx: ctx, r: r, size: size}
	buf, free := s.buffer(part, size)
	defer free()
	n, err := in.next(buf)
	if err != nil {
		return blob.Info{}, err
	}
	p := &put{s: s, key: key, token: rand.Text()}
	if in.end {
		err = p.single(ctx, buf[:n])
	} else {
		err = p.multi(ctx, in, buf, free)
	}
	if err != nil {
		return blob.Info{}, err
	}
	return blob.Info{Size: in.total}, nil
}

// buffer returns one for a part, or for the whole blob if that is known to be
// smaller, and what gives it back; that may be called twice.
func (s *Store) buffer(part, size int64) (b []byte, free func()) {
	if size >= 0 && size < part {
		return make([]byte, max(size, 1)), func() {}
	}
	if part != partSize {
		return make([]byte, part), func() {}
	}
	p := parts.Get().(*[]byte)
	return *p, sync.OnceFunc(func() { parts.Put(p) })
}

// chunks cuts a stream and holds it to its announced size.
type chunks struct {
	ctx   context.Context
	r     io.Reader
	size  int64 // announced, or -1
	total int64
	ahead [1]byte // the next byte, once it is known that there is one
	more  bool
	end   bool
}

// next fills buf, less at the end. end is set with the last chunk.
func (c *chunks) next(buf []byte) (int, error) {
	n := 0
	if c.more {
		n, c.more = copy(buf, c.ahead[:]), false
	}
	m, err := c.full(buf[n:])
	n += m
	if err == nil {
		if m, err = c.full(c.ahead[:]); m == 1 {
			c.more = true
		}
	}
	c.total += int64(n)
	c.end = errors.Is(err, io.EOF)
	switch {
	case err != nil && !c.end:
		return 0, fmt.Errorf("read what is to be stored: %w", err)
	case c.size >= 0 && (c.total > c.size || c.end != (c.total == c.size)):
		return 0, blob.WrongSize()
	}
	return n, nil
}

// full is io.ReadFull that looks at the context and calls every end io.EOF.
func (c *chunks) full(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		if err = c.ctx.Err(); err == nil {
			var m int
			m, err = c.r.Read(b[n:])
			n += m
		}
	}
	if n == len(b) {
		err = nil
	}
	return n, err
}

// put is one Put under way.
type put struct {
	s     *Store
	key   blob.Key
	token string
}

// options returns the headers of a request that makes the object appear.
func (p *put) options() minio.PutObjectOptions {
	o := minio.PutObjectOptions{DisableContentSha256: true} // we give the SHA-256 ourselves
	o.SetMatchETagExcept("*")
	return o
}

func (p *put) single(ctx context.Context, b []byte) error {
	done, err := p.s.commit(ctx, p.key)
	if err != nil {
		return err
	}
	defer done()
	if p.s.distrustPut.Load() {
		if err := p.vacant(ctx); err != nil {
			return err
		}
	}
	o := p.options()
	o.UserMetadata = map[string]string{markHeader: p.token}
	sum := sha256.Sum256(b)
	if p.s.conf.Checksums {
		o.UserMetadata["X-Amz-Checksum-Crc32c"] = crc(b)
	}
	inner, cancel := context.WithTimeoutCause(ctx, sendLimit, errSlow)
	defer cancel()
	_, err = p.s.core.PutObject(inner, p.s.conf.Bucket, p.s.object(p.key), bytes.NewReader(b), int64(len(b)), "", hex.EncodeToString(sum[:]), o)
	return p.settle(ctx, told(inner, err))
}

func (p *put) multi(ctx context.Context, in *chunks, buf []byte, free func()) error {
	s := p.s
	if err := p.vacant(ctx); err != nil { // a courtesy before all is sent
		return err
	}
	o := minio.PutObjectOptions{UserMetadata: map[string]string{markHeader: p.token}}
	if s.conf.Checksums {
		o.UserMetadata["X-Amz-Checksum-Algorithm"] = "CRC32C"
	}
	upload, err := s.core.NewMultipartUpload(ctx, s.conf.Bucket, s.object(p.key), o)
	if err != nil {
		return told(ctx, err)
	}
	list, err := p.send(ctx, upload, in, buf, free)
	if err == nil {
		err = p.complete(ctx, upload, list)
	}
	if err != nil {
		s.abort(ctx, s.object(p.key), upload)
	}
	return err
}

// send uploads the first chunk, which is in buf, and all others.
func (p *put) send(ctx context.Context, upload string, in *chunks, buf []byte, free func()) ([]minio.CompletePart, error) {
	var (
		mu   sync.Mutex
		list []minio.CompletePart
	)
	inner, stop := context.WithCancel(ctx)
	defer stop()
	g, gctx := errgroup.WithContext(inner)
	g.SetLimit(partsAtOnce)
	in.ctx = gctx // no more is read once a part has failed
	n := len(buf)
	var err error
	for i := 0; ; i++ {
		if i == maxParts {
			err = blob.TooLarge("The file is too large to be stored without its size being announced. Upload it with a Content-Length.")
			break
		}
		mu.Lock()
		list = append(list, minio.CompletePart{})
		mu.Unlock()
		one := func(chunk []byte, free func()) func() error {
			return func() error {
				defer free()
				done, err := p.part(gctx, upload, i+1, chunk)
				mu.Lock()
				defer mu.Unlock()
				list[i] = done
				return err
			}
		}(buf[:n], free)
		// Each Put may always send one part at a time; how many more are held
		// in memory meanwhile depends on how many other Puts there are.
		if p.s.spare.TryAcquire(1) {
			g.Go(func() error {
				defer p.s.spare.Release(1)
				return one()
			})
		} else if err = one(); err != nil {
			break
		}
		if in.end {
			break
		}
		buf, free = p.s.buffer(int64(len(buf)), -1)
		if n, err = in.next(buf); err != nil {
			free()
			break
		}
	}
	if err != nil {
		stop()
	}
	err2 := g.Wait()
	if err == nil || err2 != nil && errors.Is(err, context.Canceled) {
		err = err2 // reading may have stopped because a part failed
	}
	return list, err
}

func (p *put) part(ctx context.Context, upload string, number int, b []byte) (minio.CompletePart, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, sendLimit, errSlow)
	defer cancel()
	sum := sha256.Sum256(b)
	o := minio.PutObjectPartOptions{Sha256Hex: hex.EncodeToString(sum[:]), DisableContentSha256: true, CustomHeader: http.Header{}}
	done := minio.CompletePart{PartNumber: number}
	if p.s.conf.Checksums {
		done.ChecksumCRC32C = crc(b)
		o.CustomHeader.Set("X-Amz-Checksum-Crc32c", done.ChecksumCRC32C)
	}
	sent, err := p.s.core.PutObjectPart(ctx, p.s.conf.Bucket, p.s.object(p.key), upload, number, bytes.NewReader(b), int64(len(b)), o)
	done.ETag = sent.ETag
	return done, told(ctx, err)
}

func (p *put) complete(ctx context.Context, upload string, list []minio.CompletePart) error {
	done, err := p.s.commit(ctx, p.key)
	if err != nil {
		return err
	}
	defer done()
	if !p.s.trustComplete.Load() {
		if err := p.vacant(ctx); err != nil {
			return err
		}
	}
	inner, cancel := context.WithTimeoutCause(ctx, sendLimit, errSlow)
	defer cancel()
	_, err = p.s.core.CompleteMultipartUpload(inner, p.s.conf.Bucket, p.s.object(p.key), upload, list, p.options())
	return p.settle(ctx, told(inner, err))
}

// abort gives a multipart upload up. A part that the server was still taking in
// may come after the first abort, so the protocol's manual has one look again.
// What this cannot reach, SweepStages finds later.
func (s *Store) abort(ctx context.Context, object, upload string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyLimit)
	defer cancel()
	for range 3 {
		if err := s.core.AbortMultipartUpload(ctx, s.conf.Bucket, object, upload); err != nil {
			return
		}
		if _, err := s.core.ListObjectParts(ctx, s.conf.Bucket, object, upload, 0, 1); err != nil {
			return
		}
	}
}

// vacant returns blob.exists if the key is taken.
func (p *put) vacant(ctx context.Context) error {
	_, err := p.s.head(ctx, p.key)
	switch {
	case err == nil:
		return blob.Exists()
	case fault.CodeOf(err) == blob.CodeAbsent:
		return nil
	}
	return err
}

// settle finds out what a failed request did: a repeated one that meets its own
// object has succeeded, and one that was cut off must leave nothing.
func (p *put) settle(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	tidy, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyLimit)
	defer cancel()
	st, err2 := p.s.head(tidy, p.key)
	switch {
	case err2 != nil || st.UserMetadata[markName] != p.token:
		return err
	case ctx.Err() != nil:
		_ = p.s.Delete(tidy, p.key)
		return err
	}
	return nil
}

// commit lets one Put of this process at a time make an object of the key
// appear: the last resort where the server does not honour conditions.
func (s *Store) commit(ctx context.Context, key blob.Key) (done func(), err error) {
	for {
		s.mu.Lock()
		wait, taken := s.busy[key]
		if !taken {
			mine := make(chan struct{})
			s.busy[key] = mine
			s.mu.Unlock()
			return func() {
				s.mu.Lock()
				delete(s.busy, key)
				s.mu.Unlock()
				close(mine)
			}, nil
		}
		s.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// crc is the CRC32C as x-amz-checksum-crc32c wants it.
func crc(b []byte) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.Checksum(b, castagno)))
}
