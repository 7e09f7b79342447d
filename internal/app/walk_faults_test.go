// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tillgang/internal/blob/blobtest"
	"tillgang/internal/pg/private"
	"tillgang/internal/secret"
)

// load is people at work: they upload, list and download until they are told
// to stop, and note whatever they are not answered well.
type load struct {
	w    *world
	who  asker
	mu   sync.Mutex
	kept map[string][]byte // asset → content, of every upload that was acknowledged

	good, busy atomic.Int64 // answers: done, and "not now"
}

// outage is how long something is away.
const outage = 30 * time.Second

// limit is the longest that anybody may wait for an answer.
const limit = 30 * time.Second

func (l *load) begin(ctx context.Context) (wait func()) {
	var all sync.WaitGroup
	for n := range 2 {
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				content := fmt.Appendf(nil, "worker %d file %d %s", n, i, bytes.Repeat([]byte("x"), 2000))
				a, ok := l.ask(func() (answer, error) { return l.w.tryUpload(l.who, "fil.txt", content) })
				if !ok || a.status != http.StatusCreated {
					continue
				}
				var made struct{ ID string }
				if err := json.Unmarshal(a.body, &made); err != nil {
					l.w.t.Error(err)
				}
				l.mu.Lock()
				l.kept[made.ID] = content
				l.mu.Unlock()
			}
		})
	}
	all.Go(func() {
		for ctx.Err() == nil {
			l.ask(func() (answer, error) { return l.w.try(l.who, "GET", "/api/v1/assets?limit=10", nil) })
		}
	})
	all.Go(func() {
		for ctx.Err() == nil {
			if id, content := l.any(); id != "" {
				l.fetch(id, content)
			}
		}
	})
	return all.Wait
}

func (l *load) any() (string, []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, content := range l.kept {
		return id, content
	}
	return "", nil
}

// fetch downloads an original; whatever is whole must be right.
func (l *load) fetch(id string, content []byte) bool {
	a, ok := l.ask(func() (answer, error) {
		return l.w.try(l.who, "POST", "/api/v1/assets/"+id+"/downloads", object{"variant": "original"})
	})
	if !ok || a.status != http.StatusCreated {
		return false
	}
	var k ticket
	if err := json.Unmarshal(a.body, &k); err != nil {
		l.w.t.Error(err)
	}
	a, ok = l.ask(func() (answer, error) { return l.w.try(asker{}, "GET", k.URL, nil) })
	if ok && a.status == http.StatusOK && !bytes.Equal(a.body, content) {
		l.w.t.Errorf("%s: other bytes than were sent", id)
	}
	return ok && a.status == http.StatusOK
}

// ask sends one request: it is answered, or told clearly to come back later,
// within the limit. A download that has begun may also be cut off.
func (l *load) ask(send func() (answer, error)) (answer, bool) {
	begin := time.Now()
	a, err := send()
	if took := time.Since(begin); took > limit {
		l.w.t.Errorf("an answer took %s", took)
	}
	switch {
	case err != nil:
		return a, false
	case a.status < 300:
		l.good.Add(1)
		return a, true
	case a.status == http.StatusServiceUnavailable && a.header.Get("Content-Type") == "application/problem+json" && a.header.Get("Retry-After") != "":
		l.busy.Add(1)
	default:
		l.w.t.Errorf("neither done nor a clear 503: %d %v %s", a.status, a.header, a.body)
	}
	return a, false
}

// until waits for something that the load brings about.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatal("it never came about: ", what)
		}
	}
}

// survives takes something away under load and gives it back: answers stay
// clear, all recovers by itself, and nothing acknowledged is lost.
func (w *world) survives(what string, away, back func()) {
	t := w.t
	t.Helper()
	l := &load{w: w, who: w.adminKey(), kept: map[string][]byte{}}
	ctx, stop := context.WithCancel(t.Context())
	wait := l.begin(ctx)
	w.until("work before", func() bool { return l.good.Load() > 40 })
	away()
	gone := time.Now()
	w.until("503 while "+what+" is away", func() bool { return l.busy.Load() > 20 })
	w.until("the server says that it is not ready", func() bool {
		a, err := w.try(asker{}, "GET", "/readyz", nil)
		return err == nil && a.status == http.StatusServiceUnavailable && bytes.Contains(a.body, []byte(what))
	})
	if a, err := w.try(asker{}, "GET", "/healthz", nil); err != nil || a.status != http.StatusOK {
		t.Error("it is not alive:", a.status, err)
	}
	w.until("the outage has lasted", func() bool { return time.Since(gone) > outage })
	back()
	before := l.good.Load()
	w.until("work afterwards", func() bool { return l.good.Load() > before+40 })
	stop()
	wait()
	w.until("the server says that it is ready", func() bool {
		a, err := w.try(asker{}, "GET", "/readyz", nil)
		return err == nil && a.status == http.StatusOK
	})
	n := 0
	for id, content := range l.kept {
		if !l.fetch(id, content) {
			t.Errorf("%s was acknowledged and cannot be fetched", id)
		}
		if n++; n%10 == 0 {
			if a := w.settled(l.who, id); a.State != "ready" {
				t.Errorf("%s ended %s: %s", id, a.State, a.StateReason)
			}
		}
	}
	t.Logf("%d answers, %d times 503, %d uploads acknowledged and whole", l.good.Load(), l.busy.Load(), len(l.kept))
}

func TestTheDatabaseGoesAwayUnderLoad(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "tg-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	cfg := private.Config{Dir: dir, Log: slog.New(slog.DiscardHandler)}
	cluster, err := private.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cluster.Stop(context.Background()) })
	w := newWorld(t, func(c *Config) { c.DatabaseURL = secret.New(cluster.URL(databaseName)) })
	w.survives("database", func() {
		if err := cluster.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}, func() {
		if cluster, err = private.Start(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	})
}

func TestTheStorageGoesAwayUnderLoad(t *testing.T) {
	t.Parallel()
	s := blobtest.OwnS3(t)
	w := newWorld(t, onS3(s, s.Bucket(t)))
	w.survives("storage", s.Stop, func() { s.Start(t) })
}
