// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/queue"
)

// FollowArgs asks for assets to follow what was changed in a definition.
type FollowArgs struct {
	Tenant id.Tenant `json:"tenant"`
	Folder id.Folder `json:"folder,omitzero"` // what it and those below it require
	Field  string    `json:"field,omitempty"` // how its values are found
	Term   id.Term   `json:"term,omitzero"`   // of the field: what this term, and those below it, are called or have become
	Purge  bool      `json:"purge,omitempty"` // the field's values are destroyed
}

// Kind names the job.
func (FollowArgs) Kind() string { return "asset.follow" }

const part = "asset"

// followAtOnce is how many assets follow in one transaction.
const followAtOnce = 200

// Register tells the queue the room's jobs.
func (s *Service) Register(q *queue.Queue) {
	s.jobs = q
	queue.Add(q, queue.Rule{On: queue.IO, Attempts: 12, Timeout: 30 * time.Minute},
		func(ctx context.Context, a FollowArgs) error {
			return s.Follow(ctx, access.HouseActor(a.Tenant, part), a)
		}, nil)
	queue.Add(q, queue.Rule{On: queue.IO, Attempts: 3, Timeout: 2 * time.Hour, Once: true},
		func(ctx context.Context, _ SweepArgs) error { return s.sweepAll(ctx) }, nil)
	q.Every(time.Hour, SweepArgs{})
}

// follow lets assets follow when the transaction has committed.
func (s *Service) follow(ctx context.Context, tx pg.Tx, list ...FollowArgs) error {
	if s.jobs == nil {
		return nil
	}
	for _, a := range list {
		if err := s.jobs.Enqueue(ctx, tx, a); err != nil {
			return err
		}
	}
	return nil
}

const sqlFollowFolder = `
	with recursive below as (
		select f.id from folder f where f.id = @folder and f.tenant_id = @tenant
		union all select f.id from folder f join below b on f.parent_id = b.id
	)
	select a.id from asset a where a.folder_id in (select b.id from below b) and a.tenant_id = @tenant and a.id > @after
	order by a.id limit @most`

const sqlFollowField = `
	select distinct u.asset_id from field_use u where u.tenant_id = @tenant and u.field = @field and u.asset_id > @after
	order by u.asset_id limit @most`

const sqlFollowTerms = `
	select distinct u.asset_id from field_use u
	where u.tenant_id = @tenant and u.field = @field and u.value = any(@terms::text[]) and u.asset_id > @after
	order by u.asset_id limit @most`

// Follow brings assets up to a definition that has changed: it is the job of
// FollowArgs. Doing it twice does nothing more.
func (s *Service) Follow(ctx context.Context, who access.Actor, a FollowArgs) error {
	if who.Kind != access.House {
		return access.NotFound("field")
	}
	if a.Purge {
		return s.purgeField(ctx, who, a.Field)
	}
	var after uuid.UUID
	for {
		var ids []id.Asset
		if err := pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) (err error) {
			if ids, err = s.followers(ctx, tx, who, a, after); err != nil || len(ids) == 0 {
				return err
			}
			return s.bring(ctx, tx, who, ids)
		}); err != nil || len(ids) < followAtOnce {
			return err
		}
		after = ids[len(ids)-1].UUID()
	}
}

func (s *Service) followers(ctx context.Context, tx pg.Tx, who access.Actor, a FollowArgs, after uuid.UUID) ([]id.Asset, error) {
	args := pgx.StrictNamedArgs{"tenant": who.Tenant, "after": after, "most": followAtOnce}
	var rows pgx.Rows
	var err error
	switch {
	case !a.Folder.IsZero():
		args["folder"] = a.Folder
		rows, err = tx.Query(ctx, sqlFollowFolder, args)
	case a.Term.IsZero():
		args["field"] = a.Field
		rows, err = tx.Query(ctx, sqlFollowField, args)
	default:
		r, err := s.RegistryTx(ctx, tx, who)
		if err != nil {
			return nil, err
		}
		args["field"], args["terms"] = a.Field, r.family(a.Term)
		if rows, err = tx.Query(ctx, sqlFollowTerms, args); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[id.Asset])
}

// family lists a term, those below it and those that became one of them.
func (r *Registry) family(term id.Term) []string {
	out := []string{term.String()}
	for name := range r.orBuiltIn().terms {
		if slices.ContainsFunc(r.way(name), func(t Term) bool { return t.ID == term }) && name != out[0] {
			out = append(out, name)
		}
	}
	return out
}

// bring writes what is derived of assets' fields anew.
func (s *Service) bring(ctx context.Context, tx pg.Tx, who access.Actor, ids []id.Asset) error {
	list, err := s.holdAll(ctx, tx, who, ids)
	if err != nil || len(list) == 0 {
		return err
	}
	var all []edited
	for _, a := range list {
		sh := newSheet(a, Mark{FromMachine, who.ID, s.now()})
		sh.merged()
		all = append(all, edited{a, sh})
	}
	required, err := s.required(ctx, tx, who, all...)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(e edited) bool {
		return !e.sheet.touched && slices.Equal(e.asset.lacks(required[e.asset.Folder]), e.asset.Missing)
	})
	if err := s.write(ctx, tx, who, 0, all...); err != nil {
		return err
	}
	if list, err = s.all(ctx, tx, who)(tx.Query(ctx, sqlByIDs, who.Bind(pgx.StrictNamedArgs{"ids": ids, "tenant": who.Tenant}))); err != nil {
		return err
	}
	return s.OnIndex(ctx, tx, who, list...)
}

// merged lets values follow terms that have become others; who said them stays.
func (s *sheet) merged() {
	for _, name := range slices.Sorted(maps.Keys(s.fields)) {
		d, ok := s.reg.Def(name)
		if !ok || d.Type != Terms {
			continue
		}
		f := s.fields[name]
		var now []string
		for _, v := range f.Values {
			if t, ok := s.reg.Term(v); ok {
				v = t.ID.String()
			}
			if !slices.Contains(now, v) {
				now = append(now, v)
			}
		}
		if !slices.Equal(now, f.Values) {
			s.note(name, "", someList(f.Values), someList(now), f.mark(""), false)
			f.Values = now
			s.fields[name] = f
		}
	}
}

const sqlHoldAll = `select a.id from asset a where a.id = any(@ids::uuid[]) and a.tenant_id = @tenant order by a.id for no key update`

// holdAll reads assets that nobody else changes until the transaction ends, in
// the order given; those that are no more are left out.
func (s *Service) holdAll(ctx context.Context, tx pg.Tx, who access.Actor, ids []id.Asset) ([]Asset, error) {
	if _, err := tx.Exec(ctx, sqlHoldAll, pgx.StrictNamedArgs{"ids": ids, "tenant": who.Tenant}); err != nil {
		return nil, err
	}
	list, err := s.all(ctx, tx, who)(tx.Query(ctx, sqlByIDs, who.Bind(pgx.StrictNamedArgs{"ids": ids, "tenant": who.Tenant})))
	if err != nil {
		return nil, err
	}
	by := make(map[id.Asset]int, len(ids))
	for i, a := range ids {
		by[a] = i
	}
	slices.SortFunc(list, func(a, b Asset) int { return by[a.ID] - by[b.ID] })
	return list, nil
}

const sqlPurgeValues = `update asset set fields = fields - @field::text where tenant_id = @tenant and fields ? @field::text`

const sqlPurgeHistory = `delete from field_change where tenant_id = @tenant and field = @field`

const sqlPurgeUse = `delete from field_use where tenant_id = @tenant and field = @field`

const sqlPurgeDef = `delete from field_def where tenant_id = @tenant and name = @field and purging`

// purgeField destroys a field that is being purged, with all its values.
func (s *Service) purgeField(ctx context.Context, who access.Actor, field string) error {
	return s.defining(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "field.purge_values", Subject: field}
		args := pgx.StrictNamedArgs{"tenant": who.Tenant, "field": field}
		for _, sql := range []string{sqlPurgeDef, sqlPurgeValues, sqlPurgeHistory, sqlPurgeUse} {
			tag, err := tx.Exec(ctx, sql, args)
			if err != nil || sql == sqlPurgeDef && tag.RowsAffected() == 0 {
				return e, err // destroyed already
			}
		}
		return e, nil
	})
}
