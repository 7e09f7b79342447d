// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
)

// Verdict is what a reviewer thinks of an asset.
type Verdict string

// The verdicts.
const (
	Comment  Verdict = "comment" // neither yes nor no
	Approved Verdict = "approved"
	Rejected Verdict = "rejected"
)

// Answer is what a guest said of an asset.
type Answer struct {
	ID      id.Answer
	Asset   id.Asset
	Name    string // what they call themselves
	Verdict Verdict
	Remark  string
	At      time.Time
}

// Choice is what a guest chose and sent.
type Choice struct {
	ID      id.Choice
	Name    string
	Message string
	Assets  []id.Asset
	At      time.Time
}

// Limits of what guests write.
const (
	maxAnswers = 20_000 // of one link
	maxOfOne   = 500    // of one asset in it
	maxChoices = 1_000
	maxName    = 200
	maxRemark  = 4000
)

// signed makes a guest's name and text fit to keep, or says what is wrong.
func signed(name, text string, needed bool) (string, string, error) {
	wrong := map[string]string{}
	line, ok := plain.Line(name)
	if n := utf8.RuneCountInString(line); !ok || n == 0 || n > maxName {
		wrong["name"] = "a name of 1 to 200 characters"
	}
	said, ok := plain.Text(text)
	if n := utf8.RuneCountInString(said); !ok || n > maxRemark || needed && n == 0 {
		wrong["remark"] = "1 to 4000 characters"
	}
	if len(wrong) > 0 {
		return "", "", fault.Fields("share.invalid", "Something is missing, or too long.", wrong)
	}
	return line, said, nil
}

func mode(k kept, want Mode) error {
	if k.Mode != want {
		return fault.New(fault.Forbidden, "share.mode", "This link is not for that.")
	}
	return nil
}

const sqlAnswers = `
	select w.id, w.asset_id, w.name, w.verdict, w.remark, w.created_at from link_answer w
	where w.link_id = @link and w.tenant_id = @tenant and w.asset_id = @asset order by w.id limit @n`

func answersTx(ctx context.Context, tx pg.Tx, who access.Actor, l id.Link, a id.Asset) ([]Answer, error) {
	rows, err := tx.Query(ctx, sqlAnswers, pgx.StrictNamedArgs{"link": l, "tenant": who.Tenant, "asset": a, "n": maxOfOne})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Answer])
}

const sqlCountAnswers = `
	select count(*) filter (where w.asset_id = @asset), count(*) from link_answer w where w.link_id = @link and w.tenant_id = @tenant`

const sqlAnswer = `
	insert into link_answer (id, tenant_id, link_id, asset_id, visit_id, name, verdict, remark, created_at)
	values (@id, @tenant, @link, @asset, @visit, @name, @verdict, @remark, @now)`

const sqlName = `update link_visit set name = @name where id = @id and tenant_id = @tenant`

// Answer keeps what a guest of a review says of one asset.
func (s *Service) Answer(ctx context.Context, who access.Actor, cookie string, a Answer) (Answer, error) {
	if !slices.Contains([]Verdict{Comment, Approved, Rejected}, a.Verdict) {
		return a, fault.Fields("share.invalid", "Something is missing, or too long.", map[string]string{"verdict": "must be comment, approved or rejected"})
	}
	var err error
	if a.Name, a.Remark, err = signed(a.Name, a.Remark, a.Verdict == Comment); err != nil {
		return a, err
	}
	a.ID, a.At = id.New[id.Answer](), s.now()
	return a, s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "link.answer", Subject: a.Asset.String(), Detail: map[string]any{"answer": a.ID.String(), "verdict": string(a.Verdict)}}
		k, v, err := s.writes(ctx, tx, who, cookie, Review)
		if err != nil {
			return e, err
		}
		all, err := s.shown(ctx, tx, who, k)
		if err != nil {
			return e, err
		}
		if !slices.Contains(all, a.Asset) {
			return e, access.NotFound("asset")
		}
		var ofOne, ofAll int
		if err := tx.QueryRow(ctx, sqlCountAnswers, pgx.StrictNamedArgs{"asset": a.Asset, "link": k.ID, "tenant": who.Tenant}).Scan(&ofOne, &ofAll); err != nil {
			return e, err
		}
		if ofOne >= maxOfOne || ofAll >= maxAnswers {
			return e, full()
		}
		if _, err := tx.Exec(ctx, sqlAnswer, pgx.StrictNamedArgs{
			"id": a.ID, "tenant": who.Tenant, "link": k.ID, "asset": a.Asset, "visit": v.ID, "name": a.Name, "verdict": a.Verdict, "remark": a.Remark, "now": a.At,
		}); err != nil {
			return e, err
		}
		if _, err := tx.Exec(ctx, sqlName, pgx.StrictNamedArgs{"id": v.ID, "tenant": who.Tenant, "name": a.Name}); err != nil {
			return e, err
		}
		return e, s.OnAnswered(ctx, tx, who, k.Link, a)
	})
}

func full() error {
	return fault.New(fault.Conflict, "share.full", "So much has been written here that no more is taken. Tell whoever sent you the link.")
}

// writes begins what a guest writes: their link, which is of the mode, and their
// visit, which counts.
func (s *Service) writes(ctx context.Context, tx pg.Tx, who access.Actor, cookie string, of Mode) (k kept, v visit, err error) {
	if k, err = s.ofGuest(ctx, tx, who); err != nil {
		return k, v, err
	}
	if err = mode(k, of); err != nil {
		return k, v, err
	}
	if v, err = s.beginTx(ctx, tx, who.Tenant, k.ID, cookie); err != nil || v.Opened {
		return k, v, err
	}
	return k, v, s.openedTx(ctx, tx, who, k, v)
}

const sqlDraft = `
	select c.assets from link_choice c where c.link_id = @link and c.tenant_id = @tenant and c.visit_id = @visit and c.sent_at is null`

// Chosen is what a guest of a selection has chosen and not yet sent.
func (s *Service) Chosen(ctx context.Context, who access.Actor, cookie string) (list []id.Asset, err error) {
	err = access.In(ctx, s.DB, who, func(tx pg.Tx) error {
		k, err := s.ofGuest(ctx, tx, who)
		if err != nil {
			return err
		}
		v, err := s.visitTx(ctx, tx, who.Tenant, k.ID, cookie)
		if err != nil || v.ID.IsZero() {
			return err
		}
		list, err = draft(ctx, tx, who, k.ID, v.ID)
		return err
	})
	return list, err
}

func draft(ctx context.Context, tx pg.Tx, who access.Actor, l id.Link, v id.Visit) ([]id.Asset, error) {
	rows, err := tx.Query(ctx, sqlDraft, pgx.StrictNamedArgs{"link": l, "tenant": who.Tenant, "visit": v})
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[[]id.Asset])
	return slices.Concat(all...), err
}

const sqlDrafted = `
	insert into link_choice as c (id, tenant_id, link_id, visit_id, assets, began_at) values (@id, @tenant, @link, @visit, @assets, @now)
	on conflict (link_id, visit_id) where sent_at is null do update set assets = excluded.assets`

// Choose keeps which of the assets that a guest was shown they want; what was
// chosen of others stays. It returns all that is chosen now.
func (s *Service) Choose(ctx context.Context, who access.Actor, cookie string, of, want []id.Asset) (list []id.Asset, err error) {
	err = access.In(ctx, s.DB, who, func(tx pg.Tx) error {
		k, v, err := s.writes(ctx, tx, who, cookie, Selection)
		if err != nil {
			return err
		}
		all, err := s.shown(ctx, tx, who, k)
		if err != nil {
			return err
		}
		old, err := draft(ctx, tx, who, k.ID, v.ID)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(all, func(a id.Asset) bool {
			if slices.Contains(of, a) {
				return !slices.Contains(want, a)
			}
			return !slices.Contains(old, a)
		})
		_, err = tx.Exec(ctx, sqlDrafted, pgx.StrictNamedArgs{
			"id": id.New[id.Choice](), "tenant": who.Tenant, "link": k.ID, "visit": v.ID, "assets": id.Raw(list), "now": s.now(),
		})
		return err
	})
	return list, err
}

const sqlSent = `
	update link_choice set name = @name, message = @message, assets = @assets, sent_at = @now
	where link_id = @link and tenant_id = @tenant and visit_id = @visit and sent_at is null
	returning id`

const sqlCountChoices = `select count(*) from link_choice c where c.link_id = @link and c.tenant_id = @tenant and c.sent_at is not null`

// Send sends what a guest has chosen to the link's maker.
func (s *Service) Send(ctx context.Context, who access.Actor, cookie, name, message string) (c Choice, err error) {
	if c.Name, c.Message, err = signed(name, message, false); err != nil {
		return c, err
	}
	c.At = s.now()
	return c, s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "link.select"}
		k, v, err := s.writes(ctx, tx, who, cookie, Selection)
		if err != nil {
			return e, err
		}
		old, err := draft(ctx, tx, who, k.ID, v.ID)
		if err != nil {
			return e, err
		}
		all, err := s.shown(ctx, tx, who, k)
		if err != nil {
			return e, err
		}
		if c.Assets = slices.DeleteFunc(all, func(a id.Asset) bool { return !slices.Contains(old, a) }); len(c.Assets) == 0 {
			return e, fault.New(fault.Invalid, "share.nothing_chosen", "Choose at least one before you send.")
		}
		var n int
		if err := tx.QueryRow(ctx, sqlCountChoices, pgx.StrictNamedArgs{"link": k.ID, "tenant": who.Tenant}).Scan(&n); err != nil {
			return e, err
		}
		if n >= maxChoices {
			return e, full()
		}
		if err := tx.QueryRow(ctx, sqlSent, pgx.StrictNamedArgs{
			"name": c.Name, "message": c.Message, "assets": id.Raw(c.Assets), "now": c.At, "link": k.ID, "tenant": who.Tenant, "visit": v.ID,
		}).Scan(&c.ID); err != nil {
			return e, err
		}
		if _, err := tx.Exec(ctx, sqlName, pgx.StrictNamedArgs{"id": v.ID, "tenant": who.Tenant, "name": c.Name}); err != nil {
			return e, err
		}
		e.Subject, e.Detail = k.ID.String(), map[string]any{"choice": c.ID.String(), "assets": len(c.Assets)}
		return e, s.OnSelected(ctx, tx, who, k.Link, c)
	})
}

const sqlAllAnswers = `
	select w.id, w.asset_id, w.name, w.verdict, w.remark, w.created_at from link_answer w
	where w.link_id = @link and w.tenant_id = @tenant and (@last::uuid is null or w.id < @last) order by w.id desc limit @n`

// Answers lists what came back to whoever made the link or looks after it, newest first.
func (s *Service) Answers(ctx context.Context, who access.Actor, l id.Link, cursor string, limit int) (out page.Page[Answer], err error) {
	list, last := "answers "+l.String(), id.Answer{}
	if _, err := page.Read(cursor, list, &last); err != nil {
		return out, err
	}
	limit = page.Limit(limit)
	err = s.ofLink(ctx, who, l, func(tx pg.Tx, _ kept) error {
		rows, err := tx.Query(ctx, sqlAllAnswers, pgx.StrictNamedArgs{"link": l, "tenant": who.Tenant, "last": some(last), "n": limit + 1})
		if err != nil {
			return err
		}
		all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Answer])
		out = page.Cut(all, limit, list, func(a Answer) []any { return []any{a.ID} })
		return err
	})
	return out, err
}

const sqlAllChoices = `
	select c.id, c.name, c.message, c.assets, c.sent_at from link_choice c
	where c.link_id = @link and c.tenant_id = @tenant and c.sent_at is not null and (@last::uuid is null or c.id < @last) order by c.id desc limit @n`

// Choices lists the choices that came back, newest first.
func (s *Service) Choices(ctx context.Context, who access.Actor, l id.Link, cursor string, limit int) (out page.Page[Choice], err error) {
	list, last := "choices "+l.String(), id.Choice{}
	if _, err := page.Read(cursor, list, &last); err != nil {
		return out, err
	}
	limit = page.Limit(limit)
	err = s.ofLink(ctx, who, l, func(tx pg.Tx, _ kept) error {
		rows, err := tx.Query(ctx, sqlAllChoices, pgx.StrictNamedArgs{"link": l, "tenant": who.Tenant, "last": some(last), "n": limit + 1})
		if err != nil {
			return err
		}
		all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Choice])
		out = page.Cut(all, limit, list, func(c Choice) []any { return []any{c.ID} })
		return err
	})
	return out, err
}
