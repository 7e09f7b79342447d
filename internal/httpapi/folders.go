// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"strconv"
	"strings"
	"time"

	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
)

// ListFolders answers GET /api/v1/folders.
func (s *server) ListFolders(ctx context.Context, r ListFoldersRequestObject) (ListFoldersResponseObject, error) {
	p, err := s.Folders.Children(ctx, actor(ctx), or(r.Params.Parent), or(r.Params.Cursor), or(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	ids := make([]id.Folder, len(p.Items))
	for i, f := range p.Items {
		ids[i] = f.ID
	}
	parents, err := s.Folders.Parents(ctx, actor(ctx), ids)
	if err != nil {
		return nil, err
	}
	out := ListFolders200JSONResponse{Items: make([]Folder, len(p.Items)), Next: some(p.Next)}
	for i, f := range p.Items {
		if out.Items[i], err = s.folderOut(ctx, f); err != nil {
			return nil, err
		}
		has := parents[f.ID]
		out.Items[i].HasFolders = &has
	}
	return out, nil
}

// CreateFolder answers POST /api/v1/folders.
func (s *server) CreateFolder(ctx context.Context, r CreateFolderRequestObject) (CreateFolderResponseObject, error) {
	f, err := s.Folders.Create(ctx, actor(ctx), r.Body.Parent, r.Body.Name)
	if err != nil {
		return nil, err
	}
	out, err := s.folderOut(ctx, f)
	return CreateFolder201JSONResponse(out), err
}

// GetFolder answers GET /api/v1/folders/{id}.
func (s *server) GetFolder(ctx context.Context, r GetFolderRequestObject) (GetFolderResponseObject, error) {
	f, err := s.Folders.Get(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out, err := s.folderOut(ctx, f)
	return GetFolder200JSONResponse{Body: out, Headers: GetFolder200ResponseHeaders{ETag: etag(f.Version)}}, err
}

// UpdateFolder answers PATCH /api/v1/folders/{id}.
func (s *server) UpdateFolder(ctx context.Context, r UpdateFolderRequestObject) (UpdateFolderResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	f, err := s.Folders.Change(ctx, actor(ctx), r.Id, version, folder.Patch{Name: r.Body.Name, Parent: r.Body.Parent})
	if err != nil {
		return nil, err
	}
	out, err := s.folderOut(ctx, f)
	return UpdateFolder200JSONResponse{Body: out, Headers: UpdateFolder200ResponseHeaders{ETag: etag(f.Version)}}, err
}

// DeleteFolder answers DELETE /api/v1/folders/{id}.
func (s *server) DeleteFolder(ctx context.Context, r DeleteFolderRequestObject) (DeleteFolderResponseObject, error) {
	return DeleteFolder204Response{}, s.Folders.Delete(ctx, actor(ctx), r.Id, 0)
}

// RestoreFolder answers POST /api/v1/folders/{id}/restoration.
func (s *server) RestoreFolder(ctx context.Context, r RestoreFolderRequestObject) (RestoreFolderResponseObject, error) {
	f, err := s.Folders.Restore(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out, err := s.folderOut(ctx, f)
	return RestoreFolder200JSONResponse(out), err
}

func (s *server) folderOut(ctx context.Context, f folder.Folder) (Folder, error) {
	life, err := binLife(ctx, s, []folder.Folder{f}, func(f folder.Folder) *time.Time { return f.DeletedAt })
	if err != nil {
		return Folder{}, err
	}
	out := Folder{
		Id: f.ID, Name: f.Name, Version: f.Version, CreatedAt: &f.CreatedAt, DeletedAt: f.DeletedAt, PurgesAt: purges(f.DeletedAt, life), Permissions: f.Can.Names(),
	}
	if !f.Parent.IsZero() {
		out.Parent = &f.Parent
	}
	if f.Purpose != "" {
		p := FolderPurpose(f.Purpose)
		out.Purpose = &p
	}
	of := f.ID
	if f.DeletedAt != nil {
		of = f.Parent
	}
	path, err := s.Folders.Path(ctx, actor(ctx), of)
	if f.DeletedAt != nil && (err == nil || fault.KindOf(err) == fault.NotFound) { // where it lay may be gone too
		path, err = append(path, f), nil
	}
	if err != nil {
		return Folder{}, err
	}
	sized(&out.Path, len(path))
	for i, p := range path {
		out.Path[i].Id, out.Path[i].Name = p.ID, p.Name
	}
	return out, nil
}

// sized makes a list of n zero elements, whose type the contract gives no name,
// and never nil: an empty list is written as one.
func sized[T any](list *[]T, n int) { *list = make([]T, n) }

// or returns what p points to, or the zero value.
func or[T any](p *T) (zero T) {
	if p == nil {
		return zero
	}
	return *p
}

// some returns nil for the zero value, so that it is left out of the answer.
func some[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// etag writes a version as a strong entity tag (RFC 9110 §8.8.3).
func etag(version int64) *string {
	t := `"` + strconv.FormatInt(version, 10) + `"`
	return &t
}

// ifMatch reads the version out of If-Match; 0 when it is absent or "*".
func ifMatch(header *string) (int64, error) {
	h := strings.TrimSpace(or(header))
	if h == "" || h == "*" {
		return 0, nil
	}
	v, err := strconv.ParseInt(strings.Trim(h, `"`), 10, 64)
	if err != nil || v < 1 || !strings.HasPrefix(h, `"`) || !strings.HasSuffix(h, `"`) {
		return 0, fault.Fields("request.invalid", "Some of what was sent is not as the API wants it.", map[string]string{"If-Match": "is not an ETag of this server"})
	}
	return v, nil
}
