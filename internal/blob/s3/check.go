// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/minio/minio-go/v7"

	"tillgang/internal/blob"
	"tillgang/internal/fault"
)

// List yields the blobs whose keys start with prefix, in the server's order,
// which S3 defines as the byte order of keys. Objects in the bucket that are
// nobody's keys are passed over.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[blob.Item, error] {
	return func(yield func(blob.Item, error) bool) {
		if err := blob.ValidPrefix(prefix); err != nil {
			yield(blob.Item{}, err)
			return
		}
		owner := false
		o := minio.ListObjectsOptions{Prefix: s.conf.Prefix + prefix, Recursive: true, FetchOwner: &owner}
		for st := range s.core.ListObjectsIter(ctx, s.conf.Bucket, o) {
			if st.Err != nil {
				yield(blob.Item{}, told(ctx, st.Err))
				return
			}
			key := blob.Key(strings.TrimPrefix(st.Key, s.conf.Prefix))
			if key.Valid() != nil {
				continue
			}
			if !yield(blob.Item{Key: key, Info: blob.Info{Size: st.Size, ModTime: st.LastModified}}, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil { // minio-go just stops
			yield(blob.Item{}, err)
		}
	}
}

// Probe writes, reads, compares and deletes a small blob. What could not be
// deleted, or was stored although the server said it was not, the next one deletes.
func (s *Store) Probe(ctx context.Context) error {
	s.probing.Lock()
	defer s.probing.Unlock()
	if s.probe != "" {
		if err := s.unprobe(ctx); err != nil {
			return err
		}
	}
	s.probe = blob.Key("probe/" + strings.ToLower(rand.Text()))
	want := []byte(rand.Text())
	if _, err := s.Put(ctx, s.probe, bytes.NewReader(want), int64(len(want))); err != nil {
		return errors.Join(err, s.unprobe(ctx))
	}
	got, err := slurp(s.Open(ctx, s.probe))
	if err == nil && !bytes.Equal(got, want) {
		err = blob.Unavailable(errors.New("the S3 server gave other bytes than were stored"))
	}
	return errors.Join(err, s.unprobe(ctx))
}

func (s *Store) unprobe(ctx context.Context) error {
	tidy, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyLimit)
	defer cancel()
	err := s.Delete(tidy, s.probe)
	if err == nil {
		s.probe = ""
	}
	return err
}

func slurp(r blob.Reader, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	return io.ReadAll(r)
}

// Report says what a server was found to do.
type Report struct {
	ConditionalPut      bool // If-None-Match: * protects objects from being overwritten by a PUT
	ConditionalComplete bool // and by the end of a multipart upload
	Versioned           bool // the bucket keeps what is deleted: let its old versions expire
}

// Check tries on the real bucket what the store relies on: put, range, delete,
// and whether conditions are honoured; where they are not, the store looks
// before it writes from now on. Its errors say what the operator can do.
func (s *Store) Check(ctx context.Context) (Report, error) {
	var rep Report
	key := blob.Key("probe/" + strings.ToLower(rand.Text()))
	want := []byte("0123456789")
	defer func() {
		tidy, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyLimit)
		defer cancel()
		_ = s.Delete(tidy, key)
	}()
	if _, err := s.Put(ctx, key, bytes.NewReader(want), int64(len(want))); err != nil {
		return rep, s.explain(err)
	}
	got, err := slurp(s.OpenRange(ctx, key, 3, 4))
	if err != nil || string(got) != "3456" {
		return rep, s.unfit("does not serve ranges", err)
	}
	if rep.ConditionalPut, err = s.putTwice(ctx, key); err != nil {
		return rep, s.explain(err)
	}
	if rep.ConditionalComplete, err = s.completeTwice(ctx, key); err != nil {
		return rep, s.unfit("does not take multipart uploads", err)
	}
	if got, err = slurp(s.Open(ctx, key)); err != nil || len(got) == 0 {
		return rep, s.unfit("lost what was just stored", err)
	}
	if err := s.Delete(ctx, key); err != nil {
		return rep, s.unfit("does not let these credentials delete", err)
	}
	if _, err := s.Stat(ctx, key); fault.CodeOf(err) != blob.CodeAbsent {
		return rep, s.unfit("still shows what was deleted", err)
	}
	if v, err := s.core.GetBucketVersioning(ctx, s.conf.Bucket); err == nil { // not every server knows it
		rep.Versioned = v.Enabled()
	}
	s.distrustPut.Store(!rep.ConditionalPut)
	s.trustComplete.Store(rep.ConditionalComplete)
	return rep, nil
}

// putTwice reports whether a conditional PUT over an object is refused.
func (s *Store) putTwice(ctx context.Context, key blob.Key) (bool, error) {
	p := &put{s: s, key: key}
	_, err := s.core.PutObject(ctx, s.conf.Bucket, s.object(key), strings.NewReader("overwritten"), 11, "", "", p.options())
	err = told(ctx, err)
	if fault.CodeOf(err) == blob.CodeExists {
		return true, nil
	}
	return false, err
}

// completeTwice reports whether a conditional end of a multipart upload over an
// object is refused.
func (s *Store) completeTwice(ctx context.Context, key blob.Key) (bool, error) {
	p := &put{s: s, key: key}
	o := minio.PutObjectOptions{UserMetadata: map[string]string{}}
	if s.conf.Checksums {
		o.UserMetadata["X-Amz-Checksum-Algorithm"] = "CRC32C"
	}
	upload, err := s.core.NewMultipartUpload(ctx, s.conf.Bucket, s.object(key), o)
	if err != nil {
		return false, told(ctx, err)
	}
	part, err := p.part(ctx, upload, 1, []byte("overwritten"))
	if err == nil {
		_, err = s.core.CompleteMultipartUpload(ctx, s.conf.Bucket, s.object(key), upload, []minio.CompletePart{part}, p.options())
		err = told(ctx, err)
	}
	if err == nil {
		return false, nil
	}
	s.abort(ctx, s.object(key), upload)
	if fault.CodeOf(err) == blob.CodeExists {
		return true, nil
	}
	return false, err
}

// explain says what an operator can do about the first request's failure.
func (s *Store) explain(err error) error {
	text := ""
	if e, ok := errors.AsType[minio.ErrorResponse](err); ok {
		switch e.Code {
		case minio.NoSuchBucket:
			text = fmt.Sprintf("The bucket %q does not exist on %s. Create it there, or correct the storage URL.", s.conf.Bucket, s.conf.Host)
		case minio.AccessDenied, "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidAccessKey":
			text = fmt.Sprintf("%s refuses the storage credentials (%s). Check the access key, the secret key and the right to write to bucket %q.", s.conf.Host, e.Code, s.conf.Bucket)
		case "AuthorizationHeaderMalformed", minio.InvalidRegion:
			text = fmt.Sprintf("%s refuses the region %q (%s). Set region= in the storage URL as the provider's manual says.", s.conf.Host, s.conf.Region, e.Code)
		}
	}
	if text == "" {
		if fault.KindOf(err) != fault.Unavailable {
			return err
		}
		cause := errors.Unwrap(err)
		if e, ok := errors.AsType[*fault.Error](cause); ok { // the transport's own: it may not go there
			return e
		}
		text = fmt.Sprintf("The S3 server %s cannot be used: %v.", s.conf.Host, cause)
	}
	return &fault.Error{Kind: fault.Unavailable, Code: blob.CodeUnavailable, Text: text, RetryAfter: 60, Err: err}
}

func (s *Store) unfit(what string, err error) error {
	return &fault.Error{
		Kind: fault.Unavailable, Code: blob.CodeUnavailable, RetryAfter: 60, Err: err,
		Text: fmt.Sprintf("The S3 server %s %s. Tillgång cannot keep files there.", s.conf.Host, what),
	}
}
