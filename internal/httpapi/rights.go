// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"

	"tillgang/internal/account"
	"tillgang/internal/effect"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
)

// GetFolderGrants answers GET /api/v1/folders/{id}/grants.
func (s *server) GetFolderGrants(ctx context.Context, r GetFolderGrantsRequestObject) (GetFolderGrantsResponseObject, error) {
	out, err := s.rightsOut(ctx, r.Id)
	return GetFolderGrants200JSONResponse{Body: out, Headers: GetFolderGrants200ResponseHeaders{ETag: etag(or(out.Version))}}, err
}

// SetFolderGrants answers PUT /api/v1/folders/{id}/grants.
func (s *server) SetFolderGrants(ctx context.Context, r SetFolderGrantsRequestObject) (SetFolderGrantsResponseObject, error) {
	g, err := grantsIn(r.Id, r.Params.IfMatch, *r.Body)
	if err != nil {
		return nil, err
	}
	// Whoever gives their own right to see this up is still told how it is now.
	f, err := s.Folders.SetGrants(ctx, actor(ctx), g.Folder, g.Version, g.Inherit, g.Give)
	if err != nil {
		return nil, err
	}
	headers := SetFolderGrants200ResponseHeaders{ETag: etag(f.Version)}
	out, err := s.rightsOut(ctx, r.Id)
	if k := fault.KindOf(err); err != nil && (k == fault.NotFound || k == fault.Forbidden) {
		out = FolderRights{Inherit: r.Body.Inherit, Grants: r.Body.Grants, Version: &f.Version}
		sized(&out.Effective, 0)
		return SetFolderGrants200JSONResponse{Body: out, Headers: headers}, nil
	}
	return SetFolderGrants200JSONResponse{Body: out, Headers: headers}, err
}

func grantsIn(f id.Folder, match *string, body FolderRightsChange) (g folder.Grants, err error) {
	g = folder.Grants{Folder: f, Inherit: body.Inherit, Give: make([]folder.Give, len(body.Grants))}
	if g.Version, err = ifMatch(match); err != nil {
		return g, err
	}
	for i, one := range body.Grants {
		p, err := account.ParsePrincipal(one.Principal)
		if err != nil {
			return g, err
		}
		g.Give[i] = folder.Give{Principal: p, Role: one.Role}
	}
	return g, nil
}

func (s *server) rightsOut(ctx context.Context, f id.Folder) (FolderRights, error) {
	var out FolderRights
	own, err := s.Folders.Get(ctx, actor(ctx), f)
	if err != nil {
		return out, err
	}
	grants, err := s.Folders.Grants(ctx, actor(ctx), f)
	if err != nil {
		return out, err
	}
	effective, err := s.Folders.EffectiveRights(ctx, actor(ctx), f)
	if err != nil {
		return out, err
	}
	named := make([]Grant, len(grants))
	out.Inherit, out.Version, out.Grants, out.Named = own.Inherit, &own.Version, make([]FolderGrant, len(grants)), &named
	for i, g := range grants {
		out.Grants[i] = FolderGrant{Principal: account.PrincipalID(g.Kind, g.Principal), Role: g.Role}
		named[i] = Grant{Principal: out.Grants[i].Principal, PrincipalName: g.Name, Role: g.Role, RoleName: g.RoleName}
	}
	sized(&out.Effective, len(effective))
	for i, e := range effective {
		line := &out.Effective[i]
		line.Principal, line.Name, line.Permissions = account.PrincipalID(e.Kind, e.Principal), some(e.Name), e.Perm.Names()
		line.From = []FolderID{}
		through := make([]RightsSource, len(e.Through))
		for j, t := range e.Through {
			through[j] = RightsSource{Role: t.Role, RoleName: t.RoleName, Permissions: t.Perm.Names(), Folder: some(t.Folder)}
			if !t.Folder.IsZero() {
				line.From = append(line.From, t.Folder)
			}
		}
		line.Through = &through
	}
	return out, nil
}

// PreviewFolderGrants answers POST /api/v1/folders/{id}/grants/preview.
func (s *server) PreviewFolderGrants(ctx context.Context, r PreviewFolderGrantsRequestObject) (PreviewFolderGrantsResponseObject, error) {
	g, err := grantsIn(r.Id, r.Params.IfMatch, *r.Body)
	if err != nil {
		return nil, err
	}
	e, err := s.Effects.Grants(ctx, actor(ctx), g, effect.Pages{Cursor: or(r.Params.Cursor), Limit: or(r.Params.Limit)})
	return PreviewFolderGrants200JSONResponse(effectsOut(e)), err
}

// PreviewRole answers POST /api/v1/roles/{id}/preview.
func (s *server) PreviewRole(ctx context.Context, r PreviewRoleRequestObject) (PreviewRoleResponseObject, error) {
	perm, err := permissions(r.Body.Permissions)
	if err != nil {
		return nil, err
	}
	e, err := s.Effects.Role(ctx, actor(ctx), r.Id, perm, effect.Pages{Cursor: or(r.Params.Cursor), Limit: or(r.Params.Limit)})
	return PreviewRole200JSONResponse(effectsOut(e)), err
}

// PreviewTenantGrant answers POST /api/v1/grants/{principal}/{role}/preview.
func (s *server) PreviewTenantGrant(ctx context.Context, r PreviewTenantGrantRequestObject) (PreviewTenantGrantResponseObject, error) {
	p, err := account.ParsePrincipal(r.Principal)
	if err != nil {
		return nil, err
	}
	e, err := s.Effects.Grant(ctx, actor(ctx), p, r.Role, r.Body.Give, effect.Pages{Cursor: or(r.Params.Cursor), Limit: or(r.Params.Limit)})
	return PreviewTenantGrant200JSONResponse(effectsOut(e)), err
}

// PreviewGroup answers POST /api/v1/groups/{id}/preview.
func (s *server) PreviewGroup(ctx context.Context, r PreviewGroupRequestObject) (PreviewGroupResponseObject, error) {
	g := effect.Group{ID: r.Id, Delete: or(r.Body.Delete)}
	for _, list := range []struct {
		ids  []string
		into *[]account.Member
	}{{or(r.Body.Add), &g.Add}, {or(r.Body.Remove), &g.Remove}} {
		for _, one := range list.ids {
			m, err := member(one)
			if err != nil {
				return nil, err
			}
			*list.into = append(*list.into, m)
		}
	}
	e, err := s.Effects.Group(ctx, actor(ctx), g, effect.Pages{Cursor: or(r.Params.Cursor), Limit: or(r.Params.Limit)})
	return PreviewGroup200JSONResponse(effectsOut(e)), err
}

func effectsOut(e effect.Effects) Effects {
	out := Effects{Opens: amountOut(e.Opens), Closes: amountOut(e.Closes), AtLeast: e.AtLeast, Next: some(e.Lines.Next)}
	sized(&out.Permissions, len(e.Parts))
	for i, p := range e.Parts {
		one := &out.Permissions[i]
		one.Permission, one.Opens, one.Closes = p.Permission.Names()[0], amountOut(p.Opens), amountOut(p.Closes)
	}
	sized(&out.Items, len(e.Lines.Items))
	for i, l := range e.Lines.Items {
		one := &out.Items[i]
		one.Principal, one.Name, one.Kind = l.Name.ID, l.Name.Text, EffectsItemsKind(l.Name.Kind)
		one.People, one.Gains, one.Loses, one.Opens, one.Closes = l.People, l.Gains.Names(), l.Loses.Names(), l.Opens, l.Closes
	}
	sized(&out.Warnings, len(e.Warnings))
	for i, w := range e.Warnings {
		one := &out.Warnings[i]
		one.Code, one.Files, one.Folders = EffectsWarningsCode(w.Code), w.Files, w.Folders
	}
	return out
}

func amountOut(a effect.Amount) EffectAmount {
	return EffectAmount{Files: a.Files, Folders: a.Folders, People: a.People, Programs: a.Programs}
}

// GetAccountRights answers GET /api/v1/accounts/{id}/rights.
func (s *server) GetAccountRights(ctx context.Context, r GetAccountRightsRequestObject) (GetAccountRightsResponseObject, error) {
	list, err := s.Effects.Rights(ctx, actor(ctx), r.Id, effect.Pages{Cursor: or(r.Params.Cursor), Limit: or(r.Params.Limit)})
	if err != nil {
		return nil, err
	}
	out := GetAccountRights200JSONResponse{Everywhere: list.Everywhere.Names(), Through: sourcesOut(list.Through), Next: some(list.Places.Next), Hidden: list.Hidden}
	sized(&out.Items, len(list.Places.Items))
	for i, p := range list.Places.Items {
		one := &out.Items[i]
		one.Folder, one.Path, one.Permissions, one.Through = p.Folder, p.Path, p.Can.Names(), sourcesOut(p.Through)
	}
	return out, nil
}

func sourcesOut(list []effect.Source) []RightsSource {
	out := make([]RightsSource, len(list))
	for i, t := range list {
		out[i] = RightsSource{
			Folder: some(t.Folder), Principal: some(t.Name.ID), PrincipalName: some(t.Name.Text),
			Role: t.Role, RoleName: t.RoleName, Permissions: t.Perm.Names(),
		}
	}
	return out
}
