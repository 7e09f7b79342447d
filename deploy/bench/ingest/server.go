// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// house is a running server.
type house struct {
	url, key string
	cmd      *exec.Cmd
	log      *os.File
	ended    bool
}

func start(ctx context.Context, binary, data, log string) (*house, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	at := l.Addr().String()
	_ = l.Close()
	env := append(os.Environ(), "TILLGANG_DATA="+data, "TILLGANG_LISTEN="+at, "TILLGANG_METRICS_LISTEN=off", "TILLGANG_LOG_LEVEL=error")
	h := &house{url: "http://" + at, cmd: exec.CommandContext(ctx, binary, "serve")}
	h.cmd.Env, h.cmd.Stderr = env, os.Stderr
	h.cmd.Cancel = func() error { return h.cmd.Process.Signal(syscall.SIGTERM) }
	h.cmd.WaitDelay = 20 * time.Second
	if log != "" {
		if h.log, err = os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
			return nil, err
		}
		h.cmd.Stderr = h.log
	}
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	for range 600 {
		res, err := http.Get(h.url + "/readyz")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				key := exec.CommandContext(ctx, binary, "key", "create", "--name", "bench", "--role", "admin")
				key.Env, key.Stderr = env, os.Stderr
				b, err := key.Output()
				h.key = strings.TrimSpace(string(b))
				return h, err
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	h.stop()
	return nil, errors.New("the server does not become ready")
}

// stop ends the server. It may be called again.
func (h *house) stop() {
	if h.ended {
		return
	}
	h.ended = true
	_ = h.cmd.Process.Signal(syscall.SIGTERM)
	_ = h.cmd.Wait()
	if h.log != nil {
		_ = h.log.Close()
	}
}

// rss is the highest resident memory of the server's process, in bytes.
func (h *house) rss() int64 {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(h.cmd.Process.Pid), "status"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n << 10
		}
	}
	return 0
}

// take uploads files by so many clients and waits until all are prepared.
func (h *house) take(ctx context.Context, files []file, clients int) (time.Duration, error) {
	begin := time.Now()
	next := make(chan int)
	failed := make(chan error, clients)
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			var err error
			for i := range next {
				if err == nil {
					files[i].id, err = h.upload(ctx, files[i])
				}
			}
			failed <- err
		})
	}
	for i := range files {
		next <- i
	}
	close(next)
	all.Wait()
	for range clients {
		if err := <-failed; err != nil {
			return 0, err
		}
	}
	// Asked one after the other, so that asking costs next to nothing.
	for _, f := range files {
		for {
			var a struct{ State string }
			if err := h.get(ctx, "/api/v1/assets/"+f.id, &a); err != nil {
				return 0, err
			}
			if a.State != "preparing" {
				break
			}
			select {
			case <-ctx.Done():
				return 0, ctx.Err()
			case <-time.After(250 * time.Millisecond):
			}
		}
	}
	return time.Since(begin), nil
}

func (h *house) upload(ctx context.Context, f file) (id string, err error) {
	var head bytes.Buffer
	form := multipart.NewWriter(&head)
	if _, err := form.CreateFormFile("file", f.name); err != nil {
		return "", err
	}
	tail := []byte("\r\n--" + form.Boundary() + "--\r\n")
	readers, length := []io.Reader{&head}, int64(head.Len()+len(tail))
	for _, p := range f.parts {
		readers, length = append(readers, bytes.NewReader(p)), length+int64(len(p))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url+"/api/v1/assets", io.MultiReader(append(readers, bytes.NewReader(tail))...))
	if err != nil {
		return "", err
	}
	req.ContentLength = length
	req.Header.Set("Content-Type", form.FormDataContentType())
	var made struct{ ID string }
	err = h.do(req, http.StatusCreated, &made)
	return made.ID, err
}

type list struct {
	Items []struct {
		ID         string     `json:"id"`
		Name       string     `json:"name"`
		State      string     `json:"state"`
		Reason     string     `json:"state_reason"`
		Renditions []struct{} `json:"renditions"`
	} `json:"items"`
	Next string `json:"next"`
}

// check looks whether all files are there and prepared, with at least so many renditions each.
func (h *house) check(ctx context.Context, files []file, renditions int) error {
	seen := 0
	for at := ""; ; {
		var p list
		if err := h.get(ctx, "/api/v1/assets?limit=100&cursor="+url.QueryEscape(at), &p); err != nil {
			return err
		}
		for _, a := range p.Items {
			if seen++; a.State != "ready" || len(a.Renditions) < renditions {
				return fmt.Errorf("%s is %s with %d renditions: %s", a.Name, a.State, len(a.Renditions), a.Reason)
			}
		}
		if at = p.Next; at == "" {
			break
		}
	}
	if seen != len(files) {
		return fmt.Errorf("%d assets of %d files", seen, len(files))
	}
	return nil
}

func (h *house) get(ctx context.Context, at string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url+strings.TrimSuffix(at, "&cursor="), nil)
	if err != nil {
		return err
	}
	return h.do(req, http.StatusOK, into)
}

func (h *house) do(req *http.Request, want int, into any) error {
	req.Header.Set("Authorization", "Bearer "+h.key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	switch {
	case err != nil:
		return err
	case res.StatusCode != want:
		return fmt.Errorf("%s %s: %s %s", req.Method, req.URL.Path, res.Status, b)
	case into == nil:
		return nil
	}
	return json.Unmarshal(b, into)
}
