// SPDX-License-Identifier: Apache-2.0

package discussion

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// last comes after every identifier.
var last = uuid.Max

// Draft is a comment to be written.
type Draft struct {
	Text     string
	Answers  id.Comment // the comment that begins the thread; zero: it begins one
	Place    Place      // of one that begins a thread
	Mentions []id.Account
}

const sqlCount = `
	select count(*) filter (where c.id = c.thread_id), count(*) filter (where c.thread_id = @thread) from comment c
	where c.asset_id = @asset and c.tenant_id = @tenant`

const sqlWrite = `
	insert into comment (id, tenant_id, asset_id, thread_id, text, x, y, width, height, page, at_ms, author, account_id, created_at)
	values (@id, @tenant, @asset, @thread, @text, @x, @y, @width, @height, @page, @at, @author, @account, @now)`

// Write adds a comment to an asset, which takes Comment.
func (s *Service) Write(ctx context.Context, who access.Actor, of id.Asset, d Draft) (c Comment, err error) {
	text, err := cleanText(d.Text)
	if err != nil {
		return c, err
	}
	made := id.New[id.Comment]()
	err = audit.Deed(ctx, s.db, who, s.now, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "comment.write", Subject: of.String(), Detail: map[string]any{"comment": made.String(), "mentions": len(d.Mentions)}}
		a, err := s.assets.HoldTx(ctx, tx, who, of, access.Comment)
		if err != nil {
			return e, err
		}
		if err := s.room(ctx, tx, who, a, d); err != nil {
			return e, err
		}
		args := pgx.StrictNamedArgs{
			"id": made, "tenant": who.Tenant, "asset": of, "thread": made, "text": text, "x": nil, "y": nil, "width": nil, "height": nil,
			"page": d.Place.Page, "at": d.Place.AtMS, "author": who.ID, "account": nil, "now": s.now(),
		}
		if !d.Answers.IsZero() {
			args["thread"] = d.Answers
		}
		if !who.Account.IsZero() {
			args["account"] = who.Account
		}
		if r := d.Place.Region; r != nil {
			args["x"], args["y"], args["width"], args["height"] = r.X, r.Y, r.Width, r.Height
		}
		if _, err := tx.Exec(ctx, sqlWrite, args); err != nil {
			return e, err
		}
		fresh, err := s.mention(ctx, tx, who, a, Comment{ID: made}, d.Mentions)
		if err != nil {
			return e, err
		}
		if _, c, err = s.hold(ctx, tx, who, of, made); err != nil {
			return e, err
		}
		if err := s.OnCommented(ctx, tx, who, a, c); err != nil {
			return e, err
		}
		return e, s.tell(ctx, tx, who, a, c, fresh)
	})
	return c, err
}

// room says whether a comment finds its place on an asset.
func (s *Service) room(ctx context.Context, tx pg.Tx, who access.Actor, a asset.Asset, d Draft) error {
	var threads, answers int
	if err := tx.QueryRow(ctx, sqlCount, pgx.StrictNamedArgs{"asset": a.ID, "tenant": who.Tenant, "thread": d.Answers.UUID()}).Scan(&threads, &answers); err != nil {
		return err
	}
	if d.Answers.IsZero() {
		if threads >= MaxThreads {
			return fault.New(fault.Conflict, "comment.full", "This asset has as many threads as it can. Answer in one of them, or delete some.")
		}
		return d.Place.check(a)
	}
	_, to, err := s.hold(ctx, tx, who, a.ID, d.Answers)
	switch {
	case err != nil:
		return err
	case !to.root():
		return fault.New(fault.Conflict, "comment.not_first", "Only the first comment of a thread is answered.")
	case d.Place != Place{}:
		return fault.Fields("comment.place", "An answer is about what is answered.", map[string]string{"place": "not on an answer"})
	case answers > MaxAnswers:
		return fault.New(fault.Conflict, "comment.full", "This thread is full. Begin another one.")
	}
	return nil
}

const sqlMention = `
	insert into comment_mention (tenant_id, comment_id, account_id) select @tenant, @comment, n.a from unnest(@accounts::uuid[]) n(a)
	on conflict do nothing`

const sqlUnmention = `delete from comment_mention m where m.comment_id = @comment and not m.account_id = any(@accounts::uuid[])`

// mention makes these the accounts that a comment mentions, and returns those
// that are new. Each must be somebody who may see the asset.
func (s *Service) mention(ctx context.Context, tx pg.Tx, who access.Actor, a asset.Asset, c Comment, now []id.Account) (fresh []id.Account, err error) {
	if len(now) > MaxMentions {
		return nil, fault.Fields("comment.mentions", "A comment mentions at most 20 people.", map[string]string{"mentions": "at most 20"})
	}
	seen, err := s.assets.SeeTx(ctx, tx, who, a, now)
	if err != nil {
		return nil, err
	}
	for _, m := range now {
		was := slices.ContainsFunc(c.Mentions, func(b Mention) bool { return b.Account == m })
		if _, ok := seen[m]; !ok && !was {
			return nil, fault.Fields("comment.mentions", "Only people who may see this asset can be mentioned.", map[string]string{"mentions": "somebody who may not see it, or nobody"})
		}
		if !was && m != who.Account && !slices.Contains(fresh, m) {
			fresh = append(fresh, m)
		}
	}
	if _, err := tx.Exec(ctx, sqlUnmention, pgx.StrictNamedArgs{"comment": c.ID, "accounts": id.Raw(now)}); err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, sqlMention, pgx.StrictNamedArgs{"tenant": who.Tenant, "comment": c.ID, "accounts": id.Raw(now)})
	return fresh, err
}

// tell tells whom a comment mentions.
func (s *Service) tell(ctx context.Context, tx pg.Tx, who access.Actor, a asset.Asset, c Comment, fresh []id.Account) error {
	if len(fresh) == 0 {
		return nil
	}
	return s.OnMentioned(ctx, tx, who, a, c, fresh)
}

const sqlKeepText = `
	insert into comment_text (id, tenant_id, comment_id, text, until)
	select @id, c.tenant_id, c.id, c.text, @now from comment c where c.id = @comment and c.tenant_id = @tenant`

const sqlEdit = `update comment set text = @text, edited_at = @now where id = @comment and tenant_id = @tenant`

// Edit changes a comment of who's own, within EditFor of writing it.
func (s *Service) Edit(ctx context.Context, who access.Actor, of id.Asset, comment id.Comment, text string, mentions []id.Account) (c Comment, err error) {
	if text, err = cleanText(text); err != nil {
		return c, err
	}
	err = audit.Deed(ctx, s.db, who, s.now, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "comment.edit", Subject: of.String(), Detail: map[string]any{"comment": comment.String()}}
		a, was, err := s.hold(ctx, tx, who, of, comment)
		if err != nil {
			return e, err
		}
		if err := access.Require(a.Can, access.Comment, "asset"); err != nil {
			return e, err
		}
		switch {
		case was.DeletedAt != nil:
			return e, access.NotFound("comment")
		case !was.own(who):
			return e, fault.New(fault.Forbidden, "comment.not_own", "This comment is somebody else's. Answer it instead.")
		case !was.Can.Edit:
			return e, fault.New(fault.Conflict, "comment.too_late", "A comment can be changed for 15 minutes. Write another one.")
		}
		made, err := uuid.NewV7()
		if err != nil {
			return e, err
		}
		if was.Text != text {
			if _, err := tx.Exec(ctx, sqlKeepText, pgx.StrictNamedArgs{"id": made, "comment": comment, "tenant": who.Tenant, "now": s.now()}); err != nil {
				return e, err
			}
			if _, err := tx.Exec(ctx, sqlEdit, pgx.StrictNamedArgs{"text": text, "comment": comment, "tenant": who.Tenant, "now": s.now()}); err != nil {
				return e, err
			}
		}
		fresh, err := s.mention(ctx, tx, who, a, was, mentions)
		if err != nil {
			return e, err
		}
		if _, c, err = s.hold(ctx, tx, who, of, comment); err != nil {
			return e, err
		}
		return e, s.tell(ctx, tx, who, a, c, fresh)
	})
	return c, err
}

const sqlResolve = `update comment set resolved_at = @at, resolved_by = @by where id = @comment and tenant_id = @tenant`

// Resolve says that a thread is done, or that it is not; it takes Comment. Doing
// it twice does nothing more.
func (s *Service) Resolve(ctx context.Context, who access.Actor, of id.Asset, comment id.Comment, done bool) (c Comment, err error) {
	err = audit.Deed(ctx, s.db, who, s.now, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "comment.resolve", Subject: of.String(), Detail: map[string]any{"comment": comment.String(), "done": done}}
		a, was, err := s.hold(ctx, tx, who, of, comment)
		if err != nil {
			return e, err
		}
		if err := access.Require(a.Can, access.Comment, "asset"); err != nil {
			return e, err
		}
		if !was.root() {
			return e, fault.New(fault.Conflict, "comment.not_first", "A thread is resolved at its first comment.")
		}
		if c = was; done == (was.ResolvedAt != nil) {
			return e, nil
		}
		args := pgx.StrictNamedArgs{"at": nil, "by": nil, "comment": comment, "tenant": who.Tenant}
		if done {
			args["at"], args["by"] = s.now(), who.ID
		}
		if _, err := tx.Exec(ctx, sqlResolve, args); err != nil {
			return e, err
		}
		_, c, err = s.hold(ctx, tx, who, of, comment)
		return e, err
	})
	return c, err
}

const sqlAnswered = `select exists (select from comment c where c.thread_id = @comment and c.id <> c.thread_id and c.tenant_id = @tenant)`

const sqlForgetTexts = `delete from comment_text t where t.comment_id = @comment and t.tenant_id = @tenant`

const sqlForgetMentions = `delete from comment_mention m where m.comment_id = @comment and m.tenant_id = @tenant`

const sqlBlank = `update comment set text = '', x = null, y = null, width = null, height = null, page = null, at_ms = null, deleted_at = @now where id = @comment and tenant_id = @tenant`

const sqlDelete = `delete from comment where id = @comment and tenant_id = @tenant`

// sqlUnmarked are marks that nobody answers any more.
const sqlUnmarked = `
	delete from comment c where c.id = @thread and c.tenant_id = @tenant and c.deleted_at is not null
	and not exists (select from comment o where o.thread_id = c.id and o.id <> c.id)`

// Delete destroys what a comment said, with what it said before: one's own with
// Comment, others' with Edit. Where it is answered, a mark stays until the last
// answer has gone.
func (s *Service) Delete(ctx context.Context, who access.Actor, of id.Asset, comment id.Comment) error {
	return audit.Deed(ctx, s.db, who, s.now, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "comment.delete", Subject: of.String(), Detail: map[string]any{"comment": comment.String()}}
		a, was, err := s.hold(ctx, tx, who, of, comment)
		if err != nil {
			return e, err
		}
		if was.DeletedAt != nil {
			return e, access.NotFound("comment")
		}
		if !was.Can.Delete {
			return e, access.Require(a.Can&^access.Edit, access.Edit, "asset")
		}
		e.Detail["own"] = was.own(who)
		args := pgx.StrictNamedArgs{"comment": comment, "tenant": who.Tenant}
		var answered bool
		if err := tx.QueryRow(ctx, sqlAnswered, args).Scan(&answered); err != nil {
			return e, err
		}
		if !answered {
			if _, err := tx.Exec(ctx, sqlDelete, args); err != nil {
				return e, err
			}
			_, err = tx.Exec(ctx, sqlUnmarked, pgx.StrictNamedArgs{"thread": was.Thread, "tenant": who.Tenant})
			return e, err
		}
		for _, sql := range []string{sqlForgetTexts, sqlForgetMentions} {
			if _, err := tx.Exec(ctx, sql, args); err != nil {
				return e, err
			}
		}
		args["now"] = s.now()
		_, err = tx.Exec(ctx, sqlBlank, args)
		return e, err
	})
}
