// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"io"
	"maps"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/pg"
	"tillgang/internal/pg/pgtest"
)

// serving is what a server process is told.
type serving struct {
	URL    string    `json:"url"`
	Home   string    `json:"home"`
	Tenant id.Tenant `json:"tenant"`
	Round  uint64    `json:"round"`
}

// serve is a server that receives files and prepares them until it is killed.
// It says "ack", the asset and the hash of what was sent, for every success.
func serve(order string) {
	var s serving
	check(json.Unmarshal([]byte(order), &s))
	ctx := context.Background()
	db, err := pg.Open(ctx, s.URL, nil)
	check(err)
	w := &world{db: db, clock: &clock{}, tenant: s.Tenant}
	check(w.build(ctx, s.Home))
	check(w.queue.Start(ctx))
	for client := range uint64(3) {
		go func() {
			for i := uint64(0); ; i++ {
				content := file(s.Round, client, i)
				a, err := w.Receive(ctx, w.who, ingest.Plan{Name: "bild.jpg", Size: -1}, slow{bytes.NewReader(content)})
				check(err)
				sum := sha256.Sum256(content)
				fmt.Printf("ack %s %x\n", a.ID, sum)
			}
		}()
	}
	select {}
}

// file makes a small picture that no other call makes, with a long tail, so
// that sending it takes a while.
func file(round, client, i uint64) []byte {
	var b bytes.Buffer
	check(jpeg.Encode(&b, scene(120, 90, round<<32|client<<16|i), nil))
	return append(b.Bytes(), noise(200_000)...)
}

// slow gives its bytes in small pieces.
type slow struct{ r io.Reader }

func (s slow) Read(p []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return s.r.Read(p[:min(len(p), 8<<10)])
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func TestKilledServersLoseNothingAcknowledged(t *testing.T) {
	t.Parallel()
	db, owner := pgtest.Both(t)
	w := &world{db: db, clock: &clock{}, tenant: pgtest.Tenant(t, db)}
	home := t.TempDir()
	must(t, w.build(t.Context(), home))
	t.Cleanup(func() { must(t, w.close()) })
	w.in(t, func(tx tx) error { return w.folders.MakeTenantFoldersTx(t.Context(), tx, w.who) })

	acked := map[string]string{}
	for round := range uint64(6) {
		order, err := json.Marshal(serving{owner, home, w.tenant, round})
		must(t, err)
		maps.Copy(acked, killAfter(t, string(order), int(3+5*round)))
	}
	w.work(t)
	w.clock.add(48 * time.Hour) // what dead servers left is now old
	must(t, w.Sweep(t.Context(), house))

	all := w.everything(t)
	named := map[string]bool{}
	for _, e := range all {
		if e.State != string(asset.Ready) || e.Renditions != 3 {
			t.Errorf("%v ended %s (%s) with %d renditions", e.Asset, e.State, e.Code, e.Renditions)
		}
		sum := sha256.Sum256(w.original(t, e.Asset))
		if hex.EncodeToString(sum[:]) != e.Sum {
			t.Errorf("%v is not what was received", e.Asset)
		}
		named[e.Asset.String()+" "+e.Sum] = true
	}
	for asset, sum := range acked {
		if !named[asset+" "+sum] {
			t.Errorf("%s was acknowledged and is lost", asset)
		}
	}
	if l := w.leftovers(t); l != (leftovers{Blobs: 4 * len(all)}) {
		t.Errorf("%d assets; left over: %+v", len(all), l)
	}
	t.Logf("%d acknowledged, %d there", len(acked), len(all))
}

// killAfter runs a server until it has acknowledged some uploads and kills it
// in the middle of others. It returns all that it acknowledged.
func killAfter(t *testing.T, order string, acks int) map[string]string {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), "INGEST_TEST_SERVER="+order)
	var complaint bytes.Buffer
	c.Stderr = &complaint
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	said := map[string]string{}
	var once sync.Once
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if part := strings.Fields(lines.Text()); len(part) == 3 && part[0] == "ack" {
			said[part[1]] = part[2]
		}
		if len(said) >= acks {
			once.Do(func() { must(t, c.Process.Kill()) }) // what it said before is still read
		}
	}
	_ = c.Wait()
	if len(said) < acks {
		t.Fatalf("the server ended by itself: %s", complaint.String())
	}
	return said
}

type standing struct {
	Asset      id.Asset `db:"id"`
	State      string   `db:"state"`
	Code       string   `db:"state_code"`
	Sum        string   `db:"sum"`
	Renditions int      `db:"renditions"`
}

// everything lists all assets with what stands about them in the database.
func (w *world) everything(t *testing.T) (all []standing) {
	t.Helper()
	w.in(t, func(tx tx) error {
		rows, err := tx.Query(t.Context(), `select id, state, state_code, encode(sha256, 'hex') as sum,
			(select count(*) from rendition r where r.revision_id = a.revision_id) as renditions from asset a`)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowToStructByName[standing])
		return err
	})
	return all
}
