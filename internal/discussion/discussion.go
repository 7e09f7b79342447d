// SPDX-License-Identifier: Apache-2.0

package discussion

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
)

// Limits.
const (
	MaxText     = 4_000 // code points in a comment
	MaxMentions = 20    // in a comment
	MaxThreads  = 1_000 // on an asset
	MaxAnswers  = 200   // in a thread
	EditFor     = 15 * time.Minute
)

// Service is the room's set of verbs. The hooks are called inside the
// transaction of their cause; an error from one undoes it.
type Service struct {
	db     *pg.DB
	assets *asset.Service
	now    func() time.Time

	// OnCommented is told of each new comment.
	OnCommented func(ctx context.Context, tx pg.Tx, who access.Actor, a asset.Asset, c Comment) error
	// OnMentioned is told whom a comment mentions that was not mentioned in it
	// before. Who mentions themselves is left out.
	OnMentioned func(ctx context.Context, tx pg.Tx, who access.Actor, a asset.Asset, c Comment, accounts []id.Account) error
}

// New returns the room on a database; its hooks do nothing yet.
func New(db *pg.DB, assets *asset.Service, now func() time.Time) *Service {
	return &Service{
		db: db, assets: assets, now: now,
		OnCommented: func(context.Context, pg.Tx, access.Actor, asset.Asset, Comment) error { return nil },
		OnMentioned: func(context.Context, pg.Tx, access.Actor, asset.Asset, Comment, []id.Account) error { return nil },
	}
}

// Region is a part of a picture, in fractions of its width and height from its
// upper left corner.
type Region struct{ X, Y, Width, Height float64 }

// Place is what a comment is about; at most one of its members is set, and
// without any it is the whole asset.
type Place struct {
	Region *Region
	Page   *int   // of a document, from 1
	AtMS   *int64 // in a film or a recording, milliseconds from its beginning
}

// check says what is wrong with a place on an asset.
func (p Place) check(a asset.Asset) error {
	wrong := map[string]string{}
	n := 0
	if r := p.Region; r != nil {
		n++
		const off = 1e-6 // what is lost in fractions
		if a.Kind != asset.Image && a.Kind != asset.Document && a.Kind != asset.Video {
			wrong["region"] = "this asset has no picture"
		} else if !(r.X >= 0 && r.Y >= 0 && r.Width > 0 && r.Height > 0 && r.X+r.Width <= 1+off && r.Y+r.Height <= 1+off) {
			wrong["region"] = "it must lie within the picture, in fractions of 0 to 1"
		}
	}
	if p.Page != nil {
		n++
		if a.Kind != asset.Document || *p.Page < 1 || a.Pages != nil && *p.Page > *a.Pages {
			wrong["page"] = "this asset has no such page"
		}
	}
	if p.AtMS != nil {
		n++
		if a.Kind != asset.Video && a.Kind != asset.Audio || *p.AtMS < 0 || a.DurationMS != nil && *p.AtMS > *a.DurationMS {
			wrong["at"] = "this asset has no such moment"
		}
	}
	if n > 1 {
		wrong["place"] = "a region, a page or a time, not several"
	}
	if len(wrong) > 0 {
		return fault.Fields("comment.place", "A comment is about a part of the picture, a page or a moment that is there. See the fields.", wrong)
	}
	return nil
}

// Comment is one thing that somebody said.
type Comment struct {
	ID         id.Comment
	Asset      id.Asset
	Thread     id.Comment // the comment that began the thread: itself, or the one that is answered
	Text       string     // plain text; empty when deleted
	Place      Place
	Author     string     // the actor
	Account    id.Account // on whose behalf; zero: nobody's
	CreatedAt  time.Time
	EditedAt   *time.Time
	DeletedAt  *time.Time
	ResolvedAt *time.Time // of one that began a thread
	ResolvedBy string
	Mentions   []Mention
	Can        Can // what the asker may do with it
}

// Mention is an account that a comment names.
type Mention struct {
	Account id.Account
	Name    string
}

// Can is what the asker may do with a comment.
type Can struct{ Edit, Delete, Resolve, Answer bool }

// root reports whether the comment began its thread.
func (c Comment) root() bool { return c.ID == c.Thread }

// own reports whether who wrote the comment.
func (c Comment) own(who access.Actor) bool {
	return c.Author == who.ID || !c.Account.IsZero() && c.Account == who.Account
}

// fit says what who may do with a comment on an asset of which they have a.Can.
func (c Comment) fit(a asset.Asset, who access.Actor, now time.Time) Comment {
	there := c.DeletedAt == nil && a.DeletedAt == nil
	says := there && a.Can.Has(access.Comment)
	c.Can = Can{
		Edit:    says && c.own(who) && now.Sub(c.CreatedAt) < EditFor,
		Delete:  there && (c.own(who) && a.Can.Has(access.Comment) || a.Can.Has(access.Edit)),
		Resolve: a.DeletedAt == nil && c.root() && a.Can.Has(access.Comment),
		Answer:  a.DeletedAt == nil && c.root() && a.Can.Has(access.Comment),
	}
	return c
}

const sqlColumns = `c.id, c.asset_id, c.thread_id, c.text, c.x, c.y, c.width, c.height, c.page, c.at_ms, c.author, c.account_id,
	c.created_at, c.edited_at, c.deleted_at, c.resolved_at, coalesce(c.resolved_by, '')`

func read(rows pgx.Rows, err error) ([]Comment, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (c Comment, err error) {
		var x, y, w, h *float64
		err = r.Scan(&c.ID, &c.Asset, &c.Thread, &c.Text, &x, &y, &w, &h, &c.Place.Page, &c.Place.AtMS, &c.Author, &c.Account,
			&c.CreatedAt, &c.EditedAt, &c.DeletedAt, &c.ResolvedAt, &c.ResolvedBy)
		if x != nil && y != nil && w != nil && h != nil {
			c.Place.Region = &Region{*x, *y, *w, *h}
		}
		return c, err
	})
}

const sqlByID = `select ` + sqlColumns + ` from comment c where c.id = @id and c.asset_id = @asset and c.tenant_id = @tenant for update of c`

// hold reads a comment on an asset that nobody else changes until the
// transaction ends. The asset is held too, so that it stays where it is.
func (s *Service) hold(ctx context.Context, tx pg.Tx, who access.Actor, of id.Asset, comment id.Comment) (asset.Asset, Comment, error) {
	a, err := s.assets.HoldTx(ctx, tx, who, of, access.View)
	if err != nil {
		return a, Comment{}, err
	}
	if a.DeletedAt != nil {
		return a, Comment{}, fault.New(fault.Conflict, "asset.deleted", "This asset is in the bin. Restore it first.")
	}
	list, err := read(tx.Query(ctx, sqlByID, pgx.StrictNamedArgs{"id": comment, "asset": of, "tenant": who.Tenant}))
	if err != nil {
		return a, Comment{}, err
	}
	if len(list) == 0 {
		return a, Comment{}, access.NotFound("comment")
	}
	if err := s.mentions(ctx, tx, list); err != nil {
		return a, Comment{}, err
	}
	return a, list[0].fit(a, who, s.now()), nil
}

// cleanText makes a text fit to keep.
func cleanText(text string) (string, error) {
	out, ok := plain.Text(text)
	if n := utf8.RuneCountInString(out); !ok || n == 0 || n > MaxText {
		return "", fault.Fields("comment.text", "A comment has 1 to 4,000 characters.", map[string]string{"text": fmt.Sprintf("1 to %d characters", MaxText)})
	}
	return out, nil
}
