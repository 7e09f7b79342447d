// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/queue"
)

// Inspect finds out what an original is, has its renditions made and brings
// the asset to its state. It may run again, also at the same time, and may die
// anywhere: it writes once, at the end, and only if the asset is still being
// prepared and the revision still the active one. An error is never about the
// file: it is worth another try.
func (s *Service) Inspect(ctx context.Context, who access.Actor, of id.Asset, rev id.Revision) error {
	a, r, err := s.awaiting(ctx, who, of, rev)
	if err != nil || a == nil {
		return err
	}
	f := &finding{state: asset.Ready, measure: asset.Measure{Kind: a.Kind, MediaType: a.MediaType}}
	clean, err := s.scan(ctx, *r, f)
	if err != nil {
		return err
	}
	if clean {
		if err := s.examine(ctx, who, *a, *r, f); err != nil {
			return err
		}
	}
	return s.record(ctx, who, *a, rev, f)
}

// finding is what an inspection found out.
type finding struct {
	state        asset.State
	code, reason string
	measure      asset.Measure
	told         asset.Told     // what the file says about itself, for people
	meta         map[string]any // what the file says about itself, kept with the revision
	pages        []Page         // the text of a document
}

// fails turns what is wrong with the file into the asset's state. It reports
// whether err was about the file at all.
func (f *finding) fails(err error) bool {
	if !aboutTheFile(err) {
		return false
	}
	e := fault.As(err)
	f.state, f.code, f.reason = asset.Failed, e.Code, e.Text
	return true
}

// aboutTheFile reports whether err says what is wrong with the file, and not
// with this machine.
func aboutTheFile(err error) bool {
	k := fault.KindOf(err)
	return k == fault.Invalid || k == fault.TooLarge
}

// awaiting returns the asset and its revision if they still wait for an inspection.
func (s *Service) awaiting(ctx context.Context, who access.Actor, of id.Asset, rev id.Revision) (*asset.Asset, *asset.Revision, error) {
	var a asset.Asset
	var r asset.Revision
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) (err error) {
		a, r, err = s.assets.ActiveRevisionTx(ctx, tx, who, of)
		return err
	})
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return nil, nil, nil // purged meanwhile
	case err != nil:
		return nil, nil, fmt.Errorf("inspect: %w", err)
	case r.ID != rev || a.State != asset.Preparing:
		return nil, nil, nil
	}
	return &a, &r, nil
}

// record writes down what was found, in one transaction.
func (s *Service) record(ctx context.Context, who access.Actor, a asset.Asset, rev id.Revision, f *finding) error {
	meta, err := json.Marshal(f.meta)
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		now, r, err := s.assets.ActiveRevisionTx(ctx, tx, who, a.ID)
		if err != nil {
			return err
		}
		if r.ID != rev || now.State != asset.Preparing {
			return nil // another run was faster
		}
		// Of another file than the one that spoke before; one that cannot be read takes nothing away.
		f.told.Another = now.Shown != now.Revision && f.state == asset.Ready
		if _, err := s.assets.FileFieldsTx(ctx, tx, who, a.ID, f.told); err != nil {
			return err
		}
		if f.meta != nil {
			if err := s.assets.MetaTx(ctx, tx, who, rev, meta); err != nil {
				return err
			}
		}
		if err := s.keepPagesTx(ctx, tx, who, rev, f.pages); err != nil {
			return err
		}
		if err := s.assets.SensitiveTextTx(ctx, tx, who, a.ID, rev, f.numbers()); err != nil {
			return err
		}
		o := asset.Outcome{Revision: rev, State: f.state, Code: f.code, Reason: f.reason, Measure: f.measure}
		if _, err := s.assets.SetStateTx(ctx, tx, who, a.ID, o); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: s.now(), Who: who, Verb: "ingest.inspect", Subject: a.ID.String(),
			Detail: map[string]any{"revision": rev.String(), "state": string(f.state), "code": f.code},
		})
	})
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	s.log.InfoContext(ctx, "an original was inspected", slog.String("asset", a.ID.String()), slog.String("state", string(f.state)), slog.String("code", f.code))
	return nil
}

// GiveUp ends an inspection that could not be done, because of why: the asset is
// failed, its original is safe. A file that was never scanned is held back, and
// so is one that took the program down again and again.
func (s *Service) GiveUp(ctx context.Context, who access.Actor, of id.Asset, rev id.Revision, why error) error {
	a, _, err := s.awaiting(ctx, who, of, rev)
	if err != nil || a == nil {
		return err
	}
	f := givenUp(*a, fmt.Sprintf("The file is safe, but it could not be prepared after %d attempts. An administrator can retry.", attempts))
	if errors.Is(why, queue.ErrPoison) {
		f.state, f.code = asset.Quarantined, CodePoison
		f.reason = "Whatever read this file stopped working, again and again. It is held back; somebody who may approve can release it for another try."
	}
	return s.record(ctx, who, *a, rev, f)
}

func givenUp(a asset.Asset, reason string) *finding {
	f := &finding{state: asset.Failed, code: CodeGivenUp, reason: reason, measure: asset.Measure{Kind: a.Kind, MediaType: a.MediaType}}
	if a.StateCode == asset.CodeUnscanned {
		f.state, f.code = asset.Quarantined, asset.CodeUnscanned
		f.reason = "The file was not scanned for viruses and is held back. Release it to have it scanned again."
	}
	return f
}

// StopTx ends an inspection because an administrator took its job out of the
// queue. The caller writes the log of deeds.
func (s *Service) StopTx(ctx context.Context, tx pg.Tx, tenant id.Tenant, of id.Asset, rev id.Revision) error {
	house := access.HouseActor(tenant, part)
	a, r, err := s.assets.ActiveRevisionTx(ctx, tx, house, of)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil || r.ID != rev || a.State != asset.Preparing {
		return err
	}
	f := givenUp(a, "An administrator stopped the preparation. The file is safe; it can be prepared again.")
	_, err = s.assets.SetStateTx(ctx, tx, house, of, asset.Outcome{Revision: rev, State: f.state, Code: f.code, Reason: f.reason})
	return err
}

// Skip takes an asset as it is, without previews, when its preparation failed or
// takes too long for whoever waits. It needs the right to edit.
func (s *Service) Skip(ctx context.Context, who access.Actor, of id.Asset) (a asset.Asset, err error) {
	if err := who.Require(0); err != nil {
		return a, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		was, r, err := s.assets.ActiveRevisionTx(ctx, tx, who, of)
		if err != nil {
			return err
		}
		if err := asset.Allowed(was, who, access.Edit, s.now()); err != nil {
			return err
		}
		switch {
		case was.StateCode == asset.CodeUnscanned:
			return fault.New(fault.Conflict, "asset.unscanned", "The virus scan cannot be skipped.")
		case was.State != asset.Failed && was.State != asset.Preparing:
			return fault.New(fault.Conflict, "asset.not_failed", "Only a preparation that failed or is under way can be skipped.")
		}
		as := asset.Outcome{Revision: r.ID, State: asset.Ready, Code: CodeSkipped, Reason: "The file was taken as it is, without previews."}
		if _, err = s.assets.SetStateTx(ctx, tx, access.HouseActor(who.Tenant, part), of, as); err != nil {
			return err
		}
		if a, err = s.assets.GetTx(ctx, tx, who, of); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.now(), Who: who, Verb: "asset.skip_preparation", Subject: of.String(), Detail: map[string]any{"from": string(was.State)}})
	})
	return a, err
}

// Retry has a failed asset prepared anew. It needs the right to edit.
func (s *Service) Retry(ctx context.Context, who access.Actor, of id.Asset) (asset.Asset, error) {
	return s.anew(ctx, who, of, asset.Failed)
}

// Release takes an asset out of quarantine, by somebody with the right to
// approve, and has it prepared: as what its content is, whatever its name says.
func (s *Service) Release(ctx context.Context, who access.Actor, of id.Asset) (asset.Asset, error) {
	return s.anew(ctx, who, of, asset.Quarantined)
}

func (s *Service) anew(ctx context.Context, who access.Actor, of id.Asset, from asset.State) (asset.Asset, error) {
	if err := who.Require(0); err != nil {
		return asset.Asset{}, err
	}
	need, code, text := access.Edit, "asset.not_failed", "Only an asset whose preparation failed can be prepared again."
	if from == asset.Quarantined {
		need, code, text = access.Edit|access.Approve, "asset.not_quarantined", "Only an asset in quarantine can be released."
	}
	var a asset.Asset
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		was, r, err := s.assets.ActiveRevisionTx(ctx, tx, who, of)
		if err != nil {
			return err
		}
		if err := asset.Allowed(was, who, need, s.now()); err != nil {
			return err
		}
		if was.State != from {
			return fault.New(fault.Conflict, code, text)
		}
		// The right has been checked; the state itself is the house's to set.
		again := asset.Outcome{Revision: r.ID, State: asset.Preparing}
		again.Code, again.Reason = s.unscanned()
		if _, err = s.assets.SetStateTx(ctx, tx, access.HouseActor(who.Tenant, part), of, again); err != nil {
			return err
		}
		if err := s.jobs.Enqueue(ctx, tx, InspectArgs{Tenant: who.Tenant, Asset: of, Revision: r.ID}); err != nil {
			return err
		}
		if a, err = s.assets.GetTx(ctx, tx, who, of); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.now(), Who: who, Verb: "asset.prepare", Subject: of.String(), Detail: map[string]any{"from": string(from)}})
	})
	return a, err
}
