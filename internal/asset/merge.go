// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// fieldMerged is the name under which histories keep that assets were made one.
const fieldMerged = "merged"

// MaxMerged is how many assets another one takes in at once.
const MaxMerged = 50

// Merge is the making of one asset out of several.
type Merge struct {
	ID       id.Merge   `db:"id"`
	Kept     id.Asset   `db:"kept_id"`
	Merged   []id.Asset `db:"merged"` // which went into the bin
	Steps    []Step     `db:"steps"`
	At       time.Time  `db:"merged_at"`
	By       string     `db:"merged_by"`
	UndoneAt *time.Time `db:"undone_at"`
}

const sqlMergeIn = `
	update asset set deleted_at = @now, deleted_by = @by, merged_into = @kept, version = version + 1, updated_at = @now
	where id = any(@ids::uuid[]) and tenant_id = @tenant`

const sqlKeepMerge = `
	insert into asset_merge (id, tenant_id, kept_id, merged, steps, merged_at, merged_by)
	values (@id, @tenant, @kept, @merged, @steps::jsonb, @now, @by)`

// Merge makes one asset of several. The kept one gets the others' keywords and
// other list values, and, with their provenance, what it has no value of itself;
// of the fields in take, what the named one has. The others go into the bin.
// It takes Edit on the kept one and Edit and Delete on the others.
func (s *Service) Merge(ctx context.Context, who access.Actor, keep id.Asset, others []id.Asset, take map[string]id.Asset) (made Merge, a Asset, err error) {
	if len(others) == 0 || len(others) > MaxMerged || slices.Contains(others, keep) {
		return made, a, fault.Fields("asset.merge", "Name 1 to 50 other assets that this one takes in.", map[string]string{"assets": "1 to 50 others"})
	}
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		made = Merge{ID: id.New[id.Merge](), Kept: keep, At: s.now(), By: who.ID}
		e := audit.Entry{Verb: "asset.merge", Subject: keep.String()}
		reg, err := s.RegistryTx(ctx, tx, who)
		if err != nil {
			return e, err
		}
		var names []string
		for _, d := range reg.Defs() {
			names = append(names, d.Name)
		}
		if err := s.share(ctx, tx, who, names); err != nil {
			return e, err
		}
		list, err := s.mergeable(ctx, tx, who, keep, others)
		if err != nil {
			return e, err
		}
		kept := list[0]
		sh := newSheet(kept, Mark{FromPerson, who.ID, made.At})
		sh.undoing = true // others' words keep their marks; the history names who merged
		for _, o := range list[1:] {
			sh.takeIn(o, take)
			made.Merged = append(made.Merged, o.ID)
		}
		for name, from := range take {
			if _, ok := reg.Def(name); !ok && name != fieldAlt || from != keep && !slices.Contains(made.Merged, from) {
				return e, invalid(map[string]string{name: "a field, and one of the assets that it is taken from"})
			}
		}
		sh.note(fieldMerged, "", nil, outer(made.Merged), Mark{}, false)
		if made.Steps, err = sh.steps(); err != nil {
			return e, err
		}
		if err := s.write(ctx, tx, who, 1, edited{kept, sh}); err != nil {
			return e, err
		}
		if a, err = s.mergeIn(ctx, tx, who, made); err != nil {
			return e, err
		}
		e.Detail = map[string]any{"merge": made.ID.String(), "merged": outer(made.Merged), "fields": sh.names()}
		return e, nil
	})
	return made, a, err
}

// mergeable holds assets that who may make one of, the kept one first.
func (s *Service) mergeable(ctx context.Context, tx pg.Tx, who access.Actor, keep id.Asset, others []id.Asset) ([]Asset, error) {
	all := append([]id.Asset{keep}, others...)
	list, err := s.holdAll(ctx, tx, who, all)
	if err != nil {
		return nil, err
	}
	if len(list) != len(all) { // one is not there, or is named twice
		return nil, access.NotFound("asset")
	}
	for i, a := range list {
		need := access.Edit
		if i > 0 {
			need |= access.Delete
		}
		if err := Allowed(a, who, need, s.now()); err != nil {
			return nil, err
		}
		if a.Kind != list[0].Kind {
			return nil, fault.New(fault.Conflict, "asset.merge_kinds", "Only assets of one kind can be made one: pictures with pictures, films with films.")
		}
	}
	return list, nil
}

// mergeIn writes a merge down and moves the merged into the bin.
func (s *Service) mergeIn(ctx context.Context, tx pg.Tx, who access.Actor, m Merge) (Asset, error) {
	steps, err := json.Marshal(m.Steps)
	if err != nil {
		return Asset{}, err
	}
	if _, err := tx.Exec(ctx, sqlKeepMerge, pgx.StrictNamedArgs{
		"id": m.ID, "tenant": who.Tenant, "kept": m.Kept, "merged": m.Merged, "steps": string(steps), "now": m.At, "by": m.By,
	}); err != nil {
		return Asset{}, err
	}
	if _, err := tx.Exec(ctx, sqlMergeIn, pgx.StrictNamedArgs{"ids": m.Merged, "kept": m.Kept, "tenant": who.Tenant, "by": m.By, "now": m.At}); err != nil {
		return Asset{}, err
	}
	if err := s.OnDeleted(ctx, tx, who, m.Merged); err != nil {
		return Asset{}, err
	}
	if err := s.OnMerged(ctx, tx, who, m.ID, m.Kept, m.Merged); err != nil {
		return Asset{}, err
	}
	return s.changed(ctx, tx, who, m.Kept)
}

func outer(assets []id.Asset) []string {
	out := make([]string, len(assets))
	for i, a := range assets {
		out[i] = a.String()
	}
	return out
}

const sqlMergeColumns = `m.id, m.kept_id, m.merged, m.steps, m.merged_at, m.merged_by, m.undone_at`

const sqlMergesOf = `
	select ` + sqlMergeColumns + ` from asset_merge m where m.kept_id = @asset and m.tenant_id = @tenant and m.undone_at is null order by m.id desc limit 50`

// Merges lists what an asset that who sees took in, newest first.
func (s *Service) Merges(ctx context.Context, who access.Actor, asset id.Asset) (list []Merge, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		if _, err := s.GetTx(ctx, tx, who, asset); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlMergesOf, pgx.StrictNamedArgs{"asset": asset, "tenant": who.Tenant})
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Merge])
		return err
	})
	return list, err
}

const sqlHoldMerge = `select ` + sqlMergeColumns + ` from asset_merge m where m.id = @id and m.tenant_id = @tenant for update`

const sqlParted = `update asset_merge set undone_at = @now where id = @id and tenant_id = @tenant`

// Part undoes a merge: the kept asset loses what it got by it, unless somebody
// has changed that since, which left names; the others come out of the bin. All
// of them must still be there. It takes what Merge took.
func (s *Service) Part(ctx context.Context, who access.Actor, merge id.Merge) (a Asset, left []string, err error) {
	past := fault.New(fault.Conflict, "asset.merge_past", "This cannot be undone any more: not all of the merged assets are in the bin.")
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "asset.part", Subject: merge.String()}
		rows, err := tx.Query(ctx, sqlHoldMerge, pgx.StrictNamedArgs{"id": merge, "tenant": who.Tenant})
		if err != nil {
			return e, err
		}
		m, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Merge])
		if errors.Is(err, pgx.ErrNoRows) {
			return e, access.NotFound("merge")
		}
		if err != nil {
			return e, err
		}
		if a, err = s.GetTx(ctx, tx, who, m.Kept); err != nil {
			return e, err
		}
		if m.UndoneAt != nil {
			return e, fault.New(fault.Conflict, "asset.merge_undone", "This has been undone already.")
		}
		held, err := s.holdParted(ctx, tx, who, m, past)
		if err != nil {
			return e, err
		}
		a = held[0]
		sh := newSheet(a, Mark{FromPerson, who.ID, s.now()})
		sh.undoing = true
		to := a
		for _, step := range slices.Backward(m.Steps) {
			if step.Field != fieldMerged && !sh.undo(&to, step) {
				left = append(left, step.Field)
			}
		}
		sh.note(fieldMerged, "", outer(m.Merged), nil, Mark{}, false)
		if err := s.write(ctx, tx, who, 1, edited{to, sh}); err != nil {
			return e, err
		}
		if err := s.part(ctx, tx, who, m); err != nil {
			return e, err
		}
		a, err = s.changed(ctx, tx, who, m.Kept)
		e.Detail = map[string]any{"kept": m.Kept.String(), "left": left}
		return e, err
	})
	return a, left, err
}

// holdParted holds the assets of a merge that who may part, the kept one first.
func (s *Service) holdParted(ctx context.Context, tx pg.Tx, who access.Actor, m Merge, past error) ([]Asset, error) {
	before, err := s.all(ctx, tx, who)(tx.Query(ctx, sqlByIDs, who.Bind(pgx.StrictNamedArgs{"ids": m.Merged, "tenant": who.Tenant})))
	if err != nil {
		return nil, err
	}
	for _, o := range before { // folders before assets
		if err := Allowed(o, who, access.Delete, s.now()); err != nil {
			return nil, err
		}
		if err := s.folderStands(ctx, tx, who, o); err != nil {
			return nil, err
		}
	}
	list, err := s.holdAll(ctx, tx, who, append([]id.Asset{m.Kept}, m.Merged...))
	if err != nil {
		return nil, err
	}
	if len(list) != len(m.Merged)+1 || list[0].ID != m.Kept {
		return nil, past
	}
	if err := Allowed(list[0], who, access.Edit, s.now()); err != nil {
		return nil, err
	}
	for _, o := range list[1:] {
		if o.DeletedAt == nil || o.MergedInto != m.Kept {
			return nil, past
		}
		if err := Allowed(o, who, access.Delete, s.now()); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// part takes the merged out of the bin and notes that the merge is undone.
func (s *Service) part(ctx context.Context, tx pg.Tx, who access.Actor, m Merge) error {
	if err := s.OnParted(ctx, tx, who, m.ID, m.Kept, m.Merged); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, sqlRestoreMany, pgx.StrictNamedArgs{"ids": m.Merged, "tenant": who.Tenant, "now": s.now()}); err != nil {
		return err
	}
	back, err := s.all(ctx, tx, who)(tx.Query(ctx, sqlByIDs, who.Bind(pgx.StrictNamedArgs{"ids": m.Merged, "tenant": who.Tenant})))
	if err != nil {
		return err
	}
	if err := s.OnRestored(ctx, tx, who, back); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, sqlParted, pgx.StrictNamedArgs{"id": m.ID, "tenant": who.Tenant, "now": s.now()})
	return err
}
