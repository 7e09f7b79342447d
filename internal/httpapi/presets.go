// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"math"

	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/picture"
	"tillgang/internal/rendition"
)

// ListPresets answers GET /api/v1/presets.
func (s *server) ListPresets(ctx context.Context, _ ListPresetsRequestObject) (ListPresetsResponseObject, error) {
	list, err := s.Renditions.Presets(ctx, actor(ctx))
	if err != nil {
		return nil, err
	}
	out := ListPresets200JSONResponse{Items: make([]Preset, len(list))}
	for i, p := range list {
		out.Items[i] = presetOut(p)
	}
	return out, nil
}

// GetPreset answers GET /api/v1/presets/{id}.
func (s *server) GetPreset(ctx context.Context, r GetPresetRequestObject) (GetPresetResponseObject, error) {
	p, err := s.Renditions.Preset(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	return GetPreset200JSONResponse{Body: presetOut(p), Headers: GetPreset200ResponseHeaders{ETag: etag(p.Version)}}, nil
}

// CreatePreset answers POST /api/v1/presets.
func (s *server) CreatePreset(ctx context.Context, r CreatePresetRequestObject) (CreatePresetResponseObject, error) {
	var p rendition.Preset
	changePreset(&p, *r.Body)
	p, err := s.Renditions.CreatePreset(ctx, actor(ctx), p)
	if err != nil {
		return nil, err
	}
	return CreatePreset201JSONResponse(presetOut(p)), nil
}

// UpdatePreset answers PATCH /api/v1/presets/{id}.
func (s *server) UpdatePreset(ctx context.Context, r UpdatePresetRequestObject) (UpdatePresetResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	p, err := s.Renditions.EditPreset(ctx, actor(ctx), r.Id, version, func(p *rendition.Preset) { changePreset(p, *r.Body) })
	if err != nil {
		return nil, err
	}
	return UpdatePreset200JSONResponse{Body: presetOut(p), Headers: UpdatePreset200ResponseHeaders{ETag: etag(p.Version)}}, nil
}

// DeletePreset answers DELETE /api/v1/presets/{id}.
func (s *server) DeletePreset(ctx context.Context, r DeletePresetRequestObject) (DeletePresetResponseObject, error) {
	return DeletePreset204Response{}, s.Renditions.DeletePreset(ctx, actor(ctx), r.Id)
}

// set puts what was sent into its place.
func set[T, W any](to *T, sent *W, as func(W) T) {
	if sent != nil {
		*to = as(*sent)
	}
}

func same[T any](v T) T { return v }

// changePreset brings what was sent into a preset.
func changePreset(p *rendition.Preset, c PresetChange) {
	x := &p.Spec
	set(&p.Name, c.Name, same[string])
	set(&p.Labels, c.Label, same[map[string]string])
	set(&p.Eager, c.Eager, same[bool])
	set(&x.Width, c.Width, same[int])
	set(&x.Height, c.Height, same[int])
	set(&x.Fit, c.Fit, func(v PresetChangeFit) picture.Fit { return picture.Fit(v) })
	set(&x.Focal, c.Crop, func(v PresetChangeCrop) bool { return v == "focal" })
	set(&x.Background, c.Background, same[string])
	set(&x.Format, c.Format, func(v PresetChangeFormat) picture.Format { return picture.Format(v) })
	set(&x.Quality, c.Quality, same[int])
	set(&x.KeepColour, c.Colour, func(v PresetChangeColour) bool { return v == "keep" })
	set(&x.Metadata, c.Metadata, func(v PresetChangeMetadata) rendition.Policy { return rendition.Policy(v) })
	set(&x.FileName, c.FileName, same[string])
	set(&x.Terms, c.Terms, same[map[string]string])
	set(&p.Groups, c.OnlyFor, same[[]id.Group])
	if w := c.Watermark; w != nil {
		p.MarkAsset, x.Mark = w.Asset, nil
		if w.Asset != nil || w.Text != nil {
			x.Mark = &rendition.Watermark{
				Text: or(w.Text), Place: picture.Place(or(w.Place)), Size: or(w.Size), Opacity: or(w.Opacity), Margin: or(w.Margin),
			}
		}
	}
}

func presetOut(p rendition.Preset) Preset {
	r := p.Spec
	out := Preset{
		Name: p.Name, BuiltIn: p.BuiltIn, Label: p.Labels, Width: r.Width, Height: r.Height, Fit: "inside", Crop: "centre",
		Background: "ffffff", Format: "auto", Quality: picture.DefaultQuality, Colour: "srgb", Metadata: "strip", FileName: "{name}-{preset}",
		Eager: p.Eager, OnlyFor: append([]GroupID{}, p.Groups...),
	}
	if out.Label == nil {
		out.Label = map[string]string{}
	}
	if !p.ID.IsZero() {
		out.Id, out.Version, out.CreatedAt, out.CreatedBy = &p.ID, &p.Version, &p.CreatedAt, &p.CreatedBy
	}
	if r.Fit != "" {
		out.Fit = PresetFit(r.Fit)
	}
	if r.Focal {
		out.Crop = "focal"
	}
	if r.Background != "" {
		out.Background = r.Background
	}
	if r.Format != "" {
		out.Format = PresetFormat(r.Format)
	}
	if r.Quality != 0 {
		out.Quality = r.Quality
	}
	if r.KeepColour {
		out.Colour = "keep"
	}
	if r.Metadata != "" {
		out.Metadata = PresetMetadata(r.Metadata)
	}
	if len(r.Terms) > 0 {
		out.Terms = &r.Terms
	}
	if r.FileName != "" {
		out.FileName = r.FileName
	}
	if m := r.Mark; m != nil {
		place := WatermarkPlace(m.Place)
		out.Watermark = &Watermark{Text: some(m.Text), Asset: p.MarkAsset, Place: some(place), Size: some(m.Size), Opacity: some(m.Opacity), Margin: &m.Margin}
	}
	return out
}

// GetRendition answers GET /api/v1/assets/{id}/renditions/{preset}.
func (s *server) GetRendition(ctx context.Context, r GetRenditionRequestObject) (GetRenditionResponseObject, error) {
	if err := s.Delivery.Unasked(ctx, actor(ctx), r.Id, r.Preset); err != nil {
		return nil, err
	}
	one, err := s.Renditions.OnDemand(ctx, actor(ctx), r.Id, rendition.Want{Preset: r.Preset})
	if fault.CodeOf(err) == rendition.CodeMaking {
		after := fault.As(err).RetryAfter
		return GetRendition202Response{Headers: GetRendition202ResponseHeaders{RetryAfter: &after}}, nil
	}
	if err != nil {
		return nil, err
	}
	path, err := s.Delivery.SignRendition(one.Key, one.MediaType, s.Now())
	if err != nil {
		return nil, err
	}
	return GetRendition200JSONResponse{
		Preset: one.Preset, Url: s.MediaURL + path, Width: one.Width, Height: one.Height, MediaType: one.MediaType, Size: one.Size,
	}, nil
}

// GetFraming answers GET /api/v1/assets/{id}/framing.
func (s *server) GetFraming(ctx context.Context, r GetFramingRequestObject) (GetFramingResponseObject, error) {
	f, err := s.Renditions.Framed(ctx, actor(ctx), r.Id)
	return GetFraming200JSONResponse(framingOut(f)), err
}

// SetRotation answers PUT /api/v1/assets/{id}/rotation.
func (s *server) SetRotation(ctx context.Context, r SetRotationRequestObject) (SetRotationResponseObject, error) {
	turn, flip := int(r.Body.Degrees), or(r.Body.Mirrored)
	f, err := s.Renditions.Reframe(ctx, actor(ctx), r.Id, rendition.Reframe{Verb: "asset.turn", Turn: &turn, Flip: &flip})
	return SetRotation200JSONResponse(framingOut(f)), err
}

// SetFocalPoint answers PUT /api/v1/assets/{id}/focal-point.
func (s *server) SetFocalPoint(ctx context.Context, r SetFocalPointRequestObject) (SetFocalPointResponseObject, error) {
	at := picture.Point{X: units(r.Body.X), Y: units(r.Body.Y)}
	f, err := s.Renditions.Reframe(ctx, actor(ctx), r.Id, rendition.Reframe{Verb: "asset.focus", Focal: &at})
	return SetFocalPoint200JSONResponse(framingOut(f)), err
}

// ClearFocalPoint answers DELETE /api/v1/assets/{id}/focal-point.
func (s *server) ClearFocalPoint(ctx context.Context, r ClearFocalPointRequestObject) (ClearFocalPointResponseObject, error) {
	f, err := s.Renditions.Reframe(ctx, actor(ctx), r.Id, rendition.Reframe{Verb: "asset.focus", NoFocal: true})
	return ClearFocalPoint200JSONResponse(framingOut(f)), err
}

// SetCrop answers PUT /api/v1/assets/{id}/crops/{of}.
func (s *server) SetCrop(ctx context.Context, r SetCropRequestObject) (SetCropResponseObject, error) {
	b := r.Body
	part := picture.Area{X: units(b.X), Y: units(b.Y)}
	// Far edges are rounded as edges, so that a part that ends at the picture's does.
	part.Width, part.Height = units(b.X+b.Width)-part.X, units(b.Y+b.Height)-part.Y
	f, err := s.Renditions.Reframe(ctx, actor(ctx), r.Id, rendition.Reframe{Verb: "asset.crop", Crop: &part, Of: r.Of})
	return SetCrop200JSONResponse(framingOut(f)), err
}

// ClearCrop answers DELETE /api/v1/assets/{id}/crops/{of}.
func (s *server) ClearCrop(ctx context.Context, r ClearCropRequestObject) (ClearCropResponseObject, error) {
	f, err := s.Renditions.Reframe(ctx, actor(ctx), r.Id, rendition.Reframe{Verb: "asset.crop", NoCrop: true, Of: r.Of})
	return ClearCrop200JSONResponse(framingOut(f)), err
}

func units(share float32) int { return int(math.Round(float64(share) * picture.Unit)) }

func share(units int) float32 { return float32(units) / picture.Unit }

func framingOut(f rendition.Framing) Framing {
	out := Framing{Degrees: f.Turn, Mirrored: f.Flip, Crops: make(map[string]Crop, len(f.Crops))}
	if f.Focal != nil {
		out.FocalPoint = &FocalPoint{X: share(f.Focal.X), Y: share(f.Focal.Y)}
	}
	for of, a := range f.Crops {
		out.Crops[of] = Crop{X: share(a.X), Y: share(a.Y), Width: share(a.Width), Height: share(a.Height)}
	}
	return out
}
