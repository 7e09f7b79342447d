// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
)

// ListAudit answers GET /api/v1/audit.
func (s *server) ListAudit(ctx context.Context, r ListAuditRequestObject) (ListAuditResponseObject, error) {
	p, err := s.Audit.List(ctx, actor(ctx), audit.Filter{
		Verb: or(r.Params.Verb), Actor: or(r.Params.Actor), Subject: or(r.Params.Subject), Folder: folderText(r.Params.Folder),
		From: or(r.Params.From), To: or(r.Params.To), Cursor: or(r.Params.Cursor), Limit: or(r.Params.Limit),
	})
	if err != nil {
		return nil, err
	}
	actors := make([]string, len(p.Items))
	for i, d := range p.Items {
		actors[i] = d.ActorID
	}
	names, err := s.named(ctx, actors...)
	if err != nil {
		return nil, err
	}
	out := ListAudit200JSONResponse{Items: make([]Deed, len(p.Items)), Next: some(p.Next)}
	for i, d := range p.Items {
		out.Items[i] = Deed{
			Seq: d.Seq, At: d.At, ActorKind: string(d.ActorKind), Actor: d.ActorID, ActorName: some(names[d.ActorID]),
			Verb: d.Verb, Subject: some(d.Subject), Detail: map[string]any{},
		}
		if err := json.Unmarshal(d.Detail, &out.Items[i].Detail); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func folderText(f *FolderID) string {
	if f == nil {
		return ""
	}
	return f.String()
}

// ExportAudit answers POST /api/v1/audit/exports.
func (s *server) ExportAudit(ctx context.Context, r ExportAuditRequestObject) (ExportAuditResponseObject, error) {
	names := func(ctx context.Context, actors []string) (map[string]string, error) {
		of, err := s.Accounts.Names(ctx, actor(ctx), actors)
		out := make(map[string]string, len(of))
		for a, n := range of {
			out[a] = n.Text
		}
		return out, err
	}
	e, err := s.Audit.Export(ctx, actor(ctx), s.Now(), audit.Filter{
		Verb: or(r.Body.Verb), Actor: or(r.Body.Actor), Subject: or(r.Body.Subject), Folder: folderText(r.Body.Folder),
		From: or(r.Body.From), To: or(r.Body.To),
	}, names)
	if err != nil {
		return nil, err
	}
	return exportedLog{ctx, e}, nil
}

// exportedLog is a table that is written while it is made.
type exportedLog struct {
	ctx context.Context //nolint:containedctx // of the request that it answers
	log *audit.Export
}

// VisitExportAuditResponse writes the table.
func (e exportedLog) VisitExportAuditResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="deeds.csv"`)
	w.WriteHeader(http.StatusOK)
	return e.log.WriteTo(e.ctx, w)
}

// VerifyAudit answers GET /api/v1/audit/verification.
func (s *server) VerifyAudit(ctx context.Context, _ VerifyAuditRequestObject) (VerifyAuditResponseObject, error) {
	r, err := s.Audit.Verify(ctx, actor(ctx))
	return VerifyAudit200JSONResponse{Whole: r.Breach == audit.Whole, Checked: r.Checked, Last: hex.EncodeToString(r.Sum), BrokenAt: some(r.At), Reason: some(string(r.Breach))}, err
}

// ListDestinations answers GET /api/v1/destinations.
func (s *server) ListDestinations(ctx context.Context, _ ListDestinationsRequestObject) (ListDestinationsResponseObject, error) {
	if err := actor(ctx).Require(access.Operate); err != nil {
		return nil, err
	}
	out := ListDestinations200JSONResponse(s.Destinations())
	if out.Items == nil {
		out.Items = []Destination{}
	}
	return out, nil
}

// GetDestinationCounts answers GET /api/v1/destinations/{name}/counts.
func (s *server) GetDestinationCounts(ctx context.Context, r GetDestinationCountsRequestObject) (GetDestinationCountsResponseObject, error) {
	now := s.Now().UTC()
	first, last := now.AddDate(0, 0, -30), now
	if r.Params.From != nil {
		first = r.Params.From.Time
	}
	if r.Params.To != nil {
		last = r.Params.To.Time
	}
	list, err := s.Audit.Traffic(ctx, actor(ctx), r.Name, first, last)
	if err == nil && len(list) == 0 && !s.declared(r.Name) {
		// Counts of one that is no more are still counts; a name without any is a mistake.
		var ever []audit.Traffic
		if ever, err = s.Audit.Traffic(ctx, actor(ctx), r.Name, time.Time{}, now); err == nil && len(ever) == 0 {
			err = fault.New(fault.NotFound, "destination.not_found", "There is no destination by that name, and nothing ever went to one. /destinations lists them.")
		}
	}
	if err != nil {
		return nil, err
	}
	out := GetDestinationCounts200JSONResponse{}
	sized(&out.Items, len(list))
	for i, t := range list {
		out.Items[i] = DestinationCount{
			Day: openapi_types.Date{Time: t.Day}, Purpose: t.Purpose, Connections: t.Connections, BytesOut: t.BytesOut, BytesIn: t.BytesIn, Refused: t.Refused,
		}
	}
	return out, nil
}

// declared reports whether the register has a destination of that name.
func (s *server) declared(name string) bool {
	return name == audit.AnyDestination || slices.ContainsFunc(s.Destinations().Items, func(d Destination) bool { return d.Name == name })
}
