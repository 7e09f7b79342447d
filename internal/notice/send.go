// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/mail"
	"tillgang/internal/pg"
	"tillgang/internal/queue"
)

// MailArgs is the job that sends a mail.
type MailArgs struct {
	Tenant id.Tenant `json:"tenant"`
	Mail   id.Mail   `json:"mail"`
}

// Kind implements queue.Args.
func (MailArgs) Kind() string { return "notice.mail" }

// part is this room's name in the log of deeds.
const part = "notice"

const sqlHold = `
	select m.account_id, m.address, m.kind, m.vars, m.state from notice_mail m
	where m.id = @id and m.tenant_id = @tenant for update`

// held is a mail in hand.
type held struct {
	account id.Account
	address string
	kind    Kind
	state   string
	vars    struct {
		vars
		By string `json:"by"`
	}
}

func hold(ctx context.Context, tx pg.Tx, a MailArgs) (h held, err error) {
	var raw []byte
	err = tx.QueryRow(ctx, sqlHold, pgx.StrictNamedArgs{"id": a.Mail, "tenant": a.Tenant}).Scan(&h.account, &h.address, &h.kind, &raw, &h.state)
	if err != nil {
		return h, err
	}
	return h, json.Unmarshal(raw, &h.vars)
}

var errNothing = errors.New("nothing to send")

const sqlMark = `
	update notice_mail set state = @state, tried_at = @now,
		ended_at = case when @ended then @now::timestamptz end, address = case when @ended then '' else address end
	where id = @id and tenant_id = @tenant`

func (s *Service) mark(ctx context.Context, tx pg.Tx, a MailArgs, state string) error {
	ended := state == "sent" || state == "unsure" || state == "failed"
	_, err := tx.Exec(ctx, sqlMark, pgx.StrictNamedArgs{"state": state, "now": s.now(), "ended": ended, "id": a.Mail, "tenant": a.Tenant})
	return err
}

// marked is mark in a transaction of its own, which is not given up with the
// job's context: what a mail server has said is written down.
func (s *Service) marked(ctx context.Context, a MailArgs, state string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return pg.In(ctx, s.db, a.Tenant, func(tx pg.Tx) error { return s.mark(ctx, tx, a, state) })
}

// send sends a mail. Between "just now the server may take it" and "it has said
// that it did" the row says so: a process that ends there leaves a mail of which
// nobody knows, and which is not sent again.
func (s *Service) send(ctx context.Context, a MailArgs) error {
	if s.cfg.Mail == nil { // it was configured when the mail was written
		return &fault.Error{Kind: fault.Unavailable, Code: "mail.off", Text: "This server has no mail server configured any more. Configure one, or give this job up."}
	}
	var m mail.Message
	var again, nothing bool
	err := pg.In(ctx, s.db, a.Tenant, func(tx pg.Tx) (err error) {
		h, err := hold(ctx, tx, a)
		if errors.Is(err, pgx.ErrNoRows) || h.state == "sent" || h.state == "unsure" || h.state == "failed" {
			return errNothing
		}
		if err != nil {
			return err
		}
		again = h.kind == invitation // the last link is void as soon as the next is made
		if h.state == "sending" && !again {
			if err := s.mark(ctx, tx, a, "unsure"); err != nil {
				return err
			}
			m.To = "" // nobody: see below
			return nil
		}
		m, err = s.write(ctx, tx, a, h)
		if fault.KindOf(err) == fault.NotFound || errors.Is(err, errNothing) { // nobody to tell any more, or nothing
			nothing = true
			return forget(ctx, tx, a)
		}
		return err
	})
	switch {
	case errors.Is(err, errNothing), err == nil && nothing:
		return nil
	case err != nil:
		return err
	case m.To == "":
		return queue.Hopeless((&mail.Error{Stage: "content", Unsure: true, Err: errors.New("the process ended meanwhile")}).Fault())
	}
	err = s.cfg.Mail.Send(ctx, m, func() error { return s.marked(ctx, a, "sending") })
	if err == nil {
		return s.marked(ctx, a, "sent")
	}
	e, ok := errors.AsType[*mail.Error](err)
	switch {
	case !ok:
		return err // what just returned: nothing was taken
	case e.Unsure && !again:
		return errors.Join(s.marked(ctx, a, "unsure"), queue.Hopeless(e.Fault()))
	case e.Permanent:
		return queue.Hopeless(e.Fault())
	}
	return errors.Join(e.Fault(), s.marked(ctx, a, "waiting"))
}

// giveUp is the last word on a mail that could not be sent.
func (s *Service) giveUp(ctx context.Context, a MailArgs, _ error) error {
	return pg.In(ctx, s.db, a.Tenant, func(tx pg.Tx) error { return s.GiveUpTx(ctx, tx, a) })
}

// GiveUpTx marks a mail as one that is not sent, and lets whoever invited
// somebody know.
func (s *Service) GiveUpTx(ctx context.Context, tx pg.Tx, a MailArgs) error {
	h, err := hold(ctx, tx, a)
	if errors.Is(err, pgx.ErrNoRows) || h.state == "sent" || h.state == "unsure" || h.state == "failed" {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.mark(ctx, tx, a, "failed"); err != nil {
		return err
	}
	if h.kind != invitation {
		return nil
	}
	by, err := id.Parse[id.Account](h.vars.By)
	if err != nil {
		return nil //nolint:nilerr // a key has invited: there is nobody to tell
	}
	return s.TellTx(ctx, tx, access.HouseActor(a.Tenant, part), News{Kind: InvitationFailed, To: []id.Account{by}, Subject: h.account.String()})
}

const sqlForget = `delete from notice_mail where id = @id and tenant_id = @tenant`

func forget(ctx context.Context, tx pg.Tx, a MailArgs) error {
	_, err := tx.Exec(ctx, sqlForget, pgx.StrictNamedArgs{"id": a.Mail, "tenant": a.Tenant})
	return err
}

const sqlNoticeOf = `select n.id, n.read_at is not null as read from notice n where n.mail_id = @mail limit 1`

const sqlDigestOf = `
	select n.kind, count(*) as n from notice n where n.mail_id = @mail and n.read_at is null
	group by n.kind order by min(n.made_at)`

// write makes a mail's words, as they are to be now.
func (s *Service) write(ctx context.Context, tx pg.Tx, a MailArgs, h held) (m mail.Message, err error) {
	var lang, tenant, link string
	if h.account.IsZero() {
		set, err := s.accounts.SettingsTx(ctx, tx)
		if err != nil {
			return m, err
		}
		lang, tenant, m.To = set.Language, set.Name, h.address
	} else {
		r, err := s.accounts.ReachTx(ctx, tx, h.account)
		if err == nil && r.State == account.Deactivated {
			err = errNothing
		}
		if err != nil {
			return m, err
		}
		if lang, tenant, m.To = r.Language, r.Tenant, r.Email; h.address != "" {
			m.To = h.address
		}
	}
	values := map[string]string{varProduct: s.cfg.Product, varTenant: tenant, varCount: strconv.Itoa(h.vars.Count), varDays: strconv.Itoa(h.vars.Days)}
	l := letter{Lang: lang, Preferences: s.cfg.BaseURL + PreferencesPath}
	say := func(name string) string { return s.words.say(lang, name, values) }
	l.Subject, l.Text, l.Open = say(string(h.kind)+".subject"), say(string(h.kind)+".text"), say("mail.open")
	l.Greeting, l.Footer, l.Change = say("mail.greeting"), say("mail.footer"), say("mail.preferences")
	link = s.cfg.BaseURL + ListPath
	switch h.kind {
	case digest:
		if l.Lines, err = s.lines(ctx, tx, a.Mail, lang); err != nil {
			return m, err
		}
		l.Open = say("digest.open")
	case invitation:
		token, err := s.accounts.EnrolTx(ctx, tx, access.HouseActor(a.Tenant, part), h.account)
		if err != nil {
			return m, err
		}
		link, l.Open, l.Preferences = s.cfg.BaseURL+"/sign-in/link#"+token.Reveal(), say("invitation.open"), ""
	default:
		var of id.Notice
		var read bool
		err := tx.QueryRow(ctx, sqlNoticeOf, pgx.StrictNamedArgs{"mail": a.Mail}).Scan(&of, &read)
		switch {
		case errors.Is(err, pgx.ErrNoRows): // a contact's, or an old address's
			l.Preferences = ""
		case err != nil:
			return m, err
		default:
			if r, _ := ruleOf(h.kind); read && !r.secure {
				return m, errNothing
			}
			link = s.cfg.BaseURL + ListPath + "/" + of.String()
		}
	}
	l.Link = link
	m.ID, m.At, m.Language, m.Subject, m.Text, m.Unsubscribe = a.Mail.String(), s.now(), lang, l.Subject, l.plain(), l.Preferences
	m.HTML, err = l.html()
	return m, err
}

// Paths of the pages that mails lead to.
const (
	ListPath        = "/notices"
	PreferencesPath = "/notices/preferences"
)

// lines are those of a digest: one for each kind.
func (s *Service) lines(ctx context.Context, tx pg.Tx, m id.Mail, lang string) (lines []string, err error) {
	rows, err := tx.Query(ctx, sqlDigestOf, pgx.StrictNamedArgs{"mail": m})
	if err != nil {
		return nil, err
	}
	var kind Kind
	var n int
	_, err = pgx.ForEachRow(rows, []any{&kind, &n}, func() error {
		name := string(kind) + ".title"
		if n > 1 {
			name = string(kind) + ".many"
		}
		lines = append(lines, s.words.say(lang, name, map[string]string{varCount: strconv.Itoa(n)}))
		return nil
	})
	if err == nil && len(lines) == 0 {
		err = errNothing
	}
	return lines, err
}
