// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/collection"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// opened is what a collection adds to a query: that something was chosen for it,
// or the conditions of its search, which must hold beside the query's own.
type opened struct {
	picked bool      // only what was chosen for the collection
	tag    string    // a second keyword
	place  id.Folder // only right in this folder
	empty  bool      // both want different things: nothing is found
}

// open brings a collection that who sees into a query.
func (s *Service) open(ctx context.Context, tx pg.Tx, who access.Actor, q *Query, clauses *[]clause) (o opened, err error) {
	c, err := s.Open(ctx, tx, who, q.Collection)
	if err != nil || c.Kind == collection.List {
		return opened{picked: err == nil}, err
	}
	saved := Query{Q: c.Search.Q, Kind: asset.Kind(c.Search.Kind), Tag: c.Search.Tag, State: asset.State(c.Search.State), Sort: Sort(c.Search.Sort)}
	more, err := saved.check()
	if err != nil {
		return o, &fault.Error{
			Kind: fault.Invalid, Code: "collection.search", Err: err,
			Text: "The search of this collection cannot be understood. Whoever it belongs to has to write it anew.",
		}
	}
	folder, err := id.Parse[id.Folder](c.Search.Folder)
	if c.Search.Folder != "" && err != nil {
		o.empty = true
	}
	switch {
	case folder.IsZero():
	case q.Folder.IsZero():
		q.Folder, q.Subtree = folder, c.Search.Subtree
	case c.Search.Subtree:
		more = append(more, clause{any: []atom{{key: "folder", value: folder.String()}}})
	default:
		o.place = folder
	}
	*clauses = append(*clauses, more...)
	if q.Kind, o.empty = both(q.Kind, saved.Kind, o.empty); q.State == "" || saved.State != "" {
		q.State, o.empty = both(q.State, saved.State, o.empty)
	}
	if q.Tag == "" {
		q.Tag = saved.Tag
	} else {
		o.tag = saved.Tag
	}
	if q.Sort == "" {
		q.Sort = saved.Sort
	}
	return o, nil
}

// both is what must hold when two say what they want; empty says that it cannot.
func both[T ~string](one, other T, empty bool) (T, bool) {
	switch {
	case one == "":
		return other, empty
	case other == "":
		return one, empty
	}
	return one, empty || one != other
}
