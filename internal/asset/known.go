// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Registry is what fields a tenant has: those that are built in, and its own
// with their options and terms. It never changes; a nil one has only what is
// built in.
type Registry struct {
	version int64
	defs    []Def // with those that are retired
	at      map[string]int
	terms   map[string]*Term
	rules   bool // some folder requires something or has a template, or some person has one
}

// Term is one term of a taxonomy.
type Term struct {
	ID           id.Term           `db:"id"`
	Taxonomy     id.Taxonomy       `db:"taxonomy_id"`
	Parent       id.Term           `db:"parent_id"` // zero: at the top
	Labels       map[string]string `db:"labels"`    // by language
	Synonyms     []string          `db:"synonyms"`
	Position     int               `db:"position"`
	CreatedAt    time.Time         `db:"created_at"`
	DeprecatedAt *time.Time        `db:"deprecated_at"` // no longer to be chosen since
	MergedInto   id.Term           `db:"merged_into"`   // what it became; zero: it is itself
}

// builtIn is the registry of a tenant without fields of its own.
var builtIn = newRegistry(0, nil, nil, false)

func newRegistry(version int64, own []Def, terms []Term, rules bool) *Registry {
	r := &Registry{version: version, defs: slices.Concat(Defs(), own), at: map[string]int{}, terms: map[string]*Term{}, rules: rules}
	for i := range terms {
		r.terms[terms[i].ID.String()] = &terms[i]
	}
	for i := range r.defs {
		r.defs[i].terms = r.terms
		r.at[r.defs[i].Name] = i
	}
	return r
}

// Equal reports whether both are of the same version.
func (r *Registry) Equal(o *Registry) bool { return r.orBuiltIn().version == o.orBuiltIn().version }

func (r *Registry) orBuiltIn() *Registry {
	if r == nil {
		return builtIn
	}
	return r
}

// Def finds a field by name, unless it is retired.
func (r *Registry) Def(name string) (Def, bool) {
	r = r.orBuiltIn()
	i, ok := r.at[name]
	if !ok || r.defs[i].RetiredAt != nil {
		return Def{}, false
	}
	return r.defs[i], true
}

// Defs lists the fields that are not retired, in the order in which they are shown.
func (r *Registry) Defs() []Def {
	return slices.DeleteFunc(slices.Clone(r.orBuiltIn().defs), func(d Def) bool { return d.RetiredAt != nil })
}

// Term finds a term by its outer identifier; one that was merged gives what it became.
func (r *Registry) Term(term string) (Term, bool) {
	r = r.orBuiltIn()
	for range maxTermDepth {
		t := r.terms[term]
		if t == nil {
			return Term{}, false
		}
		if t.MergedInto.IsZero() {
			return *t, true
		}
		term = t.MergedInto.String()
	}
	return Term{}, false
}

// way lists a term and those above it, the term itself first.
func (r *Registry) way(term string) (list []Term) {
	for t, ok := r.Term(term); ok && len(list) < maxTermDepth; t, ok = r.Term(t.Parent.String()) {
		list = append(list, t)
	}
	return list
}

// registries keeps what processes know of tenants' fields, each good for the
// version it was read at.
type registries struct {
	mu sync.Mutex
	by map[id.Tenant]*Registry
}

// maxKnown bounds how many tenants' registries are kept.
const maxKnown = 1000

const sqlOwnDefs = `
	select d.name, d.type, d.per_language, d.max, d.max_items, d.personal, d.searchable, d.facet, d.labels, d.helps, d.options,
		d.taxonomy_id, d.section, d.position, d.retired_at
	from field_def d where d.tenant_id = @tenant order by d.position, d.name`

const sqlTermColumns = `t.id, t.taxonomy_id, t.parent_id, t.labels, t.synonyms, t.position, t.created_at, t.deprecated_at, t.merged_into`

const sqlAllTerms = `select ` + sqlTermColumns + ` from term t where t.tenant_id = @tenant`

const sqlHasRules = `
	select exists (select from folder_rule r where r.tenant_id = @tenant) or exists (select from account_template a where a.tenant_id = @tenant)`

const sqlRegistry = `select coalesce((select r.version from field_registry r where r.tenant_id = @tenant), 0)`

// registryAt returns the tenant's fields at a version, or later if somebody
// has changed them since. Whoever has read the version beside something else
// asks the database for nothing while it stays the same.
func (s *Service) registryAt(ctx context.Context, tx pg.Tx, tenant id.Tenant, version int64) (*Registry, error) {
	if version == 0 {
		return builtIn, nil
	}
	s.known.mu.Lock()
	r := s.known.by[tenant]
	s.known.mu.Unlock()
	if r != nil && r.version == version {
		return r, nil
	}
	args := pgx.StrictNamedArgs{"tenant": tenant}
	// The version first: what is read after it is at least as new.
	if err := tx.QueryRow(ctx, sqlRegistry, args).Scan(&version); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, sqlOwnDefs, args)
	if err != nil {
		return nil, err
	}
	own, err := pgx.CollectRows(rows, scanDef)
	if err != nil {
		return nil, err
	}
	if rows, err = tx.Query(ctx, sqlAllTerms, args); err != nil {
		return nil, err
	}
	terms, err := pgx.CollectRows(rows, pgx.RowToStructByName[Term])
	if err != nil {
		return nil, err
	}
	rules := false
	if err := tx.QueryRow(ctx, sqlHasRules, args).Scan(&rules); err != nil {
		return nil, err
	}
	r = newRegistry(version, own, terms, rules)
	s.known.mu.Lock()
	defer s.known.mu.Unlock()
	if s.known.by == nil || len(s.known.by) >= maxKnown {
		s.known.by = map[id.Tenant]*Registry{}
	}
	if old := s.known.by[tenant]; old == nil || old.version < version {
		s.known.by[tenant] = r
	}
	return r, nil
}

func scanDef(row pgx.CollectableRow) (d Def, err error) {
	d.Own = true
	err = row.Scan(&d.Name, &d.Type, &d.PerLanguage, &d.Max, &d.MaxItems, &d.Personal, &d.Searchable, &d.Facet, &d.Labels, &d.Helps, &d.Options,
		&d.Taxonomy, &d.Section, &d.Position, &d.RetiredAt)
	return d, err
}

// RegistryTx returns the tenant's fields as they are now.
func (s *Service) RegistryTx(ctx context.Context, tx pg.Tx, who access.Actor) (*Registry, error) {
	var version int64
	if err := tx.QueryRow(ctx, sqlRegistry, pgx.StrictNamedArgs{"tenant": who.Tenant}).Scan(&version); err != nil {
		return nil, err
	}
	return s.registryAt(ctx, tx, who.Tenant, version)
}

const sqlShare = `select r.version from field_registry r where r.tenant_id = @tenant for share`

// share keeps the lists that the fields of those names choose from as they are
// until the transaction ends, so that no option goes while it is being chosen.
func (s *Service) share(ctx context.Context, tx pg.Tx, who access.Actor, names []string) error {
	r, err := s.RegistryTx(ctx, tx, who)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(names, func(n string) bool { d, ok := r.Def(n); return ok && d.Type.listed() }) {
		return nil
	}
	_, err = tx.Exec(ctx, sqlShare, pgx.StrictNamedArgs{"tenant": who.Tenant})
	return err
}

const sqlHoldRegistry = `
	insert into field_registry (tenant_id, version) values (@tenant, 0)
	on conflict (tenant_id) do update set version = field_registry.version`

const sqlBump = `update field_registry set version = version + 1 where tenant_id = @tenant`

// defining runs fn, which changes the tenant's registry, while nobody else
// does, and makes a new version of it. fn reads the registry before it writes:
// what is read then is kept under the version before.
func (s *Service) defining(ctx context.Context, who access.Actor, fn func(tx pg.Tx) (audit.Entry, error)) error {
	return s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		args := pgx.StrictNamedArgs{"tenant": who.Tenant}
		if _, err := tx.Exec(ctx, sqlHoldRegistry, args); err != nil {
			return audit.Entry{}, err
		}
		e, err := fn(tx)
		if err != nil {
			return e, err
		}
		_, err = tx.Exec(ctx, sqlBump, args)
		return e, err
	})
}
