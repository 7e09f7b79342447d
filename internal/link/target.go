// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// gone is what a guest is told of a link that is no longer one: nothing of what
// it showed.
func gone(code, text string) error { return fault.New(fault.Gone, code, text) }

// closed says why a link shows nothing any more; nil when it does.
func (s *Service) closed(l Link) error {
	switch l.State(s.now()) {
	case Revoked:
		return gone("share.revoked", "This link was withdrawn. Ask whoever sent it to you for a new one.")
	case Expired:
		return gone("share.expired", "This link has expired. Ask whoever sent it to you for a new one.")
	case Binned:
		return left()
	case Open:
	}
	return nil
}

func left() error {
	return gone("share.gone", "This link is no longer there. Ask whoever sent it to you for a new one.")
}

// makerTx is who made the link, with the rights of now; the fault is Gone when
// they are.
func (s *Service) makerTx(ctx context.Context, tx pg.Tx, tenant id.Tenant, k kept) (access.Actor, error) {
	who, err := s.Accounts.StandingTx(ctx, tx, tenant, k.maker)
	if fault.KindOf(err) == fault.Unauthentic {
		return who, left()
	}
	return who, err
}

// guestTx is the actor that a guest is: the link's maker, within the link.
func (s *Service) guestTx(ctx context.Context, tx pg.Tx, tenant id.Tenant, k kept) (access.Actor, error) {
	if err := s.closed(k.Link); err != nil {
		return access.Actor{}, err
	}
	maker, err := s.makerTx(ctx, tx, tenant, k)
	if err != nil {
		return access.Actor{}, err
	}
	return access.Actor{
		Kind: access.Link, ID: k.ID.String(), Tenant: tenant, Own: maker.Own, Cap: maker.Cap, Scope: maker.Scope & k.scope(),
	}, nil
}

// RecallTx builds a guest again that access.Actor.Remember wrote down, with the
// rights of now. It is Gone when the link, or who made it, is.
func (s *Service) RecallTx(ctx context.Context, tx pg.Tx, tenant id.Tenant, remembered []byte) (access.Actor, error) {
	was, err := access.Recall(remembered)
	if err != nil {
		return access.Actor{}, err
	}
	was.Tenant = tenant
	k, err := s.ofGuest(ctx, tx, was)
	if err != nil {
		return access.Actor{}, err
	}
	return s.guestTx(ctx, tx, tenant, k)
}

// ofGuest reads the link that a guest came by.
func (s *Service) ofGuest(ctx context.Context, tx pg.Tx, who access.Actor) (kept, error) {
	l, err := id.Parse[id.Link](who.ID)
	if who.Kind != access.Link || err != nil {
		return kept{}, notFound()
	}
	k, err := byID(ctx, tx, who.Tenant, l)
	if fault.KindOf(err) == fault.NotFound {
		return k, left()
	}
	if err == nil {
		err = s.closed(k.Link)
	}
	return k, err
}

// WithinTx returns nil if an asset that was read for a guest is among what their
// link shows and, unless variant is empty, the link lets it out in that variant.
func (s *Service) WithinTx(ctx context.Context, tx pg.Tx, who access.Actor, a asset.Asset, variant string) error {
	k, err := s.ofGuest(ctx, tx, who)
	if err != nil {
		return err
	}
	within, err := s.within(ctx, tx, who, k, a.ID)
	if err != nil {
		return err
	}
	if !within || a.Approval == asset.Archived || asset.Allowed(a, who, access.View|access.Share, s.now()) != nil {
		return access.NotFound("asset")
	}
	if variant != "" && !slices.Contains(k.Formats, variant) {
		return access.Require(access.View, access.DownloadOriginal, "asset")
	}
	return nil
}

const sqlChosen = `select exists (select from link_asset t where t.link_id = @link and t.tenant_id = @tenant and t.asset_id = @asset)`

const sqlInside = `
	select exists (select from asset a join folder f on f.id = a.folder_id
		where a.id = @asset and a.tenant_id = @tenant and f.deleted_at is null and (f.id = @folder or @subtree and @folder = any(f.lineage)))`

func (s *Service) within(ctx context.Context, tx pg.Tx, who access.Actor, k kept, a id.Asset) (within bool, err error) {
	switch k.target {
	case ofFolder:
		err = tx.QueryRow(ctx, sqlInside, pgx.StrictNamedArgs{
			"asset": a, "tenant": who.Tenant, "folder": k.Target.Folder, "subtree": k.Target.Subtree,
		}).Scan(&within)
	case ofCollection:
		var list []id.Asset
		list, err = s.collected(ctx, tx, who, k)
		within = slices.Contains(list, a)
	default:
		err = tx.QueryRow(ctx, sqlChosen, pgx.StrictNamedArgs{"link": k.ID, "tenant": who.Tenant, "asset": a}).Scan(&within)
	}
	return within, err
}

// collected is what is in the link's collection as its maker sees it.
func (s *Service) collected(ctx context.Context, tx pg.Tx, who access.Actor, k kept) ([]id.Asset, error) {
	maker, err := s.makerTx(ctx, tx, who.Tenant, k)
	if err != nil {
		return nil, err
	}
	list, err := s.Collected(ctx, tx, maker, k.Target.Collection, MaxShown)
	if k := fault.KindOf(err); k == fault.NotFound || k == fault.Conflict || k == fault.Gone { // not there, or in the bin
		return nil, left()
	}
	return list, err
}

const sqlChosenSeen = `
	select a.id from link_asset t join asset a on a.id = t.asset_id
	where t.link_id = @link and t.tenant_id = @tenant and a.acl_id = any(@acls::bigint[]) and ` + asset.SQLSeen + `
	order by t.seq`

const sqlFolderSeen = `
	with recursive below as (
		select f.id from folder f where f.id = @folder and f.tenant_id = @tenant and f.deleted_at is null
		union all select c.id from folder c join below b on c.parent_id = b.id where @subtree::boolean and c.deleted_at is null
	)
	select a.id from below b join asset a on a.folder_id = b.id
	where a.tenant_id = @tenant and a.acl_id = any(@acls::bigint[]) and ` + asset.SQLSeen + `
	order by a.created_at desc, a.id desc limit @most`

const sqlListSeen = `
	select a.id from asset a
	where a.id = any(@ids::uuid[]) and a.tenant_id = @tenant and a.acl_id = any(@acls::bigint[]) and ` + asset.SQLSeen

// shown lists what a link shows a guest now, in its order.
func (s *Service) shown(ctx context.Context, tx pg.Tx, who access.Actor, k kept) ([]id.Asset, error) {
	// What a guest sees takes Share; nothing that its maker could edit is shown
	// for that reason.
	sight := asset.Sight{ACLs: []int64{}, Editable: []int64{}, Approving: []int64{}}
	b := &pgx.Batch{}
	access.QueueVisible(b, who, access.View|access.Share, func(acl int64, can access.Set) {
		sight.ACLs = append(sight.ACLs, acl)
		if can.Has(access.Approve) {
			sight.Approving = append(sight.Approving, acl)
		}
	})
	folder.QueueLagging(b, who.Tenant, &sight.Lagging)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, err
	}
	args := sight.Bind(pgx.StrictNamedArgs{"tenant": who.Tenant}, who, s.now())
	sql := sqlChosenSeen
	switch k.target {
	case ofAssets:
		args["link"] = k.ID
	case ofFolder:
		sql = sqlFolderSeen
		args["folder"], args["subtree"], args["most"] = k.Target.Folder, k.Target.Subtree, MaxShown
	case ofCollection:
		list, err := s.collected(ctx, tx, who, k)
		if err != nil {
			return nil, err
		}
		args["ids"] = id.Raw(list)
		rows, err := tx.Query(ctx, sqlListSeen, args)
		if err != nil {
			return nil, err
		}
		seen := map[id.Asset]bool{}
		var a id.Asset
		if _, err := pgx.ForEachRow(rows, []any{&a}, func() error { seen[a] = true; return nil }); err != nil {
			return nil, err
		}
		return slices.DeleteFunc(list, func(a id.Asset) bool { return !seen[a] }), nil
	}
	rows, err := tx.Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[id.Asset])
}
