// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/search"
)

// index brings what search knows of an asset up to date.
func (w *world) index(a asset.Asset) {
	w.t.Helper()
	if err := pg.In(w.t.Context(), w.db, w.Tenant, func(tx pg.Tx) error { return w.search.IndexTx(w.t.Context(), tx, a) }); err != nil {
		w.t.Fatal(err)
	}
}

// completes fails the test unless who is offered just these values.
func (w *world) completes(when string, who access.Actor, prefix string, want ...string) {
	w.t.Helper()
	list, err := w.search.CompleteAll(w.t.Context(), who, prefix)
	got := []string{}
	for _, c := range list {
		if c.Field != "" {
			got = append(got, c.Value)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if err != nil || !slices.Equal(got, want) {
		w.t.Errorf("%s: %q gives %v, want %v %v", when, prefix, got, want, err)
	}
}

func TestOnlyWhatTheAskerSeesNowIsCompleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open, other, closed, mine := w.acl(0, access.View), w.acl(0, access.View|access.DownloadRendition), w.acl(1, access.View), w.acl(0, access.View|access.Edit)
	sub, _ := w.folder(w.Root, []id.Folder{w.Root}, open)
	who, reader := w.Person(w.Groups[0]), w.Person(w.Groups[1])
	soon, past := now.Add(time.Hour), now.Add(-time.Hour)
	put := func(f id.Folder, acl int64, tag string) (made asset.Asset) {
		w.put("x.jpg", func(a *asset.Asset) {
			a.Folder, a.ACL = f, acl
			a.Fields = map[string]asset.Field{
				"keywords": {Values: []string{tag, "zz gemensam"}}, "persons": {Values: []string{tag + " Ek"}, Source: asset.FromPerson}, "city": {Value: tag + "stad"},
			}
			made = *a
		})
		return made
	}
	all := func(tag string) []string { return []string{tag, tag + " Ek", tag + "stad"} }
	put(sub, open, "Qtaken")
	moved, edited, binned := put(w.Root, open, "Qmoved"), put(w.Root, open, "Qedited"), put(w.Root, open, "Qbinned")
	quarantined, embargoed, expired := put(w.Root, open, "Qquarantined"), put(w.Root, open, "Qembargoed"), put(w.Root, open, "Qexpired")
	put(w.Root, other, "Qåkeep")
	for _, tag := range []string{"Qtaken", "Qmoved", "Qedited", "Qbinned", "Qquarantined", "Qembargoed", "Qexpired", "Qåkeep"} {
		w.completes("before", who, tag, all(tag)...)
		w.completes("a stranger", w.Person(), tag)
	}
	w.completes("plain letters", who, "qak", all("Qåkeep")...)

	if err := pg.In(t.Context(), w.db, w.Tenant, func(tx pg.Tx) error {
		return w.search.RightsTx(t.Context(), tx, map[id.Folder]int64{sub: closed})
	}); err != nil {
		t.Fatal(err)
	}
	w.completes("the right is taken away", who, "qtaken")
	w.completes("the right is given", reader, "qtaken", all("Qtaken")...)

	moved.Folder, moved.ACL = sub, closed
	w.index(moved)
	w.completes("moved away", who, "qmoved")
	w.completes("moved here", reader, "qmoved", all("Qmoved")...)

	edited.Fields = map[string]asset.Field{"keywords": {Values: []string{"Qnew"}}}
	w.index(edited)
	w.completes("edited away", who, "qedited")
	w.completes("edited", who, "qnew", "Qnew")

	binned.DeletedAt = &now
	w.index(binned)
	w.completes("binned", who, "qbinned")
	binned.DeletedAt = nil
	w.index(binned)
	w.completes("restored", who, "qbinned", all("Qbinned")...)

	quarantined.State = asset.Quarantined
	w.index(quarantined)
	w.completes("quarantined", who, "qquar")
	quarantined.ACL = mine
	w.index(quarantined)
	w.completes("quarantined, and theirs to edit", who, "qquar", all("Qquarantined")...)

	embargoed.EmbargoUntil = &soon
	w.index(embargoed)
	w.completes("embargoed", who, "qemb")
	embargoed.EmbargoUntil = &past
	w.index(embargoed)
	w.completes("embargo over", who, "qemb", all("Qembargoed")...)
	expired.ExpiresAt = &past
	w.index(expired)
	w.completes("expired", who, "qexp")

	w.completes("what others have too", who, "zz", "zz gemensam")
	w.completes("what others have too", reader, "zz", "zz gemensam")
}

func TestCompletionFindsWhatIsLeftAmongManyThatAreGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open := w.acl(0, access.View)
	who := w.Person(w.Groups[0])
	var tags []string
	for i := range 450 {
		tags = append(tags, fmt.Sprintf("qq%03d", i))
	}
	var first, second asset.Asset
	put := func(into *asset.Asset, list []string) {
		w.put("x.jpg", func(a *asset.Asset) {
			a.ACL = open
			a.Fields["keywords"] = asset.Field{Values: list}
			*into = *a
		})
	}
	put(&first, tags)
	put(&second, []string{"qq000", "qq200", "qq449", "qq450"})
	first.Fields = map[string]asset.Field{}
	w.index(first)
	w.completes("the remembered asset has none of them", who, "qq2", "qq200")
	w.completes("behind all that are gone", who, "qq", "qq000", "qq200", "qq449", "qq450")

	if err := w.search.Forget(t.Context(), who); fault.KindOf(err) != fault.Forbidden {
		t.Error("a person tidies:", err)
	}
	rows := func() (n int) {
		t.Helper()
		if err := pg.In(t.Context(), w.db, w.Tenant, func(tx pg.Tx) error {
			return tx.QueryRow(t.Context(), "select count(*) from search_value").Scan(&n)
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if rows() != 451 {
		t.Error("before:", rows())
	}
	later := search.New(w.db, asset.New(w.db, nil, clock), func() time.Time { return now.Add(time.Hour) })
	if err := w.search.Forget(t.Context(), w.house()); err != nil || rows() != 451 {
		t.Error("what a transaction under way may rely on is forgotten at once:", rows(), err)
	}
	first.Fields["keywords"] = asset.Field{Values: []string{"qq001"}} // proposed already, so nothing is written
	w.index(first)
	if err := later.Forget(t.Context(), w.house()); err != nil || rows() != 5 {
		t.Error("what nothing holds any more is kept:", rows(), err)
	}
	w.completes("tidied", who, "qq", "qq000", "qq001", "qq200", "qq449", "qq450")
}
