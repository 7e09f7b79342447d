// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/pg"
)

// Preference is how somebody is told of a kind.
type Preference struct {
	Kind  Kind
	Title string // in the reader's language
	Way   Way
	Fixed bool // about the safety of the account: it cannot be chosen
}

const sqlPreferences = `select p.kind, p.way from notice_preference p where p.tenant_id = @tenant and p.account_id = @me`

// Preferences returns how who is told of every kind.
func (s *Service) Preferences(ctx context.Context, who access.Actor) (list []Preference, err error) {
	if err := somebody(who); err != nil {
		return nil, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		list, err = s.preferences(ctx, tx, who)
		return err
	})
	return list, err
}

func (s *Service) preferences(ctx context.Context, tx pg.Tx, who access.Actor) (list []Preference, err error) {
	r, err := s.accounts.ReachTx(ctx, tx, who.Account)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, sqlPreferences, pgx.StrictNamedArgs{"tenant": who.Tenant, "me": who.Account})
	if err != nil {
		return nil, err
	}
	chosen := map[Kind]Way{}
	var kind Kind
	var way Way
	if _, err := pgx.ForEachRow(rows, []any{&kind, &way}, func() error { chosen[kind] = way; return nil }); err != nil {
		return nil, err
	}
	for _, of := range rules {
		p := Preference{Kind: of.kind, Title: s.words.say(r.Language, string(of.kind)+".title", nil), Way: of.usual, Fixed: of.secure}
		if way, ok := chosen[of.kind]; ok && !of.secure {
			p.Way = way
		}
		list = append(list, p)
	}
	return list, nil
}

const sqlPrefer = `
	insert into notice_preference (tenant_id, account_id, kind, way) values (@tenant, @me, @kind, @way)
	on conflict (account_id, kind) do update set way = excluded.way`

// Prefer chooses how who is told of kinds; of those that are not named, as before.
func (s *Service) Prefer(ctx context.Context, who access.Actor, ways map[Kind]Way) (list []Preference, err error) {
	if err := somebody(who); err != nil {
		return nil, err
	}
	wrong := map[string]string{}
	for kind, way := range ways {
		r, known := ruleOf(kind)
		switch {
		case !known:
			wrong[string(kind)] = "There is no such kind of notice."
		case r.secure:
			wrong[string(kind)] = "What has to do with the safety of your account is always told by mail."
		case !slices.Contains(Ways, way):
			wrong[string(kind)] = "Choose app, mail, digest or off."
		}
	}
	if len(wrong) > 0 {
		return nil, fault.Fields("notice.preference", "The choice cannot be saved like this.", wrong)
	}
	err = audit.Deed(ctx, s.db, who, s.now, func(tx pg.Tx) (audit.Entry, error) {
		for kind, way := range ways {
			if _, err := tx.Exec(ctx, sqlPrefer, pgx.StrictNamedArgs{"tenant": who.Tenant, "me": who.Account, "kind": string(kind), "way": string(way)}); err != nil {
				return audit.Entry{}, err
			}
		}
		list, err = s.preferences(ctx, tx, who)
		return audit.Entry{Verb: "notice.prefer", Subject: who.Account.String()}, err
	})
	return list, err
}
