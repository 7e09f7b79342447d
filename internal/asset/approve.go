// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
)

// MaxRemark is how long a remark on a step may be, in code points.
const MaxRemark = 2_000

// checkStep says what is wrong with a step whatever the asset is like.
func checkStep(to Approval, remark string) error {
	wrong := map[string]string{}
	if to == Expired || !slices.Contains(Approvals(), to) {
		wrong["to"] = "one of draft, review, approved, published and archived"
	}
	if text, ok := plain.Text(remark); !ok || utf8.RuneCountInString(text) > MaxRemark {
		wrong["remark"] = "at most 2,000 characters of text"
	}
	if len(wrong) > 0 {
		return fault.Fields("approval.step", "This step cannot be taken as it is written. See the fields.", wrong)
	}
	return nil
}

// Way is where an asset stands and where it can go from there.
type Way struct {
	Asset  Asset
	Demand Demand // what its folder asks
	Next   []Open
}

// Open is a step from where an asset stands.
type Open struct {
	Transition
	Refused error // why the asker may not take it; nil: they may
}

// Way returns where an asset that who may see stands, and all steps from there.
func (s *Service) Way(ctx context.Context, who access.Actor, asset id.Asset) (w Way, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		if w.Asset, err = s.GetTx(ctx, tx, who, asset); err != nil {
			return err
		}
		asks, err := s.demands(ctx, tx, who, w.Asset.Registry, w.Asset.Folder)
		if err != nil {
			return err
		}
		last, err := s.lastSteps(ctx, tx, who, asset)
		if err != nil {
			return err
		}
		w.Demand = asks[w.Asset.Folder]
		for _, t := range transitions {
			if t.From == w.Asset.Approval {
				w.Next = append(w.Next, Open{t, t.permits(w.Asset, who, w.Demand, last[asset], s.now())})
			}
		}
		return nil
	})
	return w, err
}

// Transit takes an asset one step further, which takes what Transitions says.
// version is the one that the asker knows; zero is any.
func (s *Service) Transit(ctx context.Context, who access.Actor, asset id.Asset, version int64, to Approval, remark string) (a Asset, err error) {
	if err := checkStep(to, remark); err != nil {
		return Asset{}, err
	}
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "asset.transit", Subject: asset.String()}
		if a, err = s.hold(ctx, tx, who, asset, access.View); err != nil {
			return e, err
		}
		if err := CheckVersion(a, version); err != nil {
			return e, err
		}
		asks, err := s.demands(ctx, tx, who, a.Registry, a.Folder)
		if err != nil {
			return e, err
		}
		last, err := s.lastSteps(ctx, tx, who, asset)
		if err != nil {
			return e, err
		}
		sh := newSheet(a, Mark{FromPerson, who.ID, s.now()})
		e.Detail = map[string]any{"from": string(a.Approval), "to": string(to)}
		if err := s.step(&a, who, to, remark, sh, asks[a.Folder], last[asset]); err != nil {
			return e, err
		}
		a, err = s.kept(ctx, tx, who, edited{a, sh})
		return e, err
	})
	return a, err
}

// step takes a step on the sheet, if who may.
func (s *Service) step(a *Asset, who access.Actor, to Approval, remark string, sh *sheet, d Demand, last map[Approval]StepTaken) error { //nolint:revive // all that a step is judged by
	t, err := transition(a.Approval, to)
	if err != nil {
		return err
	}
	if err := t.permits(*a, who, d, last, s.now()); err != nil {
		return err
	}
	remark, _ = plain.Text(remark)
	if t.Remark && strings.TrimSpace(remark) == "" {
		return fault.Fields("approval.remark", "Say what has to be done: whoever gets the asset back wants to know.", map[string]string{"remark": "a remark is needed"})
	}
	sh.pass(a, to, remark)
	return nil
}

const sqlSteps = `
	select ` + sqlStepColumns + ` from approval_step p
	where p.asset_id = @asset and p.tenant_id = @tenant and p.id < @before::uuid
	order by p.id desc limit @limit`

// Steps lists the steps that an asset has taken, newest first. Whoever sees the
// asset sees them: a remark is for whoever works on it.
func (s *Service) Steps(ctx context.Context, who access.Actor, asset id.Asset, cursor string, limit int) (page.Page[StepTaken], error) {
	of := "asset.steps " + asset.String()
	before := uuid.Max
	if _, err := page.Read(cursor, of, &before); err != nil {
		return page.Page[StepTaken]{}, err
	}
	limit = page.Limit(limit)
	var list []StepTaken
	err := s.read(ctx, who, func(tx pg.Tx) error {
		if _, err := s.GetTx(ctx, tx, who, asset); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlSteps, pgx.StrictNamedArgs{"asset": asset, "tenant": who.Tenant, "before": before, "limit": limit + 1})
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[StepTaken])
		return err
	})
	if err != nil {
		return page.Page[StepTaken]{}, err
	}
	return page.Cut(list, limit, of, func(t StepTaken) []any { return []any{t.ID} }), nil
}

// approvals reads what the folders of many assets demand and how they last came
// to be where they are.
func (m *many) approvals(ctx context.Context, tx pg.Tx, list []Asset) (err error) {
	folders := map[id.Folder]bool{}
	var r *Registry
	var ids []id.Asset
	for _, a := range list {
		r, folders[a.Folder], ids = a.Registry, true, append(ids, a.ID)
	}
	for f := range m.targets {
		folders[f] = true
	}
	if m.demands, err = m.s.demands(ctx, tx, m.who, r, slices.Collect(maps.Keys(folders))...); err != nil || !m.stepping {
		return err
	}
	m.last, err = m.s.lastSteps(ctx, tx, m.who, ids...)
	return err
}

// transit takes one of many assets a step further.
func (m *many) transit(a Asset, to Approval, remark string, sh *sheet, done *Done) error {
	if err := Allowed(a, m.who, access.View, m.s.now()); err != nil {
		return err
	}
	if err := m.s.step(&a, m.who, to, remark, sh, m.demands[a.Folder], m.last[a.ID]); err != nil {
		return err
	}
	var err error
	if done.Steps, err = sh.steps(); err != nil {
		return err
	}
	done.Changed = true
	m.written = append(m.written, edited{a, sh})
	return nil
}

// undoApproval takes a step between approval states back, after the folder it
// was taken in. It is no way around approval: where the folder asks for that, it
// takes the right to approve.
func (m *many) undoApproval(a *Asset, step Step, sh *sheet) bool {
	before, after, can := Approval(text(step.Before)), Approval(text(step.After)), a.Can
	if t, moved := m.targets[a.Folder]; moved {
		can &= t.folder.Can
	}
	if a.Approval != after || m.demands[a.Folder].asks() && !can.Has(access.Approve) || before == Published && !can.Has(access.Publish) {
		return false
	}
	sh.pass(a, before, "")
	return true
}
