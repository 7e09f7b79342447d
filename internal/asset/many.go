// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Task is what is done to one of many assets.
type Task struct {
	Asset id.Asset
	Edits *Edits // nil: Undo
	Undo  []Step
}

// Done is how a task ended.
type Done struct {
	Asset   id.Asset
	Changed bool         // something is another now, if only who said it
	Skipped *fault.Error // why nothing was done
	Left    []string     // what was not undone, because somebody has changed it since
	Steps   []Step       // what was changed
	Now     Asset        // the asset as it was found, when nothing is written
}

// many is one round of tasks.
type many struct {
	s         *Service
	who       access.Actor
	dry       bool
	stepping  bool // between approval states
	targets   map[id.Folder]target
	templates map[id.Template]Template
	demands   map[id.Folder]Demand
	last      map[id.Asset]map[Approval]StepTaken
	strangers map[id.Account]*fault.Error // who cannot be responsible for anything

	written         []edited
	binned, resumed []id.Asset
}

// target is a folder to move into or to restore in, or why that cannot be.
type target struct {
	folder folder.Folder
	wrong  *fault.Error
}

// ManyTx does tasks on different assets, each with the rights that who has on
// it; what cannot be done to one is skipped and says why. dry writes nothing.
// Statements are few and the same whatever the number; keep it to some
// hundreds. The caller writes the log of deeds.
func (s *Service) ManyTx(ctx context.Context, tx pg.Tx, who access.Actor, tasks []Task, dry bool) ([]Done, error) {
	m := &many{s: s, who: who, dry: dry, targets: map[id.Folder]target{}, templates: map[id.Template]Template{}, strangers: map[id.Account]*fault.Error{}}
	if err := m.prepare(ctx, tx, tasks); err != nil {
		return nil, err
	}
	ids := make([]id.Asset, len(tasks))
	for i, t := range tasks {
		ids[i] = t.Asset
	}
	assets, err := m.assets(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Done, len(tasks))
	for i, t := range tasks {
		out[i] = Done{Asset: t.Asset}
		a, ok := assets[t.Asset]
		if ok {
			err = m.one(a, t, &out[i])
		} else {
			err = access.NotFound("asset")
		}
		if f, is := errors.AsType[*fault.Error](err); is {
			out[i].Skipped = f
		} else if err != nil {
			return nil, err
		}
	}
	if dry {
		return out, nil
	}
	return out, m.write(ctx, tx)
}

// prepare takes what comes before assets in the order of locks: lists and folders.
func (m *many) prepare(ctx context.Context, tx pg.Tx, tasks []Task) error {
	names, folders, owners := map[string]bool{}, map[id.Folder]bool{}, map[id.Account]bool{}
	var restored []id.Asset
	for _, t := range tasks {
		back := slices.ContainsFunc(t.Undo, func(s Step) bool { return s.Field == fieldBin && text(s.After) == string(IntoBin) })
		if c := t.Edits; c != nil {
			for n := range c.Fields {
				names[n] = true
			}
			if c.Folder != nil {
				folders[*c.Folder] = true
			}
			if !c.Template.IsZero() {
				m.templates[c.Template] = Template{}
			}
			if c.Owner != nil && !owners[*c.Owner] {
				owners[*c.Owner] = true
				err := m.s.OwnerTx(ctx, tx, m.who, c.Owner)
				if wrong, is := errors.AsType[*fault.Error](err); is {
					m.strangers[*c.Owner] = wrong
				} else if err != nil {
					return err
				}
			}
			back = c.Bin == OutOfBin
			m.stepping = m.stepping || c.Approval != ""
		}
		for _, step := range t.Undo {
			if step.Field == fieldFolder {
				folders[folderOf(step.Before)] = true
			}
		}
		if back {
			restored = append(restored, t.Asset)
		}
	}
	if !m.dry {
		if err := m.s.share(ctx, tx, m.who, slices.Collect(maps.Keys(names))); err != nil {
			return err
		}
	}
	for tpl := range m.templates {
		t, err := templateTx(ctx, tx, m.who, tpl)
		if err != nil {
			return err
		}
		m.templates[tpl] = t
	}
	if len(restored) > 0 {
		list, err := m.read(ctx, tx, restored)
		if err != nil {
			return err
		}
		for _, a := range list {
			folders[a.Folder] = true
		}
	}
	for _, f := range slices.SortedFunc(maps.Keys(folders), func(a, b id.Folder) int { return strings.Compare(a.String(), b.String()) }) {
		held, err := m.s.folders.HoldTx(ctx, tx, m.who, f)
		t := target{folder: held}
		if wrong, is := errors.AsType[*fault.Error](err); is {
			t.wrong = wrong
		} else if err != nil {
			return err
		}
		m.targets[f] = t
	}
	return nil
}

func (m *many) read(ctx context.Context, tx pg.Tx, ids []id.Asset) ([]Asset, error) {
	return m.s.all(ctx, tx, m.who)(tx.Query(ctx, sqlByIDs, m.who.Bind(pgx.StrictNamedArgs{"ids": ids, "tenant": m.who.Tenant})))
}

func (m *many) assets(ctx context.Context, tx pg.Tx, ids []id.Asset) (map[id.Asset]Asset, error) {
	if !m.dry {
		if _, err := tx.Exec(ctx, sqlHoldAll, pgx.StrictNamedArgs{"ids": ids, "tenant": m.who.Tenant}); err != nil {
			return nil, err
		}
	}
	list, err := m.read(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	by := make(map[id.Asset]Asset, len(list))
	for _, a := range list {
		by[a.ID] = a
	}
	return by, m.approvals(ctx, tx, list)
}

// one does a task to an asset, in memory.
func (m *many) one(a Asset, t Task, done *Done) error {
	if m.dry {
		done.Now = a
	}
	now := m.s.now()
	sh := newSheet(a, Mark{FromPerson, m.who.ID, now})
	if t.Edits != nil && t.Edits.Approval != "" {
		return m.transit(a, t.Edits.Approval, t.Edits.Remark, sh, done)
	}
	if t.Edits != nil && t.Edits.Bin != "" {
		return m.bin(a, t.Edits.Bin, sh, done)
	}
	if i := slices.IndexFunc(t.Undo, func(s Step) bool { return s.Field == fieldBin }); t.Edits == nil && i >= 0 {
		if way := text(t.Undo[i].After); (a.DeletedAt != nil) != (way == string(IntoBin)) {
			done.Left = []string{fieldBin}
			return nil
		} else if way == string(IntoBin) {
			return m.bin(a, OutOfBin, sh, done)
		}
		return m.bin(a, IntoBin, sh, done)
	}
	if err := Allowed(a, m.who, access.Edit, now); err != nil {
		return err
	}
	to := a
	var err error
	if t.Edits == nil {
		err = m.undo(&to, t.Undo, sh, done)
	} else {
		err = m.change(&to, *t.Edits, sh)
	}
	if err != nil || !sh.touched {
		return err
	}
	if done.Steps, err = sh.steps(); err != nil {
		return err
	}
	done.Changed = true
	m.written = append(m.written, edited{to, sh})
	return nil
}

func (m *many) change(a *Asset, c Edits, sh *sheet) error {
	if err := sh.act(c); err != nil {
		return err
	}
	if !c.Template.IsZero() {
		sh.fill(m.templates[c.Template], m.s.now())
	}
	if err := dates(a, Patch{EmbargoUntil: c.EmbargoUntil, ExpiresAt: c.ExpiresAt}, sh); err != nil {
		return err
	}
	if c.Owner != nil && m.strangers[*c.Owner] != nil {
		return m.strangers[*c.Owner]
	}
	sh.own(a, c.Owner)
	if c.Folder == nil || *c.Folder == a.Folder {
		return nil
	}
	return m.move(a, *c.Folder, sh)
}

func (m *many) move(a *Asset, to id.Folder, sh *sheet) error {
	t := m.targets[to]
	if t.wrong != nil {
		return t.wrong
	}
	if err := movable(*a, m.who, t.folder, m.s.now()); err != nil {
		return err
	}
	if !sh.undoing { // the approval comes back after the folder
		sh.arrive(a, m.demands[a.Folder], m.demands[to])
	}
	sh.note(fieldFolder, "", a.Folder.String(), to.String(), Mark{}, false)
	a.Folder, a.ACL = t.folder.ID, t.folder.ACL
	return nil
}

// undo takes steps back, the last first; what somebody has changed since is left.
func (m *many) undo(a *Asset, steps []Step, sh *sheet, done *Done) error {
	sh.undoing = true
	for _, step := range slices.Backward(steps) {
		if step.Field != fieldFolder {
			if step.Field == fieldApproval && !m.undoApproval(a, step, sh) || step.Field != fieldApproval && !sh.undo(a, step) {
				done.Left = append(done.Left, strings.TrimSuffix(step.Field+"."+step.Lang, "."))
			}
			continue
		}
		if a.Folder != folderOf(step.After) {
			done.Left = append(done.Left, fieldFolder)
		} else if err := m.move(a, folderOf(step.Before), sh); err != nil {
			if _, is := errors.AsType[*fault.Error](err); !is {
				return err
			}
			done.Left = append(done.Left, fieldFolder)
		}
	}
	if a.EmbargoUntil != nil && a.ExpiresAt != nil && !a.ExpiresAt.After(*a.EmbargoUntil) {
		return invalid(map[string]string{fieldExpiry: "it must come after the embargo's end"})
	}
	return nil
}

// bin moves an asset into the bin or out of it.
func (m *many) bin(a Asset, way Bin, sh *sheet, done *Done) error {
	if err := Allowed(a, m.who, access.Delete, m.s.now()); err != nil {
		return err
	}
	if (a.DeletedAt != nil) == (way == IntoBin) {
		return nil
	}
	if way == OutOfBin {
		t, held := m.targets[a.Folder]
		if !held || t.wrong != nil {
			return fault.New(fault.Conflict, "asset.folder_deleted", "The folder that this asset lay in is in the bin too. Restore the folder first.")
		}
		m.resumed = append(m.resumed, a.ID)
	} else {
		m.binned = append(m.binned, a.ID)
	}
	sh.note(fieldBin, "", nil, string(way), Mark{}, false)
	var err error
	done.Steps, err = sh.steps()
	done.Changed = true
	return err
}

const sqlDeleteMany = `
	update asset set deleted_at = @now, deleted_by = @by, version = version + 1, updated_at = @now
	where id = any(@ids::uuid[]) and tenant_id = @tenant`

const sqlRestoreMany = `
	update asset set deleted_at = null, deleted_by = null, deleted_with = null, merged_into = null, version = version + 1, updated_at = @now
	where id = any(@ids::uuid[]) and tenant_id = @tenant`

// write stores what was done, and tells of it once.
func (m *many) write(ctx context.Context, tx pg.Tx) error {
	if len(m.written) > 0 {
		if err := m.s.write(ctx, tx, m.who, 1, m.written...); err != nil {
			return err
		}
		ids := make([]id.Asset, len(m.written))
		for i, e := range m.written {
			ids[i] = e.asset.ID
		}
		list, err := m.read(ctx, tx, ids)
		if err != nil {
			return err
		}
		if err := m.s.OnChanged(ctx, tx, m.who, list...); err != nil {
			return err
		}
		if err := m.s.passed(ctx, tx, m.who, m.written, list...); err != nil {
			return err
		}
	}
	args := pgx.StrictNamedArgs{"ids": m.binned, "tenant": m.who.Tenant, "by": m.who.ID, "now": m.s.now()}
	if len(m.binned) > 0 {
		if _, err := tx.Exec(ctx, sqlDeleteMany, args); err != nil {
			return err
		}
		if err := m.s.OnDeleted(ctx, tx, m.who, m.binned); err != nil {
			return err
		}
	}
	if len(m.resumed) == 0 {
		return nil
	}
	args = pgx.StrictNamedArgs{"ids": m.resumed, "tenant": m.who.Tenant, "now": m.s.now()}
	if _, err := tx.Exec(ctx, sqlRestoreMany, args); err != nil {
		return err
	}
	list, err := m.read(ctx, tx, m.resumed)
	if err != nil {
		return err
	}
	return m.s.OnRestored(ctx, tx, m.who, list)
}
