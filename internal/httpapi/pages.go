// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"

	"tillgang/internal/fault"
	"tillgang/internal/rendition"
)

// GetAssetPage answers GET /api/v1/assets/{id}/pages/{number}.
func (s *server) GetAssetPage(ctx context.Context, r GetAssetPageRequestObject) (GetAssetPageResponseObject, error) {
	one, pages, err := s.Renditions.Page(ctx, actor(ctx), r.Id, r.Number)
	if fault.CodeOf(err) == rendition.CodeMaking {
		after := fault.As(err).RetryAfter
		return GetAssetPage202Response{Headers: GetAssetPage202ResponseHeaders{RetryAfter: &after}}, nil
	}
	if err != nil {
		return nil, err
	}
	text, err := s.Ingest.PageText(ctx, actor(ctx), r.Id, one.Revision, r.Number)
	if err != nil {
		return nil, err
	}
	path, err := s.Delivery.SignRendition(one.Key, one.MediaType, s.Now())
	if err != nil {
		return nil, err
	}
	return GetAssetPage200JSONResponse{
		Number: r.Number, Pages: pages, Text: some(text),
		Rendition: AssetRendition{Preset: one.Preset, Url: s.MediaURL + path, Width: one.Width, Height: one.Height, MediaType: one.MediaType, Size: one.Size},
	}, nil
}
