// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"

	"tillgang/internal/asset"
	"tillgang/internal/delivery"
	"tillgang/internal/fault"
	"tillgang/internal/search"
)

// CreateArchive answers POST /api/v1/archives.
func (s *server) CreateArchive(ctx context.Context, r CreateArchiveRequestObject) (CreateArchiveResponseObject, error) {
	sel, from := search.Selection{IDs: or(r.Body.Selection.Ids)}, r.Body.Selection
	if q := from.Query; q != nil {
		sel.Query = &search.Query{
			Q: or(q.Q), Folder: or(q.Folder), Subtree: or(q.Subtree), Kind: asset.Kind(or(q.Kind)), Tag: or(q.Tag), State: asset.State(or(q.State)), Collection: or(q.Collection),
		}
		sel.Except = or(from.Except)
	}
	if (sel.Query == nil) == (len(sel.IDs) == 0) || sel.Query == nil && from.Except != nil {
		return nil, fault.Fields("request.invalid", "Some of what was sent is not as the API wants it.", map[string]string{"selection": "takes ids, or a query with except"})
	}
	ids, err := s.Search.Resolve(ctx, actor(ctx), sel, delivery.MaxArchive)
	if err != nil {
		return nil, err
	}
	unseen := 0
	if sel.Query == nil {
		unseen = len(sel.IDs) - len(ids)
	}
	a, err := s.Delivery.IssueArchive(ctx, actor(ctx), delivery.ArchiveRequest{
		Assets: ids, Variant: r.Body.Variant, Folders: or(r.Body.Folders), Purpose: or(r.Body.Purpose), Report: reportIn(r.Body.Report),
	})
	if err != nil {
		return nil, err
	}
	left := a.LeftOut + unseen
	return CreateArchive201JSONResponse{Id: a.ID, Url: s.MediaURL + a.URL, ExpiresAt: a.ExpiresAt, Items: a.Items, LeftOut: &left, Bytes: a.Bytes}, nil
}

// RevokeArchive answers DELETE /api/v1/archives/{id}.
func (s *server) RevokeArchive(ctx context.Context, r RevokeArchiveRequestObject) (RevokeArchiveResponseObject, error) {
	return RevokeArchive204Response{}, s.Delivery.RevokeArchive(ctx, actor(ctx), r.Id)
}
