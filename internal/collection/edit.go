// SPDX-License-Identifier: Apache-2.0

package collection

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
)

// Draft is a collection to be made.
type Draft struct {
	Kind        Kind
	Name        string
	Description string
	Everybody   string        // empty: none
	Parent      id.Collection // zero: at the top
	Search      Search        // of a saved one
}

const sqlCount = `select count(*) from collection c where c.tenant_id = @tenant and c.owner_id = @me and c.deleted_at is null`

const sqlCreate = `
	insert into collection (id, tenant_id, kind, owner_id, everybody, name, name_key, description, query, parent_id, created_at, updated_at)
	values (@id, @tenant, @kind, @me, @everybody, @name, @key, @description, @query, @parent, @now, @now)`

// Create makes a collection of who's own. In another one it takes Contribute
// there. Whether a search can be understood, whoever opens it is told.
func (s *Service) Create(ctx context.Context, who access.Actor, n Draft) (c Collection, err error) {
	if n.Name, err = cleanName(n.Name); err != nil {
		return c, err
	}
	if n.Description, err = cleanDescription(n.Description); err != nil {
		return c, err
	}
	if n.Everybody == "" {
		n.Everybody = None.String()
	}
	if err := checkEverybody(n.Everybody); err != nil {
		return c, err
	}
	if n.Kind != Saved {
		n.Kind, n.Search = List, Search{}
	}
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		made := id.New[id.Collection]()
		e := audit.Entry{Verb: "collection.create", Subject: made.String(), Detail: map[string]any{"kind": n.Kind, "everybody": n.Everybody}}
		var have int
		if err := tx.QueryRow(ctx, sqlCount, pgx.StrictNamedArgs{"tenant": who.Tenant, "me": who.Account}).Scan(&have); err != nil {
			return e, err
		}
		if have >= maxOwn {
			return e, fault.New(fault.Conflict, "collection.full", "You have 1,000 collections, which is the most. Delete some first.")
		}
		var parent *id.Collection
		if !n.Parent.IsZero() {
			parent = &n.Parent
			if err := s.into(ctx, tx, who, n.Parent, made, 1); err != nil {
				return e, err
			}
		}
		if _, err := tx.Exec(ctx, sqlCreate, pgx.StrictNamedArgs{
			"id": made, "tenant": who.Tenant, "kind": n.Kind, "me": who.Account, "everybody": n.Everybody, "name": n.Name, "key": plain.Fold(n.Name),
			"description": n.Description, "query": n.Search, "parent": parent, "now": s.now(),
		}); err != nil {
			return e, err
		}
		c, err = s.getTx(ctx, tx, who, made)
		return e, err
	})
	return c, err
}

const sqlDepth = sqlUpPart + `select count(*)::int, coalesce(bool_or(x.id = @moved), false) from up x`

// into checks that a collection, with levels of others in it, may lie in another
// one; nobody moves collections meanwhile.
func (s *Service) into(ctx context.Context, tx pg.Tx, who access.Actor, parent, moved id.Collection, levels int) error {
	if err := lockTree(ctx, tx, who); err != nil {
		return err
	}
	p, err := open(ctx, tx, who, parent, Contribute)
	if err != nil {
		return err
	}
	if p.Kind != List {
		return fault.Fields("collection.parent", "Nothing can lie in a saved search. Choose another collection.", map[string]string{"parent": "not a saved search"})
	}
	var depth int
	var circle bool
	if err := tx.QueryRow(ctx, sqlDepth, me(who, pgx.StrictNamedArgs{"id": parent, "moved": moved})).Scan(&depth, &circle); err != nil {
		return err
	}
	if circle {
		return fault.Fields("collection.parent", "A collection cannot lie in itself, or in one that lies in it.", map[string]string{"parent": "not itself or one that lies in it"})
	}
	if depth+levels > MaxDepth {
		return fault.Fields("collection.too_deep", "Collections can lie at most five deep. Choose a place further up.", map[string]string{"parent": "at most five deep"})
	}
	return nil
}

// Patch is what Edit changes; what is nil stays.
type Patch struct {
	Name        *string
	Description *string
	Everybody   *string
	Search      *Search        // of a saved one
	Parent      *id.Collection // zero: to the top
	Cover       *id.Asset      // zero: none chosen; takes Contribute only
	Owner       *id.Account
}

// only reports whether the patch is one for those who contribute.
func (p Patch) only() bool {
	return p.Cover != nil && p.Name == nil && p.Description == nil && p.Everybody == nil && p.Search == nil && p.Parent == nil && p.Owner == nil
}

const sqlEdit = `
	update collection c set name = @name, name_key = @key, description = @description, everybody = @everybody, query = @query, parent_id = @parent,
		cover_id = @cover, owner_id = @owner, version = version + 1, updated_at = @now
	where c.id = @id and c.tenant_id = @tenant`

const sqlLies = `select c.parent_id from collection c where c.id = @id and c.tenant_id = @tenant`

const sqlBelow = `
	with recursive below as (
		select c.id, 1 as level from collection c where c.id = @id and c.tenant_id = @tenant
		union all select k.id, b.level + 1 from below b join collection k on k.parent_id = b.id
	)
	select max(b.level)::int from below b`

const sqlAccount = `select exists (select from account a where a.id = @account and a.tenant_id = @tenant and a.state <> 'deactivated')`

// Edit changes a collection, which takes Manage. version is the one the change
// was made to; zero is any.
func (s *Service) Edit(ctx context.Context, who access.Actor, collection id.Collection, version int64, p Patch) (c Collection, err error) {
	need := Manage
	if p.only() {
		need = Contribute
	}
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "collection.edit", Subject: collection.String()}
		if p.Parent != nil {
			if err := lockTree(ctx, tx, who); err != nil {
				return e, err
			}
		}
		if c, err = hold(ctx, tx, who, collection, need); err != nil {
			return e, err
		}
		if version != 0 && version != c.Version {
			return e, &fault.Error{
				Kind: fault.Stale, Code: "collection.changed", Extra: map[string]string{"version": strconv.FormatInt(c.Version, 10)},
				Text: "Somebody changed this collection meanwhile. Load it again.",
			}
		}
		args := pgx.StrictNamedArgs{"id": collection, "tenant": who.Tenant}
		var lies *id.Collection // not c.Parent: who moves nothing need not see it
		if err := tx.QueryRow(ctx, sqlLies, args).Scan(&lies); err != nil {
			return e, err
		}
		if err := s.change(ctx, tx, who, &c, &lies, p); err != nil {
			return e, err
		}
		args["name"], args["key"], args["description"], args["everybody"], args["query"] = c.Name, plain.Fold(c.Name), c.Description, c.Everybody, c.Search
		args["parent"], args["cover"], args["owner"], args["now"] = lies, c.Chosen, c.Owner, s.now()
		if _, err := tx.Exec(ctx, sqlEdit, args); err != nil {
			return e, err
		}
		e.Detail = map[string]any{"everybody": c.Everybody, "owner": c.Owner.String()}
		c, err = s.getTx(ctx, tx, who, collection)
		if fault.KindOf(err) == fault.NotFound { // given away
			c, err = Collection{ID: collection, Kind: c.Kind, Version: version}, nil
		}
		return e, err
	})
	return c, err
}

// change brings a patch into c and into where it lies.
func (s *Service) change(ctx context.Context, tx pg.Tx, who access.Actor, c *Collection, lies **id.Collection, p Patch) (err error) {
	if p.Name != nil {
		if c.Name, err = cleanName(*p.Name); err != nil {
			return err
		}
	}
	if p.Description != nil {
		if c.Description, err = cleanDescription(*p.Description); err != nil {
			return err
		}
	}
	if p.Everybody != nil {
		if err := checkEverybody(*p.Everybody); err != nil {
			return err
		}
		c.Everybody = *p.Everybody
	}
	if p.Search != nil {
		if c.Kind != Saved {
			return fault.Fields("collection.search", "The assets of this collection are chosen. Only a saved search has a query.", map[string]string{"search": "only of a saved search"})
		}
		c.Search = *p.Search
	}
	if p.Owner != nil && *p.Owner != c.Owner {
		var there bool
		if err := tx.QueryRow(ctx, sqlAccount, pgx.StrictNamedArgs{"account": *p.Owner, "tenant": who.Tenant}).Scan(&there); err != nil {
			return err
		}
		if !there {
			return fault.Fields("collection.owner", "There is nobody by that identifier who can sign in.", map[string]string{"owner": "not an account"})
		}
		c.Owner = *p.Owner
	}
	if p.Cover != nil {
		if c.Chosen = nil; !p.Cover.IsZero() {
			seen, err := s.seenOf(ctx, tx, who, []id.Asset{*p.Cover})
			if err != nil {
				return err
			}
			if !seen[*p.Cover] {
				return access.NotFound("asset")
			}
			c.Chosen = p.Cover
		}
	}
	if p.Parent == nil {
		return nil
	}
	if *lies = nil; p.Parent.IsZero() {
		return nil
	}
	*lies = p.Parent
	var levels int
	if err := tx.QueryRow(ctx, sqlBelow, pgx.StrictNamedArgs{"id": c.ID, "tenant": who.Tenant}).Scan(&levels); err != nil {
		return err
	}
	return s.into(ctx, tx, who, *p.Parent, c.ID, levels)
}
