// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"

	"tillgang/internal/asset"
	"tillgang/internal/collection"
	"tillgang/internal/id"
	"tillgang/internal/search"
)

// GetAssetHistogram answers GET /api/v1/assets/histogram.
func (s *server) GetAssetHistogram(ctx context.Context, r GetAssetHistogramRequestObject) (GetAssetHistogramResponseObject, error) {
	p := r.Params
	if p.Anchor != nil {
		bars, err := s.Search.WindowHistogram(ctx, actor(ctx), *p.Anchor, search.By(p.By))
		out := GetAssetHistogram200JSONResponse{IsExact: true}
		out.Bars = grown(out.Bars, len(bars))
		for i, b := range bars {
			out.Bars[i].Key, out.Bars[i].Count, out.Bars[i].Place = b.Key, b.Count, &b.Place
		}
		return out, err
	}
	bars, whole, err := s.Search.Histogram(ctx, actor(ctx), search.Query{
		Q: or(p.Q), Folder: or(p.Folder), Subtree: or(p.Subtree), Kind: asset.Kind(or(p.Kind)), Tag: or(p.Tag), State: asset.State(or(p.State)),
		Collection: or(p.Collection),
	}, search.By(p.By))
	out := GetAssetHistogram200JSONResponse{IsExact: whole}
	out.Bars = grown(out.Bars, len(bars))
	for i, b := range bars {
		out.Bars[i].Key, out.Bars[i].Count = b.Key, b.Count
	}
	return out, err
}

// grown returns a list of n zero values.
func grown[T any](_ []T, n int) []T { return make([]T, n) }

// GetAssetWindow answers GET /api/v1/assets/window.
func (s *server) GetAssetWindow(ctx context.Context, r GetAssetWindowRequestObject) (GetAssetWindowResponseObject, error) {
	p := r.Params
	n := 200
	if p.N != nil {
		n = *p.N
	}
	w, err := s.Search.Window(ctx, actor(ctx), search.Query{
		Q: or(p.Q), Folder: or(p.Folder), Subtree: or(p.Subtree), Kind: asset.Kind(or(p.Kind)), Tag: or(p.Tag), State: asset.State(or(p.State)), Sort: search.Sort(or(p.Sort)),
		Collection: or(p.Collection),
	}, search.Begin{Window: or(p.Anchor), After: or(p.After), At: or(p.Start)}, or(p.From), n)
	if err != nil {
		return nil, err
	}
	out, err := s.windowOut(ctx, w)
	return GetAssetWindow200JSONResponse(out), err
}

// OpenAssetWindow answers POST /api/v1/assets/window.
func (s *server) OpenAssetWindow(ctx context.Context, r OpenAssetWindowRequestObject) (OpenAssetWindowResponseObject, error) {
	w, err := s.Search.OpenWindow(ctx, actor(ctx), selectionIn(r.Body.Selection), 200)
	if err != nil {
		return nil, err
	}
	out, err := s.windowOut(ctx, w)
	return OpenAssetWindow200JSONResponse(out), err
}

// GetAssetWindowIDs answers GET /api/v1/assets/window/ids.
func (s *server) GetAssetWindowIDs(ctx context.Context, r GetAssetWindowIDsRequestObject) (GetAssetWindowIDsResponseObject, error) {
	n := search.MaxIDs
	if r.Params.N != nil {
		n = *r.Params.N
	}
	ids, err := s.Search.WindowIDs(ctx, actor(ctx), r.Params.Anchor, or(r.Params.From), n)
	if ids == nil {
		ids = []id.Asset{}
	}
	return GetAssetWindowIDs200JSONResponse{Ids: ids}, err
}

func (s *server) windowOut(ctx context.Context, w search.Span) (AssetWindow, error) {
	var there []asset.Asset
	for _, a := range w.Items {
		if a != nil {
			there = append(there, *a)
		}
	}
	shown, err := s.assetsOut(ctx, there)
	if err != nil {
		return AssetWindow{}, err
	}
	out := AssetWindow{Anchor: w.Window, From: w.From, Total: w.Total, TotalIsExact: w.Whole, Next: some(w.Next)}
	out.Items = grown(out.Items, len(w.Items))
	at := 0
	for i, a := range w.Items {
		out.Items[i].Place = w.From + i
		if a != nil {
			out.Items[i].Asset = &shown[at]
			at++
		}
	}
	return out, nil
}

// ExplainSearch answers GET /api/v1/search/explanation.
func (s *server) ExplainSearch(ctx context.Context, r ExplainSearchRequestObject) (ExplainSearchResponseObject, error) {
	e, err := s.Search.Explain(ctx, actor(ctx), r.Params.Q)
	if err != nil {
		return nil, err
	}
	out := ExplainSearch200JSONResponse{Hints: hintsOut(e.Hints)}
	out.Clauses = grown(out.Clauses, len(e.Clauses))
	for i, c := range e.Clauses {
		to := &out.Clauses[i]
		to.Not, to.Any = c.Not, grown(to.Any, len(c.Any))
		for j, a := range c.Any {
			one := &to.Any[j]
			one.At, one.Value, one.Key = a.At, a.Value, some(a.Key)
			if a.Not {
				one.Not = &a.Not
			}
			if a.Phrase {
				one.Phrase = &a.Phrase
			}
		}
	}
	return out, nil
}

// CompleteSearch answers GET /api/v1/search/completions.
func (s *server) CompleteSearch(ctx context.Context, r CompleteSearchRequestObject) (CompleteSearchResponseObject, error) {
	list, err := s.Search.CompleteAll(ctx, actor(ctx), r.Params.Prefix)
	out := CompleteSearch200JSONResponse{Items: make([]SearchCompletion, len(list))}
	for i, c := range list {
		out.Items[i] = SearchCompletion{Field: some(c.Field), Value: c.Value}
	}
	return out, err
}

func synonymOut(x search.Synonym) Synonym {
	return Synonym{Id: x.ID, Word: x.Word, Means: x.Means, TwoWay: x.TwoWay, CreatedAt: x.CreatedAt}
}

// ListSynonyms answers GET /api/v1/synonyms.
func (s *server) ListSynonyms(ctx context.Context, _ ListSynonymsRequestObject) (ListSynonymsResponseObject, error) {
	list, err := s.Search.Synonyms(ctx, actor(ctx))
	out := ListSynonyms200JSONResponse{Items: make([]Synonym, len(list))}
	for i, x := range list {
		out.Items[i] = synonymOut(x)
	}
	return out, err
}

// SetSynonym answers POST /api/v1/synonyms.
func (s *server) SetSynonym(ctx context.Context, r SetSynonymRequestObject) (SetSynonymResponseObject, error) {
	x, err := s.Search.SetSynonym(ctx, actor(ctx), r.Body.Word, r.Body.Means, or(r.Body.TwoWay))
	return SetSynonym201JSONResponse(synonymOut(x)), err
}

// DropSynonym answers DELETE /api/v1/synonyms/{id}.
func (s *server) DropSynonym(ctx context.Context, r DropSynonymRequestObject) (DropSynonymResponseObject, error) {
	return DropSynonym204Response{}, s.Search.DropSynonym(ctx, actor(ctx), r.Id)
}

func savedIn(s SavedSearch) collection.Search {
	folder := ""
	if s.Folder != nil {
		folder = s.Folder.String()
	}
	return collection.Search{Q: or(s.Q), Folder: folder, Subtree: or(s.Subtree), Kind: string(or(s.Kind)), Tag: or(s.Tag), State: string(or(s.State)), Sort: or(s.Sort)}
}
