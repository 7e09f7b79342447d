// SPDX-License-Identifier: Apache-2.0

// Package benchserver starts the real program to measure it from outside, with
// data that is thrown away.
package benchserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Options say what is started.
type Options struct {
	Binary string   // the program
	Data   string   // its directory of data
	Log    string   // file for what it says; empty: standard error
	Env    []string // further settings
}

// Server is a running program and an administrator's key to it.
type Server struct {
	URL, Key string

	cmd   *exec.Cmd
	log   *os.File
	ended bool
}

// FreePort is an address of this machine that nobody listens on.
func FreePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// Start starts the program and returns when it is ready. Stop it.
func Start(ctx context.Context, o Options) (*Server, error) {
	at, err := FreePort()
	if err != nil {
		return nil, err
	}
	env := append(os.Environ(), "TILLGANG_DATA="+o.Data, "TILLGANG_LISTEN="+at, "TILLGANG_METRICS_LISTEN=off", "TILLGANG_LOG_LEVEL=error")
	env = append(env, o.Env...)
	s := &Server{URL: "http://" + at, cmd: exec.CommandContext(ctx, o.Binary, "serve")}
	s.cmd.Env, s.cmd.Stderr = env, os.Stderr
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	s.cmd.WaitDelay = 20 * time.Second
	if o.Log != "" {
		if s.log, err = os.OpenFile(o.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
			return nil, err
		}
		s.cmd.Stderr = s.log
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for range 600 {
		res, err := http.Get(s.URL + "/readyz")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				key := exec.CommandContext(ctx, o.Binary, "key", "create", "--name", "bench", "--role", "admin")
				key.Env, key.Stderr = env, os.Stderr
				b, err := key.Output()
				if err != nil {
					s.Stop()
					return nil, err
				}
				s.Key = strings.TrimSpace(string(b))
				return s, nil
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.Stop()
	return nil, errors.New("the server does not become ready")
}

// Stop ends the server. It may be called again.
func (s *Server) Stop() {
	if s.ended {
		return
	}
	s.ended = true
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
	if s.log != nil {
		_ = s.log.Close()
	}
}

// PID is the server's process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Memory is the resident memory of the server's process now, and the highest
// that it was, in bytes.
func (s *Server) Memory() (now, highest int64, err error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(s.PID()), "status"))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(b)) {
		name, rest, _ := strings.Cut(line, ":")
		into := map[string]*int64{"VmRSS": &now, "VmHWM": &highest}[name]
		if into == nil {
			continue
		}
		if *into, err = strconv.ParseInt(strings.Fields(rest)[0], 10, 64); err != nil {
			return 0, 0, err
		}
		*into <<= 10
	}
	if now == 0 || highest == 0 {
		return 0, 0, errors.New("the kernel does not say how much memory the server has")
	}
	return now, highest, nil
}

// Do sends a request with the key and returns the answer, which must have the
// wanted status.
func (s *Server) Do(req *http.Request, want int) (http.Header, []byte, error) {
	req.Header.Set("Authorization", "Bearer "+s.Key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil, err
	}
	b, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err == nil && res.StatusCode != want {
		err = fmt.Errorf("%s %s: %s %s", req.Method, req.URL.Path, res.Status, b)
	}
	return res.Header, b, err
}
