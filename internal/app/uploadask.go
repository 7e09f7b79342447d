// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	stillFor   = 60 * time.Second // a connection that takes no byte for so long is given up
	firstPause = 200 * time.Millisecond
	longPause  = 10 * time.Second
)

// problem is what the server says went wrong.
type problem struct {
	status            int
	Title             string            `json:"title"`
	Code              string            `json:"code"`
	ID                string            `json:"id"`
	Errors            map[string]string `json:"errors"`
	header            http.Header
	body              []byte
	retryAfterSeconds int
}

func (p *problem) Error() string {
	text := p.Title
	if text == "" {
		text = fmt.Sprintf("the server answered %d", p.status)
	}
	for name, what := range p.Errors {
		text += " (" + name + " " + what + ")"
	}
	return text
}

// passing reports whether another try may do better.
func (p *problem) passing() bool {
	switch {
	case p.status >= 500 && p.status != http.StatusNotImplemented, p.status == http.StatusLocked, p.status == http.StatusTooManyRequests,
		p.status == http.StatusRequestTimeout, p.Code == "upload.offset", p.Code == "upload.taken_over", p.Code == "upload.interrupted":
		return true
	}
	return false
}

// ask sends one request. An answer that is no success is a *problem.
func (u *uploader) ask(ctx context.Context, method, at string, body io.Reader, size int64, header ...string) (*problem, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if body != nil {
		still := time.AfterFunc(stillFor, cancel)
		defer still.Stop()
		body = &moving{body, still}
	}
	req, err := http.NewRequestWithContext(ctx, method, at, body)
	if err != nil {
		return nil, fmt.Errorf("%w: --url must be a server such as https://bilder.example.se", errStop)
	}
	if body != nil {
		req.ContentLength = size
	}
	req.Header.Set("Authorization", "Bearer "+u.key)
	req.Header.Set("Tus-Resumable", "1.0.0")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := u.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	a := &problem{status: res.StatusCode, header: res.Header}
	if a.body, err = io.ReadAll(io.LimitReader(res.Body, 4<<20)); err != nil {
		return nil, err
	}
	if res.StatusCode < 300 {
		return a, nil
	}
	_ = json.Unmarshal(a.body, a)
	a.retryAfterSeconds, _ = strconv.Atoi(res.Header.Get("Retry-After"))
	if res.StatusCode == http.StatusUnauthorized {
		return nil, fmt.Errorf("%w: the server does not take this key: %s", errStop, a.Title)
	}
	return nil, a
}

// moving keeps a watch from ending the request while bytes are taken.
type moving struct {
	io.Reader
	still *time.Timer
}

// Read reads on.
func (m *moving) Read(b []byte) (int, error) {
	n, err := m.Reader.Read(b)
	m.still.Reset(stillFor)
	if err != nil { // all is sent: from here the client's own limit of waiting holds
		m.still.Stop()
	}
	return n, err
}

// pacing says how long to wait before another try.
type pacing struct {
	patience time.Duration
	since    time.Time // it last got on
	pause    time.Duration
}

func (u *uploader) pacing() *pacing { return &pacing{patience: u.patience, since: time.Now()} }

// got on: the next failure is a first one again.
func (p *pacing) got() { p.since, p.pause = time.Now(), 0 }

// again waits and returns nil, or says that another try makes no sense.
func (p *pacing) again(ctx context.Context, err error) error {
	said, answered := errors.AsType[*problem](err)
	if errors.Is(err, errStop) || answered && !said.passing() {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if time.Since(p.since) > p.patience {
		return fmt.Errorf("no progress for %v: %w", p.patience, err)
	}
	p.pause = min(max(p.pause*2, firstPause), longPause)
	wait := p.pause/2 + rand.N(p.pause) //nolint:gosec // G404: it only keeps clients from asking in step
	if answered {
		wait = max(wait, min(time.Duration(said.retryAfterSeconds)*time.Second, longPause))
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// surely asks until it gets an answer that is about what it asked.
func (u *uploader) surely(ctx context.Context, method, at string, body any) (*problem, error) {
	for p := u.pacing(); ; {
		var r io.Reader
		var size int64
		header := []string{"Accept", "application/json"}
		if body != nil {
			b, err := json.Marshal(body)
			if err != nil {
				return nil, err
			}
			r, size, header = bytes.NewReader(b), int64(len(b)), append(header, "Content-Type", "application/json")
		}
		a, err := u.ask(ctx, method, u.server+at, r, size, header...)
		if err == nil {
			return a, nil
		}
		if err := p.again(ctx, err); err != nil {
			return nil, err
		}
	}
}
