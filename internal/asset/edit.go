// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
)

// Patch is what Edit does to an asset; what is not in it stays.
type Patch struct {
	Fields       map[string]*FieldChange // by field name; nil takes the field away in all languages
	Alt          map[string]*AltChange   // by language; nil takes the decision away
	Folder       *id.Folder
	EmbargoUntil *When
	ExpiresAt    *When
	Owner        *id.Account // zero: nobody
}

// FieldChange is a field's new content. A field of text takes Value, one with
// languages Value (the unknown language), Lang or both, a list Values. Empty
// texts and lists take away. Languages that Lang does not name stay.
type FieldChange struct {
	Value  *string           `json:"value,omitempty"`
	Values []string          `json:"values,omitempty"` // nil: not given
	Lang   map[string]string `json:"lang,omitempty"`
}

// AltChange is a new alt decision.
type AltChange struct {
	Decision Decision `json:"decision"`
	Text     string   `json:"text,omitempty"` // needed for AltText and AltComplex, refused for the others
}

// When is a new point in time; nil is none.
type When struct {
	At *time.Time `json:"at"`
}

// Longest alt text and long description, in code points.
const (
	maxAlt     = 1_000
	maxComplex = 20_000
)

// Edit changes fields, alt decisions, dates and the folder, which takes Edit;
// another folder also takes Delete here and Upload there. version is the one
// that the change was made to; zero is any. What a person sets, nothing but a
// person changes again.
func (s *Service) Edit(ctx context.Context, who access.Actor, asset id.Asset, version int64, p Patch) (a Asset, err error) {
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "asset.edit", Subject: asset.String(), Detail: map[string]any{}}
		if err := s.share(ctx, tx, who, p.names()); err != nil { // lists before folders before assets
			return e, err
		}
		target, err := s.target(ctx, tx, who, asset, p.Folder) // folders are locked before assets
		if err != nil {
			return e, err
		}
		if a, err = s.hold(ctx, tx, who, asset, access.Edit); err != nil {
			return e, err
		}
		if err := CheckVersion(a, version); err != nil {
			return e, err
		}
		sh := newSheet(a, Mark{FromPerson, who.ID, s.now()})
		if err := sh.apply(p); err != nil {
			return e, err
		}
		to := a
		if err := dates(&to, p, sh); err != nil {
			return e, err
		}
		if target != nil && target.ID != a.Folder {
			if err := movable(a, who, *target, s.now()); err != nil {
				return e, err
			}
			e.Detail["from"], e.Detail["to"] = a.Folder.String(), target.ID.String()
			asks, err := s.demands(ctx, tx, who, a.Registry, a.Folder, target.ID)
			if err != nil {
				return e, err
			}
			to.Folder, to.ACL = target.ID, target.ACL
			sh.arrive(&to, asks[a.Folder], asks[target.ID])
		}
		if err := s.OwnerTx(ctx, tx, who, p.Owner); err != nil {
			return e, err
		}
		sh.own(&to, p.Owner)
		e.Detail["fields"] = sh.names()
		a, err = s.kept(ctx, tx, who, edited{to, sh})
		return e, err
	})
	return a, err
}

// kept writes one asset as its sheet says, and announces it.
func (s *Service) kept(ctx context.Context, tx pg.Tx, who access.Actor, e edited) (Asset, error) {
	if err := s.write(ctx, tx, who, 1, e); err != nil {
		return Asset{}, err
	}
	a, err := s.changed(ctx, tx, who, e.asset.ID)
	if err != nil {
		return Asset{}, err
	}
	return a, s.passed(ctx, tx, who, []edited{e}, a)
}

// CheckVersion returns asset.changed if version is not the asset's; zero is any.
func CheckVersion(a Asset, version int64) error {
	if version == 0 || version == a.Version {
		return nil
	}
	return &fault.Error{
		Kind: fault.Stale, Code: "asset.changed", Extra: map[string]string{"version": strconv.FormatInt(a.Version, 10)},
		Text: "Somebody has changed this asset since you read it. Read it again and repeat your change.",
	}
}

// apply writes a patch into the sheet, or says everything that is wrong with it.
func (s *sheet) apply(p Patch) error {
	wrong := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
		d, ok := s.reg.Def(name)
		if !ok {
			wrong[name] = "there is no such field"
			continue
		}
		if at, w := s.applyField(d, p.Fields[name]); w != "" {
			wrong[at] = w
		}
	}
	for _, lang := range slices.Sorted(maps.Keys(p.Alt)) {
		if w := s.applyAlt(lang, p.Alt[lang]); w != "" {
			wrong["alt."+lang] = w
		}
	}
	if len(s.alt) > 2*maxLanguages {
		wrong["alt"] = "too many languages"
	}
	if len(wrong) > 0 {
		return invalid(wrong)
	}
	return nil
}

// applyField returns where something is wrong, and what.
func (s *sheet) applyField(d Def, c *FieldChange) (at, wrong string) {
	if c == nil {
		s.clear(d)
		return "", ""
	}
	switch {
	case c.Value == nil && c.Values == nil && c.Lang == nil:
		return d.Name, "a value is needed, or null to take the field away"
	case d.Type.Several():
		if c.Value != nil || c.Lang != nil {
			return d.Name, "this field is a list and takes values"
		}
		list, wrong := d.cleanList(c.Values, s.fields[d.Name].Values...)
		if wrong == "" {
			s.setList(d, list)
		}
		return d.Name, wrong
	case c.Values != nil:
		return d.Name, "this field is not a list and takes a value"
	case c.Lang != nil && !d.PerLanguage:
		return d.Name, "this field has no languages and takes a value"
	}
	texts := map[string]string{}
	if c.Value != nil {
		texts[""] = *c.Value
	}
	maps.Copy(texts, c.Lang)
	for _, tag := range slices.Sorted(maps.Keys(texts)) {
		lang, ok := tag, tag == ""
		if !ok {
			if lang, ok = plain.Language(tag); !ok {
				return d.Name + "." + tag, "not a language tag such as sv or nb-NO"
			}
		}
		value, wrong := d.keep(texts[tag], s.fields[d.Name].Value)
		if wrong != "" {
			return strings.TrimSuffix(d.Name+"."+lang, "."), wrong
		}
		s.setText(d, lang, value)
	}
	if len(s.fields[d.Name].Lang) > maxLanguages {
		return d.Name, "at most 50 languages"
	}
	return "", ""
}

// clear takes a field away, in all its languages.
func (s *sheet) clear(d Def) {
	switch f := s.fields[d.Name]; {
	case d.Type.Several():
		s.setList(d, nil)
	case !d.PerLanguage:
		s.setText(d, "", "")
	default:
		for _, lang := range slices.Sorted(maps.Keys(f.Lang)) {
			s.setText(d, lang, "")
		}
	}
}

func (s *sheet) applyAlt(tag string, c *AltChange) (wrong string) {
	lang, ok := tag, tag == ""
	if !ok {
		if lang, ok = plain.Language(tag); !ok {
			return "not a language tag such as sv or nb-NO"
		}
	}
	if c == nil {
		s.setAlt(lang, Alt{})
		return ""
	}
	text, ok := plain.Text(c.Text)
	limit := maxAlt
	if c.Decision == AltText {
		text, ok = plain.Line(c.Text)
	} else {
		limit = maxComplex
	}
	switch {
	case !ok:
		return "the text is not valid UTF-8"
	case c.Decision == AltDecorative || c.Decision == AltDescribed:
		if text != "" {
			return "this decision takes no text"
		}
	case c.Decision != AltText && c.Decision != AltComplex:
		return "the decision is text, decorative, described or complex"
	case text == "":
		return "this decision needs a text"
	case utf8.RuneCountInString(text) > limit:
		return "at most " + strconv.Itoa(limit) + " characters, and this is " + strconv.Itoa(utf8.RuneCountInString(text))
	}
	s.setAlt(lang, Alt{Decision: c.Decision, Text: text})
	return ""
}

// dates brings the patch's embargo and expiry into a.
func dates(a *Asset, p Patch, sh *sheet) error {
	set := func(name string, at **time.Time, to *When) {
		if to == nil || to.At == nil && *at == nil || to.At != nil && *at != nil && to.At.Equal(**at) {
			return
		}
		sh.note(name, "", stamp(*at), stamp(to.At), Mark{}, false)
		*at = to.At
	}
	set(fieldEmbargo, &a.EmbargoUntil, p.EmbargoUntil)
	set(fieldExpiry, &a.ExpiresAt, p.ExpiresAt)
	if a.EmbargoUntil != nil && a.ExpiresAt != nil && !a.ExpiresAt.After(*a.EmbargoUntil) {
		return invalid(map[string]string{"expires_at": "it must come after the embargo's end"})
	}
	return nil
}

func stamp(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// names lists the fields that the patch is about.
func (p Patch) names() []string { return slices.Collect(maps.Keys(p.Fields)) }

// names lists which fields changed, for the log of deeds.
func (s *sheet) names() []string {
	out := []string{}
	for _, c := range s.changes {
		if !c.same && !slices.Contains(out, c.Field) {
			out = append(out, c.Field)
		}
	}
	slices.Sort(out)
	return out
}
