// SPDX-License-Identifier: Apache-2.0

package relation

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// MaxRelations is how many relations an asset can have.
const MaxRelations = 500

// Name says how one asset stands to another. A kind with direction has two: one
// for each end.
type Name string

// The names, as pairs of a kind's two ends.
const (
	DerivedFrom Name = "derived_from"
	SourceOf    Name = "source_of"

	PartOf  Name = "part_of"
	WholeOf Name = "whole_of"

	CropOf  Name = "crop_of"
	UncutOf Name = "uncut_of"

	TranslationOf Name = "translation_of"
	TranslatedAs  Name = "translated_as"

	Replaces   Name = "replaces"
	ReplacedBy Name = "replaced_by"

	SameShoot   Name = "same_shoot"  // without direction
	Accompanies Name = "accompanies" // likewise
)

// ends are the kinds with direction: their name from the one end and the other.
var ends = [][2]Name{
	{DerivedFrom, SourceOf}, {PartOf, WholeOf}, {CropOf, UncutOf}, {TranslationOf, TranslatedAs}, {Replaces, ReplacedBy},
}

var undirected = []Name{SameShoot, Accompanies}

// Names lists all names, each end of a kind after the other.
func Names() (out []Name) {
	for _, e := range ends {
		out = append(out, e[0], e[1])
	}
	return append(out, undirected...)
}

// Inverse is the name from the other end; of a kind without direction itself.
func (n Name) Inverse() Name {
	for _, e := range ends {
		if i := slices.Index(e[:], n); i >= 0 {
			return e[1-i]
		}
	}
	return n
}

// row is how a relation is kept.
type row struct {
	from, to id.Asset
	kind     Name
}

// rowOf brings what somebody says about an asset into the form it is kept in.
func rowOf(of id.Asset, n Name, to id.Asset) (row, error) {
	switch {
	case of == to:
		return row{}, fault.New(fault.Conflict, "relation.self", "An asset has no relation to itself. Choose another one.")
	case slices.ContainsFunc(ends, func(e [2]Name) bool { return e[0] == n }):
		return row{of, to, n}, nil
	case slices.ContainsFunc(ends, func(e [2]Name) bool { return e[1] == n }):
		return row{to, of, n.Inverse()}, nil
	case slices.Contains(undirected, n):
		if less(to, of) {
			of, to = to, of
		}
		return row{of, to, n}, nil
	}
	return row{}, access.NotFound("relation")
}

func less(a, b id.Asset) bool {
	x, y := a.UUID(), b.UUID()
	return bytes.Compare(x[:], y[:]) < 0
}

// Relation is how an asset stands to another one.
type Relation struct {
	Name      Name // what is asked about is Name of Other
	Other     asset.Asset
	CreatedAt time.Time
	CreatedBy string
}

// Service is the room's set of verbs.
type Service struct {
	db     *pg.DB
	assets *asset.Service
	now    func() time.Time
}

// New returns the room on a database.
func New(db *pg.DB, assets *asset.Service, now func() time.Time) *Service {
	return &Service{db: db, assets: assets, now: now}
}

const sqlOf = `
	select r.from_id, r.kind, r.to_id, r.created_at, r.created_by from relation r
	where r.tenant_id = @tenant and (r.from_id = @asset or r.to_id = @asset)
	order by r.created_at, r.from_id, r.kind, r.to_id`

// Of lists the relations of an asset that who may see, to assets that they may
// see and that are not in the bin, by name and oldest first.
func (s *Service) Of(ctx context.Context, who access.Actor, of id.Asset) (list []Relation, err error) {
	err = access.In(ctx, s.db, who, func(tx pg.Tx) error {
		if _, err := s.assets.GetTx(ctx, tx, who, of); err != nil {
			return err
		}
		list, err = s.of(ctx, tx, who, of)
		return err
	})
	return list, err
}

func (s *Service) of(ctx context.Context, tx pg.Tx, who access.Actor, of id.Asset) (list []Relation, err error) {
	rows, err := tx.Query(ctx, sqlOf, pgx.StrictNamedArgs{"tenant": who.Tenant, "asset": of})
	if err != nil {
		return nil, err
	}
	var r row
	var one Relation
	var others []id.Asset
	if _, err := pgx.ForEachRow(rows, []any{&r.from, &r.kind, &r.to, &one.CreatedAt, &one.CreatedBy}, func() error {
		one.Name, one.Other.ID = r.kind, r.to
		if r.from != of {
			one.Name, one.Other.ID = r.kind.Inverse(), r.from
		}
		list, others = append(list, one), append(others, one.Other.ID)
		return nil
	}); err != nil {
		return nil, err
	}
	seen, err := s.assets.ByIDsTx(ctx, tx, who, others)
	if err != nil {
		return nil, err
	}
	by := make(map[id.Asset]asset.Asset, len(seen))
	for _, a := range seen {
		by[a.ID] = a
	}
	list = slices.DeleteFunc(list, func(r Relation) bool { _, ok := by[r.Other.ID]; return !ok })
	for i := range list {
		list[i].Other = by[list[i].Other.ID]
	}
	order := Names()
	slices.SortStableFunc(list, func(a, b Relation) int { return slices.Index(order, a.Name) - slices.Index(order, b.Name) })
	return list, nil
}

// both holds the two ends of a relation, with Edit on the one that is asked about.
func (s *Service) both(ctx context.Context, tx pg.Tx, who access.Actor, of, to id.Asset) error {
	pair := []id.Asset{of, to}
	if less(to, of) {
		pair = []id.Asset{to, of}
	}
	// First what the asker may know: who may not edit is told so, and nothing of the other.
	if _, err := s.assets.EditableTx(ctx, tx, who, of); err != nil {
		return err
	}
	for _, a := range pair {
		need := access.View
		if a == of {
			need |= access.Edit
		}
		held, err := s.assets.HoldTx(ctx, tx, who, a, need)
		if err != nil {
			return err
		}
		if held.DeletedAt != nil {
			return fault.New(fault.Conflict, "asset.deleted", "This asset is in the bin. Restore it first.")
		}
	}
	return nil
}

const sqlCount = `select count(*) from relation r where r.tenant_id = @tenant and (r.from_id = @asset or r.to_id = @asset)`

const sqlRelate = `
	insert into relation (tenant_id, from_id, kind, to_id, created_at, created_by) values (@tenant, @from, @kind, @to, @now, @by)
	on conflict (from_id, kind, to_id) do nothing`

// Relate says that an asset stands so to another one, which takes Edit on it and
// View on the other. Saying it twice does nothing more.
func (s *Service) Relate(ctx context.Context, who access.Actor, of id.Asset, n Name, to id.Asset) (list []Relation, err error) {
	r, err := rowOf(of, n, to)
	if err != nil {
		return nil, err
	}
	err = audit.Deed(ctx, s.db, who, s.now, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "asset.relate", Subject: of.String(), Detail: map[string]any{"name": string(n), "to": to.String()}}
		if err := s.both(ctx, tx, who, of, to); err != nil {
			return e, err
		}
		for _, a := range []id.Asset{of, to} {
			var n int
			if err := tx.QueryRow(ctx, sqlCount, pgx.StrictNamedArgs{"tenant": who.Tenant, "asset": a}).Scan(&n); err != nil {
				return e, err
			}
			if n >= MaxRelations {
				return e, fault.New(fault.Conflict, "relation.full", "An asset has at most 500 relations. Use a collection for what belongs together in such numbers.")
			}
		}
		if _, err := tx.Exec(ctx, sqlRelate, pgx.StrictNamedArgs{
			"tenant": who.Tenant, "from": r.from, "kind": r.kind, "to": r.to, "now": s.now(), "by": who.ID,
		}); err != nil {
			return e, err
		}
		list, err = s.of(ctx, tx, who, of)
		return e, err
	})
	return list, err
}

const sqlUnrelate = `delete from relation r where r.tenant_id = @tenant and r.from_id = @from and r.kind = @kind and r.to_id = @to`

// Unrelate ends a relation of an asset, which takes Edit on it and View on the
// other end.
func (s *Service) Unrelate(ctx context.Context, who access.Actor, of id.Asset, n Name, to id.Asset) error {
	r, err := rowOf(of, n, to)
	if err != nil {
		return err
	}
	return audit.Deed(ctx, s.db, who, s.now, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "asset.unrelate", Subject: of.String(), Detail: map[string]any{"name": string(n), "to": to.String()}}
		if err := s.both(ctx, tx, who, of, to); err != nil {
			return e, err
		}
		tag, err := tx.Exec(ctx, sqlUnrelate, pgx.StrictNamedArgs{"tenant": who.Tenant, "from": r.from, "kind": r.kind, "to": r.to})
		if err == nil && tag.RowsAffected() == 0 {
			return e, access.NotFound("relation")
		}
		return e, err
	})
}
