// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/discussion"
	"tillgang/internal/id"
	"tillgang/internal/link"
	"tillgang/internal/notice"
	"tillgang/internal/pg"
	asking "tillgang/internal/request"
	"tillgang/internal/statistics"
)

// reactNotices is whom the house tells of what.
func (h *house) reactNotices() {
	h.accounts.SendLink = h.notices.SendLinkTx
	h.accounts.OnAddressChanged = h.notices.AddressChangedTx
	h.accounts.OnLinkMade = func(ctx context.Context, tx pg.Tx, who access.Actor, of id.Account) error {
		return h.notices.TellTx(ctx, tx, who, notice.News{Kind: notice.LinkMade, To: []id.Account{of}})
	}
	h.accounts.OnPasswordSet = func(ctx context.Context, tx pg.Tx, who access.Actor) error {
		return h.notices.TellTx(ctx, tx, who, notice.News{Kind: notice.PasswordSet, To: []id.Account{who.Account}})
	}
	h.accounts.OnWeakened = func(ctx context.Context, tx pg.Tx, who access.Actor, _ []string) error {
		return h.notices.WeakenedTx(ctx, tx, who)
	}
	changed := h.assets.OnChanged
	h.assets.OnChanged = func(ctx context.Context, tx pg.Tx, who access.Actor, assets ...asset.Asset) error {
		if err := changed(ctx, tx, who, assets...); err != nil {
			return err
		}
		return h.tellFailed(ctx, tx, who, assets)
	}
	h.discussion.OnCommented = func(ctx context.Context, tx pg.Tx, who access.Actor, a asset.Asset, c discussion.Comment) error {
		mentioned := make([]id.Account, len(c.Mentions))
		for i, m := range c.Mentions {
			mentioned[i] = m.Account
		}
		return h.notices.CommentedTx(ctx, tx, who, a, mentioned)
	}
	h.discussion.OnMentioned = func(ctx context.Context, tx pg.Tx, who access.Actor, a asset.Asset, _ discussion.Comment, to []id.Account) error {
		return h.notices.TellTx(ctx, tx, who, notice.News{Kind: notice.Mentioned, To: to, Subject: a.ID.String()})
	}
	h.assets.OnTransition = h.notices.TransitionTx
	h.bulk.OnEnded = h.notices.BulkEndedTx
	h.links.OnAnswered = func(ctx context.Context, tx pg.Tx, who access.Actor, l link.Link, _ link.Answer) error {
		// Once an hour for one link: guests answer picture by picture.
		return h.tellOwner(ctx, tx, who, l, notice.News{Kind: notice.LinkAnswered, Once: "answered " + l.ID.String() + clock().Format(" 2006-01-02T15")})
	}
	h.links.OnSelected = func(ctx context.Context, tx pg.Tx, who access.Actor, l link.Link, _ link.Choice) error {
		return h.tellOwner(ctx, tx, who, l, notice.News{Kind: notice.LinkSelected})
	}
	h.links.OnExpiring = func(ctx context.Context, tx pg.Tx, who access.Actor, l link.Link) error {
		return h.tellOwner(ctx, tx, who, l, notice.News{Kind: notice.LinkExpiring, Days: 3})
	}
	h.requests.OnDelivered = func(ctx context.Context, tx pg.Tx, who access.Actor, d asking.Delivered) error {
		by, err := id.Parse[id.Account](d.AskedBy)
		if err != nil {
			return nil //nolint:nilerr // a key's of its own right: nobody is told
		}
		return h.notices.TellTx(ctx, tx, who, notice.News{Kind: notice.RequestDelivered, To: []id.Account{by}, Subject: d.Delivery.String(), Count: d.Files})
	}
	h.notices.Name = h.nameSubjects
	h.search.OnAsked = func(tenant id.Tenant) { h.statistics.Note(tenant, statistics.Searches) }
}

// tellOwner tells whose a share link is.
func (h *house) tellOwner(ctx context.Context, tx pg.Tx, who access.Actor, l link.Link, n notice.News) error {
	if l.Owner.IsZero() {
		return nil
	}
	n.To, n.Subject = []id.Account{l.Owner}, l.ID.String()
	return h.notices.TellTx(ctx, tx, who, n)
}

// nameSubjects tells what the things are called that notices are about, as far
// as who may see them.
func (h *house) nameSubjects(ctx context.Context, tx pg.Tx, who access.Actor, subjects []string) (map[string]string, error) {
	var assets []id.Asset
	for _, s := range subjects {
		if a, err := id.Parse[id.Asset](s); err == nil {
			assets = append(assets, a)
		}
	}
	return h.assets.TitlesTx(ctx, tx, who, assets)
}

// tellFailed tells whoever uploaded assets that they could not be prepared.
func (h *house) tellFailed(ctx context.Context, tx pg.Tx, who access.Actor, assets []asset.Asset) error {
	for _, a := range assets {
		if who.Kind != access.House || a.State != asset.Failed && a.State != asset.Quarantined {
			continue
		}
		by, err := id.Parse[id.Account](a.CreatedBy)
		if err != nil {
			continue // a key's of its own right, or the house's
		}
		if err := h.notices.TellTx(ctx, tx, who, notice.News{
			Kind: notice.AssetFailed, To: []id.Account{by}, Subject: a.ID.String(), Once: "failed " + a.Revision.String() + " " + a.StateCode,
		}); err != nil {
			return err
		}
	}
	return nil
}

// mailGivenUp is told of a mail's job that somebody took out of the queue.
func (h *house) mailGivenUp(ctx context.Context, tx pg.Tx, args json.RawMessage) error {
	var of notice.MailArgs
	if err := json.Unmarshal(args, &of); err != nil {
		return err
	}
	return h.notices.GiveUpTx(ctx, tx, of)
}
