// SPDX-License-Identifier: Apache-2.0

package webapp

import (
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/delivery"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
)

type seenRow struct{ Name, What, At, ISO string }

type changeRow struct{ At, ISO, Field, Lang, By, Before, After string }

type way struct{ Variant, Label, What string }

type fact struct {
	Label, Value string
	ISO          string // set when the value is a time
	Code         bool   // set when it is meant for machines
}

// told is one field for those who may not change it.
type told struct{ Label, Value, Lang, Source string }

type assetView struct {
	ID                    id.Asset
	Title                 string
	Kind                  asset.Kind
	State                 asset.State
	Reason                string
	Preview, Alt          string
	Width, Height         int
	Path                  []folder.Folder
	Facts                 []fact
	Rows                  []row
	Groups                []group
	Alts                  []altRow
	Told                  []told
	Targets               []target
	Ways                  []way
	Seen                  []seenRow
	SeenActors, SeenViews int
	History               []changeRow
	Version               int64
	CanEdit, CanDelete    bool
	Binned                bool
	Problem, Done         string
}

func (v *visit) assetView(a asset.Asset) (assetView, error) {
	view := assetView{
		ID: a.ID, Title: v.title(a), Kind: a.Kind, State: a.State, Reason: v.reason(a), Alt: v.alt(a), Version: a.Version,
		CanEdit: a.Can.Has(access.Edit) && a.DeletedAt == nil, CanDelete: a.Can.Has(access.Delete), Binned: a.DeletedAt != nil,
		Facts: v.facts(a),
	}
	if err := v.look(&view, a); err != nil {
		return view, err
	}
	var err error
	if view.Path, err = v.path(a.Folder); err != nil && fault.KindOf(err) != fault.NotFound {
		return view, err
	}
	if view.CanEdit {
		v.form(&view, a)
		if view.Targets, err = v.targets(a); err != nil {
			return view, err
		}
	} else {
		view.Told = v.told(a)
	}
	if err := v.seenBy(&view, a); err != nil {
		return view, err
	}
	return view, v.history(&view, a)
}

// look finds the picture to show and the ways to download the asset.
func (v *visit) look(view *assetView, a asset.Asset) error {
	renditions, err := v.Renditions.ForAssets(v.ctx, v.who, []id.Asset{a.ID})
	if err != nil {
		return err
	}
	list := renditions[a.ID]
	if r := v.rendition(a, list, "medium"); r != nil {
		view.Preview, view.Width, view.Height = v.link(*r), r.Width, r.Height
	}
	if asset.AllowedBytes(a, v.who, access.DownloadOriginal, v.Now()) == nil {
		view.Ways = append(view.Ways, way{delivery.Original, v.say("preset_original"), page{visit: v}.Bytes(a.Size)})
	}
	if asset.AllowedBytes(a, v.who, access.DownloadRendition, v.Now()) == nil {
		for _, r := range slices.Backward(list) {
			view.Ways = append(view.Ways, way{r.Preset, v.say("preset_" + r.Preset), dimensions(r.Width, r.Height)})
		}
	}
	return nil
}

func dimensions(width, height int) string {
	return strconv.Itoa(width) + "\u00a0×\u00a0" + strconv.Itoa(height)
}

// reason says why an asset is in its state, in the visitor's language where
// the catalogue has the reason's code.
func (v *visit) reason(a asset.Asset) string {
	key := "reason_" + strings.ReplaceAll(a.StateCode, ".", "_")
	if text := v.say(key); text != key {
		return text
	}
	return a.StateReason
}

func (v *visit) facts(a asset.Asset) []fact {
	p := page{visit: v}
	facts := []fact{
		{Label: v.say("fact_file"), Value: a.Name},
		{Label: v.say("fact_type"), Value: v.say("type_"+string(a.Kind)) + " (" + a.MediaType + ")"},
		{Label: v.say("fact_size"), Value: p.Bytes(a.Size)},
	}
	if a.Width != nil && a.Height != nil {
		facts = append(facts, fact{Label: v.say("fact_dimensions"), Value: dimensions(*a.Width, *a.Height) + "\u00a0px"})
	}
	if a.DurationMS != nil {
		facts = append(facts, fact{Label: v.say("fact_duration"), Value: p.Duration(*a.DurationMS)})
	}
	if a.CapturedOn != nil {
		facts = append(facts, fact{Label: v.say("field_captured_on"), Value: a.CapturedOn.Format(time.DateOnly)})
	}
	return append(facts,
		fact{Label: v.say("fact_stored"), Value: p.Time(a.CreatedAt), ISO: p.ISO(a.CreatedAt)},
		fact{Label: "SHA-256", Value: hex.EncodeToString(a.SHA256), Code: true})
}

// shown is the text of a field that is shown, and edited: that in the
// visitor's language, else that of unknown language, else any.
func (v *visit) shown(f asset.Field) (lang, text string) {
	for _, l := range append([]string{v.lang, ""}, slices.Sorted(maps.Keys(f.Lang))...) {
		if f.Lang[l] != "" {
			return l, f.Lang[l]
		}
	}
	return "", f.Value
}

func (v *visit) provenance(s asset.Source) string { return v.say("source_" + string(s)) }

// told lists what is known, for those who may not change it.
func (v *visit) told(a asset.Asset) []told {
	var out []told
	for _, def := range asset.Defs() {
		f := a.Fields[def.Name]
		lang, text := v.shown(f)
		if def.Type == asset.List {
			text = strings.Join(f.Values, ", ")
		}
		if text != "" {
			out = append(out, told{v.say("field_" + def.Name), text, lang, v.provenance(f.Source)})
		}
	}
	for _, l := range languages {
		alt := a.Alt[l.Tag]
		switch {
		case alt.Decision == "":
		case alt.Text != "":
			out = append(out, told{v.say("alt") + " (" + l.Name + ")", alt.Text, l.Tag, v.provenance(alt.Source)})
		default:
			out = append(out, told{v.say("alt") + " (" + l.Name + ")", v.say("alt_" + string(alt.Decision)), "", v.provenance(alt.Source)})
		}
	}
	return out
}

func (v *visit) seenBy(view *assetView, a asset.Asset) error {
	strip, err := v.Assets.SeenBy(v.ctx, v.who, a.ID)
	if err != nil {
		return err
	}
	view.SeenActors, view.SeenViews = strip.Actors, int(strip.Views)
	actors := make([]string, len(strip.Newest))
	for i, s := range strip.Newest {
		actors[i] = s.ActorID
	}
	names, err := v.Accounts.Names(v.ctx, v.who, actors)
	if err != nil {
		return err
	}
	what := map[audit.What]string{audit.Viewed: "seen_viewed", audit.DownloadedOriginal: "seen_original", audit.DownloadedRendition: "seen_rendition"}
	p := page{visit: v}
	for _, s := range strip.Newest {
		name := names[s.ActorID].Text
		if name == "" {
			name = v.say("somebody")
		}
		view.Seen = append(view.Seen, seenRow{name, v.say(what[s.What]), p.Time(s.LastAt), p.ISO(s.LastAt)})
	}
	return nil
}

// maxHistory is how many changes the page shows.
const maxHistory = 30

func (v *visit) history(view *assetView, a asset.Asset) error {
	if !a.Can.Has(access.ReadHistory) {
		return nil
	}
	changes, err := v.Assets.History(v.ctx, v.who, a.ID, "", maxHistory)
	if err != nil {
		return err
	}
	actors := make([]string, len(changes.Items))
	for i, c := range changes.Items {
		actors[i] = c.By
	}
	names, err := v.Accounts.Names(v.ctx, v.who, actors)
	if err != nil {
		return err
	}
	p := page{visit: v}
	for _, c := range changes.Items {
		by := names[c.By].Text
		if by == "" {
			by = v.provenance(c.Source)
		}
		view.History = append(view.History, changeRow{p.Time(c.At), p.ISO(c.At), v.say("field_" + c.Field), c.Lang, by, v.plainJSON(c.Before), v.plainJSON(c.After)})
	}
	return nil
}
