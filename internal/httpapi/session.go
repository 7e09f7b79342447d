// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"
	"strings"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/secret"
)

// SignIn answers POST /api/v1/session.
func (s *server) SignIn(ctx context.Context, r SignInRequestObject) (SignInResponseObject, error) {
	c := ginOf(ctx)
	in, err := s.Accounts.SignIn(ctx, account.Attempt{
		Tenant: or(r.Body.Tenant), Email: r.Body.Email, Password: secret.Exactly(r.Body.Password),
		Device: s.deviceCookie(c.Request), Network: account.Network(clientIP(c)), Browser: browserName(c.Request),
	})
	if err != nil {
		return nil, err
	}
	out, err := s.begin(ctx, in)
	return SignIn201JSONResponse(out), err
}

// RedeemSignInLink answers POST /api/v1/session/link.
func (s *server) RedeemSignInLink(ctx context.Context, r RedeemSignInLinkRequestObject) (RedeemSignInLinkResponseObject, error) {
	c := ginOf(ctx)
	in, err := s.Accounts.RedeemLink(ctx, r.Body.Token, browserName(c.Request), account.Network(clientIP(c)))
	if err != nil {
		return nil, err
	}
	out, err := s.begin(ctx, in)
	return RedeemSignInLink201JSONResponse(out), err
}

// begin sets the cookies of a session that was just opened.
func (s *server) begin(ctx context.Context, in account.SignedIn) (Session, error) {
	w := ginOf(ctx).Writer
	s.setCookie(w, cookieTLS, cookiePlain, in.Token, 0)
	if in.Device != "" {
		s.setCookie(w, deviceTLS, devicePlain, in.Device, deviceMaxAge)
	}
	return s.sessionOut(ctx, in.Who)
}

// GetSession answers GET /api/v1/session.
func (s *server) GetSession(ctx context.Context, _ GetSessionRequestObject) (GetSessionResponseObject, error) {
	out, err := s.sessionOut(ctx, actor(ctx))
	return GetSession200JSONResponse(out), err
}

func (s *server) sessionOut(ctx context.Context, who access.Actor) (Session, error) {
	out := Session{Kind: SessionKind(who.Kind), Id: who.ID, Permissions: who.Everywhere().Names()}
	me, err := s.Accounts.Me(ctx, who)
	if err != nil {
		return out, err
	}
	out.Name, out.Email, out.MustSetPassword = some(me.Name), some(me.Email), me.NeedPassword
	out.Language, out.LinkDays = some(me.Language), me.LinkDays
	out.Tenant.Id, out.Tenant.Slug, out.Tenant.Name = me.Tenant.ID.String(), me.Tenant.Slug, me.Tenant.Name
	out.BinDays = me.BinDays
	return out, nil
}

// SignOut answers DELETE /api/v1/session.
func (s *server) SignOut(ctx context.Context, _ SignOutRequestObject) (SignOutResponseObject, error) {
	if err := s.Accounts.SignOut(ctx, actor(ctx)); err != nil {
		return nil, err
	}
	s.setCookie(ginOf(ctx).Writer, cookieTLS, cookiePlain, "", -1)
	return SignOut204Response{}, nil
}

// SetPassword answers PUT /api/v1/session/password.
func (s *server) SetPassword(ctx context.Context, r SetPasswordRequestObject) (SetPasswordResponseObject, error) {
	return SetPassword204Response{}, s.Accounts.SetPassword(ctx, actor(ctx), secret.Exactly(or(r.Body.PresentPassword)), secret.Exactly(r.Body.Password))
}

// ListSessions answers GET /api/v1/sessions.
func (s *server) ListSessions(ctx context.Context, _ ListSessionsRequestObject) (ListSessionsResponseObject, error) {
	list, err := s.Accounts.Sessions(ctx, actor(ctx), actor(ctx).Account)
	if err != nil {
		return nil, err
	}
	out := ListSessions200JSONResponse{Items: make([]BrowserSession, len(list))}
	for i, b := range list {
		out.Items[i] = sessionLine(b, actor(ctx).Session)
	}
	return out, nil
}

// EndSession answers DELETE /api/v1/sessions/{id}.
func (s *server) EndSession(ctx context.Context, r EndSessionRequestObject) (EndSessionResponseObject, error) {
	return EndSession204Response{}, s.Accounts.EndSession(ctx, actor(ctx), r.Id)
}

// browserName makes a short word of the user agent, for the list of one's
// sessions. The user agent itself is not kept.
func browserName(r *http.Request) string {
	ua := r.UserAgent()
	name, system := "A program", ""
	for _, b := range [][2]string{{"Edg/", "Edge"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}} {
		if strings.Contains(ua, b[0]) {
			name = b[1]
			break
		}
	}
	for _, o := range [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"Linux", "Linux"}} {
		if strings.Contains(ua, o[0]) {
			system = " on " + o[1]
			break
		}
	}
	return name + system
}
