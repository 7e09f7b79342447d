// SPDX-License-Identifier: Apache-2.0

package request

import (
	"context"
	"errors"
	"net/mail"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
	"tillgang/internal/secret"
)

// Ask is a request as people outside see it.
type Ask struct {
	Title, Message, Terms string // hidden while Locked
	TermsAt               int
	Fields                []Field
	Defs                  map[string]asset.Def // of Fields
	Sender                Sender
	Language              string
	Kinds                 []asset.Kind
	MaxFiles              int
	MaxBytes              int64
	ExpiresAt             time.Time
	Locked                bool // a password has to be said first
}

// Outside is what people outside can do: they are known by nothing but the
// secret of the address that they hold.
type Outside struct{ *Service }

// Outside returns it.
func (s *Service) Outside() Outside { return Outside{s} }

// unknown is the answer to an address that leads nowhere; ended to one that
// leads nowhere any more.
func unknown() error {
	return fault.New(fault.NotFound, "request.unknown", "There is nothing at this address. Check that you have the whole of it.")
}

func ended() error {
	return fault.New(fault.NotFound, "request.ended", "This upload request has ended and takes no more files. Ask whoever sent you the address.")
}

// tokenLength is what secret.Token makes.
const tokenLength = 43

// row is a request with what only the room itself looks at.
type row struct {
	Request

	Tenant   id.Tenant `db:"tenant_id"`
	Password string    `db:"password_hash"`
	Actor    []byte    `db:"actor"`
}

const sqlByToken = `select r.id, r.tenant_id from upload_request r where r.hash = @hash` //nolint:gosec // G101: a query for a token, no token

const sqlRow = `select ` + sqlColumns + `, r.tenant_id, r.password_hash, r.actor from upload_request r where r.id = @id and r.tenant_id = @tenant`

// find looks up whose request an address leads to.
func (s *Service) find(ctx context.Context, token string) (request id.Request, tenant id.Tenant, err error) {
	if len(token) != tokenLength {
		return request, tenant, unknown()
	}
	err = pg.Across(ctx, s.DB, func(tx pg.Tx) error {
		return tx.QueryRow(ctx, sqlByToken, pgx.StrictNamedArgs{"hash": secret.Hash(token)}).Scan(&request, &tenant)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = unknown()
	}
	return request, tenant, err
}

// open reads a request that takes files at this moment, and whose rights it has.
func (s *Service) open(ctx context.Context, tx pg.Tx, tenant id.Tenant, request id.Request) (r row, lender access.Actor, err error) {
	rows, err := tx.Query(ctx, sqlRow, pgx.StrictNamedArgs{"id": request, "tenant": tenant})
	if err != nil {
		return r, lender, err
	}
	r, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[row])
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return r, lender, unknown()
	case err != nil:
		return r, lender, err
	case r.Ended(s.now()):
		return r, lender, ended()
	}
	lender, err = s.Accounts.StandingTx(ctx, tx, tenant, r.Actor)
	if fault.KindOf(err) == fault.Unauthentic {
		return r, lender, ended()
	}
	if err != nil {
		return r, lender, err
	}
	f, err := s.Folders.ByIDTx(ctx, tx, lender, r.Folder)
	if k := fault.KindOf(err); err != nil && (k == fault.NotFound || k == fault.Forbidden) || err == nil && !f.Can.Has(access.Upload) {
		return r, lender, ended()
	}
	return r, lender, err
}

func (s *Service) ask(ctx context.Context, tx pg.Tx, lender access.Actor, r row, locked bool) (Ask, error) {
	if locked {
		return Ask{Language: r.Language, Locked: true}, nil
	}
	a := Ask{
		Title: r.Title, Message: r.Message, Terms: r.Terms, TermsAt: r.TermsAt, Sender: r.Sender, Language: r.Language, Kinds: r.Kinds,
		MaxFiles: r.MaxFiles, MaxBytes: r.MaxBytes, ExpiresAt: r.ExpiresAt, Defs: map[string]asset.Def{},
	}
	reg, err := s.Assets.RegistryTx(ctx, tx, lender)
	if err != nil {
		return a, err
	}
	for _, f := range r.Fields {
		if d, ok := reg.Def(f.Name); ok && d.RetiredAt == nil && Asked(d.Type) != "" { // it may have been retired since
			a.Fields, a.Defs[f.Name] = append(a.Fields, f), d
		}
	}
	return a, nil
}

// Look returns the request behind an address. It changes nothing.
func (o Outside) Look(ctx context.Context, token string) (a Ask, err error) {
	request, tenant, err := o.find(ctx, token)
	if err != nil {
		return a, err
	}
	err = pg.In(ctx, o.DB, tenant, func(tx pg.Tx) error {
		r, lender, err := o.open(ctx, tx, tenant, request)
		if err != nil {
			return err
		}
		a, err = o.ask(ctx, tx, lender, r, r.Protected)
		return err
	})
	return a, err
}

// Details is what a sender says before sending files.
type Details struct {
	Name, Email, Message string
	Said                 map[string]string // field → text
	Accepted             int               // version of the terms that were accepted; 0: none
	Language             string            // that the sender reads
}

// begun is how often one network may begin deliveries within 15 minutes.
const begun = 30

const sqlDeliveries = `select count(*) from upload_delivery d where d.request_id = @request and d.tenant_id = @tenant`

const sqlBegin = `
	insert into upload_delivery (id, tenant_id, request_id, hash, state, created_at, touched_at)
	values (@id, @tenant, @request, @hash, 'begun', @now, @now)`

// Begin begins a delivery: with its details, or, where the request has a
// password, with that; then the details follow by Describe. The token it
// returns is the secret of the receipt's address.
func (o Outside) Begin(ctx context.Context, token string, from netip.Addr, password secret.Text, d *Details) (receipt string, err error) {
	request, tenant, err := o.find(ctx, token)
	if err != nil {
		return "", err
	}
	var r row
	if err := pg.In(ctx, o.DB, tenant, func(tx pg.Tx) error {
		r, _, err = o.open(ctx, tx, tenant, request)
		return err
	}); err != nil {
		return "", err
	}
	if r.Protected { // outside any transaction: it takes its time
		right, err := o.Accounts.Passwords().Right(ctx, "request "+request.String(), from, password, r.Password)
		if err != nil {
			return "", err
		}
		if !right {
			return "", fault.Fields("request.password", "This is not the password.", map[string]string{"password": "wrong"})
		}
	}
	if err := o.Accounts.Passwords().Pace(ctx, "request "+request.String(), from, begun); err != nil {
		return "", err
	}
	receipt = secret.Token()
	err = pg.In(ctx, o.DB, tenant, func(tx pg.Tx) error {
		now, who, err := o.open(ctx, tx, tenant, request)
		if err != nil {
			return err
		}
		if now.Password != r.Password {
			return ended() // another password since
		}
		var n int
		if err := tx.QueryRow(ctx, sqlDeliveries, pgx.StrictNamedArgs{"request": request, "tenant": tenant}).Scan(&n); err != nil {
			return err
		}
		if n >= maxDeliveries {
			return fault.New(fault.Conflict, "request.full", "This upload request has had as many senders as it takes. Ask whoever sent you the address.")
		}
		delivery := id.New[id.Delivery]()
		if _, err := tx.Exec(ctx, sqlBegin, pgx.StrictNamedArgs{
			"id": delivery, "tenant": tenant, "request": request, "hash": secret.Hash(receipt), "now": o.now(),
		}); err != nil {
			return err
		}
		if d == nil {
			return nil
		}
		return o.describe(ctx, tx, who, now, delivery, *d)
	})
	return receipt, err
}

const sqlDescribe = `
	update upload_delivery set state = 'open', sender_name = @name, sender_email = @email, message = @message, said = @said,
		terms_version = @terms, accepted_at = case when @terms::int is not null then @now::timestamptz end, language = @language, touched_at = @now
	where id = @id and tenant_id = @tenant and state = 'begun'`

// describe keeps the details of a delivery, or says everything that is wrong with them.
func (s *Service) describe(ctx context.Context, tx pg.Tx, lender access.Actor, r row, delivery id.Delivery, d Details) error {
	a, err := s.ask(ctx, tx, lender, r, false)
	if err != nil {
		return err
	}
	reg, err := s.Assets.RegistryTx(ctx, tx, lender)
	if err != nil {
		return err
	}
	if err := d.check(a, reg); err != nil {
		return err
	}
	var terms *int
	if a.Terms != "" {
		terms = &a.TermsAt
	}
	tag, err := tx.Exec(ctx, sqlDescribe, pgx.StrictNamedArgs{
		"id": delivery, "tenant": lender.Tenant, "name": d.Name, "email": d.Email, "message": d.Message, "said": d.Said, "terms": terms,
		"language": d.Language, "now": s.now(),
	})
	if err != nil || tag.RowsAffected() == 0 {
		return err // said already
	}
	return audit.Record(ctx, tx, audit.Entry{
		At: s.now(), Who: access.Sender(lender, delivery.String(), r.Folder), Verb: "request.begin", Subject: r.ID.String(),
		Detail: map[string]any{"delivery": delivery.String(), "terms": a.TermsAt, "accepted": terms != nil},
	})
}

// check makes the details fit to keep, or says everything that is wrong with them.
func (d *Details) check(a Ask, reg *asset.Registry) error {
	wrong := map[string]string{}
	var ok [3]bool
	d.Name, ok[0] = plain.Line(d.Name)
	d.Email, ok[1] = plain.Line(d.Email)
	d.Message, ok[2] = plain.Text(d.Message)
	if a.Sender == SenderNone {
		d.Name, d.Email = "", ""
	}
	switch n := utf8.RuneCountInString(d.Name); {
	case !ok[0] || n > 200:
		wrong["sender_name"] = "too_long"
	case n == 0 && a.Sender == SenderRequired:
		wrong["sender_name"] = "needed"
	}
	switch {
	case d.Email == "" && a.Sender == SenderRequired:
		wrong["sender_email"] = "needed"
	case d.Email != "" && (!ok[1] || !address(d.Email)):
		wrong["sender_email"] = "no_address"
	}
	if !ok[2] || utf8.RuneCountInString(d.Message) > maxMessage {
		wrong["message"] = "too_long"
	}
	if a.Terms != "" && d.Accepted != a.TermsAt {
		wrong["terms"] = "needed"
		if d.Accepted != 0 {
			wrong["terms"] = "changed"
		}
	}
	said := map[string]string{}
	for _, f := range a.Fields {
		text := strings.TrimSpace(d.Said[f.Name])
		if text == "" && f.Required {
			wrong["field."+f.Name] = "needed"
		}
		if text == "" {
			continue
		}
		said[f.Name] = text
		act := asset.FieldAct{Do: asset.Set, FieldChange: *change(a.Defs[f.Name], text, "")}
		if err := asset.CheckEdits(reg, asset.Edits{Fields: map[string]asset.FieldAct{f.Name: act}}); err != nil {
			wrong["field."+f.Name] = "not_fit"
		}
	}
	d.Said = said
	if len(wrong) > 0 {
		return fault.Fields("request.details", "Something is missing or wrong. Correct it and send it again.", wrong)
	}
	return nil
}

// address reports whether s looks like one mail address and nothing more.
func address(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254 && strings.Contains(s[strings.LastIndexByte(s, '@'):], ".")
}

// change is what a text from outside makes of a field.
func change(d asset.Def, text, lang string) *asset.FieldChange {
	switch {
	case d.Type.Several():
		list := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == ',' || r == ';' })
		return &asset.FieldChange{Values: list}
	case d.PerLanguage && lang != "":
		return &asset.FieldChange{Lang: map[string]string{lang: text}}
	}
	return &asset.FieldChange{Value: &text}
}
