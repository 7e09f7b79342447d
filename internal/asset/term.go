// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// termTx finds a term of a taxonomy that was not merged into another.
func (s *Service) termTx(ctx context.Context, tx pg.Tx, who access.Actor, taxonomy id.Taxonomy, term id.Term) (*Registry, Term, error) {
	r, err := s.RegistryTx(ctx, tx, who)
	if err != nil {
		return nil, Term{}, err
	}
	t := r.orBuiltIn().terms[term.String()]
	if t == nil || t.Taxonomy != taxonomy {
		return nil, Term{}, access.NotFound("term")
	}
	if !t.MergedInto.IsZero() {
		return nil, Term{}, &fault.Error{
			Kind: fault.Gone, Code: "term.merged", Extra: map[string]string{"into": t.MergedInto.String()},
			Text: "This term has become another one, which is named here.",
		}
	}
	return r, *t, nil
}

const sqlEditTerm = `
	update term set parent_id = @parent, labels = @labels, synonyms = @synonyms, position = @position, deprecated_at = @deprecated
	where id = @id and tenant_id = @tenant`

// EditTerm gives a term other labels, another place or another standing, for
// all assets at once. It takes ManageSettings.
func (s *Service) EditTerm(ctx context.Context, who access.Actor, taxonomy id.Taxonomy, term id.Term, p TermPatch) (t Term, err error) {
	err = s.settings(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "term.edit", Subject: term.String(), Detail: map[string]any{"taxonomy": taxonomy.String()}}
		r, was, err := s.termTx(ctx, tx, who, taxonomy, term)
		if err != nil {
			return e, err
		}
		t = was
		if err := t.change(r, p, s.now()); err != nil {
			return e, err
		}
		if _, err := tx.Exec(ctx, sqlEditTerm, pgx.StrictNamedArgs{
			"id": t.ID, "tenant": who.Tenant, "parent": t.Parent, "labels": t.Labels, "synonyms": t.Synonyms, "position": t.Position,
			"deprecated": t.DeprecatedAt,
		}); err != nil {
			return e, err
		}
		return e, s.follow(ctx, tx, r.below(who.Tenant, t)...)
	})
	return t, err
}

// below is what must follow when a term is another: the assets that carry it,
// or one below it.
func (r *Registry) below(tenant id.Tenant, t Term) (list []FollowArgs) {
	for _, d := range r.orBuiltIn().defs {
		if d.Type == Terms && d.Taxonomy == t.Taxonomy {
			list = append(list, FollowArgs{Tenant: tenant, Field: d.Name, Term: t.ID})
		}
	}
	return list
}

const sqlTermUses = `
	select (select count(distinct u.asset_id) from field_use u join field_def d on d.tenant_id = u.tenant_id and d.name = u.field
		where u.tenant_id = @tenant and d.taxonomy_id = @taxonomy and u.value = @term)
		+ (select count(*) from term t where t.parent_id = @id or t.merged_into = @id)`

const sqlDeleteTerm = `delete from term where id = @id and tenant_id = @tenant`

// DeleteTerm takes a term away that no asset carries and nothing stands below,
// which takes ManageSettings. One that is used can be deprecated or merged.
func (s *Service) DeleteTerm(ctx context.Context, who access.Actor, taxonomy id.Taxonomy, term id.Term) error {
	return s.settings(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "term.delete", Subject: term.String(), Detail: map[string]any{"taxonomy": taxonomy.String()}}
		if _, _, err := s.termTx(ctx, tx, who, taxonomy, term); err != nil {
			return e, err
		}
		uses := 0
		if err := tx.QueryRow(ctx, sqlTermUses, pgx.StrictNamedArgs{
			"tenant": who.Tenant, "taxonomy": taxonomy, "term": term.String(), "id": term,
		}).Scan(&uses); err != nil {
			return e, err
		}
		if uses > 0 {
			return e, inUse("term.used", "Assets carry this term, or terms stand below it. Deprecate it or merge it into another.", uses)
		}
		_, err := tx.Exec(ctx, sqlDeleteTerm, pgx.StrictNamedArgs{"id": term, "tenant": who.Tenant})
		return e, err
	})
}

const sqlMergeTerm = `update term set merged_into = @into, deprecated_at = coalesce(deprecated_at, @now) where id = @id and tenant_id = @tenant`

const sqlMergeChildren = `update term set parent_id = @into where parent_id = @id and tenant_id = @tenant`

// MergeTerm makes a term become another of the same taxonomy, which takes
// ManageSettings: what stood below it stands below the other, its labels become
// synonyms of it, and assets follow by a job. Whoever still names the old term
// gets the new one.
func (s *Service) MergeTerm(ctx context.Context, who access.Actor, taxonomy id.Taxonomy, term, into id.Term) (t Term, err error) {
	err = s.settings(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		e := audit.Entry{Verb: "term.merge", Subject: term.String(), Detail: map[string]any{"taxonomy": taxonomy.String(), "into": into.String()}}
		r, from, err := s.termTx(ctx, tx, who, taxonomy, term)
		if err != nil {
			return e, err
		}
		if _, t, err = s.termTx(ctx, tx, who, taxonomy, into); err != nil {
			return e, err
		}
		for _, above := range r.way(into.String()) {
			if above.ID == term {
				return e, fault.New(fault.Conflict, "term.below", "A term cannot be merged into itself or one that stands below it.")
			}
		}
		more := append([]string{}, t.Synonyms...)
		more = append(more, sortedValues(from.Labels)...)
		more = append(more, from.Synonyms...)
		if err := t.change(r, TermPatch{Synonyms: more[:min(len(more), maxSynonyms)]}, s.now()); err != nil {
			return e, err
		}
		for _, step := range []struct {
			sql  string
			args pgx.StrictNamedArgs
		}{
			{sqlMergeChildren, pgx.StrictNamedArgs{"id": term, "into": into, "tenant": who.Tenant}},
			{sqlMergeTerm, pgx.StrictNamedArgs{"id": term, "into": into, "tenant": who.Tenant, "now": s.now()}},
			{sqlEditTerm, pgx.StrictNamedArgs{
				"id": t.ID, "tenant": who.Tenant, "parent": t.Parent, "labels": t.Labels, "synonyms": t.Synonyms, "position": t.Position,
				"deprecated": t.DeprecatedAt,
			}},
		} {
			if _, err := tx.Exec(ctx, step.sql, step.args); err != nil {
				return e, err
			}
		}
		return e, s.follow(ctx, tx, append(r.below(who.Tenant, from), r.below(who.Tenant, t)...)...)
	})
	return t, err
}
