// SPDX-License-Identifier: Apache-2.0

package httpmedia_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/blob"
	"tillgang/internal/blob/dir"
	"tillgang/internal/delivery"
	"tillgang/internal/fault"
	"tillgang/internal/httpmedia"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
	"tillgang/internal/search/searchtest"
)

// world is a door on a real listener, before real rooms.
type world struct {
	t        *testing.T
	db       *pg.DB
	owner    string
	store    blob.Store
	delivery *delivery.Service
	who      access.Actor
	asset    id.Asset
	bytes    []byte
	etag     string
	url      string
	log      *lines
	sendfile *atomic.Int64 // bytes that left from the kernel
	ahead    atomic.Int64  // how far the rooms' clock is ahead
	lost     atomic.Bool   // whether the actor has lost every right
}

// lines collects what is logged.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// plug lets the tests choose what the storage does.
type plug struct {
	blob.Store
	plain bool // readers without their file, as a remote storage's
	fail  error
}

func (p *plug) Open(ctx context.Context, k blob.Key) (blob.Reader, error) {
	if p.fail != nil {
		return nil, p.fail
	}
	r, err := p.Store.Open(ctx, k)
	if err == nil && p.plain {
		r = struct{ blob.Reader }{r}
	}
	return r, err
}

func (p *plug) OpenRange(ctx context.Context, k blob.Key, offset, n int64) (blob.Reader, error) {
	r, err := p.Store.OpenRange(ctx, k, offset, n)
	if err == nil && p.plain {
		r = struct{ blob.Reader }{r}
	}
	return r, err
}

func newWorld(t *testing.T, size int) (*world, *plug) {
	t.Helper()
	return newWorldWith(t, size, 0)
}

func newWorldWith(t *testing.T, size int, stall time.Duration) (*world, *plug) {
	t.Helper()
	db, owner := pgtest.Both(t)
	tenant := pgtest.Tenant(t, db)
	made, err := searchtest.Fill(t.Context(), db, owner, tenant, searchtest.Size{Assets: 1, Folders: 1, ACLs: 1, Groups: 1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	store, err := dir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	p := &plug{Store: store}
	signer, err := delivery.NewSigner(delivery.LinkKey{ID: "a", Secret: bytes.Repeat([]byte("k"), 32)})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: db, owner: owner, store: store, log: &lines{}, sendfile: &atomic.Int64{}, who: access.HouseActor(tenant, "test")}
	w.delivery = delivery.New(db, p, signer, func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) })
	w.delivery.Recall = func(_ context.Context, _ pg.Tx, tenant id.Tenant, _ []byte) (access.Actor, error) {
		if w.lost.Load() {
			return access.Actor{}, fault.New(fault.Unauthentic, "test", "Gone.")
		}
		return w.who, nil
	}
	w.bytes = make([]byte, size)
	for i := range w.bytes {
		w.bytes[i] = byte(i * i >> 9)
	}
	sum := sha256.Sum256(w.bytes)
	w.etag = `"` + hex.EncodeToString(sum[:]) + `"`
	var key string
	if err := pg.In(t.Context(), db, tenant, func(tx pg.Tx) error {
		if _, err := tx.Exec(t.Context(), "update revision set size = $1, sha256 = $2, media_type = 'text/html', blob_key = replace(blob_key, 'rev_', '')", int64(size), sum[:]); err != nil {
			return err
		}
		if _, err := tx.Exec(t.Context(), "update asset set name = 'Årsmöte.jpg'"); err != nil {
			return err
		}
		return tx.QueryRow(t.Context(), "select a.id, r.blob_key from asset a join revision r on r.asset_id = a.id").Scan(&w.asset, &key)
	}); err != nil {
		t.Fatal(err)
	}
	w.put(key, w.bytes)
	h, err := httpmedia.New(httpmedia.Config{Delivery: w.delivery, Log: slog.New(slog.NewTextHandler(w.log, nil)), Now: time.Now, Stall: stall})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(h)
	srv.Listener = httpmedia.Counted(srv.Listener, w.sendfile)
	srv.Config.ConnContext = httpmedia.ConnContext
	srv.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(w.log, nil), slog.LevelError)
	srv.Start()
	t.Cleanup(srv.Close)
	w.url = srv.URL
	_ = made
	return w, p
}

func (w *world) put(key string, b []byte) {
	w.t.Helper()
	if _, err := w.store.Put(w.t.Context(), blob.Key(key), bytes.NewReader(b), int64(len(b))); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) ticket() string {
	w.t.Helper()
	tk, err := w.delivery.Issue(w.t.Context(), w.who, w.asset, delivery.Request{Variant: delivery.Original})
	if err != nil {
		w.t.Fatal(err)
	}
	return tk.URL
}

// ask sends one request on a connection of its own.
func (w *world) ask(method, path string, header ...string) (*http.Response, []byte) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	resp, err := (&http.Transport{DisableKeepAlives: true, DisableCompression: true}).RoundTrip(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp, b
}

func problemOf(t *testing.T, resp *http.Response, body []byte) (code, incident string) {
	t.Helper()
	var p struct {
		Type, Title, Code, Incident string
		Status                      int
	}
	if err := json.Unmarshal(body, &p); err != nil || resp.Header.Get("Content-Type") != "application/problem+json" || p.Status != resp.StatusCode || p.Title == "" {
		t.Errorf("no problem: %s %q %v", resp.Status, body, err)
	}
	return p.Code, p.Incident
}
