// SPDX-License-Identifier: Apache-2.0

package rendition_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/pg"
	"tillgang/internal/rendition"
)

var sameID = cmp.Comparer(func(a, b id.Asset) bool { return a == b })

// pictured receives a file and has it pictured with a likeness.
func (w *world) pictured(t *testing.T, content string, likeness uint64) asset.Asset {
	t.Helper()
	a, err := w.ingest.Receive(t.Context(), w.who, ingest.Plan{Name: "a.txt", Size: -1, OnDuplicate: ingest.Keep}, strings.NewReader(content))
	must(t, err)
	w.engine.likeness = &likeness
	_, err = w.Make(t.Context(), access.HouseActor(w.who.Tenant, "test"), ingest.Original{
		Asset: a.ID, Revision: a.Revision, Path: "/nowhere", Dir: t.TempDir(), MediaType: "image/jpeg",
	})
	must(t, err)
	w.set(t, "update asset set kind = 'image' where id = '"+a.ID.UUID().String()+"'")
	return a
}

func (w *world) set(t *testing.T, sql string) {
	t.Helper()
	must(t, pg.In(t.Context(), w.db, w.who.Tenant, func(tx pg.Tx) error {
		_, err := tx.Exec(t.Context(), sql)
		return err
	}))
}

func TestDuplicatesAreTheSameBytesOrLookTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const like = 0xfedc_ba98_7654_3210
	a := w.pictured(t, "a", like)
	same := w.pictured(t, "a", like)
	near := w.pictured(t, "b", like^0x0101_0101_0101_0101) // 8 bits, two in each part
	nearer := w.pictured(t, "c", like^0b111)
	w.pictured(t, "d", like^0x0101_0101_0101_0103) // 9 bits
	w.pictured(t, "e", ^uint64(like))
	document := w.pictured(t, "f", like)
	w.set(t, "update asset set kind = 'document' where id = '"+document.ID.UUID().String()+"'")

	got, err := w.Duplicates(t.Context(), w.who, a.ID, 0)
	must(t, err)
	want := rendition.Duplicates{Exact: []id.Asset{same.ID}, Near: []rendition.Alike{{Asset: nearer.ID, Distance: 3}, {Asset: near.ID, Distance: 8}}}
	if d := cmp.Diff(want, got, sameID); d != "" {
		t.Error(d)
	}
	list, err := w.Near(t.Context(), w.who, a.ID, 1)
	if err != nil || !cmp.Equal(want.Near[:1], list, sameID) {
		t.Errorf("%v, %v", list, err)
	}
	if got, err := w.Duplicates(t.Context(), w.who, document.ID, 0); err != nil || len(got.Exact)+len(got.Near) > 0 {
		t.Errorf("a document has %+v, %v", got, err)
	}

	stranger := w.who
	stranger.Own = access.Grant{}
	for name, who := range map[string]access.Actor{"a stranger": stranger, "nobody": {Tenant: w.who.Tenant}} {
		if _, err := w.Duplicates(t.Context(), who, a.ID, 0); fault.CodeOf(err) != "asset.not_found" {
			t.Errorf("%s: %v", name, err)
		}
	}
	viewer := w.who
	viewer.ID, viewer.Scope = "acc_viewer", access.View
	w.set(t, "update asset set embargo_until = now() + interval '1 day' where id in ('"+same.ID.UUID().String()+"', '"+nearer.ID.UUID().String()+"')")
	got, err = w.Duplicates(t.Context(), viewer, a.ID, 0)
	if err != nil || len(got.Exact) != 0 || len(got.Near) != 1 || got.Near[0].Asset != near.ID {
		t.Errorf("a viewer sees %+v under embargo, %v", got, err)
	}
}

func TestSuspectedDuplicatesAreListedInGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var families [][]id.Asset
	for i := range 5 {
		like := uint64(0x9e37_79b9_7f4a_7c15) * uint64(i+1)
		var f []id.Asset
		for k := range i + 1 { // the first is alone
			f = append(f, w.pictured(t, fmt.Sprint("picture ", i, k), like^1<<k).ID)
		}
		if len(f) > 1 {
			families = append(families, f)
		}
	}
	twins := []id.Asset{w.pictured(t, "twin", 1).ID, w.pictured(t, "twin", ^uint64(0)).ID}
	all := func(who access.Actor, by string, limit int) (out [][]id.Asset) {
		t.Helper()
		cursor := ""
		for {
			p, err := w.Groups(t.Context(), who, by, cursor, limit)
			must(t, err)
			for _, g := range p.Items {
				if g.Count != len(g.Assets) {
					t.Errorf("%d of %d are shown", len(g.Assets), g.Count)
				}
				out = append(out, g.Assets)
			}
			if cursor = p.Next; cursor == "" {
				break
			}
		}
		slices.SortFunc(out, func(a, b []id.Asset) int { return len(a) - len(b) })
		return out
	}
	for _, limit := range []int{1, 2, 50} {
		if d := cmp.Diff(families, all(w.who, rendition.ByLook, limit), sameID); d != "" {
			t.Errorf("%d on a page: %s", limit, d)
		}
	}
	if d := cmp.Diff([][]id.Asset{twins}, all(w.who, rendition.ByBytes, 1), sameID); d != "" {
		t.Error(d)
	}
	stranger := w.who
	stranger.Own = access.Grant{}
	if got := append(all(stranger, rendition.ByLook, 50), all(stranger, rendition.ByBytes, 50)...); len(got) > 0 {
		t.Errorf("a stranger sees %v", got)
	}
	if _, err := w.Groups(t.Context(), w.who, "any", "", 0); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
	if _, err := w.Groups(t.Context(), w.who, rendition.ByLook, "bm9uc2Vuc2U", 0); fault.CodeOf(err) != "cursor.invalid" {
		t.Error(err)
	}
}

// What looks like two that do not look like each other makes all three one
// group, in whatever order they come; and so with whole groups.
func TestGroupsThatAPictureStandsBetweenBecomeOne(t *testing.T) {
	t.Parallel()
	const a, b, c = 0, 0b11_1111, 0b1111_1111_1111 // a and c differ in 12 bits, b in 6 from both
	for name, order := range map[string][]uint64{
		"between last": {a, c, b}, "one after the other": {a, b, c}, "between first": {b, a, c},
		"two groups": {a, a ^ 1<<40, c, c ^ 1<<41, b},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var want []id.Asset
			for i, like := range order {
				want = append(want, w.pictured(t, fmt.Sprint("picture ", i), like).ID)
			}
			w.pictured(t, "another", ^uint64(0))
			p, err := w.Groups(t.Context(), w.who, rendition.ByLook, "", 0)
			if err != nil || len(p.Items) != 1 || !cmp.Equal(p.Items[0].Assets, want, sameID) {
				t.Errorf("%+v, %v, want %v", p, err, want)
			}
		})
	}
}

func TestTwoThatComeAtTheSameTimeFindEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var list []asset.Asset
	for i := range 4 {
		a, err := w.ingest.Receive(t.Context(), w.who, ingest.Plan{Name: "a.txt", Size: -1}, strings.NewReader(fmt.Sprint("content ", i)))
		must(t, err)
		list = append(list, a)
	}
	w.set(t, "update asset set kind = 'image'")
	done := make(chan error)
	for _, a := range list {
		e := &engine{likeness: new(uint64)}
		s := rendition.New(w.db, w.store, w.ingest, e, w.now)
		of := ingest.Original{Asset: a.ID, Revision: a.Revision, Path: "/nowhere", Dir: t.TempDir(), MediaType: "image/jpeg"}
		go func() {
			_, err := s.Make(t.Context(), access.HouseActor(w.who.Tenant, "test"), of)
			done <- err
		}()
	}
	for range list {
		must(t, <-done)
	}
	p, err := w.Groups(t.Context(), w.who, rendition.ByLook, "", 0)
	if err != nil || len(p.Items) != 1 || p.Items[0].Count != 4 {
		t.Errorf("%+v, %v", p, err)
	}
}
