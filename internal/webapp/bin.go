// SPDX-License-Identifier: Apache-2.0

package webapp

import (
	"net/http"
)

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
	view := binView{Done: v.done("deleted")}
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
