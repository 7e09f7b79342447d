// SPDX-License-Identifier: Apache-2.0

package rendition

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/picture"
	"tillgang/internal/plain"
)

// Names of the presets that every picture gets.
const (
	Small  = "small"  // within 320 px: grids
	Medium = "medium" // within 1024 px: one asset on a page
	Large  = "large"  // within 2048 px: a whole screen
)

// Presets lists the presets that every picture gets, smallest first.
func Presets() []Preset {
	box := func(name string, side int) Preset {
		return Preset{Name: name, BuiltIn: true, Eager: true, Spec: Spec{Width: side, Height: side}}
	}
	return []Preset{box(Small, 320), box(Medium, 1024), box(Large, 2048)}
}

// reserved are names that mean something else where a preset's name stands.
var reserved = []string{"original", Small, Medium, Large, pageName, markedName}

// Preset is a named recipe.
type Preset struct {
	ID        id.Preset         `db:"id"` // zero of those built in
	Name      string            `db:"name"`
	BuiltIn   bool              `db:"-"`
	Labels    map[string]string `db:"labels"` // language → what people read
	Spec      Spec              `db:"spec"`
	Eager     bool              `db:"eager"`   // made of every new revision, instead of when it is first asked for
	Groups    []id.Group        `db:"groups"`  // who may use it beside administrators; empty: all who may download renditions
	MarkAsset *id.Asset         `db:"mark_id"` // the picture of its watermark
	Version   int64             `db:"version"`
	CreatedAt time.Time         `db:"created_at"`
	CreatedBy string            `db:"created_by"`
}

// Policy says what of an asset's metadata is written into a copy.
type Policy string

// The policies.
const (
	Strip  Policy = "strip"  // nothing
	Rights Policy = "rights" // who made it, who owns it and how it may be used
	Embed  Policy = "embed"  // all that is known, but for persons
)

// Same is the format that is the original's own, where that can be written.
const Same picture.Format = "same"

// Spec says what a preset makes. Its JSON is what the database keeps.
type Spec struct {
	Width      int            `json:"width,omitempty"`
	Height     int            `json:"height,omitempty"`
	Fit        picture.Fit    `json:"fit,omitempty"`        // empty: Inside
	Focal      bool           `json:"focal,omitempty"`      // Cover keeps the asset's focal point, instead of its middle
	Background string         `json:"background,omitempty"` // "rrggbb"
	Format     picture.Format `json:"format,omitempty"`     // empty: Auto; or Same
	Quality    int            `json:"quality,omitempty"`
	KeepColour bool           `json:"keep_colour,omitempty"`
	Metadata   Policy         `json:"metadata,omitempty"`  // empty: Strip
	FileName   string         `json:"file_name,omitempty"` // pattern of the downloaded file's name; empty: "{name}-{preset}"
	Mark       *Watermark     `json:"mark,omitempty"`

	Terms map[string]string `json:"terms,omitempty"` // language → what whoever downloads it must accept; empty: nothing
}

// Watermark is laid over what a preset makes: a text, or the picture that is
// the preset's MarkAsset.
type Watermark struct {
	Text    string        `json:"text,omitempty"`
	Place   picture.Place `json:"place,omitempty"`
	Size    int           `json:"size,omitempty"`
	Opacity int           `json:"opacity,omitempty"`
	Margin  int           `json:"margin,omitempty"`
}

// May reports whether who may use the preset, if they may download at all.
func (p Preset) May(who access.Actor) bool {
	if p.BuiltIn || len(p.Groups) == 0 || who.Everywhere().Has(access.ManageSettings) {
		return true
	}
	in := func(g access.Grant) bool {
		return slices.ContainsFunc(p.Groups, func(one id.Group) bool { return slices.Contains(g.Principals, one.UUID()) })
	}
	return in(who.Own) && (who.Cap == nil || in(*who.Cap))
}

// nothing stands for a watermark's picture where only its place is judged.
const nothing = "00000000000000000000000000000000"

// recipe is the preset's recipe for an original of a media type that is framed
// so. mark is the watermark's picture.
func (p Preset) recipe(mediaType string, f Framing, mark string) picture.Recipe {
	r := picture.Recipe{
		Width: p.Spec.Width, Height: p.Spec.Height, Fit: p.Spec.Fit, Format: p.Spec.Format, Quality: p.Spec.Quality,
		Background: p.Spec.Background, KeepColour: p.Spec.KeepColour, Turn: f.Turn, Flip: f.Flip, Crop: f.crop(p),
	}
	if p.Spec.Focal && f.Focal != nil {
		r.Focal = f.turnPoint(*f.Focal)
	}
	if r.Format == Same {
		r.Format = picture.Auto
		for _, own := range []picture.Format{picture.JPEG, picture.PNG, picture.WebP, picture.AVIF} {
			if mediaType == "image/"+string(own) {
				r.Format = own
			}
		}
	}
	if r.KeepColour && (r.Format == picture.WebP || r.Format == picture.AVIF) {
		r.KeepColour = false
	}
	if m := p.Spec.Mark; m != nil {
		r.Mark = picture.Mark{ID: mark, Place: m.Place, Size: m.Size, Opacity: m.Opacity, Margin: m.Margin}
	}
	return r
}

// check returns what is wrong with a preset that somebody wants to have.
func (s *Service) check(p Preset) error {
	wrong := map[string]string{}
	if !named(p.Name) {
		wrong["name"] = "1 to 59 small letters, digits, - and _, beginning with a letter or digit"
	} else if slices.Contains(reserved, p.Name) {
		wrong["name"] = "this name is taken"
	}
	if len(p.Labels) > 50 {
		wrong["label"] = "at most 50 languages"
	}
	for lang, text := range p.Labels {
		if tag, ok := plain.Language(lang); !ok || tag != lang {
			wrong["label."+lang] = "not a language tag such as sv or nb-NO"
		}
		if line, ok := plain.Line(text); !ok || line != text || text == "" || utf8.RuneCountInString(text) > 200 {
			wrong["label."+lang] = "one line of 1 to 200 characters"
		}
	}
	if len(p.Spec.Terms) > 50 {
		wrong["terms"] = "at most 50 languages"
	}
	for lang, text := range p.Spec.Terms {
		if tag, ok := plain.Language(lang); !ok || tag != lang {
			wrong["terms."+lang] = "not a language tag such as sv or nb-NO"
		}
		if said, ok := plain.Text(text); !ok || said != text || text == "" || utf8.RuneCountInString(text) > 4000 {
			wrong["terms."+lang] = "a text of 1 to 4000 characters"
		}
	}
	if len(p.Groups) > 200 {
		wrong["only_for"] = "at most 200"
	}
	switch p.Spec.Metadata {
	case "", Strip, Rights, Embed:
	default:
		wrong["metadata"] = "must be embed, rights or strip"
	}
	if m := p.Spec.Mark; m != nil {
		text, ok := plain.Line(m.Text)
		switch {
		case (m.Text == "") == (p.MarkAsset == nil):
			wrong["mark"] = "either a text or an asset"
		case !ok || text != m.Text || utf8.RuneCountInString(m.Text) > 60:
			wrong["mark.text"] = "one line of at most 60 characters"
		}
	}
	if w := wrongPattern(p.Spec.FileName); w != "" {
		wrong["file_name"] = w
	}
	r := p.recipe("", Framing{}, nothing)
	if p.Spec.Format != Same && r.Format != "" && !s.engine.Writes(r.Format) {
		wrong["format"] = "this server cannot write it; libvips is needed"
	}
	if r.KeepColour && (p.Spec.Format == picture.WebP || p.Spec.Format == picture.AVIF) || p.Spec.KeepColour && p.Spec.Format == picture.WebP {
		wrong["colour"] = "is kept in JPEG and PNG only"
	}
	maps.Copy(wrong, fault.As(r.Validate()).Field)
	if len(wrong) > 0 {
		return fault.Fields("preset.invalid", "Some of the preset is not as it must be.", wrong)
	}
	return nil
}

func named(name string) bool {
	return name != "" && len(name) < 60 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == "" && name[0] != '-' && name[0] != '_'
}

// usual is the pattern of presets that have none of their own.
const usual = "{name}-{preset}"

var placeholders = []string{"title", "name", "id", "preset", "width", "height", "date"}

// wrongPattern says what is wrong with a pattern of file names; "" if nothing is.
func wrongPattern(pattern string) string {
	line, ok := plain.Line(pattern)
	if !ok || line != pattern || len(pattern) > 200 {
		return "one line of at most 200 characters"
	}
	for _, name := range placeholders {
		pattern = strings.ReplaceAll(pattern, "{"+name+"}", "")
	}
	if strings.ContainsAny(pattern, "{}") {
		return "there are {" + strings.Join(placeholders, "}, {") + "}"
	}
	return ""
}

// FileName is the name under which a rendition of an asset is downloaded,
// without its extension and not yet safe.
func (p Preset) FileName(a asset.Asset, r Rendition) string {
	pattern := p.Spec.FileName
	if pattern == "" {
		pattern = usual
	}
	name := strings.TrimSuffix(a.Name, path.Ext(a.Name))
	title := a.Fields["title"].Text()
	if title == "" {
		title = name
	}
	date := a.CreatedAt
	if a.CapturedOn != nil {
		date = *a.CapturedOn
	}
	// One pass: what a title says is never a placeholder.
	return strings.NewReplacer(
		"{title}", title, "{name}", name, "{id}", a.ID.String(), "{preset}", p.Name,
		"{width}", strconv.Itoa(r.Width), "{height}", strconv.Itoa(r.Height), "{date}", date.Format(time.DateOnly),
	).Replace(pattern)
}
