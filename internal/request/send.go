// SPDX-License-Identifier: Apache-2.0

package request

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/ingest"
	"tillgang/internal/pg"
	"tillgang/internal/secret"
)

// delivery is a delivery as the table has it.
type delivery struct {
	ID          id.Delivery       `db:"id"`
	Tenant      id.Tenant         `db:"tenant_id"`
	Request     id.Request        `db:"request_id"`
	State       string            `db:"state"`
	Said        map[string]string `db:"said"`
	Language    string            `db:"language"`
	CreatedAt   time.Time         `db:"created_at"`
	DeliveredAt *time.Time        `db:"delivered_at"`
	Files       int               `db:"files"`
	Bytes       int64             `db:"bytes"`
}

const sqlDeliveryByToken = `select d.id, d.tenant_id from upload_delivery d where d.hash = @hash` //nolint:gosec // G101: a query for a token, no token

const sqlDelivery = `
	select d.id, d.tenant_id, d.request_id, d.state, d.said, d.language, d.created_at, d.delivered_at,
		(select count(*) from upload_delivery_file l where l.delivery_id = d.id) as files,
		(select coalesce(sum(l.size), 0)::bigint from upload_delivery_file l where l.delivery_id = d.id) as bytes
	from upload_delivery d where d.id = @id and d.tenant_id = @tenant`

const sqlHoldDelivery = `select d.id from upload_delivery d where d.id = @id and d.tenant_id = @tenant for update`

func (s *Service) findDelivery(ctx context.Context, receipt string) (of id.Delivery, tenant id.Tenant, err error) {
	if len(receipt) != tokenLength {
		return of, tenant, unknown()
	}
	err = pg.Across(ctx, s.DB, func(tx pg.Tx) error {
		return tx.QueryRow(ctx, sqlDeliveryByToken, pgx.StrictNamedArgs{"hash": secret.Hash(receipt)}).Scan(&of, &tenant)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = unknown()
	}
	return of, tenant, err
}

func deliveryTx(ctx context.Context, tx pg.Tx, tenant id.Tenant, of id.Delivery) (delivery, error) {
	rows, err := tx.Query(ctx, sqlDelivery, pgx.StrictNamedArgs{"id": of, "tenant": tenant})
	if err != nil {
		return delivery{}, err
	}
	d, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[delivery])
	if errors.Is(err, pgx.ErrNoRows) {
		err = unknown()
	}
	return d, err
}

// sender is a delivery that may be added to, with its request and who sends it.
func (s *Service) sender(ctx context.Context, tx pg.Tx, tenant id.Tenant, of id.Delivery) (d sendingTo, err error) {
	if d.delivery, err = deliveryTx(ctx, tx, tenant, of); err != nil {
		return sendingTo{}, err
	}
	var lender access.Actor
	if d.of, lender, err = s.open(ctx, tx, tenant, d.Request); err != nil {
		return sendingTo{}, err
	}
	d.who = access.Sender(lender, of.String(), d.of.Folder)
	return d, nil
}

// sendingTo is a delivery with its request and who sends it.
type sendingTo struct {
	delivery

	of  row
	who access.Actor
}

// Describe says the details of a delivery that began with a password.
func (o Outside) Describe(ctx context.Context, receipt string, details Details) error {
	of, tenant, err := o.findDelivery(ctx, receipt)
	if err != nil {
		return err
	}
	return pg.In(ctx, o.DB, tenant, func(tx pg.Tx) error {
		d, err := o.sender(ctx, tx, tenant, of)
		if err != nil {
			return err
		}
		return o.describe(ctx, tx, d.who.Storing(), d.of, of, details)
	})
}

// ActorByReceipt returns the sender of a delivery that takes files at this
// moment: it can store files where they were asked for, and nothing else.
func (o Outside) ActorByReceipt(ctx context.Context, receipt string) (who access.Actor, err error) {
	of, tenant, err := o.findDelivery(ctx, receipt)
	if err != nil {
		return who, err
	}
	err = pg.In(ctx, o.DB, tenant, func(tx pg.Tx) error {
		d, err := o.sender(ctx, tx, tenant, of)
		if err != nil {
			return err
		}
		who = d.who
		return d.sendable()
	})
	if err != nil {
		who = access.Actor{}
	}
	return who, err
}

// RecallTx makes the sender anew that an unfinished upload remembers.
func (s *Service) RecallTx(ctx context.Context, tx pg.Tx, tenant id.Tenant, remembered []byte) (access.Actor, error) {
	was, err := access.Recall(remembered)
	if err != nil {
		return access.Actor{}, err
	}
	of, err := id.Parse[id.Delivery](was.ID)
	if err != nil || was.Kind != access.Request {
		return access.Actor{}, unknown()
	}
	d, err := s.sender(ctx, tx, tenant, of)
	return d.who, err
}

func (d delivery) sendable() error {
	switch d.State {
	case "open":
		return nil
	case "begun":
		return fault.New(fault.Conflict, "request.not_described", "Say first what is asked for.")
	}
	return fault.New(fault.Conflict, "request.delivered", "This delivery is complete. Begin another one to send more.")
}

// AdmitTx says, as a fault, that a sender may not send so much more. It is what
// ingest.Admit does here.
func (s *Service) AdmitTx(ctx context.Context, tx pg.Tx, who access.Actor, more ingest.Admission) error {
	of, err := id.Parse[id.Delivery](who.ID)
	if err != nil || who.Kind != access.Request {
		return access.NotFound("folder")
	}
	d, err := s.sender(ctx, tx, who.Tenant, of)
	if err != nil {
		return err
	}
	if err := d.sendable(); err != nil {
		return err
	}
	return d.of.room(d.Files+more.Files, d.Bytes+more.Bytes)
}

// room says, as a fault, that a delivery would be larger than the request takes.
func (r row) room(files int, bytes int64) error {
	switch {
	case files > r.MaxFiles:
		return fault.New(fault.TooLarge, "request.too_many_files", "These are more files than one delivery may have.")
	case bytes > r.MaxBytes:
		return fault.New(fault.TooLarge, "request.too_many_bytes", "The files are larger together than one delivery may be.")
	}
	return nil
}

const sqlArrived = `
	insert into upload_delivery_file (id, tenant_id, request_id, delivery_id, asset_id, name, size, state, created_at)
	values (@id, @tenant, @request, @delivery, @asset, @name, @size, 'waiting', @now)`

const sqlTouch = `update upload_delivery set touched_at = @now where id = @id and tenant_id = @tenant`

// ArrivedTx takes an asset that a sender has stored into their delivery, with
// what they said of it; or refuses it, and then it is not stored. It is what
// asset.OnStored does here.
func (s *Service) ArrivedTx(ctx context.Context, tx pg.Tx, who access.Actor, a asset.Asset) error {
	of, err := id.Parse[id.Delivery](who.ID)
	if err != nil || who.Kind != access.Request {
		return access.NotFound("folder")
	}
	if _, err := tx.Exec(ctx, sqlHoldDelivery, pgx.StrictNamedArgs{"id": of, "tenant": who.Tenant}); err != nil {
		return err
	}
	d, err := s.sender(ctx, tx, who.Tenant, of)
	if err != nil {
		return err
	}
	if err := d.sendable(); err != nil {
		return err
	}
	if err := d.of.room(d.Files+1, d.Bytes+a.Size); err != nil {
		return err
	}
	if len(d.of.Kinds) > 0 && !slices.Contains(d.of.Kinds, a.Kind) {
		return fault.New(fault.Invalid, "request.kind", "Files of this kind were not asked for.")
	}
	args := pgx.StrictNamedArgs{
		"id": id.New[id.Sent](), "tenant": who.Tenant, "request": d.Request, "delivery": of, "asset": a.ID, "name": a.Name, "size": a.Size, "now": s.now(),
	}
	if _, err := tx.Exec(ctx, sqlArrived, args); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, sqlTouch, pgx.StrictNamedArgs{"id": of, "tenant": who.Tenant, "now": s.now()}); err != nil {
		return err
	}
	said, err := s.said(ctx, tx, who, d.delivery)
	if err != nil || len(said) == 0 {
		return err
	}
	return s.Assets.SentTx(ctx, tx, who, a.ID, said)
}

// said is what the sender said of all files, as changes of fields; a field that
// was retired meanwhile is left out.
func (s *Service) said(ctx context.Context, tx pg.Tx, who access.Actor, d delivery) (map[string]*asset.FieldChange, error) {
	reg, err := s.Assets.RegistryTx(ctx, tx, who)
	if err != nil {
		return nil, err
	}
	out := map[string]*asset.FieldChange{}
	for name, text := range d.Said {
		if def, ok := reg.Def(name); ok && def.RetiredAt == nil && Asked(def.Type) != "" {
			out[name] = change(def, text, d.Language)
		}
	}
	return out, nil
}

// Receive stores one file of a delivery. r must give up when ctx ends.
func (o Outside) Receive(ctx context.Context, receipt, name string, r io.Reader) error {
	of, tenant, err := o.findDelivery(ctx, receipt)
	if err != nil {
		return err
	}
	var who access.Actor
	var left int64
	err = pg.In(ctx, o.DB, tenant, func(tx pg.Tx) error {
		d, err := o.sender(ctx, tx, tenant, of)
		if err != nil {
			return err
		}
		who, left = d.who, d.of.MaxBytes-d.Bytes
		return d.sendable()
	})
	if err != nil {
		return err
	}
	_, err = o.Ingest.Receive(ctx, who, ingest.Plan{Name: name, Size: -1}, &bounded{r, left})
	return err
}

// bounded reads no more than is left of what a delivery may be.
type bounded struct {
	io.Reader
	left int64
}

// Read reads on.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, fault.New(fault.TooLarge, "request.too_many_bytes", "The files are larger together than one delivery may be.")
	}
	return n, err
}

const sqlFinish = `
	update upload_delivery set state = 'delivered', delivered_at = @now, touched_at = @now
	where id = @id and tenant_id = @tenant and state = 'open'`

// Finish says that everything has been sent.
func (o Outside) Finish(ctx context.Context, receipt string) error {
	of, tenant, err := o.findDelivery(ctx, receipt)
	if err != nil {
		return err
	}
	return pg.In(ctx, o.DB, tenant, func(tx pg.Tx) error {
		if _, err := tx.Exec(ctx, sqlHoldDelivery, pgx.StrictNamedArgs{"id": of, "tenant": tenant}); err != nil {
			return err
		}
		d, err := deliveryTx(ctx, tx, tenant, of)
		switch {
		case err != nil:
			return err
		case d.State == "delivered":
			return nil
		case d.State == "begun" || d.Files == 0:
			return fault.New(fault.Invalid, "request.no_files", "No file has come yet. Send at least one.")
		}
		return o.finishTx(ctx, tx, d)
	})
}

const sqlAsked = `select r.title, r.folder_id, r.asked_by from upload_request r where r.id = @id and r.tenant_id = @tenant`

// finishTx ends a delivery that has files, whether or not its request has ended since.
func (s *Service) finishTx(ctx context.Context, tx pg.Tx, d delivery) error {
	args := pgx.StrictNamedArgs{"id": d.ID, "tenant": d.Tenant, "now": s.now()}
	tag, err := tx.Exec(ctx, sqlFinish, args)
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	told := Delivered{Request: d.Request, Delivery: d.ID, Files: d.Files}
	if err := tx.QueryRow(ctx, sqlAsked, pgx.StrictNamedArgs{"id": d.Request, "tenant": d.Tenant}).Scan(&told.Title, &told.Folder, &told.AskedBy); err != nil {
		return err
	}
	who := access.Actor{Kind: access.Request, ID: d.ID.String(), Tenant: d.Tenant}
	if err := s.OnDelivered(ctx, tx, who, told); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{
		At: s.now(), Who: who, Verb: "request.deliver", Subject: d.Request.String(), Detail: map[string]any{"delivery": d.ID.String(), "files": d.Files},
	})
}
