// SPDX-License-Identifier: Apache-2.0

// Package access says who may do what. It is the first room: every other room
// asks it.
//
// Words: an actor is whoever asks. A permission is one thing one may be
// allowed to do; a Set holds several. A principal is what rights are given to:
// an account, a group or a key. An acl is one distinct set of effective rights
// (principal → permissions), shared by all folders that have it ("interned").
// It may be redefined, when all that carries it changes alike; how a change of
// rights reaches what lies below is told in the folder room.
//
// Promises: there are no deny entries, rights only add up. Unknown and
// forbidden look alike (NotFound) wherever the asker may not even see the
// thing. An actor with a cap can never do more than the one it borrows from.
//
// Tables: tenant, acl, acl_entry.
package access

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Kind says what sort of actor asks. It stands in the log of deeds.
type Kind string

// Kinds of actors.
const (
	Person Kind = "person" // somebody with an account and a session
	Key    Kind = "key"    // a program with an API key
	Link   Kind = "link"   // whoever came by a share link: its maker, within the link
	House  Kind = "house"  // the product itself: jobs, start-up, the command line
	Nobody Kind = ""       // who asks is unknown: nothing is allowed

	Request Kind = "request" // somebody from outside who answers a request for files; see Sender
)

// Grant is a bundle of rights: what the principals are given by acls, and what
// holds in every folder and at the tenant itself.
type Grant struct {
	Principals []uuid.UUID
	Everywhere Set
}

// Actor is who asks. Every verb of a room takes one right after the context.
// The zero value is Nobody and may do nothing.
type Actor struct {
	Kind   Kind
	ID     string // "acc_…", "key_…" or the name of a part of the house; never a person's name
	Tenant id.Tenant

	Own   Grant  // the actor's own rights
	Cap   *Grant // rights of whoever the actor borrows from; nil: no cap
	Scope Set    // at most these, whatever the grants say

	Account id.Account // whose behalf it is on; zero for the house and for keys of their own right
	Session id.Session // the session that asks; zero without one
	KeyID   id.Key     // the key that asks; zero without one

	Into   id.Folder // of a Request: the one folder that it may put files into
	lender *Actor    // of a Request: who asked for the files
}

// Sender returns somebody from outside who answers a request for files. It has
// no rights at all and sees nothing: it may only store what lands in one
// folder, and only as far as lender, who asked for it, may do so at that moment.
func Sender(lender Actor, name string, into id.Folder) Actor {
	return Actor{Kind: Request, ID: name, Tenant: lender.Tenant, Into: into, lender: &lender}
}

// Storing is the actor whose rights count when something new is put into a
// folder: the actor itself, or whoever a Request stores for.
func (a Actor) Storing() Actor {
	if a.Kind == Request && a.lender != nil {
		return *a.lender
	}
	return a
}

// HouseActor returns the product itself acting in a tenant, named after the
// part that acts: "ingest", "cli". It may do everything; what it does is in
// the log of deeds under that name.
func HouseActor(tenant id.Tenant, part string) Actor {
	return Actor{Kind: House, ID: part, Tenant: tenant, Own: Grant{Everywhere: All}, Scope: All}
}

// Everywhere is what the actor may do in every folder and at the tenant.
func (a Actor) Everywhere() Set {
	s := a.Own.Everywhere & a.Scope
	if a.Cap != nil {
		s &= a.Cap.Everywhere
	}
	return s
}

// Require returns nil if who may do need at the tenant itself. Who asks for
// something of the tenant is known to be in it, so the answer is Forbidden.
func (a Actor) Require(need Set) error {
	if a.Kind == Nobody {
		return fault.New(fault.Unauthentic, "access.unauthenticated", "Sign in first, or send an API key.")
	}
	if !a.Everywhere().Has(need) {
		return fault.New(fault.Forbidden, "access.forbidden", "You do not have the right to do this. Ask an administrator for it.")
	}
	return nil
}

// In runs fn in a transaction of who's tenant. Nobody is refused; everything
// else is fn's to ask, with the row in hand.
func In(ctx context.Context, db *pg.DB, who Actor, fn func(tx pg.Tx) error) error {
	if who.Kind == Nobody {
		return who.Require(View)
	}
	return pg.In(ctx, db, who.Tenant, fn)
}

// Require returns nil if can holds need. Without View the thing does not exist
// for the asker; with it, the answer says that a right is missing.
func Require(can, need Set, what string) error {
	switch {
	case can.Has(need):
		return nil
	case can.Has(View):
		return fault.New(fault.Forbidden, "access.forbidden", "You may see this but not do that with it. Ask whoever looks after the folder for the right.")
	}
	return NotFound(what)
}

// NotFound is the one answer for things that are unknown or not the asker's to
// know of. what is the kind of thing: "asset", "folder".
func NotFound(what string) error {
	return fault.New(fault.NotFound, what+".not_found", "There is nothing here by that identifier, or it is not yours to see.")
}

// Can is what the actor may do where these rights hold; it is SQLCanFolder in Go.
func (a Actor) Can(rights map[uuid.UUID]Set) Set {
	of := func(g *Grant) (s Set) {
		for _, p := range g.Principals {
			s |= rights[p]
		}
		return s | g.Everywhere
	}
	s := of(&a.Own) & a.Scope
	if a.Cap != nil {
		s &= of(a.Cap)
	}
	return s
}

// Bind adds the arguments that SQLCan… and SQLVisible want to args.
func (a Actor) Bind(args pgx.StrictNamedArgs) pgx.StrictNamedArgs {
	args["me"] = a.principals(&a.Own)
	args["me_all"] = int64(a.Own.Everywhere)
	args["cap"] = a.principals(a.Cap)
	args["cap_all"] = int64(-1) // no cap: every bit
	if a.Cap != nil {
		args["cap_all"] = int64(a.Cap.Everywhere)
	}
	args["scope"] = int64(a.Scope)
	return args
}

func (Actor) principals(g *Grant) []uuid.UUID {
	if g == nil || g.Principals == nil {
		return []uuid.UUID{}
	}
	return g.Principals
}

// SQLCanAsset and SQLCanFolder compute, as column can, what the bound actor
// may do with the asset a or the folder f of the same statement. An asset's
// own acl may lag behind (see asset.SQLSeen): what its folder has is what counts.
const (
	SQLCanAsset  = sqlCanOpen + `(select p.acl_id from folder p where p.id = a.folder_id)` + sqlCanClose
	SQLCanFolder = sqlCanOpen + `f.acl_id` + sqlCanClose

	sqlCanOpen = `(select (coalesce(bit_or(e.perm) filter (where e.principal_id = any(@me::uuid[])), 0) | @me_all::bigint)
		& (coalesce(bit_or(e.perm) filter (where e.principal_id = any(@cap::uuid[])), 0) | @cap_all::bigint) & @scope::bigint
		from acl_entry e where e.principal_id = any(@me::uuid[] || @cap::uuid[]) and e.acl_id = `
	sqlCanClose = `) as can`
)

const sqlVisible = `
	with mine as (select acl_id, bit_or(perm) as perm from acl_entry where principal_id = any(@me) group by acl_id),
	     lent as (select acl_id, bit_or(perm) as perm from acl_entry where principal_id = any(@cap) group by acl_id)
	select l.id
	from acl l left join mine on mine.acl_id = l.id left join lent on lent.acl_id = l.id
	where (coalesce(mine.perm, 0) | @me_all::bigint) & (coalesce(lent.perm, 0) | @cap_all::bigint) & @scope::bigint & @need::bigint = @need
	order by l.id`

// Visible lists the acls under which who may do need; an empty list sees
// nothing. Lists and search pass it as acl_id = any(…), preferably one LATERAL
// step per acl, so that their work is bounded whatever the actor may see.
func Visible(ctx context.Context, tx pg.Tx, who Actor, need Set) ([]int64, error) {
	if who.Kind == Nobody {
		return []int64{}, nil
	}
	rows, err := tx.Query(ctx, sqlVisible, who.Bind(pgx.StrictNamedArgs{"need": int64(need)}))
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return slices.Grow(ids, 0), err
}

// Entry is one line of an acl.
type Entry struct {
	Principal uuid.UUID
	Perm      Set
}

// remembered is an actor as kept beside a ticket, to be looked up again later.
type remembered struct {
	Kind    Kind       `json:"kind"`
	ID      string     `json:"id"`
	Account id.Account `json:"account"`
	Session id.Session `json:"session"`
	Key     id.Key     `json:"key"`
}

// Remember returns what is needed to build the same actor again: who it is,
// not what it may do, so that rights are always those of the moment.
func (a Actor) Remember() ([]byte, error) {
	return json.Marshal(remembered{a.Kind, a.ID, a.Account, a.Session, a.KeyID})
}

// Recall reads what Remember wrote. The actor has no rights yet: the account
// room gives it those it has now.
func Recall(b []byte) (Actor, error) {
	var r remembered
	if err := json.Unmarshal(b, &r); err != nil {
		return Actor{}, err
	}
	return Actor{Kind: r.Kind, ID: r.ID, Account: r.Account, Session: r.Session, KeyID: r.Key}, nil
}

const sqlEntries = `select e.principal_id, e.perm from acl_entry e where e.acl_id = @acl`

// Entries returns what an acl gives to whom; Actor.Can takes it.
func Entries(ctx context.Context, tx pg.Tx, acl int64) (map[uuid.UUID]Set, error) {
	rows, err := tx.Query(ctx, sqlEntries, pgx.StrictNamedArgs{"acl": acl})
	if err != nil {
		return nil, err
	}
	out := map[uuid.UUID]Set{}
	var p uuid.UUID
	var perm Set
	_, err = pgx.ForEachRow(rows, []any{&p, &perm}, func() error {
		out[p] = perm
		return nil
	})
	return out, err
}
