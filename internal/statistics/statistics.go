// SPDX-License-Identifier: Apache-2.0

// Package statistics counts what the archive holds and how it is used.
//
// Words: the state is what the archive holds now, counted in the background and
// kept; a day is how often something was done on it.
//
// Promises: asking costs the same whatever the size of the archive; counting
// takes at most about a thousandth of the time. Folders and assets are named
// only to whoever may see them. Nobody is counted: there is no number about
// what a person did.
//
// Tables: statistic_state, statistic_day.
package statistics

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/queue"
)

// Service is the room's set of verbs.
type Service struct {
	db  *pg.DB
	now func() time.Time

	// Tenants lists those that are counted.
	Tenants func(ctx context.Context) ([]id.Tenant, error)

	jobs    *queue.Queue
	mu      sync.Mutex
	pending map[tally]int64 // not written down yet
}

type tally struct {
	tenant id.Tenant
	day    time.Time
	what   string
}

// Searches is what is counted as it happens; the rest is in the log of deeds.
const Searches = "searches"

// New returns the room.
func New(db *pg.DB, now func() time.Time) *Service {
	return &Service{
		db: db, now: now, pending: map[tally]int64{},
		Tenants: func(context.Context) ([]id.Tenant, error) { return nil, nil },
	}
}

// CountArgs is the job that counts all tenants anew.
type CountArgs struct{}

// Kind implements queue.Args.
func (CountArgs) Kind() string { return "statistics.count" }

// Register tells the queue what this room does later.
func (s *Service) Register(q *queue.Queue) {
	queue.Add(q, queue.Rule{On: queue.IO, Attempts: 2, Timeout: 15 * time.Minute, Once: true}, func(ctx context.Context, _ CountArgs) error {
		tenants, err := s.Tenants(ctx)
		errs := []error{err, s.Flush(ctx, house(id.Tenant{}))}
		for _, t := range tenants {
			errs = append(errs, s.Count(ctx, house(t)))
		}
		return errors.Join(errs...)
	}, nil)
	q.Every(time.Hour, CountArgs{})
	s.jobs = q
}

func onlyHouse(who access.Actor) error {
	if err := who.Require(0); err != nil {
		return err
	}
	return fault.New(fault.Forbidden, "access.forbidden", "Only the house itself counts.")
}

// Note counts that something was done once. It costs nothing; Flush writes it down.
func (s *Service) Note(tenant id.Tenant, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending[tally{tenant, s.now().UTC().Truncate(24 * time.Hour), what}]++
}

const sqlAdd = `
	insert into statistic_day (tenant_id, day, what, n) values (@tenant, @day, @what, @n)
	on conflict (tenant_id, day, what) do update set n = statistic_day.n + excluded.n`

// house is this room acting by itself.
func house(t id.Tenant) access.Actor { return access.HouseActor(t, "statistics") }

// Flush writes down what was noted, of all tenants. What cannot be written is
// kept for later. Only the house may.
func (s *Service) Flush(ctx context.Context, who access.Actor) error {
	if who.Kind != access.House {
		return onlyHouse(who)
	}
	s.mu.Lock()
	taken := s.pending
	s.pending = map[tally]int64{}
	s.mu.Unlock()
	var errs []error
	for t, n := range maps.Clone(taken) {
		err := pg.In(ctx, s.db, t.tenant, func(tx pg.Tx) error {
			_, err := tx.Exec(ctx, sqlAdd, pgx.StrictNamedArgs{"tenant": t.tenant, "day": t.day, "what": t.what, "n": n})
			return err
		})
		if err == nil {
			delete(taken, t)
		}
		errs = append(errs, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for t, n := range taken {
		s.pending[t] += n
	}
	return errors.Join(errs...)
}

// Group is so many assets of a kind and state.
type Group struct {
	Kind   asset.Kind  `json:"kind" db:"kind"`
	State  asset.State `json:"state" db:"state"`
	Assets int64       `json:"assets" db:"assets"`
}

// Stored is how much lies somewhere, all revisions together.
type Stored struct {
	Kind  asset.Kind `json:"kind" db:"kind"`
	Files int64      `json:"files" db:"files"`
	Bytes int64      `json:"bytes" db:"bytes"`
}

// InFolder is how much lies in a folder itself.
type InFolder struct {
	Folder id.Folder `json:"folder" db:"folder"`
	Name   string    `json:"-" db:"-"` // empty: the asker may not see it
	Assets int64     `json:"assets" db:"assets"`
	Bytes  int64     `json:"bytes" db:"bytes"`
}

// Month is what happened in a month.
type Month struct {
	Month                        time.Time // its first day
	Uploads, Downloads, Searches int64
}

// Used is an asset that was often fetched.
type Used struct {
	Asset     id.Asset `json:"asset" db:"asset"`
	Name      string   `json:"-" db:"-"`
	Downloads int64    `json:"downloads" db:"downloads"`
}

// numbers are the state as it is kept.
type numbers struct {
	Groups  []Group    `json:"groups"`
	Storage []Stored   `json:"storage"`
	Folders []InFolder `json:"folders"`
	Used    []Used     `json:"used"`
	Alt     Coverage   `json:"alt"`
	Bin     Stored     `json:"bin"`
	Took    int64      `json:"took_ms"`
}

// Coverage is how many pictures have an alt decision.
type Coverage struct {
	Images  int64 `json:"images"`
	Decided int64 `json:"decided"`
}

// Statistics is what is told.
type Statistics struct {
	CountedAt *time.Time // nil: not yet
	Groups    []Group
	Storage   []Stored
	Folders   []InFolder // those that hold most
	Used      []Used     // those fetched most that the asker may see
	Alt       Coverage
	Bin       Stored
	Months    []Month // the last 24, the newest first; only those of which there is something
}

// reader is whoever looks after the machine or the settings.
func reader(who access.Actor) error {
	if who.Kind != access.Nobody && who.Everywhere()&access.Operate != 0 {
		return nil
	}
	return who.Require(access.ManageSettings)
}

const sqlState = `select made_at, numbers from statistic_state where tenant_id = @tenant`

const sqlMonths = `
	select date_trunc('month', d.day)::date as month, coalesce(sum(d.n) filter (where d.what = 'uploads'), 0)::bigint as uploads,
		coalesce(sum(d.n) filter (where d.what = 'downloads'), 0)::bigint as downloads, coalesce(sum(d.n) filter (where d.what = 'searches'), 0)::bigint as searches
	from statistic_day d where d.tenant_id = @tenant and d.day >= (date_trunc('month', @now::timestamptz) - interval '23 months')::date
	group by 1 order by 1 desc`

// fresh is how old numbers may be before reading them has them counted anew.
const fresh = time.Minute

// Get returns the tenant's statistics as they were counted last, and has them
// counted again where that is a while ago. It takes Operate or ManageSettings.
func (s *Service) Get(ctx context.Context, who access.Actor) (out Statistics, err error) {
	if err := reader(who); err != nil {
		return out, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		var at time.Time
		var raw []byte
		var n numbers
		err := tx.QueryRow(ctx, sqlState, pgx.StrictNamedArgs{"tenant": who.Tenant}).Scan(&at, &raw)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
		case err != nil:
			return err
		default:
			if err := json.Unmarshal(raw, &n); err != nil {
				return err
			}
			out = Statistics{CountedAt: &at, Groups: n.Groups, Storage: n.Storage, Folders: n.Folders, Used: n.Used, Alt: n.Alt, Bin: n.Bin}
		}
		rows, err := tx.Query(ctx, sqlMonths, pgx.StrictNamedArgs{"tenant": who.Tenant, "now": s.now()})
		if err != nil {
			return err
		}
		if out.Months, err = pgx.CollectRows(rows, pgx.RowToStructByName[Month]); err != nil {
			return err
		}
		if s.jobs != nil && s.now().Sub(at) > fresh {
			if err := s.jobs.Enqueue(ctx, tx, CountArgs{}); err != nil {
				return err
			}
		}
		return s.name(ctx, tx, who, &out)
	})
	return out, err
}

const sqlFolderNames = `
	select f.id, f.name, ` + access.SQLCanFolder + ` from folder f where f.tenant_id = @tenant and f.id = any(@folders) and f.deleted_at is null`

const sqlAssetNames = `
	select a.id, a.name from asset a where a.tenant_id = @tenant and a.id = any(@assets) and a.acl_id = any(@acls::bigint[]) and ` + asset.SQLSeen

// name fills in what things are called, for who, and leaves out assets that
// who may not see.
func (s *Service) name(ctx context.Context, tx pg.Tx, who access.Actor, st *Statistics) error {
	folders, assets := make([]id.Folder, len(st.Folders)), make([]id.Asset, len(st.Used))
	for i, f := range st.Folders {
		folders[i] = f.Folder
	}
	for i, a := range st.Used {
		assets[i] = a.Asset
	}
	rows, err := tx.Query(ctx, sqlFolderNames, who.Bind(pgx.StrictNamedArgs{"tenant": who.Tenant, "folders": id.Raw(folders)}))
	if err != nil {
		return err
	}
	inFolders := map[id.Folder]string{}
	var f id.Folder
	var name string
	var can access.Set
	if _, err := pgx.ForEachRow(rows, []any{&f, &name, &can}, func() error {
		if can.Has(access.View) {
			inFolders[f] = name
		}
		return nil
	}); err != nil {
		return err
	}
	for i := range st.Folders {
		st.Folders[i].Name = inFolders[st.Folders[i].Folder]
	}
	args := pgx.StrictNamedArgs{"tenant": who.Tenant, "assets": id.Raw(assets)}
	if err := asset.BindSeen(ctx, tx, who, s.now(), args); err != nil {
		return err
	}
	if rows, err = tx.Query(ctx, sqlAssetNames, args); err != nil {
		return err
	}
	names := map[id.Asset]string{}
	var a id.Asset
	if _, err := pgx.ForEachRow(rows, []any{&a, &name}, func() error { names[a] = name; return nil }); err != nil {
		return err
	}
	used := st.Used
	st.Used = nil
	for _, u := range used {
		if u.Name = names[u.Asset]; u.Name != "" && len(st.Used) < mostUsed {
			st.Used = append(st.Used, u)
		}
	}
	return nil
}
