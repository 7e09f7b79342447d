// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"slices"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/blob"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/notice"
	"tillgang/internal/pg"
	"tillgang/internal/rendition"
	"tillgang/internal/search"
)

// react is all that happens in the house because something else happened.
// Every reaction joins its cause's transaction: both stand, or neither.
func (h *house) react() {
	// A tenant begins with its root folder and its inbox.
	h.accounts.OnTenantMade = h.folders.MakeTenantFoldersTx
	// Whoever has a role in a folder has what it permits from this moment.
	h.accounts.OnRoleChanged = h.folders.ReinternRoleTx
	h.accounts.OnPrincipalGone = both(h.collections.PrincipalGoneTx, h.folders.PrincipalGoneTx)
	// Rights follow the folder, to its assets and to what search shows.
	h.folders.OnACLChanged = func(ctx context.Context, tx pg.Tx, who access.Actor, acls map[id.Folder]int64) error {
		if err := h.assets.ACLChangedTx(ctx, tx, who, acls); err != nil {
			return err
		}
		return h.search.RightsTx(ctx, tx, acls)
	}
	h.folders.Weigh = h.assets.WeighTx
	h.folders.Follow = func(ctx context.Context, tx pg.Tx, who access.Actor, acls map[id.Folder]int64, most int) (more bool, err error) {
		done, more, err := h.assets.FollowACLTx(ctx, tx, who, acls, most)
		if err != nil || len(done) == 0 {
			return more, err
		}
		return more, h.search.FollowRightsTx(ctx, tx, done)
	}
	h.folders.OnMoved = h.assets.FolderMovedTx // what the folders above it require
	h.folders.OnDeleted = h.assets.FolderDeletedTx
	h.folders.OnRestored = h.assets.FolderRestoredTx

	// What nobody has any more is completed in no tenant, and no tenant's assets
	// lag behind their folders for good.
	tenants := func(part string) func(context.Context) ([]id.Tenant, error) {
		return func(ctx context.Context) ([]id.Tenant, error) {
			list, err := h.accounts.Tenants(ctx, access.HouseActor(id.Tenant{}, part))
			out := make([]id.Tenant, len(list))
			for i, t := range list {
				out[i] = t.ID
			}
			return out, err
		}
	}
	h.search.Tenants, h.folders.Tenants, h.requests.Tenants = tenants("search"), tenants("folder"), tenants("request")
	h.statistics.Tenants, h.notices.Tenants = tenants("statistics"), tenants("notice")
	h.assets.Tenants, h.collections.Tenants = tenants("bin"), tenants("collection")
	// Lists of assets open collections; assets that become one are one in them.
	h.search.Open = h.collections.OpenTx
	h.assets.OnMerged = func(ctx context.Context, tx pg.Tx, who access.Actor, merge id.Merge, kept id.Asset, merged []id.Asset) error {
		return h.collections.MergedTx(ctx, tx, who, merge.UUID(), kept, merged)
	}
	h.assets.OnParted = func(ctx context.Context, tx pg.Tx, who access.Actor, merge id.Merge, _ id.Asset, _ []id.Asset) error {
		return h.collections.PartedTx(ctx, tx, who, merge.UUID())
	}
	h.folders.OnPurging = h.assets.SweepSoonTx
	h.search.KeepRecent = func(ctx context.Context) error { return pg.KeepRecent(ctx, h.dbURL, h.dial, search.RecentFrom) }

	// An asset is found as it is now.
	h.assets.OnStored = func(ctx context.Context, tx pg.Tx, who access.Actor, assets ...asset.Asset) error {
		for _, a := range assets {
			if who.Kind != access.Request {
				break
			}
			// What comes from outside belongs to a delivery, or does not come in.
			if err := h.requests.ArrivedTx(ctx, tx, who, a); err != nil {
				return err
			}
		}
		return h.index(ctx, tx, who, assets...)
	}
	h.assets.OnChanged = h.index
	h.assets.OnIndex = h.index
	h.assets.OnRestored = func(ctx context.Context, tx pg.Tx, who access.Actor, assets []asset.Asset) error {
		if err := h.requests.RestoredTx(ctx, tx, who, assets); err != nil {
			return err
		}
		return h.search.IndexTx(ctx, tx, assets...)
	}
	h.assets.OnDeleted = func(ctx context.Context, tx pg.Tx, who access.Actor, assets []id.Asset) error {
		if err := h.search.RemoveTx(ctx, tx, assets...); err != nil {
			return err
		}
		return h.delivery.RevokeForAssetsTx(ctx, tx, who, assets)
	}
	// What is purged takes its bytes along: the rows first.
	h.assets.OnPurged = func(ctx context.Context, tx pg.Tx, who access.Actor, assets []id.Asset, keys []blob.Key) error {
		if err := h.renditions.ForgetTx(ctx, tx, who, assets); err != nil {
			return err
		}
		if err := h.ingest.ForgetTx(ctx, tx, who, assets); err != nil {
			return err
		}
		if err := h.bulk.ForgetTx(ctx, tx, who, assets); err != nil {
			return err
		}
		if err := h.collections.ForgetTx(ctx, tx, who, assets); err != nil {
			return err
		}
		copies, err := h.delivery.ForgetTx(ctx, tx, who, assets, nil)
		if err != nil {
			return err
		}
		keys = append(keys, copies...)
		return h.ingest.CondemnTx(ctx, tx, who.Tenant, keys...)
	}
	h.assets.OnRevisionPurged = func(ctx context.Context, tx pg.Tx, who access.Actor, _ id.Asset, revision id.Revision, key blob.Key) error {
		if err := h.renditions.ForgetRevisionTx(ctx, tx, who, revision); err != nil {
			return err
		}
		if err := h.ingest.ForgetRevisionTx(ctx, tx, who, revision); err != nil {
			return err
		}
		copies, err := h.delivery.ForgetTx(ctx, tx, who, nil, []id.Revision{revision})
		if err != nil {
			return err
		}
		return h.ingest.CondemnTx(ctx, tx, who.Tenant, append(copies, key)...)
	}
	// The log can be read by the folder that its deeds were done in.
	h.audit.LieTx = h.assets.LieTx
	// Administrators see where files rest.
	h.work.Place = h.place
	// Previews are made of what was taken in.
	h.ingest.Render, h.ingest.Reads = h.renditions.Make, h.renditions.Reads
	// A job that is taken out of the queue leaves nobody waiting.
	h.work.OnGivenUp = func(ctx context.Context, tx pg.Tx, who access.Actor, kind string, args json.RawMessage) error {
		switch kind {
		case (notice.MailArgs{}).Kind():
			return h.mailGivenUp(ctx, tx, args)
		case (ingest.InspectArgs{}).Kind():
		default:
			return nil
		}
		var of ingest.InspectArgs
		if err := json.Unmarshal(args, &of); err != nil {
			return err
		}
		return h.ingest.StopTx(ctx, tx, who.Tenant, of.Asset, of.Revision)
	}
	// A configured scanner sees a file before anything else does.
	if h.scanner != nil {
		h.ingest.Scan = h.scanFile
	}
	// An upload that is whole is finished for who began it, with the rights of now.
	h.ingest.Recall = func(ctx context.Context, tx pg.Tx, tenant id.Tenant, remembered []byte) (access.Actor, error) {
		if was, err := access.Recall(remembered); err == nil && was.Kind == access.Request {
			return h.requests.RecallTx(ctx, tx, tenant, remembered)
		}
		return h.accounts.RecallTx(ctx, tx, tenant, remembered)
	}
	h.ingest.Admit = h.requests.AdmitTx
	// Copies say what the archive knows, as their preset wants it.
	h.renditions.Digest, h.renditions.Imprint = h.digest, h.imprint
	// What a preset makes is made when somebody wants to fetch it.
	h.delivery.Copy = h.renditions.Copy
	h.delivery.Known = func(ctx context.Context, who access.Actor, preset string) (bool, error) {
		list, err := h.renditions.Presets(ctx, who)
		return slices.ContainsFunc(list, func(p rendition.Preset) bool { return p.Name == preset }), err
	}
	// An archive may keep the tree of folders.
	h.delivery.FolderPath = func(ctx context.Context, who access.Actor, f id.Folder) (names []string, err error) {
		list, err := h.folders.Path(ctx, who, f)
		for _, one := range list {
			if one.Purpose != folder.PurposeRoot {
				names = append(names, one.Name)
			}
		}
		return names, err
	}
	// Who holds a ticket is asked for again when bytes leave.
	h.delivery.Recall = h.recall
	// What somebody gets who came by a link is the link's to say, and counts there.
	h.links.Collected = func(ctx context.Context, tx pg.Tx, who access.Actor, of id.Collection, most int) ([]id.Asset, error) {
		return h.search.ResolveTx(ctx, tx, who, search.Selection{Query: &search.Query{Collection: of, Sort: search.Manual}}, most)
	}
	h.delivery.Within, h.delivery.Begun = h.links.WithinTx, h.links.DownloadedTx
	// So is who started something with many assets, at each batch of them.
	h.bulk.Recall = h.accounts.RecallTx
	h.reactNotices()
}

func (h *house) index(ctx context.Context, tx pg.Tx, _ access.Actor, assets ...asset.Asset) error {
	return h.search.IndexTx(ctx, tx, assets...)
}

// recall makes an actor again that was written down, whoever knows it.
func (h *house) recall(ctx context.Context, tx pg.Tx, tenant id.Tenant, remembered []byte) (access.Actor, error) {
	who, err := access.Recall(remembered)
	if err == nil && who.Kind == access.Link {
		return h.links.RecallTx(ctx, tx, tenant, remembered)
	}
	return h.accounts.RecallTx(ctx, tx, tenant, remembered)
}

// both is that one thing happens, and then another one.
func both[T any](one, then func(context.Context, pg.Tx, access.Actor, T) error) func(context.Context, pg.Tx, access.Actor, T) error {
	return func(ctx context.Context, tx pg.Tx, who access.Actor, of T) error {
		if err := one(ctx, tx, who, of); err != nil {
			return err
		}
		return then(ctx, tx, who, of)
	}
}
