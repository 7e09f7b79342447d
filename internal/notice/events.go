// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// CommentedTx tells whoever uploaded an asset of a comment that does not
// mention them; mentions are told apart.
func (s *Service) CommentedTx(ctx context.Context, tx pg.Tx, who access.Actor, a asset.Asset, mentioned []id.Account) error {
	owner, err := id.Parse[id.Account](a.CreatedBy)
	if err != nil || slices.Contains(mentioned, owner) {
		return nil //nolint:nilerr // a key's of its own right, or the house's: nobody is told
	}
	return s.TellTx(ctx, tx, who, News{Kind: Commented, To: []id.Account{owner}, Subject: a.ID.String()})
}

const sqlApprovers = `
	select distinct c.account_id from acl_entry e
	join principal_closure c on c.principal_id = e.principal_id
	join account a on a.id = c.account_id and a.state = 'active'
	where e.tenant_id = @tenant and e.acl_id = @acl and e.perm & @need::bigint = @need::bigint limit 50`

const sqlSentBy = `
	select p.account_id from approval_step p
	where p.tenant_id = @tenant and p.asset_id = @asset and p.became = 'review' and p.account_id is not null order by p.id desc limit 1`

// TransitionTx tells those who may approve what was sent to review, and whoever
// sent it what became of it: once an hour for all that one person moves.
func (s *Service) TransitionTx(ctx context.Context, tx pg.Tx, who access.Actor, a asset.Asset, step asset.StepTaken) error {
	once := fmt.Sprintf("%s %s %s", step.To, who.ID, s.now().UTC().Format("2006-01-02T15"))
	switch {
	case step.To == asset.InReview:
		rows, err := tx.Query(ctx, sqlApprovers, pgx.StrictNamedArgs{"tenant": who.Tenant, "acl": a.ACL, "need": int64(access.Approve)})
		if err != nil {
			return err
		}
		to, err := pgx.CollectRows(rows, pgx.RowTo[id.Account])
		if err == nil && len(to) == 0 { // nobody in particular: whoever may everywhere
			to, err = s.accounts.HoldersTx(ctx, tx, access.Approve)
		}
		if err != nil {
			return err
		}
		return s.TellTx(ctx, tx, who, News{Kind: ApprovalAsked, To: to, Subject: a.ID.String(), Once: once})
	case step.From == asset.InReview:
		var by id.Account
		err := tx.QueryRow(ctx, sqlSentBy, pgx.StrictNamedArgs{"tenant": who.Tenant, "asset": a.ID}).Scan(&by)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.TellTx(ctx, tx, who, News{Kind: ApprovalDecided, To: []id.Account{by}, Subject: a.ID.String(), Once: once})
	}
	return nil
}

// worthTelling is from how many assets on somebody is told that their job is
// done: smaller ones are over while one looks on.
const worthTelling = 100

const sqlEnded = `select j.tenant_id, j.started_by, j.state, j.total from bulk_job j where j.id = @job`

// BulkEndedTx tells whoever started a job with many assets how it ended.
func (s *Service) BulkEndedTx(ctx context.Context, tx pg.Tx, job id.Bulk) error {
	var tenant id.Tenant
	var by, state string
	var total int
	if err := tx.QueryRow(ctx, sqlEnded, pgx.StrictNamedArgs{"job": job}).Scan(&tenant, &by, &state, &total); err != nil {
		return err
	}
	to, err := id.Parse[id.Account](by)
	kind := JobDone
	switch {
	case err != nil, state == "done" && total < worthTelling:
		return nil //nolint:nilerr // a key's of its own right, or the house's: nobody is told
	case state == "stopped":
		kind = JobFailed
	case state != "done":
		return nil
	}
	return s.TellTx(ctx, tx, access.HouseActor(tenant, part), News{Kind: kind, To: []id.Account{to}, Subject: job.String()})
}

// Disturbed tells the contact for disturbances, and those who operate the
// server, of what is wrong; once for each name.
func (s *Service) Disturbed(ctx context.Context, who access.Actor, name string) error {
	if who.Kind != access.House {
		return access.NotFound("disturbance")
	}
	return pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		if err := s.TellContactTx(ctx, tx, who, account.Disturbance, Disturbance, name); err != nil {
			return err
		}
		to, err := s.accounts.HoldersTx(ctx, tx, access.Operate)
		if err != nil {
			return err
		}
		return s.TellTx(ctx, tx, who, News{Kind: Disturbance, To: to, Once: "disturbance " + name})
	})
}
