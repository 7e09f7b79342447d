// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// DailyArgs is the job that looks, every hour, whether a day's work is due.
type DailyArgs struct{}

// Kind implements queue.Args.
func (DailyArgs) Kind() string { return "notice.daily" }

// digestHour is when, in UTC, the day's mails may be sent: early in the working
// day of the product's countries.
const digestHour = 5

// daily does in each tenant what is due: digests, dates that come near, contacts
// that nobody has looked at, and what may be forgotten. Each is done once a day
// however often it is asked for.
func (s *Service) daily(ctx context.Context, _ DailyArgs) error {
	tenants, err := s.Tenants(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, t := range tenants {
		errs = append(errs, s.Daily(ctx, access.HouseActor(t, part)))
	}
	return errors.Join(errs...)
}

// Daily does the day's work in one tenant. Only the house may.
func (s *Service) Daily(ctx context.Context, who access.Actor) error {
	if who.Kind != access.House {
		return fault.New(fault.Forbidden, "access.forbidden", "Only the house itself does this.")
	}
	var errs []error
	for _, do := range []func(context.Context, pg.Tx, access.Actor) error{s.expiring, s.review, s.digests, s.tidy} {
		errs = append(errs, pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error { return do(ctx, tx, who) }))
	}
	return errors.Join(errs...)
}

const sqlDigests = `select distinct n.account_id from notice n where n.tenant_id = @tenant and n.digest`

const sqlDigestMail = `
	update notice set digest = false, mail_id = (select m.id from notice_mail m where m.tenant_id = @tenant and m.once = @once)
	where tenant_id = @tenant and account_id = @account and digest`

func (s *Service) digests(ctx context.Context, tx pg.Tx, who access.Actor) error {
	now := s.now().UTC()
	if now.Hour() < digestHour {
		return nil
	}
	rows, err := tx.Query(ctx, sqlDigests, pgx.StrictNamedArgs{"tenant": who.Tenant})
	if err != nil {
		return err
	}
	accounts, err := pgx.CollectRows(rows, pgx.RowTo[id.Account])
	if err != nil {
		return err
	}
	for _, a := range accounts {
		once := fmt.Sprintf("digest %s %s", a, now.Format(time.DateOnly))
		fresh, err := s.fresh(ctx, tx, who, once)
		if err != nil {
			return err
		}
		if !fresh {
			continue // today's is on its way: the rest is for tomorrow
		}
		if err := s.post(ctx, tx, who, post{account: a, kind: digest, once: once}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlDigestMail, pgx.StrictNamedArgs{"tenant": who.Tenant, "account": a, "once": once}); err != nil {
			return err
		}
	}
	return nil
}

const sqlFresh = `select not exists (select from notice_mail m where m.tenant_id = @tenant and m.once = @once)`

func (s *Service) fresh(ctx context.Context, tx pg.Tx, who access.Actor, once string) (fresh bool, err error) {
	err = tx.QueryRow(ctx, sqlFresh, pgx.StrictNamedArgs{"tenant": who.Tenant, "once": once}).Scan(&fresh)
	return fresh, err
}

// ahead are the numbers of days before its end at which somebody is told.
var ahead = []int{30, 7, 1}

// A week back, so that a server that stood still tells afterwards.
const sqlExpiring = `
	select a.created_by, d.days, a.expires_at::date as day, count(*) as n, min(a.id::text)::uuid as one
	from unnest(@ahead::int[]) as d(days)
	join asset a on a.tenant_id = @tenant and a.deleted_at is null and a.expires_at > @now
		and a.expires_at::date between @today::date + d.days - 7 and @today::date + d.days
	where a.created_by like 'acc\_%' and not exists (select from unnest(@ahead::int[]) as nearer(days)
		where nearer.days < d.days and a.expires_at::date <= @today::date + nearer.days)
	group by a.created_by, d.days, a.expires_at::date`

// expiring tells whoever uploaded assets that these may soon not be used any
// more: one notice for all of one day.
func (s *Service) expiring(ctx context.Context, tx pg.Tx, who access.Actor) error {
	now := s.now().UTC()
	rows, err := tx.Query(ctx, sqlExpiring, pgx.StrictNamedArgs{"tenant": who.Tenant, "ahead": ahead, "now": now, "today": now})
	if err != nil {
		return err
	}
	type end struct {
		By   string    `db:"created_by"`
		Days int       `db:"days"`
		Day  time.Time `db:"day"`
		N    int       `db:"n"`
		One  id.Asset  `db:"one"`
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[end])
	if err != nil {
		return err
	}
	for _, e := range list {
		to, err := id.Parse[id.Account](e.By)
		if err != nil {
			return err
		}
		n := News{Kind: AssetExpiring, To: []id.Account{to}, Days: e.Days, Once: fmt.Sprintf("expiring %d %s", e.Days, e.Day.Format(time.DateOnly))}
		if n.Subject = e.One.String(); e.N > 1 {
			n.Subject, n.Count = "", e.N
		}
		if err := s.TellTx(ctx, tx, who, n); err != nil {
			return err
		}
	}
	return nil
}

// review reminds whoever looks after the settings of contacts that are missing,
// a month at a time, and of those that nobody has confirmed for a year.
func (s *Service) review(ctx context.Context, tx pg.Tx, who access.Actor) error {
	list, err := s.accounts.ContactsTx(ctx, tx)
	if err != nil {
		return err
	}
	now, due := s.now(), len(list) < len(account.ContactRoles)
	for _, c := range list {
		due = due || now.Sub(c.ConfirmedAt) > account.ReviewEvery
	}
	if !due {
		return nil
	}
	to, err := s.accounts.HoldersTx(ctx, tx, access.ManageSettings)
	if err != nil {
		return err
	}
	return s.TellTx(ctx, tx, who, News{Kind: ContactsReview, To: to, Once: "contacts " + now.UTC().Format("2006-01")})
}

const (
	sqlTidyNotices = `delete from notice where tenant_id = @tenant and (made_at < @year or made_at < @quarter and read_at < @month)`
	sqlTidyMails   = `delete from notice_mail where tenant_id = @tenant and ended_at < @month and (once is null or ended_at < @year)`
)

// tidy forgets what nobody looks for any more.
func (s *Service) tidy(ctx context.Context, tx pg.Tx, who access.Actor) error {
	now := s.now()
	args := pgx.StrictNamedArgs{"tenant": who.Tenant, "year": now.AddDate(-1, -1, 0), "quarter": now.AddDate(0, -3, 0), "month": now.AddDate(0, -1, 0)}
	if _, err := tx.Exec(ctx, sqlTidyNotices, args); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, sqlTidyMails, pgx.StrictNamedArgs{"tenant": who.Tenant, "year": args["year"], "month": args["month"]})
	return err
}
