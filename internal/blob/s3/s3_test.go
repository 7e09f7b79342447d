// SPDX-License-Identifier: Apache-2.0

package s3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"tillgang/internal/blob"
	"tillgang/internal/blob/blobtest"
	"tillgang/internal/blob/s3"
	"tillgang/internal/fault"
	"tillgang/internal/secret"
)

func open(t *testing.T, srv *blobtest.Server, bucket, prefix string) *s3.Store {
	t.Helper()
	c, err := s3.Parse(srv.URL(bucket))
	if err != nil {
		t.Fatal(err)
	}
	c.AccessKey, c.SecretKey, c.Prefix = srv.AccessKey, srv.SecretKey, prefix
	s, err := s3.New(c, srv.Transport(t))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	t.Parallel()
	srv := blobtest.S3(t)
	for _, prefix := range []string{"", "some/prefix/"} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			t.Parallel()
			bucket := srv.Bucket(t)
			blobtest.Run(t, func(t *testing.T) blob.Store {
				s := open(t, srv, bucket, prefix)
				rep, err := s.Check(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if !rep.ConditionalPut || rep.Versioned {
					t.Errorf("%+v", rep)
				}
				return s
			})
		})
	}
}

func TestStages(t *testing.T) {
	t.Parallel()
	srv := blobtest.S3(t)
	bucket := srv.Bucket(t)
	blobtest.RunStages(t, func(t *testing.T) blob.Stager {
		s := open(t, srv, bucket, "some/prefix/")
		if _, err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func nobody(blob.Key) (bool, error) { return false, nil }

func put(t *testing.T, s blob.Store, key blob.Key, b []byte) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, bytes.NewReader(b), int64(len(b))); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, s blob.Store, key blob.Key) []byte {
	t.Helper()
	r, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// bend is a transport that lets a test spoil answers.
type bend struct {
	http.RoundTripper
	before func(*http.Request) (*http.Response, error) // may be nil
	after  func(*http.Request, *http.Response) (*http.Response, error)
}

func (b bend) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.before != nil {
		if resp, err := b.before(r); resp != nil || err != nil {
			return resp, err
		}
	}
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil && b.after != nil {
		return b.after(r, resp)
	}
	return resp, err
}

func bent(t *testing.T, srv *blobtest.Server, bucket string, b bend) *s3.Store {
	t.Helper()
	c, err := s3.Parse(srv.URL(bucket))
	if err != nil {
		t.Fatal(err)
	}
	c.AccessKey, c.SecretKey = srv.AccessKey, srv.SecretKey
	b.RoundTripper = srv.Transport(t)
	s, err := s3.New(c, b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnOutageIsUnavailableAndNeverAbsentAndEnds(t *testing.T) {
	t.Parallel()
	srv := blobtest.OwnS3(t)
	s := open(t, srv, srv.Bucket(t), "")
	put(t, s, "a/b", []byte("kept"))
	large := blobtest.Bytes(1, 64<<20)
	put(t, s, "a/large", large)
	half, err := s.Open(t.Context(), "a/large")
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	if _, err := io.ReadFull(half, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}

	srv.Stop()
	_, cut := io.Copy(io.Discard, half)
	_, stat := s.Stat(t.Context(), "a/b")
	_, open := s.Open(t.Context(), "a/none")
	_, small := s.Put(t.Context(), "a/c", strings.NewReader("x"), 1)
	_, parts := s.Put(t.Context(), "a/d", bytes.NewReader(large), -1)
	var list error
	for _, err := range s.List(t.Context(), "") {
		list = err
	}
	for what, err := range map[string]error{
		"read on": cut, "stat": stat, "open": open, "put": small, "put in parts": parts, "list": list,
		"delete": s.Delete(t.Context(), "a/b"), "probe": s.Probe(t.Context()),
	} {
		if fault.CodeOf(err) != blob.CodeUnavailable || fault.As(err).RetryAfter == 0 {
			t.Errorf("%s during the outage: %v", what, err)
		}
	}

	srv.Start(t)
	if got := read(t, s, "a/b"); string(got) != "kept" {
		t.Errorf("%q", got)
	}
	if err := s.Probe(t.Context()); err != nil {
		t.Error(err)
	}
	for _, key := range []blob.Key{"a/c", "a/d", "a/none"} {
		if _, err := s.Stat(t.Context(), key); fault.CodeOf(err) != blob.CodeAbsent {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestSweepGivesUpOnlyOldUploads(t *testing.T) {
	t.Parallel()
	srv := blobtest.S3(t)
	bucket := srv.Bucket(t)
	c, err := minio.New(strings.TrimPrefix(srv.Endpoint, "https://"), &minio.Options{
		Creds: credentials.NewStaticV4(srv.AccessKey, srv.SecretKey.Reveal(), ""), Secure: true, Region: "us-east-1", Transport: srv.Transport(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	core := minio.Core{Client: c}
	for _, key := range []string{"mine/a", "mine/a", "mine/b", "other/c"} {
		if _, err := core.NewMultipartUpload(t.Context(), bucket, key, minio.PutObjectOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, srv, bucket, "mine/")
	for _, step := range []struct {
		before time.Time
		want   int
	}{{time.Now().Add(-time.Hour), 0}, {time.Now().Add(time.Hour), 3}, {time.Now().Add(time.Hour), 0}} {
		if n, err := s.SweepStages(t.Context(), step.before, nobody); n != step.want || err != nil {
			t.Errorf("%d, %v, want %d", n, err, step.want)
		}
	}
	if n, err := open(t, srv, bucket, "").SweepStages(t.Context(), time.Now().Add(time.Hour), nobody); n != 1 || err != nil {
		t.Error("another prefix's upload:", n, err)
	}
}

func TestALargeStreamNeedsLittleMemory(t *testing.T) { //nolint:paralleltest // it looks at the heap of the whole process
	srv := blobtest.S3(t)
	s := open(t, srv, srv.Bucket(t), "")
	const size = 400 << 20
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var most uint64
	r := &gauge{r: blobtest.Stream(1, size), most: &most}
	if _, err := s.Put(t.Context(), "a/large", r, -1); err != nil {
		t.Fatal(err)
	}
	if grown := int64(most) - int64(before.HeapAlloc); grown > 100<<20 {
		t.Errorf("%d MiB of heap for a stream of %d MiB", grown>>20, size>>20)
	}
}

// gauge looks at the heap after every 16 MiB.
type gauge struct {
	r    io.Reader
	n    int
	most *uint64
}

func (g *gauge) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if g.n += n; g.n > 16<<20 {
		g.n = 0
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		*g.most = max(*g.most, m.HeapAlloc)
	}
	return n, err
}

func TestPartsAreEqualAndFewEnough(t *testing.T) {
	t.Parallel()
	for size, want := range map[int64]int64{-1: 8 << 20, 1: 8 << 20, 9500 * 8 << 20: 8 << 20, 9500*8<<20 + 1: 16 << 20, 1 << 40: 128 << 20} {
		got := s3.SizeOfParts(size)
		if got != want || (size+got-1)/got > 9500 {
			t.Errorf("%d bytes in parts of %d", size, got)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		url  string
		want s3.Config
		dial string
	}{
		{
			"s3://bilder?endpoint=https://s3.sto1.safedc.net&region=sto1",
			s3.Config{Bucket: "bilder", Host: "s3.sto1.safedc.net", Port: 443, Secure: true, Region: "sto1", PathStyle: true, Checksums: true},
			"s3.sto1.safedc.net",
		},
		{
			"s3://bilder/dam/x/?endpoint=https://S3.example.se:9000&path_style=false&checksum=none&ca_file=/etc/ca.pem",
			s3.Config{Bucket: "bilder", Prefix: "dam/x/", Host: "s3.example.se", Port: 9000, Secure: true, Region: "us-east-1", CAFile: "/etc/ca.pem"},
			"bilder.s3.example.se",
		},
		{
			"s3://bilder?endpoint=https://s3.eu-north-1.amazonaws.com&region=eu-north-1",
			s3.Config{Bucket: "bilder", Host: "s3.eu-north-1.amazonaws.com", Port: 443, Secure: true, Region: "eu-north-1", Checksums: true},
			"bilder.s3.eu-north-1.amazonaws.com",
		},
		{
			"s3://bilder?endpoint=http://[::1]:7070",
			s3.Config{Bucket: "bilder", Host: "::1", Port: 7070, Region: "us-east-1", PathStyle: true, Checksums: true},
			"::1",
		},
	} {
		got, err := s3.Parse(c.url)
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		if d := cmp.Diff(c.want, got, cmpopts.EquateComparable(secret.Text{})); d != "" {
			t.Errorf("%s: %s", c.url, d)
		}
		if got.DialHost() != c.dial {
			t.Errorf("%s dials %s", c.url, got.DialHost())
		}
	}
	for _, url := range []string{
		"", "x", "file:///x", "s3://", "s3://bucket", "s3://bucket?endpoint=", "s3://bucket?endpoint=ftp://x", "s3://bucket?endpoint=https://",
		"s3://bucket?endpoint=http://s3.example.se", "s3://bucket?endpoint=https://a/b", "s3://bucket?endpoint=https://a?b",
		"s3://key:hush@bucket?endpoint=https://a", "s3://bucket?endpoint=https://key:hush@a", "s3://Bucket?endpoint=https://a", "s3://my.bucket?endpoint=https://a",
		"s3://bucket/../x?endpoint=https://a", "s3://bucket/%00?endpoint=https://a", "s3://bucket?endpoint=https://a&secret=hush",
		"s3://bucket?endpoint=https://a&path_style=perhaps", "s3://bucket?endpoint=https://a&checksum=md5", "s3://bucket?endpoint=https://a&region=",
		"s3://bucket?endpoint=https://a&region=a&region=b", "s3://bucket?endpoint=https://a:0", "s3://bucket?endpoint=https://a:99999", "s3://bucket?endpoint=https://a#x",
	} {
		if c, err := s3.Parse(url); fault.CodeOf(err) != s3.CodeConfig || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %+v, %v", url, c, err)
		}
	}
}

func TestNewNeedsCredentialsAndATransport(t *testing.T) {
	t.Parallel()
	c, err := s3.Parse("s3://bucket?endpoint=https://a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s3.New(c, http.NewFileTransport(http.Dir(t.TempDir()))); fault.CodeOf(err) != s3.CodeConfig {
		t.Error(err)
	}
	c.AccessKey, c.SecretKey = "a", secret.New("b")
	if _, err := s3.New(c, nil); err == nil {
		t.Error("a store without a transport would dial by itself")
	}
}

func TestASlowPutCanBeCancelled(t *testing.T) {
	t.Parallel()
	srv := blobtest.S3(t)
	arrived := make(chan struct{})
	s := bent(t, srv, srv.Bucket(t), bend{before: func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPut {
			close(arrived)
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		return nil, nil
	}})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	if _, err := s.Put(ctx, "a/b", strings.NewReader("x"), 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
