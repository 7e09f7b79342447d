// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/blob"
	"tillgang/internal/blob/dir"
	"tillgang/internal/delivery"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
	"tillgang/internal/search/searchtest"
)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// world is a tenant with one folder, an actor who may fetch originals, and one asset.
type world struct {
	*searchtest.World
	clock
	t        *testing.T
	db       *pg.DB
	owner    string
	store    blob.Store
	delivery *delivery.Service
	who      access.Actor
	asset    id.Asset
	revision id.Revision
	bytes    []byte
	etag     string

	mu     sync.Mutex
	recall error // what recalling the actor ends in
}

func newWorld(t *testing.T, size int) *world {
	t.Helper()
	db, owner := pgtest.Both(t)
	tenant := pgtest.Tenant(t, db)
	made, err := searchtest.Fill(t.Context(), db, owner, tenant, searchtest.Size{Folders: 1, ACLs: 1, Groups: 2, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	store, err := dir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	signer, err := delivery.NewSigner(delivery.LinkKey{ID: "a", Secret: bytes.Repeat([]byte("k"), 32)})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{World: made, t: t, db: db, owner: owner, store: store, clock: clock{t: searchtest.Born}}
	w.delivery = delivery.New(db, store, signer, w.now)
	w.who = w.Person(w.Groups[0])
	w.delivery.Recall = func(_ context.Context, _ pg.Tx, tenant id.Tenant, remembered []byte) (access.Actor, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		who, err := access.Recall(remembered)
		if err != nil || who.ID != w.who.ID || tenant != w.Tenant {
			return access.Actor{}, fault.New(fault.Unauthentic, "test", "Nobody like that.")
		}
		return w.who, w.recall
	}
	w.bytes = make([]byte, size)
	for i := range w.bytes {
		w.bytes[i] = byte(i * i >> 7)
	}
	w.grant(access.View | access.DownloadOriginal | access.DownloadRendition)
	w.asset, w.revision = id.New[id.Asset](), id.New[id.Revision]()
	key := "originals/" + strings.TrimPrefix(w.revision.String(), "rev_")
	w.put(key, w.bytes)
	sum := sha256.Sum256(w.bytes)
	w.etag = `"` + hex.EncodeToString(sum[:]) + `"`
	if err := pg.In(t.Context(), db, tenant, func(tx pg.Tx) error {
		if _, err := tx.Exec(t.Context(), `
			insert into asset (id, tenant_id, folder_id, acl_id, kind, state, revision_id, name, media_type, size, sha256, created_at, created_by, updated_at)
			select $1, $2, f.id, f.acl_id, 'image', 'ready', $4, 'Årsmöte.png', 'image/jpeg', $5, $6, $7, 'acc_other', $7 from folder f where f.id = $3`,
			w.asset, tenant, w.Root, w.revision, int64(size), sum[:], w.now()); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `
			insert into revision (id, tenant_id, asset_id, number, blob_key, name, media_type, size, sha256, created_at, created_by)
			values ($1, $2, $3, 1, $4, 'x', 'image/jpeg', $5, $6, $7, 'acc_other')`, w.revision, tenant, w.asset, key, int64(size), sum[:], w.now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) put(key string, b []byte) {
	w.t.Helper()
	if _, err := w.store.Put(w.t.Context(), blob.Key(key), bytes.NewReader(b), int64(len(b))); err != nil {
		w.t.Fatal(err)
	}
}

// grant gives the actor's group exactly these rights in the folder.
func (w *world) grant(perm access.Set) {
	w.t.Helper()
	if err := pg.In(w.t.Context(), w.db, w.Tenant, func(tx pg.Tx) error {
		acl, err := access.Intern(w.t.Context(), tx, w.Tenant, []access.Entry{{Principal: w.Groups[0], Perm: perm}})
		if err != nil {
			return err
		}
		for _, sql := range []string{"update folder set acl_id = $1", "update asset set acl_id = $1"} {
			if _, err := tx.Exec(w.t.Context(), sql, acl); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.owner)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(w.t.Context(), sql, args...); err != nil {
		w.t.Fatal(err)
	}
}

// one returns the single value of a query, asked by the owner.
func (w *world) one(sql string, args ...any) (s string) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.owner)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if err := conn.QueryRow(w.t.Context(), "select ("+sql+")::text", args...).Scan(&s); err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) issue() delivery.Ticket {
	w.t.Helper()
	t, err := w.delivery.Issue(w.t.Context(), w.who, w.asset, delivery.Request{Variant: delivery.Original, Purpose: "tryck"})
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

func token(t delivery.Ticket) string { return strings.TrimPrefix(t.URL, "/d/") }

// fetch redeems and takes n bytes (all if negative), then hangs up.
func (w *world) fetch(t delivery.Ticket, r delivery.Range, n int64) ([]byte, error) {
	w.t.Helper()
	st, err := w.delivery.Redeem(w.t.Context(), token(t), delivery.Fetch{Range: r})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := st.Close(w.t.Context()); err != nil {
			w.t.Error(err)
		}
	}()
	if n < 0 {
		n = st.Length
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(st.Body, b); err != nil {
		w.t.Fatal(err)
	}
	return b, st.Sent(w.t.Context(), n)
}
