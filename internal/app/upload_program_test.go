// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tillgang/internal/pg/pgtest"
)

// badLine is a slow network between a client and a server, which is cut again
// and again.
type badLine struct {
	l    net.Listener
	to   string
	rate int // bytes a second of one connection

	mu    sync.Mutex
	conns map[net.Conn]bool
	cuts  atomic.Int64
	sent  atomic.Int64 // bytes that the client sent and the line took
	still sync.RWMutex // locked: nothing moves
}

func newBadLine(t *testing.T, to string, rate int) *badLine {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &badLine{l: l, to: to, rate: rate, conns: map[net.Conn]bool{}}
	t.Cleanup(func() { _ = l.Close(); b.cut() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go b.carry(c)
		}
	}()
	return b
}

func (b *badLine) carry(c net.Conn) {
	far, err := net.Dial("tcp", b.to)
	if err != nil {
		_ = c.Close()
		return
	}
	b.mu.Lock()
	b.conns[c], b.conns[far] = true, true
	b.mu.Unlock()
	go func() {
		_, _ = io.Copy(c, far)
		_ = c.Close()
	}()
	_, _ = io.CopyBuffer(struct{ io.Writer }{far}, &slowly{c, b}, make([]byte, 32<<10))
	_ = far.Close()
	_ = c.Close()
}

type slowly struct {
	io.Reader
	on *badLine
}

func (s *slowly) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	s.on.still.RLock()
	s.on.still.RUnlock() //nolint:staticcheck // SA2001: it waits while nothing moves
	s.on.sent.Add(int64(n))
	time.Sleep(time.Duration(n) * time.Second / time.Duration(s.on.rate))
	return n, err
}

// cut ends every connection.
func (b *badLine) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.conns {
		_ = c.Close()
	}
	clear(b.conns)
	b.cuts.Add(1)
}

// externally lets a machine's server use a database of the tests, so that it
// starts at once.
func (m *machine) externally() {
	m.env = append(m.env, "TILLGANG_DATABASE_URL="+pgtest.URL(m.t), "TILLGANG_SECRET="+strings.Repeat("test ", 8), "TILLGANG_JOBS=false")
}

// The server is killed every 0.2 to 0.7 s and the network is cut between, while
// `tillgang upload` sends 50 files: each is in the archive once, and whole.
func TestKilled_UploadsGoOnAndEveryHashIsRight(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.externally()
	s := m.serve()
	who := m.key()
	line := newBadLine(t, "127.0.0.1:"+m.port, 1_500_000)

	dir := t.TempDir()
	want := map[string]string{}
	for i := range 50 {
		b := make([]byte, 100_000+rand.IntN(1_500_000))
		for j := range b {
			b[j] = byte(rand.Uint32())
		}
		name := fmt.Sprintf("fil %02d.bin", i)
		want[name] = fmt.Sprintf("%x", sha256.Sum256(b))
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), 4*time.Minute)
	defer stop()
	c := exec.CommandContext(ctx, m.bin, "upload", dir, "--url", "http://"+line.l.Addr().String(), "--parallel", "8", "--patience", "3m")
	c.Env = append(append([]string{}, m.env...), "TILLGANG_KEY="+strings.TrimPrefix(who.header, "Bearer "))
	var out, complaint bytes.Buffer
	c.Stdout, c.Stderr = &out, &complaint
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }()
	kills := 0
	for calm := time.Now().Add(30 * time.Second); time.Now().Before(calm); {
		select {
		case <-ended:
			calm = time.Time{}
			continue
		case <-time.After(200*time.Millisecond + rand.N(500*time.Millisecond)):
		}
		if kills%3 == 2 {
			line.cut()
			kills++
			continue
		}
		s.kill()
		kills++
		s = m.serve()
	}
	<-ended
	if c.ProcessState.ExitCode() != 0 || !strings.HasSuffix(out.String(), " 0 failed\n") {
		t.Errorf("%d: %s%s", c.ProcessState.ExitCode(), out.String(), complaint.String())
	}
	got := map[string]string{}
	for cursor := "x"; cursor != ""; {
		p := s.find(who, "limit=200&cursor="+strings.TrimPrefix(cursor, "x"))
		for _, a := range p.Items {
			if got[a.Name] != "" {
				t.Errorf("%s is there twice", a.Name)
			}
			got[a.Name] = a.SHA256
			back := s.do(asker{}, "GET", s.ticket(who, a.ID, "original").URL, nil)
			if hexSum(back.body) != want[a.Name] || a.SHA256 != want[a.Name] {
				t.Errorf("%s is other bytes than were sent", a.Name)
			}
		}
		cursor = p.Next
	}
	if len(got) != len(want) {
		t.Errorf("%d of %d files are there", len(got), len(want))
	}
	t.Logf("%d kills and cuts", kills)
	s.stop()
}
