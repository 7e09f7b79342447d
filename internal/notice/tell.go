// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// News is what somebody should know.
type News struct {
	Kind    Kind
	To      []id.Account
	Subject string // what it is about, as an outer identifier; empty: nothing, or several things
	Count   int    // how many, when not one
	Days    int    // until something ends
	Once    string // an account is told by this name once and never again; empty: each time
}

// vars are what a notice keeps beside its subject: numbers only.
type vars struct {
	Count int `json:"count,omitempty"`
	Days  int `json:"days,omitempty"`
}

const sqlTell = `
	with told as (
		select a.id, a.state, coalesce(case when not @secure then p.way end, @usual) as way
		from account a left join notice_preference p on p.account_id = a.id and p.kind = @kind
		where a.tenant_id = @tenant and a.id = any(@accounts) and a.state <> 'deactivated' and (@secure or a.id is distinct from @me::uuid)
	)
	insert into notice (id, tenant_id, account_id, kind, by_id, subject, vars, once, made_at, digest)
	select n.id, @tenant, t.id, @kind, @by, @subject, @vars, nullif(@once, ''), @now, t.way = 'digest' and t.state = 'active' and @mails
	from unnest(@ids::uuid[], @accounts::uuid[]) as n(id, account) join told t on t.id = n.account
	where t.way <> 'off'
	on conflict (account_id, once) do nothing
	returning id, account_id, (select t.way = 'mail' and t.state = 'active' and @mails from told t where t.id = account_id) as mail`

// TellTx lets accounts know, in the transaction of the cause: all but who did it,
// whoever is deactivated, and whoever wants to know nothing of the kind.
func (s *Service) TellTx(ctx context.Context, tx pg.Tx, who access.Actor, n News) error {
	r, known := ruleOf(n.Kind)
	if !known {
		return fmt.Errorf("notice: no kind is called %q", n.Kind)
	}
	if len(n.To) == 0 {
		return nil
	}
	by := who.ID
	if who.Kind == access.House {
		by = ""
	}
	ids := make([]id.Notice, len(n.To))
	for i := range ids {
		ids[i] = id.New[id.Notice]()
	}
	rows, err := tx.Query(ctx, sqlTell, pgx.StrictNamedArgs{
		"tenant": who.Tenant, "accounts": id.Raw(n.To), "ids": id.Raw(ids), "me": who.Account, "secure": r.secure, "usual": string(r.usual),
		"kind": string(n.Kind), "by": by, "subject": n.Subject, "vars": vars{n.Count, n.Days}, "once": n.Once, "now": s.now(), "mails": s.Mails(),
	})
	if err != nil {
		return err
	}
	type made struct {
		ID      id.Notice  `db:"id"`
		Account id.Account `db:"account_id"`
		Mail    bool       `db:"mail"`
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[made])
	if err != nil {
		return err
	}
	for _, m := range list {
		if !m.Mail {
			continue
		}
		if err := s.post(ctx, tx, who, post{account: m.Account, kind: n.Kind, vars: vars{n.Count, n.Days}, notice: m.ID}); err != nil {
			return err
		}
	}
	return nil
}

// post is a mail to be.
type post struct {
	account id.Account // zero: a contact's
	address string     // other than the account's own
	kind    Kind
	vars    vars
	notice  id.Notice // that it tells of; zero: none
	by      string    // who is to know when it cannot be delivered
	once    string
}

const sqlPost = `
	insert into notice_mail (id, tenant_id, account_id, address, kind, vars, once, state, made_at)
	values (@id, @tenant, @account, @address, @kind, @vars, nullif(@once, ''), 'waiting', @now)
	on conflict (tenant_id, once) do nothing`

const sqlPostOf = `update notice set mail_id = @mail where id = @notice`

// post writes down a mail and has it sent, unless one of that name was written
// before.
func (s *Service) post(ctx context.Context, tx pg.Tx, who access.Actor, p post) error {
	if !s.Mails() {
		return nil
	}
	m := id.New[id.Mail]()
	kept := struct {
		vars
		By string `json:"by,omitempty"`
	}{p.vars, p.by}
	tag, err := tx.Exec(ctx, sqlPost, pgx.StrictNamedArgs{
		"id": m, "tenant": who.Tenant, "account": p.account, "address": p.address, "kind": string(p.kind), "vars": kept, "once": p.once, "now": s.now(),
	})
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	if !p.notice.IsZero() {
		if _, err := tx.Exec(ctx, sqlPostOf, pgx.StrictNamedArgs{"mail": m, "notice": p.notice}); err != nil {
			return err
		}
	}
	return s.jobs.Enqueue(ctx, tx, MailArgs{Tenant: who.Tenant, Mail: m})
}

// TellContactTx writes to a contact of the tenant, in its language, if there is
// one with an address. once: see News.
func (s *Service) TellContactTx(ctx context.Context, tx pg.Tx, who access.Actor, role account.ContactRole, kind Kind, once string) error {
	list, err := s.accounts.ContactsTx(ctx, tx)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.Role == role && c.Email != "" {
			if once != "" {
				once = "contact " + string(role) + " " + once
			}
			return s.post(ctx, tx, who, post{address: c.Email, kind: kind, once: once})
		}
	}
	return nil
}

// SendLinkTx has a one-time link sent to an account's owner; false: this server
// sends no mail.
func (s *Service) SendLinkTx(ctx context.Context, tx pg.Tx, who access.Actor, to id.Account) (bool, error) {
	if !s.Mails() {
		return false, nil
	}
	by := ""
	if !who.Account.IsZero() {
		by = who.Account.String()
	}
	err := s.post(ctx, tx, who, post{account: to, kind: invitation, by: by})
	return err == nil, err
}

// AddressChangedTx tells the address that an account had before, and the account.
func (s *Service) AddressChangedTx(ctx context.Context, tx pg.Tx, who access.Actor, of id.Account, old string) error {
	r, err := s.accounts.ReachTx(ctx, tx, of)
	if err != nil || r.State == account.Deactivated {
		return err
	}
	if err := s.post(ctx, tx, who, post{account: of, address: old, kind: AddressChanged}); err != nil {
		return err
	}
	return s.TellTx(ctx, tx, who, News{Kind: AddressChanged, To: []id.Account{of}})
}

// WeakenedTx tells the contact for incidents and all security administrators
// that something was made less safe.
func (s *Service) WeakenedTx(ctx context.Context, tx pg.Tx, who access.Actor) error {
	if err := s.TellContactTx(ctx, tx, who, account.Incident, SecurityWeakened, ""); err != nil {
		return err
	}
	to, err := s.accounts.HoldersTx(ctx, tx, access.ManageSecurity)
	if err != nil {
		return err
	}
	return s.TellTx(ctx, tx, who, News{Kind: SecurityWeakened, To: to})
}
