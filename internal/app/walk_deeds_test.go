// SPDX-License-Identifier: Apache-2.0

package app

import (
	"tillgang/internal/id"
	"tillgang/internal/notice"
	"tillgang/internal/pg"
)

// ownRequest makes requests about what is the chief's own: collections,
// comments, notices, and what lies in the bin.
func (d *deeds) ownRequest(operation string) (path string, body any, known bool) {
	d.t.Helper()
	switch operation {
	case "updateCollection", "deleteCollection", "addToCollection", "removeFromCollection", "moveInCollection", "setCollectionShares", "restoreCollection", "purgeCollection":
		path, body := d.collectionRequest(operation)
		return path, body, true
	case "editComment":
		of := "/assets/" + d.asset("own").String() + "/comments"
		var made struct{ ID string }
		d.send(d.chief, "POST", of, object{"text": "Beskär den här."}).into(d.t, &made)
		return of + "/" + made.ID, object{"text": "Beskär den där."}, true
	case "readNotice":
		var list struct{ Items []struct{ ID string } }
		err := pg.In(d.t.Context(), d.db, d.tenant, func(tx pg.Tx) error {
			return d.notices.TellTx(d.t.Context(), tx, d.self(d.tenant), notice.News{Kind: notice.JobDone, To: []id.Account{d.chief.account.ID}})
		})
		if err != nil {
			d.t.Fatal(err)
		}
		d.do(d.chief, "GET", "/api/v1/notices", nil).into(d.t, &list)
		return "/notices/" + list.Items[0].ID + "/reading", nil, true
	case "purgeFolder":
		f := d.sub("own")
		if a := d.send(d.chief, "DELETE", "/folders/"+f.String(), nil); a.status >= 300 {
			d.t.Fatalf("%d %s", a.status, a.body)
		}
		return "/bin/folders/" + f.String(), nil, true
	}
	return "", nil, false
}

// collectionRequest makes a collection with an asset in it for one request.
func (d *deeds) collectionRequest(operation string) (string, any) {
	d.t.Helper()
	path, body := requests["createCollection"].make(d.matrix, "own")
	var made struct{ ID string }
	d.send(d.chief, "POST", path, body).into(d.t, &made)
	at, ids := "/collections/"+made.ID, object{"ids": []id.Asset{d.asset("own")}}
	switch operation {
	case "addToCollection":
		return at + "/assets", ids
	case "removeFromCollection", "moveInCollection":
		d.send(d.chief, "POST", at+"/assets", ids)
	case "restoreCollection", "purgeCollection":
		d.send(d.chief, "DELETE", at, nil)
	}
	switch operation {
	case "removeFromCollection":
		return at + "/removals", ids
	case "moveInCollection":
		return at + "/moves", ids
	case "setCollectionShares":
		return at + "/shares", object{"shares": []any{}}
	case "restoreCollection":
		return at + "/restoration", nil
	case "purgeCollection":
		return "/bin" + at, nil
	}
	_, body = requests[operation].make(d.matrix, "own")
	return at, body
}
