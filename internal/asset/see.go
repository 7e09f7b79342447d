// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/pg"
)

// SQLACL is the acl that counts for an asset a: its folder's. The asset's own,
// which lists are led by, may lag behind.
const SQLACL = `(select p.acl_id from folder p where p.id = a.folder_id)`

// SQLSeen holds for an asset a, already known to carry an acl that the actor
// may view, that is there for them now: not in the bin, not waiting
// to be accepted, and not archived unless
// archived ones are asked for. If it is quarantined, embargoed or expired, only
// for those who may edit it, or, when quarantined, who uploaded it; if it is a
// draft or in review, for those who may edit or approve it and who uploaded it.
// While some folder's assets lag behind their
// folder's rights, both must allow it: whatever a folder was closed to is closed
// at once. It uses the columns folder_id, acl_id, state, approval, created_by,
// embargo_until, expires_at, deleted_at and waiting of a, and the arguments of BindSeen.
// Where nothing lags, the planner takes that part out.
const SQLSeen = `(a.deleted_at is null and not a.waiting and (@archived::boolean or a.approval <> 'archived') and (not @lagging::boolean or ` + SQLACL + ` = any(@acls::bigint[]))
		and (` + sqlNowACLPart + ` = any(@editable::bigint[]) or (
		(a.state <> 'quarantined' or a.created_by = @actor)
		and (a.embargo_until is null or a.embargo_until <= @now) and (a.expires_at is null or a.expires_at > @now)
		and (a.approval not in ('draft', 'review') or a.created_by = @actor or ` + sqlNowACLPart + ` = any(@approving::bigint[])))))`

const sqlNowACLPart = `case when @lagging::boolean then ` + SQLACL + ` else a.acl_id end`

// SQLSeenOf is SQLSeen for an asset that is called otherwise than a.
func SQLSeenOf(alias string) string { return columnOfA.ReplaceAllString(SQLSeen, alias+".") }

var columnOfA = regexp.MustCompile(`\ba\.`)

// Sight is what an actor sees at the moment: the acls under which they may view,
// edit and approve, and whether some assets' own acls lag behind.
type Sight struct {
	ACLs, Editable, Approving []int64
	Lagging                   bool
	Archived                  bool // what is archived is asked for too
}

// QueueSight asks for who's sight as statements of a batch.
func QueueSight(b *pgx.Batch, who access.Actor, s *Sight) {
	s.ACLs, s.Editable, s.Approving = []int64{}, []int64{}, []int64{}
	access.QueueVisible(b, who, access.View, func(acl int64, can access.Set) {
		s.ACLs = append(s.ACLs, acl)
		if can.Has(access.Edit) {
			s.Editable = append(s.Editable, acl)
		}
		if can.Has(access.Approve) {
			s.Approving = append(s.Approving, acl)
		}
	})
	folder.QueueLagging(b, who.Tenant, &s.Lagging)
}

// Bind adds the arguments that SQLSeen wants: acls, editable, approving, lagging,
// archived, actor and now. args may be nil.
func (s Sight) Bind(args pgx.StrictNamedArgs, who access.Actor, now time.Time) pgx.StrictNamedArgs {
	if args == nil {
		args = pgx.StrictNamedArgs{}
	}
	args["acls"], args["editable"], args["approving"] = s.ACLs, s.Editable, s.Approving
	args["lagging"], args["archived"], args["actor"], args["now"] = s.Lagging, s.Archived, who.ID, now
	return args
}

// BindSeen looks up who's sight and binds it, for single assets and whatever
// else is not a list to browse: what is archived is there.
func BindSeen(ctx context.Context, tx pg.Tx, who access.Actor, now time.Time, args pgx.StrictNamedArgs) error {
	s := Sight{Archived: true}
	b := &pgx.Batch{}
	QueueSight(b, who, &s)
	err := tx.SendBatch(ctx, b).Close()
	s.Bind(args, who, now)
	return err
}

// What may be done with an asset in the bin; and what lets bytes or links out,
// which a quarantined asset refuses to everybody.
const (
	inBin   = access.View | access.Delete | access.Purge | access.ReadHistory
	goesOut = access.DownloadRendition | access.DownloadOriginal | access.Publish | access.Share | access.Export

	// and with one that waits to be accepted.
	waits = access.Publish | access.Share | access.Export | access.Replace
)

// CodeUnscanned is the state code of an asset that no scanner has seen yet while
// one is configured: whatever its state, none of its bytes go out. Pictures of
// the revision before, which was seen, are shown until then.
const CodeUnscanned = "scan.awaited"

// held is what may not be done with the asset by anybody, because its bytes, or
// those of its active revision, are held back.
func (a Asset) held() access.Set {
	switch {
	case a.StateCode == CodeUnscanned && a.State == Preparing && !a.Shown.IsZero() && a.Shown != a.Revision:
		return goesOut &^ access.DownloadRendition
	case a.State == Quarantined, a.StateCode == CodeUnscanned, a.StateCode == CodeMade:
		return goesOut
	case a.Waiting:
		return waits
	}
	return 0
}

// Limit is a rule of an asset's state, by which less may be done with it than
// the rights in its folder say.
type Limit struct {
	Rule  Rule
	Takes access.Set // what may not be done; with View in it, the asset is not there
}

// Rule names a limit.
type Rule string

// The rules.
const (
	RuleBin        Rule = "bin"        // it is in the bin
	RuleQuarantine Rule = "quarantine" // it is held back
	RuleScan       Rule = "scan"       // no scanner has seen it yet
	RuleMadeUp     Rule = "made_up"    // there is no file
	RuleEmbargo    Rule = "embargo"    // its time has not come
	RuleExpiry     Rule = "expiry"     // its time is over
	RuleApproval   Rule = "approval"   // it is a draft or in review
	RuleWaiting    Rule = "waiting"    // it came from outside and nobody has accepted it yet
)

// Limits are the rules that the asset's state imposes on who now. Together with
// a.Can they decide everything about a single asset: see Allowed and May.
func Limits(a Asset, who access.Actor, now time.Time) (list []Limit) {
	if a.Waiting && !a.Moderates(who) {
		return []Limit{{RuleWaiting, access.All}}
	}
	if a.DeletedAt != nil {
		if !a.Can.Has(access.Delete) {
			return []Limit{{RuleBin, access.All}}
		}
		return []Limit{{RuleBin, access.All &^ inBin}}
	}
	own := a.CreatedBy == who.ID
	if !a.Can.Has(access.Edit) {
		if a.State == Quarantined && !own && !a.Waiting {
			list = append(list, Limit{RuleQuarantine, access.All})
		}
		if a.EmbargoUntil != nil && a.EmbargoUntil.After(now) {
			list = append(list, Limit{RuleEmbargo, access.All})
		}
		if a.ExpiresAt != nil && !a.ExpiresAt.After(now) {
			list = append(list, Limit{RuleExpiry, access.All})
		}
		if a.Approval.unfinished() && !own && !a.Waiting && !a.Can.Has(access.Approve) {
			list = append(list, Limit{RuleApproval, access.All})
		}
	}
	if held := a.held(); held != 0 {
		rule := RuleQuarantine
		switch {
		case a.StateCode == CodeUnscanned:
			rule = RuleScan
		case a.StateCode == CodeMade:
			rule = RuleMadeUp
		case a.Waiting && a.State != Quarantined:
			rule = RuleWaiting
		}
		list = append(list, Limit{rule, held})
	}
	return list
}

// refused says for people what a limit does not allow.
func (l Limit) refused() error {
	switch {
	case l.Takes.Has(access.View):
		return access.NotFound("asset")
	case l.Rule == RuleBin:
		return fault.New(fault.Conflict, "asset.deleted", "This asset is in the bin. Restore it first.")
	case l.Rule == RuleScan:
		return fault.New(fault.Conflict, "asset.unscanned", "This file waits for the virus scan and cannot be fetched before. Try again in a moment.")
	case l.Rule == RuleWaiting:
		return waitsFirst()
	case l.Rule == RuleMadeUp:
		return fault.New(fault.Conflict, "asset.made_up", "This asset was made up for measuring. There is no file that could be fetched.")
	}
	return fault.New(fault.Forbidden, "asset.quarantined", "This asset is held back and nobody can fetch it. Its state says why.")
}

// Allowed returns nil if who may do need with the asset now. It is the one rule
// for a single asset, as SQLSeen is for lists: a.Can, narrowed by the asset's
// state, its dates and the bin. Where the asker may not see the asset, the
// answer is NotFound.
func Allowed(a Asset, who access.Actor, need access.Set, now time.Time) error {
	if who.Kind == access.Nobody || who.Tenant != a.Tenant || !a.Can.Has(access.View) {
		return access.NotFound("asset")
	}
	for _, l := range Limits(a, who, now) {
		if l.Takes&(need|access.View) != 0 {
			return l.refused()
		}
	}
	return access.Require(a.Can, need, "asset")
}

// May is all that who may do with the asset now; without View it is not there.
func May(a Asset, who access.Actor, now time.Time) access.Set {
	if who.Kind == access.Nobody || who.Tenant != a.Tenant || !a.Can.Has(access.View) {
		return 0
	}
	can := a.Can
	for _, l := range Limits(a, who, now) {
		can &^= l.Takes
	}
	return can
}

// AllowedBytes is Allowed for whatever hands out bytes, previews too, for which
// need is only View: an asset that is quarantined or not yet scanned has none to
// give.
func AllowedBytes(a Asset, who access.Actor, need access.Set, now time.Time) error {
	if err := Allowed(a, who, need, now); err != nil {
		return err
	}
	if a.held()&access.DownloadRendition != 0 {
		return Allowed(a, who, access.DownloadOriginal, now)
	}
	return nil
}

// shown is the asset as the asker gets it: rights narrowed by its state, and
// without the marks of fields that were taken away.
func (a Asset) shown() Asset {
	if a.DeletedAt != nil {
		a.Can &= inBin
	}
	a.Can &^= a.held()
	fields := make(map[string]Field, len(a.Fields))
	for name, f := range a.Fields {
		if _, known := a.Registry.Def(name); !known {
			continue // retired
		}
		if f, ok := f.shown(); ok {
			fields[name] = f
		}
	}
	alt := make(map[string]Alt, len(a.Alt))
	for lang, d := range a.Alt {
		if d.Decision != "" {
			alt[lang] = d
		}
	}
	a.Fields, a.Alt = fields, alt
	return a
}
