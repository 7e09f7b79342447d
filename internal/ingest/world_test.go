// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/blob"
	"tillgang/internal/blob/dir"
	"tillgang/internal/document"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
	"tillgang/internal/picture"
	"tillgang/internal/queue"
	"tillgang/internal/rendition"
	"tillgang/internal/sandbox"
)

type tx = pg.Tx

// The test binary is also the first stage of a sandbox, the built-in picture
// engine's worker, and a server that receives files until it is killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == sandbox.Command {
		os.Exit(sandbox.Main(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == picture.WorkerArg {
		os.Exit(picture.WorkerMain(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == document.WorkerArg {
		os.Exit(document.WorkerMain(os.Args[2:]))
	}
	if order := os.Getenv("INGEST_TEST_SERVER"); order != "" {
		serve(order)
	}
	code := m.Run()
	_ = os.RemoveAll(vipsDir)
	os.Exit(code)
}

var house = access.HouseActor(id.Tenant{}, "test")

// clock is the time of day, moved forward by hand.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().UTC().Add(c.ahead).Truncate(time.Microsecond)
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// world is a house of these rooms, with real tools.
type world struct {
	*ingest.Service
	db         *pg.DB
	store      *broken
	folders    *folder.Service
	assets     *asset.Service
	renditions *rendition.Service
	queue      *queue.Queue // works jobs, once started
	inserter   *queue.Queue // enqueues only
	box        *sandbox.Sandbox
	clock      *clock
	cfg        ingest.Config
	tenant     id.Tenant
	who        access.Actor
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{db: pgtest.New(t), clock: &clock{}}
	w.tenant = pgtest.Tenant(t, w.db)
	must(t, w.build(t.Context(), t.TempDir()))
	t.Cleanup(func() { must(t, w.close()) })
	w.in(t, func(tx tx) error {
		return w.folders.MakeTenantFoldersTx(t.Context(), tx, access.HouseActor(w.tenant, "test"))
	})
	return w
}

func editor(tenant id.Tenant) access.Actor {
	return access.Actor{Kind: access.Person, ID: "acc_test", Tenant: tenant, Own: access.Grant{Everywhere: access.Content}, Scope: access.All}
}

// build puts the rooms together over w.db, with files in home.
func (w *world) build(ctx context.Context, home string) error {
	log := slog.New(slog.DiscardHandler)
	store, err := dir.Open(filepath.Join(home, "blobs"))
	if err != nil {
		return err
	}
	w.store = &broken{Stager: store}
	w.who = editor(w.tenant)
	w.box = sandbox.New("", filepath.Join(home, "scratch"), log)
	w.folders = folder.New(w.db, w.clock.now)
	w.assets = asset.New(w.db, w.folders, w.clock.now)
	w.queue = queue.New(w.db.Pool(), log, queue.Config{Beat: 200 * time.Millisecond, Dead: 2 * time.Second, SoftStop: time.Second})
	w.inserter = queue.New(w.db.Pool(), log, queue.Config{InsertOnly: true})
	w.connect(log)
	w.Register(w.queue)
	w.Register(w.inserter)
	return w.inserter.Start(ctx)
}

// connect makes the room itself and the one that renders.
func (w *world) connect(log *slog.Logger) {
	w.Service = ingest.New(ingest.Rooms{DB: w.db, Blobs: w.store, Folders: w.folders, Assets: w.assets, Jobs: w.inserter},
		ingest.Tools{Scratch: w.box.Scratch, Run: w.run, Documents: document.Reader{Exe: os.Args[0], Run: w.run, Slow: w.run}}, w.cfg, log, w.clock.now)
	w.renditions = rendition.New(w.db, w.store, w.Service, picture.Builtin{Exe: os.Args[0], Run: w.run}, w.clock.now)
	w.Render, w.Reads = w.renditions.Make, w.renditions.Reads
}

// open makes the room anew, with what w.cfg says now. Jobs stay with the old one.
func (w *world) open(t *testing.T) {
	t.Helper()
	w.connect(slog.New(slog.DiscardHandler))
}

func (w *world) run(ctx context.Context, dir string, inputs []string, argv ...string) ([]byte, error) {
	r, err := w.box.Run(ctx, sandbox.Task{Dir: dir, Read: inputs, Argv: argv})
	return r.Stdout, err
}

func (w *world) close() error {
	err := w.queue.Stop(context.Background())
	if err == nil {
		err = w.box.Close()
	}
	return err
}

func (w *world) in(t *testing.T, fn func(tx tx) error) {
	t.Helper()
	must(t, pg.In(t.Context(), w.db, w.tenant, fn))
}

func (w *world) receive(t *testing.T, name string, content []byte) asset.Asset {
	t.Helper()
	a, err := w.Receive(t.Context(), w.who, ingest.Plan{Name: name, Size: -1}, bytes.NewReader(content))
	must(t, err)
	return a
}

func (w *world) get(t *testing.T, of id.Asset) asset.Asset {
	t.Helper()
	a, err := w.assets.Get(t.Context(), w.who, of)
	must(t, err)
	return a
}

// original reads back what is stored of an asset.
func (w *world) original(t *testing.T, of id.Asset) []byte {
	t.Helper()
	var r asset.Revision
	w.in(t, func(tx tx) (err error) {
		_, r, err = w.assets.ActiveRevisionTx(t.Context(), tx, w.who, of)
		return err
	})
	f, err := w.store.Open(t.Context(), r.BlobKey)
	must(t, err)
	defer f.Close()
	b, err := io.ReadAll(f)
	must(t, err)
	return b
}

// work starts the queue and waits until no asset is being prepared.
func (w *world) work(t *testing.T) {
	t.Helper()
	must(t, w.queue.Start(t.Context()))
	w.settle(t)
}

func (w *world) settle(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for n := 1; n > 0; {
		w.in(t, func(tx tx) error {
			return tx.QueryRow(t.Context(), "select count(*) from asset where state = 'preparing'").Scan(&n)
		})
		if n > 0 && time.Now().After(deadline) {
			t.Fatalf("%d assets are still being prepared after minutes", n)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// leftovers counts what stands beside finished assets; Blobs are all objects.
type leftovers struct{ Blobs, Uploads, Condemned int }

func (w *world) leftovers(t *testing.T) leftovers {
	t.Helper()
	var l leftovers
	for _, err := range w.store.List(t.Context(), "") {
		must(t, err)
		l.Blobs++
	}
	w.in(t, func(tx tx) error {
		return tx.QueryRow(t.Context(), "select (select count(*) from upload), (select count(*) from condemned_blob)").Scan(&l.Uploads, &l.Condemned)
	})
	return l
}

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

// purged does what the house does when assets are destroyed.
func (w *world) purged(ctx context.Context, tx pg.Tx, who access.Actor, assets []id.Asset, keys []blob.Key) error {
	if err := w.renditions.ForgetTx(ctx, tx, who, assets); err != nil {
		return err
	}
	if err := w.ForgetTx(ctx, tx, who, assets); err != nil {
		return err
	}
	return w.CondemnTx(ctx, tx, who.Tenant, keys...)
}
