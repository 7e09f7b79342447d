// SPDX-License-Identifier: Apache-2.0

package webapp

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/delivery"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
)

// row is one field of the form.
type row struct {
	Name, Label, Value string
	Long, List         bool
	Source             string // provenance, as a sentence; empty when not set
}

// altRow is the alt decision of one language.
type altRow struct {
	Lang, Label, Decision, Text, Source string
}

type seenRow struct{ Name, What, At, ISO string }

type changeRow struct{ At, ISO, Field, Lang, By, Before, After string }

type way struct {
	Variant, Label string
}

type assetView struct {
	ID                                     id.Asset
	Name, Title                            string
	Kind                                   asset.Kind
	State                                  asset.State
	Reason                                 string
	Preview, Alt                           string
	Width, Height                          int
	Path                                   []folder.Folder
	Facts                                  [][2]string
	Rows                                   []row
	Alts                                   []altRow
	Ways                                   []way
	Seen                                   []seenRow
	SeenActors                             int
	SeenViews                              int64
	History                                []changeRow
	Version                                int64
	CanEdit, CanDelete, CanHistory, Binned bool
	Problem, Done                          string
}

func (v *visit) assetID() (id.Asset, error) {
	a, err := id.Parse[id.Asset](v.r.PathValue("id"))
	if err != nil {
		return a, access.NotFound("asset")
	}
	return a, nil
}

func (d *door) asset(v *visit) error {
	i, err := v.assetID()
	if err != nil {
		return err
	}
	a, err := d.Assets.View(v.ctx, v.who, i)
	if err != nil {
		return err
	}
	view, err := v.assetView(a)
	if err != nil {
		return err
	}
	view.Done = v.r.URL.Query().Get("done")
	return v.show(http.StatusOK, "asset", view.Title, view)
}

func (v *visit) assetView(a asset.Asset) (assetView, error) {
	view := assetView{
		ID: a.ID, Name: a.Name, Title: v.title(a), Kind: a.Kind, State: a.State, Reason: a.StateReason, Alt: v.alt(a), Version: a.Version,
		CanEdit: a.Can.Has(access.Edit) && a.DeletedAt == nil, CanDelete: a.Can.Has(access.Delete), CanHistory: a.Can.Has(access.ReadHistory), Binned: a.DeletedAt != nil,
	}
	renditions, err := v.Renditions.ForAssets(v.ctx, v.who, []id.Asset{a.ID})
	if err != nil {
		return view, err
	}
	if r := v.rendition(a, renditions[a.ID], "medium"); r != nil {
		view.Preview, view.Width, view.Height = v.link(*r), r.Width, r.Height
	}
	if view.Path, err = v.Folders.Path(v.ctx, v.who, a.Folder); err != nil && fault.KindOf(err) != fault.NotFound {
		return view, err
	}
	if a.Can.Has(access.DownloadOriginal) && asset.AllowedBytes(a, v.who, access.DownloadOriginal, v.Now()) == nil {
		view.Ways = append(view.Ways, way{delivery.Original, v.say("download_original") + " (" + page{visit: v}.Bytes(a.Size) + ")"})
	}
	if a.Can.Has(access.DownloadRendition) && asset.AllowedBytes(a, v.who, access.DownloadRendition, v.Now()) == nil {
		for _, r := range slices.Backward(renditions[a.ID]) {
			view.Ways = append(view.Ways, way{r.Preset, v.say("download_preset", v.say("preset_"+r.Preset), r.Width, r.Height)})
		}
	}
	view.Facts = v.facts(a)
	for _, def := range asset.Defs() {
		f := a.Fields[def.Name]
		r := row{Name: def.Name, Label: v.say("field_" + def.Name), Long: def.Type == asset.Text, List: def.Type == asset.List, Value: f.Text(v.fieldLang(f), "")}
		if r.List {
			r.Value = strings.Join(f.Values, "\n")
		}
		if r.Value != "" {
			r.Source = v.provenance(f.Source)
		}
		view.Rows = append(view.Rows, r)
	}
	for _, l := range languages {
		alt := a.Alt[l.Tag]
		r := altRow{Lang: l.Tag, Label: l.Name, Decision: string(alt.Decision), Text: alt.Text}
		if alt.Decision != "" {
			r.Source = v.provenance(alt.Source)
		}
		view.Alts = append(view.Alts, r)
	}
	if err := v.seenBy(&view, a); err != nil {
		return view, err
	}
	return view, v.history(&view, a)
}

// fieldLang is the language that a field's text is shown and edited in: the
// visitor's if there is one, else that of what is there.
func (v *visit) fieldLang(f asset.Field) string {
	if _, ok := f.Lang[v.lang]; ok {
		return v.lang
	}
	return ""
}

func (v *visit) provenance(s asset.Source) string { return v.say("source_" + string(s)) }

func (v *visit) facts(a asset.Asset) [][2]string {
	p := page{visit: v}
	facts := [][2]string{{v.say("fact_file"), a.Name}, {v.say("fact_type"), a.MediaType}, {v.say("fact_size"), p.Bytes(a.Size)}}
	if a.Width != nil && a.Height != nil {
		facts = append(facts, [2]string{v.say("fact_dimensions"), strconv.Itoa(*a.Width) + " × " + strconv.Itoa(*a.Height) + " px"})
	}
	if a.DurationMS != nil {
		facts = append(facts, [2]string{v.say("fact_duration"), p.Duration(*a.DurationMS)})
	}
	return append(facts, [2]string{v.say("fact_stored"), p.Time(a.CreatedAt) + " UTC"}, [2]string{"SHA-256", hexOf(a.SHA256)})
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var s strings.Builder
	for _, c := range b {
		s.WriteByte(digits[c>>4])
		s.WriteByte(digits[c&15])
	}
	return s.String()
}

func (v *visit) seenBy(view *assetView, a asset.Asset) error {
	strip, err := v.Assets.SeenBy(v.ctx, v.who, a.ID)
	if err != nil {
		return err
	}
	view.SeenActors, view.SeenViews = strip.Actors, strip.Views
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
			name = s.ActorID
		}
		view.Seen = append(view.Seen, seenRow{name, v.say(what[s.What]), p.Time(s.LastAt), p.ISO(s.LastAt)})
	}
	return nil
}

// maxHistory is how many changes the page shows.
const maxHistory = 20

func (v *visit) history(view *assetView, a asset.Asset) error {
	if !view.CanHistory {
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
		view.History = append(view.History, changeRow{p.Time(c.At), p.ISO(c.At), v.say("field_" + c.Field), c.Lang, by, plainJSON(c.Before), plainJSON(c.After)})
	}
	return nil
}

func (d *door) editAsset(v *visit) error {
	i, err := v.assetID()
	if err != nil {
		return err
	}
	a, err := d.Assets.Get(v.ctx, v.who, i)
	if err != nil {
		return err
	}
	version, _ := strconv.ParseInt(v.r.PostFormValue("version"), 10, 64)
	if _, err = d.Assets.Edit(v.ctx, v.who, i, max(version, 1), v.patch(a)); err == nil {
		return v.redirect("/assets/" + i.String() + "?done=saved")
	}
	view, e := v.assetView(a)
	if e != nil {
		return e
	}
	// What was typed is shown again; after somebody else's change, with the
	// version that a second press saves over.
	for j, r := range view.Rows {
		view.Rows[j].Value = v.r.PostFormValue("field." + r.Name)
	}
	for j, r := range view.Alts {
		view.Alts[j].Decision, view.Alts[j].Text = v.r.PostFormValue("alt."+r.Lang), v.r.PostFormValue("alttext."+r.Lang)
	}
	return v.again(err, "asset", view.Title, func(problem string) any {
		view.Problem = problem
		return view
	})
}

// patch holds the form against the asset: only what differs is changed.
func (v *visit) patch(a asset.Asset) asset.Patch {
	p := asset.Patch{Fields: map[string]*asset.FieldChange{}, Alt: map[string]*asset.AltChange{}}
	for _, def := range asset.Defs() {
		sent, there := v.r.PostForm["field."+def.Name]
		if !there {
			continue
		}
		text := strings.ReplaceAll(sent[0], "\r\n", "\n")
		f := a.Fields[def.Name]
		switch {
		case def.Type == asset.List:
			values := []string{}
			for _, line := range strings.Split(text, "\n") {
				if line = strings.TrimSpace(line); line != "" {
					values = append(values, line)
				}
			}
			if !slices.Equal(values, f.Values) {
				p.Fields[def.Name] = &asset.FieldChange{Values: values}
			}
		case text == f.Text(v.fieldLang(f), ""):
		case def.PerLanguage && v.fieldLang(f) != "":
			p.Fields[def.Name] = &asset.FieldChange{Lang: map[string]string{v.lang: text}}
		default:
			p.Fields[def.Name] = &asset.FieldChange{Value: &text}
		}
	}
	for _, l := range languages {
		sent, there := v.r.PostForm["alt."+l.Tag]
		if !there {
			continue
		}
		was := a.Alt[l.Tag]
		text := strings.TrimSpace(v.r.PostFormValue("alttext." + l.Tag))
		decision := asset.Decision(sent[0])
		if decision != asset.AltText && decision != asset.AltComplex {
			text = ""
		}
		switch {
		case decision == was.Decision && text == was.Text:
		case decision == "":
			p.Alt[l.Tag] = nil
		default:
			p.Alt[l.Tag] = &asset.AltChange{Decision: decision, Text: text}
		}
	}
	return p
}

func (d *door) download(v *visit) error {
	i, err := v.assetID()
	if err != nil {
		return err
	}
	t, err := d.Delivery.Issue(v.ctx, v.who, i, delivery.Request{Variant: v.r.PostFormValue("variant"), Purpose: v.r.PostFormValue("purpose")})
	if err != nil {
		return err
	}
	return v.redirect(d.MediaURL + t.URL)
}

func (d *door) prepareAsset(v *visit) error {
	return v.deed(func(i id.Asset) error {
		_, err := d.Ingest.Retry(v.ctx, v.who, i)
		return err
	}, "prepared")
}

func (d *door) restoreAsset(v *visit) error {
	return v.deed(func(i id.Asset) error {
		_, err := d.Assets.Restore(v.ctx, v.who, i)
		return err
	}, "restored")
}

// deed does something with the asset and shows it.
func (v *visit) deed(do func(id.Asset) error, done string) error {
	i, err := v.assetID()
	if err != nil {
		return err
	}
	if err := do(i); err != nil {
		return err
	}
	return v.redirect("/assets/" + i.String() + "?" + url.Values{"done": {done}}.Encode())
}

func (d *door) confirmDeletion(v *visit) error {
	i, err := v.assetID()
	if err != nil {
		return err
	}
	a, err := d.Assets.Get(v.ctx, v.who, i)
	if err != nil {
		return err
	}
	if err := access.Require(a.Can, access.Delete, "asset"); err != nil {
		return err
	}
	return v.show(http.StatusOK, "deletion", v.say("delete_title", v.title(a)), card{ID: a.ID, Title: v.title(a)})
}

func (d *door) deleteAsset(v *visit) error {
	i, err := v.assetID()
	if err != nil {
		return err
	}
	if err := d.Assets.Delete(v.ctx, v.who, i); err != nil {
		return err
	}
	return v.redirect("/bin?done=deleted")
}

type binView struct {
	Cards []binCard
	Next  string
	Done  string
}

type binCard struct {
	card
	At, ISO string
}

func (d *door) bin(v *visit) error {
	q := v.r.URL.Query()
	found, err := d.Assets.Bin(v.ctx, v.who, q.Get("cursor"), pageSize)
	if err != nil {
		return err
	}
	view := binView{Done: q.Get("done")}
	p := page{visit: v}
	for _, a := range found.Items {
		c := binCard{card: card{ID: a.ID, Title: v.title(a), Kind: a.Kind}}
		if a.DeletedAt != nil {
			c.At, c.ISO = p.Time(*a.DeletedAt), p.ISO(*a.DeletedAt)
		}
		view.Cards = append(view.Cards, c)
	}
	if found.Next != "" {
		view.Next = v.with("cursor", found.Next)
	}
	return v.show(http.StatusOK, "bin", v.say("bin"), view)
}
