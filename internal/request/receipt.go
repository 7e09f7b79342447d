// SPDX-License-Identifier: Apache-2.0

package request

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// SentFile is a file as its sender sees it: whether it was taken, not what the
// archive thinks of it.
type SentFile struct {
	Name      string    `db:"name"`
	Size      int64     `db:"size"`
	State     string    `db:"state"` // waiting, accepted or rejected
	Reason    string    `db:"reason"`
	CreatedAt time.Time `db:"created_at"`
}

// Receipt is a delivery as its sender sees it.
type Receipt struct {
	State       string // begun, open or delivered
	Ask         Ask    // without terms and fields once the request has ended
	Ended       bool   // nothing more can be sent
	Files       []SentFile
	Bytes       int64
	DeliveredAt *time.Time
}

const sqlReceiptFiles = `
	select l.name, l.size, l.state, l.reason, l.created_at from upload_delivery_file l
	where l.delivery_id = @id and l.tenant_id = @tenant order by l.id`

const sqlReceiptTitle = `select r.title, r.language from upload_request r where r.id = @id and r.tenant_id = @tenant`

// Receipt returns what a sender sees of a delivery, also when the request has
// ended. It changes nothing.
func (o Outside) Receipt(ctx context.Context, token string) (out Receipt, err error) {
	of, tenant, err := o.findDelivery(ctx, token)
	if err != nil {
		return out, err
	}
	err = pg.In(ctx, o.DB, tenant, func(tx pg.Tx) error {
		out = Receipt{}
		d, err := deliveryTx(ctx, tx, tenant, of)
		if err != nil {
			return err
		}
		out.State, out.Bytes, out.DeliveredAt = d.State, d.Bytes, d.DeliveredAt
		r, lender, err := o.open(ctx, tx, tenant, d.Request)
		switch {
		case fault.CodeOf(err) == "request.ended":
			out.Ended = true
			if err := tx.QueryRow(ctx, sqlReceiptTitle, pgx.StrictNamedArgs{"id": d.Request, "tenant": tenant}).Scan(&out.Ask.Title, &out.Ask.Language); err != nil {
				return err
			}
		case err != nil:
			return err
		default:
			if out.Ask, err = o.ask(ctx, tx, lender, r, false); err != nil {
				return err
			}
		}
		rows, err := tx.Query(ctx, sqlReceiptFiles, pgx.StrictNamedArgs{"id": of, "tenant": tenant})
		if err != nil {
			return err
		}
		out.Files, err = pgx.CollectRows(rows, pgx.RowToStructByName[SentFile])
		return err
	})
	return out, err
}

// Delivery is a delivery as those who moderate see it. Who sent it is personal.
type Delivery struct {
	ID          id.Delivery       `db:"id"`
	Request     id.Request        `db:"request_id"`
	Title       string            `db:"title"` // of the request
	State       string            `db:"state"` // open or delivered
	SenderName  string            `db:"sender_name"`
	SenderEmail string            `db:"sender_email"`
	Message     string            `db:"message"`
	Said        map[string]string `db:"said"`
	TermsAt     *int              `db:"terms_version"` // that were accepted
	Terms       string            `db:"terms"`
	AcceptedAt  *time.Time        `db:"accepted_at"`
	CreatedAt   time.Time         `db:"created_at"`
	DeliveredAt *time.Time        `db:"delivered_at"`
	PurgedAt    *time.Time        `db:"purged_at"` // when what is personal was taken away
	Files       int               `db:"files"`
	Waiting     int               `db:"waiting"`
	Accepted    int               `db:"accepted"`
	Rejected    int               `db:"rejected"`
}

const sqlDeliveryColumns = `d.id, d.request_id, r.title, d.state, d.sender_name, d.sender_email, d.message, d.said, d.terms_version,
	coalesce(t.terms, '') as terms, d.accepted_at, d.created_at, d.delivered_at, d.purged_at,
	(select count(*) from upload_delivery_file l where l.delivery_id = d.id) as files,
	(select count(*) from upload_delivery_file l where l.delivery_id = d.id and l.state = 'waiting') as waiting,
	(select count(*) from upload_delivery_file l where l.delivery_id = d.id and l.state = 'accepted') as accepted,
	(select count(*) from upload_delivery_file l where l.delivery_id = d.id and l.state = 'rejected') as rejected`

const deliveryFrom = ` from upload_delivery d join upload_request r on r.id = d.request_id
	left join upload_request_terms t on t.request_id = d.request_id and t.version = d.terms_version`

const sqlDeliveryList = `
	select ` + sqlDeliveryColumns + deliveryFrom + `
	where d.request_id = @request and d.tenant_id = @tenant and d.state <> 'begun' and (@after::uuid is null or d.id < @after)
	order by d.id desc limit @limit`

const sqlDeliveriesByID = `
	select ` + sqlDeliveryColumns + deliveryFrom + `
	where d.id = any(@ids::uuid[]) and d.tenant_id = @tenant`

// deliveriesTx reads deliveries; that who may see them has been asked.
func deliveriesTx(ctx context.Context, tx pg.Tx, who access.Actor, ids []id.Delivery) (map[id.Delivery]Delivery, error) {
	rows, err := tx.Query(ctx, sqlDeliveriesByID, pgx.StrictNamedArgs{"ids": ids, "tenant": who.Tenant})
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Delivery])
	out := make(map[id.Delivery]Delivery, len(list))
	for _, d := range list {
		out[d.ID] = d
	}
	return out, err
}
