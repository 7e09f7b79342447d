// SPDX-License-Identifier: Apache-2.0

package asset_test

import (
	"context"
	"slices"
	"testing"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

func TestTheBin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, viewer := w.person(access.View|access.Delete), w.person(access.View)
	a, b := w.store(w.home, "a.jpg"), w.store(w.home, "b.jpg")
	var deleted []id.Asset
	var restored []asset.Asset
	w.assets.OnDeleted = func(_ context.Context, _ pg.Tx, _ access.Actor, ids []id.Asset) error {
		deleted = append(deleted, ids...)
		return nil
	}
	w.assets.OnRestored = func(_ context.Context, _ pg.Tx, _ access.Actor, list []asset.Asset) error {
		restored = append(restored, list...)
		return nil
	}
	code(t, "access.forbidden", w.assets.Delete(t.Context(), viewer, a.ID))
	for i, x := range []asset.Asset{a, b} {
		w.later.Store(int64(i))
		if err := w.assets.Delete(t.Context(), who, x.ID); err != nil {
			t.Fatal(err)
		}
	}
	code(t, "asset.deleted", w.assets.Delete(t.Context(), who, a.ID))
	_, err := w.assets.Get(t.Context(), viewer, a.ID)
	code(t, "asset.not_found", err)
	got := w.must(w.assets.Get(t.Context(), who, a.ID))
	if got.DeletedAt == nil || got.Can != access.View|access.Delete {
		t.Error(got.DeletedAt, got.Can.Names())
	}
	_, err = w.edit(w.house, a, fields("title", "x"))
	code(t, "asset.deleted", err)
	page, err := w.assets.Bin(t.Context(), who, "", 1)
	if err != nil || len(page.Items) != 1 || page.Items[0].ID != b.ID || page.Next == "" {
		t.Fatal(page, err)
	}
	if page, err = w.assets.Bin(t.Context(), who, page.Next, 1); err != nil || len(page.Items) != 1 || page.Items[0].ID != a.ID || page.Next != "" {
		t.Fatal(page, err)
	}
	if page, err = w.assets.Bin(t.Context(), viewer, "", 0); err != nil || len(page.Items) != 0 {
		t.Error(page, err)
	}
	_, err = w.assets.Restore(t.Context(), viewer, a.ID)
	code(t, "asset.not_found", err)
	if got := w.must(w.assets.Restore(t.Context(), who, a.ID)); got.DeletedAt != nil || len(restored) != 1 || !slices.Equal(deleted, []id.Asset{a.ID, b.ID}) {
		t.Error(got.DeletedAt, restored, deleted)
	}
	_, err = w.assets.Restore(t.Context(), who, a.ID)
	code(t, "asset.not_deleted", err)
}

func TestPurgeNamesTheBytesBeforeTheRowsGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, other := w.store(w.home, "a.jpg"), w.store(w.home, "b.jpg")
	n := arrival(id.Folder{}, "a2.jpg", "two")
	var first asset.Revision
	w.in(func(tx pg.Tx) (err error) {
		if _, first, err = w.assets.ActiveRevisionTx(t.Context(), tx, w.house, a.ID); err != nil {
			return err
		}
		_, err = w.assets.AddRevisionTx(t.Context(), tx, w.house, a.ID, n)
		return err
	})
	var keys []blob.Key
	w.assets.OnPurged = func(ctx context.Context, tx pg.Tx, _ access.Actor, ids []id.Asset, k []blob.Key) error {
		keys = k
		var there int
		if err := tx.QueryRow(ctx, "select count(*)::int from asset where id = any($1)", ids).Scan(&there); err != nil || there != 1 {
			t.Error("the row is gone already", err)
		}
		return nil
	}
	code(t, "asset.not_deleted", w.assets.Purge(t.Context(), w.house, a.ID))
	if err := w.assets.Delete(t.Context(), w.house, a.ID); err != nil {
		t.Fatal(err)
	}
	code(t, "access.forbidden", w.assets.Purge(t.Context(), w.person(access.View|access.Delete), a.ID))
	if err := w.assets.Purge(t.Context(), w.house, a.ID); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(keys, []blob.Key{first.BlobKey, n.BlobKey}) {
		t.Error(keys)
	}
	if w.count("select count(*)::int from revision where asset_id = $1", a.ID) != 0 || w.count("select count(*)::int from asset") != 1 {
		t.Error("rows are left, or too many are gone")
	}
	_, err := w.assets.Get(t.Context(), w.house, a.ID)
	code(t, "asset.not_found", err)
	w.must(w.assets.Get(t.Context(), w.house, other.ID))
}

func TestAFoldersDeletionTakesItsAssetsAlongAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sub := w.create(w.home, "sub")
	a, b, c := w.store(w.home, "a"), w.store(sub, "b"), w.store(sub, "c")
	who := w.person(access.View | access.ManageFolder)
	code(t, "asset.delete_below", w.folders.Delete(t.Context(), who, w.home, 0))
	if got := w.must(w.assets.Get(t.Context(), w.house, a.ID)); got.DeletedAt != nil {
		t.Fatal("it went all the same")
	}
	w.grant(w.home, who, access.Delete)
	if err := w.assets.Delete(t.Context(), w.house, c.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.folders.Delete(t.Context(), who, w.home, 0); err != nil {
		t.Fatal(err)
	}
	for _, x := range []asset.Asset{a, b, c} {
		if got := w.must(w.assets.Get(t.Context(), w.house, x.ID)); got.DeletedAt == nil {
			t.Error("an asset stayed")
		}
	}
	_, err := w.assets.Restore(t.Context(), w.house, b.ID)
	if code(t, "asset.folder_deleted", err); fault.As(err).Extra["folder"] != sub.String() {
		t.Error(fault.As(err).Extra)
	}
	_, err = w.storeAs(w.house, arrival(sub, "x", "x"))
	code(t, "folder.not_found", err)
	if _, err := w.folders.Restore(t.Context(), who, w.home); err != nil {
		t.Fatal(err)
	}
	for _, x := range []asset.Asset{a, b, c} {
		if got := w.must(w.assets.Get(t.Context(), w.house, x.ID)); (got.DeletedAt != nil) != (x.ID == c.ID) {
			t.Errorf("%s: %v", x.Name, got.DeletedAt)
		}
	}
	w.must(w.assets.Restore(t.Context(), w.house, c.ID))
}

func TestTheBinIsEmptiedWhenTheSettingsSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.tenantIn(t)
	w.exec(`update tenant set settings = '{"bin_days": 3}' where id = app_tenant()`)
	w.folders.Weigh = w.assets.WeighTx
	days := func(n int64) int64 { return n * 24 * 60 * 60 }
	throw := func(w *world) (asset.Asset, id.Folder) {
		a, f := w.store(w.home, "a.jpg"), w.create(w.home, "inre")
		w.store(f, "b.jpg")
		w.later.Store(0)
		if err := w.assets.Delete(w.t.Context(), w.house, a.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.folders.Delete(w.t.Context(), w.house, f, 0); err != nil {
			t.Fatal(err)
		}
		return a, f
	}
	throw(w)
	throw(other)
	for _, step := range []struct {
		after        int64
		mine, others int // assets in the bins
	}{{days(3) - 1, 2, 2}, {days(3), 0, 2}, {days(14) - 1, 0, 2}, {days(14), 0, 0}} {
		w.later.Store(step.after)
		for of, want := range map[*world]int{w: step.mine, other: step.others} {
			if err := of.assets.Sweep(t.Context(), of.house); err != nil {
				t.Fatal(err)
			}
			page, err := of.assets.Bin(t.Context(), of.house, "", 10)
			folders, ferr := of.folders.Bin(t.Context(), of.house, "", 10)
			if err != nil || ferr != nil || len(page.Items) != want || len(folders.Items) != want/2 {
				t.Errorf("after %d s: %d assets and %d folders in the bin instead of %d and %d; %v, %v", step.after, len(page.Items), len(folders.Items), want, want/2, err, ferr)
			}
		}
	}
}
