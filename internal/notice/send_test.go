// SPDX-License-Identifier: Apache-2.0

package notice_test

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/id"
	"tillgang/internal/notice"
	"tillgang/internal/pg"
	"tillgang/internal/queue"
)

var netmailAddr = netip.MustParseAddr("192.0.2.7")

// states are those of the mails, in the order they were written.
func (w *world) states() (out []string) {
	w.t.Helper()
	if err := pg.In(w.t.Context(), w.db, w.tenant, func(tx pg.Tx) error {
		rows, err := tx.Query(w.t.Context(), `select kind || ' ' || state || ' ' || address from notice_mail order by id`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				return err
			}
			out = append(out, strings.TrimSpace(s))
		}
		return rows.Err()
	}); err != nil {
		w.t.Fatal(err)
	}
	return out
}

// become waits until the mails are in these states.
func (w *world) become(want ...string) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		got := w.states()
		if slices.Equal(got, want) {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("mails are %q, want %q", got, want)
		}
	}
}

func TestAMailIsSentAgainUntilTheServerTakesIt(t *testing.T) {
	t.Parallel()
	w := start(t, true)
	eva := w.person("eva")
	w.server.Reply("RCPT", "451 4.7.1 greylisted")
	w.server.Reply("DATA", "drop")
	w.tell(w.house, notice.News{Kind: notice.Mentioned, To: []id.Account{eva.Account}})
	if m := w.server.Wait(1); len(m) != 1 {
		t.Error(m)
	}
	w.become("mentioned sent")
	if n := w.server.Connections(); n != 3 {
		t.Errorf("%d connections", n)
	}
}

func TestAMailThatMayHaveArrivedIsNotSentTwice(t *testing.T) {
	t.Parallel()
	w := start(t, true)
	eva := w.person("eva")
	w.server.Reply(".", "keep and drop")
	w.tell(w.house, notice.News{Kind: notice.Mentioned, To: []id.Account{eva.Account}})
	w.become("mentioned unsure")
	if j := w.ended(1); j[0].Code != "mail.unsure" || j[0].State != queue.GivenUp {
		t.Error(j)
	}
	// A process that was killed at that moment leaves the same.
	w.tell(w.house, notice.News{Kind: notice.PasswordSet, To: []id.Account{eva.Account}})
	w.become("mentioned unsure", "password_set sent")
	w.ended(2)
	if err := pg.In(t.Context(), w.db, w.tenant, func(tx pg.Tx) error {
		_, err := tx.Exec(t.Context(), `update notice_mail set state = 'sending' where kind = 'password_set'`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var args notice.MailArgs
	if err := pg.In(t.Context(), w.db, w.tenant, func(tx pg.Tx) error {
		args.Tenant = w.tenant
		return tx.QueryRow(t.Context(), `select id from notice_mail where kind = 'password_set'`).Scan(&args.Mail)
	}); err != nil {
		t.Fatal(err)
	}
	w.again(args)
	w.become("mentioned unsure", "password_set unsure")
	if n := len(w.server.Mails()); n != 2 {
		t.Errorf("%d mails", n)
	}
}

// ended waits until so many jobs of mails are over.
func (w *world) ended(n int) (jobs []queue.Job) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if err := pg.In(w.t.Context(), w.db, w.tenant, func(tx pg.Tx) (err error) {
			jobs, err = queue.List(w.t.Context(), tx, w.tenant.String(), queue.Filter{Kind: "notice.mail", Limit: 50})
			return err
		}); err != nil {
			w.t.Fatal(err)
		}
		over := slices.DeleteFunc(slices.Clone(jobs), func(j queue.Job) bool { return j.Ended.IsZero() })
		if len(over) >= n {
			return over
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("jobs: %+v", jobs)
		}
	}
}

// again has a mail's job done once more, as when its process was killed.
func (w *world) again(args notice.MailArgs) {
	w.t.Helper()
	if err := pg.In(w.t.Context(), w.db, w.tenant, func(tx pg.Tx) error { return w.Again(w.t.Context(), tx, args) }); err != nil {
		w.t.Fatal(err)
	}
}

func TestAnInvitationThatMayHaveArrivedIsMadeAnew(t *testing.T) {
	t.Parallel()
	w := start(t, true)
	w.server.Reply(".", "keep and drop")
	if _, err := w.accounts.Invite(t.Context(), w.house, account.NewAccount{Email: "ny@example.se", Name: "Ny"}, true); err != nil {
		t.Fatal(err)
	}
	list := w.server.Wait(2)
	w.become("invitation sent")
	token := func(i int) string {
		_, plain, _ := text(t, list[i])
		_, rest, _ := strings.Cut(plain, "/sign-in/link#")
		out, _, _ := strings.Cut(rest, "\n")
		return out
	}
	if _, err := w.accounts.RedeemLink(t.Context(), token(0), "test", account.Network(netmailAddr)); err == nil {
		t.Error("the first mail's link still works")
	}
	if _, err := w.accounts.RedeemLink(t.Context(), token(1), "test", account.Network(netmailAddr)); err != nil {
		t.Error(err)
	}
}

func TestWhoInvitedHearsThatItCouldNotBeDelivered(t *testing.T) {
	t.Parallel()
	w := start(t, true)
	boss := w.person("boss")
	roles, err := w.accounts.Roles(t.Context(), w.house)
	if err != nil {
		t.Fatal(err)
	}
	admin := roles[slices.IndexFunc(roles, func(r account.Role) bool { return r.Name == "tenant-admin" })]
	if err := w.accounts.Give(t.Context(), w.house, boss.Account.UUID(), admin.ID); err != nil {
		t.Fatal(err)
	}
	boss.Own.Everywhere |= admin.Perm
	w.server.Reply("RCPT", "550 5.1.1 nobody here")
	l, err := w.accounts.Invite(t.Context(), boss, account.NewAccount{Email: "fel@example.se", Name: "Fel Stavad"}, true)
	if err != nil {
		t.Fatal(err)
	}
	m := w.server.Wait(1)[0]
	w.become("invitation failed", "invitation_failed sent")
	list, err := w.List(t.Context(), boss, notice.Filter{})
	if err != nil || len(list.Items) != 1 || list.Items[0].Subject != l.Account.ID.String() || list.Items[0].SubjectName != "Fel Stavad" {
		t.Fatal(list, err)
	}
	if m.To != "boss@example.se" || strings.Contains(m.Data, "Fel") || strings.Contains(m.Data, "fel@") {
		t.Error(m)
	}
}

func TestWhoIsDeactivatedOrHasReadItGetsNoMail(t *testing.T) {
	t.Parallel()
	w := start(t, true)
	eva, ola := w.person("eva"), w.person("ola")
	w.server.Reply("EHLO", "421 later", "421 later")
	w.tell(w.house, notice.News{Kind: notice.Mentioned, To: []id.Account{eva.Account}})
	w.tell(w.house, notice.News{Kind: notice.Mentioned, To: []id.Account{ola.Account}})
	if err := w.ReadAll(t.Context(), eva, id.Notice{}); err != nil {
		t.Fatal(err)
	}
	if err := w.accounts.Deactivate(t.Context(), w.house, ola.Account); err != nil {
		t.Fatal(err)
	}
	w.become()
	if m := w.server.Mails(); len(m) != 0 {
		t.Error(m)
	}
}

func TestTheDayHasOneMail(t *testing.T) {
	t.Parallel()
	w := start(t, true)
	eva := w.person("eva")
	to := []id.Account{eva.Account}
	w.tell(w.house, notice.News{Kind: notice.Commented, To: to})
	w.tell(w.house, notice.News{Kind: notice.Commented, To: to})
	w.tell(w.house, notice.News{Kind: notice.LinkExpiring, To: to, Days: 7})
	w.daily()
	m := w.server.Wait(1)[0]
	subject, plain, _ := text(t, m)
	if subject != "Öviks kommun: dagens notiser" || !strings.Contains(plain, "* 2 nya kommentarer på det du laddat upp\n* En av dina webblänkar går snart ut\n") ||
		!strings.Contains(plain, "https://bilder.example.se/notices\n") {
		t.Errorf("%s\n%s", subject, plain)
	}
	w.tell(w.house, notice.News{Kind: notice.Commented, To: to})
	w.daily() // today has had its mail
	w.become("digest sent")
	w.wait(24 * time.Hour)
	w.daily()
	if n := len(w.server.Wait(2)); n != 2 {
		t.Error(n)
	}
	w.become("digest sent", "digest sent")
}

// daily does the day's work, as its job does.
func (w *world) daily() {
	w.t.Helper()
	if err := w.Daily(w.t.Context(), access.HouseActor(w.tenant, "test")); err != nil {
		w.t.Fatal(err)
	}
}

func TestME19_ContactsAreWrittenToByTheirFunction(t *testing.T) {
	t.Parallel()
	w := start(t, true)
	for role, address := range map[account.ContactRole]string{account.Incident: "incident@example.se", account.Disturbance: "drift@example.se", account.DataProtection: "dso@example.se"} {
		if _, err := w.accounts.SetContact(t.Context(), w.house, account.Contact{Role: role, Name: "Funktionen", Email: address}); err != nil {
			t.Fatal(err)
		}
	}
	tell := func(fn func(ctx context.Context, tx pg.Tx) error) {
		t.Helper()
		if err := pg.In(t.Context(), w.db, w.tenant, func(tx pg.Tx) error { return fn(t.Context(), tx) }); err != nil {
			t.Fatal(err)
		}
	}
	tell(func(ctx context.Context, tx pg.Tx) error { return w.WeakenedTx(ctx, tx, w.house) })
	if m := w.server.Wait(1)[0]; m.To != "incident@example.se" {
		t.Error(m.To)
	}
	for range 2 {
		tell(func(ctx context.Context, tx pg.Tx) error {
			return w.TellContactTx(ctx, tx, w.house, account.Disturbance, notice.Disturbance, "storage 2026-11-22")
		})
	}
	if m := w.server.Wait(2)[1]; m.To != "drift@example.se" {
		t.Error(m.To)
	}
	w.become("security_weakened sent", "disturbance sent") // and their addresses are kept here no longer
	tell(func(ctx context.Context, tx pg.Tx) error {       // nobody is named for that
		return w.TellContactTx(ctx, tx, w.house, account.Accessibility, notice.Disturbance, "x")
	})
	if n := len(w.states()); n != 2 {
		t.Error(n)
	}
}

func TestME19_ContactsAreReviewedEveryYear(t *testing.T) {
	t.Parallel()
	w := start(t, false)
	boss := w.person("boss")
	roles, err := w.accounts.Roles(t.Context(), w.house)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range roles {
		if r.Name == "tenant-admin" {
			if err := w.accounts.Give(t.Context(), w.house, boss.Account.UUID(), r.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	reminded := func() int { return len(w.kinds(boss, notice.Filter{})) }
	w.daily()
	w.daily()
	if n := reminded(); n != 1 { // all are missing
		t.Fatalf("%d reminders", n)
	}
	for _, role := range account.ContactRoles {
		if _, err := w.accounts.SetContact(t.Context(), w.house, account.Contact{Role: role, Name: "Funktionen", Phone: "010"}); err != nil {
			t.Fatal(err)
		}
	}
	w.wait(300 * 24 * time.Hour)
	w.daily()
	if n := reminded(); n > 1 {
		t.Errorf("%d reminders before a year", n)
	}
	w.wait(70 * 24 * time.Hour)
	before := reminded()
	w.daily()
	if n := reminded(); n != before+1 {
		t.Errorf("%d reminders after a year, %d before", n, before)
	}
}
