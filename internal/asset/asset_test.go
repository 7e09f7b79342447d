// SPDX-License-Identifier: Apache-2.0

package asset_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

func TestStoring(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, viewer := w.person(access.View|access.Upload), w.person(access.View)
	var told asset.Asset
	w.assets.OnStored = func(_ context.Context, _ pg.Tx, _ access.Actor, list ...asset.Asset) error {
		told = list[0]
		return nil
	}
	n := arrival(w.home, "../bild å\u202e.JPG", "bytes")
	n.Title = " Midsommar "
	a, err := w.storeAs(who, n)
	if err != nil {
		t.Fatal(err)
	}
	if a.Name != "bild å.JPG" || a.Fields["title"].Value != "Midsommar" || a.Fields["title"].Source != asset.FromPerson || a.Version != 1 ||
		a.State != asset.Preparing || a.CreatedBy != who.ID || a.Size != 5 || a.Folder != w.home || !a.CreatedAt.Equal(noon) || told.ID != a.ID {
		t.Errorf("%+v", a)
	}
	var got asset.Revision
	w.in(func(tx pg.Tx) (err error) {
		_, got, err = w.assets.ActiveRevisionTx(t.Context(), tx, who, a.ID)
		return err
	})
	if got.ID != n.Revision || got.Number != 1 || got.BlobKey != n.BlobKey || !bytes.Equal(got.SHA256, n.SHA256) {
		t.Errorf("%+v", got)
	}
	_, err = w.storeAs(viewer, arrival(w.home, "x", "y"))
	code(t, "access.forbidden", err)
	_, err = w.storeAs(who, arrival(w.root, "x", "y"))
	code(t, "folder.not_found", err)
	n = arrival(w.home, "x", "y")
	n.Title = strings.Repeat("x", 5000)
	_, err = w.storeAs(who, n)
	if code(t, "asset.fields", err); !strings.Contains(fault.As(err).Field["title"], "500") {
		t.Error(fault.As(err).Field)
	}
	w.assets.OnStored = func(context.Context, pg.Tx, access.Actor, ...asset.Asset) error { return errors.New("broken") }
	if _, err = w.storeAs(who, arrival(w.home, "x", "y")); err == nil || w.count("select count(*)::int from revision") != 1 {
		t.Error("a failed reaction left something behind", err)
	}
}

func TestANewRevisionBecomesTheActiveOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(access.View | access.Replace)
	a := w.must(w.edit(w.house, w.store(w.home, "x.jpg"), fields("title", "Kvar")))
	n := arrival(id.Folder{}, "y.png", "new bytes")
	n.MediaType = "image/png"
	var b asset.Asset
	w.in(func(tx pg.Tx) (err error) {
		b, err = w.assets.AddRevisionTx(t.Context(), tx, who, a.ID, n)
		return err
	})
	if b.Revision != n.Revision || b.Name != "y.png" || b.MediaType != "image/png" || b.State != asset.Preparing || b.Version != a.Version+1 || b.Fields["title"].Value != "Kvar" {
		t.Errorf("%+v", b)
	}
	list, err := w.assets.Revisions(t.Context(), who, a.ID)
	if err != nil || len(list) != 2 || list[0].Number != 2 || list[0].ID != n.Revision || list[1].ID != a.Revision {
		t.Error(list, err)
	}
	err = pg.In(t.Context(), w.db, w.tenant, func(tx pg.Tx) error {
		_, err := w.assets.AddRevisionTx(t.Context(), tx, w.person(access.View), a.ID, arrival(id.Folder{}, "z", "z"))
		return err
	})
	code(t, "access.forbidden", err)
}

func TestADuplicateIsFoundOnlyByWhoMaySeeIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, stranger := w.person(access.View), w.person(0)
	a, b := w.store(w.home, "same"), w.store(w.home, "same")
	find := func(who access.Actor) (got id.Asset, found bool) {
		w.in(func(tx pg.Tx) (err error) {
			got, found, err = w.assets.DuplicateTx(t.Context(), tx, who, a.SHA256)
			return err
		})
		return got, found
	}
	if got, found := find(who); !found || got != a.ID {
		t.Error(got, found)
	}
	if got, found := find(stranger); found || !got.IsZero() {
		t.Error("a stranger was told")
	}
	if err := w.assets.Delete(t.Context(), w.house, a.ID); err != nil {
		t.Fatal(err)
	}
	if got, found := find(who); !found || got != b.ID {
		t.Error(got, found)
	}
	w.outcome(b, asset.Outcome{Revision: b.Revision, State: asset.Quarantined})
	if _, found := find(who); found {
		t.Error("a quarantined one was told of")
	}
}

func TestStatesDatesAndTheBinNarrowWhatRightsAllow(t *testing.T) {
	t.Parallel()
	who := access.Actor{Kind: access.Person, ID: "acc_1", Tenant: id.New[id.Tenant]()}
	past, soon := noon.Add(-time.Hour), noon.Add(time.Hour)
	downloader := access.View | access.DownloadOriginal
	for _, tt := range []struct {
		name string
		a    asset.Asset
		can  access.Set
		need access.Set
		want string
	}{
		{"what one has", asset.Asset{}, downloader, access.DownloadOriginal, ""},
		{"what one has not", asset.Asset{}, access.View, access.DownloadOriginal, "access.forbidden"},
		{"nothing without view", asset.Asset{}, access.DownloadOriginal, access.DownloadOriginal, "asset.not_found"},
		{"preparing", asset.Asset{State: asset.Preparing}, downloader, access.DownloadOriginal, ""},
		{"failed", asset.Asset{State: asset.Failed}, downloader, access.DownloadOriginal, ""},
		{"quarantined, another's", asset.Asset{State: asset.Quarantined, CreatedBy: "acc_2"}, downloader, access.View, "asset.not_found"},
		{"quarantined, one's own", asset.Asset{State: asset.Quarantined, CreatedBy: "acc_1"}, downloader, access.View, ""},
		{"quarantined, one's own bytes", asset.Asset{State: asset.Quarantined, CreatedBy: "acc_1"}, downloader, access.DownloadOriginal, "asset.quarantined"},
		{"quarantined, an editor", asset.Asset{State: asset.Quarantined}, access.All, access.Edit, ""},
		{"quarantined, an editor's download", asset.Asset{State: asset.Quarantined}, access.All, access.DownloadRendition, "asset.quarantined"},
		{"embargoed", asset.Asset{EmbargoUntil: &soon}, downloader, access.View, "asset.not_found"},
		{"embargoed, an uploader", asset.Asset{EmbargoUntil: &soon, CreatedBy: "acc_1"}, downloader, access.View, "asset.not_found"},
		{"embargoed, an editor", asset.Asset{EmbargoUntil: &soon}, downloader | access.Edit, access.DownloadOriginal, ""},
		{"embargo over", asset.Asset{EmbargoUntil: &past}, downloader, access.View, ""},
		{"embargo ends now", asset.Asset{EmbargoUntil: new(noon)}, downloader, access.View, ""},
		{"expired", asset.Asset{ExpiresAt: &past}, downloader, access.View, "asset.not_found"},
		{"expires now", asset.Asset{ExpiresAt: new(noon)}, downloader, access.View, "asset.not_found"},
		{"expires soon", asset.Asset{ExpiresAt: &soon}, downloader, access.View, ""},
		{"in the bin", asset.Asset{DeletedAt: &past}, downloader | access.Edit, access.View, "asset.not_found"},
		{"in the bin, may delete", asset.Asset{DeletedAt: &past}, access.View | access.Delete, access.View, ""},
		{"in the bin, download", asset.Asset{DeletedAt: &past}, access.All, access.DownloadOriginal, "asset.deleted"},
		{"in the bin, purge", asset.Asset{DeletedAt: &past}, access.View | access.Delete, access.Purge, "access.forbidden"},
	} {
		tt.a.Can, tt.a.Tenant = tt.can, who.Tenant
		err := asset.Allowed(tt.a, who, tt.need, noon)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || fault.CodeOf(err) != tt.want) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
		other := who
		other.Tenant = id.New[id.Tenant]()
		code(t, "asset.not_found", asset.Allowed(tt.a, other, tt.need, noon))
	}
	code(t, "asset.not_found", asset.Allowed(asset.Asset{Can: access.All}, access.Actor{}, access.View, noon))
	held := asset.Asset{State: asset.Quarantined, Can: access.All, Tenant: who.Tenant}
	code(t, "asset.quarantined", asset.AllowedBytes(held, who, access.View, noon))
	held.State = asset.Ready
	if err := asset.AllowedBytes(held, who, access.View, noon); err != nil {
		t.Error(err)
	}
}

func TestMU12_ViewingIsNotedAndShownToWhoMayKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.store(w.home, "x.jpg")
	ann, bo, reader := w.person(access.View), w.person(access.View), w.person(access.View|access.ReadHistory)
	key := bo
	key.Kind, key.ID = access.Key, id.New[id.Key]().String()
	for i, who := range []access.Actor{ann, bo, ann, key, w.house} {
		w.later.Store(int64(i))
		w.must(w.assets.View(t.Context(), who, a.ID))
	}
	_, err := w.assets.View(t.Context(), w.person(0), a.ID)
	code(t, "asset.not_found", err)
	strip, err := w.assets.SeenBy(t.Context(), reader, a.ID)
	if err != nil || strip.Actors != 3 || strip.Views != 4 {
		t.Fatal(strip, err)
	}
	var order []string
	for _, s := range strip.Newest {
		order = append(order, s.ActorID)
	}
	if !slices.Equal(order, []string{key.ID, ann.ID, bo.ID}) || strip.Newest[1].Count != 2 || strip.Newest[1].What != audit.Viewed {
		t.Errorf("%+v", strip.Newest)
	}
	for _, who := range []access.Actor{ann, bo} {
		strip, err := w.assets.SeenBy(t.Context(), who, a.ID)
		if err != nil || strip.Actors != 3 || len(strip.Newest) != 1 || strip.Newest[0].ActorID != who.ID {
			t.Error(strip, err)
		}
		list, err := w.assets.Sightings(t.Context(), who, a.ID, "", 0)
		if err != nil || len(list.Items) != 1 {
			t.Error(list, err)
		}
	}
	if list, err := w.assets.Sightings(t.Context(), reader, a.ID, "", 2); err != nil || len(list.Items) != 2 || list.Next == "" {
		t.Error(list, err)
	}
	w.must(w.assets.Get(t.Context(), reader, a.ID)) // marks nothing
	if strip, err := w.assets.SeenBy(t.Context(), reader, a.ID); err != nil || strip.Actors != 3 {
		t.Error(strip, err)
	}
}

func TestAssetsOfAnotherTenantDoNotExist(t *testing.T) {
	t.Parallel()
	ours := newWorld(t)
	theirs := ours.tenantIn(t)
	a := theirs.store(theirs.home, "secret.jpg")
	boss, ctx := ours.house, t.Context()
	ours.assets.OnChanged = noAsset(t)
	const gone = "asset.not_found"
	_, err := ours.assets.Get(ctx, boss, a.ID)
	code(t, gone, err)
	_, err = ours.assets.View(ctx, boss, a.ID)
	code(t, gone, err)
	_, err = ours.assets.Edit(ctx, boss, a.ID, 0, fields("title", "x"))
	code(t, gone, err)
	code(t, gone, ours.assets.Delete(ctx, boss, a.ID))
	code(t, gone, ours.assets.Purge(ctx, boss, a.ID))
	_, err = ours.assets.Restore(ctx, boss, a.ID)
	code(t, gone, err)
	_, err = ours.assets.Revisions(ctx, boss, a.ID)
	code(t, gone, err)
	_, err = ours.assets.History(ctx, boss, a.ID, "", 0)
	code(t, gone, err)
	_, err = ours.assets.SeenBy(ctx, boss, a.ID)
	code(t, gone, err)
	_, err = ours.edit(boss, ours.store(ours.home, "x"), asset.Patch{Folder: &theirs.home})
	code(t, "folder.not_found", err)
	ours.in(func(tx pg.Tx) error {
		if _, found, err := ours.assets.DuplicateTx(ctx, tx, boss, a.SHA256); err != nil || found {
			t.Error(found, err)
		}
		list, err := ours.assets.ByIDsTx(ctx, tx, boss, []id.Asset{a.ID})
		if len(list) != 0 {
			t.Error(list)
		}
		return err
	})
	_, err = ours.storeAs(boss, arrival(theirs.home, "x", "x"))
	code(t, "folder.not_found", err)
	for _, verb := range []error{
		func() error { _, err := ours.assets.Get(ctx, access.Actor{}, a.ID); return err }(),
		ours.assets.Delete(ctx, access.Actor{}, a.ID),
	} {
		code(t, "access.unauthenticated", verb)
	}
}

func TestWithdrawnRightsHoldAtOnceForAssetsInTheBinToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(access.View | access.Delete)
	a, b := w.store(w.home, "a"), w.store(w.home, "b")
	if err := w.assets.Delete(t.Context(), who, b.ID); err != nil {
		t.Fatal(err)
	}
	w.grant(w.home, who, 0)
	for _, x := range []asset.Asset{a, b} {
		_, err := w.assets.Get(t.Context(), who, x.ID)
		code(t, "asset.not_found", err)
	}
	// A moved folder's assets get the rights of the new place.
	sub, other := w.create(w.home, "sub"), w.create(w.root, "other")
	c := w.store(sub, "c")
	w.grant(other, who, access.View)
	if _, err := w.folders.Change(t.Context(), w.house, sub, 0, folder.Patch{Parent: &other}); err != nil {
		t.Fatal(err)
	}
	w.must(w.assets.Get(t.Context(), who, c.ID))
}
