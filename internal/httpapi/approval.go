// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"cmp"
	"context"

	"tillgang/internal/asset"
	"tillgang/internal/fault"
)

// ListApprovalSteps answers GET /api/v1/approval-states.
func (*server) ListApprovalSteps(context.Context, ListApprovalStepsRequestObject) (ListApprovalStepsResponseObject, error) {
	out := ListApprovalSteps200JSONResponse{}
	for _, state := range asset.Approvals() {
		out.States = append(out.States, ApprovalState(state))
	}
	for _, t := range asset.Transitions() {
		out.Steps = append(out.Steps, stepOut(t))
	}
	return out, nil
}

func stepOut(t asset.Transition) ApprovalStep {
	return ApprovalStep{
		From: ApprovalState(t.From), To: ApprovalState(t.To), Permission: t.Needs.Names()[0],
		Remark: t.Remark, FourEyes: t.FourEyes, Complete: t.Complete,
	}
}

// GetAssetApproval answers GET /api/v1/assets/{id}/approval.
func (s *server) GetAssetApproval(ctx context.Context, r GetAssetApprovalRequestObject) (GetAssetApprovalResponseObject, error) {
	way, err := s.Assets.Way(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	p, err := s.Assets.Steps(ctx, actor(ctx), r.Id, or(r.Params.Cursor), or(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	actors := make([]string, len(p.Items))
	for i, t := range p.Items {
		actors[i] = t.By
	}
	names, err := s.Accounts.Names(ctx, actor(ctx), actors)
	if err != nil {
		return nil, err
	}
	out := AssetApproval{State: ApprovalState(way.Asset.ApprovalAt(s.Now())), Demand: ApprovalDemand(cmp.Or(way.Demand, asset.Freely)), Next: some(p.Next)}
	sized(&out.NextSteps, len(way.Next))
	for i, open := range way.Next {
		o, step := &out.NextSteps[i], stepOut(open.Transition)
		o.From, o.To, o.Permission, o.Remark, o.FourEyes, o.Complete = step.From, step.To, step.Permission, step.Remark, step.FourEyes, step.Complete
		if o.Allowed = open.Refused == nil; !o.Allowed {
			why := fault.As(open.Refused)
			o.Code, o.Reason = &why.Code, &why.Text
		}
	}
	sized(&out.Items, len(p.Items))
	for i, t := range p.Items {
		o := &out.Items[i]
		o.From, o.To, o.Remark, o.By, o.ByName, o.At = ApprovalState(t.From), ApprovalState(t.To), some(t.Remark), t.By, some(names[t.By].Text), t.At
	}
	return GetAssetApproval200JSONResponse(out), nil
}

// StepAssetApproval answers POST /api/v1/assets/{id}/approval.
func (s *server) StepAssetApproval(ctx context.Context, r StepAssetApprovalRequestObject) (StepAssetApprovalResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	a, err := s.Assets.Transit(ctx, actor(ctx), r.Id, version, asset.Approval(r.Body.To), or(r.Body.Remark))
	if err != nil {
		return nil, err
	}
	out, err := s.assetOut(ctx, a)
	return StepAssetApproval200JSONResponse{Body: out, Headers: StepAssetApproval200ResponseHeaders{ETag: etag(a.Version)}}, err
}
