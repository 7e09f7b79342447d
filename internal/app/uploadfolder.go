// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"

	"tillgang/internal/plain"
)

// plant makes the folders that files lie in below the directory that was named.
// Files whose folder cannot be made are told why; the others go on.
func (u *uploader) plant(ctx context.Context, files []sending) {
	type place struct {
		id  string
		err error
	}
	made := map[string]place{"": {id: u.folder}}
	var find func(below string) place
	find = func(below string) place {
		if at, there := made[below]; there {
			return at
		}
		up, name := path.Split(below)
		at := find(strings.TrimSuffix(up, "/"))
		if at.err == nil {
			if at.id, at.err = u.child(ctx, at.id, name); at.err != nil {
				at.err = fmt.Errorf("its folder %s cannot be made: %w", shown(below), at.err)
			}
		}
		made[below] = at
		return at
	}
	for i, f := range files {
		at := find(f.below)
		files[i].folder, files[i].err = at.id, at.err
	}
}

// child is the folder of the name below parent, made if it is not there.
func (u *uploader) child(ctx context.Context, parent, name string) (string, error) {
	line, _ := plain.Line(strings.ReplaceAll(strings.ToValidUTF8(name, "_"), `\`, "_")) // as the server takes it
	at, err := u.named(ctx, parent, line)
	if err != nil || at != "" {
		return at, err
	}
	a, err := u.surely(ctx, http.MethodPost, "/api/v1/folders", map[string]any{"name": line, "parent": parent})
	if said, ok := errors.AsType[*problem](err); ok && said.Code == "folder.name_taken" {
		// Made meanwhile, by another or by a request whose answer was lost.
		if at, again := u.named(ctx, parent, line); again != nil || at != "" {
			return at, again
		}
	}
	if err != nil {
		return "", err
	}
	var f struct {
		ID string `json:"id"`
	}
	return f.ID, json.Unmarshal(a.body, &f)
}

// named finds the folder of the name below parent; "": there is none.
func (u *uploader) named(ctx context.Context, parent, name string) (string, error) {
	for cursor := "-"; cursor != ""; {
		a, err := u.surely(ctx, http.MethodGet, "/api/v1/folders?limit=200&parent="+url.QueryEscape(parent)+"&cursor="+url.QueryEscape(strings.TrimPrefix(cursor, "-")), nil)
		if err != nil {
			return "", err
		}
		var page struct {
			Items []struct {
				ID   string `json:"id"`
				Name string `json:"name"`
			} `json:"items"`
			Next string `json:"next"`
		}
		if err := json.Unmarshal(a.body, &page); err != nil {
			return "", err
		}
		for _, f := range page.Items {
			if plain.Fold(f.Name) == plain.Fold(name) { // the server keeps folders apart by this
				return f.ID, nil
			}
		}
		cursor = page.Next
	}
	return "", nil
}
