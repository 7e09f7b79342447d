// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/notice"
	"tillgang/internal/pg"
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
	h.notices.Name = h.nameSubjects
	h.search.OnAsked = func(tenant id.Tenant) { h.statistics.Note(tenant, statistics.Searches) }
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
