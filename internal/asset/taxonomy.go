// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
)

// Limits of taxonomies.
const (
	maxTaxonomies = 500
	maxTerms      = 50_000 // of a tenant
	maxTermDepth  = 12
	maxSynonyms   = 50
)

// Taxonomy is a tree of terms.
type Taxonomy struct {
	ID        id.Taxonomy `db:"id"`
	Name      string      `db:"name"`
	Open      bool        `db:"open"`  // whoever may edit assets may add terms
	Terms     int         `db:"terms"` // how many it has
	CreatedAt time.Time   `db:"created_at"`
}

const sqlTaxonomyColumns = `x.id, x.name, x.open, (select count(*) from term t where t.taxonomy_id = x.id)::int as terms, x.created_at`

const sqlTaxonomies = `select ` + sqlTaxonomyColumns + ` from taxonomy x where x.tenant_id = @tenant order by x.name`

// Taxonomies lists the tenant's taxonomies by name.
func (s *Service) Taxonomies(ctx context.Context, who access.Actor) (list []Taxonomy, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlTaxonomies, pgx.StrictNamedArgs{"tenant": who.Tenant})
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Taxonomy])
		return err
	})
	return list, err
}

const sqlTaxonomy = `select ` + sqlTaxonomyColumns + ` from taxonomy x where x.id = @id and x.tenant_id = @tenant`

func taxonomyTx(ctx context.Context, tx pg.Tx, who access.Actor, taxonomy id.Taxonomy) (Taxonomy, error) {
	rows, err := tx.Query(ctx, sqlTaxonomy, pgx.StrictNamedArgs{"id": taxonomy, "tenant": who.Tenant})
	if err != nil {
		return Taxonomy{}, err
	}
	x, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Taxonomy])
	if errors.Is(err, pgx.ErrNoRows) {
		return Taxonomy{}, access.NotFound("taxonomy")
	}
	return x, err
}

const sqlCreateTaxonomy = `insert into taxonomy (id, tenant_id, name, open, created_at) values (@id, @tenant, @name, @open, @now)`

// CreateTaxonomy makes an empty taxonomy, which takes ManageSettings.
func (s *Service) CreateTaxonomy(ctx context.Context, who access.Actor, name string, open bool) (x Taxonomy, err error) {
	x = Taxonomy{ID: id.New[id.Taxonomy](), Open: open, CreatedAt: s.now()}
	err = s.settings(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "taxonomy.create", Subject: x.ID.String()}
		if x.Name, err = title(name); err != nil {
			return e, err
		}
		rows, err := tx.Query(ctx, sqlTaxonomies, pgx.StrictNamedArgs{"tenant": who.Tenant})
		if err != nil {
			return e, err
		}
		all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Taxonomy])
		if err != nil {
			return e, err
		}
		if len(all) >= maxTaxonomies {
			return e, tooMany("taxonomy.many", maxTaxonomies)
		}
		_, err = tx.Exec(ctx, sqlCreateTaxonomy, pgx.StrictNamedArgs{"id": x.ID, "tenant": who.Tenant, "name": x.Name, "open": x.Open, "now": x.CreatedAt})
		return e, taxonomyName(err)
	})
	return x, err
}

func taxonomyName(err error) error {
	if pg.Violates(err, "taxonomy_name_key") {
		return fault.New(fault.Conflict, "taxonomy.name", "There is a taxonomy of this name already.")
	}
	return err
}

const sqlEditTaxonomy = `update taxonomy set name = @name, open = @open where id = @id and tenant_id = @tenant`

// EditTaxonomy renames a taxonomy or opens it, which takes ManageSettings.
func (s *Service) EditTaxonomy(ctx context.Context, who access.Actor, taxonomy id.Taxonomy, name *string, open *bool) (x Taxonomy, err error) {
	err = s.settings(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "taxonomy.edit", Subject: taxonomy.String()}
		if x, err = taxonomyTx(ctx, tx, who, taxonomy); err != nil {
			return e, err
		}
		set(&x.Open, open)
		if name != nil {
			if x.Name, err = title(*name); err != nil {
				return e, err
			}
		}
		_, err := tx.Exec(ctx, sqlEditTaxonomy, pgx.StrictNamedArgs{"id": taxonomy, "tenant": who.Tenant, "name": x.Name, "open": x.Open})
		return e, taxonomyName(err)
	})
	return x, err
}

const sqlTaxonomyUsed = `select count(*) from field_def d where d.taxonomy_id = @id and d.tenant_id = @tenant`

const sqlDeleteTaxonomy = `delete from taxonomy where id = @id and tenant_id = @tenant`

// DeleteTaxonomy takes a taxonomy away that no field uses, which takes
// ManageSettings.
func (s *Service) DeleteTaxonomy(ctx context.Context, who access.Actor, taxonomy id.Taxonomy) error {
	return s.settings(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "taxonomy.delete", Subject: taxonomy.String()}
		if _, err := taxonomyTx(ctx, tx, who, taxonomy); err != nil {
			return e, err
		}
		used := 0
		args := pgx.StrictNamedArgs{"id": taxonomy, "tenant": who.Tenant}
		if err := tx.QueryRow(ctx, sqlTaxonomyUsed, args).Scan(&used); err != nil {
			return e, err
		}
		if used > 0 {
			return e, inUse("taxonomy.used", "Fields choose from this taxonomy, retired ones perhaps. Destroy them first.", used)
		}
		_, err := tx.Exec(ctx, sqlDeleteTaxonomy, args)
		return e, err
	})
}

// TermsOf lists all terms of a taxonomy, in the order in which siblings stand.
func (s *Service) TermsOf(ctx context.Context, who access.Actor, taxonomy id.Taxonomy) (list []Term, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		if _, err := taxonomyTx(ctx, tx, who, taxonomy); err != nil {
			return err
		}
		r, err := s.RegistryTx(ctx, tx, who)
		if err != nil {
			return err
		}
		for _, t := range r.orBuiltIn().terms {
			if t.Taxonomy == taxonomy {
				list = append(list, *t)
			}
		}
		return nil
	})
	slices.SortFunc(list, func(a, b Term) int {
		if a.Position != b.Position {
			return a.Position - b.Position
		}
		return slices.Compare(idBytes(a.ID), idBytes(b.ID))
	})
	return list, err
}

func idBytes(t id.Term) []byte { u := t.UUID(); return u[:] }

// TermPatch makes or changes a term; what is nil stays.
type TermPatch struct {
	Labels     map[string]string
	Synonyms   []string
	Parent     *id.Term // the zero identifier: to the top
	Position   *int
	Deprecated *bool
}

// adding runs fn for somebody who may add terms: who looks after the settings
// or, where the taxonomy is open, who may edit assets somewhere.
func (s *Service) adding(ctx context.Context, who access.Actor, taxonomy id.Taxonomy, fn func(tx pg.Tx) (audit.Entry, error)) error {
	if who.Require(access.ManageSettings) == nil {
		return s.settings(ctx, who, fn)
	}
	return s.defining(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		x, err := taxonomyTx(ctx, tx, who, taxonomy)
		if err != nil {
			return audit.Entry{}, err
		}
		may, err := access.Visible(ctx, tx, who, access.View|access.Edit)
		if err != nil {
			return audit.Entry{}, err
		}
		if !x.Open || len(may) == 0 {
			return audit.Entry{}, who.Require(access.ManageSettings)
		}
		return fn(tx)
	})
}

const sqlCreateTerm = `
	insert into term (id, tenant_id, taxonomy_id, parent_id, labels, synonyms, position, created_at)
	values (@id, @tenant, @taxonomy, @parent, @labels, @synonyms, @position, @now)`

// CreateTerm adds a term. It takes ManageSettings or, in an open taxonomy, Edit
// in some folder.
func (s *Service) CreateTerm(ctx context.Context, who access.Actor, taxonomy id.Taxonomy, p TermPatch) (t Term, err error) {
	t = Term{ID: id.New[id.Term](), Taxonomy: taxonomy, CreatedAt: s.now()}
	err = s.adding(ctx, who, taxonomy, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "term.create", Subject: t.ID.String(), Detail: map[string]any{"taxonomy": taxonomy.String()}}
		if _, err := taxonomyTx(ctx, tx, who, taxonomy); err != nil {
			return e, err
		}
		r, err := s.RegistryTx(ctx, tx, who)
		if err != nil {
			return e, err
		}
		if len(r.orBuiltIn().terms) >= maxTerms {
			return e, tooMany("term.many", maxTerms)
		}
		if err := t.change(r, p, s.now()); err != nil {
			return e, err
		}
		_, err = tx.Exec(ctx, sqlCreateTerm, t.args(who))
		return e, err
	})
	return t, err
}

func (t Term) args(who access.Actor) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"id": t.ID, "tenant": who.Tenant, "taxonomy": t.Taxonomy, "parent": t.Parent, "labels": t.Labels, "synonyms": t.Synonyms,
		"position": t.Position, "now": t.CreatedAt,
	}
}

// change brings a patch into a term, or says what is wrong.
func (t *Term) change(r *Registry, p TermPatch, now time.Time) error {
	wrong := map[string]string{}
	if p.Labels != nil || t.Labels == nil {
		labels, w := texts(p.Labels, maxLabel)
		if t.Labels = labels; w == "" && len(labels) == 0 {
			w = "a term has a label in at least one language"
		}
		if w != "" {
			wrong["label"] = w
		}
	}
	if p.Synonyms != nil || t.Synonyms == nil {
		t.Synonyms = []string{}
		for _, s := range p.Synonyms {
			line, ok := plain.Line(s)
			if !ok || utf8.RuneCountInString(line) > maxLabel {
				wrong["synonyms"] = "a synonym has at most 200 characters"
			} else if line != "" && !slices.Contains(t.Synonyms, line) {
				t.Synonyms = append(t.Synonyms, line)
			}
		}
		if len(t.Synonyms) > maxSynonyms {
			wrong["synonyms"] = "at most 50"
		}
	}
	if p.Parent != nil {
		t.Parent = *p.Parent
		if w := t.misplaced(r); w != "" {
			wrong["parent"] = w
		}
	}
	set(&t.Position, p.Position)
	if p.Deprecated != nil && *p.Deprecated != (t.DeprecatedAt != nil) {
		if t.DeprecatedAt = nil; *p.Deprecated {
			t.DeprecatedAt = &now
		}
	}
	if len(wrong) > 0 {
		return fault.Fields("term.invalid", "The term cannot be kept like this. Correct what is named and try again.", wrong)
	}
	return nil
}

func (t *Term) misplaced(r *Registry) (wrong string) {
	if t.Parent.IsZero() {
		return ""
	}
	above := r.way(t.Parent.String())
	below := 1
	if len(above) == 0 || above[0].Taxonomy != t.Taxonomy || above[0].ID != t.Parent {
		return "there is no such term in this taxonomy"
	}
	if slices.ContainsFunc(above, func(a Term) bool { return a.ID == t.ID }) {
		return "a term cannot stand below itself"
	}
	for _, o := range r.orBuiltIn().terms {
		for i, a := range r.way(o.ID.String()) {
			if a.ID == t.ID {
				below = max(below, i+1)
			}
		}
	}
	if len(above)+below > maxTermDepth {
		return "at most " + strconv.Itoa(maxTermDepth) + " terms stand below each other"
	}
	return ""
}
