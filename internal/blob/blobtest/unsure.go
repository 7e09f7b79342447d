// SPDX-License-Identifier: Apache-2.0

package blobtest

import (
	"crypto/tls"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Unsure is a way to an S3 server on which, once Trouble is set, one request in
// five goes wrong: it is answered late, or not at all although it was done, or
// with an error before or after it was done, or its body or its answer's is cut
// in the middle.
type Unsure struct {
	*Server // reached by the trouble's own address

	// Trouble is how many requests of 100 go wrong.
	Trouble atomic.Int32
	// Full is whether the disk has no space left: nothing more is stored.
	Full atomic.Bool
	// Went counts the requests that went wrong, by how.
	mu   sync.Mutex
	went map[string]int
	dice *rand.Rand
}

// Unsure returns a troubled way to s, without trouble yet.
func (s *Server) Unsure(t testing.TB, seed uint64) *Unsure {
	t.Helper()
	u := &Unsure{went: map[string]int{}, dice: rand.New(rand.NewPCG(seed, 20))}
	target, err := url.Parse(s.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	transport := s.Transport(t)
	proxy := &httputil.ReverseProxy{
		Transport: transport, FlushInterval: -1,
		// The host is signed, so it stays what the client said.
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { u.pass(proxy, w, r) }))
	cert, err := tls.LoadX509KeyPair(s.CAFile, filepath.Join(s.dir, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	front.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	front.StartTLS()
	t.Cleanup(front.Close)
	at, err := url.Parse(front.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(at.Port())
	if err != nil {
		t.Fatal(err)
	}
	u.Server = &Server{
		Endpoint: front.URL, Port: port, AccessKey: s.AccessKey, SecretKey: s.SecretKey, CAFile: s.CAFile, dir: s.dir, binary: s.binary, pool: s.pool,
	}
	return u
}

// Went returns how many requests went wrong, by how.
func (u *Unsure) Went() map[string]int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return maps.Clone(u.went)
}

var troubles = []string{"late", "refused", "done and refused", "done and silent", "answer cut", "body cut"}

func (u *Unsure) note(how string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.went[how]++
}

func (u *Unsure) choose() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if int32(u.dice.IntN(100)) >= u.Trouble.Load() {
		return ""
	}
	how := troubles[u.dice.IntN(len(troubles))]
	u.went[how]++
	return how
}

func (u *Unsure) pass(proxy http.Handler, w http.ResponseWriter, r *http.Request) {
	refuse := func() {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>`)
	}
	if u.Full.Load() && (r.Method == http.MethodPut || r.Method == http.MethodPost) {
		u.note("full")
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusInsufficientStorage)
		_, _ = io.WriteString(w, `<?xml version="1.0"?><Error><Code>XStorageFull</Code><Message>There is no space left.</Message></Error>`)
		return
	}
	switch u.choose() {
	case "":
		proxy.ServeHTTP(w, r)
	case "late":
		select {
		case <-time.After(700 * time.Millisecond):
			proxy.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	case "refused":
		refuse()
	case "done and refused":
		proxy.ServeHTTP(httptest.NewRecorder(), r)
		refuse()
	case "done and silent":
		proxy.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case "answer cut":
		proxy.ServeHTTP(&cutter{ResponseWriter: w, left: 1000}, r)
	case "body cut":
		r.Body = &shortBody{r.Body, r.ContentLength / 2}
		proxy.ServeHTTP(w, r)
	}
}

// cutter ends the connection after some bytes of the answer.
type cutter struct {
	http.ResponseWriter
	left int
}

// Write implements io.Writer.
func (c *cutter) Write(p []byte) (int, error) {
	if c.left -= len(p); c.left < 0 {
		panic(http.ErrAbortHandler)
	}
	return c.ResponseWriter.Write(p)
}

// shortBody breaks off in the middle.
type shortBody struct {
	io.ReadCloser
	left int64
}

// Read implements io.Reader.
func (b *shortBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
