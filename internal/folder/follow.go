// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/queue"
)

// How assets follow the rights of their folders: up to atOnce in the request;
// more by a job, so many in a transaction and so many transactions in a turn.
const (
	atOnce      = 2000
	perFollow   = 1000
	followTurn  = 20
	foldersOnce = 500
	catchUp     = 15 * time.Minute
)

// FollowArgs asks for a tenant's assets to follow their folders' rights.
type FollowArgs struct {
	Tenant id.Tenant `json:"tenant"`
	Round  int       `json:"round"` // so that each turn is a job of its own
}

// Kind names the job.
func (FollowArgs) Kind() string { return "folder.follow" }

// CatchUpArgs asks for what was left by jobs that were given up.
type CatchUpArgs struct{}

// Kind names the job.
func (CatchUpArgs) Kind() string { return "folder.catch_up" }

const part = "folder"

// Register tells the queue the room's jobs.
func (s *Service) Register(q *queue.Queue) {
	s.jobs = q
	queue.Add(q, queue.Rule{On: queue.IO, Attempts: 12, Timeout: 10 * time.Minute},
		func(ctx context.Context, a FollowArgs) error {
			return s.FollowAll(ctx, access.HouseActor(a.Tenant, part), a.Round)
		}, nil)
	queue.Add(q, queue.Rule{On: queue.IO, Attempts: 3, Timeout: 10 * time.Minute, Once: true},
		func(ctx context.Context, _ CatchUpArgs) error {
			tenants, err := s.Tenants(ctx)
			if err != nil {
				return err
			}
			for _, t := range tenants {
				if err := s.FollowAll(ctx, access.HouseActor(t, part), 0); err != nil {
					return err
				}
			}
			return nil
		}, nil)
	q.Every(catchUp, CatchUpArgs{})
}

const sqlAnyLagging = `select exists (select from folder f where f.tenant_id = @tenant and f.lagging)`

// QueueLagging asks, as a statement of a batch, whether any of the tenant's
// assets may carry an older acl than its folder.
func QueueLagging(b *pgx.Batch, tenant id.Tenant, lagging *bool) {
	b.Queue(sqlAnyLagging, pgx.StrictNamedArgs{"tenant": tenant}).QueryRow(func(row pgx.Row) error { return row.Scan(lagging) })
}

// askToFollow lets assets follow once the transaction has committed. While any
// folder lags there is a job that will see these too: it ends only after it has
// found none under the lock that this transaction holds.
func (s *Service) askToFollow(ctx context.Context, tx pg.Tx, who access.Actor) error {
	var asked bool
	if err := tx.QueryRow(ctx, sqlAnyLagging, pgx.StrictNamedArgs{"tenant": who.Tenant}).Scan(&asked); err != nil || asked || s.jobs == nil {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, FollowArgs{Tenant: who.Tenant})
}

// FollowAll lets assets follow their folders' rights for one turn; another turn
// follows if there is more to do. It may die anywhere and be run again.
func (s *Service) FollowAll(ctx context.Context, who access.Actor, round int) error {
	if who.Kind != access.House {
		return access.NotFound("folder")
	}
	for turn := range followTurn {
		more, err := s.FollowOnce(ctx, who, perFollow, func(tx pg.Tx) error {
			if turn < followTurn-1 || s.jobs == nil {
				return nil
			}
			return s.jobs.Enqueue(ctx, tx, FollowArgs{Tenant: who.Tenant, Round: round + 1})
		})
		if err != nil || !more {
			return err
		}
	}
	return nil
}

const sqlLagging = `select f.id, f.acl_id from folder f where f.tenant_id = @tenant and f.lagging order by f.id limit @most`

const sqlFollowed = `update folder set lagging = false where id = any(@folders::uuid[]) and tenant_id = @tenant`

// FollowOnce gives up to most assets the rights of their folders in one
// transaction, of which then is the end if there may be more to do.
func (s *Service) FollowOnce(ctx context.Context, who access.Actor, most int, then func(tx pg.Tx) error) (more bool, err error) {
	if who.Kind != access.House {
		return false, access.NotFound("folder")
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		if err := lockTree(ctx, tx, who); err != nil { // no folder's rights change meanwhile
			return err
		}
		rows, err := tx.Query(ctx, sqlLagging, pgx.StrictNamedArgs{"tenant": who.Tenant, "most": foldersOnce})
		if err != nil {
			return err
		}
		acls := map[id.Folder]int64{}
		var folders []id.Folder
		var f id.Folder
		var acl int64
		if _, err := pgx.ForEachRow(rows, []any{&f, &acl}, func() error {
			acls[f], folders = acl, append(folders, f)
			return nil
		}); err != nil || len(folders) == 0 {
			return err
		}
		left, err := s.Follow(ctx, tx, who, acls, most)
		if err != nil {
			return err
		}
		if !left {
			if _, err := tx.Exec(ctx, sqlFollowed, pgx.StrictNamedArgs{"folders": ids(folders), "tenant": who.Tenant}); err != nil {
				return err
			}
		}
		if more = left || len(folders) == foldersOnce; more {
			return then(tx)
		}
		return nil
	})
	return more && err == nil, err
}
