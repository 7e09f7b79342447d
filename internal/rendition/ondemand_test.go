// SPDX-License-Identifier: Apache-2.0

package rendition_test

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/pg"
	"tillgang/internal/picture"
	"tillgang/internal/rendition"
)

// gated is an engine that says when it begins and goes on when it is let.
type gated struct {
	engine
	mu    sync.Mutex
	began chan struct{}
	let   chan struct{}
	runs  atomic.Int32
}

func newGated() *gated { return &gated{began: make(chan struct{}, 100), let: make(chan struct{})} }

func (g *gated) Render(ctx context.Context, dir string, j picture.Job) (picture.Reply, error) {
	g.runs.Add(1)
	g.began <- struct{}{}
	<-g.let
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.engine.Render(ctx, dir, j)
}

// node is a further process of the same house, whose engine is gated.
func (w *world) node(t *testing.T, g *gated) *rendition.Service {
	t.Helper()
	s := rendition.New(w.db, w.store, w.ingest, g, w.now)
	s.Scratch = func(context.Context) (string, func(), error) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		return dir, func() {}, err
	}
	t.Cleanup(func() { <-s.Drained() })
	return s
}

// ready makes the asset one whose preparation has ended.
func (w *world) ready(t *testing.T) {
	t.Helper()
	house := access.HouseActor(w.who.Tenant, "test")
	must(t, pg.In(t.Context(), w.db, w.who.Tenant, func(tx pg.Tx) error {
		_, err := w.assets.SetStateTx(t.Context(), tx, house, w.asset.ID, asset.Outcome{Revision: w.asset.Revision, State: asset.Ready})
		return err
	}))
}

// wish is a rendition by a recipe of its own.
func wish(width int) rendition.Want {
	return rendition.Want{Name: "own", Recipe: picture.Recipe{Width: width, Height: width, Fit: picture.Inside, Format: picture.JPEG}}
}

func TestHoweverManyAskOnHoweverManyNodesItIsMadeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ready(t)
	g := newGated()
	one, two := w.node(t, g), w.node(t, g)
	got := make(chan rendition.Rendition, 10)
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			r, err := []*rendition.Service{one, two}[i%2].OnDemand(t.Context(), w.who, w.asset.ID, wish(300))
			if err != nil {
				t.Error(err)
			}
			got <- r
		})
	}
	<-g.began
	// Both nodes have it under way, and one alone has the claim.
	if n := w.rows(t, "select count(*) from rendition_claim"); n != 1 {
		t.Error(n, "claims")
	}
	close(g.let)
	all.Wait()
	first := <-got
	for range 9 {
		if r := <-got; r.ID != first.ID || r.Width != 300 {
			t.Error(r, first)
		}
	}
	if n := g.runs.Load(); n != 1 {
		t.Error("made", n, "times")
	}
	<-one.Drained()
	<-two.Drained()
	if objects, condemned := w.stored(t); objects != 1 || condemned != 0 || w.rows(t, "select count(*) from rendition_claim") != 0 {
		t.Error(objects, "objects,", condemned, "condemned, or a claim stays")
	}
}

func (w *world) rows(t *testing.T, sql string) (n int) {
	t.Helper()
	must(t, pg.In(t.Context(), w.db, w.who.Tenant, func(tx pg.Tx) error { return tx.QueryRow(t.Context(), sql).Scan(&n) }))
	return n
}

func TestAClaimOfADeadNodeIsTakenOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ready(t)
	g := newGated()
	close(g.let)
	s := w.node(t, g)
	r, err := s.OnDemand(t.Context(), w.who, w.asset.ID, wish(200)) // for its recipe's text
	must(t, err)
	must(t, pg.In(t.Context(), w.db, w.who.Tenant, func(tx pg.Tx) error {
		if _, err := tx.Exec(t.Context(), "delete from rendition"); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `insert into rendition_claim (revision_id, preset, recipe, tenant_id, holder, until)
			select $1, $2, $3, $4, gen_random_uuid(), $5`, r.Revision, r.Preset, r.Recipe, w.who.Tenant, w.now().Add(-time.Second))
		return err
	}))
	if again, err := s.OnDemand(t.Context(), w.who, w.asset.ID, wish(200)); err != nil || again.ID == r.ID || g.runs.Load() != 2 {
		t.Error(again, err, g.runs.Load())
	}
}

func TestWhatTakesLongIsPromisedAndWhatIsTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ready(t)
	g := newGated()
	s := w.node(t, g)
	s.Slots, s.Waiting, s.Wait = 1, 2, time.Millisecond
	ask := func(width int) error {
		_, err := s.OnDemand(t.Context(), w.who, w.asset.ID, wish(width))
		return err
	}
	for _, width := range []int{100, 101, 102} {
		if err := ask(width); fault.CodeOf(err) != rendition.CodeMaking || fault.As(err).RetryAfter == 0 {
			t.Error(width, err)
		}
	}
	if err := ask(100); fault.CodeOf(err) != rendition.CodeMaking { // joins what is under way
		t.Error(err)
	}
	if err := ask(103); fault.CodeOf(err) != rendition.CodeBusy || fault.KindOf(err) != fault.Unavailable || fault.As(err).RetryAfter == 0 {
		t.Error(err)
	}
	<-g.began
	if n := g.runs.Load(); n != 1 { // the others wait for the only slot
		t.Error(n, "at the same time")
	}
	close(g.let)
	<-s.Drained() // what was begun goes on, whoever went away
	s.Wait = time.Minute
	for _, width := range []int{100, 101, 102, 103} {
		must(t, ask(width))
	}
	if n := g.runs.Load(); n != 4 {
		t.Error("made", n, "times")
	}
}

func TestAFailureIsToldToAllWhoWaitAndTheNextTriesAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ready(t)
	g := newGated()
	g.fails = fault.New(fault.Invalid, "picture.broken", "This picture is broken.")
	s := w.node(t, g)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if _, err := s.OnDemand(t.Context(), w.who, w.asset.ID, wish(50)); fault.CodeOf(err) != "picture.broken" {
				t.Error(err)
			}
		})
	}
	<-g.began
	close(g.let)
	all.Wait()
	if n := w.rows(t, "select count(*) from rendition_claim"); n != 0 {
		t.Error("the claim stays")
	}
	g.mu.Lock()
	g.fails = nil
	g.mu.Unlock()
	if _, err := s.OnDemand(t.Context(), w.who, w.asset.ID, wish(50)); err != nil {
		t.Error(err)
	}
	stranger := access.Actor{Kind: access.Person, ID: "acc_other", Tenant: w.who.Tenant, Scope: access.All}
	if _, err := s.OnDemand(t.Context(), stranger, w.asset.ID, wish(50)); fault.KindOf(err) != fault.NotFound {
		t.Error("a stranger's is made:", err)
	}
}
