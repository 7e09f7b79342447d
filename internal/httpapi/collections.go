// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"slices"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/collection"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
)

// binLife is how long what is in the bin stays there, asked only where one of
// them is.
func binLife[T any](ctx context.Context, s *server, list []T, deleted func(T) *time.Time) (time.Duration, error) {
	if !slices.ContainsFunc(list, func(x T) bool { return deleted(x) != nil }) {
		return 0, nil
	}
	return s.Accounts.BinLife(ctx, actor(ctx))
}

// purges is when something in the bin is destroyed.
func purges(deleted *time.Time, life time.Duration) *time.Time {
	if deleted == nil {
		return nil
	}
	at := deleted.Add(life)
	return &at
}

// collectionsOut translates collections, with their covers and the names of
// whom they belong to.
func (s *server) collectionsOut(ctx context.Context, list []collection.Collection) ([]Collection, error) {
	who := actor(ctx)
	var covers []id.Asset
	var owners []string
	for _, c := range list {
		if !c.Cover.IsZero() {
			covers = append(covers, c.Cover)
		}
		owners = append(owners, c.Owner.String())
	}
	pictures, err := s.assetsByID(ctx, covers)
	if err != nil {
		return nil, err
	}
	names, err := s.Accounts.Names(ctx, who, owners)
	if err != nil {
		return nil, err
	}
	life, err := binLife(ctx, s, list, func(c collection.Collection) *time.Time { return c.DeletedAt })
	if err != nil {
		return nil, err
	}
	out := make([]Collection, len(list))
	for i, c := range list {
		owner := c.Owner.String()
		out[i] = Collection{
			Id: c.ID, Kind: string(c.Kind), Name: c.Name, Description: c.Description, Parent: c.Parent, Everybody: c.Everybody, Level: c.Level.String(),
			Own: c.Owner == who.Account, Owner: Principal{Id: owner, Name: names[owner].Text, Kind: PrincipalKindAccount}, Shares: c.Shares,
			Children: c.Children, Version: c.Version, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, DeletedAt: c.DeletedAt, PurgesAt: purges(c.DeletedAt, life),
		}
		if c.Kind == collection.Saved {
			out[i].Search = savedOut(c.Search)
			continue
		}
		chosen := c.Chosen != nil
		out[i].Count, out[i].CountIsExact, out[i].CoverIsChosen = &c.Count, &c.CountIsExact, &chosen
		if picture, ok := pictures[c.Cover]; ok {
			out[i].Cover = &picture
		}
	}
	return out, nil
}

func (s *server) collectionOut(ctx context.Context, c collection.Collection) (Collection, error) {
	list, err := s.collectionsOut(ctx, []collection.Collection{c})
	if err != nil {
		return Collection{}, err
	}
	return list[0], nil
}

func savedOut(q collection.Search) *SavedSearch {
	out := &SavedSearch{Q: some(q.Q), Tag: some(q.Tag), Sort: some(q.Sort), Kind: some(Kind(q.Kind)), State: some(State(q.State)), Subtree: some(q.Subtree)}
	if f, err := id.Parse[id.Folder](q.Folder); err == nil {
		out.Folder = &f
	}
	return out
}

func (s *server) collectionPage(ctx context.Context, p page.Page[collection.Collection]) (CollectionPage, error) {
	items, err := s.collectionsOut(ctx, p.Items)
	return CollectionPage{Items: items, Next: some(p.Next)}, err
}

// ListCollections answers GET /api/v1/collections.
func (s *server) ListCollections(ctx context.Context, r ListCollectionsRequestObject) (ListCollectionsResponseObject, error) {
	q := r.Params
	f := collection.Filter{
		Kind: collection.Kind(or(q.Kind)), Least: collection.LevelOf(string(or(q.Level))), Name: or(q.Q), Asset: or(q.Asset), Cursor: or(q.Cursor), Limit: or(q.Limit),
	}
	if f.Top = or(q.Parent) == "top"; !f.Top && q.Parent != nil {
		var err error
		if f.Parent, err = id.Parse[id.Collection](*q.Parent); err != nil {
			return nil, access.NotFound("collection")
		}
	}
	p, err := s.Collections.List(ctx, actor(ctx), f)
	if err != nil {
		return nil, err
	}
	out, err := s.collectionPage(ctx, p)
	return ListCollections200JSONResponse(out), err
}

// CreateCollection answers POST /api/v1/collections.
func (s *server) CreateCollection(ctx context.Context, r CreateCollectionRequestObject) (CreateCollectionResponseObject, error) {
	n := collection.Draft{Kind: collection.List, Name: r.Body.Name, Description: or(r.Body.Description), Everybody: or(r.Body.Everybody), Parent: or(r.Body.Parent)}
	if r.Body.Search != nil {
		n.Kind, n.Search = collection.Saved, savedIn(*r.Body.Search)
	}
	c, err := s.Collections.Create(ctx, actor(ctx), n)
	if err != nil {
		return nil, err
	}
	out, err := s.collectionOut(ctx, c)
	return CreateCollection201JSONResponse(out), err
}

// GetCollection answers GET /api/v1/collections/{id}.
func (s *server) GetCollection(ctx context.Context, r GetCollectionRequestObject) (GetCollectionResponseObject, error) {
	c, err := s.Collections.Get(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out, err := s.collectionOut(ctx, c)
	if err != nil {
		return nil, err
	}
	steps, err := s.Collections.Path(ctx, actor(ctx), r.Id)
	path := grown(or(out.Path), len(steps))
	for i, one := range steps {
		path[i].Id, path[i].Name = one.ID, one.Name
	}
	out.Path = &path
	return GetCollection200JSONResponse(out), err
}

// UpdateCollection answers PATCH /api/v1/collections/{id}.
func (s *server) UpdateCollection(ctx context.Context, r UpdateCollectionRequestObject) (UpdateCollectionResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	p := collection.Patch{Name: b.Name, Description: b.Description, Everybody: b.Everybody, Owner: b.Owner}
	if b.Search != nil {
		q := savedIn(*b.Search)
		p.Search = &q
	}
	if b.Parent != nil {
		parent, err := id.Parse[id.Collection](*b.Parent)
		if err != nil && *b.Parent != "top" {
			return nil, access.NotFound("collection")
		}
		p.Parent = &parent
	}
	if b.Cover != nil {
		cover, err := id.Parse[id.Asset](*b.Cover)
		if err != nil && *b.Cover != "first" {
			return nil, access.NotFound("asset")
		}
		p.Cover = &cover
	}
	c, err := s.Collections.Edit(ctx, actor(ctx), r.Id, version, p)
	if err != nil {
		return nil, err
	}
	out, err := s.collectionOut(ctx, c)
	return UpdateCollection200JSONResponse(out), err
}

// DeleteCollection answers DELETE /api/v1/collections/{id}.
func (s *server) DeleteCollection(ctx context.Context, r DeleteCollectionRequestObject) (DeleteCollectionResponseObject, error) {
	return DeleteCollection204Response{}, s.Collections.Delete(ctx, actor(ctx), r.Id)
}

// RestoreCollection answers POST /api/v1/collections/{id}/restoration.
func (s *server) RestoreCollection(ctx context.Context, r RestoreCollectionRequestObject) (RestoreCollectionResponseObject, error) {
	c, err := s.Collections.Restore(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	out, err := s.collectionOut(ctx, c)
	return RestoreCollection200JSONResponse(out), err
}

// ListCollectionBin answers GET /api/v1/bin/collections.
func (s *server) ListCollectionBin(ctx context.Context, r ListCollectionBinRequestObject) (ListCollectionBinResponseObject, error) {
	p, err := s.Collections.Bin(ctx, actor(ctx), or(r.Params.Cursor), or(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	out, err := s.collectionPage(ctx, p)
	return ListCollectionBin200JSONResponse(out), err
}

// PurgeCollection answers DELETE /api/v1/bin/collections/{id}.
func (s *server) PurgeCollection(ctx context.Context, r PurgeCollectionRequestObject) (PurgeCollectionResponseObject, error) {
	return PurgeCollection204Response{}, s.Collections.Purge(ctx, actor(ctx), r.Id)
}

func placesIn(b *CollectionPlaces) (collection.At, error) {
	at := collection.At{Start: or(b.Start), Before: or(b.Before), After: or(b.After)}
	if given := b2i(at.Start) + b2i(!at.Before.IsZero()) + b2i(!at.After.IsZero()); given > 1 {
		return at, fault.Fields("request.invalid", "Some of what was sent is not as the API wants it.", map[string]string{"before": "one of before, after and start"})
	}
	return at, nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// AddToCollection answers POST /api/v1/collections/{id}/assets.
func (s *server) AddToCollection(ctx context.Context, r AddToCollectionRequestObject) (AddToCollectionResponseObject, error) {
	at, err := placesIn(r.Body)
	if err != nil {
		return nil, err
	}
	put, err := s.Collections.Add(ctx, actor(ctx), r.Id, r.Body.Ids, at)
	return AddToCollection200JSONResponse{Added: len(put.Changed), There: put.Same, Unseen: len(put.Unseen)}, err
}

// RemoveFromCollection answers POST /api/v1/collections/{id}/removals.
func (s *server) RemoveFromCollection(ctx context.Context, r RemoveFromCollectionRequestObject) (RemoveFromCollectionResponseObject, error) {
	put, err := s.Collections.Remove(ctx, actor(ctx), r.Id, r.Body.Ids)
	return RemoveFromCollection200JSONResponse{Removed: len(put.Changed)}, err
}

// MoveInCollection answers POST /api/v1/collections/{id}/moves.
func (s *server) MoveInCollection(ctx context.Context, r MoveInCollectionRequestObject) (MoveInCollectionResponseObject, error) {
	at, err := placesIn(r.Body)
	if err != nil {
		return nil, err
	}
	return MoveInCollection204Response{}, s.Collections.Move(ctx, actor(ctx), r.Id, r.Body.Ids, at)
}

// ListCollectionShares answers GET /api/v1/collections/{id}/shares.
func (s *server) ListCollectionShares(ctx context.Context, r ListCollectionSharesRequestObject) (ListCollectionSharesResponseObject, error) {
	list, err := s.Collections.Shares(ctx, actor(ctx), r.Id)
	if err != nil {
		return nil, err
	}
	names, err := s.Accounts.PrincipalNames(ctx, actor(ctx), collection.Principals(list))
	out := ListCollectionShares200JSONResponse{Items: []CollectionShare{}}
	for _, h := range list {
		if n, ok := names[h.Principal]; ok {
			out.Items = append(out.Items, CollectionShare{Principal: nameOut(n), Level: shareLevel(h.Contribute)})
		}
	}
	return out, err
}

func shareLevel(contribute bool) string {
	if contribute {
		return collection.Contribute.String()
	}
	return collection.View.String()
}

// SetCollectionShares answers PUT /api/v1/collections/{id}/shares.
func (s *server) SetCollectionShares(ctx context.Context, r SetCollectionSharesRequestObject) (SetCollectionSharesResponseObject, error) {
	var list []collection.Share
	for _, h := range r.Body.Shares {
		p, err := account.ParsePrincipal(h.Principal)
		if err != nil {
			return nil, err
		}
		list = append(list, collection.Share{Principal: p, Contribute: h.Level == collection.Contribute.String()})
	}
	return SetCollectionShares204Response{}, s.Collections.SetShares(ctx, actor(ctx), r.Id, list)
}

// ListQueues answers GET /api/v1/queues.
func (s *server) ListQueues(ctx context.Context, _ ListQueuesRequestObject) (ListQueuesResponseObject, error) {
	list, err := s.Search.Queues(ctx, actor(ctx))
	out := ListQueues200JSONResponse{}
	sized(&out.Items, len(list))
	for i, q := range list {
		to := &out.Items[i]
		to.Name, to.Q, to.Count, to.CountIsExact = q.Name, q.Q, q.Count, q.CountIsExact
	}
	return out, err
}

func nameOut(n account.Name) Principal {
	return Principal{Id: n.ID, Name: n.Text, Kind: PrincipalKind(n.Kind)}
}

// FindPeople answers GET /api/v1/people.
func (s *server) FindPeople(ctx context.Context, r FindPeopleRequestObject) (FindPeopleResponseObject, error) {
	out := FindPeople200JSONResponse{Items: []Principal{}}
	if ids := or(r.Params.Ids); len(ids) > 0 {
		names, err := s.Accounts.Names(ctx, actor(ctx), ids)
		for _, one := range ids {
			if n, ok := names[one]; ok {
				out.Items = append(out.Items, nameOut(n))
			}
		}
		return out, err
	}
	list, err := s.Accounts.Directory(ctx, actor(ctx), or(r.Params.Q), string(or(r.Params.Kind)))
	for _, n := range list {
		out.Items = append(out.Items, nameOut(n))
	}
	return out, err
}
