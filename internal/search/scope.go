// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/plain"
)

// scope is a query made ready for the database: who may see what, where to
// look, and what for.
type scope struct {
	Query
	opened
	made
	nothing   bool    // nothing can be found
	acls      []int64 // under which the asker sees assets
	lagging   bool    // some assets' own acls lag behind
	folders   []id.Folder
	inFolders bool                // only in folders
	seen      pgx.StrictNamedArgs // what asset.SQLSeen and the conditions want
	hints     []Hint
	clauses   []clause
	stems     map[string][]string
	steered   pg.Planning
	tenant    id.Tenant
	at        time.Time // now
	known     *known
	often     *frequencies
}

// Hint says what in a query's text was perhaps meant otherwise.
type Hint struct {
	At   int    // character, from 1
	Text string // a sentence
}

const sqlFieldsInUse = `select f.name from search_field f where f.tenant_id = @tenant and f.name = any(@names::text[])`

const sqlSynonymsOf = `
	select s.word, s.means, s.two_way from synonym s
	where s.tenant_id = @tenant and (s.word = any(@words::text[]) or s.two_way and s.means && @words::text[])`

// sqlFolder walks from one folder to those below it. Under row level security
// Postgres would not use an index on lineage.
const sqlFolder = `
	with recursive below(id, acl_id, root) as (
		select t.id, t.acl_id, t.parent_id is null from folder t where t.id = @folder and t.tenant_id = @tenant and t.deleted_at is null
		union all select c.id, c.acl_id, false from below b join folder c on c.parent_id = b.id and c.deleted_at is null
		where @subtree::boolean and not (select x.parent_id is null from folder x where x.id = @folder))
	select b.id, b.acl_id, b.root from below b`

const sqlFoldersNamed = `
	with recursive below(name, id, acl_id, top) as (
		select t.name_key, t.id, t.acl_id, t.acl_id from folder t
			where t.tenant_id = @tenant and t.deleted_at is null and t.acl_id = any(@acls::bigint[]) and (t.name_key = any(@names::text[]) or t.id = any(@ids::uuid[]))
		union select b.name, c.id, c.acl_id, b.top from below b join folder c on c.parent_id = b.id and c.deleted_at is null)
	select b.name, b.id from below b where b.acl_id = any(@acls::bigint[])`

// prepare checks the query and resolves what it names.
func (s *Service) prepare(ctx context.Context, tx pg.Tx, who access.Actor, q Query) (*scope, error) {
	clauses, err := q.check()
	if err != nil {
		return nil, err
	}
	var opened opened
	if !q.Collection.IsZero() {
		if opened, err = s.open(ctx, tx, who, &q, &clauses); err != nil {
			return nil, err
		}
	}
	if err := q.order(clauses, opened.picked); err != nil {
		return nil, err
	}
	sc := &scope{Query: q, opened: opened, seen: pgx.StrictNamedArgs{}, steered: pg.Freely, clauses: clauses, tenant: who.Tenant, at: s.now(), known: &s.known, often: &s.often}
	m := &maker{who: who, now: sc.at, args: pgx.StrictNamedArgs{}, syn: map[string][]term{}, folders: map[string][]id.Folder{}, stems: map[string][]string{}}
	if err := sc.resolve(ctx, tx, who, m, &s.stems); err != nil {
		return nil, err
	}
	if err := sc.nameFolders(ctx, tx, who, m); err != nil {
		return nil, err
	}
	more, err := s.stems.of(ctx, tx, wordsOf(terms(nil, m.syn)))
	if err != nil {
		return nil, err
	}
	maps.Copy(m.stems, more)
	sc.stems = m.stems
	if sc.made, err = m.query(sc.clauses); err != nil {
		return nil, err
	}
	if sc.Tag != "" {
		one := quoted("#" + sc.Tag)
		sc.made = all([]made{sc.made, {first: one, wide: one, positive: true}})
	}
	if sc.tag != "" && sc.tag != sc.Tag {
		one := quoted("#" + sc.tag)
		sc.made = all([]made{sc.made, {first: one, wide: one, positive: true}})
	}
	if !sc.place.IsZero() {
		sc.made = all([]made{sc.made, {sql: "(a.folder_id = " + m.bind(sc.place) + ")"}})
	}
	if sc.wide != "" && !sc.positive { // no index leads to what lacks words
		sc.made = made{sql: m.whole(sc.made)}
	}
	maps.Copy(sc.seen, m.args)
	sc.seen["archived"] = m.filed
	sc.nothing = sc.empty || len(sc.acls) == 0 || sc.inFolders && len(sc.folders) == 0 || len(sc.clauses) == 0 && strings.TrimSpace(q.Q) != "" // only signs: nothing has them
	return sc, nil
}

// terms lists all that is looked for as words.
func terms(clauses []clause, syn map[string][]term) (out []term) {
	for _, c := range clauses {
		for _, a := range c.any {
			out = append(out, a.term)
			if a.key != "" {
				out = append(out, plainTerm(a.value))
			}
		}
	}
	for _, more := range syn {
		out = append(out, more...)
	}
	return out
}

// resolve asks the database at once for all that a query depends on.
func (sc *scope) resolve(ctx context.Context, tx pg.Tx, who access.Actor, m *maker, words *stems) error {
	b := &pgx.Batch{}
	sc.steer(b, pg.ByKey)
	var sight asset.Sight
	asset.QueueSight(b, who, &sight)
	known := map[string]bool{}
	for _, d := range asset.Defs() {
		known[d.Name] = true
	}
	if names := unknown(sc.clauses, known); len(names) > 0 {
		b.Queue(sqlFieldsInUse, pgx.StrictNamedArgs{"tenant": who.Tenant, "names": names}).Query(func(rows pgx.Rows) error {
			var name string
			_, err := pgx.ForEachRow(rows, []any{&name}, func() error { known[name] = true; return nil })
			return err
		})
	}
	queueSynonyms(b, who, sc.clauses, m.syn)
	words.queue(b, wordsOf(terms(sc.clauses, nil)), m.stems)
	var found int
	var root bool
	if !sc.Folder.IsZero() {
		b.Queue(sqlFolder, pgx.StrictNamedArgs{"folder": sc.Folder, "subtree": sc.Subtree, "tenant": who.Tenant}).Query(func(rows pgx.Rows) error {
			var f id.Folder
			var acl int64
			var top bool
			_, err := pgx.ForEachRow(rows, []any{&f, &acl, &top}, func() error {
				if _, visible := slices.BinarySearch(sight.ACLs, acl); visible {
					if f == sc.Folder {
						found, root = 1, top
					}
					sc.folders = append(sc.folders, f)
				}
				return nil
			})
			return err
		})
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("resolve a query: %w", err)
	}
	sc.acls, sc.lagging = sight.ACLs, sight.Lagging
	sc.seen = sight.Bind(sc.seen, who, m.now)
	if !sc.Folder.IsZero() {
		if found == 0 {
			return access.NotFound("folder")
		}
		sc.inFolders = !root || !sc.Subtree // everything lies below the root
	}
	sc.settle(known)
	return nil
}

// unknown lists the keys that may be names of fields.
func unknown(clauses []clause, known map[string]bool) (names []string) {
	for _, c := range clauses {
		for _, a := range c.any {
			if a.key != "" && keyNames[a.key] == "" && !known[a.key] && !slices.Contains(names, a.key) {
				names = append(names, a.key)
			}
		}
	}
	return names
}

// settle makes text of what looks like a key and is none.
func (sc *scope) settle(known map[string]bool) {
	kept := sc.clauses[:0:0]
	for _, c := range sc.clauses {
		var atoms []atom
		for _, a := range c.any {
			if a.key != "" && keyNames[a.key] == "" && !known[a.key] {
				sc.hints = append(sc.hints, Hint{a.at, fmt.Sprintf("There is no field called %q, so this was looked for as text.", a.key)})
				a.key, a.value = "", ""
				if len(a.term.words) == 0 {
					continue
				}
			}
			atoms = append(atoms, a)
		}
		if len(atoms) > 0 {
			kept = append(kept, clause{c.not, atoms})
		}
	}
	sc.clauses = kept
}

func folderName(value string) string {
	return plain.Fold(strings.Join(strings.Fields(strings.ReplaceAll(strings.ToValidUTF8(value, " "), "\x00", " ")), " "))
}

// nameFolders finds the folders that conditions name, and those below them.
func (sc *scope) nameFolders(ctx context.Context, tx pg.Tx, who access.Actor, m *maker) error {
	names, ids, of := []string{}, []uuid.UUID{}, map[uuid.UUID]string{}
	for _, c := range sc.clauses {
		for _, a := range c.any {
			if keyNames[a.key] != "folder" {
				continue
			}
			name := folderName(a.value)
			if f, err := id.Parse[id.Folder](name); err == nil {
				ids, of[f.UUID()] = append(ids, f.UUID()), name
				continue
			}
			names = append(names, name)
		}
	}
	if len(names)+len(ids) == 0 {
		return nil
	}
	for _, f := range ids { // each by itself: what lies below is found under the identifier
		if err := sc.collectFolders(ctx, tx, who, sought{ids: []uuid.UUID{f}, as: of[f]}, m.folders); err != nil {
			return err
		}
	}
	return sc.collectFolders(ctx, tx, who, sought{names: names}, m.folders)
}

// sought are folders by name, or by identifier: what is found for it then
// stands under as.
type sought struct {
	names []string
	ids   []uuid.UUID
	as    string
}

func (sc *scope) collectFolders(ctx context.Context, tx pg.Tx, who access.Actor, by sought, into map[string][]id.Folder) error {
	names, ids := append([]string{}, by.names...), append([]uuid.UUID{}, by.ids...) // arrays, never null
	rows, err := tx.Query(ctx, sqlFoldersNamed, pgx.StrictNamedArgs{"tenant": who.Tenant, "acls": sc.acls, "names": names, "ids": ids})
	if err != nil {
		return fmt.Errorf("find named folders: %w", err)
	}
	var name string
	var f id.Folder
	_, err = pgx.ForEachRow(rows, []any{&name, &f}, func() error {
		if by.as != "" {
			name = by.as
		}
		into[name] = append(into[name], f)
		return nil
	})
	return err
}

// maxSynonyms is how many others a word is looked for by.
const maxSynonyms = 40

// queueSynonyms asks for the synonyms of the words that stand by themselves.
func queueSynonyms(b *pgx.Batch, who access.Actor, clauses []clause, into map[string][]term) {
	words := []string{}
	for _, c := range clauses {
		for _, a := range c.any {
			t := a.term
			if a.key != "" {
				t = plainTerm(a.value)
			}
			if len(t.words) > 0 && !t.exact && !t.prefix {
				words = append(words, strings.Join(t.words, " "))
			}
		}
	}
	if len(words) == 0 {
		return
	}
	b.Queue(sqlSynonymsOf, pgx.StrictNamedArgs{"tenant": who.Tenant, "words": words}).Query(func(rows pgx.Rows) error {
		var word string
		var means []string
		var both bool
		_, err := pgx.ForEachRow(rows, []any{&word, &means, &both}, func() error {
			ring := append([]string{word}, means...)
			for _, w := range words {
				if w != word && (!both || !slices.Contains(means, w)) || len(into[w]) > 0 && len(into[w]) >= maxSynonyms {
					continue
				}
				for _, other := range ring {
					if other != w {
						into[w] = append(into[w], term{words: strings.Fields(other), exact: strings.Contains(other, " ")})
					}
				}
			}
			means = nil
			return nil
		})
		return err
	})
}
