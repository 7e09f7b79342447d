// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"math"

	"tillgang/internal/account"
	"tillgang/internal/discussion"
	"tillgang/internal/id"
)

// ListComments answers GET /api/v1/assets/{id}/comments.
func (s *server) ListComments(ctx context.Context, r ListCommentsRequestObject) (ListCommentsResponseObject, error) {
	p, err := s.Discussion.Threads(ctx, actor(ctx), r.Id, or(r.Params.Open), or(r.Params.Cursor), or(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	var all []discussion.Comment
	for _, t := range p.Items {
		all = append(append(all, t.Comment), t.Answers...)
	}
	names, err := s.commenters(ctx, all...)
	if err != nil {
		return nil, err
	}
	out := ListComments200JSONResponse{Items: make([]Thread, len(p.Items)), Next: some(p.Next)}
	for i, t := range p.Items {
		c := commentOut(t.Comment, names)
		out.Items[i] = Thread{
			Id: c.Id, Thread: c.Thread, Text: c.Text, Region: c.Region, Page: c.Page, At: c.At, Author: c.Author, AuthorName: c.AuthorName,
			Deleted: c.Deleted, CreatedAt: c.CreatedAt, EditedAt: c.EditedAt, ResolvedAt: c.ResolvedAt, ResolvedBy: c.ResolvedBy,
			ResolvedByName: c.ResolvedByName, Mentions: c.Mentions, Can: c.Can, Answers: make([]Comment, len(t.Answers)),
		}
		for j, a := range t.Answers {
			out.Items[i].Answers[j] = commentOut(a, names)
		}
	}
	return out, nil
}

// commenters tells what those who wrote or resolved comments are called.
func (s *server) commenters(ctx context.Context, list ...discussion.Comment) (map[string]account.Name, error) {
	var actors []string
	for _, c := range list {
		actors = append(actors, c.Author, c.ResolvedBy)
	}
	return s.Accounts.Names(ctx, actor(ctx), actors)
}

func commentOut(c discussion.Comment, names map[string]account.Name) Comment {
	out := Comment{
		Id: c.ID, Thread: c.Thread, Text: c.Text, Page: c.Place.Page, Author: c.Author, AuthorName: some(names[c.Author].Text),
		Deleted: c.DeletedAt != nil, CreatedAt: c.CreatedAt, EditedAt: c.EditedAt, ResolvedAt: c.ResolvedAt,
		ResolvedBy: some(c.ResolvedBy), ResolvedByName: some(names[c.ResolvedBy].Text), Mentions: mentionsOut(c.Mentions),
	}
	out.Can.Edit, out.Can.Delete, out.Can.Resolve, out.Can.Answer = c.Can.Edit, c.Can.Delete, c.Can.Resolve, c.Can.Answer
	if r := c.Place.Region; r != nil {
		out.Region = &CommentRegion{X: r.X, Y: r.Y, Width: r.Width, Height: r.Height}
	}
	if c.Place.AtMS != nil {
		out.At = new(float64(*c.Place.AtMS) / 1000)
	}
	return out
}

func mentionsOut(list []discussion.Mention) []Mention {
	out := make([]Mention, len(list))
	for i, m := range list {
		out[i] = Mention{Account: m.Account, Name: m.Name}
	}
	return out
}

// WriteComment answers POST /api/v1/assets/{id}/comments.
func (s *server) WriteComment(ctx context.Context, r WriteCommentRequestObject) (WriteCommentResponseObject, error) {
	d := discussion.Draft{Text: r.Body.Text, Answers: or(r.Body.Answers), Mentions: or(r.Body.Mentions), Place: discussion.Place{Page: r.Body.Page}}
	if g := r.Body.Region; g != nil {
		d.Place.Region = &discussion.Region{X: g.X, Y: g.Y, Width: g.Width, Height: g.Height}
	}
	if at := r.Body.At; at != nil {
		d.Place.AtMS = new(int64(min(math.Round(*at*1000), 1e15)))
	}
	c, err := s.Discussion.Write(ctx, actor(ctx), r.Id, d)
	if err != nil {
		return nil, err
	}
	names, err := s.commenters(ctx, c)
	return WriteComment201JSONResponse(commentOut(c, names)), err
}

// EditComment answers PUT /api/v1/assets/{id}/comments/{comment}.
func (s *server) EditComment(ctx context.Context, r EditCommentRequestObject) (EditCommentResponseObject, error) {
	c, err := s.Discussion.Edit(ctx, actor(ctx), r.Id, r.Comment, r.Body.Text, or(r.Body.Mentions))
	if err != nil {
		return nil, err
	}
	names, err := s.commenters(ctx, c)
	return EditComment200JSONResponse(commentOut(c, names)), err
}

// DeleteComment answers DELETE /api/v1/assets/{id}/comments/{comment}.
func (s *server) DeleteComment(ctx context.Context, r DeleteCommentRequestObject) (DeleteCommentResponseObject, error) {
	return DeleteComment204Response{}, s.Discussion.Delete(ctx, actor(ctx), r.Id, r.Comment)
}

// ResolveComment answers PUT /api/v1/assets/{id}/comments/{comment}/resolution.
func (s *server) ResolveComment(ctx context.Context, r ResolveCommentRequestObject) (ResolveCommentResponseObject, error) {
	c, err := s.resolve(ctx, r.Id, r.Comment, true)
	return ResolveComment200JSONResponse(c), err
}

// ReopenComment answers DELETE /api/v1/assets/{id}/comments/{comment}/resolution.
func (s *server) ReopenComment(ctx context.Context, r ReopenCommentRequestObject) (ReopenCommentResponseObject, error) {
	c, err := s.resolve(ctx, r.Id, r.Comment, false)
	return ReopenComment200JSONResponse(c), err
}

func (s *server) resolve(ctx context.Context, a id.Asset, comment id.Comment, done bool) (Comment, error) {
	c, err := s.Discussion.Resolve(ctx, actor(ctx), a, comment, done)
	if err != nil {
		return Comment{}, err
	}
	names, err := s.commenters(ctx, c)
	return commentOut(c, names), err
}

// ListCommentHistory answers GET /api/v1/assets/{id}/comments/{comment}/history.
func (s *server) ListCommentHistory(ctx context.Context, r ListCommentHistoryRequestObject) (ListCommentHistoryResponseObject, error) {
	list, err := s.Discussion.History(ctx, actor(ctx), r.Id, r.Comment)
	if err != nil {
		return nil, err
	}
	out := ListCommentHistory200JSONResponse{}
	sized(&out.Items, len(list))
	for i, v := range list {
		out.Items[i].Text, out.Items[i].Until = v.Text, v.Until
	}
	return out, nil
}

// ListMentionable answers GET /api/v1/assets/{id}/mentionable.
func (s *server) ListMentionable(ctx context.Context, r ListMentionableRequestObject) (ListMentionableResponseObject, error) {
	list, err := s.Discussion.Mentionable(ctx, actor(ctx), r.Id, or(r.Params.Q))
	return ListMentionable200JSONResponse{Items: mentionsOut(list)}, err
}
