// SPDX-License-Identifier: Apache-2.0

package discussion

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
)

// Thread is a comment with its answers, oldest first.
type Thread struct {
	Comment
	Answers []Comment
}

const sqlThreads = `
	select ` + sqlColumns + ` from comment c
	where c.asset_id = @asset and c.tenant_id = @tenant and c.id = c.thread_id and c.id < @before::uuid
		and (not @open::boolean or c.resolved_at is null)
	order by c.id desc limit @limit`

const sqlAnswers = `
	select ` + sqlColumns + ` from comment c
	where c.thread_id = any(@threads::uuid[]) and c.tenant_id = @tenant and c.id <> c.thread_id order by c.id`

// Threads lists what is said about an asset that who may see: the newest thread
// first, in each the oldest answer first. open leaves out what is resolved.
func (s *Service) Threads(ctx context.Context, who access.Actor, of id.Asset, open bool, cursor string, limit int) (out page.Page[Thread], err error) {
	in := "comments " + of.String()
	before := last
	if _, err := page.Read(cursor, in, &before); err != nil {
		return out, err
	}
	limit = page.Limit(limit)
	err = access.In(ctx, s.db, who, func(tx pg.Tx) error {
		a, err := s.assets.GetTx(ctx, tx, who, of)
		if err != nil {
			return err
		}
		roots, err := read(tx.Query(ctx, sqlThreads, pgx.StrictNamedArgs{"asset": of, "tenant": who.Tenant, "before": before, "open": open, "limit": limit + 1}))
		if err != nil {
			return err
		}
		cut := page.Cut(roots, limit, in, func(c Comment) []any { return []any{c.ID} })
		out.Next, roots = cut.Next, cut.Items
		ids := make([]id.Comment, len(roots))
		for i, c := range roots {
			ids[i] = c.ID
		}
		answers, err := read(tx.Query(ctx, sqlAnswers, pgx.StrictNamedArgs{"threads": id.Raw(ids), "tenant": who.Tenant}))
		if err != nil {
			return err
		}
		all := slices.Concat(roots, answers)
		if err := s.mentions(ctx, tx, all); err != nil {
			return err
		}
		out.Items = make([]Thread, len(roots))
		for i, c := range all {
			c = c.fit(a, who, s.now())
			if i < len(roots) {
				out.Items[i].Comment = c
			} else if at := slices.Index(ids, c.Thread); at >= 0 {
				out.Items[at].Answers = append(out.Items[at].Answers, c)
			}
		}
		return nil
	})
	return out, err
}

const sqlMentions = `
	select m.comment_id, m.account_id, a.name from comment_mention m join account a on a.id = m.account_id
	where m.comment_id = any(@comments::uuid[]) order by a.name, a.id`

// mentions gives comments whom they mention.
func (*Service) mentions(ctx context.Context, tx pg.Tx, list []Comment) error {
	at, ids := map[id.Comment]int{}, make([]id.Comment, len(list))
	for i, c := range list {
		at[c.ID], ids[i] = i, c.ID
	}
	rows, err := tx.Query(ctx, sqlMentions, pgx.StrictNamedArgs{"comments": id.Raw(ids)})
	if err != nil {
		return err
	}
	var of id.Comment
	var m Mention
	_, err = pgx.ForEachRow(rows, []any{&of, &m.Account, &m.Name}, func() error {
		c := &list[at[of]]
		c.Mentions = append(c.Mentions, m)
		return nil
	})
	return err
}

// Version is what a comment said until somebody edited it.
type Version struct {
	Text  string    `db:"text"`
	Until time.Time `db:"until"`
}

const sqlVersions = `
	select t.text, t.until from comment_text t join comment c on c.id = t.comment_id
	where c.id = @comment and c.asset_id = @asset and c.tenant_id = @tenant order by t.id desc`

// History lists what a comment on an asset that who may see said before, newest
// first.
func (s *Service) History(ctx context.Context, who access.Actor, of id.Asset, comment id.Comment) (list []Version, err error) {
	err = access.In(ctx, s.db, who, func(tx pg.Tx) error {
		if _, err := s.assets.GetTx(ctx, tx, who, of); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlVersions, pgx.StrictNamedArgs{"comment": comment, "asset": of, "tenant": who.Tenant})
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Version])
		return err
	})
	return list, err
}

// maxProposed is how many people are proposed at once.
const maxProposed = 10

// Mentionable proposes people who may see the asset and of whose names a word
// begins so. It takes Comment. It gives names and nothing else.
func (s *Service) Mentionable(ctx context.Context, who access.Actor, of id.Asset, begins string) (list []Mention, err error) {
	begins, ok := plain.Line(begins)
	if !ok || len(begins) > 200 {
		return nil, fault.Fields("comment.begins", "Give up to 200 characters that the name begins with.", map[string]string{"q": "at most 200 characters"})
	}
	err = access.In(ctx, s.db, who, func(tx pg.Tx) error {
		a, err := s.commentable(ctx, tx, who, of)
		if err != nil {
			return err
		}
		found, err := s.assets.SeersTx(ctx, tx, who, a, begins, maxProposed)
		for _, p := range found {
			list = append(list, Mention{p.Account, p.Name})
		}
		return err
	})
	return list, err
}

// commentable returns an asset that who may comment on.
func (s *Service) commentable(ctx context.Context, tx pg.Tx, who access.Actor, of id.Asset) (asset.Asset, error) {
	a, err := s.assets.GetTx(ctx, tx, who, of)
	if err != nil {
		return a, err
	}
	return a, asset.Allowed(a, who, access.Comment, s.now())
}
