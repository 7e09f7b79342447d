// SPDX-License-Identifier: Apache-2.0

// Package s3 is the blob plug for S3-compatible servers, through minio-go v7.
//
// It asks little of a server: PUT, GET with Range, HEAD, DELETE, ListObjectsV2
// and multipart uploads. Every body it sends is in memory first, so that its
// SHA-256 is part of the signature (SigV4, x-amz-content-sha256) and its CRC32C
// a plain header: no trailers, which servers treat in too many ways. Conditional
// writes are used where the server honours them, which Check finds out.
package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"golang.org/x/sync/semaphore"

	"tillgang/internal/blob"
	"tillgang/internal/fault"
)

const (
	retries     = 3                // attempts per request, with up to a second between them
	idleLimit   = 60 * time.Second // a download that gives nothing for so long has failed
	sendLimit   = 5 * time.Minute  // one request with its body
	tidyLimit   = 15 * time.Second // for cleaning up after a failure
	spareParts  = 24               // part buffers that all Puts together may send in the background
	partsAtOnce = 3                // of them, for one Put
)

// Store keeps blobs in a bucket.
type Store struct {
	probing sync.Mutex
	probe   blob.Key // what a probe may have left behind

	conf Config
	core minio.Core

	// What Check found: whether If-None-Match: * is honoured.
	// Before, put is believed and complete is not.
	distrustPut   atomic.Bool
	trustComplete atomic.Bool

	spare *semaphore.Weighted

	mu   sync.Mutex
	busy map[blob.Key]chan struct{} // keys that this process is committing
}

// New returns a store that makes its requests through transport, which comes
// from the egress gate and decides about TLS. Nothing is sent yet; see Check.
func New(c Config, transport http.RoundTripper) (*Store, error) {
	if transport == nil {
		return nil, errors.New("the S3 plug needs a transport")
	}
	if c.AccessKey == "" || c.SecretKey.IsZero() {
		return nil, fault.New(fault.Invalid, CodeConfig, "The S3 storage needs an access key and a secret key.")
	}
	lookup := minio.BucketLookupDNS
	if c.PathStyle {
		lookup = minio.BucketLookupPath
	}
	client, err := minio.New(c.address(), &minio.Options{
		Creds:        credentials.NewStaticV4(c.AccessKey, c.SecretKey.Reveal(), ""),
		Secure:       c.Secure,
		Region:       c.Region, // set, or minio-go would ask for the bucket's location
		BucketLookup: lookup,
		Transport:    honest{transport},
		MaxRetries:   retries,
	})
	if err != nil {
		return nil, bad("is not understood by the S3 client", err)
	}
	client.SetS3EnableDualstack(false) // or minio-go would talk to another host than declared
	return &Store{
		conf: c, core: minio.Core{Client: client},
		spare: semaphore.NewWeighted(spareParts), busy: map[blob.Key]chan struct{}{},
	}, nil
}

// honest keeps a 404 of something that is no S3 server (a balancer, a proxy, a
// web server in the bucket's place) from being taken for an absent key.
type honest struct{ http.RoundTripper }

func (h honest) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := h.RoundTripper.RoundTrip(r)
	if err == nil && resp.StatusCode == http.StatusNotFound && r.Method == http.MethodGet &&
		!strings.Contains(resp.Header.Get("Content-Type"), "xml") {
		_ = resp.Body.Close()
		return nil, errors.New("the storage endpoint answers 404 without an S3 error: it is no S3 server or stands behind a broken proxy")
	}
	return resp, err
}

func (s *Store) object(key blob.Key) string { return s.conf.Prefix + string(key) }

// Open returns the whole blob.
func (s *Store) Open(ctx context.Context, key blob.Key) (blob.Reader, error) {
	return s.get(ctx, key, "")
}

// OpenRange returns a part of the blob by one GET with the range passed on.
func (s *Store) OpenRange(ctx context.Context, key blob.Key, offset, length int64) (blob.Reader, error) {
	if err := blob.CheckRange(offset, length); err != nil {
		return nil, err
	}
	span := fmt.Sprintf("bytes=%d-", offset)
	switch {
	case offset < 0:
		span = fmt.Sprintf("bytes=%d", offset)
	case length > 0 && offset+length > offset: // or it overflows, and means to the end
		span = fmt.Sprintf("bytes=%d-%d", offset, offset+length-1)
	}
	r, err := s.get(ctx, key, span)
	if err != nil {
		return nil, err
	}
	if r.Info().Size == 0 { // some servers answer 200 or 206 for an empty object
		_ = r.Close()
		return nil, blob.BadRange()
	}
	return r, nil
}

func (s *Store) get(ctx context.Context, key blob.Key, span string) (blob.Reader, error) {
	if err := key.Valid(); err != nil {
		return nil, err
	}
	var o minio.GetObjectOptions
	if span != "" {
		o.Set("Range", span)
	}
	inner, cancel := context.WithCancel(ctx)
	watch := time.AfterFunc(idleLimit, cancel)
	body, st, head, err := s.core.GetObject(inner, s.conf.Bucket, s.object(key), o)
	watch.Stop()
	if err != nil {
		cancel()
		return nil, told(ctx, err)
	}
	r := &reader{ctx: ctx, body: body, cancel: cancel, watch: watch, left: st.Size, size: st.Size, info: blob.Info{Size: st.Size, ModTime: st.LastModified}}
	if span != "" && st.Size > 0 {
		var first, last int64
		_, err = fmt.Sscanf(head.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &r.info.Size)
		if err != nil || last-first+1 != st.Size {
			err = fmt.Errorf("the S3 server answered a range with Content-Range %q and %d bytes", head.Get("Content-Range"), st.Size)
		}
	}
	if st.Size < 0 {
		err = errors.New("the S3 server did not say how long the object is")
	}
	if err != nil {
		_ = r.Close()
		return nil, blob.Unavailable(err)
	}
	return r, nil
}

// reader is the body of one GET.
type reader struct {
	ctx    context.Context // the caller's
	body   io.ReadCloser
	cancel context.CancelFunc
	watch  *time.Timer
	left   int64
	size   int64
	info   blob.Info
}

func (r *reader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	r.watch.Reset(idleLimit)
	n, err := r.body.Read(p[:min(int64(len(p)), r.left)])
	r.watch.Stop()
	r.left -= int64(n)
	switch {
	case err == nil, err == io.EOF && r.left == 0:
		return n, err
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return n, told(r.ctx, err)
}

func (r *reader) Size() int64     { return r.size }
func (r *reader) Info() blob.Info { return r.info }

func (r *reader) Close() error {
	r.watch.Stop()
	r.cancel()
	return r.body.Close()
}

// Stat returns the blob's size and time.
func (s *Store) Stat(ctx context.Context, key blob.Key) (blob.Info, error) {
	if err := key.Valid(); err != nil {
		return blob.Info{}, err
	}
	st, err := s.head(ctx, key)
	if err != nil {
		return blob.Info{}, err
	}
	return blob.Info{Size: st.Size, ModTime: st.LastModified}, nil
}

func (s *Store) head(ctx context.Context, key blob.Key) (minio.ObjectInfo, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, idleLimit, errSlow)
	defer cancel()
	st, err := s.core.StatObject(ctx, s.conf.Bucket, s.object(key), minio.StatObjectOptions{})
	if err == nil || minio.ToErrorResponse(err).StatusCode != http.StatusNotFound {
		return st, told(ctx, err)
	}
	// A HEAD has no body, so its 404 may mean the key, the bucket or a wrong
	// server. A GET says which.
	var o minio.GetObjectOptions
	o.Set("Range", "bytes=0-0")
	body, _, _, err := s.core.GetObject(ctx, s.conf.Bucket, s.object(key), o)
	if err == nil {
		_ = body.Close()
		err = errors.New("the S3 server contradicts itself about an object")
	}
	return minio.ObjectInfo{}, told(ctx, err)
}

// Delete removes the blob; an absent one is no error. In a bucket with
// versioning the server keeps the bytes as an old version; see Report.
func (s *Store) Delete(ctx context.Context, key blob.Key) error {
	if err := key.Valid(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, idleLimit, errSlow)
	defer cancel()
	err := told(ctx, s.core.RemoveObject(ctx, s.conf.Bucket, s.object(key), minio.RemoveObjectOptions{}))
	if fault.CodeOf(err) == blob.CodeAbsent {
		return nil
	}
	return err
}

var errSlow = errors.New("the S3 server did not answer in time")

// told turns an error of minio-go into what callers can act on. ctx is the
// context that the request ran in.
func told(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		if errors.Is(context.Cause(ctx), errSlow) {
			return blob.Unavailable(errSlow)
		}
		return fmt.Errorf("talk to the storage: %w", ctx.Err())
	}
	e := minio.ToErrorResponse(err)
	switch {
	case e.Code == minio.NoSuchKey:
		return blob.Absent()
	case e.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return blob.BadRange()
	case e.StatusCode == http.StatusPreconditionFailed:
		return blob.Exists()
	case e.StatusCode == http.StatusInsufficientStorage, strings.Contains(e.Code, "QuotaExceeded"), strings.Contains(e.Code, "StorageFull"):
		return blob.Full(err)
	case e.Code == minio.EntityTooLarge:
		return blob.TooLarge("The file is larger than the storage accepts.")
	case e.Code != "":
		return blob.Unavailable(fmt.Errorf("the S3 server says %d %s: %w", e.StatusCode, e.Code, err))
	}
	return blob.Unavailable(err)
}

var _ blob.Store = (*Store)(nil)
