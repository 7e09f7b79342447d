// SPDX-License-Identifier: Apache-2.0

// Package collection keeps people's lists. For now these are saved searches: a
// query's text and its parameters under a name.
//
// Promises: a collection carries no rights. Whoever opens one finds only what
// they may see themselves. It is its owner's, who may show it to everybody of
// the tenant; only the owner changes it.
//
// Tables: collection.
package collection

import (
	"context"
	"errors"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
)

// Search is what a saved search asks for, as it stands in the request of a list.
type Search struct {
	Q       string `json:"q,omitempty"`
	Folder  string `json:"folder,omitempty"`
	Subtree bool   `json:"subtree,omitempty"`
	Kind    string `json:"kind,omitempty"`
	Tag     string `json:"tag,omitempty"`
	State   string `json:"state,omitempty"`
	Sort    string `json:"sort,omitempty"`
}

// Collection is a saved search.
type Collection struct {
	ID        id.Collection `db:"id"`
	Owner     id.Account    `db:"owner_id"`
	Shared    bool          `db:"shared"` // everybody of the tenant sees it
	Name      string        `db:"name"`
	Search    Search        `db:"query"`
	Version   int64         `db:"version"`
	CreatedAt time.Time     `db:"created_at"`
	UpdatedAt time.Time     `db:"updated_at"`
	key       string
}

// maxOwn is how many collections an account can have.
const maxOwn = 500

// Service is the room's set of verbs.
type Service struct {
	db  *pg.DB
	now func() time.Time
}

// New returns the room on a database.
func New(db *pg.DB, now func() time.Time) *Service { return &Service{db, now} }

// somebody is whoever has an account, by a session or a key of its own.
func somebody(who access.Actor) error {
	if who.Kind == access.Nobody {
		return who.Require(access.View)
	}
	if who.Account.IsZero() {
		return fault.New(fault.Forbidden, "collection.no_account", "Collections belong to people. Use a key of a person's own, or sign in.")
	}
	return nil
}

const sqlColumns = `c.id, c.owner_id, c.shared, c.name, c.query, c.version, c.created_at, c.updated_at`

const sqlList = `
	select ` + sqlColumns + `, c.name_key from collection c
	where c.tenant_id = @tenant and (c.owner_id = @me or c.shared) and (c.name_key, c.id) > (@key::text, @last::uuid)
	order by c.name_key, c.id limit @n`

// List returns a page of the collections that are who's own or shared, by name.
func (s *Service) List(ctx context.Context, who access.Actor, cursor string, limit int) (out page.Page[Collection], err error) {
	if err := somebody(who); err != nil {
		return out, err
	}
	var key string
	var last id.Collection
	if _, err := page.Read(cursor, "collections", &key, &last); err != nil {
		return out, err
	}
	limit = page.Limit(limit)
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlList, pgx.StrictNamedArgs{"tenant": who.Tenant, "me": who.Account, "key": key, "last": last.UUID(), "n": limit + 1})
		if err != nil {
			return err
		}
		out.Items, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (c Collection, err error) {
			err = r.Scan(&c.ID, &c.Owner, &c.Shared, &c.Name, &c.Search, &c.Version, &c.CreatedAt, &c.UpdatedAt, &c.key)
			return c, err
		})
		return err
	})
	if len(out.Items) > limit {
		end := out.Items[limit-1]
		out.Items, out.Next = out.Items[:limit], page.Cursor("collections", end.key, end.ID)
	}
	return out, err
}

const sqlGet = `
	select ` + sqlColumns + ` from collection c
	where c.id = @id and c.tenant_id = @tenant and (c.owner_id = @me or c.shared)`

// Get returns a collection that is who's own or shared.
func (s *Service) Get(ctx context.Context, who access.Actor, collection id.Collection) (c Collection, err error) {
	if err := somebody(who); err != nil {
		return c, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		c, err = get(ctx, tx, who, collection)
		return err
	})
	return c, err
}

func get(ctx context.Context, tx pg.Tx, who access.Actor, collection id.Collection) (Collection, error) {
	return one(tx.Query(ctx, sqlGet, pgx.StrictNamedArgs{"id": collection, "tenant": who.Tenant, "me": who.Account}))
}

func one(rows pgx.Rows, err error) (Collection, error) {
	if err != nil {
		return Collection{}, err
	}
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Collection])
	if errors.Is(err, pgx.ErrNoRows) {
		return c, access.NotFound("collection")
	}
	return c, err
}

func cleanName(s string) (string, error) {
	name, ok := plain.Line(s)
	if n := utf8.RuneCountInString(name); !ok || n == 0 || n > 200 {
		return "", fault.Fields("collection.name", "A collection has a name of 1 to 200 characters.", map[string]string{"name": "1 to 200 characters"})
	}
	return name, nil
}

const sqlCount = `select count(*) from collection c where c.tenant_id = @tenant and c.owner_id = @me`

const sqlCreate = `
	insert into collection as c (id, tenant_id, kind, owner_id, shared, name, name_key, query, created_at, updated_at)
	values (@id, @tenant, 'search', @me, @shared, @name, @key, @query, @now, @now) returning ` + sqlColumns

// Save keeps a search under a name for who. Whether the search can be
// understood, whoever opens it is told.
func (s *Service) Save(ctx context.Context, who access.Actor, name string, shared bool, search Search) (c Collection, err error) {
	if err := somebody(who); err != nil {
		return c, err
	}
	if name, err = cleanName(name); err != nil {
		return c, err
	}
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		var n int
		if err := tx.QueryRow(ctx, sqlCount, pgx.StrictNamedArgs{"tenant": who.Tenant, "me": who.Account}).Scan(&n); err != nil {
			return audit.Entry{}, err
		}
		if n >= maxOwn {
			return audit.Entry{}, fault.New(fault.Conflict, "collection.full", "You have 500 collections, which is the most. Delete some first.")
		}
		c, err = one(tx.Query(ctx, sqlCreate, pgx.StrictNamedArgs{
			"id": id.New[id.Collection](), "tenant": who.Tenant, "me": who.Account, "shared": shared, "name": name, "key": plain.Fold(name), "query": search, "now": s.now(),
		}))
		return audit.Entry{Verb: "collection.create", Subject: c.ID.String(), Detail: map[string]any{"shared": shared}}, err
	})
	return c, err
}

// Patch is what Edit changes; what is nil stays.
type Patch struct {
	Name   *string
	Shared *bool
	Search *Search
}

const sqlEdit = `
	update collection c set name = @name, name_key = @key, shared = @shared, query = @query, version = version + 1, updated_at = @now
	where c.id = @id and c.tenant_id = @tenant and c.owner_id = @me and (@version::bigint = 0 or c.version = @version) returning ` + sqlColumns

// Edit changes a collection of who's own. version is the one the change was
// made to; zero is any.
func (s *Service) Edit(ctx context.Context, who access.Actor, collection id.Collection, version int64, p Patch) (c Collection, err error) {
	if err := somebody(who); err != nil {
		return c, err
	}
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		if c, err = own(ctx, tx, who, collection); err != nil {
			return audit.Entry{}, err
		}
		if version != 0 && version != c.Version {
			return audit.Entry{}, &fault.Error{
				Kind: fault.Stale, Code: "collection.changed", Extra: map[string]string{"version": strconv.FormatInt(c.Version, 10)},
				Text: "Somebody changed this collection meanwhile. Load it again.",
			}
		}
		if p.Name != nil {
			if c.Name, err = cleanName(*p.Name); err != nil {
				return audit.Entry{}, err
			}
		}
		if p.Shared != nil {
			c.Shared = *p.Shared
		}
		if p.Search != nil {
			c.Search = *p.Search
		}
		c, err = one(tx.Query(ctx, sqlEdit, pgx.StrictNamedArgs{
			"id": collection, "tenant": who.Tenant, "me": who.Account, "name": c.Name, "key": plain.Fold(c.Name), "shared": c.Shared, "query": c.Search, "version": version, "now": s.now(),
		}))
		return audit.Entry{Verb: "collection.edit", Subject: collection.String(), Detail: map[string]any{"shared": c.Shared}}, err
	})
	return c, err
}

// own reads a collection that is who's own.
func own(ctx context.Context, tx pg.Tx, who access.Actor, collection id.Collection) (Collection, error) {
	c, err := get(ctx, tx, who, collection)
	if err == nil && c.Owner != who.Account {
		err = fault.New(fault.Forbidden, "collection.not_own", "This collection is somebody else's. Save one of your own.")
	}
	return c, err
}

const sqlDelete = `delete from collection c where c.id = @id and c.tenant_id = @tenant and c.owner_id = @me`

// Delete removes a collection of who's own; what is in it stays where it is.
func (s *Service) Delete(ctx context.Context, who access.Actor, collection id.Collection) error {
	if err := somebody(who); err != nil {
		return err
	}
	return s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		if _, err := own(ctx, tx, who, collection); err != nil {
			return audit.Entry{}, err
		}
		_, err := tx.Exec(ctx, sqlDelete, pgx.StrictNamedArgs{"id": collection, "tenant": who.Tenant, "me": who.Account})
		return audit.Entry{Verb: "collection.delete", Subject: collection.String()}, err
	})
}

// deed runs fn in a transaction and writes the deed it returns into the log.
func (s *Service) deed(ctx context.Context, who access.Actor, fn func(tx pg.Tx) (audit.Entry, error)) error {
	return audit.Deed(ctx, s.db, who, s.now, fn)
}
