// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"maps"
	"slices"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/filemeta"
	"tillgang/internal/id"
)

// ReadSidecar takes over what an XMP file says about an asset, as a person's
// own edit of the given version (0: whichever): the fields and alt texts that
// the file has, and nothing else.
func (s *Service) ReadSidecar(ctx context.Context, who access.Actor, of id.Asset, version int64, xmp []byte) (asset.Asset, error) {
	a, err := s.assets.Get(ctx, who, of)
	if err != nil {
		return asset.Asset{}, err
	}
	if err := asset.Allowed(a, who, access.Edit, s.now()); err != nil {
		return asset.Asset{}, err
	}
	m, ok := filemeta.ReadXMP(xmp)
	if !ok {
		return asset.Asset{}, fault.New(fault.Invalid, "sidecar.unreadable", "This is no XMP that can be read: it is damaged, too large, or declares a document type.")
	}
	p := patchOf(a, told(m))
	if len(p.Fields)+len(p.Alt) == 0 {
		return asset.Asset{}, fault.New(fault.Invalid, "sidecar.empty", "The XMP file says nothing that the archive keeps.")
	}
	return s.assets.Edit(ctx, who, of, version, p)
}

// patchOf turns what a file says into changes of an asset's fields.
func patchOf(a asset.Asset, t asset.Told) asset.Patch {
	p := asset.Patch{Fields: map[string]*asset.FieldChange{}, Alt: map[string]*asset.AltChange{}}
	for name, f := range t.Fields {
		c := &asset.FieldChange{Values: f.Values, Lang: maps.Clone(f.Lang)}
		if f.Value != "" {
			c.Value = &f.Value
		}
		// A text of unsaid language that the archive has in a named one, or as
		// the licence's name, is what the archive itself wrote there.
		known := slices.Collect(maps.Values(a.Fields[name].Lang))
		if name == "usage_terms" {
			known = append(known, a.Fields["licence"].Value)
		}
		if text, ok := c.Lang[""]; ok && slices.Contains(known, text) && a.Fields[name].Lang[""] != text {
			delete(c.Lang, "")
		}
		if c.Value != nil && len(a.Fields[name].Lang) > 0 && slices.Contains(known, *c.Value) && a.Fields[name].Lang[""] != *c.Value {
			c.Value = nil
		}
		if c.Value != nil || c.Values != nil || len(c.Lang) > 0 {
			p.Fields[name] = c
		}
	}
	if t.CapturedOn != nil {
		day := t.CapturedOn.Format(time.DateOnly)
		p.Fields[asset.FieldCapturedOn] = &asset.FieldChange{Value: &day}
	}
	for lang, d := range t.Alt {
		p.Alt[lang] = &asset.AltChange{Decision: d.Decision, Text: d.Text}
	}
	return p
}
