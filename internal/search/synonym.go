// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/audit"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Limits of synonyms.
const (
	maxMeans    = 20
	maxSynonymy = 2000 // of a tenant
)

// Synonym says what else a word is looked for by.
type Synonym struct {
	ID        id.Synonym `db:"id"`
	Word      string     `db:"word"`
	Means     []string   `db:"means"`
	TwoWay    bool       `db:"two_way"` // the others find the word, and each other, too
	CreatedAt time.Time  `db:"created_at"`
}

const sqlSynonyms = `select s.id, s.word, s.means, s.two_way, s.created_at from synonym s where s.tenant_id = @tenant order by s.word`

// Synonyms lists the tenant's synonyms. It takes ManageSettings.
func (s *Service) Synonyms(ctx context.Context, who access.Actor) (list []Synonym, err error) {
	if err := who.Require(access.ManageSettings); err != nil {
		return nil, err
	}
	err = pg.In(ctx, s.db, who.Tenant, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, sqlSynonyms, pgx.StrictNamedArgs{"tenant": who.Tenant})
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Synonym])
		return err
	})
	return list, err
}

const sqlCountSynonyms = `select count(*) from synonym s where s.tenant_id = @tenant`

const sqlSetSynonym = `
	insert into synonym (id, tenant_id, word, means, two_way, created_at, created_by) values (@id, @tenant, @word, @means, @two_way, @now, @by)
	on conflict (tenant_id, word) do update set means = excluded.means, two_way = excluded.two_way
	returning id, word, means, two_way, created_at`

// SetSynonym says what else a word is looked for by, in place of what was said
// before. It takes ManageSettings.
func (s *Service) SetSynonym(ctx context.Context, who access.Actor, word string, means []string, twoWay bool) (out Synonym, err error) {
	if err := who.Require(access.ManageSettings); err != nil {
		return out, err
	}
	plain := func(w string) string {
		if len(w) > 4*maxKeyword {
			return ""
		}
		return strings.Join(words(w), " ")
	}
	word = plain(word)
	bad := map[string]string{}
	if word == "" || len([]rune(word)) > maxKeyword {
		bad["word"] = "a word, or several, of at most 100 characters"
	}
	var list []string
	for _, m := range means {
		m = plain(m)
		if m == "" || len([]rune(m)) > maxKeyword {
			bad["means"] = "words of at most 100 characters"
		} else if m != word && !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	if len(bad) == 0 && (len(list) == 0 || len(list) > maxMeans) {
		bad["means"] = "1 to 20 other words"
	}
	if len(bad) > 0 {
		return out, fault.Fields("search.synonym", "This synonym cannot be kept. See the fields.", bad)
	}
	err = s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		var n int
		if err := tx.QueryRow(ctx, sqlCountSynonyms, pgx.StrictNamedArgs{"tenant": who.Tenant}).Scan(&n); err != nil {
			return audit.Entry{}, err
		}
		if n >= maxSynonymy {
			return audit.Entry{}, fault.New(fault.Conflict, "search.synonyms_full", "There are 2,000 synonyms, which is the most. Delete some first.")
		}
		rows, err := tx.Query(ctx, sqlSetSynonym, pgx.StrictNamedArgs{"id": id.New[id.Synonym](), "tenant": who.Tenant, "word": word, "means": list, "two_way": twoWay, "now": s.now(), "by": who.ID})
		if err != nil {
			return audit.Entry{}, err
		}
		out, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Synonym])
		return audit.Entry{Verb: "search.set_synonym", Subject: out.ID.String()}, err
	})
	return out, err
}

const sqlDropSynonym = `delete from synonym s where s.id = @id and s.tenant_id = @tenant`

// DropSynonym forgets a synonym. It takes ManageSettings.
func (s *Service) DropSynonym(ctx context.Context, who access.Actor, synonym id.Synonym) error {
	if err := who.Require(access.ManageSettings); err != nil {
		return err
	}
	return s.deed(ctx, who, func(tx pg.Tx) (audit.Entry, error) {
		tag, err := tx.Exec(ctx, sqlDropSynonym, pgx.StrictNamedArgs{"id": synonym, "tenant": who.Tenant})
		if err == nil && tag.RowsAffected() == 0 {
			err = access.NotFound("synonym")
		}
		return audit.Entry{Verb: "search.drop_synonym", Subject: synonym.String()}, err
	})
}

// deed runs fn in a transaction and writes the deed it returns into the log.
func (s *Service) deed(ctx context.Context, who access.Actor, fn func(tx pg.Tx) (audit.Entry, error)) error {
	return audit.Deed(ctx, s.db, who, s.now, fn)
}
