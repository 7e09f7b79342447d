// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"tillgang/internal/account"
	"tillgang/internal/secret"
	"tillgang/internal/statistics"
)

// GetSettings answers GET /api/v1/settings.
func (s *server) GetSettings(ctx context.Context, _ GetSettingsRequestObject) (GetSettingsResponseObject, error) {
	set, err := s.Accounts.Settings(ctx, actor(ctx))
	return GetSettings200JSONResponse{Body: s.settingsOut(set), Headers: GetSettings200ResponseHeaders{ETag: etag(set.Version)}}, err
}

// UpdateSettings answers PATCH /api/v1/settings.
func (s *server) UpdateSettings(ctx context.Context, r UpdateSettingsRequestObject) (UpdateSettingsResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	p := account.SettingsPatch{
		Name: b.Name, Exceptions: b.Exceptions, Assessed: b.Assessed, LinkDays: b.LinkDays, BinDays: b.BinDays,
		IdleMinutes: b.IdleMinutes, IdleHighMinutes: b.IdleHighMinutes, SessionHours: b.SessionHours,
		Reason: or(b.Reason), Password: secret.Exactly(or(b.Password)),
	}
	if b.Language != nil {
		lang := string(*b.Language)
		p.Language = &lang
	}
	set, err := s.Accounts.SetSettings(ctx, actor(ctx), version, p)
	return UpdateSettings200JSONResponse{Body: s.settingsOut(set), Headers: UpdateSettings200ResponseHeaders{ETag: etag(set.Version)}}, err
}

func (s *server) settingsOut(set account.Settings) Settings {
	return Settings{
		Name: set.Name, Language: set.Language, LinkDays: set.LinkDays, BinDays: set.BinDays, IdleMinutes: set.IdleMinutes,
		IdleHighMinutes: set.IdleHighMinutes, SessionHours: set.SessionHours, Exceptions: set.Exceptions, Assessed: set.Assessed,
		Version: set.Version, Mail: s.Notices.Mails(),
	}
}

// ListContacts answers GET /api/v1/contacts.
func (s *server) ListContacts(ctx context.Context, _ ListContactsRequestObject) (ListContactsResponseObject, error) {
	list, err := s.Accounts.Contacts(ctx, actor(ctx))
	out := ListContacts200JSONResponse{Items: make([]Contact, len(list))}
	for i, c := range list {
		out.Items[i] = s.contactOut(c)
	}
	return out, err
}

// SetContact answers PUT /api/v1/contacts/{role}.
func (s *server) SetContact(ctx context.Context, r SetContactRequestObject) (SetContactResponseObject, error) {
	c, err := s.Accounts.SetContact(ctx, actor(ctx), account.Contact{
		Role: account.ContactRole(r.Role), Name: r.Body.Name, Email: or(r.Body.Email), Phone: or(r.Body.Phone), Page: or(r.Body.Page),
	})
	return SetContact200JSONResponse(s.contactOut(c)), err
}

// DeleteContact answers DELETE /api/v1/contacts/{role}.
func (s *server) DeleteContact(ctx context.Context, r DeleteContactRequestObject) (DeleteContactResponseObject, error) {
	return DeleteContact204Response{}, s.Accounts.DropContact(ctx, actor(ctx), account.ContactRole(r.Role))
}

func (s *server) contactOut(c account.Contact) Contact {
	return Contact{
		Role: ContactRole(c.Role), Name: c.Name, Email: c.Email, Phone: c.Phone, Page: c.Page, ConfirmedAt: c.ConfirmedAt,
		ReviewDue: s.Now().Sub(c.ConfirmedAt) > account.ReviewEvery,
	}
}

// GetStatistics answers GET /api/v1/statistics.
func (s *server) GetStatistics(ctx context.Context, _ GetStatisticsRequestObject) (GetStatisticsResponseObject, error) {
	st, err := s.Statistics.Get(ctx, actor(ctx))
	if err != nil {
		return nil, err
	}
	return GetStatistics200JSONResponse(statisticsOut(st)), nil
}

func statisticsOut(st statistics.Statistics) Statistics {
	out := Statistics{
		CountedAt: st.CountedAt, Groups: []StatisticsGroup{}, Storage: []StatisticsStored{}, Folders: []StatisticsFolder{}, MostUsed: []StatisticsUsed{}, Months: []StatisticsMonth{},
	}
	out.Alt.Images, out.Alt.Decided = st.Alt.Images, st.Alt.Decided
	out.Bin.Files, out.Bin.Bytes = st.Bin.Files, st.Bin.Bytes
	for _, g := range st.Groups {
		out.Groups = append(out.Groups, StatisticsGroup{Kind: string(g.Kind), State: string(g.State), Assets: g.Assets})
	}
	for _, g := range st.Storage {
		out.Storage = append(out.Storage, StatisticsStored{Kind: string(g.Kind), Files: g.Files, Bytes: g.Bytes})
	}
	for _, f := range st.Folders {
		one := StatisticsFolder{Name: some(f.Name), Assets: f.Assets, Bytes: f.Bytes}
		if f.Name != "" {
			one.Id = &f.Folder
		}
		out.Folders = append(out.Folders, one)
	}
	for _, u := range st.Used {
		out.MostUsed = append(out.MostUsed, StatisticsUsed{Id: u.Asset, Name: u.Name, Downloads: u.Downloads})
	}
	for _, m := range st.Months {
		out.Months = append(out.Months, StatisticsMonth{
			Month: openapi_types.Date{Time: m.Month.In(time.UTC)}, Uploads: m.Uploads, Downloads: m.Downloads, Searches: m.Searches,
		})
	}
	return out
}
