// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
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
// may view, that is there for them now: not in the bin, not waiting to be
// accepted; and if it is
// quarantined, embargoed or expired, only for those who may edit it, or, when
// quarantined, who uploaded it. While some folder's assets lag behind their
// folder's rights, both must allow it: whatever a folder was closed to is closed
// at once. It uses the columns folder_id, acl_id, state, created_by,
// embargo_until, expires_at, deleted_at and waiting of a, and the arguments of BindSeen.
// Where nothing lags, the planner takes that part out.
const SQLSeen = `(a.deleted_at is null and not a.waiting and (not @lagging::boolean or ` + SQLACL + ` = any(@acls::bigint[]))
		and (case when @lagging::boolean then ` + SQLACL + ` else a.acl_id end = any(@editable::bigint[]) or (
		(a.state <> 'quarantined' or a.created_by = @actor)
		and (a.embargo_until is null or a.embargo_until <= @now) and (a.expires_at is null or a.expires_at > @now))))`

// Sight is what an actor sees at the moment: the acls under which they may view
// and edit, and whether some assets' own acls lag behind.
type Sight struct {
	ACLs, Editable []int64
	Lagging        bool
}

// QueueSight asks for who's sight as statements of a batch.
func QueueSight(b *pgx.Batch, who access.Actor, s *Sight) {
	access.QueueVisible(b, who, access.View, access.View|access.Edit, &s.ACLs, &s.Editable)
	folder.QueueLagging(b, who.Tenant, &s.Lagging)
}

// Bind adds the arguments that SQLSeen wants: acls, editable, lagging, actor
// and now. args may be nil.
func (s Sight) Bind(args pgx.StrictNamedArgs, who access.Actor, now time.Time) pgx.StrictNamedArgs {
	if args == nil {
		args = pgx.StrictNamedArgs{}
	}
	args["acls"], args["editable"], args["lagging"], args["actor"], args["now"] = s.ACLs, s.Editable, s.Lagging, who.ID, now
	return args
}

// BindSeen looks up who's sight and binds it.
func BindSeen(ctx context.Context, tx pg.Tx, who access.Actor, now time.Time, args pgx.StrictNamedArgs) error {
	var s Sight
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

	// and with one that waits to be accepted
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

// Allowed returns nil if who may do need with the asset now. It is the one rule
// for a single asset, as SQLSeen is for lists: a.Can, narrowed by the asset's
// state, its dates and the bin. Where the asker may not see the asset, the
// answer is NotFound.
func Allowed(a Asset, who access.Actor, need access.Set, now time.Time) error {
	if who.Kind == access.Nobody || who.Tenant != a.Tenant || !a.Can.Has(access.View) {
		return access.NotFound("asset")
	}
	if a.Waiting && !a.Moderates(who) {
		return access.NotFound("asset")
	}
	if a.DeletedAt != nil {
		if !a.Can.Has(access.Delete) {
			return access.NotFound("asset")
		}
		if need&^inBin != 0 {
			return fault.New(fault.Conflict, "asset.deleted", "This asset is in the bin. Restore it first.")
		}
		return access.Require(a.Can, need, "asset")
	}
	if !a.Can.Has(access.Edit) {
		if a.State == Quarantined && a.CreatedBy != who.ID && !a.Waiting {
			return access.NotFound("asset")
		}
		if outside(a, now) {
			return access.NotFound("asset")
		}
	}
	if a.StateCode == CodeUnscanned && need&a.held() != 0 {
		return fault.New(fault.Conflict, "asset.unscanned", "This file waits for the virus scan and cannot be fetched before. Try again in a moment.")
	}
	if a.StateCode == CodeMade && need&a.held() != 0 {
		return fault.New(fault.Conflict, "asset.made_up", "This asset was made up for measuring. There is no file that could be fetched.")
	}
	if a.Waiting && a.State != Quarantined && need&a.held() != 0 {
		return waitsFirst()
	}
	if need&a.held() != 0 {
		return fault.New(fault.Forbidden, "asset.quarantined", "This asset is held back and nobody can fetch it. Its state says why.")
	}
	return access.Require(a.Can, need, "asset")
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

// outside reports whether the asset is embargoed or has expired.
func outside(a Asset, now time.Time) bool {
	return a.EmbargoUntil != nil && a.EmbargoUntil.After(now) || a.ExpiresAt != nil && !a.ExpiresAt.After(now)
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
