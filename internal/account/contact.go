// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/pg"
)

// ContactRole is what a contact is asked about.
type ContactRole string

// The contacts that an organisation keeps.
const (
	DataProtection ContactRole = "data_protection" // what happens to personal data
	Incident       ContactRole = "incident"        // security: weakened settings, breaches
	Disturbance    ContactRole = "disturbance"     // the server does not work as it should
	Accessibility  ContactRole = "accessibility"   // what somebody cannot use
)

// ContactRoles are all of them, in the order they are shown.
var ContactRoles = []ContactRole{DataProtection, Incident, Disturbance, Accessibility}

// ReviewEvery is how often somebody should look whether contacts are right.
const ReviewEvery = 365 * 24 * time.Hour

// Contact is whom people turn to and the server writes to: a function, not a person.
type Contact struct {
	Role        ContactRole
	Name        string // of the function: "Dataskyddsombudet"
	Email       string // may be empty
	Phone       string // may be empty
	Page        string // https address of a page; may be empty
	ConfirmedAt time.Time
}

const sqlContacts = `
	select c.role, c.name, c.email, c.phone, c.page, c.confirmed_at from contact c
	where c.tenant_id = app_tenant() order by array_position(array['data_protection', 'incident', 'disturbance', 'accessibility'], c.role)`

// ContactsTx returns the contacts of the transaction's tenant, for other rooms.
func (s *Service) ContactsTx(ctx context.Context, tx pg.Tx) ([]Contact, error) {
	rows, err := tx.Query(ctx, sqlContacts)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Contact])
}

// Contacts returns the tenant's contacts that are known. Everybody who is
// signed in may ask.
func (s *Service) Contacts(ctx context.Context, who access.Actor) (list []Contact, err error) {
	err = s.in(ctx, who, func(tx pg.Tx) error {
		list, err = s.ContactsTx(ctx, tx)
		return err
	})
	return list, err
}

func (c *Contact) check() error {
	wrong := map[string]string{}
	if !slices.Contains(ContactRoles, c.Role) {
		return access.NotFound("contact")
	}
	c.Name, c.Email, c.Phone, c.Page = shown(c.Name), Normal(c.Email), shown(c.Phone), shown(c.Page)
	if c.Name == "" || utf8.RuneCountInString(c.Name) > 200 {
		wrong["name"] = "Name the function in 1 to 200 characters, such as Data protection officer."
	}
	if c.Email != "" && !plausible(c.Email) {
		wrong["email"] = "Write an e-mail address, like name@example.se."
	}
	if utf8.RuneCountInString(c.Phone) > 50 {
		wrong["phone"] = "Write at most 50 characters."
	}
	if u, err := url.Parse(c.Page); c.Page != "" && (err != nil || u.Scheme != "https" || u.Host == "" || len(c.Page) > 500) {
		wrong["page"] = "Write the address of a page, beginning with https://."
	}
	if c.Email == "" && c.Phone == "" && c.Page == "" {
		wrong["email"] = "Give at least one way to reach them."
	}
	if len(wrong) > 0 {
		return fault.Fields("contact.invalid", "The contact cannot be saved like this.", wrong)
	}
	return nil
}

const sqlContactSet = `
	insert into contact (tenant_id, role, name, email, phone, page, confirmed_at) values (@tenant, @role, @name, @email, @phone, @page, @now)
	on conflict (tenant_id, role) do update set name = excluded.name, email = excluded.email, phone = excluded.phone, page = excluded.page,
		confirmed_at = excluded.confirmed_at`

// SetContact keeps a contact, or says again that it is right. It needs
// ManageSettings.
func (s *Service) SetContact(ctx context.Context, who access.Actor, c Contact) (Contact, error) {
	if err := who.Require(access.ManageSettings); err != nil {
		return c, err
	}
	if err := c.check(); err != nil {
		return c, err
	}
	c.ConfirmedAt = s.now()
	return c, s.in(ctx, who, func(tx pg.Tx) error {
		if _, err := tx.Exec(ctx, sqlContactSet, pgx.StrictNamedArgs{
			"tenant": who.Tenant, "role": string(c.Role), "name": c.Name, "email": c.Email, "phone": c.Phone, "page": c.Page, "now": c.ConfirmedAt,
		}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "contact.edit", string(c.Role), nil)
	})
}

const sqlContactDrop = `delete from contact where tenant_id = @tenant and role = @role`

// DropContact forgets a contact. It needs ManageSettings.
func (s *Service) DropContact(ctx context.Context, who access.Actor, role ContactRole) error {
	if err := who.Require(access.ManageSettings); err != nil {
		return err
	}
	return s.in(ctx, who, func(tx pg.Tx) error {
		tag, err := tx.Exec(ctx, sqlContactDrop, pgx.StrictNamedArgs{"tenant": who.Tenant, "role": string(role)})
		if err == nil && tag.RowsAffected() == 0 {
			err = access.NotFound("contact")
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, who, "contact.delete", string(role), nil)
	})
}

// Statement is what the accessibility statement says of a tenant, to everybody.
type Statement struct {
	Name       string
	Exceptions string
	Assessed   string
	Contact    *Contact // for accessibility; nil: none is known
}

const sqlStatementTenant = `select id from tenant where slug = @slug and closed_at is null`

// Statement returns what the public accessibility statement says: of who's
// tenant, or to anybody, of the open tenant that the slug names (empty: the
// default one).
func (s *Service) Statement(ctx context.Context, who access.Actor, slug string) (out Statement, err error) {
	tenant := who.Tenant
	if who.Kind == access.Nobody {
		if slug = Normal(slug); slug == "" {
			slug = DefaultTenant
		}
		err = pg.Across(ctx, s.db, func(tx pg.Tx) error {
			err := tx.QueryRow(ctx, sqlStatementTenant, pgx.StrictNamedArgs{"slug": slug}).Scan(&tenant)
			if errors.Is(err, pgx.ErrNoRows) {
				return access.NotFound("tenant")
			}
			return err
		})
		if err != nil {
			return out, err
		}
	}
	err = pg.In(ctx, s.db, tenant, func(tx pg.Tx) error {
		set, err := s.SettingsTx(ctx, tx)
		if err != nil {
			return err
		}
		out.Name, out.Exceptions, out.Assessed = set.Name, set.Exceptions, set.Assessed
		list, err := s.ContactsTx(ctx, tx)
		for _, c := range list {
			if c.Role == Accessibility {
				out.Contact = &c
			}
		}
		return err
	})
	return out, err
}
