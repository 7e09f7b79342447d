// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"tillgang/internal/link"
	"tillgang/internal/secret"
)

func (s *server) linkOut(l link.Link, names map[string]string, whole bool) Link {
	out := Link{
		Id: l.ID, Own: l.Own, Mode: LinkMode(l.Mode), Title: l.Title, Message: l.Message, Language: l.Language, Formats: l.Formats,
		Watermark: l.Watermark, ViewPassword: l.ViewPassword, DownloadPassword: l.DownloadPassword, MaxDownloads: l.MaxDownloads,
		Downloads: l.Downloads, Views: l.Views, Answers: l.Answers, Choices: l.Choices, LastUsedAt: l.LastUsedAt, State: LinkState(l.State(s.Now())),
		Version: l.Version, CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt, ExpiresAt: l.ExpiresAt, RevokedAt: l.RevokedAt, DeletedAt: l.DeletedAt,
		Owner: some(l.Owner), OwnerName: some(names[l.By]),
	}
	if l.Path != "" {
		out.Url = new(s.BaseURL + l.Path)
	}
	switch t := &out.Target; {
	case !l.Target.Folder.IsZero():
		t.Kind, t.Folder, t.Subtree = "folder", &l.Target.Folder, &l.Target.Subtree
	case !l.Target.Collection.IsZero():
		t.Kind, t.Collection = "collection", &l.Target.Collection
	default:
		t.Kind = "assets"
		if whole {
			t.Assets = &l.Target.Assets
		}
	}
	return out
}

// linkWith is one link with the name of whoever made it.
func (s *server) linkWith(ctx context.Context, l link.Link) (Link, error) {
	names, err := s.named(ctx, l.By)
	return s.linkOut(l, names, true), err
}

// named tells what actors are called, links included.
func (s *server) named(ctx context.Context, actors ...string) (map[string]string, error) {
	names, err := s.Accounts.Names(ctx, actor(ctx), actors)
	if err != nil {
		return nil, err
	}
	out, err := s.Links.Titles(ctx, actor(ctx), actors)
	for a, n := range names {
		out[a] = n.Text
	}
	return out, err
}

// ListLinks answers GET /api/v1/links.
func (s *server) ListLinks(ctx context.Context, r ListLinksRequestObject) (ListLinksResponseObject, error) {
	w := link.Which{Everybody: or(r.Params.Of) == "all", Asset: or(r.Params.Asset), Cursor: or(r.Params.Cursor), Limit: or(r.Params.Limit)}
	if r.Params.State != nil {
		w.States = []link.State{link.State(*r.Params.State)}
	}
	p, err := s.Links.List(ctx, actor(ctx), w)
	if err != nil {
		return nil, err
	}
	makers := make([]string, len(p.Items))
	for i, l := range p.Items {
		makers[i] = l.By
	}
	names, err := s.named(ctx, makers...)
	if err != nil {
		return nil, err
	}
	out := ListLinks200JSONResponse{Items: make([]Link, len(p.Items)), Next: some(p.Next)}
	for i, l := range p.Items {
		out.Items[i] = s.linkOut(l, names, false)
	}
	return out, nil
}

// CreateLink answers POST /api/v1/links.
func (s *server) CreateLink(ctx context.Context, r CreateLinkRequestObject) (CreateLinkResponseObject, error) {
	b := r.Body
	w := link.Wish{
		Target: link.Target{
			Assets: or(b.Target.Assets), Folder: or(b.Target.Folder), Subtree: or(b.Target.Subtree), Collection: or(b.Target.Collection),
		},
		Terms: link.Terms{
			Mode: link.Delivery, Title: b.Title, Message: or(b.Message), Language: "sv", Formats: or(b.Formats), Watermark: or(b.Watermark),
			MaxDownloads: b.MaxDownloads, ExpiresAt: or(b.ExpiresAt),
		},
		ViewPassword: secret.Exactly(or(b.ViewPassword)), DownloadPassword: secret.Exactly(or(b.DownloadPassword)),
	}
	set(&w.Language, b.Language, same[string])
	set(&w.Mode, b.Mode, func(m LinkMode) link.Mode { return link.Mode(m) })
	l, err := s.Links.Create(ctx, actor(ctx), w)
	if err != nil {
		return nil, err
	}
	out, err := s.linkWith(ctx, l)
	return CreateLink201JSONResponse(out), err
}

// RevokeLinks answers POST /api/v1/links/revocations.
func (s *server) RevokeLinks(ctx context.Context, r RevokeLinksRequestObject) (RevokeLinksResponseObject, error) {
	n, err := s.Links.RevokeAll(ctx, actor(ctx), r.Body.Of == "all")
	return RevokeLinks200JSONResponse{Links: n}, err
}

// GetLink answers GET /api/v1/links/{id}.
func (s *server) GetLink(ctx context.Context, r GetLinkRequestObject) (GetLinkResponseObject, error) {
	l, err := s.Links.Get(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out, err := s.linkWith(ctx, l)
	return GetLink200JSONResponse{Body: out, Headers: GetLink200ResponseHeaders{ETag: etag(l.Version)}}, err
}

// UpdateLink answers PATCH /api/v1/links/{id}.
func (s *server) UpdateLink(ctx context.Context, r UpdateLinkRequestObject) (UpdateLinkResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	c := link.Change{Title: b.Title, Message: b.Message, Language: b.Language, Formats: b.Formats, Watermark: b.Watermark, ExpiresAt: b.ExpiresAt}
	if n := b.MaxDownloads; n != nil {
		most := n
		if *n == 0 {
			most = nil
		}
		c.MaxDownloads = &most
	}
	if p := b.ViewPassword; p != nil {
		c.ViewPassword = new(secret.Exactly(*p))
	}
	if p := b.DownloadPassword; p != nil {
		c.DownloadPassword = new(secret.Exactly(*p))
	}
	l, err := s.Links.Edit(ctx, actor(ctx), r.Id, version, c)
	if err != nil {
		return nil, err
	}
	out, err := s.linkWith(ctx, l)
	return UpdateLink200JSONResponse{Body: out, Headers: UpdateLink200ResponseHeaders{ETag: etag(l.Version)}}, err
}

// DeleteLink answers DELETE /api/v1/links/{id}.
func (s *server) DeleteLink(ctx context.Context, r DeleteLinkRequestObject) (DeleteLinkResponseObject, error) {
	return DeleteLink204Response{}, s.Links.Delete(ctx, actor(ctx), r.Id)
}

// RestoreLink answers POST /api/v1/links/{id}/restoration.
func (s *server) RestoreLink(ctx context.Context, r RestoreLinkRequestObject) (RestoreLinkResponseObject, error) {
	l, err := s.Links.Restore(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out, err := s.linkWith(ctx, l)
	return RestoreLink200JSONResponse(out), err
}

// RevokeLink answers POST /api/v1/links/{id}/revocation.
func (s *server) RevokeLink(ctx context.Context, r RevokeLinkRequestObject) (RevokeLinkResponseObject, error) {
	l, err := s.Links.Revoke(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out, err := s.linkWith(ctx, l)
	return RevokeLink200JSONResponse(out), err
}

func date(t time.Time) openapi_types.Date { return openapi_types.Date{Time: t} }

// ListLinkVisits answers GET /api/v1/links/{id}/visits.
func (s *server) ListLinkVisits(ctx context.Context, r ListLinkVisitsRequestObject) (ListLinkVisitsResponseObject, error) {
	list, err := s.Links.Days(ctx, actor(ctx), r.Id)
	out := ListLinkVisits200JSONResponse{Items: make([]LinkDay, len(list))}
	for i, d := range list {
		out.Items[i] = LinkDay{Day: date(d.Day), Views: d.Views, Downloads: d.Downloads}
	}
	return out, err
}

// ListLinkAnswers answers GET /api/v1/links/{id}/answers.
func (s *server) ListLinkAnswers(ctx context.Context, r ListLinkAnswersRequestObject) (ListLinkAnswersResponseObject, error) {
	p, err := s.Links.Answers(ctx, actor(ctx), r.Id, or(r.Params.Cursor), or(r.Params.Limit))
	out := ListLinkAnswers200JSONResponse{Items: make([]LinkAnswer, len(p.Items)), Next: some(p.Next)}
	for i, a := range p.Items {
		out.Items[i] = LinkAnswer{Asset: a.Asset, Name: a.Name, Verdict: LinkAnswerVerdict(a.Verdict), Remark: a.Remark, At: a.At}
	}
	return out, err
}

// ListLinkChoices answers GET /api/v1/links/{id}/choices.
func (s *server) ListLinkChoices(ctx context.Context, r ListLinkChoicesRequestObject) (ListLinkChoicesResponseObject, error) {
	p, err := s.Links.Choices(ctx, actor(ctx), r.Id, or(r.Params.Cursor), or(r.Params.Limit))
	out := ListLinkChoices200JSONResponse{Items: make([]LinkChoice, len(p.Items)), Next: some(p.Next)}
	for i, c := range p.Items {
		out.Items[i] = LinkChoice{Name: c.Name, Message: c.Message, Assets: c.Assets, At: c.At}
	}
	return out, err
}
