// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"

	"github.com/oapi-codegen/nullable"

	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
)

type (
	templateID = id.Template
	termID     = id.Term
)

// identifier reads one that may be null, which gives the zero identifier.
func identifier[I any, P interface {
	*I
	UnmarshalText(b []byte) error
}](n nullable.Nullable[string], name string,
) (out I, err error) {
	if !n.IsSpecified() || n.IsNull() {
		return out, nil
	}
	if err := P(&out).UnmarshalText([]byte(n.MustGet())); err != nil {
		return out, fault.Fields("request.invalid", "Some of what was sent is not as the API wants it.", map[string]string{name: err.Error()})
	}
	return out, nil
}

func ownTemplate(t id.Template) OwnTemplate {
	if t.IsZero() {
		return OwnTemplate{Template: nullable.NewNullNullable[string]()}
	}
	return OwnTemplate{Template: nullable.NewNullableWithValue(t.String())}
}

// ListTaxonomies answers GET /api/v1/taxonomies.
func (s *server) ListTaxonomies(ctx context.Context, _ ListTaxonomiesRequestObject) (ListTaxonomiesResponseObject, error) {
	list, err := s.Assets.Taxonomies(ctx, actor(ctx))
	if err != nil {
		return nil, err
	}
	out := ListTaxonomies200JSONResponse{Items: make([]Taxonomy, len(list))}
	for i, x := range list {
		out.Items[i] = taxonomyOut(x)
	}
	return out, nil
}

// CreateTaxonomy answers POST /api/v1/taxonomies.
func (s *server) CreateTaxonomy(ctx context.Context, r CreateTaxonomyRequestObject) (CreateTaxonomyResponseObject, error) {
	x, err := s.Assets.CreateTaxonomy(ctx, actor(ctx), r.Body.Name, or(r.Body.Open))
	return CreateTaxonomy201JSONResponse(taxonomyOut(x)), err
}

// UpdateTaxonomy answers PATCH /api/v1/taxonomies/{id}.
func (s *server) UpdateTaxonomy(ctx context.Context, r UpdateTaxonomyRequestObject) (UpdateTaxonomyResponseObject, error) {
	x, err := s.Assets.EditTaxonomy(ctx, actor(ctx), r.Id, r.Body.Name, r.Body.Open)
	return UpdateTaxonomy200JSONResponse(taxonomyOut(x)), err
}

// DeleteTaxonomy answers DELETE /api/v1/taxonomies/{id}.
func (s *server) DeleteTaxonomy(ctx context.Context, r DeleteTaxonomyRequestObject) (DeleteTaxonomyResponseObject, error) {
	return DeleteTaxonomy204Response{}, s.Assets.DeleteTaxonomy(ctx, actor(ctx), r.Id)
}

func taxonomyOut(x asset.Taxonomy) Taxonomy {
	return Taxonomy{Id: x.ID, Name: x.Name, Open: x.Open, Terms: x.Terms, CreatedAt: x.CreatedAt}
}

// ListTerms answers GET /api/v1/taxonomies/{id}/terms.
func (s *server) ListTerms(ctx context.Context, r ListTermsRequestObject) (ListTermsResponseObject, error) {
	list, err := s.Assets.TermsOf(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out := ListTerms200JSONResponse{Items: make([]Term, len(list))}
	for i, t := range list {
		out.Items[i] = termOut(t)
	}
	return out, nil
}

// CreateTerm answers POST /api/v1/taxonomies/{id}/terms.
func (s *server) CreateTerm(ctx context.Context, r CreateTermRequestObject) (CreateTermResponseObject, error) {
	t, err := s.Assets.CreateTerm(ctx, actor(ctx), r.Id, asset.TermPatch{
		Labels: r.Body.Label, Parent: r.Body.Parent, Synonyms: or(r.Body.Synonyms), Position: r.Body.Order,
	})
	return CreateTerm201JSONResponse(termOut(t)), err
}

// UpdateTerm answers PATCH /api/v1/taxonomies/{id}/terms/{term}.
func (s *server) UpdateTerm(ctx context.Context, r UpdateTermRequestObject) (UpdateTermResponseObject, error) {
	p := asset.TermPatch{Labels: or(r.Body.Label), Synonyms: or(r.Body.Synonyms), Position: r.Body.Order, Deprecated: r.Body.Deprecated}
	if r.Body.Parent.IsSpecified() {
		parent, err := identifier[termID](r.Body.Parent, "parent")
		if err != nil {
			return nil, err
		}
		p.Parent = &parent
	}
	t, err := s.Assets.EditTerm(ctx, actor(ctx), r.Id, r.Term, p)
	return UpdateTerm200JSONResponse(termOut(t)), err
}

// DeleteTerm answers DELETE /api/v1/taxonomies/{id}/terms/{term}.
func (s *server) DeleteTerm(ctx context.Context, r DeleteTermRequestObject) (DeleteTermResponseObject, error) {
	return DeleteTerm204Response{}, s.Assets.DeleteTerm(ctx, actor(ctx), r.Id, r.Term)
}

// MergeTerm answers POST /api/v1/taxonomies/{id}/terms/{term}/merge.
func (s *server) MergeTerm(ctx context.Context, r MergeTermRequestObject) (MergeTermResponseObject, error) {
	t, err := s.Assets.MergeTerm(ctx, actor(ctx), r.Id, r.Term, r.Body.Into)
	return MergeTerm200JSONResponse(termOut(t)), err
}

func termOut(t asset.Term) Term {
	out := Term{
		Id: t.ID, Parent: some(t.Parent), Label: t.Labels, Synonyms: t.Synonyms, Order: t.Position, DeprecatedAt: t.DeprecatedAt,
		MergedInto: some(t.MergedInto),
	}
	if out.Synonyms == nil {
		out.Synonyms = []string{}
	}
	if out.Label == nil {
		out.Label = Texts{}
	}
	return out
}
