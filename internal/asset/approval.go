// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Approval says how far an asset has come on its way to being used.
type Approval string

// The approval states. Expired is never kept: it is what Approved and Published
// are called once the asset has expired.
const (
	Draft     Approval = "draft"  // being worked on; there for those who may edit or approve, and for who uploaded it
	InReview  Approval = "review" // waits for somebody who may approve it; likewise
	Approved  Approval = "approved"
	Published Approval = "published"
	Archived  Approval = "archived" // kept, and in no list that does not ask for it
	Expired   Approval = "expired"
)

// Approvals lists the approval states, in the order in which assets pass them.
func Approvals() []Approval {
	return []Approval{Draft, InReview, Approved, Published, Expired, Archived}
}

// unfinished reports whether the state keeps the asset from those who only view.
func (a Approval) unfinished() bool { return a == Draft || a == InReview }

// ApprovalAt is the asset's approval state at a time.
func (a Asset) ApprovalAt(now time.Time) Approval {
	if (a.Approval == Approved || a.Approval == Published) && a.ExpiresAt != nil && !a.ExpiresAt.After(now) {
		return Expired
	}
	return a.Approval
}

// Transition is one step that may be taken between approval states.
type Transition struct {
	From, To Approval
	Needs    access.Set
	Remark   bool // a remark is required
	FourEyes bool // where the folder asks for it, not by whoever sent the asset to review
	Complete bool // what the folder requires must be there
	Was      bool // only for what was approved before it was archived
}

// transitions is the table of who may do what.
var transitions = []Transition{
	{From: Draft, To: InReview, Needs: access.Edit},
	{From: InReview, To: Draft, Needs: access.Approve, Remark: true},
	{From: InReview, To: Approved, Needs: access.Approve, FourEyes: true, Complete: true},
	{From: Approved, To: Published, Needs: access.Publish, Complete: true},
	{From: Published, To: Approved, Needs: access.Publish},
	{From: Approved, To: Draft, Needs: access.Approve},
	{From: Draft, To: Archived, Needs: access.Approve},
	{From: InReview, To: Archived, Needs: access.Approve},
	{From: Approved, To: Archived, Needs: access.Approve},
	{From: Published, To: Archived, Needs: access.Approve},
	{From: Archived, To: Draft, Needs: access.Approve},
	{From: Archived, To: Approved, Needs: access.Approve, Was: true},
}

// Transitions lists every step that there is and what it takes.
func Transitions() []Transition { return slices.Clone(transitions) }

// transition finds a step in the table.
func transition(from, to Approval) (Transition, error) {
	i := slices.IndexFunc(transitions, func(t Transition) bool { return t.From == from && t.To == to })
	if i >= 0 {
		return transitions[i], nil
	}
	if from == to {
		return Transition{}, fault.New(fault.Conflict, "approval.same", "The asset is in this state already.")
	}
	return Transition{}, &fault.Error{
		Kind: fault.Conflict, Code: "approval.no_way", Extra: map[string]string{"from": string(from), "to": string(to)},
		Text: "There is no step from the state that the asset is in to that one. Read the asset again and choose another step.",
	}
}

// Demand is what a folder asks about approval of the assets in it.
type Demand string

// The demands. The empty one is as the folders above say; if none says anything
// it is Freely.
const (
	Freely     Demand = "off"       // assets are approved when they come
	Asked      Demand = "on"        // assets come as drafts
	ByFourEyes Demand = "four_eyes" // likewise, and nobody approves what they sent to review themselves
)

// asks reports whether assets come as drafts.
func (d Demand) asks() bool { return d == Asked || d == ByFourEyes }

const sqlDemands = `
	select f.id, (select r.approval from unnest(f.lineage) with ordinality l(id, at) join folder_rule r on r.folder_id = l.id
		where r.approval is not null order by l.at desc limit 1) as demand
	from folder f where f.id = any(@folders::uuid[]) and f.tenant_id = @tenant`

// demands is what folders ask about approval, those above them considered.
func (s *Service) demands(ctx context.Context, tx pg.Tx, who access.Actor, r *Registry, folders ...id.Folder) (map[id.Folder]Demand, error) {
	out := map[id.Folder]Demand{}
	if !r.orBuiltIn().rules || len(folders) == 0 {
		return out, nil
	}
	rows, err := tx.Query(ctx, sqlDemands, pgx.StrictNamedArgs{"folders": plainIDs(folders), "tenant": who.Tenant})
	if err != nil {
		return nil, err
	}
	var f id.Folder
	var d *Demand
	_, err = pgx.ForEachRow(rows, []any{&f, &d}, func() error {
		if d != nil {
			out[f] = *d
		}
		return nil
	})
	return out, err
}

// StepTaken is one step of an asset between approval states.
type StepTaken struct {
	ID      uuid.UUID  `db:"id"`
	Asset   id.Asset   `db:"asset_id"`
	From    Approval   `db:"was"`
	To      Approval   `db:"became"`
	Remark  string     `db:"remark"`
	By      string     `db:"actor"` // the actor
	Account id.Account `db:"account_id"`
	At      time.Time  `db:"at"`
}

// same reports whether who is, or acts for, the one who took the step.
func (t StepTaken) same(who access.Actor) bool {
	return t.By == who.ID || !t.Account.IsZero() && t.Account == who.Account
}

// passage is an asset on its way from one approval state to another, until it is kept.
type passage struct {
	from, to Approval
	remark   string
}

// pass moves the asset on the sheet to an approval state, whoever may.
func (s *sheet) pass(a *Asset, to Approval, remark string) {
	if a.Approval == to {
		return
	}
	s.note(fieldApproval, "", string(a.Approval), string(to), Mark{}, false)
	s.passage = &passage{a.Approval, to, remark}
	a.Approval = to
}

// arrive is what coming from one folder into another does to an asset's
// approval: what was not asked to be approved before is a draft where it is.
func (s *sheet) arrive(a *Asset, from, to Demand) {
	if to.asks() && !from.asks() && (a.Approval == Approved || a.Approval == Published) {
		s.pass(a, Draft, "")
	}
}

const sqlKeepSteps = `
	insert into approval_step (id, tenant_id, asset_id, was, became, remark, actor, account_id, at)
	select n.id, @tenant, n.asset, n.was, n.became, n.remark, @actor, @account, @now
	from unnest(@ids::uuid[], @assets::uuid[], @was::text[], @became::text[], @remarks::text[]) as n(id, asset, was, became, remark)`

// keepSteps writes down which approval states assets left and reached.
func (s *Service) keepSteps(ctx context.Context, tx pg.Tx, who access.Actor, list ...edited) error {
	var ids, assets []uuid.UUID
	var was, became, remarks []string
	for _, e := range list {
		if p := e.sheet.passage; p != nil {
			made, err := uuid.NewV7()
			if err != nil {
				return err
			}
			ids, assets = append(ids, made), append(assets, e.asset.ID.UUID())
			was, became, remarks = append(was, string(p.from)), append(became, string(p.to)), append(remarks, p.remark)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, sqlKeepSteps, pgx.StrictNamedArgs{
		"tenant": who.Tenant, "ids": ids, "assets": assets, "was": was, "became": became, "remarks": remarks,
		"actor": who.ID, "account": onBehalf(who), "now": s.now(),
	})
	return err
}

// onBehalf is on whose behalf who acts; nil: nobody's.
func onBehalf(who access.Actor) *uuid.UUID {
	if who.Account.IsZero() {
		return nil
	}
	return new(who.Account.UUID())
}

// passed tells of the steps that sheets took, with the assets as they are now.
func (s *Service) passed(ctx context.Context, tx pg.Tx, who access.Actor, list []edited, now ...Asset) error {
	for _, e := range list {
		p := e.sheet.passage
		i := slices.IndexFunc(now, func(a Asset) bool { return a.ID == e.asset.ID })
		if p == nil || i < 0 {
			continue
		}
		step := StepTaken{Asset: e.asset.ID, From: p.from, To: p.to, Remark: p.remark, By: who.ID, Account: who.Account, At: s.now()}
		if err := s.OnTransition(ctx, tx, who, now[i], step); err != nil {
			return err
		}
	}
	return nil
}

const sqlStepColumns = `p.id, p.asset_id, p.was, p.became, p.remark, p.actor, p.account_id, p.at`

const sqlLastTo = `
	select distinct on (p.asset_id, p.became) ` + sqlStepColumns + ` from approval_step p
	where p.asset_id = any(@assets::uuid[]) and p.tenant_id = @tenant and p.became in ('review', 'archived')
	order by p.asset_id, p.became, p.id desc`

// lastSteps returns how assets last came to be in review and archived.
func (s *Service) lastSteps(ctx context.Context, tx pg.Tx, who access.Actor, assets ...id.Asset) (map[id.Asset]map[Approval]StepTaken, error) {
	rows, err := tx.Query(ctx, sqlLastTo, pgx.StrictNamedArgs{"assets": id.Raw(assets), "tenant": who.Tenant})
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[StepTaken])
	out := map[id.Asset]map[Approval]StepTaken{}
	for _, t := range list {
		if out[t.Asset] == nil {
			out[t.Asset] = map[Approval]StepTaken{}
		}
		out[t.Asset][t.To] = t
	}
	return out, err
}

// permits says whether who may take a step with an asset: what its folder
// demands and how it last came to be where it is are given.
func (t Transition) permits(a Asset, who access.Actor, d Demand, last map[Approval]StepTaken, now time.Time) error {
	if err := Allowed(a, who, t.Needs, now); err != nil {
		return err
	}
	if sent, ok := last[InReview]; t.FourEyes && d == ByFourEyes && ok && sent.same(who) {
		return fault.New(fault.Forbidden, "approval.four_eyes", "You sent this asset to review yourself, and this folder asks for somebody else to approve it.")
	}
	if was := last[Archived].From; t.Was && was != Approved && was != Published {
		return fault.New(fault.Conflict, "approval.never_approved", "This asset was not approved when it was archived. Make it a draft again.")
	}
	if t.Complete {
		return Complete(a)
	}
	return nil
}
