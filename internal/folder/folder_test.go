// SPDX-License-Identifier: Apache-2.0

package folder_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

const manager = access.View | access.ManageFolder

func TestNamesOfFolders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct{ name, in, want string }{
		{"Swedish", "Årsmöte på Öland €", "Årsmöte på Öland €"},
		{"emoji", "👩‍👩‍👧 🏔️", "👩‍👩‍👧 🏔️"},
		{"composed", "cafe\u0301", "café"},
		{"trimmed", "  two   words\t", "two words"},
		{"direction override", "invoice\u202egpj.exe", "invoicegpj.exe"},
		{"header injection", "a\r\nSet-Cookie: x=1", "a Set-Cookie: x=1"},
		{"nul", "b\x00", "b"},
		{"markup is only text", "<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"},
		{"SQL is only text", "'; drop table folder; --", "'; drop table folder; --"},
		{"200 letters", strings.Repeat("å", 200), strings.Repeat("å", 200)},
	} {
		f, err := w.folders.Create(t.Context(), w.house, w.root, tt.in)
		if err != nil || f.Name != tt.want {
			t.Errorf("%s: %q, %v", tt.name, f.Name, err)
		}
	}
	for _, bad := range []string{"", " \t\u200b", "a/b", `..\..\x`, "..", strings.Repeat("å", 201), "a\xff"} {
		_, err := w.folders.Create(t.Context(), w.house, w.root, bad)
		if code(t, "folder.name", err); fault.As(err).Field["name"] == "" {
			t.Errorf("%q: the field is not named", bad)
		}
	}
}

func TestNamesAreUniqueAmongSiblingsWhateverTheirCase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.create(w.root, "Årsmöte")
	_, err := w.folders.Create(t.Context(), w.house, w.root, "a\u030aRSMÖTE")
	code(t, "folder.name_taken", err)
	b := w.create(a, "årsmöte")
	_, err = w.folders.Change(t.Context(), w.house, b, 0, folder.Patch{Parent: &w.root})
	code(t, "folder.name_taken", err)
	if err := w.folders.Delete(t.Context(), w.house, a, 0); err != nil {
		t.Fatal(err)
	}
	w.create(w.root, "ÅRSMÖTE")
	back, err := w.folders.Restore(t.Context(), w.house, a)
	if err != nil || back.Name == "Årsmöte" || !strings.HasPrefix(back.Name, "Årsmöte") {
		t.Errorf("a folder whose name was taken meanwhile came back as %q, %v", back.Name, err)
	}
}

func TestMoving(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.create(w.root, "a")
	b := w.create(a, "b")
	c := w.create(b, "c")
	d := w.create(w.root, "d")
	moved := map[id.Folder]int{}
	w.folders.OnMoved = func(_ context.Context, _ pg.Tx, _ access.Actor, f folder.Folder) error {
		moved[f.ID]++
		return nil
	}
	name := "bb"
	f, err := w.folders.Change(t.Context(), w.house, b, 1, folder.Patch{Parent: &d, Name: &name})
	if err != nil || f.Name != "bb" || f.Parent != d || f.Version != 2 || !slices.Equal(f.Lineage, []id.Folder{w.root, d, b}) {
		t.Fatal(f, err)
	}
	got, err := w.folders.Get(t.Context(), w.house, c)
	if err != nil || !slices.Equal(got.Lineage, []id.Folder{w.root, d, b, c}) || moved[b] != 1 {
		t.Fatal(got, err, moved)
	}
	path, err := w.folders.Path(t.Context(), w.house, c)
	if err != nil || len(path) != 4 || path[0].ID != w.root || path[3].ID != c {
		t.Fatal(path, err)
	}
	for _, to := range []id.Folder{b, c} {
		_, err = w.folders.Change(t.Context(), w.house, b, 0, folder.Patch{Parent: &to})
		code(t, "folder.cycle", err)
	}
	_, err = w.folders.Change(t.Context(), w.house, b, 1, folder.Patch{Parent: &w.root})
	code(t, "folder.changed", err)
	for _, fixed := range []id.Folder{w.root, w.inbox} {
		_, err = w.folders.Change(t.Context(), w.house, fixed, 0, folder.Patch{Parent: &d})
		code(t, "folder.fixed", err)
		code(t, "folder.fixed", w.folders.Delete(t.Context(), w.house, fixed, 0))
	}
	_, err = w.folders.Change(t.Context(), w.house, b, 0, folder.Patch{Parent: new(id.New[id.Folder]())})
	code(t, "folder.not_found", err)
}

func TestFoldersLieAtMost32Deep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.root
	for i := 2; i <= folder.MaxDepth; i++ {
		at = w.create(at, strconv.Itoa(i))
	}
	_, err := w.folders.Create(t.Context(), w.house, at, "33")
	code(t, "folder.too_deep", err)
	two := w.create(w.root, "a")
	w.create(two, "b")
	path, err := w.folders.Path(t.Context(), w.house, at)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.folders.Change(t.Context(), w.house, two, 0, folder.Patch{Parent: &path[30].ID})
	code(t, "folder.too_deep", err)
}

func TestWhoMayNotManageAFolderChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.create(w.root, "a"), w.create(w.root, "b")
	viewer, stranger, half := w.person(), w.person(), w.person()
	w.grant(a, w.give(viewer, access.View), w.give(half, manager))
	w.grant(b, w.give(half, access.View))
	before := w.count("select count(*)::int from audit_entry")
	name := "x"
	for _, tt := range []struct {
		what string
		who  access.Actor
		want string
	}{{"a viewer", viewer, "access.forbidden"}, {"a stranger", stranger, "folder.not_found"}, {"nobody", access.Actor{}, "access.unauthenticated"}} {
		_, err := w.folders.Create(t.Context(), tt.who, a, "x")
		code(t, tt.want, err)
		_, err = w.folders.Change(t.Context(), tt.who, a, 0, folder.Patch{Name: &name})
		code(t, tt.want, err)
		code(t, tt.want, w.folders.Delete(t.Context(), tt.who, a, 0))
		_, err = w.folders.SetGrants(t.Context(), tt.who, a, 0, true, nil)
		code(t, tt.want, err)
		_, err = w.folders.Grants(t.Context(), tt.who, a)
		code(t, tt.want, err)
		_, err = w.folders.EffectiveRights(t.Context(), tt.who, a)
		code(t, tt.want, err)
		_, err = w.folders.Restore(t.Context(), tt.who, a)
		code(t, tt.want, err)
	}
	_, err := w.folders.Change(t.Context(), half, a, 0, folder.Patch{Parent: &b})
	code(t, "access.forbidden", err)
	if after := w.count("select count(*)::int from audit_entry"); after != before {
		t.Errorf("%d deeds were logged", after-before)
	}
	if _, err := w.folders.Change(t.Context(), half, a, 0, folder.Patch{Name: &name}); err != nil {
		t.Error(err)
	}
}

func TestRestoreBringsBackExactlyWhatWentWithTheFolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.create(w.root, "a")
	b, c := w.create(a, "b"), w.create(a, "c")
	var gone, back []id.Folder
	w.folders.OnDeleted = func(_ context.Context, _ pg.Tx, _ access.Actor, _ id.Folder, list []id.Folder) error {
		gone = list
		return nil
	}
	w.folders.OnRestored = func(_ context.Context, _ pg.Tx, _ access.Actor, _ id.Folder, list []id.Folder) error {
		back = list
		return nil
	}
	if err := w.folders.Delete(t.Context(), w.house, b, 0); err != nil {
		t.Fatal(err)
	}
	if err := w.folders.Delete(t.Context(), w.house, a, 0); err != nil {
		t.Fatal(err)
	}
	if len(gone) != 2 || !slices.Contains(gone, a) || !slices.Contains(gone, c) {
		t.Errorf("%v went", gone)
	}
	bin, err := w.folders.Bin(t.Context(), w.house, "", 1)
	if err != nil || len(bin.Items) != 1 || bin.Next == "" {
		t.Fatal(bin, err)
	}
	if bin, err = w.folders.Bin(t.Context(), w.house, bin.Next, 1); err != nil || len(bin.Items) != 1 || bin.Next != "" {
		t.Fatal(bin, err)
	}
	_, err = w.folders.Get(t.Context(), w.house, a)
	code(t, "folder.not_found", err)
	_, err = w.folders.Create(t.Context(), w.house, a, "x")
	code(t, "folder.not_found", err)
	_, err = w.folders.Restore(t.Context(), w.house, b)
	if code(t, "folder.parent_deleted", err); fault.As(err).Extra["folder"] != a.String() {
		t.Error("it is not said which folder")
	}
	if _, err := w.folders.Restore(t.Context(), w.house, a); err != nil {
		t.Fatal(err)
	}
	if len(back) != 2 || !slices.Contains(back, a) || !slices.Contains(back, c) {
		t.Errorf("%v came back", back)
	}
	_, err = w.folders.Get(t.Context(), w.house, b)
	code(t, "folder.not_found", err)
	_, err = w.folders.Restore(t.Context(), w.house, c)
	code(t, "folder.not_deleted", err)
	if _, err := w.folders.Restore(t.Context(), w.house, b); err != nil {
		t.Fatal(err)
	}
}

func TestNobodyDeletesWhatTheyMayNotManageBelow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.create(w.root, "a")
	b := w.create(a, "b")
	who := w.person()
	w.grant(a, w.give(who, manager))
	if _, err := w.folders.SetGrants(t.Context(), w.house, b, 0, false, nil); err != nil {
		t.Fatal(err)
	}
	code(t, "folder.delete_below", w.folders.Delete(t.Context(), who, a, 0))
	if w.can(w.house, b) == 0 || w.can(who, a) == 0 {
		t.Error("something went")
	}
}

func TestAFolderOnTheWayToAVisibleOneIsABareName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.create(w.root, "a")
	b := w.create(a, "b")
	c := w.create(b, "c")
	w.create(a, "hidden")
	who := w.person()
	w.grant(b, w.give(who, access.View))
	tree, err := w.folders.Tree(t.Context(), who, "", 0)
	if err != nil || len(tree.Items) != 4 {
		t.Fatal(tree, err)
	}
	for i, want := range []id.Folder{w.root, a, b, c} {
		if f := tree.Items[i]; f.ID != want || f.Can.Has(access.View) != (i > 1) || i < 2 && (f.Version != 0 || f.ACL != 0) {
			t.Errorf("%d: %+v", i, f)
		}
	}
	in, err := w.folders.Children(t.Context(), who, a, "", 0)
	if err != nil || len(in.Items) != 1 || in.Items[0].ID != b {
		t.Error(in, err)
	}
	w.in(func(tx pg.Tx) error {
		_, err := w.folders.ByIDTx(t.Context(), tx, who, a)
		code(t, "folder.not_found", err)
		_, err = w.folders.HoldTx(t.Context(), tx, who, b)
		return err
	})
	_, err = w.folders.Children(t.Context(), who, w.inbox, "", 0)
	code(t, "folder.not_found", err)
}

func TestListsArePagedByName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	parent := w.create(w.root, "parent")
	want := []string{"A", "b", "C", "z", "Å", "ä", "Ö"}
	for _, i := range []int{4, 0, 6, 2, 5, 1, 3} {
		w.create(parent, want[i])
	}
	read := func(list func(cursor string) (page.Page[folder.Folder], error)) (names []string) {
		cursor := ""
		for range 20 {
			p, err := list(cursor)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range p.Items {
				names = append(names, f.Name)
			}
			if cursor = p.Next; cursor == "" {
				break
			}
		}
		return names
	}
	slices.SortFunc(want, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	if got := read(func(c string) (page.Page[folder.Folder], error) {
		return w.folders.Children(t.Context(), w.house, parent, c, 2)
	}); !slices.Equal(got, want) {
		t.Error(got)
	}
	if got := read(func(c string) (page.Page[folder.Folder], error) { return w.folders.Tree(t.Context(), w.house, c, 3) }); !slices.Equal(got, append([]string{"Testköping", "Inbox", "parent"}, want...)) {
		t.Error(got)
	}
	p, err := w.folders.Children(t.Context(), w.house, parent, "", 2)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.folders.Children(t.Context(), w.house, w.root, p.Next, 2)
	code(t, "cursor.mismatch", err)
}

func TestTwoChangesOfOneVersionAreOneChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.create(w.root, "a")
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = w.folders.Change(t.Context(), w.house, f, 1, folder.Patch{Name: new("n" + strconv.Itoa(i))})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if fault.CodeOf(err) != "folder.changed" {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
}

func TestFoldersOfAnotherTenantDoNotExist(t *testing.T) {
	t.Parallel()
	ours := newWorld(t)
	theirs := tenantIn(t, ours.db, ours.folders)
	f := theirs.create(theirs.root, "secret")
	ctx, boss := t.Context(), ours.house
	_, err := ours.folders.Get(ctx, boss, f)
	code(t, "folder.not_found", err)
	_, err = ours.folders.Create(ctx, boss, f, "x")
	code(t, "folder.not_found", err)
	_, err = ours.folders.Change(ctx, boss, f, 0, folder.Patch{Name: new("x")})
	code(t, "folder.not_found", err)
	_, err = ours.folders.Change(ctx, boss, ours.create(ours.root, "mine"), 0, folder.Patch{Parent: &f})
	code(t, "folder.not_found", err)
	code(t, "folder.not_found", ours.folders.Delete(ctx, boss, f, 0))
	_, err = ours.folders.SetGrants(ctx, boss, f, 0, true, nil)
	code(t, "folder.not_found", err)
	// Theirs cannot be given rights here, nor their roles used.
	stranger := theirs.person()
	_, err = ours.folders.SetGrants(ctx, boss, ours.root, 0, true, []folder.Give{{stranger.Account.UUID(), ours.role(access.View)}, {ours.group(), theirs.role(access.View)}, {uuid.New(), id.Role{}}})
	code(t, "folder.grants", err)
	if got := fault.As(err).Field; got["grants.0.principal"] == "" || got["grants.1.role"] == "" || got["grants.2.principal"] == "" || got["grants.2.role"] == "" || len(got) != 4 {
		t.Error(got)
	}
}

func TestNU11_EveryChangeOfAFolderIsOneDeedWithoutNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	steps := []struct {
		verb string
		do   func(f id.Folder) error
	}{
		{"folder.edit", func(f id.Folder) error {
			_, err := w.folders.Change(t.Context(), w.house, f, 0, folder.Patch{Name: new("Hemligt namn")})
			return err
		}},
		{"folder.grant", func(f id.Folder) error {
			_, err := w.folders.SetGrants(t.Context(), w.house, f, 0, true, nil)
			return err
		}},
		{"folder.delete", func(f id.Folder) error { return w.folders.Delete(t.Context(), w.house, f, 0) }},
		{"folder.restore", func(f id.Folder) error {
			_, err := w.folders.Restore(t.Context(), w.house, f)
			return err
		}},
	}
	f := w.create(w.root, "Hemligt")
	for i, s := range steps {
		if err := s.do(f); err != nil {
			t.Fatal(s.verb, err)
		}
		if n := w.count("select count(*)::int from audit_entry where verb = $1 and subject = $2", s.verb, f.String()); n != 1 {
			t.Errorf("%s: %d rows", s.verb, n)
		}
		if n := w.count("select count(*)::int from audit_entry"); n != i+2 {
			t.Errorf("%s: %d rows in all", s.verb, n)
		}
	}
	if w.count("select count(*)::int from audit_entry where detail::text like '%emligt%'") != 0 {
		t.Error("a name is in the log")
	}
}
