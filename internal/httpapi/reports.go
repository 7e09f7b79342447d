// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"

	"tillgang/internal/delivery"
	"tillgang/internal/id"
)

// GetDownloadNeeds answers GET /api/v1/assets/{id}/download-needs.
func (s *server) GetDownloadNeeds(ctx context.Context, r GetDownloadNeedsRequestObject) (GetDownloadNeedsResponseObject, error) {
	variant := delivery.Original
	set(&variant, r.Params.Variant, same[string])
	n, err := s.Delivery.Needs(ctx, actor(ctx), []id.Asset{r.Id}, variant)
	return GetDownloadNeeds200JSONResponse(needsOut(n)), err
}

func needsOut(n delivery.Needs) DownloadNeeds {
	out := DownloadNeeds{Report: n.Report, Terms: make([]DownloadTerms, len(n.Terms))}
	for i, t := range n.Terms {
		out.Terms[i] = DownloadTerms{Id: t.ID, Texts: t.Texts, Preset: some(t.Preset)}
	}
	return out
}

// reportIn is what was said of a download; nil if nothing was.
func reportIn(r *DownloadReport) *delivery.Report {
	if r == nil {
		return nil
	}
	out := &delivery.Report{Purpose: or(r.Purpose), Place: or(r.Place), Accepted: or(r.Accepted)}
	for _, c := range or(r.Channels) {
		out.Channels = append(out.Channels, string(c))
	}
	if r.Until != nil {
		out.Until = &r.Until.Time
	}
	return out
}

// ListUsageReports answers GET /api/v1/usage-reports.
func (s *server) ListUsageReports(ctx context.Context, r ListUsageReportsRequestObject) (ListUsageReportsResponseObject, error) {
	p, err := s.Delivery.Reports(ctx, actor(ctx), delivery.Reported{
		Asset: or(r.Params.Asset), From: or(r.Params.From), To: or(r.Params.To), Cursor: or(r.Params.Cursor), Limit: or(r.Params.Limit),
		Channel: string(or(r.Params.Channel)), Text: or(r.Params.Q),
	})
	if err != nil {
		return nil, err
	}
	actors := make([]string, len(p.Items))
	for i, one := range p.Items {
		actors[i] = one.ActorID
	}
	names, err := s.named(ctx, actors...)
	if err != nil {
		return nil, err
	}
	out := ListUsageReports200JSONResponse{Items: make([]UsageReport, len(p.Items)), Next: some(p.Next)}
	for i, one := range p.Items {
		u := UsageReport{
			Id: one.ID, Asset: one.Asset, File: one.Title, Variant: one.Variant, Purpose: one.Purpose, Place: one.Place, Terms: one.Terms,
			ActorKind: string(one.ActorKind), Actor: one.ActorID, ActorName: some(names[one.ActorID]), Name: some(one.Name), At: one.CreatedAt, FetchedAt: one.FetchedAt,
			Channels: []UsageChannel{},
		}
		for _, c := range one.Channels {
			u.Channels = append(u.Channels, UsageChannel(c))
		}
		if one.Until != nil {
			u.Until = new(date(*one.Until))
		}
		out.Items[i] = u
	}
	return out, nil
}

// ExportUsageReports answers GET /api/v1/usage-reports/export.
func (s *server) ExportUsageReports(ctx context.Context, r ExportUsageReportsRequestObject) (ExportUsageReportsResponseObject, error) {
	return usageTable{ctx, s, delivery.Reported{Asset: or(r.Params.Asset), From: or(r.Params.From), To: or(r.Params.To), Channel: string(or(r.Params.Channel)), Text: or(r.Params.Q)}}, nil
}

// usageTable is a table that is written while it is read.
type usageTable struct {
	ctx context.Context //nolint:containedctx // of the request that it answers
	*server
	which delivery.Reported
}

// VisitExportUsageReportsResponse writes the table.
func (u usageTable) VisitExportUsageReportsResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="usage.csv"`)
	w.WriteHeader(http.StatusOK)
	return u.Delivery.ExportReports(u.ctx, actor(u.ctx), u.which, func(actors []string) (map[string]string, error) { return u.named(u.ctx, actors...) }, w)
}
