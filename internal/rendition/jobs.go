// SPDX-License-Identifier: Apache-2.0

package rendition

import (
	"context"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/pg"
	"tillgang/internal/queue"
)

// RemakeArgs asks for the renditions of a revision to be made as they should
// be now.
type RemakeArgs struct {
	Tenant   id.Tenant   `json:"tenant"`
	Asset    id.Asset    `json:"asset"`
	Revision id.Revision `json:"revision"`
}

// Kind names the job.
func (RemakeArgs) Kind() string { return "rendition.remake" }

// Register tells the queue the room's jobs.
func (s *Service) Register(q *queue.Queue) {
	s.Jobs = q
	queue.Add(q, queue.Rule{On: queue.CPU, Attempts: 5, Timeout: 10 * time.Minute},
		func(ctx context.Context, a RemakeArgs) error {
			return s.Remake(ctx, access.HouseActor(a.Tenant, part), a.Asset, a.Revision)
		}, nil)
}

// Remake makes the renditions that every revision gets anew, where they are not
// as they should be. Only the house may. A revision that is being inspected, or
// that is not the active one, needs none: its inspection makes them.
func (s *Service) Remake(ctx context.Context, who access.Actor, of id.Asset, rev id.Revision) error {
	if who.Kind != access.House {
		return access.NotFound("asset")
	}
	var a asset.Asset
	var r asset.Revision
	err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) (err error) {
		a, r, err = s.ingest.ShownTx(ctx, tx, who, of)
		return err
	})
	if fault.KindOf(err) == fault.NotFound || err == nil && (a.Revision != rev || a.Shown != rev || a.State != asset.Ready) {
		return nil
	}
	if err != nil {
		return err
	}
	dir, remove, err := s.Scratch(ctx)
	if err != nil {
		return err
	}
	defer remove()
	in, err := s.source(ctx, who, a, r, dir)
	if err != nil {
		if fault.KindOf(err) == fault.Conflict {
			return nil // nothing to make a picture from
		}
		return err
	}
	_, err = s.Make(ctx, who, in)
	return err
}

// source brings what renditions of a revision are made from into dir: the
// original or its stand-in, or of films and recordings the picture that stands
// for them.
func (s *Service) source(ctx context.Context, who access.Actor, a asset.Asset, r asset.Revision, dir string) (ingest.Original, error) {
	none := fault.New(fault.Conflict, "rendition.no_picture", "No picture can be made of this file. Fetch the original.")
	if a.Kind == asset.Video || a.Kind == asset.Audio {
		return s.poster(ctx, who, a, r, dir, none)
	}
	in, err := s.ingest.Source(ctx, access.HouseActor(who.Tenant, part), a.ID, r, dir)
	if err == nil && !s.Reads(in.MediaType) {
		return in, none
	}
	return in, err
}
