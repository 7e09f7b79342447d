// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/collection"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
	"tillgang/internal/queue"
	"tillgang/internal/search"
)

// Limits of a job.
const (
	MaxAssets = 100_000 // that one job changes
	atOnce    = 200     // assets in one transaction
	perRun    = 50      // transactions before other jobs have their turn
	keptFor   = 30 * 24 * time.Hour
)

// Service is the room's set of verbs.
type Service struct {
	db     *pg.DB
	assets *asset.Service
	search *search.Service

	collections *collection.Service

	now  func() time.Time
	jobs *queue.Queue

	// Recall makes the actor that Actor.Remember wrote down, with the rights of
	// now; an error when its account, session or key is gone. The house fills it.
	Recall func(ctx context.Context, tx pg.Tx, tenant id.Tenant, remembered []byte) (access.Actor, error)
	// OnEnded is told of a job that is done or was stopped.
	OnEnded func(ctx context.Context, tx pg.Tx, job id.Bulk) error
}

// New returns the room on a database.
func New(db *pg.DB, assets *asset.Service, collections *collection.Service, found *search.Service, now func() time.Time) *Service {
	return &Service{
		db: db, assets: assets, collections: collections, search: found, now: now,
		Recall: func(context.Context, pg.Tx, id.Tenant, []byte) (access.Actor, error) {
			return access.Actor{}, errors.New("bulk: nobody can recall actors")
		},
		OnEnded: func(context.Context, pg.Tx, id.Bulk) error { return nil },
	}
}

// State says how far a job has come.
type State string

// The states.
const (
	Waiting   State = "waiting"
	Running   State = "running"
	Finished  State = "done"
	Cancelled State = "cancelled" // what was done until then is done
	Stopped   State = "stopped"   // by Code and Reason; what was done until then is done
)

// Job is one thing done to many assets.
type Job struct {
	ID        id.Bulk    `db:"id"`
	StartedBy string     `db:"started_by"`
	UndoOf    id.Bulk    `db:"undo_of"`   // zero: it is no undo
	UndoneBy  id.Bulk    `db:"undone_by"` // zero: nobody has taken it back
	State     State      `db:"state"`
	Code      string     `db:"code"`
	Reason    string     `db:"reason"` // a sentence for people; empty unless stopped
	Total     int        `db:"total"`
	Done      int        `db:"done"`
	Changed   int        `db:"changed"`
	Skipped   int        `db:"skipped"`
	Kept      int        `db:"kept"` // assets of which an undo left something as it is
	CreatedAt time.Time  `db:"created_at"`
	EndedAt   *time.Time `db:"ended_at"`

	Reasons []Reason `db:"-"` // why assets were skipped, most first
}

// Reason is why some assets were skipped.
type Reason struct {
	Code  string `db:"code"`
	Text  string `db:"reason"`
	Count int    `db:"count"`
}

// Order says what is to be done to which assets.
type Order struct {
	Selection search.Selection
	Edits     asset.Edits

	AddTo      id.Collection // instead of Edits: put into this collection
	RemoveFrom id.Collection // instead of Edits: take out of this collection
}

// change is what a job does, as it is kept.
type change struct {
	asset.Edits
	AddTo      id.Collection `json:"add_to,omitzero"`
	RemoveFrom id.Collection `json:"remove_from,omitzero"`
}

// collection is the one that a change is about.
func (c *change) collection() id.Collection {
	switch {
	case c == nil:
		return id.Collection{}
	case c.AddTo.IsZero():
		return c.RemoveFrom
	}
	return c.AddTo
}

func (o Order) change() *change { return &change{o.Edits, o.AddTo, o.RemoveFrom} }

// chosen lists the assets of an order. What is chosen by identifier is asked
// for one by one, also in the bin.
func (s *Service) chosen(ctx context.Context, tx pg.Tx, who access.Actor, sel search.Selection) ([]id.Asset, error) {
	if sel.Query != nil || len(sel.IDs) == 0 || len(sel.IDs) > MaxAssets || len(sel.Except) > 0 {
		return s.search.ResolveTx(ctx, tx, who, sel, MaxAssets)
	}
	seen := make(map[id.Asset]bool, len(sel.IDs))
	list := make([]id.Asset, 0, len(sel.IDs))
	for _, a := range sel.IDs {
		if !seen[a] {
			seen[a] = true
			list = append(list, a)
		}
	}
	return list, nil
}

const sqlCreate = `
	insert into bulk_job (id, tenant_id, actor, started_by, edits, undo_of, state, total, created_at)
	values (@id, @tenant, @actor, @by, @edits::jsonb, @undo, 'waiting', @total, @now)`

const sqlFreeze = `
	insert into bulk_item (job_id, seq, tenant_id, asset_id, edits)
	select @job, n.seq, @tenant, n.asset, n.edits from unnest(@assets::uuid[], @edits::jsonb[]) with ordinality as n(asset, edits, seq)`

const sqlTidy = `delete from bulk_job where tenant_id = @tenant and ended_at < @before`

// making is a job to be made.
type making struct {
	edits  *change // what is done to each; nil: own, or undo
	undo   id.Bulk // the job that is undone
	assets []id.Asset
	own    []*string // the edits of each, as JSON; nil: none has any of its own
}

// create makes a job and its items, and lets it begin when the transaction has
// committed. Jobs that ended long ago go on the way.
func (s *Service) create(ctx context.Context, tx pg.Tx, who access.Actor, n making) (Job, error) {
	list, own := n.assets, n.own
	if len(list) == 0 {
		return Job{}, fault.New(fault.Invalid, "bulk.empty", "There is no asset to do this to. Choose at least one.")
	}
	j := Job{ID: id.New[id.Bulk](), StartedBy: who.ID, UndoOf: n.undo, State: Waiting, Total: len(list), CreatedAt: s.now()}
	actor, err := who.Remember()
	if err != nil {
		return Job{}, err
	}
	var all *string
	if n.edits != nil {
		b, err := json.Marshal(n.edits)
		if err != nil {
			return Job{}, err
		}
		text := string(b)
		all = &text
	}
	if _, err := tx.Exec(ctx, sqlTidy, pgx.StrictNamedArgs{"tenant": who.Tenant, "before": j.CreatedAt.Add(-keptFor)}); err != nil {
		return Job{}, err
	}
	if _, err := tx.Exec(ctx, sqlCreate, pgx.StrictNamedArgs{
		"id": j.ID, "tenant": who.Tenant, "actor": string(actor), "by": who.ID, "edits": all, "undo": n.undo, "total": j.Total, "now": j.CreatedAt,
	}); err != nil {
		return Job{}, err
	}
	if own == nil {
		own = make([]*string, len(list))
	}
	if _, err := tx.Exec(ctx, sqlFreeze, pgx.StrictNamedArgs{"job": j.ID, "tenant": who.Tenant, "assets": list, "edits": own}); err != nil {
		return Job{}, err
	}
	return j, s.jobs.Enqueue(ctx, tx, RunArgs{Tenant: who.Tenant, Bulk: j.ID})
}

// Start makes a job. Whether each asset may be changed is asked when its turn
// comes.
func (s *Service) Start(ctx context.Context, who access.Actor, o Order) (j Job, err error) {
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "bulk.start"}
		if err := s.check(ctx, tx, who, o); err != nil {
			return e, err
		}
		list, err := s.chosen(ctx, tx, who, o.Selection)
		if err != nil {
			return e, err
		}
		if j, err = s.create(ctx, tx, who, making{edits: o.change(), assets: list}); err != nil {
			return e, err
		}
		e.Subject, e.Detail = j.ID.String(), map[string]any{"assets": j.Total}
		return e, nil
	})
	return j, err
}

func (s *Service) check(ctx context.Context, tx pg.Tx, who access.Actor, o Order) error {
	if c := o.change().collection(); !c.IsZero() {
		alone, err := json.Marshal(o.Edits)
		if err != nil {
			return err
		}
		if string(alone) != "{}" || !o.AddTo.IsZero() && !o.RemoveFrom.IsZero() {
			return fault.Fields("bulk.alone", "Adding to a collection, or removing from one, stands alone.", map[string]string{"change": "nothing beside the collection"})
		}
		_, _, err = s.collections.ThereTx(ctx, tx, who, c, nil)
		return err
	}
	if err := s.assets.OwnerTx(ctx, tx, who, o.Edits.Owner); err != nil {
		return err
	}
	r, err := s.assets.RegistryTx(ctx, tx, who)
	if err != nil {
		return err
	}
	return asset.CheckEdits(r, o.Edits)
}

const sqlJobColumns = `j.id, j.started_by, j.undo_of, j.undone_by, j.state, j.code, j.reason, j.total, j.done, j.changed, j.skipped, j.kept, j.created_at, j.ended_at`

const sqlJob = `select ` + sqlJobColumns + ` from bulk_job j where j.id = @id and j.tenant_id = @tenant`

const sqlHoldJob = sqlJob + ` for update`

// jobTx reads a job of one's own; Operate sees everybody's.
func jobTx(ctx context.Context, tx pg.Tx, who access.Actor, sql string, job id.Bulk) (Job, error) {
	rows, err := tx.Query(ctx, sql, pgx.StrictNamedArgs{"id": job, "tenant": who.Tenant})
	if err != nil {
		return Job{}, err
	}
	j, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Job])
	if errors.Is(err, pgx.ErrNoRows) || err == nil && j.StartedBy != who.ID && who.Require(access.Operate) != nil {
		return Job{}, access.NotFound("bulk")
	}
	return j, err
}

const sqlReasons = `
	select i.code, min(i.reason) as reason, count(*)::int as count from bulk_item i
	where i.job_id = @id and i.tenant_id = @tenant and i.state = 'skipped' group by i.code order by count desc, i.code limit 20`

// Get returns a job that who started.
func (s *Service) Get(ctx context.Context, who access.Actor, job id.Bulk) (j Job, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		if j, err = jobTx(ctx, tx, who, sqlJob, job); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlReasons, pgx.StrictNamedArgs{"id": job, "tenant": who.Tenant})
		if err != nil {
			return err
		}
		j.Reasons, err = pgx.CollectRows(rows, pgx.RowToStructByName[Reason])
		return err
	})
	return j, err
}

// Item is one asset of a job that was skipped, or of which an undo left something.
type Item struct {
	Seq    int      `db:"seq"`
	Asset  id.Asset `db:"asset_id"`
	State  string   `db:"state"`
	Code   string   `db:"code"`
	Reason string   `db:"reason"`
	Kept   []string `db:"kept"`
}

const sqlLeft = `
	select i.seq, i.asset_id, i.state, i.code, i.reason, i.kept from bulk_item i
	where i.job_id = @id and i.tenant_id = @tenant and (i.state = 'skipped' or i.kept <> '{}') and i.seq > @after order by i.seq limit @limit`

// Left lists the assets of a job that were skipped, and those of which an undo
// left something as it is.
func (s *Service) Left(ctx context.Context, who access.Actor, job id.Bulk, cursor string, limit int) (p page.Page[Item], err error) {
	of, after := "bulk.left "+job.String(), 0
	if _, err := page.Read(cursor, of, &after); err != nil {
		return p, err
	}
	limit = page.Limit(limit)
	err = s.read(ctx, who, func(tx pg.Tx) error {
		if _, err := jobTx(ctx, tx, who, sqlJob, job); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlLeft, pgx.StrictNamedArgs{"id": job, "tenant": who.Tenant, "after": after, "limit": limit + 1})
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Item])
		p = page.Cut(list, limit, of, func(i Item) []any { return []any{i.Seq} })
		return err
	})
	return p, err
}

const sqlCancel = `update bulk_job set state = 'cancelled', ended_at = @now where id = @id and tenant_id = @tenant`

// Cancel stops a job of one's own after the batch in hand. What is done stays
// done, and can be undone.
func (s *Service) Cancel(ctx context.Context, who access.Actor, job id.Bulk) (j Job, err error) {
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "bulk.cancel", Subject: job.String()}
		if j, err = jobTx(ctx, tx, who, sqlHoldJob, job); err != nil {
			return e, err
		}
		if j.EndedAt != nil {
			return e, fault.New(fault.Conflict, "bulk.ended", "This has ended already. What it did can be undone.")
		}
		now := s.now()
		j.State, j.EndedAt = Cancelled, &now
		_, err := tx.Exec(ctx, sqlCancel, pgx.StrictNamedArgs{"id": job, "tenant": who.Tenant, "now": now})
		return e, err
	})
	return j, err
}
