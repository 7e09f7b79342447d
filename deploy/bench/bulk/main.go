// SPDX-License-Identifier: Apache-2.0

// Command bulk measures one change to many assets: how long it is until all of
// them have it and are found by it, and until it is undone. It makes the archive
// in a database of its own on the server whose URL it is given.
//
//	go run ./internal/pg/pgtest/withpostgres -- sh -c 'go run ./deploy/bench/bulk -url "$TILLGANG_TEST_POSTGRES" -out bulk.md'
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"tillgang/deploy/bench/benchdb"
	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/bulk"
	"tillgang/internal/collection"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/queue"
	"tillgang/internal/search"
	"tillgang/internal/search/searchtest"
)

func main() {
	server := flag.String("url", "", "`URL` of a database server on which a database may be made and dropped")
	assets := flag.Int("assets", 10_000, "how many assets")
	out := flag.String("out", "", "write the table to this `file` (default: standard output)")
	flag.Parse()
	if err := run(context.Background(), *server, *assets, *out); err != nil {
		fmt.Fprintln(os.Stderr, "bulk bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, server string, assets int, out string) error {
	db, err := benchdb.Make(ctx, server, "bulk")
	if err != nil {
		return err
	}
	defer db.Drop(ctx)
	b, err := newBench(ctx, db, assets)
	if err != nil {
		return err
	}
	return benchdb.Write(out, b.measure)
}

type bench struct {
	ctx    context.Context
	assets int
	search *search.Service
	bulk   *bulk.Service
	house  access.Actor
}

// newBench introduces the rooms to each other as the house does, and makes the archive.
func newBench(ctx context.Context, of *benchdb.Database, assets int) (*bench, error) {
	now := func() time.Time { return searchtest.Born.Add(time.Hour) }
	db, tenant := of.DB, of.Tenant
	room := asset.New(db, folder.New(db, now), now)
	b := &bench{ctx: ctx, assets: assets, search: search.New(db, room, now), house: access.HouseActor(tenant, "bench")}
	b.bulk = bulk.New(db, room, collection.New(db, now), b.search, now)
	b.bulk.Recall = func(context.Context, pg.Tx, id.Tenant, []byte) (access.Actor, error) { return b.house, nil }
	room.OnChanged = func(ctx context.Context, tx pg.Tx, _ access.Actor, list ...asset.Asset) error {
		return b.search.IndexTx(ctx, tx, list...)
	}
	q := queue.New(db.Pool(), slog.New(slog.DiscardHandler), queue.Config{Name: "bench", InsertOnly: true})
	b.bulk.Register(q)
	if err := q.Start(ctx); err != nil {
		return nil, err
	}
	if _, err := searchtest.Fill(ctx, db, of.Owner, tenant, searchtest.Size{Assets: assets, Folders: 200, ACLs: 12, Groups: 12, Seed: 1}); err != nil {
		return nil, err
	}
	if err := b.search.Rebuild(ctx, b.house, nil); err != nil {
		return nil, err
	}
	return b, searchtest.Analyze(ctx, of.Owner)
}

// work does what the queue's workers do with a job.
func (b *bench) work(j bulk.Job) error {
	for round := 0; ; round++ {
		if err := b.bulk.Run(b.ctx, b.house, j.ID, round); err != nil {
			return err
		}
		now, err := b.bulk.Get(b.ctx, b.house, j.ID)
		if err != nil {
			return err
		}
		switch now.State {
		case bulk.Waiting, bulk.Running:
			continue
		case bulk.Finished:
			if now.Changed != b.assets {
				return fmt.Errorf("%d of %d were changed", now.Changed, b.assets)
			}
			return nil
		default:
			return fmt.Errorf("the job ended as %s: %s", now.State, now.Reason)
		}
	}
}

func (b *bench) found(word string, want int) error {
	n, err := b.search.Resolve(b.ctx, b.house, search.Selection{Query: &search.Query{Q: word}}, b.assets)
	if err == nil && len(n) != want {
		err = fmt.Errorf("%d are found, of %d", len(n), want)
	}
	return err
}

func (b *bench) measure(to io.Writer) error {
	const word = "massredigerad"
	credit := word + " av någon"
	start := time.Now()
	job, err := b.bulk.Start(b.ctx, b.house, bulk.Order{
		Selection: search.Selection{Query: &search.Query{}},
		Edits: asset.Edits{Fields: map[string]asset.FieldAct{
			"credit":   {Do: asset.Set, FieldChange: asset.FieldChange{Value: &credit}},
			"keywords": {Do: asset.Add, FieldChange: asset.FieldChange{Values: []string{"utvald", "2026"}}},
		}},
	})
	if err != nil {
		return err
	}
	asked := time.Since(start)
	if err := b.work(job); err != nil {
		return err
	}
	done := time.Since(start)
	if err := b.found(word, b.assets); err != nil {
		return err
	}
	fmt.Fprintf(to, "%d assets get a credit line and two keywords by one order, as an administrator gives it, and lose them again by its undoing; one worker.\n\n| deed | answer s | until done s | assets/s |\n|---|--:|--:|--:|\n", b.assets)
	row := func(what string, answer, all time.Duration) {
		fmt.Fprintf(to, "| %s | %.2f | %.1f | %.0f |\n", what, answer.Seconds(), all.Seconds(), float64(b.assets)/all.Seconds())
	}
	row("edited", asked, done)
	start = time.Now()
	if job, err = b.bulk.Undo(b.ctx, b.house, job.ID); err != nil {
		return err
	}
	asked = time.Since(start)
	if err := b.work(job); err != nil {
		return err
	}
	row("undone", asked, time.Since(start))
	return b.found(word, 0)
}
