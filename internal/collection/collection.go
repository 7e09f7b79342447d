// SPDX-License-Identifier: Apache-2.0

package collection

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
)

// Kind is a sort of collection.
type Kind string

// The kinds.
const (
	Saved Kind = "search" // finds its assets
	List  Kind = "list"   // its assets were chosen
)

// Level is what somebody may do with a collection.
type Level int

// The levels, each with those before it.
const (
	None       Level = iota
	View             // see that it is there, and what it is
	Contribute       // add, remove and order assets, and make collections in it
	Manage           // everything: it is one's own, or lies in one's own
)

// Levels by their names in the API.
var levels = map[string]Level{"none": None, "view": View, "contribute": Contribute, "manage": Manage}

// LevelOf reads the name of a level; what is none is None.
func LevelOf(name string) Level { return levels[name] }

// String is the level's name.
func (l Level) String() string {
	for name, v := range levels {
		if v == l {
			return name
		}
	}
	return ""
}

// Limits of collections.
const (
	MaxDepth    = 5      // collections in each other, the outermost included
	MaxAssets   = 50_000 // in one list
	MaxAtOnce   = 1_000  // assets added, removed or moved by one request
	maxOwn      = 1_000  // collections of an account
	maxShares   = 200    // people and groups that one is shared with
	maxDescribe = 5_000  // characters of a description
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

// Collection is a chosen list or a saved search.
type Collection struct {
	ID          id.Collection  `db:"id"`
	Kind        Kind           `db:"kind"`
	Parent      *id.Collection `db:"parent_id"` // nil: at the top, or in one that the asker does not see
	Owner       id.Account     `db:"owner_id"`
	Everybody   string         `db:"everybody"` // what everybody of the tenant may do: none, view or contribute
	Name        string         `db:"name"`
	Description string         `db:"description"`
	Search      Search         `db:"query"`    // of a saved one
	Chosen      *id.Asset      `db:"cover_id"` // the cover that was chosen; nil: the first asset
	Version     int64          `db:"version"`
	CreatedAt   time.Time      `db:"created_at"`
	UpdatedAt   time.Time      `db:"updated_at"` // when it, or what is in it, was changed
	DeletedAt   *time.Time     `db:"deleted_at"`

	Level    Level `db:"level"`    // what the asker may do with it
	Children int   `db:"children"` // collections that lie in it
	Shares   int   `db:"shares"`   // people and groups it is shared with by name

	Count        int      `db:"-"` // of a list: assets that the asker sees, up to a limit
	CountIsExact bool     `db:"-"`
	Cover        id.Asset `db:"-"` // of a list: the chosen cover, else the first asset; zero: none that the asker sees
}

// Service is the room's set of verbs.
type Service struct {
	db  *pg.DB
	now func() time.Time

	// Tenants lists all tenants, whose bins are emptied.
	Tenants func(ctx context.Context) ([]id.Tenant, error)
}

// New returns the room on a database.
func New(db *pg.DB, now func() time.Time) *Service {
	return &Service{db: db, now: now, Tenants: func(context.Context) ([]id.Tenant, error) { return nil, nil }}
}

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

// me are the arguments that say who asks. Who acts for a person sees what the
// person was given.
func me(who access.Actor, args pgx.StrictNamedArgs) pgx.StrictNamedArgs {
	principals := append([]uuid.UUID{who.Account.UUID()}, who.Own.Principals...)
	if who.Cap != nil {
		principals = append(principals, who.Cap.Principals...)
	}
	args["tenant"], args["account"], args["principals"] = who.Tenant, who.Account, principals
	return args
}

// sqlColumns are those of a collection c for somebody whose levels are in seen.
const sqlColumns = `c.id, c.kind, c.owner_id, c.everybody, c.name, c.description, c.query, c.cover_id, c.version, c.created_at, c.updated_at, c.deleted_at,
	(select count(*) from collection k where k.parent_id = c.id and k.deleted_at is null)::int as children,
	(select count(*) from collection_share h where h.collection_id = c.id)::int as shares`

// sqlLevelPart is what was given directly on a collection u.
const sqlLevelPart = `case when u.owner_id = @account then 3
		when u.everybody = 'contribute' or exists (select from collection_share h where h.collection_id = u.id and h.contribute and h.principal_id = any(@principals::uuid[])) then 2
		when u.everybody = 'view' or exists (select from collection_share h where h.collection_id = u.id and h.principal_id = any(@principals::uuid[])) then 1 else 0 end`

// sqlUpPart walks from a collection to the one at the top, with what was given on each.
const sqlUpPart = `
	with recursive up as (
		select u.id, u.parent_id, 0 as above, ` + sqlLevelPart + ` as level from collection u where u.id = @id and u.tenant_id = @tenant
		union all select u.id, u.parent_id, p.above + 1, ` + sqlLevelPart + ` from up p join collection u on u.id = p.parent_id
	)`

const sqlGet = sqlUpPart + `
	select ` + sqlColumns + `, (select max(x.level) from up x)::int as level,
		case when exists (select from up x where x.above > 0 and x.level > 0) then c.parent_id end as parent_id
	from collection c where c.id = @id and c.tenant_id = @tenant`

// get reads a collection that who sees, in the bin or not.
func get(ctx context.Context, tx pg.Tx, who access.Actor, collection id.Collection) (Collection, error) {
	rows, err := tx.Query(ctx, sqlGet, me(who, pgx.StrictNamedArgs{"id": collection}))
	if err != nil {
		return Collection{}, err
	}
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Collection])
	if errors.Is(err, pgx.ErrNoRows) {
		return c, access.NotFound("collection")
	}
	c.promote(who)
	if err == nil && (c.Level == None || c.DeletedAt != nil && c.Level < Manage) {
		return Collection{}, access.NotFound("collection")
	}
	return c, err
}

// promote lets those who look after people's accounts look after the collections
// that they see too: somebody must, when their owner has gone.
func (c *Collection) promote(who access.Actor) {
	if c.Level > None && who.Require(access.ManageAccounts) == nil {
		c.Level = Manage
	}
}

// open reads a collection, not in the bin, with which who may do need.
func open(ctx context.Context, tx pg.Tx, who access.Actor, collection id.Collection, need Level) (Collection, error) {
	c, err := get(ctx, tx, who, collection)
	switch {
	case err != nil:
		return c, err
	case c.DeletedAt != nil:
		return c, fault.New(fault.Conflict, "collection.deleted", "This collection is in the bin. Restore it first.")
	case c.Level < need && need == Contribute:
		return c, fault.New(fault.Forbidden, "collection.view_only", "You may look at this collection but not change what is in it. Ask its owner to let you contribute.")
	case c.Level < need:
		return c, fault.New(fault.Forbidden, "collection.not_own", "This collection is somebody else's. Make one of your own.")
	}
	return c, nil
}

const sqlHold = `select c.id from collection c where c.id = @id and c.tenant_id = @tenant for no key update`

// hold is open, and nobody else changes the collection until the transaction ends.
func hold(ctx context.Context, tx pg.Tx, who access.Actor, collection id.Collection, need Level) (Collection, error) {
	if _, err := tx.Exec(ctx, sqlHold, pgx.StrictNamedArgs{"id": collection, "tenant": who.Tenant}); err != nil {
		return Collection{}, err
	}
	return open(ctx, tx, who, collection, need)
}

const sqlLockTree = `select pg_advisory_xact_lock(hashtextextended('collection ' || @tenant, 0))`

// lockTree lets one transaction at a time change which collection lies where.
func lockTree(ctx context.Context, tx pg.Tx, who access.Actor) error {
	_, err := tx.Exec(ctx, sqlLockTree, pgx.StrictNamedArgs{"tenant": who.Tenant.String()})
	return err
}

func cleanName(s string) (string, error) {
	name, ok := plain.Line(s)
	if n := utf8.RuneCountInString(name); !ok || n == 0 || n > 200 {
		return "", fault.Fields("collection.name", "A collection has a name of 1 to 200 characters.", map[string]string{"name": "1 to 200 characters"})
	}
	return name, nil
}

func cleanDescription(s string) (string, error) {
	text, ok := plain.Text(s)
	if !ok || utf8.RuneCountInString(text) > maxDescribe {
		return "", fault.Fields("collection.description", "A description has at most 5,000 characters.", map[string]string{"description": "at most 5,000 characters"})
	}
	return text, nil
}

func checkEverybody(s string) error {
	if l, ok := levels[s]; !ok || l > Contribute {
		return fault.Fields("collection.everybody", "Everybody may do nothing, look or contribute.", map[string]string{"everybody": "none, view or contribute"})
	}
	return nil
}

// deed runs fn in a transaction and writes the deed it returns into the log.
func (s *Service) deed(ctx context.Context, who access.Actor, fn func(tx pg.Tx) (audit.Entry, error)) error {
	if err := somebody(who); err != nil {
		return err
	}
	return audit.Deed(ctx, s.db, who, s.now, fn)
}

// read runs fn in a transaction for somebody with an account.
func (s *Service) read(ctx context.Context, who access.Actor, fn func(tx pg.Tx) error) error {
	if err := somebody(who); err != nil {
		return err
	}
	return pg.In(ctx, s.db, who.Tenant, fn)
}
