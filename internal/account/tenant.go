// SPDX-License-Identifier: Apache-2.0

package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/secret"
)

// First is the administrator that the first start makes.
type First struct {
	Email  string // empty: admin@localhost
	Name   string // empty: Administrator
	Tenant string // name of the tenant that the first start makes; empty: Tillgång
}

// Tenant is a customer organisation.
type Tenant struct {
	ID   id.Tenant
	Slug string
	Name string
	Open bool
}

// onlyHouse refuses everybody but the product itself.
func onlyHouse(who access.Actor) error {
	if who.Kind == access.House {
		return nil
	}
	if err := who.Require(0); err != nil {
		return err
	}
	return fault.New(fault.Forbidden, "access.forbidden", "Only the command line of the server can do this.")
}

const sqlTenants = `select id, slug, name, closed_at is null as open from tenant order by created_at, id`

// Tenants lists all tenants, oldest first. Only the house may ask.
func (s *Service) Tenants(ctx context.Context, who access.Actor) (list []Tenant, err error) {
	if err := onlyHouse(who); err != nil {
		return nil, err
	}
	err = pg.Across(ctx, s.db, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlTenants)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Tenant])
		return err
	})
	return list, err
}

const sqlTenantBySlug = `select id from tenant where slug = @slug`

// bySlug finds a tenant; zero when there is none.
func (s *Service) bySlug(ctx context.Context, tx pg.Tx, slug string) (t id.Tenant, err error) {
	err = tx.QueryRow(ctx, sqlTenantBySlug, pgx.StrictNamedArgs{"slug": slug}).Scan(&t)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return t, err
}

// TenantBySlug finds an open or closed tenant for the command line and the
// sign-in page. NotFound when there is none.
func (s *Service) TenantBySlug(ctx context.Context, slug string) (t id.Tenant, err error) {
	err = pg.Across(ctx, s.db, func(tx pg.Tx) error {
		if t, err = s.bySlug(ctx, tx, Normal(slug)); err == nil && t.IsZero() {
			err = access.NotFound("tenant")
		}
		return err
	})
	return t, err
}

var slugForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// CreateTenant makes a tenant with the built-in roles and its first
// administrator, who gets in by NewLink. Only the house may do it; part names
// the part of the house in the new tenant's log, such as "cli".
func (s *Service) CreateTenant(ctx context.Context, part, slug, name string, first First) (id.Tenant, error) {
	slug, name = Normal(slug), shown(name)
	wrong := map[string]string{}
	if !slugForm.MatchString(slug) {
		wrong["slug"] = "Use 1 to 63 small letters a–z, digits and hyphens, beginning with a letter or digit."
	}
	if name == "" || len([]rune(name)) > 200 {
		wrong["name"] = "Give a name of 1 to 200 characters."
	}
	if len(wrong) > 0 {
		return id.Tenant{}, fault.Fields("tenant.invalid", "The tenant cannot be made like this.", wrong)
	}
	t := id.New[id.Tenant]()
	err := pg.In(ctx, s.db, t, func(tx pg.Tx) error {
		return s.makeTenant(ctx, tx, access.HouseActor(t, part), slug, name, first)
	})
	if pg.Violates(err, "tenant_slug_key") {
		return id.Tenant{}, fault.New(fault.Conflict, "tenant.exists", "There is a tenant with this slug already. Choose another.")
	}
	return t, err
}

const sqlTenantMake = `insert into tenant (id, slug, name, created_at) values (@id, @slug, @name, @now)`

func (s *Service) makeTenant(ctx context.Context, tx pg.Tx, who access.Actor, slug, name string, first First) error {
	if _, err := tx.Exec(ctx, sqlTenantMake, pgx.StrictNamedArgs{"id": who.Tenant, "slug": slug, "name": name, "now": s.now()}); err != nil {
		return err
	}
	if _, err := s.ensureRoles(ctx, tx, who); err != nil {
		return err
	}
	if err := s.OnTenantMade(ctx, tx, who); err != nil {
		return fmt.Errorf("make tenant: %w", err)
	}
	email, full, err := first.clean()
	if err != nil {
		return err
	}
	account, err := s.insertAccount(ctx, tx, who.Tenant, email, full)
	if err != nil {
		return err
	}
	role, err := s.roleByName(ctx, tx, "admin")
	if err != nil {
		return err
	}
	if err := s.insertGrant(ctx, tx, who.Tenant, account.UUID(), role.ID); err != nil {
		return err
	}
	return s.record(ctx, tx, who, "tenant.create", who.Tenant.String(), map[string]any{"administrator": account.String()})
}

func (f First) clean() (email, name string, err error) {
	if email = Normal(f.Email); email == "" {
		email = "admin@localhost"
	}
	if name = cut(shown(f.Name), 200); name == "" {
		name = "Administrator"
	}
	if !plausible(email) {
		return "", "", fault.New(fault.Invalid, "account.email", "The administrator's address cannot be an e-mail address. Write it as name@example.se.")
	}
	return email, name, nil
}

const sqlBootstrapLock = `select pg_advisory_xact_lock(hashtextextended('tillgang account bootstrap', 0))`

// Prepare makes what every installation has: the tenant "default" with its
// built-in roles and an administrator who cannot sign in yet. It changes
// nothing that is there already; several processes may call it at once.
func (s *Service) Prepare(ctx context.Context, first First) (id.Tenant, error) {
	t, _, err := s.bootstrap(ctx, first, false)
	return t, err
}

// Bootstrap does what Prepare does and, as long as nobody can sign in to the
// default tenant, returns the token of a new one-time link for its administrator;
// links printed by earlier starts are void then. Once somebody can sign in, the
// token is empty. A fresh installation has no other way in.
func (s *Service) Bootstrap(ctx context.Context, first First) (token secret.Text, err error) {
	_, token, err = s.bootstrap(ctx, first, true)
	return token, err
}

const sqlAnybody = `
	select exists (select from account a where a.tenant_id = app_tenant() and a.state = 'active' and a.password_hash is not null)
		or exists (select from session s join account a on a.id = s.account_id and a.state = 'active'
			where s.tenant_id = app_tenant() and s.ended_at is null and s.expires_at > @now and s.seen_at > @idle)`

func (s *Service) bootstrap(ctx context.Context, first First, link bool) (t id.Tenant, token secret.Text, err error) {
	err = pg.Across(ctx, s.db, func(tx pg.Tx) error {
		t, err = s.bySlug(ctx, tx, DefaultTenant)
		return err
	})
	if err != nil {
		return t, token, err
	}
	exists := !t.IsZero()
	if !exists {
		t = id.New[id.Tenant]()
	}
	who := access.HouseActor(t, "start")
	err = pg.In(ctx, s.db, t, func(tx pg.Tx) error {
		if _, err := tx.Exec(ctx, sqlBootstrapLock); err != nil {
			return err
		}
		if !exists {
			if other, err := s.bySlug(ctx, tx, DefaultTenant); err != nil || !other.IsZero() {
				return errors.Join(err, errRaced)
			}
			if err := s.makeTenant(ctx, tx, who, DefaultTenant, cmp.Or(shown(first.Tenant), "Tillgång"), first); err != nil {
				return err
			}
		}
		if !link {
			return nil
		}
		now := s.now()
		var somebody bool
		if err := tx.QueryRow(ctx, sqlAnybody, pgx.StrictNamedArgs{"now": now, "idle": now.Add(-s.cfg.Idle)}).Scan(&somebody); err != nil || somebody {
			return err
		}
		account, err := s.firstAdmin(ctx, tx, first)
		if err != nil {
			return err
		}
		if token, err = s.makeLink(ctx, tx, t, account, "bootstrap"); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "account.bootstrap", account.String(), nil)
	})
	if errors.Is(err, errRaced) { // another process was first: its tenant is ours
		return s.bootstrap(ctx, first, link)
	}
	return t, token, err
}

var errRaced = errors.New("another process made the tenant at the same moment")

const sqlFirstAdmin = `
	select a.id, a.email, a.state from account a
	join principal_closure c on c.account_id = a.id
	join tenant_grant g on g.principal_id = c.principal_id
	join role r on r.id = g.role_id and r.built_in and r.name = 'admin'
	where a.tenant_id = app_tenant() and a.state <> 'deactivated'
	order by a.email = @email desc, a.created_at, a.id limit 1`

const sqlFirstRename = `update account set email = @email, name = @name where id = @id`

// firstAdmin returns the account that a bootstrap link is for. An
// administrator who never came takes on a changed configured address.
func (s *Service) firstAdmin(ctx context.Context, tx pg.Tx, first First) (account id.Account, err error) {
	email, name, err := first.clean()
	if err != nil {
		return account, err
	}
	var is string
	var state State
	err = tx.QueryRow(ctx, sqlFirstAdmin, pgx.StrictNamedArgs{"email": email}).Scan(&account, &is, &state)
	if errors.Is(err, pgx.ErrNoRows) {
		return account, fault.New(fault.Conflict, "account.no_administrator", "The default tenant has no administrator. Give an account the role admin on the command line.")
	}
	if err != nil || state != Invited || is == email || first.Email == "" {
		return account, err
	}
	_, err = tx.Exec(ctx, sqlFirstRename, pgx.StrictNamedArgs{"email": email, "name": name, "id": account})
	if pg.Violates(err, "account_email_key") {
		return account, fault.New(fault.Conflict, "account.exists", "The configured administrator's address belongs to an account without the role admin. Give it the role on the command line, or configure another address.")
	}
	return account, err
}

const sqlTenantClose = `update tenant set closed_at = case when @closed then coalesce(closed_at, @now) end where id = @id returning slug`

// SetTenantOpen closes a tenant, so that from this moment nobody in it can
// sign in or do anything, or opens it again. Only the house may do it.
func (s *Service) SetTenantOpen(ctx context.Context, who access.Actor, open bool) error {
	if err := onlyHouse(who); err != nil {
		return err
	}
	verb := "tenant.close"
	if open {
		verb = "tenant.reopen"
	}
	return s.in(ctx, who, func(tx pg.Tx) error {
		var slug string
		err := tx.QueryRow(ctx, sqlTenantClose, pgx.StrictNamedArgs{"closed": !open, "now": s.now(), "id": who.Tenant}).Scan(&slug)
		if errors.Is(err, pgx.ErrNoRows) {
			return access.NotFound("tenant")
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, who, verb, who.Tenant.String(), nil)
	})
}
