// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/fault"
	"tillgang/internal/id"
	"tillgang/internal/pg"
)

// Cap is how far totals and facets are counted, in assets.
const Cap = 10_000

// Service lists and finds assets.
type Service struct {
	db     *pg.DB
	assets *asset.Service
	now    func() time.Time
	stems  stems
}

// New returns a Service on db that loads what it found from assets.
func New(db *pg.DB, assets *asset.Service, now func() time.Time) *Service {
	return &Service{db: db, assets: assets, now: now}
}

// Sort is an order of a list.
type Sort string

// The orders. Assets that are equal in it stand newest first.
const (
	Newest    Sort = "newest"    // stored last, first
	Relevance Sort = "relevance" // hits on what was written first, then those of folded forms; newest first in each
	Name      Sort = "name"      // by the file's name
	Captured  Sort = "captured"  // taken last, first; those without a date last
)

// Query is what to list. The zero value lists everything the asker may see.
type Query struct {
	Q       string      // text: words, "phrases", -unwanted, begin*
	Folder  id.Folder   // only this folder; zero: all
	Subtree bool        // with the folders below it
	Kind    asset.Kind  // only this kind; empty: all
	Tag     string      // only with this keyword, whatever its capitals; empty: all
	State   asset.State // only in this state; empty: all
	Sort    Sort        // empty: relevance if Q has words, else newest
	Cursor  string      // Result.Next of the page before; empty: the first page
	Limit   int         // assets per page; see page.Limit
}

// check brings q into its plain form and names what is wrong with it.
func (q *Query) check() ([]term, error) {
	bad := map[string]string{}
	switch q.Kind {
	case "", asset.Image, asset.Video, asset.Audio, asset.Document, asset.Archive, asset.Font, asset.Other:
	default:
		bad["kind"] = "one of image, video, audio, document, archive, font, other"
	}
	switch q.State {
	case "", asset.Preparing, asset.Ready, asset.Failed, asset.Quarantined:
	default:
		bad["state"] = "one of preparing, ready, failed, quarantined"
	}
	switch q.Sort {
	case "", Newest, Relevance, Name, Captured:
	default:
		bad["sort"] = "one of newest, relevance, name, captured"
	}
	if !utf8.ValidString(q.Tag) || strings.ContainsRune(q.Tag, 0) || utf8.RuneCountInString(q.Tag) > maxKeyword {
		bad["tag"] = "a keyword of at most 100 characters"
	}
	if len(bad) > 0 {
		return nil, fault.Fields("search.query", "The query names a value that does not exist. See the fields.", bad)
	}
	terms, err := parse(q.Q)
	if err != nil {
		return nil, err
	}
	q.Tag = keyword(q.Tag)
	if q.Sort == "" || q.Sort == Relevance && len(terms) == 0 {
		q.Sort = Newest
		if len(terms) > 0 {
			q.Sort = Relevance
		}
	}
	return terms, nil
}

// scope is a query made ready for the database: who may see what, where to
// look, and what for.
type scope struct {
	Query
	nothing     bool    // nothing can be found
	acls        []int64 // under which the asker sees assets
	folders     []id.Folder
	inFolders   bool // only in folders
	first, wide string
	seen        pgx.StrictNamedArgs // what asset.SQLSeen wants
	steered     steering
}

// prepare checks the query and resolves what it names.
func (s *Service) prepare(ctx context.Context, tx pg.Tx, who access.Actor, q Query) (*scope, error) {
	terms, err := q.check()
	if err != nil {
		return nil, err
	}
	sc := &scope{Query: q, seen: pgx.StrictNamedArgs{}}
	if sc.acls, err = access.Visible(ctx, tx, who, access.View); err != nil {
		return nil, fmt.Errorf("find visible acls: %w", err)
	}
	if err := asset.BindSeen(ctx, tx, who, s.now(), sc.seen); err != nil {
		return nil, fmt.Errorf("find editable acls: %w", err)
	}
	if !q.Folder.IsZero() {
		if err := sc.resolve(ctx, tx); err != nil {
			return nil, err
		}
	}
	sc.steered = freely
	if strings.TrimSpace(q.Q) != "" {
		stems, err := s.stems.of(ctx, tx, wordsOf(terms))
		if err != nil {
			return nil, err
		}
		sc.first, sc.wide = ask(terms, stems)
		sc.nothing = len(terms) == 0 // only signs: nothing has them
	}
	if sc.Tag != "" {
		tag := quoted("#" + sc.Tag)
		sc.first, sc.wide = strings.TrimPrefix(sc.first+" & "+tag, " & "), strings.TrimPrefix(sc.wide+" & "+tag, " & ")
	}
	sc.nothing = sc.nothing || len(sc.acls) == 0 || sc.inFolders && len(sc.folders) == 0
	return sc, nil
}

const sqlFolder = `select f.parent_id is null as root from folder f where f.id = @folder and f.deleted_at is null and f.acl_id = any(@acls)`

// sqlSubtree walks parents: under row level security Postgres would not use an
// index on lineage.
const sqlSubtree = `
	with recursive below(id, acl_id) as (
		select t.id, t.acl_id from folder t where t.id = @folder and t.deleted_at is null
		union all select c.id, c.acl_id from below b join folder c on c.parent_id = b.id and c.deleted_at is null)
	select b.id from below b where b.acl_id = any(@acls::bigint[])`

// resolve finds the folder, which the asker must see, and those below it.
func (sc *scope) resolve(ctx context.Context, tx pg.Tx) error {
	args := pgx.StrictNamedArgs{"folder": sc.Folder, "acls": sc.acls}
	var root bool
	err := tx.QueryRow(ctx, sqlFolder, args).Scan(&root)
	switch {
	case err == pgx.ErrNoRows: //nolint:errorlint // pgx returns it as it is
		return access.NotFound("folder")
	case err != nil:
		return fmt.Errorf("find folder: %w", err)
	case !sc.Subtree:
		sc.inFolders, sc.folders = true, []id.Folder{sc.Folder}
		return nil
	case root:
		return nil // everything lies below it
	}
	rows, err := tx.Query(ctx, sqlSubtree, args)
	if err != nil {
		return fmt.Errorf("find subtree: %w", err)
	}
	sc.inFolders = true
	if sc.folders, err = pgx.CollectRows(rows, pgx.RowTo[id.Folder]); err != nil {
		return fmt.Errorf("find subtree: %w", err)
	}
	return nil
}
