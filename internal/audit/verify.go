// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Breach is how a chain is broken.
type Breach string

// The ways in which a chain can be broken.
const (
	Whole    Breach = ""         // it is not
	Changed  Breach = "changed"  // the row does not have the content it was written with
	Missing  Breach = "missing"  // there is no row at this place, but there are later ones
	Cut      Breach = "cut"      // there is no row at this place and none after it, though there were
	Foreign  Breach = "foreign"  // the row is whole but is not the one that was hooked on here
	Headless Breach = "headless" // the record of the chain's end is gone or does not fit the last row
)

// Report is what Verify found in one tenant's chain.
type Report struct {
	Tenant  id.Tenant
	Checked int64  // rows found whole
	Head    int64  // place of the last row that there should be
	Sum     []byte // hash of that row: note it elsewhere, and compare later
	Breach  Breach
	At      int64 // place of the first breach; 0 without one
}

// batch is how many rows Verify reads at a time.
const batch = 1000

const sqlVerifyHead = `
	select coalesce(h.seq, 0), coalesce(h.hash, ''), coalesce((select max(e.seq) from audit_entry e where e.tenant_id = @tenant), 0)
	from (values (1)) one(x) left join audit_head h on h.tenant_id = @tenant`

const sqlVerifyRows = `
	select seq, at, actor_kind, actor_id, verb, subject, detail, previous, hash
	from audit_entry where tenant_id = @tenant and seq > @after and seq <= @head
	order by seq limit @limit`

// Verify walks the chain of the actor's tenant from its beginning and reports
// the first breach. Deeds that are recorded meanwhile do not disturb it. It
// needs ReadAudit; the house calls it for each tenant in turn.
func (s *Service) Verify(ctx context.Context, who access.Actor) (r Report, err error) {
	if err := who.Require(access.ReadAudit); err != nil {
		return r, err
	}
	r.Tenant = who.Tenant
	var last []byte
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		var highest int64
		err := tx.QueryRow(ctx, sqlVerifyHead, pgx.StrictNamedArgs{"tenant": who.Tenant}).Scan(&r.Head, &r.Sum, &highest)
		if highest > r.Head { // one statement, one moment: no deed is under way between the two
			r.Breach, r.At = Headless, highest
		}
		return err
	})
	for err == nil && r.Breach == Whole && r.Checked < r.Head {
		err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
			last, err = r.walk(ctx, tx, last)
			return err
		})
	}
	if err == nil && r.Breach == Whole && !bytes.Equal(last, r.Sum) {
		r.Breach, r.At = Headless, r.Head
	}
	return r, err
}

// walk checks the next batch of rows, given the hash of the row before it, and
// returns the hash of the last.
func (r *Report) walk(ctx context.Context, tx pg.Tx, last []byte) ([]byte, error) {
	rows, err := tx.Query(ctx, sqlVerifyRows, pgx.StrictNamedArgs{"tenant": r.Tenant, "after": r.Checked, "head": r.Head, "limit": batch})
	if err != nil {
		return nil, err
	}
	var (
		n              int
		at             time.Time
		l              link
		detail         []byte
		previous, hash []byte
	)
	_, err = pgx.ForEachRow(rows, []any{&l.seq, &at, &l.kind, &l.actor, &l.verb, &l.subject, &detail, &previous, &hash}, func() error {
		n++
		if r.Breach != Whole {
			return nil
		}
		if l.detail, err = canonical(detail); err != nil {
			return err
		}
		l.tenant, l.at = r.Tenant, at.UTC()
		switch place := r.Checked + 1; {
		case l.seq != place:
			r.Breach, r.At = Missing, place
		case !bytes.Equal(l.hash(previous), hash):
			r.Breach, r.At = Changed, place
		case !bytes.Equal(previous, last):
			r.Breach, r.At = Foreign, place
		default:
			r.Checked, last = place, bytes.Clone(hash)
		}
		return nil
	})
	if err == nil && n == 0 {
		r.Breach, r.At = Cut, r.Checked+1
	}
	return last, err
}
