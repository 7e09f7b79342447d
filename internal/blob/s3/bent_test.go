// SPDX-License-Identifier: Apache-2.0

package s3_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/minio/minio-go/v7/pkg/signer"

	"tillgang/internal/blob"
	"tillgang/internal/blob/blobtest"
	"tillgang/internal/blob/s3"
	"tillgang/internal/fault"
	"tillgang/internal/secret"
)

func TestAMissingBucketIsNotAnAbsentBlob(t *testing.T) {
	t.Parallel()
	srv := blobtest.S3(t)
	s := open(t, srv, "nosuchbucket", "")
	if _, err := s.Stat(t.Context(), "a/b"); fault.CodeOf(err) != blob.CodeUnavailable {
		t.Error("stat:", err)
	}
	if _, err := s.Open(t.Context(), "a/b"); fault.CodeOf(err) != blob.CodeUnavailable {
		t.Error("open:", err)
	}
	if _, err := s.Check(t.Context()); fault.KindOf(err) != fault.Unavailable || !strings.Contains(fault.As(err).Text, `"nosuchbucket" does not exist`) {
		t.Error("check:", err)
	}
}

func TestAWebServerInTheBucketsPlaceIsNotAnAbsentBlob(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	c, err := s3.Parse("s3://bucket?endpoint=" + web.URL)
	if err != nil {
		t.Fatal(err)
	}
	c.AccessKey, c.SecretKey = "a", secret.New("b")
	s, err := s3.New(c, web.Client().Transport)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Stat(t.Context(), "a/b"); fault.CodeOf(err) != blob.CodeUnavailable {
		t.Error("stat:", err)
	}
	if _, err := s.Open(t.Context(), "a/b"); fault.CodeOf(err) != blob.CodeUnavailable {
		t.Error("open:", err)
	}
}

func TestWrongCredentialsAreExplainedWithoutTheSecret(t *testing.T) {
	t.Parallel()
	srv := blobtest.S3(t)
	c, err := s3.Parse(srv.URL(srv.Bucket(t)))
	if err != nil {
		t.Fatal(err)
	}
	c.AccessKey, c.SecretKey = srv.AccessKey, secret.New("wrong-secret-wrong-secret")
	s, err := s3.New(c, srv.Transport(t))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Check(t.Context())
	if !strings.Contains(fault.As(err).Text, "refuses the storage credentials") || strings.Contains(err.Error(), "wrong-secret") {
		t.Error(err)
	}
}

func TestAnUntrustedCertificateIsRefused(t *testing.T) {
	t.Parallel()
	srv := blobtest.S3(t)
	c, err := s3.Parse(srv.URL(srv.Bucket(t)))
	if err != nil {
		t.Fatal(err)
	}
	c.AccessKey, c.SecretKey = srv.AccessKey, srv.SecretKey
	s, err := s3.New(c, &http.Transport{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Check(t.Context()); fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "certificate") {
		t.Error(err)
	}
}

func TestARangeIsOneRequest(t *testing.T) {
	t.Parallel()
	srv := blobtest.S3(t)
	var n atomic.Int32
	var span atomic.Value
	s := bent(t, srv, srv.Bucket(t), bend{before: func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet {
			n.Add(1)
			span.Store(r.Header.Get("Range"))
		}
		return nil, nil
	}})
	put(t, s, "a/b", []byte("0123456789"))
	for _, c := range []struct {
		offset, length int64
		want           string
	}{{2, 3, "bytes=2-4"}, {2, -1, "bytes=2-"}, {-4, -1, "bytes=-4"}} {
		n.Store(0)
		r, err := s.OpenRange(t.Context(), "a/b", c.offset, c.length)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, r)
		_ = r.Close()
		if n.Load() != 1 || span.Load() != c.want {
			t.Errorf("%+v: %d requests, %v", c, n.Load(), span.Load())
		}
	}
}

func TestAServerThatIgnoresRangesIsFoundOut(t *testing.T) {
	t.Parallel()
	srv := blobtest.S3(t)
	s := bent(t, srv, srv.Bucket(t), bend{before: func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet {
			r.Header.Set("Range", "") // not signed
			r.Header.Del("Range")
		}
		return nil, nil
	}})
	put(t, s, "a/b", []byte("0123456789"))
	if r, err := s.OpenRange(t.Context(), "a/b", 2, 3); fault.CodeOf(err) != blob.CodeUnavailable {
		t.Error(r, err)
	}
	if _, err := s.Check(t.Context()); err == nil {
		t.Error("the check was content")
	}
}

func TestALostAnswerToAPutIsRecognised(t *testing.T) {
	t.Parallel()
	srv := blobtest.S3(t)
	for _, c := range []struct {
		name, method string
		size         int64
	}{{"one PUT", http.MethodPut, 100}, {"the end of a multipart upload", http.MethodPost, blobtest.PartSize + 100}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var lost sync.Once
			s := bent(t, srv, srv.Bucket(t), bend{after: func(r *http.Request, resp *http.Response) (*http.Response, error) {
				err := error(nil)
				if r.Method == c.method && !r.URL.Query().Has("uploads") && resp.StatusCode == http.StatusOK {
					lost.Do(func() {
						_, _ = io.Copy(io.Discard, resp.Body)
						_ = resp.Body.Close()
						resp, err = nil, errors.New("the answer was lost")
					})
				}
				return resp, err
			}})
			want := blobtest.Bytes(5, c.size)
			put(t, s, "a/b", want) // although the repetition met its own object
			if !bytes.Equal(read(t, s, "a/b"), want) {
				t.Error("other bytes")
			}
			if _, err := s.Put(t.Context(), "a/b", bytes.NewReader(want), c.size); fault.CodeOf(err) != blob.CodeExists {
				t.Error("another's object was taken for its own:", err)
			}
		})
	}
}

func TestAServerWithoutConditionsIsLookedAtFirst(t *testing.T) {
	t.Parallel()
	srv := blobtest.S3(t)
	var stripped atomic.Int32
	s := bent(t, srv, srv.Bucket(t), bend{before: func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("If-None-Match") != "" {
			stripped.Add(1)
			r.Header.Del("If-None-Match") // it is signed; so sign again
			r.Header.Del("Authorization")
			r.Header = signer.SignV4(*r, srv.AccessKey, srv.SecretKey.Reveal(), "", "us-east-1").Header
		}
		return nil, nil
	}})
	rep, err := s.Check(t.Context())
	if err != nil || stripped.Load() < 3 {
		t.Fatal(stripped.Load(), err)
	}
	if rep.ConditionalPut || rep.ConditionalComplete {
		t.Errorf("%+v", rep)
	}
	put(t, s, "a/b", []byte("first"))
	for _, n := range []int64{3, blobtest.PartSize + 3} {
		if _, err := s.Put(t.Context(), "a/b", blobtest.Stream(1, n), n); fault.CodeOf(err) != blob.CodeExists {
			t.Error(n, err)
		}
	}
	if string(read(t, s, "a/b")) != "first" {
		t.Error("overwritten")
	}
}

func TestTheCheckPassesOnWhyTheTransportRefuses(t *testing.T) {
	t.Parallel()
	no := fault.New(fault.Forbidden, "egress.refused", "Not on the list.")
	srv := blobtest.S3(t)
	s := bent(t, srv, srv.Bucket(t), bend{before: func(*http.Request) (*http.Response, error) { return nil, no }})
	if _, err := s.Check(t.Context()); fault.CodeOf(err) != "egress.refused" {
		t.Error(err)
	}
	if _, err := s.Stat(t.Context(), "a/b"); fault.CodeOf(err) != blob.CodeUnavailable {
		t.Error(err)
	}
}
