// SPDX-License-Identifier: Apache-2.0

package effect

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/google/uuid"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/folder"
)

// area is folders with equal rights, that change alike.
type area struct {
	before, after map[uuid.UUID]access.Set
	shifts        bool // before and after differ
	folders       int
	files         int64
	gained, lost  access.Set // what anybody gains and loses here
	opened        bool       // some people gain the right to view
}

// crowd is holders of one kind who are alike wherever one looks.
type crowd struct {
	kind          string
	active        bool
	before, after access.Grant
	moves         bool // before and after differ
	of            []uuid.UUID
	gained, lost  access.Set // anywhere
	opens, closes int64      // files to view
}

// look is one look ahead.
type look struct {
	shifts  []folder.Shift
	named   map[uuid.UUID]bool // who of those that move stand in lines; nil: all
	pairs   int                // that may yet be compared
	atLeast bool

	names   map[uuid.UUID]account.Name
	holders []*crowd // one for each, before they are gathered
	crowds  []*crowd
	areas   []*area
	given   map[uuid.UUID]bool // who has other rights in an acl after than before
	warned  []Warning
}

// join puts what holders were and what they will be together. One that is gone
// has nothing.
func (l *look) join(before, after []holder) {
	of := make(map[uuid.UUID]*crowd, len(before))
	l.names = make(map[uuid.UUID]account.Name, len(before))
	for _, h := range before {
		c := &crowd{kind: h.Kind, active: h.Active, before: access.Grant{Principals: h.Principals, Everywhere: h.Everywhere}, of: []uuid.UUID{h.ID}, moves: true}
		of[h.ID], l.holders = c, append(l.holders, c)
		l.names[h.ID] = account.Name{Kind: h.Kind, ID: account.PrincipalID(h.Kind, h.ID), Text: h.Name}
	}
	for _, h := range after {
		c := of[h.ID]
		if c == nil { // somebody else's guest, who came this moment
			continue
		}
		c.after = access.Grant{Principals: h.Principals, Everywhere: h.Everywhere}
		c.moves = c.before.Everywhere != c.after.Everywhere || !slices.Equal(c.before.Principals, c.after.Principals)
	}
	l.given = map[uuid.UUID]bool{}
	for _, s := range l.shifts {
		for p, perm := range s.Before {
			if s.After[p] != perm {
				l.given[p] = true
			}
		}
		for p, perm := range s.After {
			if s.Before[p] != perm {
				l.given[p] = true
			}
		}
	}
}

// moving reports whether what anybody may do in folders changes by other than
// what is given in them.
func (l *look) moving() bool {
	return slices.ContainsFunc(l.holders, func(c *crowd) bool {
		return c.moves && ((c.before.Everywhere^c.after.Everywhere)&access.Content != 0 || !slices.Equal(c.before.Principals, c.after.Principals))
	})
}

// gather makes crowds of holders who are alike in all areas.
func (l *look) gather() {
	relevant := map[uuid.UUID]bool{}
	for _, a := range l.areas {
		for p := range a.before {
			relevant[p] = true
		}
		for p := range a.after {
			relevant[p] = true
		}
	}
	part := func(list []uuid.UUID) (out []uuid.UUID) {
		for _, p := range list {
			if relevant[p] {
				out = append(out, p)
			}
		}
		return out
	}
	known := map[string]*crowd{}
	for _, h := range l.holders {
		b, a := part(h.before.Principals), part(h.after.Principals)
		key := []byte(h.kind)
		if h.active {
			key = append(key, '!')
		}
		for _, list := range [][]uuid.UUID{b, a} {
			key = append(key, '|')
			for _, p := range list {
				key = append(key, p[:]...)
			}
		}
		key = binary.BigEndian.AppendUint64(key, uint64(h.before.Everywhere)) //nolint:gosec // G115: the bits are compared, whatever the sign
		key = binary.BigEndian.AppendUint64(key, uint64(h.after.Everywhere))  //nolint:gosec // G115: the bits are compared, whatever the sign
		c := known[string(key)]
		if c == nil {
			c = &crowd{kind: h.kind, active: h.active, before: access.Grant{Principals: b, Everywhere: h.before.Everywhere}, after: access.Grant{Principals: a, Everywhere: h.after.Everywhere}}
			c.moves = c.before.Everywhere != c.after.Everywhere || !slices.Equal(b, a)
			known[string(key)] = c
			l.crowds = append(l.crowds, c)
		}
		c.of = append(c.of, h.of...)
	}
}

// can is what g may do where these rights hold. Who may not view may do nothing there.
func can(g access.Grant, rights map[uuid.UUID]access.Set) access.Set {
	s := access.Actor{Own: g, Scope: access.All}.Can(rights)
	if !s.Has(access.View) {
		s &^= access.Content
	}
	return s & access.Content
}

// weigh compares every crowd's rights in every area before and after.
func (l *look) weigh() {
	l.gather()
	slices.SortStableFunc(l.areas, func(a, b *area) int { return cmp.Compare(b.files, a.files) })
	for _, c := range l.crowds { // what holds at the tenant itself
		c.gained = (c.after.Everywhere &^ c.before.Everywhere) & access.Tenancy
		c.lost = (c.before.Everywhere &^ c.after.Everywhere) & access.Tenancy
	}
	for _, a := range l.areas {
		for _, c := range l.crowds {
			if !a.shifts && !c.moves {
				continue
			}
			if l.pairs--; l.pairs < 0 {
				l.atLeast = true
				return
			}
			before, after := can(c.before, a.before), can(c.after, a.after)
			gained, lost := after&^before, before&^after
			c.gained |= gained
			c.lost |= lost
			if gained.Has(access.View) {
				c.opens += a.files
			}
			if lost.Has(access.View) {
				c.closes += a.files
			}
			if c.kind != "group" {
				a.gained |= gained
				a.lost |= lost
			}
			a.opened = a.opened || c.kind == "account" && gained.Has(access.View)
		}
	}
}

// effects sums up, but for lines.
func (l *look) effects() Effects {
	e := Effects{Parts: []Part{}, Warnings: l.warned, AtLeast: l.atLeast}
	var changes access.Set
	for _, c := range l.crowds {
		if c.kind != "group" {
			changes |= c.gained | c.lost
		}
	}
	for rest := uint64(changes); rest != 0; rest &= rest - 1 {
		p := Part{Permission: access.Set(1) << bits.TrailingZeros64(rest)}
		for _, a := range l.areas {
			p.Opens.in(a, a.gained.Has(p.Permission))
			p.Closes.in(a, a.lost.Has(p.Permission))
		}
		for _, c := range l.crowds {
			p.Opens.to(c, c.gained.Has(p.Permission))
			p.Closes.to(c, c.lost.Has(p.Permission))
		}
		if p.Permission == access.View {
			e.Opens, e.Closes = p.Opens, p.Closes
		}
		e.Parts = append(e.Parts, p)
	}
	return e
}

func (a *Amount) in(x *area, counts bool) {
	if counts {
		a.Files += x.files
		a.Folders += x.folders
	}
}

func (a *Amount) to(c *crowd, counts bool) {
	switch {
	case !counts:
	case c.kind == "account":
		a.People += len(c.of)
	case c.kind == "key":
		a.Programs += len(c.of)
	}
}

// lines are what single principals gain and lose: those to whom something is
// given or from whom it is taken, and those who move.
func (l *look) lines() (out []Line) {
	moves, people := map[uuid.UUID]bool{}, map[uuid.UUID]int{}
	for _, h := range l.holders {
		moves[h.of[0]] = h.moves
		if h.kind != "account" {
			continue
		}
		for i, list := range [][]uuid.UUID{h.before.Principals, h.after.Principals} {
			for _, p := range list {
				if i == 0 || !slices.Contains(h.before.Principals, p) {
					people[p]++
				}
			}
		}
	}
	for _, c := range l.crowds {
		if c.gained|c.lost == 0 {
			continue
		}
		for _, u := range c.of {
			if l.given[u] || l.named[u] || l.named == nil && moves[u] {
				out = append(out, Line{Principal: u, People: people[u], Gains: c.gained, Loses: c.lost, Opens: c.opens, Closes: c.closes})
			}
		}
	}
	return out
}
