// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"

	"tillgang/internal/asset"
	"tillgang/internal/request"
	"tillgang/internal/secret"
)

// ListUploadRequests answers GET /api/v1/upload-requests.
func (s *server) ListUploadRequests(ctx context.Context, r ListUploadRequestsRequestObject) (ListUploadRequestsResponseObject, error) {
	p, err := s.Requests.List(ctx, actor(ctx), request.Filter{Folder: or(r.Params.Folder), Ended: r.Params.Ended}, or(r.Params.Cursor), or(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	out := ListUploadRequests200JSONResponse{Next: some(p.Next)}
	out.Items, err = s.requestsOut(ctx, p.Items...)
	return out, err
}

// CreateUploadRequest answers POST /api/v1/upload-requests.
func (s *server) CreateUploadRequest(ctx context.Context, r CreateUploadRequestRequestObject) (CreateUploadRequestResponseObject, error) {
	b := r.Body
	made, token, err := s.Requests.Create(ctx, actor(ctx), b.Folder, settingsIn(UploadRequestChange{
		Title: &b.Title, Message: b.Message, Terms: b.Terms, Fields: b.Fields, Sender: b.Sender, Language: b.Language, Kinds: b.Kinds,
		MaxFiles: b.MaxFiles, MaxBytes: b.MaxBytes, KeptDays: b.KeptDays, ExpiresAt: b.ExpiresAt, Password: b.Password,
	}))
	if err != nil {
		return nil, err
	}
	out, err := s.requestMade(ctx, made, token)
	return CreateUploadRequest201JSONResponse{Body: out, Headers: CreateUploadRequest201ResponseHeaders{ETag: etag(made.Version)}}, err
}

// GetUploadRequest answers GET /api/v1/upload-requests/{id}.
func (s *server) GetUploadRequest(ctx context.Context, r GetUploadRequestRequestObject) (GetUploadRequestResponseObject, error) {
	q, err := s.Requests.Get(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out, err := s.requestsOut(ctx, q)
	return GetUploadRequest200JSONResponse{Body: out[0], Headers: GetUploadRequest200ResponseHeaders{ETag: etag(q.Version)}}, err
}

// UpdateUploadRequest answers PATCH /api/v1/upload-requests/{id}.
func (s *server) UpdateUploadRequest(ctx context.Context, r UpdateUploadRequestRequestObject) (UpdateUploadRequestResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	q, err := s.Requests.Edit(ctx, actor(ctx), r.Id, version, settingsIn(*r.Body))
	if err != nil {
		return nil, err
	}
	out, err := s.requestsOut(ctx, q)
	return UpdateUploadRequest200JSONResponse{Body: out[0], Headers: UpdateUploadRequest200ResponseHeaders{ETag: etag(q.Version)}}, err
}

// RevokeUploadRequest answers DELETE /api/v1/upload-requests/{id}.
func (s *server) RevokeUploadRequest(ctx context.Context, r RevokeUploadRequestRequestObject) (RevokeUploadRequestResponseObject, error) {
	return RevokeUploadRequest204Response{}, s.Requests.Revoke(ctx, actor(ctx), r.Id)
}

// RestoreUploadRequest answers POST /api/v1/upload-requests/{id}/restoration.
func (s *server) RestoreUploadRequest(ctx context.Context, r RestoreUploadRequestRequestObject) (RestoreUploadRequestResponseObject, error) {
	q, err := s.Requests.Restore(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out, err := s.requestsOut(ctx, q)
	return RestoreUploadRequest200JSONResponse(out[0]), err
}

// RenewUploadRequestLink answers POST /api/v1/upload-requests/{id}/link.
func (s *server) RenewUploadRequestLink(ctx context.Context, r RenewUploadRequestLinkRequestObject) (RenewUploadRequestLinkResponseObject, error) {
	q, token, err := s.Requests.NewLink(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out, err := s.requestMade(ctx, q, token)
	return RenewUploadRequestLink200JSONResponse(out), err
}

// ListDeliveries answers GET /api/v1/upload-requests/{id}/deliveries.
func (s *server) ListDeliveries(ctx context.Context, r ListDeliveriesRequestObject) (ListDeliveriesResponseObject, error) {
	p, err := s.Requests.Deliveries(ctx, actor(ctx), r.Id, or(r.Params.Cursor), or(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	out := ListDeliveries200JSONResponse{Items: make([]Delivery, len(p.Items)), Next: some(p.Next)}
	for i, d := range p.Items {
		out.Items[i] = deliveryOut(d)
	}
	return out, nil
}

// AcceptDelivery answers POST /api/v1/deliveries/{id}/acceptance.
func (s *server) AcceptDelivery(ctx context.Context, r AcceptDeliveryRequestObject) (AcceptDeliveryResponseObject, error) {
	o, err := s.Requests.AcceptDelivery(ctx, actor(ctx), r.Id)
	return AcceptDelivery200JSONResponse{Done: o.Done, Left: o.Left}, err
}

// RejectDelivery answers POST /api/v1/deliveries/{id}/rejection.
func (s *server) RejectDelivery(ctx context.Context, r RejectDeliveryRequestObject) (RejectDeliveryResponseObject, error) {
	o, err := s.Requests.RejectDelivery(ctx, actor(ctx), r.Id, r.Body.Reason)
	return RejectDelivery200JSONResponse{Done: o.Done, Left: o.Left}, err
}

// ListModeration answers GET /api/v1/moderation.
func (s *server) ListModeration(ctx context.Context, r ListModerationRequestObject) (ListModerationResponseObject, error) {
	p, err := s.Requests.Waiting(ctx, actor(ctx), or(r.Params.Request), or(r.Params.Delivery), or(r.Params.Cursor), or(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	assets := make([]asset.Asset, len(p.Items))
	for i, it := range p.Items {
		assets[i] = it.Asset
	}
	list, err := s.assetsOut(ctx, assets)
	if err != nil {
		return nil, err
	}
	out := ListModeration200JSONResponse{Items: make([]ModerationItem, len(list)), Next: some(p.Next)}
	for i, a := range list {
		out.Items[i].Asset = a
		if d := p.Items[i].Delivery; d != nil {
			one := deliveryOut(*d)
			out.Items[i].Delivery = &one
		}
	}
	return out, nil
}

// AcceptSent answers POST /api/v1/moderation/{id}/acceptance.
func (s *server) AcceptSent(ctx context.Context, r AcceptSentRequestObject) (AcceptSentResponseObject, error) {
	a, err := s.Requests.Accept(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out, err := s.assetOut(ctx, a)
	return AcceptSent200JSONResponse(out), err
}

// RejectSent answers POST /api/v1/moderation/{id}/rejection.
func (s *server) RejectSent(ctx context.Context, r RejectSentRequestObject) (RejectSentResponseObject, error) {
	return RejectSent204Response{}, s.Requests.Reject(ctx, actor(ctx), r.Id, r.Body.Reason)
}

func settingsIn(b UploadRequestChange) request.Settings {
	in := request.Settings{
		Title: b.Title, Message: b.Message, Terms: b.Terms, Language: b.Language, MaxFiles: b.MaxFiles, MaxBytes: b.MaxBytes,
		KeptDays: b.KeptDays, ExpiresAt: b.ExpiresAt, Sender: (*request.Sender)(b.Sender),
	}
	if b.Fields != nil {
		fields := make([]request.Field, len(*b.Fields))
		for i, f := range *b.Fields {
			fields[i] = request.Field{Name: f.Name, Required: or(f.Required)}
		}
		in.Fields = &fields
	}
	if b.Kinds != nil {
		kinds := make([]asset.Kind, len(*b.Kinds))
		for i, k := range *b.Kinds {
			kinds[i] = asset.Kind(k)
		}
		in.Kinds = &kinds
	}
	if b.Password != nil {
		p := secret.Exactly(*b.Password)
		in.Password = &p
	}
	return in
}

func (s *server) requestMade(ctx context.Context, q request.Request, token string) (UploadRequestMade, error) {
	out, err := s.requestsOut(ctx, q)
	return UploadRequestMade{Request: out[0], Url: s.BaseURL + "/u/" + token}, err
}

// requestsOut translates upload requests, with the names of who made them.
func (s *server) requestsOut(ctx context.Context, list ...request.Request) ([]UploadRequest, error) {
	out, by := make([]UploadRequest, len(list)), make([]string, len(list))
	for i, q := range list {
		by[i] = q.AskedBy
	}
	names, err := s.Accounts.Names(ctx, actor(ctx), by)
	for i, q := range list {
		fields, kinds := make([]RequestField, len(q.Fields)), make([]Kind, len(q.Kinds))
		for j, f := range q.Fields {
			fields[j] = RequestField{Name: f.Name, Required: &f.Required}
		}
		for j, k := range q.Kinds {
			kinds[j] = Kind(k)
		}
		out[i] = UploadRequest{
			Id: q.ID, Folder: q.Folder, FolderName: some(q.FolderName), Title: q.Title, Message: q.Message, Terms: q.Terms, Fields: fields, Sender: RequestSender(q.Sender),
			Language: q.Language, Kinds: kinds, MaxFiles: q.MaxFiles, MaxBytes: q.MaxBytes, KeptDays: q.KeptDays, ExpiresAt: q.ExpiresAt,
			Protected: q.Protected, Ended: q.Ended(s.Now()), RevokedAt: q.RevokedAt, AskedBy: q.AskedBy, AskedByName: some(names[q.AskedBy].Text),
			Version: q.Version, CreatedAt: q.CreatedAt, UpdatedAt: q.UpdatedAt, Deliveries: q.Deliveries, Waiting: q.Waiting, Accepted: q.Accepted, Rejected: q.Rejected,
		}
	}
	return out, err
}

func deliveryOut(d request.Delivery) Delivery {
	return Delivery{
		Id: d.ID, Request: d.Request, Title: d.Title, State: d.State, SenderName: some(d.SenderName), SenderEmail: some(d.SenderEmail),
		Message: some(d.Message), Said: d.Said, Terms: some(d.Terms), TermsVersion: d.TermsAt, TermsAcceptedAt: d.AcceptedAt, CreatedAt: d.CreatedAt,
		DeliveredAt: d.DeliveredAt, PurgedAt: d.PurgedAt, Files: d.Files, Waiting: d.Waiting, Accepted: d.Accepted, Rejected: d.Rejected,
	}
}
