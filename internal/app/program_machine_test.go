// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tillgang/internal/id"
)

// executable builds the programs once and returns the directory they are in,
// which everybody may enter.
var executable = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "tgp-")
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // tools run as another user
		return "", err
	}
	built = dir
	c := exec.Command("go", "build", "-buildvcs=false", "-o", dir+"/", "tillgang/cmd/tillgang", "tillgang/cmd/tillgang-worker", "tillgang/cmd/tillgang-vips", "tillgang/cmd/tillgang-office")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return dir, nil
})

var built string // what TestMain removes

// machine is a place to run the program in: a data directory and a port.
type machine struct {
	t    *testing.T
	bin  string
	data string
	port string
	env  []string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	bin, err := executable()
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(os.TempDir(), "tgd-"+id.New[id.Upload]().String()[20:])
	t.Cleanup(func() { _ = os.RemoveAll(data) })
	m := &machine{t: t, bin: filepath.Join(bin, "tillgang"), data: data, port: freePort(t)}
	m.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TILLGANG_DATA=" + data, "TILLGANG_LISTEN=127.0.0.1:" + m.port,
		"TILLGANG_METRICS_LISTEN=127.0.0.1:" + freePort(t), "TILLGANG_LOG_LEVEL=warn",
	}
	return m
}

// run runs a subcommand to its end.
func (m *machine) run(env []string, args ...string) (code int, out, complaint string) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), 90*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, m.bin, args...)
	c.Env = append(append([]string{}, m.env...), env...)
	var o, e bytes.Buffer
	c.Stdout, c.Stderr = &o, &e
	err := c.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		m.t.Fatal(args, err)
	}
	return c.ProcessState.ExitCode(), o.String(), e.String()
}

// server is the program serving.
type server struct {
	*world // to send requests with
	cmd    *exec.Cmd
	out    *notebook
	ended  chan struct{}
	code   int // once ended
}

// serve starts the server and waits until it is ready.
func (m *machine) serve() *server {
	m.t.Helper()
	s := &server{world: &world{t: m.t, url: "http://127.0.0.1:" + m.port}, out: &notebook{}, ended: make(chan struct{})}
	s.cmd = exec.Command(m.bin, "serve")
	s.cmd.Env = m.env
	complaints := &notebook{}
	s.cmd.Stdout, s.cmd.Stderr = s.out, complaints
	if err := s.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	go func() {
		_ = s.cmd.Wait()
		s.code = s.cmd.ProcessState.ExitCode()
		close(s.ended)
	}()
	m.t.Cleanup(s.kill)
	s.until("the server is ready", func() bool {
		select {
		case <-s.ended:
			m.t.Fatalf("the server ended with %d: %s", s.code, complaints)
		default:
		}
		a, err := s.try(asker{}, "GET", "/readyz", nil)
		return err == nil && a.status == http.StatusOK
	})
	return s
}

// kill ends the server as a power cut would.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.ended
}

// stop asks the server to end and waits for it.
func (s *server) stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	<-s.ended
	if s.code != 0 {
		s.t.Errorf("told to stop, the server ended with %d", s.code)
	}
}

var linkForm = regexp.MustCompile(`/sign-in/link#([A-Za-z0-9_-]+)`)

func (s *server) links() (tokens []string) {
	for _, m := range linkForm.FindAllStringSubmatch(s.out.String(), -1) {
		tokens = append(tokens, m[1])
	}
	return tokens
}

// key makes an administrator's key beside the running server.
func (m *machine) key() asker {
	m.t.Helper()
	code, out, complaint := m.run(nil, "key", "create", "--name", "ci", "--role", "admin")
	if code != 0 || !regexp.MustCompile(`^tg_[A-Za-z0-9_-]+\n$`).MatchString(out) {
		m.t.Fatalf("key create: %d %q %s", code, out, complaint)
	}
	return asker{name: "ci", header: "Bearer " + strings.TrimSpace(out)}
}
