// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"encoding/hex"
)

// ListAssetRevisions answers GET /api/v1/assets/{id}/revisions.
func (s *server) ListAssetRevisions(ctx context.Context, r ListAssetRevisionsRequestObject) (ListAssetRevisionsResponseObject, error) {
	a, err := s.Assets.Get(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	list, err := s.Assets.Revisions(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	actors := make([]string, len(list))
	for i, v := range list {
		actors[i] = v.CreatedBy
	}
	names, err := s.Accounts.Names(ctx, actor(ctx), actors)
	if err != nil {
		return nil, err
	}
	pictures, err := s.Renditions.OfRevisions(ctx, actor(ctx), a)
	if err != nil {
		return nil, err
	}
	out := ListAssetRevisions200JSONResponse{Items: make([]Revision, len(list))}
	for i, v := range list {
		o := Revision{
			Id: v.ID, Number: v.Number, Active: v.ID == a.Revision, Name: v.Name, Kind: Kind(v.Kind), MediaType: v.MediaType, Size: v.Size,
			Sha256: hex.EncodeToString(v.SHA256), Width: v.Width, Height: v.Height, SameAs: some(v.SameAs(list)), HeldReason: some(v.HeldReason),
			CreatedAt: v.CreatedAt, CreatedBy: v.CreatedBy, CreatedByName: some(names[v.CreatedBy].Text),
		}
		if v.DurationMS != nil {
			seconds := float32(*v.DurationMS) / 1000
			o.Duration = &seconds
		}
		o.Renditions = s.renditionsOut(pictures[v.ID])
		out.Items[i] = o
	}
	return out, nil
}

// ActivateAssetRevision answers POST /api/v1/assets/{id}/active-revision.
func (s *server) ActivateAssetRevision(ctx context.Context, r ActivateAssetRevisionRequestObject) (ActivateAssetRevisionResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	a, err := s.Ingest.Activate(ctx, actor(ctx), r.Id, version, r.Body.Revision)
	if err != nil {
		return nil, err
	}
	out, err := s.assetOut(ctx, a)
	return ActivateAssetRevision202JSONResponse{Body: out, Headers: ActivateAssetRevision202ResponseHeaders{ETag: etag(a.Version)}}, err
}

// PurgeAssetRevision answers DELETE /api/v1/assets/{id}/revisions/{revision}.
func (s *server) PurgeAssetRevision(ctx context.Context, r PurgeAssetRevisionRequestObject) (PurgeAssetRevisionResponseObject, error) {
	return PurgeAssetRevision204Response{}, s.Assets.PurgeRevision(ctx, actor(ctx), r.Id, r.Revision)
}
