// SPDX-License-Identifier: Apache-2.0

package collection_test

import (
	"testing"
	"time"

	"tillgang/internal/collection"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

func TestTheBinOfCollectionsIsEmptiedAfterFourteenDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	eva := w.person(w.seers)
	assets := w.store(w.open, 2)
	top := w.list(eva, "topp", id.Collection{})
	inner := w.list(eva, "inre", top.ID)
	_, err := w.Add(t.Context(), eva, inner.ID, assets, collection.At{})
	w.fine(err)
	is(t, "destroy one that is not in the bin", fault.Conflict, "collection.not_deleted", w.Purge(t.Context(), eva, top.ID))
	w.fine(w.Delete(t.Context(), eva, inner.ID))
	w.at = w.at.Add(24 * time.Hour)
	w.fine(w.Delete(t.Context(), eva, top.ID))
	w.at = w.at.Add(14*24*time.Hour - 24*time.Hour - time.Second)
	w.fine(w.Sweep(t.Context(), w.house))
	bin, err := w.Bin(t.Context(), eva, "", 10)
	if err != nil || len(bin.Items) != 2 || bin.Items[1].Count != 2 {
		t.Fatal(bin, err)
	}
	w.at = w.at.Add(time.Second)
	w.fine(w.Sweep(t.Context(), w.house))
	if bin, err = w.Bin(t.Context(), eva, "", 10); err != nil || len(bin.Items) != 1 || bin.Items[0].Name != "topp" {
		t.Fatal(bin, err)
	}
	w.fine(w.Purge(t.Context(), eva, top.ID))
	_, err = w.Get(t.Context(), eva, top.ID)
	is(t, "one that is gone", fault.NotFound, "", err)
	if _, err := w.assets.Get(t.Context(), w.house, assets[0]); err != nil {
		t.Error("the assets stay:", err)
	}
	is(t, "empty the bin oneself", fault.NotFound, "", w.Sweep(t.Context(), eva))
}

func TestTheBinOfCollectionsIsEmptiedWhenTheSettingsSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	eva := w.person(w.seers)
	w.in(func(tx pg.Tx) error {
		_, err := tx.Exec(t.Context(), `update tenant set settings = '{"bin_days": 40}' where id = app_tenant()`)
		return err
	})
	w.fine(w.Delete(t.Context(), eva, w.list(eva, "urval", id.Collection{}).ID))
	w.at = w.at.Add(40*24*time.Hour - time.Second)
	w.fine(w.Sweep(t.Context(), w.house))
	if bin, err := w.Bin(t.Context(), eva, "", 10); err != nil || len(bin.Items) != 1 {
		t.Fatal("a second before:", bin, err)
	}
	w.at = w.at.Add(time.Second)
	w.fine(w.Sweep(t.Context(), w.house))
	if bin, err := w.Bin(t.Context(), eva, "", 10); err != nil || len(bin.Items) != 0 {
		t.Fatal("after forty days:", bin, err)
	}
}
