// SPDX-License-Identifier: Apache-2.0

package httpapi

import "context"

// ListFolderBin answers GET /api/v1/bin/folders.
func (s *server) ListFolderBin(ctx context.Context, r ListFolderBinRequestObject) (ListFolderBinResponseObject, error) {
	p, err := s.Folders.Bin(ctx, actor(ctx), or(r.Params.Cursor), or(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	out := ListFolderBin200JSONResponse{Items: make([]Folder, len(p.Items)), Next: some(p.Next)}
	for i, f := range p.Items {
		if out.Items[i], err = s.folderOut(ctx, f); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// PurgeFolder answers DELETE /api/v1/bin/folders/{id}.
func (s *server) PurgeFolder(ctx context.Context, r PurgeFolderRequestObject) (PurgeFolderResponseObject, error) {
	return PurgeFolder204Response{}, s.Folders.Purge(ctx, actor(ctx), r.Id)
}
