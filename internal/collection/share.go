// SPDX-License-Identifier: Apache-2.0

package collection

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Share is somebody with whom a collection is shared by name.
type Share struct {
	Principal  uuid.UUID `db:"principal_id"` // an account, a group or a key
	Contribute bool      `db:"contribute"`   // else only to look
}

// Principals are those with whom something is shared.
func Principals(list []Share) []uuid.UUID {
	out := make([]uuid.UUID, len(list))
	for i, h := range list {
		out[i] = h.Principal
	}
	return out
}

const sqlShares = `
	select h.principal_id, h.contribute from collection_share h where h.collection_id = @id and h.tenant_id = @tenant order by h.principal_id`

// Shares lists with whom a collection is shared by name, to those who manage it.
func (s *Service) Shares(ctx context.Context, who access.Actor, collection id.Collection) (list []Share, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		if _, err := open(ctx, tx, who, collection, Manage); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlShares, pgx.StrictNamedArgs{"id": collection, "tenant": who.Tenant})
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Share])
		return err
	})
	return list, err
}

const sqlPrincipals = `
	select (select count(*) from account a where a.id = any(@ids::uuid[]) and a.tenant_id = @tenant)
		+ (select count(*) from principal_group g where g.id = any(@ids::uuid[]) and g.tenant_id = @tenant)
		+ (select count(*) from api_key k where k.id = any(@ids::uuid[]) and k.tenant_id = @tenant)`

const sqlUnshare = `delete from collection_share where collection_id = @id and tenant_id = @tenant`

const sqlShare = `
	insert into collection_share (tenant_id, collection_id, principal_id, contribute)
	select @tenant, @id, n.principal, n.contribute from unnest(@ids::uuid[], @contribute::boolean[]) as n(principal, contribute)`

// SetShares says with whom, by name, a collection is shared from now on. It
// takes Manage.
func (s *Service) SetShares(ctx context.Context, who access.Actor, collection id.Collection, list []Share) error {
	var ids []uuid.UUID
	var contribute []bool
	at := map[uuid.UUID]bool{}
	for _, h := range list {
		if at[h.Principal] {
			return fault.Fields("collection.shares", "Somebody stands there twice. Name each once.", map[string]string{"shares": "each once"})
		}
		at[h.Principal], ids, contribute = true, append(ids, h.Principal), append(contribute, h.Contribute)
	}
	if len(list) > maxShares {
		return fault.Fields("collection.shares", "A collection can be shared with 200 people and groups. Use a group.", map[string]string{"shares": "at most 200"})
	}
	return s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "collection.share", Subject: collection.String(), Detail: map[string]any{"shares": len(list)}}
		if _, err := hold(ctx, tx, who, collection, Manage); err != nil {
			return e, err
		}
		args := pgx.StrictNamedArgs{"ids": ids, "tenant": who.Tenant}
		var known int
		if err := tx.QueryRow(ctx, sqlPrincipals, args).Scan(&known); err != nil {
			return e, err
		}
		if known != len(ids) {
			return e, fault.Fields("collection.shares", "One of them is neither a person nor a group here.", map[string]string{"shares": "accounts, groups and keys"})
		}
		if _, err := tx.Exec(ctx, sqlUnshare, pgx.StrictNamedArgs{"id": collection, "tenant": who.Tenant}); err != nil {
			return e, err
		}
		args["id"], args["contribute"] = collection, contribute
		_, err := tx.Exec(ctx, sqlShare, args)
		return e, err
	})
}

const sqlForgetPrincipal = `delete from collection_share where principal_id = @principal and tenant_id = @tenant`

// PrincipalGoneTx lets go of what was shared with a principal that is no more.
func (s *Service) PrincipalGoneTx(ctx context.Context, tx pg.Tx, who access.Actor, principal uuid.UUID) error {
	_, err := tx.Exec(ctx, sqlForgetPrincipal, pgx.StrictNamedArgs{"principal": principal, "tenant": who.Tenant})
	return err
}
