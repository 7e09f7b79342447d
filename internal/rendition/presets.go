// SPDX-License-Identifier: Apache-2.0

package rendition

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/audit"
	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

const sqlPresetColumns = `p.id, p.name, p.labels, p.spec, p.eager, p.groups, p.mark_id, p.version, p.created_at, p.created_by`

const sqlPresets = `select ` + sqlPresetColumns + ` from preset p where p.tenant_id = @tenant and p.deleted_at is null order by p.name limit 500`

func presetsTx(ctx context.Context, tx pg.Tx, who access.Actor) ([]Preset, error) {
	rows, err := tx.Query(ctx, sqlPresets, pgx.StrictNamedArgs{"tenant": who.Tenant})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Preset])
}

// Presets lists the presets that who may use, those built in first; an
// administrator of presets gets all.
func (s *Service) Presets(ctx context.Context, who access.Actor) (out []Preset, err error) {
	if err := who.Require(0); err != nil {
		return nil, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		out, err = presetsTx(ctx, tx, who)
		return err
	})
	out = slices.DeleteFunc(out, func(p Preset) bool { return !p.May(who) })
	return append(Presets(), out...), err
}

const sqlPreset = `select ` + sqlPresetColumns + ` from preset p where p.id = @id and p.tenant_id = @tenant and p.deleted_at is null`

func presetByID(ctx context.Context, tx pg.Tx, who access.Actor, i id.Preset) (Preset, error) {
	rows, err := tx.Query(ctx, sqlPreset, pgx.StrictNamedArgs{"id": i, "tenant": who.Tenant})
	if err != nil {
		return Preset{}, err
	}
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Preset])
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !p.May(who) {
		return Preset{}, access.NotFound("preset")
	}
	return p, err
}

const sqlPresetNamed = `select ` + sqlPresetColumns + ` from preset p where p.name = @name and p.tenant_id = @tenant and p.deleted_at is null`

// presetTx finds a preset by its name, if who may use it.
func (*Service) presetTx(ctx context.Context, tx pg.Tx, who access.Actor, name string) (Preset, error) {
	for _, p := range Presets() {
		if p.Name == name {
			return p, nil
		}
	}
	rows, err := tx.Query(ctx, sqlPresetNamed, pgx.StrictNamedArgs{"name": name, "tenant": who.Tenant})
	if err != nil {
		return Preset{}, err
	}
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Preset])
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !p.May(who) {
		return Preset{}, access.NotFound("preset")
	}
	return p, err
}

// Preset returns one preset that who may use.
func (s *Service) Preset(ctx context.Context, who access.Actor, i id.Preset) (p Preset, err error) {
	if err := who.Require(0); err != nil {
		return Preset{}, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		p, err = presetByID(ctx, tx, who, i)
		return err
	})
	return p, err
}

// markable returns nil if who may make an asset's picture a watermark.
func (s *Service) markable(ctx context.Context, tx pg.Tx, who access.Actor, mark *id.Asset) error {
	if mark == nil {
		return nil
	}
	a, _, err := s.ingest.ShownTx(ctx, tx, who, *mark)
	if err == nil {
		err = asset.AllowedBytes(a, who, access.DownloadRendition, s.now())
	}
	if fault.KindOf(err) == fault.NotFound || err == nil && (a.Kind != asset.Image || a.State != asset.Ready) {
		return fault.Fields("preset.invalid", "Some of the preset is not as it must be.", map[string]string{"mark.asset": "a picture that is ready and that you may download"})
	}
	return err
}

const sqlNewPreset = `
	insert into preset (id, tenant_id, name, labels, spec, eager, groups, mark_id, created_at, created_by)
	values (@id, @tenant, @name, @labels, @spec, @eager, @groups, @mark, @now, @by)`

// CreatePreset makes a preset, which takes ManageSettings. One that is eager is
// made of every revision that comes from now on, and of others when asked for.
func (s *Service) CreatePreset(ctx context.Context, who access.Actor, p Preset) (Preset, error) {
	p.ID, p.Version, p.CreatedAt, p.CreatedBy = id.New[id.Preset](), 1, s.now(), who.ID
	err := s.administer(ctx, who, "preset.create", func(tx pg.Tx, e *audit.Entry) error {
		e.Subject, e.Detail = p.ID.String(), map[string]any{"name": p.Name}
		if err := s.check(p); err != nil {
			return err
		}
		if err := s.markable(ctx, tx, who, p.MarkAsset); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, sqlNewPreset, p.bind(who, s.now()))
		return taken(err)
	})
	return p, err
}

func (p Preset) bind(who access.Actor, now time.Time) pgx.StrictNamedArgs {
	labels, groups := p.Labels, p.Groups
	if labels == nil {
		labels = map[string]string{}
	}
	if groups == nil {
		groups = []id.Group{}
	}
	return pgx.StrictNamedArgs{
		"id": p.ID, "tenant": who.Tenant, "name": p.Name, "labels": labels, "spec": p.Spec, "eager": p.Eager, "groups": groups,
		"mark": p.MarkAsset, "now": now, "by": who.ID,
	}
}

// taken turns the database's word for a name that is there into ours.
func taken(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.ConstraintName == "preset_name_key" {
		return fault.New(fault.Conflict, "preset.name_taken", "There is a preset of this name already. Choose another name.")
	}
	return err
}

const sqlHoldPreset = `select p.id from preset p where p.id = @id and p.tenant_id = @tenant for no key update`

const sqlSetPreset = `
	update preset set name = @name, labels = @labels, spec = @spec, eager = @eager, groups = @groups, mark_id = @mark, version = version + 1
	where id = @id and tenant_id = @tenant`

// EditPreset changes a preset, which takes ManageSettings. version is the one
// that the change was made to; zero is any. What it makes from now on, it makes
// anew; what it made before goes when that is there.
func (s *Service) EditPreset(ctx context.Context, who access.Actor, i id.Preset, version int64, change func(*Preset)) (p Preset, err error) {
	err = s.administer(ctx, who, "preset.edit", func(tx pg.Tx, e *audit.Entry) error {
		e.Subject = i.String()
		if _, err := tx.Exec(ctx, sqlHoldPreset, pgx.StrictNamedArgs{"id": i, "tenant": who.Tenant}); err != nil {
			return err
		}
		if p, err = presetByID(ctx, tx, who, i); err != nil {
			return err
		}
		if version != 0 && version != p.Version {
			return &fault.Error{
				Kind: fault.Stale, Code: "preset.changed", Extra: map[string]string{"version": strconv.FormatInt(p.Version, 10)},
				Text: "Somebody has changed this preset since you read it. Read it again and repeat your change.",
			}
		}
		change(&p)
		e.Detail = map[string]any{"name": p.Name}
		if err := s.check(p); err != nil {
			return err
		}
		if err := s.markable(ctx, tx, who, p.MarkAsset); err != nil {
			return err
		}
		args := p.bind(who, s.now())
		delete(args, "now")
		delete(args, "by")
		p.Version++
		_, err := tx.Exec(ctx, sqlSetPreset, args)
		return taken(err)
	})
	return p, err
}

const sqlDeletePreset = `update preset set deleted_at = @now, eager = false where id = @id and tenant_id = @tenant`

// DeletePreset takes a preset out of use, which takes ManageSettings. Its row
// and what was given out of it stay; its name is free again.
func (s *Service) DeletePreset(ctx context.Context, who access.Actor, i id.Preset) error {
	return s.administer(ctx, who, "preset.delete", func(tx pg.Tx, e *audit.Entry) error {
		p, err := presetByID(ctx, tx, who, i)
		if err != nil {
			return err
		}
		e.Subject, e.Detail = i.String(), map[string]any{"name": p.Name}
		if _, err := tx.Exec(ctx, sqlDeletePreset, pgx.StrictNamedArgs{"id": i, "tenant": who.Tenant, "now": s.now()}); err != nil {
			return err
		}
		return s.retire(ctx, tx, who, sqlRetirePreset, pgx.StrictNamedArgs{"preset": p.Name, "tenant": who.Tenant})
	})
}

// administer runs a deed on presets and writes it into the log.
func (s *Service) administer(ctx context.Context, who access.Actor, verb string, fn func(tx pg.Tx, e *audit.Entry) error) error {
	if err := who.Require(access.ManageSettings); err != nil {
		return err
	}
	return pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		e := audit.Entry{At: s.now(), Who: who, Verb: verb}
		if err := fn(tx, &e); err != nil {
			return err
		}
		return audit.Record(ctx, tx, e)
	})
}

const sqlRetirePreset = `delete from rendition where preset = @preset and tenant_id = @tenant returning blob_key`

const sqlRetireRecipes = `
	delete from rendition where revision_id = @revision and tenant_id = @tenant and preset = any(@presets) and not recipe = any(@recipes)
	returning blob_key`

// grace is how long the bytes of a rendition stay that is no longer shown: for
// addresses and tickets that were given out.
const grace = 26 * time.Hour

// retire takes renditions away that are no longer shown. Their bytes follow
// when the grace is over.
func (s *Service) retire(ctx context.Context, tx pg.Tx, who access.Actor, sql string, args pgx.StrictNamedArgs) error {
	rows, err := tx.Query(ctx, sql, args)
	if err != nil {
		return err
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[blob.Key])
	if err != nil {
		return err
	}
	return s.ingest.CondemnLaterTx(ctx, tx, who.Tenant, grace, keys...)
}
