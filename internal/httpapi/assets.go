// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/oapi-codegen/nullable"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/delivery"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/imprint"
	"tillgang/internal/rendition"
	"tillgang/internal/search"
)

// ListAssets answers GET /api/v1/assets.
func (s *server) ListAssets(ctx context.Context, r ListAssetsRequestObject) (ListAssetsResponseObject, error) {
	p := r.Params
	found, err := s.Search.List(ctx, actor(ctx), search.Query{
		Q: or(p.Q), Folder: or(p.Folder), Subtree: or(p.Subtree), Kind: asset.Kind(or(p.Kind)), Tag: or(p.Tag),
		State: asset.State(or(p.State)), Sort: search.Sort(or(p.Sort)), Cursor: or(p.Cursor), Limit: or(p.Limit), Collection: or(p.Collection),
	})
	if err != nil {
		return nil, err
	}
	items, err := s.assetsOut(ctx, found.Items)
	return ListAssets200JSONResponse{Items: items, Next: some(found.Next), Total: int64(found.Total), TotalIsExact: found.TotalIsExact, Hints: hintsOut(found.Hints), PageHits: pageHitsOut(found.PageHits)}, err
}

func pageHitsOut(list []search.PageHit) *[]PageHit {
	if len(list) == 0 {
		return nil
	}
	out := make([]PageHit, len(list))
	for i, h := range list {
		out[i] = PageHit{Asset: h.Asset, Page: h.Page, Text: h.Text}
	}
	return &out
}

func hintsOut(list []search.Hint) *[]SearchHint {
	if len(list) == 0 {
		return nil
	}
	out := make([]SearchHint, len(list))
	for i, h := range list {
		out[i] = SearchHint{At: h.At, Text: h.Text}
	}
	return &out
}

// GetAssetFacets answers GET /api/v1/assets/facets.
func (s *server) GetAssetFacets(ctx context.Context, r GetAssetFacetsRequestObject) (GetAssetFacetsResponseObject, error) {
	p := r.Params
	f, err := s.Search.Facets(ctx, actor(ctx), search.Query{
		Q: or(p.Q), Folder: or(p.Folder), Subtree: or(p.Subtree), Kind: asset.Kind(or(p.Kind)), Tag: or(p.Tag), State: asset.State(or(p.State)),
		Collection: or(p.Collection),
	})
	if err != nil {
		return nil, err
	}
	counts := func(in []search.Count) []FacetCount {
		out := make([]FacetCount, len(in))
		for i, c := range in {
			out[i] = FacetCount{Value: c.Value, Name: some(c.Name), Count: int64(c.Count)}
		}
		return out
	}
	return GetAssetFacets200JSONResponse{
		Total: int64(f.Total), TotalIsExact: f.TotalIsExact, Of: int64(f.Of), TagsOf: int64(f.TagsOf),
		Kinds: counts(f.Kinds), Tags: counts(f.Tags), Years: counts(f.Years), Folders: counts(f.Folders),
	}, nil
}

// CompleteKeywords answers GET /api/v1/keywords.
func (s *server) CompleteKeywords(ctx context.Context, r CompleteKeywordsRequestObject) (CompleteKeywordsResponseObject, error) {
	list, err := s.Search.Complete(ctx, actor(ctx), r.Params.Prefix)
	if list == nil {
		list = []string{}
	}
	return CompleteKeywords200JSONResponse{Items: list}, err
}

// GetAsset answers GET /api/v1/assets/{id}; a person who asks has seen it.
func (s *server) GetAsset(ctx context.Context, r GetAssetRequestObject) (GetAssetResponseObject, error) {
	a, err := s.Assets.View(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out, err := s.assetOut(ctx, a)
	return GetAsset200JSONResponse{Body: out, Headers: GetAsset200ResponseHeaders{ETag: etag(a.Version)}}, err
}

// UpdateAsset answers PATCH /api/v1/assets/{id}.
func (s *server) UpdateAsset(ctx context.Context, r UpdateAssetRequestObject) (UpdateAssetResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	owner, err := ownerIn(r.Body.Owner)
	if err != nil {
		return nil, err
	}
	patch := asset.Patch{Owner: owner, Folder: r.Body.Folder, EmbargoUntil: when(r.Body.EmbargoUntil), ExpiresAt: when(r.Body.ExpiresAt)}
	if r.Body.Fields != nil {
		patch.Fields = fieldsIn(*r.Body.Fields)
	}
	if r.Body.Alt != nil {
		patch.Alt = altIn(*r.Body.Alt)
	}
	a, err := s.Assets.Edit(ctx, actor(ctx), r.Id, version, patch)
	if err != nil {
		return nil, err
	}
	out, err := s.assetOut(ctx, a)
	return UpdateAsset200JSONResponse{Body: out, Headers: UpdateAsset200ResponseHeaders{ETag: etag(a.Version)}}, err
}

func fieldsIn(in map[string]*FieldPatch) map[string]*asset.FieldChange {
	out := make(map[string]*asset.FieldChange, len(in))
	for name, f := range in {
		if out[name] = nil; f != nil {
			out[name] = &asset.FieldChange{Value: f.Value, Values: or(f.Values), Lang: or(f.Lang)}
		}
	}
	return out
}

func altIn(in map[string]*AltChange) map[string]*asset.AltChange {
	out := make(map[string]*asset.AltChange, len(in))
	for lang, a := range in {
		if out[lang] = nil; a != nil {
			out[lang] = &asset.AltChange{Decision: asset.Decision(a.Decision), Text: or(a.Text)}
		}
	}
	return out
}

func when(n nullable.Nullable[time.Time]) *asset.When {
	if !n.IsSpecified() {
		return nil
	}
	if n.IsNull() {
		return &asset.When{}
	}
	t := n.MustGet()
	return &asset.When{At: &t}
}

// DeleteAsset answers DELETE /api/v1/assets/{id}.
func (s *server) DeleteAsset(ctx context.Context, r DeleteAssetRequestObject) (DeleteAssetResponseObject, error) {
	return DeleteAsset204Response{}, s.Assets.Delete(ctx, actor(ctx), r.Id)
}

// RestoreAsset answers POST /api/v1/assets/{id}/restoration.
func (s *server) RestoreAsset(ctx context.Context, r RestoreAssetRequestObject) (RestoreAssetResponseObject, error) {
	a, err := s.Assets.Restore(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out, err := s.assetOut(ctx, a)
	return RestoreAsset200JSONResponse(out), err
}

// PrepareAsset answers POST /api/v1/assets/{id}/preparation.
func (s *server) PrepareAsset(ctx context.Context, r PrepareAssetRequestObject) (PrepareAssetResponseObject, error) {
	a, err := s.Ingest.Retry(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out, err := s.assetOut(ctx, a)
	return PrepareAsset202JSONResponse(out), err
}

// SkipPreparation answers DELETE /api/v1/assets/{id}/preparation.
func (s *server) SkipPreparation(ctx context.Context, r SkipPreparationRequestObject) (SkipPreparationResponseObject, error) {
	a, err := s.Ingest.Skip(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out, err := s.assetOut(ctx, a)
	return SkipPreparation200JSONResponse(out), err
}

// ReleaseAsset answers POST /api/v1/assets/{id}/release.
func (s *server) ReleaseAsset(ctx context.Context, r ReleaseAssetRequestObject) (ReleaseAssetResponseObject, error) {
	a, err := s.Ingest.Release(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out, err := s.assetOut(ctx, a)
	return ReleaseAsset202JSONResponse(out), err
}

// ListBin answers GET /api/v1/bin.
func (s *server) ListBin(ctx context.Context, r ListBinRequestObject) (ListBinResponseObject, error) {
	p, err := s.Assets.Bin(ctx, actor(ctx), or(r.Params.Cursor), or(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	items, err := s.assetsOut(ctx, p.Items)
	return ListBin200JSONResponse{Items: items, Next: some(p.Next)}, err
}

// PurgeAsset answers DELETE /api/v1/bin/{id}.
func (s *server) PurgeAsset(ctx context.Context, r PurgeAssetRequestObject) (PurgeAssetResponseObject, error) {
	return PurgeAsset204Response{}, s.Assets.Purge(ctx, actor(ctx), r.Id)
}

// ListAssetHistory answers GET /api/v1/assets/{id}/history.
func (s *server) ListAssetHistory(ctx context.Context, r ListAssetHistoryRequestObject) (ListAssetHistoryResponseObject, error) {
	p, err := s.Assets.History(ctx, actor(ctx), r.Id, or(r.Params.Cursor), or(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	actors := make([]string, len(p.Items))
	for i, c := range p.Items {
		actors[i] = c.By
	}
	names, err := s.Accounts.Names(ctx, actor(ctx), actors)
	if err != nil {
		return nil, err
	}
	out := ListAssetHistory200JSONResponse{Items: make([]FieldChange, len(p.Items)), Next: some(p.Next)}
	for i, c := range p.Items {
		out.Items[i] = FieldChange{
			Field: c.Field, Lang: some(c.Lang), Before: raw(c.Before), After: raw(c.After), Source: FieldChangeSource(c.Source),
			ChangedBy: c.By, ChangedByName: some(names[c.By].Text), ChangedAt: c.At,
		}
	}
	return out, nil
}

func raw(b json.RawMessage) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

// ListAssetSightings answers GET /api/v1/assets/{id}/sightings.
func (s *server) ListAssetSightings(ctx context.Context, r ListAssetSightingsRequestObject) (ListAssetSightingsResponseObject, error) {
	strip, err := s.Assets.SeenBy(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	p, err := s.Assets.Sightings(ctx, actor(ctx), r.Id, or(r.Params.Cursor), or(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	actors := make([]string, len(p.Items))
	for i, one := range p.Items {
		actors[i] = one.ActorID
	}
	names, err := s.named(ctx, actors...)
	if err != nil {
		return nil, err
	}
	out := Sightings{Actors: strip.Actors, Views: strip.Views, Next: some(p.Next)}
	sized(&out.Items, len(p.Items))
	for i, one := range p.Items {
		line := &out.Items[i]
		line.Actor, line.Name, line.What = one.ActorID, some(names[one.ActorID]), SightingsItemsWhat(one.What)
		line.FirstAt, line.LastAt, line.Count = one.FirstAt, one.LastAt, one.Count
	}
	return ListAssetSightings200JSONResponse(out), nil
}

// CreateDownload answers POST /api/v1/assets/{id}/downloads.
func (s *server) CreateDownload(ctx context.Context, r CreateDownloadRequestObject) (CreateDownloadResponseObject, error) {
	t, err := s.Delivery.Issue(ctx, actor(ctx), r.Id, delivery.Request{
		Variant: r.Body.Variant, Purpose: or(r.Body.Purpose), Metadata: imprint.Policy(or(r.Body.Metadata)), Report: reportIn(r.Body.Report),
	})
	if fault.CodeOf(err) == rendition.CodeMaking {
		after := fault.As(err).RetryAfter
		return CreateDownload202Response{Headers: CreateDownload202ResponseHeaders{RetryAfter: &after}}, nil
	}
	if err != nil {
		return nil, err
	}
	return CreateDownload201JSONResponse{Id: t.ID, Url: s.MediaURL + t.URL, ExpiresAt: t.ExpiresAt}, nil
}

// RevokeDownload answers DELETE /api/v1/downloads/{id}.
func (s *server) RevokeDownload(ctx context.Context, r RevokeDownloadRequestObject) (RevokeDownloadResponseObject, error) {
	return RevokeDownload204Response{}, s.Delivery.Revoke(ctx, actor(ctx), r.Id)
}

func (s *server) assetOut(ctx context.Context, a asset.Asset) (Asset, error) {
	list, err := s.assetsOut(ctx, []asset.Asset{a})
	if err != nil {
		return Asset{}, err
	}
	says, err := s.Assets.FileSays(ctx, actor(ctx), a.ID)
	list[0].Origin = originOf(a, says.Credentials)
	if says.Frames > 1 {
		list[0].Frames = &says.Frames
	}
	return list[0], err
}

// assetsOut translates assets together with their renditions, read at once.
func (s *server) assetsOut(ctx context.Context, list []asset.Asset) ([]Asset, error) {
	ids := make([]id.Asset, len(list))
	for i, a := range list {
		ids[i] = a.ID
	}
	renditions, err := s.Renditions.ForAssets(ctx, actor(ctx), ids)
	if err != nil {
		return nil, err
	}
	life, err := binLife(ctx, s, list, func(a asset.Asset) *time.Time { return a.DeletedAt })
	if err != nil {
		return nil, err
	}
	out := make([]Asset, len(list))
	for i, a := range list {
		out[i] = s.oneAsset(a, actor(ctx), renditions[a.ID])
		out[i].PurgesAt = purges(a.DeletedAt, life)
	}
	return out, nil
}

func (s *server) oneAsset(a asset.Asset, who access.Actor, renditions []rendition.Rendition) Asset {
	out := Asset{
		Id: a.ID, Folder: a.Folder, Kind: Kind(a.Kind), State: State(a.State), StateReason: some(a.StateReason), StateCode: some(a.StateCode),
		Name: a.Name, MediaType: a.MediaType, Size: a.Size, Sha256: hex.EncodeToString(a.SHA256), Width: a.Width, Height: a.Height, Pages: a.Pages,
		Fields: make(map[string]Field, len(a.Fields)), Alt: make(map[string]Alt, len(a.Alt)), Renditions: []AssetRendition{},
		Revision: &a.Revision, Version: a.Version, CreatedAt: a.CreatedAt, CreatedBy: some(a.CreatedBy), UpdatedAt: a.UpdatedAt,
		EmbargoUntil: a.EmbargoUntil, ExpiresAt: a.ExpiresAt, DeletedAt: a.DeletedAt, Approval: ApprovalState(a.ApprovalAt(s.Now())), Permissions: a.Can.Names(),
	}
	out.Owner, out.MergedInto = some(a.Owner), some(a.MergedInto)
	if len(a.Missing) > 0 {
		out.Missing = &a.Missing
	}
	out.Origin = originOf(a, nil)
	out.Waiting = some(a.Waiting)
	if a.DurationMS != nil {
		seconds := float32(*a.DurationMS) / 1000
		out.Duration = &seconds
	}
	if len(a.Sensitive) > 0 {
		out.Sensitive = &a.Sensitive
	}
	if a.CapturedOn != nil {
		out.CapturedOn = &openapi_types.Date{Time: *a.CapturedOn}
	}
	for name, f := range a.Fields {
		o := Field{Value: some(f.Value), Source: FieldSource(f.Source), By: some(f.By), At: f.At}
		if f.Values != nil {
			o.Values = &f.Values
		}
		if f.Lang != nil {
			o.Lang = &f.Lang
		}
		out.Fields[name] = o
	}
	for lang, d := range a.Alt {
		out.Alt[lang] = Alt{Decision: AltDecision(d.Decision), Text: some(d.Text), Source: AltSource(d.Source), By: some(d.By), At: d.At}
	}
	if asset.AllowedBytes(a, who, access.View, s.Now()) != nil {
		return out // in the bin, quarantined or outside its dates: nothing to show
	}
	out.Renditions = s.renditionsOut(renditions)
	return out
}

// renditionsOut gives renditions addresses that work for some minutes.
func (s *server) renditionsOut(list []rendition.Rendition) []AssetRendition {
	out := []AssetRendition{}
	for _, r := range list {
		path, err := s.Delivery.SignRendition(r.Key, r.MediaType, s.Now())
		if err != nil {
			continue // a media type that this version does not hand out
		}
		out = append(out, AssetRendition{
			Preset: r.Preset, Url: s.MediaURL + path, Width: r.Width, Height: r.Height, MediaType: r.MediaType, Size: r.Size,
		})
	}
	return out
}
