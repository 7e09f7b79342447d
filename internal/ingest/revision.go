// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"encoding/hex"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// replaceable returns the folder of the asset that an upload is to be a
// revision of, as far as can be said before the bytes come.
func (s *Service) replaceable(ctx context.Context, tx pg.Tx, who access.Actor, p Plan) (folder.Folder, error) {
	a, err := s.assets.GetTx(ctx, tx, who, p.Asset)
	if err != nil {
		return folder.Folder{}, err
	}
	if err := asset.Allowed(a, who, access.Replace, s.now()); err != nil {
		return folder.Folder{}, err
	}
	return folder.Folder{ID: a.Folder}, asset.CheckVersion(a, p.Version)
}

// replace makes the stored bytes the active revision of an asset and asks for
// its inspection. A file whose name disagrees with its content replaces
// nothing: it must not take what is there out of everybody's reach.
func (s *Service) replace(ctx context.Context, tx pg.Tx, who access.Actor, u upload, c content) (asset.Asset, error) {
	if err := s.end(ctx, tx, u, Done, u.Plan.Asset); err != nil {
		return asset.Asset{}, err
	}
	if !c.is.Agrees {
		return asset.Asset{}, fault.New(fault.Invalid, CodeLies, c.is.Says+" Nothing was replaced: check where the file comes from, then upload it under its right name.")
	}
	was, err := s.assets.GetTx(ctx, tx, who, u.Plan.Asset)
	if err != nil {
		return asset.Asset{}, err
	}
	n := asset.Arrival{
		Revision: u.Revision, Name: u.Name, MediaType: c.is.MediaType, Kind: asset.Kind(c.is.Kind), Size: c.size, SHA256: c.sum,
		BlobKey: u.Key, State: asset.Preparing, Version: u.Plan.Version, AnyKind: u.Plan.AnyKind,
	}
	n.StateCode, n.StateReason = s.unscanned()
	a, err := s.assets.AddRevisionTx(ctx, tx, who, u.Plan.Asset, n)
	if err != nil {
		return asset.Asset{}, err
	}
	if err := s.jobs.Enqueue(ctx, tx, InspectArgs{Tenant: u.Tenant, Asset: a.ID, Revision: u.Revision}); err != nil {
		return asset.Asset{}, err
	}
	return a, audit.Record(ctx, tx, audit.Entry{
		At: s.now(), Who: who, Verb: "asset.replace", Subject: a.ID.String(),
		Detail: map[string]any{"revision": u.Revision.String(), "previous": was.Revision.String(), "size": c.size, "sha256": hex.EncodeToString(c.sum)},
	})
}

// Activate makes an earlier revision of an asset the active one and has it
// prepared anew, which takes Replace. Renditions that are there already are not
// made again. version is the one of the asset that the asker knows; zero is any.
func (s *Service) Activate(ctx context.Context, who access.Actor, of id.Asset, version int64, to id.Revision) (a asset.Asset, err error) {
	if err := who.Require(0); err != nil {
		return asset.Asset{}, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		was, err := s.assets.GetTx(ctx, tx, who, of)
		if err != nil {
			return err
		}
		o := asset.Outcome{Revision: to}
		o.Code, o.Reason = s.unscanned()
		var r asset.Revision
		if a, r, err = s.assets.ActivateTx(ctx, tx, who, of, version, o); err != nil {
			return err
		}
		if a.State == asset.Preparing {
			if err := s.jobs.Enqueue(ctx, tx, InspectArgs{Tenant: who.Tenant, Asset: of, Revision: r.ID}); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: s.now(), Who: who, Verb: "asset.activate", Subject: of.String(),
			Detail: map[string]any{"revision": r.ID.String(), "number": r.Number, "previous": was.Revision.String()},
		})
	})
	return a, err
}

// ShownTx returns an asset that who may see, with the revision whose pictures
// are shown. Whether they may be handed out, asset.AllowedBytes says.
func (s *Service) ShownTx(ctx context.Context, tx pg.Tx, who access.Actor, of id.Asset) (asset.Asset, asset.Revision, error) {
	a, err := s.assets.GetTx(ctx, tx, who, of)
	if err != nil {
		return asset.Asset{}, asset.Revision{}, err
	}
	return s.assets.RevisionTx(ctx, tx, who, of, a.Shown)
}

// HoldTx returns an asset that who may see and do need with, and that nobody
// else changes until the transaction ends.
func (s *Service) HoldTx(ctx context.Context, tx pg.Tx, who access.Actor, of id.Asset, need access.Set) (asset.Asset, error) {
	return s.assets.HoldTx(ctx, tx, who, of, need)
}
