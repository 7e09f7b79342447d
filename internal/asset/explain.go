// SPDX-License-Identifier: Apache-2.0

package asset

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/folder"
	"tillgang/internal/id"
	"tillgang/internal/page"
	"tillgang/internal/pg"
)

// Insight is what somebody may do with an asset, and why. It is worked out with
// Actor.Can and Limits, which decide it too.
type Insight struct {
	Principal uuid.UUID
	Kind      string // "account" or "key"
	Name      string
	Gone      bool       // deactivated, revoked or expired
	Given     access.Set // by the rights in the asset's folder and at the tenant
	Scope     access.Set // at most these; access.All for people
	May       access.Set // what is left of it; without View the asset is not there for them
	Limits    []Limit    // the rules of the asset's state that take something away
	Through   []Through  // the grants that Given comes from
}

// Through is a grant that reaches somebody.
type Through struct {
	folder.Source
	To  uuid.UUID         // to whom it was given: them, or a group
	Via []account.Station // the groups from theirs to that one; empty: it was given to them
}

// insight is what asks about one asset.
type insight struct {
	asset    Asset
	entries  map[uuid.UUID]access.Set
	reaching []folder.Right
}

const sqlFolderACL = `select f.acl_id from folder f where f.id = @folder and f.tenant_id = @tenant`

// look gathers who has which rights on an asset.
func (s *Service) look(ctx context.Context, tx pg.Tx, who access.Actor, a Asset) (in insight, err error) {
	in.asset = a
	var acl int64
	if err := tx.QueryRow(ctx, sqlFolderACL, pgx.StrictNamedArgs{"folder": a.Folder, "tenant": who.Tenant}).Scan(&acl); err != nil {
		return in, err
	}
	if in.entries, err = access.Entries(ctx, tx, acl); err != nil {
		return in, err
	}
	in.reaching, err = s.folders.ReachingTx(ctx, tx, who, a.Folder)
	return in, err
}

// of is what somebody may do with the asset.
func (in insight) of(p account.Candidate, s *Service) Insight {
	out := Insight{Principal: p.Principal, Kind: p.Kind, Name: p.Name, Gone: p.Gone, Scope: p.Scope}
	if p.Gone {
		return out
	}
	a := in.asset
	a.Can = p.Can(in.entries)
	out.Given, out.May, out.Limits = a.Can, May(a, p.Actor, s.now()), Limits(a, p.Actor, s.now())
	return out
}

// through adds the grants that reach somebody.
func (in insight) through(out *Insight, p account.Candidate, chains map[uuid.UUID]map[uuid.UUID][]account.Station) {
	for _, r := range in.reaching {
		if !slices.Contains(p.Own.Principals, r.Principal) {
			continue
		}
		for _, src := range r.Through {
			out.Through = append(out.Through, Through{Source: src, To: r.Principal, Via: chains[p.Account.UUID()][r.Principal]})
		}
	}
}

// explainable returns an asset whose rights who may have explained: that takes
// ManageRights or ReadHistory.
func (s *Service) explainable(ctx context.Context, tx pg.Tx, who access.Actor, asset id.Asset) (Asset, error) {
	a, err := s.byID(ctx, tx, who, asset)
	if err != nil {
		return Asset{}, err
	}
	if err := Allowed(a, who, access.View, s.now()); err != nil {
		return Asset{}, err
	}
	if a.Can&(access.ManageRights|access.ReadHistory) == 0 {
		return Asset{}, access.Require(a.Can, access.ReadHistory, "asset")
	}
	return a, nil
}

// Explain says what a person or a key may do with an asset, and why. It takes
// ManageRights in its folder, or ReadHistory.
func (s *Service) Explain(ctx context.Context, who access.Actor, asset id.Asset, principal uuid.UUID) (out Insight, err error) {
	err = s.read(ctx, who, func(tx pg.Tx) error {
		a, err := s.explainable(ctx, tx, who, asset)
		if err != nil {
			return err
		}
		list, err := account.CandidatesTx(ctx, tx, who.Tenant, s.now(), account.Whose{Principals: []uuid.UUID{principal}, Limit: 1})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return access.NotFound("principal")
		}
		all, err := s.insights(ctx, tx, who, a, list)
		if err == nil {
			out = all[0]
		}
		return err
	})
	return out, err
}

// insights explains what each of some may do with an asset.
func (s *Service) insights(ctx context.Context, tx pg.Tx, who access.Actor, a Asset, list []account.Candidate) ([]Insight, error) {
	in, err := s.look(ctx, tx, who, a)
	if err != nil {
		return nil, err
	}
	var accounts []uuid.UUID
	for _, p := range list {
		if !p.Account.IsZero() {
			accounts = append(accounts, p.Account.UUID())
		}
	}
	chains, err := account.ChainsTx(ctx, tx, who.Tenant, accounts)
	if err != nil {
		return nil, err
	}
	out := make([]Insight, len(list))
	for i, p := range list {
		out[i] = in.of(p, s)
		in.through(&out[i], p, chains)
	}
	return out, nil
}

// Seers lists the people and the keys of their own right who see an asset now,
// by name, and why. It takes ManageRights in its folder, or ReadHistory.
func (s *Service) Seers(ctx context.Context, who access.Actor, asset id.Asset, cursor string, limit int) (out page.Page[Insight], err error) {
	of, after := "asset.seers "+asset.String(), ""
	if _, err := page.Read(cursor, of, &after); err != nil {
		return out, err
	}
	limit = page.Limit(limit)
	err = s.read(ctx, who, func(tx pg.Tx) error {
		a, err := s.explainable(ctx, tx, who, asset)
		if err != nil {
			return err
		}
		list, err := s.seers(ctx, tx, who, a, account.Whose{After: after, Limit: limit + 1}, access.View)
		if err != nil {
			return err
		}
		cut := page.Cut(list, limit, of, func(p account.Candidate) []any { return []any{p.Place()} })
		out.Next = cut.Next
		out.Items, err = s.insights(ctx, tx, who, a, cut.Items)
		return err
	})
	return out, err
}

// SeersTx lists people who may see an asset and do need with it now, of whose
// names a word begins so. The asker must have been let near the asset before.
func (s *Service) SeersTx(ctx context.Context, tx pg.Tx, who access.Actor, a Asset, begins string, most int) ([]account.Candidate, error) {
	return s.seers(ctx, tx, who, a, account.Whose{People: true, Begins: begins, Limit: most}, access.View)
}

// SeeTx tells which of some accounts may see an asset now, by account.
func (s *Service) SeeTx(ctx context.Context, tx pg.Tx, who access.Actor, a Asset, accounts []id.Account) (map[id.Account]account.Candidate, error) {
	out := map[id.Account]account.Candidate{}
	if len(accounts) == 0 {
		return out, nil
	}
	w := account.Whose{People: true, Limit: len(accounts), Principals: make([]uuid.UUID, len(accounts))}
	for i, one := range accounts {
		w.Principals[i] = one.UUID()
	}
	list, err := account.CandidatesTx(ctx, tx, who.Tenant, s.now(), w)
	if err != nil {
		return nil, err
	}
	in, err := s.look(ctx, tx, who, a)
	for _, p := range list {
		if in.of(p, s).May.Has(access.View) {
			out[p.Account] = p
		}
	}
	return out, err
}

// seers reads candidates until there are as many who may do need.
func (s *Service) seers(ctx context.Context, tx pg.Tx, who access.Actor, a Asset, w account.Whose, need access.Set) (out []account.Candidate, err error) {
	in, err := s.look(ctx, tx, who, a)
	if err != nil {
		return nil, err
	}
	reached := maps.Clone(in.entries) // whom anything reaches at all
	for _, r := range in.reaching {
		reached[r.Principal] |= r.Perm
	}
	w.Reached = slices.Collect(maps.Keys(reached))
	for most := w.Limit; len(out) < most; {
		w.Limit = max(most, 50)
		list, err := account.CandidatesTx(ctx, tx, who.Tenant, s.now(), w)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			if in.of(p, s).May.Has(need) && len(out) < most {
				out = append(out, p)
			}
		}
		if len(list) < w.Limit {
			break
		}
		w.After = list[len(list)-1].Place()
	}
	return out, nil
}
