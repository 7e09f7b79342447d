// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"

	"tillgang/internal/asset"
)

// ListFields answers GET /api/v1/fields.
func (s *server) ListFields(ctx context.Context, r ListFieldsRequestObject) (ListFieldsResponseObject, error) {
	reg, err := s.Assets.Registry(ctx, actor(ctx))
	if err != nil {
		return nil, err
	}
	list := reg.Defs()
	if or(r.Params.Retired) {
		list = reg.Retired()
	}
	out := ListFields200JSONResponse{Items: make([]FieldDefinition, len(list))}
	for i, d := range list {
		out.Items[i] = definitionOut(d)
	}
	return out, nil
}

// CreateField answers POST /api/v1/fields.
func (s *server) CreateField(ctx context.Context, r CreateFieldRequestObject) (CreateFieldResponseObject, error) {
	b := r.Body
	d, err := s.Assets.CreateField(ctx, actor(ctx), asset.Def{
		Name: b.Name, Type: asset.Type(b.Type), PerLanguage: or(b.PerLanguage), Labels: or(b.Label), Helps: or(b.Help), Max: or(b.Max),
		MaxItems: or(b.MaxItems), Personal: or(b.Personal), Searchable: b.Searchable == nil || *b.Searchable, Facet: or(b.Facet),
		Section: or(b.Group), Position: or(b.Order), Options: optionsIn(b.Options), Taxonomy: or(b.Taxonomy),
	})
	return CreateField201JSONResponse(definitionOut(d)), err
}

// UpdateField answers PATCH /api/v1/fields/{name}.
func (s *server) UpdateField(ctx context.Context, r UpdateFieldRequestObject) (UpdateFieldResponseObject, error) {
	b := r.Body
	d, err := s.Assets.EditField(ctx, actor(ctx), r.Name, asset.FieldPatch{
		Labels: or(b.Label), Helps: or(b.Help), Max: b.Max, MaxItems: b.MaxItems, Position: b.Order, Personal: b.Personal,
		Searchable: b.Searchable, Facet: b.Facet, Section: b.Group, Options: optionsIn(b.Options), Retired: b.Retired,
	})
	return UpdateField200JSONResponse(definitionOut(d)), err
}

// RetireField answers DELETE /api/v1/fields/{name}.
func (s *server) RetireField(ctx context.Context, r RetireFieldRequestObject) (RetireFieldResponseObject, error) {
	return RetireField204Response{}, s.Assets.RetireField(ctx, actor(ctx), r.Name)
}

// PurgeField answers DELETE /api/v1/fields/{name}/values.
func (s *server) PurgeField(ctx context.Context, r PurgeFieldRequestObject) (PurgeFieldResponseObject, error) {
	return PurgeField202Response{}, s.Assets.PurgeField(ctx, actor(ctx), r.Name)
}

func optionsIn(in *[]FieldOption) []asset.Option {
	if in == nil {
		return nil
	}
	out := make([]asset.Option, len(*in))
	for i, o := range *in {
		out[i] = asset.Option{Value: o.Value, Labels: or(o.Label), Retired: or(o.Retired)}
	}
	return out
}

func definitionOut(d asset.Def) FieldDefinition {
	out := FieldDefinition{
		Name: d.Name, Type: FieldType(d.Type), BuiltIn: !d.Own, PerLanguage: d.PerLanguage, Label: textsOut(d.Labels), Help: textsOut(d.Helps),
		Max: some(d.Max), MaxItems: some(d.MaxItems), Personal: d.Personal, Searchable: d.Searchable || !d.Own, Facet: d.Facet,
		Group: some(d.Section), Order: d.Position, Taxonomy: some(d.Taxonomy), RetiredAt: d.RetiredAt,
	}
	if len(d.Options) > 0 {
		options := make([]FieldOption, len(d.Options))
		for i, o := range d.Options {
			options[i] = FieldOption{Value: o.Value, Label: textsOut(o.Labels), Retired: some(o.Retired)}
		}
		out.Options = &options
	}
	return out
}

func textsOut(m map[string]string) *Texts {
	if len(m) == 0 {
		return nil
	}
	out := Texts(m)
	return &out
}

// ListFieldTemplates answers GET /api/v1/field-templates.
func (s *server) ListFieldTemplates(ctx context.Context, _ ListFieldTemplatesRequestObject) (ListFieldTemplatesResponseObject, error) {
	list, err := s.Assets.Templates(ctx, actor(ctx))
	if err != nil {
		return nil, err
	}
	out := ListFieldTemplates200JSONResponse{Items: make([]FieldTemplate, len(list))}
	for i, t := range list {
		out.Items[i] = templateOut(t)
	}
	return out, nil
}

// CreateFieldTemplate answers POST /api/v1/field-templates.
func (s *server) CreateFieldTemplate(ctx context.Context, r CreateFieldTemplateRequestObject) (CreateFieldTemplateResponseObject, error) {
	t, err := s.Assets.SaveTemplate(ctx, actor(ctx), asset.Template{Name: r.Body.Name, Fields: fieldsIn(r.Body.Fields)})
	return CreateFieldTemplate201JSONResponse(templateOut(t)), err
}

// UpdateFieldTemplate answers PUT /api/v1/field-templates/{id}.
func (s *server) UpdateFieldTemplate(ctx context.Context, r UpdateFieldTemplateRequestObject) (UpdateFieldTemplateResponseObject, error) {
	t, err := s.Assets.SaveTemplate(ctx, actor(ctx), asset.Template{ID: r.Id, Name: r.Body.Name, Fields: fieldsIn(r.Body.Fields)})
	return UpdateFieldTemplate200JSONResponse(templateOut(t)), err
}

// DeleteFieldTemplate answers DELETE /api/v1/field-templates/{id}.
func (s *server) DeleteFieldTemplate(ctx context.Context, r DeleteFieldTemplateRequestObject) (DeleteFieldTemplateResponseObject, error) {
	return DeleteFieldTemplate204Response{}, s.Assets.DeleteTemplate(ctx, actor(ctx), r.Id)
}

// GetOwnFieldTemplate answers GET /api/v1/session/field-template.
func (s *server) GetOwnFieldTemplate(ctx context.Context, _ GetOwnFieldTemplateRequestObject) (GetOwnFieldTemplateResponseObject, error) {
	t, err := s.Assets.UsedTemplate(ctx, actor(ctx))
	return GetOwnFieldTemplate200JSONResponse(ownTemplate(t)), err
}

// SetOwnFieldTemplate answers PUT /api/v1/session/field-template.
func (s *server) SetOwnFieldTemplate(ctx context.Context, r SetOwnFieldTemplateRequestObject) (SetOwnFieldTemplateResponseObject, error) {
	t, err := identifier[templateID](r.Body.Template, "template")
	if err != nil {
		return nil, err
	}
	return SetOwnFieldTemplate200JSONResponse(ownTemplate(t)), s.Assets.UseTemplate(ctx, actor(ctx), t)
}

func templateOut(t asset.Template) FieldTemplate {
	out := FieldTemplate{Id: t.ID, Name: t.Name, CreatedAt: t.CreatedAt, Fields: make(map[string]*FieldPatch, len(t.Fields))}
	for name, c := range t.Fields {
		p := &FieldPatch{Value: c.Value}
		if c.Values != nil {
			p.Values = &c.Values
		}
		if c.Lang != nil {
			p.Lang = &c.Lang
		}
		out.Fields[name] = p
	}
	return out
}

// GetFolderRule answers GET /api/v1/folders/{id}/rule.
func (s *server) GetFolderRule(ctx context.Context, r GetFolderRuleRequestObject) (GetFolderRuleResponseObject, error) {
	rule, err := s.Assets.FolderRule(ctx, actor(ctx), r.Id)
	return GetFolderRule200JSONResponse(ruleOut(rule)), err
}

// SetFolderRule answers PUT /api/v1/folders/{id}/rule.
func (s *server) SetFolderRule(ctx context.Context, r SetFolderRuleRequestObject) (SetFolderRuleResponseObject, error) {
	rule, err := s.Assets.SetFolderRule(ctx, actor(ctx), r.Id, asset.RuleChange{
		Required: r.Body.Required, Template: or(r.Body.Template), Approval: asset.Demand(or(r.Body.Approval)), Report: or(r.Body.Report),
	})
	return SetFolderRule200JSONResponse(ruleOut(rule)), err
}

func ruleOut(r asset.FolderRule) FolderRule {
	out := FolderRule{Required: r.Required, Reaching: r.Reaching, Template: some(r.Template), Approves: ApprovalDemand(r.Approves), Report: r.Report, Reported: r.Reported}
	if r.Approval != "" {
		out.Approval = new(ApprovalDemand(r.Approval))
	}
	if out.Required == nil {
		out.Required = []string{}
	}
	if out.Reaching == nil {
		out.Reaching = []string{}
	}
	return out
}
