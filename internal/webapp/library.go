// SPDX-License-Identifier: Apache-2.0

package webapp

import (
	"cmp"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/rendition"
	"tillgang/internal/search"
)

// card is one asset in a grid.
type card struct {
	ID      id.Asset
	Title   string
	Kind    asset.Kind
	State   asset.State
	Preview string // address of the small rendition; empty: an icon
	Width   int
	Height  int
	Whole   bool // shown whole within its frame, since cutting would take much away
	Alt     string
	What    string // what sort of file, and how long
}

// branch is one folder in the tree.
type branch struct {
	ID       id.Folder
	Name     string
	Bare     bool // only a way to something below it
	Current  bool
	Open     bool // on the way to the current folder
	Children []*branch
}

type count struct {
	Value, Label string
	Count        int
	Current      bool
}

type libraryView struct {
	Tree          []*branch
	Path          []folder.Folder
	Folder        *folder.Folder // nil: everything
	Q, Kind, Sort string
	Kinds         []count
	Cards         []card
	Total         int
	Exact         bool
	Next          string
	First         string // back to the first page; empty on it
	CanUpload     bool
	CanMake       bool
	UploadTo      id.Folder
	UploadName    string // of the folder that uploads go to
	FolderName    string
	Empty         bool // there is nothing here, whatever is searched for
	Done          string
	Problem       string
}

// pageSize is how many cards a page of the grid has.
const pageSize = 60

func (d *door) library(v *visit) error {
	q := v.r.URL.Query()
	view := libraryView{Q: q.Get("q"), Kind: q.Get("kind"), Sort: q.Get("sort"), Done: v.done("password", "folder")}
	query := search.Query{Q: view.Q, Kind: asset.Kind(view.Kind), Sort: search.Sort(view.Sort), Cursor: q.Get("cursor"), Limit: pageSize, Subtree: true}
	if text := q.Get("folder"); text != "" {
		f, err := id.Parse[id.Folder](text)
		if err != nil {
			return access.NotFound("folder")
		}
		current, err := d.Folders.Get(v.ctx, v.who, f)
		if err != nil {
			return err
		}
		view.Folder, query.Folder = &current, f
		view.CanUpload, view.CanMake, view.UploadTo = current.Can.Has(access.Upload), current.Can.Has(access.ManageFolder), f
		view.FolderName = v.folderName(current)
		view.UploadName = view.FolderName
		if view.Path, err = v.path(f); err != nil {
			return err
		}
	}
	if err := v.tree(&view); err != nil {
		return err
	}
	found, err := d.Search.List(v.ctx, v.who, query)
	if f := fault.As(err); err != nil && f.Kind == fault.Invalid {
		view.Problem = v.problem(f) // the words cannot be searched for: say so beside them
		return v.show(http.StatusUnprocessableEntity, "library", v.say("error_in_title", v.say("library")), view)
	} else if err != nil {
		return err
	}
	if view.Cards, err = v.cards(found.Items); err != nil {
		return err
	}
	view.Total, view.Exact = found.Total, found.TotalIsExact
	if found.Next != "" {
		view.Next = v.with("cursor", found.Next)
	}
	if query.Cursor != "" {
		view.First = v.with("cursor", "")
	}
	if err := v.kinds(&view, query); err != nil {
		return err
	}
	view.Empty = len(view.Cards) == 0 && view.Q == "" && view.Kind == ""
	title := v.say("library")
	if view.Folder != nil {
		title = view.FolderName
	}
	if view.Q != "" {
		title = v.say("search_title", view.Q)
	}
	return v.show(http.StatusOK, "library", title, view)
}

// with returns this page's address with one parameter changed, from the first page on.
func (v *visit) with(name, value string) string {
	q := url.Values{}
	for k, values := range v.r.URL.Query() {
		if k != "cursor" && k != "done" && len(values) > 0 && values[0] != "" {
			q.Set(k, values[0])
		}
	}
	if q.Del(name); value != "" {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return v.r.URL.Path
	}
	return v.r.URL.Path + "?" + q.Encode()
}

func (v *visit) kinds(view *libraryView, query search.Query) error {
	chosen := query.Kind
	query.Kind, query.Cursor = "", ""
	facets, err := v.Search.Facets(v.ctx, v.who, query)
	if err != nil {
		return err
	}
	if len(facets.Kinds) > 1 || chosen != "" {
		view.Kinds = append(view.Kinds, count{Value: v.with("kind", ""), Label: v.say("kind_all"), Count: facets.Total, Current: chosen == ""})
		order := []string{"image", "video", "audio", "document", "archive", "font", "other"}
		slices.SortFunc(facets.Kinds, func(a, b search.Count) int {
			return cmp.Compare(slices.Index(order, a.Value), slices.Index(order, b.Value))
		})
		for _, k := range facets.Kinds {
			view.Kinds = append(view.Kinds, count{v.with("kind", k.Value), v.say("kind_" + k.Value), k.Count, string(chosen) == k.Value})
		}
	}
	return nil
}

// maxTree is how many folders the tree shows; more are reached folder by folder.
const maxTree = 1000

// eachFolder calls do with the folders that the visitor sees, those above
// before those in them.
func (v *visit) eachFolder(do func(folder.Folder)) error {
	cursor := ""
	for n := 0; n < maxTree; {
		p, err := v.Folders.Tree(v.ctx, v.who, cursor, 200)
		if err != nil {
			return err
		}
		for _, f := range p.Items {
			do(f)
		}
		n += len(p.Items)
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	return nil
}

// folderName is what a folder is called here: the inbox has a name in each language.
func (v *visit) folderName(f folder.Folder) string {
	if f.Purpose == folder.PurposeInbox {
		return v.say("inbox")
	}
	return f.Name
}

// path is the way to a folder from the top.
func (v *visit) path(to id.Folder) ([]folder.Folder, error) {
	list, err := v.Folders.Path(v.ctx, v.who, to)
	for i, f := range list {
		list[i].Name = v.folderName(f)
	}
	return list, err
}

// tree builds the folder tree and finds where uploads go.
func (v *visit) tree(view *libraryView) error {
	byID := map[id.Folder]*branch{}
	way := map[id.Folder]bool{}
	for _, f := range view.Path {
		way[f.ID] = true
	}
	return v.eachFolder(func(f folder.Folder) {
		b := &branch{
			ID: f.ID, Name: v.folderName(f), Bare: !f.Can.Has(access.View), Open: way[f.ID] || f.Parent.IsZero(),
			Current: view.Folder != nil && view.Folder.ID == f.ID,
		}
		byID[f.ID] = b
		if above := byID[f.Parent]; above != nil {
			above.Children = append(above.Children, b)
		} else {
			view.Tree = append(view.Tree, b)
		}
		if view.Folder != nil {
			return
		}
		if f.Can.Has(access.Upload) && (view.UploadTo.IsZero() || f.Purpose == folder.PurposeInbox) {
			view.CanUpload, view.UploadTo, view.UploadName = true, f.ID, b.Name
		}
		if f.Purpose == folder.PurposeRoot {
			view.CanMake = f.Can.Has(access.ManageFolder)
		}
	})
}

// cards translates assets with their smallest renditions, read at once.
func (v *visit) cards(list []asset.Asset) ([]card, error) {
	ids := make([]id.Asset, len(list))
	for i, a := range list {
		ids[i] = a.ID
	}
	renditions, err := v.Renditions.ForAssets(v.ctx, v.who, ids)
	if err != nil {
		return nil, err
	}
	out := make([]card, len(list))
	for i, a := range list {
		out[i] = card{ID: a.ID, Title: v.title(a), Kind: a.Kind, State: a.State, Alt: v.alt(a), What: v.what(a)}
		if r := v.rendition(a, renditions[a.ID], "small"); r != nil {
			out[i].Preview, out[i].Width, out[i].Height = v.link(*r), r.Width, r.Height
			out[i].Whole = r.Width < r.Height || r.Width > 2*r.Height || r.Width < 200
		}
	}
	return out, nil
}

// what says in a few signs what sort of file an asset is.
func (v *visit) what(a asset.Asset) string {
	text := strings.ToUpper(strings.TrimPrefix(path.Ext(a.Name), "."))
	if text == "" || len(text) > 5 {
		text = v.say("type_" + string(a.Kind))
	}
	if a.DurationMS != nil {
		text += " · " + page{visit: v}.Duration(*a.DurationMS)
	} else if a.Width != nil && a.Height != nil && a.Kind == asset.Image {
		text += " · " + dimensions(*a.Width, *a.Height)
	}
	return text
}

// title is what an asset is called here: its title, else its file's name.
func (v *visit) title(a asset.Asset) string {
	if t := a.Fields["title"].Text(v.lang); t != "" {
		return t
	}
	return a.Name
}

// alt is the alt text in the visitor's language or any other; empty when none
// was written or none is needed. The title stands beside every picture.
func (v *visit) alt(a asset.Asset) string {
	for _, lang := range []string{v.lang, ""} {
		if t := a.Alt[lang]; t.Text != "" {
			return t.Text
		}
	}
	for _, l := range languages {
		if t := a.Alt[l.Tag]; t.Text != "" {
			return t.Text
		}
	}
	return ""
}

func (v *visit) rendition(a asset.Asset, list []rendition.Rendition, preset string) *rendition.Rendition {
	if asset.AllowedBytes(a, v.who, access.View, v.Now()) != nil {
		return nil
	}
	for _, r := range list {
		if r.Preset == preset {
			return &r
		}
	}
	return nil
}

// link signs the address of a rendition; empty if it cannot be handed out.
func (v *visit) link(r rendition.Rendition) string {
	path, err := v.Delivery.SignRendition(r.Key, r.MediaType, v.Now())
	if err != nil {
		return ""
	}
	return v.MediaURL + path
}

func (d *door) createFolder(v *visit) error {
	parent, err := id.Parse[id.Folder](v.r.PostFormValue("parent"))
	if err != nil {
		p, err := d.Folders.Children(v.ctx, v.who, id.Folder{}, "", 1)
		if err != nil || len(p.Items) == 0 {
			return access.NotFound("folder")
		}
		parent = p.Items[0].ID
	}
	f, err := d.Folders.Create(v.ctx, v.who, parent, v.r.PostFormValue("name"))
	if err != nil {
		return err
	}
	return v.redirect("/?" + url.Values{"folder": {f.ID.String()}, "done": {"folder"}}.Encode())
}
