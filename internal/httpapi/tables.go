// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"tillgang/internal/asset"
	"tillgang/internal/bulk"
	"tillgang/internal/fault"
)

// ExportMetadata answers POST /api/v1/metadata-exports.
func (s *server) ExportMetadata(ctx context.Context, r ExportMetadataRequestObject) (ExportMetadataResponseObject, error) {
	e, err := s.Bulk.Export(ctx, actor(ctx), selectionIn(r.Body.Selection), or(r.Body.Bom))
	if err != nil {
		return nil, err
	}
	return exported{ctx, e}, nil
}

// exported is a table that is written while it is made.
type exported struct {
	ctx   context.Context //nolint:containedctx // of the request that it answers
	table *bulk.Export
}

// VisitExportMetadataResponse writes the table.
func (e exported) VisitExportMetadataResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="metadata.csv"`)
	w.WriteHeader(http.StatusOK)
	return e.table.WriteTo(e.ctx, w)
}

// CheckMetadata answers POST /api/v1/metadata-imports.
func (s *server) CheckMetadata(ctx context.Context, r CheckMetadataRequestObject) (CheckMetadataResponseObject, error) {
	clear := false
	for {
		part, err := r.Body.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, fault.Fields("upload.no_file", "The form has no file in it. Send it as the field `file`.", map[string]string{"file": "is missing"})
		}
		if err != nil {
			return nil, brokenForm(err)
		}
		switch part.FormName() {
		case "empty":
			b, err := io.ReadAll(io.LimitReader(part, maxFormField))
			if err != nil {
				return nil, brokenForm(err)
			}
			clear = strings.TrimSpace(string(b)) == "clear"
		case "file":
			i, err := s.Bulk.Check(ctx, actor(ctx), &bounded{formReader{part}, bulk.MaxTable}, clear)
			return CheckMetadata201JSONResponse(importOut(i)), err
		default:
			return nil, fault.Fields("request.invalid", "Some of what was sent is not as the API wants it.", map[string]string{part.FormName(): "is no field of this form; there are empty, before the file, and file"})
		}
	}
}

// bounded refuses to read on after so many bytes.
type bounded struct {
	r    io.Reader
	left int64
}

// Read reads on.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fault.New(fault.TooLarge, "import.too_large", "A table has at most 50 MB. Bring it in in several parts.")
	}
	return n, err
}

// GetMetadataImport answers GET /api/v1/metadata-imports/{id}.
func (s *server) GetMetadataImport(ctx context.Context, r GetMetadataImportRequestObject) (GetMetadataImportResponseObject, error) {
	i, err := s.Bulk.Import(ctx, actor(ctx), r.Id)
	return GetMetadataImport200JSONResponse(importOut(i)), err
}

// ListMetadataImportLines answers GET /api/v1/metadata-imports/{id}/lines.
func (s *server) ListMetadataImportLines(ctx context.Context, r ListMetadataImportLinesRequestObject) (ListMetadataImportLinesResponseObject, error) {
	p, err := s.Bulk.Lines(ctx, actor(ctx), r.Id, string(or(r.Params.State)), or(r.Params.Cursor), or(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	out := ListMetadataImportLines200JSONResponse{Items: make([]MetadataImportLine, len(p.Items)), Next: some(p.Next)}
	for i, l := range p.Items {
		out.Items[i] = lineOut(l)
	}
	return out, nil
}

// ApplyMetadataImport answers POST /api/v1/metadata-imports/{id}/application.
func (s *server) ApplyMetadataImport(ctx context.Context, r ApplyMetadataImportRequestObject) (ApplyMetadataImportResponseObject, error) {
	j, err := s.Bulk.Apply(ctx, actor(ctx), r.Id)
	return ApplyMetadataImport202JSONResponse(bulkOut(j)), err
}

func importOut(i bulk.Import) MetadataImport {
	return MetadataImport{
		Id: i.ID, State: MetadataImportState(i.State), Lines: i.Lines, Changes: i.Changes, Same: i.Same, Errors: i.Errors, Job: some(i.Job), CreatedAt: i.CreatedAt,
	}
}

func lineOut(l bulk.Line) MetadataImportLine {
	out := MetadataImportLine{Line: l.Line, Asset: some(l.Asset), State: MetadataImportLineState(l.State), Changes: make([]MetadataImportChange, len(l.Steps))}
	if len(l.Problems) > 0 {
		out.Problems = &l.Problems
	}
	for i, step := range l.Steps {
		out.Changes[i] = changeOut(step)
	}
	return out
}

func changeOut(s asset.Step) MetadataImportChange {
	return MetadataImportChange{Field: s.Field, Lang: some(s.Lang), Before: raw(s.Before), After: raw(s.After)}
}
