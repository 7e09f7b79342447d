// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"

	"tillgang/internal/asset"
	"tillgang/internal/bulk"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/search"
)

// ListBulk answers GET /api/v1/bulk.
func (s *server) ListBulk(ctx context.Context, _ ListBulkRequestObject) (ListBulkResponseObject, error) {
	list, err := s.Bulk.List(ctx, actor(ctx))
	if err != nil {
		return nil, err
	}
	out := ListBulk200JSONResponse{Items: make([]Bulk, len(list))}
	for i, j := range list {
		out.Items[i] = bulkOut(j)
	}
	return out, nil
}

// StartBulk answers POST /api/v1/bulk.
func (s *server) StartBulk(ctx context.Context, r StartBulkRequestObject) (StartBulkResponseObject, error) {
	edits, err := editsIn(r.Body.Change)
	if err != nil {
		return nil, err
	}
	o := bulk.Order{Selection: selectionIn(r.Body.Selection), Edits: edits, AddTo: or(r.Body.Change.AddTo), RemoveFrom: or(r.Body.Change.RemoveFrom)}
	if or(r.Body.DryRun) {
		p, err := s.Bulk.Preview(ctx, actor(ctx), o)
		return StartBulk200JSONResponse(previewOut(p)), err
	}
	j, err := s.Bulk.Start(ctx, actor(ctx), o)
	return StartBulk202JSONResponse(bulkOut(j)), err
}

// GetBulk answers GET /api/v1/bulk/{id}.
func (s *server) GetBulk(ctx context.Context, r GetBulkRequestObject) (GetBulkResponseObject, error) {
	j, err := s.Bulk.Get(ctx, actor(ctx), r.Id)
	return GetBulk200JSONResponse(bulkOut(j)), err
}

// ListBulkLeft answers GET /api/v1/bulk/{id}/left.
func (s *server) ListBulkLeft(ctx context.Context, r ListBulkLeftRequestObject) (ListBulkLeftResponseObject, error) {
	p, err := s.Bulk.Left(ctx, actor(ctx), r.Id, or(r.Params.Cursor), or(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	out := ListBulkLeft200JSONResponse{Items: make([]BulkLeft, len(p.Items)), Next: some(p.Next)}
	for i, it := range p.Items {
		out.Items[i] = BulkLeft{Asset: it.Asset, Skipped: it.State == "skipped", Code: some(it.Code), Reason: some(it.Reason), Kept: append([]string{}, it.Kept...)}
	}
	return out, nil
}

// CancelBulk answers POST /api/v1/bulk/{id}/cancellation.
func (s *server) CancelBulk(ctx context.Context, r CancelBulkRequestObject) (CancelBulkResponseObject, error) {
	j, err := s.Bulk.Cancel(ctx, actor(ctx), r.Id)
	return CancelBulk200JSONResponse(bulkOut(j)), err
}

// UndoBulk answers POST /api/v1/bulk/{id}/undo.
func (s *server) UndoBulk(ctx context.Context, r UndoBulkRequestObject) (UndoBulkResponseObject, error) {
	j, err := s.Bulk.Undo(ctx, actor(ctx), r.Id)
	return UndoBulk202JSONResponse(bulkOut(j)), err
}

// SummariseSelection answers POST /api/v1/bulk/summary.
func (s *server) SummariseSelection(ctx context.Context, r SummariseSelectionRequestObject) (SummariseSelectionResponseObject, error) {
	sum, err := s.Bulk.Summary(ctx, actor(ctx), selectionIn(r.Body.Selection))
	if err != nil {
		return nil, err
	}
	out := SummariseSelection200JSONResponse{Total: sum.Total, LookedAt: sum.Looked, Editable: sum.Editable}
	sized(&out.Fields, len(sum.Fields))
	for i, f := range sum.Fields {
		to := &out.Fields[i]
		to.Field, to.Lang, to.Same, to.List, to.Empty, to.Distinct = f.Field, some(f.Lang), f.Same, f.List, f.Empty, f.Distinct
		to.Values = make([]BulkValue, len(f.Values))
		for n, v := range f.Values {
			to.Values[n] = BulkValue{Value: v.Value, Count: v.Count}
		}
	}
	return out, nil
}

// ownerIn reads who shall be responsible for assets; nil says nothing.
func ownerIn(ref *string) (*id.Account, error) {
	if ref == nil {
		return nil, nil
	}
	if *ref == "nobody" {
		return &id.Account{}, nil
	}
	a, err := id.Parse[id.Account](*ref)
	if err != nil {
		return nil, fault.Fields("request.invalid", "Some of what was sent is not as the API wants it.", map[string]string{"owner": err.Error()})
	}
	return &a, nil
}

func selectionIn(in Selection) search.Selection {
	out := search.Selection{IDs: or(in.Ids), Except: or(in.Except)}
	if q := in.Query; q != nil {
		out.Query = &search.Query{
			Q: or(q.Q), Folder: or(q.Folder), Subtree: or(q.Subtree), Kind: asset.Kind(or(q.Kind)), Tag: or(q.Tag), State: asset.State(or(q.State)),
			Collection: or(q.Collection), Sort: search.Sort(or(q.Sort)),
		}
	}
	return out
}

func editsIn(c BulkChange) (asset.Edits, error) {
	owner, err := ownerIn(c.Owner)
	if err != nil {
		return asset.Edits{}, err
	}
	out := asset.Edits{
		Owner: owner, Folder: c.Folder, EmbargoUntil: when(c.EmbargoUntil), ExpiresAt: when(c.ExpiresAt), Template: or(c.Template), Bin: asset.Bin(or(c.Bin)), Approval: asset.Approval(or(c.Approval)), Remark: or(c.Remark),
	}
	if c.Alt != nil {
		out.Alt = altIn(*c.Alt)
	}
	if c.Fields == nil {
		return out, nil
	}
	out.Fields = make(map[string]asset.FieldAct, len(*c.Fields))
	for name, f := range *c.Fields {
		if f.Do == "set" && f.Value == nil && f.Values == nil && f.Lang == nil {
			return out, fault.Fields("request.invalid", "Some of what was sent is not as the API wants it.", map[string]string{name: "set needs value, values or lang"})
		}
		out.Fields[name] = asset.FieldAct{
			Do: asset.Do(f.Do), FieldChange: asset.FieldChange{Value: f.Value, Values: or(f.Values), Lang: or(f.Lang)}, From: or(f.From), To: or(f.To),
		}
	}
	return out, nil
}

func bulkOut(j bulk.Job) Bulk {
	return Bulk{
		Id: j.ID, State: BulkState(j.State), Code: some(j.Code), Reason: some(j.Reason), Total: j.Total, Done: j.Done, Changed: j.Changed,
		Skipped: j.Skipped, Kept: j.Kept, Reasons: reasonsOut(j.Reasons), UndoOf: some(j.UndoOf), UndoneBy: some(j.UndoneBy),
		StartedBy: some(j.StartedBy), CreatedAt: j.CreatedAt, EndedAt: j.EndedAt,
	}
}

func reasonsOut(list []bulk.Reason) []BulkReason {
	out := make([]BulkReason, len(list))
	for i, r := range list {
		out[i] = BulkReason{Code: r.Code, Reason: r.Text, Count: r.Count}
	}
	return out
}

func previewOut(p bulk.Preview) BulkPreview {
	out := BulkPreview{
		Total: p.Total, LookedAt: p.Looked, Changed: p.Changed, Skipped: p.Skipped, Reasons: reasonsOut(p.Reasons),
		Values: make(map[string]BulkMix, len(p.Values)),
	}
	for name, m := range p.Values {
		mix := BulkMix{Empty: m.Empty, Distinct: m.Distinct, Values: make([]BulkValue, len(m.Values))}
		for i, v := range m.Values {
			mix.Values[i] = BulkValue{Value: v.Value, Count: v.Count}
		}
		out.Values[name] = mix
	}
	return out
}
