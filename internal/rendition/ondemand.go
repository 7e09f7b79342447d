// SPDX-License-Identifier: Apache-2.0

package rendition

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/pg"
	"tillgang/internal/picture"
)

// Want says which rendition is wanted of an asset: a preset's, or one that the
// house makes by a recipe of its own, such as a page of a document.
type Want struct {
	Preset string // a preset's name; empty: Recipe and Name
	Recipe picture.Recipe
	Name   string     // under which what Recipe makes is kept: "page"
	Need   access.Set // what it takes; zero: DownloadRendition
	Mark   string     // a text that is laid all over it, beside Recipe
}

// Times of making on demand.
const (
	Patience = 25 * time.Second // how long OnDemand waits for what is being made: less than an answer may take
	makeTime = 5 * time.Minute  // how long making one may take
	claimFor = 6 * time.Minute  // after which a node that claimed one is believed dead
	look     = 250 * time.Millisecond
)

// CodeMaking is the code of the fault for a rendition that is still being made:
// asking again after RetryAfter is all it takes. CodeBusy says that too many are.
const (
	CodeMaking = "rendition.making"
	CodeBusy   = "rendition.busy"
)

// flights are what this process makes on demand.
type flights struct {
	mu    sync.Mutex
	by    map[flight]*outcome
	slots chan struct{}
	wait  sync.WaitGroup
}

// flight says what is made: everybody who wants it waits for the same.
type flight struct {
	revision     id.Revision
	preset, text string
}

// outcome is how a flight ends.
type outcome struct {
	done chan struct{}
	r    Rendition
	err  error
}

// order is what OnDemand found out about a wish.
type order struct {
	asset    asset.Asset
	revision asset.Revision
	want     wanted
	found    *Rendition
}

// OnDemand returns a rendition of the revision that is shown of an asset, made
// now if it is not there. However many ask for it on however many nodes, it is
// made once. It takes DownloadRendition and the preset's own leave. It gives up
// waiting after Patience with CodeMaking; what was begun goes on. When more is
// wanted than can wait in line, the answer is CodeBusy.
func (s *Service) OnDemand(ctx context.Context, who access.Actor, of id.Asset, w Want) (Rendition, error) {
	o, err := s.order(ctx, who, of, w)
	if err != nil {
		return Rendition{}, err
	}
	if o.found != nil {
		return *o.found, nil
	}
	out, err := s.fly(ctx, who, o)
	if err != nil {
		return Rendition{}, err
	}
	patience := time.NewTimer(cmp.Or(s.Wait, Patience))
	defer patience.Stop()
	select {
	case <-out.done:
		return out.r, out.err
	case <-patience.C:
		return Rendition{}, making()
	case <-ctx.Done():
		return Rendition{}, ctx.Err()
	}
}

func making() error {
	return &fault.Error{Kind: fault.Unavailable, Code: CodeMaking, RetryAfter: 5, Text: "This size is still being made. Ask again in a moment."}
}

// order authorises who for the wish and looks whether it is fulfilled already.
func (s *Service) order(ctx context.Context, who access.Actor, of id.Asset, w Want) (o order, err error) {
	if err := who.Require(0); err != nil {
		return o, err
	}
	need := w.Need
	if need == 0 {
		need = access.DownloadRendition
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		if o.asset, o.revision, err = s.ingest.ShownTx(ctx, tx, who, of); err != nil {
			return err
		}
		if err := asset.AllowedBytes(o.asset, who, need, s.now()); err != nil {
			return err
		}
		f, err := framingTx(ctx, tx, who, o.revision.ID)
		if err != nil {
			return err
		}
		if w.Preset == "" {
			o.want = wanted{preset: Preset{Name: w.Name}, recipe: w.Recipe}
			o.want.recipe.Turn, o.want.recipe.Flip = f.Turn, f.Flip
			if w.Mark != "" {
				if o.want, err = s.marked(ctx, tx, who, o, w, f); err != nil {
					return err
				}
			}
		} else {
			p, err := s.presetTx(ctx, tx, who, w.Preset)
			if err != nil {
				return err
			}
			if o.want, err = s.want(ctx, tx, who, p, ingest.Original{Asset: of, MediaType: o.revision.MediaType}, f); err != nil {
				return err
			}
		}
		if o.found, err = foundTx(ctx, tx, who, o); err != nil || o.found != nil {
			return err
		}
		switch {
		case o.asset.State == asset.Preparing && o.asset.Shown == o.asset.Revision:
			return fault.New(fault.Conflict, "delivery.not_ready", "This size is still being made. Try again in a moment, or fetch the original.")
		case o.asset.State == asset.Failed:
			return fault.New(fault.Conflict, "rendition.no_picture", "No picture can be made of this file. Fetch the original.")
		}
		return nil
	})
	return o, err
}

const sqlFound = `
	select ` + sqlColumns + ` from rendition r
	where r.revision_id = @revision and r.tenant_id = @tenant and r.preset = @preset and r.recipe = @recipe`

func foundTx(ctx context.Context, tx pg.Tx, who access.Actor, o order) (*Rendition, error) {
	rows, err := tx.Query(ctx, sqlFound, pgx.StrictNamedArgs{
		"revision": o.revision.ID, "tenant": who.Tenant, "preset": o.want.preset.Name, "recipe": o.want.text(),
	})
	if err != nil {
		return nil, err
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Rendition])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &r, err
}

// fly joins the flight that makes what is ordered, or starts it.
func (s *Service) fly(ctx context.Context, who access.Actor, o order) (*outcome, error) {
	fs, key := &s.flights, flight{o.revision.ID, o.want.preset.Name, o.want.text()}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if out := fs.by[key]; out != nil {
		return out, nil
	}
	if fs.by == nil {
		fs.by, fs.slots = map[flight]*outcome{}, make(chan struct{}, or(s.Slots, 2))
	}
	if len(fs.by) >= or(s.Slots, 2)+or(s.Waiting, 64) {
		return nil, &fault.Error{Kind: fault.Unavailable, Code: CodeBusy, RetryAfter: 10, Text: "Many pictures are being made just now. Ask again in a moment."}
	}
	out := &outcome{done: make(chan struct{})}
	fs.by[key] = out
	// It is made for all who want it, whoever of them goes away.
	house := access.HouseActor(who.Tenant, part)
	fs.wait.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), makeTime)
		defer cancel()
		defer func() {
			fs.mu.Lock()
			delete(fs.by, key)
			fs.mu.Unlock()
			close(out.done)
		}()
		fs.slots <- struct{}{}
		defer func() { <-fs.slots }()
		out.r, out.err = s.fulfil(ctx, house, o)
	})
	return out, nil
}

// Drained returns what is closed when nothing is made on demand any more.
func (s *Service) Drained() <-chan struct{} {
	done := make(chan struct{})
	go func() { s.flights.wait.Wait(); close(done) }()
	return done
}

func or(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

const sqlClaim = `
	insert into rendition_claim (revision_id, preset, recipe, tenant_id, holder, until)
	values (@revision, @preset, @recipe, @tenant, @holder, @until)
	on conflict (revision_id, preset, recipe) do update set holder = @holder, until = @until where rendition_claim.until < @now`

const sqlUnclaim = `delete from rendition_claim where revision_id = @revision and preset = @preset and recipe = @recipe and holder = @holder`

// fulfil makes what is ordered, unless another node does: then it waits for
// that one.
func (s *Service) fulfil(ctx context.Context, who access.Actor, o order) (r Rendition, err error) {
	claim := pgx.StrictNamedArgs{"revision": o.revision.ID, "preset": o.want.preset.Name, "recipe": o.want.text(), "holder": id.New[id.Rendition]()}
	for {
		var found *Rendition
		claimed := false
		err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) (err error) {
			// Looked for after the claim: who had it before stored the rendition first.
			take := maps.Clone(claim)
			take["tenant"], take["now"], take["until"] = who.Tenant, s.now(), s.now().Add(claimFor)
			tag, err := tx.Exec(ctx, sqlClaim, take)
			if err != nil {
				return err
			}
			claimed = tag.RowsAffected() == 1
			if found, err = foundTx(ctx, tx, who, o); err != nil || found == nil || !claimed {
				return err
			}
			_, err = tx.Exec(ctx, sqlUnclaim, claim)
			return err
		})
		switch {
		case err != nil:
			return r, fmt.Errorf("claim a rendition: %w", err)
		case found != nil:
			return *found, nil
		}
		if claimed {
			break
		}
		select {
		case <-time.After(look):
		case <-ctx.Done():
			return r, making()
		}
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		gone := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
			_, err := tx.Exec(ctx, sqlUnclaim, claim)
			return err
		})
		if err == nil && gone != nil {
			err = fmt.Errorf("give a claim back: %w", gone)
		}
	}()
	if err := s.one(ctx, who, o); err != nil {
		return r, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		found, err := foundTx(ctx, tx, who, o) // ours, or that of somebody who was faster
		if err == nil && found == nil {
			err = making() // taken away at this very moment, by a change of the preset
		}
		if err == nil {
			r = *found
		}
		return err
	})
	return r, err
}

// one makes one rendition.
func (s *Service) one(ctx context.Context, who access.Actor, o order) error {
	dir, remove, err := s.Scratch(ctx)
	if err != nil {
		return err
	}
	defer remove()
	in, err := s.source(ctx, who, o.asset, o.revision, dir)
	if err != nil {
		return err
	}
	if _, err := s.render(ctx, who, in, []wanted{o.want}, false); err != nil {
		return err
	}
	if o.want.preset.BuiltIn || !o.want.preset.ID.IsZero() {
		return s.settle(ctx, who, o.revision.ID, []wanted{o.want})
	}
	return nil
}

// poster brings the largest picture of a film or a recording into dir.
func (s *Service) poster(ctx context.Context, who access.Actor, a asset.Asset, r asset.Revision, dir string, none error) (ingest.Original, error) {
	in := ingest.Original{Asset: a.ID, Revision: r.ID, Dir: dir, Path: filepath.Join(dir, "poster")}
	var found Rendition
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) (err error) {
		rows, err := tx.Query(ctx, sqlPoster, pgx.StrictNamedArgs{"revision": r.ID, "tenant": who.Tenant, "preset": Large})
		if err != nil {
			return err
		}
		found, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Rendition])
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return in, none
	}
	if err != nil {
		return in, err
	}
	in.MediaType = found.MediaType
	from, err := s.blobs.Open(ctx, found.Key)
	if err != nil {
		return in, err
	}
	defer func() { _ = from.Close() }()
	to, err := os.OpenFile(in.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // G302: the sandbox's user reads it
	if err != nil {
		return in, err
	}
	_, err = io.Copy(to, from)
	return in, errors.Join(err, to.Close())
}

const sqlPoster = `
	select ` + sqlColumns + ` from rendition r
	where r.revision_id = @revision and r.tenant_id = @tenant and r.preset = @preset order by r.created_at desc limit 1`

// Copy returns the rendition of a preset, made now if it is not there, with the
// name under which it is downloaded.
func (s *Service) Copy(ctx context.Context, who access.Actor, of id.Asset, preset string) (r Rendition, name string, err error) {
	if r, err = s.OnDemand(ctx, who, of, Want{Preset: preset}); err != nil {
		return r, "", err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		a, _, err := s.ingest.ShownTx(ctx, tx, who, of)
		if err != nil {
			return err
		}
		p, err := s.presetTx(ctx, tx, who, preset)
		if err != nil {
			return err
		}
		name = p.FileName(a, r)
		return nil
	})
	return r, name, err
}
