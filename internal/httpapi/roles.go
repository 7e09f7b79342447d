// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/netip"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/fault"
)

// ListRoles answers GET /api/v1/roles.
func (s *server) ListRoles(ctx context.Context, _ ListRolesRequestObject) (ListRolesResponseObject, error) {
	list, err := s.Accounts.Roles(ctx, actor(ctx))
	if err != nil {
		return nil, err
	}
	out := ListRoles200JSONResponse{Items: make([]Role, len(list))}
	for i, r := range list {
		out.Items[i] = roleOut(r)
	}
	return out, nil
}

// CreateRole answers POST /api/v1/roles.
func (s *server) CreateRole(ctx context.Context, r CreateRoleRequestObject) (CreateRoleResponseObject, error) {
	perm, err := permissions(r.Body.Permissions)
	if err != nil {
		return nil, err
	}
	role, err := s.Accounts.CreateRole(ctx, actor(ctx), r.Body.Name, perm)
	return CreateRole201JSONResponse(roleOut(role)), err
}

// UpdateRole answers PUT /api/v1/roles/{id}.
func (s *server) UpdateRole(ctx context.Context, r UpdateRoleRequestObject) (UpdateRoleResponseObject, error) {
	perm, err := permissions(r.Body.Permissions)
	if err != nil {
		return nil, err
	}
	role, err := s.Accounts.EditRole(ctx, actor(ctx), r.Id, r.Body.Name, perm)
	return UpdateRole200JSONResponse(roleOut(role)), err
}

// DeleteRole answers DELETE /api/v1/roles/{id}.
func (s *server) DeleteRole(ctx context.Context, r DeleteRoleRequestObject) (DeleteRoleResponseObject, error) {
	return DeleteRole204Response{}, s.Accounts.DeleteRole(ctx, actor(ctx), r.Id)
}

func roleOut(r account.Role) Role {
	return Role{Id: r.ID, Name: r.Name, BuiltIn: r.BuiltIn, Permissions: r.Perm.Names()}
}

func permissions(names []string) (access.Set, error) {
	set, unknown, ok := access.Parse(names)
	if !ok {
		return 0, fault.Fields("request.invalid", "Some of what was sent is not as the API wants it.", map[string]string{"permissions": `there is no permission "` + unknown + `"; GET /api/v1/roles shows those there are in the role admin`})
	}
	return set, nil
}

// ListTenantGrants answers GET /api/v1/grants.
func (s *server) ListTenantGrants(ctx context.Context, _ ListTenantGrantsRequestObject) (ListTenantGrantsResponseObject, error) {
	list, err := s.Accounts.Grants(ctx, actor(ctx), nil)
	if err != nil {
		return nil, err
	}
	out := ListTenantGrants200JSONResponse{Items: make([]Grant, len(list))}
	for i, g := range list {
		out.Items[i] = Grant{Principal: g.Name.ID, PrincipalName: g.Name.Text, Role: g.Role, RoleName: g.RoleName}
	}
	return out, nil
}

// AddTenantGrant answers PUT /api/v1/grants/{principal}/{role}.
func (s *server) AddTenantGrant(ctx context.Context, r AddTenantGrantRequestObject) (AddTenantGrantResponseObject, error) {
	p, err := account.ParsePrincipal(r.Principal)
	if err != nil {
		return nil, err
	}
	return AddTenantGrant204Response{}, s.Accounts.Give(ctx, actor(ctx), p, r.Role)
}

// RemoveTenantGrant answers DELETE /api/v1/grants/{principal}/{role}.
func (s *server) RemoveTenantGrant(ctx context.Context, r RemoveTenantGrantRequestObject) (RemoveTenantGrantResponseObject, error) {
	p, err := account.ParsePrincipal(r.Principal)
	if err != nil {
		return nil, err
	}
	return RemoveTenantGrant204Response{}, s.Accounts.Take(ctx, actor(ctx), p, r.Role)
}

// ListKeys answers GET /api/v1/keys.
func (s *server) ListKeys(ctx context.Context, r ListKeysRequestObject) (ListKeysResponseObject, error) {
	list, err := s.Accounts.Keys(ctx, actor(ctx), or(r.Params.Revoked))
	if err != nil {
		return nil, err
	}
	out := ListKeys200JSONResponse{Items: make([]Key, len(list))}
	for i, k := range list {
		out.Items[i] = keyOut(k)
	}
	return out, nil
}

// CreateKey answers POST /api/v1/keys.
func (s *server) CreateKey(ctx context.Context, r CreateKeyRequestObject) (CreateKeyResponseObject, error) {
	scope, err := permissions(r.Body.Permissions)
	if err != nil {
		return nil, err
	}
	n := account.NewKey{Name: r.Body.Name, Scope: scope, ExpiresAt: or(r.Body.ExpiresAt), Own: or(r.Body.Own), Role: or(r.Body.Role)}
	for _, text := range or(r.Body.Networks) {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fault.Fields("request.invalid", "Some of what was sent is not as the API wants it.", map[string]string{"networks": "must be networks such as 192.0.2.0/24"})
		}
		n.Networks = append(n.Networks, p.Masked())
	}
	k, secret, err := s.Accounts.CreateKey(ctx, actor(ctx), n)
	return CreateKey201JSONResponse{Key: keyOut(k), Secret: secret.Reveal()}, err
}

// UpdateKey answers PATCH /api/v1/keys/{id}.
func (s *server) UpdateKey(ctx context.Context, r UpdateKeyRequestObject) (UpdateKeyResponseObject, error) {
	k, err := s.Accounts.RenameKey(ctx, actor(ctx), r.Id, r.Body.Name)
	return UpdateKey200JSONResponse(keyOut(k)), err
}

// RevokeKey answers DELETE /api/v1/keys/{id}.
func (s *server) RevokeKey(ctx context.Context, r RevokeKeyRequestObject) (RevokeKeyResponseObject, error) {
	return RevokeKey204Response{}, s.Accounts.RevokeKey(ctx, actor(ctx), r.Id)
}

func keyOut(k account.Key) Key {
	out := Key{
		Id: k.ID, Name: k.Name, Permissions: k.Scope.Names(), Networks: make([]string, len(k.Networks)),
		CreatedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt, UsedAt: k.UsedAt, RevokedAt: k.RevokedAt,
		OwnerName: some(k.OwnerName), Hint: some("tg_" + k.Lookup + "_…"),
	}
	if !k.Owner.IsZero() {
		out.Owner = &k.Owner
	}
	for i, n := range k.Networks {
		out.Networks[i] = n.String()
	}
	return out
}
