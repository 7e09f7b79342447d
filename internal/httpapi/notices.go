// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"strconv"

	"tillgang/internal/account"
	"tillgang/internal/id"
	"tillgang/internal/notice"
)

// ListNotices answers GET /api/v1/notices.
func (s *server) ListNotices(ctx context.Context, r ListNoticesRequestObject) (ListNoticesResponseObject, error) {
	p, err := s.Notices.List(ctx, actor(ctx), notice.Filter{Unread: or(r.Params.Unread), Cursor: or(r.Params.Cursor), Limit: or(r.Params.Limit)})
	if err != nil {
		return nil, err
	}
	out := ListNotices200JSONResponse{Items: make([]Notice, len(p.Items)), Next: some(p.Next)}
	for i, n := range p.Items {
		out.Items[i] = noticeOut(n)
	}
	return out, nil
}

func noticeOut(n notice.Notice) Notice {
	return Notice{
		Id: n.ID, Kind: string(n.Kind), Title: n.Title, By: some(n.By), ByName: some(n.ByName), Subject: some(n.Subject), SubjectName: some(n.SubjectName),
		Count: some(n.Count), Days: some(n.Days), MadeAt: n.MadeAt, ReadAt: n.ReadAt,
	}
}

// GetNotice answers GET /api/v1/notices/{id}.
func (s *server) GetNotice(ctx context.Context, r GetNoticeRequestObject) (GetNoticeResponseObject, error) {
	n, err := s.Notices.Get(ctx, actor(ctx), r.Id)
	return GetNotice200JSONResponse(noticeOut(n)), err
}

// GetNoticeState answers GET /api/v1/notices/state.
func (s *server) GetNoticeState(ctx context.Context, r GetNoticeStateRequestObject) (GetNoticeStateResponseObject, error) {
	st, err := s.Notices.State(ctx, actor(ctx))
	if err != nil {
		return nil, err
	}
	tag := `"` + st.Newest.String() + "." + strconv.Itoa(st.Unread) + `"`
	if or(r.Params.IfNoneMatch) == tag {
		return GetNoticeState304Response{GetNoticeState304ResponseHeaders{ETag: &tag}}, nil
	}
	out := GetNoticeState200JSONResponse{Headers: GetNoticeState200ResponseHeaders{ETag: &tag}}
	out.Body.Unread = st.Unread
	if !st.Newest.IsZero() {
		out.Body.Newest = &st.Newest
	}
	return out, nil
}

// ReadNotice answers PUT /api/v1/notices/{id}/reading.
func (s *server) ReadNotice(ctx context.Context, r ReadNoticeRequestObject) (ReadNoticeResponseObject, error) {
	return ReadNotice204Response{}, s.Notices.Read(ctx, actor(ctx), r.Id)
}

// ReadNotices answers POST /api/v1/notices/reading.
func (s *server) ReadNotices(ctx context.Context, r ReadNoticesRequestObject) (ReadNoticesResponseObject, error) {
	var until id.Notice
	if r.Body.Until != nil {
		until = *r.Body.Until
	}
	return ReadNotices204Response{}, s.Notices.ReadAll(ctx, actor(ctx), until)
}

// GetNoticePreferences answers GET /api/v1/notices/preferences.
func (s *server) GetNoticePreferences(ctx context.Context, _ GetNoticePreferencesRequestObject) (GetNoticePreferencesResponseObject, error) {
	list, err := s.Notices.Preferences(ctx, actor(ctx))
	return GetNoticePreferences200JSONResponse(s.noticePreferencesOut(list)), err
}

// SetNoticePreferences answers PATCH /api/v1/notices/preferences.
func (s *server) SetNoticePreferences(ctx context.Context, r SetNoticePreferencesRequestObject) (SetNoticePreferencesResponseObject, error) {
	ways := map[notice.Kind]notice.Way{}
	for kind, way := range r.Body.Ways {
		ways[notice.Kind(kind)] = notice.Way(way)
	}
	list, err := s.Notices.Prefer(ctx, actor(ctx), ways)
	return SetNoticePreferences200JSONResponse(s.noticePreferencesOut(list)), err
}

func (s *server) noticePreferencesOut(list []notice.Preference) NoticePreferences {
	out := NoticePreferences{Mail: s.Notices.Mails()}
	out.Items = make([]NoticePreference, len(list))
	for i, p := range list {
		out.Items[i] = NoticePreference{Kind: string(p.Kind), Title: p.Title, Way: NoticePreferenceWay(p.Way), Fixed: p.Fixed}
	}
	return out
}

// GetPreferences answers GET /api/v1/session/preferences.
func (s *server) GetPreferences(ctx context.Context, _ GetPreferencesRequestObject) (GetPreferencesResponseObject, error) {
	p, err := s.Accounts.Preferences(ctx, actor(ctx))
	return GetPreferences200JSONResponse(preferencesOut(p)), err
}

// SetPreferences answers PUT /api/v1/session/preferences.
func (s *server) SetPreferences(ctx context.Context, r SetPreferencesRequestObject) (SetPreferencesResponseObject, error) {
	p := account.Preferences{
		Language: string(or(r.Body.Language)), Theme: string(or(r.Body.Theme)), Density: string(or(r.Body.Density)),
		NoSingleKeys: r.Body.SingleKeys != nil && !*r.Body.SingleKeys,
	}
	err := s.Accounts.SetPreferences(ctx, actor(ctx), p)
	return SetPreferences200JSONResponse(preferencesOut(p)), err
}

func preferencesOut(p account.Preferences) Preferences {
	keys := !p.NoSingleKeys
	return Preferences{
		Language: some(PreferencesLanguage(p.Language)), Theme: some(PreferencesTheme(p.Theme)), Density: some(PreferencesDensity(p.Density)), SingleKeys: &keys,
	}
}
