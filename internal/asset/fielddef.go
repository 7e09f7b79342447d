// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/pg"
)

// Limits of what a tenant defines.
const (
	maxOwnFields = 300
	maxOptions   = 1000
	maxLabel     = 200
	maxHelp      = 2000
)

// settings runs fn for somebody who looks after the tenant's settings, on a
// registry that nobody else changes meanwhile.
func (s *Service) settings(ctx context.Context, who access.Actor, fn func(tx pg.Tx) (audit.Entry, error)) error {
	if err := who.Require(access.ManageSettings); err != nil {
		return err
	}
	return s.defining(ctx, who, fn)
}

// Registry returns the fields that there are.
func (s *Service) Registry(ctx context.Context, who access.Actor) (r *Registry, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		r, err = s.RegistryTx(ctx, tx, who)
		return err
	})
	return r, err
}

// Retired lists the tenant's own fields that are retired.
func (r *Registry) Retired() []Def {
	return slices.DeleteFunc(slices.Clone(r.orBuiltIn().defs), func(d Def) bool { return d.RetiredAt == nil })
}

const sqlOwnCount = `select count(*) from field_def d where d.tenant_id = @tenant`

const sqlCreateField = `
	insert into field_def (tenant_id, name, type, per_language, max, max_items, personal, searchable, facet, labels, helps, options, taxonomy_id,
		section, position, created_at)
	values (@tenant, @name, @type, @per_language, @max, @max_items, @personal, @searchable, @facet, @labels, @helps, @options, @taxonomy,
		@section, @position, @now)`

// CreateField defines a field, which takes ManageSettings. Its name, type and
// whether it has languages stay for good.
func (s *Service) CreateField(ctx context.Context, who access.Actor, d Def) (Def, error) {
	err := s.settings(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "field.create", Subject: d.Name, Detail: map[string]any{"type": string(d.Type)}}
		if err := d.whole(); err != nil {
			return e, err
		}
		count := 0
		if err := tx.QueryRow(ctx, sqlOwnCount, pgx.StrictNamedArgs{"tenant": who.Tenant}).Scan(&count); err != nil {
			return e, err
		}
		if count >= maxOwnFields {
			return e, tooMany("field.many", maxOwnFields)
		}
		if !d.Taxonomy.IsZero() {
			if _, err := taxonomyTx(ctx, tx, who, d.Taxonomy); err != nil {
				return e, err
			}
		}
		d.Own, d.RetiredAt = true, nil
		args, err := d.args(who)
		if err != nil {
			return e, err
		}
		args["type"], args["per_language"], args["taxonomy"], args["now"] = string(d.Type), d.PerLanguage, d.Taxonomy, s.now()
		_, err = tx.Exec(ctx, sqlCreateField, args)
		if pg.Violates(err, "field_def_pkey") {
			return e, fault.New(fault.Conflict, "field.name", "There is a field of this name already, or there was one whose values are kept. Choose another name or bring that one back.")
		}
		return e, err
	})
	return d, err
}

func (d Def) args(who access.Actor) (pgx.StrictNamedArgs, error) {
	options, err := json.Marshal(d.Options)
	return pgx.StrictNamedArgs{
		"tenant": who.Tenant, "name": d.Name, "max": d.Max, "max_items": d.MaxItems, "personal": d.Personal, "searchable": d.Searchable,
		"facet": d.Facet, "labels": d.Labels, "helps": d.Helps, "options": string(options), "section": d.Section, "position": d.Position,
	}, err
}

// FieldPatch changes a definition; what is nil stays.
type FieldPatch struct {
	Labels, Helps               map[string]string
	Max, MaxItems, Position     *int
	Personal, Searchable, Facet *bool
	Section                     *string
	Options                     []Option // all of them
	Retired                     *bool    // false brings a retired field back with its values
}

const sqlUsed = `select u.value, count(*) from field_use u where u.tenant_id = @tenant and u.field = @field and u.value = any(@values::text[]) group by u.value order by u.value`

const sqlEditField = `
	update field_def set max = @max, max_items = @max_items, personal = @personal, searchable = @searchable, facet = @facet, labels = @labels,
		helps = @helps, options = @options, section = @section, position = @position, retired_at = @retired
	where tenant_id = @tenant and name = @name and not purging`

// EditField changes a definition, which takes ManageSettings. No value is lost:
// a shorter limit holds for what is set from now on, and an option that assets
// have can be retired but not left out.
func (s *Service) EditField(ctx context.Context, who access.Actor, name string, p FieldPatch) (d Def, err error) {
	err = s.settings(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "field.edit", Subject: name}
		was, err := s.ownField(ctx, tx, who, name)
		if err != nil {
			return e, err
		}
		d = was.with(p, s.now())
		if err := d.whole(); err != nil {
			return e, err
		}
		var gone []string
		for _, o := range was.Options {
			if !slices.ContainsFunc(d.Options, func(n Option) bool { return n.Value == o.Value }) {
				gone = append(gone, o.Value)
			}
		}
		if err := s.unused(ctx, tx, who, name, gone); err != nil {
			return e, err
		}
		args, err := d.args(who)
		if err != nil {
			return e, err
		}
		args["retired"] = d.RetiredAt
		tag, err := tx.Exec(ctx, sqlEditField, args)
		if err == nil && tag.RowsAffected() == 0 {
			return e, access.NotFound("field")
		}
		if err != nil {
			return e, err
		}
		return e, s.follow(ctx, tx, FollowArgs{Tenant: who.Tenant, Field: name})
	})
	return d, err
}

func (d Def) with(p FieldPatch, now time.Time) Def {
	set(&d.Max, p.Max)
	set(&d.MaxItems, p.MaxItems)
	set(&d.Position, p.Position)
	set(&d.Personal, p.Personal)
	set(&d.Searchable, p.Searchable)
	set(&d.Facet, p.Facet)
	set(&d.Section, p.Section)
	if p.Labels != nil {
		d.Labels = maps.Clone(p.Labels)
	}
	if p.Helps != nil {
		d.Helps = maps.Clone(p.Helps)
	}
	d.Options = slices.Clone(d.Options)
	if p.Options != nil {
		d.Options = slices.Clone(p.Options)
	}
	if p.Retired != nil && *p.Retired != (d.RetiredAt != nil) {
		if d.RetiredAt = nil; *p.Retired {
			d.RetiredAt = &now
		}
	}
	return d
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// ownField finds one of the tenant's own fields, retired or not.
func (s *Service) ownField(ctx context.Context, tx pg.Tx, who access.Actor, name string) (Def, error) {
	r, err := s.RegistryTx(ctx, tx, who)
	if err != nil {
		return Def{}, err
	}
	if i, ok := r.orBuiltIn().at[name]; ok && r.defs[i].Own {
		return r.defs[i], nil
	}
	if _, ok := r.Def(name); ok {
		return Def{}, fault.New(fault.Conflict, "field.built_in", "This field is built in and stays as it is.")
	}
	return Def{}, access.NotFound("field")
}

// unused refuses to let go of values that assets have, with how many have each.
func (s *Service) unused(ctx context.Context, tx pg.Tx, who access.Actor, field string, values []string) error {
	if len(values) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, sqlUsed, pgx.StrictNamedArgs{"tenant": who.Tenant, "field": field, "values": values})
	if err != nil {
		return err
	}
	counts, value, n := map[string]string{}, "", 0
	if _, err := pgx.ForEachRow(rows, []any{&value, &n}, func() error {
		counts[value] = strconv.Itoa(n)
		return nil
	}); err != nil || len(counts) == 0 {
		return err
	}
	return &fault.Error{
		Kind: fault.Conflict, Code: "field.used", Extra: counts,
		Text: "Assets have values that would not be in the list any more; how many is said by value. Retire these options instead of leaving them out.",
	}
}

const sqlRetireField = `update field_def set retired_at = @now where tenant_id = @tenant and name = @name and retired_at is null`

// RetireField hides a field with its values, which are kept and come back with
// it. It takes ManageSettings.
func (s *Service) RetireField(ctx context.Context, who access.Actor, name string) error {
	return s.settings(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "field.retire", Subject: name}
		if _, err := s.ownField(ctx, tx, who, name); err != nil {
			return e, err
		}
		tag, err := tx.Exec(ctx, sqlRetireField, pgx.StrictNamedArgs{"tenant": who.Tenant, "name": name, "now": s.now()})
		if err != nil {
			return e, err
		}
		if tag.RowsAffected() == 0 {
			return e, fault.New(fault.Conflict, "field.retired", "This field is retired already.")
		}
		return e, s.follow(ctx, tx, FollowArgs{Tenant: who.Tenant, Field: name})
	})
}

const sqlPurgeField = `update field_def set purging = true where tenant_id = @tenant and name = @name and retired_at is not null`

// PurgeField destroys a retired field with all its values and their history
// for good, which takes ManageSettings. It is done by a job.
func (s *Service) PurgeField(ctx context.Context, who access.Actor, name string) error {
	return s.settings(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "field.purge", Subject: name}
		if _, err := s.ownField(ctx, tx, who, name); err != nil {
			return e, err
		}
		tag, err := tx.Exec(ctx, sqlPurgeField, pgx.StrictNamedArgs{"tenant": who.Tenant, "name": name})
		if err != nil {
			return e, err
		}
		if tag.RowsAffected() == 0 {
			return e, fault.New(fault.Conflict, "field.not_retired", "Only the values of a retired field can be destroyed. Retire the field first.")
		}
		return e, s.follow(ctx, tx, FollowArgs{Tenant: who.Tenant, Field: name, Purge: true})
	})
}

func inUse(code, text string, n int) error {
	return &fault.Error{Kind: fault.Conflict, Code: code, Text: text, Extra: map[string]string{"uses": strconv.Itoa(n)}}
}

func tooMany(code string, most int) error {
	return fault.New(fault.Conflict, code, "There can be at most "+strconv.Itoa(most)+" of these. Take away what is not needed first.")
}
