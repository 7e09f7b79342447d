// SPDX-License-Identifier: Apache-2.0

package effect_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/effect"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
)

func codes(e effect.Effects) (out []string) {
	for _, w := range e.Warnings {
		out = append(out, w.Code)
	}
	return out
}

func TestALookAheadWarnsOfWhatNobodyMeant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bo := w.person("ann"), w.person("bo")
	boss := w.person("boss")
	w.ok(w.accounts.Give(t.Context(), w.house, boss.id, w.builtIn("tenant-admin")))
	all := w.group("alla")
	for _, p := range []someone{ann, bo, boss} {
		w.join(all, account.Member{Account: id.FromUUID[id.Account](p.id)})
	}
	keeper, viewer := w.builtIn("folder-admin"), w.builtIn("viewer")
	plan := w.folder(w.root, 7)
	grants := func(give ...folder.Give) folder.Grants {
		return folder.Grants{Folder: plan, Inherit: true, Give: give}
	}
	w.ok2(w.folders.SetGrants(t.Context(), w.house, plan, 0, true, []folder.Give{{Principal: ann.id, Role: keeper}}))
	who, _ := w.actor(ann)
	look := func(g folder.Grants) effect.Effects {
		t.Helper()
		return must(w.effects.Grants(t.Context(), who, g, effect.Pages{}))(t)
	}
	same := look(grants(folder.Give{Principal: ann.id, Role: keeper}))
	if !same.Opens.None() || !same.Closes.None() || len(same.Parts)+len(same.Lines.Items)+len(same.Warnings) != 0 {
		t.Errorf("nothing changes, and %+v", same)
	}
	// The first administrator, who has never signed in, sees it anyhow.
	wide := look(grants(folder.Give{Principal: ann.id, Role: keeper}, folder.Give{Principal: all.UUID(), Role: viewer}))
	if diff := cmp.Diff([]string{effect.Everybody}, codes(wide)); diff != "" || wide.Opens != (effect.Amount{Files: 7, Folders: 1, People: 2}) {
		t.Errorf("%s %+v", diff, wide)
	}
	if len(wide.Lines.Items) != 1 || wide.Lines.Items[0].Name.Text != "alla" || wide.Lines.Items[0].People != 3 || wide.Lines.Items[0].Opens != 7 {
		t.Errorf("%+v", wide.Lines)
	}
	part := look(grants(folder.Give{Principal: ann.id, Role: keeper}, folder.Give{Principal: bo.id, Role: viewer}))
	if len(part.Warnings) != 0 || part.Opens.People != 1 {
		t.Errorf("%+v", part)
	}
	out := look(grants(folder.Give{Principal: bo.id, Role: viewer}))
	if diff := cmp.Diff([]string{effect.Yourself, effect.Nobody}, codes(out)); diff != "" || out.Closes.People != 1 {
		t.Errorf("%s %+v", diff, out)
	}
	// What may not be saved is not told either.
	if _, err := w.effects.Grants(t.Context(), who, folder.Grants{Folder: w.root, Inherit: true}, effect.Pages{}); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	viewers, _ := w.actor(bo)
	if _, err := w.effects.Grants(t.Context(), viewers, grants(), effect.Pages{}); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	if _, err := w.effects.Group(t.Context(), viewers, effect.Group{ID: all, Delete: true}, effect.Pages{}); fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
	if _, err := w.effects.Role(t.Context(), viewers, id.New[id.Role](), 0, effect.Pages{}); fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
	chief, _ := w.actor(boss)
	if _, err := w.effects.Role(t.Context(), chief, id.New[id.Role](), 0, effect.Pages{}); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	if e := must(w.effects.Grant(t.Context(), chief, boss.id, w.builtIn("tenant-admin"), false, effect.Pages{}))(t); !slices.Contains(codes(e), effect.Yourself) {
		t.Errorf("giving up one's own office: %+v", e)
	}
	if _, err := w.effects.Grants(t.Context(), access.Actor{}, grants(), effect.Pages{}); fault.KindOf(err) != fault.Unauthentic {
		t.Error(err)
	}
}

func (w *world) ok2(_ folder.Folder, err error) {
	w.t.Helper()
	w.ok(err)
}

func TestLinesComeInPagesTheGreatestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.folder(w.root, 3)
	viewer := w.builtIn("viewer")
	g := folder.Grants{Folder: f, Inherit: true}
	for i := range 7 {
		grp := w.group(fmt.Sprint("g", i))
		for n := range i {
			p := must(w.accounts.Create(t.Context(), w.house, account.NewAccount{Email: fmt.Sprintf("p%d-%d@example.se", i, n), Name: "P"}))(t)
			w.join(grp, account.Member{Account: p.ID})
		}
		g.Give = append(g.Give, folder.Give{Principal: grp.UUID(), Role: viewer})
	}
	var got []int
	p := effect.Pages{Limit: 3}
	for {
		e := must(w.effects.Grants(t.Context(), w.house, g, p))(t)
		for _, l := range e.Lines.Items {
			got = append(got, l.People)
		}
		if p.Cursor = e.Lines.Next; p.Cursor == "" {
			break
		}
	}
	slices.Sort(got[5:]) // an empty group weighs as much as one of one
	if diff := cmp.Diff([]int{6, 5, 4, 3, 2, 0, 1}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhereThereIsTooMuchTheAnswerSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f, p := w.folder(w.root, 9), w.person("p")
	g := folder.Grants{Folder: f, Inherit: true, Give: []folder.Give{{Principal: p.id, Role: w.builtIn("viewer")}}}
	w.effects.MostFiles = 4
	if e := must(w.effects.Grants(t.Context(), w.house, g, effect.Pages{}))(t); !e.AtLeast || e.Opens.Files != 4 || e.Opens.People != 1 {
		t.Errorf("%+v", e)
	}
	w.effects.MostFiles, w.effects.MostPairs = 100, 0
	if e := must(w.effects.Grants(t.Context(), w.house, g, effect.Pages{}))(t); !e.AtLeast {
		t.Errorf("%+v", e)
	}
}

func TestWhatSomebodyMayDoIsToldWithItsReasons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, boss := w.person("ann"), w.person("boss")
	w.ok(w.accounts.Give(t.Context(), w.house, boss.id, w.builtIn("tenant-admin")))
	team := w.group("team")
	w.join(team, account.Member{Account: id.FromUUID[id.Account](ann.id)})
	viewer, editor := w.builtIn("viewer"), w.builtIn("editor")
	w.ok(w.accounts.Give(t.Context(), w.house, team.UUID(), w.builtIn("auditor")))
	open, shut := w.folder(w.root, 1), w.folder(w.root, 1)
	below := w.folder(open, 1)
	cut := w.folder(below, 1)
	w.ok2(w.folders.SetGrants(t.Context(), w.house, open, 0, true, []folder.Give{{Principal: team.UUID(), Role: viewer}}))
	w.ok2(w.folders.SetGrants(t.Context(), w.house, shut, 0, true, []folder.Give{{Principal: ann.id, Role: editor}}))
	w.ok2(w.folders.SetGrants(t.Context(), w.house, cut, 0, false, nil))
	of := id.FromUUID[id.Account](ann.id)
	places := func(who access.Actor, limit int) (out []string, r effect.Rights) {
		t.Helper()
		p := effect.Pages{Limit: limit}
		for {
			r = must(w.effects.Rights(t.Context(), who, of, p))(t)
			for _, x := range r.Places.Items {
				line := fmt.Sprint(x.Path[len(x.Path)-1], " ", len(x.Can.Names()))
				for _, s := range x.Through {
					line += " " + s.Name.Text + ":" + s.RoleName
				}
				out = append(out, line)
			}
			if p.Cursor = r.Places.Next; p.Cursor == "" {
				return out, r
			}
		}
	}
	names := map[id.Folder]string{}
	for _, f := range must(w.folders.Tree(t.Context(), w.house, "", 50))(t).Items {
		names[f.ID] = f.Name
	}
	editing := len((access.BuiltInRoles()[3].Perm & access.Content).Names())
	want := []string{
		names[open] + " 1 team:viewer", fmt.Sprint(names[shut], " ", editing, " ann:editor"), names[cut] + " 0",
	}
	for _, limit := range []int{50, 1} {
		got, r := places(w.house, limit)
		if diff := cmp.Diff(want, got); diff != "" || r.Hidden != 0 {
			t.Error(diff, r.Hidden)
		}
		if r.Everywhere != access.ReadAudit || len(r.Through) != 1 || r.Through[0].Name.Text != "team" {
			t.Errorf("%+v", r)
		}
	}
	who, _ := w.actor(ann)
	if got, r := places(who, 50); len(got) != 2 || r.Hidden != 1 { // the one that is cut off is not hers to see
		t.Error(got, r.Hidden)
	}
	chief, _ := w.actor(boss)
	if got, r := places(chief, 50); len(got) != 0 || r.Hidden != 3 {
		t.Error(got, r.Hidden)
	}
	if _, err := w.effects.Rights(t.Context(), who, id.FromUUID[id.Account](boss.id), effect.Pages{}); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
}

// A change at the top of 20,000 folders and among 1,000,000 files is foreseen
// about as fast as it is asked for; the time is printed and holds nothing.
func TestALookAheadOverManyFoldersIsWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const many = 3000
	w.exec(`insert into folder (id, tenant_id, parent_id, name, name_key, lineage, acl_id, created_at)
		select f, $1, $2, 'mapp ' || n, 'mapp ' || n, array[$2::uuid, f], (select acl_id from folder where id = $2), now()
		from (select gen_random_uuid() as f, n from generate_series(1, $3::int) n) x`, w.tenant, w.root, many)
	w.fill(w.root, 5000)
	p := w.person("p")
	viewer := w.builtIn("viewer")
	began := time.Now()
	e := must(w.effects.Grants(t.Context(), w.house, folder.Grants{Folder: w.root, Inherit: true, Give: []folder.Give{{Principal: p.id, Role: viewer}}}, effect.Pages{}))(t)
	t.Logf("foreseen in %v", time.Since(began))
	if e.Opens != (effect.Amount{Files: 5000, Folders: many + 2, People: 1}) { // and the inbox
		t.Errorf("%+v", e.Opens)
	}
}
