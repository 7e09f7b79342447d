// SPDX-License-Identifier: Apache-2.0

package request

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
)

// Deliveries lists what came in by a request that who moderates, newest first.
func (s *Service) Deliveries(ctx context.Context, who access.Actor, request id.Request, cursor string, limit int) (p page.Page[Delivery], err error) {
	of := "deliveries " + request.String()
	var after id.Delivery
	if _, err := page.Read(cursor, of, &after); err != nil {
		return p, err
	}
	limit = page.Limit(limit)
	err = s.read(ctx, who, func(tx pg.Tx) error {
		if _, err := s.getTx(ctx, tx, who, request); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlDeliveryList, pgx.StrictNamedArgs{"request": request, "tenant": who.Tenant, "after": after, "limit": limit + 1})
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Delivery])
		p = page.Cut(list, limit, of, func(d Delivery) []any { return []any{d.ID} })
		return err
	})
	return p, err
}

// Item is an asset that waits, with the delivery that it came in.
type Item struct {
	Asset    asset.Asset
	Delivery *Delivery // nil: it is no more
}

const sqlWaiting = `
	select a.id, l.delivery_id from asset a left join upload_delivery_file l on l.asset_id = a.id
	where a.tenant_id = @tenant and a.waiting and a.deleted_at is null and ` + asset.SQLModerated + `
		and (@request::uuid is null or l.request_id = @request) and (@delivery::uuid is null or l.delivery_id = @delivery)
		and (@after::uuid is null or a.id > @after)
	order by a.id limit @limit`

// Waiting lists the assets that who decides about, oldest first; of one request
// or one delivery, if they are named.
func (s *Service) Waiting(ctx context.Context, who access.Actor, request id.Request, of id.Delivery, cursor string, limit int) (p page.Page[Item], err error) {
	list := "moderation " + request.String() + of.String()
	var after id.Asset
	if _, err := page.Read(cursor, list, &after); err != nil {
		return p, err
	}
	limit = page.Limit(limit)
	err = s.read(ctx, who, func(tx pg.Tx) error {
		found, err := s.waiting(ctx, tx, who, waitingPart{request, of, after, limit + 1})
		if err != nil {
			return err
		}
		cut := page.Cut(found, limit, list, func(w waiter) []any { return []any{w.Asset} })
		p = page.Page[Item]{Items: make([]Item, 0, len(cut.Items)), Next: cut.Next}
		var assets []id.Asset
		var deliveries []id.Delivery
		for _, w := range cut.Items {
			assets = append(assets, w.Asset)
			if !w.Delivery.IsZero() {
				deliveries = append(deliveries, w.Delivery)
			}
		}
		known, err := deliveriesTx(ctx, tx, who, deliveries)
		if err != nil {
			return err
		}
		whole, err := s.Assets.ByIDsTx(ctx, tx, who, assets)
		by := make(map[id.Asset]asset.Asset, len(whole))
		for _, a := range whole {
			by[a.ID] = a
		}
		for _, w := range cut.Items {
			a, ok := by[w.Asset]
			if !ok {
				continue // embargoed meanwhile, or its dates are over: for editors only
			}
			i := Item{Asset: a}
			if d, ok := known[w.Delivery]; ok {
				i.Delivery = &d
			}
			p.Items = append(p.Items, i)
		}
		return err
	})
	return p, err
}

type waiter struct {
	Asset    id.Asset    `db:"id"`
	Delivery id.Delivery `db:"delivery_id"`
}

// waitingPart says which of the assets that wait are wanted.
type waitingPart struct {
	request  id.Request  // zero: all
	delivery id.Delivery // zero: all
	after    id.Asset
	limit    int
}

func (s *Service) waiting(ctx context.Context, tx pg.Tx, who access.Actor, of waitingPart) ([]waiter, error) {
	args := pgx.StrictNamedArgs{"tenant": who.Tenant, "request": of.request, "delivery": of.delivery, "after": of.after, "limit": of.limit}
	if err := asset.BindModerated(ctx, tx, who, args); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, sqlWaiting, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[waiter])
}

// Accept takes an asset into the archive.
func (s *Service) Accept(ctx context.Context, who access.Actor, of id.Asset) (a asset.Asset, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		a, err = s.accept(ctx, tx, who, of)
		return err
	})
	return a, err
}

// Reject puts an asset into the bin; its sender is told the reason.
func (s *Service) Reject(ctx context.Context, who access.Actor, of id.Asset, reason string) error {
	reason, err := cleanReason(reason)
	if err != nil {
		return err
	}
	return s.read(ctx, who, func(tx pg.Tx) error { return s.reject(ctx, tx, who, of, reason) })
}

func cleanReason(reason string) (string, error) {
	text, ok := plain.Text(reason)
	if n := utf8.RuneCountInString(text); !ok || n == 0 || n > 1000 {
		return "", fault.Fields("moderation.reason", "Say why, in at most 1,000 characters. The sender reads it.", map[string]string{"reason": "1 to 1,000 characters"})
	}
	return text, nil
}

const sqlJudge = `
	update upload_delivery_file l set state = @state, reason = @reason, judged_at = @now, judged_by = @by
	where l.asset_id = @asset and l.tenant_id = @tenant returning l.request_id, l.delivery_id`

// judge notes what became of an asset and tells of it.
func (s *Service) judge(ctx context.Context, tx pg.Tx, who access.Actor, of id.Asset, state, reason string) error {
	j := Judged{Asset: of, Accepted: state == "accepted"}
	err := tx.QueryRow(ctx, sqlJudge, pgx.StrictNamedArgs{
		"asset": of, "tenant": who.Tenant, "state": state, "reason": reason, "now": s.now(), "by": who.ID,
	}).Scan(&j.Request, &j.Delivery)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	if err := s.OnJudged(ctx, tx, who, j); err != nil {
		return err
	}
	verb := "request.reject"
	if j.Accepted {
		verb = "request.accept"
	}
	return audit.Record(ctx, tx, audit.Entry{
		At: s.now(), Who: who, Verb: verb, Subject: of.String(), Detail: map[string]any{"request": j.Request.String(), "delivery": j.Delivery.String()},
	})
}

func (s *Service) accept(ctx context.Context, tx pg.Tx, who access.Actor, of id.Asset) (asset.Asset, error) {
	a, err := s.Assets.AcceptTx(ctx, tx, who, of)
	if err != nil {
		return a, err
	}
	return a, s.judge(ctx, tx, who, of, "accepted", "")
}

func (s *Service) reject(ctx context.Context, tx pg.Tx, who access.Actor, of id.Asset, reason string) error {
	if err := s.Assets.RejectTx(ctx, tx, who, of); err != nil {
		return err
	}
	return s.judge(ctx, tx, who, of, "rejected", reason)
}

// Outcome says what became of a whole delivery.
type Outcome struct {
	Done int // files that were accepted or rejected
	Left int // that were not, because they are held back
}

// together is how many files are judged in one transaction.
const together = 50

// AcceptDelivery takes all of a delivery that still waits into the archive;
// what is held back is left.
func (s *Service) AcceptDelivery(ctx context.Context, who access.Actor, of id.Delivery) (Outcome, error) {
	return s.whole(ctx, who, of, func(tx pg.Tx, a id.Asset) error {
		_, err := s.accept(ctx, tx, who, a)
		return err
	})
}

// RejectDelivery puts all of a delivery that still waits into the bin.
func (s *Service) RejectDelivery(ctx context.Context, who access.Actor, of id.Delivery, reason string) (Outcome, error) {
	reason, err := cleanReason(reason)
	if err != nil {
		return Outcome{}, err
	}
	return s.whole(ctx, who, of, func(tx pg.Tx, a id.Asset) error { return s.reject(ctx, tx, who, a, reason) })
}

const sqlDeliveryOf = `select d.request_id from upload_delivery d where d.id = @id and d.tenant_id = @tenant and d.state <> 'begun'`

// whole does something to each file of a delivery that waits. What cannot be
// done to a file, because of its state, is left.
func (s *Service) whole(ctx context.Context, who access.Actor, of id.Delivery, do func(tx pg.Tx, a id.Asset) error) (out Outcome, err error) {
	var after id.Asset
	for {
		var part []waiter
		var done, left int
		err := s.read(ctx, who, func(tx pg.Tx) error {
			done, left = 0, 0
			var request id.Request
			err := tx.QueryRow(ctx, sqlDeliveryOf, pgx.StrictNamedArgs{"id": of, "tenant": who.Tenant}).Scan(&request)
			if errors.Is(err, pgx.ErrNoRows) {
				return access.NotFound("delivery")
			}
			if err != nil {
				return err
			}
			if _, err := s.getTx(ctx, tx, who, request); err != nil {
				return access.NotFound("delivery")
			}
			if part, err = s.waiting(ctx, tx, who, waitingPart{delivery: of, after: after, limit: together}); err != nil {
				return err
			}
			for _, w := range part {
				if err = do(tx, w.Asset); fault.KindOf(err) == fault.Conflict {
					left++
					continue
				}
				if err != nil {
					return err
				}
				done++
			}
			return nil
		})
		if err != nil {
			return out, err
		}
		out.Done, out.Left = out.Done+done, out.Left+left
		if len(part) < together {
			return out, nil
		}
		after = part[len(part)-1].Asset
	}
}

const sqlUnjudge = `
	update upload_delivery_file l set state = 'waiting', reason = '', judged_at = null, judged_by = null
	where l.asset_id = any(@assets::uuid[]) and l.tenant_id = @tenant`

// RestoredTx lets those of the assets wait again that came out of the bin
// without ever having been accepted. It is what asset.OnRestored does here.
func (s *Service) RestoredTx(ctx context.Context, tx pg.Tx, who access.Actor, assets []asset.Asset) error {
	var again []id.Asset
	for _, a := range assets {
		if a.Waiting {
			again = append(again, a.ID)
		}
	}
	if len(again) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, sqlUnjudge, pgx.StrictNamedArgs{"assets": again, "tenant": who.Tenant})
	return err
}
