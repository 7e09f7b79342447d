// SPDX-License-Identifier: Apache-2.0

package effect

import (
	"slices"

	"github.com/google/uuid"

	"tillgang/internal/access"
)

// warn finds what whoever asks should think of before saving.
func (l *look) warn(who access.Actor) {
	me := l.asker(who)
	everybody, nobody, yourself := Warning{Code: Everybody}, Warning{Code: Nobody}, Warning{Code: Yourself}
	count := func(w *Warning, a *area, yes bool) {
		if yes {
			w.Files += a.files
			w.Folders += a.folders
		}
	}
	for _, a := range l.areas {
		count(&everybody, a, a.opened && l.all(a))
		count(&nobody, a, a.lost.Has(access.ManageRights) && l.none(a))
		if me != nil {
			lost := who.Scope & can(me.before, a.before) &^ can(me.after, a.after)
			count(&yourself, a, lost&(access.View|access.ManageRights) != 0)
		}
	}
	l.warned = []Warning{}
	for _, w := range []Warning{everybody, yourself, nobody} {
		tenancy := w.Code == Yourself && me != nil && me.before.Everywhere&^me.after.Everywhere&access.Tenancy != 0
		if w.Folders > 0 || tenancy {
			l.warned = append(l.warned, w)
		}
	}
}

// asker is whoever asks, among the holders; nil for the house.
func (l *look) asker(who access.Actor) *crowd {
	self := who.Account.UUID()
	if who.Account.IsZero() {
		self = who.KeyID.UUID()
	}
	if self == uuid.Nil {
		return nil
	}
	i := slices.IndexFunc(l.holders, func(c *crowd) bool { return c.of[0] == self })
	if i < 0 {
		return nil
	}
	return l.holders[i]
}

// all reports whether everybody may view what lies here after the change.
func (l *look) all(a *area) bool {
	for _, c := range l.crowds {
		if c.kind == "account" && !can(c.after, a.after).Has(access.View) {
			return false
		}
	}
	return true
}

// none reports whether nobody who can sign in may change the rights here after the change.
func (l *look) none(a *area) bool {
	for _, c := range l.crowds {
		if c.kind == "account" && c.active && can(c.after, a.after).Has(access.ManageRights) {
			return false
		}
	}
	return true
}
