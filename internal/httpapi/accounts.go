// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/id"
)

// ListAccounts answers GET /api/v1/accounts.
func (s *server) ListAccounts(ctx context.Context, r ListAccountsRequestObject) (ListAccountsResponseObject, error) {
	p, err := s.Accounts.List(ctx, actor(ctx), account.Filter{
		Q: or(r.Params.Q), State: account.State(or(r.Params.State)), Group: or(r.Params.Group), Cursor: or(r.Params.Cursor), Limit: or(r.Params.Limit),
	})
	if err != nil {
		return nil, err
	}
	out := ListAccounts200JSONResponse{Items: make([]Account, len(p.Items)), Next: some(p.Next)}
	for i, a := range p.Items {
		out.Items[i] = accountOut(a)
	}
	return out, nil
}

// InviteAccount answers POST /api/v1/accounts.
func (s *server) InviteAccount(ctx context.Context, r InviteAccountRequestObject) (InviteAccountResponseObject, error) {
	l, err := s.Accounts.Invite(ctx, actor(ctx), account.NewAccount{Email: r.Body.Email, Name: r.Body.Name}, or(r.Body.Send))
	return InviteAccount201JSONResponse(s.invitationOut(l)), err
}

// CreateSignInLink answers POST /api/v1/accounts/{id}/sign-in-links.
func (s *server) CreateSignInLink(ctx context.Context, r CreateSignInLinkRequestObject) (CreateSignInLinkResponseObject, error) {
	send := r.Body != nil && or(r.Body.Send)
	l, err := s.Accounts.LinkFor(ctx, actor(ctx), r.Id, send)
	return CreateSignInLink201JSONResponse(s.invitationOut(l)), err
}

// invitationOut writes the whole link, unless it is sent. The token stands behind #, so that it
// is sent to no server, proxy or log on the way to the page.
func (s *server) invitationOut(l account.Link) Invitation {
	out := Invitation{Account: accountOut(l.Account), Sent: l.Sent}
	if !l.Sent {
		link := s.signInLink(l)
		out.Link, out.ExpiresAt = &link, &l.ExpiresAt
	}
	return out
}

func (s *server) signInLink(l account.Link) string {
	return s.BaseURL + "/sign-in/link#" + l.Token.Reveal()
}

// InviteAccounts answers POST /api/v1/accounts/invitations.
func (s *server) InviteAccounts(ctx context.Context, r InviteAccountsRequestObject) (InviteAccountsResponseObject, error) {
	list, err := s.Accounts.InviteMany(ctx, actor(ctx), account.Guests{Text: r.Body.Text, Groups: or(r.Body.Groups), DryRun: or(r.Body.DryRun), Send: or(r.Body.Send)})
	if err != nil {
		return nil, err
	}
	out := InviteAccounts200JSONResponse{Items: make([]Guest, len(list))}
	for i, g := range list {
		out.Items[i] = Guest{Line: g.Line, Email: g.Email, Name: g.Name, State: GuestState(g.State), Problem: some(g.Problem), Account: some(g.Account)}
		if g.Link != nil && g.Link.Sent {
			out.Items[i].Sent = &g.Link.Sent
		} else if g.Link != nil {
			out.Items[i].Link, out.Items[i].ExpiresAt = some(s.signInLink(*g.Link)), &g.Link.ExpiresAt
		}
	}
	return out, nil
}

// ListAccountSessions answers GET /api/v1/accounts/{id}/sessions.
func (s *server) ListAccountSessions(ctx context.Context, r ListAccountSessionsRequestObject) (ListAccountSessionsResponseObject, error) {
	if _, err := s.Accounts.Get(ctx, actor(ctx), r.Id); err != nil {
		return nil, err
	}
	list, err := s.Accounts.Sessions(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out := ListAccountSessions200JSONResponse{Items: make([]BrowserSession, len(list))}
	for i, b := range list {
		out.Items[i] = sessionLine(b, actor(ctx).Session)
	}
	return out, nil
}

// EndAccountSessions answers DELETE /api/v1/accounts/{id}/sessions.
func (s *server) EndAccountSessions(ctx context.Context, r EndAccountSessionsRequestObject) (EndAccountSessionsResponseObject, error) {
	return EndAccountSessions204Response{}, s.Accounts.EndSessions(ctx, actor(ctx), r.Id)
}

func sessionLine(b account.Session, own id.Session) BrowserSession {
	return BrowserSession{Id: b.ID, Browser: b.Browser, CreatedAt: b.CreatedAt, SeenAt: b.SeenAt, Current: b.ID == own}
}

// GetAccount answers GET /api/v1/accounts/{id}.
func (s *server) GetAccount(ctx context.Context, r GetAccountRequestObject) (GetAccountResponseObject, error) {
	a, err := s.Accounts.Get(ctx, actor(ctx), r.Id)
	return GetAccount200JSONResponse(accountOut(a)), err
}

// UpdateAccount answers PATCH /api/v1/accounts/{id}.
func (s *server) UpdateAccount(ctx context.Context, r UpdateAccountRequestObject) (UpdateAccountResponseObject, error) {
	a, err := s.Accounts.Edit(ctx, actor(ctx), r.Id, account.Patch{Name: r.Body.Name, Email: r.Body.Email})
	return UpdateAccount200JSONResponse(accountOut(a)), err
}

// DeactivateAccount answers PUT /api/v1/accounts/{id}/deactivation.
func (s *server) DeactivateAccount(ctx context.Context, r DeactivateAccountRequestObject) (DeactivateAccountResponseObject, error) {
	if err := s.Accounts.Deactivate(ctx, actor(ctx), r.Id); err != nil {
		return nil, err
	}
	a, err := s.Accounts.Get(ctx, actor(ctx), r.Id)
	return DeactivateAccount200JSONResponse(accountOut(a)), err
}

// ReactivateAccount answers DELETE /api/v1/accounts/{id}/deactivation.
func (s *server) ReactivateAccount(ctx context.Context, r ReactivateAccountRequestObject) (ReactivateAccountResponseObject, error) {
	if err := s.Accounts.Reactivate(ctx, actor(ctx), r.Id); err != nil {
		return nil, err
	}
	a, err := s.Accounts.Get(ctx, actor(ctx), r.Id)
	return ReactivateAccount200JSONResponse(accountOut(a)), err
}

func accountOut(a account.Account) Account {
	return Account{Id: a.ID, Email: a.Email, Name: a.Name, State: AccountState(a.State), CreatedAt: a.CreatedAt, SignedInAt: a.SignedInAt, SeenAt: a.SeenAt}
}

// ListGroups answers GET /api/v1/groups.
func (s *server) ListGroups(ctx context.Context, _ ListGroupsRequestObject) (ListGroupsResponseObject, error) {
	list, err := s.Accounts.Groups(ctx, actor(ctx))
	if err != nil {
		return nil, err
	}
	out := ListGroups200JSONResponse{Items: make([]Group, len(list))}
	for i, g := range list {
		out.Items[i] = groupOut(g)
	}
	return out, nil
}

// CreateGroup answers POST /api/v1/groups.
func (s *server) CreateGroup(ctx context.Context, r CreateGroupRequestObject) (CreateGroupResponseObject, error) {
	g, err := s.Accounts.CreateGroup(ctx, actor(ctx), r.Body.Name)
	return CreateGroup201JSONResponse(groupOut(g)), err
}

// UpdateGroup answers PATCH /api/v1/groups/{id}.
func (s *server) UpdateGroup(ctx context.Context, r UpdateGroupRequestObject) (UpdateGroupResponseObject, error) {
	return UpdateGroup204Response{}, s.Accounts.RenameGroup(ctx, actor(ctx), r.Id, r.Body.Name)
}

// DeleteGroup answers DELETE /api/v1/groups/{id}.
func (s *server) DeleteGroup(ctx context.Context, r DeleteGroupRequestObject) (DeleteGroupResponseObject, error) {
	return DeleteGroup204Response{}, s.Accounts.DeleteGroup(ctx, actor(ctx), r.Id)
}

// ListGroupMembers answers GET /api/v1/groups/{id}/members.
func (s *server) ListGroupMembers(ctx context.Context, r ListGroupMembersRequestObject) (ListGroupMembersResponseObject, error) {
	list, err := s.Accounts.Members(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out := ListGroupMembers200JSONResponse{Items: make([]Principal, len(list))}
	for i, m := range list {
		out.Items[i] = Principal{Id: m.Account.String(), Name: m.Name, Kind: PrincipalKindAccount}
		if m.Account.IsZero() {
			out.Items[i] = Principal{Id: m.Group.String(), Name: m.Name, Kind: PrincipalKindGroup}
		}
	}
	return out, nil
}

// AddGroupMember answers PUT /api/v1/groups/{id}/members/{member}.
func (s *server) AddGroupMember(ctx context.Context, r AddGroupMemberRequestObject) (AddGroupMemberResponseObject, error) {
	m, err := member(r.Member)
	if err != nil {
		return nil, err
	}
	return AddGroupMember204Response{}, s.Accounts.AddMember(ctx, actor(ctx), r.Id, m)
}

// RemoveGroupMember answers DELETE /api/v1/groups/{id}/members/{member}.
func (s *server) RemoveGroupMember(ctx context.Context, r RemoveGroupMemberRequestObject) (RemoveGroupMemberResponseObject, error) {
	m, err := member(r.Member)
	if err != nil {
		return nil, err
	}
	return RemoveGroupMember204Response{}, s.Accounts.RemoveMember(ctx, actor(ctx), r.Id, m)
}

func groupOut(g account.Group) Group {
	return Group{Id: g.ID, Name: g.Name, Members: g.Members, CreatedAt: g.CreatedAt}
}

// member reads the identifier of an account or a group.
func member(s string) (account.Member, error) {
	if a, err := id.Parse[id.Account](s); err == nil {
		return account.Member{Account: a}, nil
	}
	if g, err := id.Parse[id.Group](s); err == nil {
		return account.Member{Group: g}, nil
	}
	return account.Member{}, access.NotFound("principal")
}
