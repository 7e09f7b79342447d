// SPDX-License-Identifier: Apache-2.0

package webapp

import (
	"encoding/json"
	"net/http"
	"net/url"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/delivery"
	"tillgang/internal/folder"
	"tillgang/internal/id"
)

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
	view.Done = v.done("saved", "moved", "restored", "prepared")
	return v.show(http.StatusOK, "asset", view.Title, view)
}

// assetState tells a script whether previews have been made. It is not a look
// at the asset.
func (d *door) assetState(v *visit) error {
	i, err := v.assetID()
	if err != nil {
		return err
	}
	a, err := d.Assets.Get(v.ctx, v.who, i)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(v.w).Encode(map[string]asset.State{"state": a.State})
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

// target is a folder that the asset can be moved to.
type target struct {
	ID      id.Folder
	Label   string // its way from the top
	Current bool
}

func (v *visit) targets(a asset.Asset) ([]target, error) {
	var out []target
	ways := map[id.Folder]string{}
	err := v.eachFolder(func(f folder.Folder) {
		ways[f.ID] = v.folderName(f)
		if above := ways[f.Parent]; above != "" {
			ways[f.ID] = above + " / " + ways[f.ID]
		}
		if current := f.ID == a.Folder; current || f.Can.Has(access.Upload) {
			out = append(out, target{f.ID, ways[f.ID], current})
		}
	})
	if len(out) < 2 {
		return nil, err // there is nowhere else
	}
	return out, err
}

func (d *door) moveAsset(v *visit) error {
	return v.deed(func(i id.Asset) error {
		to, err := id.Parse[id.Folder](v.r.PostFormValue("folder"))
		if err != nil {
			return access.NotFound("folder")
		}
		_, err = d.Assets.Edit(v.ctx, v.who, i, 0, asset.Patch{Folder: &to})
		return err
	}, "moved")
}
