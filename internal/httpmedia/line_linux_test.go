// SPDX-License-Identifier: Apache-2.0

package httpmedia

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// file makes a file of n bytes that tell their place.
func file(t *testing.T, n int) (*os.File, []byte) {
	t.Helper()
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * i >> 7)
	}
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, b
}

// serve is a server whose handler has each request's line, with small buffers.
func serve(t *testing.T, h func(w http.ResponseWriter, l *line)) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l := lineOf(r.Context())
		if l == nil {
			t.Error("no line")
			return
		}
		_ = l.SetWriteBuffer(16 << 10)
		h(w, l)
	}))
	srv.Listener = Listener(srv.Listener)
	srv.Config.ConnContext = ConnContext
	srv.Start()
	t.Cleanup(srv.Close)
	return srv
}

func dial(t *testing.T, srv *httptest.Server) net.Conn {
	t.Helper()
	d := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 8<<10) })
	}}
	c, err := d.DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestOneConnectionCarriesFilesAndOtherAnswersInTurn(t *testing.T) {
	t.Parallel()
	f, want := file(t, 300_001)
	var turn atomic.Int64
	srv := serve(t, func(w http.ResponseWriter, l *line) {
		w.Header().Set("Turn", "x")
		switch turn.Add(1) % 3 {
		case 1:
			w.Header().Set("Content-Length", "300000")
			w.WriteHeader(http.StatusOK)
			if err := l.send(w, &shipment{file: f, at: 1, left: 300_000, now: time.Now, stall: time.Minute}); err != nil {
				t.Error(err)
			}
		case 2:
			_, _ = w.Write(want[:5000])
		default: // by net/http's own sendfile
			w.Header().Set("Content-Length", "300001")
			if _, err := io.Copy(w, io.NewSectionReader(f, 0, 300_001)); err != nil {
				t.Error(err)
			}
		}
	})
	c := dial(t, srv)
	in := bufio.NewReader(c)
	for i := range 9 {
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.Header.Get("Turn") != "x" || !bytes.Equal(got, [][]byte{want[1:], want[:5000], want}[i%3]) {
			t.Fatal(i, len(got), err)
		}
	}
}

// clock is a time that the test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func TestEachSecondOfASlowClientIsAccountedForAndCanEndIt(t *testing.T) {
	t.Parallel()
	f, want := file(t, 4<<20)
	at := &clock{t: time.Now()}
	stop := errors.New("the right is gone")
	var heard []int64
	done := make(chan error, 1)
	srv := serve(t, func(w http.ResponseWriter, l *line) {
		w.Header().Set("Content-Length", "4194304")
		err := l.send(w, &shipment{file: f, left: 4 << 20, now: at.now, stall: 24 * time.Hour, told: func(n int64) error {
			if heard = append(heard, n); len(heard) > 3 {
				return stop
			}
			return nil
		}})
		done <- err
		panic(http.ErrAbortHandler)
	})
	c := dial(t, srv)
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	var got []byte
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		got = append(got, buf[:n]...)
		if err != nil {
			break
		}
		at.add(100 * time.Millisecond)
	}
	if err := <-done; !errors.Is(err, stop) {
		t.Error(err)
	}
	sum := int64(0)
	for _, n := range heard {
		sum += n
	}
	_, body, _ := strings.Cut(string(got), "\r\n\r\n")
	if len(heard) != 4 || int64(len(body)) > sum || sum >= 4<<20 || !strings.HasPrefix(string(want), body) {
		t.Errorf("told of %v, %d came", heard, len(body))
	}
}

func TestWhoTakesNothingIsCut(t *testing.T) {
	t.Parallel()
	f, _ := file(t, 4<<20)
	done := make(chan error, 1)
	srv := serve(t, func(w http.ResponseWriter, l *line) {
		w.Header().Set("Content-Length", "4194304")
		err := l.send(w, &shipment{file: f, left: 4 << 20, now: time.Now, stall: 200 * time.Millisecond})
		done <- err
		panic(http.ErrAbortHandler)
	})
	if _, err := io.WriteString(dial(t, srv), "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, errGone) || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}

func TestWhoTookSomethingBeforeTheDeadlineIsWaitedForAgain(t *testing.T) {
	t.Parallel()
	for _, moved := range []bool{true, false} {
		l := &line{TCPConn: &net.TCPConn{}, s: &shipment{now: time.Now, stall: time.Minute}, missed: true}
		if enough := l.wait(moved); enough == moved || errors.Is(l.err, os.ErrDeadlineExceeded) == moved || moved && (l.missed || !l.waited) {
			t.Errorf("moved %v: %v, %v", moved, enough, l.err)
		}
	}
}

func TestAFileThatEndsTooSoonIsNoWholeAnswer(t *testing.T) {
	t.Parallel()
	f, _ := file(t, 1000)
	done := make(chan error, 1)
	srv := serve(t, func(w http.ResponseWriter, l *line) {
		w.Header().Set("Content-Length", "2000")
		err := l.send(w, &shipment{file: f, left: 2000, now: time.Now, stall: time.Minute})
		done <- err
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) || len(b) != 1000 {
		t.Error(len(b), err)
	}
	if err := <-done; !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errGone) {
		t.Error(err)
	}
}

func TestAWriterThatIsNotNetHTTPsIsLeftAlone(t *testing.T) {
	t.Parallel()
	if l := lineOf(context.WithValue(t.Context(), lineKey{}, "other")); l != nil {
		t.Error(l)
	}
	l := &line{}
	if l.carries(struct{ http.ResponseWriter }{httptest.NewRecorder()}) || l.carries(httptest.NewRecorder()) {
		t.Error("it would be sent on the line")
	}
}

func TestARenditionsRequestIsNotWatchedAndTheNextOneIs(t *testing.T) {
	t.Parallel()
	gone := make(chan error, 1)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l := lineOf(r.Context())
		if brief := strings.HasPrefix(r.URL.Path, renditionPath); l == nil || l.brief != brief {
			t.Errorf("%s: brief %v", r.URL.Path, !brief)
		}
		if r.URL.Path == "/d/x" {
			<-r.Context().Done() // ends because the client goes
			gone <- r.Context().Err()
			return
		}
		_, _ = io.WriteString(w, "ok")
	}))
	srv.Listener = Listener(srv.Listener)
	srv.Config.ConnContext = ConnContext
	srv.Config.IdleTimeout, srv.Config.ReadHeaderTimeout = time.Minute, time.Minute
	srv.Start()
	t.Cleanup(srv.Close)
	c := dial(t, srv)
	in := bufio.NewReader(c)
	for range 3 {
		for _, ask := range []string{"GET /r/x HTTP/1.1\r\n", "HEAD /r-x HTTP/1.1\r\n", "GET /r/x HTTP/1.1\r\n", "GET /other HTTP/1.1\r\n"} {
			if _, err := io.WriteString(c, ask+"Host: x\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(in, &http.Request{Method: ask[:strings.IndexByte(ask, ' ')]})
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
	}
	// Two at once: the second is answered after the first, although nobody watched.
	if _, err := io.WriteString(c, "GET /r/1 HTTP/1.1\r\nHost: x\r\n\r\nGET /r/2 HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(resp.Body); string(b) != "ok" || err != nil {
			t.Error(string(b), err)
		}
		_ = resp.Body.Close()
	}
	if _, err := io.WriteString(c, "GET /d/x HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestDeadlinesAreSetAndTakenAway(t *testing.T) {
	t.Parallel()
	got := make(chan net.Conn, 1)
	var lc net.ListenConfig
	inner, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inner.Close() })
	go func() {
		c, err := Listener(inner).Accept()
		if err != nil {
			t.Error(err)
		}
		got <- c
	}()
	var d net.Dialer
	far, err := d.DialContext(t.Context(), "tcp", inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	c := <-got
	t.Cleanup(func() { _ = c.Close() })
	past, none := time.Unix(1, 0), time.Time{}
	buf := make([]byte, 100)
	for range 2 { // taken away, it can be set again
		for name, set := range map[string]func(time.Time) error{"both": c.SetDeadline, "read": c.SetReadDeadline, "write": c.SetWriteDeadline} {
			for _, to := range []time.Time{none, past, past} {
				if err := set(to); err != nil {
					t.Fatal(name, err)
				}
			}
			use := c.Read
			if name == "write" {
				use = c.Write
			}
			if _, err := use(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(name, err)
			}
			if err := set(none); err != nil {
				t.Fatal(name, err)
			}
			if _, err := far.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
			if n, err := c.Read(buf); n != 1 || err != nil {
				t.Error(name, n, err)
			}
			if n, err := c.Write(buf[:1]); n != 1 || err != nil {
				t.Error(name, n, err)
			}
		}
	}
}
