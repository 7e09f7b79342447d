// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"time"
)

// GetAssetContents answers GET /api/v1/assets/{id}/contents.
func (s *server) GetAssetContents(ctx context.Context, r GetAssetContentsRequestObject) (GetAssetContentsResponseObject, error) {
	c, err := s.Ingest.Contents(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out := GetAssetContents200JSONResponse{
		Entries: c.Entries, Size: c.Size, Whole: c.Whole || c.Form == "", Subject: some(c.Subject), From: some(c.From), To: some(c.To),
		Items: make([]ContentsEntry, len(c.Items)),
	}
	if c.Form != "" {
		form := AssetContentsForm(c.Form)
		out.Form = &form
	}
	if at, err := time.Parse(time.RFC3339, c.Date); err == nil {
		out.Date = &at
	}
	yes := func(b bool) *bool {
		if !b {
			return nil
		}
		return &b
	}
	for i, e := range c.Items {
		out.Items[i] = ContentsEntry{
			Name: e.Name, Size: e.Size, MediaType: some(e.MediaType), Folder: yes(e.Folder), Link: yes(e.Link), Encrypted: yes(e.Encrypted), Modified: e.Modified,
		}
	}
	return out, nil
}
