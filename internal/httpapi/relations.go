// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/relation"
)

// ListAssetRelations answers GET /api/v1/assets/{id}/relations.
func (s *server) ListAssetRelations(ctx context.Context, r ListAssetRelationsRequestObject) (ListAssetRelationsResponseObject, error) {
	list, err := s.Relations.Of(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out, err := s.relationsOut(ctx, list)
	return ListAssetRelations200JSONResponse(out), err
}

// RelateAsset answers PUT /api/v1/assets/{id}/relations/{name}/{other}.
func (s *server) RelateAsset(ctx context.Context, r RelateAssetRequestObject) (RelateAssetResponseObject, error) {
	list, err := s.Relations.Relate(ctx, actor(ctx), r.Id, relation.Name(r.Name), r.Other)
	if err != nil {
		return nil, err
	}
	out, err := s.relationsOut(ctx, list)
	return RelateAsset200JSONResponse(out), err
}

// UnrelateAsset answers DELETE /api/v1/assets/{id}/relations/{name}/{other}.
func (s *server) UnrelateAsset(ctx context.Context, r UnrelateAssetRequestObject) (UnrelateAssetResponseObject, error) {
	return UnrelateAsset204Response{}, s.Relations.Unrelate(ctx, actor(ctx), r.Id, relation.Name(r.Name), r.Other)
}

func (s *server) relationsOut(ctx context.Context, list []relation.Relation) (Relations, error) {
	var out Relations
	assets, actors := make([]asset.Asset, len(list)), make([]string, len(list))
	for i, r := range list {
		assets[i], actors[i] = r.Other, r.CreatedBy
	}
	others, err := s.assetsOut(ctx, assets)
	if err != nil {
		return out, err
	}
	names, err := s.Accounts.Names(ctx, actor(ctx), actors)
	sized(&out.Items, len(list))
	for i, r := range list {
		o := &out.Items[i]
		o.Name, o.Asset, o.CreatedAt = RelationName(r.Name), others[i], r.CreatedAt
		o.CreatedBy, o.CreatedByName = some(r.CreatedBy), some(names[r.CreatedBy].Text)
	}
	return out, err
}

// ListAssetAccess answers GET /api/v1/assets/{id}/access.
func (s *server) ListAssetAccess(ctx context.Context, r ListAssetAccessRequestObject) (ListAssetAccessResponseObject, error) {
	p, err := s.Assets.Seers(ctx, actor(ctx), r.Id, or(r.Params.Cursor), or(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	out := ListAssetAccess200JSONResponse{Items: make([]AccessInsight, len(p.Items)), Next: some(p.Next)}
	for i, one := range p.Items {
		out.Items[i] = insightOut(one)
	}
	return out, nil
}

// ExplainAssetAccess answers GET /api/v1/assets/{id}/access/{principal}.
func (s *server) ExplainAssetAccess(ctx context.Context, r ExplainAssetAccessRequestObject) (ExplainAssetAccessResponseObject, error) {
	principal, err := account.ParsePrincipal(r.Principal)
	if err != nil {
		return nil, err
	}
	one, err := s.Assets.Explain(ctx, actor(ctx), r.Id, principal)
	return ExplainAssetAccess200JSONResponse(insightOut(one)), err
}

func insightOut(in asset.Insight) AccessInsight {
	out := AccessInsight{
		Principal: account.PrincipalID(in.Kind, in.Principal), Kind: AccessInsightKind(in.Kind), Name: in.Name, Gone: in.Gone,
		Sees: in.May.Has(access.View), Permissions: (in.May & access.Content).Names(), Given: (in.Given & access.Content).Names(),
	}
	if in.Kind == "key" && !in.Gone {
		out.Scope = new((in.Scope & access.Content).Names())
	}
	sized(&out.Limits, len(in.Limits))
	for i, l := range in.Limits {
		out.Limits[i].Rule, out.Limits[i].Takes = AccessInsightLimitsRule(l.Rule), (l.Takes & in.Given & access.Content).Names()
	}
	sized(&out.Through, len(in.Through))
	for i, t := range in.Through {
		o := &out.Through[i]
		o.Role, o.Permissions = t.RoleName, (t.Perm & access.Content).Names()
		if !t.Folder.IsZero() {
			o.Folder, o.FolderName = &t.Folder, &t.FolderName
		}
		sized(&o.Via, len(t.Via))
		for j, g := range t.Via {
			o.Via[j].Group, o.Via[j].Name = id.FromUUID[id.Group](g.Group), g.Name
		}
	}
	return out
}
