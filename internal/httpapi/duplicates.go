// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"slices"

	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/rendition"
)

// ListAssetDuplicates answers GET /api/v1/assets/{id}/duplicates.
func (s *server) ListAssetDuplicates(ctx context.Context, r ListAssetDuplicatesRequestObject) (ListAssetDuplicatesResponseObject, error) {
	d, err := s.Renditions.Duplicates(ctx, actor(ctx), r.Id, or(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	ids := append([]id.Asset{}, d.Exact...)
	for _, n := range d.Near {
		ids = append(ids, n.Asset)
	}
	found, err := s.assetsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := ListAssetDuplicates200JSONResponse{Exact: pick(found, d.Exact), Near: make([]AlikeAsset, 0, len(d.Near))}
	for _, n := range d.Near {
		if a, ok := found[n.Asset]; ok {
			out.Near = append(out.Near, AlikeAsset{Asset: a, Distance: n.Distance})
		}
	}
	return out, nil
}

// ListDuplicates answers GET /api/v1/duplicates.
func (s *server) ListDuplicates(ctx context.Context, r ListDuplicatesRequestObject) (ListDuplicatesResponseObject, error) {
	by, limit := rendition.ByLook, 20
	if r.Params.Kind != nil {
		by = string(*r.Params.Kind)
	}
	if r.Params.Limit != nil {
		limit = *r.Params.Limit
	}
	p, err := s.Renditions.Groups(ctx, actor(ctx), by, or(r.Params.Cursor), limit)
	if err != nil {
		return nil, err
	}
	var ids []id.Asset
	for _, g := range p.Items {
		ids = append(ids, g.Assets...)
	}
	found, err := s.assetsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := ListDuplicates200JSONResponse{Items: make([]DuplicateGroup, len(p.Items)), Next: some(p.Next)}
	for i, g := range p.Items {
		out.Items[i] = DuplicateGroup{Assets: pick(found, g.Assets), Count: g.Count}
	}
	return out, nil
}

func mergeOut(m asset.Merge) Merge {
	out := Merge{Id: m.ID, Kept: m.Kept, Merged: m.Merged, Fields: []string{}, MergedAt: m.At, MergedBy: m.By}
	for _, step := range m.Steps {
		if step.Field != "merged" && !slices.Contains(out.Fields, step.Field) {
			out.Fields = append(out.Fields, step.Field)
		}
	}
	return out
}

// MergeAssets answers POST /api/v1/assets/{id}/merges.
func (s *server) MergeAssets(ctx context.Context, r MergeAssetsRequestObject) (MergeAssetsResponseObject, error) {
	m, a, err := s.Assets.Merge(ctx, actor(ctx), r.Id, r.Body.Assets, or(r.Body.Take))
	if err != nil {
		return nil, err
	}
	out, err := s.assetOut(ctx, a)
	return MergeAssets201JSONResponse{Merge: mergeOut(m), Asset: out}, err
}

// ListMerges answers GET /api/v1/assets/{id}/merges.
func (s *server) ListMerges(ctx context.Context, r ListMergesRequestObject) (ListMergesResponseObject, error) {
	list, err := s.Assets.Merges(ctx, actor(ctx), r.Id)
	out := ListMerges200JSONResponse{Items: make([]Merge, len(list))}
	for i, m := range list {
		out.Items[i] = mergeOut(m)
	}
	return out, err
}

// UndoMerge answers POST /api/v1/merges/{id}/undo.
func (s *server) UndoMerge(ctx context.Context, r UndoMergeRequestObject) (UndoMergeResponseObject, error) {
	a, left, err := s.Assets.Part(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out, err := s.assetOut(ctx, a)
	return UndoMerge200JSONResponse{Asset: out, Left: append([]string{}, left...)}, err
}

// assetsByID returns those of the assets that the caller sees.
func (s *server) assetsByID(ctx context.Context, ids []id.Asset) (map[id.Asset]Asset, error) {
	list, err := s.Assets.ByIDs(ctx, actor(ctx), ids)
	if err != nil {
		return nil, err
	}
	all, err := s.assetsOut(ctx, list)
	if err != nil {
		return nil, err
	}
	found := make(map[id.Asset]Asset, len(all))
	for _, a := range all {
		found[a.Id] = a
	}
	return found, nil
}

// pick returns the assets found, in the order of ids.
func pick(found map[id.Asset]Asset, ids []id.Asset) []Asset {
	out := make([]Asset, 0, len(ids))
	for _, i := range ids {
		if a, ok := found[i]; ok {
			out = append(out, a)
		}
	}
	return out
}
