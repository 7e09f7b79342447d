// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tillgang/internal/access"
	"tillgang/internal/asset"
	"tillgang/internal/collection"
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
	known  known
	often  frequencies

	// Open says what a collection that who sees stands for. The house fills it.
	Open func(ctx context.Context, tx pg.Tx, who access.Actor, c id.Collection) (collection.Opened, error)
	// Tenants lists all tenants, whose completion is tidied.
	Tenants func(ctx context.Context) ([]id.Tenant, error)
	// KeepRecent keeps an index of the newest assets' words, from RecentFrom
	// assets on. It belongs to the schema's owner, not to this room.
	KeepRecent func(ctx context.Context) error
	// OnAsked is told that somebody has looked for something, not who nor what.
	OnAsked func(tenant id.Tenant)
}

// New returns a Service on db that loads what it found from assets.
func New(db *pg.DB, assets *asset.Service, now func() time.Time) *Service {
	return &Service{db: db, assets: assets, now: now, OnAsked: func(id.Tenant) {}, Open: func(context.Context, pg.Tx, access.Actor, id.Collection) (collection.Opened, error) {
		return collection.Opened{}, access.NotFound("collection")
	}}
}

// Sort is an order of a list.
type Sort string

// The orders. Assets that are equal in it stand newest first.
const (
	Newest    Sort = "newest"     // stored last, first
	Relevance Sort = "relevance"  // hits on what was written first, then those of folded forms; newest first in each
	Name      Sort = "name"       // by the file's name
	Captured  Sort = "captured"   // taken last, first; those without a date last
	Manual    Sort = "collection" // as people ordered the chosen collection that is asked for
)

// Query is what to list. The zero value lists everything the asker may see.
type Query struct {
	Q       string      // text and conditions; see the package's grammar
	Folder  id.Folder   // only this folder; zero: all
	Subtree bool        // with the folders below it
	Kind    asset.Kind  // only this kind; empty: all
	Tag     string      // only with this keyword, whatever its capitals; empty: all
	State   asset.State // only in this state; empty: all

	Collection id.Collection // only what is in this one, or what its search finds; zero: all

	Sort   Sort   // empty: relevance if Q has words, else the order of a chosen collection, else newest
	Cursor string // Result.Next of the page before; empty: the first page
	Limit  int    // assets per page; see page.Limit
}

// check brings q into its plain form and names what is wrong with it.
func (q *Query) check() ([]clause, error) {
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
	case "", Newest, Relevance, Name, Captured, Manual:
	default:
		bad["sort"] = "one of newest, relevance, name, captured, collection"
	}
	if !utf8.ValidString(q.Tag) || strings.ContainsRune(q.Tag, 0) || utf8.RuneCountInString(q.Tag) > maxKeyword {
		bad["tag"] = "a keyword of at most 100 characters"
	}
	if len(bad) > 0 {
		return nil, fault.Fields("search.query", "The query names a value that does not exist. See the fields.", bad)
	}
	clauses, err := parse(q.Q)
	if err != nil {
		return nil, err
	}
	q.Tag = keyword(q.Tag)
	return clauses, nil
}

// order settles the sort of a query whose clauses, and whose collection, are known.
func (q *Query) order(clauses []clause, chosen bool) error {
	switch {
	case q.Sort == Manual && !chosen:
		return fault.Fields("search.query", "Only a collection of chosen assets has an order of its own.", map[string]string{"sort": "collection only with such a collection"})
	case q.Sort != "" && (q.Sort != Relevance || hasText(clauses)):
	case hasText(clauses):
		q.Sort = Relevance
	case chosen:
		q.Sort = Manual
	default:
		q.Sort = Newest
	}
	return nil
}

// hasText reports whether words are looked for, whose hits differ in relevance.
func hasText(clauses []clause) bool {
	return slices.ContainsFunc(clauses, func(c clause) bool {
		return !c.not && slices.ContainsFunc(c.any, func(a atom) bool { return a.key == "" || keyNames[a.key] == "" })
	})
}
