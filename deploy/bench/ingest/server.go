// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"tillgang/deploy/bench/benchserver"
)

// house is a running server.
type house struct{ *benchserver.Server }

func (b *bench) start(ctx context.Context, data string) (*house, error) {
	s, err := benchserver.Start(ctx, benchserver.Options{Binary: b.binary, Data: filepath.Join(b.dir, data), Log: b.serverLog})
	return &house{s}, err
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
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL+"/api/v1/assets", io.MultiReader(append(readers, bytes.NewReader(tail))...))
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
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL+strings.TrimSuffix(at, "&cursor="), nil)
	if err != nil {
		return err
	}
	return h.do(req, http.StatusOK, into)
}

func (h *house) do(req *http.Request, want int, into any) error {
	_, b, err := h.Do(req, want)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}
